# SPDX-License-Identifier: BSD-2-Clause
"""Databases, a standby, PgBouncer, and the verifier on a leash."""

import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.basics import Failure, run, state_folder, until
from harness.bouncer import Bouncer
from harness.postgres import CHATTY, Postgres
from harness.standby import Standby

BUILD = Path(os.environ["APPPASS_BUILD"])
PROBE = "apppass_probe"         # the verifier's login here: by socket without a password
PASSWORD = "probe-s3cret 'x'"   # by TCP with this one
ALICE = "alice@example.org"


class Driver:
    """The driver program; see driver.c for its commands."""

    def __init__(self, environment=None):
        self.process = subprocess.Popen(
            [BUILD / "tests" / "store" / "driver"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}, cwd="/")
        self.logs = []      # everything logged so far
        self.log = []       # by the last command
        self.callbacks = []
        self.steps = []     # of the last command

    def ask(self, *words):
        """One command; the words of its reply."""
        self.send(*words)
        return self.reply()

    def send(self, *words):
        line = "\t".join("-" if word is None else str(word) for word in words)
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def reply(self):
        self.log, self.steps = [], []
        while True:
            line = self.process.stdout.readline().decode().rstrip("\n")
            if line.startswith("log "):
                self.log.append(line[4:])
                self.logs.append(line[4:])
            elif line.startswith("main "):
                self.callbacks.append(line[5:])
            elif line.startswith("step "):
                self.steps.append(line[5:])
            elif line.startswith("= "):
                return line[2:].split("\t")
            else:
                raise Failure(f"the driver ended: {line!r}, exit {self.process.wait()}")

    def open(self, conninfo, idle=0, timeout=2000):
        assert self.ask("open", conninfo, idle, timeout) == ["ok"]
        return self

    def verifier(self, conninfo, **options):
        words = [f"apppass_{name}={value}" for name, value in options.items()]
        assert self.ask("verifier", f"apppass_conninfo={conninfo}", *words) == ["ok"]
        return self

    def lookup(self, user=ALICE, selector="0000", service="imap", client="192.0.2.1",
               command="lookup"):
        words = self.ask(command, user, selector, service, client)
        return SimpleNamespace(
            outcome=words[0], elapsed=int(words[1]), verdict=words[2], code_id=int(words[3]),
            username=words[4], hash=words[5], record_due=words[6] == "1")

    def attempt(self, user, password, service="imap", client="192.0.2.1;4711",
                command="attempt"):
        words = self.ask(command, user, password, service, client)
        return SimpleNamespace(
            outcome=words[0], elapsed=int(words[1]), verdict=words[2], code_id=int(words[3]),
            username=words[4], hashes=int(words[5]))

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


@pytest.fixture
def driver():
    started = Driver()
    yield started
    started.end()


def create(state, **settings):
    server = Postgres(state, settings={
        **CHATTY, "shared_preload_libraries": "'pg_stat_statements'",
        "pg_stat_statements.track": "'top'", **settings})
    server.create()
    with open(server.data / "pg_hba.conf", "r+", encoding="utf-8") as hba:
        rest = hba.read()
        hba.seek(0)
        hba.write("local all,replication all trust\n" + rest)
    server.psql("SELECT pg_reload_conf()", "postgres")
    server.deploy()
    server.psql("CREATE EXTENSION pg_stat_statements", "postgres")
    quoted = PASSWORD.replace("'", "''")
    server.psql(f"SET log_statement = none;\nCREATE ROLE {PROBE} LOGIN PASSWORD '{quoted}'"
                " IN ROLE apppass_verifier", "postgres")
    server.psql(f"SELECT apppass.add_account('{ALICE}')")
    return server


@pytest.fixture(scope="session")
def shared_server():
    state = state_folder()
    server = create(state)
    yield server
    server.destroy()


@pytest.fixture
def server(shared_server):
    """One cluster for all tests; each finds it running, and with its settings unchanged."""
    yield shared_server
    shared_server.heal()
    shared_server.psql("ALTER SYSTEM RESET ALL; ", "postgres")
    shared_server.psql("SELECT pg_reload_conf()", "postgres")


def conninfo(server, tcp=False):
    text = server.conninfo(PROBE, tcp=tcp)
    if tcp:
        text += " password='" + PASSWORD.replace("'", "\\'") + "'"
    return text


def issue(server, driver, user=ALICE, length=20, device="telephone"):
    """A new code: what to type, selector, hash, id."""
    code, selector, digest = driver.ask("code", length)
    code_id = server.psql(
        f"SELECT code_id FROM apppass.store_code('{user}', '{device}', '{selector}', '{digest}',"
        " reason => 'test')")
    return SimpleNamespace(typed=code, selector=selector, hash=digest, id=int(code_id))


def statements(server):
    """How often each statement of the verifier ran since the last reset."""
    rows = server.psql(
        "SELECT calls, query FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
        f" WHERE r.rolname = '{PROBE}'", "postgres")
    return {line.split("|", 1)[1]: int(line.split("|", 1)[0]) for line in rows.splitlines()}


def calls(server, function):
    return sum(count for query, count in statements(server).items()
               if f"apppass.{function}" in query)


def reset_statements(server, after=None):
    """Count from here; `after` is what runs behind an answer, and is waited for."""
    if after:
        until(lambda: calls(server, after), f"{after} to run")
    server.psql("SELECT pg_stat_statements_reset()", "postgres")


def terminate(server):
    """End the verifier's sessions and wait until they are gone."""
    server.psql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                f" WHERE usename = '{PROBE}'", "postgres")


class BlackHole:
    """A port that drops every connection request: its queue of unaccepted ones is full."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)
        until(self._full, "the queue to be full")

    def _full(self):
        _, writable, _ = select.select([], self.fillers, [], 0)
        return len(writable) >= 1 and len(writable) < len(self.fillers)

    def close(self):
        for one in self.fillers + [self.listener]:
            one.close()


@pytest.fixture
def black_hole():
    hole = BlackHole()
    yield hole
    hole.close()


class Silence:
    """A port that accepts and never says a word, like a server that is stopped."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]

    def close(self):
        self.listener.close()


@pytest.fixture
def silence():
    port = Silence()
    yield port
    port.close()


class Slammer:
    """A port that closes every connection at once, and counts them."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self.count = 0
        self.thread = threading.Thread(target=self._slam)
        self.thread.start()

    def _slam(self):
        while True:
            try:
                self.listener.accept()[0].close()
            except OSError:
                return
            self.count += 1

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


@pytest.fixture
def slammer():
    port = Slammer()
    yield port
    port.close()


class Proxy:
    """A TCP path to `port` that can die without a word; later connections get through."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self.peers = {}
        self.dead = set()
        self.wake, self.woken = socket.socketpair()
        self.thread = threading.Thread(target=self._forward)
        self.thread.start()

    def _forward(self):
        while True:
            watched = [self.listener, self.woken] + [
                one for one in self.peers if one not in self.dead]
            for ready in select.select(watched, [], [])[0]:
                if ready is self.woken:
                    if self.woken.recv(1) == b"q":
                        return
                    self.dead.update(self.peers)
                elif ready is self.listener:
                    client = self.listener.accept()[0]
                    server = socket.create_connection(("127.0.0.1", self.target))
                    self.peers[client], self.peers[server] = server, client
                elif ready in self.peers and ready not in self.dead:
                    self._pass_on(ready)

    def _pass_on(self, one):
        other = self.peers[one]
        try:
            data = one.recv(65536)
            other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for end in (one, other):
                end.close()
                self.peers.pop(end)

    def die(self):
        """What is connected now hears nothing any more."""
        self.wake.send(b"d")
        until(lambda: self.peers and self.dead >= set(self.peers), "the path to be dead")

    def close(self):
        self.wake.send(b"q")
        self.thread.join()
        for one in [*self.peers, self.listener, self.wake, self.woken]:
            one.close()


@pytest.fixture
def proxy(server):
    path = Proxy(server.port)
    yield path
    path.close()


def pooler(server, state, **settings):
    return Bouncer(server, state, PROBE, PASSWORD, default_pool_size=2, **settings)


@pytest.fixture
def bouncer(server):
    state = state_folder()
    started = pooler(server, state / "pgbouncer")
    yield started
    started.stop()
    shutil.rmtree(state)


@pytest.fixture
def pair():
    """A primary and its standby, for one test alone."""
    state = state_folder()
    primary = create(state / "primary")
    standby = Standby(primary, state / "standby")
    yield SimpleNamespace(primary=primary, standby=standby.server,
                          caught_up=standby.caught_up)
    standby.destroy()
    primary.destroy()
    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture
def tls_server(server):
    """The shared cluster with TLS switched on, for one test; .renew() gives it a certificate by
    the authority in .authority."""
    server.authority, key = server.data / "ca.crt", server.data / "ca.key"
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=authority", "-keyout", key, "-out", server.authority])

    def renew():
        request = server.data / "server.csr"
        run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
             "-keyout", server.data / "server.key", "-out", request])
        run(["openssl", "x509", "-req", "-in", request, "-CA", server.authority, "-CAkey", key,
             "-CAcreateserial", "-days", "2", "-out", server.data / "server.crt"])
        for name in ("server.key", "server.crt"):
            shutil.chown(server.data / name, "postgres")
            (server.data / name).chmod(0o600)
        server.psql("SELECT pg_reload_conf()", "postgres")

    server.renew = renew
    server.psql("ALTER SYSTEM SET ssl = on", "postgres")
    renew()
    until(lambda: server.psql("SHOW ssl", "postgres") == "on", "TLS to be on")
    return server
