# SPDX-License-Identifier: Apache-2.0
"""
The real az and the resource manager: the newest of PyPI (tools/setup-az), and
Debian's 2.45 with what works in that package. docs/az.md is the list.
"""
import json
import unittest

from kit import az, az_case
from kit.az_case import Case, fresh

TOWN = None


def setUpModule():
    global TOWN
    TOWN = az_case.Town()
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


class Management:
    """For both az."""

    def test_cloud(self):
        known = self.az("cloud", "show", "-n", "Keyhold")
        self.assertEqual(known["endpoints"]["resourceManager"].rstrip("/"),
                         f"https://{TOWN.server.host('management')}")
        self.assertTrue(known["endpoints"]["activeDirectory"].endswith("/adfs"))
        self.assertEqual(known["suffixes"]["keyvaultDns"], "." + TOWN.server.host("vault"))
        self.assertIn("Keyhold", [c["name"] for c in self.az("cloud", "list")])
        self.az("cloud", "update", "-n", "Keyhold", "--profile", "latest")

    def test_login(self):
        app = TOWN.app("owner")
        # One that was not in already: MSAL has its token still, and asks nobody.
        self.az.refused("AADSTS7000215", "login", "--service-principal", "-u", TOWN.app("nobody").app_id, "-p",
                        "wrong", "--tenant", TOWN.server.tenant)
        pem = TOWN.pem
        new = tuple(map(int, self.az.version().split("."))) >= (2, 67, 0)
        got = self.az("login", "--service-principal", "-u", app.app_id, "--certificate" if new else "-p", pem,
                      "--tenant", TOWN.server.tenant)
        self.assertEqual(got[0]["user"]["name"], app.app_id)
        self.az("group", "list")
        self.az("logout")
        self.assertNotEqual(self.az.run("group", "list").code, 0)
        self.az.login(app, TOWN.server.tenant)

    def test_login_of_people(self):
        self.az.refused("AADSTS50126", "login", "-u", "alice@contoso.example", "-p", "wrong")
        got = self.az("login", "-u", "alice@contoso.example", "-p", TOWN.password)
        try:
            self.assertEqual(got[0]["user"], {"name": "alice@contoso.example", "type": "user"})
            self.az("group", "list")
            self.az.refused("AuthorizationFailed", "group", "create", "-n", fresh("g"), "-l", "local")
        finally:
            self.az("logout", "--username", "alice@contoso.example")
            self.az.login(TOWN.app("owner"), TOWN.server.tenant)

    def test_account(self):
        self.assertEqual(self.az("account", "show")["id"], TOWN.subscription)
        self.assertEqual([a["id"] for a in self.az("account", "list", "--refresh")], [TOWN.subscription])
        self.az("account", "set", "-s", TOWN.subscription)
        self.assertEqual([x["name"] for x in self.az("account", "list-locations")], ["local"])
        self.assertEqual(self.az("account", "get-access-token")["tenant"], TOWN.server.tenant)
        self.az("account", "get-access-token", "--resource", "https://vault.azure.net")

    def test_groups(self):
        name = self.group()
        self.assertEqual(self.az("group", "update", "-n", name, "--tags", "a=b")["tags"], {"a": "b"})
        self.assertEqual(self.az("group", "show", "-n", name)["tags"], {"a": "b"})
        self.assertIn(name, [g["name"] for g in self.az("group", "list")])
        self.assertTrue(self.az("group", "exists", "-n", name))
        self.az("group", "wait", "-n", name, "--exists")
        self.az("group", "delete", "-n", name, "--yes")
        self.assertFalse(self.az("group", "exists", "-n", name))
        self.az.refused("ResourceGroupNotFound", "group", "show", "-n", name)

    def test_vaults(self):
        group, name = self.vault("--retention-days", "7", "--tags", "stage=test")
        self.assertEqual(self.az("keyvault", "show", "-n", name)["properties"]["softDeleteRetentionInDays"], 7)
        self.assertEqual([v["name"] for v in self.az("keyvault", "list", "-g", group)], [name])
        self.assertIn(name, [v["name"] for v in self.az("keyvault", "list")])
        got = self.az("keyvault", "update", "-n", name, "-g", group, "--enabled-for-deployment", "true")
        self.assertTrue(got["properties"]["enabledForDeployment"])
        got = self.az("keyvault", "update", "-n", name, "--set", "tags.more=yes")
        self.assertEqual(got["tags"], {"stage": "test", "more": "yes"})
        self.az.refused("VaultAlreadyExists", "keyvault", "create", "-n", name, "-g", self.group(), "-l", "local",
                        "--enable-rbac-authorization", "true")
        self.az("keyvault", "delete", "-n", name, "-g", group)
        self.assertIn(name, [v["name"] for v in self.az("keyvault", "list-deleted", "--resource-type", "vault")])
        self.assertEqual(self.az("keyvault", "show-deleted", "-n", name)["name"], name)
        self.az("keyvault", "recover", "-n", name)
        self.assertEqual(self.az("keyvault", "show", "-n", name)["tags"]["stage"], "test")
        self.az("keyvault", "delete", "-n", name)
        self.az("keyvault", "purge", "-n", name)
        self.assertNotEqual(self.az.run("keyvault", "show-deleted", "-n", name).code, 0)

    def test_purge_protection(self):
        group, name = self.vault("--retention-days", "7", "--enable-purge-protection", "true")
        self.assertNotEqual(self.az.run("keyvault", "update", "-n", name, "-g", group,
                                        "--enable-purge-protection", "false").code, 0)
        self.az("keyvault", "delete", "-n", name)
        self.assertNotEqual(self.az.run("keyvault", "purge", "-n", name).code, 0)

    def test_policies(self):
        _, name = self.vault()
        who = TOWN.app("auditor").object_id
        got = self.az("keyvault", "set-policy", "-n", name, "--object-id", who, "--secret-permissions", "list",
                      "--key-permissions", "list", "get")
        self.assertEqual([sorted(p["permissions"]["keys"]) for p in got["properties"]["accessPolicies"]],
                         [["get", "list"]])
        got = self.az("keyvault", "set-policy", "-n", name, "--object-id", who, "--key-permissions", "list")
        self.assertEqual(got["properties"]["accessPolicies"][0]["permissions"]["secrets"], ["list"])
        got = self.az("keyvault", "delete-policy", "-n", name, "--object-id", who)
        self.assertEqual(got["properties"]["accessPolicies"], [])

    def test_network_rules(self):
        _, name = self.vault()
        got = self.az("keyvault", "network-rule", "add", "-n", name, "--ip-address", "10.1.2.0/24")
        self.assertEqual([r["value"] for r in got["properties"]["networkAcls"]["ipRules"]], ["10.1.2.0/24"])
        self.assertEqual(len(self.az("keyvault", "network-rule", "list", "-n", name)["ipRules"]), 1)
        got = self.az("keyvault", "network-rule", "remove", "-n", name, "--ip-address", "10.1.2.0/24")
        self.assertEqual(got["properties"]["networkAcls"]["ipRules"], [])
        got = self.az("keyvault", "update", "-n", name, "--default-action", "Deny", "--bypass", "None")
        self.assertEqual(got["properties"]["networkAcls"]["defaultAction"], "Deny")

    def test_locks(self):
        group, name = self.vault()
        lock = fresh("l")
        got = self.az("lock", "create", "-n", lock, "-g", group, "--lock-type", "CanNotDelete", "--notes", "ours")
        self.az.refused("ScopeLocked", "keyvault", "delete", "-n", name)
        self.az("lock", "update", "-n", lock, "-g", group, "--lock-type", "ReadOnly")
        self.assertEqual(self.az("lock", "show", "-n", lock, "-g", group)["level"], "ReadOnly")
        self.assertIn(lock, [x["name"] for x in self.az("lock", "list", "-g", group)])
        self.az.refused("ScopeLocked", "keyvault", "update", "-n", name, "--enabled-for-deployment", "true")
        self.az("lock", "delete", "--ids", got["id"])
        self.az("lock", "create", "-n", lock, "-g", group, "--lock-type", "CanNotDelete", "--resource-type",
                "Microsoft.KeyVault/vaults", "--resource-name", name)
        self.az.refused("ScopeLocked", "keyvault", "delete", "-n", name)
        self.az("lock", "delete", "-n", lock, "-g", group, "--resource-type", "Microsoft.KeyVault/vaults",
                "--resource-name", name)
        self.az("keyvault", "delete", "-n", name)

    def test_resources_and_providers(self):
        group, name = self.vault()
        found = self.az("resource", "list", "-g", group)
        self.assertEqual([r["name"] for r in found], [name])
        got = self.az("resource", "show", "-g", group, "-n", name, "--resource-type", "Microsoft.KeyVault/vaults")
        self.assertEqual(got["name"], name)
        self.assertEqual(self.az("provider", "show", "-n", "Microsoft.KeyVault")["registrationState"], "Registered")
        self.az("provider", "register", "-n", "Microsoft.KeyVault")
        self.az("provider", "list")
        self.az("resource", "tag", "--ids", found[0]["id"], "--tags", "x=y")
        self.assertEqual(self.az("resource", "show", "--ids", found[0]["id"])["tags"], {"x": "y"})
        self.az("resource", "delete", "--ids", found[0]["id"])
        self.assertEqual(self.az("resource", "list", "-g", group), [])

    def test_tags(self):
        tag = fresh("t")
        scope = self.az("group", "show", "-n", self.group())["id"]
        self.az("tag", "create", "--resource-id", scope, "--tags", f"{tag}=1")
        self.az("tag", "update", "--resource-id", scope, "--operation", "Merge", "--tags", "more=2")
        self.assertEqual(self.az("tag", "list", "--resource-id", scope)["properties"]["tags"], {tag: "1", "more": "2"})
        self.az("tag", "delete", "--resource-id", scope, "--yes")

    def test_rest(self):
        origin = f"https://{TOWN.server.host('desk.vault')}"
        self.az("rest", "--method", "put", "--url", f"{origin}/secrets/rest?api-version=7.4", "--resource",
                "https://vault.azure.net", "--body", json.dumps({"value": "x"}))
        got = self.az("rest", "--url", f"{origin}/secrets/rest?api-version=7.4", "--resource",
                      "https://vault.azure.net")
        self.assertEqual(got["value"], "x")
        got = self.az("rest", "--url", "/subscriptions/{subscriptionId}?api-version=2022-12-01")
        self.assertEqual(got["subscriptionId"], TOWN.subscription)


class DebianManagement(Management, Case):
    which = staticmethod(az.debian)


class NewestManagement(Management, Case):
    def test_role_definitions(self):
        scope, name = f"/subscriptions/{TOWN.subscription}", fresh("Role ")
        role = {"Name": name, "Description": "d", "Actions": ["Microsoft.KeyVault/vaults/read"], "NotActions": [],
                "AssignableScopes": [scope]}
        made = self.az("role", "definition", "create", "--role-definition", json.dumps(role))
        self.assertEqual(made["roleName"], name)
        found = self.az("role", "definition", "list", "--name", name)
        self.assertEqual([r["name"] for r in found], [made["name"]])
        self.assertEqual(self.az("role", "definition", "show", "--id", made["id"])["roleName"], name)
        changed = self.az("role", "definition", "update", "--role-definition",
                          json.dumps({**found[0], "description": "other"}))
        self.assertEqual(changed["description"], "other")
        self.az("role", "definition", "delete", "--name", name)
        self.assertEqual(self.az("role", "definition", "list", "--name", name), [])
        self.assertIn("Key Vault Administrator", [r["roleName"] for r in self.az("role", "definition", "list")])
        self.assertEqual(len(self.az("role", "definition", "list", "--custom-role-only", "true")), 0)

    def test_role_assignments(self):
        group, name = self.vault(rbac=True)
        scope = self.az("keyvault", "show", "-n", name)["id"]
        who = TOWN.app("auditor").object_id
        words = ("--assignee-object-id", who, "--assignee-principal-type", "ServicePrincipal")
        made = self.az("role", "assignment", "create", "--role", "Key Vault Reader", "--scope", scope, *words)
        self.assertEqual(made["scope"], scope)
        again = self.az("role", "assignment", "create", "--role", "Key Vault Reader", "--scope", scope, *words)
        self.assertEqual(again["name"], made["name"])
        listed = self.az("role", "assignment", "list", "--scope", scope, "--fill-principal-name", "false",
                         "--fill-role-definition-name", "true")
        self.assertEqual([(r["principalId"], r["roleDefinitionName"]) for r in listed], [(who, "Key Vault Reader")])
        self.az("role", "assignment", "list", "-g", group, "--fill-principal-name", "false")
        self.az("role", "deny-assignment", "list", "--scope", scope)
        self.az("role", "assignment", "list", "--all", "--fill-principal-name", "false")
        self.az("role", "assignment", "delete", "--ids", made["id"])
        listed = self.az("role", "assignment", "list", "--scope", scope, "--fill-principal-name", "false")
        self.assertEqual(listed, [])


if __name__ == "__main__":
    unittest.main()
