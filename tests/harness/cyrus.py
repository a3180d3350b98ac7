# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Cyrus IMAP from private folders: imapd, pop3d, timsieved, httpd, lmtpd."""

import os
import shutil
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

from .basics import (ROOT, Daemon, Failure, example, folder, free_port, listens, read_settings,
                     run, write)

BINARIES = Path("/usr/lib/cyrus/bin")
DEV_LOG = Path("/dev/log")

# Cyrus logs to /dev/log and nowhere else.  The servers see a /dev of their own whose
# `log` is ours; the machine's is left alone.
_PRIVATE_DEV = r"""
set -e
mount -t tmpfs -o mode=755,nosuid tmpfs /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/full c 1 7
mknod -m 444 /dev/random c 1 8
mknod -m 444 /dev/urandom c 1 9
ln -s /proc/self/fd /dev/fd
mkdir -m 1777 /dev/shm
ln -s "$1" /dev/log
shift
exec "$@"
"""


class Cyrus:
    """
    master with one port for each door: .imap .pop .sieve .http .lmtp; IMAP over IPv6 too.
    Mailboxes are created when first logged in to or delivered to.
    """

    DOORS = ("imap", "pop", "sieve", "http", "lmtp")

    def __init__(self, state, keep=False):
        self.state = Path(state)
        self.config = self.state / "imapd.conf"
        self.log = self.state / "cyrus.log"
        self.socket = self.state / "log.socket"
        self.proc = self.state / "proc"
        self.logger = Daemon("logsocket", self.state, keep)
        self.daemon = Daemon("cyrus", self.state, keep)
        self.ports = {}

    def create(self, plugins, options, children=None):
        """
        Write the configuration: examples/ with `options` on top (None takes one out).
        `children` limits the processes of each service.
        """
        folder(self.state)
        for name in ("config", "spool", "sieve"):
            folder(self.state / name, "cyrus", 0o750)
        for name in ("db", "socket"):
            folder(self.state / "config" / name, "cyrus", 0o750)
        folder(self.proc, "cyrus", 0o750)
        self.plugins = plugins
        self.ports = {door: free_port() for door in self.DOORS}
        settings = {
            **read_settings(example("cyrus/imapd.conf")),
            "configdirectory": self.state / "config",
            "defaultpartition": "default",
            "partition-default": self.state / "spool",
            "sievedir": self.state / "sieve",
            "proc_path": self.proc,
            "umask": "077",
            "admins": "cyrus",
            "allowusermoves": "yes",
            "unixhierarchysep": "yes",
            "altnamespace": "yes",
            "syslog_prefix": "cyrus",
            "autocreate_quota": "0",
            "autocreate_post": "yes",
            "httpmodules": "caldav carddav",
            "lmtpsocket": self.state / "config" / "socket" / "lmtp",
            "notifysocket": self.state / "config" / "socket" / "notify",
            "idlesocket": self.state / "config" / "socket" / "idle",
            "popminpoll": "0",
            "failedloginpause": "0",
            # No TLS on loopback: passwords are accepted in clear here.
            "allowplaintext": "yes",
            "sieve_allowplaintext": "yes",
            "httpallowplaintext": "yes",
            **options,
        }
        write(self.config, "".join(f"{name}: {value}\n" for name, value in settings.items()
                                   if value is not None), "cyrus", 0o600)
        write(self.state / "cyrus.conf", self.services(children))
        return self

    def show_clients(self, **readers):
        """
        Let users read the files of the processes, as contrib/systemd/apppass-tmpfiles.conf does;
        `readers` names who stands in for which of its users.
        """
        lines = (ROOT / "contrib" / "systemd" / "apppass-tmpfiles.conf").read_text().splitlines()
        for line in lines:
            words = line.split()
            if words[:2] != ["a+", "/run/cyrus/proc"]:
                continue
            for name, user in readers.items():
                if f"user:{name}:" in words[6]:
                    run(["setfacl", "-m", words[6].replace(f"user:{name}:", f"user:{user}:"),
                         self.proc])

    def services(self, children=None):
        """The text of cyrus.conf."""
        commands = {"imap": "imapd", "pop": "pop3d", "sieve": "timsieved", "http": "httpd",
                    "https": "httpd -s", "lmtp": "lmtpd -a"}
        lines = [f'  {door} cmd="{commands[door]} -C {self.config}" '
                 f'listen="127.0.0.1:{port}" prefork=0 maxchild={children or 20}'
                 for door, port in self.ports.items()]
        lines.append(f'  imap6 cmd="imapd -C {self.config}" '
                     f'listen="[::1]:{self.ports["imap"]}" proto="tcp6" prefork=0 maxchild=2')
        return ("START {\n"
                f'  recover cmd="ctl_cyrusdb -C {self.config} -r"\n'
                "}\nSERVICES {\n" + "\n".join(lines) + "\n}\nEVENTS {\n}\n")

    def _around_master(self):
        """What gives master our log socket as its /dev/log."""
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True,
                          check=False).returncode == 0:
            return ["unshare", "--mount", "--propagation", "private", "--",
                    "/bin/sh", "-c", _PRIVATE_DEV, "sh", self.socket]
        # A container without CAP_SYS_ADMIN has no syslog either: its /dev/log is free.
        try:
            os.symlink(self.socket, DEV_LOG)
        except FileExistsError:
            raise Failure("Cyrus logs to /dev/log, which is taken, and this machine does not"
                          " allow a mount namespace to give it another") from None
        return []

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.logger.launch([sys.executable, Path(__file__).with_name("logsocket.py"),
                            self.socket, self.log])
        self.logger.ready(self.socket.exists, "the log socket")
        self.daemon.launch(
            self._around_master() +
            [BINARIES / "master", "-C", self.config, "-M", self.state / "cyrus.conf",
             "-p", self.state / "master.pid"],
            environment={"SASL_PATH": str(self.plugins)})
        # A connection starts a child for each door; where master is to stop before these are up, it
        # spins for ever.
        for door, port in self.ports.items():
            self.daemon.ready(lambda: listens(port), f"Cyrus {door} to listen")
        return self

    def reload(self):
        self.daemon.send(signal.SIGHUP)

    def stop(self):
        self.daemon.stop(timeout=10)
        self.logger.stop()
        if DEV_LOG.is_symlink() and DEV_LOG.readlink() == self.socket:
            DEV_LOG.unlink()

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def create_mailbox(self, account, subject="Welcome"):
        """Deliver a first message: makes the mailbox without anyone logging in."""
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"]) as lmtp:
            lmtp.sendmail("postmaster@example.org", [account],
                          f"From: postmaster@example.org\r\nTo: {account}\r\n"
                          f"Subject: {subject}\r\n\r\nYour mailbox works.\r\n")
