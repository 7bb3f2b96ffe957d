# SPDX-License-Identifier: Apache-2.0
"""Memory before and after many GETs (10^6; with --growth N another number)."""
import time

NAME, SHORT = "growth", False
A_TOKEN_IS_GOOD_FOR = 1800  # seconds: half of what it is


def run(b):
    with b.vault() as v:
        v.put("/secrets/bench", {"value": "x" * 64})
        text, target = v.request("GET", "/secrets/bench"), v.target()
        # Twice: those who connect anew meet the last ones' connections, as they do from one million to the next.
        for _ in range(2):
            target.load(text, 32, 5)
        before, done, want, token = v.pss_mib(), 0, b.growth, time.monotonic()
        while done < want and not b.is_late():
            done += sum(target.load(text, 32, 60, m=min(want - done, 1000000)).more["statuses"].values())
            # One that is new is remembered beside the one before it, for as long as that is good: 16 KiB.
            if time.monotonic() - token > A_TOKEN_IS_GOOD_FOR:
                v.renew_token()
                text, token = v.request("GET", "/secrets/bench"), time.monotonic()
        after = v.pss_mib()
        b.value("growth_mib", round(sum(after.values()) - sum(before.values()), 2), f"MiB (PSS) more after {done} GETs",
                {"before": before, "after": after})
