# SPDX-License-Identifier: Apache-2.0
"""Settings that show on the wire, and seed files."""
import os
import unittest
import uuid

from kit import wire, world
from kit.server import Server, fresh_dir, keyhold, wait_for
from kit.service import Service, free_port


class Settings(unittest.TestCase):
    def test_lenient_versions_and_a_tenant_in_the_challenge(self):
        sets = {"api_versions": "lenient", "challenge_tenant": "default", "location": "north"}
        with Server("settings", sets=sets) as s:
            c = wire.Client(s, "dev.vault", wire.get_token(s))
            self.assertEqual(c.get("/secrets", version="2031-02-03").status, 200)
            self.assertEqual(c.get("/secrets", version="latest").status, 400)
            a = c.get("/secrets", token=None)
            self.assertEqual(a.header("x-ms-keyvault-region"), "north")
            want = (f'Bearer authorization="https://login.keyhold.localhost:{s.port}/{s.tenant}", '
                    f'resource="https://vault.keyhold.localhost:{s.port}"')
            wait_for(lambda: c.get("/secrets", token=None).header("WWW-Authenticate") == want, want)
            c.close()

    def test_another_domain_and_the_port_of_a_forwarder(self):
        # Where it really listens is not told to anybody: it has to be chosen before.
        port = free_port()
        sets = {"domain": "kv.example.org", "public_port": "443", "listen": f"127.0.0.1:{port}"}
        with Server("domain", sets=sets) as s:
            self.assertEqual(s.env["AZURE_KEYVAULT_URL"], "https://dev.vault.kv.example.org")
            with wire.Wire(port, "dev.vault.kv.example.org", s.ca) as w:
                a = w.request("GET", "/secrets?api-version=7.4")
            self.assertEqual(a.header("WWW-Authenticate"), (
                'Bearer authorization="https://login.kv.example.org/", '
                'resource="https://vault.kv.example.org"'))


class Seed(unittest.TestCase):
    def revision(self, s):
        for line in wire.figures(s).splitlines():
            if line.startswith("keyhold_store_revision "):
                return int(line.split()[1])
        return None

    def test_applied_again_it_changes_nothing(self):
        w = world.standard()
        w.groups.append({"name": "g", "members": ["reader"]})
        w.role("g", world.ROLES["user"], vault="alpha")
        w.vault("policy", rbac=False, accessPolicies=[{"principal": "user", "secrets": ["get"]}])
        w.secrets.append({"vault": "alpha", "name": "seeded", "value": "v", "tags": {"a": "b"}})
        s = Server("seed", seed=w.seed()).start()
        self.addCleanup(s.discard)
        self.assertRegex(s.log(), r"seed applied: [1-9]\d* changes")
        s.restart()
        self.assertIn("seed applied: 0 changes", s.log())
        admin = w.apps["admin"]
        c = wire.Client(s, "alpha.vault", wire.get_token(s, admin.app_id, admin.secret))
        self.assertEqual(c.get("/secrets/seeded").json()["tags"], {"a": "b"})
        self.assertEqual(len(c.get("/secrets/seeded/versions").json()["value"]), 1)
        c.put("/secrets/seeded", {"value": "newer"})
        s.restart()
        c = wire.Client(s, "alpha.vault", wire.get_token(s, admin.app_id, admin.secret))
        self.assertEqual(c.get("/secrets/seeded").json()["value"], "newer")

    def test_yaml_says_the_same(self):
        top = fresh_dir("yaml")
        path, sub = os.path.join(top, "seed.yaml"), str(uuid.uuid4())
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"""# a comment
subscriptions:
  - {{ id: {sub}, name: yaml }}
resourceGroups:
  - name: group
    subscription: {sub}
vaults:
  - name: from-yaml
    subscription: {sub}
    resourceGroup: group
    retentionDays: 7
applications:
  - name: app
    appId: {sub}
    secrets: [ {{ value: "a secret of yaml" }} ]
roleAssignments:
  - {{ principal: app, role: Key Vault Secrets Officer, vault: from-yaml }}
secrets:
  - vault: from-yaml
    name: hello
    value: "world"
""")
        with Server("yaml", args=["--seed", path]) as s:
            c = wire.Client(s, "from-yaml.vault", wire.get_token(s, sub, "a secret of yaml"))
            self.assertEqual(c.get("/secrets/hello").json()["value"], "world")

    def test_one_that_is_wrong_is_refused_with_the_place(self):
        top = fresh_dir("bad")
        for text, words in (('{"vaultz":[]}', "vaultz"), ("{", "seed"), ("a: &x 1", "seed"),
                            ('{"vaults":[{"name":"_"}]}', r"vaults\[0\]"),
                            ('{"roleAssignments":[{"principal":"x","role":"y"}]}',
                             r"roleAssignments\[0\]")):
            with self.subTest(text=text):
                path = os.path.join(top, "seed.json")
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
                s = Service("bad", expect_trouble=True)
                self.addCleanup(s.discard)
                done = keyhold("init", "--json", *s.flags(), "--seed", path)
                self.assertNotEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, words)
