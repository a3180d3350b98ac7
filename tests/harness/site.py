# SPDX-License-Identifier: BSD-2-Clause
"""A whole mail site: PostgreSQL, Postfix and Cyrus IMAP with the plugin between them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .apppassd import Apppassd
from .basics import Failure, example, folder, plugin_folder, read_settings, until
from .clients import DOORS
from .cyrus import Cyrus
from .postfix import Postfix
from .postgres import ADMINISTRATOR, Postgres

CODE = re.compile(r"\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3,6}\b")


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
        self.typed = []     # (account, what was typed as its password)

    def create(self, processes=None):
        """
        Configure and start everything; `processes` limits each kind of mail server
        and the workers of apppassd.
        """
        folder(self.state)
        plugin_folder(self.plugins, self.build)
        # The examples' system user "apppass" need not exist here; another stands in for it.
        self.postgres.create(peers={"apppass": self.apppassd.user}).deploy()
        written = read_settings(example("apppassd.conf"))
        self.apppassd.create(
            self._socket_conninfo(written["apppass_conninfo"]),
            apppassd_socket_group=written["apppassd_socket_group"],
            apppassd_socket_mode=written["apppassd_socket_mode"],
            apppassd_workers=processes)
        self.cyrus.create(self.plugins, self.cyrus_options(), processes)
        self.postfix.create(self.plugins, self.smtpd_conf(), self.cyrus.ports["lmtp"],
                            processes=processes)
        self.apppassd.start()
        self.cyrus.start()
        self.postfix.start()
        return self

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
            "sasl_pwcheck_method": options["sasl_pwcheck_method"],
            "sasl_saslauthd_path": self.apppassd.socket,
        }

    def stop(self):
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
                                  self.postgres.log,
                                  self.postfix.daemon.output, self.cyrus.daemon.output,
                                  self.cyrus.logger.output) if path.exists()]

    def apppass(self, *words, user=ADMINISTRATOR, check=True, **options):
        """Run the tool as an operator."""
        done = subprocess.run(
            [str(self.tool), "--yes", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, env={**os.environ, **self.postgres.environment(user)}, **options)
        if check and done.returncode != 0:
            raise Failure(f"apppass {' '.join(map(str, words))}: exit {done.returncode}\n"
                          f"{done.stdout}{done.stderr}")
        return done

    def add_account(self, account):
        """An account of apppass with a mailbox."""
        self.apppass("account", "add", account)
        self.cyrus.create_mailbox(account)
        return account

    def issue(self, account, device, *options):
        """Issue a code with the tool; returns it as printed."""
        answer = self.apppass("issue", account, "--device", device, "--force", *options)
        return self._note(account, CODE.findall(answer.stdout))

    def _note(self, account, codes):
        if len(codes) != 1:
            raise Failure(f"expected one code in the tool's answer, found {len(codes)}")
        self.typed.append((account, codes[0]))
        return codes[0]

    def knock(self, door, account, password):
        """One attempt at one of clients.DOORS; what was typed is remembered."""
        self.typed.append((account, password))
        return DOORS[door](self, account, password)

    def last_service(self, account):
        """Where a code of the account was last used, once that is recorded."""
        sql = f"SELECT last_service FROM apppass.code_overview WHERE account = '{account}'"
        return until(lambda: self.postgres.psql(sql), f"a recorded use of {account}'s code")
