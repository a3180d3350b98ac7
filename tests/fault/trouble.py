# SPDX-License-Identifier: BSD-2-Clause
"""What stands between a mail server and its database, and what goes wrong there."""

import contextlib
import selectors
import shutil
import signal
import socket
import threading
from pathlib import Path

import psycopg2
from harness.basics import Daemon, accepts, as_user, folder, free_port, run, until, write
from harness.postgres import ADMINISTRATOR, DATABASE, VERIFIER, Postgres


class Valve:
    """
    A TCP port that leads to `target`, another one: open, or shut, when connections are
    still accepted but no byte passes, like behind a firewall that forgot them.
    """

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.open = True
        self.ended = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, self.woken = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ)
        self.peers = {}
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _poke(self):
        self.wake.send(b"!")

    def shut(self):
        self.open = False
        self._poke()

    def reopen(self):
        self.open = True
        self._poke()

    def close(self):
        self.ended = True
        self._poke()
        self.thread.join(10)
        for one in [*self.peers, self.listener, self.wake, self.woken]:
            one.close()

    def _serve(self):
        while not self.ended:
            for key, _ in self.selector.select():
                if key.fileobj is self.woken:
                    self.woken.recv(64)
                    self._watch()
                elif key.fileobj is self.listener:
                    self._accept()
                else:
                    self._pass_on(key.fileobj)

    def _watch(self):
        for one in self.peers:
            watched = one in self.selector.get_map()
            if self.open and not watched:
                self.selector.register(one, selectors.EVENT_READ)
            elif watched and not self.open:
                self.selector.unregister(one)

    def _accept(self):
        near = self.listener.accept()[0]
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            near.close()
            return
        self.peers.update({near: far, far: near})
        self._watch()

    def _pass_on(self, one):
        other = self.peers.get(one)
        if other is None:
            return      # closed by an event before this one
        try:
            data = one.recv(65536)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        for end in (one, other):
            if end in self.selector.get_map():
                self.selector.unregister(end)
            del self.peers[end]
            end.close()


class Standby:
    """A streaming standby of `primary` in `state`."""

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
        target = self.primary.psql("SELECT pg_current_wal_flush_lsn()", "postgres")
        until(lambda: self.server.psql(f"SELECT pg_last_wal_replay_lsn() >= '{target}'",
                                       "postgres") == "t", "the standby to catch up")

    def promote(self):
        self.server.psql("SELECT pg_promote(false)", "postgres")

    def destroy(self):
        self.server.destroy()


class Bouncer:
    """PgBouncer in transaction mode in front of `server`."""

    def __init__(self, server, state, pool_size=5, clients=2000):
        self.state = folder(state, "postgres", 0o700)
        self.port = free_port()
        self.password = server.password
        self.daemon = Daemon("pgbouncer", self.state)
        write(self.state / "users.txt", f'"{VERIFIER}" "{self.password}"\n', "postgres", 0o600)
        write(self.state / "pgbouncer.ini", f"""[databases]
{DATABASE} = host=127.0.0.1 port={server.port} dbname={DATABASE}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = plain
auth_file = {self.state}/users.txt
pool_mode = transaction
server_login_retry = 1
default_pool_size = {pool_size}
max_client_conn = {clients}
""", "postgres", 0o600)
        self.start()

    def start(self):
        self.daemon.launch(["/usr/sbin/pgbouncer", self.state / "pgbouncer.ini"],
                           user="postgres")
        self.daemon.ready(lambda: accepts(self.port), "PgBouncer to accept")

    def stop(self):
        self.daemon.stop(signal.SIGTERM)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)


def connect(server, user=ADMINISTRATOR):
    """A session on the server's socket."""
    return psycopg2.connect(host=str(server.socket), port=server.port, dbname=DATABASE, user=user)


def end_sessions(server, condition="true"):
    """End the verifier's sessions that meet a condition; returns how many there were."""
    return int(server.psql(
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
        f" WHERE usename = '{VERIFIER}' AND {condition}", "postgres"))


def sessions(server, condition="true"):
    return int(server.psql("SELECT count(*) FROM pg_stat_activity"
                           f" WHERE usename = '{VERIFIER}' AND {condition}", "postgres"))


@contextlib.contextmanager
def no_connection_left(server):
    """Somebody else has all the connections that are not reserved for superusers."""
    held = []
    try:
        while True:
            try:
                held.append(connect(server))
            except psycopg2.OperationalError as error:
                assert "connection slots" in str(error), error
                if end_sessions(server) == 0:
                    break
        yield len(held)
    finally:
        for one in held:
            one.close()


@contextlib.contextmanager
def no_space_left(server, parent):
    """
    The partitions of `parent` are on a full disk: the kernel answers each write to their
    files with ENOSPC, because the files are links to /dev/full.
    """
    paths = (f"SELECT pg_relation_filepath(inhrelid) FROM pg_inherits"
             f" WHERE inhparent = '{parent}'::regclass")
    # Nobody has opened the new files before the transaction ends.
    with connect(server, "postgres") as session, session.cursor() as cursor:
        cursor.execute(f"TRUNCATE {parent}")
        cursor.execute(paths)
        for (name,) in cursor.fetchall():
            file = Path(server.data) / name
            file.unlink()
            file.symlink_to("/dev/full")
    session.close()
    try:
        yield
    finally:
        server.psql(f"TRUNCATE {parent}", "postgres")   # new files
