# SPDX-License-Identifier: BSD-2-Clause
"""What is shown before a change is what the change does, and a dry run changes nothing."""

import re

import pytest

from conftest import ADMINISTRATOR, HELPDESK


def contents(server):
    """All rows of the database; sequences and the dump's own random words left out."""
    text = server.dump()
    text = re.sub(r"^SELECT pg_catalog\.setval.*$", "", text, flags=re.M)
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.M)


def selectors(desk, account):
    """Of the codes that work."""
    return set(desk.sql("SELECT selector FROM apppass.code_overview"
                        f" WHERE account = '{account}' AND state = 'live'").split())


@pytest.mark.parametrize("spell", ["{}", "{} ", " {}", "\t{}"])
@pytest.mark.parametrize("what", ["all", "device", "code"])
def test_dry_run_revokes_nothing_however_it_is_spelled(desk, what, spell):
    account = desk.account()
    code = desk.code(account, "Phone")
    which = {"all": ["--all"], "device": ["--device", spell.format("PHONE")],
             "code": ["--code", spell.format(code[:4].upper())]}[what]
    words = ["revoke", spell.format(account), *which, "--reason", "x", "--dry-run"]
    for form in (words, [*words, "--yes"], ["--json", *words]):
        answer = desk.run(*form)
        assert "revoked 1" not in answer.err, answer
        assert selectors(desk, account) == {code[:4]}, answer


@pytest.mark.parametrize("words", [["{} ", "--device", "Phone"], ["{}", "--device", " phone "],
                                   [" {}", "--all"]], ids=" ".join)
def test_question_shows_what_the_database_finds(desk, terminal, words):
    """The names are resolved where the codes are revoked, nowhere else."""
    account = desk.account()
    code = desk.code(account, "Phone")
    words = [word.format(account) for word in words]
    screen = terminal("revoke", *words, "--reason", "x").expect("Revoke? (y/N) ")
    assert code[:4] in screen.text and "This revokes 1 code for good" in screen.text
    assert screen.send("n\n").finish() == 1
    assert selectors(desk, account) == {code[:4]}
    screen = terminal("revoke", *words, "--reason", "x").expect("Revoke? (y/N) ")
    assert screen.send("y\n").finish() == 0
    assert selectors(desk, account) == set()


def dry_runs(desk, folder, account, code, gone):
    """A command line for every command that takes --dry-run, most with --yes as well."""
    (folder / "people").write_text("account\nnew-person@example.org\n")
    (folder / "phones").write_text(f"account,device\n{account},Tablet\n")
    return {
        "issue": [["issue", account, "--device", "Tablet"],
                  ["issue", "--batch", folder / "phones", "--output", folder / "codes"]],
        "reset": [["reset", account, "--device", "Phone", "--reason", "x"],
                  ["reset", account, "--device", "Phone", "--reason", "x", "--grace", "1d"]],
        "revoke": [["revoke", account, "--all", "--reason", "x", "--yes"],
                   ["revoke", account, "--code", code[:4], "--reason", "x", "--yes"],
                   ["revoke", account, "--all", "--at", "7d", "--reason", "x", "--yes"]],
        "expire": [["expire", account, "--all", "--at", "7d", "--reason", "x", "--yes"]],
        "account disable": [["account", "disable", account, "--reason", "x", "--yes"]],
        "account erase": [["account", "erase", gone, "--reason", "x", "--yes"]],
        "account import": [["account", "import", folder / "people", "--partial"]],
        "realm set": [["realm", "set", "default", "max_codes=9", "codes_allowed=no", "--yes"]],
        "realm add": [["realm", "add", "dry.example", "max_codes=9"]],
        "access add": [["access", "add", "deny", "--yes"], ["access", "add", "allow"]],
        "access remove": [["access", "remove", "777", "--yes"]],
        "maintain": [["maintain"]],
    }


def test_no_dry_run_changes_a_row(desk, folder):
    account = desk.account()
    code = desk.code(account, "Phone")
    lapsed = desk.code(account, "Printer")
    gone = desk.account()
    desk.ok("account", "disable", gone, "--reason", "left", "--yes")
    desk.ok("access", "add", "allow", "--position", "777", user=ADMINISTRATOR)
    desk.ok("realm", "set", "default", "unused_after=30d", "--yes", user=ADMINISTRATOR)
    desk.sql("SET session_replication_role = replica; UPDATE apppass.code SET"
             f" created_at = now() - interval '40 days' WHERE selector = '{lapsed[:4]}'")
    try:
        lines = dry_runs(desk, folder, account, code, gone)
        takers = {command["name"] for command in desk.json("help")["commands"]
                  if "dry-run" in {option["option"] for option in command["options"]}}
        # setup changes a machine: tests/fresh/setup looks at that.
        assert set(lines) == takers - {"setup"}
        before = contents(desk.server)
        assert account in before
        for line in (line for of_one in lines.values() for line in of_one):
            for form in ([], ["--json"], ["--csv"]):
                answer = desk.run(*form, *line, "--dry-run", user=ADMINISTRATOR)
                assert answer.status == 0, answer
        assert contents(desk.server) == before
    finally:
        desk.ok("access", "remove", "777", "--yes", user=ADMINISTRATOR)
        desk.ok("realm", "set", "default", "unused_after=never", "--yes", user=ADMINISTRATOR)


def state_of(desk, user):
    return desk.sql(f"SELECT string_agg(state, ' ') FROM pg_stat_activity WHERE usename = '{user}'")


def test_nothing_is_held_while_a_person_thinks(desk, terminal):
    account = desk.account()
    code = desk.code(account)
    screen = terminal("revoke", account, "--all", "--reason", "x").expect("Revoke? (y/N) ")
    assert state_of(desk, HELPDESK) == "idle"
    # Somebody else can do the same meanwhile.
    desk.ok("revoke", account, "--code", code[:4], "--reason", "faster", "--yes", timeout=20)
    assert screen.send("y\n").finish() == 0
    assert "revoked 0 codes" in screen.text


def test_what_changed_meanwhile_is_asked_again(desk, terminal):
    account = desk.account()
    first = desk.code(account, "Phone")
    screen = terminal("revoke", account, "--device", "Phone", "--reason", "x")
    screen.expect("Revoke? (y/N) ")
    second = desk.code(account, "Phone")
    screen.send("y\n").expect("no longer what was shown")
    screen.expect(second[:4]).expect("This revokes 2 codes")
    assert selectors(desk, account) == {first[:4], second[:4]}
    assert screen.send("y\n").finish() == 0
    assert selectors(desk, account) == set()


def test_policy_that_changed_meanwhile_is_asked_again(desk, terminal):
    desk.ok("realm", "add", "meanwhile.example", user=ADMINISTRATOR)
    screen = terminal("realm", "set", "meanwhile.example", "mfa_required=yes",
                      user=ADMINISTRATOR).expect("Change the policy? (y/N) ")
    desk.ok("realm", "set", "meanwhile.example", "max_codes=3", user=ADMINISTRATOR)
    screen.send("y\n").expect("no longer what was shown")
    assert screen.send("n\n").finish() == 1
    assert desk.json("realm", "show", "meanwhile.example")["mfa_required"] is False
