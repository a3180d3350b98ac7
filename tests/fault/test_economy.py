# SPDX-License-Identifier: BSD-2-Clause
"""How many database connections many servers and many clients take."""

import collections
import os
import resource
import threading
import time

import pytest

from harness.basics import descendants, name_of, until
from harness.bouncer import Bouncer
from harness.clients import OK, REFUSED, TEMPORARY, Imap, Smtp
from harness.codes import with_other_secret
from harness.crowd import judged
from harness.postgres import VERIFIER

from ground import MAX_CONNECTIONS
from trouble import connect, sessions

IDLE_S = 2
IMAPDS = int(os.environ.get("APPPASS_IMAPDS", "30"))
STORM = int(os.environ.get("APPPASS_STORM", "250"))
# An imapd is about 12 MiB of its own; leave the machine a good part of its memory.
IMAPD_MIB = 14
PATIENCE_S = 15
PROCESSES = 100     # of each mail server: Postfix's default


def imapd_count():
    with open("/proc/meminfo", encoding="ascii") as info:
        free = next(int(line.split()[1]) // 1024 for line in info if line.startswith("MemAvailable"))
    return min(IMAPDS, free // 2 // IMAPD_MIB)


@pytest.fixture
def descriptors():
    """Two for each client."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_idle_imapds_hold_no_connection(site, figure, descriptors):
    count = imapd_count()
    account, code, _ = site.cases["right"]
    site.configure(**site.usual(), idle_timeout=IDLE_S)
    site.restart(processes=count)
    clients, most = [], 0
    try:
        for number in range(count):
            clients.append(Imap(site.cyrus.ports["imap"]))
            assert clients[-1].authenticate_plain(account, code).meaning == OK, number
            if number % 10 == 9:
                most = max(most, sessions(site.postgres))
        pids = [pid for pid in descendants(site.cyrus.daemon.pid()) if name_of(pid) == "imapd"]
        assert len(pids) >= count
        started = time.monotonic()
        until(lambda: sessions(site.postgres) == 0, "no session of the idle servers", 20)
        assert sessions(site.postgres) == 0
        # All of them are there and serve.
        for client in clients:
            assert client.command("NOOP")[1].startswith("OK")
        figure(f"{count} imapd processes logged in; {most} database sessions at most while they came, "
               f"none {time.monotonic() - started:.1f} s after the last login "
               f"(apppass_idle_timeout {IDLE_S} s)")
    finally:
        for client in clients:
            client.close()
        site.restart()


class Storm:
    """
    `count` clients at once, half at smtpd and half at imapd, one in ten with a wrong code; a
    temporary answer is what a mail program gets over: it tries again.
    """

    def __init__(self, site, count):
        self.site = site
        self.count = count
        self.answers = collections.Counter()
        self.wrong = []
        self.most = 0
        self.lock = threading.Lock()
        self.ready = threading.Barrier(count + 1)

    def client(self, number):
        account, code, _ = self.site.cases["right"]
        good = number % 10 != 0
        typed = code if good else with_other_secret(code)
        self.ready.wait()
        for _ in range(60):
            try:
                reply = self.once(number, account, typed)
            except (OSError, EOFError) as error:
                reply = None
                said = f"no answer: {type(error).__name__}"
            else:
                said = reply.meaning
            with self.lock:
                self.answers[said] += 1
                if reply and reply.meaning != (OK if good else REFUSED) and said != TEMPORARY:
                    self.wrong.append((number, reply))
            if reply and said != TEMPORARY:
                return
            threading.Event().wait(0.5)     # as a mail program would, but sooner
        self.wrong.append((number, "never served"))

    def once(self, number, account, typed):
        if number % 2:
            with Smtp(self.site.postfix.port, timeout=PATIENCE_S) as client:
                return judged(client.auth_plain(account, typed))
        with Imap(self.site.cyrus.ports["imap"], timeout=PATIENCE_S) as client:
            return judged(client.authenticate_plain(account, typed))

    def run(self):
        threading.stack_size(256 * 1024)
        threads = [threading.Thread(target=self.client, args=(number,), daemon=True)
                   for number in range(self.count)]
        threading.stack_size(0)
        for thread in threads:
            thread.start()
        watcher = connect(self.site.postgres, "postgres")
        watcher.autocommit = True
        cursor = watcher.cursor()
        self.ready.wait()
        started = time.monotonic()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.25)
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [VERIFIER])
                self.most = max(self.most, cursor.fetchone()[0])
        watcher.close()
        return time.monotonic() - started


def storm(site, figure):
    running = Storm(site, STORM)
    elapsed = running.run()
    assert not running.wrong, running.wrong[:5]
    served = running.answers[OK] + running.answers[REFUSED]
    assert served == STORM
    figure(f"{STORM} clients at once, all served in {elapsed:.1f} s, {dict(running.answers)}, "
           f"at most {running.most} of {MAX_CONNECTIONS} connections")


def test_login_storm_after_a_restart(site, figure, descriptors):
    """Every process is new, and so is the database's cache."""
    site.configure(**{**site.usual(), "timeout": 5000})
    site.restart(processes=PROCESSES)
    site.postgres.stop()
    site.postgres.start()
    try:
        storm(site, figure)
    finally:
        site.restart()


def test_login_storm_through_pgbouncer(site, figure, descriptors):
    bouncer = Bouncer(site.postgres, site.state / "pgbouncer", server_login_retry=1,
                      default_pool_size=20, max_client_conn=2000)
    try:
        site.configure(**{**site.usual(), "timeout": 5000, "conninfo": bouncer.conninfo()})
        site.restart(processes=PROCESSES)
        storm(site, figure)
        assert sessions(site.postgres) <= 20
    finally:
        bouncer.destroy()
        site.restart()
