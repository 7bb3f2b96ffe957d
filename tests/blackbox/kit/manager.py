# SPDX-License-Identifier: Apache-2.0
"""
The subscriptions of the table of the resource manager: in each of them group `a`
with a vault and all that can stand in and upon it, group `a-b` beside it, and a
lock or none. All principals have the same roles in each.
"""
import uuid

from kit import rights, wire, world
from kit.server import wait_for

VERSION = "2023-07-01"
VAULTS = "/providers/Microsoft.KeyVault/vaults"
IDENTITIES = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
CAS = "/providers/Keyhold.Pki/certificateAuthorities"
SETTINGS = "/providers/Microsoft.Insights/diagnosticSettings"
GRANTS = "/providers/Microsoft.Authorization/"
MGS = "/providers/Microsoft.Management/managementGroups"
DEPLOYMENTS = "/providers/Microsoft.Resources/deployments"
EMPTY = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
         "contentVersion": "1.0.0.0", "resources": []}
# name -> [(role, place)]; places are attributes of Land.
PRINCIPALS = {
    "nobody": [],
    "stranger": [("Owner", "subscription")],  # of another tenant
    "gone": [("Owner", "subscription")],      # deleted when its token was out
    "reader": [("Reader", "subscription")],
    "group reader": [("Reader", "group")],
    "vault reader": [("Reader", "vault")],
    "contributor": [("Contributor", "subscription")],
    "owner": [("Owner", "subscription")],
    "group owner": [("Owner", "group")],
    "access": [("User Access Administrator", "subscription")],
    "vaults": [("Key Vault Contributor", "subscription")],
    "data": [("Key Vault Administrator", "subscription")],
    "custom": [("custom", "subscription")],
    "sibling group": [("Owner", "beside")],
    "sibling vault": [("Owner", "vault_beside")],
    "tree reader": [("Reader", "mg")],
    "top owner": [("Owner", "root")],
}
LOCKS = [None, *((level, place) for level in ("CanNotDelete", "ReadOnly")
                 for place in ("vault", "group", "subscription"))]
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DESTINATION = {"properties": {"workspaceId": "/subscriptions/x", "logs": []}}
FEDERATED = {"properties": {"issuer": "https://issuer.example", "subject": "s",
                            "audiences": ["api://AzureADTokenExchange"]}}


def fresh(prefix):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


class Land:
    """One subscription: where everything is, and what is wanted of its lock."""

    def __init__(self, number, lock):
        self.id = str(uuid.uuid4())
        self.lock = lock and (lock[0], lock[1])
        self.name = f"land{number}"
        self.vault_name = f"table{number}"
        self.subscription = f"/subscriptions/{self.id}"
        self.group = f"{self.subscription}/resourceGroups/a"
        self.beside = f"{self.subscription}/resourceGroups/a-b"
        self.vault = f"{self.group}{VAULTS}/{self.vault_name}"
        self.vault_beside = f"{self.group}{VAULTS}/{self.vault_name}-b"
        self.identity = f"{self.group}{IDENTITIES}/one"
        self.ca = f"{self.group}{CAS}/one"
        self.deleted = f"{self.subscription}/providers/Microsoft.KeyVault/locations/local/deletedVaults"
        self.root = "/"
        self.mg = f"{MGS}/{fresh('table')}"  # a management group; the subscription is not in it
        self.spares = []  # deleted vaults
        self.assigned = {}  # place -> an assignment there

    def seed(self):
        return {"id": self.id, "name": self.name}

    def vaults(self):
        return [{"name": v, "subscription": self.id, "resourceGroup": "a"}
                for v in (self.vault_name, f"{self.vault_name}-b")]

    def locked(self):
        return self.lock and (self.lock[0], getattr(self, self.lock[1]))


class Stage:
    """The server with all of it."""

    def __init__(self):
        self.lands = [Land(i, lock) for i, lock in enumerate(LOCKS)]
        self.tokens, self.apps, self.server, self.tenant = {}, {}, None, None
        self.role = str(uuid.uuid4())

    def app(self, name):
        return self.apps.setdefault(name, world.App(name))

    def seed(self):
        roles = []
        for name, grants in (*PRINCIPALS.items(), ("maker", [("Owner", "root")])):
            self.app(name).tenant = "elsewhere" if name == "stranger" else None
            roles += [{"principal": name, "role": role, "scope": getattr(land, place)}
                      for role, place in grants if role != "custom" and place != "mg" for land in self.lands]
        roles += [{"principal": "maker", "role": "Key Vault Crypto User", "scope": land.vault} for land in self.lands]
        roles.append({"principal": "maker", "role": "Global Administrator", "scope": "/"})
        return {
            "tenants": [{"name": "elsewhere", "domain": "elsewhere.test"}],
            "subscriptions": [land.seed() for land in self.lands],
            "resourceGroups": [{"name": g, "subscription": land.id} for land in self.lands for g in ("a", "a-b")],
            "applications": [a.seed() for a in self.apps.values()],
            "vaults": [v for land in self.lands for v in land.vaults()],
            "roleAssignments": roles,
        }

    def start(self, make):
        """make: a Server of that seed, not started."""
        self.server = make(self.seed()).start()
        for name, a in self.apps.items():
            self.tokens[name] = self.token(a, "management")
        with Caller(self, "maker") as maker:
            self.tenant = maker.must("GET", "/tenants")["value"][0]["tenantId"]
            self.make_custom(maker)
            for land in self.lands:
                self.furnish(maker, land)
        graph = wire.Client(self.server, "graph", self.token(self.apps["maker"], "graph"), None)
        a = graph.delete(f"/v1.0/servicePrincipals/{self.apps['gone'].object_id}")
        graph.close()
        assert a.status == 204, a

    def token(self, app, host):
        return wire.get_token(self.server, app.app_id, app.secret,
                              scope=f"https://{self.server.host(host)}/.default",
                              tenant="elsewhere.test" if app.tenant else "adfs")

    def make_custom(self, maker):
        actions, without, _ = rights.ROLES["custom"]
        maker.must("PUT", f"{self.lands[0].subscription}{GRANTS}roleDefinitions/{self.role}", {"properties": {
            "roleName": "Vaults but for their end", "assignableScopes": [x.subscription for x in self.lands],
            "permissions": [{"actions": actions, "notActions": without}]}}, 201)
        for land in self.lands:
            maker.assign(land.subscription, self.role, self.apps["custom"].object_id)

    def furnish(self, maker, land):
        """All that the rows of the table name; the lock last."""
        maker.must("PUT", land.identity, {"location": "local"}, 201)
        maker.must("PUT", f"{land.identity}/federatedIdentityCredentials/one", FEDERATED, 201)
        maker.must("PUT", f"{land.vault}/keys/one", {"properties": {"kty": "EC"}}, 200)
        maker.must("PUT", f"{land.vault}/secrets/one", {"properties": {"value": "x"}}, 201)
        maker.must("PUT", land.ca, self.ca_body(land), 201)
        maker.must("PUT", f"{land.vault}{SETTINGS}/one", DESTINATION)
        maker.must("PUT", land.mg, {}, 202)
        for name, grants in PRINCIPALS.items():
            for role in (role for role, place in grants if place == "mg"):
                maker.assign(land.mg, {"Reader": READER}[role], self.apps[name].object_id)
        for place in ("subscription", "group", "vault", "mg"):
            land.assigned[place] = maker.assign(getattr(land, place), READER, str(uuid.uuid4()))
        for _ in range(4):
            name = fresh("sp")
            maker.must("PUT", f"{land.group}{VAULTS}/{name}", self.vault_body())
            maker.must("DELETE", f"{land.group}{VAULTS}/{name}")
            land.spares.append(name)
        for place, more in (("group", {}), ("subscription", {"location": "local"})):
            at = f"{getattr(land, place)}{DEPLOYMENTS}/one"
            maker.must("PUT", at, {**more, "properties": {"mode": "Incremental", "template": EMPTY}}, 201)
            wait_for(lambda at=at: maker.must("GET", at)["properties"]["provisioningState"] == "Succeeded", at)
        if land.lock:
            level, at = land.locked()
            maker.must("PUT", f"{at}{GRANTS}locks/one", {"properties": {"level": level}}, 201)

    def ca_body(self, land):
        return {"location": "local", "properties": {
            "key": {"vault": land.vault_name, "name": "one"}, "subject": "CN=one"}}

    def vault_body(self):
        return {"location": "local", "properties": {
            "tenantId": self.tenant, "sku": {"family": "A", "name": "standard"},
            "accessPolicies": [], "enableRbacAuthorization": True}}


class Caller:
    """One principal's connection."""

    def __init__(self, stage, name):
        self.name = name
        self.c = wire.Client(stage.server, "management", stage.tokens.get(name), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.c.close()

    def ask(self, method, path, body=None):
        return self.c.call(method, f"{path}{'&' if '?' in path else '?'}api-version={VERSION}", body)

    def must(self, method, path, body=None, status=200):
        a = self.ask(method, path, body)
        assert a.status == status, (method, path, a)
        return a.json() if a.body else None

    def assign(self, scope, role, principal):
        at = f"{scope}{GRANTS}roleAssignments/{uuid.uuid4()}"
        self.must("PUT", at, {"properties": {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal, "principalType": "ServicePrincipal"}}, 201)
        return at
