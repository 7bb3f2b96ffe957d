# SPDX-License-Identifier: Apache-2.0
"""Signatures, and what else is done with private keys, against `openssl speed` on the same core."""
import base64

from .. import limits
from ..figures import Side

NAME, SHORT = "sign", True
DIGEST = base64.urlsafe_b64encode(b"\x5a" * 32).rstrip(b"=").decode()
# Key, what makes it, algorithm, what `openssl speed` calls it, whether bench-short has it.
KEYS = (("rsa2048", {"kty": "RSA", "key_size": 2048}, "RS256", "rsa2048", True),
        ("rsa3072", {"kty": "RSA", "key_size": 3072}, "RS256", "rsa3072", False),
        ("rsa4096", {"kty": "RSA", "key_size": 4096}, "RS256", "rsa4096", False),
        ("p256", {"kty": "EC", "crv": "P-256"}, "ES256", "ecdsap256", True))
# `openssl speed` prints: RSA "sign verify sign/s verify/s", ECDSA the same; columns from the end.
SIGN, VERIFY = -2, -1


def ours(target, v, path, body):
    text = v.request("POST", path, body)
    return Side("keyhold", lambda s: target.load(text, 32, s))


def run(b):
    with b.vault() as v, b.opened(b.bao_dev) as others:
        target = v.target()
        for name, make, alg, speed, is_short in KEYS:
            if b.short and not is_short:
                continue
            v.post(f"/keys/{name}/create", make)
            side = ours(target, v, f"/keys/{name}/sign", {"alg": alg, "value": DIGEST})
            side.take(0.5)
            plain = base64.b64encode(b"\x5a" * 32).decode()
            peers = [o.sign(name, plain, 32) for o in others if name in ("rsa2048", "p256")]
            b.compare(f"sign_{name}", f"Sign {alg} with {name}, 32 connections",
                      [side, limits.openssl_speed(b.tools, speed, SIGN), *peers], alone="keeper")
        if b.short:
            return
        verify(b, v, target)
        decrypt(b, v, target)


def verify(b, v, target):
    made = v.post("/keys/p256/sign", {"alg": "ES256", "value": DIGEST})["value"]
    b.compare("verify_p256", "Verify ES256, 32 connections",
              [ours(target, v, "/keys/p256/verify", {"alg": "ES256", "digest": DIGEST, "value": made}),
               limits.openssl_speed(b.tools, "ecdsap256", VERIFY)], alone="keeper")


def decrypt(b, v, target):
    made = v.post("/keys/rsa2048/encrypt", {"alg": "RSA-OAEP-256", "value": DIGEST})["value"]
    b.compare("decrypt_rsa2048", "Decrypt RSA-OAEP-256 with rsa2048, 32 connections",
              [ours(target, v, "/keys/rsa2048/decrypt", {"alg": "RSA-OAEP-256", "value": made}),
               limits.openssl_speed(b.tools, "rsa2048", SIGN)], alone="keeper",
              note="openssl: private operations with the same key")
