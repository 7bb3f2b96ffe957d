# SPDX-License-Identifier: Apache-2.0
"""The newest az and the directory: `az ad`, and what other commands ask of it."""
import json
import unittest

from kit import az_case
from kit.az_case import Case, fresh

TOWN = None
DOMAIN = "keyhold.localhost"


def setUpModule():
    global TOWN
    TOWN = az_case.Town()
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


class Directory(Case):
    """By the owner, who is Global Administrator as well."""

    def ad(self, *words):
        return self.az("ad", *words)

    def user(self):
        name = fresh("u")
        return name, self.ad("user", "create", "--display-name", name, "--user-principal-name", f"{name}@{DOMAIN}",
                             "--password", "Wide-enough 7 password")

    def test_users(self):
        name, made = self.user()
        upn = f"{name}@{DOMAIN}"
        self.assertEqual(self.ad("user", "show", "--id", upn)["id"], made["id"])
        self.ad("user", "update", "--id", upn, "--display-name", f"{name} other")
        self.assertEqual([u["id"] for u in self.ad("user", "list", "--upn", upn)], [made["id"]])
        self.assertEqual([u["id"] for u in self.ad("user", "list", "--display-name", name)], [made["id"]])
        self.assertIn(made["id"], [u["id"] for u in self.ad("user", "list")])
        self.assertEqual(self.ad("user", "get-member-groups", "--id", upn), [])
        self.ad("user", "delete", "--id", upn)
        self.az.refused("Request_ResourceNotFound|does not exist", "ad", "user", "show", "--id", upn)

    def test_groups(self):
        name, (_, member) = fresh("g"), self.user()
        made = self.ad("group", "create", "--display-name", name, "--mail-nickname", name)
        self.assertEqual(self.ad("group", "show", "-g", name)["id"], made["id"])
        self.assertIn(made["id"], [g["id"] for g in self.ad("group", "list")])
        self.ad("group", "member", "add", "-g", name, "--member-id", member["id"])
        self.assertEqual([m["id"] for m in self.ad("group", "member", "list", "-g", name)], [member["id"]])
        check = ("group", "member", "check", "-g", name, "--member-id", member["id"])
        self.assertTrue(self.ad(*check)["value"])
        self.assertEqual([g["displayName"] for g in self.ad("user", "get-member-groups", "--id", member["id"])], [name])
        self.ad("group", "get-member-groups", "-g", name)
        self.ad("group", "owner", "add", "-g", name, "--owner-object-id", member["id"])
        self.assertEqual([o["id"] for o in self.ad("group", "owner", "list", "-g", name)], [member["id"]])
        self.ad("group", "owner", "remove", "-g", name, "--owner-object-id", member["id"])
        self.ad("group", "member", "remove", "-g", name, "--member-id", member["id"])
        self.assertFalse(self.ad(*check)["value"])
        self.ad("group", "delete", "-g", name)

    def test_applications(self):
        name = fresh("a")
        made = self.ad("app", "create", "--display-name", name)
        me = ("--id", made["appId"])
        self.ad("app", "update", *me, "--web-redirect-uris", "http://localhost:5000/back")
        self.assertEqual(self.ad("app", "show", *me)["web"]["redirectUris"], ["http://localhost:5000/back"])
        self.assertEqual([a["appId"] for a in self.ad("app", "list", "--display-name", name)], [made["appId"]])
        self.assertTrue(self.ad("app", "credential", "reset", *me)["password"])
        keys = self.ad("app", "credential", "list", *me)
        self.ad("app", "credential", "delete", *me, "--key-id", keys[0]["keyId"])
        self.assertEqual(self.ad("app", "credential", "list", *me), [])
        self.ad("app", "federated-credential", "create", *me, "--parameters", json.dumps({
            "name": "ci", "issuer": "https://ci.example", "subject": "repo:x",
            "audiences": ["api://AzureADTokenExchange"]}))
        self.assertEqual([c["name"] for c in self.ad("app", "federated-credential", "list", *me)], ["ci"])
        self.ad("app", "federated-credential", "delete", *me, "--federated-credential-id", "ci")
        self.ad("app", "owner", "list", *me)
        self.ad("app", "delete", *me)

    def test_service_principals(self):
        name = fresh("a")
        app = self.ad("app", "create", "--display-name", name)
        me = ("--id", app["appId"])
        made = self.ad("sp", "create", *me)
        self.assertEqual(self.ad("sp", "show", *me)["id"], made["id"])
        self.assertEqual([s["id"] for s in self.ad("sp", "list", "--display-name", name)], [made["id"]])
        self.ad("sp", "update", *me, "--set", "accountEnabled=true")
        self.assertTrue(self.ad("sp", "credential", "reset", *me)["password"])
        # The secret is the application's, and listed there.
        self.assertEqual(self.ad("sp", "credential", "list", *me), [])
        self.assertEqual(len(self.ad("app", "credential", "list", *me)), 1)
        self.ad("sp", "owner", "list", *me)
        self.ad("sp", "delete", *me)
        got = self.ad("sp", "create-for-rbac", "-n", fresh("a"), "--role", "Reader", "--scopes",
                      f"/subscriptions/{TOWN.subscription}")
        self.assertTrue(got["password"])
        self.az("login", "--service-principal", "-u", got["appId"], "-p", got["password"], "--tenant", got["tenant"])
        try:
            self.az("group", "list")
        finally:
            self.az("logout")
            self.az.login(TOWN.app("owner"), TOWN.server.tenant)

    def test_a_person_asks_who_they_are(self):
        self.az("login", "-u", "alice@contoso.example", "-p", TOWN.password)
        try:
            self.assertEqual(self.ad("signed-in-user", "show")["userPrincipalName"], "alice@contoso.example")
        finally:
            self.az("logout", "--username", "alice@contoso.example")
            self.az.login(TOWN.app("owner"), TOWN.server.tenant)

    def test_names_for_roles_and_policies(self):
        group, name, app = self.group(), fresh(), TOWN.app("auditor")
        made = self.az("keyvault", "create", "-n", name, "-g", group, "-l", "local", "--enable-rbac-authorization",
                       "false")
        self.assertEqual([p["objectId"] for p in made["properties"]["accessPolicies"]], [TOWN.app("owner").object_id])
        got = self.az("keyvault", "set-policy", "-n", name, "--spn", app.app_id, "--secret-permissions", "get")
        self.assertIn(app.object_id, [p["objectId"] for p in got["properties"]["accessPolicies"]])
        got = self.az("keyvault", "set-policy", "-n", name, "--upn", "alice@contoso.example", "--secret-permissions",
                      "get")
        self.assertEqual(len(got["properties"]["accessPolicies"]), 3)
        self.az("keyvault", "delete-policy", "-n", name, "--upn", "alice@contoso.example")
        given = self.az("role", "assignment", "create", "--role", "Key Vault Reader", "--scope", made["id"],
                        "--assignee", app.app_id)
        self.assertEqual(given["principalId"], app.object_id)
        listed = self.az("role", "assignment", "list", "--scope", made["id"], "--assignee", app.app_id)
        self.assertEqual([(r["principalName"], r["roleDefinitionName"]) for r in listed],
                         [(app.app_id, "Key Vault Reader")])
        self.az("role", "assignment", "delete", "--assignee", app.app_id, "--scope", made["id"])
        self.assertEqual(self.az("role", "assignment", "list", "--scope", made["id"], "--assignee", app.app_id), [])



if __name__ == "__main__":
    unittest.main()
