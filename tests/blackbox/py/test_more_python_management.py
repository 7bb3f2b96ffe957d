# SPDX-License-Identifier: Apache-2.0
"""The suite python_management once more, with the newest packages of PyPI."""
import os
import re
import subprocess
import unittest

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Newest(unittest.TestCase):
    def test_the_newest_packages(self):
        setup = subprocess.run([os.path.join(ROOT, "tools", "setup-sdks")], text=True, check=False,
                               stdin=subprocess.DEVNULL, capture_output=True)
        if setup.returncode != 0:
            self.skipTest((setup.stderr.strip().splitlines() or ["tools/setup-sdks failed"])[-1])
        python = setup.stdout.strip()
        found = subprocess.run([python, "-m", "pip", "list", "--disable-pip-version-check"], text=True,
                               check=True, capture_output=True).stdout
        for name, version in re.findall(r"^(azure-(?:mgmt|identity)\S*)\s+(\S+)", found, re.M):
            print(f"# {name} {version}", flush=True)
        done = subprocess.run([python, "-m", "kit.tap", "py.test_python_management"], cwd=HERE, text=True,
                              check=False, stdin=subprocess.DEVNULL, capture_output=True)
        counts = dict(re.findall(r"^# (pass|fail|skipped) (\d+)$", done.stdout, re.M))
        self.assertEqual((done.returncode, counts.get("fail")), (0, "0"), f"{done.stdout}\n{done.stderr}")
        print(f"# {counts['pass']} passed", flush=True)
