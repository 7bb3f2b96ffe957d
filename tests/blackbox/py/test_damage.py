# SPDX-License-Identifier: Apache-2.0
"""
Somebody with write access to the disk, while the server is stopped: rows are
swapped, copied, altered, put back. What was touched is refused, with a line in
the log that names it; what was not touched is served.
"""
import json
import os
import subprocess
import unittest

from kit import wire, world
from kit.server import PROGRAM, Server

TOOL = os.environ.get("KEYHOLD_BLACKBOX_ROWS") or os.path.join(
    os.path.dirname(PROGRAM), "tests", "blackbox", "blackbox_rows")
CANARY = "canary-of-a-damaged-row"


class Damage(unittest.TestCase):
    """One world for all; each test has names of its own, and stops and starts the server."""

    @classmethod
    def setUpClass(cls):
        w = cls.world = world.World()
        w.vault("first")
        w.vault("second")
        w.app("admin")
        w.app("nobody")
        for vault in ("first", "second"):
            w.role("admin", "Key Vault Administrator", vault=vault)
        cls.s = Server("damage", seed=w.seed()).start()
        cls.s.seed, cls.s.args = None, []  # it is applied: later starts do not look at the rows
        c = cls.client()
        assert c.put("/secrets/untouched", {"value": "fine"}).status == 200

    @classmethod
    def tearDownClass(cls):
        cls.s.discard()

    @classmethod
    def client(cls, vault="first", who="admin"):
        a = cls.world.apps[who]
        return wire.Client(cls.s, f"{vault}.vault", wire.get_token(cls.s, a.app_id, a.secret))

    def rows(self, *words):
        done = subprocess.run([TOOL, os.path.join(self.s.data_dir, "store"), *words],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout

    def rows_of(self, prefix, name):
        return [k for k in self.rows("list", prefix).split() if k.endswith(f"/{name.upper()}")]

    def row_of(self, prefix, name, version=None):
        found = [k for k in self.rows_of(prefix, name)
                 if version is None or f"/{version}/" in k]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def edited(self, *edits):
        """Stops, edits, starts; the log of what comes then."""
        self.s.stop()
        for words in edits:
            self.rows(*words)
        self.mark = len(self.s.log())
        self.s.start()

    def refuses(self, path, vault="first", says="is not what was written: nothing of it is served"):
        """Every way to the row is refused, whatever asks, and the log says which row it was."""
        for version in ("7.0", "7.4", "2026-04-01"):
            a = self.client(vault).get(path, version=version)
            self.assertEqual(a.status, 500, a)
            self.assertNotIn(CANARY, a.body.decode())
            self.assertEqual(set(a.error), {"code", "message"})
        self.assertIn(says, self.s.log()[self.mark:])

    def others_are_fine(self):
        c = self.client()
        self.assertEqual(c.get("/secrets/untouched").json()["value"], "fine")
        self.assertEqual(self.client("second").get("/healthstatus").status, 200)

    def put(self, name, value=CANARY, vault="first"):
        a = self.client(vault).put(f"/secrets/{name}", {"value": value})
        self.assertEqual(a.status, 200, a)
        return a.json()["id"].rpartition("/")[2]


    def test_versions_of_two_names_swapped(self):
        for name in ("one", "two"):
            self.put(name)
        one, two = (self.row_of("sv/", n) for n in ("one", "two"))
        self.edited(("swap", one, two))
        self.refuses("/secrets/one")
        self.refuses("/secrets/two")
        self.refuses("/secrets/one/versions")
        self.others_are_fine()
        self.edited(("swap", one, two))  # nothing was overwritten meanwhile
        self.assertEqual(self.client().get("/secrets/one").json()["value"], CANARY)
        self.assertEqual(self.client().get("/secrets/two").json()["value"], CANARY)

    def test_versions_of_one_name_swapped(self):
        first, second = self.put("both", "old " + CANARY), self.put("both")
        a, b = (self.row_of("sv/", "both", v) for v in (first, second))
        self.edited(("swap", a, b))
        for path in ("/secrets/both", f"/secrets/both/{first}", f"/secrets/both/{second}"):
            self.refuses(path)
        self.others_are_fine()
        self.edited(("swap", a, b))

    def test_rows_of_two_vaults_swapped(self):
        versions = [self.put("same", vault=v) for v in ("first", "second")]
        a, b = (self.row_of("sv/", "same", v) for v in versions)
        self.assertNotEqual(a.split("/")[1], b.split("/")[1])
        self.edited(("swap", a, b))
        self.refuses("/secrets/same")
        self.refuses("/secrets/same", "second")
        self.others_are_fine()
        self.edited(("swap", a, b))

    def test_a_row_copied_to_a_new_name(self):
        self.put("origin")
        head, version = (self.row_of(p, "origin") for p in ("sn/", "sv/"))
        new = [k.replace("/ORIGIN", "/COPY") for k in (head, version)]
        self.edited(("copy", head, new[0]), ("copy", version, new[1]))
        self.refuses("/secrets/copy")
        self.assertEqual(self.client().get("/secrets/origin").json()["value"], CANARY)
        self.others_are_fine()
        self.edited(("drop", new[0]), ("drop", new[1]))
        self.assertEqual(self.client().get("/secrets/copy").status, 404)

    def test_heads_of_two_names_swapped(self):
        for name in ("left", "right"):
            self.put(name)
        left, right = (self.row_of("sn/", n) for n in ("left", "right"))
        self.edited(("swap", left, right))
        self.refuses("/secrets/left")
        self.refuses("/secrets/right")
        # A list cannot leave out what it cannot read.
        self.refuses("/secrets")
        self.others_are_fine()
        self.edited(("swap", left, right))
        self.assertEqual(self.client().get("/secrets").status, 200)

    def test_a_version_taken_away(self):
        """What is left is served; a list that cannot be whole is refused; a purge leaves nothing."""
        first, second, third = (self.put("gap", v) for v in ("1", "2", CANARY))
        self.edited(("drop", self.row_of("sv/", "gap", second)))
        self.refuses("/secrets/gap/versions", says=f"its version {second} has no row")
        [found] = [f for f in json.loads(self.s.admin("doctor", "--json").stdout)["findings"] if f["name"] == "rows"]
        self.assertEqual(found["verdict"], "problem")
        self.assertRegex(found["text"], r"^1 of \d+ are damaged: 1 versions that are missing, "
                                        rf"the first is sv/[^/]+/{second}/GAP\. ")
        c = self.client()
        self.assertEqual(c.get("/secrets/gap").json()["value"], CANARY)
        self.assertEqual(c.get(f"/secrets/gap/{first}").json()["value"], "1")
        self.assertEqual(c.get(f"/secrets/gap/{second}").status, 404)
        self.assertEqual(c.get(f"/secrets/gap/{third}").json()["value"], CANARY)
        self.assertEqual(c.delete("/secrets/gap").status, 200)
        self.assertEqual(c.delete("/deletedsecrets/gap").status, 204)
        self.assertEqual(self.client().get(f"/secrets/gap/{first}").status, 404)
        self.others_are_fine()
        self.s.stop()
        left = self.rows_of("sv/", "gap")
        self.s.start()
        self.assertEqual(left, [])

    def test_an_older_row_of_the_current_version_put_back(self):
        version = self.put("aged")
        key = self.row_of("sv/", "aged")
        self.s.stop()
        older = self.rows("get", key)
        self.s.start()
        a = self.client().patch("/secrets/aged", {"attributes": {"enabled": False}})
        self.assertEqual(a.status, 200, a)
        self.s.stop()
        newer = self.rows("get", key)
        self.s.start()
        self.edited(("put", key, older))
        self.refuses("/secrets/aged", says="an older row was put back")
        self.refuses(f"/secrets/aged/{version}", says="an older row was put back")
        self.others_are_fine()
        self.edited(("put", key, newer))
        self.assertEqual(self.client().get("/secrets/aged").status, 403)  # disabled, as it was

    def test_a_bit_turned_over_anywhere_in_a_row(self):
        self.put("bits")
        key = self.row_of("sv/", "bits")
        self.s.stop()
        good = self.rows("get", key)
        self.s.start()
        # Behind the revision (8 bytes, the engine's own): first, middle, in the tag, last.
        for at in (8, len(good) // 4, len(good) // 2 - 16, len(good) // 2 - 1):
            bad = bytearray.fromhex(good)
            bad[at] ^= 1
            with self.subTest(at=at):
                self.edited(("put", key, bad.hex()))
                self.refuses("/secrets/bits")
        self.edited(("put", key, good[:40]))
        self.refuses("/secrets/bits")
        self.others_are_fine()
        self.edited(("put", key, good))
        self.assertEqual(self.client().get("/secrets/bits").json()["value"], CANARY)

    def test_a_damaged_row_is_not_overwritten_by_a_write(self):
        self.put("keep")
        self.put("other")
        keep, other = (self.row_of("sn/", n) for n in ("keep", "other"))
        self.edited(("swap", keep, other))
        c = self.client()
        self.assertEqual(c.put("/secrets/keep", {"value": "new"}).status, 500)
        self.assertEqual(c.patch("/secrets/keep", {"tags": {}}).status, 500)
        self.assertEqual(c.delete("/secrets/keep").status, 500)
        self.assertEqual(c.post("/secrets/keep/backup").status, 500)
        self.edited(("swap", keep, other))
        a = self.client().get("/secrets/keep")
        self.assertEqual((a.status, a.json()["value"]), (200, CANARY))

    def test_a_role_assignment_copied_to_somebody_else(self):
        self.put("guarded")
        admin, nobody = (self.world.apps[n].object_id for n in ("admin", "nobody"))
        key = [k for k in self.rows("list", f"ra/{admin}/").split()][0]
        forged = key.replace(admin, nobody)
        self.assertEqual(self.client(who="nobody").get("/secrets/guarded").status, 403)
        self.edited(("copy", key, forged))
        a = self.client(who="nobody").get("/secrets/guarded")
        self.assertIn(a.status, (403, 500), a)
        self.assertNotIn(CANARY, a.body.decode())
        self.assertIn("is not what was written", self.s.log()[self.mark:])
        self.others_are_fine()
        self.edited(("drop", forged))

    def test_rows_of_two_vaults_themselves_swapped(self):
        self.put("inside")
        self.edited(("swap", "v/first", "v/second"))
        for vault in ("first", "second"):
            self.refuses("/secrets/inside", vault)
        self.edited(("swap", "v/first", "v/second"))
        self.others_are_fine()

    def test_the_audit_log_is_whole_after_all_of_it(self):
        done = self.s.admin("audit", "verify")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
