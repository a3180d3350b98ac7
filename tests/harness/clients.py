# SPDX-License-Identifier: BSD-2-Clause
"""
One login attempt through each door, with the exact words of the reply.

Passwords are bytes: what people paste is not always text that a library would send.
"""

import base64
import http.client
import socket
from typing import NamedTuple

OK, REFUSED, TEMPORARY = "ok", "refused", "temporary"


# How Cyrus puts a temporary failure: of the plugin, and of apppassd (which can only hang up).
_TEMPORARY_WORDS = ("remote authentication server unavailable", "generic failure")


def _is_temporary(text):
    return any(words in text for words in _TEMPORARY_WORDS)


class Reply(NamedTuple):
    """What a server said, and what it means in its protocol's words."""

    meaning: str
    text: str


def to_bytes(value):
    return value if isinstance(value, bytes) else value.encode()


def b64(value):
    return base64.b64encode(to_bytes(value))


def plain(account, password, authzid=""):
    """The one message of RFC 4616."""
    return b64(b"\0".join(map(to_bytes, (authzid, account, password))))


class Connection:
    """
    A line protocol on loopback; stays open for several attempts where the server lets it.
    `first` is sent before the server says anything, as a proxy does.
    """

    def __init__(self, port, timeout=60.0, host="127.0.0.1", first=None):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.file = self.socket.makefile("rb")
        if first:
            self.send(first)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    farewell = None     # the protocol's polite last command

    def close(self):
        # A server process that loses its client may end; one that is told goes on to the next.
        if self.farewell:
            try:
                self.send(self.farewell)
                while self.file.readline():
                    pass
            except OSError:
                pass
        self.file.close()
        self.socket.close()

    def line(self):
        """One line without its end; EOFError where the server hung up."""
        line = self.file.readline()
        if not line:
            raise EOFError("the server closed the connection")
        return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")

    def send(self, data):
        self.socket.sendall(to_bytes(data) + b"\r\n")


class Imap(Connection):
    """IMAP up to the end of the login."""

    farewell = "z LOGOUT"

    def __init__(self, port, **options):
        super().__init__(port, **options)
        self.greeting = self.line()
        self.count = 0

    def command(self, words, *continuations):
        """Send one command and answer each "+" in turn; returns (untagged lines, tagged line)."""
        self.count += 1
        tag = f"a{self.count}"
        pending = list(continuations)
        self.send(tag.encode() + b" " + to_bytes(words))
        untagged = []
        while True:
            line = self.line()
            if line.startswith(tag + " "):
                return untagged, line[len(tag) + 1:]
            if line.startswith("+"):
                self.send(pending.pop(0))
            else:
                untagged.append(line)

    def reply(self, words, *continuations):
        text = self.command(words, *continuations)[1]
        if text.startswith("OK"):
            return Reply(OK, text)
        return Reply(TEMPORARY if _is_temporary(text) else REFUSED, text)

    def authenticate_plain(self, account, password, authzid="", initial=False):
        message = plain(account, password, authzid)
        if initial:
            return self.reply(b"AUTHENTICATE PLAIN " + message)
        return self.reply("AUTHENTICATE PLAIN", message)

    def authenticate_login(self, account, password):
        return self.reply("AUTHENTICATE LOGIN", b64(account), b64(password))

    def login(self, account, password, literal=False):
        if literal:
            name, secret = to_bytes(account), to_bytes(password)
            return self.reply(b"LOGIN {%d}" % len(name), name + b" {%d}" % len(secret), secret)
        quoted = [to_bytes(text).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
                  for text in (account, password)]
        return self.reply(b'LOGIN "%s" "%s"' % tuple(quoted))


    def idle(self, account, password):
        """Log in and wait for mail; the connection then belongs to the server."""
        assert self.authenticate_plain(account, password).meaning == OK
        self.wait_for_mail()

    def wait_for_mail(self):
        """Logged in already: IDLE in the INBOX."""
        assert self.command("SELECT INBOX")[1].startswith("OK")
        self.farewell = None
        self.send("i IDLE")
        assert self.line().startswith("+")

    def ended(self):
        """Wait until the server has ended the connection."""
        while self.file.readline():
            pass


class Smtp(Connection):
    """SMTP up to the end of the login."""

    farewell = "QUIT"

    def __init__(self, port, **options):
        super().__init__(port, **options)
        self.answer()
        self.extensions = self.ask("EHLO client.example.org")

    def answer(self):
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return lines

    def ask(self, words):
        self.send(words)
        return self.answer()

    def reply(self, first, *continuations):
        lines = self.ask(first)
        for message in continuations:
            if not lines[-1].startswith("334"):
                break
            lines = self.ask(message)
        meaning = {"235": OK, "454": TEMPORARY, "535": REFUSED}.get(lines[-1][:3], "other")
        return Reply(meaning, "\n".join(lines))

    def auth_plain(self, account, password, authzid="", initial=True):
        message = plain(account, password, authzid)
        if initial:
            return self.reply(b"AUTH PLAIN " + message)
        return self.reply("AUTH PLAIN", message)

    def auth_login(self, account, password, initial=False):
        if initial:
            return self.reply(b"AUTH LOGIN " + b64(account), b64(password))
        return self.reply("AUTH LOGIN", b64(account), b64(password))


class Pop(Connection):
    """POP3 up to the end of the login."""

    farewell = "QUIT"

    def __init__(self, port, **options):
        super().__init__(port, **options)
        self.greeting = self.line()

    def ask(self, words):
        self.send(words)
        return self.line()

    @staticmethod
    def _judge(text):
        if text.startswith("+OK"):
            return Reply(OK, text)
        return Reply(TEMPORARY if _is_temporary(text) else REFUSED, text)

    def user_pass(self, account, password):
        self.ask(b"USER " + to_bytes(account))
        return self._judge(self.ask(b"PASS " + to_bytes(password)))

    def auth_plain(self, account, password):
        text = self.ask("AUTH PLAIN")
        return self._judge(self.ask(plain(account, password)) if text.startswith("+ ") else text)


class Sieve(Connection):
    """ManageSieve (RFC 5804) up to the end of the login."""

    farewell = "LOGOUT"

    def __init__(self, port, timeout=60.0):
        super().__init__(port, timeout)
        self.capabilities = self.answer()

    def answer(self):
        lines = [self.line()]
        while not lines[-1].startswith(("OK", "NO", "BYE")):
            lines.append(self.line())
        return lines

    def authenticate_plain(self, account, password):
        self.send(b'AUTHENTICATE "PLAIN" "%s"' % plain(account, password))
        text = self.answer()[-1]
        if text.startswith("OK"):
            return Reply(OK, text)
        return Reply(TEMPORARY if _is_temporary(text) else REFUSED, text)


def http_basic(port, account, password, path="/dav/"):
    """PROPFIND with Basic credentials."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        client.request("PROPFIND", path, headers={
            "Authorization": "Basic " + b64(to_bytes(account) + b":" + to_bytes(password)).decode(),
            "Depth": "0"})
        answer = client.getresponse()
        answer.read()
        meaning = {207: OK, 401: REFUSED, 500: TEMPORARY, 503: TEMPORARY}
        return Reply(meaning.get(answer.status, "other"), f"{answer.status} {answer.reason}")
    finally:
        client.close()


def _imap_plain(site, account, password):
    with Imap(site.cyrus.ports["imap"]) as client:
        return client.authenticate_plain(account, password)


def _imap_plain_initial(site, account, password):
    with Imap(site.cyrus.ports["imap"]) as client:
        return client.authenticate_plain(account, password, initial=True)


def _imap_login_mechanism(site, account, password):
    with Imap(site.cyrus.ports["imap"]) as client:
        return client.authenticate_login(account, password)


def _smtp_plain(site, account, password):
    with Smtp(site.postfix.port) as client:
        return client.auth_plain(account, password)


def _smtp_plain_later(site, account, password):
    with Smtp(site.postfix.port) as client:
        return client.auth_plain(account, password, initial=False)


def _smtp_login(site, account, password):
    with Smtp(site.postfix.port) as client:
        return client.auth_login(account, password)


def _smtp_login_initial(site, account, password):
    with Smtp(site.postfix.port) as client:
        return client.auth_login(account, password, initial=True)


def _pop_plain(site, account, password):
    with Pop(site.cyrus.ports["pop"]) as client:
        return client.auth_plain(account, password)


def _sieve_plain(site, account, password):
    with Sieve(site.cyrus.ports["sieve"]) as client:
        return client.authenticate_plain(account, password)


def _imap_login(site, account, password):
    with Imap(site.cyrus.ports["imap"]) as client:
        return client.login(account, password)


def _imap_login_literal(site, account, password):
    with Imap(site.cyrus.ports["imap"]) as client:
        return client.login(account, password, literal=True)


def _pop_user_pass(site, account, password):
    with Pop(site.cyrus.ports["pop"]) as client:
        return client.user_pass(account, password)


def _http_basic(site, account, password):
    return http_basic(site.cyrus.ports["http"], account, password)


# Doors that end in sasl_server_start: the plugin answers.
PLUGIN_DOORS = {
    "imap AUTHENTICATE PLAIN": _imap_plain,
    "imap AUTHENTICATE PLAIN, initial response": _imap_plain_initial,
    "imap AUTHENTICATE LOGIN": _imap_login_mechanism,
    "smtp AUTH PLAIN": _smtp_plain_later,
    "smtp AUTH PLAIN, initial response": _smtp_plain,
    "smtp AUTH LOGIN": _smtp_login,
    "smtp AUTH LOGIN, initial response": _smtp_login_initial,
    "pop3 AUTH PLAIN": _pop_plain,
    "sieve AUTHENTICATE PLAIN": _sieve_plain,
}

# Doors that end in sasl_checkpass: apppassd answers.
CHECKPASS_DOORS = {
    "imap LOGIN": _imap_login,
    "imap LOGIN, literals": _imap_login_literal,
    "pop3 USER/PASS": _pop_user_pass,
    "http Basic": _http_basic,
}

DOORS = {**PLUGIN_DOORS, **CHECKPASS_DOORS}
