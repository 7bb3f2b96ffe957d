# SPDX-License-Identifier: Apache-2.0
"""Every route of keys for every principal and every state (kit/table.py)."""
import unittest

from kit import jwk, table, world
from kit.table import Cell, Cells

# Roles of the data plane that touch keys; `wrapper` wraps for a service that encrypts.
ROLES = {"admin": "Key Vault Administrator", "officer": "Key Vault Crypto Officer",
         "user": "Key Vault Crypto User", "reader": "Key Vault Reader",
         "wrapper": "Key Vault Crypto Service Encryption User",
         "secrets": "Key Vault Secrets Officer"}
READERS, OFFICERS = {"reader", "wrapper", "user", "officer"}, {"officer"}
USERS, WRAPPERS = {"user", "officer"}, {"wrapper", "user", "officer"}
PERMISSIONS = ["get", "list", "update", "create", "import", "delete", "recover", "backup", "restore",
               "decrypt", "encrypt", "unwrapKey", "wrapKey", "verify", "sign", "purge", "release",
               "rotate", "getrotationpolicy", "setrotationpolicy"]
D32 = "A" * 43
BODIES = {
    "encrypt": {"alg": "RSA-OAEP", "value": "AA"}, "wrapkey": {"alg": "RSA-OAEP", "value": "AA"},
    "sign": {"alg": "ES256", "value": D32},
    "verify": {"alg": "ES256", "digest": D32, "value": "AA"},
}
# Who may read a key may do what its public half does (the keys here have one).
OPERATIONS = {
    "encrypt": (READERS, "encrypt"), "decrypt": (USERS, "decrypt"),
    "wrapkey": (READERS, "wrapKey"), "unwrapkey": (WRAPPERS, "unwrapKey"),
    "sign": (USERS, "sign"), "verify": (READERS, "verify"),
}
TABLE = {
    ("GET", "/keys"): ("ooooo", READERS, "list"),
    ("POST", "/keys/restore"): ("occcc", OFFICERS, "restore"),
    ("PUT", "/keys/{name}"): ("ooocc", OFFICERS, "import"),
    ("GET", "/keys/{name}"): ("4oo44", READERS, "get"),
    ("PATCH", "/keys/{name}"): ("4oo44", USERS, "update"),
    ("DELETE", "/keys/{name}"): ("4oo44", OFFICERS, "delete"),
    ("POST", "/keys/{name}/create"): ("ooocc", OFFICERS, "create"),
    ("GET", "/keys/{name}/versions"): ("ooooo", READERS, "list"),
    ("POST", "/keys/{name}/backup"): ("4oo44", USERS, "backup"),
    ("POST", "/keys/{name}/rotate"): ("4oo44", OFFICERS, "rotate"),
    ("GET", "/keys/{name}/rotationpolicy"): ("4oo44", {"reader", "officer"}, "getrotationpolicy"),
    ("PUT", "/keys/{name}/rotationpolicy"): ("4oo44", OFFICERS, "setrotationpolicy"),
    ("GET", "/keys/{name}/attestation"): ("4bb44", READERS, "get"),
    ("GET", "/keys/{name}/{version}/attestation"): ("4bb44", READERS, "get"),
    ("GET", "/keys/{name}/{version}"): ("4oo44", READERS, "get"),
    ("PATCH", "/keys/{name}/{version}"): ("4oo44", USERS, "update"),
    ("GET", "/deletedkeys"): ("ooooo", READERS, "list"),
    ("GET", "/deletedkeys/{name}"): ("444oo", READERS, "get"),
    ("DELETE", "/deletedkeys/{name}"): ("444np", OFFICERS, "purge"),
    ("POST", "/deletedkeys/{name}/recover"): ("444oo", OFFICERS, "recover"),
    ("POST", "/rng"): ("ooooo", READERS, "get"),
    # The keys here are not made to be released: test_release.py has those.
    ("POST", "/keys/{name}/release"): ("4kd44", OFFICERS, "release"),
    ("POST", "/keys/{name}/{version}/release"): ("4kd44", OFFICERS, "release"),
    **{("POST", f"/keys/{{name}}{v}/{op}"): ("4od44", roles, permission)
       for op, (roles, permission) in OPERATIONS.items() for v in ("", "/{version}")},
}


class Keys(table.Kind):
    """RSA keys only where nothing else will do: they take longer than all the rest."""

    def make(self, cell):
        rsa = cell.path is None or cell.path.endswith(("crypt", "wrapkey"))
        a = cell.must(cell.c.put(cell.at, {"key": jwk.RSA if rsa else jwk.EC, "tags": {"t": "1"}}))
        if cell.path is None or cell.path.endswith(("/decrypt", "/unwrapkey")):
            cell.sealed = cell.must(cell.c.post(f"{cell.at}/encrypt", BODIES["encrypt"])).json()["value"]
        return a.json()["key"]["kid"].rsplit("/", 1)[1]

    def body(self, cell, method, path):
        op = path.rsplit("/", 1)[1]
        if op in ("decrypt", "unwrapkey"):
            return {"alg": "RSA-OAEP", "value": getattr(cell, "sealed", "AA")}
        if op in BODIES:
            return BODIES[op]
        if path == "/rng":
            return {"count": 8}
        if op == "create":
            return {"kty": "EC"}
        if op == "release":
            return {"target": "e30.e30.AA"}
        if op == "rotationpolicy" and method == "PUT":
            return {"attributes": {"expiryTime": "P90D"}}
        return {"PUT": {"key": jwk.EC}, "PATCH": {"tags": {"t": "2"}}}.get(method)


STAGE = table.Stage(Keys("keys", "Key", TABLE, ROLES, PERMISSIONS, "7.6"))


def setUpModule():
    STAGE.world.vault("symmetric", allowOctKeys=True)
    for name in ("admin", "reader", "user"):
        STAGE.world.app(name)
        STAGE.world.role(name, ROLES[name], vault="symmetric")
    STAGE.set_up()


def tearDownModule():
    STAGE.tear_down()


class Table(Cells, unittest.TestCase):
    stage = STAGE

    def test_key_vault_reader(self):
        self.rbac("reader", lambda roles: "reader" in roles)

    def test_key_vault_crypto_user(self):
        self.rbac("user", lambda roles: "user" in roles)

    def test_key_vault_crypto_officer(self):
        self.rbac("officer", lambda roles: "officer" in roles)

    def test_key_vault_crypto_service_encryption_user(self):
        self.rbac("wrapper", lambda roles: "wrapper" in roles)

    def test_an_officer_of_secrets(self):
        self.rbac("secrets", lambda roles: False)

    def test_a_key_without_a_public_half_is_not_used_by_who_may_read_it(self):
        c = Cell(STAGE, "symmetric", "absent").c
        ops = ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"]
        Cell.must(c.put("/keys/oct", {"key": {**jwk.OCT, "key_ops": ops}}))
        for op, body in (("encrypt", {"alg": "A128GCM", "value": "AA"}),
                         ("wrapkey", {"alg": "A128KW", "value": "A" * 22}),
                         ("verify", {"alg": "HS256", "digest": "AA", "value": "AA"})):
            with self.subTest(op=op):
                a = c.post(f"/keys/oct/{op}", body, token=STAGE.tokens["reader"])
                self.assertEqual((a.status, a.inner), (403, "ForbiddenByRbac"), a)
                self.assertIn(f"Microsoft.KeyVault/vaults/keys/{op.removesuffix('key')}/action",
                              a.error["message"])
                self.assertIsNone(a.header("x-ms-keyvault-rbac-assignment-id"))
                self.assertEqual(c.post(f"/keys/oct/{op}", body, token=STAGE.tokens["user"]).status, 200)
        c.close()
