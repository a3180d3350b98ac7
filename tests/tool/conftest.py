# SPDX-License-Identifier: BSD-2-Clause
"""A database, the tool, and a terminal to run it on."""

import contextlib
import fcntl
import itertools
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.basics import Failure, state_folder
from harness.codes import CODE, cheap_hash, new_code
from harness.postgres import ADMINISTRATOR, HELPDESK, PSQL, Postgres

BUILD = Path(os.environ["APPPASS_BUILD"])
TOOL = BUILD / "apppass"
ALICE = "alice@example.org"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    """One cluster for the whole suite; each test has accounts of its own."""
    state = state_folder()
    started = Postgres(state)
    started.create().deploy()
    yield started
    started.destroy()
    shutil.rmtree(state, ignore_errors=True)


def environment(server, user=HELPDESK, **extra):
    """What the tool sees: a quiet place, the same everywhere."""
    keep = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
            if name in os.environ}
    return {**keep, "LC_ALL": "C.UTF-8", "TZ": "Europe/Berlin", "TERM": "xterm",
            "HOME": str(server.state), **server.environment(user), **extra}


def operator(words):
    """Who types that: accounts are the administrator's."""
    words = [str(word) for word in words]
    return (ADMINISTRATOR if "account" in words and {"add", "mfa", "rename", "erase", "import"} & set(words)
            else HELPDESK)


class Answer:
    """How a run of the tool ended."""

    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    def __repr__(self):
        return f"apppass {' '.join(self.words)} => {self.status}\n{self.out}\n{self.err}"

    def json(self):
        return json.loads(self.out)

    def code(self):
        """The one code in the output."""
        found = CODE.findall(self.out)
        assert len(found) == 1, self
        return found[0]


class Desk:
    """The tool, without a terminal."""

    def __init__(self, server):
        self.server = server

    def run(self, *words, user=None, text="", timeout=120, **extra):
        words = [str(word) for word in words]
        done = subprocess.run([TOOL, *words], input=text.encode(), capture_output=True,
                              env=environment(self.server, user or operator(words), **extra), cwd=self.server.state,
                              timeout=timeout, check=False)
        return Answer(words, done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *words, **options):
        """Must succeed."""
        answer = self.run(*words, **options)
        assert answer.status == 0, answer
        return answer

    def json(self, *words, **options):
        return self.ok("--json", *words, **options).json()

    def account(self, prefix="person", realm="example.org"):
        """A new account, of this test alone."""
        name = f"{prefix}{next(NUMBERS)}@{realm}"
        self.sql(f"SELECT apppass.add_account('{name}')", ADMINISTRATOR)
        return name

    def issue(self, account, device="Phone", *options):
        """A new code by the tool, as printed."""
        return self.ok("issue", account, "--device", device, "--force", *options).code()

    def code(self, account, device="Phone"):
        """A code that is there already, as it was printed: where the tool is to find it."""
        code, label = new_code(), device.replace("'", "''")
        self.sql(f"SELECT apppass.store_code('{account}', '{label}', '{code[:4]}',"
                 f" '{cheap_hash(code)}')", ADMINISTRATOR)
        return code

    def sql(self, text, user="postgres"):
        return self.server.psql(text, user)

    @contextlib.contextmanager
    def transaction(self, text, user="postgres"):
        """Somebody who has run that and does not commit."""
        session = subprocess.Popen(
            [self.server.binaries / "psql", *PSQL], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**os.environ, **self.server.environment(user)})
        try:
            session.stdin.write(f"BEGIN;\n{text};\n\\echo held\n")
            session.stdin.flush()
            while (line := session.stdout.readline()) != "held\n":
                if not line:
                    raise Failure(f"could not run {text}")
            yield
        finally:
            session.communicate("ROLLBACK;\n")


@pytest.fixture
def desk(server):
    return Desk(server)


@pytest.fixture
def folder():
    """A folder for one test's files."""
    path = state_folder()
    yield path
    shutil.rmtree(path, ignore_errors=True)


class Terminal:
    """The tool on a terminal of that size."""

    def __init__(self, server, *words, user=None, columns=80, rows=24, stdout=None,
                 **extra):
        self.controller, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.end = end
        self.bytes = b""
        self.process = subprocess.Popen(
            [TOOL, *map(str, words)], stdin=end, stdout=stdout if stdout is not None else end,
            stderr=end, env=environment(server, user or operator(words), **extra), cwd=server.state,
            preexec_fn=self._own)

    def _own(self):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _read(self, seconds):
        ready = select.select([self.controller], [], [], seconds)[0]
        if not ready:
            return False
        try:
            got = os.read(self.controller, 65536)
        except OSError:
            got = b""
        self.bytes += got
        return bool(got)

    @property
    def text(self):
        return self.bytes.decode(errors="replace").replace("\r\n", "\n")

    @property
    def plain(self):
        """Without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.text)

    def expect(self, wanted, timeout=60):
        """Read until `wanted` has been printed."""
        until = time.monotonic() + timeout
        while wanted not in self.text:
            if not self._read(0.1) and time.monotonic() > until:
                raise Failure(f"no {wanted!r} on the terminal:\n{self.text}")
        return self

    def send(self, text):
        os.write(self.controller, text.encode())
        return self

    def echoes(self):
        """Does the terminal show what is typed?"""
        return bool(termios.tcgetattr(self.end)[3] & termios.ECHO)

    def finish(self, timeout=60):
        """Read to the end; the exit status, negative for a signal."""
        status = None
        until = time.monotonic() + timeout
        while status is None:
            self._read(0.05)
            status = self.process.poll()
            if time.monotonic() > until:
                self.process.kill()
                raise Failure(f"still runs:\n{self.text}")
        while self._read(0):
            pass
        os.close(self.end)
        os.close(self.controller)
        return status

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self


@pytest.fixture
def terminal(server):
    def start(*words, **options):
        return Terminal(server, *words, **options)
    return start


def columns(line):
    """Columns a line takes on a terminal, colours left out."""
    line = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line)
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


__all__ = ["ADMINISTRATOR", "ALICE", "HELPDESK"]
