# SPDX-License-Identifier: Apache-2.0
"""The real az and the tree: `az account management-group`, by the newest and by Debian's 2.45."""
import json
import unittest

from kit import az, az_case
from kit.az_case import Case, fresh

TOWN = None


def setUpModule():
    global TOWN
    TOWN = az_case.Town([("owner", "Owner", "/")])
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


class Groups:
    """For both az."""

    def words(self, *words):
        """Without az's registering of the provider, for which it sleeps ten seconds each time."""
        quick = ("--no-register",) if words[0] in ("list", "show", "create", "delete") else ()
        return ("account", "management-group", *words, *quick)

    def mg(self, *words):
        return self.az(*self.words(*words))

    def make(self, *more):
        name = fresh("mg")
        got = self.mg("create", "-n", name, *more)
        self.assertEqual(got["name"], name)
        return name

    def test_registers_the_provider_first(self):
        self.assertIn(TOWN.server.tenant, [g["name"] for g in self.az("account", "management-group", "list")])

    def test_groups(self):
        top = self.make("--display-name", "The top")
        low = self.make("--parent", top)
        got = self.mg("show", "-n", low)
        self.assertEqual((got["displayName"], got["tenantId"]), (low, TOWN.server.tenant))
        self.assertEqual(got["details"]["parent"]["name"], top)
        got = self.mg("show", "-n", top, "-e", "-r")
        self.assertEqual([c["name"] for c in got["children"]], [low])
        self.assertLessEqual({top, low, TOWN.server.tenant}, {g["name"] for g in self.mg("list")})
        self.assertEqual(self.mg("update", "-n", top, "--display-name", "Other")["displayName"], "Other")
        side = self.make()
        got = self.mg("update", "-n", low, "--parent", side)
        self.assertEqual(got["details"]["parent"]["name"], side)
        self.az.refused("children", *self.words("delete", "-n", side))
        for name in (low, side, top):
            self.mg("delete", "-n", name)
        self.az.refused("not found|NotFound", *self.words("show", "-n", top))

    def test_subscriptions(self):
        group, sub = self.make(), TOWN.subscription
        self.mg("subscription", "add", "-n", group, "-s", sub)
        new = tuple(map(int, self.az.version().split("."))) >= (2, 50, 0)
        got = self.mg("show", "-n", group, "-e")
        self.assertEqual([(c["type"], c["name"]) for c in got["children"]], [("/subscriptions", sub)])
        if new:
            got = self.mg("subscription", "show", "-n", group, "-s", sub)
            self.assertEqual((got["name"], got["parent"]["id"].rsplit("/", 1)[1]), (sub, group))
            self.assertEqual([s["name"] for s in self.mg("subscription", "show-sub-under-mg", "-n", group)], [sub])
        self.mg("subscription", "remove", "-n", group, "-s", sub)
        self.assertFalse(self.mg("show", "-n", group, "-e").get("children"))
        self.mg("delete", "-n", group)

    def test_entities_and_names(self):
        group = self.make()
        entities = {e["name"]: e for e in self.mg("entities", "list")}
        self.assertEqual((entities[group]["permissions"], entities[group]["numberOfChildren"]), ("delete", 0))
        self.assertLessEqual({TOWN.subscription, TOWN.server.tenant}, set(entities))
        self.assertFalse(self.mg("check-name-availability", "-n", group)["nameAvailable"])
        self.assertTrue(self.mg("check-name-availability", "-n", fresh("mg"))["nameAvailable"])
        self.assertEqual(self.mg("tenant-backfill", "get")["status"], "Completed")
        self.assertEqual(self.mg("tenant-backfill", "start")["status"], "Completed")
        self.mg("delete", "-n", group)

    def test_settings(self):
        group, root = self.make(), TOWN.server.tenant
        at = f"/providers/Microsoft.Management/managementGroups/{group}"
        settings = ("hierarchy-settings",)
        got = self.mg(*settings, "create", "-n", root, "-m", at, "-r", "true")
        self.assertEqual(got["defaultManagementGroup"], at)
        self.assertEqual(len(self.mg(*settings, "list", "-n", root)["value"]), 1)
        got = self.mg(*settings, "update", "-n", root, "-r", "true")
        self.assertEqual((got["defaultManagementGroup"], got["requireAuthorizationForGroupCreation"]), (at, True))
        # `-r false` is sent as true by az itself, in both versions: any word is true there.
        self.mg(*settings, "delete", "-n", root, "-y")
        self.mg("delete", "-n", group)

    def test_explanations(self):
        url = f"https://{TOWN.server.host('management')}/subscriptions/{TOWN.subscription}"
        got = self.az("rest", "--method", "post", "--url",
                      f"{url}/providers/Keyhold.Authorization/explain?api-version=2022-04-01", "--body",
                      json.dumps({"principal": TOWN.app("owner").object_id, "action": "Microsoft.KeyVault/vaults/write"}))
        self.assertTrue(got["allowed"])


class DebianGroups(Groups, Case):
    which = staticmethod(az.debian)


class NewestGroups(Groups, Case):
    def test_rights_come_down(self):
        group, who = self.make(), TOWN.app("auditor").object_id
        scope = f"/providers/Microsoft.Management/managementGroups/{group}"
        made = self.az("role", "assignment", "create", "--role", "Reader", "--scope", scope, "--assignee-object-id", who,
                       "--assignee-principal-type", "ServicePrincipal")
        self.assertEqual(made["scope"].lower(), scope.lower())
        listed = ("role", "assignment", "list", "--scope", f"/subscriptions/{TOWN.subscription}", "--include-inherited",
                  "--assignee-object-id", who, "--fill-principal-name", "false")
        self.assertEqual(self.az(*listed), [])
        self.mg("subscription", "add", "-n", group, "-s", TOWN.subscription)
        self.assertEqual([a["name"] for a in self.az(*listed)], [made["name"]])
        self.az("role", "deny-assignment", "list", "--scope", scope)
        name = fresh("role ")
        role = self.az("role", "definition", "create", "--role-definition", json.dumps({
            "Name": name, "Description": "d", "Actions": ["Microsoft.KeyVault/vaults/read"], "NotActions": [],
            "AssignableScopes": [scope]}))
        self.assertEqual(role["assignableScopes"], [scope])
        self.assertEqual([r["name"] for r in self.az("role", "definition", "list", "--name", name, "--scope", scope)],
                         [role["name"]])
        self.az("role", "definition", "delete", "--name", name, "--scope", scope)
        self.az("role", "assignment", "delete", "--ids", made["id"])
        self.mg("subscription", "remove", "-n", group, "-s", TOWN.subscription)
        self.mg("delete", "-n", group)


if __name__ == "__main__":
    unittest.main()
