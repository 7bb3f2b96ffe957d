# SPDX-License-Identifier: Apache-2.0
"""
What is killed comes back, what was acknowledged stays, what is due is purged,
and no secret is ever written where it does not belong.
"""
import base64
import datetime
import json
import os
import re
import signal
import threading
import time
import unittest
import urllib.parse
import uuid

from kit import wire, world
from kit.server import ROLES, Server, is_running, wait_for

BACK = 30  # seconds until everything works again


class Killed(unittest.TestCase):
    """One server; each test kills a process of it."""

    @classmethod
    def setUpClass(cls):
        cls.s = Server("killed", expect_trouble=True).start()
        cls.token = wire.get_token(cls.s)

    @classmethod
    def tearDownClass(cls):
        cls.s.discard()

    def client(self, version="7.4"):
        c = wire.Client(self.s, "dev.vault", self.token, version)
        self.addCleanup(c.close)
        return c

    def works(self):
        """Set, read and a new token: all processes take part."""
        c, name = self.client(), f"w-{uuid.uuid4().hex[:10]}"
        try:
            if c.put(f"/secrets/{name}", {"value": name}).status != 200:
                return False
            if c.get(f"/secrets/{name}").json().get("value") != name:
                return False
            wire.get_token(self.s)
            return True
        except (OSError, wire.Closed, AssertionError):
            return False
        finally:
            c.close()

    def comes_back(self, role, sig=signal.SIGKILL):
        """Kills it under load; each answer is right, or says that it is not now."""
        stop, wrong, kept = threading.Event(), [], {}

        def load(n):
            c, i = self.client(), 0
            while not stop.is_set():
                i += 1
                name = f"{role}-{n}-{i}-{uuid.uuid4().hex[:6]}"
                try:
                    a = c.put(f"/secrets/{name}", {"value": name})
                except (OSError, wire.Closed):
                    time.sleep(0.02)  # between attempts, not for an event
                    continue
                if a.status == 200:
                    kept[name] = json.loads(a.body)["id"]
                elif a.status == 503:
                    if a.header("Retry-After") is None or a.error["code"] != "ServiceUnavailable":
                        wrong.append(a)
                else:
                    wrong.append(a)

        workers = [threading.Thread(target=load, args=(n,)) for n in range(2)]
        for t in workers:
            t.start()
        try:
            wait_for(lambda: len(kept) > 10, "load flows")
            pid = self.s.pid_of(role)
            os.kill(pid, sig)
            wait_for(lambda: not is_running(pid), f"{role} is gone")
            wait_for(lambda: self.s.pid_of(role) not in (None, pid), f"{role} is back", BACK)
            wait_for(self.works, "everything works again", BACK, pause=0.1)
            mark = len(kept)
            wait_for(lambda: len(kept) > mark + 10, "load flows again", BACK)
        finally:
            stop.set()
            for t in workers:
                t.join()
        self.assertEqual(wrong[:3], [])
        c = self.client()
        for name, url in kept.items():
            a = c.get(f"/secrets/{name}")
            self.assertEqual((a.status, a.json().get("value"), a.json().get("id")), (200, name, url))

    def test_the_front_comes_back(self):
        self.comes_back("front")

    def test_the_keeper_comes_back(self):
        self.comes_back("keeper")

    def test_the_scribe_comes_back(self):
        self.comes_back("scribe")

    def test_the_clerk_comes_back_and_nobody_notices(self):
        self.comes_back("clerk")

    def test_all_four_at_once_come_back(self):
        pids = [self.s.pid_of(r) for r in ROLES]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for(self.works, "everything works again", BACK * 2, pause=0.1)

    def test_readiness_says_when_it_cannot_serve(self):
        def ready():
            try:
                with wire.Wire(self.s.local_port, "127.0.0.1") as w:
                    return w.request("GET", "/readyz").status
            except (OSError, wire.Closed):
                return None
        pid = self.s.pid_of("keeper")
        os.kill(pid, signal.SIGKILL)
        seen = set()
        wait_for(lambda: seen.add(ready()) or (self.works() and ready() == 200), "ready again", BACK)
        self.assertLessEqual(seen, {200, 503, None})

    def test_the_log_of_it_all_is_whole(self):
        wait_for(self.works, "everything works", BACK)
        done = self.s.admin("audit", "verify", "--json")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_processes_back_are_confined_as_before(self):
        for role in ROLES:
            pid = wait_for(lambda r=role: self.s.pid_of(r), role)

            def confined(p=pid):
                with open(f"/proc/{p}/status", encoding="utf-8") as f:
                    return "Seccomp:\t2" in f.read()
            wait_for(confined, f"{role} is confined")


class Power(unittest.TestCase):
    """The whole tree at once, as when the power goes."""

    def test_what_was_acknowledged_is_there_afterwards(self):
        s = Server("power", expect_trouble=True).start()
        self.addCleanup(s.discard)
        kept = {}
        for turn in range(3):
            token, stop = wire.get_token(s), threading.Event()

            def write(n, token=token, stop=stop, turn=turn):
                c, i = wire.Client(s, "dev.vault", token), 0
                while not stop.is_set():
                    i += 1
                    name = f"p{turn}-{n}-{i}"
                    try:
                        if c.put(f"/secrets/{name}", {"value": name}).status == 200:
                            kept[name] = True
                    except (OSError, wire.Closed):
                        return

            workers = [threading.Thread(target=write, args=(n,)) for n in range(3)]
            for t in workers:
                t.start()
            mark = len(kept)
            wait_for(lambda m=mark: len(kept) > m + 30, "writes flow")
            s.kill()
            stop.set()
            for t in workers:
                t.join()
            s.start()
            c = wire.Client(s, "dev.vault", wire.get_token(s))
            for name in kept:
                self.assertEqual(c.get(f"/secrets/{name}").json().get("value"), name)
            self.assertEqual(s.admin("audit", "verify").returncode, 0)
        with open(os.path.join(s.data_dir, "audit", "audit.jsonl"), encoding="utf-8") as f:
            text = f.read()
        written = set(re.findall(r"/secrets/(p\d-\d-\d+)\?", text))
        self.assertLessEqual(set(kept), written, "an acknowledged write has no record")


class Purge(unittest.TestCase):
    def test_a_deleted_secret_is_purged_when_its_time_has_come(self):
        w = world.standard()
        s = Server("purge", seed=w.seed()).start()
        self.addCleanup(s.discard)
        admin = w.apps["admin"]

        def client(vault):
            return wire.Client(s, f"{vault}.vault",
                               wire.get_token(s, admin.app_id, admin.secret), "7.4")

        def kids():
            with wire.Wire(s.port, s.host("login"), context=wire.trust(s)) as x:
                return {k["kid"] for k in x.request("GET", "/adfs/discovery/keys").json()["keys"]}

        def kid_of(token):
            head = token.partition(".")[0]
            return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]

        for vault in ("week", "guard", "alpha"):
            c = client(vault)
            for name in ("gone", "kept", "back"):
                self.assertEqual(c.put(f"/secrets/{name}", {"value": "v"}).status, 200)
            for name in ("gone", "back"):
                self.assertEqual(c.delete(f"/secrets/{name}").status, 200)
            self.assertEqual(c.post("/deletedsecrets/back/recover").status, 200)
        first, signed = kids(), kid_of(wire.get_token(s, admin.app_id, admin.secret))
        self.assertEqual(len(first), 2)
        self.at(s, days=6)
        for vault in ("week", "guard", "alpha"):
            self.assertEqual(client(vault).get("/deletedsecrets/gone").status, 200, vault)
        self.at(s, days=8)
        for vault in ("week", "guard"):
            c = client(vault)
            wait_for(lambda c=c: c.get("/deletedsecrets/gone").status == 404, f"purged in {vault}")
            self.assertEqual(c.get("/secrets/gone/versions").json()["value"], [])
            for name in ("kept", "back"):
                self.assertEqual(c.get(f"/secrets/{name}").status, 200)
            self.assertEqual(c.put("/secrets/gone", {"value": "the name is free"}).status, 200)
        self.assertEqual(client("alpha").get("/deletedsecrets/gone").status, 200)
        self.at(s, days=100)
        c = client("alpha")
        wait_for(lambda: c.get("/deletedsecrets/gone").status == 404, "purged in alpha")
        # Three months on: the second signing key signs, the first stays for its tokens, the
        # next is published; and the certificate is another.
        wait_for(lambda: len(kids()) == 3, "the next signing key is published")
        self.assertTrue(first <= kids())
        token = wire.get_token(s, admin.app_id, admin.secret)
        self.assertEqual(kid_of(token), (first - {signed}).pop())

    @staticmethod
    def at(s, days):
        then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        s.stop()
        s.args = [a for a in s.args if a != "--clock" and not a.startswith("20")]
        s.args += ["--clock", then.strftime("%Y-%m-%dT%H:%M:%SZ")]
        s.start()


class Canary(unittest.TestCase):
    """A value, a client secret and a token that must be written nowhere in the clear."""

    def test_no_secret_is_written_anywhere(self):
        mark = uuid.uuid4().hex
        value = f"canary-value-{mark}"
        w = world.standard()
        admin = w.apps["admin"]
        w.secrets.append({"vault": "alpha", "name": "seeded", "value": value + "-seeded"})
        s = Server("canary", seed=w.seed(), sets={"log.level": "debug"}).start()
        self.addCleanup(s.discard)
        token = wire.get_token(s, admin.app_id, admin.secret)
        c = wire.Client(s, "alpha.vault", token, "7.4")
        bodies = self.exercise(s, c, value, admin)
        figures = wire.figures(s).encode()
        s.admin("audit", "rotate")
        s.stop()
        needles = {"value": value, "client secret": admin.secret, "first secret":
                   s.env["AZURE_CLIENT_SECRET"], "token": token.rsplit(".", 1)[1],
                   "identity header": s.env["IDENTITY_HEADER"]}
        needles = {k: self.forms(v) for k, v in needles.items()}
        places = {"figures": figures, **{f"body {i}": b for i, b in enumerate(bodies)}}
        for folder, _, files in os.walk(s.top):
            for name in files:
                path = os.path.join(folder, name)
                # The seed and the notes of `dev` are where these are meant to be.
                if name in ("seed.json", "dev.json", "identity-header") or not os.path.isfile(path):
                    continue
                with open(path, "rb") as f:
                    places[os.path.relpath(path, s.top)] = f.read()
        self.assertTrue(any("data.mdb" in p for p in places), sorted(places))
        self.assertTrue(any("audit" in p for p in places))
        self.assertIn(b"ready", places["stderr.log"])
        for place, text in places.items():
            for what, forms in needles.items():
                for form in forms:
                    self.assertNotIn(form, text, f"{what} lies in {place}")

    def exercise(self, s, c, value, admin):
        """Right and wrong requests that carry it; gives the bodies of the refusals."""
        ok = [c.put("/secrets/canary", {"value": value, "tags": {"a": "b"}}),
              c.get("/secrets/canary"), c.get("/secrets/seeded")]
        self.assertEqual([a.status for a in ok], [200] * 3)
        backup = c.post("/secrets/canary/backup")
        bad = [c.put("/secrets/bad_name", {"value": value}),
               c.put("/secrets/canary", {"value": value, "tags": {"a": 1}}),
               c.put("/secrets/canary", ('{"value":"' + value + '"').encode()),
               c.put("/secrets/canary", {"value": value * 800}),
               c.put("/secrets/canary", {"value": value}, version="99"),
               c.put("/secrets/canary", {"value": value}, token=None),
               c.put("/nothing/here/at/all", {"value": value}),
               c.call("PATCH", "/secrets", {"value": value}),
               c.get("/secrets/canary", token=c.token[:-4] + "AAAA"),
               wire.token_answer(s, {"grant_type": "client_credentials", "client_id": admin.app_id,
                                     "client_secret": admin.secret, "scope": "https://x/.default"}),
               wire.token_answer(s, {"grant_type": "x", "client_id": admin.app_id,
                                     "client_secret": admin.secret}),
               wire.token_answer(s, {}, body=b"client_secret=" + admin.secret.encode() + b"%")]
        self.assertTrue(all(a.status >= 400 for a in bad), bad)
        c.delete("/secrets/canary")
        bad.append(c.put("/secrets/canary", {"value": value}))
        return [a.raw_head + a.body for a in bad] + [backup.body]

    @staticmethod
    def forms(text):
        raw = text.encode()
        shifted = {base64.b64encode(b"\0" * n + raw)[4:-4] for n in range(3)}
        urlsafe = {base64.urlsafe_b64encode(b"\0" * n + raw)[4:-4] for n in range(3)}
        return {raw, raw.hex().encode(), urllib.parse.quote(text, safe="").encode(),
                text.encode("utf-16-le"), *shifted, *urlsafe}

    def test_a_core_of_the_front_cannot_be_made(self):
        s = Server("core", expect_trouble=True).start()
        self.addCleanup(s.discard)
        pid = s.pid_of("front")
        os.kill(pid, signal.SIGABRT)
        wait_for(lambda: not is_running(pid), "it is gone")
        wait_for(lambda: s.pid_of("front") not in (None, pid), "it is back", BACK)
        self.assertNotIn("core dumped", s.log())
        cores = [os.path.join(t, f) for t, _, fs in os.walk(s.top) for f in fs if f.startswith("core")]
        self.assertEqual(cores, [])
