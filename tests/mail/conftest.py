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
from harness.tool import issue_many  # noqa: E402

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


def _owners(site):
    """(account, code) for ever, 20 by one run of the tool: a process each is dear."""
    while True:
        names = [f"user{next(_numbers)}@example.org" for _ in range(20)]
        for name in names:
            site.postgres.psql(f"SELECT apppass.add_account('{name}')")
        yield from zip(names, issue_many(BUILD, site.postgres, [
            (name, "Thunderbird on the laptop") for name in names]))


@pytest.fixture(scope="session")
def owners(site):
    return _owners(site)


@pytest.fixture
def account(site, owners, request):
    """A fresh account with a mailbox."""
    if "code" not in request.fixturenames:
        return site.add_account(f"user{next(_numbers)}@example.org")
    name, request.node.code = next(owners)
    site.cyrus.create_mailbox(name)
    return name


@pytest.fixture
def code(site, account, request):
    """A fresh code of that account, for every service."""
    site.typed.append((account, request.node.code))
    return request.node.code
