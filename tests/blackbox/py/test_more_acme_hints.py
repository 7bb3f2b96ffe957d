# SPDX-License-Identifier: Apache-2.0
"""
An ACME server says when to renew (RFC 9773), and what came from there is renewed then:
earlier than the policy wants, never later. The clock is moved by restarting the server.
"""
import datetime
import json
import os
import time
import unittest

from kit import stranger, wire, world
from kit.acme_play import AcmePlay, stamp
from kit.server import Server, wait_for
from kit.service import free_port

SERVER = CA = WORLD = None
DAY, TODAY = 86400, 0


def setUpModule():
    global SERVER, CA, WORLD
    CA = stranger.Authority()
    WORLD = world.standard()
    SERVER = Server("more_acme_hints", seed=WORLD.seed(), sets={"pki.http_listen": f"127.0.0.1:{free_port()}"})
    path = os.path.join(SERVER.top, "ca.pem")
    with open(path, "wb") as f:
        f.write(stranger.pem(CA.root))
    os.chmod(path, 0o644)
    SERVER.sets.update({"dial": "on", "dial.ca_file": path, "dial.allow": "127.0.0.1"})
    SERVER.start()


def tearDownModule():
    SERVER.discard()


def client():
    a = WORLD.apps["admin"]
    return wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")


def move_on(days):
    """The server again, that many days later."""
    global TODAY
    TODAY += days
    SERVER.stop()
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=TODAY)
    SERVER.args = [a for a in SERVER.args if a != "--clock" and not a.startswith("20")]
    SERVER.args += ["--clock", then.strftime("%Y-%m-%dT%H:%M:%SZ")]
    SERVER.start()
    return client()


class Hints(unittest.TestCase):
    def play(self, **more):
        p = AcmePlay(CA, **{"renewal": True, **more})
        self.addCleanup(p.close)
        return p

    def certificate(self, c, p, *, percent=80):
        name = f"hint-{time.monotonic_ns()}"
        a = c.put(f"/certificates/issuers/{name}", {"provider": "ACME", "credentials": {"account_id": p.directory}})
        self.assertEqual(a.status, 200, a)
        a = c.post(f"/certificates/{name}/create", {"policy": {
            "issuer": {"name": name}, "key_props": {"kty": "EC", "crv": "P-256"},
            "x509_props": {"subject": "CN=hint.example", "sans": {"dns_names": ["hint.example"]}},
            "lifetime_actions": [{"trigger": {"lifetime_percentage": percent}, "action": {"action_type": "AutoRenew"}}]}})
        self.assertEqual(a.status, 202, a)
        wait_for(lambda: self.versions(c, name, 1), "the certificate is there")
        return name

    def versions(self, c, name, least):
        """The versions that are complete, if there are so many."""
        found = [v for v in c.get(f"/certificates/{name}/versions").json()["value"] if "x5t" in v]
        return found if len(found) >= least else None

    def learns(self, name, times=1):
        """The hint is stored."""
        path = os.path.join(SERVER.data_dir, "audit", "audit.jsonl")

        def learnt():
            with open(path, encoding="utf-8") as f:
                lines = [json.loads(line) for line in f if line.endswith("\n")]
            return len([r for r in lines if r.get("operationName") == "CertificateRenewalInfo" and
                        f"/certificates/{name}/" in r.get("properties", {}).get("id", "")]) >= times
        wait_for(learnt, f"what is known of {name}")

    def test_hints_are_taken_at_their_worth(self):
        """One story, for each move of the clock is a restart of the server."""
        c = client()
        past, quiet, silent, late, refusing, left, heir = (self.play(renewal=r) for r in (1, 0, 1, 1, 1, 1, 1))
        past.window = refusing.window = left.window = (stamp(-5 * DAY), stamp(-4 * DAY))
        silent.window = (stamp(10 * DAY), stamp(11 * DAY))
        late.window, late.days = (stamp(300 * DAY), stamp(301 * DAY)), (-1, 9)
        names = {p: self.certificate(c, p) for p in (past, quiet, silent, refusing, left)}
        names[late] = self.certificate(c, late, percent=50)
        bad = {"not there": lambda h, d: h.answer(404), "no JSON": lambda h, d: h.answer(200, "[" * 4000),
               "a window that ends before it begins": lambda h, d: h.answer(
                   200, json.dumps({"suggestedWindow": {"start": stamp(0), "end": stamp(-DAY)}})),
               "no end": lambda h, d: h.answer(200, json.dumps({"suggestedWindow": {"start": stamp(-DAY)}})),
               "elsewhere": lambda h, d: h.answer(302, Location="https://169.254.169.254/")}
        fallen = {}
        for what in bad:
            fallen[what] = p = self.play()
            p.window = past.window
            names[p] = self.certificate(c, p)
        for p, name in names.items():
            if p is not quiet:
                self.learns(name)
            self.assertEqual(len(self.versions(c, name, 0)), 1)  # not within hours of its issuance
        self.assertEqual(past.asked[0], past.id_of(past.orders[1]))
        self.assertNotIn("replaces", past.orders[1].said)

        for what, twist in bad.items():
            p = fallen[what]
            p.twist["renewal"] = lambda h, d, p=p, t=twist: (p.asked.append(d["id"]), t(h, d))
            p.asked.clear()
        silent.twist["renewal"] = lambda h, d: (silent.asked.append(d["id"]), h.answer(503, Retry_After="3600"))
        silent.asked.clear()
        a = c.put(f"/certificates/issuers/{names[left]}", {"provider": "ACME", "credentials": {"account_id": heir.directory}})
        self.assertEqual(a.status, 200, a)
        seen = len(left.seen)
        c = move_on(0.01)  # by less than the hours of the first hint, by more than the minute until all are asked again
        for p in (silent, *fallen.values()):
            wait_for(lambda p=p: p.asked, "it is asked again")
            self.learns(names[p], 2)
        self.learns(names[left], 2)  # what was suggested is forgotten
        self.assertEqual((len(left.seen), heir.asked), (seen, []))

        refusing.twist["order"] = lambda h, d: refusing.refuse(h, 409, "alreadyReplaced") if "replaces" in d["payload"] else False
        past.window = refusing.window = (stamp(60 * DAY), stamp(61 * DAY))
        past.days = refusing.days = (TODAY, 90)
        c = move_on(1)
        for p in (past, refusing):
            wait_for(lambda p=p: self.versions(c, names[p], 2), "it is renewed")
        self.assertEqual(past.orders[2].said["replaces"], past.id_of(past.orders[1]))
        wait_for(lambda: past.id_of(past.orders[2]) in past.asked, "the new one is asked about")
        self.assertNotIn("replaces", refusing.orders[2].said)
        self.assertEqual(sum("replaces" in o["payload"] for o in refusing.steps("order")), 1)
        witness = self.play(days=(TODAY, 90))  # due behind all that would be due by now
        witness.window = (stamp((TODAY + 0.5) * DAY), stamp((TODAY + 0.5) * DAY))
        name = self.certificate(c, witness)
        self.learns(name)

        late.days = silent.days = witness.days = (TODAY, 90)
        c = move_on(5)
        wait_for(lambda: self.versions(c, name, 2), "the witness is renewed")
        wait_for(lambda: self.versions(c, names[late], 2), "the policy's day comes before the window")
        for p in (quiet, silent, left, *fallen.values()):
            self.assertEqual(len(self.versions(c, names[p], 0)), 1)
        c = move_on(6)
        wait_for(lambda: self.versions(c, names[silent], 2), "what was suggested days ago holds")
        self.assertEqual(sorted(past.orders), [1, 2])


if __name__ == "__main__":
    unittest.main()
