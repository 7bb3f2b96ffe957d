# SPDX-License-Identifier: Apache-2.0
"""The server under test: a throw-away development server on cores of its own, and what asks it to get ready."""
import http.client
import json
import os
import ssl
import sys
import time
import urllib.parse

from . import machine
from .load import Target, request
from .tools import Skip, Startable

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../blackbox"))
from kit import server as kit  # noqa: E402

API = "7.5"
ARM = "2023-07-01"


def out_of_time(until, done):
    if until is not None and time.monotonic() > until:
        raise Skip(f"there was no time left (--most): {done}")


class Pinned(kit.Server):
    """kit's server, on given cores and in a given folder."""

    cores = ()
    tools, sync_ms = None, 0

    def command(self):
        return machine.Cores.pin(self.cores, self.tools.slowly(self.sync_ms, super().command()))


class Vault(Startable):
    """One server. `with` starts and ends it; everything in it is gone then."""

    def __init__(self, tools, name="keyhold", loops=1, cores=None, data_dir=None, sync_ms=0, **sets):
        kit.PROGRAM, kit.SCRATCH = tools.keyhold, tools.place
        self.tools, self.name, self.manager, self.connections = tools, name, None, {}
        # Keys made in advance would be made during the first measurement; strangers are told apart where that is measured.
        settings = {"loops": loops, "log.level": "warning", "keeper.stock_2048": 0, "keeper.stock_3072": 0,
                    "keeper.stock_4096": 0, "limits.unauthenticated_rate": "off",
                    "limits.connections_per_address": "off",
                    **{k.replace("__", "."): v for k, v in sets.items()}}
        self.server = Pinned(name, sets=settings, data_dir=data_dir)
        self.server.tools, self.server.sync_ms = tools, sync_ms
        self.server.cores = cores or tools.cores.server

    def start(self):
        self.server.start()
        self.context = ssl.create_default_context(cafile=self.server.ca)
        self.token = self.new_token(f"https://vault.{self.domain}")
        self.settle()

    def settle(self, most=20.0):
        """A new installation makes keys for a while, and some a moment later; what is measured begins behind that."""
        end, quiet = time.monotonic() + most, 0
        while quiet < 5 and time.monotonic() < end:
            before = sum(machine.cpu_ns(p) for p in self.processes().values())
            time.sleep(0.2)
            spent = sum(machine.cpu_ns(p) for p in self.processes().values()) - before
            quiet = quiet + 1 if spent < 4e6 else 0

    def stop(self):
        for c in self.connections.values():
            c.close()
        self.server.discard()

    domain = property(lambda self: f"keyhold.localhost:{self.server.port}")
    host = property(lambda self: f"dev.vault.{self.domain}")

    @property
    def subscription(self):
        return f"/subscriptions/{self.server.env['AZURE_SUBSCRIPTION_ID']}"

    @property
    def path(self):
        """Of the development vault, at the resource manager."""
        return f"{self.subscription}/resourceGroups/{self.server.env['AZURE_RESOURCE_GROUP']}/providers/Microsoft.KeyVault/vaults/dev"

    # ------------------------------------------------------------ asking

    def ask(self, method, host, path, body=None, headers=None, good=(200, 201, 204)):
        """Over a connection that is kept; the answer's body as a value."""
        c = self.connections.get(host)
        kept = c is not None and c.sock is not None
        if c is None:
            c = self.connections[host] = http.client.HTTPSConnection(host, context=self.context, timeout=120)
        try:
            c.request(method, path, body, headers or {})
            answer = c.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError):
            c.close()
            if not kept:
                raise
            return self.ask(method, host, path, body, headers, good)  # the server had enough of an idle connection
        if answer.status not in good:
            raise RuntimeError(f"{method} {host}{path}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def token_form(self, resource):
        return urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": self.server.env["AZURE_CLIENT_ID"],
                                       "client_secret": self.server.env["AZURE_CLIENT_SECRET"],
                                       "scope": f"{resource}/.default"}).encode()

    def new_token(self, resource):
        return self.ask("POST", f"login.{self.domain}", "/adfs/oauth2/v2.0/token", self.token_form(resource),
                        {"Content-Type": "application/x-www-form-urlencoded"})["access_token"]

    def renew_token(self):
        self.token = self.new_token(f"https://vault.{self.domain}")

    def headers(self):
        return [("Authorization", "Bearer " + self.token), ("Content-Type", "application/json")]

    def put(self, path, value, method="PUT", vault="dev"):
        return self.ask(method, f"{vault}.vault.{self.domain}", f"{path}?api-version={API}", json.dumps(value).encode(),
                        dict(self.headers()))

    def post(self, path, value):
        return self.put(path, value, "POST")

    def manage(self, method, path, value=None, version=ARM):
        if self.manager is None:
            self.manager = self.new_token(f"https://management.{self.domain}")
        return self.ask(method, f"management.{self.domain}", f"{path}?api-version={version}",
                        None if value is None else json.dumps(value).encode(),
                        {"Authorization": "Bearer " + self.manager, "Content-Type": "application/json"})

    # ------------------------------------------------------------ loading

    def request(self, method, path, value=None, token=True, host=None):
        """For the load generator. @@@@@@@@ becomes a number."""
        body = b"" if value is None else json.dumps(value, separators=(",", ":")).encode()
        join = "&" if "?" in path else "?"
        return request(method, f"{path}{join}api-version={API}", host or self.host, self.headers() if token else (), body)

    def processes(self):
        """{role: pid}, the supervisor among them."""
        found = {}
        for pid in kit.descendants(self.server.process.pid):
            comm = kit.comm_of(pid)
            if comm.startswith("kh-"):
                found[comm[3:]] = pid
        found["supervisor"] = self.server.supervisor()
        return found

    def target(self, host=None):
        return Target(self.tools, self.server.port, host or self.host, self.processes())

    def pss_mib(self):
        return {name: round(machine.pss_kib(pid) / 1024, 2) for name, pid in self.processes().items()}

    # ------------------------------------------------------------ filling

    def fill(self, n, length=64, first=0, until=None):
        """n secrets s-00000000, s-00000001 ... by 64 writers at once, over the wire; Skip if that takes longer."""
        text = self.request("PUT", "/secrets/s-@@@@@@@@", {"value": "x" * length})
        at = first
        while at < first + n:
            out_of_time(until, f"{at - first} of {n} secrets were set")
            step = min(n - (at - first), 50000)
            done = self.target().load(text, 64, 3600, warm=0, n=step, f=at, o=True, m=step + 64, cores=self.tools.cores.all)
            if done.failed:
                raise RuntimeError(f"filling: {done.failed} were refused: {done.more['statuses']}")
            at += step
        os.sync()  # writing it back is no part of what is measured next
        self.renew_token()

    def fill_vaults(self, n, until=None):
        """n vaults bench-00000000 ... in groups of 500, each with roles; the development vault has them all above it."""
        subscription = self.subscription
        self.manage("GET", subscription, version="2022-12-01")
        body = {"location": "local", "properties": {"tenantId": self.server.tenant, "sku": {"family": "A", "name": "standard"},
                                                    "accessPolicies": [], "enableRbacAuthorization": True}}
        host = f"management.{self.domain}"
        headers = [("Authorization", "Bearer " + self.manager), ("Content-Type", "application/json")]
        for at in range(0, n, 500):
            out_of_time(until, f"{at} of {n} vaults were made")
            step, group = min(500, n - at), f"{subscription}/resourceGroups/g{at // 500:06d}"
            self.manage("PUT", group, {"location": "local"}, version="2022-09-01")
            path = f"{group}/providers/Microsoft.KeyVault/vaults/bench-@@@@@@@@?api-version={ARM}"
            done = self.target(host).load(request("PUT", path, host, headers, json.dumps(body).encode()), 8, 3600,
                                          good=(200, 201), warm=0, n=step, f=at, o=True, m=step + 64, cores=self.tools.cores.all)
            if done.failed:
                raise RuntimeError(f"vaults: {done.failed} were refused: {done.more['statuses']}")


# Who asks is ready before the clock runs: it has loaded what it needs, and has made a ClientHello once.
FIRST_ANSWER = """
import json, socket, ssl, subprocess, sys, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
try:
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO()).do_handshake()
except ssl.SSLWantReadError:
    pass
t = time.monotonic()
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
env = json.loads(p.stdout.readline())
host, _, port = env["AZURE_KEYVAULT_URL"].split("/")[2].partition(":")
s = socket.socket()
s.connect((b"127.0.0.1", int(port)))
with context.wrap_socket(s) as s:
    s.sendall(f"GET /healthstatus HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
    assert s.recv(4096).startswith(b"HTTP/1.1 200")
print((time.monotonic() - t) * 1000)
p.terminate()
p.wait()
"""


def start_ms(tools, data_dir, sets=()):
    """From the command to its first answer over TLS, on a store that is there."""
    words = [tools.keyhold, "dev", "--ephemeral", "--json", "--data-dir", data_dir]
    for key, value in dict(sets).items():
        words += ["--set", f"{key}={value}"]
    return round(float(tools.run(sys.executable, "-c", FIRST_ANSWER, *words).split()[0]), 1)
