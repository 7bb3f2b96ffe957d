# SPDX-License-Identifier: Apache-2.0
"""GET secret by somebody with 3,900 role assignments, against the same with the few that a new installation has."""
import base64
import json

from ..figures import Side
from ..load import request

NAME, SHORT = "roles", False
ASSIGNMENTS = 3900  # Azure and we take 4,000 in a subscription; bench_access has more
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


def principal_of(v):
    text = v.token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["oid"]


def assign(v, n):
    """n assignments of the caller's, each at a secret of its own."""
    role = f"{v.subscription}/providers/Microsoft.Authorization/roleDefinitions/{SECRETS_USER}"
    body = {"properties": {"roleDefinitionId": role, "principalId": principal_of(v), "principalType": "ServicePrincipal"}}
    v.manage("GET", v.path)
    host = f"management.{v.domain}"
    path = (f"{v.path}/secrets/a-@@@@@@@@/providers/Microsoft.Authorization/roleAssignments/"
            f"00000000-0000-4000-8000-0000@@@@@@@@?api-version=2022-04-01")
    headers = [("Authorization", "Bearer " + v.manager), ("Content-Type", "application/json")]
    done = v.target(host).load(request("PUT", path, host, headers, json.dumps(body).encode()), 8, 3600, good=(200, 201),
                               warm=0, n=n, o=True, m=n + 8, cores=v.tools.cores.all)
    if done.failed:
        raise RuntimeError(f"assignments: {done.failed} were refused: {done.more['statuses']}")


def run(b):
    with b.vault() as few, b.vault() as many:
        assign(many, ASSIGNMENTS)
        sides = []
        for name, v in (("keyhold", many), ("few", few)):
            v.put("/secrets/bench", {"value": "x" * 64})
            v.renew_token()
            sides.append(Side(name, lambda s, t=v.target(), r=v.request("GET", "/secrets/bench"): t.load(r, 32, s)))
        b.compare("roles", f"GET secret with {ASSIGNMENTS:,} role assignments, 32 connections", sides)
    out = b.tools.run(b.tools.program("bench_access"), "1000" if b.short else "100000", cores=b.tools.cores.server)
    b.note("access decisions", out.strip().splitlines())
