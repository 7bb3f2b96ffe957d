# SPDX-License-Identifier: Apache-2.0
"""
Certificates that the clerk renews by policy: the clock is moved by restarting the
server with `--clock`, never waited for; what was due meanwhile is caught up, once.
"""
import datetime
import json
import os
import signal
import time
import unittest

from kit import pki, wire, world
from kit.server import Server

SERVER = None
DAY = 86400
TODAY = 0


def setUpModule():
    global SERVER
    w = world.World()
    w.vault("renew")
    w.app("admin")
    w.role("admin", "Key Vault Administrator", vault="renew")
    w.role("admin", "Keyhold CA Administrator", scope=f"/subscriptions/{w.subscription}")
    SERVER = Server("renewal", seed=w.seed())
    SERVER.admin = w.apps["admin"]
    SERVER.subscription = w.subscription
    SERVER.start()


def tearDownModule():
    SERVER.discard()


def client():
    token = wire.get_token(SERVER, SERVER.admin.app_id, SERVER.admin.secret)
    return wire.Client(SERVER, "renew.vault", token, "7.6")


def move_on(days):
    """The server again, that many days after the last move: time does not go back."""
    global TODAY
    TODAY += days
    SERVER.stop()
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=TODAY)
    SERVER.args = [a for a in SERVER.args if a != "--clock" and not a.startswith("20")]
    SERVER.args += ["--clock", then.strftime("%Y-%m-%dT%H:%M:%SZ")]
    SERVER.start()
    return client()


def until(what, seconds=120):
    """Polls a condition that the clerk brings about."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def tail(url):
    """The version: the port is another one each time."""
    return url.rsplit("/", 1)[1]


def action(kind, **trigger):
    return {"trigger": trigger, "action": {"action_type": kind}}


def policy(*actions, issuer="Self", months=12, **key):
    return {"issuer": {"name": issuer},
            "key_props": {"kty": "EC", "crv": "P-256", "exportable": True, **key},
            "x509_props": {"subject": "CN=renewed.example", "validity_months": months,
                           "sans": {"dns_names": ["renewed.example"]}},
            "lifetime_actions": list(actions)}


class Renewal(unittest.TestCase):
    maxDiff = None

    def create(self, c, name, p, **more):
        a = c.post(f"/certificates/{name}/create", {"policy": p, **more})
        self.assertEqual(a.status, 202, a)

    def versions(self, c, name, of="certificates"):
        a = c.get(f"/{of}/{name}/versions")
        self.assertEqual(a.status, 200, a)
        return sorted(a.json()["value"], key=lambda v: v["attributes"]["created"])

    def pending(self, c, name):
        a = c.get(f"/certificates/{name}/pending")
        self.assertEqual(a.status, 200, a)
        return a.json()

    def records(self, operation, name):
        with open(os.path.join(SERVER.data_dir, "audit", "audit.jsonl"), encoding="utf-8") as f:
            lines = [json.loads(line) for line in f if line.endswith("\n")]
        return [r for r in lines if r.get("operationName") == operation and
                f"/certificates/{name}/" in r.get("properties", {}).get("id", "")]

    def is_settled(self, c, *names):
        """A certificate that is due behind all the others was renewed: so were they, or never."""
        for name in names:
            until(lambda n=name: len(self.versions(c, n)) >= 2)

    def test_what_is_due_is_renewed_once_and_the_rest_is_left(self):
        renew = action("AutoRenew", lifetime_percentage=80)
        c = client()
        self.create(c, "percent", policy(renew), tags={"a": "b"}, attributes={"enabled": True})
        self.create(c, "days", policy(action("AutoRenew", days_before_expiry=100)))
        self.create(c, "reused", policy(renew, reuse_key=True))
        self.create(c, "rsa", policy(renew) | {"key_props": {"kty": "RSA", "key_size": 2048}})
        self.create(c, "mailed", policy(action("EmailContacts", lifetime_percentage=80)))
        self.create(c, "both", policy(action("EmailContacts", days_before_expiry=120), renew))
        self.create(c, "disabled", policy(renew))
        self.create(c, "gone", policy(renew))
        self.create(c, "hurried", policy(action("AutoRenew", lifetime_percentage=99)))
        self.create(c, "lost", policy(renew))
        self.assertEqual(c.patch("/certificates/disabled/", {"attributes": {"enabled": False}}).status, 200)
        self.assertEqual(c.put("/certificates/issuers/leaving", {"provider": "Webhook", "credentials": {"account_id": "https://ca.example/", "pwd": "x"}}).status, 200)
        a = c.patch("/certificates/lost/policy", {"issuer": {"name": "leaving"}})
        self.assertEqual(a.status, 200, a)
        self.assertEqual(c.delete("/certificates/issuers/leaving").status, 200)
        self.assertEqual(c.delete("/certificates/gone").status, 200)
        until(lambda: c.post("/deletedcertificates/gone/recover").status == 200)
        for name in ("percent", "days", "both"):
            self.assertEqual(len(self.versions(c, name)), 1)
        first = {n: self.versions(c, n)[0] for n in ("percent", "days", "reused", "rsa", "gone")}
        old_key = c.get("/keys/reused").json()["key"]
        c.close()

        c = move_on(250)  # both's contacts are told at 245, "days" is due at 265
        until(lambda: self.records("CertificateNearExpiryEventGridNotification", "both"))
        for name in ("percent", "days", "both", "hurried"):
            self.assertEqual(len(self.versions(c, name)), 1, name)
        # A policy that moves the day: due now.
        a = c.patch("/certificates/hurried/policy", {"lifetime_actions": [action("AutoRenew", lifetime_percentage=50)]})
        self.assertEqual(a.status, 200, a)
        self.is_settled(c, "hurried")
        c.close()

        c = move_on(60)  # 310: over 80 % of a year
        self.is_settled(c, "percent", "days", "reused", "rsa", "both", "gone")
        for name, old in first.items():
            new = self.versions(c, name)[1]
            self.assertEqual(tail(self.versions(c, name)[0]["id"]), tail(old["id"]))
            self.assertTrue(new["attributes"]["enabled"])
            self.assertGreater(new["attributes"]["exp"] - old["attributes"]["exp"], 200 * DAY)
            current = c.get(f"/certificates/{name}").json()
            self.assertEqual(current["id"], new["id"])
            self.assertEqual(tail(current["kid"]), tail(new["id"]))
            self.assertEqual(c.get(f"/secrets/{name}").status, 200)
            self.assertEqual(len(self.versions(c, name, "keys")), 2)
            self.assertEqual(len(self.versions(c, name, "secrets")), 2)
            self.assertEqual(self.pending(c, name)["status"], "completed")
            self.assertEqual(len(self.records("CertificateRenew", name)), 1)
        self.assertEqual(self.versions(c, "percent")[1]["tags"], {"a": "b"})
        new_key = c.get("/keys/reused").json()["key"]
        self.assertEqual((new_key["x"], new_key["y"]), (old_key["x"], old_key["y"]))
        self.assertNotEqual(new_key["kid"], old_key["kid"])
        # Told once, renewed never; what is disabled stays as it is.
        until(lambda: self.records("CertificateNearExpiryEventGridNotification", "mailed"))
        self.assertEqual(len(self.versions(c, "mailed")), 1)
        self.assertEqual(len(self.records("CertificateNearExpiryEventGridNotification", "both")), 1)
        self.assertEqual(len(self.versions(c, "disabled")), 1)
        # The issuer is gone: the operation says so, the certificate is what it was.
        lost = until(lambda: self.pending(c, "lost") if self.pending(c, "lost")["status"] == "failed" else None)
        self.assertEqual(lost["error"]["code"], "Certificate issuer error")
        self.assertIn("leaving", lost["error"]["message"])
        self.assertNotIn("csr", lost)
        self.assertEqual(len(self.versions(c, "lost")), 1)
        self.assertEqual(len(self.records("CertificateRenew", "lost")), 1)
        # Enabled and recovered, they are due at once; a repaired policy is tried at once.
        self.assertEqual(c.patch("/certificates/disabled/", {"attributes": {"enabled": True}}).status, 200)
        a = c.patch("/certificates/lost/policy", {"issuer": {"name": "Self"}})
        self.assertEqual(a.status, 200, a)
        self.is_settled(c, "disabled", "lost")
        self.assertEqual(self.pending(c, "lost")["status"], "completed")
        c.close()

        c = move_on(1)  # nothing more is due
        for name in first:
            self.assertEqual(len(self.versions(c, name)), 2)
        c.close()
        c = move_on(1500)  # a long time away: one renewal makes up for all that were missed
        until(lambda: len(self.versions(c, "percent")) == 3)
        until(lambda: len(self.versions(c, "rsa")) == 3)
        self.assertEqual(len(self.versions(c, "percent")), 3)
        self.assertEqual(len(self.records("CertificateRenew", "percent")), 2)
        c.close()

    def test_a_request_that_waits_is_made_once_and_can_be_merged_after_it_failed(self):
        c = client()
        a = c.put("/certificates/issuers/hook", {"provider": "Webhook", "credentials": {"account_id": "https://127.0.0.1:1/", "pwd": "x"}})
        self.assertEqual(a.status, 200, a)
        self.create(c, "waits", policy(action("AutoRenew", lifetime_percentage=50)))
        self.assertEqual(c.patch("/certificates/waits/policy", {"issuer": {"name": "hook"}}).status, 200)
        old = c.get("/certificates/waits").json()
        c.close()
        c = move_on(200)
        self.is_settled(c, "waits")
        p = self.pending(c, "waits")
        self.assertIn(p["status"], ("inProgress", "failed"))
        self.assertTrue(p["csr"])
        self.assertEqual(tail(c.get("/certificates/waits").json()["id"]), tail(old["id"]))
        self.assertEqual(len(self.versions(c, "waits")), 2)
        c.close()

    def test_an_authority_of_ours_renews_with_its_chain_or_says_why_not(self):
        c = client()
        manager = pki.Manager(SERVER, SERVER.admin, SERVER.subscription)
        self.assertEqual(c.post("/keys/root/create", {"kty": "EC", "crv": "P-256"}).status, 200)
        a = manager.make("renewer", "root", vault="renew", validityMonths=120)
        self.assertEqual(a.status, 201, a)
        a = c.put("/certificates/issuers/ours", {"provider": "Keyhold", "credentials": {"account_id": "renewer"}})
        self.assertEqual(a.status, 200, a)
        half = action("AutoRenew", lifetime_percentage=50)
        self.create(c, "chained", policy(half, issuer="ours"))
        self.assertEqual(self.pending(c, "chained")["status"], "completed")
        # What its own key signed before, an authority refuses: it asks for an authority's.
        self.create(c, "refused", policy(half))
        a = c.patch("/certificates/refused/policy", {"issuer": {"name": "ours"}, "x509_props": {"basic_constraints": {"ca": True}}})
        self.assertEqual(a.status, 200, a)
        c.close()
        c = move_on(200)
        self.is_settled(c, "chained")
        new = self.versions(c, "chained")[1]
        self.assertEqual(tail(c.get("/certificates/chained").json()["id"]), tail(new["id"]))
        self.assertEqual(self.pending(c, "chained")["status"], "completed")
        refused = until(lambda: self.pending(c, "refused") if self.pending(c, "refused")["status"] == "failed" else None)
        self.assertEqual(refused["error"]["code"], "Certificate issuer error")
        self.assertEqual(len(self.versions(c, "refused")), 1)
        manager = pki.Manager(SERVER, SERVER.admin, SERVER.subscription)
        issued = manager.get(f"{manager.id('renewer')}/certificates").json()["value"]
        self.assertEqual(len([i for i in issued if "chained" in json.dumps(i)]), 2, issued)
        c.close()

    def test_clerks_that_are_killed_renew_each_certificate_once(self):
        SERVER.expect_trouble = True  # for the log's words about it
        names = [f"crash{i}" for i in range(40)]
        c = client()
        for name in names:
            self.create(c, name, policy(action("AutoRenew", lifetime_percentage=50)))
        c.close()
        c = move_on(200)
        killed = 0
        for _ in range(6):  # at whatever step it is
            pid = SERVER.pid_of("clerk")
            if pid:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            until(lambda gone=pid: SERVER.pid_of("clerk") not in (None, gone))
        for name in names:
            until(lambda n=name: len(self.versions(c, n)) >= 2)
        for name in names:
            ids = {tail(v["id"]) for v in self.versions(c, name)}
            self.assertEqual(len(ids), 2)
            for of in ("keys", "secrets"):
                self.assertEqual({tail(v.get("id") or v["kid"]) for v in self.versions(c, name, of)}, ids)
            self.assertEqual(len(self.records("CertificateRenew", name)), 1)
            self.assertEqual(self.pending(c, name)["status"], "completed")
        self.assertGreater(killed, 0)
        c.close()


if __name__ == "__main__":
    unittest.main()
