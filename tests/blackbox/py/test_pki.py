# SPDX-License-Identifier: Apache-2.0
"""
Certificate authorities whose keys are keys of vaults (docs/wire/pki.md): a hierarchy, what
it issues, what it refuses. What is issued is verified by openssl and certtool.
"""
import base64
import http.client
import os
import shutil
import subprocess
import tempfile
import unittest
import uuid

from cryptography import x509
from cryptography.x509 import ocsp as _  # noqa: F401  makes x509.ocsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from kit import certs, pki, wire, world
from kit.certs import fresh
from kit.server import Server
from kit.service import free_port

SERVER = ADMIN = ENROLLER = NOBODY = VAULT = OWNER = SERVER_WORLD = None
FOLDER = None


def setUpModule():
    global SERVER, ADMIN, ENROLLER, NOBODY, VAULT, OWNER, SERVER_WORLD, FOLDER
    SERVER_WORLD = w = world.standard()
    w.app("owner")
    w.app("clerk")
    scope = f"/subscriptions/{w.subscription}/resourceGroups/bench"
    w.role("admin", "Keyhold CA Administrator", scope=scope)
    w.role("user", "Keyhold Certificate Enroller", scope=scope)
    w.role("officer", "Keyhold CA Administrator", scope=scope)  # but no right on keys
    w.role("owner", "Owner", scope=scope)
    w.role("clerk", "Key Vault Certificates Officer", vault="alpha")
    FOLDER = tempfile.mkdtemp(prefix="kh-pki-")
    Case.plain_port = free_port()
    SERVER = Server("pki", seed=w.seed(), sets={"pki.http_listen": f"127.0.0.1:{Case.plain_port}"}).start()
    ADMIN, ENROLLER, NOBODY = (pki.Manager(SERVER, w.apps[a], w.subscription) for a in ("admin", "user", "nobody"))
    Case.officer = pki.Manager(SERVER, w.apps["officer"], w.subscription)
    OWNER = pki.Manager(SERVER, w.apps["owner"], w.subscription)
    a = w.apps["admin"]
    VAULT = Case.client = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")


def tearDownModule():
    SERVER.discard()
    shutil.rmtree(FOLDER)


class Case(certs.Case):
    officer = plain_port = None

    def key(self, **more):
        name = fresh("k")
        self.ok(VAULT.post(f"/keys/{name}/create", {"kty": "EC", "crv": "P-256", **more}))
        return name

    def ca(self, parent=None, **properties):
        name = fresh("ca")
        a = self.ok(ADMIN.make(name, self.key(), parent=parent, **properties), 201)
        return name, a["properties"]

    def issued(self, name, csr=None, **more):
        return self.ok(ENROLLER.issue(name, csr or pki.request()[0], **more))

    def file(self, text):
        path = os.path.join(FOLDER, uuid.uuid4().hex)
        with open(path, "w" if isinstance(text, str) else "wb") as f:
            f.write(text)
        return path

    def run_ok(self, *words, stdin=b""):
        done = subprocess.run(words, input=stdin, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout.decode()

    def chain_verified(self, chain):
        """By OpenSSL, strictly, and by GnuTLS."""
        blocks = pki.blocks(chain)
        between = ["-untrusted", self.file("".join(map(certs.pem, blocks[1:-1])))] if len(blocks) > 2 else []
        self.run_ok("openssl", "verify", "-x509_strict", "-CAfile", self.file(certs.pem(blocks[-1])), *between,
                    self.file(certs.pem(blocks[0])))
        self.run_ok("certtool", "--verify-chain", "--infile", self.file(chain))


class Hierarchy(Case):
    def test_a_leaf_verifies_under_root_and_two_below(self):
        root, _ = self.ca()
        middle, p = self.ca(root, pathLength=1)
        self.assertEqual(p["state"], "Active")
        low, p = self.ca(middle)
        self.assertEqual(p["pathLength"], 0)
        a = self.issued(low, pki.request(dns=["a.corp.test"])[0])
        self.assertEqual(len(pki.blocks(a["chain"])), 4)
        self.chain_verified(a["chain"])
        c = pki.blocks(a["certificate"])[0]
        self.assertGreaterEqual(c.serial_number.bit_length(), 64)
        self.assertEqual(f"{c.serial_number:X}", a["serialNumber"])

    def test_what_the_resource_says_is_in_its_certificate(self):
        name, p = self.ca(validityMonths=24, pathLength=2, nameConstraints={
            "permitted": {"dns": ["corp.test"], "ip": ["10.0.0.0/8"]}, "excluded": {"email": ["bad.test"]}})
        c = pki.blocks(p["certificate"])[0]
        self.assertEqual(c.subject.rfc4514_string(), f"CN={name}")
        b = c.extensions.get_extension_for_class(x509.BasicConstraints)
        self.assertEqual((b.critical, b.value.ca, b.value.path_length), (True, True, 2))
        n = c.extensions.get_extension_for_class(x509.NameConstraints)
        self.assertTrue(n.critical)
        self.assertEqual([str(v.value) for v in n.value.permitted_subtrees], ["corp.test", "10.0.0.0/8"])
        self.assertEqual([v.value for v in n.value.excluded_subtrees], ["bad.test"])
        self.assertEqual(self.ok(ADMIN.get(ADMIN.id(name)))["properties"], p)

    def test_an_rsa_authority(self):
        name, k = fresh("ca"), fresh("k")
        self.ok(VAULT.post(f"/keys/{k}/create", {"kty": "RSA", "key_size": 2048}))
        self.ok(ADMIN.make(name, k), 201)
        self.chain_verified(self.issued(name)["chain"])

    def test_an_external_parent(self):
        outside, name = certs.Hierarchy(), fresh("ca")
        p = self.ok(ADMIN.make(name, self.key(), parent="external"), 201)["properties"]
        self.assertEqual(p["state"], "WaitingForCertificate")
        self.refused(ENROLLER.issue(name, pki.request()[0]), 409, "CertificateAuthorityUnavailable")
        csr = x509.load_pem_x509_csr(p["csr"].encode())
        self.assertTrue(csr.is_signature_valid)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        key = ec.generate_private_key(ec.SECP256R1())
        at = f"{ADMIN.id(name)}/certificate"
        self.refused(ADMIN.post(at, {"certificate": "x"}), 400, "InvalidRequestContent")
        for subject, k in ((csr.subject, key.public_key()), (csr.subject, csr.public_key())):
            leaf = outside.issue(subject, k)  # of another key; and no authority's
            self.refused(ADMIN.post(at, {"certificate": certs.pem(leaf)}), 400, "CertificateRefused")
        root = self.external_root()
        good = self.sub_of(root, csr, usage)
        p = self.ok(ADMIN.post(at, {"certificate": certs.pem(good) + certs.pem(root[0])}))["properties"]
        self.assertEqual(p["state"], "Active")
        a = self.issued(name)
        self.assertEqual(len(pki.blocks(a["chain"])), 3)
        self.chain_verified(a["chain"])

    @staticmethod
    def builder(subject, issuer, key, usage):
        now = certs.datetime.datetime.utcnow()
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
                .serial_number(x509.random_serial_number()).not_valid_before(now - certs.datetime.timedelta(hours=1))
                .not_valid_after(now + certs.datetime.timedelta(days=900))
                .add_extension(x509.BasicConstraints(True, None), True).add_extension(usage, True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False))

    def external_root(self):
        key, name = ec.generate_private_key(ec.SECP256R1()), certs.name_of("outside")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        c = self.builder(name, name, key.public_key(), usage).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False).sign(key, hashes.SHA256())
        return c, key

    def sub_of(self, root, csr, usage):
        return self.builder(csr.subject, root[0].subject, csr.public_key(), usage).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root[1].public_key()), False).sign(root[1], hashes.SHA256())


class Refusals(Case):
    def test_what_is_beyond_profile_and_constraints(self):
        root, _ = self.ca(nameConstraints={"permitted": {"dns": ["corp.test"]}},
                          profiles={"short": {"maxValidityDays": 7, "ekus": ["1.3.6.1.5.5.7.3.1"], "curves": ["P-384"],
                                              "keyUsage": ["digitalSignature"], "names": ["dns"]}})
        good = pki.request("CN=a.corp.test", ["a.corp.test"])[0]
        self.chain_verified(self.issued(root, good)["chain"])
        for csr, more in ((pki.request("CN=x", ["a.example.org"])[0], {}),
                          (pki.request("CN=www.example.org")[0], {}),
                          (good, {"validityDays": 400}), (good, {"profile": "nothing"}),
                          (good, {"profile": "email"}), (good, {"profile": "short"}),
                          (good, {"profile": "subordinate"}),
                          (good, {"names": {"dns": ["b.example.org"]}})):
            self.refused(ENROLLER.issue(root, csr, **more), 400, "CertificateRefused")
        wide = pki.request("CN=a.corp.test", ["a.corp.test"], ec.generate_private_key(ec.SECP384R1()))[0]
        self.chain_verified(self.issued(root, wide, profile="short")["chain"])
        self.refused(ENROLLER.issue(root, wide, profile="short", validityDays=8), 400, "CertificateRefused")
        for body in ({}, {"csr": "x"}, {"csr": good, "profile": 1}, {"csr": good, "validityDays": 0},
                     {"csr": good, "names": {"what": ["x"]}}):
            self.refused(ENROLLER.post(f"{ADMIN.id(root)}/issue", body), 400, "InvalidRequestContent")

    def test_who_may_not(self):
        root, _ = self.ca()
        csr = pki.request()[0]
        self.refused(NOBODY.issue(root, csr), 403, "AuthorizationFailed")
        self.refused(NOBODY.get(ADMIN.id(root)), 403, "AuthorizationFailed")
        self.refused(ENROLLER.post(f"{ADMIN.id(root)}/revoke", {"serial": "01"}), 403, "AuthorizationFailed")
        self.refused(ENROLLER.make(fresh("ca"), self.key()), 403, "AuthorizationFailed")

    def test_a_key_that_the_caller_may_not_sign_with(self):
        name, k = fresh("ca"), self.key()
        self.refused(self.officer.make(name, k), 403, "LinkedAuthorizationFailed")
        self.refused(self.officer.make(name, k, vault="nowhere"), 403, "LinkedAuthorizationFailed")
        self.refused(ADMIN.make(name, k, vault="nowhere"), 403, "LinkedAuthorizationFailed")
        self.refused(ADMIN.make(name, "nothing"), 400, "KeyNotFound")

    def test_parents(self):
        root, _ = self.ca(pathLength=0)
        a = ADMIN.make(fresh("ca"), self.key(), parent=root)
        self.refused(a, 400, "CertificateRefused")
        a = ADMIN.make(fresh("ca"), self.key(), parent="nothing")
        self.refused(a, 403, "LinkedAuthorizationFailed")

    def test_bodies(self):
        k = self.key()
        for more in ({"subject": "x"}, {"subject": ""}, {"pathLength": 9}, {"validityMonths": 0}, {"crlHours": 0},
                     {"urls": "ftp://x"}, {"urls": "http://x/"}, {"nameConstraints": {"permitted": {"dns": ["*.x"]}}},
                     {"nameConstraints": {"permitted": {"ip": ["10.0.0.1/8"]}}}, {"profiles": {"x": {}}},
                     {"profiles": {"x": {"maxValidityDays": 1, "keyUsage": ["keyCertSign"], "curves": ["P-256"]}}}):
            self.refused(ADMIN.make(fresh("ca"), k, **more), 400, "InvalidRequestContent")
        self.refused(ADMIN.make("a.b", k), 400, "InvalidResourceName")
        a = ADMIN.put(ADMIN.id("x"), {"location": "local"})
        self.refused(a, 400, "InvalidRequestContent")

    def test_what_is_disabled_or_whose_key_is_issues_nothing(self):
        root, p = self.ca()
        csr = pki.request()[0]
        at = {"location": "local", "properties": {"enabled": False}}
        self.assertEqual(self.ok(ADMIN.patch(ADMIN.id(root), at))["properties"]["state"], "Disabled")
        self.refused(ENROLLER.issue(root, csr), 409, "CertificateAuthorityUnavailable")
        at["properties"]["enabled"] = True
        self.ok(ADMIN.patch(ADMIN.id(root), at))
        self.issued(root)
        name = p["key"]["name"]
        self.ok(VAULT.patch(f"/keys/{name}", {"attributes": {"enabled": False}}))
        self.refused(ENROLLER.issue(root, csr), 409, "CertificateAuthorityUnavailable")
        self.ok(VAULT.patch(f"/keys/{name}", {"attributes": {"enabled": True}}))
        self.ok(VAULT.delete(f"/keys/{name}"))
        self.refused(ENROLLER.issue(root, csr), 409, "CertificateAuthorityUnavailable")

    def test_a_revoked_subordinate_issues_nothing(self):
        root, _ = self.ca()
        low, p = self.ca(root)
        self.issued(low)
        a = self.ok(ADMIN.post(f"{ADMIN.id(root)}/revoke", {"serial": p["serialNumber"], "reason": "cACompromise"}))
        self.assertEqual(a["reason"], "cACompromise")
        self.refused(ENROLLER.issue(low, pki.request()[0]), 409, "CertificateAuthorityUnavailable")
        self.assertEqual(self.ok(ADMIN.get(ADMIN.id(low)))["properties"]["state"], "Revoked")

    def test_what_never_changes_and_what_does(self):
        root, p = self.ca()
        for more in ({"subject": "CN=other"}, {"validityMonths": 3}, {"pathLength": 1}, {"parent": "external"},
                     {"key": {"vault": "alpha", "name": "other"}}, {"nameConstraints": {"permitted": {"dns": ["x.test"]}}}):
            a = ADMIN.patch(ADMIN.id(root), {"properties": more})
            self.refused(a, 409, "PropertyChangeNotAllowed")
        a = self.ok(ADMIN.patch(ADMIN.id(root), {"tags": {"a": "b"}, "properties": {"crlHours": 5, "urls": "http://x.test"}}))
        self.assertEqual((a["tags"], a["properties"]["crlHours"], a["properties"]["urls"]), ({"a": "b"}, 5, "http://x.test"))
        a = self.ok(ADMIN.put(ADMIN.id(root), {"location": "local", "properties": {"subject": p["subject"]}}))
        self.assertEqual((a["tags"], a["properties"]["certificate"]), ({}, p["certificate"]))


class Issuers(Case):
    """Authorities as issuers of a vault."""

    def issuer(self, account, client=None, **more):
        name = fresh("i")
        a = (client or VAULT).put(f"/certificates/issuers/{name}", {
            "provider": "Keyhold", "credentials": {"account_id": account}, **more})
        return name, a

    def made(self, issuer, **more):
        name, a = self.create(policy=certs.ec_policy(issuer, **more))
        self.assertEqual(a.json()["status"], "inProgress")
        return name, self.ok(VAULT.get(f"/certificates/{name}/pending"))

    def failed(self, issuer, **more):
        name, a = self.create(policy=certs.ec_policy(issuer, **more))
        op = self.ok(VAULT.get(f"/certificates/{name}/pending"))
        self.assertEqual((op["status"], op["error"]["code"]), ("failed", "Certificate issuer error"))
        return op["error"]["message"]

    def test_a_certificate_comes_with_its_chain(self):
        root, _ = self.ca()
        low, _ = self.ca(root)
        for account in (low, ADMIN.id(low), ADMIN.id(low).upper()):
            i, a = self.issuer(account)
            self.assertEqual(self.ok(a)["credentials"]["account_id"], ADMIN.id(low))
        name, op = self.made(i, x509={"sans": {"dns_names": ["a.corp.test"]}})
        self.assertEqual(op["status"], "completed")
        c = self.get(name)
        leaf = x509.load_der_x509_certificate(base64.b64decode(c["cer"]))
        _, _, chain = self.exported(name)
        self.assertEqual([x.subject.rfc4514_string() for x in (*chain,)], [f"CN={low}", f"CN={root}"])
        self.chain_verified("".join(map(certs.pem, (leaf, *chain))))
        listed = self.ok(ADMIN.get(f"{ADMIN.id(low)}/certificates"))["value"]
        self.assertEqual([(i["serialNumber"], i["origin"]) for i in listed], [(f"{leaf.serial_number:X}", c["id"])])

    def exported(self, name):
        return pkcs12.load_key_and_certificates(base64.b64decode(self.secret(name)["value"]), b"")

    def test_who_sets_an_issuer_needs_the_right_and_keeps_needing_it(self):
        root, _ = self.ca()
        a = SERVER_WORLD.apps["clerk"]
        certificates = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")
        _, refused = self.issuer(root, certificates)
        self.refused(refused, 400, "BadParameter")
        for account in ("nothing", ADMIN.id("nothing"), ""):
            self.refused(self.issuer(account)[1], 400, "BadParameter")
        self.refused(self.issuer(root, org_details={"id": "subordinate"})[1], 400, "BadParameter")
        self.refused(self.issuer(root, org_details={"id": "nothing"})[1], 400, "BadParameter")
        grant = f"{ADMIN.id(root)}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        self.ok(OWNER.put(grant, {"properties": {
            "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/d2a1c6b0-8f3e-4b67-bb0a-51f1f7a9d8c2",
            "principalId": a.object_id, "principalType": "ServicePrincipal"}}), 201)
        i, done = self.issuer(ADMIN.id(root), certificates)
        self.ok(done)
        self.assertEqual(self.made(i)[1]["status"], "completed")
        self.assertEqual(OWNER.delete(grant).status, 200)
        self.assertIn("may not", self.failed(i))

    def test_what_the_authority_refuses_fails_the_operation(self):
        root, _ = self.ca(nameConstraints={"permitted": {"dns": ["corp.test"]}})
        i, a = self.issuer(root)
        self.ok(a)
        self.assertIn("name constraints", self.failed(i, x509={"sans": {"dns_names": ["a.example.org"]}}))
        self.assertIn("days at most", self.failed(i, x509={"validity_months": 24}))
        self.ok(ADMIN.patch(ADMIN.id(root), {"properties": {"enabled": False}}))
        self.assertIn("disabled", self.failed(i))
        self.ok(ADMIN.patch(ADMIN.id(root), {"properties": {"enabled": True}}))
        self.ok(VAULT.patch(f"/certificates/issuers/{i}", {"attributes": {"enabled": False}}))
        self.assertIn("disabled", self.failed(i))
        self.ok(VAULT.patch(f"/certificates/issuers/{i}", {"attributes": {"enabled": True}}))
        self.assertEqual(ADMIN.delete(ADMIN.id(root)).status, 200)
        self.assertIn("does not exist", self.failed(i))


class Revocation(Case):
    """Lists and answers about single certificates, for everybody, without a token."""

    def setUp(self):
        self.site = wire.Client(SERVER, "pki", None, None)
        self.root, p = self.ca()
        self.id, self.anchor = p["caId"], self.file(p["certificate"])

    def tearDown(self):
        self.site.close()

    def revoke(self, serial, reason="keyCompromise"):
        self.ok(ADMIN.post(f"{ADMIN.id(self.root)}/revoke", {"serial": serial, "reason": reason}))

    def crl(self):
        a = self.site.get(f"/ca/{self.id}.crl")
        self.assertEqual((a.status, a.header("Content-Type")), (200, "application/pkix-crl"), a)
        return x509.load_der_x509_crl(a.body), a.body

    def leaf(self):
        a = self.issued(self.root)
        return a["serialNumber"], self.file(a["certificate"])

    def plain(self, method, path, body=None, host=None):
        """Without TLS, where certificates say that it is."""
        c = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=60)
        self.addCleanup(c.close)
        c.request(method, path, body, {"Host": host or f"pki.keyhold.localhost:{self.plain_port}"})
        a = c.getresponse()
        return a.status, a.read()

    def test_all_of_it_without_tls_where_certificates_point(self):
        origin = f"http://pki.keyhold.localhost:{self.plain_port}"
        c = x509.load_pem_x509_certificate(self.issued(self.root)["certificate"].encode())
        point = c.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name[0].value
        access = {d.access_method: d.access_location.value
                  for d in c.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value}
        self.assertEqual(point, f"{origin}/ca/{self.id}.crl")
        self.assertEqual(access[x509.AuthorityInformationAccessOID.CA_ISSUERS], f"{origin}/ca/{self.id}.cer")
        self.assertEqual(access[x509.AuthorityInformationAccessOID.OCSP], f"{origin}/ocsp/{self.id}")
        self.assertEqual(self.plain("GET", point.removeprefix(origin)), (200, self.crl()[1]))
        status, der = self.plain("GET", f"/ca/{self.id}.cer")
        self.assertEqual((status, c.issuer), (200, x509.load_der_x509_certificate(der).subject))
        ask = x509.ocsp.OCSPRequestBuilder().add_certificate(
            c, x509.load_der_x509_certificate(der), hashes.SHA256()).build()
        status, answer = self.plain("POST", f"/ocsp/{self.id}", ask.public_bytes(Encoding.DER))
        self.assertEqual(x509.ocsp.load_der_ocsp_response(answer).certificate_status, x509.ocsp.OCSPCertStatus.GOOD)

    def test_nothing_else_without_tls(self):
        vault = SERVER.host("alpha.vault")
        for method, path, host in (("GET", "/livez", None), ("GET", "/metrics", None), ("GET", "/secrets/x", vault),
                                   ("GET", f"/acme/{self.id}/directory", None), ("GET", "/", None),
                                   ("POST", "/adfs/oauth2/v2.0/token", SERVER.host("login")),
                                   ("GET", "/metadata/identity/oauth2/token?resource=x", None),
                                   ("GET", "/.well-known/acme-challenge/nobody", None)):
            status, body = self.plain(method, path, host=host)
            self.assertEqual(status, 404, (path, body))

    def test_the_list_says_what_is_revoked(self):
        serial, leaf = self.leaf()
        _, other = self.leaf()
        c, body = self.crl()
        number = c.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        self.assertEqual((len(c), self.crl()[1]), (0, body))
        self.revoke(serial)
        c, body = self.crl()
        self.assertEqual(c.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number, number + 1)
        self.assertEqual([f"{r.serial_number:X}" for r in c], [serial])
        self.assertEqual(c[0].extensions.get_extension_for_class(x509.CRLReason).value.reason,
                         x509.ReasonFlags.key_compromise)
        pem = self.run_ok("openssl", "crl", "-inform", "DER", "-CAfile", self.anchor, stdin=body)
        both = self.file(open(self.anchor, encoding="ascii").read() + pem)
        self.run_ok("openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", both, other)
        done = subprocess.run(["openssl", "verify", "-crl_check", "-CAfile", both, leaf], capture_output=True, check=False)
        self.assertIn(b"certificate revoked", done.stdout + done.stderr)
        self.run_ok("certtool", "--verify-crl", "--load-ca-certificate", self.anchor, "--infile", self.file(pem))

    def test_the_certificate_of_the_authority(self):
        a = self.site.get(f"/ca/{self.id}.cer")
        self.assertEqual(a.header("Content-Type"), "application/pkix-cert")
        with open(self.anchor, "rb") as f:
            self.assertEqual(x509.load_der_x509_certificate(a.body), x509.load_pem_x509_certificate(f.read()))

    def test_what_is_not_there(self):
        for path in (f"/ca/{uuid.uuid4()}.crl", f"/ca/{self.id}", f"/ca/{self.id}.txt", "/ca/x.cer", "/ca/.crl"):
            self.assertEqual(self.site.get(path).status, 404, path)
        name = fresh("ca")
        p = self.ok(ADMIN.make(name, self.key(), parent="external"), 201)["properties"]
        self.assertEqual(self.site.get(f"/ca/{p['caId']}.crl").status, 404)

    def ocsp(self, leaf, *words, get=False):
        """What openssl and GnuTLS make of the answer."""
        req, resp = self.file(""), self.file("")
        self.run_ok("openssl", "ocsp", "-issuer", self.anchor, *words, "-cert", leaf, "-reqout", req)
        with open(req, "rb") as f:
            body = f.read()
        if get:
            text = base64.b64encode(body).decode()
            text = text if get == "plain" else text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
            a = self.site.get(f"/ocsp/{self.id}/{text}")
        else:
            a = self.site.post(f"/ocsp/{self.id}", body, headers=[("Content-Type", "application/ocsp-request")])
        self.assertEqual((a.status, a.header("Content-Type")), (200, "application/ocsp-response"), a)
        with open(resp, "wb") as f:
            f.write(a.body)
        self.assertEqual(self.nonce(x509.ocsp.load_der_ocsp_response(a.body)), self.nonce(x509.ocsp.load_der_ocsp_request(body)))
        out = self.run_ok("openssl", "ocsp", "-issuer", self.anchor, *words, "-no_nonce", "-cert", leaf, "-respin", resp,
                          "-CAfile", self.anchor)
        self.run_ok("ocsptool", "--verify-response", "--load-signer", self.anchor, "--infile", resp)
        return out

    @staticmethod
    def nonce(of):
        found = [e.value.nonce for e in of.extensions if isinstance(e.value, x509.OCSPNonce)]
        return found[0] if found else None

    def test_single_certificates(self):
        serial, leaf = self.leaf()
        for words in ((), ("-sha256",), ("-no_nonce",)):
            for get in (False, True, "plain"):
                self.assertIn(f"{leaf}: good", self.ocsp(leaf, *words, get=get))
        self.revoke(serial)
        self.assertRegex(self.ocsp(leaf), "(?s): revoked.*Reason: keyCompromise")
        self.assertIn(": unknown", self.ocsp(leaf, "-sha384"))
        stranger = self.file(certs.pem(certs.Hierarchy().issue(certs.name_of("x"), ec.generate_private_key(
            ec.SECP256R1()).public_key())))
        a = self.site.post(f"/ocsp/{self.id}", self.question(stranger))
        self.assertEqual(x509.ocsp.load_der_ocsp_response(a.body).certificate_status, x509.ocsp.OCSPCertStatus.UNKNOWN)

    def status(self, a):
        self.assertEqual((a.status, a.header("Content-Type")), (200, "application/ocsp-response"), a)
        return x509.ocsp.load_der_ocsp_response(a.body).response_status.name

    def test_questions_that_are_none(self):
        for body in (b"", b"x", b"0" * 100, b"\x30\x03\x30\x01\x00"):
            self.assertEqual(self.status(self.site.post(f"/ocsp/{self.id}", body)), "MALFORMED_REQUEST")
        self.assertEqual(self.status(self.site.get(f"/ocsp/{self.id}/!!")), "MALFORMED_REQUEST")
        self.assertEqual(self.status(self.site.post(f"/ocsp/{uuid.uuid4()}", b"")), "UNAUTHORIZED")
        self.assertEqual(self.site.post(f"/ocsp/{self.id}", b"0" * 5000).status, 413)

    def test_a_disabled_authority_tells_and_one_without_a_key_keeps_its_list(self):
        serial, leaf = self.leaf()
        self.ok(ADMIN.patch(ADMIN.id(self.root), {"properties": {"enabled": False}}))
        self.revoke(serial)
        self.assertIn(": revoked", self.ocsp(leaf))
        self.assertEqual(len(self.crl()[0]), 1)
        key = self.ok(ADMIN.get(ADMIN.id(self.root)))["properties"]["key"]["name"]
        self.ok(VAULT.patch(f"/keys/{key}", {"attributes": {"enabled": False}}))
        self.assertEqual(len(self.crl()[0]), 1)
        self.assertEqual(self.status(self.site.post(f"/ocsp/{self.id}", self.question(leaf))), "TRY_LATER")

    def question(self, leaf):
        req = self.file("")
        self.run_ok("openssl", "ocsp", "-issuer", self.anchor, "-cert", leaf, "-reqout", req)
        with open(req, "rb") as f:
            return f.read()


class Life(Case):
    def test_issued_certificates_are_listed_and_revoked_once(self):
        root, _ = self.ca()
        serials = {self.issued(root)["serialNumber"] for _ in range(3)}
        at = f"{ADMIN.id(root)}/certificates"
        a = self.ok(ADMIN.get(at))["value"]
        self.assertEqual({i["serialNumber"] for i in a}, serials)
        one = serials.pop()
        self.ok(ADMIN.post(f"{ADMIN.id(root)}/revoke", {"serial": one.lower(), "reason": "keyCompromise"}))
        a = self.ok(ADMIN.post(f"{ADMIN.id(root)}/revoke", {"serial": one}))
        self.assertEqual(a["reason"], "keyCompromise")
        a = self.ok(ADMIN.get(f"{at}?serial={one}"))["value"]
        self.assertEqual([(i["status"], i["reason"]) for i in a], [("Revoked", "keyCompromise")])
        self.refused(ADMIN.post(f"{ADMIN.id(root)}/revoke", {"serial": "0123"}), 404, "CertificateNotFound")
        for body in ({}, {"serial": "xyz"}, {"serial": one, "reason": "why"}, {"serial": one, "reason": "certificateHold"}):
            self.refused(ADMIN.post(f"{ADMIN.id(root)}/revoke", body), 400, "InvalidRequestContent")

    def test_lists_and_the_end(self):
        root, _ = self.ca()
        low, _ = self.ca(root)
        names = {c["name"] for c in self.ok(ADMIN.get(f"{ADMIN.group}{pki.TYPE}"))["value"]}
        self.assertLessEqual({root, low}, names)
        self.assertEqual(self.ok(NOBODY.get(f"{ADMIN.group}{pki.TYPE}"))["value"], [])
        self.refused(ADMIN.delete(ADMIN.id(root)), 409, "CertificateAuthorityInUse")
        for name in (low, root):
            self.assertEqual(ADMIN.delete(ADMIN.id(name)).status, 200)
            self.assertEqual(ADMIN.delete(ADMIN.id(name)).status, 204)
            self.refused(ADMIN.get(ADMIN.id(name)), 404, "ResourceNotFound")


if __name__ == "__main__":
    unittest.main()
