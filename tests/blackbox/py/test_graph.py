# SPDX-License-Identifier: Apache-2.0
"""
The directory over the wire, in Microsoft Graph's shape: users, groups, applications, service
principals, who may do what with them, and what az makes of it. Sections in comments are those of
the reference on identity and command line.
"""
import base64
import ssl
import threading
import unittest
import urllib.parse
import uuid

from kit import az, wire, world
from kit.server import Server

SERVER, WORLD, TOKENS = None, None, {}
DOMAIN = "keyhold.localhost"
ROLES = {"global": "Global Administrator", "people": "User Administrator",
         "groups": "Groups Administrator", "apps": "Application Administrator",
         "readers": "Directory Readers"}
OTHER = {"tenant": str(uuid.uuid4()), "user": str(uuid.uuid4())}
PASSWORD = "Wide-enough 7 password"
CROWD = 24  # more than a write has attempts
MISSING = ("Resource '{}' does not exist or one of its queried reference-property objects are "
           "not present.")
REFUSED = "Insufficient privileges to complete the operation."


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    for name, role in ROLES.items():
        WORLD.app(name)
        WORLD.role(name, role, scope="/")
    WORLD.app("owner")
    WORLD.role("owner", "Owner", scope="/")
    WORLD.role("owner", "Owner", scope=f"/subscriptions/{WORLD.subscription}")
    WORLD.tenants.append({"id": OTHER["tenant"], "name": "other", "domain": "other.example"})
    seed = WORLD.seed()
    seed["users"] = [
        {"upn": f"reader@{DOMAIN}", "name": "Reader", "password": PASSWORD},
        {"upn": f"boss@{DOMAIN}", "name": "Boss", "password": PASSWORD},
        {"upn": "far@other.example", "name": "Far", "password": PASSWORD,
         "id": OTHER["user"], "tenant": OTHER["tenant"]}]
    seed["roleAssignments"].append(
        {"principal": f"boss@{DOMAIN}", "role": "Global Administrator", "scope": "/"})
    SERVER = Server("graph", seed=seed).start()
    for name in (*ROLES, "owner", "nobody"):
        a = WORLD.apps[name]
        TOKENS[name] = wire.get_token(SERVER, a.app_id, a.secret, scope=f"{origin()}/.default")


def tearDownModule():
    SERVER.discard()


def origin():
    return f"https://{SERVER.host('graph')}"


def fresh(prefix="x"):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


class Graph:
    """Requests of one caller on one connection."""

    def __init__(self, who=None, token=None, version="v1.0"):
        self.version = version
        self.c = wire.Client(SERVER, "graph", token or TOKENS.get(who), None)

    def ask(self, method, path, body=None, **more):
        return self.c.call(method, f"/{self.version}{path}", body, **more)

    def __getattr__(self, name):
        return lambda path, body=None, **more: self.ask(name.upper(), path, body, **more)

    def list(self, path, **query):
        q = urllib.parse.urlencode({f"${k}": v for k, v in query.items()})
        return self.get(f"{path}?{q}" if q else path)


def ref(oid):
    return {"@odata.id": f"{origin()}/v1.0/directoryObjects/{oid}"}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.g = Graph("global")
        self.addCleanup(self.g.c.close)

    def gives(self, answer, status):
        self.assertEqual(answer.status, status, answer)
        return answer.json() if answer.body else None

    def refuses(self, answer, status, code, message=None):
        self.assertEqual(answer.status, status, answer)
        error = answer.json()["error"]
        self.assertEqual(error["code"], code, answer)
        if message is not None:
            self.assertEqual(error["message"], message)
        self.assertEqual(set(error["innerError"]), {"date", "request-id", "client-request-id"})

    def user(self, **more):
        name = fresh("u")
        return self.gives(self.g.post("/users", {
            "userPrincipalName": f"{name}@{DOMAIN}", "displayName": name, "mailNickname": name,
            "accountEnabled": True, "passwordProfile": {
                "password": PASSWORD, "forceChangePasswordNextSignIn": False}, **more}), 201)

    def group(self, **more):
        name = fresh("g")
        return self.gives(self.g.post("/groups", {
            "displayName": name, "mailNickname": name, "mailEnabled": False,
            "securityEnabled": True, **more}), 201)

    def application(self, **more):
        return self.gives(self.g.post("/applications", {
            "displayName": fresh("a"), "keyCredentials": [], **more}), 201)

    def principal(self, app=None):
        app = app or self.application()
        return self.gives(self.g.post("/servicePrincipals", {
            "appId": app["appId"], "accountEnabled": True}), 201)

    def add(self, group, member):
        self.gives(self.g.post(f"/groups/{group['id']}/members/$ref", ref(member["id"])), 204)

    def person(self, name, password=PASSWORD):
        """A delegated token by name and password; None where sign-in refuses."""
        answer = wire.token_answer(SERVER, {
            "grant_type": "password", "username": name, "password": password,
            "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
            "scope": f"{origin()}/.default"})
        return answer.json()["access_token"] if answer.status == 200 else None


class Doors(Case):
    def test_no_token(self):
        answer = Graph().get("/users")
        self.refuses(answer, 401, "InvalidAuthenticationToken", "Access token is empty.")
        self.assertIn("authorization_uri=", answer.header("WWW-Authenticate"))

    def test_token_for_another_plane(self):
        a = WORLD.apps["global"]
        self.refuses(Graph(token=wire.get_token(SERVER, a.app_id, a.secret)).get("/users"), 401,
                     "InvalidAuthenticationToken")

    def test_owner_of_everything_is_nobody_here(self):
        g = Graph("owner")
        for method, path in (("GET", "/users"), ("POST", "/users"), ("GET", "/groups"),
                             ("DELETE", f"/users/{uuid.uuid4()}"), ("GET", "/organization"),
                             ("POST", "/applications")):
            self.refuses(g.ask(method, path, {} if method == "POST" else None), 403,
                         "Authorization_RequestDenied", REFUSED)

    def test_owner_hands_out_no_directory_roles(self):
        a, role = WORLD.apps["owner"], "62e90394-69f5-4237-9190-012177145e10"
        body = {"properties": {"roleDefinitionId": f"/providers/x/{role}",
                               "principalId": a.object_id}}
        path = f"/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        for who, status in (("owner", 403), ("global", 201)):
            w = WORLD.apps[who]
            token = wire.get_token(SERVER, w.app_id, w.secret,
                                   scope=f"https://{SERVER.host('management')}/.default")
            c = wire.Client(SERVER, "management", token, "2022-04-01")
            body["properties"]["principalId"] = WORLD.apps["readers"].object_id
            if who == "owner":
                body["properties"]["principalId"] = a.object_id
            self.assertEqual(c.put(path, body).status, status)
        self.assertEqual(c.delete(path).status, 200)

    def test_global_administrator_has_no_resources(self):
        w = WORLD.apps["global"]
        token = wire.get_token(SERVER, w.app_id, w.secret,
                               scope=f"https://{SERVER.host('management')}/.default")
        c = wire.Client(SERVER, "management", token, "2022-12-01")
        self.assertEqual(c.get("/subscriptions").json()["value"], [])

    def test_roles(self):
        """Who may make what: rows are callers, columns kinds."""
        may = {"global": "ugap", "people": "ug", "groups": "g", "apps": "ap", "readers": "",
               "nobody": ""}
        for who, kinds in may.items():
            g = Graph(who)
            for kind, path in zip("ugap", ("/users", "/groups", "/applications",
                                           "/servicePrincipals")):
                self.assertEqual(g.post(path, {}).status, 400 if kind in kinds else 403,
                                 (who, path))
            self.assertEqual(g.get("/users").status, 403 if who == "nobody" else 200)

    def test_paths(self):
        self.refuses(self.g.get("/nothing"), 400, "BadRequest",
                     "Resource not found for the segment 'nothing'.")
        self.refuses(self.g.put("/users", {}), 405, "Request_BadRequest")
        self.assertEqual(Graph("global", version="v9").get("/users").status, 400)
        self.assertEqual(Graph("global", version="beta").get("/users").status, 200)

    def test_me_of_an_application(self):
        for path in ("/me", "/me/memberOf"):
            self.refuses(self.g.get(path), 400, "BadRequest",
                         "/me request is only valid with delegated authentication flow.")

    def test_person(self):
        token = self.person(f"reader@{DOMAIN}")
        self.assertIsNotNone(token)
        g = Graph(token=token)
        self.assertEqual(self.gives(g.get("/me"), 200)["userPrincipalName"], f"reader@{DOMAIN}")
        self.assertEqual(g.get("/users").status, 200)
        self.assertEqual(g.get("/me/memberOf").status, 200)
        self.refuses(g.post("/users", {}), 403, "Authorization_RequestDenied")

    def test_organization(self):
        value = self.gives(self.g.get("/organization"), 200)["value"]
        self.assertEqual([v["id"] for v in value], [SERVER.tenant])

    def test_other_tenant(self):
        for path in (f"/users/{OTHER['user']}", "/users/far@other.example",
                     f"/directoryObjects/{OTHER['user']}"):
            self.refuses(self.g.get(path), 404, "Request_ResourceNotFound",
                         MISSING.format(path.rpartition("/")[2]))
        g = self.group()
        self.refuses(self.g.post(f"/groups/{g['id']}/members/$ref", ref(OTHER["user"])), 404,
                     "Request_ResourceNotFound", MISSING.format(OTHER["user"]))
        self.assertEqual(self.gives(self.g.post("/directoryObjects/getByIds", {
            "ids": [OTHER["user"]]}), 200)["value"], [])


class Users(Case):
    def test_members(self):
        u = self.user(givenName="Ann", businessPhones=["1"])
        u.pop("@odata.context")
        for path in (f"/users/{u['id']}", f"/users/{u['userPrincipalName']}",
                     f"/users/{u['userPrincipalName'].upper()}"):
            got = self.gives(self.g.get(path), 200)
            for member in ("id displayName userPrincipalName mail givenName surname jobTitle "
                           "mobilePhone officeLocation preferredLanguage businessPhones "
                           "accountEnabled mailNickname").split():
                self.assertEqual(got[member], u[member], member)
        self.assertEqual((u["givenName"], u["businessPhones"], u["mail"]), ("Ann", ["1"], None))

    def test_taken(self):
        u = self.user()
        for upn in (u["userPrincipalName"], u["userPrincipalName"].upper()):
            self.refuses(self.g.post("/users", {
                "userPrincipalName": upn, "displayName": "x", "mailNickname": "x",
                "accountEnabled": True, "passwordProfile": {"password": PASSWORD}}), 400,
                "Request_BadRequest", "Another object with the same value for property "
                                      "userPrincipalName already exists.")
        other = self.user()
        self.refuses(self.g.patch(f"/users/{other['id']}", {
            "userPrincipalName": u["userPrincipalName"]}), 400, "Request_BadRequest")

    def test_bad(self):
        good = {"userPrincipalName": f"{fresh()}@{DOMAIN}", "displayName": "x",
                "mailNickname": "x", "accountEnabled": True,
                "passwordProfile": {"password": PASSWORD}}
        for member in good:
            self.refuses(self.g.post("/users", {k: v for k, v in good.items() if k != member}),
                         400, "Request_BadRequest")
        for member, value in (("userPrincipalName", "no domain"), ("displayName", 1),
                              ("userPrincipalName", "a@other.example"), ("displayName", ""),
                              ("passwordProfile", {"password": "short"}), ("mail", 5),
                              ("accountEnabled", "yes"), ("nonsense", 1),
                              ("displayName", "x" * 257)):
            self.refuses(self.g.post("/users", {**good, member: value}), 400,
                         "Request_BadRequest")
        self.refuses(self.g.post("/users", b"{"), 400, "BadRequest")

    def test_change_and_sign_in(self):
        u = self.user()
        name = u["userPrincipalName"]
        token = self.person(name)
        self.assertIsNotNone(token)
        me = Graph(token=token)
        self.assertEqual(me.get("/me").status, 200)
        self.gives(self.g.patch(f"/users/{u['id']}", {"accountEnabled": False}), 204)
        self.refuses(me.get("/me"), 401, "InvalidAuthenticationToken")  # same connection
        self.assertIsNone(self.person(name))
        self.gives(self.g.patch(f"/users/{name}", {
            "accountEnabled": True, "jobTitle": "Clerk", "mail": "m@x.example"}), 204)
        self.gives(self.g.patch(f"/users/{name}", {"mail": None}), 204)
        got = self.gives(self.g.get(f"/users/{name}"), 200)
        self.assertEqual((got["jobTitle"], got["mail"]), ("Clerk", None))
        renamed = f"{fresh('r')}@{DOMAIN}"
        self.gives(self.g.patch(f"/users/{u['id']}", {
            "userPrincipalName": renamed, "displayName": "R",
            "passwordProfile": {"password": PASSWORD + "2"}}), 204)
        self.assertEqual(self.g.get(f"/users/{name}").status, 404)
        self.assertIsNone(self.person(renamed))
        self.assertIsNotNone(self.person(renamed, PASSWORD + "2"))

    def test_delete(self):
        u, g = self.user(), self.group()
        self.add(g, u)
        me = Graph(token=self.person(u["userPrincipalName"]))
        self.assertEqual(me.get("/me").status, 200)
        self.gives(self.g.delete(f"/users/{u['userPrincipalName']}"), 204)
        self.refuses(me.get("/me"), 401, "InvalidAuthenticationToken")
        for path in (f"/users/{u['id']}", f"/directoryObjects/{u['id']}"):
            self.refuses(self.g.get(path), 404, "Request_ResourceNotFound",
                         MISSING.format(u["id"]))
        self.assertEqual(self.gives(self.g.get(f"/groups/{g['id']}/members"), 200)["value"], [])
        again = self.user(userPrincipalName=u["userPrincipalName"])
        self.assertNotEqual(again["id"], u["id"])
        self.assertEqual(self.gives(self.g.get(f"/users/{again['id']}/memberOf"), 200)["value"],
                         [])

    def test_lists(self):
        a, b = self.user(), self.user()
        for f in (f"displayName eq '{a['displayName']}'", f"id eq '{a['id']}'",
                  f"userPrincipalName eq '{a['userPrincipalName']}'",
                  f"startswith(displayName,'{a['displayName']}')",
                  f"mailNickname eq '{a['mailNickname']}' and accountEnabled eq true"):
            value = self.gives(self.g.list("/users", filter=f), 200)["value"]
            self.assertEqual([v["id"] for v in value], [a["id"]], f)
        self.assertEqual(self.gives(self.g.list("/users", filter="displayName eq 'o''no'"),
                                    200)["value"], [])
        for f in ("nonsense eq 'x'", "displayName", "displayName ne 'x'", "displayName eq 'x"):
            self.refuses(self.g.list("/users", filter=f), 400, "Request_UnsupportedQuery")
        value = self.gives(self.g.list("/users", search=f'"displayName:{b["displayName"]}"'),
                           200)["value"]
        self.assertEqual([v["id"] for v in value], [b["id"]])
        value = self.gives(self.g.list("/users", select="id, displayName", count="true"),
                           200)["value"]
        self.assertTrue(all(set(v) == {"id", "displayName"} for v in value))

    def test_pages(self):
        made, seen = {self.user()["id"] for _ in range(3)}, []
        path = "/v1.0/users?$top=2&$filter=startswith(displayName,'u')".replace(" ", "%20")
        while path:
            page = self.gives(self.g.c.get(path), 200)
            self.assertLessEqual(len(page["value"]), 2)
            seen += [v["id"] for v in page["value"]]
            path = page.get("@odata.nextLink", "")
            self.assertTrue(path == "" or path.startswith(origin()))
            path = path.removeprefix(origin())
            if path:  # as az does
                path += "&$filter=startswith(displayName,'u')"
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(made, set(seen))
        self.refuses(self.g.get("/users?$top=0"), 400, "Request_BadRequest")
        self.refuses(self.g.get("/users?$skipToken=AAAA"), 400, "Directory_ExpiredPageToken")

    def test_administrators_are_for_administrators(self):
        g, boss = Graph("people"), f"/users/boss@{DOMAIN}"
        for body in ({"passwordProfile": {"password": PASSWORD}}, {"accountEnabled": False},
                     {"userPrincipalName": f"{fresh()}@{DOMAIN}"}):
            self.refuses(g.patch(boss, body), 403, "Authorization_RequestDenied", REFUSED)
        self.refuses(g.delete(boss), 403, "Authorization_RequestDenied")
        self.gives(g.patch(boss, {"jobTitle": "Boss"}), 204)
        u = self.user()
        self.gives(g.patch(f"/users/{u['id']}", {"accountEnabled": False}), 204)
        self.gives(g.delete(f"/users/{u['id']}"), 204)


class Groups(Case):
    def test_group(self):
        g = self.group(description="d")
        for member in ("id displayName mailNickname mailEnabled securityEnabled description "
                       "groupTypes").split():
            self.assertIn(member, g)
        self.gives(self.g.patch(f"/groups/{g['id']}", {"description": None,
                                                       "displayName": "New"}), 204)
        got = self.gives(self.g.get(f"/groups/{g['id']}"), 200)
        self.assertEqual((got["description"], got["displayName"]), (None, "New"))
        f = f"displayName eq 'New' and mailNickname eq '{g['mailNickname']}'"
        self.assertEqual([v["id"] for v in self.gives(self.g.list("/groups", filter=f),
                                                      200)["value"]], [g["id"]])
        self.gives(self.g.delete(f"/groups/{g['id']}"), 204)
        self.refuses(self.g.get(f"/groups/{g['id']}"), 404, "Request_ResourceNotFound",
                     MISSING.format(g["id"]))
        self.refuses(self.g.post("/groups", {"displayName": "x"}), 400, "Request_BadRequest")

    def test_members(self):
        g, u, p, inner = self.group(), self.user(), self.principal(), self.group()
        path = f"/groups/{g['id']}/members"
        for m in (u, p, inner):
            self.add(g, m)
        value = self.gives(self.g.get(path), 200)["value"]
        self.assertEqual({v["id"]: v["@odata.type"] for v in value},
                         {u["id"]: "#microsoft.graph.user", inner["id"]: "#microsoft.graph.group",
                          p["id"]: "#microsoft.graph.servicePrincipal"})
        page = self.gives(self.g.get(path + "?$top=2"), 200)
        rest = self.gives(self.g.c.get(page["@odata.nextLink"].removeprefix(origin())), 200)
        self.assertEqual(len(page["value"]) + len(rest["value"]), 3)
        self.refuses(self.g.post(path + "/$ref", ref(u["id"])), 400, "Request_BadRequest",
                     "One or more added object references already exist for the following "
                     "modified properties: 'members'.")
        self.refuses(self.g.post(path + "/$ref", ref(g["id"])), 400, "Request_BadRequest")
        nobody = str(uuid.uuid4())
        self.refuses(self.g.post(path + "/$ref", ref(nobody)), 404, "Request_ResourceNotFound",
                     MISSING.format(nobody))
        self.refuses(self.g.post(path + "/$ref", {"x": 1}), 400, "Request_BadRequest")
        self.gives(self.g.delete(f"{path}/{u['id']}/$ref"), 204)
        self.refuses(self.g.delete(f"{path}/{u['id']}/$ref"), 404, "Request_ResourceNotFound",
                     MISSING.format(u["id"]))

    def test_many_change_one_group_at_once(self):
        group, answers, start = self.group(), [], threading.Barrier(CROWD)
        path = f"/groups/{group['id']}"
        people = [self.user()["id"] for _ in range(CROWD)]

        def change(oid):
            g = Graph("global")
            g.get("/organization")  # the connection stands
            start.wait()
            answers.append(g.post(path + "/members/$ref", ref(oid)).status)
            answers.extend(g.patch(path, {"description": f"{n} of {oid}"}).status for n in range(3))
            g.c.close()

        crowd = [threading.Thread(target=change, args=(oid,)) for oid in people]
        for c in crowd:
            c.start()
        for c in crowd:
            c.join()
        self.assertEqual(answers, [204] * (4 * CROWD))
        value = self.gives(self.g.list(path + "/members", top=999), 200)["value"]
        self.assertEqual({v["id"] for v in value}, set(people))

    def test_nested_and_circles(self):
        a, b, c, u = self.group(), self.group(), self.group(), self.user()
        for group, member in ((c, u), (b, c), (a, b), (c, a)):
            self.add(group, member)
        ids = {a["id"], b["id"], c["id"]}
        self.assertEqual(set(self.gives(self.g.post(f"/users/{u['id']}/getMemberGroups", {
            "securityEnabledOnly": False}), 200)["value"]), ids)
        self.assertEqual([v["id"] for v in self.gives(self.g.get(f"/users/{u['id']}/memberOf"),
                                                      200)["value"]], [c["id"]])
        self.assertEqual({v["id"] for v in self.gives(
            self.g.get(f"/users/{u['id']}/transitiveMemberOf"), 200)["value"]}, ids)
        asked = [a["id"], str(uuid.uuid4())]
        self.assertEqual(self.gives(self.g.post(
            f"/directoryObjects/{u['id']}/checkMemberGroups", {"groupIds": asked}),
            200)["value"], [a["id"]])
        self.refuses(self.g.post(f"/directoryObjects/{u['id']}/checkMemberGroups", {}), 400,
                     "Request_BadRequest")

    def test_owners_and_bindings(self):
        u = self.user()
        link = ref(u["id"])["@odata.id"]
        g = self.group(**{"members@odata.bind": [link], "owners@odata.bind": [link]})
        for what in ("members", "owners"):
            self.assertEqual([v["id"] for v in self.gives(
                self.g.get(f"/groups/{g['id']}/{what}"), 200)["value"]], [u["id"]])
        self.gives(self.g.delete(f"/groups/{g['id']}/owners/{u['id']}/$ref"), 204)
        self.gives(self.g.post(f"/groups/{g['id']}/owners/$ref", ref(u["id"])), 204)
        self.refuses(self.g.post(f"/groups/{g['id']}/owners/$ref", ref(u["id"])), 400,
                     "Request_BadRequest")
        a = self.application()
        self.refuses(Graph("groups").post(f"/groups/{a['id']}/owners/$ref", ref(u["id"])), 404,
                     "Request_ResourceNotFound")

    def test_leaving_counts_at_once(self):
        """A member of a group that reads a vault; then not, on the connection that it has."""
        app = self.application()
        secret = self.gives(self.g.post(f"/applications/{app['id']}/addPassword"), 200)
        p, g = self.principal(app), self.group()
        w = WORLD.apps["owner"]
        token = wire.get_token(SERVER, w.app_id, w.secret,
                               scope=f"https://{SERVER.host('management')}/.default")
        arm = wire.Client(SERVER, "management", token, "2022-04-01")
        self.assertEqual(arm.put(
            f"/subscriptions/{WORLD.subscription}/resourceGroups/bench/providers/"
            "Microsoft.KeyVault/vaults/alpha/providers/Microsoft.Authorization/"
            f"roleAssignments/{uuid.uuid4()}",
            {"properties": {"roleDefinitionId": "/x/4633458b-17de-408a-b874-0445c86b69e6",
                            "principalId": g["id"], "principalType": "Group"}}).status, 201)
        vault = wire.Client(SERVER, "alpha.vault", wire.get_token(
            SERVER, app["appId"], secret["secretText"]))
        self.addCleanup(vault.close)
        self.assertEqual(vault.get("/secrets").status, 403)
        self.add(g, p)
        self.assertEqual(vault.get("/secrets").status, 200)
        self.gives(self.g.delete(f"/groups/{g['id']}/members/{p['id']}/$ref"), 204)
        self.assertEqual(vault.get("/secrets").status, 403)


class Applications(Case):
    def test_application(self):
        a = self.application(web={"redirectUris": ["https://x.example/cb"]},
                             identifierUris=["api://one"])
        for member in ("id appId displayName identifierUris passwordCredentials keyCredentials "
                       "requiredResourceAccess signInAudience api web publicClient "
                       "appRoles").split():
            self.assertIn(member, a)
        self.assertNotEqual(a["id"], a["appId"])
        self.assertEqual(a["web"]["redirectUris"], ["https://x.example/cb"])
        for path in (f"/applications/{a['id']}", f"/applications(appId='{a['appId']}')"):
            self.assertEqual(self.gives(self.g.get(path), 200)["appId"], a["appId"])
        for f in (f"appId eq '{a['appId']}'", "identifierUris/any(s:s eq 'api://one')",
                  f"startswith(displayName,'{a['displayName']}')"):
            self.assertIn(a["id"], [v["id"] for v in self.gives(
                self.g.list("/applications", filter=f), 200)["value"]], f)
        self.gives(self.g.patch(f"/applications/{a['id']}", {
            "displayName": "New", "identifierUris": [], "web": {"redirectUris": []}}), 204)
        got = self.gives(self.g.get(f"/applications/{a['id']}"), 200)
        self.assertEqual((got["displayName"], got["identifierUris"], got["web"]),
                         ("New", [], {"redirectUris": []}))
        for bad in ({"web": {"redirectUris": ["http://x.example"]}}, {"displayName": ""},
                    {"keyCredentials": [{"key": "AAAA"}]}, {"nonsense": 1},
                    {"passwordCredentials": [{"secretText": "x"}]}):
            self.refuses(self.g.patch(f"/applications/{a['id']}", bad), 400,
                         "Request_BadRequest")
        self.refuses(self.g.get(f"/applications/{a['appId']}"), 404, "Request_ResourceNotFound")

    def token(self, app, secret):
        return wire.token_answer(SERVER, {
            "grant_type": "client_credentials", "client_id": app["appId"],
            "client_secret": secret, "scope": f"{origin()}/.default"})

    def test_passwords(self):
        a = self.application()
        self.principal(a)
        path = f"/applications/{a['id']}"
        new = self.gives(self.g.post(path + "/addPassword", {"passwordCredential": {
            "displayName": "one", "startDateTime": "2026-01-01T00:00:00Z",
            "endDateTime": "2999-01-01T00:00:00Z"}}), 200)
        self.assertEqual(set(new) - {"@odata.context"}, {
            "customKeyIdentifier", "displayName", "startDateTime", "endDateTime", "hint",
            "keyId", "secretText"})
        self.assertEqual((len(new["secretText"]), new["hint"]), (40, new["secretText"][:3]))
        self.assertEqual(self.token(a, new["secretText"]).status, 200)
        self.assertEqual(self.token(a, new["secretText"][:-1] + "!").status, 401)
        shown = self.gives(self.g.get(path), 200)["passwordCredentials"]
        self.assertEqual([(s["displayName"], s["keyId"], s["secretText"]) for s in shown],
                         [("one", new["keyId"], None)])
        self.refuses(self.g.post(path + "/removePassword", {"keyId": str(uuid.uuid4())}), 400,
                     "Request_BadRequest")
        self.gives(self.g.post(path + "/removePassword", {"keyId": new["keyId"]}), 204)
        self.assertEqual(self.token(a, new["secretText"]).status, 401)
        for bad in ({"passwordCredential": 1},
                    {"passwordCredential": {"endDateTime": "2001-01-01T00:00:00Z"}}):
            self.refuses(self.g.post(path + "/addPassword", bad), 400, "Request_BadRequest")
        self.assertNotIn(new["secretText"], SERVER.log())

    def test_certificates(self):
        a = self.application()
        path, _, _ = world.certificate(SERVER.top, fresh("c"))
        der = base64.b64encode(ssl.PEM_cert_to_DER_cert(world.text_of(path))).decode()
        item = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der, "displayName": "c"}
        self.gives(self.g.patch(f"/applications/{a['id']}", {"keyCredentials": [item]}), 204)
        kept = self.gives(self.g.get(f"/applications/{a['id']}"), 200)["keyCredentials"]
        self.assertEqual([(k["displayName"], k["type"], k["key"]) for k in kept],
                         [("c", "AsymmetricX509Cert", None)])
        self.gives(self.g.patch(f"/applications/{a['id']}", {"keyCredentials": kept}), 204)
        self.assertEqual(self.gives(self.g.get(f"/applications/{a['id']}"),
                                    200)["keyCredentials"], kept)

    def test_federated(self):
        a = self.application()
        path = f"/applications/{a['id']}/federatedIdentityCredentials"
        body = {"name": "f", "issuer": "https://i.example", "subject": "s",
                "audiences": ["api://AzureADTokenExchange"]}
        f = self.gives(self.g.post(path, body), 201)
        self.assertEqual({k: f[k] for k in body}, body)
        self.refuses(self.g.post(path, body), 409, "Request_MultipleObjectsWithSameKeyValue")
        self.refuses(self.g.post(path, {"name": "x"}), 400, "Request_BadRequest")
        self.gives(self.g.patch(f"{path}/{f['id']}", {"subject": "t"}), 204)
        self.assertEqual([v["subject"] for v in self.gives(self.g.get(path), 200)["value"]],
                         ["t"])
        self.gives(self.g.delete(f"{path}/{f['id']}"), 204)
        self.refuses(self.g.get(f"{path}/{f['id']}"), 404, "Request_ResourceNotFound")

    def test_principal(self):
        a = self.application()
        p = self.principal(a)
        for member in ("id appId displayName servicePrincipalNames servicePrincipalType "
                       "accountEnabled appOwnerOrganizationId passwordCredentials "
                       "keyCredentials appRoles oauth2PermissionScopes").split():
            self.assertIn(member, p)
        self.refuses(self.g.post("/servicePrincipals", {"appId": a["appId"]}), 409,
                     "Request_MultipleObjectsWithSameKeyValue")
        nothing = str(uuid.uuid4())
        self.refuses(self.g.post("/servicePrincipals", {"appId": nothing}), 400,
                     "NoBackingApplicationObject")
        for f in (f"servicePrincipalNames/any(c:c eq '{a['appId']}')",
                  f"appId eq '{a['appId']}'", f"displayName eq '{a['displayName']}'"):
            self.assertEqual([v["id"] for v in self.gives(
                self.g.list("/servicePrincipals", filter=f), 200)["value"]], [p["id"]], f)
        secret = self.gives(self.g.post(f"/servicePrincipals/{p['id']}/addPassword"),
                            200)["secretText"]
        token = self.token(a, secret).json()["access_token"]
        mine = Graph(token=token)
        self.refuses(mine.get("/users"), 403, "Authorization_RequestDenied")
        self.gives(self.g.patch(f"/servicePrincipals/{p['id']}", {"accountEnabled": False}), 204)
        self.refuses(mine.get("/users"), 401, "InvalidAuthenticationToken")
        self.gives(self.g.patch(f"/servicePrincipals/{p['id']}", {"accountEnabled": True}), 204)
        self.refuses(mine.get("/users"), 403, "Authorization_RequestDenied")
        self.gives(self.g.delete(f"/applications/{a['id']}"), 204)
        self.refuses(mine.get("/users"), 401, "InvalidAuthenticationToken")
        self.assertEqual(self.g.get(f"/servicePrincipals/{p['id']}").status, 404)
        self.assertNotEqual(self.token(a, secret).status, 200)

    def test_administrators_are_for_administrators(self):
        g, boss = Graph("apps"), WORLD.apps["global"]
        app = self.gives(g.get(f"/applications(appId='{boss.app_id}')"), 200)
        self.refuses(g.post(f"/applications/{app['id']}/addPassword"), 403,
                     "Authorization_RequestDenied")
        self.refuses(g.post(f"/servicePrincipals/{boss.object_id}/addPassword"), 403,
                     "Authorization_RequestDenied")
        for method, path, body in (
                ("PATCH", f"/applications/{app['id']}", {"keyCredentials": []}),
                ("DELETE", f"/applications/{app['id']}", None),
                ("PATCH", f"/servicePrincipals/{boss.object_id}", {"accountEnabled": False}),
                ("DELETE", f"/servicePrincipals/{boss.object_id}", None),
                ("POST", f"/applications/{app['id']}/federatedIdentityCredentials", {})):
            self.refuses(g.ask(method, path, body), 403, "Authorization_RequestDenied")

    def test_by_ids(self):
        u, g, a = self.user(), self.group(), self.application()
        p = self.principal(a)
        ids = [o["id"] for o in (u, g, p)] + [str(uuid.uuid4()), "nonsense"]
        value = self.gives(self.g.post("/directoryObjects/getByIds", {
            "ids": ids, "types": ["user", "group", "servicePrincipal",
                                  "directoryObjectPartnerReference"]}), 200)["value"]
        self.assertEqual([v["@odata.type"].rpartition(".")[2] for v in value],
                         ["user", "group", "servicePrincipal"])
        self.refuses(self.g.post("/directoryObjects/getByIds", {}), 400, "Request_BadRequest")
        self.assertEqual(self.gives(self.g.get(f"/directoryObjects/{a['id']}"),
                                    200)["@odata.type"], "#microsoft.graph.application")


class CommandLine(Case):
    """`az ad` of Debian, against a cloud that was registered."""

    @classmethod
    def setUpClass(cls):
        cls.az = az.Az(az.debian(), SERVER, "az-graph")
        cls.az.register()
        cls.az.login(WORLD.apps["global"], SERVER.tenant, "--allow-no-subscriptions")

    @classmethod
    def tearDownClass(cls):
        cls.az.close()

    def test_users(self):
        name = fresh("z")
        upn = f"{name}@{DOMAIN}"
        u = self.az("ad", "user", "create", "--display-name", name, "--user-principal-name", upn,
                    "--password", PASSWORD)
        self.assertEqual(self.az("ad", "user", "show", "--id", upn)["id"], u["id"])
        self.az("ad", "user", "update", "--id", u["id"], "--display-name", name + "2")
        self.assertEqual([v["id"] for v in self.az("ad", "user", "list", "--display-name", name)],
                         [u["id"]])
        self.assertEqual([v["id"] for v in self.az("ad", "user", "list", "--upn", upn)],
                         [u["id"]])
        self.assertEqual(self.az("ad", "user", "get-member-groups", "--id", upn), [])
        self.az("ad", "user", "delete", "--id", upn)
        self.az.refused("does not exist", "ad", "user", "show", "--id", upn)

    def test_signed_in_user(self):
        self.az.refused("only valid with delegated", "ad", "signed-in-user", "show")
        boss = az.Az(az.debian(), SERVER, "az-graph-boss")
        self.addCleanup(boss.close)
        boss.register()
        boss("login", "-u", f"boss@{DOMAIN}", "-p", PASSWORD, "--allow-no-subscriptions")
        self.assertEqual(boss("ad", "signed-in-user", "show")["userPrincipalName"],
                         f"boss@{DOMAIN}")
        boss("ad", "group", "create", "--display-name", "b", "--mail-nickname", fresh("b"))

    def test_groups(self):
        name, u = fresh("zg"), self.user()
        g = self.az("ad", "group", "create", "--display-name", name, "--mail-nickname", name)
        self.assertEqual(self.az("ad", "group", "show", "-g", name)["id"], g["id"])
        self.assertEqual([v["id"] for v in self.az("ad", "group", "list", "--display-name",
                                                   name)], [g["id"]])
        self.az("ad", "group", "member", "add", "-g", name, "--member-id", u["id"])
        self.assertEqual([v["id"] for v in self.az("ad", "group", "member", "list", "-g", name)],
                         [u["id"]])
        check = ("ad", "group", "member", "check", "-g", name, "--member-id", u["id"])
        self.assertEqual(self.az(*check), {"value": True})
        self.assertEqual([v["displayName"] for v in self.az(
            "ad", "user", "get-member-groups", "--id", u["id"])], [name])
        self.az("ad", "group", "owner", "add", "-g", name, "--owner-object-id", u["id"])
        self.assertEqual(len(self.az("ad", "group", "owner", "list", "-g", name)), 1)
        self.az("ad", "group", "owner", "remove", "-g", name, "--owner-object-id", u["id"])
        self.az("ad", "group", "get-member-groups", "-g", name)
        self.az("ad", "group", "member", "remove", "-g", name, "--member-id", u["id"])
        self.assertEqual(self.az(*check), {"value": False})
        self.az("ad", "group", "delete", "-g", name)

    def test_applications(self):
        name = fresh("za")
        a = self.az("ad", "app", "create", "--display-name", name)
        again = self.az("ad", "app", "create", "--display-name", name)
        self.assertEqual(again["appId"], a["appId"])
        self.az("ad", "app", "update", "--id", a["appId"], "--web-redirect-uris",
                "https://x.example/cb")
        self.assertEqual(self.az("ad", "app", "show", "--id", a["appId"])["web"]["redirectUris"],
                         ["https://x.example/cb"])
        self.assertEqual(len(self.az("ad", "app", "list", "--display-name", name)), 1)
        p = self.az("ad", "sp", "create", "--id", a["appId"])
        got = self.az("ad", "app", "credential", "reset", "--id", a["appId"])
        self.assertEqual(len(got["password"]), 40)
        got = self.az("ad", "app", "credential", "reset", "--id", a["appId"], "--append")
        keys = self.az("ad", "app", "credential", "list", "--id", a["appId"])
        self.assertEqual(len(keys), 2)
        self.az("ad", "app", "credential", "delete", "--id", a["appId"], "--key-id",
                keys[0]["keyId"])
        self.az("ad", "app", "federated-credential", "create", "--id", a["appId"],
                "--parameters", '{"name":"f","issuer":"https://i.example","subject":"s",'
                                '"audiences":["api://AzureADTokenExchange"]}')
        self.assertEqual(len(self.az("ad", "app", "federated-credential", "list", "--id",
                                     a["appId"])), 1)
        self.assertEqual(self.az("ad", "app", "owner", "list", "--id", a["appId"]), [])
        self.assertEqual(self.az("ad", "sp", "show", "--id", a["appId"])["id"], p["id"])
        self.assertEqual(len(self.az("ad", "sp", "list", "--display-name", name)), 1)
        self.az("ad", "sp", "update", "--id", a["appId"], "--set", "accountEnabled=true")
        self.az("ad", "sp", "credential", "reset", "--id", a["appId"])
        self.az("ad", "sp", "credential", "list", "--id", a["appId"])
        self.az("ad", "sp", "owner", "list", "--id", a["appId"])
        self.az("ad", "sp", "delete", "--id", a["appId"])
        self.az("ad", "app", "delete", "--id", a["appId"])
        self.assertNotEqual(self.az.run("ad", "app", "show", "--id", a["appId"]).code, 0)

    def test_create_for_rbac(self):
        name = fresh("zr")
        got = self.az("ad", "sp", "create-for-rbac", "-n", name)
        self.assertTrue(wire.get_token(SERVER, got["appId"], got["password"]))
