# SPDX-License-Identifier: Apache-2.0
"""Wrapping a key with an AES key: the mathematics is nothing, the way is all; so against nginx with a body of the same size."""
import base64

from ..figures import Side

NAME, SHORT = "wrap_aes", False


def run(b):
    with b.vault() as v, b.opened(b.nginx) as others:
        value = base64.urlsafe_b64encode(b"\x5a" * 32).rstrip(b"=").decode()
        v.manage("PATCH", v.path, {"properties": {"keyhold": {"allowOctKeys": True}}})
        v.post("/keys/aes/create", {"kty": "oct", "key_size": 256})
        text, target = v.request("POST", "/keys/aes/wrapkey", {"alg": "A256KW", "value": value}), v.target()
        size = target.load(text, 4, 0.5).more["body"]
        b.compare("wrap_aes", "Wrap A256KW, 32 connections",
                  [Side("keyhold", lambda s: target.load(text, 32, s)), *(o.side(size, 32, v.headers()) for o in others)])
