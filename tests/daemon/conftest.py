# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the daemon's tests: one database for all, an apppassd for each module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.apppassd import Apppassd  # noqa: E402
from harness.basics import run, state_folder  # noqa: E402
from harness.postgres import VERIFIER, Postgres  # noqa: E402
from harness.tool import issue  # noqa: E402

BUILD = Path(os.environ["APPPASS_BUILD"])
ALICE = "alice@example.org"
DEFAULT_TIMEOUT = 3000


class Database(Postgres):
    """The cluster, with what the tests ask of the schema."""

    def add_account(self, name):
        self.psql(f"SELECT apppass.add_account('{name}')")
        return name

    def issue(self, account=ALICE, device="phone", services=(), networks=()):
        """A new code in the form that is shown to people."""
        words = ["--reason", "test"]
        words += [word for name in services for word in ("--service", name)]
        words += [word for name in networks for word in ("--network", name)]
        self.issued.append(issue(BUILD, self, account, device, *words))
        return self.issued[-1]

    issued = []

    def revoke(self, account, code):
        self.psql(f"SELECT apppass.revoke_code('{account}', '{code[:4]}', 'test')")


@pytest.fixture(scope="session")
def build():
    return BUILD


@pytest.fixture(scope="session")
def database():
    server = Database(state_folder())
    try:
        server.create().deploy()
        server.add_account(ALICE)
        yield server
    finally:
        server.destroy()


@pytest.fixture(scope="session")
def conninfo(database):
    return database.conninfo(VERIFIER, tcp=True)


@pytest.fixture(scope="session")
def code(database):
    """One good code of alice."""
    return database.issue()


def make_daemon(conninfo, build=BUILD, **options):
    """A configured apppassd in a folder of its own, not started."""
    options.setdefault("apppass_timeout", DEFAULT_TIMEOUT)
    return Apppassd(state_folder(), build).create(conninfo, **options)


@pytest.fixture(scope="module")
def daemon(conninfo):
    server = make_daemon(conninfo)
    try:
        yield server.start()
        assert_clean(server)
    finally:
        server.destroy()


@pytest.fixture
def fresh(conninfo):
    """One for a single test, not started."""
    server = make_daemon(conninfo)
    try:
        yield server
    finally:
        server.destroy()


def assert_clean(server):
    """No code that was ever issued stands in the log, nor part of one but its selector."""
    log = server.log.read_text()
    for code in Database.issued:
        symbols = code.replace("-", "")
        assert code not in log and symbols not in log and symbols[4:] not in log


class Checkpass:
    """Stock libsasl2 as a client."""

    def __init__(self, program):
        self.program = program

    def __call__(self, path, *logins, service="imap"):
        """The results of sasl_checkpass for (user, password) pairs."""
        done = subprocess.run([self.program, path, service], check=True, text=True,
                              input="".join(f"{user}\t{password}\n" for user, password in logins),
                              stdout=subprocess.PIPE, timeout=60)
        return [int(line) for line in done.stdout.split()]


@pytest.fixture(scope="session")
def checkpass():
    run(["make", "-s", "-C", BUILD, "tests/daemon/checkpass"])
    return Checkpass(BUILD / "tests" / "daemon" / "checkpass")
