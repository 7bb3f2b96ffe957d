# SPDX-License-Identifier: Apache-2.0
"""
Where the root key comes from, other than a key file: systemd's credentials, as
systemd hands them over (a folder in $CREDENTIALS_DIRECTORY, closed to others,
files that are read-only), and a passphrase among them.
"""
import os
import unittest

from kit import wire, world
from kit.service import Service

NAME = "keyhold-root-key"


class Credential(unittest.TestCase):
    """`seal = credential`."""

    def setUp(self):
        self.s = Service("credential")
        self.addCleanup(self.s.discard)
        self.folder = os.path.join(self.s.top, "credentials")
        os.mkdir(self.folder, 0o700)

    def give(self, name, text, mode=0o400):
        path = os.path.join(self.folder, name)
        if os.path.exists(path):
            os.unlink(path)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def by_credential(self, **sets):
        self.s.sets.update({"seal": "credential", "seal.file": NAME, **sets})
        self.s.more_env = {"CREDENTIALS_DIRECTORY": self.folder}

    def founded_with_a_file(self):
        """The key that init made is taken from the disk and handed over at each start."""
        done = self.s.init()
        self.assertEqual(done.returncode, 0, done.stderr)
        path = os.path.join(self.s.data_dir, "root.key")
        text = world.text_of(path)
        os.unlink(path)
        self.give(NAME, text)
        self.by_credential()
        return text

    def client(self):
        return wire.Client(self.s, "main.vault", wire.get_token(self.s))

    def test_serves_with_the_key_that_systemd_hands_over(self):
        self.founded_with_a_file()
        self.s.start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)
        self.s.restart()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")
        for folder, _, files in os.walk(self.s.data_dir):
            self.assertNotIn("root.key", files, folder)

    def test_founds_with_a_key_that_is_there_already(self):
        other = Service("other")
        self.addCleanup(other.discard)
        self.assertEqual(other.init().returncode, 0)
        self.give(NAME, world.text_of(os.path.join(other.data_dir, "root.key")))
        self.by_credential()
        done = self.s.init()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("using the root key", done.stderr)
        self.s.start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)

    def test_founds_nothing_without_a_key(self):
        self.by_credential()
        done = self.s.init()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no root key in the credential", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.s.data_dir, "store", "data.mdb")))

    def test_refuses_what_is_no_credential(self):
        text = self.founded_with_a_file()
        self.s.more_env = {}
        self.s.refuses("CREDENTIALS_DIRECTORY is not set", code=78)
        self.by_credential()
        for mode in (0o444, 0o644, 0o404):
            self.give(NAME, text, mode)
            self.s.refuses(f"{NAME} has mode 0{mode:o}")
        self.give(NAME, text[:-12] + "\n")
        self.s.refuses(NAME)
        os.unlink(os.path.join(self.folder, NAME))
        self.s.refuses(NAME)
        self.s.sets["seal.file"] = "../" + NAME
        self.s.refuses("neither an absolute path nor the name of a credential", code=78)
        self.s.sets["seal.file"] = NAME
        self.give(NAME, text, 0o440)  # systemd shows them to the service's group
        self.s.start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)

    def test_refuses_the_key_of_another_installation(self):
        text = self.founded_with_a_file()
        other = Service("other")
        self.addCleanup(other.discard)
        self.assertEqual(other.init().returncode, 0)
        self.give(NAME, world.text_of(os.path.join(other.data_dir, "root.key")))
        self.s.refuses("(?i)root key|wrong key")
        self.give(NAME, text)
        self.s.start()
        self.assertEqual(self.client().get("/secrets/none").status, 404)

    def test_is_replaced_where_it_comes_from(self):
        self.founded_with_a_file()
        self.s.start()
        done = self.s.admin("seal", "rotate")
        self.assertEqual(done.returncode, 78)
        self.assertIn("replace it there", done.stderr)
        self.assertEqual(os.listdir(self.folder), [NAME])

    def test_a_passphrase_can_be_a_credential(self):
        self.s.sets.update({"seal": "passphrase", "seal.passphrase": "keyhold-passphrase"})
        self.s.more_env = {"CREDENTIALS_DIRECTORY": self.folder}
        self.give("keyhold-passphrase", "correct horse battery")
        done = self.s.init()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("keyhold-sealed-root-v1 scrypt:",
                      world.text_of(os.path.join(self.s.data_dir, "root.key")))
        self.s.start()
        self.assertEqual(self.client().put("/secrets/a", {"value": "b"}).status, 200)
        self.assertEqual(self.s.admin("seal", "rotate").returncode, 0)
        self.s.restart()
        self.assertEqual(self.client().get("/secrets/a").json()["value"], "b")
        self.s.stop()
        self.give("keyhold-passphrase", "wrong horse battery")
        self.s.refuses("(?i)passphrase|root key")
        self.give("keyhold-passphrase", "")
        self.s.refuses("(?i)passphrase")
