# SPDX-License-Identifier: Apache-2.0
"""The newest az: `az keyvault certificate`, every command."""
import base64
import json
import re

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kit import az_case, certs
from kit.az_case import Case, fresh

TOWN = None
V = ("--vault-name", "desk")


def setUpModule():
    global TOWN
    TOWN = az_case.Town()
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


class Certificates(Case):
    def cert(self, *words):
        return self.az("keyvault", "certificate", *words)

    def policy(self, issuer="Self"):
        """As `az keyvault certificate get-default-policy` prints it."""
        policy = {"issuerParameters": {"name": issuer},
                  "keyProperties": {"exportable": True, "keyType": "EC", "curve": "P-256", "reuseKey": False},
                  "secretProperties": {"contentType": "application/x-pkcs12"},
                  "x509CertificateProperties": {"subject": "CN=az", "validityInMonths": 12}}
        return "@" + self.file("policy", json.dumps(policy).encode())

    def made(self, **more):
        name = fresh("c")
        op = self.cert("create", *V, "-n", name, "-p", self.policy(**more))
        return name, op

    def test_create_show_and_list(self):
        name, op = self.made()
        self.assertEqual(op["status"], "completed")
        got = self.cert("show", *V, "-n", name)
        self.assertEqual(got["policy"]["issuerParameters"]["name"], "Self")
        self.assertIn(name, [c["id"].rsplit("/", 1)[1] for c in self.cert("list", *V)])
        self.assertEqual(len(self.cert("list-versions", *V, "-n", name)), 1)
        new = self.cert("set-attributes", *V, "-n", name, "--enabled", "false", "--tags", "a=b")
        self.assertEqual((new["attributes"]["enabled"], new["tags"]), (False, {"a": "b"}))
        self.assertIn("x509CertificateProperties", self.cert("get-default-policy"))
        self.az.refused("CertificateNotFound", "keyvault", "certificate", "show", *V, "-n", fresh("c"))

    def test_download_and_import(self):
        key = ec.generate_private_key(ec.SECP256R1())
        cert = certs.sign(certs.name_of("az"), key.public_key(), certs.name_of("az"), key)
        name = fresh("i")
        self.cert("import", *V, "-n", name, "--file",
                  self.file("pem", (certs.key_pem(key) + certs.pem(cert)).encode()))
        got = self.file("got")
        self.cert("download", *V, "-n", name, "--file", got)
        with open(got, "rb") as f:
            self.assertEqual(x509.load_pem_x509_certificate(f.read()), cert)

    def test_deleting(self):
        name, _ = self.made()
        kept = self.file("backup")
        self.cert("backup", *V, "-n", name, "--file", kept)
        self.cert("delete", *V, "-n", name)
        self.assertIn(name, [c["recoveryId"].rsplit("/", 1)[1] for c in self.cert("list-deleted", *V)])
        self.cert("show-deleted", *V, "-n", name)
        self.cert("recover", *V, "-n", name)
        self.cert("delete", *V, "-n", name)
        self.cert("purge", *V, "-n", name)
        self.cert("restore", *V, "--file", kept)
        self.cert("show", *V, "-n", name)

    def test_an_operation(self):
        name, _ = self.made(issuer="Unknown")
        op = self.cert("pending", "show", *V, "-n", name)
        self.assertEqual(op["status"], "inProgress")
        text = re.sub(r"\s", "", op["csr"])
        csr = x509.load_der_x509_csr(base64.b64decode(text))
        leaf = certs.Hierarchy().issue(csr.subject, csr.public_key())
        got = self.cert("pending", "merge", *V, "-n", name, "--file", self.file("leaf", certs.pem(leaf).encode()))
        self.assertEqual(got["policy"]["issuerParameters"]["name"], "Unknown")
        self.cert("pending", "delete", *V, "-n", name)
        self.az.refused("PendingCertificateNotFound", "keyvault", "certificate", "pending", "show", *V, "-n", name)

    def test_contacts(self):
        self.cert("contact", "add", *V, "--email", "a@b.test", "--name", "A", "--phone", "1")
        self.assertEqual(self.cert("contact", "list", *V)["contactList"][0]["emailAddress"], "a@b.test")
        self.cert("contact", "delete", *V, "--email", "a@b.test")

    def test_issuers(self):
        name = fresh("i")
        n = (*V, "--issuer-name", name)
        got = self.cert("issuer", "create", *n, "--provider-name", "Test", "--account-id", "me", "--password", "hidden")
        self.assertEqual(got["provider"], "Test")
        self.assertIn(name, [i["id"].rsplit("/", 1)[1] for i in self.cert("issuer", "list", *V)])
        self.cert("issuer", "update", *n, "--organization-id", "o")
        self.cert("issuer", "admin", "add", *n, "--email", "a@b.test", "--first-name", "A")
        self.assertEqual(len(self.cert("issuer", "admin", "list", *n)), 1)
        self.cert("issuer", "admin", "delete", *n, "--email", "a@b.test")
        self.cert("issuer", "show", *n)
        self.cert("issuer", "delete", *n)
