# SPDX-License-Identifier: Apache-2.0
"""GET by 8 connections while 32 others from another address ask without a token as fast as they can; the limits are on."""
from ..figures import Side

NAME, SHORT = "flood", False


def run(b):
    with b.vault(limits__unauthenticated_rate="50", limits__unauthenticated_burst="500") as v:
        v.put("/secrets/bench", {"value": "x" * 64})
        good, bad = v.request("GET", "/secrets/bench"), v.request("GET", "/secrets/bench", token=False)
        target = v.target()

        def beside(seconds):
            flood = target.begin(bad, 32, seconds + 0.6, warm=0, b="127.0.0.9")
            sample = target.load(good, 8, seconds)
            sample.more["flood_rate"] = round(flood.end(good=(401, 429)).rate)
            return sample

        b.compare("flood", "GET, 8 connections, beside a flood of 401s by 32",
                  [Side("keyhold", beside), Side("alone", lambda s: target.load(good, 8, s))],
                  note="a fair share of two parties is 0.5")
