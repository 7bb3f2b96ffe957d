# SPDX-License-Identifier: Apache-2.0
"""
What went wrong in other products of this kind, class by class: each is tried here over the
wire. Where each is prevented, and the other tests of it: docs/threat-model.md.
"""
import base64
import datetime
import hashlib
import hmac
import html
import json
import re
import unittest
import urllib.parse
import uuid

from kit import wire, world
from kit.server import Server

AZ = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
DOMAIN, PASSWORD = "keyhold.localhost", "Wide-enough 7 password"
CALLBACK = "https://app.example/cb"
ADMINISTRATOR, SECRETS_USER = "00482a5a-887f-4fb3-b363-3b7fe8e74483", "4633458b-17de-408a-b874-0445c86b69e6"
READER, OFFICER = "21090545-7ca7-4776-b22c-e363652d74d2", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
SERVER, WORLD, TENANT = None, None, None


def setUpModule():
    global SERVER, WORLD, TENANT
    w = WORLD = world.World()
    for name in ("owner", "someone", "other", "spa", "lister"):
        w.app(name)
    w.app("far").tenant = "elsewhere"
    for name in ("one", "one-b"):
        w.vault(name)
        w.role("owner", "Key Vault Administrator", vault=name)
    w.role("owner", "Owner", scope=f"/subscriptions/{w.subscription}")
    w.role("owner", "Owner", scope=f"/subscriptions/{w.away}")
    w.tenants.append({"name": "elsewhere", "domain": "elsewhere.test"})
    seed = w.seed()
    next(x for x in seed["subscriptions"] if x["id"] == w.away)["tenant"] = "elsewhere"
    spa = next(a for a in seed["applications"] if a["name"] == "spa")
    spa.update(publicClient=True, redirectUris=[{"uri": CALLBACK, "kind": "public"}])
    seed["users"] = [{"upn": f"ann@{DOMAIN}", "password": PASSWORD},
                     {"upn": "ben@elsewhere.test", "password": PASSWORD, "tenant": "elsewhere"}]
    seed["roleAssignments"].append({"principal": f"ann@{DOMAIN}", "role": "Key Vault Reader", "vault": "one"})
    SERVER = Server("advisories", seed=seed).start()
    TENANT = SERVER.tenant
    for name in ("one", "one-b"):
        data("owner", name).put("/secrets/kept", {"value": "x"})


def tearDownModule():
    SERVER.discard()


def token(who, host="vault", tenant=None):
    a = WORLD.apps[who]
    return wire.get_token(SERVER, a.app_id, a.secret, scope=f"https://{SERVER.host(host)}/.default",
                          tenant=tenant or ("elsewhere.test" if a.tenant else "adfs"))


def data(who, vault, **more):
    return wire.Client(SERVER, f"{vault}.vault", more.get("token") or token(who), "7.4")


def arm(who="owner"):
    return wire.Client(SERVER, "management", token(who, "management"), "2022-04-01")


def group(name="bench", subscription=None):
    return f"/subscriptions/{subscription or WORLD.subscription}/resourceGroups/{name}"


def vault(name, where="bench"):
    return f"{group(where)}/providers/Microsoft.KeyVault/vaults/{name}"


class Case(unittest.TestCase):
    def client(self, c):
        self.addCleanup(c.close)
        return c

    def assign(self, who, role, scope):
        m = self.client(arm())
        at = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        a = m.put(at, {"properties": {"roleDefinitionId": role, "principalType": "ServicePrincipal",
                                      "principalId": WORLD.apps[who].object_id}})
        self.assertEqual(a.status, 201, a)
        self.addCleanup(m.delete, at)
        return at


class NamesThatFold(Case):
    """A name in another case, or one that looks like it, is not a stronger thing of that name."""

    def test_a_custom_role_cannot_take_the_name_of_a_stronger_one(self):
        m = self.client(arm())
        for name in ("OWNER", "owner", "Key Vault ADMINISTRATOR"):
            a = m.put(f"{group()}/providers/Microsoft.Authorization/roleDefinitions/{uuid.uuid4()}", {"properties": {
                "roleName": name, "assignableScopes": [f"/subscriptions/{WORLD.subscription}"],
                "permissions": [{"actions": ["*/read"]}]}})
            self.assertEqual((a.status, a.error["code"]), (409, "RoleDefinitionWithSameNameExists"))

    def test_a_vault_group_or_object_in_another_case_is_the_same_one(self):
        m, c = self.client(arm()), self.client(data("owner", "one"))
        body = {"location": "local", "properties": {"tenantId": TENANT, "accessPolicies": [],
                                                    "sku": {"family": "A", "name": "standard"}}}
        a = m.put(vault("ONE", "away"), body)
        self.assertIn(a.status, (404, 409), a)
        self.assertEqual(m.put(group("BENCH"), {"location": "local"}).status, 200, "not a second group")
        self.assertEqual(c.put("/secrets/KEPT", {"value": "x"}).status, 200)
        names = [s["id"].rsplit("/")[-1].lower() for s in c.get("/secrets").json()["value"]]
        self.assertEqual(names.count("kept"), 1)

    def test_a_scope_in_another_case_is_the_same_scope(self):
        self.assign("someone", SECRETS_USER, vault("one").upper() + "/SECRETS/KEPT")
        c = self.client(data("someone", "one"))
        self.assertEqual(c.get("/secrets/kept").status, 200)
        self.assertEqual(c.get("/secrets/kepta").status, 403)

    def test_a_user_in_another_case_or_with_look_alikes(self):
        self.assertEqual(password(f"ANN@{DOMAIN.upper()}").status, 200)
        for name in (f"ann@{DOMAIN}.", f"\u0430nn@{DOMAIN}", f"ann\u200b@{DOMAIN}", f"ann\0@{DOMAIN}"):
            self.assertEqual(password(name).status, 400, name)


class Lists(Case):
    """LIST shows nothing that GET would refuse, and is refused where it is denied."""

    def test_the_right_to_one_object_lists_nothing(self):
        self.assign("lister", OFFICER, vault("one") + "/secrets/kept")
        c = self.client(data("lister", "one"))
        self.assertEqual(c.get("/secrets/kept").status, 200)
        for path in ("/secrets", "/secrets/", "/deletedsecrets", "/secrets?maxresults=1", "//secrets"):
            self.assertEqual(c.get(path).status, 403, path)

    def test_lists_of_vaults_show_what_may_be_read(self):
        self.assign("lister", "acdd72a7-3385-48ef-bd42-f606fba81ae7", vault("one"))
        m = self.client(arm("lister"))
        for path in (f"/subscriptions/{WORLD.subscription}/resources", f"{group()}/resources",
                     f"/subscriptions/{WORLD.subscription}/providers/Microsoft.KeyVault/vaults"):
            self.assertEqual([v["name"] for v in m.get(path).json()["value"]], ["one"], path)
        self.assertEqual(m.get(vault("one-b")).status, 403)

    def test_a_page_of_one_list_opens_no_other(self):
        c = self.client(data("owner", "one"))
        for i in range(3):
            c.put(f"/secrets/page-{i}", {"value": "x"})
        link = urllib.parse.urlsplit(c.get("/secrets?maxresults=1").json()["nextLink"])
        self.assertEqual(c.get(f"{link.path}?{link.query}").status, 200)
        self.assertEqual(c.get(f"/deletedsecrets?{link.query}").status, 400)
        self.assertEqual(self.client(data("owner", "one-b")).get(f"/secrets?{link.query}").status, 400)


class WrongOperation(Case):
    """What is done is what was asked for: no other method or path stands for it."""

    def test_a_reader_of_metadata_reads_no_value(self):
        self.assign("someone", READER, vault("one"))
        c = self.client(data("someone", "one"))
        self.assertEqual(c.get("/secrets").status, 200)
        override = [("X-HTTP-Method-Override", "GET"), ("X-HTTP-Method", "GET"), ("X-Method-Override", "GET"),
                    ("X-Original-URL", "/secrets"), ("X-Rewrite-URL", "/secrets")]
        for method, path, headers in (
                ("GET", "/secrets/kept", []), ("GET", "/secrets//kept", []), ("GET", "/secrets/kept/", []),
                ("GET", "/SECRETS/kept", []), ("HEAD", "/secrets/kept", []), ("GET", "/secrets/%6bept", []),
                ("GET", "/secrets/kept", override), ("POST", "/secrets/kept/backup", []),
                ("GET", "/secrets/x/../kept", []), ("GET", "/secrets/kept%2fversions", []),
                ("GET", "/secrets/kept;versions", [])):
            a = c.call(method, path, headers=headers)
            self.assertIn(a.status, (400, 403, 404, 405), (method, path))
            self.assertNotIn(b'"value":"x"', a.body)

    def test_a_reader_deletes_nothing_by_another_method(self):
        self.assign("someone", READER, vault("one"))
        c = self.client(data("someone", "one"))
        for method in ("GET", "POST"):
            c.call(method, "/secrets/kept", headers=[("X-HTTP-Method-Override", "DELETE")])
        self.assertEqual(self.client(data("owner", "one")).get("/secrets/kept").status, 200)

    def test_a_token_for_one_plane_is_none_for_another(self):
        hosts = {"vault": ("one.vault", "/secrets"), "management": ("management", "/subscriptions"),
                 "graph": ("graph", "/v1.0/users")}
        for mine in hosts:
            for other, (label, path) in hosts.items():
                if mine != other:
                    c = self.client(wire.Client(SERVER, label, token("owner", mine), "2022-04-01"))
                    self.assertEqual(c.get(path).status, 401, (mine, other))


class Prefixes(Case):
    """`/a/b` says nothing of `/a/bc`."""

    def test_vaults_groups_and_objects_with_a_common_beginning(self):
        m = self.client(arm())
        self.assertIn(m.put(group("bench-b"), {"location": "local"}).status, (200, 201))
        for scope, inside, beside in (
                (vault("one"), ("one", "kept"), ("one-b", "kept")),
                (vault("one") + "/secrets/kept", ("one", "kept"), ("one", "kept-not")),
                (group("bench-b"), None, ("one", "kept"))):
            at = self.assign("someone", SECRETS_USER, scope)
            with self.subTest(scope=scope):
                for where, status in ((inside, 200), (beside, 403)):
                    if where:
                        c = self.client(data("someone", where[0]))
                        self.assertEqual(c.get(f"/secrets/{where[1]}").status, status)
            m.delete(at)

    def test_ids_with_dots_slashes_and_escapes_are_not_another_place(self):
        self.assign("someone", "acdd72a7-3385-48ef-bd42-f606fba81ae7", vault("one"))
        m = self.client(arm("someone"))
        self.assertEqual(m.get(vault("one")).status, 200)
        for path in (vault("one") + "/../one-b", vault("one") + "/%2e%2e/one-b", vault("one%2f..%2fone-b"),
                     vault("one") + "/..%2fone-b", vault("one-b") + "/../one", vault("one") + "%00-b"):
            self.assertIn(m.get(path).status, (400, 403, 404), path)


class Caches(Case):
    """What was revoked is gone at the next request, whatever was remembered."""

    def test_role_group_principal_and_password(self):
        at = self.assign("someone", SECRETS_USER, vault("one"))
        c = self.client(data("someone", "one"))
        for _ in range(3):
            self.assertEqual(c.get("/secrets/kept").status, 200)
        self.client(arm()).delete(at)
        self.assertEqual(c.get("/secrets/kept").status, 403)
        self.assertEqual(self.client(data("someone", "one")).get("/secrets/kept").status, 403)

    def test_a_policy_and_the_mode_of_the_vault(self):
        m = self.client(wire.Client(SERVER, "management", token("owner", "management"), "2023-07-01"))
        entry = {"tenantId": TENANT, "objectId": WORLD.apps["other"].object_id, "permissions": {"secrets": ["get"]}}
        c = self.client(data("other", "one-b"))
        policies = vault("one-b") + "/accessPolicies/"
        try:
            m.patch(vault("one-b"), {"properties": {"enableRbacAuthorization": False}})
            for _ in range(2):
                self.assertEqual(c.get("/secrets/kept").status, 403)
                m.put(policies + "add", {"properties": {"accessPolicies": [entry]}})
                self.assertEqual(c.get("/secrets/kept").status, 200)
                m.put(policies + "remove", {"properties": {"accessPolicies": [entry]}})
            m.put(policies + "add", {"properties": {"accessPolicies": [entry]}})
            self.assertEqual(c.get("/secrets/kept").status, 200)
        finally:
            m.patch(vault("one-b"), {"properties": {"enableRbacAuthorization": True}})
        self.assertEqual(c.get("/secrets/kept").status, 403)


# --------------------------------------------------------------------- sign-in

def password(name, word=PASSWORD, tenant="organizations", **more):
    return wire.token_answer(SERVER, {"grant_type": "password", "client_id": AZ, "username": name, "password": word,
                                      "scope": "https://vault.azure.net/.default offline_access", **more},
                             path=f"/{tenant}/oauth2/v2.0/token")


def redeem(**fields):
    return wire.token_answer(SERVER, {"scope": "https://vault.azure.net/.default offline_access", **fields},
                             path="/common/oauth2/v2.0/token")


class Browser:
    """Pages and cookies, without scripts."""

    def __init__(self):
        self.c, self.cookies = wire.Client(SERVER, "login", None, None), {}

    def ask(self, method, path, fields=None):
        headers = [("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()))] if self.cookies else []
        if fields is not None:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        a = self.c.call(method, path, wire.form(fields) if fields is not None else None, headers=headers)
        for k, v in a.headers:
            if k.lower() == "set-cookie":
                name, _, value = v.partition(";")[0].partition("=")
                self.cookies[name] = value
        return a

    def sign_in(self, **query):
        """From the page to where it leads; the page itself if it is refused."""
        path = "/common/oauth2/v2.0/authorize?" + urllib.parse.urlencode(query)
        page = self.ask("GET", path)
        if page.status != 200 or b'name="password"' not in page.body:
            return page
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.body.decode()))
        hidden = {k: html.unescape(v) for k, v in hidden.items()}
        return self.ask("POST", path, {**hidden, "username": f"ann@{DOMAIN}", "password": PASSWORD})


def verifier():
    v = uuid.uuid4().hex + uuid.uuid4().hex
    return v, base64.urlsafe_b64encode(hashlib.sha256(v.encode()).digest()).rstrip(b"=").decode()


class SignIn(Case):
    def setUp(self):
        self.b = Browser()
        self.addCleanup(self.b.c.close)
        self.verifier, self.challenge = verifier()
        self.spa = WORLD.apps["spa"].app_id
        self.query = {"client_id": self.spa, "response_type": "code", "redirect_uri": CALLBACK, "state": "s",
                      "scope": "https://vault.azure.net/.default offline_access",
                      "code_challenge": self.challenge, "code_challenge_method": "S256"}

    def code(self):
        a = self.b.sign_in(**self.query)
        self.assertIn(a.status, (302, 303), a)
        to = urllib.parse.urlsplit(a.header("Location"))
        self.assertEqual(f"{to.scheme}://{to.netloc}{to.path}", CALLBACK)
        return urllib.parse.parse_qs(to.query)["code"][0]

    def redeem(self, code, **change):
        fields = {"grant_type": "authorization_code", "client_id": self.spa, "code": code,
                  "redirect_uri": CALLBACK, "code_verifier": self.verifier, **change}
        return redeem(**{k: v for k, v in fields.items() if v is not None})

    def refused(self, a, code=None):
        self.assertEqual((a.status, a.json()["error"]), (400, "invalid_grant"), a)
        if code:
            self.assertEqual(a.json()["error_codes"], [code])

    def test_code_replay_ends_what_the_code_gave(self):
        code = self.code()
        first = self.redeem(code)
        self.assertEqual(first.status, 200, first)
        c = self.client(data(None, "one", token=first.json()["access_token"]))
        self.assertEqual(c.get("/secrets").status, 200)
        self.refused(self.redeem(code), 54005)
        self.assertEqual(c.get("/secrets").status, 401)
        self.refused(redeem(grant_type="refresh_token", client_id=self.spa,
                            refresh_token=first.json()["refresh_token"]))

    def test_pkce_downgrade(self):
        for change in ({"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"},
                       {"code_challenge_method": None}, {"code_challenge": "short"}):
            query = {k: v for k, v in {**self.query, **change}.items() if v is not None}
            a = self.b.sign_in(**query)
            self.assertIn("error=invalid_request", a.header("Location") or "", (change, a))
        for wrong in (None, "", verifier()[0], self.challenge):
            self.assertIn(self.redeem(self.code(), code_verifier=wrong).status, (400,), wrong)
        self.assertEqual(self.redeem(self.code()).status, 200)

    def test_redirect_mismatch_and_open_redirect(self):
        for uri in (f"{CALLBACK}/", f"{CALLBACK}?x=y", f"{CALLBACK}#x", "https://app.example/CB",
                    "https://app.example/cb/../cb", "https://app.example.evil.test/cb",
                    "https://app.example@evil.test/cb", "https://evil.test/cb",
                    "https://app.example:444/cb", "http://app.example/cb", "//app.example/cb", "javascript:alert(1)",
                    "https://app.example/cb\\@evil.test", " " + CALLBACK, CALLBACK + "\r\nX: y"):
            for more in ({}, {"prompt": "none"}, {"response_type": "nonsense"}):
                a = self.b.ask("GET", "/common/oauth2/v2.0/authorize?" + urllib.parse.urlencode(
                    {**self.query, "redirect_uri": uri, **more}))
                self.assertIsNone(a.header("Location"), uri)
                self.assertEqual(a.status, 400, uri)
        for change in ({"redirect_uri": "https://evil.test/cb"}, {"redirect_uri": f"{CALLBACK}/"}, {"client_id": AZ}):
            self.refused(self.redeem(self.code(), **change))

    def test_open_redirect_at_sign_out(self):
        for uri in ("https://evil.test/", "//evil.test", CALLBACK + ".evil.test", "javascript:alert(1)"):
            for client in ({}, {"client_id": self.spa}):
                a = self.b.ask("GET", "/common/oauth2/v2.0/logout?" + urllib.parse.urlencode(
                    {"post_logout_redirect_uri": uri, **client}))
                self.assertIsNone(a.header("Location"), uri)
                self.assertNotIn(b"evil.test", a.body)

    def test_a_form_without_its_guard_signs_nobody_in(self):
        path = "/common/oauth2/v2.0/authorize?" + urllib.parse.urlencode(self.query)
        for guard in ({}, {"guard": "A" * 43}):
            a = self.b.ask("POST", path, {**guard, "username": f"ann@{DOMAIN}", "password": PASSWORD})
            self.assertIsNone(a.header("Location"))

    def test_a_refresh_token_is_its_clients_and_its_tenants(self):
        first = self.redeem(self.code()).json()["refresh_token"]
        self.refused(redeem(grant_type="refresh_token", client_id=AZ, refresh_token=first))
        a = wire.token_answer(SERVER, {"grant_type": "refresh_token", "client_id": self.spa, "refresh_token": first,
                                       "scope": "https://vault.azure.net/.default"},
                              path="/elsewhere.test/oauth2/v2.0/token")
        self.assertEqual(a.status, 400)
        self.assertEqual(redeem(grant_type="refresh_token", client_id=self.spa, refresh_token=first).status, 200)


class Algorithms(Case):
    """RS256 by our key, whatever the header says."""

    @staticmethod
    def part(value):
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    def test_no_other_algorithm_and_no_key_of_the_tokens_own(self):
        good = token("owner")
        head, body, signature = good.split(".")
        header = json.loads(base64.urlsafe_b64decode(head + "=="))
        keys = wire.Client(SERVER, "login", None, None)
        jwk = next(k for k in keys.get(f"/{TENANT}/discovery/v2.0/keys").json()["keys"] if k["kid"] == header["kid"])
        keys.close()
        pem = "\n".join(["-----BEGIN CERTIFICATE-----", *jwk.get("x5c", []), "-----END CERTIFICATE-----", ""])
        c = self.client(data(None, "one", token=good))
        self.assertEqual(c.get("/secrets/kept").status, 200)
        for name in ("none", "None", "NONE", "", "HS256", "RS384", "PS256", "ES256", "rs256"):
            for more in ({}, {"jwk": jwk}, {"kid": "../../dev/null"}, {"jku": "https://evil.test/keys"},
                         {"crit": ["b64"]}):
                first = self.part({**header, "alg": name, **more})
                macs = [hmac.new(k.encode(), f"{first}.{body}".encode(), hashlib.sha256).digest()
                        for k in (jwk["n"], pem, json.dumps(jwk), "")]
                for end in ("", signature, *map(self.part, macs)):
                    self.assertEqual(c.get("/secrets/kept", token=f"{first}.{body}.{end}").status, 401, (name, more))
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        claims["oid"] = WORLD.apps["someone"].object_id
        self.assertEqual(c.get("/secrets/kept", token=f"{head}.{self.part(claims)}.{signature}").status, 401)


class CrossTenant(Case):
    """Ids of another tenant's things, in paths, bodies and tokens."""

    def test_a_stranger_at_vault_manager_and_directory(self):
        self.assertEqual(self.client(data("far", "one")).get("/secrets").status, 401)
        m = self.client(arm("far"))
        for path in (f"/subscriptions/{WORLD.subscription}", group(), vault("one")):
            self.assertIn(m.get(path).status, (403, 404))
        self.assertNotIn(WORLD.subscription.encode(), m.get("/subscriptions").body)

    def test_an_owner_here_and_what_is_theirs(self):
        m = self.client(arm())
        self.assertNotIn(WORLD.away.encode(), m.get("/subscriptions").body)
        self.assertIn(m.put(group("new", WORLD.away), {"location": "local"}).status, (403, 404))
        for policy in ({"tenantId": str(uuid.uuid4())},):
            a = m.put(vault("one") + "/accessPolicies/add", {"properties": {"accessPolicies": [
                {"objectId": WORLD.apps["far"].object_id, "permissions": {"secrets": ["get"]}, **policy}]}})
            self.assertEqual(a.status, 400, a)

    def test_a_right_given_to_a_strangers_id_opens_nothing(self):
        self.assign("far", ADMINISTRATOR, vault("one"))
        self.assertEqual(self.client(data("far", "one")).get("/secrets").status, 401)

    def test_people_sign_in_at_home(self):
        self.assertEqual(password("ben@elsewhere.test", tenant="elsewhere.test").status, 200)
        self.assertEqual(password("ben@elsewhere.test", tenant=TENANT).status, 400)
        self.assertEqual(password(f"ann@{DOMAIN}", tenant="elsewhere.test").status, 400)


class RefreshTokens(unittest.TestCase):
    """A server of its own, whose clock moves."""

    def test_reuse_ends_the_family_when_the_grace_is_over(self):
        w = world.World()
        w.vault("one")
        seed = w.seed()
        seed["users"] = [{"upn": f"ann@{DOMAIN}", "password": PASSWORD}]
        seed["roleAssignments"].append({"principal": f"ann@{DOMAIN}", "role": "Key Vault Reader", "vault": "one"})
        s = Server("advisories-refresh", seed=seed).start()
        try:
            self.reuse(s)
        finally:
            s.discard()

    def reuse(self, s):
        scope = "https://vault.azure.net/.default offline_access"
        first = wire.token_answer(s, {
            "grant_type": "password", "client_id": AZ, "username": f"ann@{DOMAIN}", "password": PASSWORD,
            "scope": scope}, path="/organizations/oauth2/v2.0/token").json()

        def refresh(value):
            return wire.token_answer(s, {"grant_type": "refresh_token", "client_id": AZ, "refresh_token": value,
                                         "scope": scope}, path="/common/oauth2/v2.0/token")
        second = refresh(first["refresh_token"]).json()
        self.assertNotEqual(first["refresh_token"], second["refresh_token"])
        then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=120)
        s.restart(args=[*s.args, "--clock", then.strftime("%Y-%m-%dT%H:%M:%SZ")])
        third = refresh(second["refresh_token"]).json()
        c = wire.Client(s, "one.vault", third["access_token"])
        self.addCleanup(c.close)
        self.assertEqual(c.get("/secrets").status, 200)
        a = refresh(first["refresh_token"])
        self.assertEqual((a.status, a.json()["error_codes"]), (400, [70000]), a)
        self.assertEqual(refresh(third["refresh_token"]).status, 400, "the family has ended")
        self.assertEqual(c.get("/secrets").status, 401)
