# SPDX-License-Identifier: Apache-2.0
"""
Debian's azure-keyvault-keys: every public method of KeyClient and
CryptographyClient, with each of its api-versions.
"""
import base64
import datetime
import hashlib
import os
import unittest
import uuid

from kit import jwk, world
from kit.server import Server

try:
    import azure.core.exceptions as errors
    import azure.identity as identity
    from azure.keyvault.keys import (ApiVersion, JsonWebKey, KeyClient, KeyRotationLifetimeAction,
                                     KeyRotationPolicy, KeyRotationPolicyAction)
    from azure.keyvault.keys.crypto import (CryptographyClient, EncryptionAlgorithm,
                                            KeyWrapAlgorithm, SignatureAlgorithm)
except ImportError as e:  # Debian's python3-azure is not there
    raise unittest.SkipTest(f"no Azure SDK for Python: {e}") from None

UTC = datetime.timezone.utc
SERVER, WORLD = None, None


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    SERVER = Server("python-keys", seed=WORLD.seed())
    SERVER.start()
    os.environ.update(SERVER.env)


def tearDownModule():
    SERVER.discard()


def credential(app="admin"):
    a = WORLD.apps[app]
    return identity.ClientSecretCredential("adfs", a.app_id, a.secret,
                                           authority=f"https://{SERVER.host('login')}")


def client(vault="alpha", app="admin", **more):
    return KeyClient(SERVER.url(vault), credential(app), **more)


def crypto(key, app="admin", **more):
    return CryptographyClient(key, credential(app), **more)


def fresh(prefix="k"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def web_key(fields):
    raw = {k: base64.urlsafe_b64decode(v + "=" * (-len(v) % 4)) if k not in ("kty", "crv") else v
           for k, v in fields.items()}
    return JsonWebKey(**raw)


class Case(unittest.TestCase):
    def refused(self, kind, status, fn, *args, **more):
        with self.assertRaises(kind) as caught:
            fn(*args, **more)
        self.assertEqual(caught.exception.status_code, status)
        return caught.exception


class Keys(Case):
    def test_every_type_is_made_and_read_back(self):
        c, prime = client(), client("prime")
        for size in (2048, 3072, 4096):
            with self.subTest(size=size):
                key = c.create_rsa_key(fresh(), size=size)
                self.assertEqual(len(key.key.n), size // 8)
                self.assertEqual(key.key.e, b"\x01\x00\x01")
        for curve, size in (("P-256", 32), ("P-384", 48), ("P-521", 66), ("P-256K", 32)):
            with self.subTest(curve=curve):
                key = c.create_ec_key(fresh(), curve=curve)
                self.assertEqual((len(key.key.x), len(key.key.y)), (size, size))
                self.assertEqual(c.get_key(key.name).key.x, key.key.x)
        self.assertEqual(prime.create_rsa_key(fresh(), hardware_protected=True).key_type, "RSA-HSM")
        self.assertEqual(prime.create_ec_key(fresh(), hardware_protected=True).key_type, "EC-HSM")
        self.assertEqual(prime.create_oct_key(fresh(), hardware_protected=True).key_type, "oct-HSM")
        self.assertEqual(client("liberal").create_oct_key(fresh(), size=128).key_type, "oct")
        e = self.refused(errors.HttpResponseError, 400, c.create_oct_key, fresh())
        self.assertEqual(e.error.innererror["code"], "KeyTypeNotSupported")

    def test_what_is_said_of_a_key_is_kept(self):
        c, name = client(), fresh()
        nbf = datetime.datetime(2026, 1, 1, tzinfo=UTC)
        exp = datetime.datetime(3000, 1, 1, tzinfo=UTC)
        made = c.create_key(name, "RSA", size=2048, key_operations=["sign", "verify"], tags={"a": "b"},
                            not_before=nbf, expires_on=exp)
        got = c.get_key(name, made.properties.version)
        self.assertEqual(got.key_operations, ["sign", "verify"])
        p = got.properties
        self.assertEqual((p.not_before, p.expires_on, p.tags), (nbf, exp, {"a": "b"}))
        self.assertEqual((p.recovery_level, p.recoverable_days), ("Recoverable+Purgeable", 90))
        self.assertFalse(p.exportable)
        updated = c.update_key_properties(name, enabled=False, tags={"c": "d"}, key_operations=["verify"])
        self.assertEqual((updated.properties.enabled, updated.properties.tags), (False, {"c": "d"}))
        self.assertEqual(updated.key_operations, ["verify"])

    def test_imported_keys_work(self):
        c = client()
        ec = c.import_key(fresh(), web_key(jwk.EC))
        rsa = c.import_key(fresh(), web_key(jwk.RSA), tags={"a": "b"})
        self.assertEqual((ec.key_type, rsa.key_type), ("EC", "RSA"))
        digest = hashlib.sha256(b"hello").digest()
        signed = crypto(ec).sign(SignatureAlgorithm.es256, digest)
        self.assertTrue(crypto(ec).verify(SignatureAlgorithm.es256, digest, signed.signature).is_valid)

    def test_lists_give_all(self):
        c, prefix = client("week"), fresh("list")
        names = sorted(f"{prefix}-{i:02}" for i in range(30))
        for n in names:
            c.create_ec_key(n)
        self.assertEqual([p.name for p in c.list_properties_of_keys() if p.name.startswith(prefix)], names)
        versions = {c.create_ec_key(names[0]).properties.version for _ in range(3)}
        self.assertTrue(versions < {p.version for p in c.list_properties_of_key_versions(names[0])})
        self.assertEqual(list(c.list_properties_of_key_versions(fresh("none"))), [])

    def test_delete_recover_purge_backup(self):
        c, name = client("week"), fresh()
        made = c.create_ec_key(name)
        blob = c.backup_key(name)
        deleted = c.begin_delete_key(name).result()
        self.assertEqual(deleted.name, name)
        self.assertIsNotNone(deleted.scheduled_purge_date)
        self.assertEqual(c.get_deleted_key(name).key.x, made.key.x)
        self.assertIn(name, [k.name for k in c.list_deleted_keys()])
        self.refused(errors.ResourceNotFoundError, 404, c.get_key, name)
        self.refused(errors.ResourceExistsError, 409, c.create_ec_key, name)
        self.assertEqual(c.begin_recover_deleted_key(name).result().id, made.id)
        c.begin_delete_key(name).wait()
        c.purge_deleted_key(name)
        self.refused(errors.ResourceNotFoundError, 404, c.get_deleted_key, name)
        self.assertEqual(c.restore_key_backup(blob).id, made.id)

    def test_rotation(self):
        c, name = client(), fresh()
        one = c.create_ec_key(name, curve="P-384")
        policy = KeyRotationPolicy(lifetime_actions=[KeyRotationLifetimeAction(
            KeyRotationPolicyAction.rotate, time_after_create="P90D")], expires_in="P1Y")
        kept = c.update_key_rotation_policy(name, policy)
        self.assertEqual(kept.expires_in, "P1Y")
        self.assertEqual([a.action for a in kept.lifetime_actions],
                         [KeyRotationPolicyAction.rotate, KeyRotationPolicyAction.notify])
        self.assertEqual(c.get_key_rotation_policy(name).expires_in, "P1Y")
        two = c.rotate_key(name)
        self.assertNotEqual(one.id, two.id)
        self.assertEqual(two.key.crv, "P-384")
        self.assertEqual((two.properties.expires_on - two.properties.created_on).days, 365)

    def test_random_bytes(self):
        self.assertEqual(len(client().get_random_bytes(32)), 32)
        self.refused(errors.HttpResponseError, 400, client().get_random_bytes, 129)

    def test_every_api_version(self):
        for version in ApiVersion:
            with self.subTest(version=version.value):
                c = client(api_version=version)
                key = c.create_rsa_key(fresh())
                crypt = crypto(key, api_version=version)
                digest = hashlib.sha256(b"hello").digest()
                signature = crypt.sign(SignatureAlgorithm.ps256, digest).signature
                self.assertTrue(crypt.verify(SignatureAlgorithm.ps256, digest, signature).is_valid)
                self.assertEqual(c.get_key(key.name).id, key.id)
                c.begin_delete_key(key.name).wait()


class Crypto(Case):
    def test_signatures_of_every_algorithm(self):
        c = client()
        rsa = c.create_rsa_key(fresh())
        keys = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "P-256K"}
        for alg in SignatureAlgorithm:
            if alg.value not in keys and alg.value[:2] not in ("RS", "PS"):
                continue
            with self.subTest(alg=alg.value):
                key = c.create_ec_key(fresh(), curve=keys[alg.value]) if alg.value in keys else rsa
                digest = hashlib.new(f"sha{256 if alg.value == 'ES256K' else alg.value[2:]}", b"x").digest()
                # By id the vault does it all; with the key the client verifies by itself.
                remote, local = crypto(key.id), CryptographyClient.from_jwk(key.key)
                signature = remote.sign(alg, digest).signature
                self.assertTrue(remote.verify(alg, digest, signature).is_valid)
                self.assertTrue(local.verify(alg, digest, signature).is_valid)
                bad = bytes([signature[0] ^ 1]) + signature[1:]
                self.assertFalse(remote.verify(alg, digest, bad).is_valid)

    def test_encryption_and_wrapping_with_rsa(self):
        key = client().create_rsa_key(fresh())
        for c in (crypto(key), crypto(key.id), CryptographyClient.from_jwk(key.key)):
            for alg in ("RSA-OAEP", "RSA-OAEP-256", "RSA1_5"):
                with self.subTest(alg=alg):
                    sealed = c.encrypt(EncryptionAlgorithm(alg), b"plain").ciphertext
                    self.assertEqual(crypto(key).decrypt(EncryptionAlgorithm(alg), sealed).plaintext, b"plain")
                    wrapped = c.wrap_key(KeyWrapAlgorithm(alg), b"k" * 32).encrypted_key
                    self.assertEqual(crypto(key).unwrap_key(KeyWrapAlgorithm(alg), wrapped).key, b"k" * 32)

    def test_aes_of_hardware_keys(self):
        key = client("prime").create_oct_key(fresh(), size=128, hardware_protected=True)
        c = crypto(key)
        gcm = c.encrypt(EncryptionAlgorithm.a128_gcm, b"plain", additional_authenticated_data=b"aad")
        self.assertEqual((len(gcm.iv), len(gcm.tag)), (12, 16))
        opened = c.decrypt(EncryptionAlgorithm.a128_gcm, gcm.ciphertext, iv=gcm.iv,
                           authentication_tag=gcm.tag, additional_authenticated_data=b"aad")
        self.assertEqual(opened.plaintext, b"plain")
        self.refused(errors.HttpResponseError, 400, c.decrypt, EncryptionAlgorithm.a128_gcm, gcm.ciphertext,
                     iv=gcm.iv, authentication_tag=gcm.tag, additional_authenticated_data=b"AAD")
        cbc = c.encrypt(EncryptionAlgorithm.a128_cbcpad, b"plain", iv=b"i" * 16)
        self.assertEqual(c.decrypt(EncryptionAlgorithm.a128_cbcpad, cbc.ciphertext, iv=b"i" * 16).plaintext,
                         b"plain")
        wrapped = c.wrap_key(KeyWrapAlgorithm.aes_128, b"k" * 16)
        self.assertEqual(c.unwrap_key(KeyWrapAlgorithm.aes_128, wrapped.encrypted_key).key, b"k" * 16)

    def test_a_key_that_may_not_is_refused_by_the_vault(self):
        c = client()
        key = c.create_rsa_key(fresh(), key_operations=["verify"])
        e = self.refused(errors.HttpResponseError, 403, crypto(key.id).sign, SignatureAlgorithm.rs256, b"x" * 32)
        self.assertEqual(e.error.innererror["code"], "KeyOperationForbidden")
        other = c.create_ec_key(fresh())
        self.refused(errors.ResourceNotFoundError, 404, crypto(f"{other.id[:-32]}{'0' * 32}").sign,
                     SignatureAlgorithm.es256, b"x" * 32)

    def test_the_current_version_is_used_by_name(self):
        c, name = client(), fresh()
        c.create_ec_key(name)
        key = c.create_ec_key(name)
        use = c.get_cryptography_client(name)
        self.assertEqual(use.sign(SignatureAlgorithm.es256, b"x" * 32).key_id, key.id)
