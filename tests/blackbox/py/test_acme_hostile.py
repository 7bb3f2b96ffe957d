# SPDX-License-Identifier: Apache-2.0
"""ACME servers that mean harm or know no better: each ends in words, the clerk lives, and others are served meanwhile."""
import base64
import json
import os
import unittest

from cryptography.hazmat.primitives.asymmetric import ec

from kit import stranger, wire, world
from kit.acme_play import AcmePlay
from kit.server import Server, wait_for
from kit.service import free_port

SERVER = CA = WORLD = CLIENT = HOOK = None
DENIED = "none that may be dialled"
NUMBER = iter(range(1, 100000))


def setUpModule():
    global SERVER, CA, WORLD, CLIENT, HOOK
    CA = stranger.Authority()
    WORLD = world.standard()
    SERVER = Server("acme_hostile", seed=WORLD.seed(), sets={"pki.http_listen": f"127.0.0.1:{free_port()}"})
    path = os.path.join(SERVER.top, "ca.pem")
    with open(path, "wb") as f:
        f.write(stranger.pem(CA.root))
    os.chmod(path, 0o644)
    SERVER.sets.update({"dial": "on", "dial.ca_file": path, "dial.allow": "127.0.0.1"})
    SERVER.start()
    HOOK = stranger.Listener(CA)
    HOOK.do = lambda h, body: h.answer(200)
    a = WORLD.apps["admin"]
    CLIENT = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")


def tearDownModule():
    CLIENT.close()
    HOOK.close()
    SERVER.discard()


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def raw(text):
    """An answer that is not made by the library."""
    def twist(h, _):
        h.wfile.write(text)
        h.close_connection = True
    return twist


def endless(h, _):
    h.send_response(200)
    h.end_headers()
    h.close_connection = True
    for _ in range(4096):
        h.wfile.write(b" " * 65536)


def said(status, body, **headers):
    return lambda h, _: h.answer(status, body if isinstance(body, (bytes, str)) else json.dumps(body), **headers)


class Case(unittest.TestCase):
    def begin(self, twists=None, *, hook=False):
        """An operation with a server of its own; its name and the server."""
        p = AcmePlay(CA)
        self.addCleanup(p.close)
        p.twist = dict(twists(p) if callable(twists) else twists or {})
        name = f"case{next(NUMBER)}"
        settings = {"provider": "ACME", "credentials": {"account_id": p.directory}}
        if hook:
            settings["org_details"] = {"id": HOOK.url}
        a = CLIENT.put(f"/certificates/issuers/{name}", settings)
        self.assertEqual(a.status, 200, a)
        a = CLIENT.post(f"/certificates/{name}/create", {"policy": {
            "issuer": {"name": name}, "key_props": {"kty": "EC", "crv": "P-256"},
            "x509_props": {"subject": "CN=a.example", "sans": {"dns_names": ["a.example"]}}}})
        self.assertEqual(a.status, 202, a)
        return name, p

    def pending(self, name):
        return CLIENT.get(f"/certificates/{name}/pending").json()

    def ends(self, name):
        return wait_for(lambda: (lambda op: op if op["status"] != "inProgress" else None)(self.pending(name)),
                        f"the end of {name}", deadline=120, pause=0.1)

    def all_fail(self, cases, **more):
        """Each (twists, words): all at once, then each by itself."""
        begun = {what: (*self.begin(twists, **more), words) for what, (twists, words) in cases.items()}
        for what, (name, _, words) in begun.items():
            with self.subTest(what):
                op = self.ends(name)
                self.assertEqual(op["status"], "failed", op)
                self.assertIn(words, op["error"]["message"])
        return begun

    def is_retried(self, name, words):
        line = lambda: [s for s in SERVER.log().splitlines() if f"certificate {name} of" in s and "asked again in" in s]
        wait_for(line, f"{name} is tried again", deadline=120)
        self.assertIn(words, line()[0])
        self.assertEqual(self.pending(name)["status"], "inProgress")
        return int(line()[0].partition("asked again in ")[2].split()[0])

    def works(self, **more):
        name, p = self.begin(**more)
        self.assertEqual(self.ends(name)["status"], "completed", name)
        return p


class Hostile(Case):
    @classmethod
    def setUpClass(cls):
        cls.clerk = SERVER.pid_of("clerk")
        cls.before = memory(cls.clerk)

    def tearDown(self):
        self.assertEqual(SERVER.pid_of("clerk"), self.clerk)
        self.assertLess(memory(self.clerk) - self.before, 32 * 1024)
        self.works()

    def test_answers_that_are_too_much_or_none(self):
        deep = lambda n: b'{"a":' * n + b"1" + b"}" * n
        head = b"HTTP/1.1 200 OK\r\n"
        directory = "directory cannot be understood"
        self.all_fail({
            "an endless body": ({"directory": endless}, "too large"),
            "a giant header": ({"directory": raw(head + b"A: " + b"x" * 90000 + b"\r\n\r\n")}, "could not be asked"),
            "thousands of headers": ({"directory": raw(head + b"A: b\r\n" * 5000 + b"\r\n")}, "too large"),
            "HTML": ({"directory": said(200, "<html>", Content_Type="text/html")}, directory),
            "nothing": ({"directory": said(200, "")}, directory),
            "a list": ({"directory": said(200, "[]")}, directory),
            "nested 20,000 deep": ({"directory": said(200, deep(20000))}, directory),
            "a long list": ({"directory": said(200, b"[" + b"1," * 100000 + b"1]")}, directory),
            "bytes that are no text": ({"directory": said(200, b'{"newNonce":"\xff\xfe\x00"}')}, directory),
            "a redirect": ({"directory": said(302, "", Location="https://169.254.169.254/latest")}, "refused"),
            "a redirect to itself": (lambda p: {"directory": said(308, "", Location=p.directory)}, "refused"),
            "a redirect to another scheme": ({"directory": said(301, "", Location="file:///etc/passwd")}, "refused"),
            "an order of no kind": ({"order": said(201, "[]", Location="https://127.0.0.1/x")}, "order cannot be understood"),
            "an endless chain": ({"certificate": endless}, "too large"),
        })

    def test_urls_that_lead_elsewhere(self):
        def directory(member, url):
            return lambda p: {"directory": said(200, p.directory_body() | {member: url})}

        def order(member, url, step="order"):
            def twists(p):
                def twist(h, c):
                    if step == "order":
                        p.on_order(type("Mute", (), {"answer": lambda *a, **k: None})(), c)
                    o = p.orders[c["number"] or len(p.orders)]
                    p.say(h, 201, p.body_of(o) | {member: url}, Location=f"{p.url}/order/{o.number}")
                return {step: twist}
            return twists

        def location(url):
            def twists(p):
                def twist(h, c):
                    p.on_order(type("Mute", (), {"answer": lambda *a, **k: None})(), c)
                    p.say(h, 201, p.body_of(p.orders[1]), Location=url)
                return {"order": twist}
            return twists

        def challenge(url):
            def twists(p):
                def twist(h, c):
                    body = p.authz_body(p.orders[1])
                    p.say(h, 200, body | {"challenges": [ch | {"url": url} for ch in body["challenges"]]})
                return {"authz": twist}
            return twists

        def certificate(url):
            def twists(p):
                def twist(h, c):
                    o = p.orders[c["number"]]
                    o.status = "valid"
                    p.say(h, 200, p.body_of(o) | {"certificate": url})
                return {"finalize": twist}
            return twists
        self.all_fail({
            "nonces of a metadata service": (directory("newNonce", "https://169.254.169.254/latest"), DENIED),
            "accounts of a neighbour": (directory("newAccount", "https://10.0.0.1/x"), DENIED),
            "orders of this machine": (directory("newOrder", "https://[::1]:9/x"), DENIED),
            "orders in the clear": (directory("newOrder", "http://127.0.0.1/x"), "directory cannot be understood"),
            "orders in a file": (directory("newOrder", "file:///etc/passwd"), "directory cannot be understood"),
            "a number": (directory("newOrder", 7), "directory cannot be understood"),
            "an order elsewhere": (location("https://127.0.0.2:9/x"), DENIED),
            "an order in the clear": (location("http://127.0.0.1/x"), "order cannot be understood"),
            "an order of no length": (location("https://127.0.0.1/" + "x" * 4000), "order cannot be understood"),
            "an authorization elsewhere": (order("authorizations", ["https://192.168.1.1/x"]), DENIED),
            "no authorization": (order("authorizations", []), "order cannot be understood"),
            "ten thousand authorizations": (order("authorizations", ["https://127.0.0.1/"] * 9000), "order cannot be understood"),
            "a challenge elsewhere": (challenge("https://[::ffff:10.0.0.1]/x"), DENIED),
            "a certificate elsewhere": (certificate("https://100.64.0.1/x"), DENIED),
            "a certificate in the clear": (certificate("http://127.0.0.1/x"), "order cannot be understood"),
        })

    def test_tokens_that_are_none_reach_nobody(self):
        HOOK.requests.clear()

        def twists(token):
            return lambda p: {"authz": lambda h, c: p.say(h, 200, p.authz_body(p.orders[1], token))}
        tokens = ["../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "token with spaces in it", "short", "x" * 257,
                  "token/with/slashes/in/it", "token.with.dots.in.it", "tök€n-öf-öther-letters", "token-with-\x00-in-it-all",
                  "token-with-\r\nHeader:-x", "aGVsbG8gd29ybGQgaGVsbG8=", "'; drop table tokens; --"]
        for hook in (True, False):
            self.all_fail({repr(t): (twists(t), "authorization cannot be understood") for t in tokens}, hook=hook)
        self.assertEqual(HOOK.requests, [])

    def test_orders_that_change(self):
        def names(*others, step):
            def twists(p):
                def twist(h, c):
                    if step == "order":
                        p.on_order(type("Mute", (), {"answer": lambda *a, **k: None})(), c)
                    body = p.body_of(p.orders[1]) | {"identifiers": [{"type": "dns", "value": n} for n in others]}
                    p.say(h, 201, body, Location=f"{p.url}/order/1")
                return {step: twist}
            return twists

        def authz(p):
            def twist(h, c):
                p.say(h, 200, p.authz_body(p.orders[1]) | {"identifier": {"type": "dns", "value": "bank.example"}})
            return {"authz": twist}

        def no_certificate(p):
            def twist(h, c):
                o = p.orders[1]
                o.status = "valid"
                p.say(h, 200, p.body_of(o))
            return {"finalize": twist}
        other = "not for the names"
        self.all_fail({
            "an order for another name": (names("bank.example", step="order"), other),
            "an order for one name more": (names("a.example", "bank.example", step="order"), other),
            "an order for no name": (names(step="order"), other),
            "an order that changes": (names("bank.example", step="poll"), other),
            "proof of another name": (authz, "was not asked for"),
            "valid without a certificate": (no_certificate, "order cannot be understood"),
            "a problem with control characters": ({"order": said(403, {"type": "\x1b[31m", "detail": "\x07\r\nbell"})}, "bell"),
            "a problem that is none": ({"order": said(403, "no")}, "refused"),
        })

    def test_certificates_that_are_not_what_was_asked_for(self):
        def chain(make):
            return lambda p: {"certificate": lambda h, c: p.say(h, 200, make(p, p.orders[1]))}
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        taken = "cannot be taken"
        begun = self.all_fail({
            "garbage": (chain(lambda p, o: b"\x30\x82\xff\xff" * 100), taken),
            "nothing": (chain(lambda p, o: b""), taken),
            "PEM of garbage": (chain(lambda p, o: b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(b"x" * 600) +
                                     b"\n-----END CERTIFICATE-----\n"), taken),
            "another key": (chain(lambda p, o: p.chain(p.leaf(o, public=key))), taken),
            "other names": (chain(lambda p, o: p.chain(p.leaf(o, names=["bank.example"]))), taken),
            "only the issuer": (chain(lambda p, o: p.chain()), taken),
            "expired": (chain(lambda p, o: p.chain(p.leaf(o, days=(-9, -2)))), taken),
            "a hundred certificates": (chain(lambda p, o: p.chain(p.leaf(o), *[p.ca.root] * 20, *[
                p.leaf(o, public=key) for _ in range(80)])), taken),
            "a private key": (chain(lambda p, o: b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), taken),
        })
        for name, _, _ in begun.values():  # nothing of it is in force
            self.assertNotIn("x5t", CLIENT.get(f"/certificates/{name}").json())

    def test_another_chain_is_asked_for_where_the_first_cannot_be_taken(self):
        def twists(p):
            def twist(h, c):
                if c["id"] == "other":
                    p.say(h, 200, p.orders[1].chain)
                else:
                    p.say(h, 200, "none", Link=f'<{p.url}/certificate/other>;rel="alternate"')
            return {"certificate": twist}
        p = self.works(twists=twists)
        self.assertEqual([c["id"] for c in p.steps("certificate")], ["1", "other"])

    def test_an_alternate_elsewhere_is_not_asked_for_without_need(self):
        def twists(p):
            return {"certificate": lambda h, c: p.say(h, 200, p.orders[1].chain,
                                                      Link='<https://169.254.169.254/>;rel="alternate"')}
        self.works(twists=twists)

    def test_nonces_without_end(self):
        name, p = self.begin(lambda p: {"nonce": said(200, "")})
        self.is_retried(name, "gives no nonce")
        self.assertEqual(p.steps("account"), [])
        name, p = self.begin(lambda p: {"account": lambda h, c: p.refuse(h, 400, "badNonce")})
        self.is_retried(name, "badNonce")
        self.assertLessEqual(len(p.steps("account")), 7)

    def test_patience_has_an_end(self):
        name, _ = self.begin(lambda p: {"order": lambda h, c: p.refuse(h, 429, "rateLimited", Retry_After="31536000")})
        self.assertLessEqual(self.is_retried(name, "rateLimited"), 86400)
        name, _ = self.begin({"directory": said(503, "", Retry_After="9" * 40)})
        self.assertLessEqual(self.is_retried(name, "refused"), 86400)

    def test_those_who_make_us_wait_for_a_year_leave_room(self):
        def twists(p):
            def twist(h, c):
                o = p.orders[1]
                o.status = "processing"
                p.say(h, 200, p.body_of(o), Retry_After="31536000")
            return {"finalize": twist}
        waiting = [self.begin(twists) for _ in range(15)]
        for name, p in waiting:
            wait_for(lambda p=p: p.steps("finalize"), f"{name} is finalized", deadline=120)
        self.works()
        self.assertEqual({self.pending(name)["status"] for name, _ in waiting}, {"inProgress"})


if __name__ == "__main__":
    unittest.main()
