# SPDX-License-Identifier: Apache-2.0
"""Strangers cannot fill the audit log, and do not stand in the way of others."""
import contextlib
import json
import os
import re
import subprocess
import tempfile
import threading
import unittest

from kit import wire
from kit.server import PROGRAM, Server, wait_for

MANY = 300


def figure(s, name):
    return int(re.search(rf"^{name} (\d+)$", wire.figures(s), re.M).group(1))


class Strangers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s = Server("strangers", sets={"limits.unauthenticated_rate": "1",
                                          "limits.unauthenticated_burst": "20",
                                          "loops": "1"}).start()
        cls.addClassCleanup(cls.s.discard)
        cls.token = wire.get_token(cls.s)

    def records(self, word):
        path = os.path.join(self.s.data_dir, "audit", "audit.jsonl")
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f if word in line]

    @contextlib.contextmanager
    def flood(self, client, answers):
        done = threading.Event()

        def run():
            while not done.is_set():
                answers.append(client.get("/secrets", token=None))
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def test_a_flood_is_throttled_and_told(self):
        c = wire.Client(self.s, "dev.vault")
        self.addCleanup(c.close)
        good = wire.Client(self.s, "dev.vault", self.token)
        self.addCleanup(good.close)
        answers = []
        for _ in range(MANY):
            answers.append(c.get("/secrets", token=None))
            if len(answers) % 20 == 0:
                self.assertEqual(good.get("/secrets").status, 200)
        said = {a.status for a in answers}
        self.assertEqual(said, {401, 429})
        self.assertEqual(answers[0].status, 401)
        last = [a for a in answers if a.status == 429][-1]
        self.assertEqual(last.header("Retry-After"), "1")
        self.assertEqual(last.json()["error"]["code"], "Throttled")

        # A wrong secret as well, in the token service's shape; the right one is not hindered.
        def wrong():
            return wire.token_answer(self.s, {
                "grant_type": "client_credentials", "client_secret": "wrong",
                "client_id": self.s.env["AZURE_CLIENT_ID"], "scope": wire.scope_of(self.s)})
        # Checking a secret takes its time, in which a share grows: others use it up meanwhile.
        with self.flood(c, answers):
            answer = wait_for(lambda: (lambda a: a if a.status == 429 else None)(wrong()), "429")
        self.assertEqual(answer.json()["error_codes"], [90055])
        self.assertTrue(wire.get_token(self.s))

        refused = len([a for a in answers if a.status == 401])
        self.assertLess(refused, len(answers) / 2)
        self.assertEqual(len([r for r in self.records('"httpStatusCode":401')
                              if r["operationName"] == "Authentication"]), refused)
        told = wait_for(lambda: self.records("AuthenticationThrottled"), "the summary")
        self.assertIn(told[0]["callerIpAddress"], ("127.0.0.1", "::/64"))
        self.assertGreater(told[0]["properties"]["count"], 0)
        self.assertLess(len(told), 10)
        self.assertGreaterEqual(figure(self.s, "keyhold_unauthenticated_throttled_total"),
                                len(answers) - refused)

    def test_b_failed_sign_ins_say_who_and_why(self):
        with Server("signins") as s:
            wire.token_answer(s, {
                "grant_type": "client_credentials", "client_secret": "wrong",
                "client_id": s.env["AZURE_CLIENT_ID"], "scope": wire.scope_of(s)})
            path = os.path.join(s.data_dir, "audit", "audit.jsonl")
            with open(path, encoding="utf-8") as f:
                found = [json.loads(line) for line in f if "AADSTS7000215" in line]
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["properties"]["clientId"], s.env["AZURE_CLIENT_ID"].lower())
        self.assertEqual(found[0]["properties"]["errorCode"], "AADSTS7000215")


class Turns(unittest.TestCase):
    """A flood waits while somebody known is at work; it is answered to the last request, and so is he."""
    MOST = 3000

    @classmethod
    def setUpClass(cls):
        cls.load = os.path.join(os.path.dirname(os.path.realpath(PROGRAM)), "tests/perf/load")
        if not os.path.exists(cls.load):
            raise unittest.SkipTest("the load generator was not built")
        cls.s = Server("turns", sets={"loops": "1"}).start()
        cls.addClassCleanup(cls.s.discard)
        cls.token = wire.get_token(cls.s)

    @contextlib.contextmanager
    def known(self, answers):
        done = threading.Event()

        def run():
            with contextlib.closing(wire.Client(self.s, "dev.vault", self.token)) as client:
                while not done.is_set():
                    answers.append(client.get("/secrets").status)
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def flood(self, source):
        """MOST requests without a token from that address; their answers by status."""
        name = f"dev.vault.keyhold.localhost:{self.s.port}"
        text = f"GET /secrets?api-version=7.5 HTTP/1.1\r\nHost: {name}\r\n\r\n"
        with tempfile.NamedTemporaryFile("w") as plan:
            plan.write(f"1 {len(text)}\n{text}")
            plan.flush()
            words = [self.load, "-p", str(self.s.port), "-h", name.partition(":")[0], "-r", plan.name, "-b", source,
                     "-c", "32", "-s", "120", "-w", "0", "-m", str(self.MOST)]
            out = subprocess.run(words, stdout=subprocess.PIPE, check=True, timeout=180).stdout
        found = json.loads(out.splitlines()[-1])
        self.assertEqual(found["broken"], 0)
        return {int(k): v for k, v in found["statuses"].items()}

    def flood_from(self, source):
        said = []
        with self.known(said):
            refused = self.flood(source)
        self.assertLessEqual(set(refused), {401, 429})
        self.assertGreaterEqual(sum(refused.values()), self.MOST)
        self.assertEqual(set(said), {200})
        wait_for(lambda: figure(self.s, "keyhold_connections_waiting") == 0, "nobody waits")
        self.assertGreaterEqual(figure(self.s, "keyhold_turns_deferred_total"), 0)

    def test_from_an_address_of_its_own(self):
        self.flood_from("127.0.0.2")

    def test_from_the_address_of_the_known_caller(self):
        self.flood_from("127.0.0.1")
