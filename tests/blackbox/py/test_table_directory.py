# SPDX-License-Identifier: Apache-2.0
"""
Every route of the directory for every principal, and every route of the token service,
which is open to all. A route that a table does not have fails, and so does a row that no
route has. What each principal gets is written here, not asked of the server.
"""
import json
import unittest
import uuid

from kit import wire, world
from kit.server import Server, keyhold

DOMAIN, PASSWORD = "keyhold.localhost", "Wide-enough 7 password"
# What each principal may: nothing, read (R), everything (A); F: read what is of another tenant.
# People read, also without a role; applications do nothing without one.
PRINCIPALS = {"none": None, "nobody": "", "reader": "R", "global": "A", "owner": "", "stranger": "",
              "gone": None, "person": "R", "boss": "A", "far": "F"}
PEOPLE = {"person", "boss", "far"}
V = "/{version}"


class Row:
    """
    ok: the answer to whom may. reads: who reads may. make: what is used up, made anew by an
    administrator; gives what `{...}` stand for. foreign: what people of another tenant get:
    nothing of ours is there for them (404), but lists are of their own.
    """

    def __init__(self, ok, reads=True, body=None, make=None, foreign=404, mine=False):
        self.ok, self.reads, self.body, self.make = ok, reads, body, make
        self.foreign, self.mine = foreign, mine


def write(ok, body=None, make=None):
    return Row(ok, False, body, make)


GROUPS = {"groupIds": []}


def member(kind):
    at = f"{V}/{kind}/{{id}}"
    return {("GET", f"{at}/memberOf"): Row(200), ("GET", f"{at}/transitiveMemberOf"): Row(200),
            ("POST", f"{at}/getMemberGroups"): Row(200, body={"securityEnabledOnly": False}),
            ("POST", f"{at}/getMemberObjects"): Row(200, body={"securityEnabledOnly": False}),
            ("POST", f"{at}/checkMemberGroups"): Row(200, body=GROUPS),
            ("POST", f"{at}/checkMemberObjects"): Row(200, body={"ids": []})}


def owned(kind):
    at = f"{V}/{kind}/{{id}}/owners"
    return {("GET", at): Row(200), ("POST", f"{at}/$ref"): write(204, "ref", kind),
            ("DELETE", f"{at}/{{owner}}/$ref"): write(204, None, f"{kind} owner")}


def kind(name, with_members=True):
    at = f"{V}/{name}"
    return {("GET", at): Row(200, foreign=200), ("POST", at): write(201, f"new {name}"),
            ("GET", f"{at}/{{id}}"): Row(200), ("PATCH", f"{at}/{{id}}"): write(204, {"displayName": "Kept"}),
            ("DELETE", f"{at}/{{id}}"): write(204, None, name), **(member(name) if with_members else {})}


def passwords(name):
    at = f"{V}/{name}/{{id}}"
    return {("POST", f"{at}/addPassword"): write(200, {}, name),
            ("POST", f"{at}/removePassword"): write(204, "key", f"{name} password")}


FEDERATED = f"{V}/applications/{{id}}/federatedIdentityCredentials"
TABLE = {
    ("GET", f"{V}/me"): Row(200, mine=True), ("GET", f"{V}/me/memberOf"): Row(200, mine=True),
    ("GET", f"{V}/me/transitiveMemberOf"): Row(200, mine=True),
    ("POST", f"{V}/me/getMemberGroups"): Row(200, mine=True, body={"securityEnabledOnly": False}),
    ("POST", f"{V}/me/checkMemberGroups"): Row(200, mine=True, body=GROUPS),
    ("GET", f"{V}/organization"): Row(200, foreign=200),
    **kind("users"), **kind("groups"), **kind("applications", False), **kind("servicePrincipals"),
    **owned("groups"), **owned("applications"), **owned("servicePrincipals"),
    ("GET", f"{V}/groups/{{id}}/members"): Row(200),
    ("POST", f"{V}/groups/{{id}}/members/$ref"): write(204, "ref", "groups"),
    ("DELETE", f"{V}/groups/{{id}}/members/{{member}}/$ref"): write(204, None, "groups member"),
    **passwords("applications"), **passwords("servicePrincipals"),
    ("GET", FEDERATED): Row(200), ("POST", FEDERATED): write(201, "federated", "applications"),
    ("GET", f"{FEDERATED}/{{credential}}"): Row(200),
    ("PATCH", f"{FEDERATED}/{{credential}}"): write(204, {"subject": "kept"}),
    ("DELETE", f"{FEDERATED}/{{credential}}"): write(204, None, "applications federated"),
    ("POST", f"{V}/directoryObjects/getByIds"): Row(200, body="ids", foreign=200),
    ("GET", f"{V}/directoryObjects/{{id}}"): Row(200), **member("directoryObjects"),
    ("GET", f"{V}/{{keyed}}"): Row(200), ("PATCH", f"{V}/{{keyed}}"): write(204, {"displayName": "Kept"}),
    ("DELETE", f"{V}/{{keyed}}"): write(204, None, "applications"),
}
# Of the token service: what an empty request gets, whoever sends it.
SIGN_IN = {
    ("POST", "/{t}/oauth2/v2.0/token"): 400, ("POST", "/{t}/oauth2/token"): 400,
    ("POST", "/adfs/{t}/oauth2/v2.0/token"): 400, ("POST", "/adfs/{t}/oauth2/token"): 400,
    ("GET", "/{t}/oauth2/v2.0/authorize"): 400, ("POST", "/{t}/oauth2/v2.0/authorize"): 400,
    ("GET", "/{t}/oauth2/authorize"): 400, ("POST", "/{t}/oauth2/authorize"): 400,
    ("POST", "/{t}/oauth2/v2.0/devicecode"): 400, ("POST", "/{t}/oauth2/devicecode"): 400,
    ("GET", "/{t}/oauth2/deviceauth"): 200, ("POST", "/{t}/oauth2/deviceauth"): 400,
    ("GET", "/{t}/oauth2/v2.0/logout"): 200, ("GET", "/{t}/oauth2/logout"): 200,
    ("GET", "/assets/login.css"): 200, ("GET", "/common/discovery/instance"): 400,
    ("GET", "/common/userrealm/{upn}"): 200, ("GET", "/{t}/v2.0/.well-known/openid-configuration"): 200,
    ("GET", "/{t}/.well-known/openid-configuration"): 200, ("GET", "/{t}/discovery/v2.0/keys"): 200,
    ("GET", "/{t}/discovery/keys"): 200,
}
STAGE = None
# What is another tenant's.
FAR = {"users": str(uuid.uuid4()), "groups": str(uuid.uuid4())}


class Stage:
    def __init__(self):
        self.apps = {n: world.App(n) for n in PRINCIPALS if n != "none" and n not in PEOPLE}
        self.apps["stranger"].tenant = "elsewhere"
        self.subscription, self.tokens = str(uuid.uuid4()), {"none": None}
        grants = [("reader", "Directory Readers"), ("global", "Global Administrator"), ("gone", "Global Administrator"),
                  ("stranger", "Global Administrator"), ("owner", "Owner"),
                  (f"boss@{DOMAIN}", "Global Administrator"), ("far@elsewhere.test", "Global Administrator")]
        self.server = Server("table-directory", seed={
            "tenants": [{"name": "elsewhere", "domain": "elsewhere.test"}],
            "subscriptions": [{"name": "one", "id": self.subscription}],
            "applications": [a.seed() for a in self.apps.values()],
            "users": [{"upn": f"{n}@{DOMAIN}", "password": PASSWORD} for n in ("person", "boss")] +
                     [{"upn": "far@elsewhere.test", "password": PASSWORD, "tenant": "elsewhere", "id": FAR["users"]}],
            "groups": [{"name": "theirs", "id": FAR["groups"], "members": [], "tenant": "elsewhere"}],
            "roleAssignments": [{"principal": p, "role": r, "scope": "/"} for p, r in grants] +
                               [{"principal": "owner", "role": "Owner",
                                 "scope": f"/subscriptions/{self.subscription}"}],
        })

    def start(self):
        self.server.start()
        self.origin = f"https://{self.server.host('graph')}"
        for name, a in self.apps.items():
            self.tokens[name] = wire.get_token(self.server, a.app_id, a.secret, scope=f"{self.origin}/.default",
                                               tenant="elsewhere.test" if a.tenant else "adfs")
        for name in PEOPLE:
            far = name == "far"
            upn, tenant = ("far@elsewhere.test", "elsewhere.test") if far else (f"{name}@{DOMAIN}", "organizations")
            a = wire.token_answer(self.server, {
                "grant_type": "password", "username": upn, "password": PASSWORD, "scope": f"{self.origin}/.default",
                "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46"}, path=f"/{tenant}/oauth2/v2.0/token")
            assert a.status == 200, a
            self.tokens[name] = a.json()["access_token"]
        self.maker = wire.Client(self.server, "graph", self.tokens["global"], None)
        self.must("DELETE", f"/servicePrincipals/{self.apps['gone'].object_id}", None, 204)
        self.kept = {n: self.new(n) for n in ("users", "groups", "applications", "servicePrincipals")}
        self.must("POST", f"/groups/{self.kept['groups']['id']}/members/$ref", self.ref(), 204)
        self.credential = self.federate(self.kept["applications"])

    def must(self, method, path, body=None, status=201):
        a = self.maker.call(method, f"/v1.0{path}", body)
        assert a.status == status, (method, path, a)
        return a.json() if a.body else None

    def ref(self):
        return {"@odata.id": f"{self.origin}/v1.0/directoryObjects/{self.kept['users']['id']}"}

    @staticmethod
    def fresh():
        return uuid.uuid4().hex[:12]

    def body_of(self, name):
        n = self.fresh()
        if name == "servicePrincipals":
            return {"appId": self.new("applications")["appId"]}
        if name == "applications":
            return {"displayName": n}
        if name == "groups":
            return {"displayName": n, "mailNickname": n, "mailEnabled": False, "securityEnabled": True}
        return {"userPrincipalName": f"{n}@{DOMAIN}", "displayName": n, "mailNickname": n, "accountEnabled": True,
                "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": False}}

    def new(self, name):
        return self.must("POST", f"/{name}", self.body_of(name))

    def federate(self, app):
        return self.must("POST", f"/applications/{app['id']}/federatedIdentityCredentials", self.federated())

    def federated(self):
        return {"name": self.fresh(), "issuer": "https://i.example", "subject": self.fresh(),
                "audiences": ["api://AzureADTokenExchange"]}

    def binds(self, path, made):
        """What the `{...}` of a path stand for; made: "kind[ part]" to be made anew, or None."""
        name = path.split("/")[2]
        kept = self.kept.get(name, self.kept["users"])
        out = {"version": "v1.0", "owner": self.kept["users"]["id"], "member": self.kept["users"]["id"],
               "credential": self.credential["id"]}
        if made:
            what, _, part = made.partition(" ")
            kept = self.new(what)
            if part in ("owner", "member"):
                self.must("POST", f"/{what}/{kept['id']}/{part}s/$ref", self.ref(), 204)
            elif part == "password":
                out["key"] = self.must("POST", f"/{what}/{kept['id']}/addPassword", {}, 200)["keyId"]
            elif part == "federated":
                out["credential"] = self.federate(kept)["id"]
        app = kept if "keyed" in path and made else self.kept["applications"]
        return {**out, "id": kept["id"], "keyed": f"applications(appId='{app['appId']}')"}

    def body(self, wanted, binds):
        if wanted == "ref":
            return self.ref()
        if wanted == "ids":
            return {"ids": [self.kept["users"]["id"]]}
        if wanted == "key":
            return {"keyId": binds.get("key", str(uuid.uuid4()))}
        if wanted == "federated":
            return self.federated()
        if isinstance(wanted, str):
            return self.body_of(wanted.removeprefix("new "))
        return wanted

    def snapshot(self):
        seen = [self.must("GET", f"/{n}?$top=999", None, 200) for n in self.kept]
        seen += [self.must("GET", f"/{n}/{k['id']}/owners", None, 200) for n, k in self.kept.items() if n != "users"]
        seen.append(self.must("GET", f"/groups/{self.kept['groups']['id']}/members", None, 200))
        app = self.kept["applications"]["id"]
        seen.append(self.must("GET", f"/applications/{app}/federatedIdentityCredentials", None, 200))
        return json.dumps(seen, sort_keys=True)


def setUpModule():
    global STAGE
    STAGE = Stage()
    STAGE.start()


def tearDownModule():
    STAGE.maker.close()
    STAGE.server.discard()


def routes(plane):
    done = keyhold("routes", "--json")
    assert done.returncode == 0, done.stderr
    return [r for r in json.loads(done.stdout)["routes"] if r["plane"] == plane]


def expected(name, row):
    rights = PRINCIPALS[name]
    if rights is None:
        return 401
    if row.mine:
        return row.ok if name in PEOPLE else 400
    if rights == "F":
        return row.foreign if row.reads else 403
    if rights == "A" or (row.reads and rights == "R"):
        return row.ok
    return 403


class Directory(unittest.TestCase):
    maxDiff = None

    def test_the_table_has_every_route_and_no_other(self):
        self.assertEqual({(r["method"], r["path"]) for r in routes("graph")}, set(TABLE))
        self.assertEqual([r for r in routes("graph") if r["open"]], [])

    def cells(self, name):
        c = wire.Client(STAGE.server, "graph", STAGE.tokens[name], None)
        self.addCleanup(c.close)
        before = STAGE.snapshot()
        changed = False
        for (method, path), row in TABLE.items():
            want = expected(name, row)
            if not changed and want == row.ok and not row.reads and PRINCIPALS[name] == "A":
                self.assertEqual(STAGE.snapshot(), before)
                changed = True
            binds = STAGE.binds(path, row.make if want == row.ok else None)
            with self.subTest(route=f"{method} {path}"):
                a = c.call(method, path.format(**binds), STAGE.body(row.body, binds))
                self.assertEqual(a.status, want, a)
                if PRINCIPALS[name] in (None, "", "F"):
                    self.assertNotIn(STAGE.kept["users"]["userPrincipalName"].encode(), a.body)
                if want == 403:
                    self.assertEqual(a.json()["error"]["code"], "Authorization_RequestDenied")
        return before

    def refused(self, name):
        """What is refused changes nothing."""
        before = self.cells(name)
        after = json.loads(STAGE.snapshot())
        made = {o["id"] for page in after[:4] for o in page["value"]}
        had = {o["id"] for page in json.loads(before)[:4] for o in page["value"]}
        self.assertLessEqual(had, made)
        self.assertEqual(after[4:], json.loads(before)[4:])

    def test_nobody(self):
        self.refused("none")

    def test_an_application_without_a_role(self):
        self.refused("nobody")

    def test_directory_readers(self):
        self.refused("reader")

    def test_a_person_without_a_role(self):
        self.refused("person")

    def test_an_owner_of_every_subscription(self):
        self.refused("owner")

    def test_administrators_of_another_tenant(self):
        """A role at the root is one of this tenant; who is of another has none by it."""
        self.refused("stranger")
        self.refused("far")

    def test_another_tenants_objects_are_not_there(self):
        a = STAGE.apps["stranger"]
        ids = {**FAR, "servicePrincipals": a.object_id, "directoryObjects": FAR["users"], "applications": a.app_id}
        for (method, path), row in TABLE.items():
            name = path.split("/")[2]
            if "{id}" not in path and "{keyed}" not in path:
                continue
            binds = {**STAGE.binds(path, None), "keyed": f"servicePrincipals(appId='{a.app_id}')", "id": ids.get(name)}
            with self.subTest(route=f"{method} {path}"):
                got = STAGE.maker.call(method, path.format(**binds), STAGE.body(row.body, binds))
                self.assertEqual(got.status, 404, got)
        for name in ("users", "groups", "servicePrincipals", "applications"):
            self.assertFalse({o["id"] for o in STAGE.must("GET", f"/{name}", None, 200)["value"]} & set(ids.values()))
        mine = STAGE.must("POST", "/directoryObjects/getByIds", {"ids": list(ids.values())}, 200)
        self.assertEqual(mine["value"], [])

    def test_an_administrator_that_was_deleted(self):
        self.refused("gone")

    def test_global_administrators(self):
        self.cells("global")
        self.cells("boss")


class SignIn(unittest.TestCase):
    def test_the_table_has_every_route_and_no_other(self):
        self.assertEqual({(r["method"], r["path"]) for r in routes("login")}, set(SIGN_IN))
        self.assertEqual([r for r in routes("login") if not r["open"]], [])

    def test_everybody_gets_the_same(self):
        for (method, path), want in SIGN_IN.items():
            answers = set()
            for token in (None, "garbage", STAGE.tokens["global"], STAGE.tokens["far"]):
                c = wire.Client(STAGE.server, "login", token, None)
                a = c.call(method, path.format(t=STAGE.server.tenant, upn=f"person@{DOMAIN}"))
                c.close()
                answers.add(a.status)
            with self.subTest(route=f"{method} {path}"):
                self.assertEqual(answers, {want})
