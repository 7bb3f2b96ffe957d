# SPDX-License-Identifier: Apache-2.0
"""
Every route of the resource manager for every principal at every scope under every lock
(kit/manager_rows.py). The expected status is that of kit/rights.py, not of the server.
A route that the table does not have fails, and so does a row that no route has.
"""
import concurrent.futures
import json
import unittest

from kit import manager, manager_rows, rights
from kit.manager import GRANTS, PRINCIPALS, Caller
from kit.server import Server, keyhold

STAGE, TABLE = manager.Stage(), manager_rows.rows()
OPEN = {("GET", "/metadata/endpoints")}
POOL, RESULTS = None, {}
# Hundreds of requests without a good token come from one address.
UNLIMITED = {"limits.unauthenticated_rate": "off"}


def setUpModule():
    global POOL
    STAGE.start(lambda seed: Server("table-management", seed=seed, sets=UNLIMITED))
    POOL = concurrent.futures.ThreadPoolExecutor(4)
    for land in STAGE.lands:
        RESULTS[land.lock] = POOL.submit(lambda at=land: World(at).run())


def tearDownModule():
    POOL.shutdown(cancel_futures=True)
    STAGE.server.discard()


def routes():
    done = keyhold("routes", "--json")
    assert done.returncode == 0, done.stderr
    return [r for r in json.loads(done.stdout)["routes"] if r["plane"] == "management"]


class World:
    """All cells of one subscription; what is wrong is written down, not raised."""

    def __init__(self, land):
        self.land, self.wrong, self.cells = land, [], 0
        self.lock = land.locked()

    def run(self):
        with Caller(STAGE, "maker") as self.maker:
            for name in ("none", *PRINCIPALS):
                with Caller(STAGE, name) as caller:
                    self.principal(caller)
        return self

    def grants(self, name):
        return [(role, getattr(self.land, place)) for role, place in PRINCIPALS.get(name, [])]

    def expected(self, name, method, row):
        """The status, and whether the caller may."""
        refused, foreign = row.kind
        scope, grants = row.scope(self.land), self.grants(name)
        if name in ("none", "gone"):
            return 401, False
        if name == "stranger":
            return foreign, False
        if row.actions and not rights.may(grants, row.actions, scope):
            return refused, False
        if row.locks and rights.is_locked(self.lock, method, row.lock_scope(self.land), row.whole) and row.actions:
            return 409, True
        if row.data and not rights.may(grants, [row.data], scope, data=True):
            return 400, True
        return row.ok, True

    def principal(self, caller):
        """What is refused comes first, and leaves everything as it was."""
        todo = []
        before = self.snapshot()
        for (method, _), rows in TABLE.items():
            for row in rows:
                status, may = self.expected(caller.name, method, row)
                if may and status == row.ok:
                    todo.append((method, row))
                else:
                    a = caller.ask(method, row.path(self.land), self.body(row))
                    self.judge(caller.name, method, row, status, may, a)
        if self.snapshot() != before:
            self.wrong.append(f"{caller.name}: what was refused changed something")
        for method, row in todo:
            path = self.used_up(caller.name, row) if row.make else row.path(self.land)
            a = caller.ask(method, path, self.body(row))
            self.judge(caller.name, method, row, row.ok, True, a)
            if row.undo:
                self.maker.ask("DELETE", path)

    def used_up(self, name, row):
        """A fresh one; whose right is that of the group has it in the fresh group as well."""
        path = row.make(self.maker, STAGE, self.land)
        if row.make is manager_rows.new_group and ("Owner", "group") in PRINCIPALS[name]:
            self.maker.assign(path, manager.OWNER, STAGE.apps[name].object_id)
        return path

    def body(self, row):
        return row.body(STAGE, self.land) if callable(row.body) else row.body

    def judge(self, name, method, row, status, may, a):
        self.cells += 1
        where = f"{name}: {method} {row.path(self.land)} [{row.at}]"
        if a.status != status:
            self.wrong.append(f"{where}: {a.status} instead of {status}: {a.body[:200]!r}")
        if a.status in (401, 403, 409) and not a.json().get("error", {}).get("code"):
            self.wrong.append(f"{where}: no code")
        if a.status == 409 and a.error["code"] != "ScopeLocked":
            self.wrong.append(f"{where}: {a.error['code']}")
        if row.shows and a.status == 200:
            how, word = row.shows(self.land)
            touches = any(rights.covers(at, self.land.subscription) or rights.covers(self.land.subscription, at)
                          for _, at in self.grants(name))
            sees = (touches and name != "stranger") if how == "any" else may
            if (word.encode() in a.body) != sees:
                self.wrong.append(f"{where}: {'hides' if sees else 'shows'} {word}")

    def snapshot(self):
        land, m = self.land, self.maker
        seen = [m.must("GET", path) for path in (
            land.vault, land.group, land.identity, land.mg, f"{land.mg}/subscriptions", f"{land.identity}/federatedIdentityCredentials",
            f"{land.subscription}/resourceGroups", f"{land.subscription}{manager.VAULTS}",
            f"{land.vault}{manager.SETTINGS}", f"{land.vault}/secrets/one",
            f"{land.subscription}{GRANTS}roleAssignments", f"{land.subscription}{GRANTS}locks",
            f"{land.subscription}{GRANTS}roleDefinitions?$filter=type%20eq%20'CustomRole'",
            f"{land.subscription}/providers/Microsoft.KeyVault/deletedVaults")]
        return json.dumps(seen, sort_keys=True)


class Table(unittest.TestCase):
    maxDiff = None

    def test_the_table_has_every_route_and_no_other(self):
        self.assertEqual({(r["method"], r["path"]) for r in routes() if not r["open"]}, set(TABLE))

    def test_the_open_routes_are_these(self):
        self.assertEqual({(r["method"], r["path"]) for r in routes() if r["open"]}, OPEN)
        for name in ("none", "nobody", "gone", "stranger", "owner"):
            with Caller(STAGE, name) as c:
                for method, path in OPEN:
                    self.assertEqual(c.ask(method, path).status, 200)

    def test_every_route_names_the_right_that_the_table_expects(self):
        for r in routes():
            for row in TABLE.get((r["method"], r["path"]), []):
                if row.actions and row.kind != manager_rows.LIST:
                    with self.subTest(route=(r["method"], r["path"])):
                        self.assertIn(r["action"].lower(), [a.lower() for a in row.actions])

    def under(self, lock):
        done = RESULTS[lock].result()
        self.assertEqual(done.wrong[:40], [], f"{len(done.wrong)} of {done.cells} cells")
        self.assertGreater(done.cells, 1500)

    def test_no_lock(self):
        self.under(None)

    def test_vault_cannot_be_deleted(self):
        self.under(("CanNotDelete", "vault"))

    def test_group_cannot_be_deleted(self):
        self.under(("CanNotDelete", "group"))

    def test_subscription_cannot_be_deleted(self):
        self.under(("CanNotDelete", "subscription"))

    def test_vault_is_read_only(self):
        self.under(("ReadOnly", "vault"))

    def test_group_is_read_only(self):
        self.under(("ReadOnly", "group"))

    def test_subscription_is_read_only(self):
        self.under(("ReadOnly", "subscription"))
