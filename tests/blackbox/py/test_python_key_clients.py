# SPDX-License-Identifier: Apache-2.0
"""
Debian's azure-keyvault-keys, what test_python_keys.py leaves: types that the vault
has to allow, release, requests of one's own, AES, keys without a vault. The two
together call every public method of KeyClient and CryptographyClient.
"""
import datetime
import hashlib
import json
import os
import unittest
import uuid

from cryptography.hazmat.primitives.asymmetric import rsa

from kit import jwk, vectors, world
from kit.server import Server

try:
    import azure.core.exceptions as errors
    import azure.identity as identity
    from azure.core.rest import HttpRequest
    from azure.keyvault.keys import JsonWebKey, KeyClient, KeyReleasePolicy
    from azure.keyvault.keys.crypto import (CryptographyClient, EncryptionAlgorithm as Enc, KeyWrapAlgorithm as Wrap,
                                            SignatureAlgorithm as Sig)
except ImportError as e:  # Debian's python3-azure is not there
    raise unittest.SkipTest(f"no Azure SDK for Python: {e}") from None

UTC = datetime.timezone.utc
OPS = ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"]
SERVER, WORLD = None, None


def setUpModule():
    global SERVER, WORLD
    WORLD = world.World()
    WORLD.app("admin")
    for name, more in (("plain", {}), ("open", {"allowOctKeys": True, "allowOkpKeys": True}),
                       ("gold", {"sku": "premium", "retentionDays": 7})):
        WORLD.vault(name, **more)
        WORLD.role("admin", world.ROLES["admin"], vault=name)
    SERVER = Server("pykeys", seed=WORLD.seed()).start()
    os.environ.update(SERVER.env)


def tearDownModule():
    SERVER.discard()


def credential():
    a = WORLD.apps["admin"]
    return identity.ClientSecretCredential("adfs", a.app_id, a.secret, authority=f"https://{SERVER.host('login')}")


def client(vault="plain", **more):
    return KeyClient(SERVER.url(vault), credential(), **more)


def fresh():
    return f"k-{uuid.uuid4().hex[:12]}"


def web_key(key, ops=None):
    """A JWK as the package wants it: numbers as bytes."""
    parts = {k: vectors.unb64(x) for k, x in key.items() if k not in ("kty", "crv", "key_ops")}
    return JsonWebKey(kty=key["kty"], crv=key.get("crv"), key_ops=ops, **parts)


def digest(alg):
    return hashlib.new("sha" + alg.value[2:5], b"text").digest()


class Case(unittest.TestCase):
    def refused(self, kind, status, code, fn, *args, **more):
        with self.assertRaises(kind) as caught:
            fn(*args, **more)
        self.assertEqual(caught.exception.status_code, status)
        self.assertEqual(caught.exception.error.code, code)
        return caught.exception


class Keys(Case):
    def test_keys_of_every_type(self):
        self.assertEqual(client("gold").create_rsa_key(fresh(), hardware_protected=True).key_type, "RSA-HSM")
        self.assertEqual(client("gold").create_ec_key(fresh(), hardware_protected=True).key_type, "EC-HSM")
        self.assertEqual(client("open").create_oct_key(fresh(), size=128).key_type, "oct")
        self.assertEqual(client("open").create_okp_key(fresh(), curve="Ed25519").key_type, "OKP")
        plain, bad = client(), errors.HttpResponseError
        self.assertEqual(plain.vault_url, SERVER.url("plain"))
        self.refused(bad, 400, "BadParameter", plain.create_oct_key, fresh())
        self.refused(bad, 400, "BadParameter", plain.create_okp_key, fresh(), curve="Ed25519")
        self.refused(bad, 400, "BadParameter", plain.create_rsa_key, fresh(), hardware_protected=True)

    def test_an_exportable_key_and_its_policy(self):
        c = client("gold")
        text = json.dumps({"version": "1.0.0", "anyOf": [{"authority": "https://attest.keyhold.test", "allOf": [
            {"claim": "debug", "equals": False}]}]}).encode()
        key = c.create_rsa_key(fresh(), hardware_protected=True, exportable=True,
                               release_policy=KeyReleasePolicy(text))
        self.assertTrue(key.properties.exportable)
        self.assertEqual(json.loads(key.properties.release_policy.encoded_policy)["version"], "1.0.0")
        with self.assertRaises(errors.HttpResponseError) as caught:
            c.release_key(key.name, "no.attestation.token")
        self.assertIn(caught.exception.status_code, (400, 403))

    def test_a_request_of_ones_own(self):
        for c in (client(), client().get_cryptography_client(client().create_ec_key(fresh()).name)):
            # 4.8.0b3 has the signature and the pipeline; what it sends is up to the caller.
            answer = c.send_request(HttpRequest("GET", f"{SERVER.url('plain')}/keys?api-version=7.4&maxresults=2"))
            self.assertEqual(answer.status_code, 200)
            self.assertIn("value", answer.json())
            c.close()

class Cryptography(Case):
    def each(self, key):
        """By the key, which is then used here where that is possible, and by its id alone, which may be read."""
        return CryptographyClient(key, credential()), CryptographyClient(key.id, credential())

    def test_symmetric_keys(self):
        iv, text, aad = os.urandom(16), os.urandom(32), b"aad"
        for vault, hsm in (("open", False), ("gold", True)):
            for bits in (128, 192, 256):
                key = client(vault).create_oct_key(fresh(), size=bits, hardware_protected=hsm, key_operations=OPS)
                for c in self.each(key):
                    got = c.encrypt(Enc(f"A{bits}GCM"), text, additional_authenticated_data=aad)
                    self.assertEqual((len(got.iv), len(got.tag), got.aad), (12, 16, aad))
                    parts = {"iv": got.iv, "authentication_tag": got.tag}
                    self.assertEqual(c.decrypt(Enc(f"A{bits}GCM"), got.ciphertext, additional_authenticated_data=aad,
                                               **parts).plaintext, text)
                    self.refused(errors.HttpResponseError, 400, "BadParameter", c.decrypt, Enc(f"A{bits}GCM"),
                                 got.ciphertext, additional_authenticated_data=b"other", **parts)
                    for alg in (Enc(f"A{bits}CBC"), Enc(f"A{bits}CBCPAD")):
                        got = c.encrypt(alg, text, iv=iv)
                        self.assertEqual(c.decrypt(alg, got.ciphertext, iv=iv).plaintext, text)
                    wrapped = c.wrap_key(Wrap(f"A{bits}KW"), text).encrypted_key
                    self.assertEqual(c.unwrap_key(Wrap(f"A{bits}KW"), wrapped).key, text)

    def test_a_key_of_ones_own_without_a_vault(self):
        n = rsa.generate_private_key(65537, 2048).private_numbers()
        local = CryptographyClient.from_jwk(web_key(vectors.rsa_key(n.public_numbers.n, 65537, n.d, n.p, n.q), OPS))
        key = client().import_key(fresh(), web_key(vectors.rsa_key(n.public_numbers.n, 65537, n.d, n.p, n.q)))
        vault = CryptographyClient(key.id, credential())
        for a, b in ((local, vault), (vault, local)):
            self.assertEqual(b.decrypt(Enc.rsa_oaep, a.encrypt(Enc.rsa_oaep, b"text").ciphertext).plaintext, b"text")
            self.assertEqual(b.unwrap_key(Wrap.rsa_oaep_256, a.wrap_key(Wrap.rsa_oaep_256, b"k").encrypted_key).key, b"k")
            for alg in (Sig.rs256, Sig.ps512):
                self.assertTrue(b.verify(alg, digest(alg), a.sign(alg, digest(alg)).signature).is_valid)

    def test_a_key_whose_time_is_over(self):
        key = client().create_rsa_key(fresh())
        sealed = CryptographyClient(key, credential()).encrypt(Enc.rsa_oaep, b"text").ciphertext
        client().update_key_properties(key.name, expires_on=datetime.datetime(2021, 1, 1, tzinfo=UTC),
                                       not_before=datetime.datetime(2020, 1, 1, tzinfo=UTC))
        c = CryptographyClient(key.id, credential())
        self.assertEqual(c.decrypt(Enc.rsa_oaep, sealed).plaintext, b"text")
        self.refused(errors.HttpResponseError, 403, "Forbidden", c.sign, Sig.rs256, digest(Sig.rs256))


if __name__ == "__main__":
    unittest.main()
