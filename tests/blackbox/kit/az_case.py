# SPDX-License-Identifier: Apache-2.0
"""What the suites with az share: a server with a small organisation, and its people."""
import os
import secrets
import unittest
import uuid

from kit import az, world
from kit.server import Server

ALL = ["all", "purge"]


class Town:
    """The server, who there is, and who sits at an az."""

    people = ("owner", "security", "devops", "auditor", "application")

    def __init__(self, roles=()):
        """roles: more of them, as (who, role, scope)."""
        self.world = world.standard()
        self.server = Server("az")
        self.subscription = self.world.subscription
        for name in self.people:
            self.world.app(name)
        self.world.role("owner", "Owner", scope=f"/subscriptions/{self.subscription}")
        self.world.role("owner", "Global Administrator", scope="/")
        for who, role, scope in roles:
            self.world.role(who, role, scope=scope)
        certificate, _, self.pem = world.certificate(self.server.top, "az")
        self.world.apps["owner"].certificates.append(world.text_of(certificate))
        mine = [{"principal": "owner", "secrets": ALL, "keys": ALL, "certificates": ALL}]
        self.world.vault("desk", rbac=False, retentionDays=7, accessPolicies=mine)
        self.world.vault("safe", rbac=False, sku="premium", retentionDays=7, accessPolicies=mine)
        self.password = "p" + secrets.token_urlsafe(24)
        self.world.role("alice@contoso.example", "Reader", scope=f"/subscriptions/{self.subscription}")
        self.server.seed = {**self.world.seed(), "users": [
            {"upn": "alice@contoso.example", "name": "Alice", "password": self.password}]}
        self.server.start()

    def close(self):
        self.server.discard()

    def app(self, name):
        return self.world.apps[name]

    def person(self, name, python):
        """A profile of that person's, at the cloud and logged in, as far as they may."""
        one = az.Az(python, self.server, f"az-{name}")
        try:
            one.register()
            one.login(self.app(name), self.server.tenant, "--allow-no-subscriptions")
        except BaseException:
            one.close()
            raise
        return one


def fresh(prefix="v"):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


class Case(unittest.TestCase):
    """The owner at one az. `town` is the suite's."""

    maxDiff = None
    which = staticmethod(az.newest)
    town = None

    @classmethod
    def setUpClass(cls):
        cls.python = cls.which()
        cls.az = cls.town.person("owner", cls.python)
        az.note(f"{cls.__name__}: az {cls.az.version()}")

    @classmethod
    def tearDownClass(cls):
        cls.az.close()

    def group(self):
        name = fresh("g")
        self.az("group", "create", "-n", name, "-l", "local")
        return name

    def vault(self, *more, rbac=False):
        group, name = self.group(), fresh()
        words = ["--enable-rbac-authorization", str(rbac).lower()]
        if not rbac:
            words += ["--no-self-perms", "true"]
        self.az("keyvault", "create", "-n", name, "-g", group, "-l", "local", *words, *more)
        return group, name

    def file(self, name, data=None):
        """A path in the profile's folder: with that content, or where there is nothing yet."""
        path = os.path.join(self.az.home, name)
        if data is not None:
            with open(path, "wb") as f:
                f.write(data)
        elif os.path.exists(path):
            os.unlink(path)
        return path
