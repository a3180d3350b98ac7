# SPDX-License-Identifier: BSD-2-Clause
"""Every reason a login can fail for, provoked at real mail servers, and what is said of it."""

import csv
import os
import shlex

import pytest

from conftest import ADMINISTRATOR, BUILD, NUMBERS, Desk
from harness.basics import run, state_folder, until
from harness.clients import OK, REFUSED, TEMPORARY, Reply
from harness.codes import mistyped, with_other_secret
from harness.site import Site

IMAP, POP, SIEVE, SMTP = ("imap AUTHENTICATE PLAIN", "pop3 AUTH PLAIN",
                          "sieve AUTHENTICATE PLAIN", "smtp AUTH PLAIN")
LOGIN = "imap LOGIN"    # through apppassd
OTHER = "another program"   # likewise, and nothing says where its client is
SERVICES = {IMAP: "imap", POP: "pop", SIEVE: "sieve", SMTP: "smtp", LOGIN: "imap", OTHER: "imap"}
MAIN_PASSWORD = "correct horse battery staple"


class FallbackSite(Site):
    """Postfix also takes main passwords, from a sasldb in its jail."""

    def smtpd_conf(self):
        return super().smtpd_conf() + (
            "apppass_fallback: checkpass\npwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
            "sasldb_path: /sasldb\n")

    def knock(self, door, account, password):
        if door != OTHER:
            return super().knock(door, account, password)
        self.typed.append((account, password))
        answer = self.apppassd.ask(account, password)
        return Reply({"OK": OK, "NO": REFUSED, None: TEMPORARY}[answer], answer or "")

    def main_password(self, account):
        user, domain = account.split("@")
        database = self.postfix.queue / "sasldb"
        run(["saslpasswd2", "-p", "-c", "-f", database, "-u", domain, user], input=MAIN_PASSWORD)
        os.chmod(database, 0o644)


@pytest.fixture(scope="module")
def site():
    running = FallbackSite(state_folder(), BUILD)
    try:
        yield running.create()
    finally:
        running.destroy()


@pytest.fixture
def desk(site):
    return Desk(site.postgres)


def aged(desk, code, change):
    """Change a code's row behind the guards' back."""
    desk.sql("SET session_replication_role = replica;"
             f"UPDATE apppass.code SET {change} WHERE selector = '{code[:4]}'")
    return code


class Case:
    """One way to fail: `prepare` sets it up and returns what is typed."""

    def __init__(self, verdict, door, prepare, said, command):
        self.verdict, self.door, self.prepare = verdict, door, prepare
        self.said, self.command = said, command


def own_realm(site, desk, *settings):
    """An account in a realm of its own."""
    realm = f"realm{next(NUMBERS)}.example"
    desk.ok("realm", "add", realm, *settings, user=ADMINISTRATOR)
    return desk.account(realm=realm), realm


def revoked(desk, account, realm):
    code = desk.code(account)
    desk.ok("revoke", account, "--all", "--reason", "stolen on the train", "--yes")
    return code


def replaced(desk, account, realm):
    old = desk.code(account)
    desk.ok("reset", account, "--device", "Phone", "--reason", "new phone", "--force")
    return old


def denied_by_rule(desk, account, realm, position=42):
    desk.ok("access", "add", "deny", "--realm", realm, "--network", "127.0.0.0/8", "--position",
            position, "--description", "nobody from here", "--yes", user=ADMINISTRATOR)
    return desk.code(account)


def disabled(desk, account, realm):
    code = desk.code(account)
    desk.ok("account", "disable", account, "--reason", "left", "--yes")
    return code


def policy(*settings):
    def change(desk, account, realm):
        code = desk.code(account)
        desk.ok("realm", "set", realm, *settings, "--yes", user=ADMINISTRATOR)
        return code
    return change


def of_another(desk, account, realm):
    return desk.code(desk.account(realm=realm))


def of_another_realm(desk, account, realm):
    return desk.code(desk.account(realm="elsewhere.example"))


CASES = {
    "main password typed": Case(
        "not_a_code", IMAP, lambda desk, account, realm: "hunter2 is my password",
        "not an app password, probably the main password", "apppass issue {account}"),
    "typed with a mistake": Case(
        "mistyped", POP, lambda desk, account, realm: mistyped(desk.code(account)),
        "typed with a mistake", "copy and paste"),
    "never issued": Case(
        "unknown_code", POP, of_another_realm, "never issued", "apppass issue {account}"),
    "code of another account": Case(
        "wrong_account", POP, of_another, "another account", "user name and code belong together"),
    "wrong code": Case(
        "wrong_code", IMAP, lambda desk, account, realm: with_other_secret(desk.code(account)),
        "the rest is different", "apppass reset {account} --device Phone"),
    "revoked": Case(
        "revoked", IMAP, revoked, 'by hilda because "stolen on the train"',
        "apppass reset {account} --device Phone"),
    "replaced by a newer code": Case(
        "revoked", IMAP, replaced, "revoked", "the device has a newer code"),
    "expired": Case(
        "expired", POP, lambda desk, account, realm: aged(
            desk, desk.code(account), "expires_at = now() - interval '3 days'"),
        "expired on", "apppass reset {account} --device Phone"),
    "lapsed": Case(
        "lapsed", POP, lambda desk, account, realm: aged(
            desk, desk.code(account), "created_at = now() - interval '40 days'"),
        "unused for too long", "apppass reset {account} --device Phone"),
    "for SMTP only": Case(
        "service_denied", POP, lambda desk, account, realm: desk.issue(
            account, "Phone", "--service", "smtp"),
        "it is for smtp only",
        "apppass issue {account} --device Phone --service smtp --service pop"),
    "for IMAP and SMTP only": Case(
        "service_denied", SIEVE, lambda desk, account, realm: desk.issue(
            account, "Phone", "--service", "smtp,imap"),
        "it is for imap and smtp only", "--service imap --service smtp --service sieve"),
    "service not in the policy": Case(
        "service_denied", SIEVE, policy("services=imap,smtp"), "policy leaves the service out",
        "apppass realm show {realm}"),
    "service in neither the policy nor the code": Case(
        "service_denied", SIEVE, lambda desk, account, realm: (
            desk.ok("realm", "set", realm, "services=imap,smtp", "--yes", user=ADMINISTRATOR),
            desk.issue(account, "Phone", "--service", "smtp"))[1],
        "policy leaves the service out", "apppass realm show {realm}"),
    "from another network only": Case(
        "network_denied", SIEVE, lambda desk, account, realm: desk.issue(
            account, "Phone", "--network", "192.0.2.0/24"),
        "it is for 192.0.2.0/24 only",
        "apppass issue {account} --device Phone --network 192.0.2.0/24 --network 127.0.0.1"),
    "from two networks only": Case(
        "network_denied", POP, lambda desk, account, realm: desk.issue(
            account, "Phone", "--network", "192.0.2.0/24,2001:db8::/48"),
        "it is for 192.0.2.0/24 and 2001:db8::/48 only", "--network 127.0.0.1"),
    "by a door that knows no address": Case(
        "network_denied", OTHER, lambda desk, account, realm: desk.issue(
            account, "Phone", "--network", "127.0.0.0/8"),
        "does not tell the client's address", "apppass issue {account} --device Phone"),
    "access rule": Case(
        "network_denied", SIEVE, denied_by_rule,
        "blocked by access rule 42 (nobody from here)", "apppass access list"),
    "access rule, for a code of that network": Case(
        "network_denied", SIEVE, lambda desk, account, realm: (
            denied_by_rule(desk, account, realm, 43),
            desk.issue(account, "Phone", "--network", "127.0.0.0/8"))[1],
        "blocked by access rule 43", "apppass access list"),
    "access rule for the service": Case(
        "service_denied", IMAP, lambda desk, account, realm: (
            desk.ok("access", "add", "deny", "--realm", realm, "--service", "imap", "--position",
                    "44", "--yes", user=ADMINISTRATOR), desk.code(account))[1],
        "blocked by access rule 44", "apppass access list"),
    "access rule for everything": Case(
        "realm_denied", SMTP, lambda desk, account, realm: (
            desk.ok("access", "add", "deny", "--realm", realm, "--position", "45", "--yes",
                    user=ADMINISTRATOR), desk.code(account))[1],
        "blocked by access rule 45", "apppass access list"),
    "account disabled": Case(
        "account_disabled", SMTP, disabled, "the account is disabled",
        "apppass account enable {account}"),
    "MFA missing": Case(
        "mfa_missing", SMTP, policy("mfa_required=yes"), "requires MFA",
        'apppass account mfa {account} on --reason "..."'),
    "app passwords off": Case(
        "realm_denied", SMTP, policy("codes_allowed=no"), "switched off for this tenant",
        "codes_allowed=yes"),
    "main password refused": Case(
        "main_password_refused", SMTP, lambda desk, account, realm: (
            policy("main_password_refused_from=2020-01-01")(desk, account, realm), MAIN_PASSWORD)[1],
        "no longer accepts main passwords", "apppass issue {account}"),
}


def attempts(desk, account, verdict):
    """The attempts of that verdict, once the server has recorded them."""
    return until(lambda: [row for row in desk.json("diagnose", account)["attempts"]
                          if row["verdict"] == verdict], f"{verdict} to be recorded")


@pytest.mark.parametrize("name", CASES)
def test_refusal_is_explained(site, desk, name):
    case = CASES[name]
    settings = ["lapse_after=30d"] if case.verdict == "lapsed" else []
    account, realm = own_realm(site, desk, *settings)
    typed = case.prepare(desk, account, realm)
    assert site.knock(case.door, account, typed).meaning == REFUSED
    row = attempts(desk, account, case.verdict)[0]
    client = None if case.door == OTHER else "127.0.0.1"
    assert (row["client"], row["service"], row["count"]) == (client, SERVICES[case.door], 1)
    answer = desk.ok("diagnose", account)
    text = " ".join(answer.out.split())
    assert case.said in text, answer
    assert case.command.replace("{account}", account).replace("{realm}", realm) in text, answer
    assert f"refused, {SERVICES[case.door]} from {client or 'unknown address'}" in text
    assert typed not in answer.out and typed.replace("-", "")[4:] not in answer.out


def test_suggested_commands_work(site, desk):
    """What diagnose says to type can be typed, whatever the device is called."""
    account = desk.account(realm="example.org")
    label = "Bob's \"old\" phone; rm -rf $HOME `id`"
    code = desk.code(account, label)
    desk.ok("revoke", account, "--all", "--reason", "x", "--yes")
    assert site.knock(SIEVE, account, code).meaning == REFUSED
    command = attempts(desk, account, "revoked")[0]["command"]
    done = run(["sh", "-c", command.replace("apppass", f"{site.tool} --json", 1) + " --force"],
               env={**os.environ, **site.postgres.environment("hilda")})
    assert label in done.replace('\\"', '"')


def test_suggested_services_are_only_words(site, desk):
    """Whatever the database holds: nothing but apppass is run."""
    trap = state_folder() / "trap"
    bad = [f"{start}touch${{IFS}}{trap}{end}" for start, end in (("a;", ""), ("$(", ")"), ("x`", "`"))]
    account = desk.account(realm="example.org")
    code = aged(desk, desk.code(account), f"services = ARRAY['{bad[0]}', '{bad[1]}']")
    desk.sql("INSERT INTO apppass.refusal (at, verdict, account_id, realm_id, code_id, service)"
             f" SELECT now(), 'service_denied', c.account_id, a.realm_id, c.id, '{bad[2]}'"
             " FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id"
             f" WHERE a.username = '{account}' AND c.selector = '{code[:4]}'")
    command = attempts(desk, account, "service_denied")[0]["command"]
    assert shlex.split(command) == ["apppass", "issue", account, "--device", "Phone",
                                    "--service", bad[0], "--service", bad[1], "--service", bad[2]]
    run(["sh", "-c", 'apppass() { :; }; ' + command])
    assert not trap.exists()


def test_no_half_a_command(site, desk):
    """What does not fit is left out: cut short it would be another command."""
    account = desk.account(realm="example.org")
    code = aged(desk, desk.code(account),
                "services = (SELECT array_agg('service' || i) FROM generate_series(1, 99) AS i)")
    assert site.knock(SIEVE, account, code).meaning == REFUSED
    row = attempts(desk, account, "service_denied")[0]
    assert row["command"] is None and "issue a code for all of them" in row["remedy"]


def test_every_verdict_is_covered(desk):
    """The list above keeps pace with the schema."""
    expected = {"not_a_code", "mistyped", "unknown_code", "wrong_code", "wrong_account", "revoked",
                "expired", "lapsed", "service_denied", "network_denied", "account_disabled",
                "mfa_missing", "realm_denied", "main_password_refused"}
    # The others have tests of their own below.
    others = {"accepted", "main_password", "unknown_user"}
    assert {case.verdict for case in CASES.values()} == expected
    assert set(desk.sql("SELECT name FROM apppass.verdict").split()) == expected | others


def test_success_is_told(site, desk):
    account = desk.account(realm="example.org")
    code = desk.code(account)
    assert site.knock(SMTP, account, code).meaning == OK
    row = attempts(desk, account, "accepted")[0]
    assert (row["service"], row["device"]) == ("smtp", "Phone")
    assert "accepted, smtp from 127.0.0.0/24" in desk.ok("diagnose", account).out


def test_main_password_is_told(site, desk):
    account = desk.account(realm="example.org")
    site.main_password(account)
    assert site.knock(SMTP, account, MAIN_PASSWORD).meaning == OK
    attempts(desk, account, "main_password")
    answer = desk.ok("diagnose", account).out
    assert "the main password was used" in answer and f"apppass issue {account}" in answer


def test_repeated_attempts_are_one_line(site, desk):
    account, _ = own_realm(site, desk)
    code = revoked(desk, account, None)
    for _ in range(3):
        assert site.knock(LOGIN, account, code).meaning == REFUSED
    until(lambda: any(row["count"] > 1 for row in desk.json("diagnose", account)["attempts"]),
          "two refusals to be recorded")
    assert "times since" in desk.ok("diagnose", account).out


def test_nothing_arrived(site, desk):
    account = desk.account(realm="example.org")
    desk.code(account)
    answer = desk.ok("diagnose", account)
    assert "nothing arrived at all" in answer.out and "check server name" in answer.out


def test_name_that_is_no_account(site, desk):
    """The person types a wrong user name: unknown_user, which is nobody's."""
    account = desk.account(realm="example.org")
    code = desk.code(account)
    assert site.knock("imap AUTHENTICATE LOGIN", "x" + account, code).meaning == REFUSED
    until(lambda: int(desk.sql("SELECT count(*) FROM apppass.refusal_log"
                               " WHERE verdict = 'unknown_user'")) > 0, "the refusal")
    found = desk.json("diagnose", account)["findings"][0]
    assert "used a name that is not an account" in found["meaning"]
    assert "127.0.0.1" in found["meaning"]
    answer = desk.run("diagnose", "x" + account)
    assert answer.status == 1 and account in answer.err


OUTAGES = {
    "Postfix": (SMTP, lambda site: site.postfix.log, "smtp from 127.0.0.1"),
    "Cyrus": (IMAP, lambda site: site.cyrus.log, "imap from 127.0.0.1"),
    "apppassd": (LOGIN, lambda site: site.apppassd.log, "imap from 127.0.0.1"),
}


@pytest.mark.parametrize("server", OUTAGES)
def test_outage_is_found_in_the_log(site, desk, server):
    """The database cannot know of it; the mail server's log does."""
    door, where, said = OUTAGES[server]
    account = desk.account(realm="example.org")
    code = desk.code(account)
    other = desk.account(realm="example.org")
    other_code = desk.code(other)
    site.postgres.stop()
    try:
        assert site.knock(door, account, code).meaning == TEMPORARY
    finally:
        site.postgres.start()
    # While it backs off, the server would turn the next test's login away, too.
    until(lambda: site.knock(door, other, other_code).meaning == OK, "the server to be back")
    log = until(lambda: where(site).exists() and f"unavailable: user={account}" in
                where(site).read_text() and where(site), "the line in the log")
    answer = desk.ok("diagnose", account, "--log", log)
    text = " ".join(answer.out.split())
    assert "the database was unreachable: 1 attempt" in text and said in text
    assert "the user need change nothing" in text and "nothing arrived" not in text
    assert "unreachable" in desk.json("diagnose", account, "--log", log)["findings"][-1]["meaning"]


# As Postfix, libsasl2, apppassd and Cyrus IMAP write them: to a file of their own, to syslog in
# both forms of its time, and with a session's id.
OUTAGE_LINES = [
    "Nov 26 03:30:01 mail postfix/submission/smtpd[12]: warning: SASL authentication problem: {}",
    "Nov 26 03:30:02 mail cyrus/imap[13]: {}",
    "2026-11-26T03:30:03.123456+00:00 mail cyrus/imap[13]: SASL {}",
    "2026-11-26T03:30:04.123456+00:00 mail apppassd[14]: {}",
    "{}",
]
# What a client can make a server write: a name, a greeting; since 3.13 Cyrus IMAP's are logfmt.
FORGED_LINES = [
    "Nov 26 03:30:05 mail cyrus/imap[13]: badlogin: [192.0.2.7] plaintext {} SASL(-13)",
    'Nov 26 03:30:06 mail cyrus/imap[13]: event=login.bad r.clienthost=[192.0.2.7] '
    'u.username="{}" error="authentication failure"',
    "Nov 26 03:30:07 mail postfix/smtpd[12]: warning: hostname : {} does not resolve",
    "Nov 26 03:30:08 mail postfix/smtpd[12]: NOQUEUE: helo=<x: {}>",
    "Nov 26 03:30:09 mail cyrus/imap[13]: apppass: refused: verdict=not_a_code user={}",
]


def test_lines_of_a_log(desk, tmp_path):
    account = desk.account(realm="example.org")
    said = f"apppass: unavailable: user={account} service=imap client=192.0.2.1"
    log = tmp_path / "mail.log"

    def found(lines):
        log.write_text("".join(line.format(said) + "\n" for line in lines), encoding="utf-8")
        return " ".join(desk.ok("diagnose", account, "--log", log).out.split())

    for line in OUTAGE_LINES:
        assert "the database was unreachable: 1 attempt" in found([line]), line
    assert "unreachable: 5 attempts" in found(OUTAGE_LINES + FORGED_LINES)
    assert "unreachable" not in found(FORGED_LINES)


def test_log_that_cannot_be_read(site, desk):
    account = desk.account(realm="example.org")
    missing = desk.run("diagnose", account, "--log", "/nonexistent")
    assert missing.status == 1 and "/nonexistent" in missing.err


def test_what_stands_in_the_way_comes_first(site, desk):
    account = desk.account(realm="example.org")
    assert "no live code" in desk.ok("diagnose", account).out
    desk.code(account)
    desk.ok("account", "disable", account, "--reason", "x", "--yes")
    found = desk.json("diagnose", account)
    assert "disabled" in found["findings"][0]["meaning"]
    assert found["findings"][0]["command"].startswith("apppass account enable")


def test_csv_holds_what_is_said(site, desk):
    """One row a finding or attempt, with the same words."""
    account = desk.account(realm="example.org")
    code = revoked(desk, account, None)
    # One imapd may still back off from the outage of a test before.
    until(lambda: site.knock(IMAP, account, code).meaning == REFUSED, "imapd to be back")
    attempts(desk, account, "revoked")
    found = desk.json("diagnose", account)
    rows = list(csv.DictReader(desk.ok("diagnose", account, "--csv").out.splitlines()))
    assert len(rows) == 2 == len(found["findings"]) + len(found["attempts"])
    for row, said in zip(rows, found["findings"] + found["attempts"]):
        assert {name: row[name] for name in ("meaning", "remedy", "command")} == {
            name: said[name] or "" for name in ("meaning", "remedy", "command")}
    assert rows[0]["verdict"] == "" and "no live code" in rows[0]["meaning"]
    assert (rows[1]["verdict"], rows[1]["client"], rows[1]["selector"]) == (
        "revoked", "127.0.0.1", code[:4])


# ---- check ----

def test_check_says_what_the_server_says(site, desk):
    """The same code, account, service and address: the same verdict, and nothing recorded."""
    verifier = site.postgres.conninfo("postgres")
    for name in ("typed with a mistake", "never issued", "wrong code", "revoked", "for SMTP only",
                 "access rule", "MFA missing"):
        case = CASES[name]
        account, realm = own_realm(site, desk)
        if name == "access rule":
            desk.run("access", "remove", "42", "--yes", user=ADMINISTRATOR)
        typed = case.prepare(desk, account, realm)
        before = desk.sql("SELECT count(*) FROM apppass.refusal")
        answer = desk.run("check", account, "--service", "sieve", "--from", "127.0.0.1", "--json",
                          "--verifier", verifier, text=typed + "\n")
        assert answer.status == 1 and answer.json()["verdict"] == case.verdict, answer
        assert desk.sql("SELECT count(*) FROM apppass.refusal") == before
        assert typed not in answer.out
    desk.run("access", "remove", "42", "--yes", user=ADMINISTRATOR)


def test_check_shows_the_deciding_rule(site, desk):
    account, realm = own_realm(site, desk)
    desk.ok("access", "add", "allow", "--realm", realm, "--network", "192.0.2.0/24", "--position",
            "51", "--description", "the office", user=ADMINISTRATOR)
    desk.ok("access", "add", "deny", "--realm", realm, "--position", "52", "--yes",
            user=ADMINISTRATOR)
    code = desk.code(account)
    verifier = site.postgres.conninfo("postgres")
    inside = desk.run("check", account, "--service", "imap", "--from", "192.0.2.9", "--verifier",
                      verifier, text=code)
    assert inside.status == 0 and "rule 51 decides: allow, the office" in inside.out
    outside = desk.run("check", account, "--service", "imap", "--from", "203.0.113.9",
                       "--verifier", verifier, text=code)
    assert outside.status == 1 and "rule 52 decides: deny" in outside.out


def test_check_with_a_key(site, desk):
    folder = state_folder()
    account = desk.account(realm="example.org")
    desk.ok("key", "new", folder / "key")
    code = desk.issue(account, "Phone", "--key", folder / "key")
    verifier = site.postgres.conninfo("postgres")
    words = ["check", account, "--service", "imap", "--verifier", verifier]
    assert desk.run(*words, "--key", folder / "key", text=code).status == 0
    without = desk.run(*words, text=code)
    assert without.status == 69 and "key" in without.out


def test_check_with_a_key_required(site, desk):
    """A server with apppass_require_key refuses a hash that no key binds: so says check, and
    warns where it was not told that there is such a server."""
    folder = state_folder()
    account = desk.account(realm="example.org")
    desk.ok("key", "new", folder / "key")
    words = ["check", account, "--service", "imap", "--verifier",
             site.postgres.conninfo("postgres"), "--key", folder / "key"]
    plain, keyed = desk.code(account), desk.issue(account, "Tablet", "--key", folder / "key")
    lenient = desk.run(*words, text=plain)
    assert lenient.status == 0 and "apppass_require_key refuses it" in lenient.out, lenient
    refused = desk.run(*words, "--require-key", "--json", text=plain)
    assert refused.status == 1 and refused.json()["verdict"] == "wrong_code", refused
    assert "without a key" in refused.json()["steps"][-1]["detail"], refused
    assert desk.ok(*words, "--require-key", text=keyed).out.count("require_key") == 0
    assert desk.run(*words[:-2], "--require-key", text=plain).status == 2


def test_check_without_the_right_to_ask(site, desk):
    account = desk.account(realm="example.org")
    answer = desk.run("check", account, "--service", "imap", text=desk.code(account))
    assert answer.status == 69 and "--verifier" in answer.out and "permission" in answer.err


def test_check_without_a_database_to_ask(site, desk):
    account = desk.account(realm="example.org")
    answer = desk.run("check", account, "--service", "imap", "--verifier", "host=/nonexistent",
                      text=desk.code(account))
    assert answer.status == 69 and "unavailable" in answer.out


def test_check_finds_a_weak_hash(site, desk):
    """A code minted in SQL has a bcrypt hash; it matches, and will be replaced."""
    account = desk.account(realm="example.org")
    code = desk.sql(f"SELECT code FROM apppass.issue_code('{account}', 'Phone')")
    answer = desk.run("check", account, "--service", "imap", "--verifier",
                      site.postgres.conninfo("postgres"), text=code)
    assert answer.status == 0 and "stronger" in answer.out


def test_who_disabled_the_account_is_told(desk):
    """Else whoever is on the telephone enables what a colleague disabled with reason."""
    account = desk.account()
    desk.ok("account", "disable", account, "--reason", "laptop stolen", "--yes")
    meaning = desk.json("diagnose", account)["findings"][0]["meaning"]
    assert "by hilda" in meaning and 'because "laptop stolen"' in meaning, meaning
    assert "every login is refused" in meaning
    desk.ok("account", "enable", account, "--reason", "found")
    desk.sql(f"""SET apppass.reason = 'contract ends';
                 UPDATE apppass.account SET disabled_from = '2026-01-31 12:00+00' WHERE username = '{account}'""",
             ADMINISTRATOR)
    meaning = desk.json("diagnose", account)["findings"][0]["meaning"]
    assert "on 2026-01-31" in meaning and "by ada" in meaning and "contract ends" in meaning, meaning
