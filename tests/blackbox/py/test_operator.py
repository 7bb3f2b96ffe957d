# SPDX-License-Identifier: Apache-2.0
"""init and serve, seals, certificates: what an operator does."""
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import unittest

from kit import wire, world
from kit.server import keyhold, wait_for
from kit.service import Service


def tree(top):
    """Every file below top with a digest of its bytes."""
    found = {}
    for folder, _, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path) or name == "lock.mdb":
                continue
            with open(path, "rb") as f:
                found[os.path.relpath(path, top)] = hashlib.sha256(f.read()).hexdigest()
    return found


class Operator(unittest.TestCase):
    """init and serve, and what refuses to be served."""

    def setUp(self):
        self.s = Service()
        self.addCleanup(self.s.discard)

    def founded(self, *more):
        done = self.s.init(*more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.s

    def client(self):
        return wire.Client(self.s, "main.vault", wire.get_token(self.s))

    def refuses(self, code, *words):
        """serve ends by itself, says why, and changes nothing."""
        before = tree(self.s.data_dir)
        self.s.refuses(*words, code=code)
        after = tree(self.s.data_dir)
        self.assertEqual({k: v for k, v in after.items() if k in before}, before)

    def test_init_then_serve_then_a_term_signal(self):
        s = self.founded()
        self.assertEqual(sorted(s.founding), sorted(
            ["tenantId", "subscriptionId", "resourceGroup", "clientId", "objectId", "clientSecret",
             "user", "password", "vault", "dataDir"]))
        s.start()
        c = self.client()
        self.assertEqual(c.put("/secrets/a", {"value": "b"}).status, 200)
        self.assertEqual(s.stop(), 0)
        s.start()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")

    def test_an_open_request_is_finished_before_the_end(self):
        s = self.founded().start()
        token = wire.get_token(s)
        w = wire.Wire(s.port, s.host("main.vault"), s.ca)
        w.send(f"PUT /secrets/drained?api-version=7.4 HTTP/1.1\r\nHost: {s.host('main.vault')}\r\n"
               f"Authorization: Bearer {token}\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(w.read(head_only=True).status, 100)  # it is being read
        w.send('{"value"')
        process = s.process
        process.send_signal(signal.SIGTERM)
        # The supervisor has said it: nobody new is let in from here on.
        wait_for(lambda: "stopping" in s.log(), "it begins to stop")
        w.send(':"v"}')
        a = w.read()
        w.close()
        self.assertEqual(a.status, 200)
        self.assertEqual(process.wait(30), 0, s.log())
        s.restart()
        self.assertEqual(self.client().get("/secrets/drained").json()["value"], "v")

    def test_an_idle_connection_does_not_hold_up_the_end(self):
        s = self.founded().start()
        w = wire.Wire(s.port, s.host("main.vault"), s.ca)
        self.assertEqual(w.request("GET", "/healthstatus").status, 200)
        self.assertEqual(s.stop(), 0)
        self.assertTrue(w.is_closed())
        w.close()

    def test_serve_without_a_store_refuses(self):
        os.makedirs(self.s.data_dir)
        self.s.founding = {}
        self.refuses(78, "run `keyhold init` first")
        self.assertEqual(os.listdir(self.s.data_dir), [])

    def test_init_does_not_mind_who_has_the_ports(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = self.s.init("--set", f"listen=127.0.0.1:{port}",
                               "--set", f"local.listen=127.0.0.1:{port}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_init_over_a_store_refuses(self):
        s = self.founded()
        before = tree(s.data_dir)
        done = keyhold("init", *s.flags())
        self.assertEqual(done.returncode, 73)
        self.assertIn("nothing was changed", done.stderr)
        self.assertEqual(tree(s.data_dir), before)

    def test_another_root_key_is_refused(self):
        s = self.founded()
        other = Service("other")
        self.addCleanup(other.discard)
        self.assertEqual(other.init().returncode, 0)
        mine = os.path.join(s.data_dir, "root.key")
        os.rename(mine, mine + ".mine")
        shutil.copy2(os.path.join(other.data_dir, "root.key"), mine)
        self.own_like(mine + ".mine", mine)
        self.refuses(None, "(?i)root key|wrong key")
        os.rename(mine + ".mine", mine)
        s.start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)

    @staticmethod
    def own_like(model, path):
        st = os.stat(model)
        os.chown(path, st.st_uid, st.st_gid)

    def test_a_missing_or_broken_root_key_is_refused(self):
        s = self.founded()
        path = os.path.join(s.data_dir, "root.key")
        good = world.text_of(path)
        for text in (None, "", "keyhold-root-key-v1 AAAA\n", good.replace("v1", "v9"), good[:-10]):
            with self.subTest(text=(text or "")[:24]):
                if text is None:
                    os.unlink(path)
                else:
                    with open(path, "w", encoding="ascii") as f:
                        f.write(text)
                    os.chmod(path, 0o600)
                self.refuses(None, "root.key|root key")

    def test_a_root_key_that_others_can_read_is_refused(self):
        s = self.founded()
        path = os.path.join(s.data_dir, "root.key")
        for mode in (0o644, 0o640, 0o604):
            os.chmod(path, mode)
            self.refuses(None, "root.key")
        os.chmod(path, 0o600)
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
        self.refuses(None, "root.key")

    def test_a_passphrase_opens_what_it_sealed_and_another_does_not(self):
        s = self.s
        path = os.path.join(s.top, "passphrase")
        s.sets.update({"seal": "passphrase", "seal.passphrase": path})

        def write(text):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text + "\n")
            os.chmod(path, 0o600)

        write("correct horse battery")
        self.founded().start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)
        s.stop()
        self.assertIn("keyhold-sealed-root-v1 scrypt:",
                      world.text_of(os.path.join(s.data_dir, "root.key")))
        write("wrong horse battery")
        self.refuses(None, "(?i)passphrase|root key")
        write("correct horse battery")
        s.start()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")
        self.assertEqual(s.admin("seal", "rotate").returncode, 0)
        s.restart()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")

    def test_the_root_key_is_rotated_while_requests_flow(self):
        s = self.founded().start()
        path = os.path.join(s.data_dir, "root.key")
        old, token, stop, bad, done = world.text_of(path), wire.get_token(s), threading.Event(), [], []

        def flow(n):
            c, i = wire.Client(s, "main.vault", token), 0
            while not stop.is_set():
                i += 1
                name = f"flow-{n}-{i}"
                for a in (c.put(f"/secrets/{name}", {"value": name}), c.get(f"/secrets/{name}")):
                    (done if a.status == 200 and a.json()["value"] == name else bad).append((name, a))
            c.close()

        workers = [threading.Thread(target=flow, args=(n,)) for n in range(3)]
        for t in workers:
            t.start()
        try:
            wait_for(lambda: len(done) > 20, "requests flow")
            for _ in range(2):
                result = s.admin("seal", "rotate")
                self.assertEqual(result.returncode, 0, result.stderr)
                mark = len(done)
                wait_for(lambda m=mark: len(done) > m + 20, "requests flow on")
        finally:
            stop.set()
            for t in workers:
                t.join()
        self.assertEqual(bad[:3], [])
        new = world.text_of(path)
        self.assertNotEqual(new, old)
        self.assertFalse(os.path.exists(path + ".next"))
        s.restart()
        c = self.client()
        for name, _ in done[::50]:
            self.assertEqual(c.get(f"/secrets/{name}").json()["value"], name)
        self.assertEqual(s.admin("audit", "verify").returncode, 0)
        s.stop()
        with open(path, "w", encoding="ascii") as f:
            f.write(old)
        self.refuses(None, "(?i)root key|wrong key")

    def test_commands_to_a_server_that_is_not_there_say_so(self):
        s = self.founded()
        for words in (("seal", "rotate"), ("audit", "rotate"), ("tls", "reload")):
            with self.subTest(words=words):
                done = s.admin(*words)
                self.assertEqual(done.returncode, 69)
                self.assertTrue(done.stderr.startswith("keyhold: "))
        self.assertFalse(os.path.exists(os.path.join(s.data_dir, "root.key.next")))

    def test_the_ca_is_printed(self):
        s = self.founded()
        done = s.admin("tls", "ca")
        self.assertEqual(done.stdout, world.text_of(os.path.join(s.data_dir, "ca.pem")))

    def test_an_operators_own_certificate_is_shown_and_reloaded(self):
        s = self.s
        self.make_ca()
        self.make_leaf("first")
        self.founded()
        s.sets.update({"tls.chain": os.path.join(s.top, "leaf.crt"),
                       "tls.key": os.path.join(s.top, "leaf.key")})
        s.start()
        s.env["KEYHOLD_CA"] = os.path.join(s.top, "own-ca.crt")
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)
        self.assertEqual(self.shown(), "first")
        kept = wire.Wire(s.port, s.host("main.vault"), s.ca)
        self.make_leaf("second")
        self.assertEqual(s.admin("tls", "reload").returncode, 0)
        wait_for(lambda: self.shown() == "second", "the new certificate is shown")
        self.assertEqual(kept.request("GET", "/healthstatus").status, 200)
        kept.close()

    def make_ca(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=own ca",
                        "-keyout", os.path.join(self.s.top, "own-ca.key"),
                        "-out", os.path.join(self.s.top, "own-ca.crt")],
                       check=True, capture_output=True)

    def make_leaf(self, name):
        top = self.s.top
        conf = os.path.join(top, "leaf.cnf")
        with open(conf, "w", encoding="ascii") as f:
            f.write("subjectAltName=DNS:login.keyhold.localhost,DNS:*.vault.keyhold.localhost\n")
        subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                        "-keyout", os.path.join(top, "leaf.key"),
                        "-out", os.path.join(top, "leaf.csr")], check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", os.path.join(top, "leaf.csr"),
                        "-CA", os.path.join(top, "own-ca.crt"), "-CAkey",
                        os.path.join(top, "own-ca.key"), "-CAcreateserial", "-days", "20",
                        "-extfile", conf, "-out", os.path.join(top, "leaf.crt")],
                       check=True, capture_output=True)
        for part in ("leaf.key", "leaf.crt"):
            os.chmod(os.path.join(top, part), 0o600)

    def shown(self):
        try:
            with wire.Wire(self.s.port, self.s.host("main.vault"), self.s.ca) as w:
                return dict(x[0] for x in w.sock.getpeercert()["subject"])["commonName"]
        except OSError:
            return None
