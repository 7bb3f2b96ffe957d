# SPDX-License-Identifier: Apache-2.0
"""`keyhold explain`: what it says is what the server does."""
import json
import unittest

from kit import world
from kit.server import Server, keyhold

GET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        w = world.standard()
        w.app("member")
        w.groups += [{"name": "inner", "members": ["member"]},
                     {"name": "outer", "members": ["inner"]}]
        w.role("outer", "Key Vault Secrets User", vault="week", secret="only")
        cls.world = w
        cls.server = Server("explain", seed=w.seed()).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.server.discard()

    def explain(self, *words):
        return keyhold("explain", "--data-dir", self.server.data_dir, *words)

    def test_says_yes_and_which_role_beside_a_running_server(self):
        done = self.explain("user", "secrets get", "alpha/secrets/s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("yes: user", done.stdout)
        self.assertIn("Key Vault Secrets User at", done.stdout)

    def test_says_no_and_what_is_missing(self):
        done = self.explain("reader", "secrets get", "alpha")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("because nothing grants it", done.stdout)
        self.assertIn("for example Key Vault Secrets User", done.stdout)

    def test_names_the_groups_on_the_way(self):
        done = self.explain("--json", self.world.app("member").object_id, GET, "week/secrets/only")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        deciding = [x for x in said["considered"] if x["verdict"] == "decides"]
        self.assertEqual([g["displayName"] for g in deciding[0]["groupPath"]], ["inner", "outer"])
        self.assertEqual(said["roleAssignmentId"], deciding[0]["id"])
        self.assertEqual(self.explain("member", GET, "week/secrets/other").returncode, 77)
        self.assertEqual(self.explain("member", GET, "week").returncode, 77)

    def test_lists_who_can(self):
        done = self.explain("--who-can", "--json", "secrets get", "week/secrets/only")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = {p["principal"]["displayName"] for p in json.loads(done.stdout)["principals"]}
        self.assertEqual(names & {"admin", "officer", "user", "reader", "nobody", "member"},
                         {"admin", "officer", "user", "member"})

    def test_refuses_what_it_does_not_know(self):
        for words, code in ((("somebody", "secrets get", "alpha"), 65),
                            (("user", "secrets fly", "alpha"), 64),
                            (("user", "secrets get", "nowhere"), 65),
                            (("user", "secrets get"), 64), ((), 64)):
            done = self.explain(*words)
            self.assertEqual((done.returncode, done.stdout), (code, ""), words)
            self.assertIn("keyhold: ", done.stderr)
