# SPDX-License-Identifier: BSD-2-Clause
"""What somebody gets who has taken over an smtpd: its options, and so its database login."""

import psycopg2
import pytest

from harness.postgres import DATABASE, VERIFIER


@pytest.fixture
def thief(site):
    """A session with the login that stands in smtpd.conf."""
    assert site.postgres.password in (site.postfix.config / "sasl" / "smtpd.conf").read_text()
    session = psycopg2.connect(host="127.0.0.1", port=site.postgres.port, dbname=DATABASE,
                               user=VERIFIER, password=site.postgres.password)
    session.autocommit = True
    yield session.cursor()
    session.close()


def test_reads_no_table(site, thief):
    relations = site.sql("SELECT c.oid::regclass FROM pg_class AS c WHERE relnamespace ="
                         " 'apppass'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')").split()
    assert len(relations) > 8
    for relation in relations:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            thief.execute(f"SELECT * FROM {relation}")
    thief.execute("SELECT c.relname FROM pg_class AS c WHERE relnamespace = 'apppass'::regnamespace"
                  " AND relkind <> 'i' AND relkind <> 'I' AND relkind <> 'c' AND relkind <> 'S'"
                  " AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')")
    assert thief.fetchall() == []


def test_calls_a_few_functions(thief):
    thief.execute("SELECT p.proname FROM pg_proc AS p WHERE pronamespace = 'apppass'::regnamespace"
                  " AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1")
    assert {name for name, in thief.fetchall()} == {
        "lookup", "record_use", "record_refusal", "record_main_password", "upgrade_hash"}


def test_learns_one_hash_for_a_known_selector(site, thief):
    account, code, _ = site.cases["right"]
    revoked = site.cases["revoked"][1]
    thief.execute("SELECT hash FROM apppass.lookup(%s, %s, 'smtp', NULL)", [account, code[:4]])
    assert thief.fetchall()[0][0].startswith("$argon2id$")
    for name, selector in ((account, revoked[:4]), (account, "zzzz"), (account, None),
                           ("nobody@example.org", code[:4]), ("%", "%"), ("' OR true --", "_")):
        thief.execute("SELECT hash FROM apppass.lookup(%s, %s, 'smtp', NULL)", [name, selector])
        assert thief.fetchall() == [(None,)], (name, selector)


def test_gets_no_further(thief):
    for statement in ("SET ROLE apppass_helpdesk", "SET ROLE apppass_owner", "CREATE TABLE x ()",
                      "CREATE FUNCTION apppass.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                      "CREATE SCHEMA x", "SELECT pg_read_file('/etc/passwd')",
                      "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT * FROM pg_authid"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            thief.execute(statement)
