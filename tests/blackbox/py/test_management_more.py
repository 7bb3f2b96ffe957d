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


class Secrets(Case):
    """B.9"""

    def test_a_value_goes_in_and_never_out(self):
        vault = self.vault()
        at = f"{vault}/secrets/Db-1"
        a = self.owner.put(at, {"tags": {"a": "b"}, "properties": {
            "value": "hush", "contentType": "text", "attributes": {"enabled": True, "exp": 4000000000}}})
        got = self.ok(a, 201)
        self.assertEqual((got["id"], got["name"], got["type"]), (at, "Db-1", "Microsoft.KeyVault/vaults/secrets"))
        self.assertEqual((got["tags"], got["location"], got["properties"]["contentType"]), ({"a": "b"}, "local", "text"))
        self.assertEqual(got["properties"]["attributes"]["exp"], 4000000000)
        uri = f"https://{vault.rsplit('/')[-1]}.vault.keyhold.localhost:{SERVER.port}/secrets/Db-1"
        self.assertEqual(got["properties"]["secretUri"], uri)
        self.assertTrue(got["properties"]["secretUriWithVersion"].startswith(uri + "/"))
        self.assertEqual(self.ok(self.owner.get(at)), got)
        self.assertEqual(self.ok(self.owner.get(f"{vault}/secrets"))["value"], [got])
        again = self.ok(self.owner.put(at, {"properties": {"value": "louder"}}))
        self.assertNotEqual(again["properties"]["secretUriWithVersion"], got["properties"]["secretUriWithVersion"])
        for answer in (a, self.owner.get(at), self.owner.get(f"{vault}/secrets")):
            self.assertNotIn(b"hush", answer.body)
            self.assertNotIn(b"louder", answer.body)

    def test_the_data_plane_sees_it(self):
        vault = self.vault()
        self.ok(self.owner.put(f"{vault}/secrets/one", {"properties": {"value": "hush"}}), 201)
        self.grant(vault, "Key Vault Secrets User", WORLD.apps["stranger"].object_id)
        c = wire.Client(SERVER, f"{vault.rsplit('/')[-1]}.vault", DATA["stranger"], "7.6")
        self.addCleanup(c.close)
        self.assertEqual(c.call("GET", "/secrets/one").json()["value"], "hush")

    def test_patch(self):
        vault = self.vault()
        at = f"{vault}/secrets/one"
        self.refused(self.owner.ask("PATCH", at, {"properties": {"value": "x"}}), 404, "ResourceNotFound")
        self.refused(self.owner.ask("PATCH", at, {"properties": {}}), 404, "ResourceNotFound")
        first = self.ok(self.owner.put(at, {"properties": {"value": "x"}}), 201)
        a = self.ok(self.owner.ask("PATCH", at, {"properties": {"attributes": {"enabled": False}}}))
        self.assertFalse(a["properties"]["attributes"]["enabled"])
        self.assertEqual(a["properties"]["secretUriWithVersion"], first["properties"]["secretUriWithVersion"])
        a = self.ok(self.owner.ask("PATCH", at, {"properties": {"value": "y"}}))
        self.assertNotEqual(a["properties"]["secretUriWithVersion"], first["properties"]["secretUriWithVersion"])

    def test_what_is_refused(self):
        vault = self.vault()
        self.refused(self.owner.get(f"{vault}/secrets/none"), 404, "ResourceNotFound")
        self.refused(self.owner.put(f"{vault}/secrets/a_b", {"properties": {"value": "x"}}), 400, "BadRequest")
        for body in ({}, {"properties": {}}, {"properties": {"value": 1}}, {"properties": {"value": "x" * 25601}},
                     {"properties": {"value": "x", "contentType": "y" * 256}},
                     {"properties": {"value": "x", "attributes": {"exp": "soon"}}},
                     {"properties": {"value": "x"}, "tags": {str(i): "" for i in range(16)}}):
            self.refused(self.owner.put(f"{vault}/secrets/one", body), 400, "BadRequest")
        self.refused(self.owner.put(vault_id("nowhere") + "/secrets/one", {"properties": {"value": "x"}}), 404,
                     "ResourceNotFound")
        self.assertEqual(self.owner.ask("DELETE", f"{vault}/secrets/one").status, 405)

    def test_rights_and_locks(self):
        vault = self.vault()
        body = {"properties": {"value": "x"}}
        for who, write, read in (("stranger", 403, 403), ("reader", 403, 200), ("vaults", 200, 200)):
            self.ok(self.owner.put(f"{vault}/secrets/{who}", body), 201)
            self.assertEqual(self.arm(who).put(f"{vault}/secrets/{who}", body).status, write)
            self.assertEqual(self.arm(who).get(f"{vault}/secrets/{who}").status, read)
        self.lock(vault, "ReadOnly")
        self.refused(self.owner.put(f"{vault}/secrets/one", body), 409, "ScopeLocked")


class Keys(Case):
    """B.8"""

    def test_made_once(self):
        vault = self.vault(enableRbacAuthorization=False)
        at = f"{vault}/keys/sign"
        got = self.ok(self.owner.put(at, {"tags": {"a": "b"}, "properties": {
            "kty": "EC", "curveName": "P-384", "keyOps": ["sign", "verify"], "attributes": {"exp": 4000000000}}}))
        p = got["properties"]
        self.assertEqual((got["id"], got["type"], got["tags"]), (at, "Microsoft.KeyVault/vaults/keys", {"a": "b"}))
        self.assertEqual((p["kty"], p["curveName"], p["keyOps"]), ("EC", "P-384", ["sign", "verify"]))
        self.assertEqual((p["attributes"]["exp"], p["attributes"]["recoveryLevel"]), (4000000000, "Recoverable+Purgeable"))
        self.assertTrue(p["keyUriWithVersion"].startswith(p["keyUri"] + "/"))
        self.assertEqual(self.ok(self.owner.put(at, {"properties": {"kty": "RSA"}})), got)
        self.assertEqual(self.ok(self.owner.get(at)), got)
        self.assertEqual(self.ok(self.owner.get(f"{vault}/keys"))["value"], [got])
        versions = self.ok(self.owner.get(at + "/versions"))["value"]
        version = p["keyUriWithVersion"].rsplit("/")[-1]
        self.assertEqual([(v["id"], v["type"]) for v in versions],
                         [(f"{at}/versions/{version}", "Microsoft.KeyVault/vaults/keys/versions")])
        self.assertEqual(self.ok(self.owner.get(versions[0]["id"])), versions[0])
        self.refused(self.owner.get(f"{at}/versions/{'0' * 32}"), 404, "ResourceNotFound")

    def test_defaults_and_kinds(self):
        vault = self.vault(enableRbacAuthorization=False)
        p = self.ok(self.owner.put(f"{vault}/keys/a", {"properties": {}}))["properties"]
        self.assertEqual((p["kty"], p["keySize"]), ("RSA", 2048))
        p = self.ok(self.owner.put(f"{vault}/keys/b", {"properties": {"kty": "EC-HSM"}}))["properties"]
        self.assertEqual((p["kty"], p["curveName"]), ("EC-HSM", "P-256"))

    def test_what_is_refused(self):
        vault = self.vault(enableRbacAuthorization=False)
        for properties in ({"kty": "DSA"}, {"kty": "RSA", "keySize": 1024}, {"kty": 1}, {"keySize": "2048"},
                           {"kty": "EC", "curveName": "P-1"}, {"keyOps": ["dance"]}, {"keyOps": [1]}, {"keyOps": "sign"},
                           {"attributes": {"exp": "x"}}, {"attributes": {"exportable": True}},
                           {"rotationPolicy": {"lifetimeActions": []}}):
            with self.subTest(properties):
                self.refused(self.owner.put(f"{vault}/keys/a", {"properties": properties}), 400, "BadRequest")
        self.refused(self.owner.put(f"{vault}/keys/a", {"properties": {}, "tags": {"a": 1}}), 400, "BadRequest")
        self.refused(self.owner.put(f"{vault}/keys/a", {}), 400, "BadRequest")
        self.refused(self.owner.put(f"{vault}/keys/a_b", {"properties": {}}), 400, "BadRequest")
        self.refused(self.owner.get(f"{vault}/keys/a"), 404, "ResourceNotFound")

    def test_reading_where_roles_decide_takes_the_right_to_read(self):
        vault = self.vault()
        at = f"{vault}/keys/a"
        self.ok(self.owner.put(at, {"properties": {"kty": "EC"}}))
        for path in (at, f"{vault}/keys", at + "/versions"):
            self.refused(self.owner.get(path), 400, "ForbiddenByRbac")
        self.grant(vault, "Key Vault Crypto User", WORLD.apps["owner"].object_id)
        for path in (at, f"{vault}/keys", at + "/versions"):
            self.ok(self.owner.get(path))

    def test_rights(self):
        vault = self.vault(enableRbacAuthorization=False)
        for who, write in (("stranger", 403), ("reader", 403), ("vaults", 200)):
            self.assertEqual(self.arm(who).put(f"{vault}/keys/k", {"properties": {"kty": "EC"}}).status, write)

    def test_pages(self):
        vault = self.vault()
        for i in range(5):
            self.ok(self.owner.put(f"{vault}/secrets/s{i}", {"properties": {"value": "x"}}), 201)
        seen, link = [], f"{vault}/secrets?api-version={VERSION}&$top=2"
        while link:
            a = self.ok(self.owner.c.call("GET", link))
            seen += [s["name"] for s in a["value"]]
            self.assertLessEqual(len(a["value"]), 2)
            link = (a.get("nextLink") or "").removeprefix(origin())
        self.assertEqual(seen, [f"s{i}" for i in range(5)])


class Rights(Case):
    """B.11, C.1, C.7"""

    def test_permissions_are_those_of_the_caller(self):
        vault = self.vault()
        for scope in (sub(), group_id("bench"), vault):
            at = f"{scope}/providers/Microsoft.Authorization/permissions"
            self.assertEqual(self.ok(self.arm("stranger").get(at))["value"], [])
            self.assertEqual([p["actions"] for p in self.ok(self.arm("reader").get(at))["value"]], [["*/read"]])
            held = self.ok(self.arm("contributor").get(at))["value"]
            self.assertIn("Microsoft.Authorization/*/Write", held[0]["notActions"])
        self.refused(self.owner.get(f"{group_id(fresh())}/providers/Microsoft.Authorization/permissions"), 404,
                     "ResourceGroupNotFound")

    def test_nobody_is_denied_anything(self):
        at = f"{sub()}/providers/Microsoft.Authorization/denyAssignments"
        self.assertEqual(self.ok(self.owner.get(at)), {"value": []})
        self.assertEqual(self.ok(self.owner.get(at, query="$filter=atScope()")), {"value": []})
        self.assertEqual(self.ok(self.owner.get(at, query="$filter=denyAssignmentName%20eq%20'x'")), {"value": []})
        self.assertEqual(self.owner.get(at, query="$filter=nonsense").status, 400)
        self.refused(self.owner.get(f"{at}/{uuid.uuid4()}"), 404, "DenyAssignmentNotFound")
        self.refused(self.owner.get(f"{at}/x"), 404, "DenyAssignmentNotFound")
        self.refused(self.arm("stranger").get(at), 403, "AuthorizationFailed")

    def test_operations(self):
        found = {(o["name"], o["isDataAction"]): o for o in self.ok(
            self.owner.get("/providers/Microsoft.KeyVault/operations"))["value"]}
        self.assertEqual(found["Microsoft.KeyVault/vaults/deploy/action", False]["display"]["operation"],
                         "Use Vault for Azure Deployments")
        self.assertIn(("Microsoft.KeyVault/vaults/secrets/getSecret/action", True), found)
        at = "/providers/Microsoft.Authorization/providerOperations"
        one = self.ok(self.owner.get(f"{at}/Microsoft.KeyVault"))
        self.assertEqual(self.ok(self.owner.get(at))["value"], [one])
        types = {t["name"]: [o["name"] for o in t["operations"]] for t in one["resourceTypes"]}
        self.assertIn("Microsoft.KeyVault/vaults/keys/sign/action", types["vaults/keys"])
        self.assertIn("Microsoft.KeyVault/vaults/deploy/action", types["vaults"])
        self.refused(self.owner.get(f"{at}/Contoso.Cars"), 404, "ProviderNotFound")

    def test_private_links(self):
        vault = self.vault()
        a = self.ok(self.owner.get(f"{vault}/privateLinkResources"))["value"]
        self.assertEqual([(r["id"], r["properties"]["groupId"]) for r in a],
                         [(f"{vault}/privateLinkResources/vault", "vault")])
        self.assertEqual(self.ok(self.owner.get(f"{vault}/privateEndpointConnections")), {"value": []})
        for end in ("privateLinkResources", "privateEndpointConnections"):
            self.refused(self.owner.get(f"{vault_id('nowhere')}/{end}"), 404, "ResourceNotFound")
            self.refused(self.arm("stranger").get(f"{vault}/{end}"), 403, "AuthorizationFailed")


class Resources(Case):
    """A.13: a resource by its id alone"""

    def test_by_id(self):
        vault = self.vault()
        for version in ("2021-04-01", "2025-04-01"):
            self.assertEqual(self.ok(self.owner.get(vault, version=version))["id"], vault)
        self.assertEqual(self.owner.ask("HEAD", vault).status, 204)
        self.assertEqual(self.owner.ask("HEAD", vault_id("nowhere")).status, 404)
        self.assertEqual(self.owner.ask("DELETE", vault).status, 200)
        self.assertEqual(self.owner.ask("DELETE", vault).status, 204)
        self.refused(self.owner.get(f"{group_id('bench')}/providers/Contoso.Cars/cars/one"), 404, "ResourceNotFound")


class Identities(Case):
    """G.1, G.3"""

    def at(self, group="bench", name=None):
        return f"{group_id(group)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name or fresh('id')}"

    def test_one_lives(self):
        group = self.group()
        at = self.at(group)
        self.refused(self.owner.get(at), 404, "ResourceNotFound")
        got = self.ok(self.owner.put(at, {"location": "Local", "tags": {"a": "b"}}), 201)
        self.assertEqual((got["id"], got["location"], got["tags"]), (at, "local", {"a": "b"}))
        self.assertEqual(got["type"], "Microsoft.ManagedIdentity/userAssignedIdentities")
        self.assertEqual(got["properties"]["tenantId"], TENANT)
        again = self.ok(self.owner.put(at, {"location": "local"}))
        self.assertEqual((again["properties"], again["tags"]), (got["properties"], {}))
        self.assertEqual(self.ok(self.owner.ask("PATCH", at, {"tags": {"x": "y"}}))["tags"], {"x": "y"})
        for where in (group_id(group), sub()):
            listed = self.ok(self.owner.get(f"{where}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"))
            self.assertIn(at, [i["id"] for i in listed["value"]])
        self.assertEqual(self.owner.ask("DELETE", at).status, 200)
        self.assertEqual(self.owner.ask("DELETE", at).status, 204)
        self.refused(self.owner.ask("PATCH", at, {"tags": {}}), 404, "ResourceNotFound")

    def test_it_is_a_principal_at_once(self):
        at = self.at()
        principal = self.ok(self.owner.put(at, {"location": "local"}), 201)["properties"]["principalId"]
        vault = self.vault()
        self.grant(vault, "Key Vault Secrets User", principal)
        listed = self.ok(self.owner.get(f"{vault}/providers/Microsoft.Authorization/roleAssignments", query=(
            "$filter=" + urllib.parse.quote(f"principalId eq '{principal}'"))))["value"]
        self.assertEqual(len(listed), 1)

    def test_it_goes_with_its_group(self):
        group = self.group()
        at = self.at(group)
        self.ok(self.owner.put(at, {"location": "local"}), 201)
        self.assertEqual(self.owner.ask("DELETE", group_id(group)).status, 202)
        self.owner.put(group_id(group), {"location": "local"})
        self.refused(self.owner.get(at), 404, "ResourceNotFound")

    def test_what_is_refused(self):
        self.refused(self.owner.put(self.at(name="ab"), {"location": "local"}), 400, "InvalidResourceName")
        self.refused(self.owner.put(self.at(name="-abc"), {"location": "local"}), 400, "InvalidResourceName")
        self.refused(self.owner.put(self.at(), {}), 400, "LocationRequired")
        self.refused(self.owner.put(self.at(fresh()), {"location": "local"}), 404, "ResourceGroupNotFound")
        at = self.at()
        for who, write, read in (("stranger", 403, 403), ("reader", 403, 200), ("contributor", 200, 200)):
            self.owner.put(at, {"location": "local"})
            self.assertEqual(self.arm(who).put(at, {"location": "local"}).status, write)
            self.assertEqual(self.arm(who).get(at).status, read)
            self.assertEqual(self.arm(who).ask("DELETE", at).status, write)

    def test_nobody_sees_those_he_may_not_read(self):
        self.ok(self.owner.put(self.at(), {"location": "local"}), 201)
        for where in (group_id("bench"), sub()):
            listed = self.arm("stranger").get(f"{where}/providers/Microsoft.ManagedIdentity/userAssignedIdentities")
            self.assertEqual(self.ok(listed)["value"], [])

    def test_federated_credentials(self):
        at = self.at()
        one = f"{at}/federatedIdentityCredentials/one"
        body = {"properties": {"issuer": "https://issuer.test", "subject": "system:x",
                               "audiences": ["api://AzureADTokenExchange"]}}
        self.refused(self.owner.put(one, body), 404, "ResourceNotFound")
        self.ok(self.owner.put(at, {"location": "local"}), 201)
        got = self.ok(self.owner.put(one, body), 201)
        self.assertEqual((got["id"], got["name"], got["properties"]), (one, "one", body["properties"]))
        self.ok(self.owner.put(one, body))
        self.assertEqual(self.ok(self.owner.get(f"{at}/federatedIdentityCredentials"))["value"], [got])
        self.refused(self.owner.put(f"{at}/federatedIdentityCredentials/two", body), 409, "Conflict")
        for name, value in (("issuer", "http://issuer.test"), ("issuer", " https://issuer.test"), ("subject", ""),
                            ("audiences", []), ("audiences", ["a", "b"]), ("subject", "x" * 601), ("subject", 1)):
            bad = {"properties": {**body["properties"], name: value}}
            self.refused(self.owner.put(one, bad), 400, "BadRequest")
        self.assertEqual(self.owner.ask("DELETE", one).status, 200)
        self.assertEqual(self.owner.ask("DELETE", one).status, 204)
        for i in range(20):
            body["properties"]["subject"] = f"s{i}"
            self.ok(self.owner.put(f"{at}/federatedIdentityCredentials/n{i:03}", body), 201)
        body["properties"]["subject"] = "more"
        self.refused(self.owner.put(f"{at}/federatedIdentityCredentials/more", body), 400, "BadRequest")
        self.assertEqual(self.owner.ask("DELETE", at).status, 200)
        self.ok(self.owner.put(at, {"location": "local"}), 201)
        self.assertEqual(self.ok(self.owner.get(f"{at}/federatedIdentityCredentials"))["value"], [])


class Activity(Case):
    """A.17; nothing is waited for: an event is there with its answer"""

    def events(self, who="owner", more="", query="", status=200):
        a = self.arm(who).get(sub("/providers/Microsoft.Insights/eventtypes/management/values"), version="2015-04-01",
                              query="$filter=" + urllib.parse.quote(f"eventTimestamp ge 2020-01-01T00:00:00.056806{more}")
                              + query)
        return self.ok(a, status)["value"] if status == 200 else a

    def test_what_was_done_and_refused(self):
        vault = self.vault()
        group = vault.split("/")[4]
        body = {"tags": {"a": "b"}}
        self.ok(self.owner.ask("PATCH", vault, body))
        self.refused(self.arm("reader").ask("PATCH", vault, body), 403, "AuthorizationFailed")
        self.owner.get(vault)
        found = self.events(more=f" and resourceGroupName eq '{group.upper()}'")
        self.assertEqual([(e["operationName"]["value"].rsplit(".")[-1], e["status"]["value"]) for e in found], [
            ("KeyVault/vaults/write", "Failed"), ("KeyVault/vaults/write", "Succeeded"),
            ("KeyVault/vaults/write", "Succeeded"),
            ("Resources/subscriptions/resourceGroups/write", "Succeeded")])
        denied = found[0]
        self.assertEqual((denied["level"], denied["subStatus"]["value"]), ("Error", "Forbidden"))
        self.assertEqual(denied["caller"], WORLD.apps["reader"].object_id)
        self.assertEqual((denied["resourceId"], denied["resourceGroupName"]), (vault, group))
        self.assertEqual(denied["authorization"], {"action": "Microsoft.KeyVault/vaults/write", "scope": vault})
        self.assertEqual(denied["httpRequest"]["method"], "PATCH")
        self.assertTrue(denied["id"].startswith(f"{vault}/events/{denied['eventDataId']}/ticks/6"))
        self.assertEqual(self.events(more=f" and resourceUri eq '{vault}'"), found[:3])
        self.assertEqual(self.events(more=f" and resourceGroupName eq '{group}' and status eq 'Failed'"), found[:1])
        self.assertEqual(self.events(more=f" and correlationId eq '{denied['correlationId']}'"), found[:1])
        self.assertEqual(self.events(more=f" and resourceProvider eq 'Contoso' and resourceGroupName eq '{group}'"), [])
        self.assertEqual(self.events(more=f" and resourceGroupName eq '{group}' and eventTimestamp le 2021-01-01T00:00:00Z"),
                         [])

    def test_select_and_pages(self):
        group = self.group()
        for i in range(4):
            self.ok(self.owner.ask("PATCH", group_id(group), {"tags": {"n": str(i)}}))
        more = f" and resourceGroupName eq '{group}'"
        found = self.events(more=more, query="&$select=eventDataId,%20level")
        self.assertEqual([sorted(e) for e in found], [["eventDataId", "level"]] * 5)
        seen, link = [], sub("/providers/Microsoft.Insights/eventtypes/management/values") + (
            "?api-version=2015-04-01&$top=2&$filter=" + urllib.parse.quote(f"resourceGroupName eq '{group}'"))
        while link:
            a = self.ok(self.owner.c.call("GET", link))
            self.assertLessEqual(len(a["value"]), 2)
            seen += [e["eventDataId"] for e in a["value"]]
            link = (a.get("nextLink") or "").removeprefix(origin())
        self.assertEqual(seen, [e["eventDataId"] for e in found])

    def test_rights(self):
        group = self.group()
        more = f" and resourceGroupName eq '{group}'"
        self.assertEqual(len(self.events("reader", more=more)), 1)
        self.assertEqual(self.events("stranger", status=403).status, 403)
        self.assertEqual(self.events("stranger", more=more, status=403).status, 403)
        self.grant(group_id(group), "Reader", WORLD.apps["stranger"].object_id)
        self.assertEqual(len(self.events("stranger", more=more)), 2)
        self.assertEqual(self.events("stranger", status=403).status, 403)

    def test_bad_filters(self):
        for bad in (" and", " or level eq 'x'", " and level eq 'x'", " and caller ne 'x'", " and eventTimestamp ge x",
                    " and eventTimestamp eq 2020-01-01"):
            self.refused(self.events(more=bad, status=400), 400, "BadRequest")


class Diagnostics(Case):
    """A.17"""
    END = "/providers/Microsoft.Insights/diagnosticSettings"
    BODY = {"properties": {"workspaceId": "/subscriptions/x/workspaces/w", "logs": [
        {"categoryGroup": "audit", "enabled": True}, {"category": "AuditEvent", "enabled": False}],
        "metrics": [{"category": "AllMetrics", "enabled": True}]}}

    def test_one_lives(self):
        vault = self.vault()
        at = f"{vault}{self.END}/send"
        self.refused(self.owner.get(at), 404, "ResourceNotFound")
        got = self.ok(self.owner.put(at, self.BODY))
        self.assertEqual((got["id"], got["name"], got["type"]), (at, "send", "Microsoft.Insights/diagnosticSettings"))
        self.assertEqual(got["properties"]["logs"][0]["categoryGroup"], "audit")
        self.assertEqual(self.ok(self.owner.put(at, self.BODY)), got)
        self.assertEqual(self.ok(self.owner.get(at)), got)
        self.assertEqual(self.ok(self.owner.get(vault + self.END)), {"value": [got]})
        self.assertEqual(self.owner.ask("DELETE", at).status, 200)
        self.assertEqual(self.owner.ask("DELETE", at).status, 204)
        self.assertEqual(self.ok(self.owner.get(vault + self.END)), {"value": []})

    def test_categories(self):
        at = f"{self.vault()}{self.END}Categories"
        found = self.ok(self.owner.get(at, version="2017-05-01-preview"))["value"]
        self.assertEqual([c["name"] for c in found], ["AuditEvent", "AzurePolicyEvaluationDetails", "AllMetrics"])
        self.assertEqual(self.ok(self.owner.get(f"{at}/auditevent")), found[0])
        self.refused(self.owner.get(f"{at}/other"), 404, "ResourceNotFound")

    def test_rights_bounds_and_bad_bodies(self):
        vault = self.vault()
        at = f"{vault}{self.END}/send"
        for who, write, read in (("stranger", 403, 403), ("reader", 403, 200), ("vaults", 200, 200)):
            self.assertEqual(self.arm(who).put(at, self.BODY).status, write)
            self.assertEqual(self.arm(who).get(vault + self.END).status, read)
        for bad in ({}, {"properties": {}}, {"properties": {"workspaceId": 1}},
                    {"properties": {"workspaceId": "w", "logs": [{"enabled": True}]}},
                    {"properties": {"workspaceId": "w", "logs": [{"category": "a", "categoryGroup": "b"}]}},
                    {"properties": {"workspaceId": "w", "metrics": [{"categoryGroup": "b"}]}},
                    {"properties": {"workspaceId": "w", "logs": 1}}):
            self.refused(self.owner.put(at, bad), 400, "BadRequest")
        for i in range(4):
            self.ok(self.owner.put(f"{vault}{self.END}/n{i}", self.BODY))
        self.refused(self.owner.put(f"{vault}{self.END}/more", self.BODY), 409, "Conflict")
