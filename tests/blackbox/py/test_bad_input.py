# SPDX-License-Identifier: Apache-2.0
"""
What a broken or hostile client sends, below HTTP and in it: the exact answer,
the service alive behind it, and nothing changed.
"""
import re
import resource
import socket
import ssl
import threading
import time
import unittest
import uuid

from kit import wire, world
from kit.server import Server, wait_for

SERVER, TOKEN = None, None
HEADER_TIME, BODY_TIME = 0.8, 1.2
VALUE = "must not change"


def setUpModule():
    global SERVER, TOKEN
    w = world.World()
    w.vault("alpha")
    w.app("admin")
    w.role("admin", world.ROLES["admin"], vault="alpha")
    SERVER = Server("input", seed=w.seed(), sets={
        "limits.header_time": f"{HEADER_TIME * 1000:.0f}ms",
        "limits.body_time": f"{BODY_TIME * 1000:.0f}ms",
        "limits.handshake_time": "3s"}).start()
    admin = w.apps["admin"]
    TOKEN = wire.get_token(SERVER, admin.app_id, admin.secret)
    a = wire.Client(SERVER, "alpha.vault", TOKEN).put("/secrets/witness", {"value": VALUE})
    assert a.status == 200, a


def tearDownModule():
    SERVER.discard()


class Case(unittest.TestCase):
    def setUp(self):
        self.client = wire.Client(SERVER, "alpha.vault", TOKEN, "7.4")
        self.addCleanup(self.client.close)
        self.before = self.state()

    def tearDown(self):
        self.assertEqual(self.state(), self.before, "something changed")

    def state(self):
        """Everything in the vault, by a good client on a new connection."""
        with wire.Wire(SERVER.port, SERVER.host("alpha.vault"), SERVER.ca) as w:
            asked = [w.request("GET", f"/{path}?api-version=7.4", token=TOKEN)
                     for path in ("secrets", "deletedsecrets", "secrets/witness",
                                  "secrets/witness/versions")]
        self.assertEqual([a.status for a in asked], [200] * 4)
        self.assertEqual(asked[2].json()["value"], VALUE)
        return [a.body for a in asked]

    def wire(self):
        w = wire.Wire(SERVER.port, SERVER.host("alpha.vault"), SERVER.ca, timeout=20)
        self.addCleanup(w.close)
        return w

    def head(self, method="GET", path="/secrets", *lines, auth=True):
        host = [f"Host: {SERVER.host('alpha.vault')}"]
        token = [f"Authorization: Bearer {TOKEN}"] if auth else []
        return "\r\n".join([f"{method} {path}?api-version=7.4 HTTP/1.1", *host, *token,
                            *lines, "", ""])

    def answered(self, data, status, code=None, closed=True):
        w = self.wire()
        try:
            w.send(data)
        except OSError:
            pass  # it was refused before all was sent
        a = w.read()
        self.assertEqual(a.status, status, a)
        if code:
            self.assertEqual(a.error["code"], code, a)
        if closed:
            self.assertEqual((a.header("Connection") or "").lower(), "close")
            try:
                self.assertTrue(w.is_closed())
            except ConnectionError:
                pass
        return a


class Http(Case):
    PUT = '{"value":"changed"}'

    def put(self, *lines, body=None):
        return self.head("PUT", "/secrets/witness", *lines) + (self.PUT if body is None else body)

    def test_two_content_lengths(self):
        n = len(self.PUT)
        for pair in ((n, n), (n, n + 1), (0, n)):
            with self.subTest(pair=pair):
                self.answered(self.put(*[f"Content-Length: {x}" for x in pair]), 400, "BadRequest")

    def test_content_length_with_transfer_encoding(self):
        body = f"{len(self.PUT):x}\r\n{self.PUT}\r\n0\r\n\r\n"
        for lines in (("Content-Length: 5", "Transfer-Encoding: chunked"),
                      ("Transfer-Encoding: chunked", "Content-Length: 5")):
            with self.subTest(first=lines[0]):
                self.answered(self.put(*lines, body=body), 400, "BadRequest")

    def test_content_lengths_that_are_no_numbers(self):
        for text in ("-1", "+5", "0x5", "5,5", "", "99999999999999999999", "5 5", "1e1"):
            with self.subTest(text=text):
                self.answered(self.put(f"Content-Length: {text}"), 400, "BadRequest")

    def test_transfer_encodings_that_are_not_chunked(self):
        for text in ("gzip", "gzip, chunked", "identity", "chunked, chunked", "xchunked", ""):
            with self.subTest(text=text):
                self.answered(self.put(f"Transfer-Encoding: {text}", body="0\r\n\r\n"), 400,
                              "BadRequest")

    def test_broken_chunks(self):
        for body in ("g\r\n", "5\r\nabcde0\r\n\r\n", "-1\r\n", "ffffffffffffffffff\r\n", "5 \nabcde\r\n"):
            with self.subTest(body=body):
                self.answered(self.put("Transfer-Encoding: chunked", body=body), 400, "BadRequest")

    def test_lines_that_are_not_http(self):
        host = f"Host: {SERVER.host('alpha.vault')}"
        for data in (f"GET /secrets HTTP/1.1\n{host}\n\n", "garbage\r\n\r\n",
                     f"GET /secrets HTTP/1.1\r\n{host}\r\nBad Header: x\r\n\r\n",
                     f"GET /secrets HTTP/1.1\r\n{host}\r\nX : y\r\n\r\n",
                     f"GET /secrets HTTP/1.1\r\n{host}\r\nX: a\r\n b\r\n\r\n",
                     f"GET /secrets HTTP/1.1\r\n{host}\r\nX: a\x00b\r\n\r\n",
                     f"GET /secrets HTTP/1.1\r\n{host}\r\nX: a\rb\r\n\r\n",
                     f"GET  /secrets HTTP/1.1\r\n{host}\r\n\r\n",
                     f"GET /sec\u00e9rets HTTP/1.1\r\n{host}\r\n\r\n",
                     f"GET secrets HTTP/1.1\r\n{host}\r\n\r\n",
                     f"BREW /secrets HTTP/1.1\r\n{host}\r\n\r\n",
                     f"CONNECT /secrets HTTP/1.1\r\n{host}\r\n\r\n",
                     f"GET /secrets HTTP/x.y\r\n{host}\r\n\r\n"):
            with self.subTest(data=data[:50]):
                self.answered(data, 400, "BadRequest")
        self.answered(f"GET /secrets HTTP/2.0\r\n{host}\r\n\r\n", 505, "HttpVersionNotSupported")

    def test_hosts(self):
        for lines in ("", "Host: a\r\nHost: b\r\n", "Host: a b\r\n", "Host: a@b\r\n"):
            with self.subTest(lines=lines):
                self.answered(f"GET /secrets?api-version=7.4 HTTP/1.1\r\n{lines}\r\n", 400)
        for host in ("example.org", "keyhold.localhost", "vault.keyhold.localhost", "127.0.0.1",
                     "a.b.vault.keyhold.localhost", "alpha.vault.keyhold.localhost.evil.example",
                     ".vault.keyhold.localhost", "alphaXvault.keyhold.localhost"):
            with self.subTest(host=host):
                w = self.wire()
                a = w.request("GET", "/secrets?api-version=7.4", token=TOKEN, host=host)
                self.assertEqual(a.status, 400, a)
                self.assertNotIn(b"witness", a.body)

    def test_a_target_that_names_another_host(self):
        self.answered("GET https://evil.example/secrets?api-version=7.4 HTTP/1.1\r\n"
                      f"Host: {SERVER.host('alpha.vault')}\r\n\r\n", 400)

    def test_headers_that_are_too_large_together_or_too_many(self):
        self.answered(self.head("GET", "/secrets", f"X: {'a' * 40000}"), 431,
                      "RequestHeaderFieldsTooLarge")
        self.answered(self.head("GET", "/secrets", *[f"X{i}: {'a' * 500}" for i in range(90)]), 431)
        self.answered(self.head("GET", "/secrets", *[f"X{i}: y" for i in range(120)]), 431)

    def test_a_header_that_never_ends(self):
        w = self.wire()
        w.send(f"GET /secrets HTTP/1.1\r\nHost: {SERVER.host('alpha.vault')}\r\nX: ")
        status = None
        try:
            for _ in range(10_000):
                w.send("a" * 4096)
        except OSError:
            pass
        try:
            status = w.read().status
        except wire.Closed:
            pass
        self.assertIn(status, (431, None))

    def test_a_target_that_is_too_long(self):
        self.answered(self.head("GET", "/secrets/" + "a" * 9000), 414, "UriTooLong")

    def test_too_many_parameters(self):
        query = "&".join(f"p{i}=1" for i in range(40))
        w = self.wire()
        self.assertEqual(w.request("GET", f"/secrets?api-version=7.4&{query}", token=TOKEN).status, 400)

    def test_a_body_that_is_too_large_is_refused_before_it_is_sent(self):
        self.answered(self.head("PUT", "/secrets/witness", "Content-Length: 2000000"), 413)
        self.answered(self.head("PUT", "/secrets/witness", "Transfer-Encoding: chunked")
                      + "200000\r\n" + "a" * 0x200000, 413)
        a = self.client.post("/secrets/restore", b'{"value":"' + b"A" * 2_000_000 + b'"}')
        self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"))

    def test_an_expectation_that_cannot_be_met(self):
        self.answered(self.put("Expect: miracles", f"Content-Length: {len(self.PUT)}"), 417)

    def test_a_body_that_ends_early(self):
        w = self.wire()
        w.send(self.put(f"Content-Length: {len(self.PUT) + 10}"))
        w.sock.unwrap().close()

    def test_an_authorization_that_is_huge_or_strange(self):
        for token in ("a" * 20000, "a.b.c", "..", "\x7f", "é", "%00", TOKEN + " " + TOKEN, TOKEN[:-3]):
            with self.subTest(token=token[:20]):
                w = self.wire()
                w.send(f"GET /secrets?api-version=7.4 HTTP/1.1\r\nHost: {SERVER.host('alpha.vault')}\r\n"
                       f"Authorization: Bearer {token}\r\n\r\n")
                self.assertIn(w.read().status, (400, 401))

    def test_a_hundred_connections_of_random_bytes(self):
        import random
        seed = random.randrange(1 << 30)
        rng = random.Random(seed)
        for _ in range(100):
            w = self.wire()
            try:
                w.send(rng.randbytes(rng.randrange(1, 400)) + b"\r\n\r\n")
                self.assertIn(w.read().status, (400, 414, 431, 505), f"seed {seed}")
            except (wire.Closed, OSError):
                pass
            w.close()


class Deadlines(Case):
    def late(self, begin, drip, least, most):
        w = self.wire()
        start = time.monotonic()
        w.send(begin)
        stop = threading.Event()

        def trickle():
            try:
                while not stop.wait(0.1):
                    w.send(drip)
            except OSError:
                pass

        worker = threading.Thread(target=trickle)
        worker.start()
        try:
            a = w.read()
        finally:
            stop.set()
            worker.join()
        took = time.monotonic() - start
        self.assertEqual((a.status, a.error["code"]), (408, "RequestTimeout"))
        self.assertTrue(least * 0.9 <= took <= most, f"{took:.1f} s")

    def test_a_header_that_trickles_in(self):
        self.late("GET /secrets HTTP/1.1\r\nX: ", "a", HEADER_TIME, HEADER_TIME + 5)

    def test_a_body_that_trickles_in(self):
        self.late(self.head("PUT", "/secrets/witness", "Content-Length: 1000") + '{"value":"', "a",
                  BODY_TIME, BODY_TIME + 5)

    def test_a_chunked_body_that_trickles_in(self):
        self.late(self.head("PUT", "/secrets/witness", "Transfer-Encoding: chunked") + '400\r\n{"value":"',
                  "a", BODY_TIME, BODY_TIME + 5)

    def test_a_handshake_that_is_not_finished(self):
        s = socket.create_connection(("127.0.0.1", SERVER.port), timeout=15)
        self.addCleanup(s.close)
        s.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        self.assertEqual(self.until_closed(s), b"")

    def test_a_client_that_says_nothing(self):
        s = socket.create_connection(("127.0.0.1", SERVER.port), timeout=15)
        self.addCleanup(s.close)
        self.assertEqual(self.until_closed(s), b"")

    @staticmethod
    def until_closed(s):
        try:
            return s.recv(100)
        except ConnectionError:
            return b""


class Crowd(Case):
    def test_a_thousand_idle_connections_and_one_that_works(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < 2048:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        context = ssl.create_default_context(cafile=SERVER.ca)
        crowd = []
        try:
            for i in range(1000):
                s = socket.create_connection(("127.0.0.1", SERVER.port), timeout=20)
                if i % 2:
                    s = context.wrap_socket(s, server_hostname="alpha.vault.keyhold.localhost")
                if i % 4 == 3:
                    s.sendall(b"GET /sec")
                crowd.append(s)
            for i in range(50):
                a = self.client.get("/secrets/witness")
                self.assertEqual((a.status, a.json()["value"]), (200, VALUE))
                if i % 10 == 0:
                    self.client.close()
        finally:
            for s in crowd:
                s.close()


class Tls(Case):
    def handshake(self, lowest, highest, alpn=None, ciphers=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(SERVER.ca)
        context.set_ciphers(ciphers or "DEFAULT:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = lowest, highest
        if alpn:
            context.set_alpn_protocols(alpn)
        w = wire.Wire(SERVER.port, SERVER.host("alpha.vault"), context=context)
        self.addCleanup(w.close)
        return w

    def test_tls_1_2_and_1_3_are_spoken(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version.name):
                w = self.handshake(version, version)
                self.assertEqual(w.sock.version(), version.name.replace("_", "."))
                self.assertEqual(w.request("GET", "/secrets?api-version=7.4", token=TOKEN).status, 200)

    def test_older_versions_are_refused(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.subTest(version=version.name):
                with self.assertRaisesRegex(ssl.SSLError, "(?i)protocol.version|unsupported.protocol"):
                    self.handshake(version, version)

    def test_weak_ciphers_are_refused(self):
        for ciphers in ("AES128-SHA:@SECLEVEL=0", "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
                        "eNULL:aNULL:@SECLEVEL=0"):
            with self.subTest(ciphers=ciphers):
                with self.assertRaises(ssl.SSLError):
                    self.handshake(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, ciphers=ciphers)

    def test_a_client_that_wants_http2_alone_is_refused_and_one_that_offers_both_is_served(self):
        any_version = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
        with self.assertRaises(ssl.SSLError):
            self.handshake(*any_version, alpn=["h2"]).more()
        w = self.handshake(*any_version, alpn=["h2", "http/1.1"])
        self.assertEqual(w.sock.selected_alpn_protocol(), "http/1.1")

    def test_plain_http_on_the_tls_port_gets_nothing(self):
        w = wire.Wire(SERVER.port, SERVER.host("alpha.vault"))
        self.addCleanup(w.close)
        w.send(self.head())
        with self.assertRaises((wire.Closed, AssertionError, ValueError)):
            w.read()

    def test_the_certificate_names_every_host_and_no_other(self):
        for label in ("alpha.vault", "whatever.vault", "login", "management", "graph"):
            wire.Wire(SERVER.port, SERVER.host(label), SERVER.ca).close()
        for host in ("example.org", "a.b.vault.keyhold.localhost", "other.keyhold.localhost"):
            with self.subTest(host=host):
                with self.assertRaises(ssl.SSLCertVerificationError):
                    wire.Wire(SERVER.port, host, SERVER.ca)

    def test_a_strict_verifier_is_content(self):
        context = ssl.create_default_context(cafile=SERVER.ca)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        wire.Wire(SERVER.port, SERVER.host("alpha.vault"), context=context).close()

    def test_a_session_is_resumed(self):
        context = ssl.create_default_context(cafile=SERVER.ca)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        first = wire.Wire(SERVER.port, SERVER.host("alpha.vault"), context=context)
        session = first.sock.session
        first.close()
        s = socket.create_connection(("127.0.0.1", SERVER.port))
        again = context.wrap_socket(s, server_hostname="alpha.vault.keyhold.localhost", session=session)
        self.addCleanup(again.close)
        self.assertTrue(again.session_reused)


class Local(Case):
    """The loopback listener: health and figures, without TLS."""

    def ask(self, path, method="GET"):
        with wire.Wire(SERVER.local_port, f"127.0.0.1:{SERVER.local_port}") as w:
            return w.request(method, path)

    def test_live_and_ready(self):
        for path in ("/livez", "/readyz"):
            wait_for(lambda p=path: self.ask(p).status == 200, path)

    def test_figures_count_requests_by_operation_and_status(self):
        self.client.get("/secrets/witness")
        text = self.ask("/metrics").body.decode()
        self.assertIn("SecretGet", text)
        self.assertRegex(text, r'(?m)^keyhold_\w+\{[^}]*\} \d')
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .*|\w+(\{.*\})? [-+0-9.eE]+(nan|inf)?|)$")
        self.assertNotIn("witness", text)

    def test_the_keeper_tells_of_its_questions_and_threads(self):
        self.client.get("/secrets/witness")
        wait_for(lambda: re.search(r'(?m)^keyhold_keeper_questions_total\{question="open"\} [1-9]',
                                   self.ask("/metrics").body.decode()), "the keeper's figures")
        text = self.ask("/metrics").body.decode()
        for line in (r"keyhold_keeper_lanes [1-9]", r"keyhold_keeper_lanes_busy_seconds_total [0-9.]+",
                     r'keyhold_keeper_threads\{kind="maker"\} [1-9]',
                     r'keyhold_keeper_jobs\{kind="slow",state="waiting"\} \d+'):
            self.assertRegex(text, "(?m)^" + line + "$")

    def test_it_has_no_vaults_and_no_tokens(self):
        for path in ("/secrets?api-version=7.4", "/secrets/witness?api-version=7.4",
                     "/adfs/oauth2/token", "/"):
            with self.subTest(path=path):
                a = self.ask(path)
                self.assertIn(a.status, (400, 401, 404))
                self.assertNotIn(VALUE.encode(), a.body)

    def test_the_public_listener_has_no_figures(self):
        with self.wire() as w:
            for path in ("/metrics", "/livez", "/readyz"):
                a = w.request("GET", path)
                self.assertIn(a.status, (400, 401, 404))
                self.assertNotIn(b"keyhold_", a.body)


class Forgery(Case):
    """Tokens that are none of ours, or not for this."""

    def ask(self, token, label="alpha.vault"):
        c = wire.Client(SERVER, label, token, "7.4")
        self.addCleanup(c.close)
        return c.get("/secrets/witness")

    def refused(self, token, text=None):
        a = self.ask(token)
        self.assertEqual((a.status, a.error["code"]), (401, "Unauthorized"), a)
        self.assertTrue(a.header("WWW-Authenticate").startswith("Bearer authorization="))
        self.assertNotIn(VALUE.encode(), a.body)
        if text:
            self.assertRegex(a.error["message"], text)

    def parts(self):
        import base64
        import json
        head, body, _ = TOKEN.split(".")
        load = [json.loads(base64.urlsafe_b64decode(x + "==")) for x in (head, body)]
        return load[0], load[1]

    @staticmethod
    def join(head, body, signature=b""):
        import base64
        import json
        def pack(x):
            raw = x if isinstance(x, bytes) else json.dumps(x).encode()
            return base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return f"{pack(head)}.{pack(body)}.{pack(signature)}"

    def test_garbage(self):
        for token in ("x", "x.y.z", "a" * 3000, "eyJhbGciOiJub25lIn0..", ".".join("abcde"),
                      TOKEN + ".x", TOKEN.replace(".", "")):
            with self.subTest(token=token[:30]):
                self.refused(token)

    def test_alg_none(self):
        head, body = self.parts()
        for alg in ("none", "None", "NONE", ""):
            self.refused(self.join({**head, "alg": alg}, body))
            self.refused(self.join({**head, "alg": alg}, body).rstrip("."))

    def test_hs256_with_the_public_key_as_the_secret(self):
        import hashlib
        import hmac
        import subprocess
        head, body = self.parts()
        with wire.Wire(SERVER.port, SERVER.host("login"), SERVER.ca) as w:
            jwk = w.request("GET", "/adfs/discovery/keys").json()["keys"][0]
        secrets_ = [jwk["n"].encode()]
        if "x5c" in jwk:
            pem = ("-----BEGIN CERTIFICATE-----\n" + jwk["x5c"][0] + "\n-----END CERTIFICATE-----\n")
            done = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=pem.encode(),
                                  stdout=subprocess.PIPE, check=False)
            secrets_ += [done.stdout, pem.encode()]
        for key in secrets_:
            text = self.join({**head, "alg": "HS256"}, body).rpartition(".")[0]
            mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
            self.refused(text + "." + self.join({}, {}, mac).rpartition(".")[2])

    def test_a_key_of_ones_own(self):
        import os
        import subprocess
        key = os.path.join(SERVER.top, "own.key")
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        head, body = self.parts()
        for extra in ({}, {"jku": "https://evil.example/keys"}, {"kid": "mine"}, {"kid": "../../etc"},
                      {"x5u": "https://evil.example/x"}, {"crit": ["exp"]}):
            with self.subTest(extra=extra):
                text = self.join({**head, **extra}, body).rpartition(".")[0]
                done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(),
                                      stdout=subprocess.PIPE, check=True)
                self.refused(text + "." + self.join({}, {}, done.stdout).rpartition(".")[2])

    def test_one_changed_claim_breaks_the_signature(self):
        head, body = self.parts()
        signature = TOKEN.rpartition(".")[2]
        for change in ({"oid": str(uuid.uuid4())}, {"exp": body["exp"] + 1}, {"tid": str(uuid.uuid4())}):
            text = self.join(head, {**body, **change}).rpartition(".")[0]
            self.refused(f"{text}.{signature}")

    def test_every_bit_of_the_signature_counts(self):
        head, body, signature = TOKEN.split(".")
        for i in (0, 10, len(signature) - 20):
            other = "A" if signature[i] != "A" else "B"
            self.refused(f"{head}.{body}.{signature[:i]}{other}{signature[i + 1:]}")

    def test_a_token_for_another_audience(self):
        for resource in ("management", "graph"):
            scope = f"https://{SERVER.host(resource)}/.default"
            try:
                token = wire.get_token(SERVER, scope=scope)
            except AssertionError:
                continue  # nobody mints such tokens yet
            self.refused(token, "^AKV10022: Invalid audience")

    def test_a_token_is_good_for_the_vaults_that_its_owner_may_see(self):
        a = self.ask(TOKEN, "dev.vault")
        self.assertEqual((a.status, a.inner), (403, "ForbiddenByRbac"))
        a = self.ask(wire.get_token(SERVER))
        self.assertEqual((a.status, a.inner), (403, "ForbiddenByRbac"))

    def test_the_accepted_audiences(self):
        for resource in (f"https://vault.keyhold.localhost:{SERVER.port}", "https://vault.azure.net"):
            for slash in ("", "/"):
                token = wire.get_token(SERVER, scope=f"{resource}{slash}/.default")
                self.assertEqual(wire.Client(SERVER, "dev.vault", token).get("/secrets").status, 200)
