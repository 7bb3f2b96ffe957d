# SPDX-License-Identifier: Apache-2.0
"""Debian's azure-keyvault-certificates: every public method of CertificateClient, each api-version."""
import base64
import hashlib
import os
import unittest

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import certs, world
from kit.certs import fresh
from kit.server import Server

try:
    import azure.core.exceptions as errors
    import azure.identity as identity
    from azure.core.rest import HttpRequest
    from azure.keyvault.certificates import (AdministratorContact, ApiVersion, CertificateClient, CertificateContact,
                                             CertificateContentType, CertificatePolicy, CertificatePolicyAction,
                                             KeyCurveName, KeyType, KeyUsageType, LifetimeAction,
                                             WellKnownIssuerNames)
    from azure.keyvault.secrets import SecretClient
except ImportError as e:  # Debian's python3-azure is not there
    raise unittest.SkipTest(f"no Azure SDK for Python: {e}") from None

SERVER, WORLD = None, None


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    SERVER = Server("pycerts", seed=WORLD.seed()).start()
    os.environ.update(SERVER.env)


def tearDownModule():
    SERVER.discard()


def credential():
    a = WORLD.apps["admin"]
    return identity.ClientSecretCredential("adfs", a.app_id, a.secret, authority=f"https://{SERVER.host('login')}")


def client(vault="alpha", **more):
    return CertificateClient(SERVER.url(vault), credential(), **more)


def policy(issuer=None, **more):
    more.setdefault("subject", "CN=python")
    return CertificatePolicy(issuer or WellKnownIssuerNames.self, key_type=KeyType.ec, key_curve_name=KeyCurveName.p_256,
                             **more)


class Clients(unittest.TestCase):
    def made(self, c, name=None, **more):
        name = name or fresh()
        return c.begin_create_certificate(name, more.pop("policy", policy()), _polling_interval=0.05, **more).result()

    def test_create_get_and_list(self):
        c = client()
        got = self.made(c, tags={"a": "b"}, enabled=True, policy=policy(
            san_dns_names=["a.test"], san_emails=["a@b.test"], san_user_principal_names=["me@b.test"],
            key_usage=[KeyUsageType.digital_signature], enhanced_key_usage=["1.3.6.1.5.5.7.3.1"],
            validity_in_months=24, content_type=CertificateContentType.pem, exportable=True, reuse_key=True,
            lifetime_actions=[LifetimeAction(CertificatePolicyAction.auto_renew, lifetime_percentage=50)]))
        self.assertEqual(got.properties.tags, {"a": "b"})
        self.assertEqual((got.policy.validity_in_months, got.policy.san_dns_names), (24, ["a.test"]))
        self.assertEqual(got.policy.lifetime_actions[0].lifetime_percentage, 50)
        self.assertEqual(x509.load_der_x509_certificate(bytes(got.cer)).subject.rfc4514_string(), "CN=python")
        again = c.get_certificate(got.name)
        self.assertEqual((again.id, again.key_id, again.secret_id), (got.id, got.key_id, got.secret_id))
        version = c.get_certificate_version(got.name, got.properties.version)
        self.assertEqual(version.cer, got.cer)
        self.assertEqual(bytes(got.properties.x509_thumbprint), hashlib.sha1(bytes(got.cer)).digest())
        self.assertIn(got.name, [p.name for p in c.list_properties_of_certificates()])
        self.assertIn(got.name, [p.name for p in c.list_properties_of_certificates(include_pending=True)])
        self.assertEqual([p.version for p in c.list_properties_of_certificate_versions(got.name)],
                         [got.properties.version])
        new = c.update_certificate_properties(got.name, version=got.properties.version, enabled=False, tags={"c": "d"})
        self.assertEqual((new.properties.enabled, new.properties.tags), (False, {"c": "d"}))
        with self.assertRaises(errors.ResourceNotFoundError):
            c.get_certificate(fresh())
        request = HttpRequest("GET", f"{SERVER.url('alpha')}/certificates/{got.name}")
        self.assertEqual(c.send_request(request).status_code, 200)

    def test_the_policy(self):
        c = client()
        got = self.made(c)
        one = c.get_certificate_policy(got.name)
        self.assertEqual((one.issuer_name, one.key_type, one.subject), ("Self", "EC", "CN=python"))
        new = c.update_certificate_policy(got.name, policy(validity_in_months=3))
        self.assertEqual(new.validity_in_months, 3)

    def test_the_secret_opens(self):
        got = self.made(client())
        value = SecretClient(SERVER.url("alpha"), credential()).get_secret(got.name)
        key, cert, _ = pkcs12.load_key_and_certificates(base64.b64decode(value.value), b"")
        self.assertEqual(certs.spki(key.public_key()), certs.spki(cert.public_key()))
        self.assertEqual(certs.raw(cert), bytes(got.cer))
        self.assertTrue(value.properties.managed)

    def test_delete_recover_purge_backup_restore(self):
        c = client()
        got = self.made(c)
        blob = c.backup_certificate(got.name)
        gone = c.begin_delete_certificate(got.name, _polling_interval=0.05).result()
        self.assertTrue(gone.recovery_id.endswith(f"/deletedcertificates/{got.name}"))
        self.assertEqual(c.get_deleted_certificate(got.name).cer, got.cer)
        self.assertIn(got.name, [d.name for d in c.list_deleted_certificates()])
        self.assertIn(got.name, [d.name for d in c.list_deleted_certificates(include_pending=True)])
        back = c.begin_recover_deleted_certificate(got.name, _polling_interval=0.05).result()
        self.assertEqual(back.cer, got.cer)
        c.begin_delete_certificate(got.name, _polling_interval=0.05).wait()
        c.purge_deleted_certificate(got.name)
        restored = c.restore_certificate_backup(blob)
        self.assertEqual((restored.cer, restored.properties.version), (got.cer, got.properties.version))
        with self.assertRaises(errors.ResourceExistsError):
            c.restore_certificate_backup(blob)

    def test_import(self):
        c, key = client(), ec.generate_private_key(ec.SECP256R1())
        cert = certs.sign(certs.name_of("i"), key.public_key(), certs.name_of("i"), key)
        got = c.import_certificate(fresh(), base64.b64decode(certs.pfx(key, cert, password=b"pw")), password="pw",
                                   tags={"a": "b"}, enabled=True)
        self.assertEqual(bytes(got.cer), certs.raw(cert))
        self.assertEqual(got.policy.issuer_name, "Unknown")
        text = (certs.key_pem(key) + certs.pem(cert)).encode()
        got = c.import_certificate(fresh(), text, policy=CertificatePolicy(
            WellKnownIssuerNames.self, content_type=CertificateContentType.pem))
        self.assertEqual((got.policy.issuer_name, got.policy.content_type), ("Self", CertificateContentType.pem))
        with self.assertRaises(errors.HttpResponseError):
            c.import_certificate(fresh(), b"nothing")

    def test_operations(self):
        c, name = client(), fresh()
        poller = c.begin_create_certificate(name, policy(WellKnownIssuerNames.unknown))
        op = c.get_certificate_operation(name)
        self.assertEqual((op.status, op.issuer_name), ("inProgress", "Unknown"))
        csr = x509.load_der_x509_csr(bytes(op.csr))
        leaf = certs.Hierarchy().issue(csr.subject, csr.public_key())
        got = c.merge_certificate(name, [certs.raw(leaf)], enabled=True, tags={"m": "1"})
        self.assertEqual((bytes(got.cer), got.properties.tags), (certs.raw(leaf), {"m": "1"}))
        self.assertEqual(c.get_certificate_operation(name).status, "completed")
        self.assertEqual(c.delete_certificate_operation(name).status, "completed")
        with self.assertRaises(errors.ResourceNotFoundError):
            c.get_certificate_operation(name)
        c.begin_create_certificate(name, policy(WellKnownIssuerNames.unknown))
        self.assertTrue(c.cancel_certificate_operation(name).cancellation_requested)
        self.assertEqual(c.get_certificate_operation(name).status.lower(), "cancelled")
        c.begin_create_certificate(name, policy())
        self.assertTrue(c.cancel_certificate_operation(name).cancellation_requested)
        self.assertTrue(c.get_certificate_operation(name).cancellation_requested)
        self.assertIsNotNone(poller)

    def test_contacts(self):
        c = client("week")
        got = c.set_contacts([CertificateContact(email="a@b.test", name="A", phone="1"), CertificateContact("c@d.test")])
        self.assertEqual([x.email for x in got], ["a@b.test", "c@d.test"])
        self.assertEqual([x.name for x in c.get_contacts()], ["A", None])
        self.assertEqual(len(c.delete_contacts()), 2)
        with self.assertRaises(errors.ResourceNotFoundError):
            c.get_contacts()

    def test_issuers(self):
        c, name = client(), fresh("i")
        admin = AdministratorContact(first_name="A", last_name="B", email="a@b.test", phone="1")
        got = c.create_issuer(name, "DigiCert", account_id="me", password="pw", organization_id="o",
                              admin_contacts=[admin], enabled=True)
        self.assertEqual((got.name, got.provider, got.account_id, got.password), (name, "DigiCert", "me", None))
        self.assertEqual(c.get_issuer(name).admin_contacts[0].email, "a@b.test")
        self.assertIn(name, [i.name for i in c.list_properties_of_issuers()])
        self.assertEqual(c.update_issuer(name, provider="Test", enabled=False).provider, "Test")
        self.assertEqual(c.delete_issuer(name).provider, "Test")
        with self.assertRaises(errors.ResourceNotFoundError):
            c.get_issuer(name)

    def test_every_api_version(self):
        for version in ApiVersion:
            with self.subTest(version=version.value):
                with client(api_version=version) as c:
                    got = self.made(c)
                    self.assertEqual(c.get_certificate(got.name).cer, got.cer)
                    self.assertIn(got.name, [p.name for p in c.list_properties_of_certificates()])
                    c.begin_delete_certificate(got.name, _polling_interval=0.05).wait()
                    c.purge_deleted_certificate(got.name)
                    c.close()
