# SPDX-License-Identifier: BSD-2-Clause
"""doctor --probe at the ports of real servers with TLS, and on what it is to find there."""

import contextlib
import re
import socket
import ssl
import threading

import pytest

from conftest import BUILD, Desk
from harness.basics import state_folder
from harness.tls import TlsSite

DOORS = ("smtp", "imap", "pop3", "sieve", "https")


@pytest.fixture(scope="module")
def site():
    running = TlsSite(state_folder(), BUILD)
    try:
        yield running.create()
    finally:
        running.destroy()


@pytest.fixture
def probe(site):
    def ask(*urls, text=""):
        words = ("--postfix", site.postfix.config, "--cyrus", site.cyrus.config)
        # Nothing but the ports: no login in the database is needed.
        return Desk(site.postgres).run("doctor", "--probe", *words, *urls, user="nobody_here", text=text)
    return ask


def lines_of(answer, word):
    return {line.split()[1] for line in answer.out.splitlines() if line.startswith(word)}


def test_sound(probe, site):
    answer = probe()
    assert answer.status == 0, answer
    first, *lines = answer.out.splitlines()
    good = len([line for line in lines if line.startswith("ok ")])
    assert first == f"APPPASS OK: ports that refuse a code of no account: {good}", answer
    assert lines_of(answer, "ok") == {*DOORS, "http"}, answer
    assert f"port {site.cyrus.ports['http']} takes no password without TLS" in answer.out, answer


def test_basic_in_clear(probe, site):
    """As behind a proxy that has the TLS."""
    site.restart_cyrus(allowplaintext="yes")
    try:
        answer = probe(f"http://127.0.0.1:{site.cyrus.ports['http']}")
    finally:
        site.restart_cyrus(allowplaintext="no")
    assert answer.status == 0 and "refuses a code of no account" in answer.out, answer
    assert "without TLS" in answer.out, answer


def test_outage(probe, site):
    site.postgres.stop()
    try:
        answer = probe()
    finally:
        site.postgres.start()
    assert answer.status == 2 and answer.out.startswith("APPPASS CRITICAL: "), answer
    # timsieved says the same whatever the reason.
    assert lines_of(answer, "FAULT") == set(DOORS) - {"sieve"}, answer


def test_no_certificate(probe, site):
    with site.without_certificate():
        answer = probe()
    assert answer.status == 2 and lines_of(answer, "FAULT") == set(DOORS), answer
    assert answer.out.count("offers no TLS") >= 4, answer


def test_comma_in_mech_list(probe, site):
    site.restart_cyrus(sasl_mech_list="PLAIN, LOGIN")
    try:
        answer = probe()
    finally:
        site.restart_cyrus(sasl_mech_list="PLAIN LOGIN")
    assert answer.status == 2 and "does not offer PLAIN" in answer.out, answer
    assert lines_of(answer, "FAULT") == {"imap", "pop3", "sieve"}, answer


def test_certificate_that_ends_soon(probe, site):
    with site.certificate_for(3):
        answer = probe(f"imap://127.0.0.1:{site.cyrus.ports['imap']}")
    assert answer.status == 1 and answer.out.startswith("APPPASS WARNING: imap "), answer
    assert re.search("good for [23] days", answer.out), answer


def test_nobody_there(probe):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    answer = probe(f"imaps://127.0.0.1:{port}")
    assert answer.status == 2 and "nobody answers" in answer.out, answer


def test_no_answer(probe):
    """A server that only accepts: the probe ends by itself."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = probe(f"smtp://127.0.0.1:{silent.getsockname()[1]}")
    assert answer.status == 2 and "does not answer within 10 s" in answer.out, answer


def test_a_server_that_hangs_up_while_it_is_written_to(probe, site):
    """It ends in the middle of the handshake: what the probe sends then raises SIGPIPE."""
    def serve(listener):
        with listener.accept()[0] as client:
            client.sendall(b"220 mail ESMTP\r\n")
            client.recv(100)
            client.sendall(b"250-mail\r\n250 STARTTLS\r\n")
            client.recv(100)
            client.sendall(b"220 go\r\n")
            heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(site.certificate, site.key)
            tls = context.wrap_bio(heard, said, server_side=True)
            while not said.pending:
                heard.write(client.recv(16384))
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
            # Held until the socket is closed, so that its end comes with it.
            client.send(said.read(), socket.MSG_MORE)

    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=serve, args=(other,), daemon=True).start()
        answer = probe(f"smtp://127.0.0.1:{other.getsockname()[1]}")
    assert answer.status == 2 and "TLS ends: " in answer.out, answer


def test_whoever_comes_is_let_in(probe):
    """Also what is no mail server, or says yes to everybody, is an alarm."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=lambda: other.accept()[0].sendall(b"x" * 5000), daemon=True).start()
        answer = probe(f"pop3://127.0.0.1:{other.getsockname()[1]}")
    assert answer.status == 2 and "a line without an end" in answer.out, answer


def test_what_a_server_says_is_made_harmless(probe):
    def serve(listener):
        with listener.accept()[0] as client:
            client.sendall(b"220 mail ESMTP\r\n")
            client.recv(100)
            client.sendall(b"250-mail\r\n250 STARTTLS\r\n")
            client.recv(100)
            client.sendall(b"454 \x1b]0;gone\x07\x1b[2Jno\r\n")

    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=serve, args=(other,), daemon=True).start()
        answer = probe(f"smtp://127.0.0.1:{other.getsockname()[1]}")
    assert answer.status == 2 and "starts no TLS: 454 " in answer.out, answer
    assert "\x1b" not in answer.out and "\x07" not in answer.out, answer


def test_nothing_to_probe(site, folder):
    answer = Desk(site.postgres).run("doctor", "--probe", "--postfix", folder, "--cyrus",
                                     folder / "imapd.conf")
    assert answer.status == 3 and answer.out.startswith("APPPASS UNKNOWN: "), answer


@pytest.mark.parametrize("url", ["ftp://mail.example.org", "imap://", "imap:143",
                                 "imap://host:", "imap://host/INBOX", "imap://[::1"])
def test_not_a_port(probe, url):
    answer = probe(url)
    assert answer.status == 2 and "not a mail server's port" in answer.out, answer


def test_ports_without_probe(site):
    answer = Desk(site.postgres).run("doctor", "imap://mail.example.org")
    assert answer.status == 2 and "--probe" in answer.err, answer


def test_a_login(probe, site):
    """With a code of an account each port must let it in, by the typed logins too."""
    account = "known@example.org"
    site.add_account(account)
    code = site.issue(account, "Probe")
    good = probe("--as", account, text=code + "\n")
    assert good.status == 0, good
    assert good.out.startswith("APPPASS OK: ports that let the account in: "), good
    typed = {line.split()[1] for line in good.out.splitlines() if "by the other login" in line}
    assert typed == {"imap", "pop3"}, good
    assert lines_of(good, "ok") == {*DOORS, "http"}, good
    site.apppass("revoke", account, "--device", "Probe", "--reason", "tried")
    late = probe("--as", account, text=code)
    assert late.status == 2 and lines_of(late, "FAULT") == set(DOORS), late
    assert f"does not let {account} in" in late.out, late
    assert code not in good.out + good.err + late.out + late.err


@pytest.mark.parametrize("account, code", [("known@example.org", ""), ('a" "b', "x"),
                                           ("known@example.org", "x\ty"), ("a" * 255, "x")])
def test_no_login(probe, account, code):
    answer = probe("--as", account, text=code)
    assert answer.status == 3 and "--as takes an account" in answer.err, answer
