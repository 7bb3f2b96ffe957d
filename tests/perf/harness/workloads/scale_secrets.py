# SPDX-License-Identifier: Apache-2.0
"""GET of any of 10^3, 10^5 and 10^6 secrets (--secrets N for another most), each against 10^3; start time and memory with them."""
from .. import limits, vault
from ..figures import Side

NAME, SHORT = "scale_secrets", False


def side(name, v, n):
    text, target = v.request("GET", "/secrets/s-@@@@@@@@"), v.target()
    return Side(name, lambda s: target.load(text, 32, s, n=n))


def run(b):
    sizes = [n for n in (10**3, 10**5, 10**6, 10**7) if n <= b.tools.secrets]
    with b.vault() as few:
        few.fill(sizes[0])
        for n in sizes[1:]:
            data = b.tools.folder(f"secrets-{n}") + "/data"
            with b.vault(data_dir=data) as many:
                b.tools.say(f"    filling {n} secrets")
                many.fill(n)
                many.renew_token()
                few.renew_token()
                b.compare(f"get_of_{n}", f"GET of any of {n} secrets, 32 connections",
                          [side("keyhold", many, n), side("of_1000", few, sizes[0]), limits.lmdb(b.tools, "read", n)],
                          note="lmdb: two point reads in a snapshot, no more")
                pss = many.pss_mib()
                b.value(f"pss_{n}_mib", round(sum(pss.values()), 2), f"MiB (PSS) after reading {n} secrets", pss)
            times = [vault.start_ms(b.tools, data) for _ in range(3)]
            b.value(f"start_{n}_ms", round(sorted(times)[1], 1), f"ms to start with {n} secrets", times)
            b.tools.folder(f"secrets-{n}")
