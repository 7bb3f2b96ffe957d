# SPDX-License-Identifier: Apache-2.0
"""
route x principal x state of the object, for one kind of objects: the expected
status of every cell. A suite describes its kind (class Kind), makes the world
with set_up(), and takes the tests of class Cells.

The rows come from `keyhold routes --json`; a route of the kind that the table
does not have fails, and so does a row of the table that no route has.
"""
import json
import uuid

from kit import wire, world
from kit.server import Server, keyhold

V = "{version}"
STATES = ("absent", "live", "disabled", "deleted", "protected")
# What a state leads to once the caller may: one letter each for STATES.
#   o 200, n 204, 4 404, c 409, d 403 ...Disabled, p 403 purge protection, b 400
#   k 403 KeyReleaseForbidden, a 202, m 201
OUTCOME = {"o": 200, "n": 204, "4": 404, "c": 409, "d": 403, "p": 403, "b": 400, "k": 403, "a": 202, "m": 201}


class Kind:
    """
    word, noun: "secrets", "Secret". table: (method, path) -> (outcomes, roles besides
    administrator, access-policy permission). roles: our word -> the role's name.
    permissions: all names of the kind. version: api-version of the calls.
    """

    def __init__(self, word, noun, table, roles, permissions, version):
        self.word, self.noun, self.table = word, noun, table
        self.roles, self.permissions, self.version = roles, permissions, version

    def make(self, cell):
        """A live object by the name of the cell; its version."""
        raise NotImplementedError

    def body(self, cell, method, path):
        """What a call that would succeed carries."""
        raise NotImplementedError

    def prepare(self, cell, path):
        """What a call that would succeed needs beside the object."""

    def rest_of(self, permission):
        """All that does not give what the permission gives."""
        return [x for x in self.permissions if x != permission]

    def vault_of_policy(self, permission):
        """Names of vaults are short."""
        return f"{self.word[0]}-policy-{self.permissions.index(permission)}"

    def spared(self):
        return ("absent", "live", "disabled", "deleted")


class Stage:
    """The server and the tokens of a suite."""

    def __init__(self, kind):
        self.kind, self.world, self.tokens, self.server = kind, world.World(), {}, None

    def set_up(self):
        w, kind = self.world, self.kind
        for name in (*kind.roles, "nobody", "grouped", "scoped"):
            w.app(name)
        w.groups.append({"name": "officers", "members": ["grouped"]})
        for vault in ("open", "guard"):
            w.vault(vault, purgeProtection=vault == "guard")
            for name, role in kind.roles.items():
                w.role(name, role, vault=vault)
            w.role("officers", kind.roles["officer"], vault=vault)
            for state in kind.spared():
                w.role("scoped", kind.roles["officer"], scope=(
                    f"/subscriptions/{w.subscription}/resourceGroups/bench/providers/"
                    f"Microsoft.KeyVault/vaults/{vault}/{kind.word}/scoped-{state}"))
        # Of another tenant, with every role: it is not even known here.
        w.tenants.append({"name": "elsewhere", "domain": "elsewhere.test"})
        w.app("stranger").tenant = "elsewhere"
        for vault in ("open", "guard"):
            w.role("stranger", kind.roles["admin"], vault=vault)
        self.policies()
        self.server = Server(f"table-{kind.word}", seed=w.seed()).start()
        for name, a in w.apps.items():
            self.tokens[name] = wire.get_token(self.server, a.app_id, a.secret,
                                               tenant="elsewhere.test" if a.tenant else "adfs")

    def policies(self):
        """A vault for each permission (one entry for each form), with and without protection."""
        w, kind = self.world, self.kind
        for name in ("has", "lacks", "member", "through"):
            w.app(name)
        w.groups.append({"name": "policy-group", "members": ["member"]})
        wanted = {row[2] for row in kind.table.values()} | {p for p in kind.permissions if p.startswith("manage")}
        for p in sorted(wanted):
            rest = kind.rest_of(p)
            name = kind.vault_of_policy(p)
            for guard in ("", "-guard"):
                w.vault(name + guard, rbac=False, purgeProtection=bool(guard), accessPolicies=[
                    {"principal": "admin", kind.word: kind.permissions},
                    {"principal": "has", kind.word: [p]},
                    {"principal": "lacks", kind.word: rest},
                    {"principal": "policy-group", kind.word: [p.upper()]},
                    # A user through an application: not the application by itself.
                    {"principal": "through", "applicationId": str(uuid.uuid4()), kind.word: [p]},
                ])
            # Roles mean nothing where access policies rule.
            w.role("nobody", kind.roles["admin"], vault=name)

    def tear_down(self):
        self.server.discard()


def routes():
    done = keyhold("routes", "--json")
    assert done.returncode == 0, done.stderr
    return [r for r in json.loads(done.stdout)["routes"] if r["plane"] == "vault"]


class Cell:
    """
    An object in the wanted state, in the wanted vault, made by the administrator; ready for
    one route, or for all of them.
    """

    def __init__(self, stage, vault, state, name=None, path=None):
        self.stage, self.kind, self.state = stage, stage.kind, state
        self.c = wire.Client(stage.server, f"{vault}.vault", stage.tokens["admin"],
                             self.kind.version)
        self.name = name or f"{state}-{uuid.uuid4().hex[:10]}"
        self.at, self.gone = f"/{self.kind.word}/{self.name}", f"/deleted{self.kind.word}/{self.name}"
        self.version, self.blob, self.path = "0" * 32, None, path
        if state == "absent":
            return
        self.clean()
        self.path = path
        self.version = self.kind.make(self)
        if path is None or path.endswith("/restore"):
            self.blob = self.must(self.c.post(f"{self.at}/backup")).json()["value"]
        if state == "disabled":
            self.must(self.c.patch(f"{self.at}/", {"attributes": {"enabled": False}}))
        if state in ("deleted", "protected"):
            self.must(self.c.delete(self.at))

    @staticmethod
    def must(a):
        assert a.status in (200, 204), a
        return a

    def clean(self):
        """Frees the name, where it can be: under protection a name is used once."""
        self.c.delete(self.at)
        self.c.delete(self.gone)

    def snapshot(self):
        return [(a.status, a.body) for a in map(self.c.get, (f"{self.at}/versions", self.gone, self.at))]

    def ask(self, method, path, token):
        if path == f"/{self.kind.word}/restore":
            body = {"value": self.blob or self.spare()}
        else:
            body = self.kind.body(self, method, path)
        target = path.replace("{name}", self.name).replace(V, self.version).replace("{issuer}", "table")
        return self.c.call(method, target, body, token=token)

    def spare(self):
        """For `absent`: a good blob of a name that is free again, in any vault of these."""
        other = Cell(self.stage, "open", "absent", self.name)
        self.kind.make(other)
        blob = self.must(other.c.post(f"{self.at}/backup")).json()["value"]
        other.clean()
        other.close()
        return blob

    def close(self):
        self.c.close()


class Cells:
    """The tests; a suite's class has `stage` and is a unittest.TestCase too."""

    stage = None

    def test_the_table_has_every_route_and_no_other(self):
        have = {(r["method"], r["path"]) for r in routes() if r.get("kind") == self.stage.kind.word}
        self.assertEqual(have, set(self.stage.kind.table))

    def test_every_route_names_what_it_needs(self):
        kind = self.stage.kind
        for r in routes():
            if r.get("kind") == kind.word:
                with self.subTest(route=(r["method"], r["path"])):
                    self.assertFalse(r["open"])
                    self.assertEqual(r["policyPermission"], kind.table[(r["method"], r["path"])][2])
                    own = {"keys": "key", "certificates": "certificate"}.get(kind.word, f"{kind.word}/")
                    self.assertTrue(r["dataAction"].startswith(f"Microsoft.KeyVault/vaults/{own}"))
                    self.assertTrue(r["apiVersion"])

    def allowed(self, cell, key, token, outcome):
        cell.kind.prepare(cell, key[1])
        a = cell.ask(*key, token)
        if outcome == "c" and key[1].endswith("/restore") and cell.state in ("live", "disabled"):
            self.assertEqual((a.status, a.inner), (409, None), a)
            return
        self.assertEqual(a.status, OUTCOME[outcome], a)
        inner = {"d": f"{cell.kind.noun}Disabled", "c": "ObjectIsDeletedButRecoverable",
                 "k": "KeyReleaseForbidden"}
        if outcome in inner:
            self.assertEqual(a.inner, inner[outcome], a)

    def denied(self, cell, key, token, status, inner):
        before = cell.snapshot()
        a = cell.ask(*key, token)
        self.assertEqual(a.status, status, a)
        self.assertEqual(a.inner, inner)
        self.assertNotIn(b'"value":', a.body)
        self.assertEqual(cell.snapshot(), before, "a refused request changed something")

    def each(self):
        for key, row in self.stage.kind.table.items():
            for state, outcome in zip(STATES, row[0]):
                yield key, row, state, outcome

    @staticmethod
    def vault_of(state, vault="open"):
        if state != "protected":
            return vault
        return "guard" if vault == "open" else f"{vault}-guard"

    def every(self, app, may, vault_of, status, inner):
        """What is refused changes nothing, so one cell serves all that is refused in a vault."""
        token = self.stage.tokens[app] if app else None
        shared = {}
        for key, row, state, outcome in self.each():
            vault = vault_of(state, row)
            with self.subTest(route=" ".join(key), state=state):
                if may(row):
                    cell = Cell(self.stage, vault, state, path=key[1])
                    try:
                        self.allowed(cell, key, token, outcome)
                    finally:
                        cell.close()
                    continue
                if (vault, state) not in shared:
                    shared[vault, state] = Cell(self.stage, vault, state)
                self.denied(shared[vault, state], key, token, status, inner)
        for cell in shared.values():
            cell.close()

    def rbac(self, app, may):
        self.every(app, lambda row: may(row[1]), lambda state, row: self.vault_of(state), 403,
                   "ForbiddenByRbac")

    def refused(self, app, status, inner):
        self.every(app, lambda row: False, lambda state, row: self.vault_of(state), status, inner)

    def policy(self, app, may):
        kind = self.stage.kind
        self.every(app, lambda row: may,
                   lambda state, row: self.vault_of(state, kind.vault_of_policy(row[2])), 403,
                   "AccessDenied")

    def test_nobody(self):
        self.refused(None, 401, None)

    def test_an_administrator_of_another_tenant(self):
        self.refused("stranger", 401, None)

    def test_a_principal_without_a_role(self):
        self.rbac("nobody", lambda roles: False)

    def test_the_administrator(self):
        self.rbac("admin", lambda roles: True)

    def test_a_member_of_a_group_that_is_officer(self):
        self.rbac("grouped", lambda roles: "officer" in roles)

    def test_an_officer_of_one_object_alone(self):
        # Lists and restores are about the vault; under protection a name serves once.
        token = self.stage.tokens["scoped"]
        others = {state: Cell(self.stage, "open", state) for state in STATES}
        for key, _, state, outcome in self.each():
            if state == "protected":
                continue
            with self.subTest(route=" ".join(key), state=state):
                self.denied(others[state], key, token, 403, "ForbiddenByRbac")
                if "{name}" not in key[1]:
                    continue
                cell = Cell(self.stage, "open", state, name=f"scoped-{state}", path=key[1])
                self.allowed(cell, key, token, outcome)
                cell.clean()
                cell.close()
        for cell in others.values():
            cell.close()

    def test_a_policy_with_the_permission(self):
        self.policy("has", True)

    def test_a_policy_with_every_permission_but_the_one(self):
        self.policy("lacks", False)

    def test_a_policy_for_a_group_with_the_permission(self):
        self.policy("member", True)

    def test_a_policy_for_a_user_through_an_application(self):
        self.policy("through", False)

    def test_a_vault_of_access_policies_does_not_look_at_roles(self):
        self.policy("nobody", False)
