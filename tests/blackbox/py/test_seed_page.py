# SPDX-License-Identifier: Apache-2.0
"""docs/seed.md: its examples load, do what the page says, and it names every member."""
import os
import re
import unittest

from kit import wire
from kit.server import Server, fresh_dir

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


class Page(unittest.TestCase):
    """The server gets the text of the page, not a copy of it."""

    @classmethod
    def setUpClass(cls):
        cls.page = text_of("docs", "seed.md")
        cls.examples = re.findall(r"^```(yaml|json)\n(.*?)^```$", cls.page, re.M | re.S)

    def served(self, text, name="seed"):
        path = os.path.join(fresh_dir("page"), name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o600)
        s = Server("page", args=["--seed", path]).start()
        self.addCleanup(s.discard)
        return s

    def test_there_are_the_examples(self):
        self.assertEqual([kind for kind, _ in self.examples], ["yaml", "json", "yaml"])

    def test_each_is_applied_once(self):
        for kind, text in self.examples:
            with self.subTest(kind=kind, text=text[:40]):
                s = self.served(text)
                self.assertRegex(s.log(), r"seed applied: [1-9]\d* changes")
                s.restart()
                self.assertIn("seed applied: 0 changes", s.log())

    def test_the_small_one_says_the_same_in_both_languages(self):
        s = self.served(self.examples[0][1])
        mark = len(s.log())
        with open(s.args[-1], "w", encoding="utf-8") as f:
            f.write(self.examples[1][1])
        s.restart()
        self.assertIn("seed applied: 0 changes", s.log()[mark:])

    def test_the_applications_of_the_large_one_get_what_it_gives_them(self):
        s = self.served(self.examples[2][1])
        token = wire.get_token(s, "1f0c8d52-7a59-4d5a-8b7e-0f6a1c9b2d01",
                               "a-client-secret-for-the-web-app")
        c = wire.Client(s, "shop.vault", token)
        a = c.get("/secrets/db-password")
        self.assertEqual(a.json()["value"], "correct horse battery staple")
        self.assertEqual(a.json()["tags"], {"owner": "web", "stage": "test"})
        self.assertEqual(a.json()["attributes"]["recoverableDays"], 7)
        old = wire.Client(s, "shop-old.vault", token)
        self.assertEqual(old.put("/secrets/a", {"value": "b"}).status, 200)
        self.assertEqual(old.post("/secrets/a/backup").status, 403)
        # The other tenant's vault is not ours to see.
        self.assertEqual(wire.Client(s, "partner-kv.vault", token).get("/secrets").status, 401)

    def test_every_section_and_member_is_on_the_page(self):
        table = re.search(r"sections\[\] = \{(.*?)\n\};", text_of("src", "jobs", "seed.c"), re.S)
        words = re.findall(r'"(\w+)"', table.group(1))
        self.assertGreater(len(words), 40)
        parts = re.split(r"^\*\*`(\w+)`\*\*", self.page, flags=re.M)
        described = dict(zip(parts[1::2], parts[2::2]))
        for section, members in re.findall(r'\{ "(\w+)", \w+,\s*\{([^}]*)\}', table.group(1)):
            self.assertIn(section, described)
            for member in re.findall(r'"(\w+)"', members):
                self.assertIn(f"`{member}`", described[section], f"{section}: {member}")
