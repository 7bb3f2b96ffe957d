# SPDX-License-Identifier: Apache-2.0
"""
A client of the ACME server that can do everything wrong: each part of a request can be
replaced. Keys are P-256 unless said otherwise.
"""
import base64
import hashlib
import hmac
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

from kit import wire

ERROR = "urn:ietf:params:acme:error:"
JOSE = ("Content-Type", "application/jose+json")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


class Key:
    """A key that signs JWS."""

    def __init__(self, key=None, alg=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        size = 0 if self.is_rsa else self.key.curve.key_size
        self.alg = alg or ("RS256" if self.is_rsa else {256: "ES256", 384: "ES384"}[size])
        self.size = (size + 7) // 8

    def jwk(self):
        n = self.key.public_key().public_numbers()
        if self.is_rsa:
            return {"e": number(n.e), "kty": "RSA", "n": number(n.n)}
        return {"crv": f"P-{self.size * 8}", "kty": "EC", "x": number(n.x, self.size), "y": number(n.y, self.size)}

    def thumbprint(self):
        text = json.dumps(self.jwk(), separators=(",", ":"), sort_keys=True)
        return b64(hashlib.sha256(text.encode()).digest())

    def sign(self, message):
        digest = hashes.SHA384() if self.alg == "ES384" else hashes.SHA256()
        if self.is_rsa:
            return self.key.sign(message, padding.PKCS1v15(), digest)
        r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(digest)))
        return r.to_bytes(self.size, "big") + s.to_bytes(self.size, "big")


class Secret:
    """What signs an external account binding."""
    alg = "HS256"

    def __init__(self, text):
        self.secret = unb64(text)

    def sign(self, message):
        return hmac.new(self.secret, message, "sha256").digest()


def flattened(signer, header, payload, signature=None):
    """payload: None for POST-as-GET, bytes as they are, anything else as JSON."""
    if payload is None:
        payload = b""
    elif not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    head, body = b64(json.dumps(header).encode()), b64(payload)
    if signature is None:
        signature = signer.sign(f"{head}.{body}".encode())
    return {"protected": head, "payload": body, "signature": b64(signature)}


def csr(names, key=None, cn=None, more=(), digest=None, ip=()):
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, cn)] if cn else []
    b = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    alts = [x509.DNSName(n) for n in names] + [x509.IPAddress(i) for i in ip]
    if alts:
        b = b.add_extension(x509.SubjectAlternativeName(alts), critical=False)
    for extension, critical in more:
        b = b.add_extension(extension, critical)
    return b.sign(key, digest or hashes.SHA256()).public_bytes(serialization.Encoding.DER), key


class Client:
    """One account (or none yet) at the server of one authority."""

    def __init__(self, server, directory, key=None):
        self.origin = f"https://{server.host('pki')}"
        assert directory.startswith(self.origin), (directory, self.origin)
        self.base, self.key, self.kid = directory.removesuffix("/directory"), key or Key(), None
        self.wire = wire.Client(server, "pki", None, None)
        self.nonces = []

    def close(self):
        self.wire.close()

    def path(self, url):
        return (url if url.startswith("https:") else f"{self.base}/{url}").removeprefix(self.origin)

    def get(self, url, method="GET", **more):
        return self.keep(self.wire.call(method, self.path(url), **more))

    def keep(self, answer):
        if answer.header("Replay-Nonce"):
            self.nonces.append(answer.header("Replay-Nonce"))
        return answer

    def nonce(self):
        if not self.nonces:
            self.get("newNonce", "HEAD")
        return self.nonces.pop()

    def header(self, url, /, **changes):
        """None takes a member away."""
        by = {"kid": self.kid} if self.kid else {"jwk": self.key.jwk()}
        h = {"alg": self.key.alg, **by, "nonce": None, "url": self.origin + self.path(url), **changes}
        if "nonce" not in changes:
            h["nonce"] = self.nonce()
        return {k: v for k, v in h.items() if v is not None}

    def send(self, url, body, headers=(JOSE,)):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.keep(self.wire.call("POST", self.path(url), body, headers=headers))

    def post(self, url, payload=None, /, *, signer=None, **changes):
        return self.send(url, flattened(signer or self.key, self.header(url, **changes), payload))

    def binding(self, kid, secret, /, **changes):
        header = {"alg": "HS256", "kid": kid, "url": f"{self.base}/newAccount", **changes}
        return flattened(Secret(secret), {k: v for k, v in header.items() if v is not None}, self.key.jwk())

    def register(self, credential, **more):
        """credential: as it was made."""
        a = self.post("newAccount", {"termsOfServiceAgreed": True, "externalAccountBinding": self.binding(
            credential["kid"], credential["hmacKey"]), **more})
        if a.status in (200, 201):
            self.kid = a.header("Location")
        return a

    def order(self, *names, **more):
        ids = [n if isinstance(n, dict) else {"type": "dns", "value": n} for n in names]
        return self.post("newOrder", {"identifiers": ids, **more})

    def finalize(self, order, request):
        return self.post(order.json()["finalize"], {"csr": b64(request)})

    def enrol(self, *names, **more):
        """The certificate's chain, and its key."""
        order = self.order(*names, **more)
        assert order.status == 201, order
        request, key = csr(names)
        done = self.finalize(order, request)
        assert done.status == 200, done
        chain = self.post(done.json()["certificate"])
        assert chain.status == 200, chain
        return [x509.load_pem_x509_certificate(b"-----BEGIN" + p) for p in chain.body.split(b"-----BEGIN")[1:]], key
