# SPDX-License-Identifier: Apache-2.0
"""
Operations of keys with everything in them that can be wrong: Azure's code, and of
what does not open not a word more than that; the answers are compared whole.
"""
import copy
import os
import time
import unittest
import uuid

from cryptography.hazmat.primitives.asymmetric import ec

from kit import jwk, vectors as v, wire, world
from kit.server import Server

SERVER, TOKEN = None, None
SIX = ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"]
N = int.from_bytes(v.unb64(jwk.RSA["n"]), "big")
D32 = v.b64(bytes(range(32)))
WRONG_TYPES = (5, 1.5, True, [], {}, ["x"], None)


def setUpModule():
    global SERVER, TOKEN
    w = world.World()
    w.vault("soft", allowOctKeys=True, allowOkpKeys=True)
    app = w.app("admin")
    w.role("admin", "Key Vault Crypto Officer", vault="soft")
    SERVER = Server("keyinput", seed=w.seed()).start()
    TOKEN = wire.get_token(SERVER, app.app_id, app.secret)


def tearDownModule():
    SERVER.discard()


def told(a):
    """All that an answer tells, without what differs from one request to the next."""
    mine = {"x-ms-request-id", "date", "x-ms-client-request-id"}
    return a.status, sorted((k.lower(), x) for k, x in a.headers if k.lower() not in mine), a.body


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.c = wire.Client(SERVER, "soft.vault", TOKEN, "7.6")
        cls.oct, cls.oct_bytes = {}, {}
        cls.rsa, cls.ec = cls.bring(jwk.RSA), cls.bring(jwk.EC)
        for bits in (128, 192, 256):
            cls.oct_bytes[bits] = os.urandom(bits // 8)
            cls.oct[bits] = cls.bring(v.oct_key(cls.oct_bytes[bits]))

    @classmethod
    def tearDownClass(cls):
        cls.c.close()

    @classmethod
    def bring(cls, key, **more):
        path = f"/keys/k{uuid.uuid4().hex}"
        a = cls.c.put(path, {"key": key, **more})
        assert a.status == 200, a
        return path

    def use(self, path, op, alg, value, **more):
        body = {"alg": alg, "value": v.b64(value), **{k: v.b64(x) for k, x in more.items()}}
        return self.c.post(f"{path}/{op}", body)

    def good(self, a):
        self.assertEqual(a.status, 200, a)
        return a.json()

    def bad(self, a, text=None):
        self.assertEqual(a.status, 400, a)
        self.assertEqual(a.error["code"], "BadParameter", a)
        if text is not None:
            self.assertIn(text, a.error["message"])
        return a

    def all_the_same(self, answers):
        """400 each, and the same 400."""
        answers = list(answers)
        for a in answers:
            self.bad(a)
        self.assertEqual(len({repr(told(a)) for a in answers}), 1,
                         "\n".join(sorted({repr(told(a)) for a in answers})))


# ------------------------------------------------------------------ what is asked

class Members(Case):
    def requests(self):
        """A good request of each operation; the names of what it cannot do without."""
        sealed = self.good(self.use(self.oct[128], "encrypt", "A128GCM", b"text"))
        iv = {"iv": v.b64(bytes(16))}
        ct = self.good(self.use(self.oct[128], "encrypt", "A128CBC", bytes(16), iv=bytes(16)))["value"]
        wrapped = self.good(self.use(self.oct[128], "wrapkey", "A128KW", bytes(16)))["value"]
        rsa = self.good(self.use(self.rsa, "encrypt", "RSA-OAEP", b"text"))["value"]
        made = self.good(self.use(self.ec, "sign", "ES256", bytes(range(32))))["value"]
        yield self.rsa, "encrypt", {"alg": "RSA-OAEP", "value": "AA"}
        yield self.rsa, "decrypt", {"alg": "RSA-OAEP", "value": rsa}
        yield self.rsa, "wrapkey", {"alg": "RSA-OAEP-256", "value": "AA"}
        yield self.rsa, "unwrapkey", {"alg": "RSA-OAEP", "value": rsa}
        yield self.rsa, "sign", {"alg": "PS256", "value": D32}
        yield self.ec, "sign", {"alg": "ES256", "value": D32}
        yield self.ec, "verify", {"alg": "ES256", "digest": D32, "value": made}
        yield self.oct[128], "decrypt", {"alg": "A128GCM", **{k: sealed[k] for k in ("value", "iv", "tag")}}
        yield self.oct[128], "encrypt", {"alg": "A128CBC", "value": v.b64(bytes(16)), **iv}
        yield self.oct[128], "encrypt", {"alg": "A128CBCPAD", "value": "AA", **iv}
        yield self.oct[128], "decrypt", {"alg": "A128CBC", "value": ct, **iv}
        yield self.oct[128], "wrapkey", {"alg": "A128KW", "value": v.b64(bytes(16))}
        yield self.oct[128], "unwrapkey", {"alg": "A128KW", "value": wrapped}
        yield self.oct[128], "sign", {"alg": "HS256", "value": "AA"}

    def test_each_left_out_or_of_another_type(self):
        for path, op, body in self.requests():
            self.good(self.c.post(f"{path}/{op}", body))
            for name in body:
                with self.subTest(op=op, alg=body["alg"], member=name):
                    rest = {k: x for k, x in body.items() if k != name}
                    answers = [self.c.post(f"{path}/{op}", rest)]
                    answers += [self.c.post(f"{path}/{op}", {**rest, name: wrong}) for wrong in WRONG_TYPES]
                    self.all_the_same(answers)

    def test_what_is_no_base64url(self):
        for path, op, body in self.requests():
            for name in set(body) - {"alg"}:
                for wrong in ("!", "AAA!", "AAAAA", "A A", "AA\u00e9", "A\nA", "."):
                    with self.subTest(op=op, alg=body["alg"], member=name, value=wrong):
                        self.bad(self.c.post(f"{path}/{op}", {**body, name: wrong}))

    def test_bodies_that_are_no_request(self):
        for body in (b"", b"[]", b"null", b'"x"', b"{", b"{}", b"\xff\xfe", b'{"alg":"RS256",}',
                     b'{"alg":"RS256"' + b" " * 5000):
            with self.subTest(body=body[:30]):
                self.bad(self.c.post(f"{self.rsa}/sign", body))

    def test_no_such_algorithm_and_not_for_this(self):
        for path, op, algs in (
                (self.rsa, "sign", ("", "rs256", "RS1", "none", "RSA-OAEP", "A128KW", "RS256 ", "HS256\0")),
                (self.rsa, "encrypt", ("RS256", "RSA-OAEP-384", "RSA", "rsa-oaep")),
                (self.oct[128], "encrypt", ("A128KW", "HS256", "A128CTR", "A128ECB", "A128CBC-HS256")),
                (self.oct[128], "wrapkey", ("A128GCM", "A128CBC", "A128GCMKW"))):
            for alg in algs:
                with self.subTest(op=op, alg=alg):
                    self.bad(self.c.post(f"{path}/{op}", {"alg": alg, "value": D32, "iv": v.b64(bytes(16))}))

    def test_algorithms_of_another_type_curve_or_size(self):
        p384 = self.bring(v.CURVES["P-384"].key(7))
        for path, op, algs, word in (
                (self.rsa, "sign", ("ES256", "ES512", "HS256", "EdDSA"), "is of type 'RSA'"),
                (self.ec, "sign", ("RS256", "PS256", "HS256"), "is of type 'EC'"),
                (self.ec, "sign", ("ES384", "ES512", "ES256K"), "uses curve 'P-256'"),
                (p384, "sign", ("ES256", "ES512", "ES256K"), "uses curve 'P-384'"),
                (self.ec, "encrypt", ("RSA-OAEP", "A128GCM"), None),
                (self.rsa, "encrypt", ("A128GCM", "A256CBC"), "is of type 'RSA'"),
                (self.oct[128], "encrypt", ("A192GCM", "A256GCM", "A256CBCPAD"), "has 128 bits"),
                (self.oct[256], "wrapkey", ("A128KW", "A192KW"), "has 256 bits"),
                (self.oct[256], "encrypt", ("RSA1_5",), "is of type 'oct'")):
            for alg in algs:
                with self.subTest(op=op, alg=alg, path=word):
                    a = self.c.post(f"{path}/{op}", {"alg": alg, "value": v.b64(bytes(64)), "iv": v.b64(bytes(16))})
                    if word is None:
                        self.assertIn((a.status, a.inner), ((400, None), (403, "KeyOperationForbidden")), a)
                    else:
                        self.bad(a, word)

    def test_algorithms_before_their_api_version(self):
        for version, path, op, alg in (("7.5", self.oct[256], "sign", "HS256"),
                                       ("7.5", self.oct[256], "wrapkey", "CKM_AES_KEY_WRAP"),
                                       ("7.1", self.oct[256], "wrapkey", "A256KW"),
                                       ("7.1", self.oct[256], "encrypt", "A256GCM")):
            with self.subTest(alg=alg):
                body = {"alg": alg, "value": v.b64(bytes(32))}
                self.bad(self.c.post(f"{path}/{op}", body, version=version))
                self.good(self.c.post(f"{path}/{op}", body))


class Lengths(Case):
    def test_a_digest_of_another_length(self):
        keys = {"RS": self.rsa, "PS": self.rsa}
        want = {f"{f}{b}": (p, b // 8) for f, p in keys.items() for b in (256, 384, 512)}
        want["ES256"] = (self.ec, 32)
        for alg, (path, length) in want.items():
            for n in {0, 1, 20, 32, 48, 64, length - 1, length + 1} - {length}:
                with self.subTest(alg=alg, length=n):
                    says = (f"Invalid length of '{{}}': {n} bytes. {alg} requires {length} bytes, "
                            "encoded with base64url.")
                    self.bad(self.use(path, "sign", alg, bytes(n)), says.format("value"))
                    self.bad(self.use(path, "verify", alg, bytes(64), digest=bytes(n)), says.format("digest"))

    def test_a_text_that_is_too_long_for_its_padding(self):
        for alg, longest in (("RSA1_5", 245), ("RSA-OAEP", 214), ("RSA-OAEP-256", 190)):
            for op in ("encrypt", "wrapkey"):
                self.good(self.use(self.rsa, op, alg, bytes(longest)))
                self.all_the_same(self.use(self.rsa, op, alg, bytes(n)) for n in (longest + 1, 256, 257, 4096))
        self.good(self.use(self.rsa, "sign", "RSNULL", bytes(245)))
        self.all_the_same(self.use(self.rsa, "sign", "RSNULL", bytes(n)) for n in (246, 256, 1000))

    def test_blocks_that_are_none(self):
        for n in (1, 15, 17, 31):
            self.bad(self.use(self.oct[256], "encrypt", "A256CBC", bytes(n), iv=bytes(16)))
            self.bad(self.use(self.oct[256], "decrypt", "A256CBC", bytes(n), iv=bytes(16)))
            self.bad(self.use(self.oct[256], "decrypt", "A256CBCPAD", bytes(n), iv=bytes(16)))
        self.bad(self.use(self.oct[256], "decrypt", "A256CBCPAD", b"", iv=bytes(16)))
        for n in (0, 1, 8, 12, 15, 17, 20):
            self.bad(self.use(self.oct[256], "wrapkey", "A256KW", bytes(n)))
            self.bad(self.use(self.oct[256], "wrapkey", "CKM_AES_KEY_WRAP", bytes(n)))
        self.bad(self.use(self.oct[256], "wrapkey", "CKM_AES_KEY_WRAP_PAD", b""))

    def test_an_iv_of_another_length(self):
        for n in (0, 1, 8, 12, 15, 17, 32):
            for alg in ("A256CBC", "A256CBCPAD"):
                self.bad(self.use(self.oct[256], "encrypt", alg, bytes(16), iv=bytes(n)),
                         f"Invalid length of 'iv': {n} bytes.")
                self.bad(self.use(self.oct[256], "decrypt", alg, bytes(16), iv=bytes(n)))


# --------------------------------------------------------------------- what is sent

def flips(data, step=1):
    """Each bit turned, or one of `step`."""
    for bit in range(0, 8 * len(data), step):
        out = bytearray(data)
        out[bit // 8] ^= 1 << bit % 8
        yield bytes(out)


class Altered(Case):
    def test_gcm_one_bit_anywhere(self):
        aad = b"bound to this"
        a = self.good(self.use(self.oct[256], "encrypt", "A256GCM", b"sixteen bytes...", aad=aad))
        sealed = {k: v.unb64(a[k]) for k in ("value", "iv", "tag")} | {"aad": aad}

        def opens(**changed):
            parts = {**sealed, **changed}
            return self.use(self.oct[256], "decrypt", "A256GCM", parts.pop("value"), **parts)

        self.assertEqual(v.unb64(self.good(opens())["value"]), b"sixteen bytes...")
        answers = [opens(**{name: x}) for name in sealed for x in flips(sealed[name], 3)]
        for name in sealed:
            answers += [opens(**{name: sealed[name][:-1]}), opens(**{name: sealed[name] + b"\0"}),
                        opens(**{name: b""})]
        answers.append(self.use(self.oct[256], "decrypt", "A256GCM", sealed["value"], iv=sealed["iv"],
                                tag=sealed["tag"]))
        self.all_the_same(answers)

    def test_padded_cbc_every_last_byte(self):
        iv, text = os.urandom(16), b"fifteen bytes.."
        ct = v.unb64(self.good(self.use(self.oct[256], "encrypt", "A256CBCPAD", text, iv=iv))["value"])
        answers, opened = [], {}
        for x in range(256):
            a = self.use(self.oct[256], "decrypt", "A256CBCPAD", ct, iv=iv[:15] + bytes([iv[15] ^ x]))
            if a.status == 200:
                opened[x] = v.unb64(a.json()["value"])
            else:
                answers.append(a)
        # The padding is one byte 1: only that opens, so long as the byte before is no 2.
        self.assertEqual(opened, {0: text})
        answers += [self.use(self.oct[256], "decrypt", "A256CBCPAD", x, iv=iv)
                    for x in (ct[:-1], ct + b"\0", ct + bytes(16), b"")]
        self.all_the_same(answers)

    def test_wrapped_keys_one_bit_anywhere(self):
        for alg, text in (("A256KW", os.urandom(32)), ("CKM_AES_KEY_WRAP", os.urandom(16)),
                          ("CKM_AES_KEY_WRAP_PAD", os.urandom(9)), ("CKM_AES_KEY_WRAP_PAD", os.urandom(1))):
            with self.subTest(alg=alg):
                ct = v.unb64(self.good(self.use(self.oct[256], "wrapkey", alg, text))["value"])
                wrong = [*flips(ct, 5), ct[:-1], ct[:-8], ct + b"\0", ct + bytes(8), b"", ct[:8], bytes(8)]
                self.all_the_same(self.use(self.oct[256], "unwrapkey", alg, x) for x in wrong)
                other = {"A256KW": "CKM_AES_KEY_WRAP_PAD", "CKM_AES_KEY_WRAP": "CKM_AES_KEY_WRAP_PAD"}
                self.bad(self.use(self.oct[256], "unwrapkey", other.get(alg, "A256KW"), ct))
                self.bad(self.use(self.oct[192], "unwrapkey", alg.replace("256", "192"), ct))

    def test_rsa_one_bit_anywhere_and_every_length(self):
        for alg in ("RSA-OAEP", "RSA-OAEP-256"):
            with self.subTest(alg=alg):
                ct = v.unb64(self.good(self.use(self.rsa, "encrypt", alg, b"text"))["value"])
                wrong = [*flips(ct, 37), b"", ct[:-1], ct + b"\0", b"\0" + ct, bytes(256), b"\xff" * 256,
                         N.to_bytes(256, "big"), (N - 1).to_bytes(256, "big"), (1).to_bytes(256, "big")]
                for op in ("decrypt", "unwrapkey"):
                    self.all_the_same(self.use(self.rsa, op, alg, x) for x in wrong)
                other = {"RSA-OAEP": "RSA-OAEP-256", "RSA-OAEP-256": "RSA-OAEP"}[alg]
                self.all_the_same([self.use(self.rsa, "decrypt", other, ct),
                                   self.use(self.rsa, "decrypt", alg, bytes(256))])

    def test_rsa1_5_every_kind_of_bad_padding(self):
        def block(head, filler, rest):
            em = head + b"\xa5" * filler + rest
            return pow(int.from_bytes(em, "big"), 65537, N).to_bytes(256, "big")

        text = b"sixteen bytes..."
        self.assertEqual(v.unb64(self.good(self.use(
            self.rsa, "decrypt", "RSA1_5", block(b"\0\2", 237, b"\0" + text)))["value"]), text)
        wrong = [
            block(b"\1\2", 237, b"\0" + text),  # a first byte that is not zero
            *(block(bytes([0, kind]), 237, b"\0" + text) for kind in (0, 1, 3, 255)),
            *(block(b"\0\2", n, b"\0" + bytes([7]) * (253 - n)) for n in range(8)),  # too little of it
            block(b"\0\2", 254, b""),  # no end to it
            block(b"\0\0", 254, b""), block(b"\0\1", 0, b"\xff" * 237 + b"\0" + text),
            *flips(block(b"\0\2", 237, b"\0" + text), 101),
            b"", bytes(255), bytes(256), bytes(257), b"\xff" * 256, N.to_bytes(256, "big"),
        ]
        for op in ("decrypt", "unwrapkey"):
            self.all_the_same(self.use(self.rsa, op, "RSA1_5", x) for x in wrong)
        # With nothing behind the padding it is a good one, of the empty text.
        self.assertEqual(self.good(self.use(self.rsa, "decrypt", "RSA1_5",
                                            block(b"\0\2", 253, b"\0")))["value"], "")

    def test_a_signature_that_is_none_is_false_and_no_error(self):
        for path, alg in ((self.rsa, "RS256"), (self.rsa, "PS256"), (self.ec, "ES256"), (self.oct[256], "HS256")):
            with self.subTest(alg=alg):
                digest = os.urandom(32)
                good = v.unb64(self.good(self.use(path, "sign", alg, digest))["value"])
                wrong = [*flips(good, 29), b"", b"\0", good[:-1], good + b"\0", b"\0" + good, bytes(len(good)),
                         b"\xff" * len(good), good + good, os.urandom(1000)]
                for x in wrong:
                    a = self.good(self.use(path, "verify", alg, x, digest=digest))
                    self.assertIs(a["value"], False)
                for x in flips(digest, 17):
                    self.assertIs(self.good(self.use(path, "verify", alg, good, digest=x))["value"], False)
                self.assertIs(self.good(self.use(path, "verify", alg, good, digest=digest))["value"], True)


# ----------------------------------------------------------------- whether it may be

class States(Case):
    """Type, operation, key_ops, enabled, nbf and exp (data-plane.md C9): all of the table."""

    def bodies(self, path, kind):
        iv = v.b64(bytes(16))
        alg = {"rsa": ("RSA-OAEP", "RSA-OAEP", "RS256"), "oct": ("A256CBC", "A256KW", "HS256"),
               "ec": (None, None, "ES256")}[kind]
        found = {}
        if alg[0]:
            text = v.b64(bytes(32))
            ct, wrapped = (self.good(self.c.post(f"{path}/{op}", {"alg": a, "value": text, "iv": iv}))["value"]
                           for op, a in (("encrypt", alg[0]), ("wrapkey", alg[1])))
            found = {"encrypt": {"alg": alg[0], "value": text, "iv": iv},
                     "decrypt": {"alg": alg[0], "value": ct, "iv": iv},
                     "wrapKey": {"alg": alg[1], "value": text}, "unwrapKey": {"alg": alg[1], "value": wrapped}}
        found["sign"] = {"alg": alg[2], "value": D32}
        found["verify"] = {"alg": alg[2], "digest": D32, "value": v.b64(bytes(64))}
        return found

    def each(self):
        for kind, key in (("rsa", jwk.RSA), ("ec", jwk.EC), ("oct", v.oct_key(os.urandom(32)))):
            path = self.bring(key)
            yield kind, path, self.bodies(path, kind)

    def change(self, path, **members):
        self.good(self.c.patch(f"{path}/", members))

    def is_answered(self, path, op, body, want):
        a = self.c.post(f"{path}/{op.lower()}", body)
        got = 200 if a.status == 200 else (a.status, a.inner)
        self.assertEqual(got, want, f"{op}: {a}")

    def test_attributes(self):
        now = int(time.time())
        opening = {"decrypt", "unwrapKey", "verify"}
        for kind, path, bodies in self.each():
            for attributes, inner, still in (
                    ({"enabled": False}, "KeyDisabled", set()),
                    ({"enabled": True, "nbf": now + 3600}, "KeyNotYetValid", opening),
                    ({"nbf": now - 7200, "exp": now - 3600}, "KeyExpired", opening),
                    ({"nbf": now - 7200, "exp": now + 3600}, None, set(SIX))):
                self.change(path, attributes=attributes)
                for op, body in bodies.items():
                    with self.subTest(kind=kind, op=op, attributes=attributes):
                        self.is_answered(path, op, body, 200 if op in still else (403, inner))

    def test_each_operation_left_out_of_key_ops(self):
        for kind, path, bodies in self.each():
            for left in bodies:
                self.change(path, key_ops=[op for op in bodies if op != left])
                for op, body in bodies.items():
                    with self.subTest(kind=kind, op=op, left=left):
                        self.is_answered(path, op, body, (403, "KeyOperationForbidden") if op == left else 200)
            self.change(path, key_ops=[])
            for op, body in bodies.items():
                self.is_answered(path, op, body, (403, "KeyOperationForbidden"))

    def test_what_is_not_there(self):
        absent = f"/keys/k{uuid.uuid4().hex}"
        for path in (absent, f"{absent}/{'0' * 32}", f"{self.rsa}/{'0' * 32}"):
            for op, body in self.bodies(self.rsa, "rsa").items():
                a = self.c.post(f"{path}/{op.lower()}", body)
                self.assertEqual((a.status, a.error["code"]), (404, "KeyNotFound"), a)


# ------------------------------------------------------------------ what is brought

class Imports(Case):
    def refused(self, key, **more):
        path = f"/keys/k{uuid.uuid4().hex}"
        a = self.c.put(path, {"key": key, **more})
        self.bad(a)
        self.assertEqual(self.c.get(path).status, 404, "the key is there all the same")

    def test_each_part_left_out_or_of_another_type(self):
        for key in (jwk.RSA, jwk.EC, jwk.OCT):
            for name in key:
                with self.subTest(kty=key["kty"], part=name):
                    rest = {k: x for k, x in key.items() if k != name}
                    self.refused(rest)
                    for wrong in (5, True, [], {}, "", "!", "AA"):
                        self.refused({**rest, name: wrong})
        self.bad(self.c.put("/keys/none", {}))
        for wrong in WRONG_TYPES:
            self.bad(self.c.put("/keys/none", {"key": wrong}))

    def test_one_bit_of_any_part(self):
        for key in (jwk.RSA, jwk.EC):
            for name in set(key) - {"kty", "crv"}:
                data = v.unb64(key[name])
                for x in flips(data, max(1, len(data) * 8 // 5 - 1)):
                    with self.subTest(kty=key["kty"], part=name):
                        self.refused({**key, name: v.b64(x)})

    def test_parts_exchanged(self):
        for a, b in (("p", "q"), ("dp", "dq"), ("d", "n"), ("n", "p"), ("qi", "dp")):
            with self.subTest(parts=(a, b)):
                key = copy.copy(jwk.RSA)
                key[a], key[b] = key[b], key[a]
                self.refused(key)

    def test_numbers_that_are_none(self):
        curve = v.CURVES["P-256"]
        for d in (0, curve.order, curve.order + 1, 2 ** 256 - 1):
            self.refused({**jwk.EC, "d": v.number(d, 32)})
        for x, y in ((0, 0), (1, 1), (2 ** 256 - 1, 1)):
            self.refused({**jwk.EC, "x": v.number(x, 32), "y": v.number(y, 32)})
        for crv in ("P-384", "P-521", "P-256K", "P-192", "p-256", "Ed25519", "", "X"):
            self.refused({**jwk.EC, "crv": crv})
        own = ec.generate_private_key(ec.SECP256K1()).private_numbers().private_value
        self.refused({**v.CURVES["P-256K"].key(own), "crv": "P-256"})
        for e in (0, 1, 2, 4, 65536):
            self.refused({**jwk.RSA, "e": v.number(e)})
        # Keys of HMAC have any length between these.
        for n in (0, 1, 8, 15, 513, 4096):
            self.refused(v.oct_key(bytes(n)))
        for n in (17, 20, 33, 64, 512):
            path = self.bring(v.oct_key(os.urandom(n)))
            self.good(self.use(path, "sign", "HS256", b"text"))
            for op, alg in (("encrypt", "A256GCM"), ("wrapkey", "CKM_AES_KEY_WRAP"),
                            ("wrapkey", "CKM_AES_KEY_WRAP_PAD"), ("encrypt", "A128CBCPAD")):
                self.bad(self.use(path, op, alg, bytes(32), iv=bytes(16)), f"has {n * 8} bits")

    def test_rsa_of_other_sizes(self):
        from cryptography.hazmat.primitives.asymmetric import rsa
        for bits in (1024, 2056):
            k = rsa.generate_private_key(65537, bits).private_numbers()
            self.refused(v.rsa_key(k.public_numbers.n, 65537, k.d, k.p, k.q))

    def test_types_that_are_none(self):
        for kty in ("", "rsa", "RSA-hsm", "DSA", "oct-HSM ", "EC\0", "RSA" * 100):
            self.refused({**jwk.RSA, "kty": kty})
        self.refused({**jwk.RSA, "kty": "EC"})
        self.refused({**jwk.EC, "kty": "RSA"})
        self.refused(jwk.RSA, Hsm=True)  # a standard vault
        self.refused({**jwk.EC, "kty": "EC-HSM"})

    def test_operations_that_do_not_go_with_the_type(self):
        for key, ops in ((jwk.EC, ["encrypt"]), (jwk.EC, ["sign", "wrapKey"]), (jwk.RSA, ["Sign"]),
                         (jwk.RSA, ["sign", "sign"]), (jwk.RSA, ["import"]), (jwk.RSA, ["export"]),
                         (jwk.RSA, "sign"), (jwk.RSA, [5]), (jwk.RSA, [""]), (jwk.RSA, ["sign"] * 100)):
            with self.subTest(kty=key["kty"], ops=ops):
                self.refused({**key, "key_ops": ops})


class Creates(Case):
    def test_what_cannot_be_made(self):
        for body in ({}, {"kty": 5}, {"kty": None}, {"kty": ""}, {"kty": "rsa"}, {"kty": "RSA-HSM"}, {"kty": "EC-HSM"},
                     {"kty": "RSA", "key_size": 1024}, {"kty": "RSA", "key_size": 2047}, {"kty": "RSA", "key_size": -1},
                     {"kty": "RSA", "key_size": "2048"}, {"kty": "RSA", "key_size": 16384}, {"kty": "oct", "key_size": 64},
                     {"kty": "RSA", "key_size": 2048.5}, {"kty": "RSA", "public_exponent": 4},
                     {"kty": "RSA", "public_exponent": 1}, {"kty": "RSA", "public_exponent": 2 ** 40},
                     {"kty": "EC", "crv": "P-192"}, {"kty": "EC", "crv": 5}, {"kty": "EC", "crv": "Ed25519"},
                     {"kty": "EC", "key_ops": ["encrypt"]}, {"kty": "EC", "key_ops": "sign"},
                     {"kty": "EC", "attributes": 5}, {"kty": "EC", "attributes": {"enabled": "yes"}},
                     {"kty": "EC", "tags": {"a": 5}}, {"kty": "EC", "attributes": {"exportable": True}}):
            with self.subTest(body=body):
                path = f"/keys/k{uuid.uuid4().hex}"
                self.bad(self.c.post(f"{path}/create", body))
                self.assertEqual(self.c.get(path).status, 404)


if __name__ == "__main__":
    unittest.main()
