# SPDX-License-Identifier: Apache-2.0
"""A mail server on this machine that keeps what it is given: Debian's aiosmtpd, with TLS and a login."""
import asyncio
import email
import email.policy
import shutil
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from kit.server import fresh_dir

USER, PASSWORD = "keyhold-user", "p&ss wörd of the relay"


class Relay:
    """Takes mail at 127.0.0.1:port; rcpt and data, if set, are asked first: an answer, or None to go on."""

    def __init__(self, port, authority=None, *, login=True, implicit=False, password=PASSWORD):
        self.password = password
        self.mails, self.logins, self.talks = [], [], 0
        self.rcpt = self.data = lambda address: None
        self.folder = fresh_dir("relay")
        self.lock = threading.Condition()
        more = {}
        context = None
        if authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*authority.server_files(self.folder))
        if context is not None and implicit:
            more["ssl_context"] = context
        elif context is not None:
            more.update(tls_context=context, require_starttls=True)
        if login:
            more.update(authenticator=self.authenticate, auth_required=True, auth_require_tls=not implicit)
        self.controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=60, **more)
        self.controller.start()

    def authenticate(self, server, session, envelope, mechanism, data):
        name, word = data.login.decode(), data.password.decode()
        self.logins.append(name)
        return AuthResult(success=name == USER and word == self.password, handled=False)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.talks += 1
        self.ehlo = session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.rcpt(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.data(envelope.rcpt_tos[0])
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer is None:
            self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content,
                               session.ssl is not None))
        return answer or "250 OK"

    def messages(self, to=None):
        return [email.message_from_bytes(m[2], policy=email.policy.default) for m in list(self.mails)
                if to is None or m[1] == [to]]

    def close(self):
        self.controller.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
