# SPDX-License-Identifier: Apache-2.0
"""
The commands of az that the other suites with it leave out: tags of vaults, managed identities,
locks under their other names, private links, permissions of applications. docs/az.md is the list.
"""
import json

from kit import az, az_case
from kit.az_case import Case, fresh

TOWN = None


def setUpModule():
    global TOWN
    TOWN = az_case.Town()
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


class Others:
    """For both az."""

    def test_tags_of_a_vault(self):
        _, name = self.vault("--tags", "a=1")
        at = self.az("keyvault", "show", "-n", name)["id"]
        self.assertEqual(self.az("tag", "list", "--resource-id", at)["properties"]["tags"], {"a": "1"})
        self.az("tag", "update", "--resource-id", at, "--operation", "Merge", "--tags", "b=2")
        self.az("tag", "update", "--resource-id", at, "--operation", "Delete", "--tags", "a=1")
        self.assertEqual(self.az("keyvault", "show", "-n", name)["tags"], {"b": "2"})
        self.az("tag", "update", "--resource-id", at, "--operation", "Replace", "--tags", "c=3")
        self.assertEqual(self.az("keyvault", "show", "-n", name)["tags"], {"c": "3"})
        self.az("tag", "delete", "--resource-id", at, "--yes")

    def test_identities(self):
        group, name = self.group(), fresh("i")
        made = self.az("identity", "create", "-g", group, "-n", name, "--tags", "a=b")
        self.assertEqual(self.az("identity", "show", "-g", group, "-n", name)["clientId"], made["clientId"])
        for words in (("-g", group), ()):
            self.assertIn(made["id"], [i["id"] for i in self.az("identity", "list", *words)])
        me = ("-g", group, "--identity-name", name)
        one = ("identity", "federated-credential")
        got = self.az(*one, "create", *me, "-n", "one", "--issuer", "https://issuer.example", "--subject", "s",
                      "--audiences", "api://AzureADTokenExchange")
        self.assertEqual(got["subject"], "s")
        self.az(*one, "update", *me, "-n", "one", "--issuer", "https://issuer.example", "--subject", "t",
                "--audiences", "api://AzureADTokenExchange")
        self.assertEqual(self.az(*one, "show", *me, "-n", "one")["subject"], "t")
        self.assertEqual([c["name"] for c in self.az(*one, "list", *me)], ["one"])
        self.az(*one, "delete", *me, "-n", "one", "--yes")
        self.assertEqual(self.az(*one, "list", *me), [])
        self.az("identity", "delete", "-g", group, "-n", name)
        self.az.refused("ResourceNotFound|not found", "identity", "show", "-g", group, "-n", name)

    def test_locks_by_their_other_names(self):
        group, name = self.vault()
        for words, where in ((("group", "lock"), ("-g", group)), (("account", "lock"), ()),
                             (("resource", "lock"), ("-g", group, "--resource-type", "Microsoft.KeyVault/vaults",
                                                     "--resource", name))):
            with self.subTest(words=words):
                lock = fresh("l")
                self.az(*words, "create", "-n", lock, "-t", "CanNotDelete", *where)
                self.assertIn(lock, [x["name"] for x in self.az(*words, "list", *where)])
                self.assertEqual(self.az(*words, "show", "-n", lock, *where)["level"], "CanNotDelete")
                self.az(*words, "update", "-n", lock, "--notes", "ours", *where)
                self.az(*words, "delete", "-n", lock, *where)

    def test_what_belongs_to_a_vault(self):
        group, name = self.vault()
        self.az("keyvault", "wait", "-n", name, "-g", group, "--exists")
        links = self.az("keyvault", "private-link-resource", "list", "--vault-name", name)
        self.assertEqual([x["groupId"] for x in links], ["vault"])
        self.az("keyvault", "network-rule", "wait", "-n", name, "-g", group, "--exists")

    def test_applications(self):
        app = self.az("ad", "app", "create", "--display-name", fresh("a"))
        me, who = ("--id", app["appId"]), TOWN.app("auditor").object_id
        self.az("ad", "app", "owner", "add", *me, "--owner-object-id", who)
        self.assertEqual([o["id"] for o in self.az("ad", "app", "owner", "list", *me)], [who])
        self.az("ad", "app", "owner", "remove", *me, "--owner-object-id", who)
        one = ("ad", "app", "federated-credential")
        body = {"name": "ci", "issuer": "https://ci.example", "subject": "x",
                "audiences": ["api://AzureADTokenExchange"]}
        self.az(*one, "create", *me, "--parameters", json.dumps(body))
        self.az(*one, "update", *me, "--federated-credential-id", "ci", "--parameters",
                json.dumps({**body, "subject": "y"}))
        self.assertEqual(self.az(*one, "show", *me, "--federated-credential-id", "ci")["subject"], "y")
        graph, scope = "00000003-0000-0000-c000-000000000000", "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
        self.az("ad", "app", "permission", "add", *me, "--api", graph, "--api-permissions", f"{scope}=Scope")
        self.assertEqual(len(self.az("ad", "app", "permission", "list", *me)), 1)
        self.az("ad", "app", "permission", "delete", *me, "--api", graph)
        self.az("ad", "app", "delete", *me)


class DebianOthers(Others, Case):
    which = staticmethod(az.debian)


class NewestOthers(Others, Case):
    def test_denials_and_rights(self):
        _, name = self.vault(rbac=True)
        scope = self.az("keyvault", "show", "-n", name)["id"]
        self.assertEqual(self.az("role", "deny-assignment", "list", "--scope", scope), [])
        self.assertEqual(self.az("role", "deny-assignment", "list"), [])
        who = TOWN.app("auditor").object_id
        made = self.az("role", "assignment", "create", "--role", "Key Vault Reader", "--scope", scope,
                       "--assignee-object-id", who, "--assignee-principal-type", "ServicePrincipal")
        got = self.az("role", "assignment", "update", "--role-assignment",
                      json.dumps({**made, "description": "for the audit"}))
        self.assertEqual(got["description"], "for the audit")
        for words in (("--include-inherited",), ("--include-groups", "--assignee", who)):
            listed = self.az("role", "assignment", "list", "--scope", scope, *words)
            self.assertIn(made["id"], [a["id"] for a in listed])
        self.az("role", "assignment", "delete", "--assignee", who, "--role", "Key Vault Reader", "--scope", scope)
