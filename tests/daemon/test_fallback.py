# SPDX-License-Identifier: BSD-2-Clause
"""Main passwords, asked from another saslauthd where the database lets the account use one."""

import socket
import struct
import threading
import time

import pytest

from conftest import ALICE, make_daemon
from harness.apppassd import counted

MAIN = "correct horse battery staple"


class Saslauthd:
    """The other side: notes what it is asked, and answers with `answer` (None: hangs up)."""

    def __init__(self, path):
        self.asked = []
        self.answer = None
        self.release = threading.Event()
        self.release.set()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        path.chmod(0o666)
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                self.asked.append([self.string(client) for _ in range(4)])
                self.release.wait()
                if self.answer is not None:
                    client.sendall(self.answer)

    @staticmethod
    def string(client):
        length, = struct.unpack("!H", client.recv(2, socket.MSG_WAITALL))
        return client.recv(length, socket.MSG_WAITALL).decode() if length else ""

    def stop(self):
        self.release.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def other(fresh):
    server = Saslauthd(fresh.state / "saslauthd")
    fresh.set(apppass_fallback="checkpass", apppassd_fallback_socket=fresh.state / "saslauthd")
    fresh.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("answer, expected", [
    (counted("OK"), "OK"),
    (counted("OK welcome"), "OK"),
    (counted("NO"), "NO"),
    (counted("NO go away"), "NO"),
    (counted("O"), None),
    (counted("MAYBE"), None),
    (counted(""), None),
    (counted("OK")[:3], None),
    (b"\x04\x01OK" + b"x" * 1023, None),
    (None, None),
], ids=repr)
def test_answers(fresh, other, answer, expected):
    other.answer = answer
    assert fresh.ask(ALICE, MAIN, "pop") == expected
    assert other.asked == [["alice", MAIN, "pop", "example.org"]]
    assert MAIN not in fresh.log.read_text()


def test_only_main_passwords_are_asked_about(fresh, other, code):
    other.answer = counted("OK")
    wrong = code[:5] + ("0000" if code[5:9] != "0000" else "1111") + code[9:]
    assert fresh.ask(ALICE, code) == "OK"
    assert fresh.ask("bob@example.org", MAIN) == "NO"
    assert other.asked == []
    # Mistyped, or by chance a main password that looks like one: the other side says.
    other.answer = counted("NO")
    assert fresh.ask(ALICE, wrong) == "NO"


def test_where_the_database_forbids_it(fresh, other, database):
    other.answer = counted("OK")
    database.psql("UPDATE apppass.account SET main_password_refused_from = now()"
                  f" WHERE username = '{ALICE}'")
    try:
        assert fresh.ask(ALICE, MAIN) == "NO"
        assert other.asked == []
        assert "verdict=main_password_refused" in fresh.log.read_text()
    finally:
        database.psql("UPDATE apppass.account SET main_password_refused_from = NULL")


def test_stalls(fresh, other):
    other.release.clear()
    started = time.monotonic()
    assert fresh.ask(ALICE, MAIN) is None
    assert time.monotonic() - started < 5


def test_nobody_there(fresh, database):
    fresh.set(apppass_fallback="checkpass", apppassd_fallback_socket="/nonexistent/mux").start()
    assert fresh.ask(ALICE, MAIN) is None
    assert "could not ask /nonexistent/mux: could not connect" in fresh.log.read_text()


def test_without_it_main_passwords_are_refused(conninfo):
    server = make_daemon(conninfo)
    try:
        server.start()
        assert server.ask(ALICE, MAIN) == "NO"
    finally:
        server.destroy()
