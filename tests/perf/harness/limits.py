# SPDX-License-Identifier: Apache-2.0
"""What bounds us: nginx (TLS and HTTP), `openssl speed` (mathematics), the disk's syncs, LMDB alone."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from . import machine
from .figures import Sample, Side
from .load import Target, request
from .tools import Skip, Startable

CONFIG = """
daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log crit;
{user}
events {{ worker_connections 4096; multi_accept on; }}
http {{
    access_log {log}; default_type application/json; server_tokens on; keepalive_requests 1000000000; keepalive_timeout 600;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
    ssl_certificate {dir}/chain.pem; ssl_certificate_key {dir}/key.pem;
    ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384; ssl_ecdh_curve X25519;
    ssl_session_tickets on; ssl_session_cache shared:s:10m;
    ssl_conf_command NumTickets 1; client_header_buffer_size 4k;
    add_header x-ms-request-id 01234567-89ab-cdef-0123-456789abcdef; add_header Cache-Control no-cache;
    add_header Pragma no-cache; add_header Expires -1; add_header x-ms-keyvault-region local;
    add_header x-ms-keyvault-service-version 1.9.3019.1; add_header X-Content-Type-Options nosniff;
    add_header Strict-Transport-Security max-age=31536000;
    open_file_cache max=100 inactive=1h; sendfile on; tcp_nopush on; tcp_nodelay on;
    server {{ listen 127.0.0.1:{port} ssl; root {dir}/www; }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process):
    """Until it listens; False if it ends, or takes a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.02)
    return False


def make_certificates(tools, place):
    """A CA and a leaf as Keyhold's own: P-256 both, and both are sent."""
    def openssl(*words):
        tools.run("openssl", *words, cwd=place)

    for name in ("ca", "leaf"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
    openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/O=bench/CN=bench CA", "-days", "30", "-out", "ca.pem")
    openssl("req", "-new", "-key", "leaf.key", "-subj", "/CN=bench.localhost", "-out", "leaf.csr")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-out", "leaf.pem")
    with open(f"{place}/chain.pem", "wb") as chain:
        for name in ("leaf.pem", "ca.pem"):
            with open(f"{place}/{name}", "rb") as f:
                chain.write(f.read())
    os.rename(f"{place}/leaf.key", f"{place}/key.pem")


class Nginx(Startable):
    """Debian's nginx, one worker on the servers' core, static bodies of given sizes, with as many headers as we send."""

    name = "nginx"

    def __init__(self, tools, cores=None):
        self.tools, self.cores, self.process = tools, cores or tools.cores.server, None
        self.program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

    def start(self):
        if self.program is None:
            raise Skip("nginx is not installed (tools/setup bench)")
        place = self.tools.folder("nginx")
        os.makedirs(f"{place}/www", mode=0o755)
        make_certificates(self.tools, place)
        self.place, self.port = place, free_port()
        with open(f"{place}/nginx.conf", "w", encoding="utf-8") as f:
            f.write(CONFIG.format(dir=place, port=self.port, log="off", user="user root;" if os.getuid() == 0 else ""))
        self.process = subprocess.Popen(machine.Cores.pin(self.cores, [self.program, "-p", place, "-c", f"{place}/nginx.conf"]),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.wait()
        self.target = Target(self.tools, self.port, "bench.localhost", {"nginx": self.process.pid})

    def wait(self):
        if not wait_for(self.port, self.process):
            text = self.process.stderr.read().decode(errors="replace") if self.process.poll() is not None else ""
            raise Skip(f"nginx did not start: {text[-300:]}")

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process.stderr.close()

    def request(self, size, headers=()):
        path = f"{self.place}/www/{size}.json"
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as f:
                f.write("x" * size)
        return request("GET", f"/{size}.json", "bench.localhost", headers)

    def side(self, size, connections, headers=(), **options):
        """headers: those that we are asked with, so that nginx too decrypts, reads and parses a token."""
        text = self.request(size, headers)
        return Side(self.name, lambda seconds: self.target.load(text, connections, seconds, **options))


class Hello(Startable):
    """Our own TLS and HTTP on one loop with a fixed answer: what a request costs before anything is asked of a vault."""

    name = "hello"

    def __init__(self, tools):
        self.tools, self.process = tools, None

    def start(self):
        place, port = self.tools.folder("hello"), free_port()
        make_certificates(self.tools, place)
        words = [self.tools.program("http_hello"), str(port), f"{place}/chain.pem", f"{place}/key.pem"]
        self.process = subprocess.Popen(machine.Cores.pin(self.tools.cores.server, words), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL)
        if not wait_for(port, self.process):
            raise Skip("http_hello did not start")
        self.target = Target(self.tools, port, "bench.localhost", {"hello": self.process.pid})

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()

    def side(self, _, connections, headers=(), **options):
        text = request("GET", "/", "bench.localhost", headers)
        return Side(self.name, lambda seconds: self.target.load(text, connections, seconds, **options))


def openssl_speed(tools, name, column, processes=1):
    """`openssl speed` on the servers' core; column: -1 operations with the public key, -2 with the private one."""
    def take(seconds):
        more = ["-multi", str(processes)] if processes > 1 else []
        out = tools.run("openssl", "speed", "-elapsed", "-seconds", str(max(1, round(seconds))), *more, name, cores=tools.cores.server)
        lines = [x for x in out.splitlines() if re.match(r"\s*(rsa\s*\d+|\d+) bits ", x)]
        if not lines:
            raise Skip(f"openssl speed knows no {name}")
        return Sample(rate=float(lines[-1].split()[column]))

    return Side("openssl", take)


def from_json(text):
    return Sample(rate=json.loads(text)["rate"])


def disk(tools, writers=1, sync_ms=0):
    """Commits a second that the disk could make durable, times what one commit serves at best."""
    place = tools.folder("sync")
    lines = str(900 * writers)
    pages = str(min(256, 6 + 2 * (writers - 1)))

    def take(seconds):
        command = tools.slowly(sync_ms, [tools.program("sync_rate"), place, f"{seconds:g}", pages, lines])
        one = from_json(tools.run(*command, cores=tools.cores.server))
        one.more["syncs"] = round(one.rate, 1)
        one.rate *= writers
        return one

    return Side("disk", take)


def lmdb(tools, what, n):
    place = tools.folder("lmdb")
    return Side("lmdb", lambda seconds: from_json(tools.run(tools.program("lmdb_alone"), what, place, f"{seconds:g}", str(n),
                                                            cores=tools.cores.server)))
