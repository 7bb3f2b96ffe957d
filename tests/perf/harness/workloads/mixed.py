# SPDX-License-Identifier: Apache-2.0
"""95 % GET and 5 % SET of 1,000 secrets, 32 connections: against GET alone of the same."""
from ..figures import Side

NAME, SHORT = "mixed", False


def run(b):
    with b.vault() as v:
        v.fill(1000)
        get = v.request("GET", "/secrets/s-@@@@@@@@")
        put = v.request("PUT", "/secrets/s-@@@@@@@@", {"value": "x" * 64})
        target = v.target()
        b.compare("mixed", "95 % GET, 5 % SET, 32 connections",
                  [Side("keyhold", lambda s: target.load([(95, get), (5, put)], 32, s, n=1000)),
                   Side("get_alone", lambda s: target.load(get, 32, s, n=1000))])
