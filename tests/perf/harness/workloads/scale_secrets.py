# SPDX-License-Identifier: Apache-2.0
"""GET, SET and list among 10^3, 10^5 and 10^6 secrets (--secrets N for another most), each against 10^3; start time and memory."""
from .. import limits, vault
from ..figures import Side

NAME, SHORT = "scale_secrets", False


def side(name, v, n, method="GET", connections=32):
    value = {"value": "x" * 64} if method == "PUT" else None
    text, target = v.request(method, "/secrets/s-@@@@@@@@", value), v.target()
    return Side(name, lambda s: target.load(text, connections, s, n=n))


def page(name, v):
    text, target = v.request("GET", "/secrets?maxresults=25"), v.target()
    return Side(name, lambda s: target.load(text, 32, s))


def against(b, n, few, many, least):
    b.compare(f"get_of_{n}", f"GET of any of {n} secrets, 32 connections",
              [side("keyhold", many, n), side("of_1000", few, least), limits.lmdb(b.tools, "read", n)],
              note="lmdb: two point reads in a snapshot, no more")
    b.compare(f"list_of_{n}", f"List, a page of 25 of {n} secrets, 32 connections", [page("keyhold", many), page("of_1000", few)])
    b.compare(f"set_of_{n}", f"SET of any of {n} secrets, 64 writers",
              [side("keyhold", many, n, "PUT", 64), side("of_1000", few, least, "PUT", 64)])


def run(b):
    sizes = [n for n in (10**3, 10**5, 10**6, 10**7) if n <= b.tools.secrets]
    with b.vault() as few:
        few.fill(sizes[0])
        for n in sizes[1:]:
            if b.is_late():
                b.skip(f"{n} secrets", "there was no time left (--most)")
                break
            data = b.tools.folder(f"secrets-{n}") + "/data"
            with b.vault(data_dir=data) as many:
                b.tools.say(f"    filling {n} secrets")
                many.fill(n, until=b.deadline)
                many.renew_token()
                few.renew_token()
                against(b, n, few, many, sizes[0])
                pss = many.pss_mib()
                b.value(f"pss_{n}_mib", round(sum(pss.values()), 2), f"MiB (PSS) after reading {n} secrets", pss)
            times = [vault.start_ms(b.tools, data) for _ in range(3)]
            b.value(f"start_{n}_ms", round(sorted(times)[1], 1), f"ms to the first answer with {n} secrets", times)
            b.tools.folder(f"secrets-{n}")
