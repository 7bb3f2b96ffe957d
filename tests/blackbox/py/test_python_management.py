# SPDX-License-Identifier: Apache-2.0
"""
The management SDKs for Python, Debian's or whichever there are: vaults, groups, resources, tags,
locks, roles, identities; also with the api-versions of before, where a package has several.
"""
import os
import unittest
import uuid

from kit import world
from kit.server import Server

try:
    import azure.core.exceptions as errors
    import azure.identity as identity
    from azure.keyvault.secrets import SecretClient
    from azure.mgmt.authorization import AuthorizationManagementClient
    from azure.mgmt.keyvault import KeyVaultManagementClient
    from azure.mgmt.msi import ManagedServiceIdentityClient
    from azure.mgmt.resource.locks import ManagementLockClient
    from azure.mgmt.resource.resources import ResourceManagementClient
    from azure.mgmt.resource.subscriptions import SubscriptionClient
except ImportError as e:  # Debian's python3-azure is not there
    raise unittest.SkipTest(f"no Azure SDK for Python: {e}") from None

SERVER, WORLD = None, None
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
SOON = {"polling_interval": 0.05}


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    for name, role in (("owner", "Owner"), ("guest", "Reader")):
        WORLD.app(name)
        WORLD.role(name, role, scope=f"/subscriptions/{WORLD.subscription}")
    SERVER = Server("python-management", seed=WORLD.seed()).start()
    os.environ.update(SERVER.env)


def tearDownModule():
    SERVER.discard()


def sub():
    return f"/subscriptions/{WORLD.subscription}"


def credential(who):
    a = WORLD.apps[who]
    return identity.ClientSecretCredential("adfs", a.app_id, a.secret,
                                           authority=f"https://{SERVER.host('login')}")


def client(kind, who="owner", subscription=True, **more):
    origin = f"https://{SERVER.host('management')}"
    words = [WORLD.subscription] if subscription else []
    return kind(credential(who), *words, base_url=origin,
                credential_scopes=[f"{origin}/.default"], retry_total=0, **more)


def fresh(prefix="v"):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def role_id(guid):
    return f"{sub()}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.vaults = client(KeyVaultManagementClient)
        cls.places = client(ResourceManagementClient)
        cls.rights = client(AuthorizationManagementClient)

    def refused(self, status, code, fn, *args, **more):
        with self.assertRaises(errors.HttpResponseError) as caught:
            fn(*args, **more)
        self.assertEqual(caught.exception.status_code, status, caught.exception)
        if code:
            self.assertEqual(caught.exception.error.code, code)

    def group(self, **tags):
        name = fresh("g")
        self.places.resource_groups.create_or_update(name, {"location": "local", "tags": tags})
        return name

    def vault(self, group=None, vaults=None, **more):
        group, name = group or self.group(), fresh()
        models = (vaults or self.vaults).vaults
        properties = {"tenant_id": SERVER.tenant, "sku": {"family": "A", "name": "standard"},
                      "access_policies": [], "enable_rbac_authorization": True,
                      "soft_delete_retention_in_days": 7, **more}
        body = {"location": "local", "properties": wire_names(properties)}
        if hasattr(models, "create_or_update"):  # of 2016, without a poller
            return group, models.create_or_update(group, name, body)
        return group, models.begin_create_or_update(group, name, body, **SOON).result()


def wire_names(properties):
    """Old packages and new ones take a dictionary with the names of the wire."""
    def camel(name):
        first, *rest = name.split("_")
        return first + "".join(word.capitalize() for word in rest)
    return {camel(k): v for k, v in properties.items()}


class Vaults(Case):
    def test_a_vault_from_its_making_to_its_purge(self):
        group, made = self.vault()
        api, name = self.vaults.vaults, made.name
        self.assertEqual(made.properties.provisioning_state, "Succeeded")
        self.assertEqual(made.properties.soft_delete_retention_in_days, 7)
        self.assertEqual(api.get(group, name).id, made.id)
        self.assertEqual(api.update(group, name, {"tags": {"a": "b"}}).tags, {"a": "b"})
        for found in (api.list_by_resource_group(group), api.list_by_subscription(), api.list()):
            self.assertIn(name, [v.name for v in found])
        self.refused(403, "AuthorizationFailed", client(KeyVaultManagementClient, "guest").vaults.update,
                     group, name, {"tags": {}})
        api.delete(group, name)
        self.refused(404, "ResourceNotFound", api.get, group, name)
        gone = api.get_deleted(name, "local")
        self.assertEqual(gone.properties.vault_id, made.id)
        self.assertIn(name, [v.name for v in api.list_deleted()])
        api.begin_create_or_update(group, name, {"location": "local", "properties": {
            "tenantId": SERVER.tenant, "sku": {"family": "A", "name": "standard"},
            "createMode": "recover"}}, **SOON).result()
        api.delete(group, name)
        api.begin_purge_deleted(name, "local", **SOON).result()
        self.refused(404, None, api.get_deleted, name, "local")

    def test_access_policies(self):
        group, made = self.vault(enable_rbac_authorization=False)
        guest = SecretClient(made.properties.vault_uri, credential("guest"), retry_total=0)
        policy = {"properties": {"accessPolicies": [{
            "tenantId": SERVER.tenant, "objectId": WORLD.apps["guest"].object_id,
            "permissions": {"secrets": ["set", "get"]}}]}}
        change = self.vaults.vaults.update_access_policy
        self.refused(403, "Forbidden", guest.set_secret, "a", "b")
        change(group, made.name, "add", policy)
        guest.set_secret("a", "b")
        change(group, made.name, "remove", policy)
        self.refused(403, "Forbidden", guest.get_secret, "a")
        self.assertEqual(self.vaults.vaults.get(group, made.name).properties.access_policies or [], [])

    def test_names_secrets_and_keys(self):
        group, made = self.vault(enable_rbac_authorization=False)
        kind = "Microsoft.KeyVault/vaults"
        check = self.vaults.vaults.check_name_availability
        self.assertTrue(check({"name": fresh(), "type": kind}).name_available)
        self.assertFalse(check({"name": made.name, "type": kind}).name_available)
        secret = self.vaults.secrets.create_or_update(group, made.name, "one", {"properties": {"value": "x"}})
        self.assertIsNone(secret.properties.value)
        self.assertEqual([s.name for s in self.vaults.secrets.list(group, made.name)], ["one"])
        key = self.vaults.keys.create_if_not_exist(group, made.name, "one", {"properties": {"kty": "EC"}})
        self.assertEqual(self.vaults.keys.get(group, made.name, "one").key_uri_with_version,
                         key.key_uri_with_version)
        self.assertEqual(len(list(self.vaults.keys.list_versions(group, made.name, "one"))), 1)
        self.assertIn("Microsoft.KeyVault/vaults/read", [o.name for o in self.vaults.operations.list()])

    def test_every_api_version_of_the_package(self):
        for version in ("2016-10-01", "2018-02-14", "2019-09-01", "2020-04-01-preview", "2021-04-01-preview",
                        "2021-06-01-preview", "2021-10-01", "2022-07-01"):
            try:
                c = client(KeyVaultManagementClient, api_version=version)
                c.vaults.list_by_subscription()
            except (ValueError, AttributeError):
                continue  # a package with one version
            with self.subTest(version=version):
                group, made = self.vault(vaults=c)
                self.assertEqual(c.vaults.get(group, made.name).id, made.id)
                self.assertIn(made.name, [v.name for v in c.vaults.list_by_subscription()])
                c.vaults.delete(group, made.name)
                c.vaults.begin_purge_deleted(made.name, "local", **SOON).result()


class Places(Case):
    def test_subscriptions_and_tenants(self):
        c = client(SubscriptionClient, subscription=False)
        self.assertEqual([s.subscription_id for s in c.subscriptions.list()], [WORLD.subscription])
        self.assertEqual(c.subscriptions.get(WORLD.subscription).display_name, "bench")
        self.assertIn("local", [x.name for x in c.subscriptions.list_locations(WORLD.subscription)])
        self.assertEqual([t.tenant_id for t in c.tenants.list()], [SERVER.tenant])
        nobody = client(SubscriptionClient, "nobody", subscription=False)
        self.assertEqual(list(nobody.subscriptions.list()), [])

    def test_groups(self):
        api, name = self.places.resource_groups, self.group(a="b")
        self.assertTrue(api.check_existence(name))
        self.assertEqual(api.get(name).tags, {"a": "b"})
        self.assertEqual(api.update(name, {"tags": {"c": "d"}}).tags, {"c": "d"})
        self.assertIn(name, [g.name for g in api.list(filter="tagName eq 'c' and tagValue eq 'd'")])
        self.refused(403, "AuthorizationFailed",
                     client(ResourceManagementClient, "guest").resource_groups.begin_delete, name)
        api.begin_delete(name, **SOON).result()
        self.assertFalse(api.check_existence(name))

    def test_resources_by_id_and_by_filter(self):
        group, made = self.vault()
        api = self.places.resources
        self.assertEqual([r.id for r in api.list_by_resource_group(group)], [made.id])
        self.assertEqual([r.id for r in api.list(filter=f"resourceGroup eq '{group}'")], [made.id])
        version = "2022-07-01"
        self.assertTrue(api.check_existence_by_id(made.id, api_version=version))
        self.assertEqual(api.get_by_id(made.id, api_version=version).name, made.name)
        self.assertEqual(api.get(group, "Microsoft.KeyVault", "", "vaults", made.name, api_version=version).id, made.id)
        self.assertEqual(api.begin_update_by_id(made.id, api_version=version, parameters={"tags": {"a": "b"}},
                                                **SOON).result().tags, {"a": "b"})
        api.begin_delete_by_id(made.id, api_version=version, **SOON).result()
        self.assertFalse(api.check_existence_by_id(made.id, api_version=version))

    def test_providers(self):
        api = self.places.providers
        self.assertEqual(api.get("Microsoft.KeyVault").registration_state, "Registered")
        self.assertIn("Microsoft.Authorization", [p.namespace for p in api.list()])
        self.assertEqual(api.register("Microsoft.KeyVault").registration_state, "Registered")

    def test_tags(self):
        group, made = self.vault()
        api = self.places.tags
        change = getattr(api, "update_at_scope", None) or api.begin_update_at_scope
        make = getattr(api, "create_or_update_at_scope", None) or api.begin_create_or_update_at_scope
        drop = getattr(api, "delete_at_scope", None) or api.begin_delete_at_scope
        for at in (self.places.resource_groups.get(group).id, made.id):
            make(at, {"properties": {"tags": {"a": "1"}}})
            change(at, {"operation": "Merge", "properties": {"tags": {"b": "2"}}})
            self.assertEqual(api.get_at_scope(at).properties.tags, {"a": "1", "b": "2"})
            drop(at)
            self.assertEqual(api.get_at_scope(at).properties.tags or {}, {})

    def test_locks(self):
        group, made = self.vault()
        api = client(ManagementLockClient).management_locks
        api.create_or_update_at_resource_group_level(group, "keep", {"level": "CanNotDelete"})
        self.refused(409, "ScopeLocked", self.vaults.vaults.delete, group, made.name)
        self.assertEqual([x.name for x in api.list_at_resource_group_level(group)], ["keep"])
        # This one escapes the whole scope, slashes too.
        api.create_or_update_by_scope(made.id, "still", {"level": "ReadOnly", "notes": "why"})
        self.assertEqual(api.get_by_scope(made.id, "still").notes, "why")
        self.assertEqual({x.name for x in api.list_by_scope(made.id)}, {"still", "keep"})
        self.refused(409, "ScopeLocked", self.vaults.vaults.update, group, made.name, {"tags": {}})
        parts = (group, "Microsoft.KeyVault", "", "vaults", made.name)
        self.assertEqual(api.get_at_resource_level(*parts, "still").level, "ReadOnly")
        api.delete_by_scope(made.id, "still")
        api.delete_at_resource_group_level(group, "keep")
        self.vaults.vaults.delete(group, made.name)


class Rights(Case):
    def test_role_assignments_are_in_force_at_once(self):
        _, made = self.vault()
        api, name = self.rights.role_assignments, str(uuid.uuid4())
        secrets = SecretClient(made.properties.vault_uri, credential("nobody"), retry_total=0)
        self.refused(403, "Forbidden", secrets.set_secret, "a", "b")
        body = {"properties": {"roleDefinitionId": role_id(SECRETS_OFFICER),
                               "principalId": WORLD.apps["nobody"].object_id,
                               "principalType": "ServicePrincipal"}}
        one = api.create(made.id, name, body)
        secrets.set_secret("a", "b")
        self.assertEqual(api.get_by_id(one.id).principal_id, WORLD.apps["nobody"].object_id)
        self.refused(409, "RoleAssignmentExists", api.create, made.id, str(uuid.uuid4()), body)
        self.assertIn(name, [a.name for a in api.list_for_scope(made.id, filter="atScope()")])
        api.delete(made.id, name)
        self.refused(403, "Forbidden", secrets.get_secret, "a")
        self.refused(404, "RoleAssignmentNotFound", api.get, made.id, name)

    def test_role_definitions(self):
        api, name = self.rights.role_definitions, str(uuid.uuid4())
        [one] = api.list(sub(), filter="roleName eq 'Key Vault Secrets User'")
        self.assertEqual((one.name, one.role_type), (SECRETS_USER, "BuiltInRole"))
        body = {"properties": {
            "roleName": f"Role {name}", "description": "d", "type": "CustomRole", "assignableScopes": [sub()],
            "permissions": [{"actions": ["Microsoft.KeyVault/vaults/read"], "notActions": []}]}}
        self.assertEqual(api.create_or_update(sub(), name, body).id, role_id(name))
        self.assertIn(name, [r.name for r in api.list(sub(), filter="type eq 'CustomRole'")])
        api.delete(sub(), name)
        self.refused(404, "RoleDefinitionDoesNotExist", api.get, sub(), name)

    def test_what_one_may_and_what_is_denied(self):
        group, made = self.vault()
        guest = client(AuthorizationManagementClient, "guest")
        self.assertEqual([p.actions for p in guest.permissions.list_for_resource_group(group)], [["*/read"]])
        self.assertEqual(list(self.rights.deny_assignments.list_for_scope(made.id)), [])
        all_of = self.rights.provider_operations_metadata.list()
        self.assertIn("Microsoft.KeyVault", [p.name for p in all_of])

    def test_assignments_with_the_api_versions_of_before(self):
        for version in ("2015-07-01", "2018-01-01-preview", "2018-09-01-preview", "2020-04-01-preview",
                        "2020-10-01-preview", "2022-04-01"):
            try:
                api = client(AuthorizationManagementClient, api_version=version).role_assignments
            except (ValueError, AttributeError):
                continue
            listed = getattr(api, "list", None) or api.list_for_subscription
            with self.subTest(version=version):
                self.assertIn(WORLD.apps["owner"].object_id,
                              [getattr(a, "principal_id", None) or a.properties.principal_id for a in listed()])


class Identities(Case):
    def test_an_identity_and_what_it_trusts(self):
        c, group, name = client(ManagedServiceIdentityClient), self.group(), fresh("i")
        api = c.user_assigned_identities
        made = api.create_or_update(group, name, {"location": "local", "tags": {"a": "b"}})
        self.assertEqual(str(made.tenant_id), SERVER.tenant)
        self.assertEqual(str(api.get(group, name).client_id), str(made.client_id))
        self.assertEqual(api.update(group, name, {"location": "local", "tags": {"c": "d"}}).tags, {"c": "d"})
        for found in (api.list_by_resource_group(group), api.list_by_subscription()):
            self.assertIn(made.id, [i.id for i in found])
        try:
            f = c.federated_identity_credentials
        except ValueError:  # not in what this package takes by itself
            f = client(ManagedServiceIdentityClient,
                       api_version="2022-01-31-preview").federated_identity_credentials
        for n in ("one", "two"):
            f.create_or_update(group, name, n, {"properties": {
                "issuer": "https://issuer.example", "subject": n, "audiences": ["api://AzureADTokenExchange"]}})
        self.assertEqual([x.subject for x in f.list(group, name)], ["one", "two"])
        self.assertEqual([len(list(p)) for p in f.list(group, name, top=1).by_page()], [1, 1])
        f.delete(group, name, "one")
        self.refused(404, None, f.get, group, name, "one")
        api.delete(group, name)
        self.refused(404, "ResourceNotFound", api.get, group, name)
