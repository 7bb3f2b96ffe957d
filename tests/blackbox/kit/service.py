# SPDX-License-Identifier: Apache-2.0
"""`keyhold init` and `keyhold serve`, as an operator runs them."""
import json
import os
import re
import socket
import subprocess

from kit import wire
from kit.server import DEADLINE, PROGRAM, Failed, Server, clean_env, keyhold, wait_for


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Service(Server):
    """The same facts as a Server; started by `serve` on a folder that init made."""

    def __init__(self, name="service", **more):
        super().__init__(name, **more)
        self.founding = None
        self.options = []

    def settings(self):
        own = {"data_dir": self.data_dir}
        if os.geteuid() == 0:
            own["user"] = "nobody"  # `keyhold` need not exist where tests run
        return {**own, **self.sets}

    def flags(self):
        return [w for k, v in self.settings().items() for w in ("--set", f"{k}={v}")]

    def init(self, *more, vault="main"):
        done = keyhold("init", "--json", "--vault", vault, *self.flags(), *more,
                       env={**clean_env(), **self.more_env})
        if done.returncode == 0:
            self.founding = json.loads(done.stdout)
        return done

    def command(self):
        self.ports = free_port(), free_port()
        return [PROGRAM, "serve", *self.flags(), "--set", f"listen=127.0.0.1:{self.ports[0]}",
                "--set", f"local.listen=127.0.0.1:{self.ports[1]}", *self.options]

    def read_line(self):
        """There is none: it is ready when it says so to who asks."""
        f = self.founding
        self.env = {
            "AZURE_KEYVAULT_URL": f"https://{f['vault']}.vault.keyhold.localhost:{self.ports[0]}",
            "AZURE_CLIENT_ID": f["clientId"], "AZURE_CLIENT_SECRET": f["clientSecret"],
            "KEYHOLD_TENANT_ID": f["tenantId"], "KEYHOLD_CA": os.path.join(self.data_dir, "ca.pem"),
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{self.ports[1]}/msi/token"}

        def ready():
            if self.process.poll() is not None:
                return True
            try:
                with wire.Wire(self.ports[1], "127.0.0.1") as w:
                    return w.request("GET", "/readyz").status == 200
            except (OSError, wire.Closed):
                return False

        try:
            wait_for(ready, "the service is ready")
        except Failed:
            return b"late"
        return json.dumps(self.env).encode() if self.process.poll() is None else b"ended"

    def run_to_the_end(self, seconds=DEADLINE):
        """Starts `serve` where it must refuse: exit code and what it said."""
        process = subprocess.Popen(self.command(), env={**clean_env(), **self.more_env},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            out, _ = process.communicate(timeout=seconds)
            return process.returncode, out
        except subprocess.TimeoutExpired:
            self.end_all(process)
            out = process.stdout.read()
            return None, out

    def refuses(self, *words, code=None):
        """`serve` ends by itself, with an error (that code), and says each of the words."""
        got, text = self.run_to_the_end(40)
        if got is None:
            raise AssertionError(f"still running:\n{text}")
        if got == 0 or (code and got != code):
            raise AssertionError(f"ended with {got}, not {code or 'an error'}:\n{text}")
        for word in words:
            if not re.search(word, text):
                raise AssertionError(f"does not say {word!r}:\n{text}")
