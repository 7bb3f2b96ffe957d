# SPDX-License-Identifier: Apache-2.0
"""An ACME server (RFC 8555, RFC 9773) that believes everybody and lies as told: `twist[step] = fn(h, c)` answers instead."""
import base64
import datetime
import itertools
import json
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from kit import stranger

PROBLEM = "urn:ietf:params:acme:error:"
UTC = datetime.timezone.utc


def stamp(seconds):
    """Seconds from now, as RFC 9773 writes it."""
    return (datetime.datetime.now(UTC) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Order:
    def __init__(self, number, names, said):
        self.number, self.names, self.said = number, names, said
        self.status, self.proved, self.csr, self.chain = "pending", False, None, None


class AcmePlay:
    """Steps: directory nonce account order (new) poll authz challenge finalize certificate renewal."""

    def __init__(self, authority, *, renewal=False, days=(-1, 90)):
        self.ca, self.days, self.renewal = authority, days, renewal
        self.listener = stranger.Listener(authority)
        self.listener.do = self.do
        self.url = self.listener.url
        self.directory = self.url + "/dir"
        self.twist, self.orders, self.asked, self.seen = {}, {}, [], []
        self.window = (stamp(30 * 86400), stamp(31 * 86400))
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    def close(self):
        self.listener.close()

    def steps(self, step):
        return [c for s, c in list(self.seen) if s == step]

    # ------------------------------------------------------------------ the wire

    def do(self, h, body):
        words = h.path.strip("/").split("/")
        step = {"dir": "directory", "new-order": "order", "order": "poll", "chall": "challenge"}.get(words[0], words[0])
        c = {"number": int(words[1]) if len(words) > 1 and words[1].isdigit() else 0, "id": words[-1], "payload": None}
        if body:
            jws = json.loads(body)
            c["protected"] = json.loads(decode(jws["protected"]))
            c["payload"] = json.loads(decode(jws["payload"])) if jws["payload"] else None
        self.seen.append((step, c))
        twist = self.twist.get(step)
        if twist is None or twist(h, c) is False:
            getattr(self, "on_" + step, lambda h, c: self.say(h, 404, {}))(h, c)

    def say(self, h, status, said=None, **headers):
        body = b"" if said is None else said if isinstance(said, (bytes, str)) else json.dumps(said)
        h.answer(status, body, Replay_Nonce=encode(b"nonce%d" % next(self.numbers)), **headers)

    def refuse(self, h, status, kind, detail="no", **headers):
        self.say(h, status, {"type": PROBLEM + kind, "detail": detail}, **headers)

    # ----------------------------------------------------------------- the steps

    def directory_body(self):
        d = {"newNonce": self.url + "/nonce", "newAccount": self.url + "/account", "newOrder": self.url + "/new-order"}
        return d | ({"renewalInfo": self.url + "/renewal"} if self.renewal else {})

    def on_directory(self, h, c):
        h.answer(200, json.dumps(self.directory_body()))

    def on_nonce(self, h, c):
        self.say(h, 200)

    def on_account(self, h, c):
        self.say(h, 201, {"status": "valid"}, Location=self.url + "/account/1")

    def body_of(self, o):
        d = {"status": o.status, "identifiers": [{"type": "dns", "value": n} for n in o.names],
             "authorizations": [f"{self.url}/authz/{o.number}"], "finalize": f"{self.url}/finalize/{o.number}"}
        return d | ({"certificate": f"{self.url}/certificate/{o.number}"} if o.chain else {})

    def on_order(self, h, c):
        with self.lock:
            o = Order(len(self.orders) + 1, [i["value"] for i in c["payload"]["identifiers"]], c["payload"])
            self.orders[o.number] = o
        self.say(h, 201, self.body_of(o), Location=f"{self.url}/order/{o.number}")

    def on_poll(self, h, c):
        self.say(h, 200, self.body_of(self.orders[c["number"]]))

    def authz_body(self, o, token=None):
        return {"status": "valid" if o.proved else "pending", "identifier": {"type": "dns", "value": o.names[0]},
                "challenges": [{"type": kind, "status": "valid" if o.proved else "pending",
                                "url": f"{self.url}/chall/{o.number}", "token": token or "token-of-order-%06d" % o.number}
                               for kind in ("http-01", "dns-01")]}

    def on_authz(self, h, c):
        self.say(h, 200, self.authz_body(self.orders[c["number"]]))

    def on_challenge(self, h, c):
        o = self.orders[c["number"]]
        o.proved, o.status = True, "ready"
        self.say(h, 200, self.authz_body(o)["challenges"][0])

    def on_finalize(self, h, c):
        o = self.orders[c["number"]]
        o.csr = x509.load_der_x509_csr(decode(c["payload"]["csr"]))
        o.chain, o.status = self.chain(self.leaf(o)), "valid"
        self.say(h, 200, self.body_of(o))

    def on_certificate(self, h, c):
        self.say(h, 200, self.orders[c["number"]].chain)

    def on_renewal(self, h, c):
        self.asked.append(c["id"])
        h.answer(200, json.dumps({"suggestedWindow": {"start": self.window[0], "end": self.window[1]}}), Retry_After="60")

    # ------------------------------------------------------------- certificates

    def leaf(self, o, *, public=None, names=None, days=None):
        now, days = datetime.datetime.now(UTC), days or self.days
        names = names or o.names
        identity = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca.key.public_key())
        leaf = (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
                .issuer_name(self.ca.cert.subject).public_key(public or o.csr.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now + days[0] * stranger.DAY)
                .not_valid_after(now + days[1] * stranger.DAY).add_extension(identity, critical=False)
                .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
                .sign(self.ca.key, hashes.SHA256()))
        o.leaf = leaf
        return leaf

    def chain(self, *certs):
        return b"".join(stranger.pem(c) for c in (*certs, self.ca.cert))

    def id_of(self, o):
        """What RFC 9773 4.1 calls it."""
        serial = o.leaf.serial_number
        raw = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
        key_id = o.leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        return f"{encode(key_id)}.{encode(raw)}"
