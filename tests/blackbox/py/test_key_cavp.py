# SPDX-License-Identifier: Apache-2.0
"""
NIST's CAVP vectors (and the RFCs' beside them) from Debian's
python3-cryptography-vectors, through the HTTP API.

Where each row has a key of its own, one row of STRIDE is run here; all of them in
test_more_key_cavp.py. What is left out is counted.
"""
import math
import os
import re
import sys
import unittest

from kit import vectors as v

STRIDE = 6
BENCH = None
SHA = {"SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
NO_PRIVATE = "a public key alone, which no vault imports"


def folder():
    for path in [*sys.path, "/usr/lib/python3/dist-packages"]:
        if os.path.isdir(os.path.join(path, "cryptography_vectors")):
            return os.path.join(path, "cryptography_vectors")
    raise unittest.SkipTest("no python3-cryptography-vectors")


def setUpModule():
    global BENCH
    folder()
    BENCH = v.Bench("cavp")


def tearDownModule():
    if BENCH is not None:
        BENCH.discard()


def unhex(text):
    return bytes.fromhex(text)


def lines_of(name):
    with open(os.path.join(folder(), name), encoding="utf-8", errors="replace") as f:
        return [line.strip() for line in f]


def records(name):
    """
    Each row of a .rsp file as a map: what it says itself, over what was said before
    it (sections, n, e). FAIL alone on a line is such a member too.
    """
    around, row, count = {}, {}, 0
    for line in [*lines_of(name), ""]:
        section = re.fullmatch(r"\[(.+)\]", line)
        if section:
            word, _, value = section.group(1).partition("=")
            around = {**around, word.strip() if value else "section": value.strip() or word}
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            row[key.strip().lower()] = value.strip()
        elif not line and row:
            if set(row) <= {"n", "p", "q", "e", "d"}:
                around = {**around, **row}
            else:
                count += 1
                yield f"row {count}", {**around, **row}
            row = {}


def sampled(rows):
    """One row of STRIDE; of the others the name."""
    for i, (name, r) in enumerate(rows):
        yield name, r if i % STRIDE == 0 else None


# -------------------------------------------------------------------------- RSA

def key_of(r):
    """The key of a row of the RSA files, or None."""
    n, e = int(r["n"], 16), int(r["e"], 16)
    if "p" in r:
        p, q = int(r["p"], 16), int(r["q"], 16)
        phi = (p - 1) * (q - 1)
        return v.rsa_key(n, e, pow(e, -1, phi), p, q) if math.gcd(e, phi) == 1 else None
    return v.rsa_key(n, e, int(r["d"], 16)) if "d" in r else None


def rsa(name, family):
    keys = {}
    for row, r in records(name):
        sha, bits = r["shaalg"], int(r["n"], 16).bit_length()
        if bits < 2048:
            yield v.outside(row, "RSA below 2048 bits")
        elif sha not in SHA:
            yield v.outside(row, f"{sha} is no digest of {family}*")
        elif "d" not in r:
            yield v.outside(row, NO_PRIVATE)
        else:
            same = r["n"], int(r["e"], 16)
            if same not in keys:
                keys[same] = key_of(r)
            if keys[same] is None:
                yield v.outside(row, "an exponent that no private key belongs to")
                continue
            alg, dig = family + sha[3:], v.digest(SHA[sha], unhex(r["msg"]))
            good = r.get("result", "P")[0] == "P"
            salt = len(unhex(r.get("saltval", "")))
            # Key Vault's PSS has a salt as long as the hash; no other is a signature to it.
            yield v.verify(row, keys[same], alg, dig, unhex(r["s"]),
                           good and (family == "RS" or salt == len(dig)))
            if family == "RS" and "result" not in r:
                yield v.sign(row, keys[same], alg, dig, unhex(r["s"]))


def examples(name):
    """The files of PKCS #1: hex under headings, a key and then messages."""
    values, key, heading, count = {}, None, "", 0
    for line in [*lines_of(name), "# Example"]:
        text = line.lstrip("# ").rstrip(":").lower()
        if re.fullmatch(r"[0-9a-f ]+", line) and heading:
            values[heading] = values.get(heading, "") + line.replace(" ", "")
        elif line.startswith("#"):
            if re.match(r"(pkcs.*|oaep )?example", text):
                if "prime 1" in values:
                    n, e, p, q = (int(values[x], 16) for x in
                                  ("modulus", "public exponent", "prime 1", "prime 2"))
                    key = v.rsa_key(n, e, int(values["exponent"], 16), p, q) if n.bit_length() >= 2048 else None
                if "encryption" in values:
                    count += 1
                    yield f"row {count}", key, unhex(values["message"]), unhex(values["encryption"])
                values = {}
            heading = text
            if heading == "exponent" and "public exponent" in values:
                values.pop("exponent", None)
            values.pop(heading, None) if heading != "exponent" else None


def rsa_encryption(name, alg):
    for row, key, text, ct in examples(name):
        if key is None:
            yield v.outside(row, "RSA below 2048 bits")
        elif alg is None:
            yield v.outside(row, "OAEP with hashes that Key Vault does not have")
        elif v.is_lopsided(key):
            yield v.Row(row, key, "import", want=v.REFUSED,
                        why="its key's primes differ in length, so it is not imported")
        else:
            yield v.decrypt(row, key, alg, ct, text)
            yield v.unwrap(row, key, alg, ct, text)


# ------------------------------------------------------------------- signatures

def ecdsa(name):
    curves = {"P-256": "P-256", "P-384": "P-384", "P-521": "P-521", "K-256": "P-256K"}
    keys, seen = {}, 0
    for row, r in records(name):
        nist, _, sha = r["section"].partition(",")
        sha = sha.replace("-", "").lower() or "sha1"
        curve = v.CURVES.get(curves.get(nist))
        if curve is None:
            yield v.outside(row, "a curve that Key Vault does not have")
            continue
        dig = v.digest(sha, unhex(r["msg"]))
        want = len(v.digest(curve.digest, b""))
        if len(dig) < want:
            yield v.outside(row, f"a digest shorter than {curve.alg} takes")
            continue
        # ECDSA uses the leftmost bits of a longer digest, as many as the curve has.
        sig = b"".join(int(r[x], 16).to_bytes(curve.half, "big") for x in "rs")
        good = r.get("result", "P")[0] == "P"
        if "d" in r:
            seen += 1
            if seen % STRIDE and curve.crv == "P-256K":
                yield v.outside(row, v.LATER)
                continue
            d = int(r["d"], 16)
            keys[d] = keys.get(d) or curve.key(d)
            key = keys[d]
        elif good:
            yield v.outside(row, NO_PRIVATE)
            continue
        else:
            key = curve.key(int.from_bytes(v.digest(curve.digest, name.encode()), "big") % curve.order)
        yield v.verify(row, key, curve.alg, dig[:want], sig, good)


def ed25519(name):
    found = [line for line in lines_of(name) if line]
    for row, line in sampled((f"row {i + 1}", x) for i, x in enumerate(found)):
        if line is None:
            yield v.outside(row, v.LATER)
            continue
        private, public, text, signed = (unhex(x) for x in line.split(":")[:4])
        key = {"kty": "OKP", "crv": "Ed25519", "d": v.b64(private[:32]), "x": v.b64(public)}
        yield v.sign(row, key, "EdDSA", text, signed[:64])
        yield v.verify(row, key, "EdDSA", text, signed[:64], True)


# -------------------------------------------------------------------- symmetric

def cbc(name):
    bits = re.search(r"(\d+)\.rsp", name).group(1)
    for row, r in sampled(records(name)):
        if r is None:
            yield v.outside(row, v.LATER)
            continue
        key, text, ct, iv = (unhex(r[x]) for x in ("key", "plaintext", "ciphertext", "iv"))
        yield v.encrypt(row, v.oct_key(key), f"A{bits}CBC", text, ct, iv)
        yield v.decrypt(row, v.oct_key(key), f"A{bits}CBC", ct, text, iv=iv)


def gcm(name):
    bits = re.search(r"(\d+)\.rsp", name).group(1)
    ours = []
    for row, r in records(name):
        if (len(r["iv"]), len(r["tag"])) == (24, 32):
            ours.append((row, r))
        else:
            yield v.outside(row, "an iv not of 96 bits, or a tag not of 128")
    for row, r in sampled(ours):
        if r is None:
            yield v.outside(row, v.LATER)
            continue
        more = {k: unhex(r[k]) for k in ("iv", "tag", "aad") if r[k]}
        yield v.decrypt(row, v.oct_key(unhex(r["key"])), f"A{bits}GCM", unhex(r["ct"]),
                        v.REFUSED if "fail" in r else unhex(r["pt"]), **more)


def key_wrap(name):
    bits = re.search(r"(\d+)", name.rpartition("/")[2]).group(1)
    algs = ["CKM_AES_KEY_WRAP_PAD"] if "KWP" in name else [f"A{bits}KW", "CKM_AES_KEY_WRAP"]
    for row, r in sampled(records(name)):
        if r is None:
            yield v.outside(row, v.LATER)
            continue
        key = v.oct_key(unhex(r["k"]))
        for alg in algs:
            ct = unhex(r["c"])
            yield v.unwrap(row, key, alg, ct, v.REFUSED if "fail" in r else unhex(r["p"]))
            if "fail" not in r:
                yield v.wrap(row, key, alg, unhex(r["p"]), ct)


def hmac(name):
    for row, r in records(name):
        if "key" not in r:
            continue
        if not v.OCT_MIN <= 4 * len(r["key"]) <= v.OCT_MAX:
            yield v.outside(row, v.OCT_SIZE)
        else:
            yield v.sign(row, v.oct_key(unhex(r["key"])), "HS" + name[-7:-4], unhex(r["msg"]), unhex(r["md"]))


# ------------------------------------------------------------------------- tests

def oaep_files():
    where = os.path.join(folder(), "asymmetric/RSA/oaep-custom")
    for name in sorted(os.listdir(where)):
        alg = "RSA-OAEP-256" if name == "oaep-sha256-sha256.txt" else None
        yield f"asymmetric/RSA/oaep-custom/{name}", alg


def sizes(pattern, *kinds):
    return [pattern.format(kind, bits) for kind in kinds for bits in (128, 192, 256)]


def files():
    fips = "asymmetric/RSA/FIPS_186-2/"
    for name, family in (("SigGen15_186-2.txt", "RS"), ("SigGen15_186-3.rsp", "RS"),
                         ("SigVer15_186-3.rsp", "RS"), ("SigGenPSS_186-2.txt", "PS"),
                         ("SigGenPSS_186-3.rsp", "PS"), ("SigVerPSS_186-3.rsp", "PS")):
        yield fips + name, rsa(fips + name, family)
    for name, alg in (("asymmetric/RSA/pkcs1v15crypt-vectors.txt", "RSA1_5"),
                      ("asymmetric/RSA/pkcs-1v2-1d2-vec/oaep-vect.txt", "RSA-OAEP"),
                      *oaep_files()):
        yield name, rsa_encryption(name, alg)
    for name in ("FIPS_186-3/SigGen.txt", "FIPS_186-3/SigVer.rsp", "SECP256K1/SigGen.txt"):
        yield f"asymmetric/ECDSA/{name}", ecdsa(f"asymmetric/ECDSA/{name}")
    yield "asymmetric/Ed25519/sign.input", ed25519("asymmetric/Ed25519/sign.input")
    for name in sizes("ciphers/AES/CBC/CBC{}{}.rsp", "GFSbox", "KeySbox", "MMT", "VarKey", "VarTxt"):
        yield name, cbc(name)
    for name in sizes("ciphers/AES/GCM/gcm{}{}.rsp", "Decrypt", "EncryptExtIV"):
        yield name, gcm(name)
    for name in sizes("keywrap/kwtestvectors/{}_{}.txt", "KW_AD", "KW_AE", "KWP_AD", "KWP_AE"):
        yield name, key_wrap(name)
    for bits in (256, 384, 512):
        yield f"HMAC/rfc-4231-sha{bits}.txt", hmac(f"HMAC/rfc-4231-sha{bits}.txt")


class Cavp(unittest.TestCase):
    def test_every_applicable_row_of_every_file(self):
        found = BENCH.run(list(files()))
        wrong = v.report(found)
        self.assertFalse(wrong, "\n" + wrong)
        for start in ("asymmetric/RSA/FIPS", "asymmetric/RSA/pkcs", "asymmetric/RSA/oaep",
                      "asymmetric/ECDSA", "asymmetric/Ed25519", "ciphers/AES/CBC",
                      "ciphers/AES/GCM", "keywrap"):
            self.assertTrue(any(f.passed for f in found if f.name.startswith(start)), start)


if __name__ == "__main__":
    unittest.main()
