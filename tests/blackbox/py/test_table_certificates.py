# SPDX-License-Identifier: Apache-2.0
"""Every route of certificates for every principal and every state (kit/table.py)."""
import base64
import unittest

from cryptography import x509

from kit import certs, table, world
from kit.table import Cell, Cells

ROLES = {"admin": "Key Vault Administrator", "officer": "Key Vault Certificates Officer",
         "user": "Key Vault Certificate User", "reader": "Key Vault Reader",
         "secrets": "Key Vault Secrets Officer", "crypto": "Key Vault Crypto Officer"}
READERS, OFFICERS = {"reader", "user", "officer"}, {"officer"}
PERMISSIONS = ["get", "list", "update", "create", "import", "delete", "recover", "backup", "restore", "managecontacts",
               "manageissuers", "getissuers", "listissuers", "setissuers", "deleteissuers", "purge"]
# Whoever may read a vault may read who issues its certificates (the action ends with /read).
TABLE = {
    ("PUT", "/certificates/contacts"): ("ooooo", OFFICERS, "managecontacts"),
    ("GET", "/certificates/contacts"): ("ooooo", OFFICERS, "managecontacts"),
    ("DELETE", "/certificates/contacts"): ("ooooo", OFFICERS, "managecontacts"),
    ("GET", "/certificates/issuers"): ("ooooo", {"reader", "officer"}, "listissuers"),
    ("PUT", "/certificates/issuers/{issuer}"): ("ooooo", OFFICERS, "setissuers"),
    ("GET", "/certificates/issuers/{issuer}"): ("ooooo", {"reader", "officer"}, "getissuers"),
    ("PATCH", "/certificates/issuers/{issuer}"): ("ooooo", OFFICERS, "setissuers"),
    ("DELETE", "/certificates/issuers/{issuer}"): ("ooooo", OFFICERS, "deleteissuers"),
    ("GET", "/certificates"): ("ooooo", READERS, "list"),
    ("POST", "/certificates/restore"): ("occcc", OFFICERS, "restore"),
    ("POST", "/certificates/{name}/create"): ("aaacc", OFFICERS, "create"),
    ("POST", "/certificates/{name}/import"): ("ooocc", OFFICERS, "import"),
    ("GET", "/certificates/{name}"): ("4oo44", READERS, "get"),
    ("PATCH", "/certificates/{name}"): ("4oo44", OFFICERS, "update"),
    ("DELETE", "/certificates/{name}"): ("4oo44", OFFICERS, "delete"),
    ("GET", "/certificates/{name}/versions"): ("ooooo", READERS, "list"),
    ("GET", "/certificates/{name}/policy"): ("4oo44", READERS, "get"),
    ("PATCH", "/certificates/{name}/policy"): ("4oo44", OFFICERS, "update"),
    ("GET", "/certificates/{name}/pending"): ("4oo44", READERS, "get"),
    ("PATCH", "/certificates/{name}/pending"): ("4oo44", OFFICERS, "update"),
    ("DELETE", "/certificates/{name}/pending"): ("4oo44", OFFICERS, "update"),
    ("POST", "/certificates/{name}/pending/merge"): ("4mm44", OFFICERS, "create"),
    ("POST", "/certificates/{name}/backup"): ("4oo44", OFFICERS, "backup"),
    ("GET", "/certificates/{name}/{version}"): ("4oo44", READERS, "get"),
    ("PATCH", "/certificates/{name}/{version}"): ("4oo44", OFFICERS, "update"),
    ("GET", "/deletedcertificates"): ("ooooo", READERS, "list"),
    ("GET", "/deletedcertificates/{name}"): ("444oo", READERS, "get"),
    ("DELETE", "/deletedcertificates/{name}"): ("444np", OFFICERS, "purge"),
    ("POST", "/deletedcertificates/{name}/recover"): ("444oo", OFFICERS, "recover"),
}
CA = certs.Hierarchy()


class Certificates(table.Kind):
    issuer = "table"

    def make(self, cell):
        waits = cell.path is not None and cell.path.endswith("/merge")
        a = cell.c.post(f"{cell.at}/create", {"policy": certs.ec_policy("Unknown" if waits else "Self"),
                                              "tags": {"t": "1"}})
        assert a.status == 202, a
        csr = x509.load_der_x509_csr(base64.b64decode(a.json()["csr"]))
        cell.leaf = CA.issue(csr.subject, csr.public_key()) if waits else None
        return cell.must(cell.c.get(cell.at)).json()["id"].rsplit("/", 1)[1]

    def body(self, cell, method, path):
        last = path.rsplit("/", 1)[1]
        if path.startswith("/certificates/issuers"):
            return {"provider": "Test"} if method in ("PUT", "PATCH") else None
        if last == "contacts":
            return {"contacts": [{"email": "a@b.test"}]} if method == "PUT" else None
        if method == "PATCH":
            return {"policy": {"x509_props": {"validity_months": 6}}, "pending": {"cancellation_requested": True}}.get(
                last, {"tags": {"t": "2"}})
        if last == "create":
            return {"policy": certs.ec_policy()}
        if last == "import":
            return {"value": IMPORT}
        if last == "merge":
            leaf = getattr(cell, "leaf", None)
            return {"x5c": [base64.b64encode(certs.raw(leaf)).decode() if leaf else "AAAA"]}
        return None

    def prepare(self, cell, path):
        """What the vault has beside certificates; another test may just have removed it."""
        if path.startswith("/certificates/issuers"):
            cell.must(cell.c.put(f"/certificates/issuers/{self.issuer}", {"provider": "Test"}))
        if path == "/certificates/contacts":
            cell.must(cell.c.put(path, {"contacts": [{"email": "a@b.test"}]}))

    def rest_of(self, permission):
        """Who manages issuers may do each thing with them."""
        rest = super().rest_of(permission)
        return [p for p in rest if p != "manageissuers"] if permission.endswith("issuers") else rest


IMPORT = certs.pfx(CA.root_key, CA.root)
STAGE = table.Stage(Certificates("certificates", "Certificate", TABLE, ROLES, PERMISSIONS, "7.6"))


def setUpModule():
    STAGE.set_up()


def tearDownModule():
    STAGE.tear_down()


class Table(Cells, unittest.TestCase):
    stage = STAGE

    def test_key_vault_certificates_officer(self):
        self.rbac("officer", lambda roles: "officer" in roles)

    def test_key_vault_certificate_user(self):
        self.rbac("user", lambda roles: "user" in roles)

    def test_key_vault_reader(self):
        self.rbac("reader", lambda roles: "reader" in roles)

    def test_key_vault_secrets_officer(self):
        self.rbac("secrets", lambda roles: False)

    def test_key_vault_crypto_officer(self):
        self.rbac("crypto", lambda roles: False)

    def test_who_manages_issuers_may_do_all_with_them(self):
        token = STAGE.tokens["has"]
        for (method, path), row in TABLE.items():
            if "/issuers" not in path:
                continue
            cell = Cell(STAGE, STAGE.kind.vault_of_policy("manageissuers"), "absent")
            with self.subTest(route=f"{method} {path}"):
                self.allowed(cell, (method, path), token, "o")
            cell.close()
