# SPDX-License-Identifier: Apache-2.0
"""GET secret on the whole machine: a loop a core, nobody pinned, who asks beside it on the same cores; nginx likewise."""
from .. import limits
from ..figures import Side

NAME, SHORT = "whole", False


def run(b):
    cores = b.tools.cores.all
    with b.vault(loops="auto", cores=cores) as v, limits.Nginx(b.tools, cores=cores) as nginx:
        v.put("/secrets/bench", {"value": "x" * 64})
        text, target = v.request("GET", "/secrets/bench"), v.target()
        size = target.load(text, 4, 0.3).more["body"]
        b.compare("whole", "GET secret on all cores with who asks beside it, 64 connections",
                  [Side("keyhold", lambda s: target.load(text, 64, s, cores=cores)), nginx.side(size, 64, v.headers(), cores=cores)],
                  note="nginx has one worker")
