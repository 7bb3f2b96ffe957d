# SPDX-License-Identifier: Apache-2.0
"""Two tenants in one installation: neither's tokens open anything of the other's."""
import glob
import json
import os
import unittest

from kit import wire, world
from kit.server import Server

CANARY = "canary-of-the-first-tenant"


class Tenants(unittest.TestCase):
    """`home` is the installation's; `Fabrikam` comes with the seed and has a vault too."""

    @classmethod
    def setUpClass(cls):
        w = cls.world = world.World()
        w.app("owner")
        w.app("guest").tenant = "Fabrikam"
        w.vault("home")
        w.vault("theirs", subscription=w.away, resourceGroup="away")
        w.role("owner", world.ROLES["admin"], vault="home")
        w.role("guest", world.ROLES["admin"], vault="theirs")
        # Rights on the other's vault, which are worth nothing.
        w.role("guest", world.ROLES["admin"], vault="home")
        w.role("owner", world.ROLES["admin"], vault="theirs")
        w.secrets.append({"vault": "home", "name": "kept", "value": CANARY})
        w.tenants.append({"name": "Fabrikam", "domain": "fabrikam.test"})
        seed = w.seed()
        next(x for x in seed["subscriptions"] if x["id"] == w.away)["tenant"] = "Fabrikam"
        cls.s = Server("tenants", seed=seed).start()
        cls.other = cls.tenant_of("fabrikam.test")

    @classmethod
    def tearDownClass(cls):
        cls.s.discard()

    @classmethod
    def tenant_of(cls, domain):
        with wire.Wire(cls.s.port, cls.s.host("login"), cls.s.ca) as w:
            a = w.request("GET", f"/{domain}/v2.0/.well-known/openid-configuration")
        return a.json()["issuer"].split("/")[3]

    def token_answer(self, who, tenant):
        a = self.world.apps[who]
        return wire.token_answer(self.s, {
            "grant_type": "client_credentials", "client_id": a.app_id, "client_secret": a.secret,
            "scope": wire.scope_of(self.s)}, path=f"/{tenant}/oauth2/v2.0/token")

    def token(self, who, tenant):
        a = self.token_answer(who, tenant)
        self.assertEqual(a.status, 200, a)
        return a.json()["access_token"]

    def client(self, vault, who):
        token = self.token(who, self.s.tenant if who == "owner" else self.other)
        return wire.Client(self.s, f"{vault}.vault", token)

    def test_each_is_at_home_in_its_own(self):
        self.assertNotEqual(self.other, self.s.tenant)
        self.assertEqual(self.client("home", "owner").get("/secrets/kept").json()["value"], CANARY)
        self.assertEqual(self.client("theirs", "guest").put("/secrets/a", {"value": "b"}).status, 200)

    def test_a_caller_of_another_tenant_is_not_known_at_a_vault(self):
        before = self.client("home", "owner").get("/secrets").body
        for vault, who, mine, found in (("home", "guest", self.s.tenant, self.other),
                                        ("theirs", "owner", self.other, self.s.tenant)):
            c = self.client(vault, who)
            for method, path, body in (
                    ("GET", "/secrets/kept", None), ("GET", "/secrets", None),
                    ("PUT", "/secrets/kept", {"value": "x"}), ("DELETE", "/secrets/kept", None),
                    ("POST", "/secrets/kept/backup", None), ("GET", "/secrets/absent", None),
                    ("GET", "/deletedsecrets", None), ("GET", "/no/such/route", None)):
                with self.subTest(vault=vault, what=f"{method} {path}"):
                    a = c.call(method, path, body)
                    self.assertEqual(a.status, 401, a)
                    login = f"https://{self.s.host('login')}"
                    self.assertEqual(a.json(), {"error": {
                        "code": "Unauthorized",
                        "message": f"AKV10032: Invalid issuer. Expected one of {login}/{mine}/, "
                                   f"found {login}/{found}/."}})
                    self.assertTrue(a.header("WWW-Authenticate").startswith("Bearer authorization="))
            # The same whatever the api-version.
            self.assertEqual(c.get("/secrets/kept", version="1.0").status, 401)
            self.assertEqual(c.get("/secrets/kept?x=y", version=None).status, 401)
        self.assertEqual(self.client("home", "owner").get("/secrets").body, before)

    def test_it_is_in_the_audit_log(self):
        self.client("home", "guest").get("/secrets/kept")
        self.s.admin("audit", "rotate")
        lines = []
        for path in glob.glob(os.path.join(self.s.data_dir, "audit", "*.jsonl")):
            with open(path, encoding="utf-8") as f:
                lines += [json.loads(line) for line in f]
        refused = [x for x in lines if x.get("operationName") == "SecretGet"
                   and x.get("properties", {}).get("httpStatusCode") == 401
                   and self.other in json.dumps(x)]
        self.assertTrue(refused)
        self.assertNotIn(CANARY, json.dumps(lines))

    def test_nobody_gets_a_token_of_a_tenant_in_which_he_is_not(self):
        a = self.token_answer("guest", self.s.tenant)
        self.assertEqual((a.status, a.json()["error"]), (400, "unauthorized_client"), a)
        self.assertTrue(a.json()["error_description"].startswith("AADSTS700016"))
        for path in ("adfs", "common", "organizations"):
            self.assertIn(self.token_answer("guest", path).status, (400, 401))
        self.assertEqual(self.token_answer("owner", self.other).status, 400)

    def test_the_same_seed_again_changes_nothing(self):
        self.s.restart()
        self.assertEqual(self.client("home", "owner").get("/secrets/kept").json()["value"], CANARY)
        self.assertEqual(self.tenant_of("fabrikam.test"), self.other)
