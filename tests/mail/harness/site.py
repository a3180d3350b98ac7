# SPDX-License-Identifier: BSD-2-Clause
"""A whole mail site: PostgreSQL, Postfix and Cyrus IMAP with the plugin between them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .basics import Failure, example, folder, plugin_folder
from .clients import DOORS
from .cyrus import Cyrus, read_imapd_conf
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
        self.typed = []     # (account, what was typed as its password)

    def create(self, processes=None):
        """Configure and start everything; `processes` limits each kind of mail server."""
        folder(self.state)
        plugin_folder(self.plugins, self.build)
        self.postgres.create().deploy()
        self.cyrus.create(self.plugins, self.cyrus_options(), processes)
        self.postfix.create(self.plugins, self.smtpd_conf(), self.cyrus.ports["lmtp"],
                            processes=processes)
        self.cyrus.start()
        self.postfix.start()
        return self

    def smtpd_conf(self):
        """examples/postfix/sasl/smtpd.conf with this site's database."""
        return fill_conninfo(example("postfix/sasl/smtpd.conf"), port=self.postgres.port,
                             password=self.postgres.password)

    def cyrus_options(self):
        """The options of examples/cyrus/imapd.conf that name a database, for this site."""
        options = read_imapd_conf(example("cyrus/imapd.conf"))
        conninfo = fill_conninfo(options["sasl_apppass_conninfo"], host=self.postgres.socket)
        return {"sasl_apppass_conninfo": f"{conninfo} port={self.postgres.port}"}

    def stop(self):
        self.postfix.stop()
        self.cyrus.stop()
        self.postgres.stop()

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def logs(self):
        """Every file any of the servers writes to."""
        return [path for path in (self.postfix.log, self.cyrus.log, self.postgres.log,
                                  self.postfix.daemon.output, self.cyrus.daemon.output,
                                  self.cyrus.logger.output) if path.exists()]

    def apppass(self, *words, user=ADMINISTRATOR, check=True, **options):
        """Run the tool as an operator."""
        done = subprocess.run(
            [str(self.tool), *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
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
        answer = self.apppass("issue", account, "--device", device, *options)
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
