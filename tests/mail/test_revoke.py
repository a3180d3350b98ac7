# SPDX-License-Identifier: BSD-2-Clause
"""Revoked means refused at the very next login, on a process that has just accepted the code."""

import pytest

from harness.clients import DOORS, OK, PLUGIN_DOORS, REFUSED
from harness.evidence import Watch, attempt_line, process_of


@pytest.mark.parametrize("door", DOORS)
def test_revoked_code_on_a_warm_process(site, account, code, door):
    watch = Watch(site)
    assert site.knock(door, account, code).meaning == OK
    assert site.knock(door, account, code).meaning == OK
    if door.startswith("smtp"):
        warm, = site.postfix.smtpd_processes()
    else:
        accepted = watch.line(attempt_line(door, account, "accepted:"))

    site.apppass("revoke", account, "--code", code[:4], "--reason", "laptop stolen")

    assert site.knock(door, account, code).meaning == REFUSED
    refused = watch.line(attempt_line(door, account, "refused: verdict=revoked"))
    if door.startswith("smtp"):
        assert process_of(refused) == warm
    elif door in PLUGIN_DOORS and not door.startswith("sieve"):
        # timsieved serves one client and ends; apppassd is one process anyway.
        assert process_of(refused) == process_of(accepted)


@pytest.mark.parametrize("door", ["imap AUTHENTICATE PLAIN", "smtp AUTH PLAIN", "imap LOGIN"])
def test_one_of_two_devices(site, account, code, door):
    phone = site.issue(account, "phone")
    assert site.knock(door, account, code).meaning == OK
    assert site.knock(door, account, phone).meaning == OK
    site.apppass("revoke", account, "--device", "phone", "--reason", "lost")
    assert site.knock(door, account, phone).meaning == REFUSED
    assert site.knock(door, account, code).meaning == OK


def test_revoke_by_plain_update(site, account, code):
    """A database administrator's own UPDATE is as good as the tool."""
    assert site.knock("imap AUTHENTICATE PLAIN", account, code).meaning == OK
    site.postgres.psql(
        "UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'stolen'"
        f" WHERE selector = '{code[:4]}'")
    assert site.knock("imap AUTHENTICATE PLAIN", account, code).meaning == REFUSED
