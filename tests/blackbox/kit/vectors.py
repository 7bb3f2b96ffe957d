# SPDX-License-Identifier: Apache-2.0
"""
Test vectors through the HTTP API: the key of a row is imported, once for all rows
that have it, the operation is asked for, the answer compared. Rows come from
readers of files; this counts them and runs them on several connections.
"""
import base64
import collections
import concurrent.futures
import contextlib
import hashlib
import json
import math
import threading
import time

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kit import wire, world
from kit.server import Server

THREADS = 8
REFUSED = "refused"
BOTH_ARE_FINE = "both are fine"
LATER = "left to --more"
# Keys of HMAC; those of AES have 128, 192 or 256 bits, as the algorithm says.
OCT_MIN, OCT_MAX = 128, 4096
OCT_SIZE = f"an oct key has {OCT_MIN} to {OCT_MAX} bits"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(n, length=0):
    return b64(n.to_bytes(max(length, (n.bit_length() + 7) // 8, 1), "big"))


# ------------------------------------------------------------------------- keys

def oct_key(key):
    return {"kty": "oct", "k": b64(key),
            "key_ops": ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"]}


def primes(n, e, d):
    """
    d e - 1 is k (p - 1)(q - 1) / g, with g = gcd(p - 1, q - 1) or 1: k follows from
    the sizes, for e is small. That is a hundred times faster than the general way.
    """
    for g in range(1, 65):
        k = (d * e - 1) * g // n + 1
        phi, rest = divmod((d * e - 1) * g, k)
        total = n - phi + 1
        root = math.isqrt(max(total * total - 4 * n, 0))
        if rest == 0 and root * root == total * total - 4 * n:
            return (total + root) // 2, (total - root) // 2
    return rsa.rsa_recover_prime_factors(n, e, d)


def rsa_key(n, e, d, p=None, q=None):
    """The whole key as JWK: what a file leaves out is computed."""
    if p is None or q is None:
        p, q = primes(n, e, d)
    assert p * q == n, "not the primes"
    parts = {"n": n, "e": e, "d": d, "p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1),
             "qi": pow(q, -1, p)}
    return {"kty": "RSA", **{k: number(v) for k, v in parts.items()}}


class Curve:
    """A curve as Key Vault has it; half is what one number of a signature takes."""

    def __init__(self, crv, kind, alg, digest, half, order):
        self.crv, self.kind, self.alg, self.digest = crv, kind, alg, digest
        self.half, self.order = half, order

    def public(self, d):
        return ec.derive_private_key(d, self.kind()).public_key().public_numbers()

    def key(self, d):
        at = self.public(d)
        return {"kty": "EC", "crv": self.crv, "x": number(at.x, self.half),
                "y": number(at.y, self.half), "d": number(d, self.half)}


CURVES = {c.crv: c for c in (
    Curve("P-256", ec.SECP256R1, "ES256", "sha256", 32,
          0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551),
    Curve("P-384", ec.SECP384R1, "ES384", "sha384", 48,
          0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973),
    Curve("P-521", ec.SECP521R1, "ES512", "sha512", 66,
          0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409),
    Curve("P-256K", ec.SECP256K1, "ES256K", "sha256", 32,
          0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141))}


def digest(name, message):
    return hashlib.new(name, message).digest()


def is_lopsided(key):
    """Primes of different lengths: FIPS 186 knows no such keys, and import refuses them."""
    half = len(unb64(key["n"])) * 4
    return any(int.from_bytes(unb64(key[x]), "big").bit_length() != half for x in "pq")


# ------------------------------------------------------------------------- rows

class Row:
    """
    One question and what the answer must be: bytes, True, False, REFUSED or
    BOTH_ARE_FINE (then only that it is an answer). `why` it is not applicable, if it is
    not; it may have a question all the same.
    """

    def __init__(self, name, key=None, op=None, body=None, want=None, *, why=None, version="7.6"):
        self.name, self.key, self.op, self.body, self.want = name, key, op, body, want
        self.why, self.version = why, version


def outside(name, why):
    return Row(name, why=why)


class File:
    """What became of the rows of one file; `rows` counts the file's, not the questions."""

    def __init__(self, name):
        self.name, self.rows, self.asked, self.passed = name, 0, 0, 0
        self.why = collections.Counter()
        self.bad = []

    def line(self):
        ran = self.rows - sum(self.why.values())
        text = (f"{self.name}: {self.rows} rows, {ran} run ({self.asked} requests), "
                f"{self.passed} passed")
        for why, n in sorted(self.why.items()):
            text += f"; {n} {why if why == LATER else f'not applicable: {why}'}"
        return text


class Bench:
    """A server with a vault that takes keys of every type, and connections to it."""

    def __init__(self, name):
        w = world.World()
        w.vault("vectors", allowOctKeys=True, allowOkpKeys=True)
        app = w.app("admin")
        w.role("admin", "Key Vault Administrator", vault="vectors")
        self.server = Server(name, seed=w.seed()).start()
        self.token = wire.get_token(self.server, app.app_id, app.secret)
        self.local = threading.local()
        self.clients, self.paths, self.lock = [], {}, threading.Lock()
        self.slow = threading.Semaphore(2)

    def discard(self):
        for c in self.clients:
            c.close()
        self.server.discard()

    def client(self):
        if not hasattr(self.local, "client"):
            self.local.client = wire.Client(self.server, "vectors.vault", self.token, "7.6")
            self.clients.append(self.local.client)
        return self.local.client

    def bring(self, key):
        """Imports it; the answer, and where it lies from then on."""
        with self.lock:
            name = f"k{len(self.paths)}-{threading.get_ident()}"
        # The primes of a foreign key are proven: a load that may be refused, as to any client.
        with self.slow if key["kty"] == "RSA" else contextlib.nullcontext():
            for _ in range(10):
                a = self.client().put(f"/keys/{name}", {"key": key})
                if a.status != 503:
                    break
                time.sleep(0.5)
        if a.status == 200:
            self.paths[json.dumps(key)] = "/keys/" + a.json()["key"]["kid"].partition("/keys/")[2]
        return a

    def ask(self, row):
        """None, or what is wrong."""
        if row.op == "import":
            a = self.client().put("/keys/imported", {"key": row.key})
        else:
            path = self.paths.get(json.dumps(row.key))
            if path is None:
                return "its key was not imported"
            a = self.client().post(f"{path}/{row.op}", row.body, version=row.version)
        return judge(row.want, a)

    def run(self, files):
        """files: pairs of a name and its rows; a list of File, each counted and judged."""
        found, work = [], []
        keys, refused = {}, {}
        for name, rows in files:
            f = File(name)
            found.append(f)
            grouped = collections.defaultdict(list)
            for row in rows:
                grouped[row.name].append(row)
            f.rows = len(grouped)
            for row_list in grouped.values():
                reasons = [r.why for r in row_list if r.why]
                if reasons:
                    f.why[reasons[0]] += 1
                row_list = [r for r in row_list if r.op]
                if row_list:
                    work.append((f, row_list, not reasons))
                for r in row_list:
                    if r.op != "import":
                        keys[json.dumps(r.key)] = r.key
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            for key, a in zip(keys, pool.map(self.bring, keys.values())):
                if a.status != 200:
                    refused[key] = a
            for (f, rows, counts), wrong in zip(work, pool.map(self.all_of, [w[1] for w in work])):
                f.asked += len(rows)
                f.passed += counts and not wrong
                if wrong:
                    f.bad.append(wrong)
        for key, a in refused.items():
            found[0].bad.append(f"a key was not imported: {a} {key[:200]}")
        return found

    def all_of(self, rows):
        for row in rows:
            wrong = self.ask(row)
            if wrong:
                return f"{row.name}: {row.op} {json.dumps(row.body)[:300]}: {wrong}"
        return None


def judge(want, a):
    if want == REFUSED:
        good = a.status == 400 and a.error["code"] == "BadParameter"
        return None if good else f"was not refused: {a}"
    if a.status != 200:
        return f"wanted {shown(want)}, got {a}"
    got = a.json()["value"]
    if want == BOTH_ARE_FINE:
        return None if isinstance(got, bool) else f"neither true nor false: {a}"
    if isinstance(want, bool):
        return None if got is want else f"wanted {want}, got {a}"
    return None if isinstance(got, str) and unb64(got) == want else f"wanted {shown(want)}, got {a}"


def shown(want):
    return f"value {b64(want)}" if isinstance(want, bytes) else want


def report(files):
    """Prints a line for each; the text of all that is wrong, or ''."""
    wrong = []
    for f in files:
        print(f"# {f.line()}", flush=True)
        wrong += [f"{f.name} {b}" for b in f.bad]
    if not any(f.passed for f in files):
        wrong.append("no row ran")
    later = sum(f.why[LATER] for f in files)
    print(f"# all: {sum(f.rows for f in files)} rows, {sum(f.passed for f in files)} passed, "
          f"{sum(len(f.bad) for f in files)} failed, "
          f"{sum(sum(f.why.values()) for f in files) - later} not applicable, {later} {LATER}",
          flush=True)
    return "\n".join(wrong[:40]) + (f"\n... {len(wrong)} in all" if len(wrong) > 40 else "")


# ------------------------------------------------------- rows of each algorithm

def verify(name, key, alg, dig, signature, want):
    return Row(name, key, "verify", {"alg": alg, "digest": b64(dig), "value": b64(signature)}, want)


def sign(name, key, alg, dig, want):
    return Row(name, key, "sign", {"alg": alg, "value": b64(dig)}, want)


def decrypt(name, key, alg, ct, want, **more):
    body = {"alg": alg, "value": b64(ct), **{k: b64(v) for k, v in more.items()}}
    return Row(name, key, "decrypt", body, want)


def encrypt(name, key, alg, text, want, iv):
    return Row(name, key, "encrypt", {"alg": alg, "value": b64(text), "iv": b64(iv)}, want)


def wrap(name, key, alg, text, want):
    return Row(name, key, "wrapkey", {"alg": alg, "value": b64(text)}, want)


def unwrap(name, key, alg, ct, want):
    return Row(name, key, "unwrapkey", {"alg": alg, "value": b64(ct)}, want)
