# SPDX-License-Identifier: BSD-2-Clause
"""What a person sees: questions, colours, 80 columns, no surprises from the database."""

import re

import pytest

from conftest import ADMINISTRATOR, CODE, columns

LONG = "The old Thunderbird on the laptop in the meeting room on the second floor, to the left"


def test_code_is_shown_on_a_terminal(desk, terminal):
    account = desk.account()
    screen = terminal("issue", account, "--device", "Phone")
    assert screen.finish() == 0
    assert len(CODE.findall(screen.plain)) == 1
    assert "shown this once" in screen.text
    assert "\x1b[1m" in screen.text


@pytest.mark.parametrize("variable, value", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_is_left_out(desk, terminal, variable, value):
    account = desk.account()
    screen = terminal("issue", account, "--device", "Phone", **{variable: value})
    assert screen.finish() == 0 and "\x1b" not in screen.text
    screen = terminal("list", account, **{variable: value})
    assert screen.finish() == 0 and "\x1b" not in screen.text


def test_no_colour_to_a_pipe(desk):
    account = desk.account()
    desk.code(account)
    for words in (["list"], ["show", "0000"], ["diagnose", account], ["--help"]):
        answer = desk.run(*words)
        assert "\x1b" not in answer.out + answer.err


def test_state_is_coloured_on_a_terminal(desk, terminal):
    account = desk.account()
    desk.code(account)
    screen = terminal("list", account)
    assert screen.finish() == 0
    assert re.search(r"\x1b\[[0-9;]*mlive", screen.text)


@pytest.mark.parametrize("answer, done", [("y", True), ("yes", True), ("n", False), ("", False),
                                          ("yess", False)])
def test_revoke_asks(desk, terminal, answer, done):
    account = desk.account()
    code = desk.code(account)
    screen = terminal("revoke", account, "--all", "--reason", "x")
    screen.expect("Revoke? (y/N) ")
    assert code[:4] in screen.text and "for good" in screen.text
    assert screen.send(answer + "\n").finish() == (0 if done else 1)
    assert len(desk.json("list", account)) == (0 if done else 1)
    if not done:
        assert "nothing was done" in screen.text


def test_every_dangerous_command_asks(desk, terminal):
    account = desk.account()
    desk.ok("access", "add", "allow", "--position", "900", "--realm", "default", user=ADMINISTRATOR)
    questions = [
        (["account", "disable", account, "--reason", "x"], "Disable the account?"),
        (["realm", "set", "default", "codes_allowed=no"], "Change the policy?"),
        (["access", "add", "deny"], "Add the rule?"),
        (["access", "remove", "900"], "Remove this rule?"),
    ]
    for words, question in questions:
        screen = terminal(*words, user=ADMINISTRATOR).expect(question + " (y/N) ")
        assert screen.send("n\n").finish() == 1, screen.text
        screen = terminal(*words, user=ADMINISTRATOR).expect(question + " (y/N) ")
        assert screen.interrupt().finish() < 0
    assert desk.json("account", "show", account)["state"] == "enabled"
    assert desk.json("realm", "show", "default")["codes_allowed"] is True
    desk.ok("access", "remove", "900", "--yes", user=ADMINISTRATOR)
    assert desk.json("access", "list") == []


def test_yes_does_not_ask(desk, terminal):
    account = desk.account()
    desk.code(account)
    screen = terminal("revoke", account, "--all", "--reason", "x", "--yes")
    assert screen.finish() == 0 and "(y/N)" not in screen.text


def test_screens_fit_80_columns(desk, terminal):
    account = desk.account("a.rather.long.name.for.a.mailbox")
    desk.issue(account, LONG, "--service", "imap,smtp,pop,sieve,dav", "--expires", "1y")
    desk.code(account, "Jürgens Händi 電話 (das große)")
    desk.ok("revoke", account, "--device", LONG, "--yes", "--reason", LONG)
    desk.sql(f"SELECT apppass.record_refusal('revoked', '{account}', max(id), 'imap',"
             " '2001:db8:1234:5678:9abc:def0:1234:5678') FROM apppass.code"
             f" WHERE revoke_reason = '{LONG}'")
    for words in (["list"], ["list", account], ["list", "--all"], ["account", "list"],
                  ["unused", "--since", "1min"], ["audit", account], ["realm", "show"],
                  ["access", "list"], ["diagnose", account], ["--help"],
                  ["help", "issue"], ["help", "realm", "set"]):
        screen = terminal(*words)
        assert screen.finish() == 0, screen.text
        for line in screen.text.splitlines():
            if line.startswith("      apppass ") or line.startswith("  apppass "):
                continue    # to be copied: never broken
            assert columns(line) <= 80, (words, line)


def test_short_columns_stay_whole(desk, terminal):
    """Names of three letters are not broken to make room for a sentence."""
    account = desk.account("a.rather.long.name.for.a.mailbox")
    desk.issue(account, LONG, "--reason", LONG)
    screen = terminal("audit", "--limit", "4")
    assert screen.finish() == 0
    assert all(columns(line) <= 80 for line in screen.text.splitlines())
    events = [line for line in screen.plain.splitlines() if re.match(r"\d{4}-", line)]
    assert len(events) == 4 and all(re.search(r" (ada|hilda)( |$)", line) for line in events)


def test_narrow_terminal_gets_lines_instead_of_columns(desk, terminal):
    account = desk.account("inge")
    code = desk.code(account, "Ay\u015fe'nin \u0130Phone'u, \u96fb\u8a71")
    for words in (["list", account], ["account", "list", "inge*"], ["audit", account],
                  ["realm", "show"], ["realm", "show", "default"], ["show", code[:4], account]):
        screen = terminal(*words, columns=30)
        assert screen.finish() == 0
        for line in screen.plain.splitlines():
            assert columns(line) <= 30 or len(line.split()) < 3, (words, line)  # names stay whole
    screen = terminal("list", account, columns=30)
    assert screen.finish() == 0
    assert re.search(rf"^CODE +{code[:4]}$", screen.plain, re.M), screen.text
    assert "Ay\u015fe'nin" in screen.plain and "\u96fb\u8a71" in screen.plain


def test_wide_terminal_is_used(desk, terminal):
    account = desk.account()
    desk.code(account, LONG)
    screen = terminal("list", account, columns=200)
    assert screen.finish() == 0 and LONG in screen.text
    narrow = terminal("list", account, columns=60)
    assert narrow.finish() == 0 and LONG not in narrow.text
    assert all(columns(line) <= 60 for line in narrow.text.splitlines())


def test_nothing_is_cut_in_a_pipe(desk):
    account = desk.account()
    desk.code(account, LONG)
    assert LONG in desk.ok("list", account).out


HOSTILE = "x\x1b]0;owned\x07\x1b[31m\u202etxt.exe\x9b2J"


def test_control_characters_are_harmless(desk, terminal):
    """Not even somebody who writes to the tables directly drives the operator's terminal."""
    account = desk.account()
    desk.code(account, "innocent")
    quoted = HOSTILE.replace("'", "''")
    desk.sql("SET session_replication_role = replica;"
             "ALTER TABLE apppass.device DROP CONSTRAINT device_label_form;"
             f"UPDATE apppass.device SET label = E'{quoted}' WHERE label = 'innocent';"
             f"UPDATE apppass.code SET revoked_at = now(), revoked_by = E'{quoted}',"
             f" revoke_reason = E'{quoted}' WHERE device_id ="
             f" (SELECT id FROM apppass.device WHERE label = E'{quoted}');"
             "INSERT INTO apppass.audit (at, actor, action, account, reason, realm_id)"
             f" SELECT now(), E'{quoted}', E'{quoted}', username, E'{quoted}', realm_id"
             f" FROM apppass.account WHERE username = '{account}'")
    try:
        selector = desk.json("list", account, "--all")[0]["selector"]
        desk.sql(f"SELECT apppass.record_refusal('revoked', '{account}', id, 'imap', NULL)"
                 f" FROM apppass.code WHERE selector = '{selector}'")
        for words in (["list", account, "--all"], ["show", selector], ["audit", account],
                      ["diagnose", account], ["list", account, "--all", "--csv"],
                      ["list", account, "--all", "--json"], ["diagnose", account, "--json"],
                      ["complete", "--", "revoke", account, "--device", ""],
                      ["reset", account, "--device", "innocence", "--reason", "x", "--force"]):
            screen = terminal(*words, NO_COLOR="1")
            screen.finish()
            for bad in ("\x1b", "\x07", "\u202e", "\x9b"):
                assert bad not in screen.text, (words, screen.text)
        assert desk.json("list", account, "--all")[0]["device"] == HOSTILE
    finally:
        desk.sql("SET session_replication_role = replica;"
                 f"UPDATE apppass.device SET label = 'innocent' WHERE label = E'{quoted}';"
                 f"DELETE FROM apppass.audit WHERE actor = E'{quoted}';"
                 "ALTER TABLE apppass.device ADD CONSTRAINT device_label_form"
                 " CHECK (apppass.is_label(label))")


def decode_qr(lines):
    """The text of a version 2 QR code (25 modules), byte mode, read as a camera does."""
    rows = []
    for line in lines:
        top = [c in " ▄" for c in line]
        bottom = [c in " ▀" for c in line]
        rows += [top, bottom]
    size = 25
    first = next(i for i, row in enumerate(rows) if any(row))
    left = min(row.index(True) for row in rows if any(row))
    grid = [row[left:left + size] for row in rows[first:first + size]]
    mask = sum(grid[8][2 + i] << (2 - i) for i in range(3)) ^ 0b101
    patterns = [lambda i, j: (i + j) % 2, lambda i, j: i % 2, lambda i, j: j % 3,
                lambda i, j: (i + j) % 3, lambda i, j: (i // 2 + j // 3) % 2,
                lambda i, j: i * j % 2 + i * j % 3, lambda i, j: (i * j % 2 + i * j % 3) % 2,
                lambda i, j: ((i + j) % 2 + i * j % 3) % 2]

    def reserved(i, j):
        return (i < 9 and j < 9) or (i < 9 and j > 16) or (i > 16 and j < 9) or 6 in (i, j) \
            or (16 <= i <= 20 and 16 <= j <= 20)

    bits = []
    upward = True
    for right in [24, 22, 20, 18, 16, 14, 12, 10, 8, 5, 3, 1]:
        for i in (range(24, -1, -1) if upward else range(25)):
            for j in (right, right - 1):
                if not reserved(i, j):
                    bits.append(grid[i][j] ^ (patterns[mask](i, j) == 0))
        upward = not upward
    number = lambda start, count: int("".join(str(int(b)) for b in bits[start:start + count]), 2)
    assert number(0, 4) == 4, "not byte mode"
    return "".join(chr(number(12 + 8 * i, 8)) for i in range(number(4, 8)))


def test_qr_code_holds_the_code(desk, terminal):
    account = desk.account()
    screen = terminal("issue", account, "--device", "Phone", "--qr")
    assert screen.finish() == 0
    printed = CODE.findall(screen.plain)
    assert len(printed) == 1
    drawn = [line[2:] for line in screen.plain.splitlines() if "█" in line]
    assert all(columns(line) <= 80 for line in screen.plain.splitlines())
    assert decode_qr(drawn) == printed[0]


def test_check_reads_without_echo(desk, terminal):
    account = desk.account()
    code = desk.code(account)
    screen = terminal("check", account, "--service", "imap", "--verifier",
                      desk.server.conninfo("postgres"))
    screen.expect("(not shown): ")
    assert not screen.echoes()
    assert screen.send(code.upper().replace("-", " ") + "\n").finish() == 0
    assert "accepted" in screen.text and code not in screen.text
    assert code.upper().replace("-", " ") not in screen.text


def test_interrupted_question_restores_the_terminal(desk, terminal):
    account = desk.account()
    screen = terminal("check", account, "--service", "imap")
    screen.expect("(not shown): ")
    assert not screen.echoes()
    screen.send("\x03").expect("\n")
    screen.process.wait(timeout=30)
    assert screen.echoes()
    screen.finish()


def test_times_are_local_and_relative(desk, terminal):
    account = desk.account()
    code = desk.issue(account, "Phone", "--expires", "2027-07-01 12:00")
    shown = desk.ok("show", code[:4], account).out
    assert "2027-07-01 12:00 (in " in shown
    assert desk.json("show", code[:4], account)[0]["expires_at"] == "2027-07-01T10:00:00Z"
    assert "just now" in shown


def test_password_of_the_role_is_asked_for(desk, terminal):
    desk.sql("CREATE ROLE petra LOGIN PASSWORD 'tulip' IN ROLE apppass_helpdesk")
    where = f"host=127.0.0.1 port={desk.server.port} user=petra dbname=apppass"
    screen = terminal("list", "-d", where).expect("Password of the database role: ")
    assert screen.send("tulip\n").finish() == 0
    screen = terminal("list", "-d", where).expect("Password of the database role: ")
    assert screen.send("rose\n").finish() == 77
    answer = desk.run("list", "-d", where)
    assert answer.status in (69, 77) and "password" in answer.err


def test_values_of_a_record_stand_below_each_other(desk):
    lines = desk.ok("realm", "show", "default").out.splitlines()
    starts = {re.match(r"\S+ +", line).end() for line in lines}
    assert len(starts) == 1, lines


def test_audit_of_one_account_leaves_room_for_the_rest(desk, terminal):
    account = desk.account("with.a.name.that.is.rather.long")
    desk.code(account, "Laptop at home")
    screen = terminal("audit", account)
    assert screen.finish() == 0
    assert account not in screen.plain and "Laptop at home" in screen.plain


def test_hints_fit_the_terminal(desk):
    account = desk.account()
    answer = desk.run("issue", account, "--device", "Phone")
    assert all(columns(line) <= 80 for line in answer.err.splitlines())


def test_reason_is_asked_for(desk, terminal):
    account = desk.account()
    desk.code(account)
    screen = terminal("revoke", account, "--all", "--yes").expect("Reason: ")
    assert screen.send("lost on the train\n").finish() == 0
    assert desk.json("list", account, "--all")[0]["revoke_reason"] == "lost on the train"


def test_help_keeps_to_the_columns(desk, terminal):
    for width in (80, 60, 40):
        screen = terminal("help", "issue", columns=width)
        assert screen.finish() == 0
        lines = [line for line in screen.plain.splitlines() if not line.startswith("  apppass ")]
        assert max(map(columns, lines)) <= width
        assert screen.plain.splitlines() == desk.ok("help", "issue", COLUMNS=str(width)).out.splitlines()
