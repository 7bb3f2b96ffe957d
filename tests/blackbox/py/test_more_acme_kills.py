# SPDX-License-Identifier: Apache-2.0
"""
Certificates that an ACME server, or a webhook, issues, with the clerk or all of Keyhold killed at each step, the issuer
changed or deleted, or dialling switched off meanwhile: one version comes of it, or words that say why none.
"""
import datetime
import json
import os
import signal
import threading
import unittest

from kit import stranger, wire, world
from kit.acme_play import AcmePlay
from kit.server import Server, wait_for
from kit.service import free_port

SERVER = CA = WORLD = None
TODAY, NUMBER = 0, iter(range(1, 1000))
STEPS = ("directory", "account", "order", "authz", "challenge", "poll", "finalize", "certificate")


def setUpModule():
    global SERVER, CA, WORLD
    CA = stranger.Authority()
    WORLD = world.standard()
    SERVER = Server("more_acme_kills", seed=WORLD.seed(), expect_trouble=True,
                    sets={"pki.http_listen": f"127.0.0.1:{free_port()}"})
    path = os.path.join(SERVER.top, "ca.pem")
    with open(path, "wb") as f:
        f.write(stranger.pem(CA.root))
    os.chmod(path, 0o644)
    SERVER.sets.update({"dial": "on", "dial.ca_file": path, "dial.allow": "127.0.0.1"})
    SERVER.start()


def tearDownModule():
    SERVER.discard()


def client(vault="alpha"):
    a = WORLD.apps["admin"]
    return wire.Client(SERVER, f"{vault}.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")


def again(days=0, **sets):
    """The server once more, that many days later."""
    global TODAY
    TODAY += days
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=TODAY)
    SERVER.sets.update(sets)
    SERVER.args = [a for a in SERVER.args if a != "--clock" and not a.startswith("20")]
    SERVER.args += ["--clock", then.strftime("%Y-%m-%dT%H:%M:%SZ")]
    SERVER.start()
    return client()


def kill_clerk():
    old = wait_for(lambda: SERVER.pid_of("clerk"), "a clerk")
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: SERVER.pid_of("clerk") not in (None, old), "another clerk")


class Case(unittest.TestCase):
    def play(self, **twist):
        p = AcmePlay(CA)
        self.addCleanup(p.close)
        p.twist.update(twist)
        return p

    def issuer(self, c, name, p):
        a = c.put(f"/certificates/issuers/{name}", {"provider": "ACME", "credentials": {"account_id": p.directory}})
        self.assertEqual(a.status, 200, a)

    def begin(self, c, p, percent=80):
        name = f"kill{next(NUMBER)}"
        self.issuer(c, name, p)
        a = c.post(f"/certificates/{name}/create", {"policy": {
            "issuer": {"name": name}, "key_props": {"kty": "EC", "crv": "P-256"},
            "x509_props": {"subject": "CN=a.example", "sans": {"dns_names": ["a.example"]}},
            "lifetime_actions": [{"trigger": {"lifetime_percentage": percent}, "action": {"action_type": "AutoRenew"}}]}})
        self.assertEqual(a.status, 202, a)
        return name

    def ends(self, c, name):
        over = lambda: (lambda op: op if op["status"] != "inProgress" else None)(c.get(f"/certificates/{name}/pending").json())
        return wait_for(over, f"the end of {name}", deadline=180, pause=0.1)

    def fails(self, c, name, words):
        op = self.ends(c, name)
        self.assertEqual(op["status"], "failed", op)
        self.assertIn(words, op["error"]["message"])

    def versions(self, c, name):
        return c.get(f"/certificates/{name}/versions").json()["value"]

    def completes_once(self, c, name, p, versions=1):
        op = self.ends(c, name)
        self.assertEqual(op["status"], "completed", op)
        found = self.versions(c, name)
        self.assertEqual(len(found), versions)
        self.assertTrue(all("x5t" in v for v in found))

    @staticmethod
    def waits(p):
        """A twist of finalize: the order is never done."""
        def twist(h, c):
            p.orders[c["number"]].status = "processing"
            p.say(h, 200, p.body_of(p.orders[c["number"]]), Retry_After="1")
        return twist


class Kills(Case):
    def test_the_clerk_is_killed_at_each_step(self):
        c = client()
        for step in STEPS:
            with self.subTest(step):
                met = threading.Event()
                p = self.play(**{step: lambda h, d, m=met: None if not m.is_set() and not m.set() else False})
                name = self.begin(c, p)
                self.assertTrue(met.wait(120))  # and it is not answered
                kill_clerk()
                self.completes_once(c, name, p)
                # An order whose URL was told is gone on with; one that was not is made again.
                self.assertEqual(len(p.steps("order")), 2 if step == "order" else 1)

    def test_all_is_killed_in_the_middle_of_a_renewal(self):
        c = client()
        plays = {"order": self.play(), "finalize": self.play(), "certificate": self.play()}
        names = {step: self.begin(c, p, percent=80 + 4 * i) for i, (step, p) in enumerate(plays.items())}
        for step, p in plays.items():
            self.completes_once(c, names[step], p)
        for i, (step, p) in enumerate(plays.items()):
            with self.subTest(step):
                met = threading.Event()
                p.twist[step] = lambda h, d, m=met: None if not m.is_set() and not m.set() else False
                p.days = (TODAY - 1, TODAY + 400)
                SERVER.stop(check=False)
                c = again(72 if i == 0 else 4)
                self.assertTrue(met.wait(120))
                SERVER.kill()
                c = again()
                wait_for(lambda s=step: len(self.versions(c, names[s])) == 2, "the new version is there")
                self.completes_once(c, names[step], p, versions=2)
                self.assertEqual(len(p.orders), 2)
                self.assertEqual(p.orders[1].names, p.orders[2].names)

    def test_an_issuer_that_is_deleted(self):
        c, p = client(), self.play()
        p.twist["finalize"] = self.waits(p)
        name = self.begin(c, p)
        wait_for(lambda: p.steps("finalize"), "it is finalized", deadline=120)
        self.assertEqual(c.delete(f"/certificates/issuers/{name}").status, 200)
        kill_clerk()
        self.fails(c, name, "does not exist any more")

    def test_an_issuer_that_is_changed_is_asked_anew(self):
        c, p, other = client(), self.play(), self.play()
        p.twist["finalize"] = self.waits(p)
        name = self.begin(c, p)
        wait_for(lambda: p.steps("finalize"), "it is finalized", deadline=120)
        p.close()  # the reason why it is changed
        self.issuer(c, name, other)
        kill_clerk()
        self.completes_once(c, name, other)
        self.assertEqual(len(other.orders), 1)

    def test_dialling_is_switched_off(self):
        c, p = client(), self.play()
        p.twist["finalize"] = self.waits(p)
        name = self.begin(c, p)
        wait_for(lambda: p.steps("finalize"), "it is finalized", deadline=120)
        SERVER.stop(check=False)
        c = again(dial="off")
        self.fails(c, name, "dial = off")
        SERVER.stop(check=False)
        again(dial="on")

    def webhook(self, c, do):
        hook = stranger.Listener(CA)
        self.addCleanup(hook.close)
        hook.do = do
        name = f"kill{next(NUMBER)}"
        self.hooked(c, name, hook)
        a = c.post(f"/certificates/{name}/create", {"policy": {
            "issuer": {"name": name}, "key_props": {"kty": "EC", "crv": "P-256"}, "x509_props": {"subject": "CN=a.example"}}})
        self.assertEqual(a.status, 202, a)
        return name, hook

    def hooked(self, c, name, hook):
        a = c.put(f"/certificates/issuers/{name}", {"provider": "Webhook", "credentials": {"account_id": hook.url, "pwd": "x"}})
        self.assertEqual(a.status, 200, a)

    def test_a_webhook_is_asked_again_with_the_same_id(self):
        c, met = client(), threading.Event()

        def do(h, body):
            if met.is_set():
                h.answer(200, CA.issue(json.loads(body)["csr"]))
            met.set()
        name, hook = self.webhook(c, do)
        self.assertTrue(met.wait(120))
        kill_clerk()
        self.completes_once(c, name, hook)
        self.assertEqual(len({json.loads(r[3])["request_id"] for r in hook.requests}), 1)

    def test_a_webhook_that_works_on_it_is_not_given_it_twice(self):
        c, met, chains = client(), threading.Event(), []

        def do(h, body):
            if h.command == "POST":
                chains.append(CA.issue(json.loads(body)["csr"]))
                h.answer(202, Location=hook.url + "/poll", Retry_After="1")
            elif met.is_set():
                h.answer(200, chains[0])
            else:
                met.set()
        name, hook = self.webhook(c, do)
        self.assertTrue(met.wait(120))
        kill_clerk()
        self.completes_once(c, name, hook)
        self.assertEqual(len(chains), 1)

    def test_a_webhook_that_is_changed_is_given_it_anew(self):
        c, met = client(), threading.Event()

        def wait(h, body):
            h.answer(202, **({"Location": hook.url + "/poll"} if h.command == "POST" else {}), Retry_After="1")
            if h.command == "GET":
                met.set()
        name, hook = self.webhook(c, wait)
        self.assertTrue(met.wait(120))
        other = stranger.Listener(CA)
        self.addCleanup(other.close)
        other.do = lambda h, body: h.answer(200, CA.issue(json.loads(body)["csr"]))
        self.hooked(c, name, other)
        kill_clerk()
        self.completes_once(c, name, other)
        self.assertEqual([r[0] for r in other.requests], ["POST"])

    def test_drops_are_not_waited_for_for_ever_and_hold_one_vault_only(self):
        stop = threading.Event()
        self.addCleanup(stop.set)

        def drip(h, _):
            h.send_response(200)
            h.end_headers()
            h.close_connection = True
            while not stop.wait(1):
                h.wfile.write(b" ")
        c, other = client(), client("week")
        slow = [self.begin(c, self.play(directory=drip)) for _ in range(8)]
        p = self.play()
        self.completes_once(other, self.begin(other, p), p)
        told = lambda n: [s for s in SERVER.log().splitlines() if f"certificate {n} of" in s and "could not be asked" in s]
        for name in slow:
            wait_for(lambda n=name: told(n), f"{name} is given up for now", deadline=240)


if __name__ == "__main__":
    unittest.main()
