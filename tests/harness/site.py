# SPDX-License-Identifier: BSD-2-Clause
"""A whole mail site: PostgreSQL, Postfix and Cyrus IMAP with the plugin between them."""

import re
import shutil
from pathlib import Path

from .apppassd import Apppassd
from .basics import Failure, example, folder, plugin_folder, read_settings, until
from .clients import DOORS
from .cyrus import Cyrus
from .logoutd import USER as LOGOUT_USER, Logoutd, conninfo
from .postfix import Postfix
from .postgres import Postgres
from .tool import apppass, issue


def fill_conninfo(text, **values):
    """A connection string from examples/ with the private host, port and so on put in."""
    for name, value in values.items():
        text, count = re.subn(rf"\b{name}=\S+", lambda _: f"{name}={value}", text)
        if count != 1:
            raise Failure(f"examples: expected one {name}= in {text!r}")
    return text


class Site:
    """
    .postgres, .postfix and .cyrus under one folder, configured from examples/.
    `build` is the folder with the built plugin and tool.
    """

    def __init__(self, state, build, keep=False):
        self.state = Path(state)
        self.build = Path(build)
        self.plugins = self.state / "sasl2"
        self.tool = self.build / "apppass"
        self.postgres = Postgres(self.state / "postgres", keep)
        self.postfix = Postfix(self.state / "postfix", keep)
        self.cyrus = Cyrus(self.state / "cyrus", keep)
        self.apppassd = Apppassd(self.state / "apppassd", self.build, keep=keep)
        self.logoutd = Logoutd(self.state / "logoutd", self.build, keep=keep)
        self.typed = []     # (account, what was typed as its password)

    def create(self, processes=None):
        """
        Configure and start everything; `processes` limits each kind of mail server
        and the workers of apppassd.
        """
        folder(self.state)
        plugin_folder(self.plugins, self.build)
        # The examples' system users need not exist here; others stand in for them.
        self.postgres.create(peers={"apppass": self.apppassd.user,
                                    "apppass-logout": LOGOUT_USER,
                                    "apppass-notify": "root"}).deploy()
        written = read_settings(example("apppassd.conf"))
        self.apppassd.create(
            self._socket_conninfo(written["apppass_conninfo"]),
            apppassd_socket_group=written["apppassd_socket_group"],
            apppassd_socket_mode=written["apppassd_socket_mode"],
            apppassd_cyrus_proc=self.cyrus.proc,
            apppassd_workers=processes)
        self.cyrus.create(self.plugins, self.cyrus_options(), processes)
        self.cyrus.show_clients(apppass=self.apppassd.user)
        self.postfix.create(self.plugins, self.smtpd_conf(), self.cyrus.ports["lmtp"],
                            processes=processes)
        self.apppassd.start()
        self.cyrus.start()
        self.postfix.start()
        return self

    def end_sessions(self, *arguments):
        """Start apppass-logoutd as well."""
        self.cyrus.show_clients(**{"apppass-logout": self.logoutd.user})
        self.logoutd.create(conninfo(self.postgres), self.cyrus.proc, *arguments).start()

    def _socket_conninfo(self, text):
        return f"{fill_conninfo(text, host=self.postgres.socket)} port={self.postgres.port}"

    def smtpd_conf(self):
        """examples/postfix/sasl/smtpd.conf with this site's database."""
        return fill_conninfo(example("postfix/sasl/smtpd.conf"), port=self.postgres.port,
                             password=self.postgres.password)

    def cyrus_options(self):
        """The options of examples/cyrus/imapd.conf that name a database or a socket."""
        options = read_settings(example("cyrus/imapd.conf"))
        return {
            "sasl_apppass_conninfo": self._socket_conninfo(options["sasl_apppass_conninfo"]),
            "sasl_apppass_cyrus_proc": self.cyrus.proc,
            "sasl_pwcheck_method": options["sasl_pwcheck_method"],
            "sasl_saslauthd_path": self.apppassd.socket,
        }

    def stop(self):
        self.logoutd.stop()
        self.postfix.stop()
        self.cyrus.stop()
        self.apppassd.stop()
        self.postgres.stop()

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def logs(self):
        """Every file any of the servers writes to."""
        return [path for path in (self.postfix.log, self.cyrus.log, self.apppassd.log,
                                  self.logoutd.log, self.postgres.log,
                                  self.postfix.daemon.output, self.cyrus.daemon.output,
                                  self.cyrus.logger.output) if path.exists()]

    def apppass(self, *words, **options):
        """Run the tool as an operator."""
        return apppass(self.build, self.postgres, *words, **options)

    def add_account(self, account):
        """An account of apppass with a mailbox."""
        self.postgres.psql(f"SELECT apppass.add_account('{account}')")
        self.cyrus.create_mailbox(account)
        return account

    def issue(self, account, device, *options):
        """Issue a code with the tool; returns it as printed."""
        code = issue(self.build, self.postgres, account, device, *options)
        self.typed.append((account, code))
        return code

    def knock(self, door, account, password):
        """One attempt at one of clients.DOORS; what was typed is remembered."""
        self.typed.append((account, password))
        return DOORS[door](self, account, password)

    def last_service(self, account):
        """Where a code of the account was last used, once that is recorded."""
        sql = f"SELECT last_service FROM apppass.code_overview WHERE account = '{account}'"
        return until(lambda: self.postgres.psql(sql), f"a recorded use of {account}'s code")
