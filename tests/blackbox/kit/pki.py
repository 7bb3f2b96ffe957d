# SPDX-License-Identifier: Apache-2.0
"""Certificate authorities from outside: made by the resource manager, with keys of a vault."""
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kit import wire

VERSION = "2026-11-01"
TYPE = "/providers/Keyhold.Pki/certificateAuthorities"


def blocks(text):
    return [x509.load_pem_x509_certificate(b.encode())
            for b in re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", text, re.S)]


def request(subject="CN=a.corp.test", dns=(), key=None, extensions=()):
    """A request as PEM, and its key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    b = x509.CertificateSigningRequestBuilder().subject_name(x509.Name.from_rfc4514_string(subject))
    if dns:
        b = b.add_extension(x509.SubjectAlternativeName([x509.DNSName(d) for d in dns]), False)
    for e in extensions:
        b = b.add_extension(e, False)
    csr = b.sign(key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode(), key


class Manager(wire.Client):
    """The resource manager for one application."""

    def __init__(self, server, app, subscription, group="bench", tenant="adfs"):
        token = wire.get_token(server, app.app_id, app.secret,
                               f"https://management.keyhold.localhost:{server.port}/.default", tenant)
        super().__init__(server, "management", token, VERSION)
        self.group = f"/subscriptions/{subscription}/resourceGroups/{group}"

    def id(self, name):
        return f"{self.group}{TYPE}/{name}"

    def make(self, name, key, vault="alpha", parent=None, **properties):
        p = {"key": {"vault": vault, "name": key}, "subject": f"CN={name}", **properties}
        if parent:
            p["parent"] = parent if parent == "external" else self.id(parent)
        return self.put(self.id(name), {"location": "local", "properties": p})

    def issue(self, name, csr, **more):
        return self.post(f"{self.id(name)}/issue", {"csr": csr, **more})
