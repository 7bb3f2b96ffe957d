# SPDX-License-Identifier: Apache-2.0
"""
Authorities at their ends: keys in a PKCS#11 token, parents of another tenant, groups that are
deleted with authorities in them, what is left of an authority, and every public route of theirs
for everybody.
"""
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from kit import acme, certs, pki, wire, world
from kit.certs import fresh
from kit.server import Server, keyhold, wait_for
from kit.service import free_port
from py import test_token
from py.test_damage import TOOL

HAS_TOKEN = test_token.MODULE is not None and shutil.which("pkcs11-tool") is not None
MANAGERS = ("Keyhold CA Administrator", "Keyhold Certificate Enroller", "Owner")


class Authorities(certs.Case):
    @classmethod
    def setUpClass(cls):
        w = cls.world = world.standard()
        w.app("owner")
        w.app("guest").tenant = "Fabrikam"
        w.vault("gold", sku="premium")
        w.vault("theirs", subscription=w.away, resourceGroup="away")
        w.tenants.append({"name": "Fabrikam", "domain": "fabrikam.test"})
        for who in ("owner", "guest"):
            for subscription in (w.subscription, w.away):  # what lies in the other tenant is worth nothing
                for role in MANAGERS:
                    w.role(who, role, scope=f"/subscriptions/{subscription}")
            for vault in ("alpha", "gold", "theirs"):
                w.role(who, world.ROLES["admin"], vault=vault)
        seed = w.seed()
        next(x for x in seed["subscriptions"] if x["id"] == w.away)["tenant"] = "Fabrikam"
        cls.plain_port = free_port()
        cls.s = Server("authorities", seed=seed, sets={"pki.http_listen": f"127.0.0.1:{cls.plain_port}"})
        if HAS_TOKEN:
            cls.token = test_token.Token()
            cls.addClassCleanup(cls.token.discard)
            cls.s.sets.update(cls.token.settings())
            cls.s.more_env = cls.token.env
        cls.addClassCleanup(cls.s.discard)
        cls.s.start()
        cls.s.seed, cls.s.args = None, []
        cls.folder = tempfile.mkdtemp(prefix="kh-authorities-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.enter()

    @classmethod
    def enter(cls):
        w, s = cls.world, cls.s
        cls.m = pki.Manager(s, w.apps["owner"], w.subscription)
        a = w.apps["owner"]
        bearer = wire.get_token(s, a.app_id, a.secret)
        cls.client, cls.gold = (wire.Client(s, f"{v}.vault", bearer, "7.6") for v in ("alpha", "gold"))
        cls.site = wire.Client(s, "pki", None, None)

    def key(self, client=None, **more):
        name = fresh("k")
        self.ok((client or self.client).post(f"/keys/{name}/create", {"kty": "EC", "crv": "P-256", **more}))
        return name

    def ca(self, manager=None, name=None, **more):
        name = name or fresh("ca")
        a = self.ok((manager or self.m).make(name, more.pop("key", None) or self.key(), **more), 201)
        return name, a["properties"]

    def file(self, data):
        path = os.path.join(self.folder, uuid.uuid4().hex)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def crl(self, authority):
        a = self.site.get(f"/ca/{authority}.crl")
        self.assertEqual(a.status, 200, a)
        return a.body

    def revoked(self, authority):
        return {f"{r.serial_number:X}" for r in x509.load_der_x509_crl(self.crl(authority))}

    def status(self, authority, leaf, issuer):
        ask = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256()).build()
        a = self.site.post(f"/ocsp/{authority}", ask.public_bytes(Encoding.DER),
                           headers=[("Content-Type", "application/ocsp-request")])
        self.assertEqual(a.status, 200, a)
        return ocsp.load_der_ocsp_response(a.body)

    def rows(self, prefix):
        done = subprocess.run([TOOL, os.path.join(self.s.data_dir, "store"), "list", prefix], capture_output=True,
                              text=True, check=True)
        return done.stdout.split()

    # ------------------------------------------------------------------ keys in a token

    def test_keys_in_a_token_from_the_root_to_the_answer_about_a_leaf(self):
        if not HAS_TOKEN:
            self.skipTest("there is no softhsm2 or no opensc here")
        for kind in ({"kty": "EC-HSM", "crv": "P-256"}, {"kty": "RSA-HSM", "key_size": 2048, "crv": None}):
            kind = {k: v for k, v in {"crv": "P-256", **kind}.items() if v}
            with self.subTest(kind=kind["kty"]):
                self.hierarchy_in_a_token(kind)

    def token_key(self, kind):
        name = fresh("k")
        kid = self.ok(self.gold.post(f"/keys/{name}/create", kind))["key"]["kid"]
        inside = [label for label in self.token.objects() if label.endswith(kid.rpartition("/")[2])]
        self.assertEqual(len(inside), 1, "the key is in the token")
        return name

    def hierarchy_in_a_token(self, kind):
        m = self.m
        root, p = self.ca(key=self.token_key(kind), vault="gold")
        low, q = self.ca(key=self.token_key(kind), vault="gold", parent=root)
        a = self.ok(m.issue(low, pki.request(dns=["a.corp.test"])[0]))
        leaf, middle, top = pki.blocks(a["chain"])
        self.verified(leaf, middle, top)
        self.assertEqual(middle, pki.blocks(q["certificate"])[0])
        for authority, cert, issuer in ((q["caId"], leaf, middle), (p["caId"], middle, top)):
            answer = self.status(authority, cert, issuer)
            self.assertEqual(answer.certificate_status, ocsp.OCSPCertStatus.GOOD)
            issuer_key = issuer.public_key()
            more = () if "EC" in kind["kty"] else (certs_padding(),)
            how = certs.ec.ECDSA(hashes.SHA256()) if "EC" in kind["kty"] else hashes.SHA256()
            issuer_key.verify(answer.signature, answer.tbs_response_bytes, *more, how)
            self.assertTrue(x509.load_der_x509_crl(self.crl(authority)).is_signature_valid(issuer_key))
        self.ok(m.post(f"{m.id(low)}/revoke", {"serial": a["serialNumber"], "reason": "superseded"}))
        self.assertEqual(self.status(q["caId"], leaf, middle).certificate_status, ocsp.OCSPCertStatus.REVOKED)
        self.assertEqual(self.revoked(q["caId"]), {a["serialNumber"]})
        both = self.file(certs.pem(top) + certs.pem(middle))
        lists = [self.openssl("crl", "-inform", "DER", stdin=self.crl(i)) for i in (q["caId"], p["caId"])]
        crls = self.file("".join(lists))
        done = subprocess.run(["openssl", "verify", "-x509_strict", "-crl_check_all", "-CAfile", both, "-CRLfile", crls,
                               self.file(certs.pem(leaf))], capture_output=True, check=False)
        self.assertIn(b"certificate revoked", done.stdout + done.stderr)
        good = self.ok(m.issue(low, pki.request(dns=["b.corp.test"])[0]))
        self.openssl("verify", "-x509_strict", "-crl_check_all", "-CAfile", both, "-CRLfile", crls,
                     self.file(certs.pem(pki.blocks(good["chain"])[0])))

    # ------------------------------------------------------------------ tenants

    def test_nothing_of_another_tenant_is_a_parent_or_a_key(self):
        other = next(t for t in self.tenants() if t != self.s.tenant)
        guest = pki.Manager(self.s, self.world.apps["guest"], self.world.away, "away", other)
        a = self.world.apps["guest"]
        theirs = wire.Client(self.s, "theirs.vault", wire.get_token(self.s, a.app_id, a.secret, tenant=other), "7.6")
        foreign, _ = self.ca(guest, key=self.key(theirs), vault="theirs")
        own, _ = self.ca()
        for manager, parent, vault, key in ((self.m, guest.id(foreign), "alpha", self.key()),
                                            (guest, self.m.id(own), "theirs", self.key(theirs))):
            name = fresh("ca")
            body = {"key": {"vault": vault, "name": key}, "subject": "CN=x", "parent": parent}
            self.refused(manager.put(manager.id(name), {"location": "local", "properties": body}), 403,
                         "LinkedAuthorizationFailed")
            self.refused(manager.get(manager.id(name)), 404, "ResourceNotFound")
        self.refused(self.m.make(fresh("ca"), self.key(theirs), vault="theirs"), 403, "LinkedAuthorizationFailed")
        self.assertEqual(self.m.call("POST", f"{guest.id(foreign)}/issue", {"csr": pki.request()[0]}).status // 100, 4)

    def tenants(self):
        with wire.Wire(self.s.port, self.s.host("login"), self.s.ca) as w:
            a = w.request("GET", "/fabrikam.test/v2.0/.well-known/openid-configuration")
        return {self.s.tenant, a.json()["issuer"].split("/")[3]}

    # ------------------------------------------------------------------ ends

    def test_a_group_goes_with_its_authorities(self):
        name = fresh("g")
        m = pki.Manager(self.s, self.world.apps["owner"], self.world.subscription, name)
        version = "?api-version=2021-04-01"
        self.assertIn(m.put(f"{m.group}{version}", {"location": "local"}).status, (200, 201))
        root, p = self.ca(m)
        low, q = self.ca(m, parent=root)
        outside, r = self.ca(self.m, parent=None)
        serial = self.ok(m.issue(low, pki.request()[0]))["serialNumber"]
        issuer = fresh("i")
        self.ok(self.client.put(f"/certificates/issuers/{issuer}", {
            "provider": "Keyhold", "credentials": {"account_id": m.id(low)}}))
        self.assertIn(m.delete(f"{m.group}{version}").status, (200, 202))
        wait_for(lambda: m.get(f"{m.group}{version}").status == 404, "the group is gone")
        for at in (root, low):
            self.assertEqual(m.get(m.id(at)).status, 404)
            self.assertEqual(m.issue(at, pki.request()[0]).status, 404)
        for authority in (p["caId"], q["caId"]):
            for path in (f"/ca/{authority}.crl", f"/ca/{authority}.cer", f"/acme/{authority}/directory"):
                self.assertEqual(self.site.get(path).status, 404, path)
        made, _ = self.create(policy=certs.ec_policy(issuer))
        op = self.ok(self.client.get(f"/certificates/{made}/pending"))
        self.assertEqual((op["status"], op["error"]["code"]), ("failed", "Certificate issuer error"))
        self.ok(self.m.issue(outside, pki.request()[0]))
        # What it issued stays known, so that no serial comes back.
        self.assertTrue(any(k.endswith(f"/{serial}") for k in self.rows(f"pc/{q['caId']}/")))
        self.assertIn(m.put(f"{m.group}{version}", {"location": "local"}).status, (200, 201))
        _, again = self.ca(m, root)
        self.assertNotEqual(again["caId"], p["caId"])

    def acme_client(self, name, **more):
        m = self.m
        made = self.ok(m.post(f"{m.id(name)}/acmeCredentials", {
            "principalId": self.world.apps["owner"].object_id, "names": [".corp.test"], **more}), 201)
        c = acme.Client(self.s, made["directory"])
        self.addCleanup(c.close)
        self.ok(c.register(made), 201)
        return c

    def test_what_acme_revokes_is_revoked_for_everybody(self):
        name, p = self.ca()
        issuer = pki.blocks(p["certificate"])[0]
        c = self.acme_client(name)
        (leaf, *_), _ = c.enrol("a.corp.test")
        (other, *_), _ = c.enrol("b.corp.test")
        self.assertEqual(self.revoked(p["caId"]), set())
        self.assertEqual(self.status(p["caId"], leaf, issuer).certificate_status, ocsp.OCSPCertStatus.GOOD)
        a = c.post("revokeCert", {"certificate": acme.b64(certs.raw(leaf)), "reason": 1})
        self.assertEqual(a.status, 200, a.body)
        answer = self.status(p["caId"], leaf, issuer)
        self.assertEqual((answer.certificate_status, answer.revocation_reason),
                         (ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.key_compromise))
        self.assertEqual(self.revoked(p["caId"]), {f"{leaf.serial_number:X}"})
        self.assertEqual(self.status(p["caId"], other, issuer).certificate_status, ocsp.OCSPCertStatus.GOOD)

    def test_what_belonged_to_an_authority_goes_after_it(self):
        name, p = self.ca()
        keeps, q = self.ca()
        c, stays = self.acme_client(name), self.acme_client(keeps)
        (leaf, *_), _ = c.enrol("a.corp.test")
        self.crl(p["caId"])
        self.crl(q["caId"])

        def left(authority):
            return {k for k in ("ae/", "an/", "ai/", "pl/") if any(authority in r for r in self.rows(k))}

        self.assertEqual(left(p["caId"]), {"ae/", "an/", "ai/", "pl/"})
        self.assertEqual(self.m.delete(self.m.id(name)).status, 200)
        # From the next request on nobody is let in.
        self.assertEqual(c.get("directory").status, 404)
        for a in (c.order("b.corp.test"), c.post(c.kid, {}), c.post("revokeCert", {"certificate": acme.b64(certs.raw(leaf))})):
            self.assertIn(a.status, (401, 403, 404), a.body)
        stays.enrol("c.corp.test")
        self.s.restart()  # the clerk looks when it starts, then once a minute
        self.enter()
        wait_for(lambda: not left(p["caId"]), "the clerk has swept its rows", 200, 0.1)
        self.assertEqual(left(q["caId"]), {"ae/", "an/", "ai/", "pl/"})

    # ------------------------------------------------------------------ public routes

    @staticmethod
    def public(authority, leaf, issuer):
        """(plane, method, path of the table): path, body, status for everybody."""
        question = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1()).build().public_bytes(Encoding.DER)
        text = acme.base64.b64encode(question).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        open_to_all = {("GET", "/ca/{file}"): (f"/ca/{authority}.crl", None, 200),
                       ("POST", "/ocsp/{ca}"): (f"/ocsp/{authority}", question, 200),
                       ("GET", "/ocsp/{ca}/{*request}"): (f"/ocsp/{authority}/{text}", None, 200)}
        at = f"/acme/{authority}"
        server = {("GET", "directory"): 200, ("HEAD", "newNonce"): 200, ("GET", "newNonce"): 204,
                  ("GET", "renewalInfo/{certificate}"): 404}
        signed = ["newAccount", "keyChange", "newOrder", "revokeCert", "account/{account}", "account/{account}/orders",
                  "order/{order}", "order/{order}/finalize", "authorization/{order}/{number}",
                  "challenge/{order}/{number}/{type}", "certificate/{serial}"]
        server.update({("POST", s): 400 for s in signed})
        found = {(plane, *k): v for k, v in open_to_all.items() for plane in ("pki", "pki-http")}
        found[("pki-http", "GET", "/.well-known/acme-challenge/{token}")] = ("/.well-known/acme-challenge/" + "x" * 22, None, 404)
        for (method, path), status in server.items():
            where = f"{at}/{path}"
            for word in ("certificate", "account", "order", "number", "type", "serial"):
                where = where.replace("{" + word + "}", "1")
            found[("pki", method, f"/acme/{{authority}}/{path}")] = (where, b"{}" if method == "POST" else None, status)
        return found

    def ask(self, plane, method, path, body, bearer):
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        kind = "application/jose+json" if "/acme/" in path else "application/ocsp-request"
        if body is not None:
            headers["Content-Type"] = kind
        if plane == "pki":
            a = self.site.call(method, path, body, headers=list(headers.items()))
            return a.status, a.body
        c = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=60)
        try:
            c.request(method, path, body, {"Host": f"pki.keyhold.localhost:{self.plain_port}", **headers})
            a = c.getresponse()
            return a.status, a.read()
        finally:
            c.close()

    def test_every_public_route_is_the_same_for_everybody(self):
        name, p = self.ca()
        leaf, issuer = pki.blocks(self.ok(self.m.issue(name, pki.request()[0]))["chain"])
        self.crl(p["caId"])  # so that nobody's question is the first
        table = self.public(p["caId"], leaf, issuer)
        routes = {(r["plane"], r["method"], r["path"]): r for r in json.loads(keyhold("routes", "--json").stdout)["routes"]
                  if r["plane"] in ("pki", "pki-http")}
        self.assertEqual(set(routes), set(table))
        self.assertEqual({r["open"] for r in routes.values()}, {True})
        bearers = {"none": None, "garbage": "x.y.z"}
        for who in ("owner", "admin", "reader", "nobody"):
            a = self.world.apps[who]
            bearers[who] = wire.get_token(self.s, a.app_id, a.secret)
        for (plane, method, route), (path, body, status) in table.items():
            for who, bearer in bearers.items():
                with self.subTest(plane=plane, method=method, route=route, who=who):
                    got, answer = self.ask(plane, method, path, body, bearer)
                    self.assertEqual(got, status, answer[:300])
                    if route == "/ca/{file}":
                        self.assertEqual(answer, self.crl(p["caId"]))
            for other in ("PUT", "DELETE", "PATCH"):
                self.assertIn(self.ask(plane, other, path, None, bearers["owner"])[0], (400, 404, 405), (plane, other, path))


def certs_padding():
    from cryptography.hazmat.primitives.asymmetric import padding
    return padding.PKCS1v15()


if __name__ == "__main__":
    certs.unittest.main()
