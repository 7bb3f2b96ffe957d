# SPDX-License-Identifier: Apache-2.0
"""Quotas of vaults and principals: what a client is told, what others notice of it, and what the settings may be."""
import json
import os
import re
import time
import unittest

from kit import wire, world
from kit.server import Server, keyhold, wait_for

try:
    import azure.identity as identity
    from azure.keyvault.secrets import SecretClient
except ImportError:
    SecretClient = None

BODY = (b'{"error":{"code":"Throttled","message":"Request was not processed because too many requests were received. '
        b'Reason: VaultRequestTypeLimitReached"}}')


def figure(s, quota):
    return int(re.search(rf'^keyhold_throttled_total\{{quota="{quota}"\}} (\d+)$', wire.figures(s), re.M).group(1))


def records(s, status):
    with open(os.path.join(s.data_dir, "audit", "audit.jsonl"), encoding="utf-8") as f:
        return [r for r in map(json.loads, f) if r.get("properties", {}).get("httpStatusCode") == status]


def start(case, name, sets, w=None):
    s = Server(name, sets={"loops": "2", **sets}, seed=w and w.seed()).start()
    case.addCleanup(s.discard)
    return s


def client(case, s, vault, token):
    c = wire.Client(s, f"{vault}.vault", token)
    case.addCleanup(c.close)
    return c


def until_throttled(ask, most=5000):
    """How many were answered before the first 429, and that."""
    for n in range(most):
        a = ask()
        if a.status == 429:
            return n, a
        if a.status != 200:
            raise AssertionError(a)
    raise AssertionError(f"{most} and no 429")


class Azure(unittest.TestCase):
    def test_the_429_is_azures_and_is_counted_and_recorded(self):
        s = start(self, "azure", {"throttle": "azure"})
        c = client(self, s, "dev", wire.get_token(s))
        begun = time.monotonic()
        made, a = until_throttled(lambda: c.put("/secrets/a", {"value": "x"}))
        refilled = 30 * (time.monotonic() - begun) + 1
        self.assertGreaterEqual(made, 300)
        self.assertLessEqual(made, 300 + refilled)
        self.assertEqual(a.body, BODY)
        self.assertEqual(len(a.body), 146)
        self.assertEqual(a.header("Retry-After"), "1")
        self.assertEqual(a.header("Content-Type"), "application/json; charset=utf-8")
        self.assertTrue(a.header("x-ms-request-id"))
        # Another class of the same vault is not in need; nothing was written by the refused.
        self.assertEqual(c.get("/secrets/a").status, 200)
        self.assertEqual(figure(s, "vault"), 1)
        self.assertEqual(figure(s, "principal"), 0)
        told = wait_for(lambda: records(s, 429), "the record")
        self.assertEqual(told[0]["operationName"], "SecretSet")
        self.assertIn("VaultRequestTypeLimitReached", told[0]["resultDescription"])

    def test_making_keys_is_scarce_and_using_them_is_weighed(self):
        s = start(self, "azure-keys", {"throttle": "azure"})
        c = client(self, s, "dev", wire.get_token(s))
        begun = time.monotonic()
        made, _ = until_throttled(lambda: c.post("/keys/ec/create", {"kty": "EC", "crv": "P-256"}))
        self.assertGreaterEqual(made, 20)
        self.assertLessEqual(made, 20 + 2 * (time.monotonic() - begun) + 1)
        self.assertEqual(c.get("/keys/ec").status, 200)

    def test_a_reload_changes_nothing(self):
        s = start(self, "azure-reload", {"throttle": "custom", "throttle.principal_rate": "1",
                                         "throttle.principal_burst": "5"})
        c = client(self, s, "dev", wire.get_token(s))
        until_throttled(lambda: c.get("/secrets"))
        done = s.admin("tls", "reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        _, a = until_throttled(lambda: c.get("/secrets"), 50)
        self.assertIn(b"PrincipalRequestLimitReached", a.body)


class Fairness(unittest.TestCase):
    def test_who_floods_meets_the_limit_and_nobody_else_does(self):
        w = world.standard()
        s = start(self, "fair", {"throttle": "custom", "throttle.principal_rate": "20",
                                 "throttle.principal_burst": "40"}, w)
        flooding, good = (wire.get_token(s, w.apps[n].app_id, w.apps[n].secret) for n in ("admin", "user"))
        bad, other = client(self, s, "alpha", flooding), client(self, s, "alpha", good)
        answers = []
        for i in range(400):
            answers.append(bad.get("/secrets").status)
            if i % 40 == 0:
                self.assertNotEqual(other.get("/secrets").status, 429)
        self.assertEqual(set(answers), {200, 429})
        self.assertEqual(figure(s, "principal"), answers.count(429))
        # A denied one pays as well; a token that is not one is nobody's.
        self.assertEqual(bad.get("/secrets", token="x").status, 401)

    def test_a_vault_is_limited_whoever_asks_and_its_neighbour_is_not(self):
        w = world.standard()
        s = start(self, "vaults", {"throttle": "custom", "throttle.vault_rate": "1", "throttle.vault_burst": "10"}, w)
        token = wire.get_token(s, w.apps["admin"].app_id, w.apps["admin"].secret)
        a, b = client(self, s, "alpha", token), client(self, s, "week", token)
        until_throttled(lambda: a.get("/secrets"))
        self.assertEqual(b.get("/secrets").status, 200)

    def test_who_has_no_rights_cannot_use_up_a_vaults_quota(self):
        w = world.standard()
        s = start(self, "denied", {"throttle": "custom", "throttle.vault_rate": "1", "throttle.vault_burst": "10"}, w)
        stranger, admin = (wire.get_token(s, w.apps[n].app_id, w.apps[n].secret) for n in ("nobody", "admin"))
        c = client(self, s, "alpha", stranger)
        self.assertEqual({c.get("/secrets").status for _ in range(50)}, {403})
        self.assertEqual(client(self, s, "alpha", admin).get("/secrets").status, 200)


@unittest.skipIf(SecretClient is None, "no Azure SDK for Python")
class Sdk(unittest.TestCase):
    def test_the_real_client_waits_and_succeeds(self):
        s = start(self, "sdk", {"throttle": "custom", "throttle.principal_rate": "3", "throttle.principal_burst": "3"})
        seen = []
        old = dict(os.environ)
        os.environ.update(s.env)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(old)))
        credential = identity.ClientSecretCredential("adfs", s.env["AZURE_CLIENT_ID"], s.env["AZURE_CLIENT_SECRET"],
                                                     authority=f"https://{s.host('login')}")
        c = SecretClient(s.url(), credential, raw_response_hook=lambda r: seen.append(r.http_response.status_code))
        for i in range(12):
            c.set_secret("waits", str(i))
        self.assertEqual(c.get_secret("waits").value, "11")
        self.assertGreater(figure(s, "principal"), 0)
        c.close()


class Settings(unittest.TestCase):
    def test_wrong_ones_are_named(self):
        for sets, said in (({"throttle": "some"}, "must be off or custom or azure"),
                           ({"throttle": "custom"}, "custom needs throttle.principal_rate or throttle.vault_rate"),
                           ({"throttle.vault_rate": "5"}, "off, but there are rates"),
                           ({"throttle": "azure", "throttle.vault_burst": "5"}, "needs the rate beside it"),
                           ({"throttle": "azure", "throttle.principal_rate": "-1"}, "throttle.principal_rate")):
            words = [w for k, v in sets.items() for w in ("--set", f"{k}={v}")]
            done = keyhold("config", "check", *words)
            self.assertNotEqual(done.returncode, 0, sets)
            self.assertIn(said, done.stdout + done.stderr)

    def test_off_is_off(self):
        s = start(self, "off", {})
        c = client(self, s, "dev", wire.get_token(s))
        self.assertEqual({c.put("/secrets/a", {"value": "x"}).status for _ in range(350)}, {200})
        self.assertEqual(figure(s, "vault"), 0)
