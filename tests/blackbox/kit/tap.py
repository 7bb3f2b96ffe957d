# SPDX-License-Identifier: Apache-2.0
"""Runs unittest cases and prints them as TAP, with the figures at the end."""
import sys
import time
import unittest


def title(test):
    """test_a_thing_happens of class Things: `Things: a thing happens`."""
    if not isinstance(test, unittest.TestCase):
        return str(test)
    name = getattr(test, "_testMethodName", None)
    if name is None:
        return str(test)
    words = name.removeprefix("test_").replace("_", " ")
    return f"{type(test).__name__}: {words}"


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = {"pass": 0, "fail": 0, "skipped": 0}
        self.number = 0
        self.bad_parts = {}
        self.begun = 0

    def line(self, test, kind, text="", why=""):
        self.number += 1
        self.count[kind] += 1
        took = time.monotonic() - self.begun
        print(f"{'not ok' if kind == 'fail' else 'ok'} {self.number} - {title(test)}"
              f"{' # SKIP ' + why if kind == 'skipped' else ''}"
              f"{f' # {took:.1f} s' if took > 1 and kind == 'pass' else ''}", flush=True)
        for row in text.splitlines():
            print(f"  # {row}", flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()
        self.bad_parts.pop(id(test), None)

    def addSuccess(self, test):
        super().addSuccess(test)
        if self.bad_parts.get(id(test)):
            self.line(test, "fail", "\n".join(self.bad_parts[id(test)]))
        else:
            self.line(test, "pass")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(test, "fail", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.line(test, "fail", self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line(test, "skipped", why=reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            where = " ".join(f"{k}={v}" for k, v in subtest.params.items())
            parts = self.bad_parts.setdefault(id(test), [])
            parts.append(f"[{where}] {self._exc_info_to_string(err, test)}")

    def stopTest(self, test):
        # A case with failed parts gets neither success nor failure from unittest.
        super().stopTest(test)
        if self.bad_parts.get(id(test)) and not getattr(test, "said", False):
            self.line(test, "fail", "\n".join(self.bad_parts.pop(id(test))))


def run(module_name, pattern=None):
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = [f"*{pattern}*"]
    suite = loader.loadTestsFromName(module_name)
    result = Tap()
    suite.run(result)
    for key, n in result.count.items():
        print(f"# {key} {n}")
    return 1 if result.count["fail"] else 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
