# SPDX-License-Identifier: Apache-2.0
"""A page of 25 secrets out of 1,000, against nginx with a body of the same size."""
from ..figures import Side

NAME, SHORT = "list_page", False


def run(b):
    with b.vault() as v, b.opened(b.nginx) as others:
        v.fill(1000)
        text, target = v.request("GET", "/secrets?maxresults=25"), v.target()
        size = target.load(text, 4, 0.5).more["body"]
        b.compare("list_page", "List, a page of 25, 32 connections",
                  [Side("keyhold", lambda s: target.load(text, 32, s)), *(o.side(size, 32, v.headers()) for o in others)])
