# SPDX-License-Identifier: Apache-2.0
"""
Certificates that are made (data-plane.md D): by Self and by whoever gets the request;
the linked key and secret. What is exported is read by openssl and python3-cryptography.
What is imported, and the rest of their life: test_certificates_kept.py.
"""
import base64
import hashlib
import re
import shutil
import tempfile
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import certs, jwk, wire, world
from kit.certs import (PEM, PFX, UTC, Hierarchy, der, ec_policy, end_of, fresh, name_of, pem, pem_all, pfx, raw, sign,
                       spki)
from kit.server import Server

SERVER, CLIENT = None, None
VERSIONS = ["2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01"]
RUNS = ("Pending certificate created. Certificate request is in progress. This may take some time based on the issuer "
        "provider. Please check again later.")
MERGE = "Pending certificate created. Please Perform Merge to complete the request."


class Case(certs.Case):
    """Those of this suite."""


def setUpModule():
    global SERVER, CLIENT
    w = world.standard()
    SERVER = Server("certificates", seed=w.seed()).start()
    a = w.apps["admin"]
    CLIENT = Case.client = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")
    Case.folder = tempfile.mkdtemp(prefix="kh-certs-")


def tearDownModule():
    SERVER.discard()
    shutil.rmtree(Case.folder)


class SelfSigned(Case):
    def test_the_answer_says_in_progress_and_the_next_completed(self):
        name, a = self.create()
        op = a.json()
        self.assertEqual(list(op), ["id", "issuer", "csr", "cancellation_requested", "status", "status_details",
                                    "request_id", "preserveCertOrder"])
        self.assertEqual((op["status"], op["status_details"]), ("inProgress", RUNS))
        self.assertRegex(op["request_id"], "^[0-9a-f]{32}$")
        self.assertEqual(a.header("Location"), self.url(
            f"/certificates/{name}/pending?api-version=7.6&request_id={op['request_id']}"))
        self.assertEqual(a.header("Retry-After"), "10")
        a = CLIENT.get(f"/certificates/{name}/pending")
        done = self.ok(a)
        self.assertIsNone(a.header("Retry-After"))
        self.assertEqual(done["status"], "completed")
        self.assertEqual(done["target"], self.url(f"/certificates/{name}"))
        self.assertNotIn("status_details", done)
        self.assertEqual((done["csr"], done["request_id"]), (op["csr"], op["request_id"]))
        csr = x509.load_der_x509_csr(base64.b64decode(op["csr"]))
        self.assertTrue(csr.is_signature_valid)
        self.assertEqual(csr.subject.rfc4514_string(), "CN=test")

    def test_the_bundle(self):
        name, _ = self.create(tags={"a": "b"})
        b = self.get(name)
        version = b["id"].rsplit("/", 1)[1]
        self.assertEqual(list(b), ["id", "kid", "sid", "x5t", "cer", "attributes", "tags", "policy", "pending",
                                   "preserveCertOrder"])
        self.assertEqual(b["id"], self.url(f"/certificates/{name}/{version}"))
        self.assertEqual(b["kid"], self.url(f"/keys/{name}/{version}"))
        self.assertEqual(b["sid"], self.url(f"/secrets/{name}/{version}"))
        self.assertEqual(b["pending"], {"id": self.url(f"/certificates/{name}/pending")})
        self.assertEqual(b["x5t"], base64.urlsafe_b64encode(hashlib.sha1(der(b)).digest()).decode().rstrip("="))
        self.assertEqual(list(b["attributes"]), ["enabled", "nbf", "exp", "created", "updated", "recoveryLevel",
                                                 "recoverableDays"])
        self.assertEqual(b["tags"], {"a": "b"})
        self.assertEqual(b, self.get(name, version))
        self.assertEqual(self.ok(CLIENT.get(f"/certificates/{name}/policy")), b["policy"])

    def test_the_policy_in_full(self):
        name, _ = self.create(policy={"x509_props": {"subject": "CN=x"}, "issuer": {"name": "Self"}})
        p = self.get(name)["policy"]
        self.assertEqual(list(p), ["id", "key_props", "secret_props", "x509_props", "lifetime_actions", "issuer",
                                   "attributes"])
        self.assertEqual(p["id"], self.url(f"/certificates/{name}/policy"))
        self.assertEqual(p["key_props"], {"exportable": True, "kty": "RSA", "key_size": 2048, "reuse_key": False})
        self.assertEqual(p["secret_props"], {"contentType": PFX})
        self.assertEqual(p["x509_props"], {
            "subject": "CN=x", "sans": {}, "ekus": ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
            "key_usage": ["digitalSignature", "keyEncipherment"], "validity_months": 12,
            "basic_constraints": {"ca": False}})
        self.assertEqual(p["lifetime_actions"], [{"trigger": {"lifetime_percentage": 80},
                                                  "action": {"action_type": "AutoRenew"}}])
        self.assertEqual(p["issuer"], {"name": "Self"})
        self.assertEqual(list(p["attributes"]), ["enabled", "created", "updated"])

    def test_what_stands_in_the_certificate(self):
        policy = ec_policy(subject="CN=Ünï, O=\"A, B\"", x509={
            "sans": {"dns_names": ["a.test", "*.b.test"], "emails": ["x@a.test"], "upns": ["me@a.test"]},
            "validity_months": 24, "key_usage": ["digitalSignature", "keyAgreement"], "ekus": ["1.3.6.1.5.5.7.3.1"]})
        name, _ = self.create(policy=policy)
        b = self.get(name)
        c = x509.load_der_x509_certificate(der(b))
        self.assertEqual(c.subject, c.issuer)
        self.assertEqual({a.oid._name: a.value for a in c.subject}, {"commonName": "Ünï", "organizationName": "A, B"})
        self.assertEqual(int(c.not_valid_before.replace(tzinfo=UTC).timestamp()), b["attributes"]["nbf"])
        self.assertEqual(end_of(c), b["attributes"]["exp"])
        self.assertTrue(0 <= b["attributes"]["created"] - b["attributes"]["nbf"] - 600 <= 5)
        self.assertTrue(729 <= (c.not_valid_after - c.not_valid_before).days <= 732)
        self.assertEqual([e.oid.dotted_string for e in c.extensions],
                         ["2.5.29.15", "2.5.29.19", "2.5.29.37", "2.5.29.17", "2.5.29.35", "2.5.29.14"])
        alts = c.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(alts.get_values_for_type(x509.DNSName), ["a.test", "*.b.test"])
        self.assertEqual(alts.get_values_for_type(x509.RFC822Name), ["x@a.test"])
        self.assertEqual(len(alts.get_values_for_type(x509.OtherName)), 1)
        usage = c.extensions.get_extension_for_class(x509.KeyUsage).value
        self.assertTrue(usage.digital_signature and usage.key_agreement and not usage.key_encipherment)
        self.verified(c)

    def test_addresses_and_uris_since_2025(self):
        sans = {"dns_names": ["a.test"], "uris": ["https://a.test/x"], "ipAddresses": ["192.0.2.1", "2001:db8::1"]}
        name = fresh()
        for version, want in (("7.6", {"dns_names": ["a.test"]}), ("2025-07-01", sans)):
            self.ok(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy(x509={"sans": sans})},
                                version=version), 202)
            p = self.ok(CLIENT.get(f"/certificates/{name}/policy", version="2025-07-01"))
            self.assertEqual(p["x509_props"]["sans"], want)
        c = x509.load_der_x509_certificate(der(self.get(name)))
        alts = c.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual([str(a) for a in alts.get_values_for_type(x509.IPAddress)], ["192.0.2.1", "2001:db8::1"])
        self.assertEqual(alts.get_values_for_type(x509.UniformResourceIdentifier), ["https://a.test/x"])

    def test_every_type_of_key(self):
        for key, bits in (({"kty": "RSA", "key_size": 2048}, 2048), ({"kty": "RSA", "key_size": 3072}, 3072),
                          ({"kty": "RSA", "key_size": 4096}, 4096), ({"kty": "EC", "crv": "P-256"}, 256),
                          ({"kty": "EC", "crv": "P-384"}, 384), ({"kty": "EC", "key_size": 521}, 521),
                          ({"kty": "EC", "crv": "P-256K"}, 256)):
            with self.subTest(key=key):
                name, _ = self.create(policy={**ec_policy(), "key_props": key})
                b = self.get(name)
                c = x509.load_der_x509_certificate(der(b))
                self.assertEqual(c.public_key().key_size, bits)
                self.verified(c)
                self.assertEqual(b["policy"]["key_props"]["key_size"], bits)
                k, got, _ = pkcs12.load_key_and_certificates(base64.b64decode(self.secret(name)["value"]), b"")
                self.assertEqual(got, c)
                self.assertEqual(spki(k.public_key()), spki(c.public_key()))

    def test_a_second_version_and_the_list_of_them(self):
        name, _ = self.create(tags={"n": "1"})
        one = self.get(name)
        self.ok(CLIENT.post(f"/certificates/{name}/create", {}), 202)  # with the policy that is there
        two = self.get(name)
        self.assertNotEqual(one["id"], two["id"])
        self.assertNotEqual(one["x5t"], two["x5t"])
        self.assertEqual(self.get(name, one["id"].rsplit("/", 1)[1])["cer"], one["cer"])
        items = self.ok(CLIENT.get(f"/certificates/{name}/versions"))["value"]
        self.assertEqual({i["id"] for i in items}, {one["id"], two["id"]})
        self.assertEqual({i["x5t"] for i in items}, {one["x5t"], two["x5t"]})
        for kind in ("keys", "secrets"):
            self.assertEqual(len(self.ok(CLIENT.get(f"/{kind}/{name}/versions"))["value"]), 2)

    def test_reuse_key(self):
        name, _ = self.create(policy=ec_policy(key={"reuse_key": True}))
        one = self.ok(CLIENT.get(f"/keys/{name}"))["key"]
        self.ok(CLIENT.post(f"/certificates/{name}/create", {}), 202)
        two = self.ok(CLIENT.get(f"/keys/{name}"))["key"]
        self.assertNotEqual(one["kid"], two["kid"])
        self.assertEqual((one["x"], one["y"]), (two["x"], two["y"]))
        k, c, _ = pkcs12.load_key_and_certificates(base64.b64decode(self.secret(name)["value"]), b"")
        self.assertEqual(spki(k.public_key()), spki(c.public_key()))
        self.ok(CLIENT.patch(f"/certificates/{name}/policy", {"key_props": {"reuse_key": False}}))
        self.ok(CLIENT.post(f"/certificates/{name}/create", {}), 202)
        self.assertNotEqual(self.ok(CLIENT.get(f"/keys/{name}"))["key"]["x"], one["x"])

    def test_every_api_version(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                name = fresh()
                op = self.ok(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy()}, version=version), 202)
                b = self.ok(CLIENT.get(f"/certificates/{name}", version=version))
                for o in (op, b):
                    self.assertEqual("preserveCertOrder" in o, version in ("7.6", "2025-07-01"))
                self.ok(CLIENT.delete(f"/certificates/{name}", version=version))

    def test_disabled_from_the_beginning(self):
        name, _ = self.create(attributes={"enabled": False})
        self.assertFalse(self.get(name)["attributes"]["enabled"])
        self.refused(CLIENT.get(f"/secrets/{name}"), 403, "Forbidden", inner="SecretDisabled")


class Linked(Case):
    def test_the_key(self):
        name, _ = self.create(policy={"x509_props": {"subject": "CN=x"}, "issuer": {"name": "Self"}}, tags={"t": "1"})
        b, k = self.get(name), self.ok(CLIENT.get(f"/keys/{name}"))
        self.assertEqual((k["key"]["kid"], k["managed"], k["tags"]), (b["kid"], True, {"t": "1"}))
        self.assertEqual(k["key"]["key_ops"], ["sign", "verify", "wrapKey", "unwrapKey"])
        self.assertEqual({x: k["attributes"][x] for x in ("enabled", "nbf", "exp")},
                         {x: b["attributes"][x] for x in ("enabled", "nbf", "exp")})
        digest = hashlib.sha256(b"text").digest()
        a = self.ok(CLIENT.post(f"/keys/{name}/sign", {"alg": "RS256",
                                                       "value": base64.urlsafe_b64encode(digest).decode().rstrip("=")}))
        x509.load_der_x509_certificate(der(b)).public_key().verify(
            base64.urlsafe_b64decode(a["value"] + "=="), digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        self.refused(CLIENT.post(f"/keys/{name}/encrypt", {"alg": "RSA-OAEP", "value": "AA"}), 403, "Forbidden",
                     inner="KeyOperationForbidden")

    def test_the_secret_as_pkcs12(self):
        name, _ = self.create(tags={"t": "1"})
        b, s = self.get(name), self.secret(name)
        self.assertEqual((s["id"], s["kid"], s["managed"], s["contentType"], s["tags"]),
                         (b["sid"], b["kid"], True, PFX, {"t": "1"}))
        k, c, chain = pkcs12.load_key_and_certificates(base64.b64decode(s["value"]), b"")
        self.assertEqual((raw(c), chain), (der(b), []))
        self.assertEqual(spki(k.public_key()), spki(c.public_key()))
        text = self.openssl("pkcs12", "-nodes", "-passin", "pass:", stdin=base64.b64decode(s["value"]))
        self.assertIn("BEGIN PRIVATE KEY", text)

    def test_the_secret_as_pem(self):
        name, _ = self.create(policy=ec_policy(secret_props={"contentType": PEM}))
        s = self.secret(name)
        self.assertEqual(s["contentType"], PEM)
        self.assertTrue(s["value"].startswith("-----BEGIN PRIVATE KEY-----\n"))
        self.assertTrue(s["value"].endswith("-----END CERTIFICATE-----\n"))
        k = serialization.load_pem_private_key(s["value"].encode(), None)
        c = x509.load_pem_x509_certificate(s["value"].encode())
        self.assertEqual((spki(k.public_key()), raw(c)), (spki(c.public_key()), der(self.get(name))))

    def test_out_content_type(self):
        name, _ = self.create()
        got = self.ok(CLIENT.get(f"/secrets/{name}?outContentType={PEM}", version="2025-07-01"))
        self.assertEqual(got["contentType"], PEM)
        k = serialization.load_pem_private_key(got["value"].encode(), None)
        self.assertEqual(spki(k.public_key()), spki(x509.load_pem_x509_certificate(got["value"].encode()).public_key()))
        same = self.ok(CLIENT.get(f"/secrets/{name}?outContentType={PFX}", version="2025-07-01"))
        self.assertEqual(same["value"], self.secret(name)["value"])
        self.assertEqual(self.secret(name, f"outContentType={PEM}")["contentType"], PFX)  # not known to 7.6
        name, _ = self.create(policy=ec_policy(secret_props={"contentType": PEM}))
        self.refused(CLIENT.get(f"/secrets/{name}?outContentType={PFX}", version="2025-07-01"), 400, "BadParameter")

    def test_what_is_not_exportable_has_no_key_in_its_secret(self):
        for form in (PFX, PEM):
            name, _ = self.create(policy=ec_policy(key={"exportable": False}, secret_props={"contentType": form}))
            s = self.secret(name)
            if form == PEM:
                self.assertNotIn("PRIVATE", s["value"])
                got = x509.load_pem_x509_certificate(s["value"].encode())
            else:
                k, got, more = pkcs12.load_key_and_certificates(base64.b64decode(s["value"]), b"")
                self.assertIsNone(k)
                got = got or more[0]
                pem_form = self.ok(CLIENT.get(f"/secrets/{name}?outContentType={PEM}", version="2025-07-01"))
                self.assertNotIn("PRIVATE", pem_form["value"])
            self.assertEqual(raw(got), der(self.get(name)))

    def test_what_is_managed_is_changed_through_the_certificate_alone(self):
        name, _ = self.create()
        text = "Operation \"{}\" is not allowed as this object's lifetime is managed by Key Vault."
        for kind, noun in (("keys", "Key"), ("secrets", "Secret")):
            at, inner = f"/{kind}/{name}", f"{noun}ManagedByKeyVault"
            self.refused(CLIENT.delete(at), 403, "Forbidden", text.format("delete"), inner)
            self.refused(CLIENT.patch(f"{at}/", {"tags": {}}), 403, "Forbidden", text.format("update"), inner)
            self.refused(CLIENT.post(f"{at}/backup"), 403, "Forbidden", text.format("backup"), inner)
        self.refused(CLIENT.put(f"/secrets/{name}", {"value": "x"}), 403, "Forbidden", inner="SecretManagedByKeyVault")
        self.refused(CLIENT.post(f"/keys/{name}/create", {"kty": "EC"}), 403, "Forbidden", inner="KeyManagedByKeyVault")
        self.refused(CLIENT.put(f"/keys/{name}", {"key": jwk.EC}), 403, "Forbidden", inner="KeyManagedByKeyVault")
        self.refused(CLIENT.post(f"/keys/{name}/rotate"), 403, "Forbidden", inner="KeyManagedByKeyVault")

    def test_names_of_keys_and_secrets_are_taken(self):
        for kind, make in (("secrets", lambda n: CLIENT.put(f"/secrets/{n}", {"value": "x"})),
                           ("keys", lambda n: CLIENT.put(f"/keys/{n}", {"key": jwk.EC}))):
            name = fresh()
            self.ok(make(name))
            self.refused(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy()}), 409, "Conflict")
            self.ok(CLIENT.delete(f"/{kind}/{name}"))
            self.refused(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy()}), 409, "Conflict")

    def test_both_are_listed_as_managed(self):
        name, _ = self.create()
        for kind, member in (("keys", "kid"), ("secrets", "id")):
            items, path = [], f"/{kind}"
            while path:
                page = self.ok(CLIENT.get(path))
                items += page["value"]
                path = page["nextLink"] and re.sub("^https://[^/]*", "", page["nextLink"])
            mine = [i for i in items if i[member].endswith(f"/{name}")]
            self.assertEqual([i["managed"] for i in mine], [True])

    def test_disabling_disables_all_three(self):
        name, _ = self.create()
        self.ok(CLIENT.patch(f"/certificates/{name}/", {"attributes": {"enabled": False}}))
        self.refused(CLIENT.get(f"/secrets/{name}"), 403, "Forbidden", inner="SecretDisabled")
        self.refused(CLIENT.post(f"/keys/{name}/sign", {"alg": "ES256", "value": "A" * 43}), 403, "Forbidden",
                     inner="KeyDisabled")
        self.assertFalse(self.get(name)["attributes"]["enabled"])
        self.ok(CLIENT.patch(f"/certificates/{name}/", {"attributes": {"enabled": True}}))
        self.secret(name)


class Waiting(Case):
    def wait(self, **more):
        name, a = self.create(policy=ec_policy(issuer="Unknown", **more))
        return name, a.json(), x509.load_der_x509_csr(base64.b64decode(a.json()["csr"])), a

    def test_while_it_waits(self):
        name, op, _, a = self.wait()
        self.assertEqual((op["status"], op["status_details"], a.header("Retry-After")), ("inProgress", MERGE, "0"))
        b = self.get(name)
        for member in ("kid", "sid", "cer", "x5t"):
            self.assertNotIn(member, b)
        self.assertFalse(b["attributes"]["enabled"])
        self.assertIn("exp", b["attributes"])
        self.assertEqual(b["policy"]["lifetime_actions"][0]["action"]["action_type"], "EmailContacts")
        self.refused(CLIENT.get(f"/secrets/{name}"), 403, "Forbidden", inner="SecretDisabled")
        for path, want in (("/certificates?maxresults=25", False),
                           ("/certificates?maxresults=25&includePending=true", True)):
            found, at = False, path
            while at:
                page = self.ok(CLIENT.get(at))
                found = found or any(i["id"].endswith(f"/{name}") for i in page["value"])
                at = page["nextLink"] and re.sub("^https://[^/]*", "", page["nextLink"])
            self.assertEqual(found, want)
        busy = ("A new key vault certificate can not be created or imported while a pending key vault certificate's "
                "status is inProgress.")
        self.refused(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy()}), 409, "Conflict", busy)
        key = ec.generate_private_key(ec.SECP256R1())
        mine = sign(name_of("m"), key.public_key(), name_of("m"), key)
        self.refused(CLIENT.post(f"/certificates/{name}/import", {"value": pfx(key, mine)}), 409, "Conflict", busy)
        self.refused(CLIENT.patch(f"/certificates/{name}/", {"attributes": {"enabled": "x"}}), 400, "BadParameter")
        self.ok(CLIENT.patch(f"/certificates/{name}/", {"attributes": {"enabled": True}}))
        self.assertFalse(self.get(name)["attributes"]["enabled"])

    def test_merge_with_its_chain_in_any_order(self):
        h = Hierarchy()
        for form in (PFX, PEM):
            name, _, csr, _ = self.wait(secret_props={"contentType": form})
            leaf = h.issue(csr.subject, csr.public_key())
            x5c = [base64.b64encode(raw(h.root)).decode(), base64.b64encode(pem(h.middle).encode()).decode(),
                   base64.b64encode(raw(leaf)).decode()]
            a = CLIENT.post(f"/certificates/{name}/pending/merge", {"x5c": x5c, "tags": {"m": "1"}})
            b = self.ok(a, 201)
            self.assertEqual(a.header("Location"), b["id"])
            self.assertEqual(der(b), raw(leaf))
            self.assertEqual((b["tags"], b["policy"]["issuer"]), ({"m": "1"},
                                                                  {"name": "Unknown", "cert_transparency": False}))
            self.assertTrue(b["attributes"]["enabled"])
            self.assertEqual(b["attributes"]["exp"], end_of(leaf))
            self.assertEqual(self.ok(CLIENT.get(f"/certificates/{name}/pending"))["status"], "completed")
            value = self.secret(name)["value"]
            if form == PEM:
                chain = pem_all(value)
                k = serialization.load_pem_private_key(value.encode(), None)
                self.assertEqual(chain, [leaf, h.middle, h.root])
            else:
                k, c, more = pkcs12.load_key_and_certificates(base64.b64decode(value), b"")
                self.assertEqual((c, set(map(raw, more))), (leaf, {raw(h.middle), raw(h.root)}))
            self.assertEqual(spki(k.public_key()), spki(leaf.public_key()))
            self.refused(CLIENT.post(f"/certificates/{name}/pending/merge", {"x5c": x5c}), 404,
                         "PendingCertificateNotFound")

    def test_the_older_version_serves_while_the_next_waits(self):
        h = Hierarchy()
        name, _ = self.create()
        one = self.get(name)
        self.ok(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy(issuer="Unknown")}), 202)
        self.assertEqual(self.get(name)["id"], one["id"])
        self.assertEqual(self.secret(name)["id"], one["sid"])
        op = self.ok(CLIENT.get(f"/certificates/{name}/pending"))
        csr = x509.load_der_x509_csr(base64.b64decode(op["csr"]))
        leaf = h.issue(csr.subject, csr.public_key())
        b = self.ok(CLIENT.post(f"/certificates/{name}/pending/merge",
                                {"x5c": [base64.b64encode(raw(leaf)).decode()]}), 201)
        self.assertNotEqual(b["id"], one["id"])
        self.assertEqual(self.get(name)["id"], b["id"])
        self.assertEqual(self.secret(name)["id"], b["sid"])

    def test_merges_that_are_refused(self):
        h = Hierarchy()
        name, _, _, _ = self.wait()
        path, other = f"/certificates/{name}/pending/merge", ec.generate_private_key(ec.SECP256R1())
        wrong = h.issue(name_of("w"), other.public_key())
        before = self.get(name)
        for body, code in (({}, "BadParameter"), ({"x5c": []}, "BadParameter"), ({"x5c": "x"}, "BadParameter"),
                           ({"x5c": ["AAAA"]}, "BadParameter"), ({"x5c": ["not base64!"]}, "BadParameter"),
                           ({"x5c": [1]}, "BadParameter"),
                           ({"x5c": [base64.b64encode(raw(wrong)).decode()]}, "BadParameter")):
            with self.subTest(body=str(body)[:40]):
                self.refused(CLIENT.post(path, body), 400, code)
        self.assertEqual(self.get(name), before)
        self.refused(CLIENT.post(f"/certificates/{fresh()}/pending/merge", {"x5c": ["AAAA"]}), 404,
                     "PendingCertificateNotFound")

    def test_cancel(self):
        name, op, _, _ = self.wait()
        path = f"/certificates/{name}/pending"
        for body in ({}, {"cancellation_requested": False}, {"cancellation_requested": "x"}):
            self.refused(CLIENT.patch(path, body), 400, "BadParameter")
        got = self.ok(CLIENT.patch(path, {"cancellation_requested": True}))
        self.assertEqual((got["cancellation_requested"], got["status"]), (True, "inProgress"))
        got = self.ok(CLIENT.get(path))
        self.assertEqual((got["cancellation_requested"], got["status"]), (True, "cancelled"))
        self.assertEqual(got["request_id"], op["request_id"])
        self.refused(CLIENT.patch(path, {"cancellation_requested": True}), 400, "BadParameter")
        self.create(name)  # free again

    def test_the_request_id_must_be_its_own(self):
        name, op, _, _ = self.wait()
        path = f"/certificates/{name}/pending"
        self.ok(CLIENT.get(f"{path}?request_id={op['request_id']}"))
        self.refused(CLIENT.get(f"{path}?request_id={'0' * 32}"), 404, "PendingCertificateNotFound",
                     f"Pending certificate not found: {name}")
        self.refused(CLIENT.delete(f"{path}?request_id={'0' * 32}"), 404, "PendingCertificateNotFound")

    def test_delete_the_operation(self):
        name, op, _, _ = self.wait()
        path = f"/certificates/{name}/pending"
        self.assertEqual(self.ok(CLIENT.delete(path))["request_id"], op["request_id"])
        self.refused(CLIENT.get(path), 404, "PendingCertificateNotFound", f"Pending certificate not found: {name}")
        self.refused(CLIENT.delete(path), 404, "PendingCertificateNotFound")
        b = self.get(name)
        self.assertFalse(b["attributes"]["enabled"])
        self.assertNotIn("pending", b)
        self.create(name)
        self.assertIn("cer", self.get(name))

    def test_issuers_that_cannot_be_reached_fail_the_operation(self):
        issuer = fresh("i")
        name = fresh()
        self.refused(CLIENT.post(f"/certificates/{name}/create", {"policy": ec_policy(issuer=issuer)}), 404,
                     "CertificateIssuerNotFound", "Issuer not found")
        self.ok(CLIENT.put(f"/certificates/issuers/{issuer}", {"provider": "DigiCert"}))
        self.create(name, ec_policy(issuer=issuer))
        op = self.ok(CLIENT.get(f"/certificates/{name}/pending"))
        self.assertEqual((op["status"], op["error"]["code"]), ("failed", "Certificate issuer error"))
        self.assertIn("DigiCert", op["error"]["message"])
        csr = x509.load_der_x509_csr(base64.b64decode(op["csr"]))
        leaf = Hierarchy().issue(csr.subject, csr.public_key())
        self.ok(CLIENT.post(f"/certificates/{name}/pending/merge",
                            {"x5c": [base64.b64encode(raw(leaf)).decode()]}), 201)
