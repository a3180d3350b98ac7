# SPDX-License-Identifier: BSD-2-Clause
"""A server that speaks PostgreSQL's protocol as no PostgreSQL does: floods, drips, wrong order,
wrong shape, at connect and in the answer.

HOSTILITIES is the table: a name, and what to do with a client.  Each works on the connection of
one client, in a thread of its own, until that client has hung up or the server is closed.
"""

import base64
import re
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


def message(kind, body=b""):
    return kind + struct.pack("!I", len(body) + 4) + body


def authentication(code, body=b""):
    return message(b"R", struct.pack("!I", code) + body)


def columns(count):
    field = struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0)
    return message(b"T", struct.pack("!h", count) + (b"c\0" + field) * count)


def row(*values):
    body = struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return message(b"D", body)


def error(sqlstate, severity=b"ERROR", text=b"trouble"):
    return message(b"E", b"S" + severity + b"\0V" + severity + b"\0C" + sqlstate + b"\0M" + text
                   + b"\0\0")


NOTICE = message(b"N", b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0")
READY = message(b"Z", b"I")
WELCOME = (authentication(0) + message(b"S", b"client_encoding\0UTF8\0")
           + message(b"S", b"server_version\x0015.3\0") + message(b"K", struct.pack("!II", 77, 88)))
ACCEPTED = [b"accepted", b"1", b"alice@example.org", b"", b"19456", b"2", b"1", b"f", b"1", b"77"]
DONE = message(b"C", b"SELECT 1\0") + READY


class Client:
    """One connection to us."""

    def __init__(self, connection):
        self.connection = connection

    def send(self, data):
        self.connection.sendall(data)

    def flood(self, data):
        """As fast as it can be taken."""
        block = data * max(1, 65536 // len(data))
        while True:
            self.send(block)

    def drip(self, data, pause=0.01):
        for byte in data:
            self.send(bytes([byte]))
            time.sleep(pause)

    def hold(self):
        while self.connection.recv(65536):
            pass

    def read(self, length):
        data = b""
        while len(data) < length:
            more = self.connection.recv(length - len(data))
            if not more:
                raise ConnectionError("the client has gone")
            data += more
        return data

    def startup(self, tls=None):
        """Read up to and with the startup message; answer requests for encryption."""
        while True:
            length, code = struct.unpack("!II", self.read(8))
            self.read(length - 8)
            if code == SSL_REQUEST and tls is not None:
                self.send(b"S")
                self.connection = tls.wrap_socket(self.connection, server_side=True)
            elif code in (SSL_REQUEST, GSS_REQUEST):
                self.send(b"N")
            else:
                return

    def client_message(self):
        kind = self.read(1)
        length, = struct.unpack("!I", self.read(4))
        return kind, self.read(length - 4)

    def query(self):
        """Read up to the Sync that ends a query."""
        while self.client_message()[0] != b"S":
            pass

    def welcome(self):
        self.startup()
        self.send(WELCOME + READY)


def scram(client, rounds, tls=None):
    client.startup(tls)
    client.send(authentication(10, b"SCRAM-SHA-256\0\0"))
    _, first = client.client_message()
    nonce = re.search(rb"r=([^,]*)", first).group(1)
    salt = base64.b64encode(b"0123456789abcdef")
    client.send(authentication(11, b"r=" + nonce + b"server,s=" + salt + b",i=" + rounds))
    client.client_message()
    client.hold()


def answering(reply):
    """Welcome; then this to each query."""
    def act(client):
        client.welcome()
        while True:
            client.query()
            reply(client)
    return act


def answer(data):
    return answering(lambda client: client.send(data))


def refusing(data):
    """This instead of a welcome, and no more."""
    def act(client):
        client.startup()
        client.send(data)
        client.hold()
    return act


def starting(act):
    def start(client):
        client.startup()
        act(client)
    return start


def before_startup(act):
    """To the first bytes, whatever they ask for."""
    def start(client):
        client.read(8)
        act(client)
    return start


def flood_after_welcome(data):
    def act(client):
        client.welcome()
        client.flood(data)
    return act


PARSED = message(b"1") + message(b"2")
LOOKUP = PARSED + columns(10)


def names():
    number = 0
    while True:
        number += 1
        yield message(b"S", f"name{number}\0{'x' * 900}\0".encode())


def flood_of_names(client):
    for one in names():
        client.send(one)


HOSTILITIES = {
    # ---- at connect ----
    "silence": starting(lambda client: client.hold()),
    "closed at once": starting(lambda client: None),
    "scram of two billion rounds": lambda client: scram(client, b"2147483647"),
    "scram of a million rounds": lambda client: scram(client, b"1000000"),
    "scram of a disguised number": lambda client: scram(client, b" +2147483647"),
    "scram without a number": lambda client: scram(client, b""),
    "scram of rounds over TLS": lambda client: scram(client, b"2147483647", certificate()),
    "flood of md5 requests": starting(
        lambda client: client.flood(authentication(5, b"salt"))),
    "flood of notices at connect": starting(lambda client: client.flood(NOTICE)),
    "flood of settings at connect": starting(
        lambda client: (client.send(authentication(0)), flood_of_names(client))),
    "flood after the welcome": flood_after_welcome(NOTICE),
    "flood instead of an answer about TLS": before_startup(
        lambda client: client.flood(b"S" * 1000)),
    "drip of a TLS record": before_startup(
        lambda client: (client.send(b"S"), client.drip(b"\x16\x03\x03\x40\x00" + b"x" * 10000))),
    "flood of TLS records": before_startup(
        lambda client: (client.send(b"S"), client.flood(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"))),
    "drip of an error at connect": starting(
        lambda client: client.drip(message(b"E", b"x" * 10000))),
    "huge error at connect": starting(
        lambda client: (client.send(b"E" + struct.pack("!I", 1 << 30)), client.flood(b"x"))),
    "huge request": starting(
        lambda client: (client.send(b"R" + struct.pack("!I", 1 << 30)), client.flood(b"x"))),
    "rows at connect": refusing(WELCOME + LOOKUP + row(*ACCEPTED) + DONE),
    "copy at connect": refusing(WELCOME + message(b"G", b"\0\0\0") + READY),
    "another protocol": refusing(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "welcome without the end": refusing(WELCOME),
    # ---- in the answer ----
    "copy in": answer(PARSED + message(b"G", b"\0\0\0")),
    "copy out": answer(PARSED + message(b"H", b"\0\0\0")),
    "copy both": answer(PARSED + message(b"W", b"\0\0\0")),
    "flood of copied data": answering(
        lambda client: (client.send(PARSED + message(b"H", b"\0\0\0")),
                        client.flood(message(b"d", b"x" * 1000)))),
    "flood of notices": answering(lambda client: client.flood(NOTICE)),
    "flood of notifications": answering(
        lambda client: client.flood(message(b"A", struct.pack("!I", 1) + b"c\0payload\0"))),
    "notification": answer(message(b"A", struct.pack("!I", 1) + b"c\0payload\0") + LOOKUP + DONE),
    "flood of settings": answering(flood_of_names),
    "flood of rows": answering(
        lambda client: (client.send(LOOKUP), client.flood(row(*ACCEPTED)))),
    "flood of empty rows": answering(
        lambda client: (client.send(PARSED + columns(0)), client.flood(row()))),
    "one huge row": answering(
        lambda client: (client.send(LOOKUP + b"D" + struct.pack("!I", 1 << 30)),
                        client.flood(b"\0" * 1000))),
    "flood of answers": answering(lambda client: client.flood(LOOKUP + row(*ACCEPTED) + DONE)),
    "flood of nothing known": answering(lambda client: client.flood(message(b"!", b"x"))),
    "drip of an answer": answering(
        lambda client: client.drip((LOOKUP + row(*ACCEPTED) + DONE) * 100)),
    "no answer": answering(lambda client: client.hold()),
    "ready without an answer": answer(READY),
    "row before its columns": answer(PARSED + row(*ACCEPTED) + DONE),
    "no row": answer(LOOKUP + message(b"C", b"SELECT 0\0") + READY),
    "two rows": answer(LOOKUP + row(*ACCEPTED) * 2 + DONE),
    "two results": answer((LOOKUP + row(*ACCEPTED) + message(b"C", b"SELECT 1\0")) * 3 + READY),
    "a column too few": answer(PARSED + columns(9) + row(*ACCEPTED[:9]) + DONE),
    "fewer values than columns": answer(LOOKUP + row(*ACCEPTED[:3]) + DONE),
    "accepted without a hash": answer(LOOKUP + row(*ACCEPTED) + DONE),
    "nulls": answer(LOOKUP + row(*[None] * 10) + DONE),
    "numbers that are none": answer(
        LOOKUP + row(b"unknown_code", b"one", *ACCEPTED[2:]) + DONE),
    "negative numbers": answer(LOOKUP + row(b"unknown_code", b"-1", *ACCEPTED[2:]) + DONE),
    "names with a NUL": answer(
        LOOKUP + row(b"unknown_code", b"1", b"alice\0bob", *ACCEPTED[3:]) + DONE),
    "an unknown verdict": answer(LOOKUP + row(b"welcome", *ACCEPTED[1:]) + DONE),
    "bad encoding": answer(error(b"22021") + READY),
    "no such character": answer(error(b"22P05") + READY),
    "serialization failure for ever": answer(error(b"40001") + READY),
    "error without a state": answer(message(b"E", b"SERROR\0Mno state\0\0") + READY),
    "fatal error for ever": answer(error(b"57P01", b"FATAL")),
    "another end of the protocol": answer(b"\xff" * 64),
}


def certificate():
    """A TLS context with a certificate of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        key, crt = Path(folder) / "key", Path(folder) / "crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-keyout", key, "-out", crt],
                       check=True, capture_output=True)
        context.load_cert_chain(crt, key)
    return context


class HostileServer:
    def __init__(self, hostility):
        self.act = HOSTILITIES[hostility]
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.clients = []
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    @property
    def conninfo(self):
        return (f"hostaddr=127.0.0.1 port={self.port} user=apppass_mail dbname=mail"
                " password=secret gssencmode=disable")

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.clients.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection):
        client = Client(connection)
        try:
            self.act(client)
        except (OSError, ConnectionError, ssl.SSLError):
            pass
        client.connection.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.clients:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join()
