# SPDX-License-Identifier: BSD-2-Clause
"""The throw-away PostgreSQL does what the outage tests ask of it."""

import shutil
import socket
import sys
from pathlib import Path

import pytest

from harness.basics import ROOT, Failure, descendants, run, state_folder, until
from harness.codes import check_symbol
from harness.postgres import Postgres


@pytest.fixture(scope="module")
def cluster():
    server = Postgres(state_folder())
    try:
        yield server.create()
    finally:
        server.destroy()


def test_stop_and_start(cluster):
    cluster.stop()
    assert not cluster.answers()
    cluster.start()
    assert cluster.psql("SELECT 1", "postgres", "postgres") == "1"


def test_kill_and_start(cluster):
    cluster.kill()
    assert not cluster.answers()
    cluster.start()
    assert cluster.psql("SELECT 1", "postgres", "postgres") == "1"


def test_hang_accepts_but_does_not_answer(cluster):
    cluster.hang()
    try:
        with socket.create_connection(("127.0.0.1", cluster.port), timeout=5) as client:
            client.settimeout(0.5)
            client.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f")  # SSLRequest
            with pytest.raises(TimeoutError):
                client.recv(1)
    finally:
        cluster.resume()
    assert cluster.psql("SELECT 1", "postgres", "postgres") == "1"


def test_check_symbol_is_that_of_the_vectors():
    lines = (ROOT / "tests/vectors/check_symbols.txt").read_text().splitlines()
    vectors = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert vectors
    for symbols, check in vectors:
        assert check_symbol(symbols) == check, symbols


def test_until_names_what_it_waited_for():
    with pytest.raises(Failure, match="the moon"):
        until(lambda: False, "the moon", timeout=0.1)


STARTS_POSTFIX = """
import sys
from pathlib import Path
from harness.basics import folder
from harness.postfix import Postfix
state = Path(sys.argv[1])
server = Postfix(state / "postfix").create(folder(state / "plugins"), "mech_list: PLAIN\\n")
try:
    server.start()
finally:
    server.destroy()
"""


def test_postfix_starts_where_the_machine_has_no_main_cf():
    """Debian's package leaves none behind where it was told "No configuration"."""
    state = state_folder()
    try:
        shutil.copytree("/etc/postfix", state / "etc", symlinks=True)
        (state / "etc" / "main.cf").unlink(missing_ok=True)
        run(["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc/postfix && shift && exec "$@"',
             "sh", state / "etc", sys.executable, "-c", STARTS_POSTFIX, state],
            cwd=ROOT / "tests")
        assert not Path(state / "postfix").exists()
    finally:
        shutil.rmtree(state)


def test_nothing_is_left_behind():
    server = Postgres(state_folder()).create()
    everyone = [server.daemon.pid(), *descendants(server.daemon.pid())]
    server.destroy()
    for pid in everyone:
        with pytest.raises(OSError):
            open(f"/proc/{pid}/cmdline", "rb").close()
    assert not server.state.exists()
