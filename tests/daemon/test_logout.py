# SPDX-License-Identifier: BSD-2-Clause
"""apppass-logoutd on real Cyrus IMAP: who is shut out is out, and nobody else."""

import os
import select
import signal
import socket
import threading
import time

import pytest

from conftest import BUILD
from harness.basics import state_folder, until
from harness.clients import OK, Imap, Pop, Sieve, b64
from harness.logoutd import Logoutd
from harness.site import Site

ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"
ROUNDS = int(os.environ.get("APPPASS_LOGOUT_ROUNDS", "10"))


class WithLogoutd(Site):
    def create(self, processes=None):
        super().create(processes)
        self.logoutd = Logoutd(self.state / "logoutd", BUILD)
        self.cyrus.show_clients(**{"apppass-logout": self.logoutd.user})
        self.logoutd.create(
            f"host={self.postgres.socket} port={self.postgres.port} dbname=apppass "
            "user=apppass_logoutd", self.cyrus.proc, "-r", "example.net").start()
        return self

    def stop(self):
        self.logoutd.stop()
        super().stop()

    def commit(self, sql):
        """Run SQL as one transaction; when it was committed, by the machine's clock."""
        return float(self.postgres.psql(
            f"BEGIN; SET LOCAL apppass.reason = 'test'; {sql}; COMMIT;\n"
            "SELECT extract(epoch FROM clock_timestamp())").splitlines()[-1])


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
    assert client.authenticate_plain(account, code).meaning == OK
    return idle(client)


def imap_login(site, account, code):
    """LOGIN, then IDLE."""
    client = Imap(site.cyrus.ports["imap"])
    assert client.login(account, code).meaning == OK
    return idle(client)


def idle(client):
    assert client.command("SELECT INBOX")[1].startswith("OK")
    client.send("i IDLE")
    assert client.line().startswith("+")
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


# timsieved keeps no file that says whom it serves.
SESSIONS = {"IMAP": imap_idle, "IMAP LOGIN": imap_login, "POP3": pop, "HTTP": http}


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

    def after(self, moment):
        self.join(25)
        assert self.at is not None, "the session goes on"
        return self.at - moment


def alive(connection):
    return not select.select([connection], [], [], 0)[0]


def begin(site, account, door="IMAP", device="phone"):
    """A code of its own, and a session by it: (code, connection)."""
    code = site.issue(account, device, "--force")
    return code, SESSIONS[door](site, account, code)


def revoke(account, code):
    return f"SELECT apppass.revoke_code('{account}', '{code[:4]}', 'lost')"


@pytest.mark.parametrize("door", SESSIONS)
def test_revoked_session_ends_within_a_second(site, door):
    """And another account's, at every door, goes on."""
    other = site.issue(BOB, "laptop", "--force")
    others = [enter(site, BOB, other) for enter in (*SESSIONS.values(), sieve)]
    worst = 0.0
    for _ in range(ROUNDS):
        code, connection = begin(site, ALICE, door)
        ending = Ending(connection)
        worst = max(worst, ending.after(site.commit(revoke(ALICE, code))))
    print(f"{door}: {ROUNDS} rounds, worst {worst * 1000:.0f} ms")
    assert worst < 1
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
        assert Ending(connection).after(site.commit(CAUSES[cause](code))) < 1
    finally:
        site.commit("UPDATE apppass.account SET enabled = true WHERE NOT enabled;"
                    "UPDATE apppass.realm SET codes_allowed = true WHERE NOT codes_allowed;"
                    "DELETE FROM apppass.access_rule")


def test_what_shuts_nobody_out_ends_nothing(site):
    _, connection = begin(site, ALICE)
    site.issue(ALICE, "another", "--force")
    site.commit("INSERT INTO apppass.access_rule (position, action, network) VALUES "
                "(2, 'deny', '192.0.2.0/24'), (3, 'allow', '127.0.0.0/8');"
                "DELETE FROM apppass.access_rule WHERE position = 2;"
                "UPDATE apppass.realm SET code_length = 24;"
                "UPDATE apppass.realm SET code_length = 20")
    # What comes later in the trail has been acted upon: so has all before.
    code, marker = begin(site, BOB)
    assert Ending(marker).after(site.commit(revoke(BOB, code))) < 1
    assert alive(connection)
    connection.close()
    site.commit("DELETE FROM apppass.access_rule")


def test_expiry_that_is_reached(site):
    """Nothing is committed when it comes."""
    code, connection = begin(site, ALICE)
    ending = Ending(connection)
    moment = site.commit("UPDATE apppass.code SET expires_at = clock_timestamp() + '3 s' "
                         f"WHERE selector = '{code[:4]}'") + 3
    assert -0.1 < ending.after(moment) < 1


def test_end_of_a_grace(site):
    code, connection = begin(site, ALICE)
    ending = Ending(connection)
    site.postgres.psql(f"SELECT apppass.reset_code('{ALICE}', 'phone', grace => '3 s', "
                       "reason => 'x')")
    moment = float(site.postgres.psql("SELECT extract(epoch FROM expires_at) FROM apppass.code "
                                      f"WHERE selector = '{code[:4]}'"))
    assert -0.1 < ending.after(moment) < 1


def test_other_devices_come_back(site):
    kept = site.issue(ALICE, "laptop", "--force")
    laptop = imap_idle(site, ALICE, kept)
    code, connection = begin(site, ALICE)
    moment = site.commit(revoke(ALICE, code))
    assert Ending(connection).after(moment) < 1
    Ending(laptop).after(moment)
    again = imap_idle(site, ALICE, kept)
    until(lambda: site.logoutd.said("ended:") >= 2, "both sessions in the log")
    time.sleep(1)     # four more questions
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


def test_killed_at_any_moment(site):
    """The end of a session and the end of the daemon in every order."""
    for step in range(12):
        code, connection = begin(site, ALICE)
        ending = Ending(connection)
        site.postgres.psql(revoke(ALICE, code))
        time.sleep(step * 0.03)
        site.logoutd.stop(signal.SIGKILL)
        site.logoutd.start()
        ending.join(5)
        assert ending.at is not None, step


def test_database_restarted(site):
    """Killed with the revocation just committed: it is made up for when the database is back."""
    for step in range(4):
        code, connection = begin(site, ALICE)
        ending = Ending(connection)
        site.postgres.psql(revoke(ALICE, code))
        time.sleep(step * 0.05)
        site.postgres.kill()
        site.postgres.start()
        ending.join(20)
        assert ending.at is not None, step
    until(lambda: site.knock("imap AUTHENTICATE PLAIN", ALICE,
                             site.issue(ALICE, "phone", "--force")).meaning == OK,
          "the mail server to be back")


def test_commits_out_of_order(site):
    """A revocation that was begun first and committed last, after others were followed."""
    code, connection = begin(site, CAROL)
    other, unlucky = begin(site, BOB)
    ending = Ending(connection)
    slow = threading.Thread(target=site.postgres.psql, args=(
        f"BEGIN; {revoke(CAROL, code)}; SELECT pg_sleep(10); COMMIT",))
    slow.start()
    until(lambda: site.postgres.psql("SELECT count(*) FROM pg_stat_activity WHERE state = "
                                     "'active' AND query LIKE 'SELECT pg\\_sleep(10)%'",
                                     "postgres") == "1", "the slow one")
    assert Ending(unlucky).after(site.commit(revoke(BOB, other))) < 1
    assert alive(connection)
    slow.join()
    assert ending.after(time.time()) < 1


def test_login_under_way(site):
    """A connection that was there and had no user yet when its code ended is ended once it has."""
    client = Imap(site.cyrus.ports["imap"])
    code = site.issue(ALICE, "phone", "--force")
    unlucky, connection = begin(site, ALICE, device="tablet")
    assert Ending(connection).after(site.commit(revoke(ALICE, unlucky))) < 1
    # The same to the daemon as a decision from before the end that arrives after it.
    assert client.authenticate_plain(ALICE, code).meaning == OK
    assert Ending(client.socket).after(time.time()) < 1
    # Whoever connects afterwards stays.
    again = imap_idle(site, ALICE, code)
    time.sleep(1)     # four more questions
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
