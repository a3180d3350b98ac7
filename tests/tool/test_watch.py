# SPDX-License-Identifier: BSD-2-Clause
"""What apppass watch shows when the connection is not what it was."""

import secrets

import pytest

from harness.bouncer import Bouncer
from harness.postgres import HELPDESK


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_nothing_is_lost_while_the_server_is_away(server, desk, terminal, mode):
    account = desk.account("away")
    screen = terminal("watch", account, columns=1000).expect("watching")
    before = desk.code(account, "Before")
    screen.expect(before[:4])
    server.stop(mode)
    screen.expect("trying again")
    server.start()
    between = desk.code(account, "Between")
    screen.expect("connected again").expect(between[:4])
    after = desk.code(account, "After")
    screen.expect(after[:4]).interrupt().finish()
    for code in (before, between, after):
        assert screen.text.count(f"  code {code[:4]}") == 1, screen.text


def test_a_lost_session_alone(desk, terminal):
    account = desk.account("ended")
    screen = terminal("watch", account, columns=1000).expect("watching")
    desk.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
             " WHERE usename = 'hilda' AND application_name = 'apppass'")
    code = desk.code(account)
    screen.expect("connected again").expect(code[:4])
    assert "??" not in screen.text


def test_changes_pass_through_a_pooler(server, desk, terminal, folder):
    account = desk.account("pooled")
    password = secrets.token_urlsafe(18)
    desk.sql(f"SET log_statement = none; ALTER ROLE {HELPDESK} PASSWORD '{password}'")
    bouncer = Bouncer(server, folder / "bouncer", user=HELPDESK, password=password)
    try:
        screen = terminal("watch", account, columns=1000, PGHOST="127.0.0.1",
                          PGPORT=str(bouncer.port), PGPASSWORD=password)
        screen.expect("behind a pooler").expect("watching")
        code = desk.code(account)
        screen.expect(code[:4]).interrupt().finish()
    finally:
        bouncer.destroy()
