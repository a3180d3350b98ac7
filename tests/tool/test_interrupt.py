# SPDX-License-Identifier: BSD-2-Clause
"""Ctrl-C, lost connections and full disks leave nothing half done."""

import os
import signal
import subprocess

import psycopg2
import pytest

from conftest import CODE, TOOL, environment
from harness.basics import until


@pytest.fixture
def lock(server):
    """A second session that holds a lock until released."""
    session = psycopg2.connect(server.conninfo("postgres"))
    yield session
    session.close()


@pytest.fixture
def slow_commit(desk, lock):
    """What stores a code waits at its commit for a lock that the second session holds."""
    lock.cursor().execute("SELECT pg_advisory_xact_lock(1)")
    desk.sql("""CREATE FUNCTION public.wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$BEGIN PERFORM pg_catalog.pg_advisory_xact_lock_shared(1); RETURN NULL; END$$;
                CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON apppass.code
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.wait_at_commit()""")
    yield lock
    lock.rollback()
    desk.sql("DROP FUNCTION public.wait_at_commit() CASCADE")


def waits(desk, what):
    """A session of the tool waits for a lock, or asks again and again whether it is free."""
    until(lambda: int(desk.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'apppass'"
        f" AND wait_event_type IN ('Lock', 'Timeout') AND query LIKE '%{what}%'")) == 1, f"{what} to wait")


def nobody_left(desk):
    until(lambda: int(desk.sql("SELECT count(*) FROM pg_stat_activity"
                               " WHERE application_name = 'apppass'")) == 0, "sessions to end")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_before_the_commit_nothing_is_stored(desk, terminal, lock, number):
    account = desk.account()
    lock.cursor().execute("SELECT 1 FROM apppass.account WHERE username = %s FOR UPDATE", (account,))
    screen = terminal("issue", account, "--device", "Phone")
    waits(desk, "store_code")
    screen.process.send_signal(number)
    assert screen.finish() == -number
    assert "interrupted; nothing was changed" in screen.text and not CODE.search(screen.plain)
    lock.rollback()
    nobody_left(desk)
    assert desk.json("list", account, "--all") == []


def test_during_the_commit_the_code_is_shown(desk, terminal, slow_commit):
    """Ctrl-C must not win now."""
    account = desk.account()
    screen = terminal("issue", account, "--device", "Phone")
    waits(desk, "COMMIT")
    screen.interrupt()
    slow_commit.rollback()
    assert screen.finish() == 0
    code = CODE.findall(screen.plain)
    assert len(code) == 1
    assert [row["selector"] for row in desk.json("list", account)] == [code[0][:4]]


def test_output_file_is_gone_after_an_interrupted_issue(desk, terminal, lock, folder):
    account = desk.account()
    lock.cursor().execute("SELECT 1 FROM apppass.account WHERE username = %s FOR UPDATE", (account,))
    screen = terminal("issue", account, "--device", "Phone", "--output", folder / "code")
    waits(desk, "store_code")
    assert screen.interrupt().finish() == -signal.SIGINT
    lock.rollback()
    assert os.listdir(folder) == []


def test_connection_lost_during_the_commit(desk, terminal, slow_commit, folder):
    """Nobody knows whether it was stored: no code is shown, and that is said."""
    account = desk.account()
    screen = terminal("issue", account, "--device", "Phone", "--output", folder / "code")
    waits(desk, "COMMIT")
    desk.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
             " WHERE application_name = 'apppass'")
    assert screen.finish() == 69
    assert not CODE.search(screen.plain) and os.listdir(folder) == []
    slow_commit.rollback()
    assert desk.json("list", account, "--all") == []


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_code_that_could_not_be_shown_is_revoked(desk, words):
    account = desk.account()
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([TOOL, "issue", account, "--device", "Phone", "--force", *words],
                              stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              env=environment(desk.server), timeout=60, check=False)
    assert done.returncode == 1 and b"was revoked again" in done.stderr, done.stderr
    rows = desk.json("list", account, "--all")
    assert len(rows) == 1 and rows[0]["state"] == "revoked"
    assert "could not be shown" in rows[0]["revoke_reason"]


@pytest.mark.parametrize("option", ["--output", "--mobileconfig"])
def test_file_of_a_code_that_was_taken_back_is_removed(desk, folder, option):
    account = desk.account()
    servers = ["--imap-host", "i.example", "--smtp-host", "s.example"] * (option != "--output")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([TOOL, "issue", account, "--device", "Phone", option, folder / "file",
                               *servers], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              env=environment(desk.server), timeout=60, check=False)
    assert done.returncode == 1 and b"was revoked again" in done.stderr, done.stderr
    assert not (folder / "file").exists()


@pytest.mark.parametrize("closed", ["<&- >&-", ">&-", "<&- >&- 2>&-"])
def test_closed_output_is_a_code_not_shown(desk, closed):
    """No pipe or connection of the tool's own gets the number of a closed descriptor."""
    account = desk.account()
    done = subprocess.run(["sh", "-c", f"{TOOL} issue {account} --device Phone --force {closed}"],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          env=environment(desk.server), timeout=60, check=False)
    assert done.returncode == 1, done
    assert [row["state"] for row in desk.json("list", account, "--all")] == ["revoked"]


def test_closed_pipe_is_a_code_not_shown(desk):
    account = desk.account()
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([TOOL, "issue", account, "--device", "Phone", "--force"],
                          stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                          env=environment(desk.server), timeout=60, check=False)
    os.close(writer)
    assert done.returncode == 1, done.stderr
    assert desk.json("list", account, "--all")[0]["state"] == "revoked"


def test_full_disk_is_noticed_for_lists(desk):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([TOOL, "realm", "show"], stdin=subprocess.DEVNULL, stdout=full,
                              stderr=subprocess.PIPE, env=environment(desk.server), timeout=60,
                              check=False)
    assert done.returncode == 1 and b"could not write" in done.stderr


def test_reader_that_goes_away_is_no_fault(desk):
    """apppass list | head"""
    done = subprocess.run(["sh", "-c", f"{TOOL} metrics | head -n 1; {TOOL} metrics | :"],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          env=environment(desk.server), timeout=60, check=False)
    assert done.returncode == 0 and done.stderr == b""


def test_interrupted_revoke_revokes_nothing(desk, terminal, lock):
    account = desk.account()
    desk.code(account)
    lock.cursor().execute("SELECT 1 FROM apppass.code AS c JOIN apppass.account AS a"
                          " ON a.id = c.account_id WHERE a.username = %s FOR UPDATE OF c",
                          (account,))
    screen = terminal("revoke", account, "--all", "--reason", "x", "--yes")
    waits(desk, "revoke_account")
    assert screen.interrupt().finish() == -signal.SIGINT
    lock.rollback()
    nobody_left(desk)
    assert desk.json("list", account)[0]["state"] == "live"


def test_watch_ends_by_the_signal(desk, terminal):
    screen = terminal("watch").expect("watching")
    assert screen.interrupt().finish() == -signal.SIGINT
