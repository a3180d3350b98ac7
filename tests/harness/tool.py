# SPDX-License-Identifier: BSD-2-Clause
"""The tool apppass, as operators run it."""

import csv
import os
import subprocess
import tempfile
from pathlib import Path

from .basics import Failure
from .codes import CODE
from .postgres import ADMINISTRATOR


def apppass(build, server, *words, user=ADMINISTRATOR, check=True, **options):
    """Run the tool of that build on that database, without a question."""
    words = [str(word) for word in words]
    done = subprocess.run(
        [str(Path(build) / "apppass"), "--yes", *words], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
        env={**os.environ, **server.environment(user)}, **options)
    if check and done.returncode != 0:
        raise Failure(f"apppass {' '.join(words)}: exit {done.returncode}\n"
                      f"{done.stdout}{done.stderr}")
    return done


def issue(build, server, account, device, *options):
    """A new code, as printed."""
    answer = apppass(build, server, "issue", account, "--device", device, "--force", *options)
    codes = CODE.findall(answer.stdout)
    if len(codes) != 1:
        raise Failure(f"expected one code in the tool's answer, found {len(codes)}")
    return codes[0]


def issue_many(build, server, wanted):
    """New codes for (account, device) pairs, by one run of the tool: for who takes many."""
    with tempfile.TemporaryDirectory() as folder:
        table, codes = Path(folder) / "wanted.csv", Path(folder) / "codes.csv"
        with open(table, "w", encoding="utf-8") as out:
            csv.writer(out).writerows([("account", "device"), *wanted])
        apppass(build, server, "issue", "--batch", table, "--output", codes)
        with open(codes, encoding="utf-8") as made:
            return [row["code"] for row in csv.DictReader(made)]
