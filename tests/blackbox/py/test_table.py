# SPDX-License-Identifier: Apache-2.0
"""
Every route of secrets for every principal and every state (kit/table.py), and
what holds of all routes. (What callers of another tenant are told in words:
test_tenants.py.)
"""
import unittest

from kit import table, wire, world
from kit.table import Cell, Cells

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
# Kinds that have a suite like this one.
KINDS = {"secrets", "keys", "certificates"}


class Secrets(table.Kind):
    def make(self, cell):
        a = cell.must(cell.c.put(cell.at, {"value": "v", "tags": {"t": "1"}}))
        return a.json()["id"].rsplit("/", 1)[1]

    def body(self, cell, method, path):
        return {"PUT": {"value": "w"}, "PATCH": {"tags": {"t": "2"}}}.get(method)


STAGE = table.Stage(Secrets("secrets", "Secret", TABLE, world.ROLES, world.ALL, "7.4"))


def setUpModule():
    STAGE.set_up()


def tearDownModule():
    STAGE.tear_down()


class Table(Cells, unittest.TestCase):
    stage = STAGE

    def test_every_kind_of_routes_has_its_table(self):
        self.assertEqual({r["kind"] for r in table.routes() if not r["open"]}, KINDS)

    def test_the_open_routes_are_these(self):
        self.assertEqual({(r["method"], r["path"]) for r in table.routes() if r["open"]}, set(OPEN))

    def test_open_routes_answer_everybody(self):
        for (method, path), status in OPEN.items():
            for token in (None, STAGE.tokens["nobody"], STAGE.tokens["admin"], "garbage"):
                a = wire.Client(STAGE.server, "open.vault", token).call(method, path)
                self.assertEqual(a.status, status)

    def test_key_vault_reader(self):
        self.rbac("reader", lambda roles: "reader" in roles)

    def test_key_vault_secrets_user(self):
        self.rbac("user", lambda roles: "user" in roles)

    def test_key_vault_secrets_officer(self):
        self.rbac("officer", lambda roles: "officer" in roles)

    def test_a_denial_names_the_permission_that_is_missing(self):
        vault = STAGE.kind.vault_of_policy("get")
        cell = Cell(STAGE, vault, "live")
        a = cell.c.get(cell.at, token=STAGE.tokens["lacks"])
        lacks, server = STAGE.world.apps["lacks"], STAGE.server
        self.assertEqual(a.error["message"], (
            f"The user, group or application 'appid={lacks.app_id};oid={lacks.object_id};"
            f"iss=https://login.keyhold.localhost:{server.port}/{server.tenant}/' does not have secrets "
            f"get permission on key vault '{vault};location=local'. For help resolving this issue, "
            "please see https://go.microsoft.com/fwlink/?linkid=2125287"))
        cell.close()
