# SPDX-License-Identifier: Apache-2.0
"""The audit log as it lies on disk: whole, or found not to be."""
import glob
import json
import os
import shutil
import unittest

from kit import wire
from kit.server import Server, fresh_dir, keyhold
from kit.service import Service


class Audit(unittest.TestCase):
    """`audit verify` on copies that were meddled with."""

    @classmethod
    def setUpClass(cls):
        cls.s = Server("audit").start()
        token = wire.get_token(cls.s)
        c = wire.Client(cls.s, "dev.vault", token)
        for i in range(40):
            c.put(f"/secrets/s{i}", {"value": "v"})
            c.get(f"/secrets/s{i}")
            c.get("/secrets/absent")
            c.call("GET", "/secrets", token=None)
        assert cls.s.admin("audit", "verify").returncode == 0  # while it runs
        assert cls.s.admin("audit", "rotate").returncode == 0
        for i in range(40):
            c.delete(f"/secrets/s{i}")
            if i == 20:
                assert cls.s.admin("audit", "rotate").returncode == 0
        c.close()
        cls.s.stop()

    @classmethod
    def tearDownClass(cls):
        cls.s.discard()

    def verify(self, meddle=None):
        copy = os.path.join(fresh_dir("copy"), "data")
        shutil.copytree(self.s.data_dir, copy, ignore=lambda *_: ["admin.sock"])
        if meddle:
            files = sorted(glob.glob(os.path.join(copy, "audit", "audit-*.jsonl")))
            meddle(files[0], os.path.join(copy, "audit", "audit.jsonl"))
        done = keyhold("audit", "verify", "--json", "--set", f"data_dir={copy}")
        return done.returncode, json.loads(done.stdout)

    @staticmethod
    def edit(path, change):
        with open(path, "rb") as f:
            lines = f.read().splitlines(keepends=True)
        with open(path, "wb") as f:
            f.write(b"".join(change(lines)))

    def found(self, meddle):
        code, report = self.verify(meddle)
        self.assertEqual((code, report["whole"]), (65, False), report)
        self.assertTrue(report["why"])
        return report

    def test_an_untouched_log_is_whole(self):
        code, report = self.verify()
        self.assertEqual((code, report["whole"], report["faults"]), (0, True, 0), report)
        self.assertEqual(report["files"], 3)
        self.assertGreater(report["lines"], 180)
        self.assertGreaterEqual(report["checkpoints"], 2)

    def test_every_request_has_its_record(self):
        records = []
        for path in glob.glob(os.path.join(self.s.data_dir, "audit", "*.jsonl")):
            with open(path, encoding="utf-8") as f:
                records += [json.loads(line) for line in f]
        names = [r.get("operationName") for r in records]
        self.assertEqual(names.count("SecretSet"), 40)
        self.assertEqual(names.count("SecretDelete"), 40)
        self.assertEqual(names.count("SecretGet"), 80)
        # Without a token: nobody asked for an operation yet.
        denied = [r for r in records if r.get("operationName") == "Authentication"]
        self.assertEqual([r["properties"]["httpStatusCode"] for r in denied], [401] * 40)
        self.assertEqual(sorted(r["seq"] for r in records), list(range(1, len(records) + 1)))

    def test_a_changed_line_is_found(self):
        def change(lines):
            lines[7] = lines[7].replace(b'"category"', b'"categorz"', 1)
            return lines
        for which in (0, 1):
            report = self.found(lambda a, b, w=which: self.edit((a, b)[w], change))
            self.assertIn(report["line"], (8, 9))

    def test_a_dropped_line_is_found(self):
        for at in (0, 5, -1):
            self.found(lambda a, b, n=at: self.edit(a, lambda x: [v for i, v in enumerate(x)
                                                                  if i != n % len(x)]))
            self.found(lambda a, b, n=at: self.edit(b, lambda x: [v for i, v in enumerate(x)
                                                                  if i != n % len(x)]))

    def test_swapped_lines_are_found(self):
        self.found(lambda a, b: self.edit(a, lambda x: [*x[:3], x[4], x[3], *x[5:]]))

    def test_a_repeated_line_is_found(self):
        self.found(lambda a, b: self.edit(a, lambda x: [*x[:4], x[3], *x[4:]]))

    def test_an_added_line_is_found(self):
        self.found(lambda a, b: self.edit(b, lambda x: [*x, b'{"seq":1000000}\n']))

    def test_a_cut_log_is_found(self):
        self.found(lambda a, b: self.edit(b, lambda x: x[:len(x) // 2]))
        self.found(lambda a, b: self.edit(b, lambda x: x[:-1]))
        self.found(lambda a, b: self.edit(b, lambda x: [*x[:-1], x[-1][:-20]]))

    def test_a_missing_file_is_found(self):
        self.found(lambda a, b: os.unlink(sorted(glob.glob(f"{os.path.dirname(a)}/audit-*"))[1]))
        # Old files may be moved away to an archive; the report says where it begins.
        code, report = self.verify(lambda a, b: os.unlink(a))
        self.assertEqual(code, 0)
        self.assertGreater(report["firstSeq"], 1)
        copy = os.path.join(fresh_dir("copy"), "data")
        shutil.copytree(self.s.data_dir, copy, ignore=lambda *_: ["admin.sock"])
        os.unlink(os.path.join(copy, "audit", "audit.jsonl"))
        self.assertNotEqual(keyhold("audit", "verify", "--set", f"data_dir={copy}").returncode, 0)

    def test_a_server_does_not_start_over_a_log_that_was_cut(self):
        copy = os.path.join(fresh_dir("copy"), "data")
        shutil.copytree(self.s.data_dir, copy, ignore=lambda *_: ["admin.sock"])
        for folder, _, files in os.walk(self.s.data_dir):
            for name in [".", *files]:
                model = os.path.join(folder, name)
                twin = os.path.join(copy, os.path.relpath(model, self.s.data_dir))
                if os.path.exists(twin):
                    st = os.stat(model)
                    os.chown(twin, st.st_uid, st.st_gid)
        self.edit(os.path.join(copy, "audit", "audit.jsonl"), lambda x: x[:len(x) // 2])
        s = Service("cut", data_dir=copy)
        self.addCleanup(s.discard)
        code, text = s.run_to_the_end(40)
        self.assertNotIn(code, (0, None), text)
        self.assertRegex(text, "(?i)audit")
