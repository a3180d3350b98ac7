# SPDX-License-Identifier: BSD-2-Clause
"""The manual page tells the members of every command's JSON, and no others."""

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest

from conftest import ADMINISTRATOR, CODE, HELPDESK, NUMBERS, TOOL, Desk
from harness.postgres import VERIFIER

PAGE = Path(__file__).resolve().parents[2] / "doc" / "apppass.1"

# Members of documents that the page tells in the same entry as another document's.
ONLY = {"reset": {"old_selectors", "old_ends_at"}}


def promised():
    """Heading of an entry of the section JSON -> the members it names."""
    section = re.split(r"^\.Sh ", PAGE.read_text(), flags=re.M)
    text = next(part for part in section if part.startswith("JSON\n"))
    entries = {}
    for entry in re.split(r"^\.It ", text, flags=re.M)[1:]:
        head, body = entry.split("\n", 1)
        names = set()
        for line in re.findall(r"^\.Va (.*)$", body, flags=re.M):
            names |= set(re.findall(r"[a-z0-9_]+", line.split(" Pq ")[0]))
        entries[head] = names
    return entries


PROMISED = promised()


def members(value):
    """The names in a document, at every depth but below `before` and `after`."""
    if isinstance(value, list):
        return set().union(*map(members, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found = set(value)
    for name, inner in value.items():
        if name not in ("before", "after"):
            found |= members(inner)
    return found


@pytest.fixture(scope="module")
def account(server):
    desk = Desk(server)
    name = desk.account("manual")
    code = desk.code(name, "Phone")
    desk.sql(f"SELECT apppass.record_refusal('wrong_code', '{name}', code_id, 'imap', NULL)"
             f" FROM apppass.code_overview WHERE selector = '{code[:4]}'"
             f" AND account = '{name}'")
    used = desk.code(name, "Reader")
    desk.sql("SELECT apppass.record_use(code_id, 'imap', '192.0.2.7') FROM apppass.code_overview"
             f" WHERE selector = '{used[:4]}' AND account = '{name}'")
    # Old enough to be unused; that of the second account, to lapse.
    desk.ok("realm", "add", "lapses.example", "lapse_after=90d", user=ADMINISTRATOR)
    lapsed = desk.code(desk.account("manual", "lapses.example"))
    desk.sql("SET session_replication_role = replica;"
             " UPDATE apppass.code SET created_at = now() - interval '1 year'"
             f" WHERE selector IN ('{code[:4]}', '{lapsed[:4]}')")
    desk.ok("access", "add", "allow", "--position", "90", "--service", "imap",
            user=ADMINISTRATOR)
    desk.ok("realm", "set", "default", "handover_url=https://mail.example.org/h",
            user=ADMINISTRATOR)
    desk.ok("issue", name, "--device", "Plotter", "--handover", "--force")
    yield name, code
    desk.ok("realm", "set", "default", "handover_url=none", user=ADMINISTRATOR)
    desk.ok("access", "remove", "90", "--yes", user=ADMINISTRATOR)


ACCOUNT_OBJECT = ("Ic account add , account show , account disable , account enable , account mfa"
                  " , account notify , account rename")

CASES = [
    ("Ic issue , reset", ["issue", "ACCOUNT", "--device", "New", "--force"]),
    ("Ic issue , reset", ["reset", "ACCOUNT", "--device", "New", "--reason", "x", "--force"]),
    ("Ic list , show", ["list", "ACCOUNT"]),
    ("Ic list , show", ["show", "SELECTOR", "ACCOUNT"]),
    ("Ic issue Fl -handover", ["issue", "ACCOUNT", "--device", "Fax", "--handover", "--force"]),
    ("Ic links", ["links", "ACCOUNT"]),
    ("Ic diagnose", ["diagnose", "ACCOUNT"]),
    ("Ic account list", ["account", "list", "ACCOUNT"]),
    (ACCOUNT_OBJECT,
     ["account", "add", "FRESH"]),
    (ACCOUNT_OBJECT,
     ["account", "show", "ACCOUNT"]),
    (ACCOUNT_OBJECT,
     ["account", "disable", "ACCOUNT", "--reason", "x", "--yes"]),
    ("Ic account erase", ["account", "erase", "ACCOUNT", "--reason", "x", "--dry-run"]),
    (ACCOUNT_OBJECT,
     ["account", "enable", "ACCOUNT", "--reason", "x"]),
    (ACCOUNT_OBJECT,
     ["account", "mfa", "ACCOUNT", "on", "--reason", "x"]),
    (ACCOUNT_OBJECT,
     ["account", "notify", "ACCOUNT", "--language", "de"]),
    (ACCOUNT_OBJECT,
     ["account", "rename", "ACCOUNT", "ACCOUNT", "--reason", "x"]),
    ("Ic unused", ["unused", "ACCOUNT"]),
    ("Ic uses", ["uses", "ACCOUNT"]),
    ("Ic audit", ["audit", "ACCOUNT"]),
    ("Ic audit head", ["audit", "head"]),
    ("Ic audit verify", ["audit", "verify"]),
    ("Ic metrics", ["metrics"]),
    ("Ic maintain", ["maintain", "--dry-run"]),
    ("Ic realm show , realm set , realm add", ["realm", "show"]),
    ("Ic realm show , realm set , realm add", ["realm", "show", "default"]),
    ("Ic realm show , realm set , realm add",
     ["realm", "set", "default", "description=x", "--dry-run"]),
    ("Ic realm show , realm set , realm add",
     ["realm", "add", "manual.example", "--dry-run"]),
    ("Ic access list , access add , access remove", ["access", "list"]),
    ("Ic access list , access add , access remove", ["access", "add", "allow", "--dry-run"]),
    ("Ic access list , access add , access remove", ["access", "remove", "90", "--dry-run"]),
    ("Ic key new", ["key", "new", "FILE"]),
    ("Ic key use", ["key", "use", "FILE"]),
    ("Ic help", ["help"]),
    ("Ic help", ["help", "account", "add"]),
    ("Ic expire , revoke Fl -at",
     ["expire", "ACCOUNT", "--all", "--at", "7d", "--reason", "x", "--yes"]),
    ("Ic revoke", ["revoke", "ACCOUNT", "--all", "--reason", "x", "--yes"]),
]


@pytest.mark.parametrize("head, words", CASES, ids=lambda value: " ".join(value)
                         if isinstance(value, list) else "")
def test_members(desk, folder, account, head, words):
    stands_for = {"ACCOUNT": account[0], "SELECTOR": account[1][:4], "FILE": folder / "key",
                  "FRESH": f"fresh{next(NUMBERS)}@example.org"}
    user = (ADMINISTRATOR if words[0] in ("realm", "access", "audit", "maintain")
            or words[1:2] == ["notify"] else None)
    if words[:2] == ["key", "use"]:
        desk.ok("key", "new", folder / "key")
    found = members(desk.json(*[stands_for.get(word, word) for word in words], user=user))
    wanted = PROMISED[head]
    for only, names in ONLY.items():
        if only in head and words[0] != only:
            wanted = wanted - names
    assert found == wanted


# Where the JSON is no flat table: the headings.
HEADINGS = {
    "diagnose": {"at", "first_at", "count", "verdict", "service", "client", "device", "selector",
                 "rule_position", "meaning", "remedy", "command"},
    "revoke": {"account", "device", "selector", "last_used_at"},
}


def table(answer):
    """CSV read back: as many cells in each row as in the heading."""
    rows = list(csv.reader(answer.out.splitlines()))
    assert len(rows) > 1 and {len(row) for row in rows} == {len(rows[0])}, answer
    return [dict(zip(rows[0], row)) for row in rows[1:]]


@pytest.mark.parametrize("head, words", [case for case in CASES if case[1][0] != "help"],
                         ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_csv(desk, folder, account, head, words):
    """The same names as the JSON."""
    if words[0] in ("reset", "revoke", "expire", "unused"):
        # The test of the JSON revoked what there was.
        code = desk.code(account[0], "New")
        desk.sql("SET session_replication_role = replica; UPDATE apppass.code"
                 f" SET created_at = now() - interval '1 year' WHERE selector = '{code[:4]}'")
    stands_for = {"ACCOUNT": account[0], "SELECTOR": account[1][:4], "FILE": folder / "key",
                  "FRESH": f"fresh{next(NUMBERS)}@example.org"}
    user = (ADMINISTRATOR if words[0] in ("realm", "access", "audit", "maintain")
            or words[1:2] == ["notify"] else None)
    if words[:2] == ["key", "use"]:
        desk.ok("key", "new", folder / "key")
    rows = table(desk.ok("--csv", *[stands_for.get(word, word) for word in words], user=user))
    wanted = HEADINGS.get(words[0], PROMISED[head])
    for only, names in ONLY.items():
        if only in head and words[0] != only:
            wanted = wanted - names
    assert set(rows[0]) == wanted


def test_csv_of_a_new_code(desk, account):
    """One row, the code in it; a file instead leaves the column empty."""
    row, = table(desk.ok("--csv", "issue", account[0], "--device", 'the "old", one', "--force"))
    assert CODE.fullmatch(row["code"]) and row["code"][:4] == row["selector"]
    assert (row["device"], row["output"]) == ('the "old", one', "")


def test_csv_of_a_batch(desk, folder):
    row, = table(desk.ok("--csv", "account", "import", "-", text="account\nrow1@example.org\n"))
    assert row == {"added": "1", "skipped": "0", "bad": "0"}
    row, = table(desk.ok("--csv", "issue", "--batch", "-", "--output", folder / "codes",
                         text="account,device\nrow1@example.org,Phone\n"))
    assert row == {"issued": "1", "skipped": "0", "bad": "0"}


def test_csv_of_doctor(desk):
    answer = desk.run("--csv", "doctor", "--postfix", "/nonexistent", "--cyrus", "/nonexistent")
    rows = table(answer)
    assert answer.status == 1 and set(rows[0]) == PROMISED["Ic doctor"]
    assert {row["state"] for row in rows} == {"ok", "note", "fault"}


def test_csv_of_check(desk, account, server):
    answer = desk.run("--csv", "check", account[0], "--service", "imap", "--verifier",
                      server.conninfo(VERIFIER), text="nonsense\n")
    rows = table(answer)
    assert answer.status == 1 and set(rows[0]) == {"step", "state", "detail"}
    assert [(row["step"], row["state"]) for row in rows] == [("format", "no"), ("result", "refused")]


def test_csv_of_watch(desk, terminal):
    screen = terminal("--csv", "watch", columns=1000).expect("event,at,")
    while "code_issued" not in screen.text:
        account = desk.account("watched")
        desk.code(account, "a, b")
        screen._read(0.5)
    screen.expect('"a, b"').interrupt().finish()
    lines = [line for line in screen.text.split("\n") if line.count(",") > 5]
    names, *rows = csv.reader(lines)
    assert set(names) == PROMISED["Ic watch"]
    row = dict(zip(names, [row for row in rows if row[0] == "code_issued"][-1]))
    assert row["device"] == "a, b" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["at"])


@pytest.mark.parametrize("verb, words, text", [
    ("added", ["account", "import", "-"], "account\nmanual{}@example.org\n"),
    ("issued", ["issue", "--batch", "-", "--dry-run"], "account,device\n{0},Tablet\n"),
])
def test_members_of_batch(desk, account, verb, words, text):
    found = members(desk.json(*words, text=text.format(account[0])))
    assert found | {"added", "issued", "made"} == PROMISED["Ic issue Fl -batch , Ic account import"]
    assert verb in found


def test_members_of_doctor(desk):
    """Faults and all: there are no mail servers in these folders."""
    answer = desk.run("--json", "doctor", "--postfix", "/nonexistent", "--cyrus", "/nonexistent")
    assert answer.status == 1 and members(answer.json()) == PROMISED["Ic doctor"]


def test_members_of_check(desk, account, server):
    answer = desk.run("--json", "check", account[0], "--service", "imap", "--verifier",
                      server.conninfo(VERIFIER), text="nonsense\n")
    assert answer.status == 1 and members(answer.json()) == PROMISED["Ic check"]


def test_members_of_watch(desk, terminal):
    screen = terminal("--json", "watch", columns=1000)
    account = None
    while "code_issued" not in screen.text:
        account = desk.account("watched")
        desk.code(account)
        screen._read(0.5)
    screen.expect('"code_issued"').interrupt().finish()
    events = [json.loads(line) for line in screen.text.split("\n") if line.startswith("{")]
    assert {"code_issued", "account_added"} & {event["event"] for event in events}
    assert members(events) <= PROMISED["Ic watch"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["at"]) for event in events)


def test_watch_tells_use_and_ignores_forgeries(desk, terminal):
    account = desk.account("used")
    desk.code(account)
    code = desk.sql(f"SELECT code_id FROM apppass.code_overview WHERE account = '{account}'").strip()
    screen = terminal("watch", columns=1000).expect("watching")
    while "first_use" not in screen.text:
        for forged in ("nonsense", '{"event": "code_revoked", "account": "forged"}',
                       '{"event": "forged", "audit_id": 999999999, "account": "forged"}',
                       f'{{"event": "forged", "code_id": {code}}}'):
            desk.sql(f"SELECT pg_notify('apppass', '{forged}')", user=HELPDESK)
        desk.sql(f"DELETE FROM apppass.code_use WHERE code_id = {code};"
                 f"SELECT apppass.record_use({code}, 'imap', '192.0.2.1')")
        screen._read(0.5)
    screen.expect("from 192.0.2.0/24").interrupt().finish()
    assert account in screen.text and "forged" not in screen.text


def test_watch_shows_the_own_realms(desk, terminal):
    desk.sql("CREATE ROLE wanda LOGIN IN ROLE apppass_helpdesk;"
             "INSERT INTO apppass.realm (name) VALUES ('watched.example');"
             "INSERT INTO apppass.realm_operator (role_name, realm_id)"
             " SELECT 'wanda', id FROM apppass.realm WHERE name = 'watched.example'")
    screen = terminal("watch", user="wanda", columns=1000).expect("watching")
    while "@watched.example" not in screen.text:
        desk.account("foreign")
        desk.account("own", realm="watched.example")
        screen._read(0.5)
    screen.interrupt().finish()
    assert "foreign" not in screen.text


def test_every_command_is_promised():
    """Nothing in the table without an entry."""
    heads = " , ".join(PROMISED).replace("Ic ", "")
    named = {" ".join(name.split()) for name in heads.split(" , ")}
    table = json.loads(subprocess.run([TOOL, "help", "--json"], capture_output=True,
                                      check=True).stdout)
    # setup says what it does, to whoever sits there.
    names = {command["name"] for command in table["commands"]} - {"setup"}
    assert names <= named
    # Those above, and those with a test of their own.
    parsed = {name for name in names for _, words in CASES if name in (words[0], " ".join(words[:2]))}
    assert names - parsed == {"account import", "check", "doctor", "notify", "watch"}
