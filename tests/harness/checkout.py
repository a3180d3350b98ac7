# SPDX-License-Identifier: BSD-2-Clause
"""A copy of the checkout with a playground: the one beside the tests may be in use."""

import contextlib
import os
import shutil
import sys

from .basics import ROOT, run, state_folder


def playground(tree, *words):
    """Its harness/playground.py; what that printed."""
    return run([sys.executable, tree / "tests/harness/playground.py", *words],
               env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


@contextlib.contextmanager
def checkout(*words):
    """The folder of one whose playground was started with these words; what it said is in story."""
    tree = state_folder("apppass-tree.")
    for part in ("contrib", "examples", "sql", "tests/harness"):
        shutil.copytree(ROOT / part, tree / part)
    try:
        tree.joinpath("story").write_text(playground(tree, *words))
        yield tree
    finally:
        playground(tree, "stop")
        shutil.rmtree(tree)


def shell(tree, script):
    """What bash prints for these lines after playground/env; Failure where one fails."""
    return run(["bash", "-ec", f"exec 2>&1\n. {tree}/playground/env\n{script}"], cwd=tree)
