# SPDX-License-Identifier: BSD-2-Clause
"""What stands between a mail server and its database, and what goes wrong there."""

import contextlib
import selectors
import socket
import threading
from pathlib import Path

import psycopg2
from harness.postgres import ADMINISTRATOR, DATABASE, VERIFIER


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
