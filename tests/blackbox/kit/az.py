# SPDX-License-Identifier: Apache-2.0
"""The real az: which there are, and one person's use of one of them."""
import json
import os
import re
import select
import subprocess
import sys
import unittest

from kit.server import Failed, clean_env, fresh_dir

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
SECONDS = 180


def newest():
    """The Python that has the newest az of PyPI; skips the suite without one."""
    done = subprocess.run([os.path.join(ROOT, "tools", "setup-az")], text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        why = done.stderr.strip().splitlines() or ["tools/setup-az failed"]
        raise unittest.SkipTest(why[-1])
    return done.stdout.strip()


def debian():
    """The system's Python, if Debian's azure-cli is installed; skips without."""
    if not os.path.exists("/usr/bin/az"):
        raise unittest.SkipTest("no azure-cli from Debian here (apt install azure-cli)")
    return "/usr/bin/python3"


class Result:
    def __init__(self, words, code, out, err):
        self.words, self.code, self.out, self.err = words, code, out, err

    @property
    def json(self):
        return json.loads(self.out) if self.out.strip() else None

    def __repr__(self):
        return f"az {' '.join(map(str, self.words))}\n  -> {self.code}\n{self.out}{self.err}"


class Az:
    """One person at one machine: a profile folder of its own, and a cloud registered."""

    def __init__(self, python, server, name="az"):
        self.server, self.home = server, fresh_dir(name)
        self.log = os.environ.get("KEYHOLD_AZ_LOG")
        bundle = os.path.join(self.home, "bundle.pem")
        with open(bundle, "w", encoding="ascii") as f, open(server.ca, encoding="ascii") as g:
            f.write(g.read())
        self.env = {**clean_env(), "AZURE_CONFIG_DIR": os.path.join(self.home, "profile"),
                    "HOME": self.home, "REQUESTS_CA_BUNDLE": bundle,
                    "AZURE_CORE_COLLECT_TELEMETRY": "false", "AZURE_CORE_NO_COLOR": "true",
                    "AZURE_CORE_SURVEY_MESSAGE": "false", "AZURE_CORE_LOGIN_EXPERIENCE_V2": "off",
                    "AZURE_CORE_INSTANCE_DISCOVERY": "false", "AZURE_CORE_OUTPUT": "json",
                    # setup-az compiles nothing ahead: what is used of az is kept at its first use.
                    "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": ""}
        with open(os.path.join(self.home, "serve.log"), "wb") as log:
            self.process = subprocess.Popen(
                [python, os.path.join(HERE, "az_serve.py")], env=self.env, cwd=self.home,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self.answer()

    def answer(self):
        if not select.select([self.process.stdout], [], [], SECONDS)[0]:
            self.close()
            raise Failed(f"az said nothing for {SECONDS} s")
        line = self.process.stdout.readline()
        if not line:
            with open(os.path.join(self.home, "serve.log"), encoding="utf-8") as f:
                raise Failed(f"az does not load:\n{f.read()}")
        return line

    def close(self):
        process, self.process = self.process, None
        if process is not None:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()

    def run(self, *words):
        """Whatever comes of it."""
        words = [str(w) for w in words]
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        result = Result(words, *json.loads(self.answer()))
        if self.log:
            with open(self.log, "a", encoding="utf-8") as f:
                print(result, file=f)
        return result

    def __call__(self, *words):
        """It must work: what it printed, as JSON."""
        result = self.run(*words)
        if result.code != 0:
            raise AssertionError(repr(result))
        return result.json

    def refused(self, code, *words):
        """It must fail, and say that code of Azure's."""
        result = self.run(*words)
        if result.code == 0 or not re.search(rf"\b{code}\b", result.err):
            raise AssertionError(f"not refused with {code}: {result!r}")
        return result

    # ------------------------------------------------------------ beginnings

    def version(self):
        return self("version")["azure-cli"]

    def register(self, name="Keyhold"):
        """By discovery where az can; 2.45 wants to be told (identity-and-cli.md 2.3)."""
        origin = f"https://{self.server.host('management')}"
        if tuple(map(int, self.version().split("."))) >= (2, 60, 0):
            self("cloud", "register", "-n", name, "--endpoint-resource-manager", origin)
        else:
            login, graph = (f"https://{self.server.host(h)}" for h in ("login", "graph"))
            self("cloud", "register", "-n", name, "--cloud-config", json.dumps({
                "endpoints": {
                    "resourceManager": origin, "management": origin, "gallery": origin,
                    "activeDirectory": f"{login}/adfs", "activeDirectoryResourceId": origin,
                    "activeDirectoryGraphResourceId": graph, "microsoftGraphResourceId": graph},
                "suffixes": {"keyvaultDns": "." + self.server.host("vault"),
                             "mhsmDns": "." + self.server.host("managedhsm")}}))
        self("cloud", "set", "-n", name)

    def login(self, app, tenant, *more):
        return self("login", "--service-principal", "-u", app.app_id, "-p", app.secret,
                    "--tenant", tenant, *more)


def note(text):
    """A line of the report that stands beside the results."""
    print(f"# {text}", flush=True)
    sys.stdout.flush()
