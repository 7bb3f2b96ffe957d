# SPDX-License-Identifier: Apache-2.0
"""
HTTP as bytes: what is sent is what was written, what comes is shown whole.
Nothing here repairs, retries or follows.
"""
import json
import os
import socket
import ssl
import urllib.parse

TIMEOUT = 30


class Closed(Exception):
    """The server closed the connection before an answer was complete."""


class Answer:
    def __init__(self, status, reason, headers, body, raw_head):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body
        self.raw_head = raw_head

    def header(self, name):
        """The one value of that header, or None."""
        found = [v for k, v in self.headers if k.lower() == name.lower()]
        if len(found) > 1:
            raise AssertionError(f"{name} came {len(found)} times")
        return found[0] if found else None

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json()["error"]

    @property
    def inner(self):
        return self.error.get("innererror", {}).get("code")

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Wire:
    """One TLS connection (or a plain one, without ca)."""

    def __init__(self, port, host, ca=None, *, address="127.0.0.1", source=None, context=None,
                 timeout=TIMEOUT):
        self.host = host
        self.sock = socket.create_connection((address, port), timeout=timeout,
                                             source_address=source and (source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if ca or context:
            context = context or ssl.create_default_context(cafile=ca)
            self.sock = context.wrap_socket(self.sock, server_hostname=host.partition(":")[0])
        self.rest = b""

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def more(self):
        try:
            got = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLError) as e:
            if isinstance(e, (TimeoutError, socket.timeout)):
                raise
            raise Closed(str(e)) from None
        if not got:
            raise Closed(f"closed after {self.rest!r}")
        self.rest += got

    def is_closed(self):
        """Waits for the server to close; anything that still comes is an error."""
        try:
            self.more()
        except Closed:
            return True
        raise AssertionError(f"more came: {self.rest[:200]!r}")

    def read(self, head_only=False):
        while b"\r\n\r\n" not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, reason = first.split(" ", 2)
        if version != "HTTP/1.1":
            raise AssertionError(f"an answer in {version}")
        headers = [tuple(x.strip() for x in line.split(":", 1)) for line in lines]
        lengths = [int(v) for k, v in headers if k.lower() == "content-length"]
        want = 0 if head_only or not lengths else lengths[0]
        while len(self.rest) < want:
            self.more()
        body, self.rest = self.rest[:want], self.rest[want:]
        return Answer(int(status), reason, headers, body, head)

    def request(self, method, target, *, token=None, body=None, headers=(), host=None):
        """body: bytes as they are, anything else as JSON."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or self.host}"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if body is not None:
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
            if not any(k.lower() == "content-type" for k, _ in headers):
                lines.append("Content-Type: application/json")
            lines.append(f"Content-Length: {len(body)}")
        elif method in ("POST", "PUT", "PATCH"):
            lines.append("Content-Length: 0")
        lines += [f"{k}: {v}" for k, v in headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
        return self.read(head_only=method == "HEAD")


NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME


def trust(server):
    """The server's CA; a server whose clock was moved is believed its dates."""
    context = ssl.create_default_context(cafile=server.ca)
    if "--clock" in server.args:
        context.verify_flags |= NO_CHECK_TIME
    return context


class Client:
    """Requests to one host of a server; the connection is made anew when it was closed."""

    def __init__(self, server, label="dev.vault", token=None, version="7.4"):
        self.server, self.label, self.token, self.version = server, label, token, version
        self.wire = None

    @property
    def host(self):
        return self.server.host(self.label)

    def connect(self):
        self.close()
        self.wire = Wire(self.server.port, self.host, context=trust(self.server))
        return self.wire

    def close(self):
        if self.wire is not None:
            self.wire.close()
            self.wire = None

    def call(self, method, path, body=None, *, token="", version="", headers=()):
        """Adds api-version unless the path has a query; token=None is without one."""
        version = self.version if version == "" else version
        if "?" not in path and version is not None:
            path += f"?api-version={version}"
        elif "api-version" not in path and "api%2D" not in path and version is not None:
            path += f"&api-version={version}"
        token = self.token if token == "" else token
        fresh = self.wire is None
        for _ in range(2):
            if self.wire is None:
                self.connect()
            try:
                answer = self.wire.request(method, path, token=token, body=body,
                                           headers=headers)
                if (answer.header("Connection") or "").lower() == "close":
                    self.close()
                return answer
            except (Closed, OSError):
                self.close()
                if fresh:
                    raise
                fresh = True
        raise Closed("twice")

    def __getattr__(self, name):
        if name not in ("get", "put", "post", "patch", "delete"):
            raise AttributeError(name)
        return lambda path, body=None, **more: self.call(name.upper(), path, body, **more)


def form(fields):
    return urllib.parse.urlencode(fields).encode()


def token_answer(server, fields, path="/adfs/oauth2/v2.0/token", headers=(), body=None):
    """POST to a token endpoint; the answer as it is."""
    host = server.host("login")
    with Wire(server.port, host, context=trust(server)) as w:
        return w.request("POST", path, body=body if body is not None else form(fields),
                         headers=[("Content-Type", "application/x-www-form-urlencoded"),
                                  *headers])


def scope_of(server):
    return f"https://vault.keyhold.localhost:{server.port}/.default"


def get_token(server, client_id=None, secret=None, scope=None, tenant="adfs"):
    answer = token_answer(server, {
        "grant_type": "client_credentials",
        "client_id": client_id or server.env["AZURE_CLIENT_ID"],
        "client_secret": secret or server.env["AZURE_CLIENT_SECRET"],
        "scope": scope or scope_of(server)}, path=f"/{tenant}/oauth2/v2.0/token")
    if answer.status != 200:
        raise AssertionError(f"no token: {answer}")
    return answer.json()["access_token"]


def figures(server):
    """/metrics of the loopback listener as text."""
    with Wire(server.local_port, f"127.0.0.1:{server.local_port}") as w:
        return w.request("GET", "/metrics").body.decode()


IS_ROOT = os.geteuid() == 0
