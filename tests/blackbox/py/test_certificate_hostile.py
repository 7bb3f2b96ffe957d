# SPDX-License-Identifier: Apache-2.0
"""
PKCS#12 and PEM that want to be expensive: up to a MiB of nesting, of bags, of certificates, of
iterations, of lengths without an end. Each is refused in time, the keeper grows by little,
and others are served meanwhile.
"""
import base64
import os
import threading
import time

from kit import certs, pfx, wire, world
from kit.certs import Hierarchy, fresh, key_pem, name_of, pem, raw, sign
from kit.pfx import Lock, data, integer, octets, oid, seq, tlv
from kit.server import Server
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SERVER, WORLD = None, None
MIB = 1 << 20
ROOM = 96 * 1024  # bytes that still fit, as base64, into what the keeper reads
GROWTH = 24 * MIB  # of the keeper; generous
SECONDS = 60  # for one of them, on any machine


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    SERVER = Server("certificate-hostile", seed=WORLD.seed()).start()


def tearDownModule():
    SERVER.discard()


def nested(wrap, inside, size):
    """Wrapped until it is so long."""
    while len(inside) < size:
        inside = wrap(inside)
    return inside


def open_ended(tag, n):
    return bytes([tag, 0x80]) * n


class Hostile(certs.Case):
    @classmethod
    def setUpClass(cls):
        a = WORLD.apps["admin"]
        cls.token = wire.get_token(SERVER, a.app_id, a.secret)
        cls.key = ec.generate_private_key(ec.SECP256R1())
        cls.h = Hierarchy()
        cls.leaf = cls.h.issue(name_of("leaf"), cls.key.public_key())

    def connect(self):
        c = wire.Client(SERVER, "alpha.vault", self.token, "7.6")
        self.addCleanup(c.close)
        return c

    @staticmethod
    def memory(field):
        with open(f"/proc/{SERVER.pid_of('keeper')}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith(field))

    @staticmethod
    def forget_peak():
        """Logging in took scrypt's memory. Where that may not be forgotten, what is left after
        each file has to do."""
        try:
            with open(f"/proc/{SERVER.pid_of('keeper')}/clear_refs", "w", encoding="ascii") as f:
                f.write("5")
            return "VmHWM"
        except OSError:
            return "VmRSS"

    def plain(self, *bags, mac=True):
        return pfx.pfx([data(seq(*bags))], (lambda c: pfx.mac(c, "x", iterations=1)) if mac else None)

    def costly(self, n, said=0, safes=1, mac_said=0):
        """Encrypted safes, each of which says what it costs; the MAC is right."""
        lock = Lock("aes", iterations=n, said=said, prf="sha512")
        one = pfx.encrypted(seq(pfx.cert_bag(raw(self.leaf))), lock, "x")
        return pfx.pfx([one] * safes, lambda c: pfx.mac(c, "x", iterations=1, said=mac_said))

    def deep(self):
        safe = lambda b: pfx.bag(pfx.SAFE_BAG, seq(b))
        return {
            "sequences in sequences": nested(lambda b: tlv(0x30, b), b"", ROOM),
            "safes in safes": self.plain(nested(safe, pfx.cert_bag(raw(self.leaf)), 20000)),
            "twenty safes in safes": self.plain(self.times(safe, pfx.cert_bag(raw(self.leaf)), 20)),
            "octets in octets": self.plain(pfx.bag(pfx.CERT_BAG, nested(lambda b: tlv(0x24, b), b"", 30000))),
            "lengths without an end": open_ended(0x30, ROOM // 2),
            "octets without an end": seq(integer(3), seq(oid(pfx.DATA), b"\xa0\x80" + open_ended(0x24, ROOM // 2 - 50))),
            "ends without a beginning": seq(integer(3), b"\0\0" * (ROOM // 2 - 50)),
            "a length of two gigabytes": b"\x30\x84\x7f\xff\xff\xff" + os.urandom(500),
            "a length of 126 bytes": b"\x30\xfe" + b"\xff" * 126 + os.urandom(500),
        }

    @staticmethod
    def times(wrap, inside, n):
        for _ in range(n):
            inside = wrap(inside)
        return inside

    def many(self):
        small = pfx.bag(pfx.CERT_BAG, seq(oid("1.2.3"), tlv(0xA0, octets(b""))))
        others = [raw(sign(name_of(f"n{i}"), self.key.public_key(), name_of("x"), self.key)) for i in range(150)]
        weak = rsa.generate_private_key(65537, 1024)
        return {
            "nothing, many times": seq(*[tlv(0x05)] * (ROOM // 2 - 10)),
            "bags": self.plain(*[small] * (ROOM // len(small) - 10)),
            "bags, fewer": self.plain(*[small] * 300),
            "empty safes": pfx.pfx([data(seq())] * 2000), "65 safes": pfx.pfx([data(seq())] * 65),
            "attributes": self.plain(pfx.cert_bag(raw(self.leaf), [pfx.attribute("1.2.3", tlv(0x05))] * 3000)),
            "certificates": self.plain(*map(pfx.cert_bag, others)),
            "the same certificate": self.plain(*[pfx.cert_bag(raw(self.leaf))] * 200),
            "keys": self.plain(*[pfx.key_bag(pfx.pkcs8(weak), None, "x")] * 100),
            "a certificate of noise": self.plain(pfx.cert_bag(os.urandom(ROOM - 400))),
            "a key of 60,000 bytes": self.plain(pfx.bag(pfx.KEY_BAG, seq(integer(0), pfx.algorithm(
                "1.2.840.113549.1.1.1", tlv(0x05)), octets(seq(*[integer(1 << 160000 | 1)] * 3))))),
        }

    def iterations(self):
        return {
            "as many as are borne, and then no key": self.costly(1000000, safes=3),
            "a million, claimed often": self.costly(1, 1000000, safes=30),
            "a million and one": self.costly(1, 1000001), "two thousand millions": self.costly(1, (1 << 31) - 1),
            "more than 64 bits have": self.costly(1, 1 << 70), "less than none": self.costly(1, -5),
            "a MAC of 2 ** 40": self.costly(1, mac_said=1 << 40), "a MAC of a million": self.costly(1, mac_said=1000000),
            "salt": pfx.pfx([pfx.encrypted(seq(), Lock(iterations=1, salt=60000, said=1000000), "x")]),
            "no MAC, and a key locked a million times": pfx.simple(
                self.key, [raw(self.leaf)], "y", key_lock=Lock(iterations=1, said=1000000)),
        }

    def texts(self):
        block = pem(self.leaf)
        names = [sign(name_of("same"), k.public_key(), name_of("same"), k) for k in
                 [ec.generate_private_key(ec.SECP521R1()) for _ in range(25)]]
        return {
            "beginnings": "-----BEGIN CERTIFICATE-----\n" * 4000, "dashes": "-----BEGIN " + "-" * 120000,
            "one block in another": ("-----BEGIN CERTIFICATE-----\n" + block) * 150, "the same": block * 200,
            "labels": "-----BEGIN " + "A" * 120000 + "-----\n", "blank lines": block[:200] + "\n" * 120000,
            "requests": "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n" * 1500,
            "25 that are named alike": "".join(map(pem, names)) + key_pem(self.key),
            "a MiB of PEM": block * (MIB // len(block)),
        }

    def files(self):
        of = {**self.deep(), **self.many(), **self.iterations()}
        of["a MiB of nesting"] = nested(lambda b: tlv(0x30, b), b"", MIB)
        of["a MiB without an end"] = open_ended(0x30, MIB // 2)
        of["a MiB of certificates"] = self.plain(*[pfx.cert_bag(raw(self.leaf))] * (MIB // len(raw(self.leaf)) + 1))
        of["a MiB of noise"] = os.urandom(MIB)
        return {**{k: base64.b64encode(v).decode() for k, v in of.items()}, **self.texts()}

    def send(self, client, value):
        """Status and seconds; who is busy is asked again."""
        while True:
            begun = time.monotonic()
            try:
                a = client.post(f"/certificates/{fresh('h')}/import", {"value": value, "pwd": "x"})
            except (wire.Closed, OSError):
                return None, time.monotonic() - begun  # closed by the limit on bodies
            if a.status != 503:
                return a, time.monotonic() - begun
            client.connect()

    def test_each_is_refused_in_time_and_in_little_memory(self):
        client, worst, peak = self.connect(), (0, ""), self.forget_peak()
        before = self.memory("VmRSS")
        for what, value in self.files().items():
            with self.subTest(what=what):
                a, seconds = self.send(client, value)
                if a is not None:
                    self.assertIn(a.status, (400, 413), a)
                self.assertLess(seconds, SECONDS)
                self.assertLess(self.memory(peak) - before, GROWTH)
                worst = max(worst, (seconds, what))
                if a is None or a.status == 413:
                    client.connect()
        after = self.memory("VmRSS")
        print(f"# the keeper: {before >> 10} KiB before, {self.memory(peak) >> 10} KiB at most, {after >> 10} KiB "
              f"after; the longest took {worst[0]:.2f} s: {worst[1]}")
        self.assertLess(after - before, GROWTH)
        name, k = fresh("ok"), self.key
        self.assertEqual(client.post(f"/certificates/{name}/import", {"value": pem(self.leaf) + key_pem(k)}).status, 200)

    def test_others_are_served_meanwhile(self):
        mine, stop, errors = self.connect(), threading.Event(), []
        secret = fresh("s")
        self.assertEqual(mine.put(f"/secrets/{secret}", {"value": "x"}).status, 200)
        self.assertEqual(mine.post(f"/keys/{secret}k/create", {"kty": "EC"}).status, 200)
        files = [base64.b64encode(v).decode() for k, v in {**self.iterations(), **self.many()}.items()
                 if k in ("as many as are borne, and then no key", "certificates", "bags", "a MAC of a million")]
        attackers = [threading.Thread(target=self.attack, args=(self.connect(), files, stop, errors)) for _ in range(4)]
        for t in attackers:
            t.start()
        slowest, count, end = 0.0, 0, time.monotonic() + 4
        try:
            while time.monotonic() < end or count < 20:
                begun = time.monotonic()
                self.assertEqual(mine.get(f"/secrets/{secret}").status, 200)
                self.assertEqual(mine.post(f"/keys/{secret}k/sign", {"alg": "ES256", "value": "A" * 43}).status, 200)
                slowest, count = max(slowest, time.monotonic() - begun), count + 1
        finally:
            stop.set()
            for t in attackers:
                t.join(SECONDS * 2)
        self.assertEqual(errors, [])
        print(f"# {count} secrets and signatures meanwhile; the slowest two took {slowest * 1000:.0f} ms")
        self.assertLess(slowest, SECONDS)

    def attack(self, client, files, stop, errors):
        i = 0
        while not stop.is_set():
            a = client.post(f"/certificates/{fresh('a')}/import", {"value": files[i % len(files)], "pwd": "x"})
            if a.status not in (400, 503):
                errors.append(str(a))
            i += 1
