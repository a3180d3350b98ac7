# SPDX-License-Identifier: BSD-2-Clause
"""The schema moves on while people log in, and today's programs go on with it."""

import os
import re
import shutil

import pytest

from harness.basics import ROOT, run
from harness.clients import OK, REFUSED, Imap
from harness.crowd import Crowd
from harness.postgres import OWNER
from test_notify import notify

# As HACKING has it: a column, a function that mail servers ask replaced, the number.
LATER = """
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL lock_timeout = '10s';
SET LOCAL ROLE apppass_owner;
ALTER TABLE apppass.account ADD COLUMN nickname text;
DO $$ BEGIN EXECUTE pg_get_functiondef('apppass.lookup(text,text,text,inet)'::regprocedure); END $$;
CREATE OR REPLACE FUNCTION apppass.schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 2;
-- Who logs in now meets the locks.
SELECT pg_sleep(1);
COMMIT;
"""
TAKEN_BACK = """
BEGIN;
SET LOCAL ROLE apppass_owner;
CREATE OR REPLACE FUNCTION apppass.schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 1;
ALTER TABLE apppass.account DROP COLUMN nickname;
COMMIT;
"""
VERIFY = "SELECT 1 / (apppass.schema_version() = 2)::integer;\n"
# One for each way to ask: the plugin in each server, and apppassd.
WAYS = ("imap AUTHENTICATE PLAIN", "smtp AUTH PLAIN", "pop3 AUTH PLAIN",
        "sieve AUTHENTICATE PLAIN", "imap LOGIN", "http Basic")
SERVES = ("SET ROLE apppass_owner; CREATE OR REPLACE FUNCTION apppass.schema_serves()"
          " RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN {}")


@pytest.fixture
def later_by_sqitch(site, tmp_path):
    """deploy(): the schema with one more change; at the end it is as it was."""
    project = tmp_path / "sql"
    shutil.copytree(ROOT / "sql", project)
    for kind, script in (("deploy", LATER), ("verify", VERIFY), ("revert", TAKEN_BACK)):
        (project / kind / "later.sql").write_text(script)
    with open(project / "sqitch.plan", "a", encoding="utf-8") as plan:
        plan.write("later [quiet] 2027-01-01T00:00:00Z tests <tests@example.org> # One more\n")

    def sqitch(*words):
        run(["sqitch", *words, "--target", "db:pg:apppass"], cwd=project, env={
            **os.environ, **site.postgres.environment(OWNER),
            "SQITCH_FULLNAME": "tests", "SQITCH_EMAIL": "tests@example.org"})

    yield lambda: sqitch("deploy", "--verify")
    sqitch("revert", "-y", "--to-change", "quiet")


@pytest.fixture
def later(site):
    """deploy(): what sqitch would run of it; at the end the schema is as it was."""
    yield lambda: site.postgres.psql(LATER, OWNER)
    site.postgres.psql(TAKEN_BACK, OWNER)


def test_change_is_deployed_while_people_log_in(site, account, code, later_by_sqitch):
    with Crowd(site, {"right": (account, code, True)}, WAYS) as crowd:
        crowd.await_answers(2)
        later_by_sqitch()
        # The second of each began after this was asked.
        crowd.await_answers(2)
    assert site.postgres.psql("SELECT apppass.schema_version()") == "2"
    assert crowd.temporary() == 0
    crowd.check(60)


def test_programs_work_with_the_next_schema(site, account, code, later):
    site.end_sessions()
    try:
        with Imap(site.cyrus.ports["imap"]) as phone:
            assert phone.login(account, code).meaning == OK
            later()
            other = site.issue(account, "Tablet")
            assert site.knock("pop3 USER/PASS", account, other).meaning == OK
            site.apppass("list", account)
            site.apppass("diagnose", account)
            notify(site, "--once")
            site.apppass("revoke", account, "--code", code[:4], "--reason", "lost", "--yes")
            phone.ended()
    finally:
        site.logoutd.stop()


def test_tool_that_is_too_old_says_so_and_revokes(site, account, code, later):
    later()
    site.postgres.psql(SERVES.format(2), "postgres")
    try:
        said = site.apppass("list", account, check=False)
        assert said.returncode == 69 and "newer than this tool" in said.stderr, said
        assert "serves tools from number 2 on" in said.stderr
        assert "install the newer version of apppass" in said.stderr
        done = site.apppass("revoke", account, "--all", "--reason", "lost", "--yes", check=False)
        assert done.returncode == 0 and "revoked 1 code" in done.stderr, done
        assert "tried all the same" in done.stderr
    finally:
        site.postgres.psql(SERVES.format(1), "postgres")
    assert site.knock("imap LOGIN", account, code).meaning == REFUSED


def test_postgresql_is_upgraded(site, account, code):
    """By pg_upgrade: everything is there, and the mail servers, which nobody restarts, find it."""
    def content():
        # Without the random word that newer pg_dumps have, and parentheses: what is parsed anew
        # may have fewer.
        return {re.sub("[()]", "", line) for line in site.postgres.dump().splitlines()
                if "restrict " not in line}

    def cluster():
        return site.postgres.psql("SELECT apppass.cluster()", "postgres")

    def trail():
        return site.postgres.psql("SELECT problem IS NULL, rows_checked > 0 FROM apppass.audit_verify()")

    assert site.knock(WAYS[0], account, code).meaning == OK
    site.last_service(account)
    site.postgres.psql("SELECT apppass.audit_seal()")
    before, old = content(), cluster()
    site.postgres.upgrade()
    assert content() ^ before == set()
    assert cluster() != old
    for door in WAYS:
        assert site.knock(door, account, code).meaning == OK, door
    assert site.knock(WAYS[0], account, f"{code[:-4]}0000").meaning == REFUSED
    site.apppass("revoke", account, "--all", "--reason", "moved")
    assert site.knock(WAYS[0], account, code).meaning == REFUSED
    assert trail() == "t|t"
