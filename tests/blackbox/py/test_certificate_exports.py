# SPDX-License-Identifier: Apache-2.0
"""
What comes out of the secret of a certificate, read by the programs that people have: openssl,
certtool, python3-cryptography; and served over TLS by openssl, Python and Node, with curl
on the other side that verifies the chain and the name. keytool: test_more_keytool.py.
"""
import base64
import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import certs, wire, world
from kit.certs import PEM, PFX, Hierarchy, ec_policy, fresh, pem, pem_all, raw, spki
from kit.server import Server, wait_for

SERVER, CLIENT, TOP, HIERARCHY = None, None, None, None
NAME, MADE = "shop.test", {}
KINDS = {"rsa-2048": {"kty": "RSA", "key_size": 2048}, "rsa-3072": {"kty": "RSA", "key_size": 3072},
         "p-256": {"kty": "EC", "crv": "P-256"}, "p-384": {"kty": "EC", "crv": "P-384"},
         "p-521": {"kty": "EC", "crv": "P-521"}}
NODE = """
const { readFileSync } = require("node:fs"), https = require("node:https");
const [form, file] = process.argv.slice(1), bytes = readFileSync(file);
const options = form === "pfx" ? { pfx: bytes, passphrase: "" } : { key: bytes, cert: bytes };
const server = https.createServer(options, (q, a) => a.end("hello"));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""


def setUpModule():
    global SERVER, CLIENT, TOP, HIERARCHY
    w = world.standard()
    SERVER = Server("certificate-exports", seed=w.seed()).start()
    a = w.apps["admin"]
    CLIENT = wire.Client(SERVER, "alpha.vault", wire.get_token(SERVER, a.app_id, a.secret), "2025-07-01")
    certs.Case.client = CLIENT
    TOP = tempfile.mkdtemp(prefix="kh-exports-")
    HIERARCHY = Hierarchy()


def tearDownModule():
    SERVER.discard()
    shutil.rmtree(TOP)


class Exported:
    """A certificate below root and middle, for NAME; its secret in a file."""

    def __init__(self, case, kind, form):
        self.form, self.name = form, fresh("x")
        policy = ec_policy("Unknown", f"CN={NAME}", key=KINDS[kind], x509={"sans": {"dns_names": [NAME, "*.shop.test"]}},
                           secret_props={"contentType": form})
        if KINDS[kind]["kty"] == "RSA":
            policy["key_props"].pop("crv")
        _, a = case.create(self.name, policy)
        csr = x509.load_der_x509_csr(base64.b64decode(a.json()["csr"]))
        self.leaf = self.certify(csr)
        chain = [self.leaf, HIERARCHY.root, HIERARCHY.middle]  # not in order
        case.ok(CLIENT.post(f"/certificates/{self.name}/pending/merge",
                            {"x5c": [base64.b64encode(raw(c)).decode() for c in chain]}), 201)
        self.value = case.secret(self.name)["value"]
        self.path = os.path.join(TOP, self.name)
        with open(self.path, "wb") as f:
            f.write(self.value.encode() if form == PEM else base64.b64decode(self.value))
        self.want = [self.leaf, HIERARCHY.middle, HIERARCHY.root]

    @staticmethod
    def certify(csr):
        alt = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        now = certs.datetime.datetime.now(certs.UTC)
        return (x509.CertificateBuilder().subject_name(csr.subject).issuer_name(HIERARCHY.middle.subject)
                .public_key(csr.public_key()).serial_number(x509.random_serial_number()).not_valid_before(now)
                .not_valid_after(now + certs.datetime.timedelta(days=9)).add_extension(alt.value, False)
                .sign(HIERARCHY.middle_key, certs.hashes.SHA256()))

    def key(self):
        return spki(self.leaf.public_key())


def exported(case, kind, form):
    """Made once."""
    if (kind, form) not in MADE:
        MADE[kind, form] = Exported(case, kind, form)
    return MADE[kind, form]


def run(*words, stdin=b""):
    done = subprocess.run(words, input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


class Readers(certs.Case):
    """Every type of key, in both forms, by every program."""

    def each(self, form, look):
        for kind in KINDS:
            with self.subTest(kind=kind):
                look(exported(self, kind, form))

    def check(self, e, key, chain):
        self.assertEqual(spki(key.public_key()), e.key())
        self.assertEqual([raw(c) for c in chain], [raw(c) for c in e.want])

    def key_of(self, text):
        block = re.search("-----BEGIN (RSA |EC |)PRIVATE KEY-----.*?-----END \\1PRIVATE KEY-----", text, re.S)
        return serialization.load_pem_private_key(block.group(0).encode(), None)

    def test_pkcs12(self):
        self.each(PFX, self.look_at_pkcs12)

    def look_at_pkcs12(self, e):
        key, leaf, more = pkcs12.load_key_and_certificates(base64.b64decode(e.value), b"")
        self.check(e, key, [leaf, *more])
        text = run("openssl", "pkcs12", "-in", e.path, "-nodes", "-passin", "pass:")
        self.check(e, self.key_of(text), pem_all(text))
        if shutil.which("certtool"):
            text = run("certtool", "--p12-info", "--inder", "--empty-password", "--infile", e.path)
            self.assertEqual(pem_all(text), e.want)
            locked = re.search("-----BEGIN ENCRYPTED PRIVATE KEY-----.*?-----END ENCRYPTED PRIVATE KEY-----", text, re.S)
            # An EC key is printed without its curve there: its identifier does.
            text = run("certtool", "--key-info", "--pkcs8", "--empty-password", stdin=locked.group(0).encode())
            self.assertIn("pin-sha256:" + base64.b64encode(hashlib.sha256(e.key()).digest()).decode(), text)

    def test_pem(self):
        self.each(PEM, self.look_at_pem)

    def look_at_pem(self, e):
        self.check(e, serialization.load_pem_private_key(e.value.encode(), None), pem_all(e.value))
        text = run("openssl", "pkey", "-in", e.path)
        self.check(e, self.key_of(text), e.want)
        run("openssl", "x509", "-in", e.path, "-noout", "-checkhost", NAME)
        if shutil.which("certtool"):
            self.assertIn("Key Security Level", run("certtool", "--key-info", "--infile", e.path))
            self.assertIn(NAME, run("certtool", "--certificate-info", "--infile", e.path))
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(e.path)

    def test_pkcs12_asked_for_as_pem(self):
        self.each(PFX, self.look_at_pkcs12_asked_for_as_pem)

    def look_at_pkcs12_asked_for_as_pem(self, e):
        a = self.ok(CLIENT.get(f"/secrets/{e.name}?outContentType={PEM}"))
        self.assertEqual(a["contentType"], PEM)
        self.check(e, serialization.load_pem_private_key(a["value"].encode(), None), pem_all(a["value"]))
        self.assertEqual(self.secret(e.name)["value"], e.value)


class Servers(certs.Case):
    """A TLS server with the file as it was exported."""

    def curl(self, port, host=NAME, ca=None):
        path = os.path.join(TOP, fresh("ca"))
        with open(path, "w", encoding="ascii") as f:
            f.write(pem(ca or HIERARCHY.root))
        return subprocess.run(["curl", "--silent", "--show-error", "--max-time", "50", "--cacert", path, "--noproxy", "*",
                               "--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/"],
                              capture_output=True, check=False)

    def visited(self, port):
        """The chain stands, for the names that it has and no other."""
        for host in (NAME, f"www.{NAME}"):
            done = self.curl(port, host)
            self.assertEqual(done.returncode, 0, done.stderr)
        n, k = certs.name_of("elsewhere"), HIERARCHY.middle_key
        for bad in ({"host": "other.test"}, {"ca": certs.sign(n, k.public_key(), n, k, ca=True)}):
            self.assertEqual(self.curl(port, **bad).returncode, 60)

    def started(self, words, port=None):
        """A program that serves; its port from its first line, if it chooses one."""
        p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.stdin.close)
        if port is None:
            port = int(p.stdout.readline())
        log = threading.Thread(target=self.drain, args=(p.stdout,), daemon=True)
        self.addCleanup(log.join, 60)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        log.start()
        wait_for(lambda: self.open(port), f"{words[0]} serves")
        return port

    @staticmethod
    def drain(out):
        while out.read1(4096):
            pass

    @staticmethod
    def open(port):
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return True
        except OSError:
            return False

    @staticmethod
    def free_port():
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]

    def test_openssl(self):
        for kind, form in (("rsa-2048", PEM), ("p-256", PFX), ("p-521", PEM)):
            with self.subTest(kind=kind, form=form):
                e, port = exported(self, kind, form), self.free_port()
                self.visited(self.started(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-cert", e.path,
                                           "-key", e.path, "-pass", "pass:", "-cert_chain", self.chain(e)], port))

    @staticmethod
    def chain(e):
        """s_server takes the leaf alone from PKCS#12."""
        if e.form == PEM:
            return e.path
        path = e.path + ".chain"
        with open(path, "w", encoding="ascii") as f:
            f.write(run("openssl", "pkcs12", "-in", e.path, "-nokeys", "-passin", "pass:"))
        return path

    @unittest.skipUnless(shutil.which("node"), "no node")
    def test_node(self):
        for kind, form in (("rsa-2048", PFX), ("p-384", PFX), ("p-256", PEM)):
            with self.subTest(kind=kind, form=form):
                e = exported(self, kind, form)
                self.visited(self.started(["node", "-e", NODE, "pfx" if form == PFX else "pem", e.path]))

    def test_python(self):
        for kind in ("rsa-3072", "p-384"):
            with self.subTest(kind=kind):
                e = exported(self, kind, PEM)
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(e.path)
                with socket.create_server(("127.0.0.1", 0)) as listener:
                    t = threading.Thread(target=self.serve, args=(context, listener), daemon=True)
                    t.start()
                    self.visited(listener.getsockname()[1])
                    listener.shutdown(socket.SHUT_RDWR)
                    t.join(60)

    @staticmethod
    def serve(context, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(peer, server_side=True) as s:
                    s.recv(4096)
                    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
            except OSError:
                peer.close()
