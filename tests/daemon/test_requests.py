# SPDX-License-Identifier: BSD-2-Clause
"""What arrives on the socket, in every form, and what is answered."""

import socket
import subprocess
import time

import pytest

from conftest import ALICE, DEFAULT_TIMEOUT, make_daemon
from harness.apppassd import answer, connect, counted, request
from harness.basics import until

SASL_OK, SASL_FAIL, SASL_BADAUTH = 0, -1, -13


def lines(daemon, text):
    return [line for line in daemon.log.read_text().splitlines() if text in line]


def test_good_and_wrong(daemon, code):
    assert daemon.ask(ALICE, code) == "OK"
    assert daemon.ask(ALICE, code.replace("-", "").upper()) == "OK"
    assert daemon.ask(ALICE, "hunter2") == "NO"
    assert daemon.ask("bob@example.org", code) == "NO"
    assert daemon.ask(ALICE, "") == "NO"
    assert daemon.ask("", code) == "NO"


@pytest.mark.parametrize("strings", [
    ["alice", None, "imap", "example.org"],
    ["alice@example.org", None, "imap", ""],
    ["ALICE", None, "imap", "Example.ORG"],
    ["alice", None, "pop", "example.org"],
    ["alice", None, "HTTP", "example.org"],
    ["alice", None, "", "example.org"],
    ["alice", None, "imap", "example.org", "192.0.2.1;4711"],
    ["alice", None, "imap", "example.org", "2001:db8::1;4711"],
    ["alice", None, "imap", "example.org", ""],
    ["alice", None, "imap", "example.org", "not an address"],
], ids=str)
def test_forms_of_a_request(daemon, code, strings):
    with connect(daemon.socket) as client:
        client.sendall(b"".join(counted(code if text is None else text) for text in strings))
        assert answer(client) == "OK"


def test_name_without_realm(conninfo, code):
    server = make_daemon(conninfo, apppass_realm="example.org").start()
    try:
        assert server.ask("alice", code) == "OK"
    finally:
        server.destroy()


def test_one_line_for_each(daemon, code):
    daemon.ask(ALICE, code, "pop")
    daemon.ask(ALICE, code, "HTTP", "192.0.2.77;1")
    daemon.ask(ALICE, "not a code", "sieve")
    assert lines(daemon, f"apppass: accepted: user={ALICE} service=pop client=- code=")
    assert lines(daemon, f"apppass: accepted: user={ALICE} service=HTTP client=192.0.2.77 code=")
    assert lines(daemon, f"apppass: refused: verdict=not_a_code user={ALICE} service=sieve "
                         "client=- code=-")


def test_revoked_at_once(daemon, database):
    code = database.issue(device="old phone")
    assert daemon.ask(ALICE, code) == "OK"
    database.revoke(ALICE, code)
    assert daemon.ask(ALICE, code) == "NO"
    assert lines(daemon, "verdict=revoked")


def test_networks_need_an_address(daemon, database):
    code = database.issue(device="printer", networks=["192.0.2.0/24"])
    assert daemon.ask(ALICE, code) == "NO"
    assert lines(daemon, f"refused: verdict=network_denied user={ALICE} service=imap client=- ")
    assert daemon.ask(ALICE, code, client="192.0.2.9;4711") == "OK"
    assert daemon.ask(ALICE, code, client="192.0.3.9;4711") == "NO"
    assert daemon.ask(ALICE, code, client="") == "NO"
    assert daemon.ask(ALICE, code, client="192.0.2.9 or so") == "NO"


def test_services(daemon, database):
    code = database.issue(device="reader", services=["imap", "dav"])
    assert daemon.ask(ALICE, code, "imap") == "OK"
    assert daemon.ask(ALICE, code, "HTTP") == "OK"
    assert daemon.ask(ALICE, code, "pop") == "NO"


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
@pytest.mark.parametrize("client", [None, "192.0.2.1;4711"])
def test_in_pieces(daemon, code, piece, client):
    data = request(ALICE, code, client=client)
    with connect(daemon.socket) as connection:
        for at in range(0, len(data), piece):
            try:
                connection.sendall(data[at:at + piece])
            except BrokenPipeError:
                break   # answered after the fourth string
        assert answer(connection) == "OK"


def test_waits_for_the_address_where_required(conninfo, database):
    code = database.issue(device="scanner", networks=["192.0.2.0/24"])
    server = make_daemon(conninfo, apppassd_client_address="required", apppass_timeout=1000).start()
    try:
        data = request(ALICE, code, client="192.0.2.5;1")
        with connect(server.socket) as connection:
            for at in range(len(data)):
                connection.sendall(data[at:at + 1])
            assert answer(connection) == "OK"
        assert server.ask(ALICE, code) is None
    finally:
        server.destroy()


def test_half_closed(daemon, code):
    with connect(daemon.socket) as connection:
        connection.sendall(request(ALICE, code))
        connection.shutdown(socket.SHUT_WR)
        assert answer(connection) == "OK"


@pytest.mark.parametrize("length", [0, 1, 2, 5, -1])
def test_cut_off(daemon, code, length):
    data = request(ALICE, code)[:length]
    with connect(daemon.socket) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        assert answer(connection) is None


@pytest.mark.parametrize("length", [0, 1, 2, 5, -1])
def test_stalled(daemon, code, length):
    started = time.monotonic()
    with connect(daemon.socket) as connection:
        connection.sendall(request(ALICE, code)[:length])
        assert answer(connection) is None
    assert DEFAULT_TIMEOUT / 1000 * 0.9 < time.monotonic() - started < DEFAULT_TIMEOUT / 1000 + 2


def test_stalled_clients_cost_no_worker(daemon, code):
    stalled = [connect(daemon.socket) for _ in range(50)]
    try:
        for connection in stalled:
            connection.sendall(b"\0")
        started = time.monotonic()
        assert daemon.ask(ALICE, code) == "OK"
        assert time.monotonic() - started < DEFAULT_TIMEOUT / 1000 - 0.5
    finally:
        for connection in stalled:
            connection.close()


def test_stalled_clients_hold_no_place(conninfo, code):
    """Five times as many as there are places, before everybody else in the backlog."""
    server = make_daemon(conninfo, apppass_timeout=20000, apppassd_queue=20).start()
    stalled = []
    try:
        for _ in range(100):
            stalled.append(connect(server.socket))
            stalled[-1].sendall(b"\0")
        started = time.monotonic()
        assert server.ask(ALICE, code) == "OK"
        assert time.monotonic() - started < 10
        assert lines(server, "a client that sent no whole request gave its place to another")
        # Who is slow where there is room keeps its place until apppass_timeout.
        for connection in stalled:
            connection.close()
        data = request(ALICE, code)
        with connect(server.socket) as slow:
            slow.sendall(data[:5])
            until(lambda: time.monotonic() - started > 3, "some time to pass")
            assert server.ask(ALICE, code) == "OK"
            slow.sendall(data[5:])
            assert answer(slow) == "OK"
    finally:
        for connection in stalled:
            connection.close()
        server.destroy()


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize("length", [1025, 65535])
def test_over_long_is_refused(daemon, code, position, length):
    strings = ["alice", code, "imap", "example.org", "192.0.2.1;4711"]
    strings[position] = "x" * length
    with connect(daemon.socket) as connection:
        connection.sendall(b"".join(counted(text) for text in strings))
        assert answer(connection) == "NO"


def test_nul_does_not_cut_a_name(daemon, database):
    code = database.issue(device="nul", services=["imap"])
    for strings in (["alice", code, "imap\0x", "example.org"],
                    ["alice\0x", code, "imap", "example.org"],
                    ["alice", code + "\0", "imap", "example.org"],
                    ["alice", code, "imap", "example.org\0x"]):
        with connect(daemon.socket) as connection:
            connection.sendall(b"".join(counted(text) for text in strings))
            assert answer(connection) == "NO"


def test_what_follows_is_ignored(daemon, code):
    with connect(daemon.socket) as connection:
        connection.sendall(request(ALICE, code, client="") + b"GET / HTTP/1.1\r\n" * 100)
        assert answer(connection) == "OK"


def test_log_cannot_be_forged(daemon):
    assert daemon.ask("x\napppass: accepted: user=root@example.org", "hunter2") == "NO"
    assert daemon.ask("%s%n@\x1b[2Jexample.org", "%n%n%s") == "NO"
    log = daemon.log.read_text()
    assert "user=root@" not in log and "\x1b" not in log


def test_client_that_left_is_forgotten(daemon, database, code):
    """Clients that hang up while they wait cost no query."""
    database.hang()
    try:
        gone = [connect(daemon.socket) for _ in range(20)]
        for connection in gone:
            connection.sendall(request(ALICE, code))
            connection.close()
    finally:
        database.resume()
    until(lambda: daemon.ask(ALICE, code) == "OK", "an answer")


def test_testsaslauthd(daemon, code):
    def ask(password):
        return subprocess.run(
            ["testsaslauthd", "-f", daemon.socket, "-u", "alice", "-r", "example.org",
             "-s", "imap", "-p", password], stdout=subprocess.PIPE, text=True, check=False)
    good = ask(code)
    assert good.returncode == 0 and good.stdout.startswith("0: OK")
    assert ask("hunter2").stdout.startswith("0: NO")


def test_stock_libsasl2(daemon, code, checkpass):
    assert checkpass(daemon.socket, (ALICE, code), (ALICE, "hunter2"),
                     ("bob@example.org", code), (ALICE, code)) == [
                         SASL_OK, SASL_BADAUTH, SASL_BADAUTH, SASL_OK]


def test_two_sockets(fresh, code):
    second = fresh.state / "run" / "second"
    fresh.set(apppassd_socket=f"{fresh.socket} {second}").start()
    assert fresh.ask(ALICE, code) == "OK"
    with connect(second) as connection:
        connection.sendall(request(ALICE, code))
        assert answer(connection) == "OK"
    fresh.stop()
    assert not second.exists() and not fresh.socket.exists()
