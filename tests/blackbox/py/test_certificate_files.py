# SPDX-License-Identifier: Apache-2.0
"""
Files with certificates as the programs of this world write them (data-plane.md D4): each is
imported by Debian's azure-keyvault-certificates over TLS, and comes out right or is refused
with a text that says why. keytool's: test_more_keytool.py.
"""
import base64
import datetime
import os
import shutil
import subprocess
import tempfile
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import certs, pfx, wire, world
from kit.certs import UTC, Hierarchy, fresh, key_pem, name_of, pem, pem_all, raw, sign, spki
from kit.pfx import Lock
from kit.server import Server

try:
    import azure.core.exceptions as errors
    import azure.identity as identity
    from azure.keyvault.certificates import CertificateClient
except ImportError as e:  # Debian's python3-azure is not there
    raise unittest.SkipTest(f"no Azure SDK for Python: {e}") from None

VECTORS = "/usr/lib/python3/dist-packages/cryptography_vectors"
BAD_PFX = "content can not be read. Please check if certificate is in valid PKCS#12 format"
BAD_PEM = "certificate content is in an unexpected format"
ENCRYPTED = "is encrypted in a way that is not supported"
NO_KEY = "Private key is not specified"
KIND = "is of a type or size that is not supported"
MISMATCH = "does not match the public part of the specified private key"
LONG = "The size of the X.509 certificate is too long"


def setUpModule():
    global SERVER, CLIENT, IMPORTER, MADE
    w = world.standard()
    SERVER = Server("certificate-files", seed=w.seed()).start()
    os.environ.update(SERVER.env)
    a = w.apps["admin"]
    CLIENT = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")
    credential = identity.ClientSecretCredential("adfs", a.app_id, a.secret, authority=f"https://{SERVER.host('login')}")
    IMPORTER = CertificateClient(SERVER.url("alpha"), credential)
    MADE = Made()


def tearDownModule():
    MADE.discard()
    SERVER.discard()


class Made:
    """Two keys with their chains, also as files for programs."""

    def __init__(self):
        self.h, self.top = Hierarchy(), tempfile.mkdtemp(prefix="kh-files-")
        self.keys = {"rsa": rsa.generate_private_key(65537, 2048), "ec": ec.generate_private_key(ec.SECP256R1()),
                     "p521": ec.generate_private_key(ec.SECP521R1())}
        self.leaves = {n: self.h.issue(name_of(f"{n}.test"), k.public_key()) for n, k in self.keys.items()}
        self.chain = [self.h.middle, self.h.root]
        for n, k in self.keys.items():
            self.write(f"{n}.key", key_pem(k))
            self.write(f"{n}.pem", pem(self.leaves[n]))
        self.write("chain.pem", "".join(map(pem, self.chain)))

    def discard(self):
        shutil.rmtree(self.top)

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)

    def ders(self, kind, chain=True):
        return [raw(self.leaves[kind]), *(map(raw, self.chain) if chain else ())]

    def run(self, *words, stdin=None):
        done = subprocess.run(words, cwd=self.top, input=stdin, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def openssl(self, kind, password, *more, chain=True):
        above = ["-certfile", "chain.pem"] if chain else []
        return self.run("openssl", "pkcs12", "-export", "-inkey", f"{kind}.key", "-in", f"{kind}.pem", *above,
                        "-passout", f"pass:{password}", *more)

    def certtool(self, kind, *more):
        with open(self.path("all.pem"), "w", encoding="ascii") as f:
            f.write(pem(self.leaves[kind]) + "".join(map(pem, self.chain)))
        return self.run("certtool", "--to-p12", "--load-privkey", f"{kind}.key", "--load-certificate", "all.pem",
                        "--p12-name", "n", "--outder", *more)


class Files(unittest.TestCase):
    def take(self, value, password=None):
        """Name and bundle."""
        name = fresh("f")
        more = {} if password is None else {"password": password}
        value = value.encode() if isinstance(value, str) else value
        return name, IMPORTER.import_certificate(name, value, **more)

    def right(self, what, value, password=None, kind="ec", chain=None):
        with self.subTest(what=what):
            name, got = self.take(value, password)
            self.assertEqual(bytes(got.cer), raw(MADE.leaves[kind]))
            a = CLIENT.get(f"/secrets/{name}")
            self.assertEqual(a.status, 200, a)
            value = a.json()["value"]
            if value.startswith("-----"):
                key, inside = serialization.load_pem_private_key(value.encode(), None), pem_all(value)
            else:
                key, leaf, more = pkcs12.load_key_and_certificates(base64.b64decode(value), b"")
                inside = [leaf, *more]
            self.assertEqual(spki(key.public_key()), spki(MADE.keys[kind].public_key()))
            want = [MADE.leaves[kind], *(MADE.chain if chain is None else chain)]
            self.assertEqual([raw(c) for c in inside], [raw(c) for c in want])

    def wrong(self, what, text, value, password=None):
        with self.subTest(what=what):
            with self.assertRaises(errors.HttpResponseError) as caught:
                self.take(value, password)
            self.assertEqual(caught.exception.status_code, 400)
            self.assertEqual(caught.exception.error.code, "BadParameter")
            self.assertIn(text, str(caught.exception))

    # ------------------------------------------------------------------- PKCS#12

    def test_openssl(self):
        for what, more in (
                ("default", []), ("legacy: 3DES and RC2-40", ["-legacy"]),
                ("3DES", ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]),
                ("RC2-128", ["-legacy", "-certpbe", "PBE-SHA1-RC2-128"]),
                ("AES-128", ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"]),
                ("AES-192", ["-keypbe", "AES-192-CBC", "-certpbe", "AES-192-CBC"]),
                ("PBES2 with 3DES", ["-keypbe", "des-ede3-cbc", "-certpbe", "des-ede3-cbc"]),
                ("a MAC with SHA-384", ["-macalg", "sha384"]), ("no MAC", ["-nomac"]),
                ("once", ["-iter", "1", "-noiter"]), ("300,000 times", ["-iter", "300000"]),
                ("certificates in the clear", ["-certpbe", "NONE"]),
                ("nothing encrypted", ["-keypbe", "NONE", "-certpbe", "NONE"]),
                ("nothing encrypted, no MAC", ["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"]),
                ("a name in other letters", ["-name", "\u540d\u524d"])):
            self.right(what, MADE.openssl("ec", "pw", *more), "pw")
        for kind in MADE.keys:
            self.right(kind, MADE.openssl(kind, "pw"), "pw", kind)

    def test_windows(self):
        aes = {"key_lock": Lock("aes"), "cert_lock": Lock("aes"), "digest": "sha256"}
        for kind in MADE.keys:
            for what, more in (("RC2-40 and 3DES", {}), ("3DES", {"cert_lock": Lock()}), ("AES256-SHA256", aes),
                               ("certificates in the clear", {"cert_lock": None})):
                self.right(f"{kind}, {what}", pfx.windows(MADE.keys[kind], MADE.ders(kind), "pä\U0001f511", **more),
                           "pä\U0001f511", kind)

    def test_every_derivation(self):
        for prf in pfx.PRF:
            for bits in pfx.AES:
                lock = Lock("aes", bits=bits, prf=prf, iterations=1000)
                self.right(f"{prf}, AES-{bits}", pfx.simple(
                    MADE.keys["ec"], MADE.ders("ec"), "x", key_lock=lock, cert_lock=lock,
                    mac_of=lambda c: pfx.mac(c, "x", "sha512" if bits == 256 else "sha256")), "x")

    def test_lengths_without_an_end(self):
        for kind in MADE.keys:
            self.right(kind, pfx.indefinite(pfx.windows(MADE.keys[kind], MADE.ders(kind), "x")), "x", kind)
        self.right("in many pieces", pfx.indefinite(MADE.openssl("ec", "x"), 40), "x")

    def test_passwords(self):
        for password in ("x", "pässwörd", "密碼", "\U0001f511\U0001f512", "a b\t\"'\\$`", "x" * 200):
            for what, more in (("PBES2", []), ("PBES1", ["-legacy"])):
                self.right(f"{what}: {password[:9]}", MADE.openssl("ec", password, *more, chain=False), password,
                           chain=[])
                for other in (password[:-1] or "y", None):
                    self.wrong(f"{what}: not {password[:9]}", BAD_PFX, MADE.openssl("ec", password, *more, chain=False),
                               other)

    def test_no_password(self):
        """An empty one and none are two things to some; to a client they are one."""
        none = {"key_lock": Lock(), "cert_lock": Lock("rc2-40")}
        for password in (None, ""):
            for what, value in (
                    ("empty", MADE.openssl("ec", "")), ("empty, legacy", MADE.openssl("ec", "", "-legacy")),
                    ("empty, byte by byte", pfx.windows(MADE.keys["ec"], MADE.ders("ec"), "")),
                    ("none", pfx.windows(MADE.keys["ec"], MADE.ders("ec"), None)),
                    ("none, no MAC", pfx.simple(MADE.keys["ec"], MADE.ders("ec"), None, **none)),
                    ("empty, no MAC", pfx.simple(MADE.keys["ec"], MADE.ders("ec"), "", **none))):
                self.right(f"{what}, sent as {password!r}", value, password)
        self.wrong("one that is not needed", BAD_PFX, MADE.openssl("ec", ""), "x")

    @unittest.skipUnless(shutil.which("certtool"), "no certtool")
    def test_certtool(self):
        for kind in MADE.keys:
            for cipher in ("3des-pkcs12", "aes-256", "rc2-40", "3des"):
                self.right(f"{kind}, {cipher}", MADE.certtool(kind, "--password", "pw", "--pkcs-cipher", cipher), "pw",
                           kind)
        self.right("empty", MADE.certtool("ec", "--empty-password"), "")
        self.right("none", MADE.certtool("ec", "--null-password"), None)

    def test_python(self):
        for lock in (serialization.NoEncryption(), serialization.BestAvailableEncryption(b"pw")):
            value = pkcs12.serialize_key_and_certificates(b"n", MADE.keys["ec"], MADE.leaves["ec"], MADE.chain, lock)
            self.right(str(lock), value, None if isinstance(lock, serialization.NoEncryption) else "pw")

    @unittest.skipUnless(os.path.isdir(VECTORS + "/pkcs12"), "no python3-cryptography-vectors")
    def test_vectors(self):
        """Of python3-cryptography-vectors; their RSA keys have 1024 bits or their leaf has expired."""
        counts = {}
        for name in sorted(os.listdir(VECTORS + "/pkcs12")):
            with open(f"{VECTORS}/pkcs12/{name}", "rb") as f:
                value = f.read()
            passwords = [None] if name.endswith("no-pwd.p12") else [None, "cryptography", "password"]
            got = next((x for x in map(lambda p: self.outcome(value, p), passwords) if x != BAD_PFX), BAD_PFX)
            self.assertNotEqual(got, BAD_PFX, name)
            counts[got] = counts.get(got, 0) + 1
        self.assertTrue(set(counts) <= {"right", NO_KEY, "has expired", "does not contain a certificate", KIND}, counts)

    def outcome(self, value, password):
        try:
            self.take(value, password)
            return "right"
        except errors.HttpResponseError as e:
            self.assertEqual(e.status_code, 400, e)
            for text in (BAD_PFX, NO_KEY, "has expired", "does not contain a certificate", KIND):
                if text in str(e):
                    return text
            return str(e)

    def test_more_than_one_chain(self):
        other = Hierarchy()
        more = [raw(other.root), *MADE.ders("ec"), raw(other.middle), raw(MADE.leaves["rsa"])]
        for n in range(len(more)):
            turned = more[n:] + more[:n]
            rest = [c for c in turned if c not in MADE.ders("ec")]
            self.right(f"turned by {n}", pfx.simple(MADE.keys["ec"], turned, "", mac_of=lambda c: pfx.mac(c, "")),
                       chain=[*MADE.chain, *(next(x for x in (other.root, other.middle, MADE.leaves["rsa"])
                                                  if raw(x) == c) for c in rest)])
        twice = MADE.ders("ec") * 3
        self.right("everything three times", pfx.simple(MADE.keys["ec"], twice, ""))

    def test_pkcs12_that_is_refused(self):
        k, ders, other = MADE.keys["ec"], MADE.ders("ec"), ec.generate_private_key(ec.SECP256R1())
        mac = lambda c: pfx.mac(c, "x")
        two = pfx.pfx([pfx.data(pfx.seq(*map(pfx.cert_bag, ders), pfx.key_bag(pfx.pkcs8(k), None, ""),
                                        pfx.key_bag(pfx.pkcs8(other), None, "")))], mac)
        good = MADE.openssl("ec", "x")
        rows = [
            ("two keys", "more than one private key", two), ("the wrong key", MISMATCH, pfx.simple(other, ders, "x")),
            ("no key", NO_KEY, pfx.pfx([pfx.data(pfx.seq(*map(pfx.cert_bag, ders)))], mac)),
            ("no certificate", "does not contain a certificate", pfx.simple(k, [], "x", mac_of=mac)),
            ("nothing", NO_KEY, pfx.pfx([], mac)),
            ("PBMAC1", ENCRYPTED, pfx.simple(k, ders, "x", mac_of=lambda c: pfx.pbmac1(c, "x"))),
            ("RC4", ENCRYPTED, MADE.openssl("ec", "x", "-legacy", "-keypbe", "PBE-SHA1-RC4-128", "-certpbe",
                                            "PBE-SHA1-RC4-128")),
            ("Camellia", ENCRYPTED, MADE.openssl("ec", "x", "-keypbe", "camellia-256-cbc")),
            ("a small key", KIND, self.own(rsa.generate_private_key(65537, 1024))),
            ("Ed25519", KIND, self.own(ed25519.Ed25519PrivateKey.generate())),
            ("P-224", KIND, self.own(ec.generate_private_key(ec.SECP224R1()))),
            ("two million iterations", LONG, MADE.openssl("ec", "x", "-iter", "2000000")),
            ("a cut file", BAD_PFX, good[:-20]), ("bytes behind", BAD_PFX, good + b"\0"), ("noise", BAD_PFX, os.urandom(999)),
            ("a certificate", BAD_PFX, ders[0]), ("a key", BAD_PFX, pfx.pkcs8(k)),
            ("a bit of its MAC", BAD_PFX, good[:-30] + bytes([good[-30] ^ 1]) + good[-29:]),
        ]
        for what, text, value in rows:
            self.wrong(what, text, value, "x")

    def own(self, key):
        hash_of = None if isinstance(key, ed25519.Ed25519PrivateKey) else certs.hashes.SHA256()
        n = name_of("own")
        now = datetime.datetime.now(UTC)
        c = (certs.x509.CertificateBuilder().subject_name(n).issuer_name(n).public_key(key.public_key()).serial_number(7)
             .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=9)).sign(key, hash_of))
        return pfx.simple(key, [raw(c)], "x", mac_of=lambda content: pfx.mac(content, "x"))

    # ----------------------------------------------------------------------- times

    def test_times(self):
        now, day, k, n = datetime.datetime.now(UTC), datetime.timedelta(days=1), MADE.keys["ec"], name_of("t")
        old = sign(n, k.public_key(), n, k, begin=now - 40 * day, days=39)
        later = sign(n, k.public_key(), n, k, begin=now + 40 * day, days=39)
        self.wrong("expired", "The specified X.509 certificate has expired", pem(old) + key_pem(k))
        _, got = self.take(pem(later) + key_pem(k))
        self.assertGreater(got.properties.not_before, now + 30 * day)
        stale = sign(MADE.h.middle.subject, MADE.h.middle_key.public_key(), MADE.h.root.subject, MADE.h.root_key,
                     ca=True, begin=now - 40 * day, days=39)
        self.right("an issuer that has expired", pem(MADE.leaves["ec"]) + pem(stale) + pem(MADE.h.root) + key_pem(k),
                   chain=[stale, MADE.h.root])
        self.right("one that has not, too", pem(MADE.leaves["ec"]) + pem(stale) + pem(MADE.h.root) + pem(MADE.h.middle)
                   + key_pem(k), chain=[*MADE.chain, stale])

    # ------------------------------------------------------------------------- PEM

    def test_pem(self):
        k, leaf = key_pem(MADE.keys["ec"]), pem(MADE.leaves["ec"])
        chain = "".join(map(pem, MADE.chain))
        sec1 = MADE.run("openssl", "ec", "-in", "ec.key").decode()
        params = MADE.run("openssl", "ecparam", "-name", "prime256v1").decode()
        explicit = MADE.run("openssl", "ec", "-in", "ec.key", "-param_enc", "explicit").decode()
        bags = MADE.run("openssl", "pkcs12", "-nodes", "-passin", "pass:x", stdin=MADE.openssl("ec", "x")).decode()
        texts = {
            "key first": k + leaf + chain, "key last": leaf + chain + k, "upside down": "".join(map(pem, MADE.chain[::-1])) + leaf + k,
            "key between": leaf + k + chain, "CRLF": (leaf + chain + k).replace("\n", "\r\n"),
            "CR alone": (leaf + chain + k).replace("\n", "\r"), "no last line end": (k + leaf + chain).rstrip("\n"),
            "spaces at line ends": (k + leaf + chain).replace("\n", " \n"), "blank lines": (k + leaf + chain).replace("-----\n-", "-----\n\n\n-"),
            "a byte order mark": "\ufeff" + k + leaf + chain, "text around": f"Bag Attributes\n    x: y\n{k}text\n{leaf}\n{chain}end",
            "as openssl pkcs12 prints it": bags, "SEC 1": sec1 + leaf + chain, "SEC 1 with parameters": params + sec1 + leaf + chain,
            "X509 CERTIFICATE": (k + leaf + chain).replace("CERTIFICATE", "X509 CERTIFICATE"),
            "a curve spelt out that is P-256": explicit + leaf + chain, "the key twice": k + leaf + chain + k, "the key in two forms": k + sec1 + leaf + chain,
        }
        for what, text in texts.items():
            self.right(what, text)
        for what, words in (("PKCS#1", ["openssl", "rsa", "-traditional", "-in", "rsa.key"]),
                            ("PKCS#8", ["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "rsa.key"])):
            self.right(what, MADE.run(*words).decode() + pem(MADE.leaves["rsa"]) + chain, kind="rsa")

    def test_pem_that_is_refused(self):
        k, leaf, other = key_pem(MADE.keys["ec"]), pem(MADE.leaves["ec"]), key_pem(ec.generate_private_key(ec.SECP256R1()))
        locked = MADE.run("openssl", "pkcs8", "-topk8", "-in", "ec.key", "-passout", "pass:x").decode()
        old = MADE.run("openssl", "ec", "-in", "ec.key", "-aes128", "-passout", "pass:x").decode()
        csr = MADE.run("openssl", "req", "-new", "-key", "ec.key", "-subj", "/CN=x").decode()
        rows = [
            ("an encrypted key", ENCRYPTED, locked + leaf, "x"), ("encrypted the old way", ENCRYPTED, old + leaf, "x"),
            ("no key", NO_KEY, leaf, None), ("no certificate", "does not contain a certificate", k, None),
            ("a request", "does not contain a certificate", k + csr, None), ("two keys", "more than one private key", k + other + leaf, None),
            ("the wrong key", MISMATCH, other + leaf, None), ("a cut block", BAD_PEM, k + leaf[:200], None),
            ("another end", BAD_PEM, k + leaf.replace("END CERT", "END CRET"), None),
            ("no base64", BAD_PEM, k + leaf.replace("M", "*", 1), None),
            ("another's DER", BAD_PEM, k + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", None),
            ("a public key", NO_KEY, leaf + MADE.run(
                "openssl", "ec", "-in", "ec.key", "-pubout").decode(), None),
        ]
        for what, text, value, password in rows:
            self.wrong(what, text, value, password)
