# SPDX-License-Identifier: Apache-2.0
"""
Contacts of a vault are told by mail that a certificate expires, through a real SMTP
server (docs/wire/certificates.md). What is imported is old enough to be told of at once.
"""
import asyncio
import datetime
import email.utils
import json
import os
import re
import signal
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kit import stranger, wire, world
from kit.certs import fresh
from kit.server import Server, wait_for
from kit.service import free_port

try:
    from kit import relay
except ImportError as e:
    raise unittest.SkipTest(f"no SMTP server: {e}") from None

SERVER, WORLD, CA, PORT = None, None, None, None
FROM = "keyhold@vaults.example"
EVENT, MAIL = "CertificateNearExpiryEventGridNotification", "CertificateContactsMail"
LEFT = 20  # days


def setUpModule():
    global SERVER, WORLD, CA, PORT
    CA = stranger.Authority()
    PORT = free_port()
    WORLD = world.World()
    WORLD.app("admin")
    for name in ("told", "untold", "hostile"):
        WORLD.vault(name)
        WORLD.role("admin", "Key Vault Administrator", vault=name)
    SERVER = Server("mail", seed=WORLD.seed(), expect_trouble=True)
    paths = {"ca": stranger.pem(CA.root), "password": relay.PASSWORD.encode() + b"\n"}
    for name, text in paths.items():
        paths[name] = os.path.join(SERVER.top, name)
        with open(paths[name], "wb") as f:
            f.write(text)
        os.chmod(paths[name], 0o600 if name == "password" else 0o644)
    SERVER.sets.update({"smtp.url": f"smtp://127.0.0.1:{PORT}", "smtp.from": FROM, "smtp.user": relay.USER,
                        "smtp.password_file": paths["password"], "dial.ca_file": paths["ca"]})
    SERVER.start()


def tearDownModule():
    SERVER.discard()


def client(vault):
    app = WORLD.apps["admin"]
    return wire.Client(SERVER, f"{vault}.vault", wire.get_token(SERVER, app.app_id, app.secret), "7.6")


def contacts(vault, *some):
    c = client(vault)
    a = c.put("/certificates/contacts", {"contacts": list(some)})
    assert a.status == 200, a
    c.close()


def expiring(vault, name=None):
    """Imports a certificate that its contacts are to be told of now; its name and id."""
    name = name or fresh()
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = CA.sign("old.example", key.public_key(), CA.cert.subject, CA.key, days=(-100, LEFT + 0.5))
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()) + stranger.pem(leaf)
    c = client(vault)
    a = c.post(f"/certificates/{name}/import", {
        "value": text.decode(),
        "policy": {"secret_props": {"contentType": "application/x-pem-file"},
                   "lifetime_actions": [{"trigger": {"days_before_expiry": LEFT + 5},
                                         "action": {"action_type": "EmailContacts"}}]}})
    assert a.status == 200, a
    c.close()
    return name, a.json()["id"]


def records(operation, name):
    with open(os.path.join(SERVER.data_dir, "audit", "audit.jsonl"), encoding="utf-8") as f:
        lines = [json.loads(line) for line in f if line.endswith("\n")]
    return [r for r in lines if r.get("operationName") == operation and
            f"/certificates/{name}/" in r.get("properties", {}).get("id", "")]


def descriptions(name):
    return [r.get("resultDescription", "") for r in records(MAIL, name)]


def figures():
    found = dict(re.findall(r'^keyhold_mails_total\{outcome="(\w+)"\} (\d+)$', wire.figures(SERVER), re.M))
    return int(found["sent"]), int(found["failed"])


class Mail(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        contacts("told", {"email": "bob@example.com", "name": "Bob Ünicode", "phone": "5"})

    def good_relay(self):
        r = relay.Relay(PORT, CA)
        self.addCleanup(r.close)
        return r

    def set(self, **changes):
        """The server again, for this test, with other settings (None: not set)."""
        self.addCleanup(SERVER.restart, sets=dict(SERVER.sets))
        sets = {**SERVER.sets, **{k.replace("_", ".", 1): v for k, v in changes.items()}}
        SERVER.restart(sets={k: v for k, v in sets.items() if v is not None})

    def told(self, r, name, to="bob@example.com"):
        """The one mail about it."""
        mine = lambda: [m for m in r.messages(to) if f"Certificate {name} " in m["Subject"]]
        wait_for(mine, f"mail about {name}")
        self.assertEqual(len(mine()), 1)
        return mine()[0]

    def test_a_contact_is_told_what_expires_where_and_when(self):
        r = self.good_relay()
        sent, failed = figures()
        name, url = expiring("told")
        m = self.told(r, name)
        version = url.rsplit("/", 1)[1]
        expires = client("told").get(f"/certificates/{name}").json()["attributes"]["exp"]
        when = datetime.datetime.fromtimestamp(expires, datetime.timezone.utc)
        self.assertEqual(m["From"], f"Keyhold <{FROM}>")
        self.assertEqual(email.utils.parseaddr(str(m["To"])), ("Bob Ünicode", "bob@example.com"))
        self.assertEqual(m["Subject"], f"Certificate {name} in vault told expires on {when:%Y-%m-%d}")
        sent_at = email.utils.parsedate_to_datetime(m["Date"])
        self.assertLess(abs((sent_at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()), 300)
        self.assertRegex(m["Message-ID"], rf"^<expires\.{version}\.[0-9a-f]{{16}}@keyhold\.localhost>$")
        self.assertEqual(m["Auto-Submitted"], "auto-generated")
        self.assertEqual(m.get_content_type(), "text/plain")
        self.assertEqual(m.get_content_charset(), "utf-8")
        self.assertEqual([k for k, _ in m.items() if k != "X-Peer"],
                         ["Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version",
                          "Content-Type", "Content-Transfer-Encoding"])
        said = dict(re.findall(r"^([A-Z][\w ]+): +(.*?)\r?$", m.get_content(), re.M))
        self.assertEqual(said, {"Vault": "told", "Certificate": name, "Version": version,
                                "Expires": f"{when:%Y-%m-%d %H:%M:%S}Z", "Days left": str(LEFT), "Link": url})
        self.assertEqual([(f, to, tls) for f, to, _, tls in r.mails], [(FROM, ["bob@example.com"], True)])
        self.assertEqual((r.logins, r.ehlo), ([relay.USER], "keyhold.localhost"))
        # The event, once; the mail, once; both counted, and nobody's address or password anywhere.
        wait_for(lambda: descriptions(name), "a record of the mail")
        self.assertEqual([x["resultDescription"] for x in records(EVENT, name)],
                         ["The certificate contacts are told by mail."])
        self.assertEqual(descriptions(name), ["Contact 1 of 1 was sent mail."])
        wait_for(lambda: figures() == (sent + 1, failed), "the figures")
        self.nothing_leaks()

    def nothing_leaks(self):
        with open(os.path.join(SERVER.data_dir, "audit", "audit.jsonl"), encoding="utf-8") as f:
            audit = f.read()
        for text in (SERVER.log(), audit):
            self.assertNotIn("bob@example.com", text)
            self.assertNotIn("wörd", text)

    def test_each_contact_gets_a_mail_of_his_own(self):
        contacts("untold", *({"email": f"c{i}@example.com"} for i in range(3)))
        r = self.good_relay()
        name, _ = expiring("untold")
        ids = {self.told(r, name, f"c{i}@example.com")["Message-ID"] for i in range(3)}
        self.assertEqual(len(ids), 3)
        wait_for(lambda: len(descriptions(name)) == 3, "three records")
        self.assertEqual(descriptions(name), [f"Contact {i} of 3 was sent mail." for i in (1, 2, 3)])

    def test_who_cannot_be_told_does_not_keep_the_others_waiting(self):
        contacts("hostile", {"email": "x@example.com\r\nBcc: eve@example.com"}, {"email": "refused@example.com"},
                 {"email": "ümlaut@example.com"}, {"email": "later@example.com"},
                 {"email": "good@example.com", "name": "A\r\nBcc: eve@example.com"})
        r = self.good_relay()
        later = ["450 4.2.1 later@example.com: mailbox busy"]
        r.rcpt = lambda a: ("550 5.1.1 refused@example.com: no such user" if a.startswith("refused")
                            else later.pop() if a.startswith("later") and later else None)
        sent, failed = figures()
        name, _ = expiring("hostile")
        m = self.told(r, name, "good@example.com")
        self.assertEqual(str(m["To"]), "good@example.com")
        self.assertIsNone(m["Bcc"])
        self.told(r, name, "later@example.com")
        wait_for(lambda: len(descriptions(name)) == 6, "all of it")
        self.assertEqual(descriptions(name), [
            "Contact 1 of 5 cannot be told by mail: The contact's address cannot be used.",
            "Contact 2 of 5 cannot be told by mail: The mail server answered 550.",
            "Contact 3 of 5 cannot be told by mail: The contact's address cannot be used.",
            "Contact 5 of 5 was sent mail.",
            "The mail server answered 450.",
            "Contact 4 of 5 was sent mail."])
        self.assertEqual([to for _, to, _, _ in r.mails], [["good@example.com"], ["later@example.com"]])
        self.assertEqual(figures(), (sent + 2, failed + 3))
        self.assertNotRegex(SERVER.log(), r"(refused|later|eve)@")

    def after_trouble(self, words):
        """What went wrong is said; then the relay is well, and the contact told."""
        name, _ = expiring("told")
        wait_for(lambda: descriptions(name), "a record of the failure")
        self.assertRegex(descriptions(name)[0], words)
        self.assertEqual(len(records(EVENT, name)), 1)
        return name

    def recover(self, name):
        with relay.Relay(PORT, CA) as r:
            self.told(r, name)
            wait_for(lambda: descriptions(name)[-1] == "Contact 1 of 1 was sent mail.", "a record")

    def test_a_relay_that_was_down_is_asked_again(self):
        self.recover(self.after_trouble(r"^The mail server could not be used: .*[Cc]onnect"))

    def test_a_wrong_password_is_said_and_tried_again(self):
        with relay.Relay(PORT, CA, password="another") as r:
            name = self.after_trouble(r"^The mail server could not be used: ")
            self.assertTrue(r.logins)
            self.assertEqual(r.mails, [])
        self.recover(name)
        self.nothing_leaks()

    def test_a_certificate_of_a_stranger_is_refused(self):
        with relay.Relay(PORT, stranger.Authority("other")) as r:
            name = self.after_trouble("certificate")
            self.assertEqual((r.logins, r.mails), ([], []))
        self.recover(name)

    def test_without_tls_nothing_is_said(self):
        with relay.Relay(PORT, None, login=False) as r:
            name = self.after_trouble(r"^The mail server could not be used: ")
            self.assertEqual(r.mails, [])
        self.recover(name)

    def test_a_clerk_that_is_killed_in_between_says_it_again_with_the_same_id(self):
        r = self.good_relay()
        seen = []

        async def hang():
            await asyncio.sleep(3600)

        def data(to):
            seen.append(to)
            return hang() if len(seen) == 1 else None

        r.data = data
        name, url = expiring("told")
        wait_for(lambda: seen, "the first try")
        os.kill(SERVER.pid_of("clerk"), signal.SIGKILL)
        m = self.told(r, name)
        self.assertIn(url.rsplit("/", 1)[1], m["Message-ID"])
        self.assertEqual(len(records(EVENT, name)), 1)

    def test_without_contacts_a_record_says_so(self):
        c = client("hostile")
        c.delete("/certificates/contacts")
        r = self.good_relay()
        name, _ = expiring("hostile")
        wait_for(lambda: records(EVENT, name), "the event")
        self.assertEqual(records(EVENT, name)[0]["resultDescription"], "The vault has no certificate contacts.")
        # One behind it was told: so was nobody of it.
        other, _ = expiring("told")
        self.told(r, other)
        self.assertEqual(descriptions(name), [])

    def test_what_was_renewed_or_deleted_meanwhile_is_not_told(self):
        renewed, _ = expiring("told")
        gone, _ = expiring("told")
        for name in (renewed, gone):
            wait_for(lambda n=name: records(EVENT, n), "the event")
        c = client("told")
        self.assertEqual(c.delete(f"/certificates/{gone}").status, 200)
        _, newer = expiring("told", renewed)
        wait_for(lambda: len(records(EVENT, renewed)) == 2, "the newer version's event")
        with relay.Relay(PORT, CA) as r:
            m = self.told(r, renewed)
            self.assertIn(newer.rsplit("/", 1)[1], m["Message-ID"])
            wait_for(lambda: "Nothing is left to be told, or nobody to tell it." in descriptions(gone), "it is dropped")
            self.assertEqual([x for x in r.messages() if gone in x["Subject"]], [])

    def test_tls_from_the_beginning(self):
        self.set(smtp_url=f"smtps://127.0.0.1:{PORT}/")
        with relay.Relay(PORT, CA, implicit=True) as r:
            name, _ = expiring("told")
            self.told(r, name)
            self.assertEqual((r.logins, r.ehlo), ([relay.USER], "keyhold.localhost"))

    def test_a_relay_in_the_clear_only_where_it_is_allowed(self):
        self.set(smtp_tls="opportunistic", smtp_user=None, smtp_password_file=None)
        with relay.Relay(PORT, None, login=False) as r:
            name, _ = expiring("told")
            self.told(r, name)
            self.assertFalse(r.mails[0][3])
        with relay.Relay(PORT, CA, login=False) as r:  # offered: so taken
            name, _ = expiring("told")
            self.told(r, name)
            self.assertTrue(r.mails[0][3])

    def test_without_a_relay_the_record_is_all(self):
        waiting = self.after_trouble("could not be used")
        self.set(smtp_url=None, smtp_from=None, smtp_user=None, smtp_password_file=None)
        name, _ = expiring("told")
        wait_for(lambda: records(EVENT, name), "the event")
        self.assertNotIn("resultDescription", records(EVENT, name)[0])
        wait_for(lambda: descriptions(waiting)[-1] == "No mail is sent any more: smtp.url is not set.", "it is dropped")
        self.assertEqual(descriptions(name), [])

    def test_mail_alone_does_not_let_issuers_be_dialled(self):
        c = client("told")
        name, issuer = fresh(), fresh()
        a = c.put(f"/certificates/issuers/{issuer}", {"provider": "Webhook", "credentials": {
            "account_id": f"https://127.0.0.1:{PORT}/", "pwd": "x"}})
        self.assertEqual(a.status, 200, a)
        a = c.post(f"/certificates/{name}/create", {"policy": {"issuer": {"name": issuer},
                                                               "x509_props": {"subject": "CN=x"}}})
        self.assertEqual(a.status, 202, a)
        pending = lambda: c.get(f"/certificates/{name}/pending").json()
        wait_for(lambda: pending()["status"] == "failed", "it fails")
        self.assertIn("does not dial out", pending()["error"]["message"])
