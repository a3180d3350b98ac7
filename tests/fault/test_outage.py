# SPDX-License-Identifier: BSD-2-Clause
"""
The database in every kind of trouble, people logging in all the while.

Each time: nobody is told that a right password is wrong, nobody gets in who should not,
every answer comes within apppass_timeout and a little, and service returns by itself.
"""

import time

import pytest

from harness.basics import until, write
from harness.bouncer import Bouncer
from harness.clients import OK, TEMPORARY
from harness.crowd import FRONT_DOORS, Crowd, knock
from harness.evidence import Watch
from harness.postgres import DATABASE, VERIFIER
from harness.standby import Standby

from ground import LIMIT_S
from trouble import (Valve, connect, end_sessions, no_connection_left, no_space_left,
                     sessions)


class Trial:
    """A crowd that was served, then saw trouble; on leaving it must be served again."""

    def __init__(self, site, figure):
        self.crowd = Crowd(site, site.cases)
        self.figure = figure

    def __enter__(self):
        self.crowd.__enter__()
        self.crowd.await_service(1)
        self.began = time.monotonic()
        return self.crowd

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                back = self.crowd.await_service()
        finally:
            self.crowd.__exit__()
        if kind is None:
            seen = self.crowd.since(self.began)
            slowest = self.crowd.check(LIMIT_S)
            self.figure(f"{self.crowd.temporary(self.began)} of {len(seen)} answers temporary, "
                        f"service {back:.1f} s after the trouble, slowest answer {slowest:.2f} s")


@pytest.fixture
def trial(site, figure):
    return Trial(site, figure)


def test_no_trouble(trial):
    with trial as crowd:
        crowd.await_answers(3)
    assert crowd.temporary() == 0


def test_refused(site, trial):
    with trial as crowd:
        site.postgres.stop()
        crowd.await_temporary(2)
        site.postgres.start()


def test_killed(site, trial):
    with trial as crowd:
        site.postgres.kill()
        crowd.await_temporary(2)
        site.postgres.start()


def test_restarted(site, trial):
    with trial as crowd:
        site.postgres.stop("fast")
        site.postgres.start()
        crowd.await_answers()
        site.postgres.stop("immediate")
        site.postgres.start()


def test_hanging(site, trial):
    with trial as crowd:
        site.postgres.hang()
        crowd.await_temporary(2)
        site.postgres.resume()


def test_no_connection_left(site, trial):
    with trial as crowd:
        with no_connection_left(site.postgres):
            crowd.await_temporary(2)


def test_session_ended(site, trial):
    """Between two logins: the next one finds a closed connection, and nobody notices."""
    with trial as crowd:
        for _ in range(3):
            assert end_sessions(site.postgres) > 0
            crowd.await_answers(1)
    assert crowd.temporary() == 0


def test_session_ended_in_mid_query(site, trial):
    blocked = "wait_event_type = 'Lock'"
    with trial as crowd:
        with connect(site.postgres, "postgres") as lock:
            lock.cursor().execute("LOCK TABLE apppass.account IN ACCESS EXCLUSIVE MODE")
            until(lambda: sessions(site.postgres, blocked) > 0, "a lookup to be under way")
            assert end_sessions(site.postgres, blocked) > 0
        lock.close()
        crowd.await_answers(1)


def test_blocked(site, trial):
    """Somebody holds a lock for longer than a login may take."""
    with trial as crowd:
        with connect(site.postgres, "postgres") as lock:
            lock.cursor().execute("LOCK TABLE apppass.account IN ACCESS EXCLUSIVE MODE")
            crowd.await_temporary(1)
        lock.close()


def test_network_cut(site, figure):
    """Connections stay open, nothing passes; then it passes again."""
    valve = Valve(site.postgres.port)
    try:
        usual = site.usual()
        site.configure(**{**usual, "conninfo": usual["conninfo"].replace(
            f"port={site.postgres.port}", f"port={valve.port}")})
        with Trial(site, figure) as crowd:
            valve.shut()
            crowd.await_temporary(2)
            valve.reopen()
    finally:
        valve.close()


def test_disk_full(site, trial):
    """Refusals can't be recorded: that is logged, and no login suffers."""
    site.restart()
    watch = Watch(site)
    with trial as crowd:
        with no_space_left(site.postgres, "apppass.refusal"):
            watch.line("could not record a refusal", "No space left on device")
            crowd.await_answers(3)
    assert crowd.temporary() == 0


def test_read_only(site, trial):
    site.restart()
    watch = Watch(site)
    try:
        with trial as crowd:
            site.sql("ALTER SYSTEM SET default_transaction_read_only = on")
            site.sql("SELECT pg_reload_conf()")
            watch.line("could not record a refusal", "read-only transaction")
            crowd.await_answers(3)
    finally:
        site.sql("SET default_transaction_read_only = off;"
                 "ALTER SYSTEM RESET default_transaction_read_only")
        site.sql("SELECT pg_reload_conf()")
    assert crowd.temporary() == 0


@pytest.fixture
def standby(site):
    second = Standby(site.postgres, site.state / "standby")
    yield second
    second.destroy()


def two_hosts(site, standby, target):
    usual = site.usual()
    first, second = site.postgres.port, standby.server.port
    return {**usual, "conninfo": usual["conninfo"].replace("host=127.0.0.1", "host=127.0.0.1,127.0.0.1")
            .replace(f"port={first}", f"port={first},{second}") + f" target_session_attrs={target}"}


def used(server, code_id):
    return server.psql(f"SELECT count(*) FROM apppass.code_use WHERE code_id = {code_id}",
                       "postgres") == "1"


@pytest.mark.parametrize("target", ["any", "primary"])
def test_standby_promoted(site, figure, standby, target):
    account = site.person()
    code = site.issue(account, "tablet")
    code_id = site.sql(f"SELECT id FROM apppass.code WHERE selector = '{code[:4]}'"
                       " ORDER BY id DESC LIMIT 1")
    standby.caught_up()
    site.configure(**two_hosts(site, standby, target))
    with Trial(site, figure) as crowd:
        site.postgres.kill()
        if target == "primary":
            crowd.await_temporary(1)
        else:
            crowd.await_answers(2)
        standby.promote()
        if target == "primary":
            crowd.await_service()
            assert knock(site, "imap AUTHENTICATE PLAIN", account, code).meaning == OK
            until(lambda: used(standby.server, code_id), "the use to be recorded")


def test_lookups_on_a_standby(site, figure, standby):
    """Uses are recorded on the primary; without it logins go on, unrecorded."""
    account = site.person()
    code = site.issue(account, "tablet")
    code_id = site.sql(f"SELECT id FROM apppass.code WHERE selector = '{code[:4]}'"
                       " ORDER BY id DESC LIMIT 1")
    standby.caught_up()
    primary = site.usual()["conninfo"]
    site.configure(timeout=site.usual()["timeout"], record_conninfo=primary, conninfo=primary.replace(
        f"port={site.postgres.port}", f"port={standby.server.port}"))
    with Trial(site, figure) as crowd:
        assert knock(site, "smtp AUTH PLAIN", account, code).meaning == OK
        until(lambda: used(site.postgres, code_id), "the use to be recorded")
        site.postgres.stop()
        crowd.await_answers(4)
        site.postgres.start()
    assert crowd.temporary() == 0


def test_pgbouncer_restarted(site, figure):
    bouncer = Bouncer(site.postgres, site.state / "pgbouncer", server_login_retry=1, default_pool_size=5)
    try:
        site.configure(**{**site.usual(), "conninfo": bouncer.conninfo()})
        with Trial(site, figure) as crowd:
            bouncer.stop()
            crowd.await_temporary(2)
            bouncer.start()
            crowd.await_service()
            site.postgres.stop()
            site.postgres.start()
    finally:
        bouncer.destroy()


def test_passfile(site):
    """
    One for each user, read when the server starts: smtpd has it from outside of its jail.
    libpq passes over one that a group may read, and tells nobody but standard error.
    """
    account, code, _ = site.cases["right"]
    secret = f" password={site.postgres.password}"
    files = {owner: site.state / "memo" / owner / "passfile"
             for owner in ("root", "cyrus", site.apppassd.user)}

    def conninfo(owner):
        return site.usual()["conninfo"].replace(secret, f" passfile={files[owner]}")

    assert secret in site.usual()["conninfo"]
    for owner, path in files.items():
        write(path, f"127.0.0.1:{site.postgres.port}:{DATABASE}:{VERIFIER}:{site.postgres.password}\n",
              owner, 0o600)
    site.configure(**{**site.usual(), "conninfo": conninfo})
    for door in FRONT_DOORS:
        assert knock(site, door, account, code).meaning == OK, door
    for path in files.values():
        path.chmod(0o640)
    site.current = None
    site.configure(**{**site.usual(), "conninfo": conninfo})
    watch = Watch(site)
    for door in FRONT_DOORS:
        assert knock(site, door, account, code).meaning == TEMPORARY, door
    watch.line("database unreachable", "no password supplied")
