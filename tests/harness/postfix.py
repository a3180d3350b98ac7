# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Postfix from private folders: a submission service in a chroot jail."""

import re
import shutil
import signal
from pathlib import Path

from .basics import (Daemon, Failure, accepts, descendants, example, folder, free_port, name_of,
                     read_settings, run, write)

# The services a submission server needs, as in Debian's master.cf.
_MASTER = """
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       y       -       -       trivial-rewrite
bounce    unix  -       -       y       -       0       bounce
defer     unix  -       -       y       -       0       bounce
trace     unix  -       -       y       -       0       bounce
proxymap  unix  -       -       n       -       -       proxymap
error     unix  -       -       y       -       -       error
retry     unix  -       -       y       -       -       error
lmtp      unix  -       -       y       -       -       lmtp
anvil     unix  -       -       y       -       1       anvil
postlog   unix-dgram n  -       n       -       1       postlogd
"""


class Postfix:
    """
    master and a chrooted smtpd on .port, mail for `domain` handed to LMTP.
    `sasl` is the text of smtpd.conf; None takes examples/ with the database filled in.
    """

    def __init__(self, state, keep=False):
        self.state = Path(state)
        self.config = self.state / "config"
        self.queue = self.state / "queue"
        self.log = self.state / "mail.log"
        self.daemon = Daemon("postfix", self.state, keep)
        self.port = None
        self.overrides = {}

    def create(self, plugins, sasl, lmtp_port=None, domain="example.org", processes=None):
        """Write the configuration; `processes` limits the number of smtpd processes."""
        folder(self.state)
        folder(self.config)
        folder(self.queue)
        folder(self.state / "data", "postfix", 0o700)
        self.port = free_port()
        settings = {
            "compatibility_level": "3.6",
            **read_settings(example("postfix/main.cf"), "="),
            "queue_directory": self.queue,
            "data_directory": self.state / "data",
            "cyrus_sasl_config_path": folder(self.config / "sasl"),
            "import_environment": f"MAIL_CONFIG TZ LANG=C SASL_PATH={plugins}",
            "maillog_file": self.log,
            "maillog_file_prefixes": self.state,
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "myhostname": "mail.example.org",
            "mydestination": "",
            "mynetworks": "127.0.0.1/32",
            "alias_maps": "",
            "alias_database": "",
            "virtual_mailbox_domains": domain,
            "virtual_transport": f"lmtp:inet:127.0.0.1:{lmtp_port}" if lmtp_port else "error:off",
            "smtputf8_enable": "no",
            # After its 100th client an smtpd would end, perhaps the one that a test just warmed.
            "max_use": "100000",
            # No TLS on loopback: passwords are accepted in clear here.
            "smtpd_tls_auth_only": "no",
            **self.overrides,
        }
        write(self.config / "main.cf",
              "".join(f"{name} = {value}\n" for name, value in settings.items()))
        write(self.config / "master.cf", self.services(processes))
        write(self.config / "sasl" / "smtpd.conf", sasl, mode=0o600)
        # postlogd makes it with its first line, which a test may not wait for.
        write(self.log, "")
        return self

    def services(self, processes=None):
        """The text of master.cf."""
        return self._submission(processes) + _MASTER

    def _submission(self, processes):
        text = example("postfix/master.cf")
        text, services = re.subn(r"(?m)^submission(\s+inet\s+n\s+-\s+)y(\s+-\s+)-",
                                 rf"127.0.0.1:{self.port}\1y\g<2>{processes or '-'}", text)
        text, tls = re.subn("smtpd_tls_security_level=encrypt", "smtpd_tls_security_level=none",
                            text)
        if (services, tls) != (1, 1):
            raise Failure("examples/postfix/master.cf: expected one chrooted submission service")
        return text

    def setting(self, name):
        """What postconf says; never about the machine's own Postfix, which may have no main.cf."""
        return run(["postconf", "-c", self.config, "-h", name]).strip()

    def start(self):
        # It makes what is missing of the queue.
        if not (self.queue / "pid").exists():
            run(["postfix", "-c", self.config, "check"])
        # What "postfix start-fg" runs, without the shell that would not pass signals on.
        self.daemon.launch([self.setting("daemon_directory") + "/master",
                            "-c", self.config, "-s"], environment={"MAIL_CONFIG": str(self.config)})
        self.daemon.ready(lambda: accepts(self.port), "Postfix to accept connections")
        return self

    def reload(self):
        run(["postfix", "-c", self.config, "reload"])

    def stop(self):
        self.daemon.stop(signal.SIGTERM)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def smtpd_processes(self):
        """The pids of this instance's smtpd processes."""
        return [pid for pid in descendants(self.daemon.pid()) if name_of(pid) == "smtpd"]
