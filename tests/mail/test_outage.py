# SPDX-License-Identifier: BSD-2-Clause
"""
No database: temporary failure in each protocol's words, and recovery without help.
tests/fault has every other kind of trouble, at the doors where it makes a difference.
"""

import re

import pytest

from harness.basics import ROOT, until
from harness.clients import DOORS, OK, PLUGIN_DOORS, REFUSED, TEMPORARY
from harness.evidence import Watch, attempt_line

UNABLE_TO_SAY = ("sieve AUTHENTICATE PLAIN", "pop3 USER/PASS")
UNAVAILABLE = "remote authentication server unavailable"


def words(door):
    """The words each server has for it."""
    if door.startswith("smtp"):
        return "454 4.7.0 Temporary authentication failure"
    if door == "http Basic":
        return "500 Internal Server Error"
    # These two have one answer for everything; that it was no wrong password is in the log.
    if door in UNABLE_TO_SAY:
        return "NO " if door.startswith("sieve") else "-ERR [AUTH] Invalid login"
    return UNAVAILABLE if door in PLUGIN_DOORS else "generic failure"


@pytest.fixture
def outage(site):
    """Leaves the database running, whatever the test did to it."""
    yield site.postgres
    site.postgres.heal()


def assert_temporary(site, door, account, code):
    reply = site.knock(door, account, code)
    assert words(door) in reply.text, reply
    assert reply.meaning == TEMPORARY or door in UNABLE_TO_SAY, reply


def recovered(site, door, account, code):
    return until(lambda: site.knock(door, account, code).meaning == OK,
                 f"{door} to accept again", timeout=90)


@pytest.mark.parametrize("door", DOORS)
def test_stopped(site, account, code, outage, door):
    assert site.knock(door, account, code).meaning == OK
    outage.stop()
    watch = Watch(site)
    assert_temporary(site, door, account, code)
    watch.line(attempt_line(door, account, "unavailable:").rstrip())
    outage.start()
    recovered(site, door, account, code)


@pytest.mark.parametrize("door", ["imap AUTHENTICATE PLAIN", "smtp AUTH PLAIN", "imap LOGIN"])
def test_monitoring_sees_it(site, outage, door):
    """What doc/INSTALL.md tells a monitoring system to type asks the database."""
    asked = re.search(r"as\s`(\S+)`\s+with\sthe\scode\s`(\S+)`",
                      (ROOT / "doc/INSTALL.md").read_text()).groups()
    assert until(lambda: site.knock(door, *asked).meaning == REFUSED, f"{door} to refuse", timeout=90)
    outage.stop()
    assert_temporary(site, door, *asked)
    outage.start()
    assert until(lambda: site.knock(door, *asked).meaning == REFUSED, f"{door} to refuse", timeout=90)
