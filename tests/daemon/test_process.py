# SPDX-License-Identifier: BSD-2-Clause
"""Starting, stopping, reloading; files, sockets and privileges."""

import grp
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from conftest import ALICE, BUILD, make_daemon
from harness.apppassd import answer, connect, request
from harness.basics import ROOT, Daemon, until, write
from harness.cyrus import _PRIVATE_DEV

PROGRAM = BUILD / "apppassd"
UNIT = ROOT / "contrib" / "systemd"


def run_program(*words, **options):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False,
                          timeout=30, **options)


def logged(server, text):
    until(lambda: text in server.log.read_text(), f"the log to say {text!r}", 10)


# ---- arguments and the configuration file ----

def test_version_and_help():
    assert re.fullmatch(r"apppass \S+\n", run_program("-v").stdout)
    assert "usage: apppassd" in run_program("-h").stdout


@pytest.mark.parametrize("words", [["-x"], ["-c"], ["extra"]], ids=str)
def test_wrong_arguments(words):
    assert run_program(*words).returncode == 2


def test_check_good(fresh):
    done = run_program("-t", "-c", fresh.config)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name, value, message", [
    ("apppass_timeout", "soon", "apppass_timeout"),
    ("apppass_conninfo", "nonsense", ":1: apppass_conninfo: "),
    ("apppass_key", "/nonexistent/key", ":7: apppass_key: "),
    ("apppassd_user", "nobody-here", 'no user "nobody-here"'),
    ("apppassd_group", "nobody-here", 'no group "nobody-here"'),
    ("apppassd_socket_owner", "nobody-here", 'no user "nobody-here"'),
    ("apppassd_socket_group", "nobody-here", 'no group "nobody-here"'),
    ("apppassd_user", None, "apppassd_user"),
])
def test_check_bad(fresh, name, value, message):
    fresh.set(**{name: value})
    checked = run_program("-t", "-c", fresh.config)
    started = run_program("-c", fresh.config)
    for done in (checked, started):
        assert done.returncode == 1 and message in done.stderr
    assert not fresh.socket.exists()


def test_check_leaves_the_memo_alone(fresh):
    memo = fresh.state / "run" / "memo"
    fresh.set(apppass_memo=memo)
    assert run_program("-t", "-c", fresh.config).returncode == 0
    assert not memo.exists()
    fresh.start()
    assert memo.stat().st_uid == pwd.getpwnam("nobody").pw_uid


def test_password_in_sight_is_refused(fresh):
    fresh.config.chmod(0o644)
    done = run_program("-c", fresh.config)
    assert done.returncode == 1 and "chmod o-r" in done.stderr
    assert "password=" not in done.stderr


def test_every_option_is_documented():
    source = (ROOT / "daemon" / "options.c").read_text()
    names = re.findall(r'\.name = "(apppassd_\w+)"', source)
    page = (ROOT / "doc" / "apppassd.8").read_text()
    documented = re.findall(r"^\.It Cm (apppassd_\w+)", page, re.M)
    assert sorted(names) == documented and len(names) > 8
    for name in re.findall(r"\bapppassd_\w+", page + (ROOT / "examples/apppassd.conf").read_text()):
        assert name in names


# ---- privileges and the socket ----

def test_runs_as_its_user(fresh):
    fresh.start()
    # It listens while it is root still, and answers when it is not any more.
    assert fresh.ask("nobody@example.org", "wrong") == "NO"
    status = Path(f"/proc/{fresh.daemon.pid()}/status").read_text()
    uid, gid = pwd.getpwnam("nobody")[2:4]
    assert re.search(rf"^Uid:\t{uid}\t{uid}\t{uid}\t{uid}$", status, re.M)
    assert re.search(rf"^Gid:\t{gid}\t{gid}\t{gid}\t{gid}$", status, re.M)
    assert re.search(r"^CapEff:\t0+$", status, re.M) and re.search(r"^CapPrm:\t0+$", status, re.M)


def test_root_must_be_meant(fresh, code):
    fresh.user = "root"
    fresh.set(apppassd_user="root").start()
    assert fresh.ask(ALICE, code) == "OK"


def test_cannot_become_another(fresh):
    fresh.set(apppassd_user="daemon")
    done = run_program("-c", fresh.config, user="nobody", group="nogroup", extra_groups=[])
    assert done.returncode == 1 and "only root can become" in done.stderr


def test_socket_access(fresh):
    fresh.set(apppassd_socket_owner="daemon", apppassd_socket_group="mail",
              apppassd_socket_mode="0620").start()
    status = fresh.socket.stat()
    assert stat.S_IMODE(status.st_mode) == 0o620
    assert pwd.getpwuid(status.st_uid).pw_name == "daemon"
    assert grp.getgrgid(status.st_gid).gr_name == "mail"


def test_default_socket_is_closed_to_others(fresh):
    fresh.set(apppassd_socket_mode=None).start()
    assert stat.S_IMODE(fresh.socket.stat().st_mode) == 0o660
    assert pwd.getpwuid(fresh.socket.stat().st_uid).pw_name == "nobody"


def test_second_instance_is_refused(fresh, code):
    fresh.start()
    done = run_program("-c", fresh.config)
    assert done.returncode == 1 and "another apppassd serves this socket" in done.stderr
    assert fresh.ask(ALICE, code) == "OK"


def test_stale_socket_is_replaced(fresh, code):
    fresh.start()
    fresh.stop(signal.SIGKILL)
    assert fresh.socket.exists() and not fresh.serves()
    fresh.start()
    assert fresh.ask(ALICE, code) == "OK"


def test_socket_of_another_program_is_left_alone(fresh):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(fresh.socket))
        other.listen()
        done = run_program("-c", fresh.config)
        assert done.returncode == 1 and "another program serves this socket" in done.stderr
        assert fresh.serves()


def test_file_in_the_way_is_left_alone(fresh):
    write(fresh.socket, "precious")
    done = run_program("-c", fresh.config)
    assert done.returncode == 1 and "not a socket" in done.stderr
    assert fresh.socket.read_text() == "precious"


def test_missing_folder_is_named(fresh):
    fresh.set(apppassd_socket=fresh.state / "missing" / "mux")
    done = run_program("-c", fresh.config)
    assert done.returncode == 1 and "missing/mux" in done.stderr


def test_few_open_files_are_told(fresh, code):
    fresh.daemon.launch(["prlimit", "--nofile=200:200", PROGRAM, "-c", fresh.config])
    fresh.daemon.ready(fresh.serves, "apppassd")
    logged(fresh, "apppassd_queue: 1000 needs more open files")
    crowd = [connect(fresh.socket) for _ in range(400)]
    try:
        assert fresh.daemon.pid()
    finally:
        for connection in crowd:
            connection.close()
    assert fresh.ask(ALICE, code) == "OK"


# ---- signals ----

def test_reload(fresh, code):
    fresh.start()
    assert fresh.ask("alice", code) == "NO"
    fresh.set(apppass_realm="example.org", apppassd_workers="3")
    fresh.reload()
    logged(fresh, "reloaded")
    assert fresh.ask("alice", code) == "OK"
    logged(fresh, "apppassd_workers has changed; it takes effect at the next start")


@pytest.mark.parametrize("text, message", [
    ("apppass_conninfo: host=/nonexistent\napppass_timeout: 0\n", ":2: apppass_timeout"),
    ("#\napppass_conninfo: nonsense\n", ":2: apppass_conninfo: "),
    ("", "apppass_conninfo is missing"),
])
def test_bad_reload_keeps_the_old(fresh, code, text, message):
    fresh.start()
    fresh.write(text)
    fresh.reload()
    logged(fresh, "going on with the old configuration")
    assert message in fresh.log.read_text()
    assert fresh.ask(ALICE, code) == "OK"
    fresh.set()
    fresh.reload()
    logged(fresh, "reloaded")
    assert fresh.ask(ALICE, code) == "OK"


def test_reload_under_load(fresh, code):
    fresh.start()
    for _ in range(20):
        fresh.reload()
        assert fresh.ask(ALICE, code) == "OK"
        assert fresh.ask(ALICE, "hunter2") == "NO"


def test_unreadable_after_the_drop_is_told(fresh):
    os.chown(fresh.config, 0, 0)
    fresh.start()
    logged(fresh, "SIGHUP will not work")


def test_sigterm_finishes_what_has_arrived(fresh, database, code):
    fresh.start()
    database.hang()
    try:
        waiting = [connect(fresh.socket) for _ in range(8)]
        for connection in waiting:
            connection.sendall(request(ALICE, code))
        fresh.daemon.send(signal.SIGTERM)
        logged(fresh, "stopping: 8 requests to finish")
        assert not fresh.serves() and not fresh.socket.exists()
    finally:
        database.resume()
    assert [answer(connection) for connection in waiting] == ["OK"] * 8
    until(lambda: fresh.daemon.pid() is None, "apppassd to end", 10)
    assert fresh.daemon.child.wait() == 0


def test_sigterm_ends_in_time_whatever_hangs(fresh, database, code):
    fresh.set(apppass_timeout=1000).start()
    database.hang()
    try:
        with connect(fresh.socket) as waiting, connect(fresh.socket) as stalled:
            waiting.sendall(request(ALICE, code))
            stalled.sendall(b"\0")
            started = time.monotonic()
            fresh.daemon.send(signal.SIGTERM)
            assert answer(waiting) is None and answer(stalled) is None
            until(lambda: fresh.daemon.pid() is None, "apppassd to end", 10)
            assert time.monotonic() - started < 4
    finally:
        database.resume()


def test_second_sigterm_ends_at_once(fresh):
    fresh.set(apppass_timeout=30000).start()
    with connect(fresh.socket) as stalled:
        stalled.sendall(b"\0")
        fresh.daemon.send(signal.SIGTERM)
        logged(fresh, "stopping: 1 requests to finish")
        fresh.daemon.send(signal.SIGTERM)
        assert answer(stalled) is None
    until(lambda: fresh.daemon.pid() is None, "apppassd to end", 10)


# ---- the service manager and the log ----

class Notifications:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(10)
        path.chmod(0o777)

    def expect(self, text):
        while True:
            if text in self.socket.recv(4096).decode().split("\n"):
                return


def test_notifies_the_service_manager(fresh):
    manager = Notifications(fresh.state / "notify")
    with manager.socket:
        fresh.start(environment={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "300000"})
        manager.expect("READY=1")
        manager.expect("WATCHDOG=1")
        manager.expect("WATCHDOG=1")
        fresh.reload()
        manager.expect("RELOADING=1")
        manager.expect("READY=1")
        fresh.daemon.send(signal.SIGTERM)
        manager.expect("STOPPING=1")


def test_sockets_of_systemd(fresh, code):
    """As under the socket unit: not bound, not removed, served again by the next start."""
    passed = fresh.state / "run" / "passed"
    fresh.set(apppassd_socket="/nonexistent/mux")
    fresh.daemon.launch(["systemd-socket-activate", "-l", passed, PROGRAM, "-c", fresh.config])
    fresh.daemon.ready(passed.exists, "the socket of systemd-socket-activate")
    fresh.socket = passed
    assert fresh.ask(ALICE, code) == "OK"
    fresh.stop()
    assert passed.exists()


def test_other_descriptors_are_refused(fresh):
    """Started with a descriptor that is no listening unix socket."""
    command = f"LISTEN_PID=$$ LISTEN_FDS=1 exec {PROGRAM} -c {fresh.config} 3</dev/null"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False,
                          timeout=30)
    assert done.returncode == 1 and "systemd passed something else" in done.stderr


def test_unit_exposure_is_below_2():
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                           UNIT / "apppassd.service"], capture_output=True, text=True, check=True)
    exposure = re.search(r"Overall exposure level for apppassd.service: (\d+\.\d)", done.stdout)
    assert float(exposure.group(1)) < 2.0


def test_units_are_understood(tmp_path):
    """systemd-analyze verify has nothing to say about the files as they are installed."""
    for unit in ("apppassd.service", "apppassd.socket", "apppass-logoutd.service",
                 "apppass-notify.service"):
        text = re.sub("/usr/s?bin/(apppass)", rf"{PROGRAM.parent}/\1", (UNIT / unit).read_text())
        (tmp_path / unit).write_text(re.sub(r"(?m)^Documentation=.*\n", "", text))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *tmp_path.iterdir()],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_journal_levels(fresh):
    fresh.log.touch()
    status = fresh.log.stat()
    fresh.start(environment={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
    assert fresh.ask(ALICE, "hunter2") == "NO"
    until(lambda: re.search(r"(?m)^<6>apppass: apppass \S+: serving, \d+ workers$", fresh.log.read_text()),
          "the line with its level", 10)
    assert f"<5>apppass: refused: verdict=not_a_code user={ALICE}" in fresh.log.read_text()


def test_syslog(fresh, code):
    """In a mount namespace with a /dev/log of our own."""
    path, log = fresh.state / "log.socket", fresh.state / "syslog"
    logger = Daemon("logsocket", fresh.state)
    logger.launch(["/usr/bin/python3", ROOT / "tests/harness/logsocket.py", path, log])
    try:
        logger.ready(path.exists, "the log socket")
        fresh.set(apppassd_log="syslog")
        fresh.daemon.launch(["unshare", "--mount", "--propagation", "private", "--", "/bin/sh",
                             "-c", _PRIVATE_DEV, "sh", path, PROGRAM, "-c", fresh.config])
        fresh.daemon.ready(fresh.serves, "apppassd")
        assert fresh.ask(ALICE, code) == "OK"
        until(lambda: re.search(rf"apppassd\[\d+\]: apppass: accepted: user={ALICE} service=imap "
                                r"client=- code=\d+", log.read_text()), "the line", 10)
        assert fresh.log.read_text() == ""
    finally:
        fresh.stop()
        logger.stop()


def test_unusable_memo_is_no_obstacle(fresh, code):
    fresh.set(apppass_memo="/nonexistent/memo").start()
    assert fresh.ask(ALICE, code) == "OK"
    logged(fresh, "/nonexistent/memo")


def test_start_without_a_database():
    server = make_daemon("host=/nonexistent dbname=apppass")
    try:
        server.start()
        assert server.ask(ALICE, "0000-0000-0000-0000") is None
    finally:
        server.destroy()


def test_logoutd_says_nothing_to_the_database(database, tmp_path):
    """With standard error closed no connection gets its number, and with it the log lines."""
    def odd():
        return database.log.read_text().count("invalid frontend message")

    proc, mark, before = tmp_path / "proc", tmp_path / "mark", odd()
    proc.mkdir()
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", BUILD / "apppass-logoutd", "-d",
         database.conninfo("postgres"), "-p", proc, "-s", mark], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        until(mark.exists, "a mark", 30)
        # What is said at the start lies behind it once the next mark stands there.
        first = mark.read_text()
        database.revoke(ALICE, database.issue(device="printer"))
        until(lambda: mark.read_text() != first, "another mark", 30)
        assert odd() == before
    finally:
        process.terminate()
        process.wait()
