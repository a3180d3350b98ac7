# SPDX-License-Identifier: BSD-2-Clause
"""PostgreSQL gone, hanging, restarted: temporary, never wrong; recovery by itself."""

import random
import signal
import threading
import time

import pytest

from conftest import ALICE, DEFAULT_TIMEOUT
from harness.apppassd import answer, connect, request
from harness.basics import until
from harness.codes import mistyped

SASL_OK, SASL_FAIL, SASL_BADAUTH = 0, -1, -13
SECONDS = DEFAULT_TIMEOUT / 1000


@pytest.fixture
def outage(database):
    """Leaves the database running, whatever the test did to it."""
    yield database
    database.heal()


def recovered(server, code):
    return until(lambda: server.ask(ALICE, code) == "OK", "good codes to be accepted again", 60)


def test_stopped(fresh, code, outage, checkpass):
    fresh.start()
    assert fresh.ask(ALICE, code) == "OK"
    outage.stop()
    assert fresh.ask(ALICE, code) is None
    assert checkpass(fresh.socket, (ALICE, code)) == [SASL_FAIL]
    assert f"apppass: unavailable: user={ALICE} service=imap client=-" in fresh.log.read_text()
    # What is no code can't be good, whatever the database would say.
    assert fresh.ask(ALICE, "hunter2") == "NO"
    outage.start()
    recovered(fresh, code)


def test_stopped_before_the_start(fresh, code, outage):
    outage.stop()
    fresh.start()
    assert fresh.ask(ALICE, code) is None
    outage.start()
    recovered(fresh, code)


def test_waiting_counts(fresh, code, outage):
    """More clients than workers while nobody answers: all end at their deadline."""
    fresh.set(apppassd_workers="2").start()
    assert fresh.ask(ALICE, code) == "OK"
    outage.hang()
    started = time.monotonic()
    waiting = [connect(fresh.socket) for _ in range(40)]
    for connection in waiting:
        connection.sendall(request(ALICE, code))
    assert [answer(connection) for connection in waiting] == [None] * 40
    assert time.monotonic() - started < SECONDS + 1.5
    for connection in waiting:
        connection.close()
    assert fresh.log.read_text().count("apppass: unavailable: ") == 40
    outage.resume()
    recovered(fresh, code)


def test_backend_terminated_in_mid_query(fresh, database, code, outage):
    """Each of many logins meets a backend that may be killed at any moment."""
    # With a memo a login is what it asks of the database, and not a hash.
    fresh.set(apppass_memo=fresh.state / "run" / "memo").start()

    def terminate():
        for _ in range(50):
            database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE usename = 'apppass_mail'", "postgres")
            time.sleep(random.uniform(0, 0.1))

    killer = threading.Thread(target=terminate)
    killer.start()
    answers = []
    while killer.is_alive():
        answers.append(fresh.ask(ALICE, code))
    assert set(answers) <= {"OK", None} and "OK" in answers
    recovered(fresh, code)


def test_flood_while_the_database_comes_and_goes(fresh, code, outage):
    """Good and wrong codes from many clients all the while: no wrong answer."""
    fresh.start()
    wrong = mistyped(code)
    stop = threading.Event()
    good_answers, wrong_answers = [], []

    def knock(password, answers):
        while not stop.is_set():
            answers.append(fresh.ask(ALICE, password))

    clients = [threading.Thread(target=knock, args=pair)
               for pair in ((code, good_answers), (wrong, wrong_answers)) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        for mode in ("fast", "immediate"):
            outage.stop(mode)
            outage.start()
            until(lambda: "OK" in good_answers[-20:], "logins to work", 60)
        outage.daemon.send(signal.SIGHUP)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert set(good_answers) <= {"OK", None} and "OK" in good_answers
    assert set(wrong_answers) <= {"NO", None} and "NO" in wrong_answers
    print(f"{len(good_answers)} good codes, {good_answers.count(None)} of them temporary")
