# SPDX-License-Identifier: Apache-2.0
"""SET secret, durable before the answer, by 1, 8 and 64 writers: against what the disk could sync, LMDB alone, and OpenBao."""
from .. import limits
from ..figures import Side

NAME, SHORT = "set_secret", True


def run(b):
    with b.vault() as v, b.opened(b.bao_raft) as others:
        text, target = v.request("PUT", "/secrets/s-@@@@@@@@", {"value": "x" * 64}), v.target()
        target.load(text, 8, 0.5, n=1000)
        for writers in (1, 64) if b.short else (1, 8, 64):
            sides = [Side("keyhold", lambda s, w=writers: target.load(text, w, s, n=1000)),
                     limits.disk(b.tools, writers), limits.lmdb(b.tools, "write", writers),
                     *(other.set(writers) for other in others)]
            b.compare(f"set_secret_{writers}", f"SET secret, {writers} writer{'s' * (writers > 1)}", sides,
                      note=f"disk: commits a second that the disk makes durable, times {writers}; lmdb: the same rows in one commit")
        one, many = (b.figure(f"set_secret_{n}").taken["keyhold"] for n in (1, 64))
        b.ratio("set_secret_64_vs_1", [m.rate / o.rate for m, o in zip(many, one)])
