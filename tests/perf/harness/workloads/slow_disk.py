# SPDX-License-Identifier: Apache-2.0
"""SET secret where a sync takes 5 ms longer, as on disks that turn or stand elsewhere: what one sync serves."""
from .. import limits
from ..figures import Side

NAME, SHORT = "slow_disk", False
SYNC_MS = 5


def run(b):
    with b.vault(sync_ms=SYNC_MS) as v:
        text, target = v.request("PUT", "/secrets/s-@@@@@@@@", {"value": "x" * 64}), v.target()
        target.load(text, 8, 0.5, n=1000)
        for writers in (1, 64):
            b.compare(f"slow_disk_{writers}", f"SET secret, {writers} writer{'s' * (writers > 1)}, a sync takes {SYNC_MS} ms longer",
                      [Side("keyhold", lambda s, w=writers: target.load(text, w, s, n=1000)),
                       limits.disk(b.tools, writers, sync_ms=SYNC_MS)])
        one, many = (b.figure(f"slow_disk_{n}").taken["keyhold"] for n in (1, 64))
        b.ratio("slow_disk_64_vs_1", [m.rate / o.rate for m, o in zip(many, one)])
