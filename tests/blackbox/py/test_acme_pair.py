# SPDX-License-Identifier: Apache-2.0
"""One Keyhold enrols at the ACME server of another: external account, renewal information, replaced certificates."""
import json
import os
import shutil
import unittest

from kit import certs, pki, wire, world
from kit.server import Server, wait_for
from kit.service import free_port

ISSUING = ASKING = ADMIN = CREDENTIAL = WORLD = ENROLS = None


def setUpModule():
    global ISSUING, ASKING, ADMIN, CREDENTIAL, WORLD, ENROLS
    ENROLS = world.standard()
    scope = f"/subscriptions/{ENROLS.subscription}/resourceGroups/bench"
    ENROLS.role("admin", "Keyhold CA Administrator", scope=scope)
    ENROLS.app("machine")
    ENROLS.role("machine", "Keyhold Certificate Enroller", scope=scope)
    WORLD = world.standard()
    ISSUING = Server("acme_pair_issuing", seed=ENROLS.seed()).start()
    ADMIN = pki.Manager(ISSUING, ENROLS.apps["admin"], ENROLS.subscription)
    a = ENROLS.apps["admin"]
    vault = wire.Client(ISSUING, "alpha.vault", wire.get_token(ISSUING, a.app_id, a.secret), "7.6")
    name, key = certs.fresh("ca"), certs.fresh("k")
    assert vault.post(f"/keys/{key}/create", {"kty": "EC", "crv": "P-256"}).status == 200
    vault.close()
    assert ADMIN.make(name, key).status == 201
    a = ADMIN.call("POST", f"{ADMIN.id(name)}/acmeCredentials",
                   {"principalId": ENROLS.apps["machine"].object_id, "names": [".corp.test"]})
    assert a.status == 201, a
    CREDENTIAL = a.json()
    ASKING = Server("acme_pair_asking", seed=WORLD.seed(), sets={"pki.http_listen": f"127.0.0.1:{free_port()}"})
    path = os.path.join(ASKING.top, "ca.pem")
    shutil.copy(ISSUING.ca, path)
    os.chmod(path, 0o644)
    ASKING.sets.update({"dial": "on", "dial.ca_file": path, "dial.allow": "127.0.0.1, ::1"})
    ASKING.start()


def tearDownModule():
    ADMIN.close()
    ASKING.discard()
    ISSUING.discard()


def records(server, operation):
    with open(os.path.join(server.data_dir, "audit", "audit.jsonl"), encoding="utf-8") as f:
        lines = [json.loads(line) for line in f if line.endswith("\n")]
    return [r for r in lines if r.get("operationName") == operation]


class Pair(unittest.TestCase):
    def setUp(self):
        a = WORLD.apps["admin"]
        self.c = wire.Client(ASKING, "alpha.vault", wire.get_token(ASKING, a.app_id, a.secret), "7.6")
        self.addCleanup(self.c.close)

    def issuer(self):
        a = self.c.put("/certificates/issuers/pair", {"provider": "ACME", "credentials": {
            "account_id": CREDENTIAL["directory"], "pwd": f"{CREDENTIAL['kid']}:{CREDENTIAL['hmacKey']}"}})
        self.assertEqual(a.status, 200, a)

    def create(self, name, dns):
        a = self.c.post(f"/certificates/{name}/create", {"policy": {
            "issuer": {"name": "pair"}, "key_props": {"kty": "EC", "crv": "P-256"},
            "x509_props": {"subject": f"CN={dns}", "sans": {"dns_names": [dns]}}}})
        self.assertEqual(a.status, 202, a)
        pending = lambda: self.c.get(f"/certificates/{name}/pending").json()
        return wait_for(lambda: (lambda op: op if op["status"] != "inProgress" else None)(pending()), "the end", pause=0.1)

    def test_it_enrols_asks_when_to_renew_and_says_what_it_replaces(self):
        self.issuer()
        before = len(records(ISSUING, "AcmeOrderNew"))
        op = self.create("web", "web.corp.test")
        self.assertEqual(op["status"], "completed", op)
        wait_for(lambda: records(ASKING, "CertificateRenewalInfo"), "it is known when to renew")
        self.assertNotIn("does not say when to renew", ASKING.log())
        op = self.create("web", "web.corp.test")
        self.assertEqual(op["status"], "completed", op)
        wait_for(lambda: len(records(ASKING, "CertificateRenewalInfo")) == 2, "and of the second")
        self.assertEqual(len(self.c.get("/certificates/web/versions").json()["value"]), 2)
        self.assertEqual(len(records(ASKING, "AcmeAccountKeyCreate")), 1)
        # Neither order had to be made twice: what is replaced was named as the other side names it.
        self.assertEqual(len(records(ISSUING, "AcmeOrderNew")) - before, 2)

    def test_a_name_that_the_credential_does_not_have_is_refused(self):
        self.issuer()
        op = self.create("other", "web.other.test")
        self.assertEqual(op["status"], "failed", op)
        self.assertIn("The ACME server refused", op["error"]["message"])


if __name__ == "__main__":
    unittest.main()
