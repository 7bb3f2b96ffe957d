# SPDX-License-Identifier: Apache-2.0
"""
Tokens of other issuers at the token endpoint: an application, or a managed
identity, whose federated credential names exactly that issuer, subject and
audience, and every near miss.
"""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import time
import unittest
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from kit import node, wire, world
from kit.server import Server, wait_for

try:
    import azure.identity as identity
except ImportError:  # Debian's python3-azure is not there
    identity = None

SERVER, WORLD, FOLDER, TOKENS, KEYS = None, None, None, {}, {}
ISSUER, SECOND, STRANGE = "https://ci.keyhold.test", "https://cluster.keyhold.test/a", "https://elsewhere.keyhold.test"
SUBJECT, AUDIENCE = "repo:contoso/app:ref:refs/heads/main", "api://AzureADTokenExchange"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
OTHER = str(uuid.uuid4())
DAY = 24 * 3600


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


def jwk(key, **more):
    n = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return {"kty": "RSA", "n": number(n.n), "e": number(n.e), **more}
    return {"kty": "EC", "crv": "P-256", "x": number(n.x, 32), "y": number(n.y, 32), **more}


def issuers_path():
    return os.path.join(FOLDER.name, "issuers.json")


def write_issuers(**more):
    far = {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "far"}
    sets = {ISSUER: [jwk(KEYS["rsa"], kid="r1", use="sig"), jwk(KEYS["ec"], kid="e1", alg="ES256"),
                     jwk(KEYS["ps"], kid="p1", alg="PS256"), jwk(KEYS["rsa"], kid="enc", use="enc"), far],
            SECOND: [jwk(KEYS["second"], kid="r1")], **more}
    with open(issuers_path(), "w", encoding="utf-8") as f:
        json.dump({k: {"keys": v} for k, v in sets.items()}, f)
    os.chmod(issuers_path(), 0o644)


def setUpModule():
    global SERVER, WORLD, FOLDER
    for name in ("rsa", "ps", "second", "strange"):
        KEYS[name] = rsa.generate_private_key(65537, 2048)
    KEYS["ec"] = ec.generate_private_key(ec.SECP256R1())
    FOLDER = tempfile.TemporaryDirectory(dir=os.environ.get("KEYHOLD_BLACKBOX_DIR"))
    os.chmod(FOLDER.name, 0o755)
    write_issuers()
    WORLD = world.World()
    WORLD.vault("alpha")
    WORLD.app("boss")
    WORLD.role("boss", "Global Administrator", scope="/")
    WORLD.role("boss", "Owner", scope=f"/subscriptions/{WORLD.subscription}")
    WORLD.tenants.append({"id": OTHER, "name": "other", "domain": "other.example"})
    for name in ("work", "bystander"):
        WORLD.app(name)
    WORLD.role("work", "Key Vault Secrets Officer", vault="alpha")
    SERVER = Server("federation", seed=WORLD.seed(), sets={"trusted_issuers": issuers_path()}).start()
    a = WORLD.apps["boss"]
    for host in ("graph", "management"):
        TOKENS[host] = wire.get_token(SERVER, a.app_id, a.secret, scope=f"https://{SERVER.host(host)}/.default")
    os.environ.update(SERVER.env)


def tearDownModule():
    SERVER.discard()
    FOLDER.cleanup()


def ask(host, method, path, body=None):
    c = wire.Client(SERVER, host, TOKENS[host], None)
    try:
        return c.call(method, path, body)
    finally:
        c.close()


def sign(key, alg, text):
    if alg == "HS256":  # with what everybody knows: the public modulus
        return hmac.new(key.public_key().public_numbers().n.to_bytes(256, "big"), text, hashlib.sha256).digest()
    if alg in ("none", "nothing"):
        return b""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    pad = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if alg == "PS256" else padding.PKCS1v15()
    return key.sign(text, pad, hashes.SHA384() if alg == "RS384" else hashes.SHA256())


def token(key="rsa", alg="RS256", kid="r1", **claims):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now - 5, "exp": now + 600,
              "jti": uuid.uuid4().hex, **claims}
    head = {"alg": alg, "typ": "JWT", "kid": kid}
    parts = [b64(json.dumps({k: v for k, v in x.items() if v is not None}).encode()) for x in (head, claims)]
    text = ".".join(parts)
    return f"{text}.{b64(sign(KEYS[key], alg, text.encode()))}"


def exchange(proof, client, tenant=None, **more):
    fields = {"grant_type": "client_credentials", "client_id": client, "client_assertion": proof,
              "client_assertion_type": JWT_BEARER, "scope": "https://vault.azure.net/.default", **more}
    c = wire.Client(SERVER, "login", None, None)
    try:
        return c.call("POST", f"/{tenant or SERVER.tenant}/oauth2/v2.0/token", wire.form(fields),
                      headers=[("Content-Type", "application/x-www-form-urlencoded")])
    finally:
        c.close()


def claims_of(text):
    part = text.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Case(unittest.TestCase):
    maxDiff = None

    def gives(self, answer):
        self.assertEqual(answer.status, 200, answer)
        return answer.json()["access_token"]

    def refused(self, answer, code, status=401):
        self.assertEqual((answer.status, answer.json()["error_codes"]), (status, [code]), answer)
        if status == 401:
            self.assertEqual(answer.json()["error"], "invalid_client")
        return answer.json()["error_description"]

    def opens(self, access):
        c = wire.Client(SERVER, "alpha.vault", access, "7.4")
        self.addCleanup(c.close)
        name = f"s{uuid.uuid4().hex[:10]}"
        self.assertEqual(c.put(f"/secrets/{name}", {"value": "v"}).status, 200)


class Applications(Case):
    @classmethod
    def setUpClass(cls):
        cls.app = WORLD.apps["work"].app_id
        cls.object = cls.object_of(cls.app)
        cls.credential = cls.add(cls.object)

    @staticmethod
    def object_of(app):
        found = ask("graph", "GET", f"/v1.0/applications?$filter=appId%20eq%20'{app}'").json()["value"]
        return found[0]["id"]

    @staticmethod
    def add(where, issuer=ISSUER, subject=SUBJECT, audience=AUDIENCE):
        made = ask("graph", "POST", f"/v1.0/applications/{where}/federatedIdentityCredentials", {
            "name": f"c{uuid.uuid4().hex[:8]}", "issuer": issuer, "subject": subject, "audiences": [audience]})
        assert made.status == 201, made
        return made.json()["id"]

    @staticmethod
    def drop(where, credential):
        gone = ask("graph", "DELETE", f"/v1.0/applications/{where}/federatedIdentityCredentials/{credential}")
        assert gone.status == 204, gone

    def test_a_token_of_the_issuer_opens_what_the_application_may(self):
        access = self.gives(exchange(token(), self.app))
        self.opens(access)
        claims = claims_of(access)
        self.assertEqual((claims["appid"], claims["appidacr"], claims["idtyp"]), (self.app, "2", "app"))

    def test_each_algorithm_with_its_own_key(self):
        for key, alg, kid in (("rsa", "RS256", "r1"), ("rsa", "PS256", "r1"), ("ps", "PS256", "p1"),
                              ("ec", "ES256", "e1")):
            self.gives(exchange(token(key, alg, kid), self.app))

    def test_blanks_around_it_and_an_audience_in_a_list(self):
        self.gives(exchange(token() + "\n", self.app))
        self.gives(exchange(token(aud=[AUDIENCE]), self.app))
        self.gives(exchange(token(), self.app, tenant="common"))

    def test_no_algorithm_but_the_key_s(self):
        for key, alg, kid in (("rsa", "none", "r1"), ("rsa", "nothing", "r1"), ("rsa", "HS256", "r1"),
                              ("rsa", "RS384", "r1"), ("ps", "RS256", "p1"), ("rsa", "ES256", "r1"),
                              ("ec", "RS256", "e1")):
            with self.subTest(alg=alg, kid=kid):
                if key == "ec":
                    text = token("ec", "ES256", "e1").split(".")
                    text[0] = b64(json.dumps({"alg": "RS256", "kid": "e1"}).encode())
                    self.refused(exchange(".".join(text), self.app), 50027)
                else:
                    self.refused(exchange(token(key, alg, kid), self.app), 50027)

    def test_a_key_that_is_not_the_issuer_s(self):
        self.refused(exchange(token("strange"), self.app), 700027)
        self.refused(exchange(token("second"), self.app), 700027)
        self.refused(exchange(token(iss=SECOND), self.app), 700027)
        for kid in ("r2", "", "R1", "r1 ", "enc", None):
            self.refused(exchange(token(kid=kid), self.app), 700027)

    def test_what_was_changed_afterwards(self):
        head, claims, sig = token().split(".")
        other = b64(json.dumps({**claims_of(f"{head}.{claims}."), "sub": "someone"}).encode())
        self.refused(exchange(f"{head}.{other}.{sig}", self.app), 700027)
        self.refused(exchange(f"{head}.{claims}.{sig[:-3]}A", self.app), 700027)

    def test_another_audience(self):
        for aud in (AUDIENCE + "/", AUDIENCE.lower(), "api://", SERVER.tenant, ["x"], f" {AUDIENCE}"):
            with self.subTest(aud=aud):
                self.refused(exchange(token(aud=aud), self.app), 700212)
        for aud in (None, [AUDIENCE, "x"], [], [1], 1):
            with self.subTest(aud=aud):
                self.refused(exchange(token(aud=aud), self.app), 50027)

    def test_another_subject(self):
        for sub in (SUBJECT + "x", SUBJECT[:-1], SUBJECT.upper(), SUBJECT + " ", "*", ""):
            with self.subTest(sub=sub):
                self.refused(exchange(token(sub=sub), self.app), 700213)
        self.refused(exchange(token(sub=None), self.app), 50027)

    def test_another_issuer(self):
        for iss in (ISSUER + "/", ISSUER.upper().replace("HTTPS", "https"), STRANGE, ISSUER + "?x=1"):
            with self.subTest(iss=iss):
                told = self.refused(exchange(token(iss=iss), self.app), 700211)
                self.assertIn(iss, told)
        self.refused(exchange(token("second", iss=SECOND), self.app), 700211)

    def test_times(self):
        now = int(time.time())
        for claims in ({"exp": now - 301}, {"exp": 1}, {"nbf": now + 400}, {"iat": now + 400},
                       {"exp": now + DAY + 400}, {"iat": now - 2 * DAY, "nbf": now - 2 * DAY},
                       {"iat": None, "nbf": now - 2 * DAY}):
            with self.subTest(**claims):
                self.refused(exchange(token(**claims), self.app), 700024)
        for claims in ({"exp": None}, {"exp": "soon"}, {"nbf": "now"}, {"iat": []}):
            with self.subTest(**claims):
                self.refused(exchange(token(**claims), self.app), 50027)
        self.gives(exchange(token(iat=None, nbf=None), self.app))

    def test_a_token_that_is_too_long(self):
        self.gives(exchange(token(more="x" * 8000), self.app))
        self.assertIn(exchange(token(more="x" * 13000), self.app).status, (400, 401))

    def test_a_stranger_hears_nothing_of_credentials(self):
        for sub in (SUBJECT, "x"):
            self.assertEqual(self.refused(exchange(token("strange", sub=sub), self.app), 700027).split("\r\n")[0],
                             "AADSTS700027: Client assertion failed signature validation. [Reason - The provided "
                             "signature value did not match the expected signature value.]")

    def test_the_credential_of_one_application_is_no_other_s(self):
        self.refused(exchange(token(), WORLD.apps["bystander"].app_id), 70021)
        self.refused(exchange(token(), str(uuid.uuid4())), 700016, 400)

    def test_not_in_another_tenant(self):
        self.refused(exchange(token(), self.app, tenant=OTHER), 700016, 400)

    def test_a_deleted_credential_is_gone_at_once(self):
        where = self.object_of(WORLD.apps["bystander"].app_id)
        app, subject = WORLD.apps["bystander"].app_id, uuid.uuid4().hex
        self.refused(exchange(token(sub=subject), app), 70021)
        made = self.add(where, subject=subject)
        for _ in range(3):
            self.gives(exchange(token(sub=subject), app))
            self.drop(where, made)
            self.refused(exchange(token(sub=subject), app), 70021)
            made = self.add(where, subject=subject)
        keep = self.add(where, subject=f"{subject}2")
        self.drop(where, made)
        self.refused(exchange(token(sub=subject), app), 700213)
        self.drop(where, keep)

    def test_a_changed_credential_counts_at_once(self):
        where, app = self.object, self.app
        subject = uuid.uuid4().hex
        made = self.add(where, subject=subject)
        self.gives(exchange(token(sub=subject), app))
        changed = ask("graph", "PATCH", f"/v1.0/applications/{where}/federatedIdentityCredentials/{made}",
                      {"audiences": ["urn:other"]})
        self.assertEqual(changed.status, 204, changed)
        self.refused(exchange(token(sub=subject), app), 700212)
        self.gives(exchange(token(sub=subject, aud="urn:other"), app))
        self.drop(where, made)

    def test_a_disabled_application_is_nobody(self):
        sp = ask("graph", "GET", f"/v1.0/servicePrincipals?$filter=appId%20eq%20'{self.app}'").json()["value"][0]["id"]
        for enabled, status in ((False, 400), (True, 200)):
            changed = ask("graph", "PATCH", f"/v1.0/servicePrincipals/{sp}", {"accountEnabled": enabled})
            self.assertEqual(changed.status, 204, changed)
            self.assertEqual(exchange(token(), self.app).status, status)

    def test_a_deleted_application_is_nobody(self):
        made = ask("graph", "POST", "/v1.0/applications", {"displayName": "short"}).json()
        ask("graph", "POST", "/v1.0/servicePrincipals", {"appId": made["appId"]})
        self.add(made["id"])
        self.gives(exchange(token(), made["appId"]))
        ask("graph", "DELETE", f"/v1.0/applications/{made['id']}")
        self.refused(exchange(token(), made["appId"]), 700016, 400)

    def test_keys_are_read_again_on_reload(self):
        third = "https://third.keyhold.test"
        made = self.add(self.object, issuer=third)
        late = token("strange", iss=third)
        self.refused(exchange(late, self.app), 700211)
        write_issuers(**{third: [jwk(KEYS["strange"], kid="r1")]})
        SERVER.admin("tls", "reload")
        wait_for(lambda: exchange(late, self.app).status == 200, "the new issuer is trusted")
        with open(issuers_path(), "w", encoding="utf-8") as f:
            f.write("{")
        SERVER.admin("tls", "reload")
        wait_for(lambda: "stay as they were" in SERVER.log(), "the file is refused")
        self.gives(exchange(token(), self.app))
        write_issuers()
        SERVER.admin("tls", "reload")
        wait_for(lambda: exchange(late, self.app).status == 401, "the issuer is trusted no more")
        self.gives(exchange(token(), self.app))
        self.drop(self.object, made)


class Identities(Case):
    def setUp(self):
        group = f"/subscriptions/{WORLD.subscription}/resourceGroups/bench"
        self.id = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/m{uuid.uuid4().hex[:8]}"
        self.make()

    def arm(self, method, tail="", body=None):
        return ask("management", method, f"{self.id}{tail}?api-version=2023-01-31", body)

    def make(self):
        made = self.arm("PUT", body={"location": "local"})
        self.assertEqual(made.status, 201, made)
        self.client, self.oid = (made.json()["properties"][k] for k in ("clientId", "principalId"))

    def add(self, name="one", subject=SUBJECT):
        made = self.arm("PUT", f"/federatedIdentityCredentials/{name}", {"properties": {
            "issuer": ISSUER, "subject": subject, "audiences": [AUDIENCE]}})
        self.assertIn(made.status, (200, 201), made)

    def test_an_identity_is_proved_by_its_credential(self):
        self.refused(exchange(token(), self.client), 70021)
        self.add()
        claims = claims_of(self.gives(exchange(token(), self.client)))
        self.assertEqual((claims["oid"], claims["appid"], claims["xms_mirid"]), (self.oid, self.client, self.id))
        self.refused(exchange(token(sub="x"), self.client), 700213)
        self.refused(exchange(token(aud="x"), self.client), 700212)
        self.refused(exchange(token(iss=STRANGE), self.client), 700211)
        self.arm("DELETE", "/federatedIdentityCredentials/one")
        self.refused(exchange(token(), self.client), 70021)

    def test_by_nothing_else(self):
        self.add()
        own = token(iss=self.client, sub=self.client, aud=f"https://{SERVER.host('login')}/{SERVER.tenant}/v2.0")
        self.refused(exchange(own, self.client), 700016, 400)
        self.refused(exchange(token(), self.client, tenant=OTHER), 700016, 400)
        behalf = exchange(token(), self.client, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer",
                          assertion=token(), requested_token_use="on_behalf_of")
        self.refused(behalf, 700016, 400)

    def test_another_identity_of_that_name_is_another(self):
        self.add()
        before = self.client
        self.gives(exchange(token(), before))
        self.arm("DELETE")
        self.refused(exchange(token(), before), 700016, 400)
        self.make()
        self.assertNotEqual(self.client, before)
        self.refused(exchange(token(), self.client), 70021)
        self.add()
        self.refused(exchange(token(), before), 700016, 400)
        self.gives(exchange(token(), self.client))


class Clients(Case):
    def setUp(self):
        self.app = WORLD.apps["work"].app_id
        self.subject = uuid.uuid4().hex
        where = Applications.object_of(self.app)
        made = Applications.add(where, subject=self.subject)
        self.addCleanup(Applications.drop, where, made)
        self.file = os.path.join(FOLDER.name, self.subject)
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(token(sub=self.subject) + "\n")

    @unittest.skipIf(identity is None, "no Azure SDK for Python")
    def test_workload_identity_of_python(self):
        if not hasattr(identity, "WorkloadIdentityCredential"):
            self.skipTest("this azure-identity has no WorkloadIdentityCredential")
        credential = identity.WorkloadIdentityCredential(
            tenant_id=SERVER.tenant, client_id=self.app, token_file_path=self.file,
            authority=f"https://{SERVER.host('login')}", disable_instance_discovery=True)
        self.opens(credential.get_token("https://vault.azure.net/.default").token)

    @unittest.skipIf(identity is None, "no Azure SDK for Python")
    def test_client_assertions_of_python(self):
        credential = identity.ClientAssertionCredential(
            "adfs", self.app, lambda: token(sub=self.subject))
        self.opens(credential.get_token("https://vault.azure.net/.default").token)

    def test_workload_identity_of_javascript(self):
        done = subprocess.run(node.command("workload_client.mjs"), capture_output=True, text=True, check=False,
                              timeout=60, env={**os.environ, "AZURE_TENANT_ID": SERVER.tenant,
                                               "AZURE_CLIENT_ID": self.app, "AZURE_FEDERATED_TOKEN_FILE": self.file,
                                               "AZURE_AUTHORITY_HOST": f"https://{SERVER.host('login')}"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.opens(done.stdout)


if __name__ == "__main__":
    unittest.main()
