# SPDX-License-Identifier: BSD-2-Clause
"""Many clients at once, SIGKILL in mid-request, and both under the sanitizers."""

import os
import random
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from conftest import ALICE, BUILD, assert_clean, make_daemon
from harness.apppassd import answer, connect, request, send
from harness.basics import ROOT, run, until
from harness.codes import mistyped

CLIENTS = 200
# How long each sanitizer is loaded; `make soak` and the like say more.
LOAD_SECONDS = float(os.environ.get("APPPASS_LOAD_SECONDS", "4"))


class Crowd:
    """Clients that ask all at once, each with what it expects."""

    def __init__(self, server, code):
        self.server = server
        wrong = mistyped(code)
        self.logins = [(ALICE, code, "OK"), (ALICE, wrong, "NO"), (ALICE, "hunter2", "NO"),
                       ("bob@example.org", code, "NO"), (ALICE, code, "OK"),
                       (ALICE, "0000-0000-0000-0000-0000", "NO"), (ALICE, "x" * 3000, "NO")]

    def ask(self, count):
        """Answers that differ from what is right, and how many were temporary."""
        chosen = [random.choice(self.logins) for _ in range(count)]
        connections = [connect(self.server.socket) for _ in chosen]
        for connection, (user, password, _) in zip(connections, chosen):
            send(connection, request(user, password, client=random.choice([None, "", "192.0.2.1"])))
        answers = [answer(connection) for connection in connections]
        for connection in connections:
            connection.close()
        wrong = [(got, right) for got, (_, _, right) in zip(answers, chosen)
                 if got not in (right, None)]
        return wrong, answers.count(None)


def test_200_clients_at_once(conninfo, code):
    """At the default timeout and half the machine busy with other tests: no wrong answer."""
    server = make_daemon(conninfo, apppass_timeout=20000).start()
    try:
        assert Crowd(server, code).ask(CLIENTS) == ([], 0)
        assert_clean(server)
    finally:
        server.destroy()


def test_more_clients_than_places(conninfo, code):
    """Those that find no place wait in the backlog, and are answered in turn."""
    server = make_daemon(conninfo, apppass_timeout=20000, apppassd_queue=5).start()
    try:
        assert Crowd(server, code).ask(CLIENTS) == ([], 0)
    finally:
        server.destroy()


def test_too_slow_is_temporary(conninfo, code, database):
    """Nobody is told "wrong" because the machine was slow."""
    server = make_daemon(conninfo, apppass_timeout=300, apppassd_workers=1).start()
    try:
        wrong, temporary = Crowd(server, code).ask(CLIENTS)
        assert wrong == [] and temporary > 0
        log = server.log.read_text()
        assert "a request waited apppass_timeout for a worker" in log
        assert 0 < log.count("apppass: unavailable: ") <= temporary
        server.set(apppass_timeout=20000).reload()
        until(lambda: server.ask(ALICE, code) == "OK", "the queue to be empty")
    finally:
        server.destroy()


def test_memory_is_bounded(conninfo, code):
    """Hashes are computed by the workers, one each at a time."""
    server = make_daemon(conninfo, apppass_timeout=20000, apppassd_workers=2).start()
    try:
        Crowd(server, code).ask(CLIENTS)
        status = Path(f"/proc/{server.daemon.pid()}/status").read_text()
        peak_kib = int(status.split("VmHWM:")[1].split()[0])
        assert peak_kib < 120 * 1024
    finally:
        server.destroy()


def test_sigkill_in_mid_request(conninfo, code, database, checkpass):
    server = make_daemon(conninfo).start()
    try:
        database.hang()
        waiting = [connect(server.socket) for _ in range(10)]
        for connection in waiting:
            connection.sendall(request(ALICE, code))
        server.stop(signal.SIGKILL)
        assert [answer(connection) for connection in waiting] == [None] * 10
        assert checkpass(server.socket, (ALICE, code)) == [-1]
        database.resume()
        server.start()
        assert server.ask(ALICE, code) == "OK"
        assert checkpass(server.socket, (ALICE, code)) == [0]
    finally:
        database.resume()
        server.destroy()


def test_no_descriptor_is_lost(conninfo, code):
    server = make_daemon(conninfo)
    # No hash for a code that was there before.
    server.set(apppass_memo=server.state / "run" / "memo").start()
    try:
        crowd = Crowd(server, code)
        crowd.ask(20)
        folder = f"/proc/{server.daemon.pid()}/fd"
        before = len(os.listdir(folder))
        for _ in range(10):
            crowd.ask(50)
        until(lambda: len(os.listdir(folder)) <= before, "descriptors to be closed", 10)
    finally:
        server.destroy()


def sanitized(kind):
    """A build of apppassd with that sanitizer, beside the build under test."""
    folder = Path(f"{BUILD.resolve()}-{kind.replace(',', '-')}")
    # As ./runtests builds all of it, so that each has what the other built.
    run([ROOT / "tests" / "build", folder, "apppassd", "--enable-werror",
         f"--enable-sanitizers={kind}", "CFLAGS=-g -O1"])
    return folder


@pytest.mark.parametrize("kind, reports", [
    ("address,undefined", "ERROR: AddressSanitizer|runtime error|LeakSanitizer"),
    ("thread", "WARNING: ThreadSanitizer"),
])
def test_sanitized_under_load(conninfo, database, code, kind, reports):
    """
    What the fuzzer found, requests of all kinds, reloads, lost backends, stalled and
    vanishing clients; no report at the end.
    """
    server = make_daemon(conninfo, sanitized(kind), apppass_timeout=20000,
                         apppassd_workers=4)
    server.set(apppass_memo=server.state / "run" / "memo")
    try:
        server.start(environment={"TSAN_OPTIONS": "second_deadlock_stack=1",
                                  "UBSAN_OPTIONS": "print_stacktrace=1"})
        replay_corpus(server)
        crowd, end, asked = Crowd(server, code), time.monotonic() + LOAD_SECONDS, 0
        # At least until it has lost its backends, and gone on without them.
        while time.monotonic() < end or asked <= 120:
            assert crowd.ask(40) == ([], 0), server.log.read_text(errors="replace")[-4000:]
            asked += 40
            leave_rudely(server, code)
            server.reload()
            if asked % 120 == 0:
                database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE usename = 'apppass_mail'", "postgres")
        print(f"{asked} requests")
        server.daemon.send(signal.SIGTERM)
        until(lambda: server.daemon.pid() is None, "apppassd to end")
        log = server.log.read_text(errors="replace")
        report = re.search(reports, log)
        assert not report, log[report.start():][:8000]
        assert server.daemon.child.wait() == 0, log[-4000:]
        assert_clean(server)
    finally:
        server.destroy()


def replay_corpus(server):
    """The inputs of the decoder's fuzz target (their first byte is the target's own)."""
    inputs = sorted((ROOT / "tests" / "fuzz" / "corpus" / "saslauthd").iterdir())
    assert inputs
    for path in inputs:
        with connect(server.socket) as connection:
            try:
                connection.sendall(path.read_bytes()[1:])
                connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass    # answered before all of it was sent
            assert answer(connection) in ("NO", None)


def leave_rudely(server, code):
    """Clients that hang up at every point of a request."""
    data = request(ALICE, code)
    for length in (0, 1, 5, len(data) - 1, len(data)):
        with connect(server.socket) as connection:
            connection.sendall(data[:length])
