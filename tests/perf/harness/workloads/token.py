# SPDX-License-Identifier: Apache-2.0
"""Tokens for an application with a secret, against RSA-2048 signatures of one core: a token is one."""
from .. import limits
from ..figures import Side
from ..load import request

NAME, SHORT = "token", False


def run(b):
    with b.vault() as v:
        host = f"login.{v.domain}"
        text = request("POST", "/adfs/oauth2/v2.0/token", host, [("Content-Type", "application/x-www-form-urlencoded")],
                       v.token_form(f"https://vault.{v.domain}"))
        target = v.target(host)
        target.load(text, 4, 0.5)
        b.compare("token_mint", "Token for a client secret, 8 connections",
                  [Side("keyhold", lambda s: target.load(text, 8, s)), limits.openssl_speed(b.tools, "rsa2048", -2)],
                  alone="keeper", note="the secret is checked with scrypt, unless it was a moment ago")
