# SPDX-License-Identifier: Apache-2.0
"""
What makes, fills, deletes, recovers and purges a certificate, with a process killed at each step
of it: before the first question and each other one, before each answer, before each write to
the disk. Certificate, key and secret are there together or not at all, the operation says
what is so, and what was interrupted can be done again.
"""
import base64
import os
import subprocess
import time
import unittest

from cryptography import x509

from kit import certs, killer, pki, wire, world
from kit.certs import der, ec_policy, fresh, pfx
from kit.server import Server, is_running, wait_for
from py.test_damage import TOOL

# Where it is killed. More steps than there are do no harm: the last ones do not strike.
STEPS = [("front", "sendmsg", 7), ("keeper", "sendmsg", 4), ("scribe", "pwrite64", 2), ("scribe", "writev", 1),
         ("scribe", "fdatasync", 2), ("scribe", "sendmsg", 2)]
TRIO = ("certificates", "keys", "secrets")
RESTARTS = 4  # of a process, until the supervisor's pauses grow too long for us


class Crashes(certs.Case):
    @classmethod
    def setUpClass(cls):
        if not killer.works():
            raise unittest.SkipTest("strace cannot be used here")
        w = cls.world = world.World()
        for vault in ("alpha", "keys"):
            w.vault(vault)
            w.role("admin", "Key Vault Administrator", vault=vault)
        w.app("admin")
        w.role("admin", "Keyhold CA Administrator", scope=f"/subscriptions/{w.subscription}/resourceGroups/bench")
        cls.s = Server("certificate-crashes", seed=w.seed(), sets={"loops": "1"}, expect_trouble=True).start()
        cls.addClassCleanup(cls.s.discard)
        cls.deaths, cls.marks = {}, []
        cls.client = cls.enter()
        keys = wire.Client(cls.s, "keys.vault", cls.client.token, "7.6")
        for a in (keys.post("/keys/root/create", {"kty": "EC", "crv": "P-256"}), cls.manager().make("root", "root", vault="keys"),
                  cls.client.put("/certificates/issuers/inner", {"provider": "Keyhold", "credentials": {
                      "account_id": cls.manager().id("root")}})):
            assert a.status in (200, 201), a

    @classmethod
    def enter(cls):
        a = cls.world.apps["admin"]
        return wire.Client(cls.s, "alpha.vault", wire.get_token(cls.s, a.app_id, a.secret), "7.6")

    @classmethod
    def manager(cls):
        return pki.Manager(cls.s, cls.world.apps["admin"], cls.world.subscription)

    # ------------------------------------------------------------------ a death

    def answers(self):
        """Questions to the keeper and a commit, of which each may find somebody gone."""
        try:
            a = self.client.put("/secrets/probe", {"value": "x"})
            return a.status == 200 and self.client.get("/secrets/probe").status == 200
        except (OSError, wire.Closed):
            return False

    def fresh_server(self):
        """The supervisor waits longer for each death: not for our sake."""
        cls = type(self)
        cls.s.restart(seed=None, args=[])
        cls.deaths.clear()
        cls.client = self.enter()

    def killed(self, role, call, nth, request):
        """The answer, or None if none came; and whether the death came in the midst of it."""
        if self.deaths.get(role, 0) >= RESTARTS:
            self.fresh_server()
        pid = wait_for(lambda: self.s.pid_of(role), f"{role} runs")
        wait_for(self.answers, "all works", pause=0.1)
        with killer.Killer(pid, call, nth) as k:
            answer = self.ask(request)
            time.sleep(0 if answer is None else 0.05)  # not for an event: it need not strike at all
        if k.struck:
            self.deaths[role] = self.deaths.get(role, 0) + 1
            wait_for(lambda: not is_running(pid), "it is gone")
            wait_for(self.answers, f"all works again without the first {role}", pause=0.05)
        return answer, k.struck

    def ask(self, request):
        """Once: a client that asks again by itself would hide what was lost."""
        method, path, body = request
        try:
            return self.client.wire.request(method, f"{path}?api-version=7.6", token=self.client.token, body=body)
        except (OSError, wire.Closed):
            self.client.close()
            return None

    def at_each_step(self, begin, request, judge):
        """begin(name) -> what judge needs; judge(name, that, was it done for the client)."""
        struck = set()
        for role, call, most in STEPS:
            for nth in range(1, most + 1):
                name = fresh()
                with self.subTest(role=role, call=call, nth=nth):
                    wait_for(self.answers, "all works", pause=0.05)
                    given = begin(name)
                    answer, hit = self.killed(role, call, nth, request(name, given))
                    if answer is not None and answer.status >= 400:
                        self.assertEqual(answer.status, 503, answer)
                        self.assertTrue(hit, answer)
                    judge(name, given, answer is not None and answer.status < 400)
                    struck |= {role} if hit else set()
        self.assertEqual(struck, {r for r, _, _ in STEPS if r != "keeper"} | (struck & {"keeper"}))
        return struck

    # ------------------------------------------------------------------ what is there

    def state(self, name):
        """live, deleted or nothing; the same for all three."""
        live = {self.client.get(f"/{kind}/{name}").status for kind in TRIO}
        gone = {self.client.get(f"/deleted{kind}/{name}").status for kind in TRIO}
        self.assertIn((sorted(live), sorted(gone)), [([200], [404]), ([404], [200]), ([404], [404])], name)
        return "live" if live == {200} else "deleted" if gone == {200} else "nothing"

    def whole(self, name):
        """One version thrice, of one key."""
        c = self.get(name)
        found = {c[i].rpartition("/")[2] for i in ("id", "kid", "sid")}
        self.assertEqual(len(found), 1, c)
        cert = x509.load_der_x509_certificate(der(c))
        key = self.ok(self.client.get(f"/keys/{name}"))["key"]
        self.assertEqual(int.from_bytes(base64.urlsafe_b64decode(key["x"] + "=="), "big"), cert.public_key().public_numbers().x)
        self.assertTrue(self.ok(self.client.get(f"/secrets/{name}"))["value"])
        return cert

    def operation(self, name):
        a = self.client.get(f"/certificates/{name}/pending")
        return a.json()["status"] if a.status == 200 else a.status

    def made(self, name, issuer, done):
        """Absent without an operation, or whole with one that is completed; then again."""
        state = self.state(name)
        self.assertEqual(state, "live" if done else state)
        if state == "live":
            self.whole(name)
            self.assertEqual(self.operation(name), "completed")
        else:
            self.assertEqual((state, self.operation(name)), ("nothing", 404))
        self.create(name, ec_policy(issuer))
        self.whole(name)
        self.assertEqual(self.operation(name), "completed")

    def names(self):
        page, found = self.ok(self.client.get("/certificates?maxresults=25")), []
        while True:
            found += [c["id"].rpartition("/")[2] for c in page["value"]]
            if not page["nextLink"]:
                return found
            page = self.ok(self.client.get(page["nextLink"].partition(self.client.host)[2]))

    # ------------------------------------------------------------------ the operations

    def create_with(self, issuer):
        return self.at_each_step(lambda name: None,
                                 lambda name, _: ("POST", f"/certificates/{name}/create", {"policy": ec_policy(issuer)}),
                                 lambda name, _, done: self.made(name, issuer, done))

    def test_create_by_itself(self):
        self.assertIn("keeper", self.create_with("Self"))

    def test_create_by_an_authority_of_ours(self):
        self.assertIn("keeper", self.create_with("inner"))
        # Nothing was issued that is not in the vault, and all of the vault is known to the authority.
        listed = {i["serialNumber"] for i in self.ok(self.manager().get(f"{self.manager().id('root')}/certificates"))["value"]}
        kept = set()
        for name in self.names():
            if self.get(name)["policy"]["issuer"]["name"] != "inner":
                continue
            for v in self.ok(self.client.get(f"/certificates/{name}/versions"))["value"]:
                one = x509.load_der_x509_certificate(der(self.get(name, v["id"].rpartition("/")[2])))
                kept.add(f"{one.serial_number:X}")
        self.assertEqual(listed, kept)

    def begin_pending(self, name):
        outside = certs.Hierarchy()
        self.create(name, ec_policy("Unknown"))
        return outside

    def merge_body(self, name, outside):
        csr = x509.load_der_x509_csr(base64.b64decode(self.ok(self.client.get(f"/certificates/{name}/pending"))["csr"]))
        leaf = outside.issue(csr.subject, csr.public_key())
        return {"x5c": [base64.b64encode(certs.raw(c)).decode() for c in (leaf, outside.middle, outside.root)]}

    def test_a_request_for_somebody_else(self):
        def judge(name, outside, done):
            state = self.operation(name)
            self.assertIn(state, ("inProgress",) if done else ("inProgress", 404))
            if state == 404:
                self.assertEqual(self.state(name), "nothing")
                self.create(name, ec_policy("Unknown"))
            self.ok(self.client.post(f"/certificates/{name}/pending/merge", self.merge_body(name, outside)), 201)
            self.whole(name)

        self.assertIn("keeper", self.at_each_step(
            lambda name: certs.Hierarchy(),
            lambda name, _: ("POST", f"/certificates/{name}/create", {"policy": ec_policy("Unknown")}), judge))

    def test_merge(self):
        def judge(name, outside, done):
            state = self.operation(name)
            self.assertIn(state, ("completed",) if done else ("completed", "inProgress"))
            if state == "inProgress":
                self.ok(self.client.post(f"/certificates/{name}/pending/merge", self.merge_body(name, outside)), 201)
                self.assertEqual(self.operation(name), "completed")
            self.whole(name)

        self.assertIn("keeper", self.at_each_step(
            self.begin_pending,
            lambda name, outside: ("POST", f"/certificates/{name}/pending/merge", self.merge_body(name, outside)), judge))

    def test_import(self):
        key = certs.ec.generate_private_key(certs.ec.SECP256R1())
        body = {"value": pfx(key, certs.Hierarchy().issue(certs.name_of("x"), key.public_key()))}

        def judge(name, _, done):
            state = self.state(name)
            self.assertEqual(state, "live" if done else state)
            self.assertIn((state, self.operation(name)), (("live", 404), ("nothing", 404)))
            self.ok(self.client.post(f"/certificates/{name}/import", body))
            self.whole(name)

        self.assertIn("keeper", self.at_each_step(
            lambda name: None, lambda name, _: ("POST", f"/certificates/{name}/import", body), judge))

    def test_delete_recover_and_purge(self):
        """Three changes of the same three heads; what is interrupted is finished by asking again."""
        ways = {"delete": ("DELETE", "/certificates/{}", "live", "deleted", 200),
                "recover": ("POST", "/deletedcertificates/{}/recover", "deleted", "live", 200),
                "purge": ("DELETE", "/deletedcertificates/{}", "deleted", "nothing", 204)}

        def begin(name):
            self.create(name)
            self.assertEqual(self.state(name), "live")

        for way, (method, path, before, after, status) in ways.items():
            def start(name, before=before):
                begin(name)
                if before == "deleted":
                    self.ok(self.client.delete(f"/certificates/{name}"))

            def judge(name, _, done, method=method, path=path, before=before, after=after, status=status):
                state = self.state(name)
                self.assertIn(state, (after,) if done else (before, after))
                if state == before:
                    self.assertEqual(self.client.call(method, path.format(name)).status, status)
                    self.assertEqual(self.state(name), after)
                if after == "live":
                    self.whole(name)
                else:
                    self.assertEqual(self.operation(name), 404)

            with self.subTest(way=way):
                self.at_each_step(start, lambda name, _, m=method, p=path: (m, p.format(name), None), judge)

    # ------------------------------------------------------------------ the rows

    def tearDown(self):
        """No row of one of the three without the two others, no operation of nobody."""
        type(self).s.stop()
        try:
            self.rows_are_whole()
        finally:
            self.s.seed, self.s.args = None, []
            self.s.start()
            self.deaths.clear()
            type(self).client = self.enter()

    def rows_are_whole(self):
        def keys(prefix):
            done = subprocess.run([TOOL, os.path.join(self.s.data_dir, "store"), "list", f"{prefix}/"],
                                  capture_output=True, text=True, check=True)
            return {k.partition("/")[2] for k in done.stdout.split()}

        def ours(prefix):
            """Of the vault with certificates: the other has a key of its own."""
            return {k for k in keys(prefix) if k.startswith(vault)}

        [other] = {k.partition("/")[0] for k in keys("kn") if k.endswith("/ROOT")}
        [vault] = {k.partition("/")[0] for k in keys("cn") | keys("sn") if not k.startswith(other)}
        probe = f"{vault}/PROBE"
        for end in "nd":
            heads = ours(f"c{end}")
            self.assertEqual((ours(f"k{end}"), {k for k in ours(f"s{end}") if k != probe}), (heads, heads))
        versions = ours("cv")
        self.assertEqual((ours("kv"), {k for k in ours("sv") if not k.endswith("/PROBE")}), (versions, versions))
        names = ours("cn") | ours("cd")
        self.assertEqual({f"{vault}/{v.rpartition('/')[2]}" for v in versions}, names)
        self.assertEqual(ours("cp"), names)
        self.assertLessEqual(ours("co"), names)
        self.assertEqual((ours("cw"), ours("ce")), (set(), set()))
        self.assertEqual({k.partition("/c/")[2] for k in keys("pq")}, ours("cd"))
        self.assertEqual(self.s.admin("audit", "verify").returncode, 0)


if __name__ == "__main__":
    unittest.main()
