# SPDX-License-Identifier: Apache-2.0
"""Memory before and after many GETs (10^6; with --growth N another number)."""
NAME, SHORT = "growth", False


def run(b):
    with b.vault() as v:
        v.put("/secrets/bench", {"value": "x" * 64})
        text, target = v.request("GET", "/secrets/bench"), v.target()
        target.load(text, 32, 2)
        before, done, want = v.pss_mib(), 0, b.growth
        while done < want and not b.is_late():
            done += sum(target.load(text, 32, 60, m=min(want - done, 1000000)).more["statuses"].values())
            v.renew_token()
            text = v.request("GET", "/secrets/bench")
        after = v.pss_mib()
        b.value("growth_mib", round(sum(after.values()) - sum(before.values()), 2), f"MiB (PSS) more after {done} GETs",
                {"before": before, "after": after})
