# SPDX-License-Identifier: Apache-2.0
"""
What Terraform's azurerm and azuread send, request by request, from plan to destroy: in their
order, with their api-versions, their escapes and their repetitions, without their waiting
(reference on identity and command line, 7 and 11). The providers themselves are not here.
"""
import base64
import json
import unittest
import urllib.parse
import uuid

from kit import wire, world
from kit.server import Server

SERVER, WORLD = None, None
AGENT = ("User-Agent", "HashiCorp Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-azurerm/4.50.0")
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
AGAIN = 4  # how often a thing must be there before it is believed


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    WORLD.app("owner")
    WORLD.role("owner", "Owner", scope=f"/subscriptions/{WORLD.subscription}")
    WORLD.role("owner", "Key Vault Administrator", scope=f"/subscriptions/{WORLD.subscription}")
    WORLD.role("owner", "Global Administrator", scope="/")
    SERVER = Server("terraform", seed=WORLD.seed()).start()


def tearDownModule():
    SERVER.discard()


def fresh(prefix="tf"):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


class Host:
    """One host, as a provider talks to it: {"name": value} of a query is escaped as Go does."""

    def __init__(self, case, label, version, token=None):
        self.case, self.version = case, version
        self.c = wire.Client(SERVER, label, token, None)
        case.addCleanup(self.c.close)

    def ask(self, method, path, want, body=None, version=None, headers=(), **query):
        """The JSON of the answer, which must have that status."""
        version = version or self.version
        if version:
            query["api-version"] = version
        if query:
            # Names and values escaped, a space as +: url.Values.Encode().
            path += "?" + "&".join(f"{urllib.parse.quote_plus(k)}={urllib.parse.quote_plus(v)}"
                                   for k, v in sorted(query.items()))
        answer = self.c.call(method, path, body, version=None, headers=(AGENT, *headers))
        self.case.assertIn(answer.status, want if isinstance(want, tuple) else (want,), f"{method} {path}: {answer}")
        self.last = answer
        return answer.json() if answer.body else None

    def __getattr__(self, name):
        return lambda path, want, body=None, **more: self.ask(name.upper(), path, want, body, **more)

    def settled(self, path, version=None):
        """Read until it was there several times in a row."""
        return [self.get(path, 200, version=version) for _ in range(AGAIN)][-1]

    def poll(self):
        """A long-running operation to its end, by Location or Azure-AsyncOperation."""
        for _ in range(50):
            where = self.last.header("Azure-AsyncOperation") or self.last.header("Location")
            if self.last.status != 202 or where is None:
                return
            url = urllib.parse.urlsplit(where)
            self.case.assertEqual(url.netloc, self.c.host)
            self.last = self.c.call("GET", f"{url.path}?{url.query}", version=None, headers=(AGENT,))
        self.case.fail("the operation does not end")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        # Once per process: which hosts there are.
        cloud = Host(self, "management", "2022-09-01").get("/metadata/endpoints", 200)
        self.assertEqual(cloud["suffixes"]["keyVaultDns"], SERVER.host("vault"))
        login = cloud["authentication"]["loginEndpoint"]
        self.assertTrue(login.startswith(f"https://{SERVER.host('login')}") and not login.endswith("/"), login)
        # The tenant is put behind it, whatever it ends in.
        self.authority = login.removeprefix(f"https://{SERVER.host('login')}/") + f"/{SERVER.tenant}"
        self.graph_origin = cloud["microsoftGraphResourceId"].rstrip("/")
        # The claims of Graph's token say who runs it.
        claims = json.loads(base64.urlsafe_b64decode(self.token(self.graph_origin).split(".")[1] + "=="))
        self.assertEqual((claims["oid"], claims["tid"]), (WORLD.apps["owner"].object_id, SERVER.tenant))
        self.arm = Host(self, "management", None, self.token(cloud["resourceManager"].rstrip("/")))
        self.sub = f"/subscriptions/{WORLD.subscription}"

    def token(self, origin):
        a = WORLD.apps["owner"]
        return wire.get_token(SERVER, a.app_id, a.secret, scope=f"{origin}/.default",
                              tenant=self.authority)

    # ------------------------------------------------------------ azurerm_resource_group

    def group(self):
        name, version = fresh("tf-rg-"), "2023-07-01"
        path = f"{self.sub}/resourceGroups/{name}"
        self.arm.get(path, 404, version=version)
        self.arm.put(path, 201, {"location": "local", "tags": {}}, version=version)
        self.assertEqual(self.arm.settled(path, version)["id"], path)
        return path

    def end_group(self, path):
        version = "2023-07-01"
        self.arm.get(path, 200, version=version)
        query = {"$expand": "provisioningState", "$top": "10"}
        left = self.arm.get(f"{path}/resources", 200, version=version, **query)
        self.assertEqual(left["value"], [])
        self.arm.delete(path, (200, 202), version=version)
        self.arm.poll()
        self.arm.get(path, 404, version=version)

    # ---------------------------------------------------------------- azurerm_key_vault

    def vault(self, group, **more):
        """Its path, its answer, and a connection to its host."""
        name, version = fresh(), "2026-02-01"
        path = f"{group}/providers/Microsoft.KeyVault/vaults/{name}"
        gone = f"{self.sub}/providers/Microsoft.KeyVault/locations/local/deletedVaults/{name}"
        self.arm.get(path, 404, version=version)
        self.arm.get(gone, 404, version=version)
        self.arm.put(path, (200, 201), {"location": "local", "tags": {}, "properties": {
            "tenantId": SERVER.tenant, "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
            "createMode": "default", "enabledForDeployment": False, "enabledForDiskEncryption": False,
            "enabledForTemplateDeployment": False, "enableRbacAuthorization": True, "enableSoftDelete": True,
            "softDeleteRetentionInDays": 7, "publicNetworkAccess": "Enabled",
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [],
                            "virtualNetworkRules": []}, **more}}, version=version)
        self.arm.poll()
        made = self.arm.settled(path, version)
        uri = made["properties"]["vaultUri"]
        self.assertEqual(uri, f"{SERVER.url(name)}/")
        # Ten times without a token, until the name is known: any status does.
        stranger = Host(self, f"{name}.vault", None)
        for _ in range(10):
            stranger.get("/", (401, 404, 400))
        self.arm.get(path, 200, version=version)
        data = Host(self, f"{name}.vault", "7.4", self.token(f"https://{SERVER.host('vault')}"))
        # Without a policy it is not for who made the vault; azurerm goes on at that as well.
        data.get("/certificates/contacts", 404 if made["properties"]["enableRbacAuthorization"] else 403)
        return path, made, data

    def end_vault(self, path):
        version, name = "2026-02-01", path.rsplit("/", 1)[1]
        self.arm.get(path, 200, version=version)
        self.arm.delete(path, 200, version=version)
        gone = f"{self.sub}/providers/Microsoft.KeyVault/locations/local/deletedVaults/{name}"
        self.arm.get(gone, 200, version=version)
        self.arm.post(f"{gone}/purge", (200, 202), version=version)
        self.arm.poll()
        self.arm.get(gone, 404, version=version)
        self.arm.get(path, 404, version=version)

    def find(self, made):
        """Which resource is the vault of that URI? Asked before every object's end."""
        listed = self.arm.get(f"{self.sub}/providers/Microsoft.KeyVault/vaults", 200, version="2026-02-01")
        self.assertIn(made["id"], [v["id"] for v in listed["value"]])
        found = self.arm.get(f"{self.sub}/resources", 200, version="2015-11-01",
                             **{"$filter": "resourceType eq 'Microsoft.KeyVault/vaults' and name eq "
                                           f"'{made['name']}'"})
        self.assertEqual([v["id"] for v in found["value"]], [made["id"]])


class Vaults(Case):
    def test_apply_and_destroy(self):
        group = self.group()
        path, made, data = self.vault(group)
        # azurerm_key_vault_secret
        data.get("/secrets/pw/", 404)
        data.put("/secrets/pw", 200, {"value": "x", "contentType": "", "tags": {},
                                      "attributes": {"enabled": True}})
        self.assertEqual(data.get("/secrets/pw/", 200)["value"], "x")
        # azurerm_key_vault_key
        data.get("/keys/k/", 404)
        key = data.post("/keys/k/create", 200, {
            "kty": "RSA", "key_size": 2048, "key_ops": ["decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"],
            "attributes": {"enabled": True}, "tags": {}})
        self.assertEqual(data.get("/keys/k/", 200)["key"]["kid"], key["key"]["kid"])
        data.get("/keys/k/rotationpolicy", 200)
        # A second plan changes nothing: it reads.
        self.arm.get(path, 200, version="2026-02-01")
        version = key["key"]["kid"].rsplit("/", 1)[1]
        data.get(f"/keys/k/{version}", 200)
        # apply of a changed value: the whole of it again, by what the answer was
        data.patch(f"/keys/k/{version}", 200, {"attributes": {"enabled": True}, "tags": {"a": "b"},
                                               "key_ops": ["sign", "verify"]})
        data.put("/secrets/pw", 200, {"value": "y", "tags": {}, "attributes": {"enabled": True}})
        body = {k: made[k] for k in ("location", "tags", "properties")}
        body["tags"] = {"stage": "test"}
        again = self.arm.put(path, 200, body, version="2026-02-01")
        self.assertEqual((again["tags"], again["properties"]), (body["tags"], made["properties"]))
        # destroy
        for kind, name in (("secrets", "pw"), ("keys", "k")):
            self.find(made)
            data.get(f"/{kind}/{name}/", 200)
            data.delete(f"/{kind}/{name}", 200)
            for _ in range(3):
                data.get(f"/{kind}/{name}/", 404)
            data.delete(f"/deleted{kind}/{name}", 204)
            data.get(f"/deleted{kind}/{name}", 404)
        self.end_vault(path)
        self.end_group(group)

    def test_recover_on_create(self):
        """features { key_vault { recover_soft_deleted_key_vaults } }, which is on by itself."""
        group = self.group()
        path, made, _ = self.vault(group)
        version, name = "2026-02-01", made["name"]
        self.arm.delete(path, 200, version=version)
        gone = self.arm.get(f"{self.sub}/providers/Microsoft.KeyVault/locations/local/deletedVaults/{name}", 200,
                            version=version)
        self.assertEqual(gone["properties"]["vaultId"], path)
        self.arm.put(path, (200, 201), {"location": "local", "properties": {
            **{k: made["properties"][k] for k in ("tenantId", "sku", "accessPolicies", "enableRbacAuthorization")},
            "createMode": "recover"}}, version=version)
        self.assertEqual(self.arm.settled(path, version)["properties"]["vaultUri"], made["properties"]["vaultUri"])
        self.end_vault(path)
        self.end_group(group)

    def test_access_policies(self):
        """azurerm_key_vault_access_policy: each of its own, on a vault that others write too."""
        group = self.group()
        path, _, _ = self.vault(group, enableRbacAuthorization=False)
        policy = {"properties": {"accessPolicies": [{
            "tenantId": SERVER.tenant, "objectId": WORLD.apps["nobody"].object_id,
            "permissions": {"certificates": [], "keys": ["Get"], "secrets": ["Get", "List"], "storage": []}}]}}
        version = "2026-02-01"
        self.arm.get(path, 200, version=version)
        self.arm.put(f"{path}/accessPolicies/add", (200, 201), policy, version=version)
        kept = self.arm.settled(path, version)["properties"]["accessPolicies"]
        self.assertEqual([p["objectId"] for p in kept], [WORLD.apps["nobody"].object_id])
        self.arm.put(f"{path}/accessPolicies/remove", (200, 201), policy, version=version)
        self.assertEqual(self.arm.get(path, 200, version=version)["properties"]["accessPolicies"], [])
        self.end_vault(path)
        self.end_group(group)


class Rights(Case):
    def test_role_assignment(self):
        group = self.group()
        path, _, _ = self.vault(group)
        rights, name = f"{path}/providers/Microsoft.Authorization", str(uuid.uuid4())
        found = self.arm.get(f"{rights}/roleDefinitions", 200, version="2022-05-01-preview",
                             **{"$filter": "roleName eq 'Key Vault Secrets User'"})
        [role] = found["value"]
        self.assertEqual(role["name"], SECRETS_USER)
        at, version = f"{rights}/roleAssignments/{name}", "2022-04-01"
        self.arm.get(at, 404, version=version)
        body = {"properties": {"roleDefinitionId": role["id"], "description": "",
                               "principalId": WORLD.apps["nobody"].object_id}}
        made = self.arm.put(at, 201, body, version=version)
        for _ in range(6):
            self.assertEqual(self.arm.get(made["id"], 200, version=version)["properties"]["roleDefinitionId"],
                             role["id"])
        # A second one of the same: `import` is what it tells people then.
        self.arm.put(f"{rights}/roleAssignments/{uuid.uuid4()}", 409, body, version=version)
        self.arm.get(at, 200, version=version)
        self.arm.delete(at, 200, version=version)
        self.arm.get(at, 404, version=version)
        self.arm.delete(at, 204, version=version)
        self.end_vault(path)
        self.end_group(group)

    def test_role_definition(self):
        name, version = str(uuid.uuid4()), "2022-05-01-preview"
        at = f"{self.sub}/providers/Microsoft.Authorization/roleDefinitions/{name}"
        body = {"properties": {"roleName": fresh("Role "), "description": "", "type": "CustomRole",
                               "assignableScopes": [self.sub], "permissions": [{
                                   "actions": ["Microsoft.KeyVault/vaults/read"], "notActions": [],
                                   "dataActions": [], "notDataActions": []}]}}
        self.arm.get(at, 404, version=version)
        self.arm.put(at, 201, body, version=version)
        first = self.arm.settled(at, version)["properties"]
        body["properties"]["description"] = "changed"
        self.arm.put(at, 201, body, version=version)
        changed = self.arm.get(at, 200, version=version)["properties"]
        self.assertEqual(changed["description"], "changed")
        self.assertGreaterEqual(changed["updatedOn"], first["updatedOn"])
        self.arm.delete(at, 200, version=version)
        self.arm.get(at, 404, version=version)

    def test_lock(self):
        group, version = self.group(), "2016-09-01"
        # Older releases escape the scope as one segment.
        for scope in (group, "/" + urllib.parse.quote(group.lstrip("/"), safe="")):
            at = f"{scope}/providers/Microsoft.Authorization/locks/tf"
            self.arm.get(at, 404, version=version)
            made = self.arm.put(at, 201, {"properties": {"level": "CanNotDelete", "notes": "ours"}}, version=version)
            self.assertEqual(made["id"], f"{group}/providers/Microsoft.Authorization/locks/tf")
            self.arm.settled(at, version)
            self.arm.delete(group, 409, version="2023-07-01")
            self.arm.delete(at, (200, 204), version=version)
            self.arm.get(at, 404, version=version)
        self.end_group(group)

    def test_identity(self):
        group, version = self.group(), "2023-01-31"
        at = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{fresh('id')}"
        self.arm.get(at, 404, version=version)
        self.arm.put(at, (200, 201), {"location": "local", "tags": {}}, version=version)
        self.assertTrue(self.arm.settled(at, version)["properties"]["principalId"])
        trust = f"{at}/federatedIdentityCredentials/cluster"
        self.arm.get(trust, 404, version=version)
        self.arm.put(trust, (200, 201), {"properties": {
            "issuer": "https://issuer.example", "subject": "system:serviceaccount:a:b",
            "audiences": ["api://AzureADTokenExchange"]}}, version=version)
        self.arm.settled(trust, version)
        self.arm.delete(trust, (200, 204), version=version)
        self.arm.get(trust, 404, version=version)
        self.arm.delete(at, (200, 204), version=version)
        self.arm.get(at, 404, version=version)
        self.end_group(group)


class Providers(Case):
    def test_subscription_and_registrations(self):
        """data.azurerm_client_config, data.azurerm_subscription, and the registrations at start."""
        self.assertEqual(self.arm.get(self.sub, 200, version="2022-12-01")["subscriptionId"], WORLD.subscription)
        found = self.arm.get(f"{self.sub}/providers", 200, version="2022-09-01")
        states = {p["namespace"]: p["registrationState"] for p in found["value"]}
        self.assertEqual(states["Microsoft.KeyVault"], "Registered")
        self.arm.post(f"{self.sub}/providers/Microsoft.Network/register", 200, version="2022-09-01")


class Directory(Case):
    """azuread: Graph, v1.0, each thing read until it stays."""

    def setUp(self):
        super().setUp()
        self.graph = Host(self, "graph", None, self.token(self.graph_origin))

    def ends(self, path):
        self.graph.get(path, 200)
        self.graph.delete(path, 204)
        for _ in range(3):
            self.graph.get(path, 404)

    def ref(self, oid):
        return f"{self.graph_origin}/v1.0/directoryObjects/{oid}"

    def test_application_principal_and_password(self):
        name, me = fresh("tf-app-"), WORLD.apps["owner"].object_id
        self.graph.get("/v1.0/applications", 200, **{"$filter": f"displayName eq '{name}'"})
        app = self.graph.post("/v1.0/applications", 201, {
            "displayName": name, "signInAudience": "AzureADMyOrg", "owners@odata.bind": [self.ref(me)],
            "web": {"redirectUris": ["https://app.example/back"]}})
        at = f"/v1.0/applications/{app['id']}"
        self.graph.settled(at)
        self.graph.patch(at, 204, {"displayName": f"{name}2"})
        self.assertEqual(self.graph.settled(at)["displayName"], f"{name}2")
        self.assertEqual([o["id"] for o in self.graph.get(f"{at}/owners", 200)["value"]], [me])
        principal = self.graph.post("/v1.0/servicePrincipals", 201, {"appId": app["appId"], "accountEnabled": True})
        self.graph.settled(f"/v1.0/servicePrincipals/{principal['id']}")
        made = self.graph.post(f"{at}/addPassword", 200, {"passwordCredential": {"displayName": "tf"}})
        listed = self.graph.settled(at)["passwordCredentials"]
        self.assertEqual([p["keyId"] for p in listed], [made["keyId"]])
        wire.get_token(SERVER, app["appId"], made["secretText"], scope=f"{self.graph_origin}/.default",
                       tenant=SERVER.tenant)
        self.graph.post(f"{at}/removePassword", 204, {"keyId": made["keyId"]})
        self.assertEqual(self.graph.get(at, 200)["passwordCredentials"], [])
        self.ends(f"/v1.0/servicePrincipals/{principal['id']}")
        self.ends(at)

    def test_group_and_members(self):
        name, me = fresh("tf-group-"), WORLD.apps["owner"].object_id
        group = self.graph.post("/v1.0/groups", 201, {
            "displayName": name, "mailEnabled": False, "mailNickname": name, "securityEnabled": True,
            "owners@odata.bind": [self.ref(me)]})
        at = f"/v1.0/groups/{group['id']}"
        self.graph.settled(at)
        nobody = WORLD.apps["nobody"].object_id
        self.graph.get(f"/v1.0/directoryObjects/{nobody}", 200)
        self.graph.post(f"{at}/members/$ref", 204, {"@odata.id": self.ref(nobody)})
        self.assertEqual([m["id"] for m in self.graph.get(f"{at}/members", 200)["value"]], [nobody])
        self.graph.delete(f"{at}/members/{nobody}/$ref", 204)
        self.assertEqual(self.graph.get(f"{at}/members", 200)["value"], [])
        self.ends(at)

    def test_user(self):
        name = fresh("tfuser")
        user = self.graph.post("/v1.0/users", 201, {
            "accountEnabled": True, "displayName": name, "mailNickname": name,
            "userPrincipalName": f"{name}@keyhold.localhost",
            "passwordProfile": {"forceChangePasswordNextSignIn": False, "password": "Wide-enough 7 password"}})
        at = f"/v1.0/users/{user['id']}"
        self.graph.settled(at)
        self.graph.patch(at, 204, {"jobTitle": "Keeper"})
        found = self.graph.get("/v1.0/users", 200, **{"$filter": f"userPrincipalName eq '{name}@keyhold.localhost'"})
        self.assertEqual([u["id"] for u in found["value"]], [user["id"]])
        self.ends(at)
