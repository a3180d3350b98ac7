# SPDX-License-Identifier: BSD-2-Clause
"""The tool apppass, as operators run it."""

import os
import subprocess
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
