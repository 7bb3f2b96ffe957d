# SPDX-License-Identifier: Apache-2.0
"""GET by 8 connections beside a flood without tokens, the limits on: from another address, from the same one, of handshakes."""
from ..figures import Side

NAME, SHORT = "flood", False


def run(b):
    with b.vault(limits__unauthenticated_rate="50", limits__unauthenticated_burst="500") as v:
        v.put("/secrets/bench", {"value": "x" * 64})
        good, bad = v.request("GET", "/secrets/bench"), v.request("GET", "/secrets/bench", token=False)
        target = v.target()

        def beside(name, **options):
            def take(seconds):
                flood = target.begin(bad, 32, seconds + 0.6, warm=0, **options)
                sample = target.load(good, 8, seconds)
                sample.more["flood_rate"] = round(flood.end(good=(401, 429)).rate)
                return sample
            return Side(name, take)

        alone = Side("alone", lambda s: target.load(good, 8, s))
        for key, what, options in (("flood", "from another address", {"b": "127.0.0.9"}),
                                   ("flood_same_address", "from the same address", {}),
                                   ("flood_handshakes", "of new connections from another address", {"b": "127.0.0.9", "k": "full"})):
            b.compare(key, f"GET, 8 connections, beside a flood of 32 {what}", [beside("keyhold", **options), alone],
                      note="a fair share of two parties is 0.5; who asks needs its core for both")
