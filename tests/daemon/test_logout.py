# SPDX-License-Identifier: BSD-2-Clause
"""apppass-logoutd on real Cyrus IMAP: who is shut out is out, and nobody else."""

import contextlib
import os
import random
import select
import signal
import socket
import statistics
import threading
import time

import pytest

from conftest import BUILD
from harness.basics import state_folder, until
from harness.bouncer import Bouncer
from harness.clients import OK, Imap, Pop, Sieve, b64
from harness.logoutd import Logoutd, conninfo
from harness.site import Site
from harness.standby import Standby
from harness.tool import issue_many

PEOPLE = ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"
ROUNDS = int(os.environ.get("APPPASS_LOGOUT_ROUNDS", "3"))
KILLS = 8       # with three sessions each, spread over more than the time that ending one takes
STOCK = 10      # codes of an account that are made at once


class WithLogoutd(Site):
    def create(self, processes=None):
        super().create(processes)
        self.end_sessions("-r", "example.net")
        self.stock = {account: [] for account in PEOPLE}
        return self

    def code(self, account):
        """A code of a device of its own."""
        if not self.stock[account]:
            self.stock[account] = issue_many(self.build, self.postgres, [
                (account, f"device {number}") for number in range(STOCK)])
        return self.stock[account].pop()

    def cyrus_options(self):
        """The others' sessions are not to end by themselves, however long it takes."""
        return {**super().cyrus_options(), "httptimeout": "600", "poptimeout": "600"}

    def commit(self, sql):
        """Run SQL as one transaction; when it was committed, by the machine's clock."""
        return float(self.postgres.psql(
            f"BEGIN; SET LOCAL apppass.reason = 'test'; {sql}; COMMIT;\n"
            "SELECT extract(epoch FROM clock_timestamp())").splitlines()[-1])

    def look_again(self):
        """Wait until apppass-logoutd has asked twice: what is committed now has been seen."""
        def asked():
            return self.postgres.log.read_text(errors="replace").count("apppass.ended_since(")
        before = asked()
        until(lambda: asked() >= before + 2, "two more questions")


@contextlib.contextmanager
def following(site, name, where):
    """Another apppass-logoutd in place of the site's, on another connection."""
    site.logoutd.stop()
    other = Logoutd(site.state / name, BUILD)
    try:
        yield other.create(where, site.cyrus.proc).start()
    finally:
        other.destroy()
        site.logoutd.start()


@pytest.fixture(scope="module")
def site():
    running = WithLogoutd(state_folder(), BUILD)
    try:
        running.create()
        for account in (ALICE, BOB, CAROL):
            running.add_account(account)
        yield running
    finally:
        running.destroy()


# ---- sessions that stay ----

def imap_idle(site, account, code):
    """AUTHENTICATE, then IDLE."""
    client = Imap(site.cyrus.ports["imap"])
    client.idle(account, code)
    return client.socket


def imap_login(site, account, code):
    """LOGIN, then IDLE."""
    client = Imap(site.cyrus.ports["imap"])
    assert client.login(account, code).meaning == OK
    client.wait_for_mail()
    return client.socket


def pop(site, account, code):
    client = Pop(site.cyrus.ports["pop"])
    assert client.user_pass(account, code).meaning == OK
    return client.socket


def sieve(site, account, code):
    client = Sieve(site.cyrus.ports["sieve"])
    assert client.authenticate_plain(account, code).meaning == OK
    return client.socket


def http(site, account, code):
    """One request of a connection that stays open."""
    connection = socket.create_connection(("127.0.0.1", site.cyrus.ports["http"]), timeout=60)
    connection.sendall(b"PROPFIND /dav/ HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\n"
                       b"Authorization: Basic " + b64(f"{account}:{code}") +
                       b"\r\nContent-Length: 0\r\n\r\n")
    answer = b""
    while b"</D:multistatus>" not in answer:
        piece = connection.recv(65536)
        assert piece, answer
        answer += piece
    assert answer.startswith(b"HTTP/1.1 207")
    return connection


SESSIONS = {"IMAP": imap_idle, "IMAP LOGIN": imap_login, "POP3": pop, "HTTP": http,
            "ManageSieve": sieve}


class Ending(threading.Thread):
    """When a connection ends; None: not within 20 s."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self.connection, self.at = connection, None
        connection.settimeout(20)
        self.start()

    def run(self):
        try:
            while self.connection.recv(4096):
                pass
        except TimeoutError:
            return
        except OSError:
            pass
        self.at = time.time()

    def wait(self):
        """Until it has ended, however late."""
        self.join(25)
        assert self.at is not None, "the session goes on"

    def after(self, moment):
        self.wait()
        return self.at - moment


def alive(connection):
    return not select.select([connection], [], [], 0)[0]


def begin(site, account, door="IMAP"):
    """A code of its own, and a session by it: (code, connection)."""
    code = site.code(account)
    return code, SESSIONS[door](site, account, code)


def revoke(account, code):
    return f"SELECT apppass.revoke_code('{account}', '{code[:4]}', 'lost')"


@pytest.mark.parametrize("door", SESSIONS)
def test_revoked_session_ends_within_a_second(site, door):
    """And another account's, at every door, goes on."""
    other = site.code(BOB)
    others = [enter(site, BOB, other) for enter in SESSIONS.values()]
    took = []
    for _ in range(ROUNDS):
        code, connection = begin(site, ALICE, door)
        ending = Ending(connection)
        took.append(1000 * ending.after(site.commit(revoke(ALICE, code))))
    print(f"\n{door}: {ROUNDS} rounds, median {statistics.median(took):.0f} ms, "
          f"worst {max(took):.0f} ms")
    assert max(took) < 1000
    assert all(map(alive, others))
    for connection in others:
        connection.close()


CAUSES = {
    "plain UPDATE": lambda code: "UPDATE apppass.code SET revoked_at = now(), "
                                 f"revoke_reason = 'x' WHERE selector = '{code[:4]}'",
    "account disabled": lambda code: "UPDATE apppass.account SET enabled = false "
                                     f"WHERE username = '{ALICE}'",
    "expiry moved to now": lambda code: "UPDATE apppass.code SET expires_at = now() "
                                        f"WHERE selector = '{code[:4]}'",
    "services narrowed": lambda code: "UPDATE apppass.code SET services = '{smtp}' "
                                      f"WHERE selector = '{code[:4]}'",
    "realm allows no codes": lambda code: "UPDATE apppass.realm SET codes_allowed = false",
    "access rule": lambda code: "INSERT INTO apppass.access_rule (position, action, network) "
                                "VALUES (1, 'deny', '127.0.0.0/8')",
}


@pytest.mark.parametrize("cause", CAUSES)
def test_whatever_shuts_a_code_out(site, cause):
    code, connection = begin(site, ALICE)
    try:
        assert -0.1 < Ending(connection).after(site.commit(CAUSES[cause](code))) < 1
    finally:
        site.commit("UPDATE apppass.account SET enabled = true WHERE NOT enabled;"
                    "UPDATE apppass.realm SET codes_allowed = true WHERE NOT codes_allowed;"
                    "DELETE FROM apppass.access_rule")
        site.look_again()


def test_what_shuts_nobody_out_ends_nothing(site):
    _, connection = begin(site, ALICE)
    site.issue(ALICE, "another", "--force")
    site.commit("INSERT INTO apppass.access_rule (position, action, network) VALUES "
                "(2, 'deny', '192.0.2.0/24'), (3, 'allow', '127.0.0.0/8');"
                "DELETE FROM apppass.access_rule WHERE position = 2;"
                "UPDATE apppass.realm SET code_length = 24;"
                "UPDATE apppass.realm SET code_length = 20;"
                f"UPDATE apppass.account SET notify_language = 'de' WHERE username = '{ALICE}'")
    site.look_again()
    assert alive(connection)
    connection.close()
    site.commit("DELETE FROM apppass.access_rule")
    site.look_again()


def test_expiry_that_is_reached(site):
    """Nothing is committed when it comes."""
    code, connection = begin(site, ALICE)
    ending = Ending(connection)
    moment = site.commit("UPDATE apppass.code SET expires_at = clock_timestamp() + '3 s' "
                         f"WHERE selector = '{code[:4]}'") + 3
    assert -0.1 < ending.after(moment) < 1


def test_end_of_a_grace(site):
    code = site.issue(ALICE, "to reset")
    ending = Ending(imap_idle(site, ALICE, code))
    site.postgres.psql(f"SELECT apppass.reset_code('{ALICE}', 'to reset', grace => '3 s', "
                       "reason => 'x')")
    moment = float(site.postgres.psql("SELECT extract(epoch FROM expires_at) FROM apppass.code "
                                      f"WHERE selector = '{code[:4]}'"))
    assert -0.1 < ending.after(moment) < 1


def test_lapse_by_maintain(site):
    """A code that policy lets lapse is revoked by the daily upkeep."""
    code, connection = begin(site, ALICE)
    site.commit("UPDATE apppass.realm SET unused_after = '3 s'")
    try:
        ending = Ending(connection)
        until(lambda: site.postgres.psql("SELECT state FROM apppass.code_overview WHERE selector "
                                         f"= '{code[:4]}'") == "lapsed", "the lapse")
        assert ending.after(site.commit("SELECT apppass.maintain()")) < 1
    finally:
        site.commit("UPDATE apppass.realm SET unused_after = NULL")
        for codes in site.stock.values():
            codes.clear()   # lapsed too
        site.look_again()


def test_other_devices_come_back(site):
    kept = site.code(ALICE)
    laptop = imap_idle(site, ALICE, kept)
    code, connection = begin(site, ALICE)
    moment = site.commit(revoke(ALICE, code))
    assert Ending(connection).after(moment) < 1
    Ending(laptop).after(moment)
    again = imap_idle(site, ALICE, kept)
    until(lambda: site.logoutd.said("ended:") >= 2, "both sessions in the log")
    site.look_again()
    assert alive(again)
    again.close()


# ---- nothing is lost ----

@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_restart(site, number):
    """What happened while it was away is made up for."""
    code, connection = begin(site, ALICE)
    ending = Ending(connection)
    site.logoutd.stop(number)
    site.postgres.psql(revoke(ALICE, code))
    assert alive(connection)
    moment = time.time()
    site.logoutd.start()
    assert ending.after(moment) < 2


def three_sessions(site):
    """(account, code, Ending) of each of three people."""
    begun = [(account, *begin(site, account)) for account in PEOPLE]
    return [(account, code, Ending(connection)) for account, code, connection in begun]


def revoke_in_turn(site, begun):
    """With pauses, so that whatever comes finds the end of each as far as chance has it."""
    for account, code, _ in begun:
        site.postgres.psql(revoke(account, code))
        time.sleep(random.uniform(0, 0.2))


def test_killed_at_any_moment(site):
    """The end of a session and the end of the daemon in every order."""
    for _ in range(KILLS):
        begun = three_sessions(site)
        death = threading.Timer(random.uniform(0, 0.6), site.logoutd.stop, [signal.SIGKILL])
        death.start()
        revoke_in_turn(site, begun)
        death.join()
        site.logoutd.start()
        for *_, ending in begun:
            ending.wait()


def mail_is_back(site):
    """The servers let in again after their database was away."""
    code = site.code(ALICE)
    for door in ("imap AUTHENTICATE PLAIN", "imap LOGIN"):
        until(lambda: site.knock(door, ALICE, code).meaning == OK, f"{door} to be back")


def test_database_killed_at_any_moment(site):
    """A revocation that was committed is made up for when the database is back."""
    for _ in range(KILLS // 4):
        begun = three_sessions(site)
        revoke_in_turn(site, begun)
        time.sleep(random.uniform(0, 0.2))
        site.postgres.kill()
        site.postgres.start()
        for *_, ending in begun:
            ending.wait()
        mail_is_back(site)


def test_standby(site):
    """It follows a standby, and goes on with it when it becomes the primary."""
    # On another server what is not sealed counts again: here the earlier tests' revocations.
    site.postgres.psql("SELECT apppass.audit_seal()")
    standby = Standby(site.postgres, site.state / "standby")
    standby.caught_up()
    alices, alice = begin(site, ALICE)
    bobs, bob = begin(site, BOB)
    carols, carol = begin(site, CAROL)
    try:
        with following(site, "logoutd-standby", conninfo(standby.server)) as logoutd:
            site.postgres.psql(revoke(ALICE, alices))
            Ending(alice).wait()
            logoutd.stop(signal.SIGKILL)
            site.postgres.psql(revoke(BOB, bobs))
            standby.caught_up()
            site.postgres.kill()
            standby.promote()
            logoutd.start()
            Ending(bob).wait()
            assert alive(carol)
            until(lambda: standby.server.psql("SELECT pg_is_in_recovery()", "postgres") == "f",
                  "the promotion")
            standby.server.psql(revoke(CAROL, carols))
            Ending(carol).wait()
            site.postgres.start()
    finally:
        standby.destroy()
        site.postgres.heal()
    mail_is_back(site)


def test_failover(site):
    """Of two servers it asks whichever is there, and what was seen on one is not seen again."""
    standby = Standby(site.postgres, site.state / "standby")
    try:
        with following(site, "logoutd-failover",
                       conninfo(site.postgres, standby.server)) as logoutd:
            unlucky, connection = begin(site, ALICE)
            site.postgres.psql(revoke(ALICE, unlucky))
            Ending(connection).wait()
            alices, again = begin(site, ALICE)
            bobs, bob = begin(site, BOB)
            site.postgres.psql(revoke(BOB, bobs))
            standby.caught_up()
            site.postgres.kill()
            Ending(bob).wait()
            assert alive(again)
            assert logoutd.said(f"ended: user={ALICE}") == 1
            site.postgres.start()
            again.close()
    finally:
        standby.destroy()
        site.postgres.heal()
    mail_is_back(site)


def test_pooler(site):
    """PgBouncer in transaction mode, restarted with a revocation in between."""
    site.postgres.psql("SET log_statement = none; "
                       "ALTER ROLE apppass_logoutd PASSWORD 'logoutd'", "postgres")
    bouncer = Bouncer(site.postgres, site.state / "pgbouncer", "apppass_logoutd", "logoutd")
    try:
        with following(site, "logoutd-pooler", bouncer.conninfo()):
            code, connection = begin(site, ALICE)
            assert Ending(connection).after(site.commit(revoke(ALICE, code))) < 1
            code, connection = begin(site, ALICE)
            bouncer.stop()
            site.postgres.psql(revoke(ALICE, code))
            bouncer.start()
            Ending(connection).wait()
    finally:
        bouncer.destroy()


def test_commits_out_of_order(site):
    """A revocation that was begun first and committed last, after others were followed."""
    code, connection = begin(site, CAROL)
    other, unlucky = begin(site, BOB)
    ending = Ending(connection)
    with contextlib.closing(site.postgres.session()) as slow:
        slow.ask(f"BEGIN; {revoke(CAROL, code)}")
        assert Ending(unlucky).after(site.commit(revoke(BOB, other))) < 1
        site.look_again()
        assert alive(connection)
        slow.ask("COMMIT")
        assert ending.after(time.time()) < 1


def test_login_under_way(site):
    """A connection that was there and had no user yet when its code ended is ended once it has."""
    client = Imap(site.cyrus.ports["imap"])
    code = site.code(ALICE)
    unlucky, connection = begin(site, ALICE)
    assert Ending(connection).after(site.commit(revoke(ALICE, unlucky))) < 1
    # The same to the daemon as a decision from before the end that arrives after it.
    assert client.authenticate_plain(ALICE, code).meaning == OK
    assert Ending(client.socket).after(time.time()) < 1
    # Whoever connects afterwards stays.
    again = imap_idle(site, ALICE, code)
    site.look_again()
    assert alive(again)
    again.close()


# ---- nobody else is signalled ----

def test_foreign_files(site):
    """Files that no Cyrus IMAP process of this user wrote end nobody."""
    sleeper = os.fork()
    if sleeper == 0:
        time.sleep(60)
        os._exit(0)
    entry = site.cyrus.proc / str(sleeper)
    try:
        code, connection = begin(site, ALICE)
        owner = site.cyrus.proc.stat()
        entry.write_text(f"imap\tlocalhost [127.0.0.1]\t{ALICE}\t\t\n")
        os.chown(entry, owner.st_uid, owner.st_gid)
        Ending(connection).after(site.commit(revoke(ALICE, code)))
        assert os.waitpid(sleeper, os.WNOHANG) == (0, 0)
    finally:
        entry.unlink()
        os.kill(sleeper, signal.SIGKILL)
        os.waitpid(sleeper, 0)


def test_least_rights(site):
    """The login has one function and no table."""
    for sql in ("SELECT 1 FROM apppass.code", "SELECT * FROM apppass.lookup('a', 'b', 'c', NULL)",
                "SELECT apppass.audit_since(NULL)"):
        with pytest.raises(Exception, match="permission denied"):
            site.postgres.psql(f"SET ROLE apppass_logout; {sql}", "postgres")
