# SPDX-License-Identifier: BSD-2-Clause
"""PgBouncer."""

import shutil
import signal

from .basics import Daemon, accepts, folder, free_port, write
from .postgres import DATABASE, VERIFIER


class Bouncer:
    """
    PgBouncer in transaction mode in front of `server`, on .port, for one user with a
    password (the verifier with its own).  `settings` are lines of its configuration, over
    ours; `database` adds to its connection string.
    """

    def __init__(self, server, state, user=VERIFIER, password=None, database="", **settings):
        self.state = folder(state, "postgres", 0o700)
        self.port = free_port()
        self.user = user
        self.password = password or server.password
        self.daemon = Daemon("pgbouncer", self.state)
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "plain",
            "auth_file": self.state / "users.txt",
            "pool_mode": "transaction",
            **settings,
        }
        write(self.state / "users.txt", f'"{user}" "{self.password}"\n', "postgres", 0o600)
        write(self.state / "pgbouncer.ini",
              f"[databases]\n{DATABASE} = host=127.0.0.1 port={server.port} dbname={DATABASE} {database}\n"
              "[pgbouncer]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()),
              "postgres", 0o600)
        self.start()

    def start(self):
        self.daemon.launch(["/usr/sbin/pgbouncer", self.state / "pgbouncer.ini"],
                           user="postgres")
        self.daemon.ready(lambda: accepts(self.port), "PgBouncer to accept")

    def stop(self):
        self.daemon.stop(signal.SIGTERM)

    def conninfo(self):
        quoted = self.password.replace("'", "\\'")
        return (f"host=127.0.0.1 port={self.port} dbname={DATABASE} user={self.user}"
                f" password='{quoted}'")

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)
