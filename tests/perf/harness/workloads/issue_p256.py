# SPDX-License-Identifier: Apache-2.0
"""P-256 certificates by an authority of ours, durable before the answer: for a request that is sent, and made whole in a vault."""
import json
import os

from .. import limits
from ..figures import Side
from ..load import request
from .sign import SIGN

NAME, SHORT = "issue_p256", False
PKI = "2026-11-01"


def csr(tools):
    tools.run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
              "/CN=a.bench.test", "-addext", "subjectAltName=DNS:a.bench.test", "-keyout", "issue.key", "-out", "issue.csr",
              cwd=tools.place)
    with open(os.path.join(tools.place, "issue.csr"), encoding="ascii") as f:
        return f.read()


def authority(v):
    """Its ARM id; its key is one of the vault."""
    v.post("/keys/authority/create", {"kty": "EC", "crv": "P-256"})
    at = v.path.partition("/providers/")[0] + "/providers/Keyhold.Pki/certificateAuthorities/bench"
    v.manage("PUT", at, {"location": "local", "properties": {"key": {"vault": "dev", "name": "authority"}, "subject": "CN=bench"}},
             version=PKI)
    return at


def by_request(b, v, at):
    """The text of a request for a certificate to the resource manager, and its target."""
    host = f"management.{v.domain}"
    headers = [("Authorization", "Bearer " + v.manager), ("Content-Type", "application/json")]
    body = json.dumps({"csr": csr(b.tools)}).encode()
    return request("POST", f"{at}/issue?api-version={PKI}", host, headers, body), v.target(host)


def run(b):
    with b.vault() as v:
        at = authority(v)
        issue, manager = by_request(b, v, at)
        v.put("/certificates/issuers/bench", {"provider": "Keyhold", "credentials": {"account_id": at}})
        whole = v.request("POST", "/certificates/c-@@@@@@@@/create", {"policy": {
            "issuer": {"name": "bench"}, "key_props": {"kty": "EC", "crv": "P-256"}, "x509_props": {"subject": "CN=bench"}}})
        vault, names = v.target(), iter(range(0, 10 ** 8, 10 ** 6))

        def created(seconds, writers):
            return vault.load(whole, writers, seconds, good=(202,), f=next(names), n=10 ** 6, o=True)

        for writers in (1, 64):
            bounds = [limits.openssl_speed(b.tools, "ecdsap256", SIGN), limits.disk(b.tools, writers)]
            b.compare(f"issue_p256_{writers}", f"Issue for a request, {writers} asking",
                      [Side("keyhold", lambda s, w=writers: manager.load(issue, w, s)), *bounds],
                      note="openssl: P-256 signatures on one core; each certificate is one, and one row with its record")
            b.compare(f"create_p256_{writers}", f"Create in a vault by an authority, {writers} asking",
                      [Side("keyhold", lambda s, w=writers: created(s, w)), *bounds],
                      note="a key, two signatures, the linked secret, and nine rows with their record")
