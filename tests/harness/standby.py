# SPDX-License-Identifier: BSD-2-Clause
"""A streaming standby."""

from .basics import as_user, folder, free_port, run, until
from .postgres import Postgres


class Standby:
    """A streaming standby of `primary` under `state`; .server is its cluster."""

    def __init__(self, primary, state):
        self.primary = primary
        self.server = Postgres(state)
        folder(self.server.state)
        folder(self.server.state / "cluster", "postgres", 0o700)
        folder(self.server.socket, "postgres")
        self.server.data = self.server.state / "cluster" / "data"
        self.server.port = free_port()
        run(as_user("postgres") + [
            "pg_basebackup", "-h", primary.socket, "-p", str(primary.port), "-U", "postgres",
            "-D", self.server.data, "-R", "-c", "fast"])
        with open(self.server.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"port = {self.server.port}\n"
                       f"unix_socket_directories = '{self.server.socket}'\n")
        self.server.start()

    def caught_up(self):
        """Wait until it has what the primary has now."""
        target = self.primary.psql("SELECT pg_current_wal_flush_lsn()", "postgres")
        until(lambda: self.server.psql(f"SELECT pg_last_wal_replay_lsn() >= '{target}'",
                                       "postgres") == "t", "the standby to catch up")

    def promote(self):
        self.server.psql("SELECT pg_promote(false)", "postgres")

    def destroy(self):
        self.server.destroy()
