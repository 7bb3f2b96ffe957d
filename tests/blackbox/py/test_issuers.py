# SPDX-License-Identifier: Apache-2.0
"""Issuers that are dialled: ACME against Debian's pebble, webhooks, and what strangers try (docs/wire/issuers.md)."""
import base64
import hashlib
import hmac
import json
import os
import shutil
import threading
import unittest

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kit import stranger, wire, world
from kit.certs import fresh
from kit.server import Server, wait_for
from kit.service import free_port

try:
    import azure.identity as identity
    from azure.keyvault.certificates import CertificateClient, CertificatePolicy, KeyCurveName, KeyType
except ImportError as e:  # Debian's python3-azure is not there
    raise unittest.SkipTest(f"no Azure SDK for Python: {e}") from None

SECRET = "bearer-secret-of-the-webhook"
SERVER, WORLD, CA, HOOK, HTTP_PORT = None, None, None, None, None


def setUpModule():
    global SERVER, WORLD, CA, HOOK, HTTP_PORT
    CA = stranger.Authority()
    WORLD = world.standard()
    HTTP_PORT = free_port()
    SERVER = Server("issuers", seed=WORLD.seed(), sets={"pki.http_listen": f"127.0.0.1:{HTTP_PORT}"})
    path = os.path.join(SERVER.top, "ca.pem")
    with open(path, "wb") as f:
        f.write(stranger.pem(CA.root))
    os.chmod(path, 0o644)
    SERVER.sets.update({"dial": "on", "dial.ca_file": path, "dial.allow": "127.0.0.1"})
    SERVER.start()
    HOOK = stranger.Listener(CA)


def tearDownModule():
    HOOK.close()
    SERVER.discard()


def client():
    a = WORLD.apps["admin"]
    credential = identity.ClientSecretCredential("adfs", a.app_id, a.secret,
                                                 authority=f"https://{SERVER.host('login')}")
    return CertificateClient(SERVER.url("alpha"), credential)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ.update(SERVER.env)
        cls.c = client()

    def issuer(self, provider, url, *, password=None, organisation=None, email=None):
        name = fresh()
        more = {"organization_id": organisation} if organisation else {}
        if email:
            from azure.keyvault.certificates import AdministratorContact
            more["admin_contacts"] = [AdministratorContact(email=email)]
        self.c.create_issuer(name, provider, account_id=url, password=password, **more)
        return name

    def begin(self, issuer, names=("a.example",), **more):
        name = fresh()
        policy = CertificatePolicy(issuer, subject=f"CN={names[0]}", san_dns_names=list(names), key_type=KeyType.ec,
                                   key_curve_name=KeyCurveName.p_256, **more)
        return name, self.c.begin_create_certificate(name, policy, _polling_interval=0.2)

    def ends(self, name):
        """The operation when it is over; Debian's SDK cannot read one that failed."""
        a = WORLD.apps["admin"]
        c = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret))
        self.addCleanup(c.close)

        def over():
            op = c.get(f"/certificates/{name}/pending").json()
            return op if op["status"] != "inProgress" else None
        return wait_for(over, f"the end of {name}", deadline=90, pause=0.1)

    def fails(self, name, *words):
        op = self.ends(name)
        self.assertEqual(op["status"], "failed")
        self.assertEqual(op["error"]["code"], "Certificate issuer error")
        for word in words:
            self.assertIn(word, op["error"]["message"])


class Webhook(Case):
    def test_a_request_becomes_a_certificate(self):
        HOOK.requests.clear()
        HOOK.do = lambda h, body: h.answer(200, CA.issue(json.loads(body)["csr"]))
        name, poller = self.begin(self.issuer("Webhook", HOOK.url + "/issue", password=SECRET))
        got = poller.result()
        leaf = x509.load_der_x509_certificate(bytes(got.cer))
        CA.key.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(leaf.signature_hash_algorithm))
        method, path, headers, body = HOOK.requests[0]
        self.assertEqual((method, path), ("POST", "/issue"))
        self.assertEqual(headers["Authorization"], f"Bearer {SECRET}")
        t, v1 = (p.split("=", 1)[1] for p in headers["X-Keyhold-Signature"].split(","))
        want = hmac.new(SECRET.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()
        self.assertEqual(v1, want)
        told = json.loads(body)
        self.assertEqual((told["vault"], told["name"], told["version"]), ("alpha", name, got.properties.version))
        self.assertEqual(told["policy"]["dns_names"], ["a.example"])
        self.assertEqual(headers["X-Keyhold-Request-Id"], told["request_id"])

    def test_an_issuer_that_takes_its_time(self):
        HOOK.requests.clear()
        polls = []

        def do(h, body):
            if h.command == "POST":
                polls.append(CA.issue(json.loads(body)["csr"]))
                h.answer(202, Location=HOOK.url + "/poll/1", Retry_After="1")
            elif len([r for r in HOOK.requests if r[0] == "GET"]) < 2:
                h.answer(202, Retry_After="1")
            else:
                h.answer(200, polls[0])
        HOOK.do = do
        _, poller = self.begin(self.issuer("Webhook", HOOK.url, password=SECRET))
        self.assertIsNotNone(poller.result().cer)
        self.assertEqual([r[0] for r in HOOK.requests], ["POST", "GET", "GET"])
        self.assertEqual(HOOK.requests[1][2]["Authorization"], f"Bearer {SECRET}")

    def test_trouble_that_passes_is_tried_again_with_the_same_id(self):
        HOOK.requests.clear()
        HOOK.do = lambda h, body: (h.answer(503) if len(HOOK.requests) == 1
                                   else h.answer(200, CA.issue(json.loads(body)["csr"])))
        _, poller = self.begin(self.issuer("Webhook", HOOK.url, password=SECRET))
        self.assertIsNotNone(poller.result().cer)
        self.assertEqual(len({json.loads(r[3])["request_id"] for r in HOOK.requests}), 1)
        self.assertEqual(len(HOOK.requests), 2)

    def refused(self, do, *words, url="", **more):
        HOOK.do = do
        name, _ = self.begin(self.issuer("Webhook", (more.pop("base", None) or HOOK.url) + url,
                                         **{"password": SECRET, **more}))
        self.fails(name, *words)

    def test_what_is_refused_says_why(self):
        self.refused(lambda h, body: h.answer(403, json.dumps({"error": {"message": "not for\x07 you"}})),
                     "403", "not for? you")

    def test_a_certificate_of_another_key(self):
        def do(h, body):
            key = ec.generate_private_key(ec.SECP256R1())
            h.answer(200, CA.chain(CA.sign("x", key.public_key(), CA.cert.subject, CA.key)))
        self.refused(do, "cannot be taken")

    def test_what_is_no_certificate(self):
        self.refused(lambda h, body: h.answer(200, "hello"), "cannot be taken")

    def test_a_huge_answer(self):
        def do(h, body):
            h.send_response(200)
            h.end_headers()
            for _ in range(4096):
                h.wfile.write(b"x" * 65536)
        self.refused(do, "too large")

    def test_a_redirect_is_not_followed(self):
        self.refused(lambda h, body: h.answer(302, Location="https://169.254.169.254/latest/meta-data"), "redirect")

    def test_a_place_to_poll_elsewhere_is_not_asked(self):
        other = stranger.Listener(CA)
        self.addCleanup(other.close)
        self.refused(lambda h, body: h.answer(202, Location=other.url + "/x"), "own origin")
        self.assertEqual(other.requests, [])

    def test_addresses_that_may_not_be_dialled(self):
        for base in ("https://169.254.169.254", "https://10.0.0.1", "https://[::1]:9", "https://127.0.0.2:9"):
            self.refused(lambda h, body: None, "none that may be dialled", base=base)

    def test_tls_of_a_stranger(self):
        other = stranger.Listener(stranger.Authority("somebody else"))
        self.addCleanup(other.close)
        self.refused(lambda h, body: None, "could not be asked", base=other.url)
        self.assertEqual(other.requests, [])

    def test_settings_that_cannot_work(self):
        self.refused(lambda h, body: None, "no https URL", base="http://127.0.0.1:9")
        self.refused(lambda h, body: None, "pwd", password=None)

    def test_a_cancelled_operation_takes_no_certificate(self):
        begun, go = threading.Event(), threading.Event()

        def do(h, body):
            begun.set()
            go.wait(60)
            h.answer(200, CA.issue(json.loads(body)["csr"]))
        HOOK.do = do
        name, _ = self.begin(self.issuer("Webhook", HOOK.url, password=SECRET))
        self.assertTrue(begun.wait(60))
        self.c.cancel_certificate_operation(name)
        go.set()
        self.assertEqual(self.ends(name)["status"], "cancelled")

    def test_a_slow_issuer_keeps_nobody_waiting(self):
        go = threading.Event()
        slow = stranger.Listener(CA)
        self.addCleanup(slow.close)
        self.addCleanup(go.set)
        slow.do = lambda h, body: (go.wait(60), h.answer(200, CA.issue(json.loads(body)["csr"])))
        name, _ = self.begin(self.issuer("Webhook", slow.url, password=SECRET))
        wait_for(lambda: slow.requests, "the slow one is asked")
        HOOK.do = lambda h, body: h.answer(200, CA.issue(json.loads(body)["csr"]))
        _, poller = self.begin(self.issuer("Webhook", HOOK.url, password=SECRET))
        self.assertIsNotNone(poller.result().cer)
        self.assertEqual(self.c.get_certificate_operation(name).status, "inProgress")


class Unreachable(Case):
    def test_other_providers_say_that_they_are_not_reachable(self):
        for provider in ("DigiCert", "GlobalSign"):
            name, _ = self.begin(self.issuer(provider, "1", password="x"))
            self.fails(name, "not reachable from this service")


@unittest.skipUnless(shutil.which("pebble"), "no pebble")
class Acme(Case):
    def pebble(self, **more):
        p = stranger.Pebble(CA, HTTP_PORT, **more)
        self.addCleanup(p.close)
        return p

    def verify(self, pebble, got):
        """The chain from the linked secret ends at pebble's root."""
        from azure.keyvault.secrets import SecretClient
        a = WORLD.apps["admin"]
        credential = identity.ClientSecretCredential("adfs", a.app_id, a.secret,
                                                     authority=f"https://{SERVER.host('login')}")
        from cryptography.hazmat.primitives.serialization import pkcs12
        value = SecretClient(SERVER.url("alpha"), credential).get_secret(got.name).value
        key, leaf, chain = pkcs12.load_key_and_certificates(base64.b64decode(value), None)
        root = x509.load_pem_x509_certificate(pebble.roots()[0])
        for cert, issuer in zip([leaf, *chain], [*chain, root]):
            self.assertEqual(cert.issuer, issuer.subject)
            from cryptography.hazmat.primitives.asymmetric import padding
            issuer.public_key().verify(cert.signature, cert.tbs_certificate_bytes, padding.PKCS1v15(),
                                       cert.signature_hash_algorithm)
        self.assertEqual(key.public_key().public_numbers(), leaf.public_key().public_numbers())
        return leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName)

    def test_http_01_with_nonces_refused_and_an_account_kept(self):
        p = self.pebble(env={"PEBBLE_WFE_NONCEREJECT": "20"})
        issuer = self.issuer("ACME", p.directory, email="ops@a.example")
        _, poller = self.begin(issuer, ("a.example", "b.example"))
        self.assertEqual(sorted(self.verify(p, poller.result())), ["a.example", "b.example"])
        _, poller = self.begin(issuer, ("c.example",))
        self.assertEqual(self.verify(p, poller.result()), ["c.example"])
        self.assertEqual(p.text().count("There are now 2 accounts"), 0)

    def test_dns_01_by_a_hook(self):
        p = self.pebble(env={"PEBBLE_WFE_NONCEREJECT": "0"})
        HOOK.requests.clear()

        def do(h, body):
            said = json.loads(body)
            if h.path == "/dns/present":
                p.tell_dns("set-txt", host=said["fqdn"], value=said["value"])
            else:
                p.tell_dns("clear-txt", host=said["fqdn"])
            h.answer(200)
        HOOK.do = do
        issuer = self.issuer("ACME", p.directory, organisation=HOOK.url + "/dns")
        _, poller = self.begin(issuer, ("*.wild.example",))
        self.assertEqual(self.verify(p, poller.result()), ["*.wild.example"])
        wait_for(lambda: [r[1] for r in HOOK.requests] == ["/dns/present", "/dns/cleanup"], "the hook cleans up")

    def test_an_external_account_is_bound(self):
        p = self.pebble(eab=True)
        name, _ = self.begin(self.issuer("ACME", p.directory))
        self.fails(name, "external account")
        name, _ = self.begin(self.issuer("ACME", p.directory, password=f"{p.kid}:AAAA"))
        self.fails(name, "refused")
        _, poller = self.begin(self.issuer("ACME", p.directory, password=f"{p.kid}:{p.hmac}"))
        self.assertEqual(self.verify(p, poller.result()), ["a.example"])

    def test_a_proof_that_is_not_found_is_told(self):
        p = self.pebble()
        p.tell_dns("add-a", host="nowhere.example", addresses=["127.0.0.9"])
        name, _ = self.begin(self.issuer("ACME", p.directory), ("nowhere.example",))
        self.fails(name, "did not find the proof for nowhere.example")

    def test_names_that_acme_does_not_issue_for(self):
        p = self.pebble()
        name = fresh()
        policy = CertificatePolicy(self.issuer("ACME", p.directory), subject="CN=a.example",
                                   san_emails=["a@a.example"], key_type=KeyType.ec, key_curve_name=KeyCurveName.p_256)
        self.c.begin_create_certificate(name, policy)
        self.fails(name, "DNS names only")


if __name__ == "__main__":
    unittest.main()
