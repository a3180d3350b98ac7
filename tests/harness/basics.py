# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for conditions, free ports, processes and folders."""

import os
import pwd
import random
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"

_handed_out = []


class Failure(Exception):
    """A server did not do what it was asked; the text says what and shows its log."""


def until(condition, what, timeout=30.0):
    """Return the first true value of condition(); raise Failure naming `what` after timeout."""
    pause = threading.Event()
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"waited {timeout:g} s for {what}")
        pause.wait(0.02)


def _claim(port):
    """A socket that tells other test processes that `port` is ours; None: it is another's."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0apppass-test-port-{port}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return None
    return claim


def free_port():
    """
    A loopback TCP port nobody listens on, never the same one twice.  Below those that the
    kernel gives to clients: one of them may have it by the time the server binds it.
    """
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10000, first_of_clients)
        claim = _claim(port)
        if claim:
            _handed_out.append(claim)
            return port


def accepts(port):
    """Whether something on loopback accepts connections to `port`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def listens(port):
    """Whether a server on loopback has opened `port`; it does not notice that it was looked at."""
    local, state = f"0100007F:{port:04X}", "0A"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    return any(row[1] == local and row[3] == state for row in rows)


def state_folder(prefix="apppass-test."):
    """A new folder that server users can reach; the path is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/var/tmp"))
    folder.chmod(0o755)
    return folder


def folder(path, user=None, mode=0o755):
    """Make `path` with that owner and mode."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    path.chmod(mode)
    return path


def write(path, text, user=None, mode=0o644):
    """
    Write a file, in one go for whoever reads it meanwhile; secrets never exist with a wider
    mode than `mode`.
    """
    path = Path(path)
    made = path.with_name(path.name + ".new")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    if user:
        entry = pwd.getpwnam(user)
        os.chown(made, entry.pw_uid, entry.pw_gid)
    made.chmod(mode)
    made.replace(path)
    return path


def example(name):
    """The text of a file under examples/."""
    return (EXAMPLES / name).read_text()


def read_settings(text, separator=":"):
    """name: value lines as a dict; lines that start with # are comments."""
    settings = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, value = (part.strip() for part in line.split(separator, 1))
            # Cyrus does not start with an option that is set twice.
            if name in settings:
                raise Failure(f"{name} is set twice")
            settings[name] = value
    return settings


def plugin_folder(target, build):
    """
    A SASL plugin folder as it is after installation: the stock modules and ours.
    SASL_PATH leads the servers here, so nothing is written to the system's folder.
    """
    folder(target)
    stock = Path(_pkg_config("libdir") or "/usr/lib") / "sasl2"
    for module in stock.glob("*.so*"):
        if not module.name.startswith("libapppass"):
            (target / module.name).symlink_to(module)
    install_plugin(target, build)
    return target


def install_plugin(target, build):
    """Our stub, and its module below it."""
    built = Path(build) / ".libs"
    shutil.copy(built / "libapppass.so", target)
    shutil.copytree(built / "apppass", Path(target) / "apppass", dirs_exist_ok=True)


def _pkg_config(variable):
    answer = subprocess.run(
        ["pkg-config", f"--variable={variable}", "libsasl2"],
        capture_output=True, text=True, check=False,
    )
    return answer.stdout.strip()


def run(command, **options):
    """Run to the end; raise Failure with everything it printed where it fails."""
    options.setdefault("cwd", "/")
    done = subprocess.run(
        [str(word) for word in command], stdin=options.pop("stdin", subprocess.DEVNULL)
        if "input" not in options else None,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options,
    )
    if done.returncode != 0:
        shown = " ".join(str(word) for word in command[:6])
        raise Failure(f"{shown}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def as_user(user):
    """The words that run a command as `user` in the same process (no pid in between)."""
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}",
            "--init-groups", "--"]


class Daemon:
    """
    One server process, found again by its pid file: the program that stops it
    need not be the one that started it.
    """

    def __init__(self, name, state, keep=False):
        self.name = name
        self.state = Path(state)
        self.keep = keep
        self.output = self.state / f"{name}.out"
        self.pid_file = self.state / f"{name}.pid"
        self.child = None

    def launch(self, command, user=None, environment=None):
        """Start `command` in a session of its own, its output in a file."""
        words = ["setpriv"]
        if not self.keep:
            words += ["--pdeathsig", "TERM"]
        if user:
            words += as_user(user)[1:]
        elif self.keep:
            words = []
        with open(self.output, "ab") as out:
            self.child = subprocess.Popen(
                words + [str(word) for word in command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                start_new_session=True, env={**os.environ, **(environment or {})},
            )
        self.pid_file.write_text(f"{self.child.pid} {_start_time(self.child.pid)}\n")

    def pid(self):
        """The process, or None where it is gone."""
        if self.child:
            return self.child.pid if self.child.poll() is None else None
        try:
            pid, started = self.pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        # The start time tells our process from a later one with the same number.
        return int(pid) if _start_time(int(pid)) == started else None

    def send(self, number):
        pid = self.pid()
        if pid:
            os.kill(pid, number)

    def stop(self, number=signal.SIGTERM, timeout=30.0):
        """End the process and whatever it left in its session; quiet where it is gone."""
        pid = self.pid()
        session = pid or (self.child.pid if self.child else None)
        if pid:
            os.kill(pid, number)
            if not _await_exit(pid, timeout):
                os.kill(pid, signal.SIGKILL)
                _await_exit(pid, timeout)
        if self.child:
            self.child.wait()
            self.child = None
        if session:
            until(lambda: not _session_members(session, kill=True),
                  f"the end of {self.name}'s processes")
        self.pid_file.unlink(missing_ok=True)

    def check(self):
        """Raise where the process ended by itself."""
        if not self.pid():
            raise Failure(f"{self.name} ended:\n{self.output.read_text()[-4000:]}")

    def ready(self, condition, what, timeout=60.0):
        """Wait for a condition, and fail at once where the process ends before it."""
        def looking():
            self.check()
            return condition()
        return until(looking, what, timeout)


def _start_time(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def _await_exit(pid, timeout):
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], timeout)[0])
    finally:
        os.close(watched)


def processes():
    """(pid, parent, session, state) of every process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            yield int(entry.name), int(words[1]), int(words[3]), words[0]


def name_of(pid):
    """The command name of a process, "" where it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _session_members(session, kill=False):
    members = [pid for pid, _, own, state in processes() if own == session and state != "Z"]
    for pid in members if kill else ():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return members


def descendants(pid):
    """All processes below `pid`."""
    table = list(processes())
    found, frontier = [], [pid]
    while frontier:
        parents = set(frontier)
        frontier = [child for child, parent, _, _ in table if parent in parents]
        found += frontier
    return found
