# SPDX-License-Identifier: BSD-2-Clause
"""The mail site under attack: PostgreSQL, Postfix, Cyrus IMAP, apppassd, and one crowd of users."""

import itertools
import pwd
import shutil

from harness.apppassd import Apppassd
from harness.basics import descendants, folder, name_of, plugin_folder, write
from harness.codes import with_other_secret
from harness.postgres import CHATTY, VERIFIER, Postgres
from harness.site import Site

TIMEOUT_MS = 1500       # apppass_timeout of this site
# What a login may take beyond apppass_timeout: the servers' own work, on a machine that
# has other things to do.
LITTLE_S = 2.5
LIMIT_S = TIMEOUT_MS / 1000 + LITTLE_S

MAX_CONNECTIONS = 100

_numbers = itertools.count(1)


class Ground(Site):
    """
    A Site whose servers reach the database by TCP, so that anything can be put in between:
    configure() gives all of them other options and starts them anew, heal() undoes
    whatever a test did.
    """

    def __init__(self, state, build):
        super().__init__(state, build)
        self.postgres = Postgres(self.state / "postgres", settings={
            **CHATTY, "max_connections": MAX_CONNECTIONS, "wal_level": "replica"})
        self.apppassd = Apppassd(self.state / "apppassd", build)
        self.current = None     # the options the servers run with
        self.cases = {}         # for Crowd
        self.accounts = []

    def usual(self):
        return {"conninfo": self.postgres.conninfo(VERIFIER, tcp=True), "timeout": TIMEOUT_MS}

    def create(self, processes=None):
        folder(self.state)
        plugin_folder(self.plugins, self.build)
        folder(self.state / "memo", mode=0o711)
        for owner in ("root", "cyrus", self.apppassd.user):
            folder(self.state / "memo" / owner, owner, 0o700)
        self.postgres.create()
        self.postgres.psql("ALTER SYSTEM SET deadlock_timeout = '200ms'", "postgres")
        self.postgres.deploy()
        with open(self.postgres.data / "pg_hba.conf", "r+", encoding="utf-8") as hba:
            rest = hba.read()
            hba.seek(0)
            hba.write(f"local all postgres trust\nhost all {VERIFIER} 127.0.0.1/32 scram-sha-256\n"
                      + rest)
        self.postgres.psql("SELECT pg_reload_conf()", "postgres")
        self.apppassd.create("", apppass_timeout=TIMEOUT_MS, apppassd_cyrus_proc=self.cyrus.proc)
        self.cyrus.create(self.plugins, {})
        self.cyrus.show_clients(apppass=self.apppassd.user)
        self.postfix.create(self.plugins, "", self.cyrus.ports["lmtp"])
        self.configure(**self.usual())
        self._people()
        return self

    def _options(self, owner, options):
        """As they stand in a file; a callable makes the value for the user who reads it."""
        return {f"apppass_{name}": value(owner) if callable(value) else value for name, value in
                {"memo": self.state / "memo" / owner / "memo", **options}.items()
                if value is not None}

    def configure(self, **options):
        """Give every server these apppass_ options (None takes one out) and start it anew."""
        if options == self.current:
            return
        self.current = None
        for server in (self.postfix, self.cyrus, self.apppassd):
            server.stop()
        for tell in (self._tell_postfix, self._tell_cyrus, self._tell_apppassd):
            tell(options)
        self.apppassd.start()
        self.cyrus.start()
        self.postfix.start()
        self.current = options

    def reconfigure(self, **options):
        """The same without a pause, as an administrator does: one server after the other."""
        self.current = None
        self._tell_apppassd(options)
        self.apppassd.reload()
        self._tell_cyrus(options)
        self.cyrus.reload()
        self._tell_postfix(options)
        self.postfix.reload()
        self.current = options

    def _tell_postfix(self, options):
        write(self.postfix.config / "sasl" / "smtpd.conf", "mech_list: PLAIN LOGIN\n" + "".join(
            f"{name}: {value}\n" for name, value in self._options("root", options).items()),
              mode=0o600)

    def _tell_cyrus(self, options):
        self._imapd_conf({
            "sasl_pwcheck_method": "saslauthd", "sasl_saslauthd_path": self.apppassd.socket,
            "sasl_log_level": 4, "sasl_mech_list": "PLAIN LOGIN", "virtdomains": "userid",
            **{f"sasl_{name}": value for name, value in self._options("cyrus", options).items()}})

    def _tell_apppassd(self, options):
        for name in [name for name in self.apppassd.options if name.startswith("apppass_")]:
            del self.apppassd.options[name]
        self.apppassd.set(**self._options(self.apppassd.user, options))
        # Started as root, it trusts root's files alone.
        shutil.chown(self.apppassd.config, "root", pwd.getpwnam(self.apppassd.user).pw_gid)
        self.apppassd.config.chmod(0o640)

    def restart(self, processes=None):
        """New processes of every server, at most so many of each mail server; same options."""
        # With the default, 32, most of a storm would wait for the kernel's retransmissions.
        write(self.cyrus.state / "cyrus.conf", self.cyrus.services(processes).replace(
            "prefork=0", "prefork=0 listenqueue=1024"))
        write(self.postfix.config / "master.cf", self.postfix.services(processes))
        self.apppassd.options["apppassd_workers"] = 1 if processes == 1 else None
        options, self.current = self.current, None
        self.configure(**options)

    def _imapd_conf(self, ours):
        kept = [line for line in self.cyrus.config.read_text().splitlines()
                if line.split(":")[0] not in ours and not line.startswith("sasl_")]
        write(self.cyrus.config, "\n".join(kept) + "\n" + "".join(
            f"{name}: {value}\n" for name, value in ours.items()), "cyrus", 0o600)

    def _people(self):
        account = self.person()
        good = self.issue(account, "laptop")
        revoked = self.issue(account, "old phone")
        self.revoke(account, revoked)
        self.cases = {
            "right": (account, good, True),
            "wrong secret": (account, with_other_secret(good), False),
            "right again": (account, good, True),
            "revoked": (account, revoked, False),
            "unknown account": ("nobody@example.org", good, False),
        }
        self.typed += [(name, password) for name, password, _ in self.cases.values()]

    def person(self):
        """A new account with a mailbox."""
        self.accounts.append(self.add_account(f"user{next(_numbers)}@example.org"))
        return self.accounts[-1]

    def change(self, account, code, what):
        """Plain SQL on one code, as a DBA would."""
        self.sql(f"SET apppass.reason = 'test'; UPDATE apppass.code AS c SET {what} FROM apppass.account AS a"
                 f" WHERE a.id = c.account_id AND a.username = '{account}'"
                 f" AND c.selector = '{code[:4]}'")

    def revoke(self, account, code):
        self.change(account, code, "revoked_at = now(), revoke_reason = 'sold'")

    def sql(self, text, user="postgres"):
        return self.postgres.psql(text, user)

    def heal(self):
        """The database as it was, the servers with their usual options."""
        self.postgres.heal()
        self.configure(**self.usual())

    def stop(self):
        super().stop()
        self.apppassd.stop()

    def logs(self):
        return super().logs() + [self.apppassd.log]

    def server_processes(self):
        """pids by program name of everything that authenticates."""
        found = {"smtpd": self.postfix.smtpd_processes(), "apppassd": [self.apppassd.daemon.pid()],
                 "imapd": []}
        found["imapd"] = [pid for pid in descendants(self.cyrus.daemon.pid())
                          if name_of(pid) == "imapd"]
        return found
