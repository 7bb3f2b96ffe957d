# SPDX-License-Identifier: Apache-2.0
"""
A throw-away server of the real program: free ports, a folder of its own, and
always stopped. Whoever starts one stops it; tests/blackbox/run looks for what
was left behind all the same (by the mark in the environment).
"""
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

PROGRAM = os.environ.get("KEYHOLD", "build/keyhold")
SCRATCH = os.environ.get("KEYHOLD_BLACKBOX_DIR") or tempfile.gettempdir()
DEADLINE = float(os.environ.get("KEYHOLD_BLACKBOX_DEADLINE", "60"))
ROLES = ("front", "keeper", "scribe", "clerk")
# Each server fills its stock of RSA keys at once, and few suites take one of the dear ones.
STOCK = {"keeper.stock_2048": "1", "keeper.stock_3072": "0", "keeper.stock_4096": "0"}
# What the supervisor says of a child that ended by itself.
BROKE = re.compile(r"was ended by signal|ended with exit code|broke the protocol|"
                   r"did not stop in time|does not take orders")


class Failed(Exception):
    """The server did not do what a server does."""


def fresh_dir(name):
    """A new folder that the unprivileged processes can walk through."""
    path = tempfile.mkdtemp(prefix=f"{name}-", dir=SCRATCH)
    os.chmod(path, 0o755)
    return path


def wait_for(what, text, deadline=DEADLINE, pause=0.02):
    """Polls what() until it gives something true; that is the result."""
    end = time.monotonic() + deadline
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise Failed(f"waited {deadline:.0f} s in vain: {text}")
        time.sleep(pause)


def clean_env():
    """The environment without what would make a client look elsewhere."""
    unwanted = re.compile(r"AZURE_|IDENTITY_|MSI_|KEYHOLD_TENANT|.*_proxy$|.*_PROXY$|"
                          r"SSL_CERT_|REQUESTS_CA|CURL_CA|NODE_EXTRA|NODE_OPTIONS")
    return {k: v for k, v in os.environ.items() if not unwanted.match(k)}


def keyhold(*args, env=None, timeout=DEADLINE, **more):
    """Runs one command of the program to its end."""
    return subprocess.run([PROGRAM, *args], env=env or clean_env(), timeout=timeout,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, **more)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def comm_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        return ""


def descendants(pid):
    found = []
    for child in children_of(pid):
        found += [child, *descendants(child)]
    return found


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Server:
    """`keyhold dev --json`, or `keyhold serve` with `command`."""

    def __init__(self, name="server", *, seed=None, sets=(), args=(), data_dir=None,
                 expect_trouble=False):
        self.top = fresh_dir(name)
        self.data_dir = data_dir or os.path.join(self.top, "data")
        self.sets = dict(sets)
        self.args = list(args)
        self.seed = seed
        self.expect_trouble = expect_trouble
        self.more_env = {}
        self.process = None
        self.env = {}
        self.log_path = os.path.join(self.top, "stderr.log")

    # ------------------------------------------------------------ life

    def command(self):
        if self.seed is not None:
            path = os.path.join(self.top, "seed.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(self.seed, f)
            os.chmod(path, 0o600)
            self.args = [a for i, a in enumerate(self.args)
                         if a != "--seed" and self.args[i - 1:i] != ["--seed"]]
            self.args += ["--seed", path]
        sets = {"log.level": "info", **STOCK, **self.sets}
        words = [PROGRAM, "dev", "--json", "--ephemeral", "--data-dir", self.data_dir]
        for key, value in sets.items():
            words += ["--set", f"{key}={value}"]
        return words + self.args

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), env={**clean_env(), **self.more_env}, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        line = self.read_line()
        try:
            self.env = json.loads(line)
        except ValueError:
            self.stop(check=False)
            raise Failed(f"the server did not start:\n{self.log()}") from None
        return self

    def read_line(self):
        out, text, end = self.process.stdout, b"", time.monotonic() + DEADLINE
        while not text.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                break
            more = os.read(out.fileno(), 65536)
            if not more:
                break
            text += more
        return text

    def stop(self, check=True, sig=signal.SIGTERM):
        """In good order; with check, anything else than that is an error."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(sig)
        try:
            code = process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            code = None
            self.end_all(process)
        process.stdout.close()
        if check and code != 0:
            raise Failed(f"the server ended with {code}:\n{self.log()}")
        if check and not self.expect_trouble and BROKE.search(self.log()):
            raise Failed(f"a process of the server broke:\n{self.log()}")
        return code

    def kill(self):
        """As if the power went."""
        if self.process is not None:
            process, self.process = self.process, None
            self.end_all(process)
            process.stdout.close()

    @staticmethod
    def end_all(process):
        pids = [process.pid, *descendants(process.pid)]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()
        wait_for(lambda: not any(is_running(p) for p in pids), "processes end")

    def restart(self, **changes):
        self.stop()
        for name, value in changes.items():
            setattr(self, name, value)
        return self.start()

    def discard(self):
        """Stops it, checks that it went in order, and removes its folder."""
        try:
            self.stop()
        finally:
            self.kill()
            shutil.rmtree(self.top, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.discard()

    # ------------------------------------------------------------ facts

    @property
    def port(self):
        return int(self.env["AZURE_KEYVAULT_URL"].rpartition(":")[2])

    @property
    def local_port(self):
        return int(re.search(r":(\d+)/", self.env["IDENTITY_ENDPOINT"]).group(1))

    @property
    def tenant(self):
        return self.env["KEYHOLD_TENANT_ID"]

    @property
    def ca(self):
        return self.env["KEYHOLD_CA"]

    def host(self, label="dev.vault"):
        return f"{label}.keyhold.localhost:{self.port}"

    def url(self, vault="dev"):
        return f"https://{self.host(vault + '.vault')}"

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def pid_of(self, role):
        """The process of that role, or None while there is none."""
        for pid in descendants(self.process.pid) if self.process else []:
            if comm_of(pid) == f"kh-{role}" and is_running(pid):
                return pid
        return None

    def supervisor(self):
        wait_for(lambda: self.pid_of("front"), "front runs")
        with open(f"/proc/{self.pid_of('front')}/stat", encoding="utf-8") as f:
            return int(f.read().rpartition(")")[2].split()[1])

    def admin(self, *words, **more):
        """A command that reaches this server, or its files."""
        sets = {"data_dir": self.data_dir, **self.sets}
        flags = [w for k, v in sets.items() for w in ("--set", f"{k}={v}")]
        return keyhold(*words, *flags, env={**clean_env(), **self.more_env}, **more)
