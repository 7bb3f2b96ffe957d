# SPDX-License-Identifier: Apache-2.0
"""
Certificates that are there: import, policy, delete and what follows, backup, lists;
contacts and issuers; every refusal by status, code and text.
"""
import base64
import datetime
import json
import re
import shutil
import subprocess
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import certs, wire, world
from kit.certs import (PEM, PFX, UTC, Hierarchy, der, ec_policy, end_of, fresh, key_pem, name_of, pem, pem_all, pfx, raw,
                       sign, spki)
from kit.server import Server

SERVER, CLIENT, WEEK, GUARD = None, None, None, None
BAD_PFX = ("The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid "
           "PKCS#12 format.")
BAD_PEM = ("The specified PEM X.509 certificate content is in an unexpected format. Check if certificate is in valid "
           "PEM format.")
NO_KEY = ("Private key is not specified in the specified X.509 {0}certificate content. Please specify private key in "
          "the X.509 {0}certificate content.")
BIND = "Property  has invalid value\r\n"


class Case(certs.Case):
    """Those of this suite."""


def setUpModule():
    global SERVER, CLIENT, WEEK, GUARD
    w = world.standard()
    SERVER = Server("certs-kept", seed=w.seed()).start()
    a = w.apps["admin"]
    token = wire.get_token(SERVER, a.app_id, a.secret)
    CLIENT, WEEK, GUARD = (wire.Client(SERVER, f"{v}.vault", token, "7.6") for v in ("alpha", "week", "guard"))
    Case.client = CLIENT
    Case.folder = tempfile.mkdtemp(prefix="kh-certs-")


def tearDownModule():
    SERVER.discard()
    shutil.rmtree(Case.folder)


def key_of(kind):
    if isinstance(kind, int):
        return rsa.generate_private_key(65537, kind)
    return ec.generate_private_key(kind())


class Import(Case):
    @classmethod
    def setUpClass(cls):
        cls.h, cls.key = Hierarchy(), ec.generate_private_key(ec.SECP256R1())
        cls.leaf = cls.h.issue(name_of("leaf"), cls.key.public_key())
        cls.chain = [cls.h.middle, cls.h.root]

    def take(self, value, status=200, **more):
        name = fresh()
        return name, self.ok(CLIENT.post(f"/certificates/{name}/import", {"value": value, **more}), status)

    def pem_policy(self, **more):
        return {"secret_props": {"contentType": PEM}, **more}

    def read(self, name):
        value = self.secret(name)["value"]
        if value.startswith("-----"):
            k, all_of = serialization.load_pem_private_key(value.encode(), None), pem_all(value)
            return k, all_of[0], all_of[1:]
        return pkcs12.load_key_and_certificates(base64.b64decode(value), b"")

    def test_pkcs12_with_and_without_a_password(self):
        for password in (b"", b"secret", "pässwörd".encode()):
            name, b = self.take(pfx(self.key, self.leaf, self.chain, password), pwd=password.decode())
            self.assertNotIn("pending", b)
            self.assertEqual(der(b), raw(self.leaf))
            k, c, more = self.read(name)
            self.assertEqual((spki(k.public_key()), c), (spki(self.key.public_key()), self.leaf))
            self.assertEqual({raw(m) for m in more}, {raw(m) for m in self.chain})
            self.assertEqual(self.secret(name)["contentType"], PFX)

    def test_pem_in_any_order_and_with_line_ends_of_any_kind(self):
        blocks = [pem(self.h.root), pem(self.leaf), key_pem(self.key), pem(self.h.middle)]
        for text in ("".join(blocks), "".join(reversed(blocks)), "".join(blocks).replace("\n", "\r\n"),
                     "text before\n" + "text between\n".join(blocks)):
            for policy in (self.pem_policy(), None):
                more = {"policy": policy} if policy else {}
                name, _ = self.take(text, **more)
                k, c, rest = self.read(name)
                self.assertEqual((spki(k.public_key()), c, rest), (spki(self.key.public_key()), self.leaf, self.chain))
                self.assertEqual(self.secret(name)["contentType"], PEM)

    def test_the_order_is_kept_where_that_is_asked_for(self):
        text = pem(self.leaf) + pem(self.h.root) + pem(self.h.middle) + key_pem(self.key)
        name, b = self.take(text, preserveCertOrder=True)
        self.assertTrue(b["preserveCertOrder"])
        self.assertEqual(self.read(name)[2], [self.h.root, self.h.middle])

    def test_the_policy_is_that_of_the_certificate(self):
        for kind, props in ((2048, {"kty": "RSA", "key_size": 2048}), (4096, {"kty": "RSA", "key_size": 4096}),
                            (ec.SECP256R1, {"kty": "EC", "key_size": 256, "crv": "P-256"}),
                            (ec.SECP384R1, {"kty": "EC", "key_size": 384, "crv": "P-384"}),
                            (ec.SECP521R1, {"kty": "EC", "key_size": 521, "crv": "P-521"})):
            with self.subTest(kind=str(kind)):
                key = key_of(kind)
                name, b = self.take(pfx(key, sign(name_of("x, y"), key.public_key(), name_of("x, y"), key, days=366)))
                p = b["policy"]
                self.assertEqual(p["key_props"], {"exportable": True, "reuse_key": False, **props})
                self.assertEqual(p["x509_props"]["subject"], 'CN="x, y"')
                self.assertEqual(p["x509_props"]["validity_months"], 13)
                self.assertEqual((p["issuer"], p["secret_props"]), ({"name": "Unknown"}, {"contentType": PFX}))
                self.assertEqual(p["lifetime_actions"][0]["action"], {"action_type": "EmailContacts"})

    def test_a_policy_over_it(self):
        name, b = self.take(pfx(self.key, self.leaf), policy={
            "key_props": {"exportable": False, "kty": "EC", "key_size": 256}, "issuer": {"name": "Self"},
            "lifetime_actions": [{"trigger": {"days_before_expiry": 5}, "action": {"action_type": "AutoRenew"}}]})
        self.assertEqual(b["policy"]["issuer"], {"name": "Self"})
        self.assertEqual(b["policy"]["x509_props"]["subject"], "CN=leaf")
        k, c, more = pkcs12.load_key_and_certificates(base64.b64decode(self.secret(name)["value"]), b"")
        self.assertIsNone(k)

    def test_a_second_import_is_a_second_version(self):
        name, one = self.take(pfx(self.key, self.leaf))
        two = self.ok(CLIENT.post(f"/certificates/{name}/import", {"value": pfx(self.key, self.leaf)}))
        self.assertNotEqual(one["id"], two["id"])
        self.assertEqual(self.get(name)["id"], two["id"])

    def test_what_others_write(self):
        path = lambda n: f"{Case.folder}/{n}"
        with open(path("k"), "w") as f:
            f.write(key_pem(self.key))
        with open(path("c"), "w") as f:
            f.write(pem(self.leaf))
        base = ["openssl", "pkcs12", "-export", "-inkey", path("k"), "-in", path("c"), "-out", path("p"), "-passout"]
        for more in (["pass:pw"], ["pass:pw", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
                     ["pass:", "-keypbe", "NONE", "-certpbe", "NONE", "-nomac"], ["pass:pw", "-legacy"]):
            subprocess.run([*base, *more], check=True, capture_output=True)
            with open(path("p"), "rb") as f:
                value = base64.b64encode(f.read()).decode()
            with self.subTest(more=more):
                self.take(value, pwd=more[0][5:])

    def test_what_is_refused(self):
        good, other = pfx(self.key, self.leaf, password=b"pw"), ec.generate_private_key(ec.SECP256R1())
        old = sign(name_of("o"), self.key.public_key(), name_of("o"), self.key, days=2,
                   begin=datetime.datetime.now(UTC) - datetime.timedelta(days=9))
        weak = rsa.generate_private_key(65537, 1024)
        weak_cert = sign(name_of("w"), weak.public_key(), name_of("w"), weak)
        mismatch = ("The public key of the end-entity certificate in the specified X.509 certificate content does not "
                    "match the public part of the specified private key. Please check if certificate is valid")
        rows = [
            ({}, BIND), ({"value": 5}, BIND), ({"value": good, "pwd": 5}, BIND), ({"value": good, "tags": []}, BIND),
            ({"value": good, "pwd": "wrong"}, BAD_PFX), ({"value": good}, BAD_PFX), ({"value": ""}, BAD_PFX),
            ({"value": "AAAA"}, BAD_PFX), ({"value": "not base64!"}, BAD_PFX),
            ({"value": good, "policy": self.pem_policy()}, BAD_PEM),
            ({"value": "-----BEGIN NONSENSE-----"}, BAD_PEM),
            ({"value": pem(self.leaf)}, NO_KEY.format("PEM ")),
            ({"value": good, "pwd": "x" * 201}, "The password char length is too long."),
            ({"value": "A" * 140000}, "The size of the X.509 certificate is too long."),
            ({"value": pem(self.leaf) + key_pem(other)}, mismatch),
            ({"value": pfx(self.key, old)}, "The specified X.509 certificate has expired."),
            ({"value": pfx(weak, weak_cert)}, None), ({"value": key_pem(self.key)}, None),
            ({"value": pem(self.leaf) + key_pem(self.key) + key_pem(other)}, None),
            ({"value": pfx(self.key, self.leaf), "policy": {"key_props": {"kty": "RSA"}}}, None),
            ({"value": pfx(self.key, self.leaf), "policy": {"key_props": {"kty": "EC", "key_size": 4096}}},
             "Unsupported key size (4096). Supported sizes are [256, 384, 521]"),
        ]
        for body, text in rows:
            with self.subTest(body=str(body)[:60]):
                name = fresh()
                a = CLIENT.post(f"/certificates/{name}/import", body)
                self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"), a)
                if text:
                    self.assertEqual(a.error["message"].rstrip("."), text.rstrip("."))
                self.assertEqual(CLIENT.get(f"/certificates/{name}").status, 404)

    def test_a_chain_too_long_for_a_secret(self):
        many = [sign(name_of(f"n{i}" * 200), self.key.public_key(), name_of("x"), self.key) for i in range(25)]
        a = CLIENT.post(f"/certificates/{fresh()}/import", {"value": "".join(map(pem, many)) + pem(self.leaf)
                                                            + key_pem(self.key)})
        self.refused(a, 400, "BadParameter", "The size of the X.509 certificate is too long.")


class Policy(Case):
    def test_patch_changes_what_it_names(self):
        name, _ = self.create()
        path = f"/certificates/{name}/policy"
        one = self.ok(CLIENT.get(path))
        two = self.ok(CLIENT.patch(path, {"x509_props": {"validity_months": 6}, "key_props": {"reuse_key": True}}))
        self.assertEqual(two["x509_props"], {**one["x509_props"], "validity_months": 6})
        self.assertEqual(two["key_props"], {**one["key_props"], "reuse_key": True})
        self.assertEqual(two["attributes"]["created"], one["attributes"]["created"])
        self.assertEqual(self.ok(CLIENT.get(path)), two)
        three = self.ok(CLIENT.patch(path, {"lifetime_actions": [
            {"trigger": {"days_before_expiry": 162}, "action": {"action_type": "EmailContacts"}},
            {"trigger": {"lifetime_percentage": 99}, "action": {"action_type": "autorenew"}}],
            "issuer": {"name": "Unknown", "cty": "OV-SSL", "cert_transparency": True}}))
        self.assertEqual(three["lifetime_actions"], [
            {"trigger": {"days_before_expiry": 162}, "action": {"action_type": "EmailContacts"}},
            {"trigger": {"lifetime_percentage": 99}, "action": {"action_type": "AutoRenew"}}])
        self.assertEqual(three["issuer"], {"name": "Unknown", "cty": "OV-SSL", "cert_transparency": True})

    def test_a_patch_of_the_certificate_may_carry_one(self):
        name, _ = self.create()
        b = self.ok(CLIENT.patch(f"/certificates/{name}/", {"policy": {"x509_props": {"subject": "CN=new"}},
                                                            "tags": {"a": "b"}}))
        self.assertEqual((b["policy"]["x509_props"]["subject"], b["tags"]), ("CN=new", {"a": "b"}))
        self.assertEqual(self.get(name), b)

    def test_what_is_refused(self):
        name, _ = self.create()
        path, before = f"/certificates/{name}/policy", self.ok(CLIENT.get(f"/certificates/{name}/policy"))
        subject = "The subject name provided is not a valid X500 name"
        bad = [
            ({"key_props": {"kty": "DSA"}}, "Invalid kty value: DSA", "KeyTypeNotSupported"),
            ({"key_props": {"kty": "oct"}}, "Invalid kty value: oct", "KeyTypeNotSupported"),
            ({"key_props": {"kty": "RSA", "key_size": 1024}},
             "Unsupported key size (1024). Supported sizes are [2048, 3072, 4096]", "KeySizeNotSupported"),
            ({"key_props": {"kty": "EC", "crv": "P-1"}}, "Unsupported curve: P-1", None),
            ({"key_props": {"kty": "EC", "crv": "P-256", "key_size": 384}}, None, None),
            ({"key_props": {"kty": "RSA-HSM"}}, "Hardware key operation not allowed on standard vault", None),
            ({"key_props": 5}, BIND, None), ({"key_props": {"exportable": "x"}}, BIND, None),
            ({"secret_props": {"contentType": "text/plain"}}, None, None), ({"secret_props": []}, BIND, None),
            ({"x509_props": {"subject": "no name"}}, subject, None), ({"x509_props": {"subject": "CN="}}, subject, None),
            ({"x509_props": {"subject": ""}}, subject, None),
            ({"x509_props": {"subject": "CN=" + "x" * 198}}, "The subject name char length is too long.", None),
            ({"x509_props": {"sans": {"dns_names": ["bad name"]}}}, None, None),
            ({"x509_props": {"sans": {"dns_names": [5]}}}, BIND, None),
            ({"x509_props": {"sans": {"emails": ["no"]}}}, None, None),
            ({"x509_props": {"sans": {"dns_names": ["a.test"] * 101}}}, BIND, None),
            ({"x509_props": {"ekus": ["1"]}}, None, None), ({"x509_props": {"ekus": "x"}}, BIND, None),
            ({"x509_props": {"key_usage": ["fly"]}}, BIND, None),
            ({"x509_props": {"validity_months": 0}}, BIND, None), ({"x509_props": {"validity_months": 1201}}, BIND, None),
            ({"x509_props": {"validity_months": "12"}}, BIND, None),
            ({"issuer": {"name": "no name"}}, None, None), ({"issuer": "Self"}, BIND, None),
            ({"attributes": {"enabled": 1}}, BIND, None),
        ]
        for trigger in ({}, {"lifetime_percentage": 0}, {"lifetime_percentage": 100}, {"days_before_expiry": 0},
                        {"lifetime_percentage": 5, "days_before_expiry": 5}, {"lifetime_percentage": "5"}):
            bad.append(({"lifetime_actions": [{"trigger": trigger, "action": {"action_type": "AutoRenew"}}]}, BIND, None))
        bad.append(({"lifetime_actions": [{"trigger": {"days_before_expiry": 325},
                                           "action": {"action_type": "AutoRenew"}}]}, None, None))
        bad.append(({"lifetime_actions": [{"trigger": {"lifetime_percentage": 5}, "action": {"action_type": "x"}}]},
                    BIND, None))
        for body, text, inner in bad:
            with self.subTest(body=str(body)[:70]):
                self.refused(CLIENT.patch(path, body), 400, "BadParameter", text, inner)
                self.refused(CLIENT.post(f"/certificates/{fresh()}/create",
                                         {"policy": {"x509_props": {"subject": "CN=x"}, **body}}), 400, "BadParameter",
                             text, inner)
        self.assertEqual(self.ok(CLIENT.get(path)), before)
        self.refused(CLIENT.patch(path, b"no json"), 400, "BadParameter", BIND)

    def test_creations_that_are_refused(self):
        for body in (None, b"", b"[]", {}, {"policy": 5}, {"policy": ec_policy(), "tags": {"x": 5}},
                     {"policy": ec_policy(), "attributes": {"enabled": "x"}},
                     {"policy": ec_policy(), "preserveCertOrder": "x"},
                     {"policy": ec_policy(), "tags": {str(i): "x" for i in range(16)}}):
            with self.subTest(body=str(body)[:40]):
                self.refused(CLIENT.post(f"/certificates/{fresh()}/create", body), 400, "BadParameter", BIND)
        for name in ("bad_name", "x" * 128, "contacts", "issuers", "restore"):
            self.refused(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy()}), 400, "BadParameter",
                         f"The request URI contains an invalid name: {name}")
        self.refused(CLIENT.get(f"/certificates/{fresh()}/policy"), 404, "CertificateNotFound")


class Life(Case):
    def test_unknown_names_and_versions(self):
        name, _ = self.create()
        text = ("A certificate with (name/id) {} was not found in this key vault. If you recently deleted this "
                "certificate you may be able to recover it using the correct recovery command. For help resolving this "
                "issue, please see https://go.microsoft.com/fwlink/?linkid=2125182")
        self.refused(CLIENT.get("/certificates/nothing"), 404, "CertificateNotFound", text.format("nothing"))
        self.refused(CLIENT.get(f"/certificates/{name}/{'0' * 32}"), 404, "CertificateNotFound",
                     text.format(f"{name}/{'0' * 32}"))
        self.refused(CLIENT.get(f"/certificates/{name}/latest"), 400, "BadParameter",
                     "Method GET does not allow operation 'latest'")
        self.refused(CLIENT.delete("/certificates/nothing"), 404, "CertificateNotFound",
                     "Certificate not found: nothing")
        self.refused(CLIENT.patch("/certificates/nothing/", {}), 404, "CertificateNotFound")
        for call in (CLIENT.get, CLIENT.delete):
            self.refused(call("/deletedcertificates/nothing"), 404, "CertificateNotFound",
                         "Deleted Certificate not found: nothing")
        self.assertEqual(self.ok(CLIENT.get("/certificates/nothing/versions")), {"value": [], "nextLink": None})

    def test_delete_recover_purge_all_three(self):
        name, _ = self.create(tags={"a": "b"})
        live = self.get(name)
        gone = self.ok(CLIENT.delete(f"/certificates/{name}"))
        self.assertEqual(list(gone)[:3], ["recoveryId", "deletedDate", "scheduledPurgeDate"])
        self.assertEqual(gone["recoveryId"], self.url(f"/deletedcertificates/{name}"))
        self.assertEqual(gone["scheduledPurgeDate"] - gone["deletedDate"], 90 * 86400)
        self.assertEqual({k: v for k, v in gone.items() if k in live}, live)
        self.assertEqual(self.ok(CLIENT.get(f"/deletedcertificates/{name}")), gone)
        for kind in ("certificates", "keys", "secrets"):
            self.assertEqual(CLIENT.get(f"/{kind}/{name}").status, 404)
            self.assertEqual(CLIENT.get(f"/deleted{kind}/{name}").status, 200)
        for kind, noun in (("keys", "Key"), ("secrets", "Secret")):
            self.refused(CLIENT.delete(f"/deleted{kind}/{name}"), 403, "Forbidden", inner=f"{noun}ManagedByKeyVault")
            self.refused(CLIENT.post(f"/deleted{kind}/{name}/recover"), 403, "Forbidden",
                         inner=f"{noun}ManagedByKeyVault")
        text = (f"Certificate {name} is currently in a deleted but recoverable state, and its name cannot be reused; in "
                "this state, the certificate can only be recovered or purged.")
        self.refused(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy()}), 409, "Conflict", text,
                     "ObjectIsDeletedButRecoverable")
        self.refused(CLIENT.get(f"/certificates/{name}/pending"), 404, "PendingCertificateNotFound")
        self.assertEqual(self.ok(CLIENT.post(f"/deletedcertificates/{name}/recover")), live)
        self.assertEqual(self.get(name), live)
        self.secret(name)
        self.ok(CLIENT.delete(f"/certificates/{name}"))
        self.assertEqual(CLIENT.delete(f"/deletedcertificates/{name}").status, 204)
        for kind in ("certificates", "keys", "secrets"):
            self.assertEqual(CLIENT.get(f"/deleted{kind}/{name}").status, 404)
        self.create(name)
        self.refused(CLIENT.get(f"/certificates/{name}/{live['id'][-32:]}"), 404, "CertificateNotFound")

    def test_under_purge_protection(self):
        name, _ = self.create(client=GUARD)
        self.ok(GUARD.delete(f"/certificates/{name}"))
        a = GUARD.delete(f"/deletedcertificates/{name}")
        self.assertEqual((a.status, a.error["code"]), (403, "Forbidden"))

    def test_backup_and_restore(self):
        name, _ = self.create(tags={"a": "b"})
        self.ok(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy(issuer="Self", subject="CN=two")}), 202)
        live, secret = self.get(name), self.secret(name)
        versions = self.ok(CLIENT.get(f"/certificates/{name}/versions"))["value"]
        blob = self.ok(CLIENT.post(f"/certificates/{name}/backup"))
        self.assertEqual(CLIENT.post("/certificates/restore", blob).status, 409)
        self.ok(CLIENT.delete(f"/certificates/{name}"))
        self.refused(CLIENT.post("/certificates/restore", blob), 409, "Conflict", inner="ObjectIsDeletedButRecoverable")
        CLIENT.delete(f"/deletedcertificates/{name}")
        back = self.ok(CLIENT.post("/certificates/restore", blob))
        live.pop("pending")
        self.assertEqual(back, live)
        self.assertEqual(self.get(name), live)
        self.assertEqual(self.secret(name), secret)
        self.assertEqual(self.ok(CLIENT.get(f"/certificates/{name}/versions"))["value"], versions)
        self.ok(CLIENT.post(f"/keys/{name}/sign", {"alg": "ES256", "value": "A" * 43}))
        self.refused(CLIENT.delete(f"/secrets/{name}"), 403, "Forbidden", inner="SecretManagedByKeyVault")
        other = self.ok(WEEK.post("/certificates/restore", blob))
        self.assertEqual(other["cer"], live["cer"])

    def test_backups_that_are_refused(self):
        name, _ = self.create(policy=ec_policy(issuer="Unknown"))
        self.refused(CLIENT.post(f"/certificates/{name}/backup"), 400, "BadParameter")
        self.refused(CLIENT.post("/certificates/nothing/backup"), 404, "CertificateNotFound")
        plain = fresh()
        self.ok(CLIENT.put(f"/secrets/{plain}", {"value": "x"}))
        blob = self.ok(CLIENT.post(f"/secrets/{plain}/backup"))
        self.refused(CLIENT.post("/certificates/restore", blob), 400, "BadParameter")
        done, _ = self.create()
        blob = self.ok(CLIENT.post(f"/certificates/{done}/backup"))["value"]
        self.refused(CLIENT.post("/secrets/restore", {"value": blob}), 400, "BadParameter")
        self.refused(CLIENT.post("/certificates/restore", {"value": blob[:-8] + "AAAAAAAA"}), 400, "BadParameter")

    def test_lists(self):
        names = sorted(self.create(fresh("list"), client=WEEK, tags={"t": "1"})[0] for _ in range(3))
        seen, path = [], "/certificates?maxresults=2"
        while path:
            page = self.ok(WEEK.get(path))
            seen += page["value"]
            path = page["nextLink"] and re.sub("^https://[^/]*", "", page["nextLink"])
        mine = [i for i in seen if i["id"].rsplit("/", 1)[1] in names]
        self.assertEqual(len(mine), 3)
        self.assertEqual(list(mine[0]), ["id", "x5t", "attributes", "tags", "subject"])
        self.assertEqual(list(mine[0]["attributes"]), ["enabled", "nbf", "exp", "created", "updated"])
        self.assertEqual(mine[0]["subject"], "")
        self.ok(WEEK.delete(f"/certificates/{names[0]}"))
        gone = self.ok(WEEK.get("/deletedcertificates"))["value"]
        self.assertIn(f"/deletedcertificates/{names[0]}", gone[0]["recoveryId"])


class Contacts(Case):
    def test_their_life(self):
        path = "/certificates/contacts"
        for call in (CLIENT.get, CLIENT.delete):
            self.refused(call(path), 404, "ContactsNotFound", "Contacts not found")
        want = [{"email": "a@b.test", "name": "A", "phone": "1"}, {"email": "c@d.test"}]
        got = self.ok(CLIENT.put(path, {"contacts": want}))
        self.assertEqual(got, {"id": self.url(path), "contacts": want})
        self.assertEqual(self.ok(CLIENT.get(path)), got)
        for body in ({}, {"contacts": []}, {"contacts": [{}]}, {"contacts": [{"email": "x"}]}, {"contacts": "x"},
                     {"contacts": [{"email": 5}]}, b"x", {"contacts": [{"email": "a@b.test"}] * 51}):
            self.refused(CLIENT.put(path, body), 400, "BadParameter", BIND)
        self.assertEqual(self.ok(CLIENT.put(path, {"contacts": want[1:]}))["contacts"], want[1:])
        self.assertEqual(self.ok(CLIENT.delete(path))["contacts"], want[1:])
        self.refused(CLIENT.get(path), 404, "ContactsNotFound")


class Issuers(Case):
    def test_their_life(self):
        name = fresh("Issuer")
        path = f"/certificates/issuers/{name}"
        for a in (CLIENT.get(path), CLIENT.delete(path), CLIENT.patch(path, {"provider": "x"})):
            self.refused(a, 404, "CertificateIssuerNotFound", "Issuer not found")
        admin = {"first_name": "A", "last_name": "B", "email": "a@b.test", "phone": "1"}
        got = self.ok(CLIENT.put(path, {"provider": "DigiCert", "credentials": {"account_id": "me", "pwd": "hidden-pw"},
                                        "org_details": {"id": "org", "admin_details": [admin]}}))
        self.assertEqual(list(got), ["id", "provider", "credentials", "org_details", "attributes"])
        self.assertEqual((got["id"], got["credentials"]), (self.url(path), {"account_id": "me"}))
        self.assertEqual(got["org_details"], {"id": "org", "admin_details": [admin], "zip": 0})
        self.assertEqual(self.ok(CLIENT.get(path.lower())), got)
        new = self.ok(CLIENT.patch(path, {"attributes": {"enabled": False}, "credentials": {"account_id": "you"}}))
        self.assertEqual((new["provider"], new["credentials"], new["attributes"]["enabled"]),
                         ("DigiCert", {"account_id": "you"}, False))
        self.assertEqual(new["org_details"], got["org_details"])
        new = self.ok(CLIENT.put(path, {"provider": "Test"}))
        self.assertEqual(list(new), ["id", "provider", "attributes"])
        self.assertEqual(new["attributes"]["created"], got["attributes"]["created"])
        self.assertEqual(self.ok(CLIENT.delete(path)), new)
        self.refused(CLIENT.get(path), 404, "CertificateIssuerNotFound")

    def test_lists(self):
        names = sorted(fresh("i") for _ in range(3))
        for n in names:
            self.ok(CLIENT.put(f"/certificates/issuers/{n}", {"provider": "GlobalSign"}))
        seen, path = [], "/certificates/issuers?maxresults=1"
        while path:
            page = self.ok(CLIENT.get(path))
            self.assertLessEqual(len(page["value"]), 1)
            seen += page["value"]
            path = page["nextLink"] and re.sub("^https://[^/]*", "", page["nextLink"])
        self.assertEqual([i for i in seen if i["id"].rsplit("/", 1)[1] in names],
                         [{"id": self.url(f"/certificates/issuers/{n}"), "provider": "GlobalSign"} for n in names])

    def test_what_is_refused(self):
        for body in ({}, {"provider": ""}, {"provider": 5}, {"provider": "x", "credentials": 5},
                     {"provider": "x", "credentials": {"pwd": 5}}, {"provider": "x", "org_details": {"admin_details": 5}},
                     {"provider": "x", "attributes": {"enabled": "x"}}, b"x", {"provider": "x" * 513}):
            self.refused(CLIENT.put(f"/certificates/issuers/{fresh('i')}", body), 400, "BadParameter", BIND)
        self.refused(CLIENT.put("/certificates/issuers/bad_name", {"provider": "x"}), 400, "BadParameter",
                     "The request URI contains an invalid name: bad_name")
