# SPDX-License-Identifier: Apache-2.0
"""GET secret over kept connections: a real token, roles and audit on, against nginx with a body of the same size, and against our
TLS and HTTP without a vault behind it."""
from ..figures import Side

NAME, SHORT = "get_secret", True


def run(b):
    with b.vault() as v:
        v.put("/secrets/bench", {"value": "x" * 64})
        text, target = v.request("GET", "/secrets/bench"), v.target()
        size = target.load(text, 4, 0.5).more["body"]
        with b.opened(b.nginx, b.hello, b.bao_dev, b.bao_raft, b.lowkey) as others:
            for key, connections in (("get_secret_1", 1), ("get_secret", 32)):
                sides = [Side("keyhold", lambda s, c=connections: target.load(text, c, s))]
                for other in others:
                    sides.append(other.side(size, connections, v.headers()) if other.name in ("nginx", "hello") else other.get(connections))
                b.compare(key, f"GET secret, {connections} connection{'s' * (connections > 1)}", sides)
