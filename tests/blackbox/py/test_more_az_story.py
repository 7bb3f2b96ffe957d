# SPDX-License-Identifier: Apache-2.0
"""
"Secure your key vault" (management-plane.md H) with the newest az: with access
policies, then with roles. Service principals stand for the people.
"""
import base64
import json
import os
import unittest

from kit import az, az_case
from kit.az_case import fresh

FIRST_BYTES = base64.b64encode(b"thirty-two bytes of a digest ...").decode()

TOWN = None


def setUpModule():
    global TOWN
    TOWN = az_case.Town()


def tearDownModule():
    TOWN.close()


VM = ["Microsoft.Compute/virtualMachines/*", "Microsoft.Network/networkInterfaces/*",
      "Microsoft.Resources/subscriptions/resourceGroups/read"]
SECURITY_KEYS = ["backup", "create", "delete", "get", "import", "list", "restore"]
SECURITY_SECRETS = ["get", "list", "set", "delete", "backup", "restore", "recover", "purge"]


class Scenario:
    rbac = False

    @classmethod
    def setUpClass(cls):
        cls.python = az.newest()
        cls.people = {}
        cls.group, cls.name = fresh("ContosoAppRG"), fresh("contoso")
        cls.vault_id = (f"/subscriptions/{TOWN.subscription}/resourceGroups/{cls.group}"
                        f"/providers/Microsoft.KeyVault/vaults/{cls.name}")

    @classmethod
    def tearDownClass(cls):
        for one in cls.people.values():
            one.close()

    def az(self, who):
        if who not in self.people:
            self.people[who] = TOWN.person(who, self.python)
        return self.people[who]

    def grant(self, by, who, role, scope):
        self.az(by)("role", "assignment", "create", "--role", role, "--scope", scope, "--assignee-object-id",
                    TOWN.app(who).object_id, "--assignee-principal-type", "ServicePrincipal")

    def key(self, who, *words):
        return self.az(who)("keyvault", "key", words[0], "--vault-name", self.name, *words[1:])

    def secret(self, who, *words):
        return self.az(who)("keyvault", "secret", words[0], "--vault-name", self.name, *words[1:])

    def no(self, who, *words, code="Forbidden"):
        self.az(who).refused(code, "keyvault", words[0], words[1], "--vault-name", self.name, *words[2:])

    # The steps are H's, in its order; one test, since each needs those before.

    def test_the_whole_story(self):
        self.beginnings()
        self.data_rights()
        self.contents()
        self.daily_work()
        self.refusals()
        self.hardening()

    def beginnings(self):
        owner, scope = self.az("owner"), self.vault_id.partition("/providers/")[0]
        owner("group", "create", "-n", self.group, "-l", "local")
        self.grant("owner", "security", "Key Vault Contributor", scope)
        self.grant("owner", "security", "User Access Administrator", scope)
        owner("role", "definition", "create", "--role-definition", json.dumps({
            "Name": f"Contoso App DevOps {self.group}", "Description": "deploys", "NotActions": [],
            "Actions": [*VM, "Microsoft.KeyVault/vaults/deploy/action"], "AssignableScopes": [scope]}))
        security = self.az("security")
        words = [] if self.rbac else ["--no-self-perms", "true"]
        security("keyvault", "create", "-n", self.name, "-g", self.group, "-l", "local", "--sku", "premium",
                 "--enabled-for-deployment", "true", "--enable-rbac-authorization", str(self.rbac).lower(), *words)
        self.grant("security", "devops", f"Contoso App DevOps {self.group}", scope)
        security.refused("AuthorizationFailed", "group", "create", "-n", fresh("g"), "-l", "local")

    def data_rights(self):
        self.no("security", "secret", "list")
        if self.rbac:
            for role in ("Key Vault Crypto Officer", "Key Vault Secrets Officer"):
                self.grant("security", "security", role, self.vault_id)
            self.grant("security", "auditor", "Key Vault Reader", self.vault_id)
            self.grant("security", "application", "Key Vault Crypto User", f"{self.vault_id}/keys/SigningKey")
            self.grant("security", "application", "Key Vault Secrets User", f"{self.vault_id}/secrets/StorageKey")
            return
        for who, keys, secrets in (("security", SECURITY_KEYS, SECURITY_SECRETS), ("auditor", ["list"], ["list"]),
                                   ("application", ["get", "sign"], ["get"])):
            self.az("security")("keyvault", "set-policy", "-n", self.name, "--object-id", TOWN.app(who).object_id,
                                "--key-permissions", *keys, "--secret-permissions", *secrets)

    def contents(self):
        got = self.key("security", "create", "-n", "SigningKey", "--kty", "RSA-HSM", "--size", "2048", "--ops", "sign",
                       "verify")
        self.assertEqual(got["key"]["kty"], "RSA-HSM")
        for name in ("SslCert", "BootstrapCert"):
            self.secret("security", "set", "-n", name, "--value", "UEZY", "--description", "application/x-pkcs12")
        self.secret("security", "set", "-n", "StorageKey", "--value", "first")
        self.key("security", "backup", "-n", "SigningKey", "--file", os.path.join(self.az("security").home, "backup"))

    def daily_work(self):
        self.assertEqual(self.secret("application", "show", "-n", "StorageKey")["value"], "first")
        got = self.key("application", "sign", "-n", "SigningKey", "-a", "RS256", "--digest", FIRST_BYTES)
        self.assertTrue(got["signature"])
        self.assertEqual([k["name"] for k in self.key("auditor", "list")], ["SigningKey"])
        self.assertEqual(sorted(s["name"] for s in self.secret("auditor", "list")),
                         ["BootstrapCert", "SslCert", "StorageKey"])
        self.secret("security", "set", "-n", "StorageKey", "--value", "second")
        self.key("security", "create", "-n", "SigningKey", "--kty", "RSA-HSM", "--ops", "sign", "verify")
        self.assertEqual(len(self.key("security", "list-versions", "-n", "SigningKey")), 2)
        self.assertEqual(self.secret("application", "show", "-n", "StorageKey")["value"], "second")

    def refusals(self):
        why = "ForbiddenByRbac" if self.rbac else "AccessDenied"
        sign = ("sign", "-n", "SigningKey", "-a", "RS256", "--digest", FIRST_BYTES)
        self.no("devops", "secret", "show", "-n", "SslCert", code=why)
        self.no("auditor", "secret", "show", "-n", "StorageKey", code=why)
        self.no("auditor", "key", *sign)
        self.no("application", "key", "list", code=why)
        self.no("application", "secret", "set", "-n", "StorageKey", "--value", "mine", code=why)
        self.no("application", "key", "decrypt", "-n", "SigningKey", "-a", "RSA-OAEP", "--value",
                base64.b64encode(bytes(256)).decode())
        if self.rbac:
            self.no("application", "secret", "show", "-n", "SslCert", code=why)
        else:
            self.no("security", "key", *sign, code=why)
        for who in ("devops", "auditor", "application"):
            # With the token in hand: who sees no subscription would be refused by az itself.
            token = self.az(who)("account", "get-access-token")["accessToken"]
            self.az(who).refused("AuthorizationFailed", "rest", "--method", "put", "--skip-authorization-header",
                                 "--headers", f"Authorization=Bearer {token}", "--url",
                                 f"https://{TOWN.server.host('management')}{self.vault_id}/accessPolicies/add"
                                 "?api-version=2023-07-01", "--body",
                                 json.dumps({"properties": {"accessPolicies": [{
                                     "tenantId": TOWN.server.tenant, "objectId": TOWN.app(who).object_id,
                                     "permissions": {"secrets": ["get"]}}]}}))
        # The article's warning: who may write policies may grant itself what it lacks. With roles nothing comes of it.
        if not self.rbac:
            self.az("security")("keyvault", "set-policy", "-n", self.name, "--object-id",
                                TOWN.app("security").object_id, "--key-permissions", *SECURITY_KEYS, "sign")
            self.key("security", *sign)

    def hardening(self):
        if self.rbac:
            self.az("security")("role", "assignment", "delete", "--assignee",
                                TOWN.app("application").object_id, "--scope",
                                f"{self.vault_id}/secrets/StorageKey")
        else:
            self.az("security")("keyvault", "delete-policy", "-n", self.name, "--object-id",
                                TOWN.app("application").object_id)
        self.no("application", "secret", "show", "-n", "StorageKey")
        # A lock keeps assignments too, so it comes last.
        self.az("owner")("lock", "create", "-n", "keep", "-g", self.group, "--lock-type", "CanNotDelete")
        self.az("security").refused("ScopeLocked", "keyvault", "delete", "-n", self.name)
        got = self.az("security")("keyvault", "update", "-n", self.name, "-g", self.group, "--enable-purge-protection",
                                  "true")
        self.assertTrue(got["properties"]["enablePurgeProtection"])


class ScenarioByPolicy(Scenario, unittest.TestCase):
    pass


class ScenarioByRole(Scenario, unittest.TestCase):
    rbac = True


if __name__ == "__main__":
    unittest.main()
