# SPDX-License-Identifier: Apache-2.0
"""
Management groups over the wire (management-plane.md A.11): the tree, who may
change it, and that rights come down through it at the next request, on the
connection that is open already.
"""
import threading
import unittest
import uuid

from kit import wire, world
from kit.server import Server

SERVER, WORLD, TOKENS, DATA = None, None, {}, {}
TENANT, OTHER = None, None
VERSION = "2021-04-01"
TYPE = "Microsoft.Management/managementGroups"
ROLE = {"Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Management Group Contributor": "5d58bcaf-24a5-4b20-bdb6-eed9f69fbe4c",
        "Management Group Reader": "ac63b705-f282-497d-ac71-919bf39d939d",
        "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "Hierarchy Settings Administrator": "350f8d15-c687-4448-8ae1-157740a3936d",
        "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6"}
PEOPLE = ("mover", "other", "reader", "settler", "app", "nobody")


def setUpModule():
    global SERVER, WORLD, TENANT, OTHER
    WORLD = world.World()
    WORLD.vault("alpha")
    for name in ("root", "subowner", *PEOPLE):
        WORLD.app(name)
    WORLD.role("root", "Owner", scope="/")
    WORLD.role("root", "Key Vault Administrator", vault="alpha")
    WORLD.role("subowner", "Owner", scope=f"/subscriptions/{WORLD.subscription}")
    WORLD.app("guest").tenant = "Fabrikam"
    WORLD.tenants.append({"name": "Fabrikam", "domain": "fabrikam.test"})
    WORLD.role("guest", "Owner", scope=f"/subscriptions/{WORLD.away}")
    WORLD.secrets.append({"vault": "alpha", "name": "one", "value": "v"})
    seed = WORLD.seed()
    next(x for x in seed["subscriptions"] if x["id"] == WORLD.away)["tenant"] = "Fabrikam"
    SERVER = Server("management_groups", seed=seed).start()
    for name, a in WORLD.apps.items():
        where = "fabrikam.test" if a.tenant else "adfs"
        TOKENS[name] = wire.get_token(SERVER, a.app_id, a.secret, scope=f"{origin()}/.default", tenant=where)
        DATA[name] = wire.get_token(SERVER, a.app_id, a.secret, tenant=where)
    TENANT = Arm("root").get("/tenants").json()["value"][0]["tenantId"]
    OTHER = Arm("guest").get("/tenants").json()["value"][0]["tenantId"]


def tearDownModule():
    SERVER.discard()


def origin():
    return f"https://{SERVER.host('management')}"


def mg(name):
    return f"/providers/{TYPE}/{name}"


def sub():
    return f"/subscriptions/{WORLD.subscription}"


def fresh(prefix="g"):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def body(name=None, parent=None):
    properties = {}
    if name:
        properties["displayName"] = name
    if parent:
        properties["details"] = {"parent": {"id": mg(parent)}}
    return {"properties": properties}


class Arm:
    """Requests of one caller, over one connection."""

    def __init__(self, who):
        self.c = wire.Client(SERVER, "management", TOKENS.get(who), None)

    def ask(self, method, path, content=None, query="", version=VERSION):
        query = "&".join(q for q in (f"api-version={version}", query) if q)
        return self.c.call(method, path if "?" in path else f"{path}?{query}", content)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def put(self, path, content=None, **more):
        return self.ask("PUT", path, content, **more)

    def patch(self, path, content, **more):
        return self.ask("PATCH", path, content, **more)

    def post(self, path, content=None, **more):
        return self.ask("POST", path, content, **more)

    def delete(self, path, **more):
        return self.ask("DELETE", path, **more)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.root = self.arm("root")

    def arm(self, who):
        a = Arm(who)
        self.addCleanup(a.c.close)
        return a

    def group(self, parent=None, name=None, id=None):
        id = id or fresh()
        a = self.root.put(mg(id), body(name, parent))
        self.assertEqual(a.status, 202, a)
        self.addCleanup(self.root.delete, mg(id))
        return id

    def place(self, group):
        """The subscription below that group; back to the root at the end."""
        self.assertEqual(self.root.put(f"{mg(group)}{sub()}").status, 200)
        self.addCleanup(self.root.put, f"{mg(TENANT)}{sub()}")

    def grant(self, who, role, scope, **more):
        id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        a = self.root.put(id, {"properties": {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{ROLE.get(role, role)}",
            "principalId": WORLD.apps[who].object_id, "principalType": "ServicePrincipal", **more}}, version="2022-04-01")
        self.assertEqual(a.status, 201, a)
        self.addCleanup(self.root.delete, id, version="2022-04-01")
        return id

    def revoke(self, id):
        self.assertEqual(self.root.delete(id, version="2022-04-01").status, 200)

    def refused(self, answer, status, code):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.error["code"], code, answer)
        return answer

    def denied(self, answer, action, scope):
        self.refused(answer, 403, "AuthorizationFailed")
        self.assertIn(f"action '{action}' over scope '{scope.lower()}'", answer.error["message"])

    def names(self, answer):
        self.assertEqual(answer.status, 200, answer)
        return [x["name"] for x in answer.json()["value"]]


class Groups(Case):
    def test_from_the_first_put_to_the_last_get(self):
        id = fresh("Team")
        a = self.root.put(mg(id), {"name": id, **body("The team")})
        self.assertEqual(a.status, 202, a)
        url = a.header("Location")
        self.assertEqual(url, a.header("Azure-AsyncOperation"))
        self.assertTrue(url.startswith(f"{origin()}/providers/Microsoft.Management/operationResults/create/"), url)
        self.assertEqual(a.header("Retry-After"), "1")
        done = self.root.get(url.removeprefix(origin()))
        self.assertEqual((done.status, done.json()["status"], done.json()["name"]), (200, "Succeeded", id))
        g = self.root.get(mg(id.lower())).json()
        self.assertEqual((g["id"], g["type"], g["name"]), (mg(id), TYPE, id))
        self.assertEqual((g["properties"]["tenantId"], g["properties"]["displayName"]), (TENANT, "The team"))
        details = g["properties"]["details"]
        self.assertEqual((details["version"], details["updatedBy"]), (1, WORLD.apps["root"].object_id))
        self.assertEqual(details["parent"], {"id": mg(TENANT), "name": TENANT, "displayName": "Tenant Root Group"})
        self.assertNotIn("children", g["properties"])
        a = self.root.put(mg(id), body("Renamed"))
        self.assertEqual((a.status, a.json()["properties"]["displayName"]), (200, "Renamed"))
        a = self.root.patch(mg(id), {"displayName": "Again"})
        self.assertEqual((a.status, a.json()["properties"]["displayName"]), (200, "Again"))
        self.assertEqual(a.json()["properties"]["details"]["version"], 3)
        a = self.root.delete(mg(id))
        self.assertEqual((a.status, a.header("Retry-After")), (202, "1"))
        done = self.root.get(a.header("Location").removeprefix(origin()))
        self.assertEqual((done.status, done.json()["status"]), (200, "Succeeded"))
        self.refused(self.root.get(mg(id)), 404, "NotFound")
        self.refused(self.root.get(url.removeprefix(origin())), 404, "NotFound")
        self.assertEqual(self.root.delete(mg(id)).status, 204)

    def test_a_put_without_a_name_takes_the_id(self):
        id = fresh()
        self.assertEqual(self.root.put(mg(id), {}).status, 202)
        self.addCleanup(self.root.delete, mg(id))
        self.assertEqual(self.root.get(mg(id)).json()["properties"]["displayName"], id)

    def test_the_root_group_is_there_and_stays(self):
        g = self.root.get(mg(TENANT), query="$expand=path,ancestors").json()
        self.assertEqual(g["properties"]["details"]["path"], [{"name": TENANT, "displayName": "Tenant Root Group"}])
        self.assertEqual(g["properties"]["details"]["managementGroupAncestors"], [])
        self.assertNotIn("parent", g["properties"]["details"])
        self.refused(self.root.delete(mg(TENANT)), 400, "BadRequest")
        child = self.group()
        self.refused(self.root.patch(mg(TENANT), {"parentGroupId": mg(child)}), 400, "BadRequest")
        a = self.root.patch(mg(TENANT), {"displayName": "Top"})
        self.assertEqual((a.status, a.json()["properties"]["displayName"]), (200, "Top"))
        a = self.root.put(mg(TENANT), body("Tenant Root Group"))
        self.assertEqual((a.status, a.json()["name"]), (200, TENANT))
        self.assertEqual(self.root.get(mg(child)).json()["properties"]["details"]["parent"]["name"], TENANT)

    def test_expand(self):
        top = self.group(name="Top")
        mid = self.group(top, "Middle")
        low = self.group(mid, "Low")
        self.place(mid)
        g = self.root.get(mg(top), query="$expand=children").json()["properties"]
        self.assertEqual(g["children"], [{"type": TYPE, "id": mg(mid), "name": mid, "displayName": "Middle"}])
        g = self.root.get(mg(top), query="%24expand=children&%24recurse=true").json()["properties"]
        self.assertEqual(g["children"][0]["children"], [
            {"type": TYPE, "id": mg(low), "name": low, "displayName": "Low"},
            {"type": "/subscriptions", "id": sub(), "name": WORLD.subscription, "displayName": "bench"}])
        g = self.root.get(mg(mid), query="$expand=children&$filter=children.childType%20ne%20Subscription").json()
        self.assertEqual([c["name"] for c in g["properties"]["children"]], [low])
        g = self.root.get(mg(low), query="$expand=children,path,ancestors").json()["properties"]
        self.assertEqual(g["children"], [])
        self.assertEqual([p["name"] for p in g["details"]["path"]], [TENANT, top, mid, low])
        self.assertEqual(g["details"]["managementGroupAncestors"], [mid, top, TENANT])
        self.assertEqual([p["displayName"] for p in g["details"]["managementGroupAncestorsChain"]],
                         ["Middle", "Top", "Tenant Root Group"])
        for bad in ("$expand=everything", "$filter=name%20eq%20'x'"):
            self.assertEqual(self.root.get(mg(top), query=bad).status, 400, bad)

    def test_what_is_no_group_is_refused(self):
        for bad in ("a b", "a.", "x" * 91, "a%2Fb", "%C3%A4", "a*"):
            a = self.root.put(f"/providers/{TYPE}/{bad.replace(' ', '%20')}", body())
            self.assertIn(a.status, (400, 404), (bad, a))
        id = fresh()
        for content in ({"name": "another"}, {"properties": 1}, {"properties": {"displayName": 7}},
                        {"properties": {"displayName": "x" * 257}}, {"properties": {"displayName": "a\nb"}},
                        {"properties": {"details": []}}, {"properties": {"details": {"parent": "x"}}},
                        {"properties": {"details": {"parent": {"id": 3}}}},
                        {"properties": {"details": {"parent": {"id": "nowhere"}}}},
                        {"properties": {"details": {"parent": {"id": sub()}}}}):
            self.refused(self.root.put(mg(id), content), 400, "InvalidRequestContent")
        self.refused(self.root.put(mg(id), body(parent=fresh("none"))), 404, "NotFound")
        self.refused(self.root.put(mg(id), body(parent=id)), 404, "NotFound")
        self.refused(self.root.patch(mg(id), {"displayName": "x"}), 404, "NotFound")
        self.refused(self.root.get(mg(id)), 404, "NotFound")
        self.assertEqual(self.root.ask("PUT", mg(id), b"{").status, 400)

    def test_six_levels_and_no_circles(self):
        chain = [self.group()]
        for _ in range(5):
            chain.append(self.group(chain[-1]))
        self.refused(self.root.put(mg(fresh()), body(parent=chain[-1])), 400, "ManagementGroupHierarchyTooDeep")
        self.place(chain[-1])
        self.assertEqual(self.root.get(mg(chain[-1]) + sub()).status, 200)
        self.refused(self.root.patch(mg(chain[0]), {"parentGroupId": mg(chain[2])}), 400, "BadRequest")
        self.refused(self.root.patch(mg(chain[0]), {"parentGroupId": mg(chain[0])}), 400, "BadRequest")
        side = self.group()
        # A tall tree does not fit below another group.
        self.refused(self.root.patch(mg(chain[0]), {"parentGroupId": mg(side)}), 400, "ManagementGroupHierarchyTooDeep")
        self.assertEqual(self.root.patch(mg(chain[3]), {"parentGroupId": mg(side)}).status, 200)
        g = self.root.get(mg(chain[-1]), query="$expand=ancestors").json()["properties"]["details"]
        self.assertEqual(g["managementGroupAncestors"], [chain[4], chain[3], side, TENANT])
        for id in reversed(chain):
            if id == chain[-1]:
                self.assertEqual(self.root.delete(mg(id) + sub()).status, 200)
            self.assertEqual(self.root.delete(mg(id)).status, 202)

    def test_a_group_with_children_is_not_deleted(self):
        top = self.group()
        low = self.group(top)
        self.refused(self.root.delete(mg(top)), 400, "BadRequest")
        self.place(low)
        self.refused(self.root.delete(mg(low)), 400, "BadRequest")
        self.assertEqual(self.root.delete(mg(low) + sub()).status, 200)
        self.assertEqual(self.root.delete(mg(low)).status, 202)
        self.assertEqual(self.root.delete(mg(top)).status, 202)

    def test_a_child_and_the_end_of_its_parent_at_the_same_time(self):
        for _ in range(8):
            top, child = fresh(), fresh()
            self.assertEqual(self.root.put(mg(top), body()).status, 202)
            got = {}
            other = self.arm("root")

            def run(what, call, got=got):
                got[what] = call().status

            threads = [threading.Thread(target=run, args=("put", lambda: other.put(mg(child), body(parent=top)))),
                       threading.Thread(target=run, args=("delete", lambda: self.root.delete(mg(top))))]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            self.assertIn((got["put"], got["delete"]), ((202, 400), (404, 202)))
            if got["put"] == 202:
                self.assertEqual(self.root.delete(mg(child)).status, 202)
                self.assertEqual(self.root.delete(mg(top)).status, 202)

    def test_groups_bear_no_locks(self):
        a = self.root.put(f"{mg(self.group())}/providers/Microsoft.Authorization/locks/l",
                          {"properties": {"level": "ReadOnly"}}, version="2020-05-01")
        self.refused(a, 400, "InvalidLockScope")


class Lists(Case):
    def test_the_list_has_what_the_caller_may_read(self):
        top = self.group()
        low, side = self.group(top), self.group()
        mine = self.names(self.root.get(f"/providers/{TYPE}"))
        self.assertLessEqual({TENANT, top, low, side}, set(mine))
        self.assertEqual(self.names(self.arm("nobody").get(f"/providers/{TYPE}")), [])
        self.grant("reader", "Management Group Reader", mg(top))
        self.assertEqual(set(self.names(self.arm("reader").get(f"/providers/{TYPE}"))), {top, low})
        item = next(x for x in self.root.get(f"/providers/{TYPE}").json()["value"] if x["name"] == top)
        self.assertEqual(item, {"id": mg(top), "type": TYPE, "name": top,
                                "properties": {"tenantId": TENANT, "displayName": top}})

    def test_pages(self):
        top = self.group()
        below = sorted(self.group(top) for _ in range(5))
        for path in (f"{mg(top)}/descendants", "/providers/Microsoft.Management/getEntities"):
            got, a = [], self.root.get(path, query=f"$top=2&groupName={top}")
            for _ in range(9):
                got += self.names(a)
                self.assertLessEqual(len(a.json()["value"]), 2)
                if "nextLink" not in a.json():
                    break
                a = self.root.get(a.json()["nextLink"].removeprefix(origin()))
            self.assertEqual([x for x in got if x != top], below)
        a = self.root.get(f"{mg(top)}/descendants", query="$skiptoken=nonsense")
        self.assertEqual(a.status, 400)

    def test_descendants(self):
        top = self.group()
        low = self.group(top, "Low")
        self.place(low)
        self.assertEqual(self.root.get(f"{mg(top)}/descendants").json()["value"], [
            {"id": mg(low), "type": TYPE, "name": low,
             "properties": {"displayName": "Low", "parent": {"id": mg(top)}}},
            {"id": sub(), "type": "/subscriptions", "name": WORLD.subscription,
             "properties": {"displayName": "bench", "parent": {"id": mg(low)}}}])
        self.denied(self.arm("nobody").get(f"{mg(top)}/descendants"), f"{TYPE}/descendants/read", mg(top))
        self.refused(self.root.get(f"{mg(fresh())}/descendants"), 404, "NotFound")

    def test_entities(self):
        top = self.group(name="Top")
        low, side = self.group(top), self.group()
        self.place(low)
        entities = "/providers/Microsoft.Management/getEntities"
        self.assertEqual(self.names(self.arm("nobody").post(entities)), [])
        mine = {x["name"]: x["properties"] for x in self.arm("subowner").post(entities).json()["value"]}
        # What it may read, and the way there; of that no more than names.
        self.assertEqual(set(mine), {TENANT, top, low, WORLD.subscription})
        self.assertEqual({n: p["permissions"] for n, p in mine.items()},
                         {TENANT: "noaccess", top: "noaccess", low: "noaccess", WORLD.subscription: "delete"})
        self.assertEqual(mine[TENANT]["numberOfChildren"], 1)
        self.assertEqual(mine[TENANT]["numberOfDescendants"], 3)
        s = mine[WORLD.subscription]
        self.assertEqual(s["parentNameChain"], [TENANT, top, low])
        self.assertEqual(s["parentDisplayNameChain"], ["Tenant Root Group", "Top", low])
        self.assertEqual((s["parent"], s["inheritedPermissions"]), ({"id": mg(low)}, "noaccess"))
        all_ = {x["name"]: x["properties"] for x in self.root.post(entities).json()["value"]}
        self.assertEqual(all_[side]["permissions"], "delete")
        self.assertEqual((all_[top]["numberOfDescendants"], all_[top]["numberOfChildGroups"]), (2, 1))
        self.assertNotIn("parent", all_[TENANT])
        only = self.root.post(entities, query="$view=SubscriptionsOnly").json()["value"]
        self.assertEqual({x["type"] for x in only}, {"/subscriptions"})
        self.assertIn(WORLD.subscription, [x["name"] for x in only])
        self.assertNotIn(WORLD.subscription, self.names(self.root.post(entities, query="$view=GroupsOnly")))
        self.assertEqual(self.names(self.root.post(entities, query=f"groupName={fresh()}")), [])

    def test_names_that_are_free(self):
        check = "/providers/Microsoft.Management/checkNameAvailability"
        taken = self.group()
        for name, reason in ((fresh(), None), (taken.upper(), "AlreadyExists"), (TENANT, "AlreadyExists"),
                             ("a b", "Invalid"), ("", "Invalid")):
            a = self.root.post(check, {"name": name, "type": TYPE}).json()
            self.assertEqual((a["nameAvailable"], a.get("reason")), (reason is None, reason), name)
        self.refused(self.root.post(check, {"type": TYPE}), 400, "InvalidRequestContent")

    def test_backfill_was_done_before_it_was_asked_for(self):
        for what in ("startTenantBackfill", "tenantBackfillStatus"):
            a = self.root.post(f"/providers/Microsoft.Management/{what}")
            self.assertEqual(a.json(), {"tenantId": TENANT, "status": "Completed"})

    def test_settings(self):
        at, group = f"{mg(TENANT)}/settings", self.group()
        self.refused(self.root.get(f"{at}/default"), 404, "NotFound")
        self.assertEqual(self.root.get(at).json(), {"value": []})
        self.denied(self.arm("nobody").get(at), f"{TYPE}/settings/read", mg(TENANT))
        self.grant("settler", "Hierarchy Settings Administrator", mg(TENANT))
        settler = self.arm("settler")
        a = settler.put(f"{at}/default", {"properties": {"requireAuthorizationForGroupCreation": True,
                                                         "defaultManagementGroup": mg(group)}})
        self.assertEqual((a.status, a.json()["properties"]["defaultManagementGroup"]), (200, mg(group)))
        self.assertEqual(settler.get(f"{at}/default").json(), settler.get(at).json()["value"][0])
        for bad in ({}, {"properties": {"requireAuthorizationForGroupCreation": False}},
                    {"properties": {"defaultManagementGroup": sub()}}):
            self.refused(settler.patch(f"{at}/default", bad), 400, "InvalidRequestContent")
        self.refused(settler.patch(f"{at}/default", {"properties": {"defaultManagementGroup": mg(fresh())}}),
                     404, "NotFound")
        self.denied(settler.delete(f"{at}/default"), f"{TYPE}/settings/delete", mg(TENANT))
        self.assertEqual(self.root.delete(f"{at}/default").status, 200)
        self.assertEqual(self.root.delete(f"{at}/default").status, 204)
        self.refused(self.root.get(f"{mg(group)}/settings"), 400, "BadRequest")


class Subscriptions(Case):
    def test_in_and_out(self):
        group, other = self.group(name="Here"), self.group()
        self.assertIn(WORLD.subscription, self.names(self.root.get(f"{mg(TENANT)}/subscriptions")))
        a = self.root.put(f"{mg(group)}{sub()}")
        item = {"id": f"{mg(group)}{sub()}", "type": f"{TYPE}/subscriptions", "name": WORLD.subscription,
                "properties": {"tenant": TENANT, "displayName": "bench", "parent": {"id": mg(group)},
                               "state": "Active"}}
        self.assertEqual((a.status, a.json()), (200, item))
        self.assertEqual(self.root.get(f"{mg(group)}{sub()}").json(), item)
        self.assertEqual(self.root.get(f"{mg(group)}/subscriptions").json()["value"], [item])
        self.assertNotIn(WORLD.subscription, self.names(self.root.get(f"{mg(TENANT)}/subscriptions")))
        self.refused(self.root.get(f"{mg(other)}{sub()}"), 404, "NotFound")
        self.assertEqual(self.root.delete(f"{mg(other)}{sub()}").status, 204)
        self.assertEqual(self.root.put(f"{mg(other)}{sub()}").status, 200)
        self.assertEqual(self.names(self.root.get(f"{mg(group)}/subscriptions")), [])
        self.assertEqual(self.root.delete(f"{mg(other)}{sub()}").status, 200)
        self.assertEqual(self.root.delete(f"{mg(other)}{sub()}").status, 204)
        self.assertEqual(self.root.get(f"{mg(TENANT)}{sub()}").json()["properties"]["parent"], {"id": mg(TENANT)})
        self.assertEqual(self.root.delete(f"{mg(TENANT)}{sub()}").status, 204)

    def test_what_is_not_there(self):
        group, nowhere = self.group(), f"/subscriptions/{uuid.uuid4()}"
        for method in ("GET", "PUT", "DELETE"):
            self.refused(self.root.ask(method, f"{mg(group)}{nowhere}"), 404, "SubscriptionNotFound")
            self.refused(self.root.ask(method, f"{mg(group)}/subscriptions/bench"), 404, "SubscriptionNotFound")
            self.refused(self.root.ask(method, f"{mg(fresh())}{sub()}"), 404, "NotFound")


class Inheritance(Case):
    """One connection each for both planes: what changes is in force at the next request."""

    def setUp(self):
        super().setUp()
        self.top, self.side = self.group(), self.group()
        self.low = self.group(self.top)
        self.app = self.arm("app")
        self.data = wire.Client(SERVER, "alpha.vault", DATA["app"], "7.6")
        self.addCleanup(self.data.close)
        self.data.get("/secrets/one")
        self.app.get(sub())
        self.wires = (self.data.wire, self.app.c.wire)

    def check(self, may):
        self.assertEqual(self.data.get("/secrets/one").status, 200 if may else 403)
        self.assertEqual(self.app.get(sub()).status, 200 if may else 403)
        listed = [s["subscriptionId"] for s in self.app.get("/subscriptions").json()["value"]]
        self.assertEqual(WORLD.subscription in listed, may)
        self.assertEqual((self.data.wire, self.app.c.wire), self.wires, "not the same connections any more")

    def test_rights_come_down_and_go_with_every_move(self):
        self.grant("app", "Key Vault Secrets User", mg(self.top))
        self.grant("app", "Reader", mg(self.top))
        self.check(False)
        self.place(self.low)
        self.check(True)
        self.place(self.side)
        self.check(False)
        self.place(self.low)
        self.check(True)
        self.assertEqual(self.root.patch(mg(self.low), {"parentGroupId": mg(self.side)}).status, 200)
        self.check(False)
        self.assertEqual(self.root.put(mg(self.low), body(parent=self.top)).status, 200)
        self.check(True)
        self.assertEqual(self.root.delete(f"{mg(self.low)}{sub()}").status, 200)
        self.check(False)

    def test_an_assignment_comes_and_goes(self):
        self.place(self.low)
        self.check(False)
        ids = [self.grant("app", role, mg(self.top)) for role in ("Key Vault Secrets User", "Reader")]
        self.check(True)
        listed = self.root.get(f"{sub()}/providers/Microsoft.Authorization/roleAssignments", version="2022-04-01",
                               query=f"$filter=principalId%20eq%20'{WORLD.apps['app'].object_id}'").json()["value"]
        self.assertEqual({x["name"] for x in listed}, {i.rsplit("/", 1)[1] for i in ids})
        self.assertEqual({x["properties"]["scope"] for x in listed}, {mg(self.top)})
        for id in ids:
            self.revoke(id)
        self.check(False)

    def test_nothing_stays_for_the_next_group_of_that_id(self):
        id = fresh()
        self.group(id=id)
        self.grant("app", "Key Vault Secrets User", mg(id))
        self.grant("app", "Reader", mg(id))
        self.place(id)
        self.check(True)
        self.assertEqual(self.root.delete(f"{mg(id)}{sub()}").status, 200)
        self.assertEqual(self.root.delete(mg(id)).status, 202)
        self.group(id=id)
        self.place(id)
        self.check(False)
        self.assertEqual(self.names(self.root.get(
            f"{mg(id)}/providers/Microsoft.Authorization/roleAssignments", version="2022-04-01",
            query=f"$filter=principalId%20eq%20'{WORLD.apps['app'].object_id}'")), [])

    def test_the_root_group_and_the_root_reach_everything(self):
        self.grant("app", "Key Vault Secrets User", mg(TENANT))
        reader = self.grant("app", "Reader", mg(TENANT))
        self.check(True)
        self.place(self.low)
        self.check(True)
        self.revoke(reader)
        self.assertEqual(self.app.get(sub()).status, 403)
        self.grant("app", "Reader", "/")
        self.assertEqual(self.app.get(sub()).status, 200)

    def test_assignments_need_the_group(self):
        path = f"/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        a = self.root.put(mg(fresh()) + path, {"properties": {
            "roleDefinitionId": ROLE["Reader"], "principalId": WORLD.apps["app"].object_id,
            "principalType": "ServicePrincipal"}}, version="2022-04-01")
        self.refused(a, 404, "NotFound")

    def test_custom_roles(self):
        name = str(uuid.uuid4())
        path = f"{mg(self.top)}/providers/Microsoft.Authorization/roleDefinitions/{name}"
        role = {"properties": {"roleName": fresh("role"), "type": "CustomRole", "assignableScopes": [mg(self.top)],
                               "permissions": [{"actions": ["Microsoft.Resources/subscriptions/read"]}]}}
        self.assertEqual(self.root.put(path, role, version="2022-04-01").status, 201)
        self.addCleanup(self.root.delete, path, version="2022-04-01")
        self.place(self.low)
        self.grant("app", name, sub())  # below its assignable scope
        self.assertEqual(self.app.get(sub()).status, 200)
        role["properties"]["assignableScopes"] = [mg(self.top), mg(self.side)]
        self.assertEqual(self.root.put(path, role, version="2022-04-01").status, 400)
        role["properties"]["assignableScopes"] = [mg(self.top)]
        role["properties"]["permissions"][0]["dataActions"] = ["Microsoft.KeyVault/vaults/secrets/*"]
        self.assertEqual(self.root.put(path, role, version="2022-04-01").status, 400)
        listed = self.root.get(f"{mg(self.low)}/providers/Microsoft.Authorization/roleDefinitions", version="2022-04-01",
                               query="$filter=type%20eq%20'CustomRole'")
        self.assertIn(name, self.names(listed))

    def test_denials_are_read_at_a_group(self):
        path = f"{mg(self.top)}/providers/Microsoft.Authorization/denyAssignments"
        self.assertEqual(self.root.get(path, version="2022-04-01").json()["value"], [])
        self.denied(self.arm("nobody").get(path, version="2022-04-01"),
                    "Microsoft.Authorization/denyAssignments/read", mg(self.top))


class Moves(Case):
    """Rights at the old parent, at the new one, and at what is moved: each one missing, then all."""

    def setUp(self):
        super().setUp()
        self.old, self.new = self.group(), self.group()
        self.mover = self.arm("mover")

    def all_but(self, rights, missing):
        return [self.grant("mover", role, scope) for role, scope in rights if (role, scope) != missing]

    def matrix(self, rights, what, move, back):
        for missing in rights:
            with self.subTest(what=what, missing=missing):
                ids = self.all_but(rights, missing)
                self.refused(move(self.mover), 403, "AuthorizationFailed")
                for id in ids:
                    self.revoke(id)
        self.all_but(rights, None)
        self.assertEqual(move(self.mover).status, 200)
        self.assertEqual(back(self.root).status, 200)

    def test_a_subscription(self):
        self.place(self.old)
        rights = [("Management Group Contributor", mg(self.old)), ("Management Group Contributor", mg(self.new)),
                  ("Owner", sub())]
        self.matrix(rights, "between groups", lambda a: a.put(f"{mg(self.new)}{sub()}"),
                    lambda a: a.put(f"{mg(self.old)}{sub()}"))

    def test_of_the_subscription_both_rights(self):
        self.grant("mover", "Management Group Contributor", mg(self.new))
        for one, other in (("Management Group Contributor", "User Access Administrator"),
                           ("User Access Administrator", "Management Group Contributor")):
            id = self.grant("mover", one, sub())
            self.refused(self.mover.put(f"{mg(self.new)}{sub()}"), 403, "AuthorizationFailed")
            second = self.grant("mover", other, sub())
            self.assertEqual(self.mover.put(f"{mg(self.new)}{sub()}").status, 200)
            self.assertEqual(self.root.delete(f"{mg(self.new)}{sub()}").status, 200)
            self.revoke(id)
            self.revoke(second)

    def test_a_group(self):
        child = self.group(self.old)
        rights = [("Management Group Contributor", mg(self.old)), ("Management Group Contributor", mg(self.new)),
                  ("Owner", mg(child))]
        for call in (lambda a, to: a.patch(mg(child), {"parentGroupId": mg(to)}),
                     lambda a, to: a.put(mg(child), body(parent=to))):
            # The old parent's rights come down, so the child's own lacks but the right to assign.
            self.matrix(rights, "a group", lambda a, call=call: call(a, self.new),
                        lambda a, call=call: call(a, self.old))
            for a in self.root.get(f"{mg(child)}/providers/Microsoft.Authorization/roleAssignments",
                                   version="2022-04-01").json()["value"]:
                if a["properties"]["principalId"] == WORLD.apps["mover"].object_id:
                    self.revoke(a["id"])
            for scope in (self.old, self.new):
                for a in self.root.get(f"{mg(scope)}/providers/Microsoft.Authorization/roleAssignments",
                                       version="2022-04-01").json()["value"]:
                    if a["properties"]["principalId"] == WORLD.apps["mover"].object_id:
                        self.revoke(a["id"])

    def test_at_the_root_group_no_right_is_asked_for(self):
        # It stands above everything anyway: nothing is lost or won there.
        subowner = self.arm("subowner")
        self.refused(subowner.put(f"{mg(self.new)}{sub()}"), 403, "AuthorizationFailed")
        self.grant("subowner", "Management Group Contributor", mg(self.new))
        self.assertEqual(subowner.put(f"{mg(self.new)}{sub()}").status, 200)
        self.assertEqual(subowner.put(f"{mg(TENANT)}{sub()}").status, 200)
        self.assertEqual(subowner.put(f"{mg(self.new)}{sub()}").status, 200)
        self.assertEqual(subowner.delete(f"{mg(self.new)}{sub()}").status, 200)

    def test_the_reader_changes_nothing(self):
        self.place(self.old)
        self.grant("reader", "Management Group Reader", mg(TENANT))
        reader = self.arm("reader")
        self.assertEqual(reader.get(mg(self.old)).status, 200)
        self.denied(reader.put(mg(self.old), body("x")), f"{TYPE}/write", mg(self.old))
        self.denied(reader.patch(mg(self.old), {"displayName": "x"}), f"{TYPE}/write", mg(self.old))
        self.denied(reader.delete(mg(self.old)), f"{TYPE}/delete", mg(self.old))
        self.denied(reader.put(f"{mg(self.new)}{sub()}"), f"{TYPE}/subscriptions/write", mg(self.new))
        self.denied(reader.delete(f"{mg(self.old)}{sub()}"), f"{TYPE}/subscriptions/delete", mg(self.old))
        self.assertEqual(self.names(reader.get(f"{mg(self.old)}/subscriptions")), [WORLD.subscription])

    def test_new_groups_take_the_right_at_their_parent(self):
        id = fresh()
        self.grant("mover", "Management Group Contributor", mg(self.old))
        self.denied(self.mover.put(mg(id), body()), f"{TYPE}/write", mg(id))
        self.denied(self.mover.put(mg(id), body(parent=self.new)), f"{TYPE}/write", mg(id))
        self.assertEqual(self.mover.put(mg(id), body(parent=self.old)).status, 202)
        self.assertEqual(self.mover.delete(mg(id)).status, 202)

    def test_nobody_learns_which_groups_there_are(self):
        nobody, missing = self.arm("nobody"), fresh()
        for call in (lambda id: nobody.get(mg(id)), lambda id: nobody.put(mg(id), body()),
                     lambda id: nobody.patch(mg(id), {"displayName": "x"}), lambda id: nobody.delete(mg(id)),
                     lambda id: nobody.get(f"{mg(id)}/descendants"), lambda id: nobody.get(f"{mg(id)}/subscriptions"),
                     lambda id: nobody.put(f"{mg(id)}{sub()}"), lambda id: nobody.get(f"{mg(id)}/settings"),
                     lambda id: nobody.get(f"/providers/Microsoft.Management/operationResults/delete/managementGroups/{id}")):
            there, not_there = call(self.old), call(missing)
            self.assertEqual((there.status, not_there.status), (403, 403))
            self.assertEqual(there.error["message"].replace(self.old, "*"),
                             not_there.error["message"].replace(missing, "*"))

    def test_a_lock_holds_the_subscription_where_it_is(self):
        lock = f"{sub()}/providers/Microsoft.Authorization/locks/{fresh()}"
        self.assertEqual(self.root.put(lock, {"properties": {"level": "ReadOnly"}}, version="2020-05-01").status, 201)
        self.refused(self.root.put(f"{mg(self.new)}{sub()}"), 409, "ScopeLocked")
        # To go out of a group is a change, and no deletion.
        self.assertEqual(self.root.put(lock, {"properties": {"level": "CanNotDelete"}}, version="2020-05-01").status, 200)
        self.assertEqual(self.root.put(f"{mg(self.new)}{sub()}").status, 200)
        self.assertEqual(self.root.delete(f"{mg(self.new)}{sub()}").status, 200)
        self.assertEqual(self.root.delete(lock, version="2020-05-01").status, 200)


class Tenants(Case):
    def test_neither_sees_the_others_tree(self):
        group = self.group()
        guest = self.arm("guest")
        self.assertEqual(self.names(guest.get(f"/providers/{TYPE}")), [])
        seen = {x["name"] for x in guest.post("/providers/Microsoft.Management/getEntities").json()["value"]}
        self.assertEqual(seen, {OTHER, WORLD.away})
        self.assertNotIn(WORLD.away, self.names(self.root.post("/providers/Microsoft.Management/getEntities")))
        self.assertNotIn(OTHER, self.names(self.root.get(f"/providers/{TYPE}")))
        for id in (group, TENANT, fresh()):
            self.refused(guest.get(mg(id)), 403, "AuthorizationFailed")
        self.refused(self.root.get(mg(OTHER)), 404, "NotFound")

    def test_neither_moves_what_is_the_others(self):
        group = self.group()
        theirs = f"/subscriptions/{WORLD.away}"
        for method in ("PUT", "GET", "DELETE"):
            self.refused(self.root.ask(method, f"{mg(group)}{theirs}"), 404, "SubscriptionNotFound")
            self.refused(self.root.ask(method, f"{mg(TENANT)}{theirs}"), 404, "SubscriptionNotFound")
        guest = self.arm("guest")
        self.refused(guest.put(f"{mg(group)}{theirs}"), 403, "AuthorizationFailed")
        self.assertIn(guest.put(f"{mg(TENANT)}{theirs}").status, (403, 404))
        self.refused(guest.put(f"{mg(OTHER)}{sub()}"), 404, "SubscriptionNotFound")
        self.assertEqual(guest.put(f"{mg(OTHER)}{theirs}").status, 200)

    def test_no_right_of_one_reaches_into_the_other(self):
        # The root's Owner is that of its own tenant's root.
        self.refused(self.root.get(f"/subscriptions/{WORLD.away}"), 403, "AuthorizationFailed")
        self.assertEqual(self.arm("guest").get(sub()).status, 403)
