# SPDX-License-Identifier: Apache-2.0
"""
Debian's certbot and dehydrated, unchanged, against the ACME server of an authority: as
docs/operations.md tells people to call them.
"""
import os
import shutil
import subprocess
import tempfile
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from kit import certs, pki, wire, world
from kit.server import Server, clean_env

SERVER = ADMIN = FOLDER = CA = APP = None


def setUpModule():
    global SERVER, ADMIN, FOLDER, CA, APP
    w = world.standard()
    scope = f"/subscriptions/{w.subscription}/resourceGroups/bench"
    w.role("admin", "Keyhold CA Administrator", scope=scope)
    APP = w.app("machine")
    w.role("machine", "Keyhold Certificate Enroller", scope=scope)
    FOLDER = tempfile.mkdtemp(prefix="kh-acme-")
    SERVER = Server("acme_clients", seed=w.seed()).start()
    ADMIN = pki.Manager(SERVER, w.apps["admin"], w.subscription)
    a = w.apps["admin"]
    vault = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "7.6")
    names = [certs.fresh("root"), certs.fresh("ca")]
    for name, more in zip(names, ({}, {"parent": names[0]})):
        answer = vault.post(f"/keys/{name}/create", {"kty": "EC", "crv": "P-256"})
        assert answer.status == 200, answer
        answer = ADMIN.make(name, name, **more)
        assert answer.status == 201, answer
    vault.close()
    CA = names[1]


def tearDownModule():
    SERVER.discard()
    shutil.rmtree(FOLDER)


def credential(**more):
    a = ADMIN.post(f"{ADMIN.id(CA)}/acmeCredentials",
                   {"principalId": APP.object_id, "names": [".corp.test", "host.test"], **more})
    assert a.status == 201, a
    return a.json()


def root():
    chain = ADMIN.get(ADMIN.id(CA)).json()["properties"]["chain"]
    return pki.blocks(chain)[-1]


class Case(unittest.TestCase):
    def folder(self):
        return tempfile.mkdtemp(dir=FOLDER)

    def run_ok(self, *words, code=0, cwd=None):
        env = {**clean_env(), "REQUESTS_CA_BUNDLE": SERVER.ca, "CURL_CA_BUNDLE": SERVER.ca, "HOME": FOLDER}
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env, text=True,
                              check=False, timeout=240, cwd=cwd)
        self.assertEqual(done.returncode, code, (words, done.stdout[-3000:]))
        return done.stdout

    def verified(self, fullchain):
        """The chain as a server would send it, under the root alone, by OpenSSL."""
        at = self.folder()
        with open(f"{at}/root.pem", "wb") as f:
            f.write(root().public_bytes(serialization.Encoding.PEM))
        self.run_ok("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", f"{at}/root.pem",
                    "-untrusted", fullchain, fullchain)
        with open(fullchain, encoding="utf-8") as f:
            return pki.blocks(f.read())


@unittest.skipUnless(shutil.which("certbot"), "no certbot here")
class Certbot(Case):
    def certbot(self, *words, at=None, **more):
        return self.run_ok("certbot", *words, "--non-interactive", "--config-dir", f"{at}/etc", "--work-dir", f"{at}/var",
                           "--logs-dir", f"{at}/log", **more)

    def registered(self, **more):
        at, e = self.folder(), credential(**more)
        server = ["--server", e["directory"]]
        self.certbot("register", *server, "--eab-kid", e["kid"], "--eab-hmac-key", e["hmacKey"], "--agree-tos",
                     "-m", "ops@corp.test", at=at)
        return at, server

    def logged(self, at, words):
        """certbot 2.1 stumbles over its own exceptions, so its last words are not always these."""
        with open(f"{at}/log/letsencrypt.log", encoding="utf-8") as f:
            self.assertIn(words, f.read())

    def serial(self, at, name):
        with open(f"{at}/etc/live/{name}/cert.pem", "rb") as f:
            return x509.load_pem_x509_certificate(f.read()).serial_number

    def test_register_enrol_renew_revoke_unregister(self):
        at, server = self.registered()
        self.certbot("certonly", *server, "--standalone", "-d", "a.corp.test", "-d", "host.test", at=at)
        leaf, issuer = self.verified(f"{at}/etc/live/a.corp.test/fullchain.pem")
        self.assertEqual(leaf.issuer, issuer.subject)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["a.corp.test", "host.test"])
        was = self.serial(at, "a.corp.test")
        self.certbot("renew", "--force-renewal", "--no-random-sleep-on-renew", at=at)
        self.assertNotEqual(self.serial(at, "a.corp.test"), was)
        self.certbot("update_account", *server, "-m", "new@corp.test", at=at)
        self.certbot("revoke", *server, "--cert-name", "a.corp.test", "--reason", "superseded", "--no-delete-after-revoke",
                     at=at)
        self.certbot("revoke", *server, "--cert-name", "a.corp.test", "--no-delete-after-revoke", at=at, code=1)
        self.logged(at, "alreadyRevoked")
        self.certbot("unregister", *server, at=at)

    def test_a_wildcard_by_hand(self):
        at, server = self.registered(allowWildcards=True)
        self.certbot("certonly", *server, "--manual", "--preferred-challenges", "dns", "--manual-auth-hook", "/bin/true",
                     "-d", "*.corp.test", "--key-type", "rsa", at=at)
        self.verified(f"{at}/etc/live/corp.test/fullchain.pem")

    def test_revoking_with_the_key_of_the_certificate(self):
        at, server = self.registered()
        self.certbot("certonly", *server, "--standalone", "-d", "b.corp.test", at=at)
        live = f"{at}/etc/live/b.corp.test"
        self.certbot("revoke", *server, "--cert-path", f"{live}/cert.pem", "--key-path", f"{live}/privkey.pem",
                     "--no-delete-after-revoke", at=self.folder())

    def test_names_that_are_not_ours_to_have(self):
        at, server = self.registered()
        self.certbot("certonly", *server, "--standalone", "-d", "example.com", at=at, code=1)
        self.logged(at, "rejectedIdentifier")

    def test_a_wrong_secret(self):
        e, at = credential(), self.folder()
        self.certbot("register", "--server", e["directory"], "--eab-kid", e["kid"], "--eab-hmac-key",
                             credential()["hmacKey"], "--agree-tos", "-m", "ops@corp.test", at=at, code=1)
        self.logged(at, "external account binding")


@unittest.skipUnless(shutil.which("dehydrated"), "no dehydrated here")
class Dehydrated(Case):
    def test_register_enrol_revoke(self):
        at, e = self.folder(), credential()
        os.mkdir(f"{at}/challenges")
        with open(f"{at}/config", "w", encoding="utf-8") as f:
            f.write(f"CA={e['directory']}\nBASEDIR={at}\nWELLKNOWN={at}/challenges\nEAB_KID={e['kid']}\n"
                    f"EAB_HMAC_KEY={e['hmacKey']}\nKEY_ALGO=prime256v1\n")
        dehydrated = ["dehydrated", "-f", f"{at}/config"]
        self.run_ok(*dehydrated, "--register", "--accept-terms", cwd=at)
        self.run_ok(*dehydrated, "--cron", "--domain", "d.corp.test", cwd=at)
        self.verified(f"{at}/certs/d.corp.test/fullchain.pem")
        self.run_ok(*dehydrated, "--revoke", f"{at}/certs/d.corp.test/cert.pem", cwd=at)


if __name__ == "__main__":
    unittest.main()
