# SPDX-License-Identifier: Apache-2.0
"""
A bit turned over in a row of each kind that certificates, authorities and the ACME server have:
`keyhold doctor` counts and names it, and whoever needs it is refused, with a line in the log.
"""
import datetime
import json
import os
import shutil
import subprocess
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from kit import acme, certs, pki, wire, world
from kit.server import Server, wait_for
from kit.service import free_port
from py.test_damage import TOOL

SAYS = "is not what was written: nothing of it is served"


class Damage(certs.Case):
    @classmethod
    def setUpClass(cls):
        w = cls.world = world.World()
        w.vault("alpha")
        w.app("admin")
        scope = f"/subscriptions/{w.subscription}/resourceGroups/bench"
        for role in ("Keyhold CA Administrator", "Keyhold Certificate Enroller", "User Access Administrator"):
            w.role("admin", role, scope=scope)
        w.role("admin", "Key Vault Administrator", vault="alpha")
        cls.s = Server("damage-certificates", seed=w.seed(), sets={"dial": "on", "dial.allow": "127.0.0.1"}).start()
        cls.addClassCleanup(cls.s.discard)
        cls.s.seed, cls.s.args = None, []
        cls.enter()
        cls.fill()
        cls.s.stop()

    @classmethod
    def enter(cls):
        a = cls.world.apps["admin"]
        cls.client = wire.Client(cls.s, "alpha.vault", wire.get_token(cls.s, a.app_id, a.secret), "7.6")
        cls.manager = pki.Manager(cls.s, a, cls.world.subscription)
        cls.site = wire.Client(cls.s, "pki", None, None)

    @classmethod
    def must(cls, a, *status):
        assert a.status in (status or (200,)), (a, a.body)
        return a.json()

    @classmethod
    def fill(cls):
        """A row of each kind."""
        must, m, c = cls.must, cls.manager, cls.client
        must(c.post("/keys/root/create", {"kty": "EC", "crv": "P-256"}))
        p = must(m.make("root", "root"), 201)["properties"]
        cls.ca, cls.root = p["caId"], pki.blocks(p["certificate"])[0]
        a = must(m.issue("root", pki.request()[0]))
        cls.serial, cls.leaf = a["serialNumber"], pki.blocks(a["certificate"])[0]
        must(m.post(f"{m.id('root')}/revoke", {"serial": cls.serial}))
        assert cls.site.get(f"/ca/{cls.ca}.crl").status == 200
        made = must(m.post(f"{m.id('root')}/acmeCredentials", {
            "principalId": cls.world.apps["admin"].object_id, "names": [".corp.test"]}), 201)
        cls.account = acme.Client(cls.s, made["directory"])
        must(cls.account.register(made), 201)
        order = cls.account.order("a.corp.test")
        must(order, 201)
        cls.order = order.header("Location")
        must(c.put("/certificates/issuers/hook", {"provider": "Webhook", "credentials": {
            "account_id": f"https://127.0.0.1:{free_port()}/", "pwd": "x"}}))
        must(c.post("/certificates/waits/create", {"policy": certs.ec_policy("hook")}), 202)
        must(c.post("/certificates/renews/create", {"policy": certs.ec_policy(lifetime_actions=[
            {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}])}), 202)
        wait_for(lambda: cls.rows("list", "ce/"), "the clerk has tried the issuer")

    @classmethod
    def rows(cls, *words):
        return subprocess.run([TOOL, os.path.join(cls.s.data_dir, "store"), *words], capture_output=True, text=True,
                              check=True).stdout

    # ------------------------------------------------------------------ one kind

    def doctor(self):
        done = self.s.admin("doctor", "--json")
        [found] = [f for f in json.loads(done.stdout)["findings"] if f["name"] == "rows"]
        return found["verdict"], found["text"]

    def damaged(self, prefix, what, refused, clock=None):
        """refused(): asks for what the row holds, and looks at the answer."""
        key = self.rows("list", prefix).split()[0]
        good = self.rows("get", key).strip()
        self.assertEqual(self.doctor()[0], "ok")
        bad = bytearray.fromhex(good)
        bad[8 + (len(bad) - 8) // 2] ^= 1
        self.rows("put", key, bad.hex())
        try:
            verdict, text = self.doctor()
            self.assertEqual(verdict, "problem", text)
            self.assertRegex(text, rf"^1 of \d+ are damaged: 1 {what}, the first is {key}\. ")
            mark = len(self.s.log())
            self.s.args = ["--clock", clock] if clock else []
            self.s.start()
            try:
                self.enter()
                refused()
                wait_for(lambda: SAYS in self.s.log()[mark:], f"the log names {key}")
                self.assertRegex(self.s.log()[mark:], rf"{key}\b.*{SAYS}")
            finally:
                self.s.stop()
        finally:
            self.rows("put", key, good)
            self.s.args = []

    def fails(self, a):
        self.assertEqual(a.status, 500, (a, a.body))

    def acme_fails(self, send):
        """The account as it was made, at the port of now."""
        def moved(url):
            return f"https://{self.s.host('pki')}/" + url.split("/", 3)[3]

        old = self.account
        c = acme.Client(self.s, moved(f"{old.base}/directory"), old.key)
        self.addCleanup(c.close)
        c.kid = moved(old.kid)
        a = send(c, moved(self.order))
        self.assertEqual((a.status, a.json()["type"]), (500, acme.ERROR + "serverInternal"), a.body)

    # ------------------------------------------------------------------ the kinds

    def test_authority(self):
        def refused():
            self.fails(self.manager.get(self.manager.id("root")))
            self.fails(self.manager.issue("root", pki.request()[0]))
            self.assertNotEqual(self.site.get(f"/ca/{self.ca}.crl").status, 200)
        self.damaged("pa/", "certificate authorities", refused)

    def test_issued(self):
        self.damaged("pc/", "issued certificates",
                     lambda: self.fails(self.manager.get(f"{self.manager.id('root')}/certificates?serial={self.serial}")))

    def test_revoked(self):
        question = ocsp.OCSPRequestBuilder().add_certificate(self.leaf, self.root, hashes.SHA1()).build()
        body = question.public_bytes(certs.serialization.Encoding.DER)

        def refused():
            a = self.site.post(f"/ocsp/{self.ca}", body, headers=[("Content-Type", "application/ocsp-request")])
            if a.status == 200:
                self.assertIn(ocsp.load_der_ocsp_response(a.body).response_status.name, ("INTERNAL_ERROR", "TRY_LATER"))
            self.fails(self.manager.get(f"{self.manager.id('root')}/certificates?serial={self.serial}"))
        self.damaged("pr/", "revocations", refused)

    def test_list(self):
        self.damaged("pl/", "lists of revoked certificates",
                     lambda: self.assertNotEqual(self.site.get(f"/ca/{self.ca}.crl").status, 200))

    def test_credential(self):
        self.damaged("ae/", "ACME credentials", lambda: self.acme_fails(lambda c, order: c.order("b.corp.test")))

    def test_account(self):
        self.damaged("an/", "ACME accounts", lambda: self.acme_fails(lambda c, order: c.order("b.corp.test")))

    def test_key_of_an_account(self):
        def send(c, order):
            c.kid = None
            return c.post("newAccount", {"onlyReturnExisting": True})
        self.damaged("ai/", "keys of ACME accounts", lambda: self.acme_fails(send))

    def test_order(self):
        self.damaged("ao/", "ACME orders", lambda: self.acme_fails(lambda c, order: c.post(order)))

    def still_waits(self):
        self.assertEqual(self.must(self.client.get("/certificates/waits/pending"))["status"], "inProgress")

    def test_wait(self):
        self.damaged("cw/", "certificates that wait for an issuer", self.still_waits)

    def test_errand(self):
        self.damaged("ce/", "errands to issuers", self.still_waits)

    def test_renewal(self):
        # What ran a year ahead is not let into the other tests.
        kept = f"{self.s.data_dir}.kept"
        subprocess.run(["cp", "-a", self.s.data_dir, kept], check=True)
        self.addCleanup(os.rename, kept, self.s.data_dir)
        self.addCleanup(shutil.rmtree, self.s.data_dir)
        then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=340)
        self.damaged("cr/", "renewals to come", lambda: None, then.strftime("%Y-%m-%dT%H:%M:%SZ"))


if __name__ == "__main__":
    unittest.main()
