# SPDX-License-Identifier: BSD-2-Clause
"""Many accounts and codes from CSV files: all or none, line numbers, resumable."""

import csv
import os
import re
import signal
import stat
import subprocess

import psycopg2
import pytest

from conftest import ADMINISTRATOR, CODE, NUMBERS, TOOL, Terminal, environment
from harness.basics import until


@pytest.fixture
def realm():
    """A domain of this test alone."""
    return f"batch{next(NUMBERS)}.example"


def names(desk, realm):
    return [row["account"] for row in desk.json("account", "list", f"*@{realm}")]


def table(folder, text, encoding="utf-8", name="table.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_import(desk, folder, realm):
    desk.ok("realm", "add", realm, user=ADMINISTRATOR)
    path = table(folder, f"account,realm,mfa,reason\r\na@{realm},,yes,new\r\nb@{realm},default,NO,\r\n"
                         f'"c@{realm}",{realm},1,"a ""quoted"", reason"\r\n')
    answer = desk.ok("account", "import", path)
    assert "added 3 accounts" in answer.err
    rows = desk.json("account", "list", f"*@{realm}")
    assert [(row["account"][0], row["realm"], row["mfa_enrolled"]) for row in rows] == [
        ("a", realm, True), ("b", "default", False), ("c", realm, True)]
    assert desk.json("audit", f"c@{realm}")[0]["reason"] == 'a "quoted", reason'


@pytest.mark.parametrize("text", [
    "\ufeffAccount\na@{realm}\nb@{realm}\n",
    "Account;MFA\na@{realm};yes\nb@{realm};no\n",
    "username\tmfa\n a@{realm} \t\n\nb@{realm}\tno",
    " mfa , account \nno,a@{realm}\nyes,b@{realm}\n",
    "\ufeffsep=;\r\nAccount;Reason\r\na@{realm};yes, new\r\nb@{realm};\r\n",
    "Account,MFA,,\r\na@{realm},yes,,\r\nb@{realm},no,,\r\n",
    "Account,,MFA\na@{realm},a note,yes\nb@{realm},,no\n",
    "Account,MFA\r\na@{realm},yes,,\r\n,\r\nb@{realm},no\r\n , \r\n,,,\r\n",
], ids=["byte order mark", "semicolons", "tabs and blanks", "another order", "sep=",
        "columns without a name at the end", "column without a name", "rows of separators"])
def test_import_of_what_spreadsheets_write(desk, folder, realm, text):
    path = table(folder, text.replace("{realm}", realm))
    assert desk.json("account", "import", path) == {"added": 2, "skipped": 0, "bad": 0}
    assert names(desk, realm) == [f"a@{realm}", f"b@{realm}"]


def test_import_from_standard_input(desk, realm):
    desk.ok("account", "import", "-", text=f"account\na@{realm}\n")
    assert names(desk, realm) == [f"a@{realm}"]


BAD = [
    ("", 1, ["line 1", "the file is empty", "account (needed)"]),
    ("name\nx\n", 1, ['no column "name"', "account (needed)"]),
    ("realm\nx\n", 1, ['column "account" is missing']),
    ("account,account\nx,y\n", 1, ["twice"]),
    ("account\na@{realm}\n\"x\n", 1, ["line 3", "quote"]),
    ("account,mfa\na@{realm},no\nb@{realm}\n", 1, ["line 3", "too few fields"]),
    ("account\na@{realm}\nb@{realm},no\n", 1, ["line 3", "too many fields"]),
    ("account,mfa\na@{realm},no\n,no\n", 1, ["line 3", "empty: account"]),
    ("account,mfa\na@{realm},maybe\n", 1, ["line 2", "yes or no", "maybe"]),
    ("account\na@{realm}\nA@{realm}\n", 1, ["line 3", "exists already"]),
    ("account\na@{realm}\nb c@{realm}\n", 1, ["line 3", "not valid"]),
    ("account,realm\na@{realm},\nb@{realm},nowhere\n", 1, ["line 3", "nowhere"]),
    ("account\na@{realm}\n\"b\n\n@{realm}\"\nbad name\n", 1, ["line 3", "line 6"]),
]


@pytest.mark.parametrize("text, status, said", BAD, ids=lambda value: str(value)[:40])
def test_bad_file_adds_nothing(desk, folder, realm, text, status, said):
    answer = desk.run("account", "import", table(folder, text.replace("{realm}", realm)))
    assert answer.status == status, answer
    for part in said:
        assert part in answer.err, answer
    assert names(desk, realm) == []


def test_latin1_is_told_apart(desk, folder, realm):
    path = table(folder, f"account,reason\na@{realm},für Jürgen\n", "latin-1")
    answer = desk.run("account", "import", path)
    assert answer.status == 1 and "line 2" in answer.err and "UTF-8" in answer.err


def test_binary_file_is_refused(desk, folder):
    (folder / "x").write_bytes(b"account\n\x00\x01\x02")
    assert desk.run("account", "import", folder / "x").status == 1


def test_partial_takes_the_good_lines(desk, folder, realm):
    path = table(folder, f"account\na@{realm}\nb b@{realm}\nc@{realm}\n")
    answer = desk.run("account", "import", path, "--partial", "--json")
    assert answer.status == 1 and answer.json() == {"added": 2, "skipped": 0, "bad": 1}
    assert "line 3" in answer.err
    assert names(desk, realm) == [f"a@{realm}", f"c@{realm}"]


def test_resume_leaves_out_what_is_there(desk, folder, realm):
    desk.ok("account", "add", f"b@{realm}")
    path = table(folder, f"account\na@{realm}\nB@{realm}\nc@{realm}\n")
    assert desk.run("account", "import", path).status == 1
    assert desk.json("account", "import", path, "--resume") == {
        "added": 2, "skipped": 1, "bad": 0}


def test_many_bad_lines_are_counted(desk, folder, realm):
    path = table(folder, "account\n" + "".join(f"bad {i}\n" for i in range(50)))
    answer = desk.run("account", "import", path)
    assert answer.err.count("not valid") == 20 and "30 bad lines more" in answer.err
    assert "50 bad lines" in answer.err


def test_dry_run(desk, folder, realm):
    path = table(folder, f"account\na@{realm}\nb@{realm}\n")
    answer = desk.ok("account", "import", path, "--dry-run")
    assert "2 accounts would be added" in answer.err and names(desk, realm) == []


def large(folder, realm, count):
    return table(folder, "account\n" + "".join(f"user{i}@{realm}\n" for i in range(count)))


def test_large_import_with_a_progress_bar(desk, folder, realm, terminal):
    path = large(folder, realm, 20000)
    screen = terminal("account", "import", path)
    assert screen.finish(timeout=300) == 0
    assert "%" in screen.text and "left" in screen.text
    assert re.search(r"left.*\rfinishing: [^\r]*\r\x1b\[K", screen.text, re.S)
    assert "added 20000 accounts" in screen.text
    assert desk.sql("SELECT count(*) FROM apppass.account WHERE username LIKE"
                    f" '%@{realm}'") == "20000"
    desk.ok("audit", "verify", user=ADMINISTRATOR)


def count(desk, realm):
    return int(desk.sql(f"SELECT count(*) FROM apppass.account WHERE username LIKE '%@{realm}'"))


def blocked(server, realm, number):
    """A session that holds the name user{number}, so that an import waits there."""
    session = psycopg2.connect(server.conninfo("postgres"))
    session.cursor().execute(
        "INSERT INTO apppass.account (username, realm_id) SELECT %s, id FROM apppass.realm"
        " WHERE name = 'default'", (f"user{number}@{realm}",))
    return session


def waiting(desk):
    until(lambda: int(desk.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'apppass'"
        " AND wait_event_type = 'Lock'")) == 1, "the import to wait")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_import_adds_nothing(desk, folder, realm, number):
    path = large(folder, realm, 2000)
    session = blocked(desk.server, realm, 1234)
    screen = Terminal(desk.server, "account", "import", path)
    waiting(desk)
    screen.process.send_signal(number)
    assert screen.finish() == -number
    session.rollback()
    session.close()
    until(lambda: int(desk.sql("SELECT count(*) FROM pg_stat_activity WHERE"
                               " application_name = 'apppass'")) == 0, "the session to end")
    assert count(desk, realm) == 0


def test_interrupted_partial_import_goes_on(desk, folder, realm):
    path = large(folder, realm, 2000)
    session = blocked(desk.server, realm, 1234)
    screen = Terminal(desk.server, "account", "import", path, "--partial")
    waiting(desk)
    assert screen.interrupt().finish() == -signal.SIGINT
    assert "--resume" in screen.text
    session.rollback()
    session.close()
    assert count(desk, realm) == 1000
    assert desk.json("account", "import", path, "--partial", "--resume") == {
        "added": 1000, "skipped": 1000, "bad": 0}
    assert count(desk, realm) == 2000


# ---- issue --batch ----

def cheap(desk, realm):
    """Hashes that take no time."""
    desk.ok("realm", "add", realm, "argon2_memory_kib=8", "argon2_passes=1", user=ADMINISTRATOR)


def people(desk, folder, realm, number):
    desk.ok("account", "import", large(folder, realm, number))


def issued(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_batch_of_codes(desk, folder, realm):
    cheap(desk, realm)
    people(desk, folder, realm, 3)
    path = table(folder, "account,device,services,networks,expires,reason,ticket\n"
                         f'user0@{realm},"Phone, red",imap smtp,,180d,new,1\n'
                         f'user1@{realm},Phone,"imap,pop3",192.0.2.0/24 2001:db8::/48,,,\n'
                         f"user2@{realm},Phone,,,,,\n")
    answer = desk.ok("issue", "--batch", path, "--output", folder / "codes")
    assert not CODE.search(answer.out + answer.err)
    assert stat.S_IMODE(os.stat(folder / "codes").st_mode) == 0o600
    rows = issued(folder / "codes")
    assert [row["account"] for row in rows] == [f"user{i}@{realm}" for i in range(3)]
    assert rows[0]["device"] == "Phone, red" and rows[0]["expires_at"].endswith("Z")
    assert rows[1]["services"] == "imap pop"
    assert rows[1]["networks"] == "192.0.2.0/24 2001:db8::/48"
    for row in rows:
        assert CODE.fullmatch(row["code"]) and row["code"].startswith(row["selector"])
        found = desk.json("list", row["account"])
        assert [one["selector"] for one in found] == [row["selector"]]
        verdict = desk.run("check", row["account"], "--service", "imap", "--from", "192.0.2.1",
                           "--verifier", desk.server.conninfo("postgres"), text=row["code"])
        assert verdict.status == 0, verdict
    assert desk.json("audit", f"user0@{realm}")[-1]["ticket"] == "1"


BAD_CODES = [
    ("account,device\nuser0@{realm},a\nnobody@{realm},b\n", ["line 3", "no such account"]),
    ("account,device\nuser0@{realm},a\nuser1@{realm},\n", ["line 3", "empty: device"]),
    ("account,device,expires\nuser0@{realm},a,\nuser1@{realm},b,2001-01-01\n",
     ["line 3", "not a time in the future"]),
    ("account,device,networks\nuser0@{realm},a,\nuser1@{realm},b,home\n", ["line 3", "home"]),
    ("account,device,services\nuser0@{realm},a,\nuser1@{realm},b,im/ap\n", ["line 3", "im/ap"]),
    ("account,device\nuser0@{realm},a\nuser1@{realm}," + "x" * 101 + "\n", ["line 3", "label"]),
]


@pytest.mark.parametrize("text, said", BAD_CODES, ids=lambda value: str(value)[-50:])
def test_bad_batch_issues_nothing(desk, folder, realm, text, said):
    cheap(desk, realm)
    people(desk, folder, realm, 2)
    path = table(folder, text.replace("{realm}", realm), name="codes.csv")
    answer = desk.run("issue", "--batch", path, "--output", folder / "codes")
    assert answer.status == 1, answer
    for part in said:
        assert part in answer.err, answer
    assert not (folder / "codes").exists()
    assert desk.json("list", f"*@{realm}", "--all") == []


def test_batch_dry_run(desk, folder, realm):
    cheap(desk, realm)
    people(desk, folder, realm, 2)
    path = table(folder, f"account,device\nuser0@{realm},a\nuser1@{realm},b\n", name="codes.csv")
    answer = desk.ok("issue", "--batch", path, "--dry-run")
    assert "2 codes would be issued" in answer.err
    assert desk.json("list", f"*@{realm}", "--all") == []


def test_batch_collision_gets_another_code(desk, folder, realm):
    cheap(desk, realm)
    people(desk, folder, realm, 2)
    path = table(folder, f"account,device\nuser0@{realm},a\nuser1@{realm},b\n", name="codes.csv")
    desk.sql("""
        CREATE SEQUENCE public.tries;
        GRANT USAGE ON SEQUENCE public.tries TO PUBLIC;
        CREATE FUNCTION public.collide() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('public.tries') < 3 THEN
                RAISE unique_violation USING CONSTRAINT = 'code_selector_unique';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER collide BEFORE INSERT ON apppass.code
            FOR EACH ROW EXECUTE FUNCTION public.collide();""")
    try:
        desk.ok("issue", "--batch", path, "--output", folder / "codes")
    finally:
        desk.sql("DROP TRIGGER collide ON apppass.code; DROP FUNCTION public.collide();"
                 "DROP SEQUENCE public.tries")
    rows = issued(folder / "codes")
    assert sorted(row["selector"] for row in rows) == sorted(
        row["selector"] for row in desk.json("list", f"*@{realm}"))


def test_interrupted_batch_is_resumed(desk, folder, realm):
    """Killed between chunks: what the file holds and what is stored is the same again."""
    cheap(desk, realm)
    people(desk, folder, realm, 1200)
    path = table(folder, "account,device\n" + "".join(
        f"user{i}@{realm},Phone\n" for i in range(1200)), name="codes.csv")
    session = psycopg2.connect(desk.server.conninfo("postgres"))
    session.cursor().execute("SELECT 1 FROM apppass.account WHERE username = %s FOR UPDATE",
                             (f"user777@{realm}",))
    process = subprocess.Popen(
        [TOOL, "issue", "--batch", path, "--partial", "--output", folder / "codes"],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(desk.server))
    waiting(desk)
    process.kill()
    process.communicate()
    session.rollback()
    session.close()
    until(lambda: int(desk.sql("SELECT count(*) FROM pg_stat_activity WHERE"
                               " application_name = 'apppass'")) == 0, "the session to end")
    assert len(issued(folder / "codes")) == 500
    # As after a crash between the write and the commit.
    with open(folder / "codes", "a", encoding="utf-8") as file:
        file.write(f"user500@{realm},Phone,zzzz,zzzz-zzzz-zzzz-zzzz-zzzz,,,\n"
                   f"user501@{realm},Phone,zz")
    answer = desk.json("issue", "--batch", path, "--partial", "--resume", "--output",
                       folder / "codes")
    assert answer == {"issued": 700, "skipped": 500, "bad": 0}
    rows = issued(folder / "codes")
    assert len(rows) == 1200 and "zzzz" not in {row["selector"] for row in rows}
    stored = {(row["account"], row["selector"]) for row in desk.json("list", f"*@{realm}")}
    assert {(row["account"], row["selector"]) for row in rows} == stored


def test_output_others_can_read_is_refused(desk, folder, realm):
    cheap(desk, realm)
    people(desk, folder, realm, 1)
    path = table(folder, f"account,device\nuser0@{realm},Phone\n", name="codes.csv")
    (folder / "codes").write_text("account,device,selector,code,services,networks,expires_at\n")
    (folder / "codes").chmod(0o644)
    answer = desk.run("issue", "--batch", path, "--resume", "--output", folder / "codes")
    assert answer.status == 1 and "chmod 600" in answer.err
    answer = desk.run("issue", "--batch", path, "--output", folder / "codes")
    assert answer.status == 1 and "never overwritten" in answer.err
    assert desk.json("list", f"*@{realm}") == []


def test_output_of_somebody_else_is_refused(desk, folder, realm):
    """Its owner, and whoever has it open, would read the codes."""
    cheap(desk, realm)
    people(desk, folder, realm, 1)
    path = table(folder, f"account,device\nuser0@{realm},Phone\n", name="codes.csv")
    output = folder / "codes"
    output.write_text("account,device,selector,code,services,networks,expires_at\n")
    output.chmod(0o600)
    os.chown(output, 65534, 65534)
    answer = desk.run("issue", "--batch", path, "--resume", "--output", output)
    assert answer.status == 1 and "belongs to somebody else" in answer.err
    assert desk.json("list", f"*@{realm}") == []
