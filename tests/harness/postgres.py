#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A private PostgreSQL cluster with the schema deployed."""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "harness"

from .basics import (ROOT, Daemon, Failure, as_user, descendants, example, folder, free_port,
                     run, state_folder, until, write)

OWNER = "apppass_deployer"      # deploys the schema; no superuser
VERIFIER = "apppass_mail"       # what the mail servers log in as
HELPDESK = "hilda"
ADMINISTRATOR = "ada"
DATABASE = "apppass"

# In the image of a cluster: what deploy() then names DATABASE, which is empty there.
DEPLOYED = "apppass_deployed"
ROLES = ROOT / "examples" / "postgresql" / "roles.sql"

PSQL = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")

# Everything that passes through is logged, so that a clear code could not hide.
CHATTY = {"log_statement": "all", "log_connections": "on", "log_disconnections": "on"}


def _binaries():
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                       key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    if not found:
        raise Failure("no PostgreSQL server found (Debian: postgresql)")
    return Path(found).parent


def _image(binaries):
    """
    The data folder of a cluster with the schema deployed as it is in these sources, made by
    sqitch where this build has none yet.
    """
    digest = hashlib.sha256(str(binaries).encode())
    for path in sorted((ROOT / "sql").rglob("*")) + [ROLES]:
        if path.is_file():
            # The same wherever the tree lies: a copy of it shares the image.
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    images = folder(Path(os.environ["APPPASS_BUILD"]) / "clusters", mode=0o700)
    image = images / digest.hexdigest()[:16]
    with open(images / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists():
            for old in images.glob("[0-9a-f]*"):
                # A newer one may be in use by another suite.
                if old.stat().st_mtime < time.time() - 24 * 3600:
                    shutil.rmtree(old)
            _make_image(image)
    return image


def _make_image(image):
    server = Postgres(state_folder(), settings={})
    try:
        server.create(image=False)
        server.deploy()
        server.leave()
        server.psql(f"ALTER DATABASE {DATABASE} RENAME TO {DEPLOYED};\n"
                    f"CREATE DATABASE {DATABASE} OWNER {OWNER}", "postgres", "postgres")
        server.stop()
        run(["cp", "-a", server.data, f"{image}.new"])
        Path(f"{image}.new").rename(image)
    finally:
        server.destroy()


class Postgres:
    """
    One cluster under `state`: a unix socket in .socket and a loopback .port.
    Every role may use the socket without a password, the verifier only as the
    examples say: by peer from the system user cyrus, by SCRAM over TCP.
    """

    def __init__(self, state, keep=False, settings=None):
        self.state = Path(state)
        self.data = self.state / "data"
        self.socket = self.state / "run"
        self.log = self.state / "postgresql.log"
        self.settings = dict(CHATTY if settings is None else settings)
        self.daemon = Daemon("postgres", self.state, keep)
        self.binaries = _binaries()
        self.port = None
        self.password = None    # of the verifier
        self.stopped = []
        self.sessions = {}

    def create(self, peers=None, image=True):
        """
        A new cluster, configuration, start; roles that exist before the deployment.
        `peers` renames system users of examples/postgresql/pg_ident.conf.
        With `image`, a copy of a cluster that was deployed once for all tests of a build.
        """
        folder(self.state)
        folder(self.state / "cluster", "postgres", 0o700)
        self.data = self.state / "cluster" / "data"
        folder(self.socket, "postgres")
        self.port = free_port()
        self.copied = image and "APPPASS_BUILD" in os.environ
        if self.copied:
            run(["cp", "-a", _image(self.binaries), self.data])
        else:
            self._make_cluster(self.data)
        self._configure(peers or {})
        self.start()
        if not self.copied:
            self.psql(f"CREATE ROLE {OWNER} LOGIN CREATEROLE", "postgres", "postgres")
            self.psql(f"CREATE DATABASE {DATABASE} OWNER {OWNER}", "postgres", "postgres")
        return self

    def _make_cluster(self, data):
        run(as_user("postgres") + [
            self.binaries / "initdb", "-D", data, "-U", "postgres", "--no-sync",
            "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])

    def upgrade(self):
        """pg_upgrade to a new cluster, here of the same version; it takes the old one's place."""
        self.stop()
        old, new = self.data.with_name("old"), self.data.with_name("new")
        self._make_cluster(new)
        run(as_user("postgres") + [
            self.binaries / "pg_upgrade", "--link", "--no-sync", "-U", "postgres",
            "-b", self.binaries, "-B", self.binaries, "-d", self.data, "-D", new,
            "-s", self.socket], cwd=new.parent)
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
            shutil.copy2(self.data / name, new)
        self.data.rename(old)
        new.rename(self.data)
        shutil.rmtree(old)
        self.start()

    def _configure(self, peers):
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": self.port,
            "unix_socket_directories": f"'{self.socket}'",
            "fsync": "off",
            "shared_buffers": "'32MB'",
            "log_destination": "'stderr'",
            "log_line_prefix": "'%m [%p] %u@%d %a '",
            "timezone": "'UTC'",
            **self.settings,
        }
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in settings.items())
        write(self.data / "pg_hba.conf", example("postgresql/pg_hba.conf")
              + "local all,replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n", "postgres", 0o600)
        ident = example("postgresql/pg_ident.conf")
        for user, stand_in in peers.items():
            ident, count = re.subn(rf"(?m)^(apppass\s+){user}(?=\s)", rf"\g<1>{stand_in}", ident)
            if count != 1:
                raise Failure(f"examples/postgresql/pg_ident.conf: expected one line for {user}")
        write(self.data / "pg_ident.conf", ident, "postgres", 0o600)

    def start(self):
        """Start and wait until it answers queries."""
        self.daemon.output = self.log
        self.daemon.launch([self.binaries / "postgres", "-D", self.data], user="postgres")
        self.daemon.ready(self.answers, "PostgreSQL to answer")
        return self

    def answers(self):
        """Whether it says so, to pg_ctl and us, in its pid file."""
        try:
            said = (self.data / "postmaster.pid").read_text(encoding="utf-8").split()
        except OSError:
            return False
        return said[:1] == [str(self.daemon.pid())] and said[-1] == "ready"

    def stop(self, mode="fast"):
        """fast: SIGINT, sessions are told; immediate: SIGQUIT, like a crash."""
        self.resume()
        self.leave()
        self.daemon.stop({"fast": signal.SIGINT, "immediate": signal.SIGQUIT,
                          "smart": signal.SIGTERM}[mode])

    def kill(self):
        """SIGKILL the postmaster; its children notice and end."""
        self.leave()
        self.daemon.stop(signal.SIGKILL)

    def hang(self):
        """Stop every process in place: connections are accepted, nobody answers."""
        # The postmaster first: then no process is added while the rest are stopped.
        postmaster = self.daemon.pid()
        self._send(postmaster, signal.SIGSTOP)
        self.stopped = [postmaster, *descendants(postmaster)]
        for victim in self.stopped[1:]:
            self._send(victim, signal.SIGSTOP)

    def resume(self):
        for victim in self.stopped:
            self._send(victim, signal.SIGCONT)
        self.stopped = []

    @staticmethod
    def _send(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass    # a backend that ended by itself

    def heal(self):
        """Running again, whatever was done to it."""
        self.resume()
        if not self.daemon.pid():
            self.start()

    def destroy(self):
        self.stop("immediate")
        shutil.rmtree(self.state, ignore_errors=True)

    def environment(self, user=ADMINISTRATOR, database=DATABASE):
        """PG* variables for a client on the socket."""
        return {"PGHOST": str(self.socket), "PGPORT": str(self.port),
                "PGUSER": user, "PGDATABASE": database}

    def conninfo(self, user=ADMINISTRATOR, tcp=False, database=DATABASE):
        """A libpq connection string; over TCP only the verifier has a password."""
        host = "127.0.0.1" if tcp else self.socket
        text = f"host={host} port={self.port} dbname={database} user={user}"
        if tcp and user == VERIFIER:
            text += f" password={self.password}"
        return text

    def _programs(self, user, database=DATABASE):
        """Where PostgreSQL's programs are run: its own psql, not Debian's slow wrapper of it."""
        return {**os.environ, **self.environment(user, database),
                "PATH": f"{self.binaries}:{os.environ['PATH']}"}

    def psql(self, sql, user=ADMINISTRATOR, database=DATABASE):
        """
        Run SQL, stop at the first error; unaligned rows as text.  In DATABASE by a session that
        is kept: for one statement a process, and a backend with cold caches, cost a hundred times
        as much.
        """
        if database != DATABASE:
            return run(["psql", *PSQL], input=sql + "\n",
                       env=self._programs(user, database)).rstrip("\n")
        session = self.sessions.pop(user, None)
        if session and not session.ready():
            session.close()
            session = None
        session = session or self.session(user)
        answer = session.ask(sql)
        if answer is None:
            raise Failure(session.close())
        # Another thread may have needed one meanwhile.
        if self.sessions.setdefault(user, session) is not session:
            session.close()
        return answer

    def session(self, user=ADMINISTRATOR):
        """One that is the caller's, to close."""
        return Session(self._programs(user))

    def leave(self):
        """End the sessions that psql() keeps; who copies a database must be alone in it."""
        while self.sessions:
            self.sessions.popitem()[1].close()

    def sqitch(self, *words):
        """Run sqitch on the database as the owner."""
        environment = {
            **self._programs(OWNER),
            "SQITCH_FULLNAME": "apppass tests", "SQITCH_EMAIL": "tests@example.org",
            "SQITCH_CONFIG": str(ROOT / "sql" / "sqitch.conf"), "HOME": str(self.state),
        }
        return run(["sqitch", *words, "--target", f"db:pg:{DATABASE}"],
                   cwd=ROOT / "sql", env=environment)

    def deploy(self):
        """The schema, then the people and programs of examples/postgresql/roles.sql."""
        self.password = secrets.token_urlsafe(18)
        if self.copied:
            self.leave()
            self.psql(f"DROP DATABASE {DATABASE};\n"
                      f"ALTER DATABASE {DEPLOYED} RENAME TO {DATABASE};\n"
                      "SET log_statement = none;\n"
                      f"ALTER ROLE {VERIFIER} PASSWORD '{self.password}'", "postgres", "postgres")
            return self
        self.sqitch("deploy", "--verify")
        roles, count = re.subn("'change-me'", f"'{self.password}'", ROLES.read_text("utf-8"))
        if count != 1:
            raise Failure(f"{ROLES}: expected one password 'change-me'")
        self.psql(f"SET log_statement = none;\n{roles}", "postgres")
        return self

    def dump(self):
        """Everything the database holds, as text."""
        return run([self.binaries / "pg_dumpall", "-h", self.socket, "-p", self.port,
                    "-U", "postgres"])

    def wait_sessions(self, user, count, timeout=30.0):
        """Wait until `user` has that many sessions."""
        sql = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{user}'"
        until(lambda: int(self.psql(sql, "postgres")) == count,
              f"{count} session(s) of {user}", timeout)


class Session:
    """A psql that waits for the next question."""

    def __init__(self, environment):
        self.mark = f"end {secrets.token_hex(8)}\n"
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            ["psql", *PSQL], stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, stderr=self.errors, cwd="/", env=environment)

    def ready(self):
        """As a new one would be; not where its server has ended, or a transaction is open."""
        return self.ask("DISCARD ALL") is not None

    def ask(self, sql):
        """The answer, or None where psql ended: at the first error."""
        try:
            self.process.stdin.write(f"{sql}\n;\n\\echo {self.mark}")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        lines = []
        for line in self.process.stdout:
            if line == self.mark:
                return "".join(lines).rstrip("\n")
            lines.append(line)
        return None

    def close(self):
        """What it said of errors."""
        self.process.communicate()
        self.errors.seek(0)
        with self.errors:
            return f"psql: exit {self.process.returncode}\n{self.errors.read()}"


def main(arguments):
    """postgres.py COMMAND...: run a command with PG* set for a throw-away deployed cluster."""
    server = Postgres(state_folder())
    try:
        server.create().deploy()
        return os.spawnvpe(os.P_WAIT, arguments[0], arguments, {
            **os.environ, **server.environment(),
            "APPPASS_VERIFIER_CONNINFO": server.conninfo(VERIFIER, tcp=True)})
    finally:
        server.destroy()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
