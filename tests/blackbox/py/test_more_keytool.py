# SPDX-License-Identifier: Apache-2.0
"""
Java's keytool and Keyhold: keystores that keytool makes are imported, and what is exported is
listed, and turned into a keystore of Java's own, by keytool. Each call takes a second or two.
"""
import base64
import os
import shutil
import subprocess
import tempfile
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import certs, wire, world
from kit.certs import PFX, Hierarchy, ec_policy, fresh, name_of, pem_all, raw, spki
from kit.server import Server

SERVER, CLIENT = None, None


def setUpModule():
    global SERVER, CLIENT
    if shutil.which("keytool") is None:
        raise unittest.SkipTest("no keytool here")
    w = world.standard()
    SERVER = Server("keytool", seed=w.seed()).start()
    a = w.apps["admin"]
    CLIENT = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")
    certs.Case.client = CLIENT


def tearDownModule():
    SERVER.discard()


class Keytool(certs.Case):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="kh-keytool-")
        self.addCleanup(shutil.rmtree, self.top)

    def keytool(self, *words):
        done = subprocess.run(["keytool", "-J-Xshare:auto", *words], cwd=self.top, capture_output=True, check=False,
                              timeout=200)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.decode()

    def path(self, name):
        return os.path.join(self.top, name)

    def taken(self, store, password):
        with open(self.path(store), "rb") as f:
            value = f.read()
        name = fresh()
        b = self.ok(CLIENT.post(f"/certificates/{name}/import", {"value": base64.b64encode(value).decode(), "pwd": password}))
        key, c, more = pkcs12.load_key_and_certificates(base64.b64decode(self.secret(name)["value"]), b"")
        self.assertEqual((raw(c), spki(key.public_key())), (certs.der(b), spki(c.public_key())))
        return c, more

    def test_keystores_that_keytool_makes(self):
        for what, more in (("rsa", ["-keyalg", "RSA", "-keysize", "2048"]), ("p256", ["-keyalg", "EC", "-groupname", "secp256r1"]),
                           ("p384", ["-keyalg", "EC", "-groupname", "secp384r1"]),
                           ("p521", ["-keyalg", "EC", "-groupname", "secp521r1"])):
            with self.subTest(what=what):
                self.keytool("-genkeypair", "-alias", "mine", "-dname", f"CN={what}.test, O=Test", "-storetype", "PKCS12",
                             "-keystore", f"{what}.p12", "-storepass", "secret", "-validity", "30", *more)
                c, _ = self.taken(f"{what}.p12", "secret")
                self.assertIn(f"CN={what}.test", c.subject.rfc4514_string())

    def test_a_keystore_as_java_8_made_it(self):
        self.keytool("-J-Dkeystore.pkcs12.legacy", "-genkeypair", "-alias", "mine", "-dname", "CN=old", "-storetype", "PKCS12",
                     "-keystore", "old.p12", "-storepass", "secret", "-keyalg", "RSA", "-validity", "30")
        self.taken("old.p12", "secret")

    def test_a_chain_and_certificates_that_are_trusted(self):
        h, key = Hierarchy(), ec.generate_private_key(ec.SECP256R1())
        leaf, other = h.issue(name_of("leaf"), key.public_key()), Hierarchy().root
        with open(self.path("in.p12"), "wb") as f:
            f.write(pkcs12.serialize_key_and_certificates(b"mine", key, leaf, [h.middle, h.root],
                                                          serialization.BestAvailableEncryption(b"secret")))
        with open(self.path("other.pem"), "w", encoding="ascii") as f:
            f.write(certs.pem(other))
        self.keytool("-importkeystore", "-srckeystore", "in.p12", "-srcstoretype", "PKCS12", "-srcstorepass", "secret",
                     "-destkeystore", "out.p12", "-deststoretype", "PKCS12", "-deststorepass", "secret")
        self.keytool("-importcert", "-noprompt", "-alias", "trusted", "-file", "other.pem", "-keystore", "out.p12",
                     "-storepass", "secret")
        c, more = self.taken("out.p12", "secret")
        self.assertEqual([raw(x) for x in (c, *more)], [raw(x) for x in (leaf, h.middle, h.root, other)])

    def test_a_keystore_without_a_key_and_a_wrong_password(self):
        with open(self.path("ca.pem"), "w", encoding="ascii") as f:
            f.write(certs.pem(Hierarchy().root))
        self.keytool("-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-storetype", "PKCS12", "-keystore",
                     "trust.p12", "-storepass", "secret")
        with open(self.path("trust.p12"), "rb") as f:
            value = base64.b64encode(f.read()).decode()
        for password, text in (("secret", "Private key is not specified"), ("Secret", "can not be read")):
            a = CLIENT.post(f"/certificates/{fresh()}/import", {"value": value, "pwd": password})
            self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"), a)
            self.assertIn(text, a.error["message"])

    def test_keytool_reads_what_is_exported(self):
        for kind in ({"kty": "RSA", "key_size": 2048}, {"kty": "EC", "crv": "P-256"}, {"kty": "EC", "crv": "P-384"},
                     {"kty": "EC", "crv": "P-521"}):
            with self.subTest(kind=kind):
                name, _ = self.create(policy={**ec_policy(subject="CN=shop.test"), "key_props": kind,
                                              "secret_props": {"contentType": PFX}})
                with open(self.path("x.p12"), "wb") as f:
                    f.write(base64.b64decode(self.secret(name)["value"]))
                text = self.keytool("-list", "-rfc", "-storetype", "PKCS12", "-keystore", "x.p12", "-storepass", "")
                self.assertIn("PrivateKeyEntry", text)
                self.assertEqual([raw(c) for c in pem_all(text)], [certs.der(self.get(name))])
