# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests: made here, read by openssl and python3-cryptography."""
import base64
import datetime
import os
import re
import subprocess
import unittest
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

UTC = datetime.timezone.utc
PFX, PEM = "application/x-pkcs12", "application/x-pem-file"


def fresh(prefix="c"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def ec_policy(issuer="Self", subject="CN=test", **more):
    x509_props = {"subject": subject, **more.pop("x509", {})}
    return {"key_props": {"kty": "EC", "crv": "P-256", **more.pop("key", {})}, "issuer": {"name": issuer},
            "x509_props": x509_props, **more}


def der(answer):
    return base64.b64decode(answer["cer"])


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def sign(subject, key, issuer, issuer_key, *, ca=False, days=30, begin=None):
    begin = begin or datetime.datetime.now(UTC) - datetime.timedelta(days=1)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
               .serial_number(x509.random_serial_number()).not_valid_before(begin)
               .not_valid_after(begin + datetime.timedelta(days=days))
               .add_extension(x509.BasicConstraints(ca, None), critical=True))
    return builder.sign(issuer_key, hashes.SHA256())


class Hierarchy:
    """root -> middle -> whoever asks."""

    def __init__(self):
        self.root_key, self.middle_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root, middle = name_of("root"), name_of("middle")
        self.root = sign(root, self.root_key.public_key(), root, self.root_key, ca=True)
        self.middle = sign(middle, self.middle_key.public_key(), root, self.root_key, ca=True)

    def issue(self, subject, key, **more):
        return sign(subject, key, self.middle.subject, self.middle_key, **more)


def spki(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def end_of(c):
    return int(c.not_valid_after.replace(tzinfo=UTC).timestamp())


def raw(c):
    return c.public_bytes(serialization.Encoding.DER)


def pem(c):
    return c.public_bytes(serialization.Encoding.PEM).decode()


def pem_all(text):
    return [x509.load_pem_x509_certificate(block.encode())
            for block in re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", text, re.S)]


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def pfx(key, cert, chain=(), password=b""):
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return base64.b64encode(pkcs12.serialize_key_and_certificates(b"x", key, cert, list(chain), how)).decode()


class Case(unittest.TestCase):
    """folder and client: the suite's to set."""

    maxDiff = None
    folder, client = None, None

    def ok(self, a, status=200):
        self.assertEqual(a.status, status, a)
        return a.json()

    def refused(self, a, status, code, message=None, inner=None):
        self.assertEqual(a.status, status, a)
        self.assertEqual((a.error["code"], a.inner), (code, inner), a)
        if message is not None:
            self.assertEqual(a.error["message"], message)

    def create(self, name=None, policy=None, client=None, **more):
        name, c = name or fresh(), client or self.client
        a = c.post(f"/certificates/{name}/create", {"policy": policy or ec_policy(), **more})
        self.ok(a, 202)
        return name, a

    def get(self, name, version=""):
        return self.ok(self.client.get(f"/certificates/{name}" + (f"/{version}" if version else "")))

    def secret(self, name, query=""):
        return self.ok(self.client.get(f"/secrets/{name}?{query}" if query else f"/secrets/{name}"))

    def openssl(self, *words, stdin=b""):
        done = subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def verified(self, c, *chain):
        """By openssl, strictly; self-signed if there is no chain (its end is the anchor)."""
        def file(*certs):
            path = os.path.join(self.folder, uuid.uuid4().hex)
            with open(path, "w", encoding="ascii") as f:
                f.write("".join(map(pem, certs)))
            return path
        more = ["-untrusted", file(*chain[:-1])] if len(chain) > 1 else []
        self.openssl("verify", "-CAfile", file(chain[-1] if chain else c), *more, file(c))

    def url(self, path):
        return f"https://{self.client.host}{path}"
