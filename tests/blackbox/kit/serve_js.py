# SPDX-License-Identifier: Apache-2.0
"""
Runs `node ... suite.test.mjs` against a server of its own with the standard
world; KEYHOLD_WORLD names a file that describes it.
"""
import json
import os
import secrets
import subprocess
import sys

from kit import world
from kit.server import Server, clean_env


def describe(server, w, folder, certificates):
    return {
        "port": server.port, "localPort": server.local_port, "tenant": server.tenant,
        "login": f"https://{server.host('login')}",
        "resource": f"https://vault.keyhold.localhost:{server.port}",
        "vaults": {v: server.url(v) for v in ("dev", *[x["name"] for x in w.vaults])},
        "management": f"https://{server.host('management')}",
        "graph": f"https://{server.host('graph')}", "subscription": w.subscription,
        "person": PERSON,
        "apps": {a.name: {"clientId": a.app_id, "objectId": a.object_id, "secret": a.secret}
                 for a in w.apps.values()},
        "certificates": certificates,
        "log": server.log_path, "dataDir": server.data_dir, "dir": folder,
    }


PERSON = {"upn": "alice@contoso.example", "name": "Alice", "password": secrets.token_urlsafe(24)}


def manage(w):
    """Who may do what on the management plane and in the directory."""
    for name, role in (("owner", "Owner"), ("guest", "Reader")):
        w.app(name)
        w.role(name, role, scope=f"/subscriptions/{w.subscription}")
    w.app("top")
    w.role("top", "Owner", scope="/")
    w.role("owner", "Global Administrator", scope="/")
    w.role("guest", "Directory Readers", scope="/")
    w.role(PERSON["upn"], "Reader", scope=f"/subscriptions/{w.subscription}")
    w.role(PERSON["upn"], "Key Vault Secrets Officer", vault="alpha")


def main(command):
    w = world.standard()
    manage(w)
    server = Server("js")
    certificates = {}
    for name, kind in (("admin", "rsa:2048"), ("stranger", "rsa:2048")):
        cert, key, both = world.certificate(server.top, f"cert-{name}", kind)
        certificates[name] = {"cert": cert, "key": key, "pem": both}
        if name in w.apps:
            w.apps[name].certificates.append(world.text_of(cert))
    server.seed = {**w.seed(), "users": [PERSON]}
    with server:
        path = os.path.join(server.top, "world.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(describe(server, w, server.top, certificates), f)
        env = {**clean_env(), **server.env, "KEYHOLD_WORLD": path}
        return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
