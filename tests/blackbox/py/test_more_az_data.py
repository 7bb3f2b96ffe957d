# SPDX-License-Identifier: Apache-2.0
"""The newest az: `az keyvault secret` and `az keyvault key`, every command."""
import base64
import hashlib
import json
import subprocess
import unittest

from kit import az_case, byok
from kit.az_case import Case, fresh

FIRST_BYTES = base64.b64encode(b"thirty-two bytes of a digest ...").decode()

TOWN = None


def setUpModule():
    global TOWN
    TOWN = az_case.Town()
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


class Secrets(Case):
    def secret(self, *words):
        return self.az("keyvault", "secret", *words)

    def test_set_and_show(self):
        name, v = fresh("s"), ("--vault-name", "desk")
        first = self.secret("set", *v, "-n", name, "--value", "one", "--description", "text/plain", "--tags", "a=b",
                            "--expires", "2030-01-01T00:00:00Z")
        self.assertEqual((first["value"], first["contentType"]), ("one", "text/plain"))
        self.assertEqual(first["tags"]["a"], "b")
        second = self.secret("set", *v, "-n", name, "--file", self.file("value", b"from a file"))
        self.assertEqual(self.secret("show", *v, "-n", name)["value"], "from a file")
        self.assertEqual(self.secret("show", "--id", first["id"])["value"], "one")
        self.assertIn(name, [s["name"] for s in self.secret("list", *v)])
        versions = {s["id"] for s in self.secret("list-versions", *v, "-n", name)}
        self.assertEqual(versions, {first["id"], second["id"]})
        got = self.secret("set-attributes", *v, "-n", name, "--enabled", "false", "--content-type", "x", "--tags",
                          "c=d")
        self.assertEqual((got["attributes"]["enabled"], got["contentType"], got["tags"]), (False, "x", {"c": "d"}))
        self.az.refused("Forbidden", "keyvault", "secret", "show", *v, "-n", name)
        self.az.refused("SecretNotFound", "keyvault", "secret", "show", *v, "-n", fresh("s"))

    def test_files(self):
        name, v = fresh("s"), ("--vault-name", "desk")
        data = bytes(range(256))
        for encoding in ("base64", "hex"):
            self.secret("set", *v, "-n", name, "--file", self.file("bytes", data), "--encoding", encoding)
            got = self.file("got")
            self.secret("download", *v, "-n", name, "--file", got)
            with open(got, "rb") as f:
                self.assertEqual(f.read(), data)
        kept = self.file("backup")
        self.secret("backup", *v, "-n", name, "--file", kept)
        self.az.refused("Conflict", "keyvault", "secret", "restore", *v, "--file", kept)
        self.secret("delete", *v, "-n", name)
        self.secret("purge", *v, "-n", name)
        self.secret("restore", *v, "--file", kept)
        self.assertEqual(len(self.secret("list-versions", *v, "-n", name)), 2)

    def test_deleted(self):
        name, v = fresh("s"), ("--vault-name", "desk")
        self.secret("set", *v, "-n", name, "--value", "one")
        self.assertIn(name, self.secret("delete", *v, "-n", name)["recoveryId"])
        self.assertIn(name, [s["name"] for s in self.secret("list-deleted", *v)])
        self.assertEqual(self.secret("show-deleted", *v, "-n", name)["name"], name)
        self.secret("recover", *v, "-n", name)
        self.assertEqual(self.secret("show", *v, "-n", name)["value"], "one")
        self.secret("delete", *v, "-n", name)
        self.secret("purge", *v, "-n", name)
        self.az.refused("SecretNotFound", "keyvault", "secret", "show-deleted", *v, "-n", name)


# ---------------------------------------------------------------------- the keys

class Keys(Case):
    def key(self, *words):
        return self.az("keyvault", "key", *words)

    def made(self, *more, vault="desk"):
        name = fresh("k")
        return name, self.key("create", "--vault-name", vault, "-n", name, *more)

    def test_create_and_show(self):
        v = ("--vault-name", "desk")
        name, first = self.made("--kty", "RSA", "--size", "3072", "--ops", "sign", "verify", "--tags", "a=b",
                                "--not-before", "2020-01-01T00:00:00Z", "--expires", "2030-01-01T00:00:00Z")
        self.assertEqual((first["key"]["kty"], first["key"]["keyOps"], first["tags"]),
                         ("RSA", ["sign", "verify"], {"a": "b"}))
        second = self.key("create", *v, "-n", name, "--kty", "EC", "--curve", "P-384")
        self.assertEqual(self.key("show", *v, "-n", name)["key"]["crv"], "P-384")
        self.assertEqual(self.key("show", "--id", first["key"]["kid"])["key"]["kty"], "RSA")
        self.assertIn(name, [k["name"] for k in self.key("list", *v)])
        self.assertEqual({k["kid"] for k in self.key("list-versions", *v, "-n", name)},
                         {first["key"]["kid"], second["key"]["kid"]})
        got = self.key("set-attributes", *v, "-n", name, "--enabled", "false", "--ops", "verify", "--tags", "c=d")
        self.assertEqual((got["attributes"]["enabled"], got["key"]["keyOps"], got["tags"]),
                         (False, ["verify"], {"c": "d"}))
        self.az.refused("KeyNotFound", "keyvault", "key", "show", *v, "-n", fresh("k"))

    def test_every_curve_and_protection(self):
        for curve in ("P-256", "P-521", "P-256K"):
            self.assertEqual(self.made("--kty", "EC", "--curve", curve)[1]["key"]["crv"], curve)
        self.assertEqual(self.made("--protection", "hsm", vault="safe")[1]["key"]["kty"], "RSA-HSM")
        self.assertEqual(self.made("--kty", "EC-HSM", vault="safe")[1]["key"]["kty"], "EC-HSM")
        self.az.refused("BadParameter", "keyvault", "key", "create", "--vault-name", "desk", "-n", fresh("k"),
                        "--protection", "hsm")

    def test_backup_and_deleted(self):
        v = ("--vault-name", "desk")
        name, first = self.made("--kty", "EC")
        kept = self.file("backup")
        self.key("backup", *v, "-n", name, "--file", kept)
        self.assertIn(name, self.key("delete", *v, "-n", name)["recoveryId"])
        self.assertIn(name, [k["name"] for k in self.key("list-deleted", *v)])
        self.assertEqual(self.key("show-deleted", *v, "-n", name)["key"]["kid"], first["key"]["kid"])
        self.key("recover", *v, "-n", name)
        self.key("delete", *v, "-n", name)
        self.key("purge", *v, "-n", name)
        self.az.refused("KeyNotFound", "keyvault", "key", "show-deleted", *v, "-n", name)
        self.assertEqual(self.key("restore", *v, "--file", kept)["key"]["kid"], first["key"]["kid"])

    def openssl(self, *words, data=b""):
        return subprocess.run(["openssl", *words], input=data, check=True, capture_output=True).stdout

    def public_of(self, name, encoding="PEM"):
        path = self.file("public")
        self.key("download", "--vault-name", "desk", "-n", name, "--file", path, "--encoding", encoding)
        with open(path, "rb") as f:
            return self.openssl("pkey", "-pubin", "-inform", encoding, "-pubout", data=f.read())

    def test_import_of_pem_files(self):
        for kind in (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                     ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                     ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]):
            plain = self.openssl("genpkey", *kind)
            locked = self.openssl("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:secret", data=plain)
            for data, more in ((plain, ()), (locked, ("--pem-password", "secret"))):
                with self.subTest(kind=kind[3], password=bool(more)):
                    name = fresh("k")
                    self.key("import", "--vault-name", "desk", "-n", name, "--pem-file", self.file("pem", data),
                             *more)
                    for encoding in ("PEM", "DER"):
                        self.assertEqual(self.public_of(name, encoding), self.openssl("pkey", "-pubout", data=plain))
        self.assertNotEqual(self.az.run("keyvault", "key", "import", "--vault-name", "desk", "-n", fresh("k"),
                                        "--pem-file", self.file("pem", locked), "--pem-password", "wrong").code, 0)

    def test_import_of_byok_files(self):
        kek = fresh("kek")
        got = self.key("create", "--vault-name", "safe", "-n", kek, "--kty", "RSA-HSM", "--size", "2048", "--ops",
                       "import")
        self.assertEqual(got["key"]["keyOps"], ["import"])
        path = self.file("kek.pem")
        self.key("download", "--vault-name", "safe", "-n", kek, "--file", path)
        with open(path, "rb") as f:
            public = f.read()
        for kind, words in (("RSA", ["--kty", "RSA"]), ("EC", ["--kty", "EC", "--curve", "P-256"])):
            with self.subTest(kind=kind):
                plain = self.openssl("genpkey", "-algorithm", kind, "-pkeyopt", "rsa_keygen_bits:2048"
                                     if kind == "RSA" else "ec_paramgen_curve:P-256")
                blob = byok.wrapped(public, got["key"]["kid"], plain)
                name = fresh("k")
                made = self.key("import", "--vault-name", "safe", "-n", name, "--byok-file",
                                self.file("key.byok", blob), *words)
                self.assertEqual(made["key"]["kty"], f"{kind}-HSM")
                there = self.file("there")
                self.key("download", "--vault-name", "safe", "-n", name, "--file", there)
                with open(there, "rb") as f:
                    self.assertEqual(self.openssl("pkey", "-pubin", "-pubout", data=f.read()),
                                     self.openssl("pkey", "-pubout", data=plain))
                bad = bytearray(byok.wrapped(public, got["key"]["kid"], plain, spoil=True))
                self.az.refused("BadParameter", "keyvault", "key", "import", "--vault-name", "safe", "-n", fresh("k"),
                                "--byok-file", self.file("bad.byok", bytes(bad)), *words)

    def test_encrypt_and_decrypt(self):
        name, _ = self.made("--kty", "RSA")
        v = ("--vault-name", "desk", "-n", name)
        for algorithm in ("RSA-OAEP", "RSA-OAEP-256", "RSA1_5"):
            for kind, value in (("plaintext", "a text"), ("base64", FIRST_BYTES)):
                got = self.key("encrypt", *v, "-a", algorithm, "--data-type", kind, "--value", value)
                back = self.key("decrypt", *v, "-a", algorithm, "--data-type", kind, "--value", got["result"])
                self.assertEqual(back["result"], value)
        self.assertNotEqual(self.az.run("keyvault", "key", "decrypt", *v, "-a", "RSA-OAEP", "--value",
                                        base64.b64encode(bytes(256)).decode()).code, 0)

    def test_sign_and_verify(self):
        for more, algorithm, digest in ((["--kty", "RSA"], "RS256", "sha256"), (["--kty", "RSA"], "PS512", "sha512"),
                                        (["--kty", "EC"], "ES256", "sha256"),
                                        (["--kty", "EC", "--curve", "P-384"], "ES384", "sha384")):
            with self.subTest(algorithm=algorithm):
                name, _ = self.made(*more)
                v = ("--vault-name", "desk", "-n", name, "-a", algorithm)
                value = base64.b64encode(hashlib.new(digest, b"text").digest()).decode()
                other = base64.b64encode(hashlib.new(digest, b"other").digest()).decode()
                got = self.key("sign", *v, "--digest", value)
                for what, good in ((value, True), (other, False)):
                    self.assertEqual(self.key("verify", *v, "--digest", what, "--signature",
                                              got["signature"])["isValid"], good)

    def test_rotation(self):
        name, first = self.made("--kty", "RSA")
        v = ("--vault-name", "desk", "-n", name)
        policy = {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "Rotate"}},
                                      {"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}}],
                  "attributes": {"expiryTime": "P2Y"}}
        got = self.key("rotation-policy", "update", *v, "--value", self.file("policy", json.dumps(policy).encode()))
        self.assertEqual(got["expiresIn"], "P2Y")
        self.assertEqual(self.key("rotation-policy", "show", *v)["expiresIn"], "P2Y")
        second = self.key("rotate", *v)
        self.assertNotEqual(second["key"]["kid"], first["key"]["kid"])

    def test_release_policy(self):
        policy = {"version": "1.0.0", "anyOf": [{"authority": "https://attester.example", "allOf": [
            {"claim": "sdk-test", "equals": "true"}]}]}
        _, got = self.made("--kty", "RSA-HSM", "--exportable", "true", "--policy",
                           self.file("release", json.dumps(policy).encode()), vault="safe")
        self.assertTrue(got["attributes"]["exportable"])
        self.assertIsNotNone(got["releasePolicy"])

    def test_random(self):
        got = self.key("random", "--id", TOWN.server.url("safe"), "--count", "24")
        self.assertEqual(len(base64.b64decode(got["value"])), 24)


if __name__ == "__main__":
    unittest.main()
