# SPDX-License-Identifier: BSD-2-Clause
"""After a login the code is nowhere: not in memory, on disk, in a log or on a command line."""

import os
import re
from pathlib import Path

import pytest

from harness.basics import descendants
from harness.clients import OK, REFUSED, Imap, Smtp, b64, plain
from harness.codes import mistyped, with_other_secret
from harness.crowd import knock
from harness.evidence import assert_nowhere

# What the first few symbols say is public: the selector.
PUBLIC = 5


def windows(text, length, step):
    """Pieces of `text` such that no long rest of it is without one."""
    return {text[at:at + length] for at in range(0, len(text) - length + 1, step)}


def needles(account, code):
    """Every form in which a server might still hold a good part of a code."""
    typed = code.encode()
    canonical = typed.replace(b"-", b"")
    found = windows(canonical[PUBLIC:], 8, 3) | windows(typed[PUBLIC + 1:], 10, 4)
    for message in (plain(account, code), b64(code), plain("", code)[4:], b64(canonical)):
        # base64 of the account and the selector is no secret.
        found |= windows(message[-((len(typed) - PUBLIC) * 4 // 3):-4], 10, 4)
    return found


def memory(pid):
    """
    What a process may have written, pages excluded from core dumps included: all of its memory
    but read-only files.  Long runs of zeros are shortened.
    """
    parts = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as data:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, rights, _, _, inode, *name = line.split()
            first, end = (int(address, 16) for address in addresses.split("-"))
            if "r" not in rights or name in (["[vvar]"], ["[vvar_vclock]"], ["[vsyscall]"]):
                continue    # guard pages, room that nobody uses, and the kernel's
            if "w" in rights or inode == "0":
                data.seek(first)
                parts.append(data.read(end - first))
    return re.sub(rb"\0{4096,}", b"\0", b"\0".join(parts))


def held(data, account, code):
    return [needle for needle in needles(account, code) if needle in data]


class Doors:
    """Attempts one after another in the same process, which the next one finds warm."""

    def __init__(self, site):
        self.site = site

    def smtp(self, attempts):
        """All but the last are refused, so that one connection does for all."""
        with Smtp(self.site.postfix.port) as client:
            for number, (account, code) in enumerate(attempts):
                step = client.auth_login if number % 2 else client.auth_plain
                yield step(account, code).meaning

    def imap(self, attempts):
        with Imap(self.site.cyrus.ports["imap"]) as client:
            steps = (client.authenticate_plain, client.login, client.authenticate_login)
            for number, (account, code) in enumerate(attempts):
                yield steps[number % 3](account, code).meaning


@pytest.fixture
def alone(ground):
    """One process of each server, which meets everybody; what others typed is forgotten."""
    ground.heal()
    ground.restart(processes=1)
    yield ground
    ground.restart()


def test_memory(alone, figure):
    """
    Right, wrong, mistyped and revoked codes at every kind of door, then logins of others
    that take the hosts' own buffers: after those not a piece of a code is left in smtpd,
    imapd and apppassd.  How much the hosts hold until then is printed.
    """
    site = alone
    account, other = site.person(), site.person()
    good, revoked = site.issue(account, "laptop"), site.issue(account, "old phone")
    site.revoke(account, revoked)
    secrets = {"right": good, "wrong": with_other_secret(good.replace("-", "")),
               "mistyped": mistyped(site.issue(account, "printer")), "revoked": revoked}
    fillers = [(other, site.issue(other, f"device {number}")) for number in range(2)]
    site.typed += [(account, code) for code in secrets.values()]

    doors = Doors(site)
    for door in (doors.smtp, doors.imap):
        for name in ("revoked", "wrong", "mistyped"):
            assert list(door([(account, secrets[name])] * 3)) == [REFUSED] * 3
        assert list(door([(account, good)])) == [OK]
    assert knock(site, "imap LOGIN", account, good).meaning == OK
    assert knock(site, "imap AUTHENTICATE LOGIN", account, good).meaning == OK
    assert knock(site, "smtp AUTH LOGIN", account, good).meaning == OK

    def look():
        found = {}
        for name, pids in site.server_processes().items():
            assert len(pids) == 1, (name, pids)
            data = memory(pids[0])
            found[name] = {what: held(data, account, code) for what, code in secrets.items()}
            # The search works: the names of accounts are no secret and are there.
            assert name == "apppassd" or other.encode() in data or account.encode() in data
        return found

    for name, kinds in look().items():
        figure(f"{name} right after the logins: " + ", ".join(
            f"{what} {len(pieces)}" for what, pieces in kinds.items()) + " pieces")
        if name == "apppassd":
            assert not any(kinds.values()), kinds
    for _ in range(2):
        assert list(doors.smtp([(other, with_other_secret(code)) for _, code in fillers]
                               + fillers[:1])) == [REFUSED, REFUSED, OK]
        assert list(doors.imap([(other, with_other_secret(code)) for _, code in fillers * 3]
                               + fillers[:1])) == [REFUSED] * 6 + [OK]
        for door in ("imap LOGIN", "imap AUTHENTICATE LOGIN", "smtp AUTH LOGIN"):
            assert knock(site, door, *fillers[1]).meaning == OK
    for name, kinds in look().items():
        assert not any(kinds.values()), (name, kinds)


def test_command_lines_and_environments(site):
    account = site.person()
    code = site.issue(account, "laptop")
    for door in ("smtp AUTH PLAIN", "imap AUTHENTICATE PLAIN", "imap LOGIN"):
        assert knock(site, door, account, code).meaning == OK
    looked = 0
    for daemon in (site.postfix.daemon, site.cyrus.daemon, site.apppassd.daemon,
                   site.postgres.daemon):
        for pid in [daemon.pid(), *descendants(daemon.pid())]:
            for part in ("cmdline", "environ"):
                try:
                    data = Path(f"/proc/{pid}/{part}").read_bytes()
                except OSError:
                    continue
                looked += bool(data)
                assert not held(data, account, code)
                assert site.postgres.password.encode() not in data
    assert looked > 10


def test_files(site):
    """Logs (PostgreSQL's at log_statement = all), a dump, and the memos, which remember the login."""
    account = site.person()
    code = site.issue(account, "laptop")
    for door in ("smtp AUTH PLAIN", "imap AUTHENTICATE PLAIN", "imap LOGIN"):
        assert knock(site, door, account, code).meaning == OK
        assert knock(site, door, account, with_other_secret(code)).meaning == REFUSED
    assert "apppass.lookup" in site.postgres.log.read_text()
    assert_nowhere(site, [(account, code), (account, with_other_secret(code))])
    hashed = site.sql(f"SELECT hash FROM apppass.code WHERE selector = '{code[:4]}'").encode()
    for owner in os.listdir(site.state / "memo"):
        memo = site.state / "memo" / owner / "memo"
        data = memo.read_bytes()
        assert len(data) > 1000 and any(data)
        assert memo.stat().st_mode & 0o777 == 0o600
        assert not held(data, account, code)
        assert hashed[-20:] not in data
