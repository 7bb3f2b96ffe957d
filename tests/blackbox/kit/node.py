# SPDX-License-Identifier: Apache-2.0
"""The Node.js that Azure's packages of npm want, for tests in Python that ask by them."""
import functools
import os
import subprocess
import unittest

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(HERE))


@functools.cache
def found():
    done = subprocess.run([os.path.join(ROOT, "tools", "setup-node")], text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return done.stdout.strip() if done.returncode == 0 else None


def command(script, *words):
    """To run kit/SCRIPT; skips without packages, which tests/blackbox/run brings before the suites in JavaScript."""
    if found() is None or not os.path.isdir(f"{HERE}/node_modules"):
        raise unittest.SkipTest("no Node.js with the clients here")
    return [found(), f"{HERE}/kit/{script}", *words]
