# SPDX-License-Identifier: Apache-2.0
"""
What a vault signs, encrypts and wraps, python3-cryptography verifies and opens, and
the other way round: every algorithm, every size, keys made by the vault and keys
brought to it, of both kinds.

js/key_libraries.test.mjs does the same with libraries that have nothing of
OpenSSL.
"""
import hashlib
import hmac
import os
import unittest
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, keywrap, padding as blocks
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kit import vectors as v, wire, world
from kit.server import Server

SERVER, TOKEN = None, None
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
OAEP = {"RSA-OAEP": hashes.SHA1(), "RSA-OAEP-256": hashes.SHA256()}
OCT_OPS = ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"]


def setUpModule():
    global SERVER, TOKEN
    w = world.World()
    w.vault("soft", allowOctKeys=True, allowOkpKeys=True)
    w.vault("hard", sku="premium")
    app = w.app("admin")
    for vault in ("soft", "hard"):
        w.role("admin", "Key Vault Crypto Officer", vault=vault)
    SERVER = Server("differential", seed=w.seed()).start()
    TOKEN = wire.get_token(SERVER, app.app_id, app.secret)


def tearDownModule():
    SERVER.discard()


def flipped(data, at=0):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


class Key:
    """A key in a vault; `own` is the same one here, where it came from here."""

    def __init__(self, case, bundle, vault, own=None):
        self.case, self.jwk, self.own = case, bundle["key"], own
        self.path = "/keys/" + self.jwk["kid"].partition("/keys/")[2]
        self.client = case.client(vault)

    def use(self, op, alg, value, **more):
        body = {"alg": alg, "value": v.b64(value), **{k: v.b64(x) for k, x in more.items()}}
        a = self.client.post(f"{self.path}/{op}", body)
        self.case.assertEqual(a.status, 200, f"{op} {alg}: {a}")
        self.case.assertEqual(a.json().get("kid", self.jwk["kid"]), self.jwk["kid"])
        return a.json()

    def bytes(self, op, alg, value, **more):
        return v.unb64(self.use(op, alg, value, **more)["value"])

    def agrees(self, alg, digest, signature):
        return self.use("verify", alg, signature, digest=digest)["value"]

    def number(self, name):
        return int.from_bytes(v.unb64(self.jwk[name]), "big")


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.clients = {}

    @classmethod
    def tearDownClass(cls):
        for c in cls.clients.values():
            c.close()

    @classmethod
    def client(cls, vault):
        if vault not in cls.clients:
            cls.clients[vault] = wire.Client(SERVER, f"{vault}.vault", TOKEN, "7.6")
        return cls.clients[vault]

    def made(self, hsm, kty, **more):
        vault = "hard" if hsm else "soft"
        a = self.client(vault).post(f"/keys/k{uuid.uuid4().hex}/create",
                                    {"kty": kty + ("-HSM" if hsm else ""), **more})
        self.assertEqual(a.status, 200, a)
        return Key(self, a.json(), vault)

    def brought(self, hsm, jwk, own):
        vault = "hard" if hsm else "soft"
        a = self.client(vault).put(f"/keys/k{uuid.uuid4().hex}", {"key": jwk, **({"Hsm": True} if hsm else {})})
        self.assertEqual(a.status, 200, a)
        return Key(self, a.json(), vault, own)

    @staticmethod
    def of_each_kind(make, bring):
        """Made there and brought there, in software and as a hardware key."""
        for hsm in (False, True):
            for fn in (make, bring):
                key = fn(hsm)
                assert key.jwk["kty"].endswith("-HSM") is hsm, key.jwk
                yield key


class Rsa(Case):
    def keys(self, bits):
        own = rsa.generate_private_key(65537, bits)
        n = own.private_numbers()
        jwk = v.rsa_key(n.public_numbers.n, 65537, n.d, n.p, n.q)
        yield from self.of_each_kind(lambda hsm: self.made(hsm, "RSA", key_size=bits),
                                     lambda hsm: self.brought(hsm, jwk, own))

    def signatures(self, key, public):
        for family in ("RS", "PS"):
            for bits, h in HASHES.items():
                alg, digest = family + bits, os.urandom(h.digest_size)
                pad = padding.PKCS1v15() if family == "RS" else padding.PSS(padding.MGF1(h), h.digest_size)
                made = key.bytes("sign", alg, digest)
                public.verify(made, digest, pad, utils.Prehashed(h))
                self.assertIs(key.agrees(alg, digest, made), True)
                self.assertIs(key.agrees(alg, flipped(digest), made), False)
                self.assertIs(key.agrees(alg, digest, flipped(made, 9)), False)
                if key.own:
                    self.assertIs(key.agrees(alg, digest, key.own.sign(digest, pad, utils.Prehashed(h))), True)
                    self.assertEqual(family == "RS", made == key.own.sign(digest, pad, utils.Prehashed(h)))
                # The other family's is none of this one.
                other = ("PS" if family == "RS" else "RS") + bits
                self.assertIs(key.agrees(other, digest, made), False)

    def encryption(self, key, public):
        size = public.key_size // 8
        for alg in ("RSA1_5", *OAEP):
            h = OAEP.get(alg)
            pad = padding.OAEP(padding.MGF1(h), h, None) if h else padding.PKCS1v15()
            longest = size - 2 * h.digest_size - 2 if h else size - 11
            for length in (1, 32, longest):
                text = os.urandom(length)
                ways = [("encrypt", "decrypt"), ("wrapkey", "unwrapkey")]
                for there, back in ways if length == 32 else ways[:1]:
                    self.assertEqual(key.bytes(back, alg, public.encrypt(text, pad)), text)
                    sealed = key.bytes(there, alg, text)
                    self.assertEqual(len(sealed), size)
                    if key.own:
                        self.assertEqual(key.own.decrypt(sealed, pad), text)
                    else:
                        self.assertEqual(key.bytes(back, alg, sealed), text)

    def raw_signature(self, key, public):
        for length in (1, 36, public.key_size // 8 - 11):
            block = os.urandom(length)
            made = key.bytes("sign", "RSNULL", block)
            self.assertEqual(public.recover_data_from_signature(made, padding.PKCS1v15(), None), block)
            self.assertIs(key.agrees("RSNULL", block, made), True)
            self.assertIs(key.agrees("RSNULL", flipped(block), made), False)

    def check(self, bits):
        for key in self.keys(bits):
            public = rsa.RSAPublicNumbers(key.number("e"), key.number("n")).public_key()
            self.assertEqual(public.key_size, bits)
            self.signatures(key, public)
            self.encryption(key, public)
            self.raw_signature(key, public)

    def test_2048_bits(self):
        self.check(2048)

    def test_3072_bits(self):
        self.check(3072)

    def test_4096_bits(self):
        self.check(4096)


class EllipticCurve(Case):
    def check(self, crv):
        curve = v.CURVES[crv]
        own = ec.generate_private_key(curve.kind())
        h = HASHES[curve.alg[2:5]]
        jwk = curve.key(own.private_numbers().private_value)
        for key in self.of_each_kind(lambda hsm: self.made(hsm, "EC", crv=crv),
                                     lambda hsm: self.brought(hsm, jwk, own)):
            public = ec.EllipticCurvePublicNumbers(key.number("x"), key.number("y"), curve.kind()).public_key()
            self.assertEqual([len(v.unb64(key.jwk[c])) for c in "xy"], [curve.half] * 2)
            for digest in (os.urandom(h.digest_size), bytes(h.digest_size), b"\xff" * h.digest_size):
                made = key.bytes("sign", curve.alg, digest)
                r, s = (int.from_bytes(x, "big") for x in (made[:curve.half], made[curve.half:]))
                self.assertEqual(len(made), 2 * curve.half)
                public.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(h)))
                with self.assertRaises(InvalidSignature):
                    public.verify(utils.encode_dss_signature(r, s), flipped(digest), ec.ECDSA(utils.Prehashed(h)))
                self.edges(key, curve, digest, r, s)
                if key.own:
                    r, s = utils.decode_dss_signature(key.own.sign(digest, ec.ECDSA(utils.Prehashed(h))))
                    self.edges(key, curve, digest, r, s)

    def edges(self, key, curve, digest, r, s):
        """A good signature, and numbers beside it."""
        n = curve.order

        def says(r, s, length=curve.half):
            if max(r, s).bit_length() > 8 * length:
                return False
            return key.agrees(curve.alg, digest, r.to_bytes(length, "big") + s.to_bytes(length, "big"))

        self.assertIs(says(r, s), True)
        self.assertIs(says(r, n - s), True)  # nothing asks for the smaller s
        for bad in ((0, s), (r, 0), (0, 0), (n, s), (r, n), (r + n, s), (r, s + n), (s, r), (r, s ^ 1), (1, 1)):
            self.assertIs(says(*bad), False, bad)
        self.assertIs(says(r, s, curve.half + 1), False)
        whole = r.to_bytes(curve.half, "big") + s.to_bytes(curve.half, "big")
        for sig in (whole[:-1], whole + b"\0", b"\0" + whole, utils.encode_dss_signature(r, s)):
            self.assertIs(key.agrees(curve.alg, digest, sig), False)

    def test_p_256(self):
        self.check("P-256")

    def test_p_384(self):
        self.check("P-384")

    def test_p_521(self):
        self.check("P-521")

    def test_p_256k(self):
        self.check("P-256K")


class Symmetric(Case):
    def keys(self, bits):
        own = os.urandom(bits // 8)
        more = {"key_size": bits, "key_ops": OCT_OPS}
        yield from self.of_each_kind(lambda hsm: self.made(hsm, "oct", **more),
                                     lambda hsm: self.brought(hsm, v.oct_key(own), own))

    def gcm(self, key, bits):
        alg, gcm = f"A{bits}GCM", key.own and AESGCM(key.own)
        for length, aad in ((0, b""), (1, b"a"), (16, os.urandom(20)), (1000, b""), (4096, os.urandom(1000))):
            text, more = os.urandom(length), {"aad": aad} if aad else {}
            a = key.use("encrypt", alg, text, **more)
            ct, iv, tag = (v.unb64(a[x]) for x in ("value", "iv", "tag"))
            self.assertEqual((len(ct), len(iv), len(tag)), (length, 12, 16))
            self.assertEqual(key.bytes("decrypt", alg, ct, iv=iv, tag=tag, **more), text)
            if gcm:
                self.assertEqual(gcm.decrypt(iv, ct + tag, aad), text)
                iv = os.urandom(12)
                theirs = gcm.encrypt(iv, text, aad)
                self.assertEqual(key.bytes("decrypt", alg, theirs[:-16], iv=iv, tag=theirs[-16:], **more), text)

    def cbc(self, key, bits):
        for alg, lengths in ((f"A{bits}CBC", (16, 32, 4096)), (f"A{bits}CBCPAD", (0, 1, 15, 16, 17, 1000))):
            for length in lengths:
                text, iv = os.urandom(length), os.urandom(16)
                ct = key.bytes("encrypt", alg, text, iv=iv)
                self.assertEqual(key.bytes("decrypt", alg, ct, iv=iv), text)
                if key.own:
                    padder = blocks.PKCS7(128).padder()
                    padded = padder.update(text) + padder.finalize() if alg.endswith("PAD") else text
                    e = Cipher(algorithms.AES(key.own), modes.CBC(iv)).encryptor()
                    self.assertEqual(ct, e.update(padded) + e.finalize())

    def wrapping(self, key, bits):
        for alg, lengths, wrap, unwrap in (
                (f"A{bits}KW", (16, 24, 32, 512), keywrap.aes_key_wrap, keywrap.aes_key_unwrap),
                ("CKM_AES_KEY_WRAP", (16, 24, 32), keywrap.aes_key_wrap, keywrap.aes_key_unwrap),
                ("CKM_AES_KEY_WRAP_PAD", (1, 7, 8, 9, 20, 1219), keywrap.aes_key_wrap_with_padding,
                 keywrap.aes_key_unwrap_with_padding)):
            for length in lengths:
                text = os.urandom(length)
                wrapped = key.bytes("wrapkey", alg, text)
                self.assertEqual(key.bytes("unwrapkey", alg, wrapped), text)
                if key.own:
                    self.assertEqual(wrapped, wrap(key.own, text))
                    self.assertEqual(unwrap(key.own, wrapped), text)

    def macs(self, key):
        for bits in HASHES:
            for text in (os.urandom(int(bits) // 8), b"", os.urandom(4000)):
                mac = key.bytes("sign", f"HS{bits}", text)
                self.assertEqual(len(mac), int(bits) // 8)
                self.assertIs(key.agrees(f"HS{bits}", text, mac), True)
                self.assertIs(key.agrees(f"HS{bits}", text, flipped(mac)), False)
                self.assertIs(key.agrees(f"HS{bits}", text, mac[:-1]), False)
                self.assertIs(key.agrees(f"HS{bits}", text, mac + b"\0"), False)
                if key.own:
                    self.assertEqual(mac, hmac.new(key.own, text, f"sha{bits}").digest())

    def check(self, bits):
        for key in self.keys(bits):
            self.assertNotIn("k", key.jwk)
            self.gcm(key, bits)
            self.cbc(key, bits)
            self.wrapping(key, bits)
            self.macs(key)

    def test_128_bits(self):
        self.check(128)

    def test_192_bits(self):
        self.check(192)

    def test_256_bits(self):
        self.check(256)

    def test_the_iv_of_gcm_is_a_new_one_each_time(self):
        key = self.made(True, "oct", key_size=256)
        ivs = {key.use("encrypt", "A256GCM", b"the same")["iv"] for _ in range(200)}
        self.assertEqual(len(ivs), 200)


class Edwards(Case):
    def test_ed25519_where_the_vault_allows_it(self):
        own = ed25519.Ed25519PrivateKey.generate()
        raw = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": v.b64(raw), "d": v.b64(
            own.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))}
        for key in (self.made(False, "OKP", crv="Ed25519"), self.brought(False, jwk, own)):
            public = ed25519.Ed25519PublicKey.from_public_bytes(v.unb64(key.jwk["x"]))
            for text in (b"", b"a", os.urandom(2000)):
                made = key.bytes("sign", "EdDSA", text)
                public.verify(made, text)
                self.assertIs(key.agrees("EdDSA", text, made), True)
                self.assertIs(key.agrees("EdDSA", text + bytes(1), made), False)
                self.assertIs(key.agrees("EdDSA", text, flipped(made, 40)), False)
                if key.own:
                    self.assertEqual(made, key.own.sign(text))


class Names(Case):
    def test_every_key_has_another_modulus_or_point(self):
        seen = set()
        for _ in range(10):
            key = self.made(False, "EC", crv="P-256")
            seen.add(hashlib.sha256(key.jwk["x"].encode()).digest())
        for _ in range(3):
            seen.add(self.made(False, "RSA", key_size=2048).jwk["n"])
        self.assertEqual(len(seen), 13)


if __name__ == "__main__":
    unittest.main()
