# SPDX-License-Identifier: Apache-2.0
"""
Certificates with -HSM keys: the private key is made in a PKCS#11 token (SoftHSM), signs there,
is seen from outside by pkcs11-tool and nowhere else, and goes when the certificate is purged.
"""
import base64
import hashlib
import re
import shutil
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import certs, wire, world
from kit.certs import PEM, PFX, Hierarchy, der, fresh, key_pem, name_of, pem, pem_all, pfx, raw, sign, spki
from kit.server import Server, wait_for
from py import test_token
from py.test_token import b64, unb64

KINDS = {"RSA-HSM": {"kty": "RSA-HSM", "key_size": 2048}, "EC-HSM": {"kty": "EC-HSM", "crv": "P-256"},
         "EC-HSM of P-384": {"kty": "EC-HSM", "crv": "P-384"}}


class Tokens(certs.Case):
    @classmethod
    def setUpClass(cls):
        if test_token.MODULE is None or not shutil.which("pkcs11-tool"):
            raise cls.skipTest(cls, "there is no softhsm2 or no opensc here")
        w = world.World()
        w.app("officer")
        for name, sku in (("gold", "premium"), ("plain", "standard")):
            w.vault(name, sku=sku)
            w.role("officer", "Key Vault Administrator", vault=name)
        cls.token = test_token.Token()
        cls.addClassCleanup(cls.token.discard)
        cls.s = Server("certificate-tokens", seed=w.seed(), sets=cls.token.settings(), expect_trouble=True)
        cls.s.more_env = cls.token.env
        cls.addClassCleanup(cls.s.discard)
        cls.s.start()
        a = w.apps["officer"]
        bearer = wire.get_token(cls.s, a.app_id, a.secret)
        cls.client, cls.plain = (wire.Client(cls.s, f"{v}.vault", bearer, "7.6") for v in ("gold", "plain"))
        cls.folder = tempfile.mkdtemp(prefix="kh-tokens-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def policy(self, kind="EC-HSM", issuer="Self", form=PFX, **key):
        return {"key_props": {**KINDS[kind], **key}, "issuer": {"name": issuer}, "x509_props": {"subject": "CN=in a token"},
                "secret_props": {"contentType": form}}

    def inside(self, b):
        """The objects of that version in the token, as text."""
        version = b["kid"].rpartition("/")[2]
        return [t for label, texts in self.token.objects().items() if label.endswith("/" + version) for t in texts]

    def assert_inside(self, b, made_there=True):
        [text] = self.inside(b)
        self.assertIn("Private Key Object", text)
        self.assertRegex(text, r"Access:.*sensitive")
        if made_there:
            self.assertRegex(text, r"Access:.*never extractable")

    def test_self_signed(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                name, _ = self.create(policy=self.policy(kind))
                b = self.get(name)
                c = x509.load_der_x509_certificate(der(b))
                self.verified(c)
                self.assertEqual(b["policy"]["key_props"]["kty"], KINDS[kind]["kty"])
                self.assertIs(b["policy"]["key_props"]["exportable"], False)
                self.assert_inside(b)
                key = self.ok(self.client.get(f"/keys/{name}"))
                self.assertEqual((key["key"]["kty"], key["managed"]), (KINDS[kind]["kty"], True))
                self.signs(name, c.public_key())

    def signs(self, name, public):
        rsa_key = not isinstance(public, ec.EllipticCurvePublicKey)
        digest = {256: hashes.SHA256(), 384: hashes.SHA384()}[256 if rsa_key else public.key_size]
        text = hashlib.new(digest.name, b"text").digest()
        alg = "RS256" if rsa_key else f"ES{public.key_size}"
        made = unb64(self.ok(self.client.post(f"/keys/{name}/sign", {"alg": alg, "value": b64(text)}))["value"])
        if rsa_key:
            public.verify(made, text, padding.PKCS1v15(), utils.Prehashed(digest))
        else:
            half = len(made) // 2
            public.verify(utils.encode_dss_signature(*(int.from_bytes(x, "big") for x in (made[:half], made[half:]))),
                          text, ec.ECDSA(utils.Prehashed(digest)))

    def test_the_secret_has_no_key(self):
        for form in (PFX, PEM):
            # Asking for an exportable one does not help (data-plane.md D2.1).
            name, _ = self.create(policy=self.policy(form=form, exportable=True))
            value = self.secret(name)["value"]
            if form == PEM:
                self.assertNotIn("PRIVATE", value)
                self.assertEqual([raw(c) for c in pem_all(value)], [der(self.get(name))])
            else:
                key, c, more = pkcs12.load_key_and_certificates(base64.b64decode(value), b"")
                self.assertIsNone(key)
                self.assertEqual([raw(x) for x in [c, *more] if x], [der(self.get(name))])

    def test_merged(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                name, a = self.create(policy=self.policy(kind, "Unknown"))
                csr = x509.load_der_x509_csr(base64.b64decode(a.json()["csr"]))
                self.assertTrue(csr.is_signature_valid)
                h = Hierarchy()
                leaf = h.issue(csr.subject, csr.public_key())
                self.ok(self.client.post(f"/certificates/{name}/pending/merge", {
                    "x5c": [base64.b64encode(raw(c)).decode() for c in (leaf, h.middle, h.root)]}), 201)
                b = self.get(name)
                self.assertEqual(der(b), raw(leaf))
                self.assert_inside(b)
                self.signs(name, leaf.public_key())

    def test_reuse_of_the_key(self):
        for kind in ("RSA-HSM", "EC-HSM"):
            name, _ = self.create(policy=self.policy(kind, reuse_key=True))
            one = self.get(name)
            self.ok(self.client.post(f"/certificates/{name}/create", {}), 202)
            two = self.get(name)
            self.assertNotEqual(one["kid"], two["kid"])
            keys = [x509.load_der_x509_certificate(der(b)).public_key() for b in (one, two)]
            self.assertEqual(spki(keys[0]), spki(keys[1]))
            self.assertEqual((len(self.inside(one)), len(self.inside(two))), (1, 0))  # it is one object
            self.signs(name, keys[1])
            self.ok(self.client.patch(f"/certificates/{name}/policy", {"key_props": {"reuse_key": False}}))
            self.ok(self.client.post(f"/certificates/{name}/create", {}), 202)
            three = self.get(name)
            self.assertNotEqual(spki(x509.load_der_x509_certificate(der(three)).public_key()), spki(keys[1]))
            self.assert_inside(three)

    def test_purging_destroys_the_key_in_the_token(self):
        name, _ = self.create(policy=self.policy(reuse_key=True))
        versions = [self.get(name)]
        self.ok(self.client.post(f"/certificates/{name}/create", {}), 202)
        versions.append(self.get(name))
        self.ok(self.client.delete(f"/certificates/{name}"))
        self.assertTrue(any(self.inside(b) for b in versions))
        self.ok(self.client.post(f"/deletedcertificates/{name}/recover"))
        self.signs(name, x509.load_der_x509_certificate(der(versions[1])).public_key())
        self.ok(self.client.delete(f"/certificates/{name}"))
        self.assertEqual(self.client.delete(f"/deletedcertificates/{name}").status, 204)
        wait_for(lambda: not any(f"/{name}/" in x.lower() for x in self.token.objects()), "the key is gone", pause=0.5)

    def test_keys_that_came_too_late_do_not_stay_in_the_token(self):
        """Several make and import a version at once; who met another's commit makes it again."""
        name, makers, rounds = fresh("race"), 6, 4
        start, answers = threading.Barrier(makers), []
        key, n = ec.generate_private_key(ec.SECP256R1()), name_of("mine")
        text = pem(sign(n, key.public_key(), n, key)) + key_pem(key)

        def make(i):
            c = wire.Client(self.s, "gold.vault", self.client.token, "7.6")
            c.get("/certificates")  # the connection stands
            for _ in range(rounds):
                start.wait()
                path, body = f"/certificates/{name}/create", {"policy": self.policy()}
                if i % 2 == 1:
                    path, body = f"/certificates/{name}/import", {"value": text, "policy": {"key_props": {"kty": "EC-HSM"}}}
                answers.append(c.post(path, body).status)
            c.close()

        threads = [threading.Thread(target=make, args=(i,)) for i in range(makers)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertLessEqual(set(answers), {200, 202, 409, 503}, answers)
        items = self.ok(self.client.get(f"/keys/{name}/versions?maxresults=25"))["value"]
        versions = {k["kid"].rpartition("/")[2] for k in items}
        self.assertGreater(len(versions), 0)

        def there():
            return {x.rpartition("/")[2] for x in self.token.objects() if f"/{name}/" in x.lower()}
        wait_for(lambda: there() == versions, "the clerk destroys what nobody has", pause=0.5)

    def test_an_import_goes_into_the_token(self):
        key, n = ec.generate_private_key(ec.SECP256R1()), name_of("mine")
        c = sign(n, key.public_key(), n, key)
        name = fresh()
        b = self.ok(self.client.post(f"/certificates/{name}/import", {
            "value": pfx(key, c), "policy": {"key_props": {"kty": "EC-HSM", "exportable": False}}}))
        self.assertEqual(b["policy"]["key_props"]["kty"], "EC-HSM")
        self.assert_inside(b, made_there=False)
        self.signs(name, key.public_key())
        got, _, _ = pkcs12.load_key_and_certificates(base64.b64decode(self.secret(name)["value"]), b"")
        self.assertIsNone(got)

    def test_backup_holds_no_key_of_a_token(self):
        name, _ = self.create(policy=self.policy())
        a = self.client.post(f"/certificates/{name}/backup")
        if a.status == 200:  # the key's object is named, not copied
            self.assertIsNotNone(re.match("[A-Za-z0-9_-]+$", a.json()["value"]))
        else:
            self.assertEqual(a.status, 400, a)
        self.assert_inside(self.get(name))

    def test_what_is_refused(self):
        a = self.plain.post(f"/certificates/{fresh()}/create", {"policy": self.policy()})
        self.refused(a, 400, "BadParameter", "Hardware key operation not allowed on standard vault")
        before = len(self.token.objects())
        key, n = ec.generate_private_key(ec.SECP256R1()), name_of("mine")
        other = ec.generate_private_key(ec.SECP256R1())
        for value in (pem(sign(n, other.public_key(), n, other)) + key_pem(key),
                      pfx(key, sign(n, key.public_key(), n, key))[:-40]):
            a = self.client.post(f"/certificates/{fresh()}/import",
                                 {"value": value, "policy": {"key_props": {"kty": "EC-HSM"}}})
            self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"), a)
        wait_for(lambda: len(self.token.objects()) == before, "nothing stays of what was refused", pause=0.5)
