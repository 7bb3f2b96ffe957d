# SPDX-License-Identifier: Apache-2.0
"""Those whom the server dials: a certification authority, an HTTPS server that does as told, and Debian's pebble."""
import datetime
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kit.server import clean_env, fresh_dir, wait_for

DAY = datetime.timedelta(days=1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pem(thing):
    return thing.public_bytes(serialization.Encoding.PEM)


class Authority:
    """A root, an intermediate, and what they issue."""

    def __init__(self, name="stranger"):
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = self.sign(f"{name} root", self.root_key.public_key(), None, self.root_key, ca=True)
        self.cert = self.sign(f"{name} issuing", self.key.public_key(), self.root.subject, self.root_key, ca=True)

    def sign(self, name, public, issuer, key, ca=False, names=(), days=(-1, 90)):
        now = datetime.datetime.utcnow()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        b = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(public)
             .serial_number(x509.random_serial_number()).not_valid_before(now + days[0] * DAY)
             .not_valid_after(now + days[1] * DAY)
             .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
        if names:
            b = b.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return b.sign(key, hashes.SHA256())

    def issue(self, csr_pem, **more):
        """The chain for a request, PEM."""
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        assert csr.is_signature_valid
        return self.chain(self.sign("issued", csr.public_key(), self.cert.subject, self.key, **more))

    def chain(self, leaf):
        return (pem(leaf) + pem(self.cert)).decode()

    def server_files(self, folder):
        """Certificate and key of a TLS server on 127.0.0.1."""
        import ipaddress
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self.sign("127.0.0.1", key.public_key(), self.cert.subject, self.key,
                         names=[x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
        paths = os.path.join(folder, "server.pem"), os.path.join(folder, "server.key")
        with open(paths[0], "w", encoding="ascii") as f:
            f.write(self.chain(leaf))
        with open(paths[1], "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
        return paths


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.owner.take(self, body)

    do_GET = do_POST = do_HEAD = do

    def answer(self, status, body=b"", **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Listener:
    """An HTTPS server that calls do(handler, body) for each request, and remembers them."""

    def __init__(self, authority):
        self.folder = fresh_dir("stranger")
        self.do = lambda h, body: h.answer(500)
        self.requests = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.server_files(self.folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.owner = self
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def take(self, handler, body):
        self.requests.append((handler.command, handler.path, dict(handler.headers), body))
        try:
            self.do(handler, body)
        except OSError:  # the other side had enough
            pass

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)


class Pebble:
    """Debian's pebble, strict, and its DNS server, which sends every name to this machine."""

    def __init__(self, authority, http_port, *, eab=False, env=None):
        self.folder = fresh_dir("pebble")
        self.port, self.management, self.dns, self.dns_management = (free_port() for _ in range(4))
        cert, key = authority.server_files(self.folder)
        self.kid, self.hmac = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
        config = {"listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
                  "certificate": cert, "privateKey": key, "httpPort": http_port, "tlsPort": free_port(),
                  "ocspResponderURL": "", "externalAccountBindingRequired": eab}
        if eab:
            config["externalAccountMACKeys"] = {self.kid: self.hmac}
        path = os.path.join(self.folder, "config.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"pebble": config}, f)
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.processes = [self.run(["pebble-challtestsrv", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{self.dns}",
                                    "-http01", "", "-https01", "", "-tlsalpn01", "",
                                    "-management", f"127.0.0.1:{self.dns_management}"], {}),
                          self.run(["pebble", "-strict", "-config", path, "-dnsserver", f"127.0.0.1:{self.dns}"],
                                   {"PEBBLE_VA_NOSLEEP": "1", **(env or {})})]
        self.directory = f"https://127.0.0.1:{self.port}/dir"
        wait_for(lambda: self.answers(self.port) and self.answers(self.dns_management), "pebble")

    def run(self, command, env):
        return subprocess.Popen(command, env={**clean_env(), **env}, stdin=subprocess.DEVNULL, stdout=self.log,
                                stderr=self.log)

    @staticmethod
    def answers(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return True
        except OSError:
            return False

    def roots(self, index=0):
        """Root and intermediate, as pebble tells them."""
        context = ssl._create_unverified_context()
        get = lambda what: urllib.request.urlopen(
            f"https://127.0.0.1:{self.management}/{what}/{index}", context=context).read()
        return get("roots"), get("intermediates")

    def tell_dns(self, what, **body):
        urllib.request.urlopen(f"http://127.0.0.1:{self.dns_management}/{what}", json.dumps(body).encode()).read()

    def text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def close(self):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            p.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
