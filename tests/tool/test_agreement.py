# SPDX-License-Identifier: BSD-2-Clause
"""The tool says of a code what a login is told: over the grid of tests/sql/agreement.sql."""

import json

import pytest

from harness.basics import ROOT

SQL = ROOT / "tests" / "sql"

# Each way a cell can end, at home and elsewhere, with a code that somebody could type.
MADE = r"""
BEGIN;
\i {sql}/setup.sql
\i {sql}/grid.sql
CREATE TEMP TABLE decided AS
SELECT e.*, home.verdict AS home, away.verdict AS away
FROM expected AS e, LATERAL apppass.lookup(e.account, e.selector, 'imap', '10.1.1.1') AS home,
    LATERAL apppass.lookup(e.account, e.selector, 'smtp', '192.0.2.1') AS away;
CREATE TEMP TABLE typed AS
SELECT DISTINCT ON (home, away) account, selector,
    selector || '00000000000' || apppass.check_symbol(selector || '00000000000') AS code
FROM decided ORDER BY home, away, account, selector;
SET LOCAL session_replication_role = replica;
UPDATE apppass.code AS c SET hash = apppass.bcrypt(t.code)
FROM typed AS t JOIN apppass.account AS a ON a.username = t.account
WHERE c.account_id = a.id AND c.selector = t.selector;
SELECT json_agg(json_build_object('account', d.account, 'selector', d.selector, 'home', d.home,
    'away', d.away, 'ended', d.ended, 'barred', d.barred, 'code', t.code))
FROM decided AS d LEFT JOIN typed AS t USING (account, selector);
COMMIT;
"""


@pytest.fixture(scope="module")
def grid(server):
    """Cells as lookup decides them, in a database of their own."""
    server.leave()
    server.psql("CREATE DATABASE agreement TEMPLATE apppass", "postgres")
    made = server.psql(MADE.format(sql=SQL), "postgres", "agreement")
    yield json.loads(made.splitlines()[-1])
    server.psql("DROP DATABASE agreement", "postgres")


def listed(desk, *options):
    rows = desk.ok("list", "h*@p*.org", "--json", *options, PGDATABASE="agreement").json()
    return {(row["account"], row["selector"]): row["state"] for row in rows}


def test_list(desk, grid):
    """Every cell: what has ended says how, and what lives is suspended or accepted."""
    every = {(cell["account"], cell["selector"]): cell for cell in grid}
    states = listed(desk, "--all")
    assert len(every) > 4000 and states.keys() == every.keys()
    wrong = {name: (states[name], cell["home"]) for name, cell in every.items()
             if states[name] != (cell["ended"] or ("suspended" if cell["barred"] else "live"))
             or cell["home"] != (cell["barred"] or {"live": "accepted"}.get(states[name], states[name]))}
    assert not wrong
    usable = {name: state for name, state in states.items() if state in ("live", "suspended")}
    assert listed(desk) == usable


def test_check(desk, grid):
    """A cell for each pair of verdicts, tried at home and elsewhere."""
    tried = [cell for cell in grid if cell["code"]]
    assert {cell["home"] for cell in tried} | {cell["away"] for cell in tried} == {
        "accepted", "revoked", "expired", "lapsed", "account_disabled", "realm_denied",
        "mfa_missing", "service_denied", "network_denied"}
    verifier = desk.server.conninfo("postgres", database="agreement")
    for cell in tried:
        for place, service, client in (("home", "imaps", "10.1.1.1"),
                                       ("away", "submission", "192.0.2.1")):
            answer = desk.run("check", cell["account"], "--service", service, "--from", client,
                              "--json", "--verifier", verifier, text=cell["code"] + "\n",
                              PGDATABASE="agreement")
            assert answer.json()["verdict"] == cell[place], (cell, answer)
            assert answer.status == (0 if cell[place] == "accepted" else 1), answer
