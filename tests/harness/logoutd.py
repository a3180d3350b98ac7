# SPDX-License-Identifier: BSD-2-Clause
"""apppass-logoutd: a user of its own with the one capability that its unit gives it."""

import pwd
import shutil
import signal
from pathlib import Path

from .basics import Daemon, folder, until

USER = "games"      # stands in for apppass-logout
# What its unit gives it.
RIGHTS = ("--inh-caps=-all,+kill", "--ambient-caps=+kill", "--bounding-set=-all,+kill")


def conninfo(*servers):
    """How it reaches one of these clusters."""
    return (f"host={','.join(str(server.socket) for server in servers)} "
            f"port={','.join(str(server.port) for server in servers)} "
            "dbname=apppass user=apppass_logoutd")


class Logoutd:
    """One apppass-logoutd under `state`; `proc` is Cyrus IMAP's folder of files."""

    def __init__(self, state, build, user=USER, keep=False):
        self.state = Path(state)
        self.program = Path(build) / "apppass-logoutd"
        self.user = user
        self.mark = self.state / "mark"
        self.daemon = Daemon("apppass-logoutd", self.state, keep)
        self.log = self.daemon.output

    def create(self, conninfo, proc, *arguments):
        folder(self.state, self.user, 0o700)
        self.arguments = ["-d", conninfo, "-p", proc, "-s", self.mark, *arguments]
        return self

    def start(self, rights=RIGHTS):
        """Start, and wait until it follows the trail."""
        before = self.said("following")
        entry = pwd.getpwnam(self.user)
        self.daemon.launch(["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                            "--clear-groups", *rights, "--no-new-privs",
                            *([] if self.daemon.keep else ["--pdeathsig=TERM"]),
                            self.program, *self.arguments])
        self.daemon.ready(lambda: self.said("following") > before, "apppass-logoutd to follow")
        return self

    def said(self, words):
        """How often the log has these words."""
        return self.log.read_text().count(words) if self.log.exists() else 0

    def stop(self, number=signal.SIGTERM):
        self.daemon.stop(number)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def wait(self, words, count=1):
        until(lambda: self.said(words) >= count, f"{words!r} in the log")
