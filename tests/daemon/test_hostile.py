# SPDX-License-Identifier: BSD-2-Clause
"""apppassd between a hostile database and clients that guess."""

import time

import pytest

from conftest import ALICE, assert_clean, make_daemon
from harness.apppassd import answer, connect, request
from harness.codes import check_symbol
from harness.hostile import HostileServer

HOSTILITIES = [
    "scram of two billion rounds", "scram of rounds over TLS", "flood of md5 requests",
    "flood of notices at connect", "drip of an error at connect", "copy in", "copy both",
    "flood of notices", "flood of rows", "one huge row", "drip of an answer", "two rows"]
CODE = "k7xp-2m9q-wt0v-1c3h-d81p"


@pytest.mark.parametrize("hostility", HOSTILITIES)
def test_a_hostile_database_is_an_outage(hostility):
    server = HostileServer(hostility)
    daemon = make_daemon(server.conninfo, apppass_timeout=1000)
    try:
        daemon.start()
        for _ in range(2):
            started = time.monotonic()
            assert daemon.ask(ALICE, CODE) is None
            assert time.monotonic() - started < 3
    finally:
        server.close()
        daemon.destroy()


def guesses(code, count):
    symbols = code.replace("-", "")
    for number in range(count):
        guess = symbols[:4] + f"{number:05d}" + symbols[9:-1]
        yield guess + check_symbol(guess)


@pytest.mark.parametrize("attackers", [20, 100])
def test_guessing_leaves_the_others_alone(conninfo, database, attackers):
    victim = database.add_account(f"victim{attackers}@example.org")
    guessed, known = database.issue(victim), database.issue(device="tablet")
    others = [database.issue(device=f"other {number}") for number in range(3)]
    daemon = make_daemon(conninfo, apppassd_workers="3", apppass_timeout=20000)
    try:
        daemon.set(apppass_memo=daemon.state / "run" / "memo").start()
        assert daemon.ask(ALICE, known) == "OK"
        assert daemon.ask(victim, guessed) == "OK"
        flood = []
        for guess in guesses(guessed, attackers):
            flood.append(connect(daemon.socket))
            flood[-1].sendall(request(victim, guess))
        # Devices that are known, the victim's too; then such as must have a hash computed.
        assert [daemon.ask(ALICE, known) for _ in range(20)] == ["OK"] * 20
        assert daemon.ask(victim, guessed) == "OK"
        assert [daemon.ask(ALICE, code) for code in others] == ["OK"] * 3
        said = [answer(connection) for connection in flood]
        assert "OK" not in said and "NO" in said, said
        log = daemon.log.read_text()
        assert "database" not in log.split("serving", 1)[1], log
        assert_clean(daemon)
    finally:
        daemon.destroy()
