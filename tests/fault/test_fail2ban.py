# SPDX-License-Identifier: BSD-2-Clause
"""contrib/fail2ban/apppass.conf on lines that the servers wrote: guessing counts, an old phone doesn't."""

import re
import shutil

import pytest

from harness.basics import ROOT, run, until
from harness.clients import OK, REFUSED
from harness.codes import mistyped, with_other_secret, with_other_selector
from harness.crowd import knock
from harness.evidence import Watch

FILTER = ROOT / "contrib" / "fail2ban" / "apppass.conf"
GUESSES = {"not_a_code", "unknown_user", "unknown_code", "wrong_code", "wrong_account"}
DOORS = ("smtp AUTH PLAIN", "imap AUTHENTICATE PLAIN", "imap LOGIN")


def matched(log, lines, mode="guess"):
    """The lines that the filter counts, in order."""
    log.write_text("".join(line + "\n" for line in lines))
    # Beside its neighbours, as it is when installed.
    installed = log.with_name("apppass.conf")
    if not installed.exists():
        shutil.copy(FILTER, installed)
        log.with_name("common.conf").symlink_to("/etc/fail2ban/filter.d/common.conf")
    answer = run(["fail2ban-regex", "--usedns=no", "--print-all-matched", log, f"{installed}[mode={mode}]"])
    shown = answer.partition("Matched line(s):\n")[2].partition("\n`-")[0]
    return [line[3:] for line in shown.splitlines() if line.startswith("|  ")]


def test_fail2ban_takes_the_jail(tmp_path):
    """On a machine without a log file too, and it reads what every program says."""
    there = tmp_path / "fail2ban"
    shutil.copytree("/etc/fail2ban", there)
    for jail in (there / "jail.d").iterdir():
        jail.unlink()
    shutil.copy(FILTER, there / "filter.d")
    shutil.copy(FILTER.with_name("apppass.local"), there / "jail.d")
    said = run(["fail2ban-client", "-c", there, "-d"])
    assert "['add', 'apppass', 'systemd']" in said
    assert "'addjournalmatch', 'SYSLOG_FACILITY=2'" in said
    for name in ("apppassd", "apppass-logoutd"):
        unit = (ROOT / "contrib" / "systemd" / f"{name}.service").read_text()
        assert "SyslogFacility=mail\n" in unit


def verdict(line):
    return re.search(r"verdict=(\w+)", line).group(1)


@pytest.fixture(scope="module")
def lines(ground):
    """A log with every sort of refusal at every door, and an outage."""
    ground.heal()
    ground.restart()
    watch = Watch(ground)
    start = ground.apppassd.log.stat().st_size
    account, other = ground.person(), ground.person()
    code = ground.issue(account, "laptop")
    typed = {"wrong_code": (account, with_other_secret(code)),
             "unknown_code": (account, with_other_selector(code)),
             "wrong_account": (other, code),
             "unknown_user": ("nobody@example.org", code),
             "not_a_code": (account, "Summer2026!"),
             "mistyped": (account, mistyped(code))}
    for name, change in {
            "revoked": "revoked_at = now(), revoke_reason = 'sold'",
            "expired": "expires_at = now()",
            "service_denied": "services = '{sieve}'",
            "network_denied": "networks = '{192.0.2.0/24}'"}.items():
        typed[name] = (account, ground.issue(account, name))
        ground.change(account, typed[name][1], change)
    for door in DOORS:
        assert knock(ground, door, account, code).meaning == OK
        for attempt in typed.values():
            assert knock(ground, door, *attempt).meaning != OK
    # libsasl2 after 2.1.28 sends the client's address.
    assert ground.apppassd.ask(*typed["wrong_code"], client="2001:db8::7;4711") == "NO"
    assert ground.apppassd.ask(*typed["revoked"], client="2001:db8::7;4711") == "NO"
    ground.postgres.stop()
    for door in DOORS:
        assert knock(ground, door, account, code).meaning == "temporary"
    watch.line("apppass: unavailable", "service=imap")
    watch.line("apppass: unavailable", "service=smtp")
    until(lambda: "unavailable" in ground.apppassd.log.read_text()[start:], "apppassd's line")
    with open(ground.apppassd.log, encoding="utf-8") as log:
        log.seek(start)
        # As syslog writes them.
        daemon = [f"Nov 23 04:33:12 mail apppassd[4711]: {line}" for line in log.read().splitlines()]
    # What the watch has of apppassd's log has no syslog heading.
    hosts = [line for line in watch.text().splitlines() if not line.startswith("apppass: ")]
    return hosts + daemon


def test_guessing_counts_and_an_old_phone_does_not(lines, tmp_path):
    expected = [line for line in lines if "apppass: refused: " in line
                and verdict(line) in GUESSES]
    assert {verdict(line) for line in expected} == GUESSES
    # Each sort at every door, and the one whose address libsasl2 sent.
    assert len(expected) == len(DOORS) * len(GUESSES) + 1, expected
    assert matched(tmp_path / "mail.log", lines) == expected
    # All the rest was there to be let pass.
    for kind in ("revoked", "expired", "service_denied", "network_denied", "mistyped"):
        assert any(f"verdict={kind} " in line for line in lines)


def test_every_verdict_is_decided_upon(lines, tmp_path):
    """A verdict that is new must be put on one side or the other."""
    source = (ROOT / "verifier" / "outcome.c").read_text()
    verdicts = set(re.findall(r'\[VERDICT_\w+\] =\s*\{"(\w+)",', source))
    ignored = {"none", "accepted", "mistyped", "revoked", "expired", "lapsed", "service_denied",
               "network_denied", "account_disabled", "mfa_missing", "realm_denied",
               "main_password", "main_password_refused"}
    assert verdicts == GUESSES | ignored
    model = next(line for line in lines if "verdict=wrong_code" in line and "smtpd" in line)
    variants = [model.replace("wrong_code", name) for name in sorted(verdicts)]
    assert {verdict(line) for line in matched(tmp_path / "mail.log", variants)} == GUESSES
    # Where main passwords are let in too, one can look like a code with a wrong symbol.
    assert {verdict(line) for line in matched(tmp_path / "mail.log", variants, "fallback")} == \
        GUESSES | {"mistyped"}
    # Each of these is a question to the database: a name that is nobody's makes none of them free.
    asked = [re.sub(" user=[^ ]+", " user=check@example.invalid", line) for line in variants]
    assert {verdict(line) for line in matched(tmp_path / "mail.log", asked)} == GUESSES


def test_nobody_gets_somebody_else_banned(site, tmp_path):
    """A user name that looks like log text does not make a line with another's address."""
    forged = "apppass: refused: verdict=wrong_code user=x service=smtp client=198.51.100.9 code=-"
    names = ["x service=smtp client=198.51.100.9 code=-", forged, f"warning: {forged}",
             f"x\r\nNov 23 04:33:12 mail apppassd[1]: {forged}",
             "x) [SASL(-13): authentication failure: checkpass failed]"]
    watch = Watch(site)
    start = site.apppassd.log.stat().st_size
    for name in names:
        for door in ("smtp AUTH PLAIN", "imap AUTHENTICATE PLAIN", "imap LOGIN, literals"):
            assert knock(site, door, name, "Summer2026!").meaning == REFUSED
    watch.line("apppass: ", "service=imap")
    with open(site.apppassd.log, encoding="utf-8") as log:
        log.seek(start)
        daemon = [f"Nov 23 04:33:12 mail apppassd[1]: {line}" for line in log.read().splitlines()]
    for line in matched(tmp_path / "mail.log", watch.text().splitlines() + daemon):
        assert "client=127.0.0.1 " in line and "198.51.100.9" not in line, line
