# SPDX-License-Identifier: Apache-2.0
"""
A small world for tests: vaults of each kind and a principal of each kind, as a
seed file. Passwords are new at each run.
"""
import os
import secrets
import subprocess
import uuid

ALL = ["get", "list", "set", "delete", "recover", "backup", "restore", "purge"]
ROLES = {"admin": "Key Vault Administrator", "officer": "Key Vault Secrets Officer",
         "user": "Key Vault Secrets User", "reader": "Key Vault Reader"}


class App:
    def __init__(self, name):
        self.name = name
        self.app_id, self.object_id = str(uuid.uuid4()), str(uuid.uuid4())
        self.secret = "s" + secrets.token_urlsafe(32)  # no "-" at the beginning: az takes that for an option
        self.certificates = []
        self.tenant = None

    def seed(self):
        item = {"name": self.name, "appId": self.app_id, "objectId": self.object_id,
                "secrets": [{"value": self.secret}]}
        if self.certificates:
            item["certificates"] = self.certificates
        if self.tenant:
            item["tenant"] = self.tenant
        return item


class World:
    """subscription/group `bench` with all vaults, `away` with one more."""

    def __init__(self):
        self.subscription, self.away = str(uuid.uuid4()), str(uuid.uuid4())
        self.apps, self.vaults, self.assignments, self.groups = {}, [], [], []
        self.identities, self.secrets, self.tenants = [], [], []

    def app(self, name):
        return self.apps.setdefault(name, App(name))

    def vault(self, name, **more):
        self.vaults.append({"name": name, "subscription": self.subscription,
                            "resourceGroup": "bench", **more})

    def role(self, principal, role, **where):
        self.assignments.append({"principal": principal, "role": role, **where})

    def seed(self):
        return {
            "tenants": self.tenants,
            "subscriptions": [{"id": self.subscription, "name": "bench"},
                              {"id": self.away, "name": "away"}],
            "resourceGroups": [{"name": "bench", "subscription": self.subscription},
                               {"name": "away", "subscription": self.away}],
            "applications": [a.seed() for a in self.apps.values()],
            "managedIdentities": self.identities,
            "groups": self.groups,
            "vaults": self.vaults,
            "roleAssignments": self.assignments,
            "secrets": self.secrets,
        }


def standard():
    """One vault of each kind; admin, officer, user, reader and nobody (no role at all)."""
    w = World()
    w.vault("alpha")
    w.vault("week", retentionDays=7)
    w.vault("guard", retentionDays=7, purgeProtection=True)
    w.vault("prime", sku="premium")
    w.vault("liberal", allowOctKeys=True, allowOkpKeys=True)
    for name, role in ROLES.items():
        w.app(name)
        for vault in ("alpha", "week", "guard", "prime", "liberal"):
            w.role(name, role, vault=vault)
    w.app("nobody")
    w.identities.append({"name": "host"})
    w.role("host", ROLES["officer"], vault="alpha")
    return w


def certificate(directory, name, kind="rsa:2048"):
    """A self-signed certificate by openssl: paths of certificate, key, and both in one."""
    cert, key, both = (os.path.join(directory, f"{name}.{x}") for x in ("crt", "key", "pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", kind, "-nodes", "-sha256",
                    "-days", "30", "-subj", f"/CN={name}", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    with open(both, "w", encoding="ascii") as f:
        for part in (key, cert):
            with open(part, encoding="ascii") as g:
                f.write(g.read())
    return cert, key, both


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()
