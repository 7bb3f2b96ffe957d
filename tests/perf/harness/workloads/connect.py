# SPDX-License-Identifier: Apache-2.0
"""A new TLS connection for each GET, with a whole handshake and with a resumed one, against nginx's."""
from ..figures import Side

NAME, SHORT = "connect", True


def run(b):
    with b.vault() as v, b.opened(b.nginx) as others:
        v.put("/secrets/bench", {"value": "x" * 64})
        text, target = v.request("GET", "/secrets/bench"), v.target()
        size = target.load(text, 4, 0.3).more["body"]
        for key, title, kind in (("connect", "New connection + GET, whole handshake", "full"),
                                 ("connect_resumed", "New connection + GET, resumed", "resumed")):
            b.compare(key, f"{title}, 16 at once",
                      [Side("keyhold", lambda s, k=kind: target.load(text, 16, s, k=k)),
                       *(o.side(size, 16, v.headers(), k=kind) for o in others)])
