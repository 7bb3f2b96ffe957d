# SPDX-License-Identifier: Apache-2.0
"""
Project Wycheproof's vectors through the HTTP API. The files lie next to the project
(../shared/vectors/wycheproof, or KEYHOLD_WYCHEPROOF) and are not part of it: where
they are absent the tests are skipped.

Only keys with a private half can be imported. The RSA files of public keys have
theirs in other files of the selection. The ECDSA files have none: where the row is
made with a nonce or a private key that can be told from the row, the key is
computed; of the others, what is no signature under any key (`invalid`) is asked of
a key of the same curve.
"""
import collections
import glob
import json
import os
import re
import unittest

from kit import vectors as v

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("KEYHOLD_WYCHEPROOF") or os.path.normpath(
    os.path.join(HERE, "../../../../shared/vectors/wycheproof"))
BENCH = None
NOT_OURS = {"hkdf_sha256_test.json": "Key Vault derives no keys",
            "json_web_key_test.json": "about sets of keys, not one key"}
LOPSIDED = "its key's primes differ in length, so it is not imported"
JOSE = {f"{family}{bits}" for family in ("HS", "RS", "PS", "ES") for bits in (256, 384, 512)} | {"ES256K"}
SHA = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def setUpModule():
    global BENCH
    if not glob.glob(os.path.join(FOLDER, "*_test.json")):
        raise unittest.SkipTest(f"no Wycheproof files in {FOLDER}")
    BENCH = v.Bench("vectors")


def tearDownModule():
    if BENCH is not None:
        BENCH.discard()


def load(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        return json.load(f)


def unhex(text):
    return bytes.fromhex(text)


def each(name):
    """Group, row, and a name of the row."""
    for group in load(name)["testGroups"]:
        for t in group["tests"]:
            yield group, t, f"tcId {t['tcId']} ({t['comment']})"


# -------------------------------------------------------------------------- RSA

def private_rsa_keys():
    """Modulus and public exponent to the whole key, from all files that have it."""
    found = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, "rsa_*_test.json"))):
        for group in load(path)["testGroups"]:
            k = group.get("privateKey")
            if not isinstance(k, dict):
                continue
            n, e, d = (int(k[x], 16) for x in ("modulus", "publicExponent", "privateExponent"))
            if (n, e) not in found:
                found[n, e] = v.rsa_key(n, e, d)
    return found


def rsa_of(group, known):
    k = group.get("publicKey") or group["privateKey"]
    return known.get((int(k["modulus"], 16), int(k["publicExponent"], 16)))


def said(result):
    return v.BOTH_ARE_FINE if result == "acceptable" else result == "valid"


def rsa_signatures(name, known):
    family = "PS" if "pss" in name else "RS"
    for group, t, row in each(name):
        sha, key = group["sha"], rsa_of(group, known)
        if sha not in SHA:
            yield v.outside(row, f"{sha} is no digest of {family}*")
        elif key is None:
            yield v.outside(row, "its private half is in no file")
        elif v.is_lopsided(key):
            yield v.Row(row, key, "import", want=v.REFUSED, why=LOPSIDED)
        else:
            alg, dig = family + sha[4:], v.digest(SHA[sha], unhex(t["msg"]))
            yield v.verify(row, key, alg, dig, unhex(t["sig"]), said(t["result"]))
            if "sig_gen" in name and t["result"] != "invalid":
                yield v.sign(row, key, alg, dig, unhex(t["sig"]))


def rsa_decryptions(name, known):
    alg = "RSA1_5" if "pkcs1" in name else "RSA-OAEP" if "sha1" in name else "RSA-OAEP-256"
    for group, t, row in each(name):
        key = rsa_of(group, known)
        if t.get("label"):
            yield v.outside(row, "Key Vault has no OAEP label")
        else:
            good = t["result"] == "valid"
            for kind in (v.decrypt, v.unwrap):
                yield kind(row, key, alg, unhex(t["ct"]), unhex(t["msg"]) if good else v.REFUSED)


# ------------------------------------------------------------------------ ECDSA

def curve_of(name):
    for part, crv in (("256k1", "P-256K"), ("256r1", "P-256"), ("384r1", "P-384"),
                      ("521r1", "P-521")):
        if part in name:
            return v.CURVES[crv]
    raise AssertionError(name)


def private_of(curve, group, multiples):
    """The private key, where a row betrays it: a nonce or a key that is small."""
    x, y = (int(group["publicKey"][c], 16) for c in ("wx", "wy"))

    def fits(d):
        at = curve.public(d)
        return (at.x, at.y) == (x, y)

    if x == multiples[1]:
        return next(d for d in (1, curve.order - 1) if fits(d))
    for t in group["tests"]:
        sig = unhex(t["sig"])
        if t["result"] != "valid" or len(sig) != 2 * curve.half:
            continue
        r, s = (int.from_bytes(part, "big") for part in (sig[:curve.half], sig[curve.half:]))
        z = int.from_bytes(v.digest(curve.digest, unhex(t["msg"])), "big")
        for k, rx in multiples.items():
            if r == rx % curve.order:
                for nonce in (k, -k):
                    d = (s * nonce - z) * pow(r, -1, curve.order) % curve.order
                    if d and fits(d):
                        return d
    return None


def small_multiples(curve):
    """k to the x-coordinate of k times the generator, for small k and their inverses."""
    ks = [k for i in range(1, 8) for k in (i, pow(i, -1, curve.order))]
    return {k: curve.public(k).x for k in ks}


def ecdsa(name):
    curve = curve_of(name)
    multiples, privates = small_multiples(curve), {}
    stand_in = curve.key(int.from_bytes(v.digest(curve.digest, name.encode()), "big") % curve.order)
    for group, t, row in each(name):
        public = group["publicKey"]["uncompressed"]
        if public not in privates:
            d = private_of(curve, group, multiples)
            privates[public] = curve.key(d) if d else None
        key = privates[public]
        if key is None and t["result"] != "invalid":
            yield v.outside(row, "a public key alone, which no vault imports")
            continue
        dig = v.digest(curve.digest, unhex(t["msg"]))
        yield v.verify(row, key or stand_in, curve.alg, dig, unhex(t["sig"]), said(t["result"]))


# -------------------------------------------------------------------- symmetric

def gcm(name):
    for group, t, row in each(name):
        key, alg = v.oct_key(unhex(t["key"])), f"A{group['keySize']}GCM"
        good = t["result"] == "valid" and group["ivSize"] == 96 and group["tagSize"] == 128
        more = {"aad": unhex(t["aad"])} if t["aad"] else {}
        yield v.decrypt(row, key, alg, unhex(t["ct"]), unhex(t["msg"]) if good else v.REFUSED,
                        iv=unhex(t["iv"]), tag=unhex(t["tag"]), **more)


def cbc(name):
    for group, t, row in each(name):
        key, alg = v.oct_key(unhex(t["key"])), f"A{group['keySize']}CBCPAD"
        good, text, ct = t["result"] == "valid", unhex(t["msg"]), unhex(t["ct"])
        yield v.decrypt(row, key, alg, ct, text if good else v.REFUSED, iv=unhex(t["iv"]))
        if good:
            yield v.encrypt(row, key, alg, text, ct, unhex(t["iv"]))


def short(name, text):
    """What cannot be wrapped at all."""
    return not text if "kwp" in name else len(text) < 16 or len(text) % 8


def key_wrap(name):
    for group, t, row in each(name):
        key, text, ct = v.oct_key(unhex(t["key"])), unhex(t["msg"]), unhex(t["ct"])
        algs = (["CKM_AES_KEY_WRAP_PAD"] if "kwp" in name else
                [f"A{group['keySize']}KW", "CKM_AES_KEY_WRAP"])
        # RFC 3394 wraps no single block; some libraries do, and so their row is `acceptable`.
        good = t["result"] == "valid"
        for alg in algs:
            yield v.unwrap(row, key, alg, ct, text if good else v.REFUSED)
            if good or short(name, text):
                yield v.wrap(row, key, alg, text, ct if good else v.REFUSED)


def hmac(name):
    alg = "HS" + name[8:11]
    for group, t, row in each(name):
        if not v.OCT_MIN <= group["keySize"] <= v.OCT_MAX:
            yield v.outside(row, v.OCT_SIZE)
        elif group["tagSize"] != int(alg[2:]):
            yield v.outside(row, "a MAC cut short")
        else:
            key, text, tag = v.oct_key(unhex(t["key"])), unhex(t["msg"]), unhex(t["tag"])
            yield v.verify(row, key, alg, text, tag, t["result"] == "valid")
            if t["result"] == "valid":
                yield v.sign(row, key, alg, text, tag)


# ------------------------------------------------------------------------- JOSE

def jws_key(private):
    """The key of a group as it can be imported, or None."""
    kty = private["kty"]
    if kty == "oct":
        key = v.unb64(private["k"])
        return v.oct_key(key) if v.OCT_MIN <= 8 * len(key) <= v.OCT_MAX else None
    if kty == "EC":
        crv = {"secp256k1": "P-256K"}.get(private["crv"], private["crv"])
        return {**{k: private[k] for k in ("kty", "x", "y", "d")}, "crv": crv} if crv in v.CURVES else None
    names = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
    if kty != "RSA" or not all(k in private for k in names):
        return None
    return {"kty": "RSA", **{k: private[k] for k in names}}


def jws(name):
    """The signatures in it: what makes a JWS bad besides is its reader's business."""
    for group, t, row in each(name):
        key = jws_key(group["private"])
        if t["result"] != "valid":
            yield v.outside(row, "about the reader of a JWS, not its signature")
        elif key is None:
            yield v.outside(row, "no key that a vault takes")
        elif not re.fullmatch(r"[\w-]+\.[\w-]*\.[\w-]*", t["jws"]):
            yield v.outside(row, "in a form that only some readers of a JWS take")
        else:
            text, _, signature = t["jws"].rpartition(".")
            alg = json.loads(v.unb64(text.partition(".")[0]))["alg"]
            if alg not in JOSE:
                yield v.outside(row, f"Key Vault has no {alg}")
                continue
            dig = text.encode() if alg.startswith("HS") else v.digest("sha" + alg[2:5], text.encode())
            yield v.verify(row, key, alg, dig, v.unb64(signature), True)


# ------------------------------------------------------------------------- tests

def rows_of(name, known):
    if name in NOT_OURS:
        return [v.outside(row, NOT_OURS[name]) for _, _, row in each(name)]
    if name.startswith(("rsa_oaep", "rsa_pkcs1")) and "sig_gen" not in name:
        return rsa_decryptions(name, known)
    if name.startswith("rsa_"):
        return rsa_signatures(name, known)
    kinds = {"ecdsa": ecdsa, "aes_gcm": gcm, "aes_cbc": cbc, "aes_kw": key_wrap,
             "aes_wrap": key_wrap, "hmac": hmac, "json_web_signature": jws}
    for start, kind in kinds.items():
        if name.startswith(start):
            return kind(name)
    raise AssertionError(f"{name} is a file that nobody here reads")


class Wycheproof(unittest.TestCase):
    def test_every_applicable_row_of_every_file(self):
        known = private_rsa_keys()
        names = sorted(os.path.basename(p) for p in glob.glob(os.path.join(FOLDER, "*_test.json")))
        files = BENCH.run([(name, rows_of(name, known)) for name in names])
        wrong = v.report(files)
        self.assertFalse(wrong, "\n" + wrong)
        kinds = collections.Counter(f.name.split("_")[0] for f in files if f.passed)
        self.assertEqual(set(kinds), {"aes", "ecdsa", "hmac", "json", "rsa"})
        for f in files:
            if f.name not in NOT_OURS:
                self.assertTrue(f.passed, f.line())


if __name__ == "__main__":
    unittest.main()
