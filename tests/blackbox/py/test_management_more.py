# SPDX-License-Identifier: Apache-2.0
"""
What stands on and beside vaults in the resource manager: tags, keys and secrets of
templates, identities, diagnostic settings, management groups, the activity log.
Sections in comments are those of the management plane's reference.
"""
import time
import unittest
import urllib.parse
import uuid

from kit import wire, world
from kit.server import Server

SERVER, WORLD, TOKENS, DATA = None, None, {}, {}
VERSION = "2023-07-01"
TENANT = None
ROLES = {"owner": "Owner", "contributor": "Contributor", "reader": "Reader", "tagger": "Tag Contributor",
         "vaults": "Key Vault Contributor", "uaa": "User Access Administrator"}


def setUpModule():
    global SERVER, WORLD, TENANT
    WORLD = world.standard()
    for name, role in ROLES.items():
        WORLD.app(name)
        WORLD.role(name, role, scope=f"/subscriptions/{WORLD.subscription}")
    WORLD.app("root")
    WORLD.role("root", "Owner", scope="/")
    WORLD.app("stranger")
    SERVER = Server("management_more", seed=WORLD.seed()).start()
    for name in (*ROLES, "root", "stranger"):
        a = WORLD.apps[name]
        TOKENS[name] = wire.get_token(SERVER, a.app_id, a.secret, scope=f"{origin()}/.default")
        DATA[name] = wire.get_token(SERVER, a.app_id, a.secret)
    TENANT = Arm("owner").get("/tenants").json()["value"][0]["tenantId"]


def tearDownModule():
    SERVER.discard()


def origin():
    return f"https://{SERVER.host('management')}"


class Arm:
    """Requests of one caller."""

    def __init__(self, who):
        self.who = who
        self.c = wire.Client(SERVER, "management", TOKENS.get(who), None)

    def ask(self, method, path, body=None, query="", headers=None, version=VERSION):
        query = "&".join(q for q in (f"api-version={version}", query) if q)
        return self.c.call(method, f"{path}?{query}", body, headers=headers or [])

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def put(self, path, body, **more):
        return self.ask("PUT", path, body, **more)


def sub(path=""):
    return f"/subscriptions/{WORLD.subscription}{path}"


def group_id(name):
    return sub(f"/resourceGroups/{name}")


def vault_id(name, group="bench"):
    return f"{group_id(group)}/providers/Microsoft.KeyVault/vaults/{name}"


def fresh(prefix="v"):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.owner = self.arm("owner")

    def arm(self, who):
        a = Arm(who)
        self.addCleanup(a.c.close)
        return a

    def group(self):
        name = fresh("g")
        self.assertEqual(self.owner.put(group_id(name), {"location": "local"}).status, 201)
        return name

    def vault(self, **properties):
        group, name = self.group(), fresh()
        a = self.owner.put(vault_id(name, group), {"location": "local", "properties": {
            "tenantId": TENANT, "sku": {"family": "A", "name": "premium"}, "accessPolicies": [],
            "enableRbacAuthorization": True, **properties}})
        self.assertEqual(a.status, 200, a)
        return vault_id(name, group)

    def lock(self, scope, level):
        at = f"{scope}/providers/Microsoft.Authorization/locks/{fresh('l')}"
        self.assertEqual(self.owner.put(at, {"properties": {"level": level}}).status, 201)
        self.addCleanup(lambda: self.arm("owner").ask("DELETE", at))
        return at

    def grant(self, scope, role, principal):
        roles = self.owner.get(f"{scope}/providers/Microsoft.Authorization/roleDefinitions",
                               query="$filter=" + urllib.parse.quote(f"roleName eq '{role}'")).json()["value"]
        a = self.owner.put(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}",
                           {"properties": {"roleDefinitionId": roles[0]["id"], "principalId": principal,
                                           "principalType": "ServicePrincipal"}})
        self.assertEqual(a.status, 201, a)

    def ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        return answer.json() if answer.body else None

    def refused(self, answer, status, code):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.error["code"], code)
        return answer


class Tags(Case):
    """A.14"""
    END = "/providers/Microsoft.Resources/tags/default"

    def test_they_are_those_of_the_thing(self):
        group, vault = self.group(), self.vault()
        for scope in (sub(), group_id(group), vault):
            self.ok(self.owner.put(scope + self.END, {"properties": {"tags": {"Cost": "1", "x": "y"}}}))
            a = self.ok(self.owner.get(scope + self.END))
            self.assertEqual(a, {"id": scope + self.END, "name": "default", "type": "Microsoft.Resources/tags",
                                 "properties": {"tags": {"Cost": "1", "x": "y"}}})
            self.assertEqual(self.ok(self.owner.get(scope))["tags"], {"Cost": "1", "x": "y"})
            self.assertEqual(self.owner.ask("DELETE", scope + self.END).status, 200)
            self.assertEqual(self.ok(self.owner.get(scope + self.END))["properties"]["tags"], {})

    def test_patch(self):
        at = group_id(self.group()) + self.END

        def patch(operation, tags):
            return self.ok(self.owner.ask("PATCH", at, {"operation": operation, "properties": {"tags": tags}}))[
                "properties"]["tags"]
        self.assertEqual(patch("Merge", {"a": "1", "b": "2"}), {"a": "1", "b": "2"})
        self.assertEqual(patch("merge", {"A": "3", "c": "4"}), {"a": "3", "b": "2", "c": "4"})
        self.assertEqual(patch("Delete", {"a": "no", "b": "2"}), {"a": "3", "c": "4"})
        self.assertEqual(patch("Replace", {"z": ""}), {"z": ""})

    def test_bad_bodies(self):
        at = group_id(self.group()) + self.END
        for body in ({}, {"properties": 1}, {"properties": {"tags": {}}}, {"operation": "Add", "properties": {}}):
            self.refused(self.owner.ask("PATCH", at, body), 400, "InvalidRequestContent")
        self.refused(self.owner.put(at, {}), 400, "InvalidRequestContent")
        self.refused(self.owner.put(at, {"properties": {"tags": {"<": "1"}}}), 400, "InvalidTagNameOrValue")
        full = {"properties": {"tags": {f"t{i}": "" for i in range(50)}}}
        self.ok(self.owner.put(at, full))
        self.refused(self.owner.ask("PATCH", at, {"operation": "Merge", "properties": {"tags": {"more": ""}}}), 400,
                     "InvalidRequestContent")
        self.refused(self.owner.get(group_id(fresh()) + self.END), 404, "ResourceGroupNotFound")
        self.refused(self.owner.get(vault_id("alpha") + "/secrets/one" + self.END), 404, "ResourceNotFound")

    def test_rights(self):
        vault = self.vault()
        body = {"properties": {"tags": {"a": "b"}}}
        for who, read, write in (("tagger", 200, 200), ("vaults", 200, 200), ("reader", 200, 403),
                                 ("stranger", 403, 403)):
            with self.subTest(who):
                self.assertEqual(self.arm(who).put(vault + self.END, body).status, write)
                self.assertEqual(self.arm(who).get(vault + self.END).status, read)
                self.assertEqual(self.arm(who).ask("DELETE", vault + self.END).status, write)
        self.assertEqual(self.arm("tagger").ask("PATCH", vault, {"tags": {}}).status, 403)
        self.assertEqual(self.arm("vaults").put(sub() + self.END, body).status, 403)

    def test_locks(self):
        group = self.group()
        self.lock(group_id(group), "ReadOnly")
        self.refused(self.owner.put(group_id(group) + self.END, {"properties": {"tags": {}}}), 409, "ScopeLocked")
        self.ok(self.owner.get(group_id(group) + self.END))
