# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the mail tests: one site for the whole session, accounts made where needed."""

import itertools
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.basics import state_folder  # noqa: E402
from harness.evidence import assert_nowhere  # noqa: E402
from harness.site import Site  # noqa: E402

BUILD = Path(os.environ["APPPASS_BUILD"])

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def site():
    """
    One process of each mail server: after the first login every attempt meets a warm
    process.  What was typed during the session must be in no log and no dump at its end.
    """
    running = Site(state_folder(), BUILD)
    try:
        running.create(processes=1)
        yield running
        if running.typed:
            assert_nowhere(running, running.typed)
    finally:
        running.destroy()


@pytest.fixture
def account(site):
    """A fresh account with a mailbox."""
    return site.add_account(f"user{next(_numbers)}@example.org")


@pytest.fixture
def code(site, account):
    """A fresh code of that account, for every service."""
    return site.issue(account, "Thunderbird on the laptop")
