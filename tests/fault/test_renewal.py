# SPDX-License-Identifier: BSD-2-Clause
"""What a site renews from time to time, while people log in: nobody is told to try again."""

import secrets

import pytest

from harness.basics import until
from harness.crowd import Crowd


@pytest.fixture
def login(site):
    """login(NAME): the conninfo of a new login of the mail servers; its line in pg_hba.conf too."""
    made = []

    def make(name):
        password = secrets.token_hex(16)
        site.sql(f"SET log_statement = none; CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE apppass_verifier")
        made.append(name)
        hba = site.postgres.data / "pg_hba.conf"
        hba.write_text(f"host all {name} 127.0.0.1/32 scram-sha-256\n" + hba.read_text())
        site.sql("SELECT pg_reload_conf()")
        return f"host=127.0.0.1 port={site.postgres.port} dbname=apppass user={name} password={password}"
    yield make
    site.configure(**site.usual())
    for name in made:
        site.sql(f"DROP ROLE IF EXISTS {name}")


def sessions(site, name):
    return site.sql(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{name}'")


def test_database_password(site, login):
    """A second login takes over, server by server; then the first one goes."""
    usual = site.usual()
    site.configure(**{**usual, "conninfo": login("mail_old")})
    with Crowd(site, site.cases, width=2) as crowd:
        crowd.await_answers(4)
        assert sessions(site, "mail_old") != "0"
        renewed = login("mail_new")
        site.reconfigure(**{**usual, "conninfo": renewed})
        until(lambda: sessions(site, "mail_old") == "0", "the last session of the old login", 60)
        site.sql("ALTER ROLE mail_old NOLOGIN")
        crowd.await_answers(4)
        site.sql("DROP ROLE mail_old")
        crowd.await_answers(2)
    crowd.check(30)
    assert crowd.temporary() == 0, crowd.summary()
