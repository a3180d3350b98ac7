# SPDX-License-Identifier: BSD-2-Clause
"""Names, passwords and lengths that no mail program sends, at every door, and hostile rows behind it."""

import os
import re
import time
from pathlib import Path

import pytest

from harness.apppassd import answer, connect, counted
from harness.clients import CHECKPASS_DOORS, DOORS, OK, REFUSED, TEMPORARY, Reply
from harness.crowd import FRONT_DOORS, knock
from harness.evidence import Watch

from ground import LIMIT_S, TIMEOUT_MS

AT = b"@example.org"

NAMES = {
    "not UTF-8": b"\xff\xfe\x80" + AT,
    "overlong UTF-8": b"\xc0\xae\xc0\xaf" + AT,
    "a surrogate": b"\xed\xa0\x80" + AT,
    "beyond Unicode": b"\xf4\x90\x80\x80" + AT,
    "cut UTF-8": b"user" + AT + b"\xe2\x82",
    "controls": b"a\x01\x07\x08\x1b\x7f" + AT,
    "C1 controls": b"\xc2\x9b2J\xc2\x85" + AT,
    "a terminal's escapes": b"\x1b]0;owned\x07\x1b[2J\x1b[31m" + AT,
    "256 bytes": b"u" * 244 + AT,
    "1,000 bytes": b"n" * 1000 + AT,
    "formats": b"%s%n%s%n%1000000d%p" + AT,
    "SQL quotes": b"' OR '1'='1' -- " + AT,
    "SQL backslashes": b"\\'; DROP TABLE apppass.code; --" + AT,
    "SQL dollars": b"$$; SELECT pg_sleep(60); $$" + AT,
    "LIKE": b"%" + AT,
    "another field": b"root service=imap client=192.0.2.1 code=1" + AT,
    "a path": b"../../../../etc/passwd",
    "only a realm": AT,
    "two realms": b"user@example.org" + AT,
    "a blank": b" ",
}
# What a line protocol can't carry in quotes, or at all.
UNQUOTABLE = {
    "a new line": b"x\r\nNov 23 10:00:00 mail apppass: accepted: user=root" + AT,
    "a NUL": b"user1\0" + AT,
}
QUOTING = ("imap LOGIN", "pop3 USER/PASS", "imap LOGIN, literals")

PASSWORDS = {
    "64 KiB": b"S3cr3t-" + b"x" * 65529,
    "8 KiB": b"S3cr3t-" + b"y" * 8185,
    "1,025 bytes": b"S3cr3t-" + b"z" * 1018,
    "not UTF-8": b"S3cr3t-\xff\xfe\x80\xc0\xaf",
    "formats": b"S3cr3t-%s%n%s%n%1000000d%p",
    "SQL": b"S3cr3t-'; DROP TABLE apppass.code; --\\'$$",
    "a terminal's escapes": b"S3cr3t-\x1b]0;owned\x07\x1b[2J",
    "nothing": b"",
}
# Longer than a line of the protocol may be: each server has its own words for that, and
# libsasl2 none but "failed" where it does not fit what it sends to apppassd.
OVERSIZE = ("64 KiB", "8 KiB", "1,000 bytes")


def too_long(door, reply):
    return reply.meaning == "other" or (reply.meaning == TEMPORARY and door in CHECKPASS_DOORS)


def lookalikes(account):
    """Names that look like this account's and are not."""
    user = account.partition("@")[0]
    return {
        "Cyrillic": account.replace("e", "\u0435", 1),
        "fullwidth": "".join(chr(ord(c) + 0xfee0) for c in user) + "@example.org",
        "fullwidth at": account.replace("@", "\uff20"),
        "combining": account.replace("@", "\u0301@"),
        "right-to-left": "\u202e" + account,
        "zero width": account.replace("@", "\u200b@"),
        "soft hyphen": account.replace("@", "\u00ad@"),
        "long s": account.replace("s", "\u017f", 1),
        "mathematical": "".join(chr(ord(c) - ord("a") + 0x1d41a) if c.isalpha() else c for c in user)
                        + "@example.org",
        "no-break space": account + "\u00a0",
        "another dot": account.replace(".", "\u3002"),
    }


def attempt(site, door, account, password, oversize):
    """knock(), where a server may hang up on what is too long."""
    try:
        return knock(site, door, account, password)
    except (EOFError, OSError) as error:
        if not oversize:
            raise
        return Reply("other", f"hung up: {error!r}")


def servers(site):
    return {site.postfix.daemon.pid(), site.cyrus.daemon.pid(), site.apppassd.daemon.pid()}


@pytest.fixture
def unharmed(site):
    """The servers and the data are what they were; the log is text; a good login works at once."""
    account, code, _ = site.cases["right"]
    alive, watch = servers(site), Watch(site)
    rows = site.sql("SELECT count(*) FROM apppass.code")
    began = site.sql("SELECT clock_timestamp()").strip()
    yield
    assert servers(site) == alive
    for door in DOORS:
        assert knock(site, door, account, code).meaning == OK, door
    assert site.sql("SELECT count(*) FROM apppass.code") == rows
    log = watch.text()
    assert not re.search("signal [0-9]|terminated abnormally|fatal:|panic:", log), log
    ours = [line for line in log.splitlines() if "apppass: " in line]
    assert ours
    for line in ours:
        assert line.isprintable() and line.isascii(), line
        # One of our lines is one of ours: nothing in it pretends to be another.
        assert line.count("apppass: ") == 1 and "user=root" not in line, line
    # httpd's own line has the name as it was typed.
    theirs = [line for line in log.splitlines() if "apppass: " not in line and " badlogin: " not in line]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "\n".join(theirs))
    for path in site.logs():
        assert b"S3cr3t" not in path.read_bytes(), path
    # A refusal's row has no room for what was typed.
    recent = f"FROM apppass.refusal WHERE at >= '{began}'"
    assert set(site.sql(f"SELECT DISTINCT service {recent}").split()) <= {
        "imap", "smtp", "pop", "sieve", "dav"}
    assert set(site.sql(f"SELECT DISTINCT host(client) {recent}").split()) <= {"127.0.0.1"}


@pytest.mark.parametrize("door", DOORS)
def test_names(site, unharmed, door):
    """With a good code of somebody, which opens nothing."""
    account, code, _ = site.cases["right"]
    names = {**NAMES, **lookalikes(account)}
    if door not in QUOTING:
        names.update(UNQUOTABLE)
    for what, name in names.items():
        oversize = what in OVERSIZE
        reply = attempt(site, door, name, code, oversize)
        assert reply.meaning == REFUSED or (oversize and too_long(door, reply)), (what, reply)


@pytest.mark.parametrize("door", DOORS)
def test_passwords(site, unharmed, door):
    account = site.cases["right"][0]
    for what, password in PASSWORDS.items():
        oversize = what in OVERSIZE
        reply = attempt(site, door, account, password, oversize)
        assert reply.meaning == REFUSED or (oversize and too_long(door, reply)), (what, reply)


def test_apppassd_itself(site, unharmed):
    """Its socket, where no mail server filters: lengths at their limits, any bytes in every string."""
    account, code, _ = site.cases["right"]
    login, _, realm = account.partition("@")
    good = [login.encode(), code.encode(), b"imap", realm.encode(), b"127.0.0.1;1"]
    hostile = [*NAMES.values(), *UNQUOTABLE.values(), *PASSWORDS.values(),
               *(name.encode() for name in lookalikes(account).values()),
               b"\0", b"x" * 65535, b"\0" * 65535, bytes(range(256)) * 255]
    for position in range(4):
        for text in hostile:
            if position == 2 and b"\0" not in text and len(text) <= 64:
                continue    # a service that is no name counts as none
            if position in (0, 3) and text.startswith(b"S3cr3t"):
                continue    # part of a name, not a password
            strings = [*good[:position], text[:65535], *good[position + 1:]]
            with connect(site.apppassd.socket) as connection:
                connection.sendall(b"".join(counted(one) for one in strings))
                assert answer(connection) == "NO", (position, text[:40])
    # More announced than sent: no request, and nothing is read beyond it.
    for length in (b"\xff\xff", b"\xff", b"\0\1"):
        with connect(site.apppassd.socket) as connection:
            connection.sendall(length)
            connection.shutdown(1)
            assert answer(connection) is None


# ---- hostile rows ----

ABSURD = {
    "memory": "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
    "memory, a bit": "$argon2id$v=19$m=1048577,t=1,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
    "passes": "$argon2id$v=19$m=19456,t=4294967295,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
    "both": "$argon2id$v=19$m=1048576,t=16,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
    "lanes": "$argon2id$v=19$m=1048576,t=1,p=16777215$c2FsdHNhbHRzYWx0$" + "A" * 43,
    "more digits than a number has": "$argon2id$v=19$m=" + "9" * 200 + ",t=1,p=1$c2FsdHNhbHRzYWx0$"
                                     + "A" * 43,
    "Argon2i": "$argon2i$v=19$m=1048576,t=4294967295,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43,
    "bcrypt": "$2b$31$" + "A" * 53,
    "sha-crypt": "$6$rounds=999999999$saltsaltsaltsalt$" + "A" * 86,
    "yescrypt": "$y$jzzzz$saltsaltsaltsaltsaltsa$" + "A" * 43,
    "nonsense": "$argon2id$" + "%n" * 180,
}
MEMORY_KIB = 8 * 1024


def peak_kib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def forget_peaks(site):
    """From now on the peak of each server process counts anew."""
    pids = [pid for some in site.server_processes().values() for pid in some]
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return {pid: peak_kib(pid) for pid in pids}


def write_hash(site, account, code, digest):
    """As somebody who owns the database."""
    site.sql("SET session_replication_role = replica;"
             f"UPDATE apppass.code AS c SET hash = $hash${digest}$hash$ FROM apppass.account AS a"
             f" WHERE a.id = c.account_id AND a.username = '{account}' AND c.selector = '{code[:4]}'")


def test_absurd_hashes_cost_nothing(site, figure):
    """Nobody knows whether the code is right; finding that out takes neither time nor memory."""
    account = site.person()
    code = site.issue(account, "laptop")

    def start_anew():
        """A warm apppassd that has logged no trouble yet: each server names one but once in a while."""
        site.apppassd.stop()
        site.apppassd.start()
        for door in FRONT_DOORS:
            assert knock(site, door, account, "no code").meaning == REFUSED

    try:
        site.restart(processes=1)
        start_anew()
        # What a usual hash takes is seen, in each of the servers.
        before = forget_peaks(site)
        for door in FRONT_DOORS:
            assert knock(site, door, account, code).meaning == OK
        assert len(before) == len(FRONT_DOORS)
        assert all(peak_kib(pid) > peak + MEMORY_KIB for pid, peak in before.items())
        slowest, most = 0.0, 0
        for what, digest in ABSURD.items():
            write_hash(site, account, code, digest)
            start_anew()
            before, watch = forget_peaks(site), Watch(site)
            for door in FRONT_DOORS:
                started = time.monotonic()
                reply = knock(site, door, account, code)
                slowest = max(slowest, time.monotonic() - started)
                assert reply.meaning == TEMPORARY, (what, door, reply)
            assert "could not check the hash of code" in watch.line("could not check the hash", "of code")
            for pid, peak in before.items():
                if os.path.exists(f"/proc/{pid}"):
                    most = max(most, peak_kib(pid) - peak)
        assert most < MEMORY_KIB
        assert slowest < TIMEOUT_MS / 1000
        figure(f"{len(ABSURD)} absurd hashes at {len(FRONT_DOORS)} doors: slowest answer"
               f" {slowest * 1000:.0f} ms, at most {most} KiB more")
    finally:
        site.restart()


def test_absurd_policy_takes_no_login_away(site):
    """A realm that wants 1 GiB for each new hash: the login is in before one is tried."""
    account = site.person()
    code = site.issue(account, "laptop")
    site.sql("ALTER TABLE apppass.realm DISABLE TRIGGER ALL;"
             "ALTER TABLE apppass.realm DROP CONSTRAINT realm_argon2_range;"
             "UPDATE apppass.realm SET argon2_memory_kib = 2147483647, argon2_passes = 2147483647")
    try:
        for door in FRONT_DOORS:
            started = time.monotonic()
            assert knock(site, door, account, code).meaning == OK
            assert time.monotonic() - started < LIMIT_S
    finally:
        site.sql("UPDATE apppass.realm SET argon2_memory_kib = DEFAULT, argon2_passes = DEFAULT;"
                 "ALTER TABLE apppass.realm ENABLE TRIGGER ALL")
