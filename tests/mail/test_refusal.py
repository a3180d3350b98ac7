# SPDX-License-Identifier: BSD-2-Clause
"""What must not open a door, and that refusals look alike from outside."""

import pytest

from harness.clients import DOORS, OK, REFUSED, Imap, Smtp
from harness.codes import mistyped, with_other_secret
from harness.evidence import Watch, attempt_line


@pytest.fixture(scope="module")
def neighbour(site):
    """Another account with a code of its own."""
    account = site.add_account("neighbour@example.org")
    return account, site.issue(account, "phone")


@pytest.mark.parametrize("door", DOORS)
def test_wrong_code(site, account, code, door):
    watch = Watch(site)
    assert site.knock(door, account, with_other_secret(code)).meaning == REFUSED
    watch.line(attempt_line(door, account, "refused: verdict=wrong_code"))
    assert site.knock(door, account, code).meaning == OK


@pytest.mark.parametrize("door", DOORS)
def test_mistyped_code(site, account, code, door):
    watch = Watch(site)
    assert site.knock(door, account, mistyped(code)).meaning == REFUSED
    watch.line(attempt_line(door, account, "refused: verdict=mistyped"))


@pytest.mark.parametrize("door", DOORS)
def test_other_accounts_code(site, account, code, neighbour, door):
    watch = Watch(site)
    assert site.knock(door, account, neighbour[1]).meaning == REFUSED
    watch.line(attempt_line(door, account, "refused: verdict=wrong_account"))


@pytest.mark.parametrize("door", DOORS)
def test_main_password(site, account, code, door):
    watch = Watch(site)
    assert site.knock(door, account, "correct horse battery staple").meaning == REFUSED
    watch.line(attempt_line(door, account, "refused: verdict=not_a_code"))


@pytest.mark.parametrize("door", DOORS)
def test_unknown_user(site, code, door):
    watch = Watch(site)
    assert site.knock(door, "nobody@example.org", code).meaning == REFUSED
    watch.line("apppass: refused: verdict=unknown_user")


@pytest.mark.parametrize("door", DOORS)
def test_disabled_account(site, account, code, door):
    site.apppass("account", "disable", account, "--reason", "left")
    watch = Watch(site)
    assert site.knock(door, account, code).meaning == REFUSED
    watch.line(attempt_line(door, account, "refused: verdict=account_disabled"))
    site.apppass("account", "enable", account, "--reason", "came back")
    assert site.knock(door, account, code).meaning == OK


def test_code_for_another_service(site, account):
    """An smtp-only code is refused by imapd, and keeps sending."""
    code = site.issue(account, "printer", "--service", "smtp")
    watch = Watch(site)
    assert site.knock("imap AUTHENTICATE PLAIN", account, code).meaning == REFUSED
    watch.line("apppass: refused: verdict=service_denied", f"user={account} ", "service=imap")
    assert site.knock("smtp AUTH PLAIN", account, code).meaning == OK
    assert site.knock("sieve AUTHENTICATE PLAIN", account, code).meaning == REFUSED


def test_code_for_another_network(site, account):
    code = site.issue(account, "scanner", "--network", "192.0.2.0/24")
    watch = Watch(site)
    assert site.knock("smtp AUTH PLAIN", account, code).meaning == REFUSED
    watch.line(attempt_line("smtp", account, "refused: verdict=network_denied"))


def test_expired_code(site, account, code):
    site.postgres.psql(
        # Time passes; the triggers would not let anyone say so.
        "SET session_replication_role = replica;"
        "UPDATE apppass.code SET created_at = now() - interval '2 days',"
        " expires_at = now() - interval '1 second'"
        f" WHERE selector = '{code[:4]}'", "postgres")
    watch = Watch(site)
    assert site.knock("imap AUTHENTICATE PLAIN", account, code).meaning == REFUSED
    watch.line(attempt_line("imap", account, "refused: verdict=expired"))


@pytest.mark.parametrize("typed", [b"", b"\xff\xfe\xfd", b"a" * 5000], ids=["empty", "not UTF-8", "long"])
@pytest.mark.parametrize("door", ["imap AUTHENTICATE PLAIN", "smtp AUTH PLAIN", "smtp AUTH LOGIN"])
def test_odd_passwords(site, account, door, typed):
    assert site.knock(door, account, typed).meaning != OK


def test_refusals_look_alike(site, account, code, neighbour):
    """Wrong, unknown, revoked, foreign: the client reads the same words."""
    revoked = site.issue(account, "old phone")
    site.apppass("revoke", account, "--device", "old phone", "--reason", "sold")
    attempts = [(account, with_other_secret(code)), (account, mistyped(code)), (account, revoked),
                (account, neighbour[1]), (account, "hunter2hunter2"), ("nobody@example.org", code)]
    site.typed += attempts
    with Imap(site.cyrus.ports["imap"]) as client:
        heard = {client.authenticate_plain(*attempt).text for attempt in attempts[:2]}
    for attempt in attempts[2:]:
        with Imap(site.cyrus.ports["imap"]) as client:
            heard.add(client.authenticate_plain(*attempt).text)
    assert len(heard) == 1, heard
    for mechanism in (Smtp.auth_plain, Smtp.auth_login):
        heard = set()
        for attempt in attempts:
            with Smtp(site.postfix.port) as client:
                heard.add(mechanism(client, *attempt).text)
        assert len(heard) == 1, heard
