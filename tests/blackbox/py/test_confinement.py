# SPDX-License-Identifier: Apache-2.0
"""
The processes seen from outside after a busy run: how they are confined, and
that front, scribe and clerk have no key in their memory that they must not
have. The keys come from blackbox_keys, which opens the store with the root key.
"""
import base64
import os
import re
import stat
import subprocess
import unittest
import uuid

from kit import wire, world
from kit.server import PROGRAM, ROLES, Server, descendants, comm_of

SERVER, TOKEN = None, None
TOOL = os.environ.get("KEYHOLD_BLACKBOX_KEYS") or os.path.join(
    os.path.dirname(PROGRAM), "tests", "blackbox", "blackbox_keys")
PAGE = 4096
REGION_MAX = 1 << 30  # above this it is a map of the store's file, mostly holes


def setUpModule():
    global SERVER, TOKEN
    w = world.standard()
    SERVER = Server("confined", seed=w.seed()).start()
    admin = w.apps["admin"]
    TOKEN = wire.get_token(SERVER, admin.app_id, admin.secret)
    busy(w)


def tearDownModule():
    SERVER.discard()


def busy(w):
    """Work of every kind, on new connections too, so that each key is used in each way."""
    c = wire.Client(SERVER, "alpha.vault", TOKEN, "7.4")
    for i in range(60):
        name = f"busy-{i}"
        assert c.put(f"/secrets/{name}", {"value": uuid.uuid4().hex * 8}).status == 200
        assert c.get(f"/secrets/{name}").status == 200
        if i % 10 == 0:
            blob = c.post(f"/secrets/{name}/backup").json()["value"]
            c.delete(f"/secrets/{name}")
            c.delete(f"/deletedsecrets/{name}")
            assert c.post("/secrets/restore", {"value": blob}).status == 200
            c.close()
            wire.get_token(SERVER, w.apps["user"].app_id, w.apps["user"].secret)
        c.get("/secrets/absent")
    c.close()
    busy_with_keys(w)
    assert SERVER.admin("audit", "rotate").returncode == 0  # makes the keeper sign


def busy_with_keys(w):
    """Keys of each type: made, imported, used, backed up; the vault takes oct keys too."""
    c = wire.Client(SERVER, "liberal.vault", TOKEN, "7.6")
    digest = base64.urlsafe_b64encode(b"d" * 32).rstrip(b"=").decode()
    for name, make, alg in (("rsa", {"kty": "RSA"}, "RS256"), ("ec", {"kty": "EC", "crv": "P-256"}, "ES256")):
        a = c.post(f"/keys/{name}/create", make)
        assert a.status == 200, a
        for _ in range(20):
            assert c.post(f"/keys/{name}/sign", {"alg": alg, "value": digest}).status == 200
        assert c.post(f"/keys/{name}/backup").status == 200
    for name, make in (("oct", {"kty": "oct", "key_size": 256}),):
        a = c.post(f"/keys/{name}/create", make)
        assert a.status == 200, a
        for _ in range(20):
            assert c.post(f"/keys/{name}/encrypt", {"alg": "A256GCM", "value": digest}).status == 200
    imported = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
    a = c.put("/keys/imported", {"key": {"kty": "oct", "k": imported}})
    assert a.status == 200, a
    assert c.post("/keys/imported/encrypt", {"alg": "A256GCM", "value": digest}).status == 200
    c.close()


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


class Confinement(unittest.TestCase):
    def each(self):
        for role in ROLES:
            pid = SERVER.pid_of(role)
            self.assertIsNotNone(pid, role)
            yield role, pid

    def test_every_process_has_a_filter_and_gains_no_privileges(self):
        for role, pid in self.each():
            s = status_of(pid)
            self.assertEqual((s["Seccomp"], s["NoNewPrivs"]), ("2", "1"), role)

    def test_every_thread_has_the_filter(self):
        for role, pid in self.each():
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as f:
                    self.assertIn("Seccomp:\t2", f.read(), role)

    def test_no_process_has_a_capability(self):
        for role, pid in self.each():
            s = status_of(pid)
            # The bounding set means nothing to a process that cannot gain privileges.
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(s[name], 16), 0, f"{role} {name}")

    @unittest.skipUnless(wire.IS_ROOT, "started without root")
    def test_started_as_root_they_run_as_somebody_else(self):
        for role, pid in self.each():
            s = status_of(pid)
            ids = s["Uid"].split() + s["Gid"].split() + s["Groups"].split()
            self.assertNotIn("0", ids, role)

    def test_no_core_is_written(self):
        for role, pid in self.each():
            with open(f"/proc/{pid}/limits", encoding="utf-8") as f:
                core = re.search(r"Max core file size\s+(\S+)\s+(\S+)", f.read())
            self.assertEqual(core.groups(), ("0", "0"), role)

    def test_nobody_else_can_read_what_is_on_disk(self):
        for top, _, files in os.walk(SERVER.data_dir):
            for name in files:
                path = os.path.join(top, name)
                mode = os.stat(path, follow_symlinks=False).st_mode
                if name in ("ca.pem", "ca-bundle.pem") or not stat.S_ISREG(mode):
                    continue
                self.assertEqual(mode & 0o007, 0, path)

    def test_the_root_key_file_is_the_owners_alone(self):
        mode = os.stat(os.path.join(SERVER.data_dir, "root.key")).st_mode
        self.assertEqual(stat.S_IMODE(mode) & 0o177, 0)


def regions(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as f:
        for line in f:
            span, perms, *rest = line.split(None, 5)
            name = rest[3].strip() if len(rest) > 3 else ""
            begin, end = (int(x, 16) for x in span.split("-"))
            if perms[0] == "r" and name not in ("[vvar]", "[vsyscall]") and end - begin <= REGION_MAX:
                yield begin, end, name


def memory_of(pid):
    """Everything that can be read of a process, region by region."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for begin, end, name in regions(pid):
            at = begin
            while at < end:
                try:
                    block = os.pread(mem.fileno(), end - at, at)
                except (OSError, OverflowError):
                    block = b""
                if block:
                    yield name, block
                at += len(block) or PAGE  # what cannot be read is left out, the rest is not


def found_in(pid, needles):
    """Names of the needles (name -> bytes) that lie in the process's memory."""
    found = set()
    for _, block in memory_of(pid):
        for name, needle in needles.items():
            if name not in found and needle in block:
                found.add(name)
    return found


@unittest.skipUnless(wire.IS_ROOT, "only root can read the memory of others")
class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        assert os.access(TOOL, os.X_OK), f"{TOOL} was not built (KEYHOLD_BLACKBOX_KEYS names it)"
        done = subprocess.run([TOOL, os.path.join(SERVER.data_dir, "store"),
                               os.path.join(SERVER.data_dir, "root.key")],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        cls.keys = {}
        for line in done.stdout.splitlines():
            name, form, text = line.split()
            cls.keys[f"{name} {form} {text[:6]}"] = bytes.fromhex(text)

    def of(self, *prefixes):
        return {k: v for k, v in self.keys.items() if k.startswith(prefixes)}

    def secret_keys(self):
        """All but the integrity key, which front and clerk are given (decision 0002)."""
        return {k: v for k, v in self.keys.items() if not k.startswith("k/integrity")}

    def test_the_tool_prints_a_key_of_every_kind(self):
        for prefix in ("root", "kek", "k/integrity", "k/audit", "k/ca", "k/tls", "k/token/",
                       "k/backup/", "v/alpha", "v/dev", "kv/"):
            self.assertTrue(self.of(prefix), prefix)

    def test_the_root_key_is_what_the_file_says(self):
        with open(os.path.join(SERVER.data_dir, "root.key"), encoding="ascii") as f:
            root = base64.b64decode(f.read().split()[-1])
        self.assertIn(root, self.of("root").values())

    def test_the_scan_finds_what_the_keeper_must_have(self):
        found = found_in(SERVER.pid_of("keeper"), self.secret_keys())
        self.assertTrue(found & set(self.of("root", "kek")), "neither root key nor what is made of it")
        self.assertTrue(found & set(self.of("k/tls")), "not the key that signs handshakes")
        self.assertTrue(found & set(self.of("k/token/")), "not the key that signs tokens")
        for name in ("RSA", "EC", "OCT"):
            mine = {k for k in self.of("kv/") if k.split()[0].endswith(f"/{name}")}
            self.assertTrue(mine, name)
            self.assertTrue(found & mine, f"not the {name} key that was used")

    def test_the_scan_finds_what_front_and_scribe_must_have(self):
        header = SERVER.env["IDENTITY_HEADER"].encode()
        self.assertTrue(found_in(SERVER.pid_of("front"), {"header": header}))
        self.assertTrue(found_in(SERVER.pid_of("scribe"), {"name": b"audit.jsonl"}))

    def test_the_front_has_none_of_the_keys(self):
        self.assertEqual(found_in(SERVER.pid_of("front"), self.secret_keys()), set())

    def test_the_scribe_has_none_of_the_keys_and_not_the_integrity_key(self):
        self.assertEqual(found_in(SERVER.pid_of("scribe"), self.keys), set())

    def test_the_clerk_has_none_of_the_keys(self):
        self.assertEqual(found_in(SERVER.pid_of("clerk"), self.secret_keys()), set())

    def test_supervisor_and_command_have_none_of_the_keys(self):
        top = SERVER.process.pid
        others = [p for p in (top, *descendants(top))
                  if not comm_of(p).startswith("kh-")]
        self.assertGreaterEqual(len(others), 2)
        for pid in others:
            self.assertEqual(found_in(pid, self.keys), set(), comm_of(pid))
