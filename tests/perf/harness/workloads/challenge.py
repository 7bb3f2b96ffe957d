# SPDX-License-Identifier: Apache-2.0
"""The first half of every client's first request: 401 with a challenge, its record in the audit log too; against nginx."""
from ..figures import Side

NAME, SHORT = "challenge", False


def run(b):
    with b.vault() as v, b.opened(b.nginx) as others:
        text, target = v.request("GET", "/secrets/bench", token=False), v.target()
        size = target.load(text, 4, 0.3, good=(401,)).more["body"]
        b.compare("challenge", "401 with a challenge, 32 connections",
                  [Side("keyhold", lambda s: target.load(text, 32, s, good=(401,))), *(o.side(size, 32) for o in others)],
                  note="every one recorded: limits.unauthenticated_rate is off here")
