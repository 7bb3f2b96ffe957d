# SPDX-License-Identifier: Apache-2.0
"""
The resource manager over the wire: doors, groups, vaults, locks, roles, and what
each of them lets whom do. Sections in comments are those of the management
plane's reference.
"""
import unittest
import uuid

from kit import wire, world
from kit.server import Server

SERVER, WORLD, TOKENS, DATA = None, None, {}, {}
VERSION = "2023-07-01"
TENANT = None
ROLES = {"owner": "Owner", "contributor": "Contributor", "reader": "Reader",
         "uaa": "User Access Administrator", "vaults": "Key Vault Contributor"}


def setUpModule():
    global SERVER, WORLD, TENANT
    WORLD = world.standard()
    for name, role in ROLES.items():
        WORLD.app(name)
        WORLD.role(name, role, scope=f"/subscriptions/{WORLD.subscription}")
    WORLD.app("stranger")
    SERVER = Server("management", seed=WORLD.seed()).start()
    for name in (*ROLES, "nobody", "stranger"):
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

    def __init__(self, who, version=VERSION):
        self.version = version
        self.c = wire.Client(SERVER, "management", TOKENS.get(who), None)

    def ask(self, method, path, body=None, query="", version="", token=""):
        version = self.version if version == "" else version
        query = "&".join(q for q in (f"api-version={version}" if version else "", query) if q)
        return self.c.call(method, f"{path}?{query}" if query else path, body, token=token)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def put(self, path, body, **more):
        return self.ask("PUT", path, body, **more)


def sub(path=""):
    return f"/subscriptions/{WORLD.subscription}{path}"


def group_id(name):
    return sub(f"/resourceGroups/{name}")


def vault_id(group, name):
    return f"{group_id(group)}/providers/Microsoft.KeyVault/vaults/{name}"


def vault_body(**properties):
    return {"location": "local", "properties": {
        "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
        **properties}}


def fresh(prefix="v"):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.owner = Arm("owner")
        self.addCleanup(self.owner.c.close)

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
        a = self.owner.put(vault_id(group, name), vault_body(**properties))
        self.assertEqual(a.status, 200, a)
        return group, name

    def refused(self, answer, status, code):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.error["code"], code)
        self.assertEqual(answer.header("Content-Type"), "application/json; charset=utf-8")
        return answer

    def secret_status(self, vault, who="owner", method="PUT"):
        c = wire.Client(SERVER, f"{vault}.vault", DATA[who], "7.6")
        self.addCleanup(c.close)
        return c.call(method, "/secrets/one", body={"value": "x"} if method == "PUT" else None)


class Doors(Case):
    def test_nobody_learns_anything_without_a_token(self):
        for path in ("/subscriptions", sub(), group_id("bench"), "/nothing", vault_id("bench", "alpha")):
            c = Arm("none")
            self.addCleanup(c.c.close)
            a = self.refused(c.get(path, version=None), 401, "AuthenticationFailed")
            self.assertIn('error="invalid_token"', a.header("WWW-Authenticate"))
            self.assertIn("Bearer authorization_uri=", a.header("WWW-Authenticate"))

    def test_a_token_for_the_vaults_is_none_for_the_manager(self):
        self.refused(self.owner.get("/subscriptions", token=DATA["owner"]), 401,
                     "InvalidAuthenticationTokenAudience")

    def test_a_token_for_the_manager_is_none_for_the_vaults(self):
        c = wire.Client(SERVER, "alpha.vault", TOKENS["owner"], "7.6")
        self.addCleanup(c.close)
        self.assertEqual(c.call("GET", "/secrets").status, 401)

    def test_api_versions(self):
        self.refused(self.owner.get(sub(), version=None), 400, "MissingApiVersionParameter")
        for bad in ("1", "2023-7-1", "2023-07-01-nonsense", "latest"):
            self.refused(self.owner.get(sub(), version=bad), 400, "InvalidApiVersionParameter")
        for good in ("2015-06-01", "2022-05-01-preview", "2023-07-01-PREVIEW"):
            self.assertEqual(self.owner.get(sub(), version=good).status, 200)

    def test_paths_in_every_spelling(self):
        for path in (f"//subscriptions//{WORLD.subscription}/", sub().replace("subscriptions", "SUBSCRIPTIONS"),
                     sub("/resourcegroups/BENCH"), f"{group_id('bench')}/providers/Microsoft.KeyVault//vaults/alpha"):
            self.assertEqual(self.owner.get(path).status, 200, path)

    def test_what_is_not_there(self):
        self.refused(self.owner.get("/nothing"), 404, "ResourceNotFound")
        self.refused(self.owner.ask("DELETE", "/tenants"), 405, "MethodNotAllowed")
        self.refused(self.owner.get(f"/subscriptions/{uuid.uuid4()}"), 403, "AuthorizationFailed")

    def test_correlation_is_echoed(self):
        wanted = str(uuid.uuid4())
        a = self.owner.c.call("GET", sub() + f"?api-version={VERSION}",
                              headers=[("x-ms-correlation-request-id", wanted)])
        self.assertEqual(a.header("x-ms-correlation-request-id"), wanted)
        self.assertTrue(a.header("x-ms-request-id"))

    def test_metadata_needs_no_token(self):
        for version, kind in (("2015-01-01", dict), ("2019-05-01", list), ("2022-09-01", dict)):
            c = Arm("none")
            self.addCleanup(c.c.close)
            a = c.get("/metadata/endpoints", version=version)
            self.assertEqual(a.status, 200)
            self.assertIsInstance(a.json(), kind)
        self.assertEqual(a.json()["suffixes"]["keyVaultDns"], f"vault.keyhold.localhost:{SERVER.port}")


class Places(Case):
    def test_subscriptions_are_seen_by_those_with_a_role(self):
        seen = [s["subscriptionId"] for s in self.owner.get("/subscriptions").json()["value"]]
        self.assertEqual(seen, [WORLD.subscription])
        self.assertEqual(self.arm("stranger").get("/subscriptions").json()["value"], [])
        self.refused(self.arm("stranger").get(sub()), 403, "AuthorizationFailed")

    def test_a_group_lives(self):
        name = fresh("Group-")
        a = self.owner.put(group_id(name), {"location": "West US", "tags": {"a": "b"}})
        self.assertEqual(a.status, 201)
        self.assertEqual(a.json()["location"], "westus")
        self.assertEqual(a.json()["id"], group_id(name))
        self.assertEqual(self.owner.put(group_id(name), {"location": "westus"}).status, 200)
        self.assertEqual(self.owner.get(group_id(name)).json()["tags"], {})
        self.refused(self.owner.put(group_id(name), {"location": "eastus"}), 409,
                     "InvalidResourceGroupLocation")
        a = self.owner.ask("PATCH", group_id(name), {"tags": {"x": "y"}})
        self.assertEqual(a.json()["tags"], {"x": "y"})
        self.assertEqual(self.owner.ask("HEAD", group_id(name)).status, 204)
        listed = self.owner.get(sub("/resourcegroups"), query="$filter=tagName%20eq%20'x'%20and%20tagValue%20eq%20'y'")
        self.assertIn(name, [g["name"] for g in listed.json()["value"]])
        a = self.owner.ask("DELETE", group_id(name))
        self.assertEqual(a.status, 202)
        self.assertTrue(a.header("Location").startswith(f"{origin()}/subscriptions/"))
        self.refused(self.owner.get(group_id(name)), 404, "ResourceGroupNotFound")
        self.assertEqual(self.owner.ask("HEAD", group_id(name)).status, 404)

    def test_bad_groups(self):
        self.refused(self.owner.put(group_id("g" * 91), {"location": "local"}), 403, "AuthorizationFailed")
        self.refused(self.owner.put(group_id(fresh()), {}), 400, "LocationRequired")
        self.refused(self.owner.put(group_id(fresh()), b"{"), 400, "InvalidRequestContent")
        self.refused(self.owner.put(group_id(fresh()), {"location": "l", "tags": {"a": 1}}), 400,
                     "InvalidTagNameOrValue")
        self.refused(self.owner.put(group_id(fresh()), {"location": "l", "tags": {f"t{i}": "" for i in range(51)}}),
                     400, "InvalidTagNameOrValue")

    def test_a_page_and_the_next(self):
        for _ in range(3):
            self.group()
        seen, url = [], sub("/resourcegroups") + f"?api-version={VERSION}&$top=2"
        while url:
            page = self.owner.c.call("GET", url).json()
            self.assertLessEqual(len(page["value"]), 2)
            seen += [g["name"] for g in page["value"]]
            url = page.get("nextLink", "").removeprefix(SERVER.url("management"))
        self.assertEqual(len(seen), len(set(seen)))
        everything = self.owner.get(sub("/resourcegroups")).json()["value"]
        self.assertEqual(sorted(seen), sorted(g["name"] for g in everything))
        self.refused(self.owner.get(sub("/resourcegroups"), query="$skipToken=AAAA"), 400,
                     "InvalidQueryParameterValue")


class Vaults(Case):
    def test_a_vault_answers_the_moment_put_returns(self):
        _, name = self.vault(enableRbacAuthorization=True)
        self.assertEqual(self.secret_status(name).status, 403)

    def test_put_takes_its_own_answer_back(self):
        group, name = self.vault(networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.7"}]})
        a = self.owner.get(vault_id(group, name)).json()
        self.assertEqual(a["properties"]["networkAcls"], {
            "bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [{"value": "203.0.113.7/32"}],
            "virtualNetworkRules": []})
        b = self.owner.put(vault_id(group, name), a)
        self.assertEqual(b.status, 200, b)
        for part in (a, b := b.json()):
            part["systemData"].pop("lastModifiedAt")
        self.assertEqual(a, b)

    def test_what_only_goes_one_way(self):
        group, name = self.vault(softDeleteRetentionInDays=7)
        for properties in ({"enableSoftDelete": False}, {"enablePurgeProtection": False},
                           {"softDeleteRetentionInDays": 8}):
            self.refused(self.owner.ask("PATCH", vault_id(group, name), {"properties": properties}), 400,
                         "BadRequest")
        a = self.owner.ask("PATCH", vault_id(group, name), {"properties": {"enablePurgeProtection": True}})
        self.assertTrue(a.json()["properties"]["enablePurgeProtection"])
        self.assertEqual(self.owner.ask("DELETE", vault_id(group, name)).status, 200)
        self.refused(self.owner.ask("POST", self.deleted(name) + "/purge"), 405, "MethodNotAllowed")

    def deleted(self, name):
        return sub(f"/providers/Microsoft.KeyVault/locations/local/deletedVaults/{name}")

    def test_bad_vaults(self):
        group = self.group()
        for name in ("ab", "1abc", "a--b", "abc-", "a" * 25):
            self.refused(self.owner.put(vault_id(group, name), vault_body()), 400, "VaultNameNotValid")
        for properties in ({"tenantId": str(uuid.uuid4())}, {"tenantId": "x"},
                           {"accessPolicies": [{"tenantId": TENANT, "objectId": "x", "permissions": {}}]},
                           {"accessPolicies": [{"tenantId": TENANT, "objectId": str(uuid.uuid4()),
                                                "permissions": {"secrets": ["nonsense"]}}]},
                           {"softDeleteRetentionInDays": 6}, {"softDeleteRetentionInDays": 91},
                           {"networkAcls": {"ipRules": [{"value": "300.1.1.1"}]}},
                           {"networkAcls": {"defaultAction": "Maybe"}}, {"enableRbacAuthorization": "yes"}):
            self.refused(self.owner.put(vault_id(group, fresh()), vault_body(**properties)), 400, "BadRequest")
        self.refused(self.owner.put(vault_id(group, fresh()), vault_body(sku={"family": "A", "name": "gold"})),
                     400, "SkuNotSupported")
        body = vault_body()
        del body["location"]
        self.refused(self.owner.put(vault_id(group, fresh()), body), 400, "LocationRequired")
        self.refused(self.owner.put(vault_id("absent", fresh()), vault_body()), 404, "ResourceGroupNotFound")
        body = vault_body()
        del body["properties"]["accessPolicies"]
        self.refused(self.owner.put(vault_id(group, fresh()), body), 400, "BadRequest")
        self.assertEqual(self.owner.put(vault_id(group, fresh()), body, version="2026-02-01").status, 200)

    def test_names_are_one_namespace(self):
        _, name = self.vault()
        other = self.group()
        self.refused(self.owner.put(vault_id(other, name.upper()), vault_body()), 409, "VaultAlreadyExists")
        check = sub("/providers/Microsoft.KeyVault/checkNameAvailability")
        ask = {"name": name, "type": "Microsoft.KeyVault/vaults"}
        self.assertEqual(self.owner.ask("POST", check, ask).json()["reason"], "AlreadyExists")
        self.assertEqual(self.owner.ask("POST", check, {**ask, "name": "-"}).json()["reason"], "AccountNameInvalid")
        self.assertEqual(self.owner.ask("POST", check, {**ask, "name": fresh()}).json(), {"nameAvailable": True})

    def test_deleted_recovered_purged(self):
        group, name = self.vault(accessPolicies=[{"tenantId": TENANT, "objectId": WORLD.apps["owner"].object_id,
                                                  "permissions": {"secrets": ["all"]}}])
        self.assertEqual(self.secret_status(name).status, 200)
        self.assertEqual(self.owner.ask("DELETE", vault_id(group, name)).status, 200)
        self.assertEqual(self.owner.ask("DELETE", vault_id(group, name)).status, 204)
        self.assertEqual(self.secret_status(name, method="GET").status, 404)
        self.refused(self.owner.put(vault_id(group, name), vault_body()), 409, "ConflictError")
        listed = self.owner.get(sub("/providers/Microsoft.KeyVault/deletedVaults")).json()["value"]
        self.assertIn(vault_id(group, name), [d["properties"]["vaultId"] for d in listed])
        a = self.owner.put(vault_id(group, name), {"location": "local", "properties": {
            "tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "createMode": "recover"}})
        self.assertEqual(a.status, 200, a)
        self.assertEqual(self.secret_status(name, method="GET").json()["value"], "x")
        self.owner.ask("DELETE", vault_id(group, name))
        self.assertEqual(self.owner.ask("POST", self.deleted(name) + "/purge").status, 202)
        self.refused(self.owner.get(self.deleted(name)), 404, "DeletedVaultNotFound")
        self.assertEqual(self.owner.put(vault_id(group, name), vault_body(
            accessPolicies=[{"tenantId": TENANT, "objectId": WORLD.apps["owner"].object_id,
                             "permissions": {"secrets": ["all"]}}])).status, 200)
        self.assertEqual(self.secret_status(name, method="GET").status, 404)

    def test_recovering_what_was_not_deleted(self):
        self.refused(self.owner.put(vault_id(self.group(), fresh()), vault_body(createMode="recover")), 404,
                     "SoftDeletedVaultDoesNotExist")

    def test_policies_are_added_replaced_removed(self):
        group, name = self.vault()
        who = str(uuid.uuid4())

        def edit(op, *words):
            a = self.owner.put(f"{vault_id(group, name)}/accessPolicies/{op}", {"properties": {"accessPolicies": [
                {"tenantId": TENANT, "objectId": who, "permissions": {"secrets": list(words)}}]}})
            self.assertEqual(a.status, 200, a)
            return [p["permissions"]["secrets"] for p in a.json()["properties"]["accessPolicies"]]

        self.assertEqual(edit("add", "get"), [["get"]])
        self.assertEqual(edit("add", "List"), [["get", "list"]])
        self.assertEqual(edit("replace", "set"), [["set"]])
        self.assertEqual(edit("remove", "get"), [["set"]])
        self.assertEqual(edit("remove", "set"), [])
        self.refused(self.owner.put(f"{vault_id(group, name)}/accessPolicies/change",
                                    {"properties": {"accessPolicies": []}}), 400, "BadRequest")

    def test_lists_of_resources(self):
        group, name = self.vault()
        kinds = "$filter=resourceType%20eq%20'Microsoft.KeyVault/vaults'"
        for path, query in ((sub("/resources"), kinds + f"%20and%20name%20eq%20'{name}'"),
                            (f"{group_id(group)}/resources", ""),
                            (f"{group_id(group)}/providers/Microsoft.KeyVault/vaults", "")):
            a = self.owner.get(path, query=query)
            self.assertEqual([v["id"] for v in a.json()["value"]], [vault_id(group, name)], a)
        a = self.owner.get(sub("/resources"), query="$filter=resourceType%20eq%20'Microsoft.Compute/disks'")
        self.assertEqual(a.json()["value"], [])
        self.refused(self.owner.get(sub("/resources"), query="$filter=nonsense"), 400, "InvalidFilterInQueryString")
        self.assertEqual(self.arm("stranger").get(sub("/resources")).json()["value"], [])


class Rights(Case):
    """Control plane and data plane are two things (C.5, H)."""

    def assign(self, who, role, scope, by=None, **more):
        role = f"{sub()}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        return (by or self.owner).put(
            f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}",
            {"properties": {"roleDefinitionId": role, "principalId": WORLD.apps[who].object_id, **more}},
            version="2022-04-01")

    SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"

    def test_contributors_assign_nothing(self):
        group, name = self.vault()
        for who in ("contributor", "reader", "vaults", "nobody"):
            self.refused(self.assign("nobody", self.SECRETS_USER, vault_id(group, name), by=self.arm(who)), 403,
                         "AuthorizationFailed")
        self.assertEqual(self.assign("nobody", self.SECRETS_USER, vault_id(group, name), by=self.arm("uaa")).status,
                         201)

    def test_a_contributor_may_grant_itself_data_by_policy_only(self):
        mine = {"tenantId": TENANT, "objectId": WORLD.apps["contributor"].object_id, "permissions": {"secrets": ["set"]}}
        body = {"properties": {"accessPolicies": [mine]}}
        for rbac, status in ((False, 200), (True, 403)):
            group, name = self.vault(enableRbacAuthorization=rbac)
            self.assertEqual(self.secret_status(name, "contributor").status, 403)
            a = self.arm("contributor").put(f"{vault_id(group, name)}/accessPolicies/add", body)
            self.assertEqual(a.status, 200, a)
            self.assertEqual(self.secret_status(name, "contributor").status, status)

    def test_owner_of_everything_reads_no_secret(self):
        _, name = self.vault(enableRbacAuthorization=True)
        self.assertEqual(self.secret_status(name, "owner").status, 403)

    def test_a_change_is_in_force_at_the_next_request_on_every_connection(self):
        group, name = self.vault(enableRbacAuthorization=True)
        scope = vault_id(group, name)
        open_connection = wire.Client(SERVER, f"{name}.vault", DATA["nobody"], "7.6")
        self.addCleanup(open_connection.close)
        for _ in range(3):
            self.assertEqual(open_connection.call("GET", "/secrets").status, 403)
            made = self.assign("nobody", self.SECRETS_USER, scope)
            self.assertEqual(open_connection.call("GET", "/secrets").status, 200)
            self.assertEqual(self.owner.ask("DELETE", made.json()["id"], version="2022-04-01").status, 200)
            self.assertEqual(open_connection.call("GET", "/secrets").status, 403)

    def test_same_role_twice(self):
        group, name = self.vault()
        self.assertEqual(self.assign("nobody", self.SECRETS_USER, vault_id(group, name)).status, 201)
        self.refused(self.assign("nobody", self.SECRETS_USER, vault_id(group, name)), 409, "RoleAssignmentExists")

    def test_delegation_by_condition(self):
        group, name = self.vault()
        only = ("((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR "
                "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals "
                f"{{{self.SECRETS_USER}}}))")
        made = self.assign("nobody", "f58310d9-a9f6-439a-9e8d-f62e7b41a168", vault_id(group, name),
                           condition=only, conditionVersion="2.0")
        self.assertEqual(made.status, 201, made)
        nobody = self.arm("nobody")
        self.assertEqual(self.assign("reader", self.SECRETS_USER, vault_id(group, name), by=nobody).status, 201)
        self.refused(self.assign("reader", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", vault_id(group, name), by=nobody),
                     403, "AuthorizationFailed")

    def test_a_custom_role_where_one_may_not_make_it_assignable(self):
        group, _ = self.vault()
        self.assertEqual(self.assign("nobody", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", group_id(group)).status, 201)
        path = f"{group_id(group)}/providers/Microsoft.Authorization/roleDefinitions/{uuid.uuid4()}"
        body = {"properties": {"roleName": f"Role {uuid.uuid4()}", "type": "CustomRole",
                               "assignableScopes": [group_id(group), sub()],
                               "permissions": [{"actions": ["Microsoft.KeyVault/vaults/read"]}]}}
        self.refused(self.arm("nobody").put(path, body), 403, "LinkedAuthorizationFailed")
        del body["properties"]["assignableScopes"][1]
        self.assertEqual(self.arm("nobody").put(path, body).status, 201)

    def test_a_custom_role(self):
        role, name = str(uuid.uuid4()), f"Role {uuid.uuid4()}"
        path = f"{sub()}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        body = {"properties": {"roleName": name, "description": "", "type": "CustomRole", "assignableScopes": [sub()],
                               "permissions": [{"actions": ["Microsoft.KeyVault/vaults/read"], "notActions": []}]}}
        self.refused(self.arm("contributor").put(path, body), 403, "AuthorizationFailed")
        self.assertEqual(self.owner.put(path, body).status, 201)
        self.assertEqual(self.owner.put(path, body).status, 201)
        self.refused(self.owner.put(path[:-36] + str(uuid.uuid4()), body), 409, "RoleDefinitionWithSameNameExists")
        group, vault = self.vault()
        self.refused(self.arm("nobody").get(vault_id(group, vault)), 403, "AuthorizationFailed")
        made = self.assign("nobody", role, group_id(group))
        self.assertEqual(self.arm("nobody").get(vault_id(group, vault)).status, 200)
        self.refused(self.arm("nobody").get(vault_id(group + "x", vault)), 403, "AuthorizationFailed")
        self.refused(self.owner.ask("DELETE", path), 400, "RoleDefinitionHasAssignments")
        self.assertEqual(self.owner.ask("DELETE", made.json()["id"]).status, 200)
        self.assertEqual(self.owner.ask("DELETE", path).status, 200)
        self.assertEqual(self.owner.ask("DELETE", path).status, 204)

    def test_built_in_roles_stay_as_they_are(self):
        path = f"{sub()}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
        body = {"properties": {"roleName": f"R{uuid.uuid4()}", "assignableScopes": [sub()],
                               "permissions": [{"actions": ["*"]}]}}
        self.refused(self.owner.put(path, body), 403, "RoleDefinitionCannotBeModified")
        body["properties"]["roleName"] = "OWNER"
        self.refused(self.owner.put(path[:-36] + str(uuid.uuid4()), body), 409, "RoleDefinitionWithSameNameExists")


class Locks(Case):
    def lock(self, scope, level, name="l"):
        a = self.owner.put(f"{scope}/providers/Microsoft.Authorization/locks/{name}", {"properties": {"level": level}},
                           version="2016-09-01")
        self.assertIn(a.status, (200, 201), a)
        return a.json()["id"]

    def test_locks_by_level_scope_and_method(self):
        for level, write in (("CanNotDelete", 200), ("ReadOnly", 409)):
            for at in ("group", "vault"):
                with self.subTest(level=level, at=at):
                    group, name = self.vault()
                    lock = self.lock(group_id(group) if at == "group" else vault_id(group, name), level)
                    target = vault_id(group, name)
                    self.assertEqual(self.owner.get(target).status, 200)
                    self.assertEqual(self.owner.ask("PATCH", target, {"tags": {}}).status, write)
                    self.refused(self.owner.ask("DELETE", target), 409, "ScopeLocked")
                    self.refused(self.owner.ask("DELETE", group_id(group)), 409, "ScopeLocked")
                    self.assertEqual(self.owner.ask("DELETE", lock).status, 200)
                    self.assertEqual(self.owner.ask("DELETE", lock).status, 204)
                    self.assertEqual(self.owner.ask("DELETE", group_id(group)).status, 202)

    def test_a_lock_next_door_is_no_lock(self):
        group, name = self.vault()
        self.assertEqual(self.owner.put(group_id(group + "1"), {"location": "local"}).status, 201)
        lock = self.lock(group_id(group + "1"), "ReadOnly")
        self.assertEqual(self.owner.ask("DELETE", vault_id(group, name)).status, 200)
        self.owner.ask("DELETE", lock)

    def test_ids_of_locks_have_single_slashes(self):
        group, name = self.vault()
        path = f"{group_id(group)}//providers/Microsoft.KeyVault//vaults/{name}"
        lock = self.lock(path, "CanNotDelete")
        self.assertEqual(lock, f"{vault_id(group, name)}/providers/Microsoft.Authorization/locks/l")
        self.assertEqual(self.owner.ask("DELETE", lock).status, 200)

    def test_who_may_lock(self):
        group, _ = self.vault()
        path = f"{group_id(group)}/providers/Microsoft.Authorization/locks/x"
        body = {"properties": {"level": "ReadOnly"}}
        for who in ("contributor", "reader", "vaults", "nobody"):
            self.refused(self.arm(who).put(path, body), 403, "AuthorizationFailed")
        self.assertEqual(self.arm("uaa").put(path, body).status, 201)
        self.assertEqual(self.arm("uaa").ask("DELETE", path).status, 200)

    def test_lists_and_bad_locks(self):
        group, name = self.vault()
        here, below = self.lock(group_id(group), "CanNotDelete", "a"), self.lock(vault_id(group, name), "ReadOnly", "b")
        path = f"{group_id(group)}/providers/Microsoft.Authorization/locks"
        self.assertEqual([x["id"] for x in self.owner.get(path).json()["value"]], [here, below])
        at = self.owner.get(path, query="$filter=atScope()").json()["value"]
        self.assertEqual([x["id"] for x in at], [here])
        self.refused(self.owner.put(path + "/c", {"properties": {"level": "Nonsense"}}), 400, "InvalidLockDefinition")
        self.refused(self.owner.put(path + "/c", {}), 400, "InvalidLockDefinition")
        self.refused(self.owner.get(path + "/c"), 404, "LockNotFound")
        for lock in (here, below):
            self.owner.ask("DELETE", lock)


if __name__ == "__main__":
    unittest.main()
