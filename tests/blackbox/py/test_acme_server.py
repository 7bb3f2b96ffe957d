# SPDX-License-Identifier: Apache-2.0
"""
The ACME server of an authority (docs/wire/acme.md): how a client enrols, and first of all how
nobody else does. Debian's certbot and dehydrated enrol too.
"""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kit import acme, certs, pki, wire, world
from kit.acme import ERROR, JOSE, Client, Key, csr, flattened
from kit.server import Server

SERVER = ADMIN = OWNER = VAULT = CA = FOLDER = None
APPS, CREDENTIALS, GRANTS = {}, {}, "/providers/Microsoft.Authorization/roleAssignments"
RULES = [".corp.test", "host.test", "10.0.0.0/8"]
ENROLLER = "d2a1c6b0-8f3e-4b67-bb0a-51f1f7a9d8c2"


def setUpModule():
    global SERVER, ADMIN, OWNER, VAULT, CA, FOLDER
    w = world.standard()
    scope = f"/subscriptions/{w.subscription}/resourceGroups/bench"
    w.role("admin", "Keyhold CA Administrator", scope=scope)
    w.role("admin", "User Access Administrator", scope=scope)
    w.role("admin", "Global Administrator", scope="/")
    for name in ("machine", "fading", "leaving", "moving"):
        w.app(name)
    for name in ("machine", "leaving"):
        w.role(name, "Keyhold Certificate Enroller", scope=scope)
    APPS.update(w.apps)
    FOLDER = tempfile.mkdtemp(prefix="kh-acme-")
    SERVER = Server("acme_server", seed=w.seed()).start()
    ADMIN = pki.Manager(SERVER, w.apps["admin"], w.subscription)
    OWNER = pki.Manager(SERVER, w.apps["nobody"], w.subscription)
    a = w.apps["admin"]
    VAULT = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")
    CA = make_ca()


def tearDownModule():
    SERVER.discard()
    shutil.rmtree(FOLDER)


def make_ca(**more):
    name, key = certs.fresh("ca"), certs.fresh("k")
    a = VAULT.post(f"/keys/{key}/create", {"kty": "EC", "crv": "P-256"})
    assert a.status == 200, a
    a = ADMIN.make(name, key, **more)
    assert a.status == 201, a
    return name


def ask(method, path, body=None, by=None):
    return (by or ADMIN).call(method, path, body)


def credential(principal="machine", ca=None, **more):
    body = {"principalId": APPS[principal].object_id, "names": RULES, **more}
    a = ask("POST", f"{ADMIN.id(ca or CA)}/acmeCredentials", body)
    assert a.status == 201, a
    return a.json()


def delete_credential(c, ca=None):
    a = ask("DELETE", f"{ADMIN.id(ca or CA)}/acmeCredentials/{c['kid']}")
    assert a.status == 200, a


def grant(principal):
    at = f"{ADMIN.id(CA)}{GRANTS}/{uuid.uuid4()}"
    a = ask("PUT", at, {"properties": {
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{ENROLLER}",
        "principalId": APPS[principal].object_id, "principalType": "ServicePrincipal"}})
    assert a.status == 201, a
    return at


class Case(unittest.TestCase):
    maxDiff = None

    def client(self, key=None, c=None):
        c = Client(SERVER, (c or self.shared())["directory"], key)
        self.addCleanup(c.close)
        return c

    @staticmethod
    def shared():
        if "machine" not in CREDENTIALS:
            CREDENTIALS["machine"] = credential()
        return CREDENTIALS["machine"]

    def account(self, c=None, key=None):
        client = self.client(key, c)
        a = client.register(c or self.shared())
        self.assertEqual(a.status, 201, a)
        return client

    def ok(self, a, status=200):
        self.assertEqual(a.status, status, (a, a.body))
        return a.json() if a.body else None

    def refused(self, a, kind, status):
        self.assertEqual(a.status, status, (a, a.body))
        self.assertEqual(a.header("Content-Type"), "application/problem+json")
        self.assertTrue(a.header("Replay-Nonce"))
        p = a.json()
        self.assertEqual((p["type"], p["status"]), (ERROR + kind, status), p)
        self.assertTrue(p["detail"])
        return p


class Enrolment(Case):
    def test_the_directory_says_where_everything_is(self):
        c = self.client()
        a = c.get("directory")
        d = self.ok(a)
        self.assertEqual(a.header("Content-Type"), "application/json")
        for name in ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"):
            self.assertEqual(d[name], f"{c.base}/{name}")
        self.assertIs(d["meta"]["externalAccountRequired"], True)
        self.assertIn("server", d["meta"]["profiles"])
        self.assertNotIn("subordinate", d["meta"]["profiles"])
        self.assertEqual(a.header("Link"), f'<{c.base}/directory>;rel="index"')

    def test_nonces_come_by_head_and_get(self):
        c = self.client()
        a = c.get("newNonce", "HEAD")
        self.assertEqual((a.status, a.header("Cache-Control")), (200, "no-store"))
        b = c.get("newNonce")
        self.assertEqual((b.status, b.body), (204, b""))
        self.assertNotEqual(a.header("Replay-Nonce"), b.header("Replay-Nonce"))

    def test_from_account_to_certificate(self):
        c = self.account()
        a = c.order("a.corp.test", "host.test")
        order = self.ok(a, 201)
        self.assertEqual(order["status"], "ready")
        self.assertEqual(order["identifiers"][1], {"type": "dns", "value": "host.test"})
        self.assertEqual(len(order["authorizations"]), 2)
        at = a.header("Location")
        self.assertEqual(self.ok(c.post(at)), order)
        auth = self.ok(c.post(order["authorizations"][0]))
        self.assertEqual((auth["status"], auth["identifier"]["value"]), ("valid", "a.corp.test"))
        self.assertEqual({x["status"] for x in auth["challenges"]}, {"valid"})
        challenge = self.ok(c.post(auth["challenges"][0]["url"], {}))
        self.assertEqual(challenge, auth["challenges"][0])
        request, key = csr(["host.test", "a.corp.test"], cn="a.corp.test")
        done = self.ok(c.finalize(a, request))
        self.assertEqual((done["status"], self.ok(c.post(at))["status"]), ("valid", "valid"))
        a = c.post(done["certificate"])
        self.assertEqual(a.header("Content-Type"), "application/pem-certificate-chain")
        blocks = pki.blocks(a.body.decode())
        names = blocks[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(sorted(names.get_values_for_type(x509.DNSName)), ["a.corp.test", "host.test"])
        self.assertEqual(blocks[0].subject.rfc4514_string(), "CN=a.corp.test")
        self.assertEqual(blocks[0].public_key().public_numbers(), key.public_key().public_numbers())
        self.assertIn(at, self.ok(c.post(self.ok(c.post(c.kid))["orders"]))["orders"])

    def test_addresses(self):
        import ipaddress
        c = self.account()
        order = c.order({"type": "ip", "value": "10.1.2.3"})
        self.ok(order, 201)
        self.ok(c.finalize(order, csr([], ip=[ipaddress.ip_address("10.1.2.3")])[0]))

    def test_an_account_with_an_rsa_key_and_one_with_p384(self):
        for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
            self.account(key=Key(key)).enrol("rsa.corp.test")

    def test_a_key_gets_its_account_again(self):
        c = self.account(key=Key())
        again = self.client(c.key)
        a = again.post("newAccount", {"onlyReturnExisting": True})
        self.ok(a)
        self.assertEqual(a.header("Location"), c.kid)
        a = again.post("newAccount", {})
        self.assertEqual((a.status, a.header("Location")), (200, c.kid))

    def test_contacts_are_kept_and_changed(self):
        c = self.client()
        a = c.register(self.shared(), contact=["mailto:a@corp.test"])
        self.assertEqual(self.ok(a, 201)["contact"], ["mailto:a@corp.test"])
        self.assertEqual(self.ok(c.post(c.kid, {"contact": ["mailto:b@corp.test"]}))["contact"],
                         ["mailto:b@corp.test"])
        self.assertEqual(self.ok(c.post(c.kid))["contact"], ["mailto:b@corp.test"])
        self.refused(c.post(c.kid, {"contact": ["tel:+1"]}), "unsupportedContact", 400)
        self.refused(c.post(c.kid, {"contact": ["mailto:a@b.test?x=y"]}), "invalidContact", 400)

    def test_wildcards_want_a_credential_with_them(self):
        c = self.account()
        self.refused(c.order("*.corp.test"), "rejectedIdentifier", 403)
        c = self.account(credential(allowWildcards=True))
        order = c.order("*.corp.test")
        auth = self.ok(c.post(self.ok(order, 201)["authorizations"][0]))
        self.assertIs(auth["wildcard"], True)
        self.assertEqual(auth["identifier"]["value"], "corp.test")
        self.assertEqual([x["type"] for x in auth["challenges"]], ["dns-01"])
        self.ok(c.finalize(order, csr(["*.corp.test"])[0]))
        self.refused(c.order("*.test"), "rejectedIdentifier", 403)

    def test_a_profile_is_the_credentials(self):
        c = self.account(credential(profile="server"))
        self.assertEqual(self.ok(c.order("a.corp.test"), 201)["profile"], "server")
        self.assertEqual(self.ok(c.order("a.corp.test", profile="server"), 201)["profile"], "server")
        self.refused(c.order("a.corp.test", profile="client"), "invalidProfile", 400)
        chain, _ = c.enrol("a.corp.test")
        usage = chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        self.assertEqual([u.dotted_string for u in usage], ["1.3.6.1.5.5.7.3.1"])

    def test_renewal_information(self):
        c = self.account()
        chain, _ = c.enrol("ari.corp.test")
        key_id = chain[0].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        n = chain[0].serial_number
        name = f"{acme.b64(key_id)}.{acme.b64(n.to_bytes(n.bit_length() // 8 + 1, 'big'))}"
        a = c.get(f"renewalInfo/{name}")
        window = self.ok(a)["suggestedWindow"]
        self.assertLess(window["start"], window["end"])
        self.assertLess(time.strftime("%Y-%m-%d"), window["start"])
        self.assertTrue(a.header("Retry-After"))
        self.assertEqual(self.ok(c.order("ari.corp.test", replaces=name), 201)["replaces"], name)
        self.refused(self.account().order("ari.corp.test", replaces=name), "malformed", 400)
        self.refused(c.get(f"renewalInfo/{acme.b64(key_id)}.AQ"), "malformed", 404)
        self.refused(c.get("renewalInfo/x"), "malformed", 404)
        self.ok(c.post("revokeCert", {"certificate": acme.b64(chain[0].public_bytes(serialization.Encoding.DER))}))
        self.assertLess(self.ok(c.get(f"renewalInfo/{name}"))["suggestedWindow"]["end"], window["start"])


class Signatures(Case):
    """What a request has to be before anybody looks at what it wants."""

    def test_a_nonce_is_good_once(self):
        c = self.account()
        nonce = c.nonce()
        self.ok(c.post(c.kid, nonce=nonce))
        p = c.post(c.kid, nonce=nonce)
        self.refused(p, "badNonce", 400)

    def test_a_nonce_is_used_up_by_a_request_that_fails(self):
        c = self.account()
        nonce = c.nonce()
        self.refused(c.post(c.kid, nonce=nonce, signer=Key()), "unauthorized", 403)
        self.refused(c.post(c.kid, nonce=nonce), "badNonce", 400)

    def test_a_nonce_of_ones_own_is_none(self):
        c = self.account()
        for nonce in ("", "x", "A" * 32, c.nonce()[:-4] + "AAAA", 7, None):
            self.refused(c.post(c.kid, nonce=nonce), "badNonce", 400)

    def test_of_many_at_once_with_one_nonce_one_gets_through(self):
        c = self.account()
        body = flattened(c.key, c.header(c.kid), None)
        got = []

        def one():
            w = Client(SERVER, f"{c.base}/directory", c.key)
            got.append(w.send(c.kid, body).status)
            w.close()
        threads = [threading.Thread(target=one) for _ in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(got), [200] + [400] * 11)

    def test_the_url_has_to_be_the_one_that_is_asked(self):
        c = self.account()
        for url in (f"{c.base}/newOrder", c.kid + "/", c.kid + "?x=y", c.kid.replace("https:", "http:"),
                    c.kid.replace("pki.", "management."), "", 7, None):
            self.refused(c.post(c.kid, url=url), "unauthorized", 403)

    def test_strange_algorithms(self):
        c = self.account()
        for alg in ("none", "HS256", "PS256", "ES256K", "", "es256"):
            p = self.refused(c.post(c.kid, alg=alg), "badSignatureAlgorithm", 400)
            self.assertIn("ES256", p["algorithms"])
        self.refused(c.post(c.kid, alg="RS256"), "badSignatureAlgorithm", 400)
        self.refused(c.post(c.kid, alg="ES384"), "badSignatureAlgorithm", 400)
        self.refused(c.post(c.kid, alg=None), "malformed", 400)

    def test_a_mac_under_the_public_key_is_no_signature(self):
        c = self.account()
        secret = acme.Secret(acme.b64(json.dumps(c.key.jwk()).encode()))
        self.refused(c.post(c.kid, alg="HS256", signer=secret), "badSignatureAlgorithm", 400)

    def test_without_a_signature(self):
        c = self.account()
        self.refused(c.send(c.kid, flattened(None, c.header(c.kid), None, b"")), "unauthorized", 403)

    def test_jwk_and_kid_are_one_or_the_other(self):
        c = self.account()
        self.refused(c.post(c.kid, jwk=c.key.jwk()), "malformed", 400)
        self.refused(c.post(c.kid, kid=None), "malformed", 400)
        self.refused(c.post(c.kid, kid=None, jwk=c.key.jwk()), "malformed", 400)
        self.refused(c.post("newAccount", {}), "malformed", 400)
        self.refused(c.post(c.kid, kid=7), "malformed", 400)

    def test_a_critical_header_is_not_skipped(self):
        c = self.account()
        self.refused(c.post(c.kid, crit=["exp"], exp=1), "malformed", 400)

    def test_the_key_of_a_stranger(self):
        c = self.account()
        self.refused(c.post(c.kid, signer=Key()), "unauthorized", 403)

    def test_no_account(self):
        c = self.account()
        other = c.kid[:-32] + uuid.uuid4().hex
        self.refused(c.post(other, kid=other), "accountDoesNotExist", 400)
        for kid in ("x", c.kid + "/orders", c.kid.upper(), f"{c.base}/account/"):
            self.refused(c.post(c.kid, kid=kid), "accountDoesNotExist", 400)

    def test_an_account_of_another_authority(self):
        c, other = self.account(), credential(ca=make_ca())
        stranger = self.client(c.key, other)
        stranger.kid = c.kid
        self.refused(stranger.order("a.corp.test"), "accountDoesNotExist", 400)
        stranger.kid = c.kid.replace(c.base, stranger.base)
        self.refused(stranger.order("a.corp.test"), "accountDoesNotExist", 400)

    def test_bodies_that_are_none(self):
        c = self.account()
        good = flattened(c.key, c.header(c.kid), None)
        for body in (b"", b"[]", b"{", b"\xff", {}, {**good, "header": {}}, {**good, "payload": "=="},
                     {"payload": good["payload"], "signatures": [good]}, {**good, "protected": "e30"}):
            self.refused(c.send(c.kid, body), "malformed", 400)
        self.refused(c.post(c.kid, b"[]"), "malformed", 400)
        self.refused(c.post(c.kid, b"1"), "malformed", 400)

    def test_another_media_type(self):
        c = self.account()
        body = flattened(c.key, c.header(c.kid), None)
        for kind in ("application/json", "text/plain", "application/jose"):
            self.refused(c.send(c.kid, body, headers=(("Content-Type", kind),)), "malformed", 415)
        self.ok(c.send(c.kid, body, headers=(("Content-Type", "application/jose+json; charset=utf-8"),)))

    def test_bodies_that_are_too_large(self):
        c = self.account()
        a = c.wire.call("POST", c.path(c.kid), b" " * (200 * 1024), headers=(JOSE,))
        self.assertEqual(a.status, 413, a)
        c.wire.close()
        self.refused(c.post("newOrder", b'{"x":"' + b"a" * (60 * 1024) + b'"}'), "malformed", 400)
        self.refused(c.post("newOrder", b'{"x":"' + b"a" * (80 * 1024) + b'"}'), "malformed", 400)

    def test_a_get_of_what_is_posted_and_what_is_not_there(self):
        c = self.account()
        self.refused(c.get(c.kid), "malformed", 405)
        self.refused(c.get("nothing"), "malformed", 404)
        a = c.wire.call("GET", f"/acme/{uuid.uuid4()}/directory")
        self.refused(a, "malformed", 404)
        self.refused(c.wire.call("GET", "/acme/x/directory"), "malformed", 404)


class Accounts(Case):
    def test_without_a_binding(self):
        c = self.client()
        self.refused(c.post("newAccount", {"termsOfServiceAgreed": True}), "externalAccountRequired", 403)
        self.refused(c.post("newAccount", {"onlyReturnExisting": True}), "accountDoesNotExist", 400)
        self.refused(c.post("newAccount"), "malformed", 400)

    def test_bindings_that_are_not_good(self):
        e = self.shared()
        c = self.client()
        wrong = credential()["hmacKey"]

        def made(**changes):
            return c.binding(e["kid"], e["hmacKey"], **changes)
        good = made()
        other = self.client().binding(e["kid"], e["hmacKey"])  # over another key
        for b in (c.binding(e["kid"], wrong), c.binding(uuid.uuid4().hex, e["hmacKey"]), c.binding("x", wrong), other,
                  made(url=f"{c.base}/newOrder"), made(url=None), made(nonce=c.nonce()), made(alg="none"),
                  made(alg="ES256"), made(kid=None), {**good, "payload": ""}, {**good, "signature": ""}, {}, "x"):
            self.refused(c.post("newAccount", {"externalAccountBinding": b}), "unauthorized", 403)
        self.ok(c.post("newAccount", {"externalAccountBinding": good}), 201)

    def test_a_binding_of_another_authority(self):
        e = credential(ca=make_ca())
        c = self.client()
        b = c.binding(e["kid"], e["hmacKey"])
        self.refused(c.post("newAccount", {"externalAccountBinding": b}), "unauthorized", 403)

    def test_a_credential_that_is_withdrawn(self):
        e = credential()
        c = self.account(e)
        delete_credential(e)
        self.refused(c.post(c.kid), "unauthorized", 403)
        self.refused(c.order("a.corp.test"), "unauthorized", 403)
        self.refused(self.client().register(e), "unauthorized", 403)

    def test_a_credential_that_is_over(self):
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        e = credential(expiresOn=soon)
        c = self.account(e)
        end = time.monotonic() + 60
        while c.post(c.kid).status == 200:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.2)
        self.refused(c.order("a.corp.test"), "unauthorized", 403)
        self.refused(self.client().register(e), "unauthorized", 403)

    def test_a_deactivated_account_is_over_for_good(self):
        c = self.account()
        order = c.order("a.corp.test")
        self.assertEqual(self.ok(c.post(c.kid, {"status": "deactivated"}))["status"], "deactivated")
        for a in (c.post(c.kid), c.order("a.corp.test"), c.finalize(order, csr(["a.corp.test"])[0]),
                  c.post(c.kid, {"status": "valid"})):
            self.refused(a, "unauthorized", 403)
        self.refused(self.client(c.key).register(self.shared()), "unauthorized", 403)

    def test_another_account_is_nobodys_business(self):
        a, b = self.account(), self.account()
        self.refused(a.post(b.kid), "unauthorized", 403)
        self.refused(a.post(b.kid, {"status": "deactivated"}), "unauthorized", 403)
        self.refused(a.post(f"{b.kid}/orders"), "unauthorized", 403)

    def inner(self, c, new, signer=None, url="keyChange", **changes):
        payload = {"account": c.kid, "oldKey": c.key.jwk(), **changes}
        header = {"alg": new.alg, "jwk": new.jwk(), "url": f"{c.base}/{url}"}
        return flattened(signer or new, header, payload)

    def test_an_account_gets_another_key(self):
        c, new = self.account(), Key()
        a = c.post("keyChange", self.inner(c, new))
        self.assertEqual((self.ok(a)["status"], a.header("Location")), ("valid", c.kid))
        self.refused(c.post(c.kid), "unauthorized", 403)
        old, c.key = c.key, new
        self.ok(c.post(c.kid))
        again = self.client(old)
        self.refused(again.post("newAccount", {"onlyReturnExisting": True}), "accountDoesNotExist", 400)
        again = self.client(new)
        self.assertEqual(again.post("newAccount", {"onlyReturnExisting": True}).header("Location"), c.kid)

    def test_key_changes_that_are_not_good(self):
        c, other, new = self.account(), self.account(), Key()
        a = c.post("keyChange", self.inner(c, other.key))
        self.refused(a, "malformed", 409)
        self.assertEqual(a.header("Location"), other.kid)
        for inner in (self.inner(c, new, signer=c.key), self.inner(c, new, account=other.kid),
                      self.inner(c, new, oldKey=new.jwk()), self.inner(c, new, url="newOrder"),
                      self.inner(c, new, oldKey=None), {}, None):
            self.refused(c.post("keyChange", inner), "malformed", 400)
        self.ok(c.post(c.kid))


class Authorisation(Case):
    def test_names_that_the_credential_does_not_have(self):
        c = self.account()
        for name in ("corp.test", "evilcorp.test", "a.corp.test.evil", "a.host.test", "example.com"):
            p = self.refused(c.order("a.corp.test", name), "rejectedIdentifier", 403)
            self.assertEqual(p["subproblems"][0]["identifier"], {"type": "dns", "value": name})
        self.refused(c.order({"type": "ip", "value": "11.0.0.1"}), "rejectedIdentifier", 403)
        self.refused(c.order({"type": "email", "value": "a@corp.test"}), "unsupportedIdentifier", 400)
        for name in ("", "a..corp.test", "a b.corp.test", "a.corp.test.", "x" * 300 + ".corp.test", "1.2.3.4", "corp"):
            self.refused(c.order(name), "rejectedIdentifier", 403)
        for body in ({}, {"identifiers": []}, {"identifiers": ["a"]}, {"identifiers": [{"type": "dns"}]},
                     {"identifiers": [{"type": "dns", "value": f"a{i}.corp.test"} for i in range(101)]}):
            self.refused(c.post("newOrder", body), "malformed", 400)

    def test_letter_case_is_no_way_round(self):
        c = self.account()
        order = c.order("A.Corp.Test", "a.corp.test")
        self.assertEqual([i["value"] for i in self.ok(order, 201)["identifiers"]], ["a.corp.test"])
        self.ok(c.finalize(order, csr(["A.CORP.test"])[0]))

    def test_a_principal_without_the_role(self):
        c = self.account(credential("fading"))
        self.refused(c.order("a.corp.test"), "unauthorized", 403)

    def test_a_role_that_goes_between_order_and_finalization(self):
        at = grant("moving")
        c = self.account(credential("moving"))
        order = c.order("a.corp.test")
        self.ok(order, 201)
        a = ask("DELETE", at)
        self.assertEqual(a.status, 200, a)
        self.refused(c.finalize(order, csr(["a.corp.test"])[0]), "unauthorized", 403)
        self.refused(c.order("a.corp.test"), "unauthorized", 403)
        at = grant("moving")
        self.ok(c.finalize(order, csr(["a.corp.test"])[0]))
        ask("DELETE", at)

    def test_a_principal_that_is_deleted(self):
        c = self.account(credential("leaving"))
        order = c.order("a.corp.test")
        self.ok(order, 201)
        a = APPS["admin"]
        token = wire.get_token(SERVER, a.app_id, a.secret, scope=f"https://{SERVER.host('graph')}/.default")
        graph = wire.Client(SERVER, "graph", token, None)
        self.addCleanup(graph.close)
        sp = f"/v1.0/servicePrincipals/{APPS['leaving'].object_id}"
        self.assertEqual(graph.patch(sp, {"accountEnabled": False}).status, 204)
        self.refused(c.finalize(order, csr(["a.corp.test"])[0]), "unauthorized", 403)
        self.assertEqual(graph.patch(sp, {"accountEnabled": True}).status, 204)
        self.ok(c.post(c.kid))
        self.assertEqual(graph.delete(sp).status, 204)
        self.refused(c.finalize(order, csr(["a.corp.test"])[0]), "unauthorized", 403)
        self.refused(c.post(c.kid), "unauthorized", 403)

    def test_an_order_is_its_accounts(self):
        a, b = self.account(), self.account()
        order = a.order("a.corp.test")
        at, o = order.header("Location"), self.ok(order, 201)
        self.refused(b.post(at), "malformed", 404)
        self.refused(b.post(o["authorizations"][0]), "malformed", 404)
        self.refused(b.finalize(order, csr(["a.corp.test"])[0]), "malformed", 404)
        self.refused(a.post(f"order/{uuid.uuid4().hex}"), "malformed", 404)
        done = self.ok(a.finalize(order, csr(["a.corp.test"])[0]))
        self.refused(b.post(done["certificate"]), "malformed", 404)
        self.refused(a.post("certificate/ABCD"), "malformed", 404)
        self.refused(a.finalize(order, csr(["a.corp.test"])[0]), "orderNotReady", 403)

    def test_requests_that_are_not_the_orders(self):
        c = self.account()
        order = c.order("a.corp.test", "b.corp.test")
        names = ["a.corp.test", "b.corp.test"]
        ca = (x509.BasicConstraints(ca=True, path_length=None), True)
        staple = (x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
        mail = x509.SubjectAlternativeName([*map(x509.DNSName, names), x509.RFC822Name("a@corp.test")])
        weak = rsa.generate_private_key(65537, 1024)
        for request in (csr(["a.corp.test"]), csr([*names, "c.corp.test"]), csr([]), csr(names, cn="c.corp.test"),
                        csr(names, more=[ca]), csr(names, more=[staple]), csr([], more=[(mail, False)]),
                        csr(names, weak), csr(names, c.key.key), csr(names, rsa.generate_private_key(65537, 2048),
                                                                     digest=hashes.SHA1())):
            self.refused(c.finalize(order, request[0]), "badCSR", 400)
        bent = bytearray(csr(names)[0])
        bent[-3] ^= 1
        for der in (bytes(bent), b"", b"0\0", csr(names)[0] + b"x"):
            self.refused(c.finalize(order, der), "badCSR", 400)
        for body in ({}, {"csr": 1}, {"csr": "="}, None):
            self.refused(c.post(self.ok(order, 201)["finalize"], body), "badCSR", 400)
        self.ok(c.finalize(order, csr(names)[0]))

    def test_a_usage_beyond_the_profile(self):
        c = self.account(credential(profile="server"))
        order = c.order("a.corp.test")
        usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.3")])
        self.refused(c.finalize(order, csr(["a.corp.test"], more=[(usage, False)])[0]), "badCSR", 400)

    def test_an_authority_that_is_disabled_has_no_server(self):
        ca = make_ca()
        c = self.account(credential(ca=ca))
        a = ask("PATCH", ADMIN.id(ca), {"properties": {"enabled": False}})
        self.assertEqual(a.status, 200, a)
        self.refused(c.order("a.corp.test"), "malformed", 404)
        self.refused(c.get("directory"), "malformed", 404)

    def test_times_that_cannot_be(self):
        c = self.account()
        for more in ({"notAfter": "2001-01-01T00:00:00Z"}, {"notAfter": "x"}, {"notAfter": 1},
                     {"notBefore": "2999-01-01T00:00:00Z"}):
            self.refused(c.order("a.corp.test", **more), "malformed", 400)
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
        chain, _ = c.enrol("a.corp.test", notAfter=end)
        self.assertEqual(chain[0].not_valid_after.strftime("%Y-%m-%dT%H:%M:%SZ"), end)


class Revocation(Case):
    def revoke(self, c, cert, **more):
        return c.post("revokeCert", {"certificate": acme.b64(cert.public_bytes(serialization.Encoding.DER)), **more})

    def test_by_the_account(self):
        c = self.account()
        chain, _ = c.enrol("a.corp.test")
        self.refused(self.revoke(c, chain[0], reason=2), "badRevocationReason", 400)
        self.refused(self.revoke(c, chain[0], reason="x"), "badRevocationReason", 400)
        a = self.revoke(c, chain[0], reason=4)
        self.assertEqual((a.status, a.body), (200, b""), a)
        self.refused(self.revoke(c, chain[0]), "alreadyRevoked", 400)

    def test_by_the_key_of_the_certificate(self):
        c = self.account()
        chain, key = c.enrol("a.corp.test")
        by_key = self.client(Key(key))
        self.ok(self.revoke(by_key, chain[0], reason=1))
        self.refused(self.revoke(c, chain[0]), "alreadyRevoked", 400)

    def test_by_nobody_else(self):
        c = self.account()
        chain, _ = c.enrol("a.corp.test")
        self.refused(self.revoke(self.account(), chain[0]), "unauthorized", 403)
        self.refused(self.revoke(self.client(Key()), chain[0]), "unauthorized", 403)
        self.refused(self.revoke(c, chain[1]), "unauthorized", 403)
        for body in ({}, {"certificate": "x"}, {"certificate": 1}, None):
            self.refused(c.post("revokeCert", body), "malformed", 400)
        self.ok(self.revoke(c, chain[0]))


class Credentials(Case):
    def test_the_secret_is_told_once(self):
        e = credential(profile="server", expiresOn="2999-01-01T00:00:00Z")
        self.assertEqual(len(acme.unb64(e["hmacKey"])), 32)
        all_ = self.ok(ask("GET", f"{ADMIN.id(CA)}/acmeCredentials"))["value"]
        mine = next(x for x in all_ if x["kid"] == e["kid"])
        self.assertEqual({k: v for k, v in e.items() if k not in ("hmacKey", "directory")}, mine)
        self.assertNotIn(e["hmacKey"], json.dumps(all_))
        self.account(e)
        mine = next(x for x in self.ok(ask("GET", f"{ADMIN.id(CA)}/acmeCredentials"))["value"] if x["kid"] == e["kid"])
        self.assertEqual(mine["accounts"], 1)
        delete_credential(e)
        a = ask("DELETE", f"{ADMIN.id(CA)}/acmeCredentials/{e['kid']}")
        self.assertEqual(a.status, 204, a)

    def test_bodies_that_are_not_good(self):
        good = {"principalId": APPS["machine"].object_id, "names": RULES}
        for more in ({"principalId": None}, {"principalId": "x"}, {"principalId": str(uuid.uuid4())}, {"names": []},
                     {"names": None}, {"names": ["*.a.test"]}, {"names": [1]}, {"names": ["a b"]}, {"names": "x"},
                     {"names": ["a.test"] * 33}, {"profile": "nothing"}, {"profile": "subordinate"}, {"profile": 1},
                     {"expiresOn": "2001-01-01T00:00:00Z"}, {"expiresOn": 1}, {"allowWildcards": "x"}):
            a = ask("POST", f"{ADMIN.id(CA)}/acmeCredentials", {**good, **more})
            self.assertEqual(a.status, 400, (more, a.body))

    def test_who_may_not(self):
        path = f"{ADMIN.id(CA)}/acmeCredentials"
        for a in (ask("POST", path, {}, OWNER), ask("GET", path, by=OWNER), ask("DELETE", f"{path}/x", by=OWNER)):
            self.assertEqual(a.status, 403, a)
        self.assertEqual(ask("GET", f"{ADMIN.id('nothing')}/acmeCredentials").status, 404)


if __name__ == "__main__":
    unittest.main()
