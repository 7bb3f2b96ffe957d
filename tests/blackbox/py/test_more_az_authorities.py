# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/operations.md that make authorities, as they stand there, by the newest az."""
import base64
import os
import re
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import az_case, certs
from kit.az_case import Case

TOWN = None
OPERATIONS = os.path.join(os.path.dirname(__file__), "../../../docs/operations.md")


def setUpModule():
    global TOWN
    TOWN = az_case.Town()
    Case.town = TOWN


def tearDownModule():
    TOWN.close()


def commands(section):
    """The first block of shell in that section."""
    with open(OPERATIONS, encoding="utf-8") as f:
        text = f.read().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return re.search(r"```sh\n(.*?)```", text, re.S).group(1)


class Documented(Case):
    def vault_of_mine(self, group, name):
        self.az("keyvault", "create", "-n", name, "-g", group, "-l", "local", "--enable-rbac-authorization", "false",
                "--no-self-perms", "true")
        self.az("keyvault", "set-policy", "-n", name, "--object-id", TOWN.app("owner").object_id, "--key-permissions", "all",
                "--certificate-permissions", "all", "--secret-permissions", "all")

    def run_as_written(self, script, **more):
        folder = os.path.dirname(self.python)
        env = {**self.az.env, **TOWN.server.env, "PATH": f"{folder}:{os.environ['PATH']}", "SUBSCRIPTION": TOWN.subscription, **more}
        done = subprocess.run(["sh", "-eu"], input=script, env=env, cwd=self.az.home, capture_output=True, text=True,
                              timeout=600, check=False)
        self.assertEqual(done.returncode, 0, (done.stdout[-2000:], done.stderr[-2000:]))
        return done.stdout

    def test_a_root_and_one_below_it_that_issues_for_a_vault(self):
        group = self.group()
        for name in ("ca-keys", "apps"):
            self.vault_of_mine(group, name)
        self.run_as_written(commands("Certificate authorities"), GROUP=group)
        policy = self.file("policy", b'{"issuerParameters": {"name": "internal"}, "keyProperties": {"exportable": true, '
                                     b'"keyType": "EC", "curve": "P-256", "reuseKey": false}, "secretProperties": '
                                     b'{"contentType": "application/x-pkcs12"}, "x509CertificateProperties": {"subject": "CN=www", '
                                     b'"subjectAlternativeNames": {"dnsNames": ["www.corp.example"]}, "validityInMonths": 3}}')
        op = self.az("keyvault", "certificate", "create", "--vault-name", "apps", "-n", "www", "-p", f"@{policy}")
        self.assertEqual(op["status"], "completed", op)
        value = self.az("keyvault", "secret", "show", "--vault-name", "apps", "-n", "www")["value"]
        _, leaf, chain = pkcs12.load_key_and_certificates(base64.b64decode(value), b"")
        self.assertEqual([c.subject.rfc4514_string() for c in chain], ["CN=Example Issuing", "CN=Example Root"])
        self.assertEqual(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName), ["www.corp.example"])
        for c, issuer in ((leaf, chain[0]), (chain[0], chain[1]), (chain[1], chain[1])):
            self.assertEqual(c.issuer, issuer.subject)
            issuer.public_key().verify(c.signature, c.tbs_certificate_bytes, certs.ec.ECDSA(c.signature_hash_algorithm))


if __name__ == "__main__":
    az_case.unittest.main()
