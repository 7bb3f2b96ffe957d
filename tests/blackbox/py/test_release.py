# SPDX-License-Identifier: Apache-2.0
"""
Secure key release with an attester of the test's own: who satisfies the policy of
an exportable key gets it, wrapped for the key that the attestation names, and
nobody else does.
"""
import base64
import hashlib
import json
import os
import tempfile
import time
import unittest
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding

from kit import wire, world
from kit.server import Server

SERVER, TOKENS, ATTESTER, ENCLAVE, OTHER, FOLDER = None, {}, None, None, None, None
AUTHORITY = "https://attest.keyhold.test"
HASHES = {"CKM_RSA_AES_KEY_WRAP": hashes.SHA1, "RSA_AES_KEY_WRAP_256": hashes.SHA256,
          "RSA_AES_KEY_WRAP_384": hashes.SHA384}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(n):
    return b64(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def jwk(key, **more):
    n = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(n.n), "e": number(n.e), **more}


def setUpModule():
    global SERVER, ATTESTER, ENCLAVE, OTHER, FOLDER
    ATTESTER, ENCLAVE, OTHER = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    FOLDER = tempfile.TemporaryDirectory(dir=os.environ.get("KEYHOLD_BLACKBOX_DIR"))
    os.chmod(FOLDER.name, 0o755)
    path = os.path.join(FOLDER.name, "attesters.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({AUTHORITY: {"keys": [jwk(ATTESTER, kid="a1")]}}, f)
    os.chmod(path, 0o644)
    w = world.World()
    w.vault("strong", sku="premium")
    for name, role in (("admin", "Key Vault Crypto Officer"), ("enclave", "Key Vault Crypto Service Release User"),
                       ("user", "Key Vault Crypto User")):
        w.app(name)
        w.role(name, role, vault="strong")
    SERVER = Server("release", seed=w.seed(), sets={"trusted_issuers": path}).start()
    for name, a in w.apps.items():
        TOKENS[name] = wire.get_token(SERVER, a.app_id, a.secret)
    wait_for_signer()


def wait_for_signer():
    """The clerk makes the signing key in its first turn; until then a release is 503."""
    admin, enclave = (wire.Client(SERVER, "strong.vault", TOKENS[n], "7.4") for n in ("admin", "enclave"))
    made = admin.post("/keys/first/create", {"kty": "EC-HSM", "attributes": {"exportable": True},
                                             "release_policy": policy(SGX)})
    assert made.status == 200, made
    end = time.monotonic() + 30
    while enclave.post("/keys/first/release", {"target": token()}).status == 503:
        assert time.monotonic() < end
    admin.close()
    enclave.close()


def tearDownModule():
    SERVER.discard()
    FOLDER.cleanup()


def policy(*conditions, authority=AUTHORITY):
    doc = {"version": "1.0.0", "anyOf": [{"authority": authority, "allOf": list(conditions)}]}
    return {"contentType": "application/json; charset=utf-8", "data": b64(json.dumps(doc).encode())}


DEBUG_OFF = {"claim": "x-ms-isolation-tee.debug", "equals": False}
SGX = {"claim": "x-ms-attestation-type", "equals": "sgx"}


def token(key=None, header=None, keys=None, **claims):
    now = int(time.time())
    claims = {"iss": AUTHORITY, "iat": now, "nbf": now - 5, "exp": now + 600, "x-ms-attestation-type": "sgx",
              "x-ms-isolation-tee": {"debug": False, "svn": 3},
              "x-ms-runtime": {"keys": [jwk(ENCLAVE, kid="enc-1", key_ops=["encrypt"])] if keys is None else keys},
              **claims}
    claims = {k: v for k, v in claims.items() if v is not None}
    head = {"alg": "RS256", "typ": "JWT", "kid": "a1", **(header or {})}
    text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    signature = (key or ATTESTER).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{b64(signature)}"


class Release(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.admin, self.enclave = (self.client(n) for n in ("admin", "enclave"))

    def client(self, name):
        c = wire.Client(SERVER, "strong.vault", TOKENS[name], "7.4")
        self.addCleanup(c.close)
        return c

    def key(self, *conditions, **more):
        name = f"k{uuid.uuid4().hex[:10]}"
        body = {"kty": "RSA-HSM", "attributes": {"exportable": True},
                "release_policy": policy(*(conditions or (DEBUG_OFF, SGX))), **more}
        a = self.admin.post(f"/keys/{name}/create", body)
        self.assertEqual(a.status, 200, a)
        return name, a.json()

    def opened(self, answer, enc="CKM_RSA_AES_KEY_WRAP", kid="enc-1"):
        """Checks the JWS of an answer; gives its payload and the key in it."""
        self.assertEqual(answer.status, 200, answer)
        head, claims, signature = answer.json()["value"].split(".")
        header, payload = json.loads(unb64(head)), json.loads(unb64(claims))
        der = base64.b64decode(header["x5c"][0])
        cert = x509.load_der_x509_certificate(der)
        self.assertEqual(header["x5t#S256"], b64(hashlib.sha256(der).digest()))
        self.assertEqual((header["alg"], header["typ"]), ("RS256", "JWT"))
        cert.public_key().verify(unb64(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        blob = json.loads(unb64(payload["response"]["key"]["key"]["key_hsm"]))
        self.assertEqual(blob["header"], {"kid": kid, "alg": "dir", "enc": enc})
        wrapped = unb64(blob["ciphertext"])
        digest = HASHES[enc]
        aes = ENCLAVE.decrypt(wrapped[:256], padding.OAEP(padding.MGF1(digest()), digest(), None))
        plain = aes_key_unwrap_with_padding(aes, wrapped[256:])
        return payload, serialization.load_der_private_key(plain, None)

    def refused(self, answer, status=403, code="Forbidden"):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.error["code"], code)
        self.assertNotIn(b"key_hsm", answer.body)

    def test_the_enclave_gets_the_very_key(self):
        name, made = self.key()
        for enc in HASHES:
            a = self.enclave.post(f"/keys/{name}/release", {"target": token(), "nonce": "n-1", "enc": enc})
            payload, key = self.opened(a, enc)
            self.assertEqual(payload["request"], {"api-version": "7.4", "enc": enc, "kid": made["key"]["kid"],
                                                  "nonce": "n-1"})
            self.assertEqual(number(key.public_key().public_numbers().n), made["key"]["n"])
            self.assertEqual(payload["response"]["key"]["key"]["kty"], "RSA-HSM")
        signed = self.admin.post(f"/keys/{name}/sign", {"alg": "RS256", "value": b64(hashlib.sha256(b"x").digest())})
        key.public_key().verify(unb64(signed.json()["value"]), b"x", padding.PKCS1v15(), hashes.SHA256())

    def test_default_transport_versions_and_ec(self):
        name, made = self.key(kty="EC-HSM", crv="P-384")
        version = made["key"]["kid"].rsplit("/", 1)[1]
        _, key = self.opened(self.enclave.post(f"/keys/{name}/{version}/release", {"target": token()}))
        self.assertIsInstance(key.curve, ec.SECP384R1)

    def test_nested_conditions(self):
        either = {"anyOf": [{"claim": "x-ms-attestation-type", "equals": "tdx"}, {"claim": "x-ms-isolation-tee.svn",
                                                                                  "equals": 3}]}
        name, _ = self.key(either)
        self.opened(self.enclave.post(f"/keys/{name}/release", {"target": token()}))
        self.refused(self.enclave.post(f"/keys/{name}/release",
                                       {"target": token(**{"x-ms-isolation-tee": {"debug": False, "svn": 4}})}))

    def test_who_does_not_satisfy_the_policy(self):
        name, _ = self.key()
        now = int(time.time())
        for what, bad in {
                "debug on": token(**{"x-ms-isolation-tee": {"debug": True}}),
                "debug as text": token(**{"x-ms-isolation-tee": {"debug": "false"}}),
                "claim absent": token(**{"x-ms-isolation-tee": None}),
                "other type": token(**{"x-ms-attestation-type": "SGX"}),
                "expired": token(exp=now - 1), "no exp": token(exp=None), "not yet": token(nbf=now + 3600),
                "signed by another": token(key=OTHER), "unknown key": token(header={"kid": "a2"}),
                "unknown authority": token(iss="https://evil.keyhold.test"),
                "authority as a prefix": token(iss=AUTHORITY + "/"),
                "alg none": token(header={"alg": "none"}), "alg HS256": token(header={"alg": "HS256"}),
                "crit": token(header={"crit": ["x"], "x": 1}),
                "no enclave key": token(keys=[]), "only a signing key": token(keys=[jwk(ENCLAVE, use="sig")]),
                "weak enclave key": token(keys=[jwk(rsa.generate_private_key(65537, 1024))]),
                "no token": "x", "two parts": "e30.e30"}.items():
            with self.subTest(what):
                self.refused(self.enclave.post(f"/keys/{name}/release", {"target": bad}))

    def test_an_enclave_key_that_is_none_costs_nobody_the_keeper(self):
        """A question that the keeper could not read would end its link, and others' requests with it."""
        name, _ = self.key()
        good = jwk(ENCLAVE, kid="enc-1")
        for what, bad in {"even n": {"n": b64(unb64(good["n"])[:-1] + b"\0")}, "no e": {"e": ""},
                          "e of nothing": {"e": "AAAA"}, "even e": {"e": "AQAA"}, "long e": {"e": b64(b"\1" * 9)},
                          "n without its first bit": {"n": b64(b"\1" + unb64(good["n"])[1:])}}.items():
            with self.subTest(what):
                a = self.enclave.post(f"/keys/{name}/release", {"target": token(keys=[{**good, **bad}])})
                self.refused(a)
        self.assertEqual(SERVER.log().count("link to front closed"), 0)

    def test_who_may_ask_at_all(self):
        name, _ = self.key()
        self.refused(self.client("user").post(f"/keys/{name}/release", {"target": token()}))
        self.assertEqual(self.enclave.get(f"/keys/{name}").status, 403)

    def test_states_and_bodies(self):
        name, made = self.key()
        for body in ({}, {"target": 1}, {"target": token(), "enc": "A256GCM"}, {"target": token(), "nonce": 5}, b"{"):
            self.refused(self.enclave.post(f"/keys/{name}/release", body), 400, "BadParameter")
        version = made["key"]["kid"].rsplit("/", 1)[1]
        a = self.admin.patch(f"/keys/{name}/{version}", {"attributes": {"enabled": False}})
        self.assertEqual(a.status, 200, a)
        self.refused(self.enclave.post(f"/keys/{name}/release", {"target": token()}))
        plain = f"k{uuid.uuid4().hex[:10]}"
        self.assertEqual(self.admin.post(f"/keys/{plain}/create", {"kty": "RSA-HSM"}).status, 200)
        self.refused(self.enclave.post(f"/keys/{plain}/release", {"target": token()}))
        self.refused(self.enclave.post("/keys/absent/release", {"target": token()}), 404, "KeyNotFound")

    def test_policies_and_keys_that_do_not_fit(self):
        for body, text in (({"kty": "RSA-HSM", "attributes": {"exportable": True}}, "AKV.SKR.1004"),
                           ({"kty": "RSA-HSM", "release_policy": policy(SGX)}, "AKV.SKR.1005")):
            a = self.admin.post(f"/keys/k{uuid.uuid4().hex[:8]}/create", body)
            self.refused(a, 400, "BadParameter")
            self.assertIn(text, a.error["message"])
        name, made = self.key(release_policy={**policy(SGX), "immutable": True})
        version = made["key"]["kid"].rsplit("/", 1)[1]
        a = self.admin.patch(f"/keys/{name}/{version}", {"release_policy": policy(DEBUG_OFF)})
        self.refused(a, 400, "BadParameter")
        self.assertIn("AKV.SKR.1020", a.error["message"])


if __name__ == "__main__":
    unittest.main()
