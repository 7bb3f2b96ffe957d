# SPDX-License-Identifier: Apache-2.0
"""GET secret while there are 10^3 and 10^5 vaults (--vaults N for another most), against one vault."""
from ..figures import Side

NAME, SHORT = "scale_vaults", False


def run(b):
    with b.vault() as one:
        one.put("/secrets/bench", {"value": "x" * 64})
        for n in [n for n in (10**3, 10**5) if n <= b.tools.vaults]:
            if b.is_late():
                b.skip(f"{n} vaults", "there was no time left (--most)")
                break
            with b.vault() as many:
                b.tools.say(f"    making {n} vaults")
                many.fill_vaults(n, until=b.deadline)
                many.put("/secrets/bench", {"value": "x" * 64})
                one.renew_token()
                many.renew_token()
                sides = [Side(name, lambda s, t=v.target(), r=v.request("GET", "/secrets/bench"): t.load(r, 32, s))
                         for name, v in (("keyhold", many), ("of_1_vault", one))]
                b.compare(f"get_in_{n}_vaults", f"GET secret beside {n} vaults, 32 connections", sides)
                pss = many.pss_mib()
                b.value(f"pss_{n}_vaults_mib", round(sum(pss.values()), 2), f"MiB (PSS) with {n} vaults", pss)
