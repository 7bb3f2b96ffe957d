# SPDX-License-Identifier: Apache-2.0
"""
Keys of -HSM types in a PKCS#11 token (SoftHSM): made and used there, seen from
outside by another program; the token taken away and brought back, its process
killed, its PIN wrong.
"""
import base64
import hashlib
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest
import urllib.parse
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from kit import wire, world
from kit.server import Server, clean_env, fresh_dir, keyhold, wait_for

MODULES = ("/usr/lib/softhsm/libsofthsm2.so",
           "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
           "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((m for m in MODULES if os.path.exists(m)), None)
LABEL, PIN = "black box", "271828"
CURVES = {"P-256": (ec.SECP256R1(), hashes.SHA256(), "ES256"),
          "P-384": (ec.SECP384R1(), hashes.SHA384(), "ES384"),
          "P-521": (ec.SECP521R1(), hashes.SHA512(), "ES512"),
          "P-256K": (ec.SECP256K1(), hashes.SHA256(), "ES256K")}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(unb64(text), "big")


class Token:
    """A directory with one token of SoftHSM, for whoever the server becomes."""

    def __init__(self):
        self.top = fresh_dir("softhsm")
        self.tokens, self.away = (os.path.join(self.top, x) for x in ("tokens", "away"))
        self.conf, self.pin = (os.path.join(self.top, x) for x in ("softhsm2.conf", "pin"))
        os.mkdir(self.tokens, 0o700)
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(f"directories.tokendir = {self.tokens}\nlog.level = ERROR\n")
        self.set_pin(PIN)
        self.env = {"SOFTHSM2_CONF": self.conf}
        self.run("softhsm2-util", "--init-token", "--free", "--label", LABEL,
                 "--so-pin", "31415926", "--pin", PIN)
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            for folder, _, files in os.walk(self.tokens):
                for path in [folder, *(os.path.join(folder, x) for x in files)]:
                    os.chown(path, user.pw_uid, user.pw_gid)

    def set_pin(self, pin):
        with open(self.pin, "w", encoding="ascii") as f:
            f.write(pin + "\n")
        os.chmod(self.pin, 0o600)

    def run(self, *words):
        return subprocess.run(words, env={**os.environ, **self.env}, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout

    def objects(self):
        """What `pkcs11-tool` sees with the PIN: label to attributes."""
        text = self.run("pkcs11-tool", "--module", MODULE, "--token-label", LABEL, "--login",
                        "--pin", PIN, "--list-objects")
        found = {}
        for part in re.split(r"\n(?=\S)", text):
            label = re.search(r"label:\s+(\S+)", part)
            if label:
                found.setdefault(label.group(1), []).append(part)
        return found

    def take(self):
        os.rename(self.tokens, self.away)

    def bring(self):
        os.rename(self.away, self.tokens)

    def settings(self):
        return {"hsm.module": MODULE, "hsm.token": LABEL, "hsm.pin_file": self.pin,
                "hsm.paths": f"{self.tokens},{self.conf}"}

    def discard(self):
        shutil.rmtree(self.top, ignore_errors=True)


def seed():
    w = world.World()
    w.app("officer")
    for name, sku in (("gold", "premium"), ("plain", "standard")):
        w.vault(name, sku=sku)
        w.role("officer", "Key Vault Crypto Officer", vault=name)
    return w


class WithToken(unittest.TestCase):
    pin = PIN

    @classmethod
    def setUpClass(cls):
        if MODULE is None or not shutil.which("pkcs11-tool"):
            raise unittest.SkipTest("there is no softhsm2 or no opensc here")
        cls.token, cls.world = Token(), seed()
        cls.addClassCleanup(cls.token.discard)
        cls.token.set_pin(cls.pin)
        cls.s = Server("token", seed=cls.world.seed(), sets=cls.token.settings(),
                       expect_trouble=True)
        cls.s.more_env = cls.token.env
        cls.addClassCleanup(cls.s.discard)
        cls.s.start()
        officer = cls.world.apps["officer"]
        cls.bearer = wire.get_token(cls.s, officer.app_id, officer.secret)

    def client(self, vault="gold"):
        c = wire.Client(self.s, f"{vault}.vault", self.bearer, "7.4")
        self.addCleanup(c.close)
        return c

    def make(self, kty, **more):
        name = f"k-{uuid.uuid4().hex[:10]}"
        a = self.client().post(f"/keys/{name}/create", {"kty": kty, **more})
        self.assertEqual(a.status, 200, a)
        return a.json()["key"]

    def path(self, key):
        return "/keys/" + key["kid"].partition("/keys/")[2]

    def use(self, key, op, **body):
        return self.client().post(f"{self.path(key)}/{op}", body)

    def value(self, key, op, **body):
        a = self.use(key, op, **body)
        self.assertEqual(a.status, 200, a)
        return a.json()["value"]

    def label(self, key):
        return [x for x in self.token.objects()
                if x.endswith("/" + key["kid"].rpartition("/")[2])]


class Keys(WithToken):
    def test_rsa_key_is_made_in_the_token_and_signs_there(self):
        key = self.make("RSA-HSM", key_size=2048)
        self.assertEqual(key["kty"], "RSA-HSM")
        public = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
        for alg, digest in (("256", hashes.SHA256()), ("384", hashes.SHA384()),
                            ("512", hashes.SHA512())):
            text = hashlib.new("sha" + alg, b"what is signed").digest()
            for family in "RS", "PS":
                made = unb64(self.value(key, "sign", alg=family + alg, value=b64(text)))
                pad = padding.PKCS1v15() if family == "RS" else padding.PSS(
                    padding.MGF1(digest), digest.digest_size)
                public.verify(made, text, pad, utils.Prehashed(digest))
                a = self.use(key, "verify", alg=family + alg, digest=b64(text), value=b64(made))
                self.assertIs(a.json()["value"], True)

    def test_ec_keys_sign_what_another_library_verifies(self):
        for crv, (curve, digest, alg) in CURVES.items():
            key = self.make("EC-HSM", crv=crv)
            public = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]),
                                                   curve).public_key()
            text = os.urandom(digest.digest_size)
            made = unb64(self.value(key, "sign", alg=alg, value=b64(text)))
            half = len(made) // 2
            der = utils.encode_dss_signature(int.from_bytes(made[:half], "big"),
                                             int.from_bytes(made[half:], "big"))
            public.verify(der, text, ec.ECDSA(utils.Prehashed(digest)))
            with self.assertRaises(InvalidSignature):
                public.verify(der, bytes(len(text)), ec.ECDSA(utils.Prehashed(digest)))

    def test_what_another_library_encrypts_the_token_decrypts(self):
        key = self.make("RSA-HSM", key_size=3072)
        public = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
        for alg, pad in (("RSA1_5", padding.PKCS1v15()),
                         ("RSA-OAEP", padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(),
                                                   None)),
                         ("RSA-OAEP-256", padding.OAEP(padding.MGF1(hashes.SHA256()),
                                                       hashes.SHA256(), None))):
            text = os.urandom(32)
            sent = public.encrypt(text, pad)
            self.assertEqual(unb64(self.value(key, "decrypt", alg=alg, value=b64(sent))), text)
            self.assertEqual(unb64(self.value(key, "unwrapkey", alg=alg, value=b64(sent))), text)
            bad = bytes([sent[0] ^ 1]) + sent[1:]
            self.assertEqual(self.use(key, "decrypt", alg=alg, value=b64(bad)).status, 400)

    def test_nothing_of_a_key_can_be_taken_out_of_the_token(self):
        for kty in "RSA-HSM", "EC-HSM":
            key = self.make(kty)
            [label] = self.label(key)
            [text] = self.token.objects()[label]
            self.assertIn("Private Key Object", text)
            self.assertRegex(text, r"Access:.*sensitive")
            self.assertRegex(text, r"Access:.*never extractable")

    def test_imported_key_goes_into_the_token(self):
        mine = rsa.generate_private_key(65537, 2048)
        n = mine.private_numbers()
        p = n.public_numbers
        fields = {"n": p.n, "e": p.e, "d": n.d, "p": n.p, "q": n.q, "dp": n.dmp1, "dq": n.dmq1,
                  "qi": n.iqmp}
        jwk = {k: b64(v.to_bytes((v.bit_length() + 7) // 8, "big")) for k, v in fields.items()}
        name = f"i-{uuid.uuid4().hex[:10]}"
        a = self.client().put(f"/keys/{name}", {"Hsm": True, "key": {"kty": "RSA", **jwk}})
        self.assertEqual(a.status, 200, a)
        key = a.json()["key"]
        self.assertEqual(key["kty"], "RSA-HSM")
        text = os.urandom(32)
        made = unb64(self.value(key, "sign", alg="RS256", value=b64(text)))
        mine.public_key().verify(made, text, padding.PKCS1v15(),
                                 utils.Prehashed(hashes.SHA256()))
        self.assertEqual(len(self.label(key)), 1)

    def test_keys_that_came_too_late_do_not_stay_in_the_token(self):
        """Several make a version of one key at once; each that is refused is made again."""
        name, makers, rounds = f"k-{uuid.uuid4().hex[:10]}", 6, 5
        start, answers = threading.Barrier(makers), []

        def make():
            c = self.client()
            c.get("/keys")  # the connection stands
            for _ in range(rounds):
                start.wait()
                answers.append(c.post(f"/keys/{name}/create", {"kty": "EC-HSM"}).status)

        threads = [threading.Thread(target=make) for _ in range(makers)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertLessEqual(set(answers), {200, 503}, answers)
        a = self.client().get(f"/keys/{name}/versions?maxresults=25").json()
        versions = [k["kid"] for k in a["value"]]
        while a.get("nextLink"):
            link = urllib.parse.urlsplit(a["nextLink"])
            a = self.client().get(f"{link.path}?{link.query}").json()
            versions += [k["kid"] for k in a["value"]]
        versions = {v.rpartition("/")[2] for v in versions}
        self.assertEqual(len(versions), answers.count(200))

        def there():
            return {x.rpartition("/")[2] for x in self.token.objects() if f"/{name}/" in x.lower()}
        wait_for(lambda: there() == versions, "the clerk destroys what nobody has", pause=0.5)
        a = self.client().post(f"/keys/{name}/sign", {"alg": "ES256", "value": b64(hashlib.sha256(b"x").digest())})
        self.assertEqual(a.status, 200, a)

    def test_software_keys_stay_out_of_the_token(self):
        for kty in "RSA", "EC":
            self.assertEqual(self.label(self.make(kty)), [])

    def test_doctor_looks_at_the_token(self):
        for change, verdict, text in (
                ({}, "ok", "does all we need"),
                ({"hsm.token": "another"}, "problem", "there is no token another"),
                ({"hsm.module": "/usr/lib/nothing.so"}, "problem", "cannot be loaded"),
                ({"hsm.pin_file": self.token.conf}, "problem", "the PIN is refused"),
                ({"hsm.pin_file": "/nowhere/pin"}, "problem", "/nowhere/pin: No such file")):
            sets = {"data_dir": self.s.data_dir, "hsm.user": "nobody", **self.token.settings(),
                    "hsm.paths": self.token.tokens, **change}
            flags = [w for k, v in sets.items() for w in ("--set", f"{k}={v}")]
            done = keyhold("doctor", "--json", *flags, env={**clean_env(), **self.token.env})
            [found] = [f for f in json.loads(done.stdout)["findings"] if f["name"] == "token"]
            self.assertEqual(found["verdict"], verdict, found)
            self.assertIn(text, found["text"])

    def test_the_token_process_is_confined(self):
        with open(f"/proc/{self.s.pid_of('token')}/status", encoding="ascii") as f:
            status = f.read()
        self.assertRegex(status, r"NoNewPrivs:\s+1")
        self.assertRegex(status, r"Seccomp:\s+2")
        self.assertRegex(status, r"CapEff:\s+0+\n")
        if os.geteuid() == 0:
            self.assertNotRegex(status, r"Uid:\s+0")


class Trouble(WithToken):
    def signs(self, key):
        return self.use(key, "sign", alg="ES256", value=b64(bytes(32)))

    def back(self, key):
        wait_for(lambda: self.signs(key).status == 200, "the token signs again")

    def test_token_away_is_503_and_back_is_200_without_a_restart(self):
        key, pid = self.make("EC-HSM"), self.s.pid_of("token")
        soft = self.make("EC")
        for _ in range(3):
            self.token.take()
            try:
                begun = time.monotonic()
                a = self.signs(key)
                self.assertEqual((a.status, a.error["code"]), (503, "ServiceUnavailable"), a)
                self.assertLess(time.monotonic() - begun, 5)
                self.assertEqual(self.client().post("/keys/new/create",
                                                    {"kty": "RSA-HSM"}).status, 503)
                # Everything else goes on.
                self.assertEqual(self.signs(soft).status, 200)
                self.assertEqual(self.client().get(self.path(key)).status, 200)
            finally:
                self.token.bring()
            self.back(key)
        self.assertEqual(self.s.pid_of("token"), pid)

    def test_killed_process_comes_back_with_its_keys(self):
        key = self.make("EC-HSM")
        for sig in signal.SIGKILL, signal.SIGSEGV:
            pid = self.s.pid_of("token")
            os.kill(pid, sig)
            wait_for(lambda old=pid: self.s.pid_of("token") not in (None, old), "it is started")
            self.back(key)

    def test_new_front_asks_the_same_token(self):
        key, pid = self.make("EC-HSM"), self.s.pid_of("front")
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.s.pid_of("front") not in (None, pid), "front is back")

        def works():
            try:
                return self.signs(key).status == 200
            except (OSError, wire.Closed):
                return False

        wait_for(works, "it signs again")


class WrongPin(WithToken):
    pin = "not this one"

    def test_server_runs_and_a_reload_mends_it(self):
        c = self.client()
        self.assertEqual(c.post("/keys/a/create", {"kty": "EC"}).status, 200)
        for _ in range(20):
            self.assertEqual(c.post("/keys/b/create", {"kty": "EC-HSM"}).status, 503)
        self.assertEqual(self.s.log().count("refuses the PIN"), 1)
        self.token.set_pin(PIN)
        self.assertEqual(self.s.admin("tls", "reload").returncode, 0)
        wait_for(lambda: c.post("/keys/b/create", {"kty": "EC-HSM"}).status == 200, "a new PIN")
