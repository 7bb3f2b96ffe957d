# SPDX-License-Identifier: Apache-2.0
"""Strangers cannot fill the audit log, and do not stand in the way of others."""
import contextlib
import json
import os
import re
import threading
import unittest

from kit import wire
from kit.server import Server, wait_for

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
