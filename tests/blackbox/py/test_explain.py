# SPDX-License-Identifier: Apache-2.0
"""
`keyhold explain`: what it says is what the server does; and the same over the
network, for who may list role assignments.
"""
import json
import unittest
import uuid

from kit import wire, world
from kit.server import Server, keyhold

GET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        w = world.standard()
        w.app("member")
        w.groups += [{"name": "inner", "members": ["member"]},
                     {"name": "outer", "members": ["inner"]}]
        w.role("outer", "Key Vault Secrets User", vault="week", secret="only")
        cls.world = w
        cls.server = Server("explain", seed=w.seed()).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.server.discard()

    def explain(self, *words):
        return keyhold("explain", "--data-dir", self.server.data_dir, *words)

    def test_says_yes_and_which_role_beside_a_running_server(self):
        done = self.explain("user", "secrets get", "alpha/secrets/s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("yes: user", done.stdout)
        self.assertIn("Key Vault Secrets User at", done.stdout)

    def test_says_no_and_what_is_missing(self):
        done = self.explain("reader", "secrets get", "alpha")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("because nothing grants it", done.stdout)
        self.assertIn("for example Key Vault Secrets User", done.stdout)

    def test_names_the_groups_on_the_way(self):
        done = self.explain("--json", self.world.app("member").object_id, GET, "week/secrets/only")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        deciding = [x for x in said["considered"] if x["verdict"] == "decides"]
        self.assertEqual([g["displayName"] for g in deciding[0]["groupPath"]], ["inner", "outer"])
        self.assertEqual(said["roleAssignmentId"], deciding[0]["id"])
        self.assertEqual(self.explain("member", GET, "week/secrets/other").returncode, 77)
        self.assertEqual(self.explain("member", GET, "week").returncode, 77)

    def test_lists_who_can(self):
        done = self.explain("--who-can", "--json", "secrets get", "week/secrets/only")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = {p["principal"]["displayName"] for p in json.loads(done.stdout)["principals"]}
        self.assertEqual(names & {"admin", "officer", "user", "reader", "nobody", "member"},
                         {"admin", "officer", "user", "member"})

    def test_refuses_what_it_does_not_know(self):
        for words, code in ((("somebody", "secrets get", "alpha"), 65),
                            (("user", "secrets fly", "alpha"), 64),
                            (("user", "secrets get", "nowhere"), 65),
                            (("user", "secrets get"), 64), ((), 64)):
            done = self.explain(*words)
            self.assertEqual((done.returncode, done.stdout), (code, ""), words)
            self.assertIn("keyhold: ", done.stderr)


PASSWORD = "correct horse battery"
LIST = "Microsoft.Authorization/roleAssignments/read"
DIRECTORY = "microsoft.directory/groups/standard/read"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
BUSY = 230


class Network(unittest.TestCase):
    """POST {scope}/providers/Keyhold.Authorization/explain"""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        w = cls.world = world.standard()
        for name in ("boss", "lister", "blind", "outsider", "member", "busy"):
            w.app(name)
        w.app("guest").tenant = "Fabrikam"
        w.tenants.append({"name": "Fabrikam", "domain": "fabrikam.test"})
        w.vault("theirs", subscription=w.away, resourceGroup="away")
        w.vault("policies", rbac=False, accessPolicies=[{"principal": "inner", "secrets": ["get"]}])
        w.groups += [{"name": "inner", "members": ["member"]}, {"name": "outer", "members": ["inner"]}]
        w.role("outer", "Key Vault Secrets User", vault="week", secret="only")
        w.role("member", "Key Vault Reader", vault="alpha")
        w.role("boss", "Owner", scope="/")
        w.role("boss", "Directory Readers", scope="/")
        w.role("lister", "Reader", vault="week")
        w.role("blind", "Management Group Reader", scope=f"/subscriptions/{w.subscription}")  # lists roles, no vaults
        w.role("guest", "Owner", scope=f"/subscriptions/{w.away}")
        w.role("guest", "Key Vault Administrator", vault="theirs")
        w.role("alice@contoso.example", "Reader", vault="week")
        seed = w.seed()
        seed["users"] = [{"upn": "alice@contoso.example", "name": "Alice", "password": PASSWORD}]
        next(x for x in seed["subscriptions"] if x["id"] == w.away)["tenant"] = "Fabrikam"
        cls.server = Server("explain-network", seed=seed).start()
        cls.origin = f"https://{cls.server.host('management')}"
        cls.tokens = {n: wire.get_token(cls.server, a.app_id, a.secret, scope=f"{cls.origin}/.default",
                                        tenant="fabrikam.test" if a.tenant else "adfs")
                      for n, a in w.apps.items()}
        a = wire.token_answer(cls.server, {
            "grant_type": "password", "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
            "username": "alice@contoso.example", "password": PASSWORD, "scope": f"{cls.origin}/.default"},
            path="/organizations/oauth2/v2.0/token")
        cls.tokens["alice"] = a.json()["access_token"]
        cls.make_busy()

    @classmethod
    def make_busy(cls):
        """Assignments are read in the order of their names: what decides is the one before the last 15."""
        c = wire.Client(cls.server, "management", cls.tokens["boss"], None)
        vaults = f"/subscriptions/{cls.world.subscription}/resourceGroups/bench/providers/Microsoft.KeyVault/vaults"
        roles = f"/subscriptions/{cls.world.subscription}/providers/Microsoft.Authorization/roleDefinitions"
        for i in range(BUSY + 1):
            scope = f"{vaults}/alpha" if i == BUSY - 15 else f"{vaults}/prime/secrets/s{i}"
            made = c.put(f"{scope}/providers/Microsoft.Authorization/roleAssignments/"
                         f"{i:08x}-0000-4000-8000-000000000000?api-version=2022-04-01", {"properties": {
                             "roleDefinitionId": f"{roles}/{SECRETS_USER}", "principalType": "ServicePrincipal",
                             "principalId": cls.world.apps["busy"].object_id}})
            assert made.status == 201, made.text
        c.close()

    @classmethod
    def tearDownClass(cls):
        cls.server.discard()

    def sub(self):
        return f"/subscriptions/{self.world.subscription}"

    def vault(self, name, tail=""):
        return f"{self.sub()}/resourceGroups/bench/providers/Microsoft.KeyVault/vaults/{name}{tail}"

    def id(self, name):
        return self.world.apps[name].object_id

    def ask(self, who, scope, body, query=""):
        c = wire.Client(self.server, "management", self.tokens.get(who), None)
        self.addCleanup(c.close)
        return c.post(f"{scope}/providers/Keyhold.Authorization/explain?api-version=2022-04-01{query}", body)

    def told(self, *args, **more):
        a = self.ask(*args, **more)
        self.assertEqual(a.status, 200, a)
        return a.json()

    def refused(self, a, status, code):
        self.assertEqual((a.status, a.error["code"]), (status, code), a)
        return a

    def denied(self, a, action, scope):
        self.assertIn(f"action '{action}' over scope '{scope.lower()}'",
                      self.refused(a, 403, "AuthorizationFailed").error["message"])

    def command(self, *words):
        done = keyhold("explain", "--data-dir", self.server.data_dir, "--json", *words)
        self.assertIn(done.returncode, (0, 77), done.stderr)
        return json.loads(done.stdout)

    def who_can(self, who, scope, body, top):
        got, link = [], None
        for _ in range(60):
            a = self.ask(who, scope, body, f"&$top={top}") if link is None else self.follow(who, link, body)
            self.assertEqual(a.status, 200, a)
            self.assertLessEqual(len(a.json()["principals"]), top)
            self.assertTrue(a.json()["complete"])
            got += a.json()["principals"]
            link = a.json().get("nextLink")
            if link is None:
                return got
        raise AssertionError("pages without an end")

    def follow(self, who, link, body):
        c = wire.Client(self.server, "management", self.tokens[who], None)
        self.addCleanup(c.close)
        return c.post(link.removeprefix(self.origin), body)

    # ------------------------------------------------------------ what is said

    def test_the_same_as_the_command(self):
        for who, action, resource in (("member", GET, "week/secrets/only"), ("member", GET, "week/secrets/other"),
                                      ("reader", "secrets get", "alpha"), ("officer", "secrets set", "guard"),
                                      ("nobody", "Microsoft.KeyVault/vaults/write", "prime"),
                                      ("member", "secrets get", "policies"), ("member", "secrets list", "policies")):
            with self.subTest(who=who, action=action, resource=resource):
                said = self.told("boss", "", {"principal": self.id(who), "action": action, "resource": resource})
                self.assertEqual(said, self.command(self.id(who), action, resource))
                self.assertTrue(said["complete"])

    def test_everybody_who_can_the_same_as_the_command(self):
        for action, resource in (("secrets get", "week/secrets/only"), ("secrets get", "policies"),
                                 ("Microsoft.KeyVault/vaults/delete", "alpha")):
            want = self.command("--who-can", action, resource)["principals"]
            body = {"whoCan": True, "action": action, "resource": resource}
            for top in (1, 3, 1000):
                self.assertEqual(self.who_can("boss", "", body, top), want)
        self.assertIn("member", {p["principal"]["displayName"] for p in self.who_can(
            "boss", "", {"whoCan": True, "action": "secrets get", "resource": "week/secrets/only"}, 1000)})
        self.refused(self.ask("boss", "", {"whoCan": True, "action": GET, "resource": "week"}, "&$skipToken=x"),
                     400, "InvalidQueryParameterValue")

    def test_principals_by_every_id(self):
        a = self.world.apps["member"]
        body = {"action": "secrets get", "resource": self.vault("week", "/secrets/only")}
        by_object = self.told("boss", "", {"principal": a.object_id, **body})
        self.assertTrue(by_object["allowed"])
        self.assertEqual(self.told("boss", "", {"principal": a.app_id.upper(), **body}), by_object)
        said = self.told("boss", "", {"principal": "ALICE@contoso.example", **body})
        self.assertEqual((said["allowed"], said["principal"]["type"]), (False, "User"))

    def test_at_the_scope_itself_and_below_it(self):
        body = {"principal": self.id("user"), "action": GET}
        for scope, resource in ((self.vault("alpha"), None), (self.sub(), "alpha"), (self.sub(), self.vault("alpha")),
                                (f"{self.sub()}/resourcegroups/BENCH", "alpha/secrets/x"), ("", "alpha")):
            said = self.told("boss", scope, {**body, "resource": resource})
            self.assertTrue(said["allowed"], scope)
        self.assertFalse(self.told("boss", self.sub(), body)["allowed"])

    def test_a_change_is_seen_at_once(self):
        id = f"{self.vault('prime')}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        c = wire.Client(self.server, "management", self.tokens["boss"], None)
        self.addCleanup(c.close)
        ask = f"{self.vault('prime')}/providers/Keyhold.Authorization/explain?api-version=2022-04-01"
        body = {"principal": self.id("outsider"), "action": GET}
        for method, want in ((None, False), ("PUT", True), ("DELETE", False)):
            if method:
                a = c.call(method, f"{id}?api-version=2022-04-01", {"properties": {
                    "roleDefinitionId": "4633458b-17de-408a-b874-0445c86b69e6", "principalId": self.id("outsider"),
                    "principalType": "ServicePrincipal"}} if method == "PUT" else None)
                self.assertIn(a.status, (200, 201), a)
            said = c.post(ask, body).json()
            self.assertEqual((said["allowed"], said.get("roleAssignmentId")),
                             (want, id.rsplit("/", 1)[1] if want else None))

    def test_long_answers_are_cut_and_say_so(self):
        said = self.told("boss", "", {"principal": self.id("busy"), "action": GET, "resource": "alpha"})
        self.assertFalse(said["complete"])
        self.assertEqual(len(said["considered"]) + said["leftOut"], BUSY + 1)
        self.assertEqual([x["verdict"] for x in said["considered"]].index("decides"), 200)
        self.assertEqual(len(said["considered"]), 201)
        self.assertTrue(said["allowed"])

    def test_it_changes_nothing_so_no_lock_holds_it(self):
        lock = f"{self.vault('guard')}/providers/Microsoft.Authorization/locks/l?api-version=2020-05-01"
        c = wire.Client(self.server, "management", self.tokens["boss"], None)
        self.addCleanup(c.close)
        self.assertEqual(c.put(lock, {"properties": {"level": "ReadOnly"}}).status, 201)
        self.told("boss", self.vault("guard"), {"principal": self.id("user"), "action": GET})
        self.assertEqual(c.delete(lock).status, 200)

    # --------------------------------------------------------- who may ask, and what

    def test_it_takes_the_right_to_list_assignments(self):
        body = {"principal": self.id("user"), "action": GET}
        self.assertEqual(self.ask(None, self.vault("week"), body).status, 401)
        for who in ("outsider", "nobody", "user", "member"):
            self.denied(self.ask(who, self.vault("week"), body), LIST, self.vault("week"))
            self.denied(self.ask(who, "", body), LIST, "/")
        for who in ("lister", "alice", "blind", "boss"):
            self.assertTrue(self.told(who, self.vault("week"), body)["allowed"])
        for who in ("lister", "alice"):
            for scope in (self.sub(), self.vault("alpha"), f"{self.sub()}/resourceGroups/bench", ""):
                self.denied(self.ask(who, scope, body), LIST, scope or "/")

    def test_nothing_beyond_the_callers_scope(self):
        # The member is Reader of alpha too: not for somebody who sees but week.
        body = {"principal": self.id("member"), "action": GET}
        mine = self.told("alice", self.vault("week", "/secrets/only"), body)
        self.assertEqual({x["scope"] for x in mine["considered"]}, {self.vault("week", "/secrets/only").lower()})
        every = self.told("boss", self.vault("week", "/secrets/only"), body)
        self.assertIn(self.vault("alpha").lower(), {x["scope"] for x in every["considered"]})
        hidden = self.told("alice", self.vault("week"), {"principal": self.id("busy"), "action": GET})
        self.assertEqual((hidden["considered"], hidden["complete"]), ([], True))
        for resource in (self.vault("alpha"), "alpha", self.sub(), "/", "alpha/secrets/x"):
            self.refused(self.ask("alice", self.vault("week"), {**body, "resource": resource}), 404, "ResourceNotFound")

    def test_names_and_members_are_for_who_may_read_the_directory(self):
        body = {"principal": self.id("member"), "action": GET}
        said = self.told("lister", self.vault("week", "/secrets/only"), body)
        self.assertEqual(said["principal"], {"id": self.id("member"), "type": "ServicePrincipal",
                                             "appId": self.world.apps["member"].app_id})
        self.assertEqual([x["groupPath"] for x in said["considered"]], [[]])
        said = self.told("alice", self.vault("week", "/secrets/only"), body)
        self.assertEqual([g["displayName"] for g in said["considered"][0]["groupPath"]], ["inner", "outer"])
        everybody = {"whoCan": True, "action": GET}
        self.denied(self.ask("lister", self.vault("week"), everybody), DIRECTORY, "/")
        names = {p["principal"]["displayName"] for p in self.told("alice", self.vault("week"), everybody)["principals"]}
        self.assertEqual(names, {"admin", "officer", "user"})

    def test_access_policies_are_for_readers_of_the_vault(self):
        body = {"principal": self.id("member"), "action": "secrets get"}
        self.denied(self.ask("blind", self.vault("policies"), body), "Microsoft.KeyVault/vaults/read", self.vault("policies"))
        said = self.told("boss", self.vault("policies"), body)
        self.assertEqual((said["allowed"], said["model"]), (True, "accessPolicy"))
        # What is no data action is the roles' in every vault.
        self.told("blind", self.vault("policies"), {"principal": self.id("member"), "action": "Microsoft.KeyVault/vaults/read"})

    def test_another_tenant(self):
        theirs = f"/subscriptions/{self.world.away}/resourceGroups/away/providers/Microsoft.KeyVault/vaults/theirs"
        body = {"principal": self.id("guest"), "action": GET}
        self.assertTrue(self.told("guest", theirs, body)["allowed"])
        # Ours is not there for them, theirs not for us; whether it exists makes no difference.
        for scope in (self.vault("week"), self.sub(), self.vault("nowhere"), f"/subscriptions/{uuid.uuid4()}", ""):
            self.denied(self.ask("guest", scope, body), LIST, scope or "/")
        for scope in (theirs, f"/subscriptions/{self.world.away}"):
            self.denied(self.ask("boss", scope, body), LIST, scope)
        mine = {"principal": self.id("user"), "action": GET}
        answers = {self.ask("boss", "", {**mine, "resource": r}).body for r in (theirs, "theirs", "nowhere")}
        self.assertEqual(len(answers), 1)
        self.assertIn(b"ResourceNotFound", answers.pop())
        self.refused(self.ask("boss", "", {**body, "resource": "alpha"}), 404, "PrincipalNotFound")
        self.refused(self.ask("guest", theirs, mine), 404, "PrincipalNotFound")
        for action in (GET, "Microsoft.KeyVault/vaults/delete"):
            said = self.told("boss", self.vault("alpha"), {"whoCan": True, "action": action})
            self.assertNotIn(self.id("guest"), json.dumps(said))

    # --------------------------------------------------------------- what is wrong

    def test_unknown_principals(self):
        for who in (str(uuid.uuid4()), "somebody@contoso.example", "user", "x" * 500, "../../g", "\u00e4"):
            self.refused(self.ask("boss", self.vault("alpha"), {"principal": who, "action": GET}), 404, "PrincipalNotFound")

    def test_bad_questions(self):
        good = {"principal": self.id("user"), "action": GET}
        for change in ({"action": None}, {"action": ""}, {"action": 1}, {"action": "nonsense"}, {"action": "secrets fly"},
                       {"action": "a/" * 400}, {"principal": None}, {"principal": ""}, {"principal": 1},
                       {"principal": []}, {"whoCan": True}, {"whoCan": "yes"}, {"resource": 1},
                       {"resource": "/subscriptions/x"}, {"resource": "/" + "a" * 1100}, {"resource": "/../x"}):
            with self.subTest(change=change):
                self.refused(self.ask("boss", self.vault("alpha"), {**good, **change}), 400, "InvalidRequestContent")
        for body in ([], b"{", b"", b"null", {}):
            self.assertEqual(self.ask("boss", self.vault("alpha"), body).status, 400, body)

    def test_bad_scopes(self):
        body = {"principal": self.id("user"), "action": GET}
        for scope, code in ((f"/subscriptions/{uuid.uuid4()}", "SubscriptionNotFound"), ("/subscriptions/x", "InvalidResourceType"),
                            (f"{self.sub()}/resourceGroups/none", "ResourceGroupNotFound"),
                            (self.vault("nowhere"), "ResourceNotFound"),
                            ("/providers/Microsoft.Management/managementGroups/none", "NotFound")):
            self.refused(self.ask("boss", scope, body), 404, code)
        self.refused(self.ask("boss", self.vault("alpha"), {**body, "resource": "nowhere"}), 404, "ResourceNotFound")
        a = wire.Client(self.server, "management", self.tokens["boss"], None)
        self.addCleanup(a.close)
        self.assertEqual(a.get("/providers/Keyhold.Authorization/explain?api-version=2022-04-01").status, 405)
        self.refused(a.post("/providers/Keyhold.Authorization/explain", body), 400, "MissingApiVersionParameter")
