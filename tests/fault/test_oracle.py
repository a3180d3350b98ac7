# SPDX-License-Identifier: BSD-2-Clause
"""Nobody outside can tell one refusal from another."""

import contextlib
import random
import socket
import statistics
import time

import pytest

from harness.apppassd import answer, connect, request
from harness.clients import DOORS, REFUSED, Imap, b64
from harness.codes import mistyped, with_other_secret, with_other_selector
from harness.crowd import knock

PAIRS = 300


@pytest.fixture(scope="module")
def refused(ground):
    """Everything that is refused, by reason: (account, password)."""
    ground.heal()
    account, disabled, other = ground.person(), ground.person(), ground.person()
    good = ground.issue(account, "laptop")
    cases = {
        "unknown account": ("nobody@example.org", good),
        "wrong selector": (account, with_other_selector(good)),
        "wrong secret": (account, with_other_secret(good)),
        "disabled account": (disabled, ground.issue(disabled, "laptop")),
        "other account's": (other, good),
        "mistyped": (account, mistyped(good)),
        "no code": (account, "Summer2026!"),
        "no code, unknown account": ("nobody@example.org", "Summer2026!"),
    }
    ground.sql(f"SELECT apppass.set_account_enabled('{disabled}', false, 'left')")
    for name, change in {"revoked": "revoked_at = now(), revoke_reason = 'sold'",
                         "expired": "expires_at = now()",
                         "wrong service": "services = '{nntp}'",
                         "wrong network": "networks = '{192.0.2.0/24}'"}.items():
        cases[name] = (account, ground.issue(account, name))
        ground.change(account, cases[name][1], change)
    return cases


def http_answer(site, account, password):
    """All that httpd says, but for the time of day."""
    with socket.create_connection(("127.0.0.1", site.cyrus.ports["http"]), timeout=30) as client:
        client.sendall(b"PROPFIND /dav/ HTTP/1.1\r\nHost: mail.example.org\r\nDepth: 0\r\n"
                       b"Connection: close\r\nAuthorization: Basic "
                       + b64(f"{account}:{password}") + b"\r\n\r\n")
        said = b"".join(iter(lambda: client.recv(65536), b""))
    return b"\r\n".join(line for line in said.split(b"\r\n") if not line.startswith(b"Date: "))


@pytest.mark.parametrize("door", DOORS)
def test_same_words(site, refused, door):
    heard = {}
    for name, (account, password) in refused.items():
        said = (http_answer(site, account, password) if door.startswith("http")
                else knock(site, door, account, password).text)
        heard.setdefault(said, []).append(name)
    assert len(heard) == 1, heard


def test_same_bytes_from_the_daemon(site, refused):
    heard = set()
    for account, password in refused.values():
        with connect(site.apppassd.socket) as connection:
            connection.sendall(request(account, password))
            heard.add(connection.makefile("rb").read())
    assert heard == {b"\0\2NO"}


def slower(one, other):
    """How often a time of `one` exceeds one of `other`: 0.5 where nobody can tell."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank = sum(place for place, (_, which) in enumerate(ranked, 1) if which == 0)
    return (rank - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


@contextlib.contextmanager
def asking_apppassd(site):
    def ask(account, password):
        with connect(site.apppassd.socket) as connection:
            message = request(account, password, "imap", "198.51.100.9;4711")
            started = time.perf_counter()
            connection.sendall(message)
            assert answer(connection) == "NO"
            return time.perf_counter() - started
    yield ask


@contextlib.contextmanager
def asking_imapd(site):
    with Imap(site.cyrus.ports["imap"]) as client:
        def ask(account, password):
            started = time.perf_counter()
            assert client.login(account, password).meaning == REFUSED
            return time.perf_counter() - started
        yield ask


@pytest.mark.parametrize("asking", [asking_apppassd, asking_imapd], ids=["apppassd", "imap LOGIN"])
def test_same_time(site, refused, figure, asking):
    """
    What the database alone refuses, over apppassd's socket, where a network would not hide
    anything, and through imapd: in each round every reason once, in random order, so that
    whatever else the machine does meets all of them alike.
    """
    dice = random.Random(4)
    asked = {name: refused[name] for name in ("wrong selector", "unknown account", "revoked",
                                              "expired", "wrong service", "wrong network",
                                              "disabled account", "other account's")}
    times = {name: [] for name in asked}
    with asking(site) as ask:
        for _ in range(PAIRS):
            for name in dice.sample(sorted(asked), len(asked)):
                times[name].append(ask(*asked[name]))
    reference = times["wrong selector"]
    base = statistics.median(reference)
    figure(f"wrong selector: median {base * 1e6:.0f} us of {PAIRS}")
    for name, values in times.items():
        if name == "wrong selector":
            continue
        difference = statistics.median(a - b for a, b in zip(values, reference))
        chance = slower(values, reference)
        figure(f"{name}: {difference * 1e6:+.0f} us (median of pairs), slower {chance:.2f} of the time")
        # A hash takes 20 ms; this is about the order of the figures, not about a quiet machine.
        assert abs(difference) < 0.005, name
