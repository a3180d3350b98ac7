# SPDX-License-Identifier: BSD-2-Clause
"""One site for the whole suite, its database to be hurt and healed; and what was measured."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.basics import state_folder  # noqa: E402
from harness.evidence import assert_nowhere  # noqa: E402

from ground import Ground  # noqa: E402

FIGURES = []


@pytest.fixture(scope="session")
def ground():
    """What was typed during the session must be in no log and no dump at its end."""
    running = Ground(state_folder(), Path(os.environ["APPPASS_BUILD"]))
    try:
        running.create()
        yield running
        running.postgres.resume()
        assert_nowhere(running, running.typed)
    finally:
        running.destroy()


@pytest.fixture
def site(ground):
    """The site as it is without trouble: database up, usual options."""
    ground.heal()
    return ground


@pytest.fixture
def figure(request):
    """figure(text): a measurement, printed under the test's name at the end."""
    def note(text):
        FIGURES.append(f"{request.node.name}: {text}")
    return note


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("measured")
        for line in FIGURES:
            terminalreporter.write_line(line)
