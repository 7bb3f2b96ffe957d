# SPDX-License-Identifier: Apache-2.0
"""
route x principal x state of the object: the expected status of every cell.

The rows come from `keyhold routes --json`; a data-plane route that the table
below does not have fails, and so does a row of the table that no route has.
(What callers of another tenant are told in words: test_tenants.py.)
"""
import json
import unittest
import uuid

from kit import wire, world
from kit.server import Server, keyhold

SERVER, WORLD, TOKENS = None, None, {}
V = "{version}"
STATES = ("absent", "live", "disabled", "deleted", "protected")

# What a state leads to once the caller may: one letter each for STATES.
#   o 200, n 204, 4 404, c 409, d 403 SecretDisabled, p 403 purge protection, b 400
OUTCOME = {"o": 200, "n": 204, "4": 404, "c": 409, "d": 403, "p": 403, "b": 400}
INNER = {"d": "SecretDisabled", "c": "ObjectIsDeletedButRecoverable"}

# operation of the route: states, roles that may, access-policy permission, body
READERS, USERS = {"reader", "user", "officer"}, {"user", "officer"}
OFFICERS = {"officer"}
TABLE = {
    # (method, path): (outcomes, roles besides administrator, permission)
    ("GET", "/secrets"): ("ooooo", READERS, "list"),
    ("POST", "/secrets/restore"): ("occcc", OFFICERS, "restore"),
    ("PUT", "/secrets/{name}"): ("ooocc", OFFICERS, "set"),
    ("GET", "/secrets/{name}"): ("4od44", USERS, "get"),
    ("PATCH", "/secrets/{name}"): ("4oo44", OFFICERS, "set"),
    ("DELETE", "/secrets/{name}"): ("4oo44", OFFICERS, "delete"),
    ("GET", "/secrets/{name}/versions"): ("ooooo", READERS, "list"),
    ("POST", "/secrets/{name}/backup"): ("4oo44", OFFICERS, "backup"),
    ("GET", "/secrets/{name}/{version}"): ("4od44", USERS, "get"),
    ("PATCH", "/secrets/{name}/{version}"): ("4oo44", OFFICERS, "set"),
    ("GET", "/deletedsecrets"): ("ooooo", READERS, "list"),
    ("GET", "/deletedsecrets/{name}"): ("444oo", READERS, "get"),
    ("DELETE", "/deletedsecrets/{name}"): ("444np", OFFICERS, "purge"),
    ("POST", "/deletedsecrets/{name}/recover"): ("444oo", OFFICERS, "recover"),
}
# Routes that are open to all: their status for everybody.
OPEN = {("GET", "/healthstatus"): 200}
PERMISSIONS = sorted({row[2] for row in TABLE.values()})


def setUpModule():
    global SERVER, WORLD
    w = WORLD = world.World()
    for name in (*world.ROLES, "nobody", "grouped", "scoped"):
        w.app(name)
    w.groups.append({"name": "officers", "members": ["grouped"]})
    for vault in ("open", "guard"):
        w.vault(vault, purgeProtection=vault == "guard")
        for name, role in world.ROLES.items():
            w.role(name, role, vault=vault)
        w.role("officers", world.ROLES["officer"], vault=vault)
        for secret in ("scoped-absent", "scoped-live", "scoped-disabled", "scoped-deleted"):
            w.role("scoped", world.ROLES["officer"], vault=vault, secret=secret)
    # Of another tenant, with every role: it is not even known here.
    w.tenants.append({"name": "elsewhere", "domain": "elsewhere.test"})
    w.app("stranger").tenant = "elsewhere"
    for vault in ("open", "guard"):
        w.role("stranger", world.ROLES["admin"], vault=vault)
    policies()
    SERVER = Server("table", seed=w.seed()).start()
    for name, a in w.apps.items():
        TOKENS[name] = wire.get_token(SERVER, a.app_id, a.secret,
                                      tenant="elsewhere.test" if a.tenant else "adfs")


def policies():
    """A vault for each permission (one entry for each form), with and without protection."""
    w = WORLD
    for name in ("has", "lacks", "member", "through"):
        w.app(name)
    w.groups.append({"name": "policy-group", "members": ["member"]})
    for vault in ("policy", "policy-guard"):
        entries = [{"principal": "admin", "secrets": world.ALL}]
        w.vault(vault, rbac=False, purgeProtection=vault != "policy", accessPolicies=entries)
    for p in PERMISSIONS:
        rest = [x for x in world.ALL if x != p]
        for guard in ("", "-guard"):
            w.vault(f"policy-{p}{guard}", rbac=False, purgeProtection=bool(guard), accessPolicies=[
                {"principal": "admin", "secrets": world.ALL},
                {"principal": "has", "secrets": [p]},
                {"principal": "lacks", "secrets": rest},
                {"principal": "policy-group", "secrets": [p.upper()]},
                # A user through an application: not the application by itself.
                {"principal": "through", "applicationId": str(uuid.uuid4()), "secrets": [p]},
            ])
    # Roles mean nothing where access policies rule.
    for p in PERMISSIONS:
        w.role("nobody", world.ROLES["admin"], vault=f"policy-{p}")


def tearDownModule():
    SERVER.discard()


def routes():
    done = keyhold("routes", "--json")
    assert done.returncode == 0, done.stderr
    return [r for r in json.loads(done.stdout)["routes"] if r["plane"] == "vault"]


class Cell:
    """An object in the wanted state, in the wanted vault, made by the administrator."""

    def __init__(self, vault, state, name=None):
        self.c = wire.Client(SERVER, f"{vault}.vault", TOKENS["admin"], "7.4")
        self.state = state
        self.name = name or f"{state}-{uuid.uuid4().hex[:10]}"
        self.version, self.blob = "0" * 32, None
        if state == "absent":
            return
        self.clean()
        a = self.must(self.c.put(f"/secrets/{self.name}", {"value": "v", "tags": {"t": "1"}}))
        self.version = a.json()["id"].rsplit("/", 1)[1]
        self.blob = self.must(self.c.post(f"/secrets/{self.name}/backup")).json()["value"]
        if state == "disabled":
            self.must(self.c.patch(f"/secrets/{self.name}/", {"attributes": {"enabled": False}}))
        if state in ("deleted", "protected"):
            self.must(self.c.delete(f"/secrets/{self.name}"))

    @staticmethod
    def must(a):
        assert a.status in (200, 204), a
        return a

    def clean(self):
        """Frees the name, where it can be: under protection a name is used once."""
        self.c.delete(f"/secrets/{self.name}")
        self.c.delete(f"/deletedsecrets/{self.name}")

    def snapshot(self):
        paths = (f"/secrets/{self.name}/versions", f"/deletedsecrets/{self.name}",
                 f"/secrets/{self.name}")
        return [(a.status, a.body) for a in map(self.c.get, paths)]

    def ask(self, method, path, token):
        body = None
        if method == "PUT":
            body = {"value": "w"}
        elif method == "PATCH":
            body = {"tags": {"t": "2"}}
        elif path == "/secrets/restore":
            body = {"value": self.blob or self.spare()}
        target = path.replace("{name}", self.name).replace(V, self.version)
        return self.c.call(method, target, body, token=token)

    def spare(self):
        """For `absent`: a good blob of a name that is free again, in any vault of these."""
        other = wire.Client(SERVER, "open.vault", TOKENS["admin"], "7.4")
        self.must(other.put(f"/secrets/{self.name}", {"value": "v"}))
        blob = self.must(other.post(f"/secrets/{self.name}/backup")).json()["value"]
        other.delete(f"/secrets/{self.name}")
        other.delete(f"/deletedsecrets/{self.name}")
        other.close()
        return blob

    def close(self):
        self.c.close()


class Table(unittest.TestCase):
    def test_the_table_has_every_route_and_no_other(self):
        have = {(r["method"], r["path"]) for r in routes()}
        self.assertEqual(have, set(TABLE) | set(OPEN))

    def test_every_route_names_what_it_needs_or_is_open(self):
        for r in routes():
            key = (r["method"], r["path"])
            with self.subTest(route=key):
                self.assertEqual(r["open"], key in OPEN)
                if key in TABLE:
                    self.assertEqual(r["policyPermission"], TABLE[key][2])
                    self.assertTrue(r["dataAction"].startswith("Microsoft.KeyVault/vaults/secrets/"))
                    self.assertTrue(r["apiVersion"])

    def test_open_routes_answer_everybody(self):
        for (method, path), status in OPEN.items():
            for token in (None, TOKENS["nobody"], TOKENS["admin"], "garbage"):
                a = wire.Client(SERVER, "open.vault", token).call(method, path)
                self.assertEqual(a.status, status)

    def allowed(self, cell, key, token, outcome):
        a = cell.ask(*key, token)
        if outcome == "c" and key[1] == "/secrets/restore" and cell.state in ("live", "disabled"):
            self.assertEqual((a.status, a.inner), (409, None), a)
            return
        self.assertEqual(a.status, OUTCOME[outcome], a)
        if outcome in INNER:
            self.assertEqual(a.inner, INNER[outcome], a)

    def denied(self, cell, key, token, status, inner):
        before = cell.snapshot()
        a = cell.ask(*key, token)
        self.assertEqual(a.status, status, a)
        self.assertEqual(a.inner, inner)
        self.assertNotIn(b'"value":', a.body)
        self.assertEqual(cell.snapshot(), before, "a refused request changed something")

    def each(self):
        for key, row in TABLE.items():
            for state, outcome in zip(STATES, row[0]):
                yield key, row, state, outcome

    @staticmethod
    def vault_of(state, vault="open"):
        guarded = {"open": "guard", "policy": "policy-guard"}
        return guarded.get(vault, f"{vault}-guard") if state == "protected" else vault

    def rbac(self, app, may):
        for key, row, state, outcome in self.each():
            with self.subTest(route=" ".join(key), state=state):
                cell = Cell(self.vault_of(state), state)
                try:
                    if may(row[1]):
                        self.allowed(cell, key, TOKENS[app], outcome)
                    else:
                        self.denied(cell, key, TOKENS[app], 403, "ForbiddenByRbac")
                finally:
                    cell.close()

    def test_nobody(self):
        for key, _, state, _ in self.each():
            with self.subTest(route=" ".join(key), state=state):
                cell = Cell(self.vault_of(state), state)
                self.denied(cell, key, None, 401, None)
                cell.close()

    def test_an_administrator_of_another_tenant(self):
        for key, _, state, _ in self.each():
            with self.subTest(route=" ".join(key), state=state):
                cell = Cell(self.vault_of(state), state)
                self.denied(cell, key, TOKENS["stranger"], 401, None)
                cell.close()

    def test_a_principal_without_a_role(self):
        self.rbac("nobody", lambda roles: False)

    def test_key_vault_reader(self):
        self.rbac("reader", lambda roles: "reader" in roles)

    def test_key_vault_secrets_user(self):
        self.rbac("user", lambda roles: "user" in roles)

    def test_key_vault_secrets_officer(self):
        self.rbac("officer", lambda roles: "officer" in roles)

    def test_key_vault_administrator(self):
        self.rbac("admin", lambda roles: True)

    def test_a_member_of_a_group_that_is_officer(self):
        self.rbac("grouped", lambda roles: "officer" in roles)

    def test_an_officer_of_one_secret_alone(self):
        # Lists and restores are about the vault; under protection a name serves once.
        for key, _, state, outcome in self.each():
            if state == "protected":
                continue
            with self.subTest(route=" ".join(key), state=state):
                cell = Cell("open", state, name=f"scoped-{state}")
                if "{name}" in key[1]:
                    self.allowed(cell, key, TOKENS["scoped"], outcome)
                else:
                    self.denied(cell, key, TOKENS["scoped"], 403, "ForbiddenByRbac")
                cell.clean()
                other = Cell("open", state)
                self.denied(other, key, TOKENS["scoped"], 403, "ForbiddenByRbac")
                cell.close()
                other.close()

    def policy(self, app, outcome_of):
        for key, row, state, outcome in self.each():
            with self.subTest(route=" ".join(key), state=state):
                vault = f"policy-{row[2]}" + ("-guard" if state == "protected" else "")
                cell = Cell(vault, state)
                try:
                    if outcome_of(row):
                        self.allowed(cell, key, TOKENS[app], outcome)
                    else:
                        self.denied(cell, key, TOKENS[app], 403, "AccessDenied")
                finally:
                    cell.close()

    def test_a_policy_with_the_permission(self):
        self.policy("has", lambda row: True)

    def test_a_policy_with_every_permission_but_the_one(self):
        self.policy("lacks", lambda row: False)

    def test_a_policy_for_a_group_with_the_permission(self):
        self.policy("member", lambda row: True)

    def test_a_policy_for_a_user_through_an_application(self):
        self.policy("through", lambda row: False)

    def test_a_vault_of_access_policies_does_not_look_at_roles(self):
        self.policy("nobody", lambda row: False)

    def test_a_denial_names_the_permission_that_is_missing(self):
        cell = Cell("policy-get", "live")
        a = cell.c.get(f"/secrets/{cell.name}", token=TOKENS["lacks"])
        lacks = WORLD.apps["lacks"]
        self.assertEqual(a.error["message"], (
            f"The user, group or application 'appid={lacks.app_id};oid={lacks.object_id};"
            f"iss=https://login.keyhold.localhost:{SERVER.port}/{SERVER.tenant}/' does not have secrets "
            "get permission on key vault 'policy-get;location=local'. For help resolving this issue, "
            "please see https://go.microsoft.com/fwlink/?linkid=2125287"))
        cell.close()
