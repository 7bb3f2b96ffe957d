# SPDX-License-Identifier: Apache-2.0
"""
Who may switch a vault between roles and access policies (setting vault_mode_change), and what
he gets by it; and that lists of deleted vaults show those of their subscription alone.
"""
import unittest

from kit import wire, world
from kit.server import Server

ROLES = {"contributor": ["Contributor"], "vaults": ["Key Vault Contributor"], "owner": ["Owner"],
         "both": ["Key Vault Contributor", "User Access Administrator"],
         "some": ["Key Vault Contributor", "Key Vault Data Access Administrator"]}

class Case(unittest.TestCase):
    sets = {}

    @classmethod
    def setUpClass(cls):
        w = cls.world = world.World()
        for name in ("roles", "policies"):
            w.vault(name, rbac=name == "roles")
        for name, roles in ROLES.items():
            w.app(name)
            for role in roles:
                w.role(name, role, scope=f"/subscriptions/{w.subscription}")
        w.role("owner", "Owner", scope=f"/subscriptions/{w.away}")
        cls.server = Server("vault-mode", seed=w.seed(), sets=cls.sets).start()
        cls.tokens = {}
        cls.tenant = cls.arm("owner", "GET", "/tenants").json()["value"][0]["tenantId"]

    @classmethod
    def tearDownClass(cls):
        cls.server.discard()

    @classmethod
    def client(cls, who, label, host, version):
        a = cls.world.apps[who]
        if (who, host) not in cls.tokens:
            cls.tokens[who, host] = wire.get_token(cls.server, a.app_id, a.secret,
                                                   scope=f"https://{cls.server.host(host)}/.default")
        return wire.Client(cls.server, label, cls.tokens[who, host], version)

    @classmethod
    def arm(cls, who, method, path, body=None):
        c = cls.client(who, "management", "management", "2023-07-01")
        try:
            return c.call(method, path, body)
        finally:
            c.close()

    def vault(self, name, group="bench", subscription=None):
        return (f"/subscriptions/{subscription or self.world.subscription}/resourceGroups/{group}"
                f"/providers/Microsoft.KeyVault/vaults/{name}")

    def switch(self, who, name, rbac, method="PATCH"):
        body = {"properties": {"enableRbacAuthorization": rbac}}
        if method == "PUT":
            body = {"location": "local", "properties": {
                **body["properties"], "tenantId": self.tenant, "sku": {"family": "A", "name": "standard"},
                "accessPolicies": []}}
        return self.arm(who, method, self.vault(name), body)

    def data(self, who, name):
        c = self.client(who, f"{name}.vault", "vault", "7.4")
        try:
            return c.get("/secrets").status
        finally:
            c.close()

    def let_in(self, who, name):
        return self.arm(who, "PUT", self.vault(name) + "/accessPolicies/add", {"properties": {"accessPolicies": [
            {"tenantId": self.tenant, "objectId": self.world.apps[who].object_id,
             "permissions": {"secrets": ["list"]}}]}})

class AsInAzure(Case):
    def test_a_contributor_switches_and_lets_himself_in(self):
        for who in ("contributor", "vaults"):
            self.assertEqual(self.data(who, "roles"), 403)
            self.assertEqual(self.switch(who, "roles", False).status, 200)
            self.assertEqual(self.let_in(who, "roles").status, 200)
            self.assertEqual(self.data(who, "roles"), 200)
            self.assertEqual(self.switch(who, "roles", True).status, 200)
            self.assertEqual(self.data(who, "roles"), 403)

    def test_deleted_vaults_of_one_subscription_are_not_in_anothers_list(self):
        w, names = self.world, [f"gone-{i}" for i in range(3)]
        body = {"location": "local", "properties": {"tenantId": self.tenant, "accessPolicies": [],
                                                    "sku": {"family": "A", "name": "standard"}}}
        for name in names:
            at = self.vault(name, "away", w.away)
            self.assertEqual(self.arm("owner", "PUT", at, body).status, 200)
            self.assertEqual(self.arm("owner", "DELETE", at).status, 200)
        for sub, want in ((w.subscription, []), (w.away, names)):
            seen, path = [], f"/subscriptions/{sub}/providers/Microsoft.KeyVault/deletedVaults?$top=1"
            while path:
                a = self.arm("owner", "GET", path).json()
                self.assertEqual(len(a["value"]), min(1, len(want)), "no page is empty but the only one")
                seen += [v["name"] for v in a["value"]]
                path = a.get("nextLink", "").partition(self.server.host("management"))[2]
            self.assertEqual(seen, want)

class Guarded(Case):
    sets = {"vault_mode_change": "administrators"}

    def test_writers_alone_do_not_switch_either_way(self):
        for who in ("contributor", "vaults", "some"):
            for name, rbac in (("roles", False), ("policies", True)):
                for method in ("PATCH", "PUT"):
                    with self.subTest(who=who, vault=name, method=method):
                        a = self.switch(who, name, rbac, method)
                        self.assertEqual((a.status, a.error["code"]), (403, "AuthorizationFailed"))
                        self.assertIn("Microsoft.Authorization/roleAssignments/write", a.error["message"])
                        self.assertEqual(self.switch(who, name, not rbac, "PATCH").status, 200, "as it is")
            self.assertEqual(self.let_in(who, "roles").status, 200)
            self.assertEqual(self.data(who, "roles"), 403)

    def test_those_who_assign_roles_do(self):
        for who in ("owner", "both"):
            for name, rbac in (("roles", False), ("policies", True)):
                for wanted in (rbac, not rbac):
                    self.assertEqual(self.switch(who, name, wanted).status, 200)

