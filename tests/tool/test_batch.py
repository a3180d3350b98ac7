# SPDX-License-Identifier: BSD-2-Clause
"""Many accounts and codes from CSV files: all or none, line numbers, resumable."""

import csv
import html
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
    path = large(folder, realm, 4000)
    screen = terminal("account", "import", path)
    assert screen.finish(timeout=300) == 0
    assert "%" in screen.text and "left" in screen.text
    assert re.search(r"left.*\rfinishing: [^\r]*\r\x1b\[K", screen.text, re.S)
    assert "added 4000 accounts" in screen.text
    assert desk.sql("SELECT count(*) FROM apppass.account WHERE username LIKE"
                    f" '%@{realm}'") == "4000"
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
    desk.sql("INSERT INTO apppass.realm (name, argon2_memory_kib, argon2_passes)"
             f" VALUES ('{realm}', 8, 1)")


def people(desk, realm, number):
    desk.sql(f"SELECT count(apppass.add_account('user' || n || '@{realm}'))"
             f" FROM generate_series(0, {number - 1}) AS n")


def issued(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_batch_of_codes(desk, folder, realm):
    cheap(desk, realm)
    people(desk, realm, 3)
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
    people(desk, realm, 2)
    path = table(folder, text.replace("{realm}", realm), name="codes.csv")
    answer = desk.run("issue", "--batch", path, "--output", folder / "codes")
    assert answer.status == 1, answer
    for part in said:
        assert part in answer.err, answer
    assert not (folder / "codes").exists()
    assert desk.json("list", f"*@{realm}", "--all") == []


def test_batch_dry_run(desk, folder, realm):
    cheap(desk, realm)
    people(desk, realm, 2)
    path = table(folder, f"account,device\nuser0@{realm},a\nuser1@{realm},b\n", name="codes.csv")
    answer = desk.ok("issue", "--batch", path, "--dry-run")
    assert "2 codes would be issued" in answer.err
    assert desk.json("list", f"*@{realm}", "--all") == []


def test_batch_collision_gets_another_code(desk, folder, realm):
    cheap(desk, realm)
    people(desk, realm, 2)
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
    people(desk, realm, 1001)
    path = table(folder, "account,device\n" + "".join(
        f"user{i}@{realm},Phone\n" for i in range(1001)), name="codes.csv")
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
    assert answer == {"issued": 501, "skipped": 500, "bad": 0}
    rows = issued(folder / "codes")
    assert len(rows) == 1001 and "zzzz" not in {row["selector"] for row in rows}
    stored = {(row["account"], row["selector"]) for row in desk.json("list", f"*@{realm}")}
    assert {(row["account"], row["selector"]) for row in rows} == stored


def test_a_renamed_account_ends_no_file(desk, folder, realm):
    """Its row is of a name that is gone; those behind it stay."""
    cheap(desk, realm)
    people(desk, realm, 3)
    path = table(folder, f"account,device\nuser0@{realm},Phone\nuser1@{realm},Phone\n",
                 name="codes.csv")
    desk.ok("issue", "--batch", path, "--output", folder / "codes")
    made = issued(folder / "codes")
    desk.ok("account", "rename", f"user0@{realm}", f"wed@{realm}", "--reason", "wed", user=ADMINISTRATOR)
    path.write_text(f"account,device\nuser1@{realm},Phone\nuser2@{realm},Phone\n")
    assert desk.json("issue", "--batch", path, "--resume", "--output", folder / "codes") == {
        "issued": 1, "skipped": 1, "bad": 0}
    assert issued(folder / "codes")[:2] == made and len(issued(folder / "codes")) == 3


def test_output_others_can_read_is_refused(desk, folder, realm):
    cheap(desk, realm)
    people(desk, realm, 1)
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
    people(desk, realm, 1)
    path = table(folder, f"account,device\nuser0@{realm},Phone\n", name="codes.csv")
    output = folder / "codes"
    output.write_text("account,device,selector,code,services,networks,expires_at\n")
    output.chmod(0o600)
    os.chown(output, 65534, 65534)
    answer = desk.run("issue", "--batch", path, "--resume", "--output", output)
    assert answer.status == 1 and "belongs to somebody else" in answer.err
    assert desk.json("list", f"*@{realm}") == []


# ---- issue --batch --handover ----

def pages(desk, realm):
    """A tenant with a page for links, and three people."""
    cheap(desk, realm)
    desk.sql(f"UPDATE apppass.realm SET handover_url = 'https://mail.{realm}/h'"
             f" WHERE name = '{realm}'")


def states(desk, realm):
    return desk.sql("SELECT string_agg(device || ' ' || state, ', ' ORDER BY device)"
                    f" FROM apppass.handover_overview WHERE realm = '{realm}'")


def test_batch_of_links(desk, folder, realm):
    pages(desk, realm)
    people(desk, realm, 3)
    path = table(folder, "account,device,services,networks,expires,reason,ticket\n"
                         f'user0@{realm},"Printer, red",imap smtp,,180d,new,7\n'
                         f"user1@{realm},=1+1,,192.0.2.0/24,,,\n"
                         f"user2@{realm},Phone,,,,,\n", name="links.csv")
    answer = desk.ok("issue", "--batch", path, "--handover", "--pin", "--valid", "2d", "--output",
                     folder / "links")
    assert "made 3 links" in answer.err and answer.out == ""
    assert stat.S_IMODE(os.stat(folder / "links").st_mode) == 0o600
    rows = issued(folder / "links")
    assert [row["account"] for row in rows] == [f"user{i}@{realm}" for i in range(3)]
    assert rows[0]["services"] == "imap smtp" and rows[0]["expires_at"].endswith("Z")
    assert rows[1]["device"] == "'=1+1" and rows[1]["networks"] == "192.0.2.0/24"
    assert {row["language"] for row in rows} == {"en"}
    for row in rows:
        secret = re.fullmatch(rf"https://mail\.{realm}/h/([0-9a-f]{{32}})", row["link"])[1]
        assert re.fullmatch("[0-9]{6}", row["pin"]) and row["ends_at"].endswith("Z")
        known = desk.sql("SELECT count(*) FROM apppass.handover AS h WHERE link_hash ="
                         f" sha256('{secret}') AND pin_hash = sha256('{secret}{row['pin']}')")
        assert known == "1"
    assert states(desk, realm) == "=1+1 pending, Phone pending, Printer, red pending"
    assert desk.json("list", f"*@{realm}", "--all") == [], "no code was made"
    assert desk.json("audit", f"user0@{realm}")[-1]["ticket"] == "7"


def test_batch_of_long_links(desk, folder, realm):
    """A page's address has up to 209 characters, each of up to four bytes."""
    pages(desk, realm)
    people(desk, realm, 1)
    page = f"https://mail.{realm}/".ljust(209, "\N{LINEAR B SYLLABLE B008 A}")
    desk.ok("realm", "set", realm, f"handover_url={page}", user=ADMINISTRATOR)
    path = table(folder, f"account,device\nuser0@{realm},Phone\n", name="links.csv")
    desk.ok("issue", "--batch", path, "--handover", "--output", folder / "links", "--letters",
            folder / "letters.html")
    (row,) = issued(folder / "links")
    assert re.fullmatch(f"{re.escape(page)}/[0-9a-f]{{32}}", row["link"]), row
    assert len(row["link"].encode()) > 511
    assert f"<code>{row['link']}</code>" in (folder / "letters.html").read_text("utf-8")


BAD_LINKS = [
    ("account,device\nuser0@{realm},a\nnobody@{realm},b\n", ["line 3", "nobody@"]),
    ("account,device\nuser0@{realm},a\nuser1@{realm},\n", ["line 3", "empty: device"]),
    ("account,device\nuser0@{realm},a\nUSER0@{realm}, A\n", ["line 3", "waits already"]),
    ("account,device,expires\nuser0@{realm},a,\nuser1@{realm},b,2001-01-01\n",
     ["line 3", "not a time in the future"]),
    ("account,device,networks\nuser0@{realm},a,\nuser1@{realm},b,home\n", ["line 3", "home"]),
    ("account,device,services\nuser0@{realm},a,\nuser1@{realm},b,im/ap\n", ["line 3", "im/ap"]),
]


@pytest.mark.parametrize("text, said", BAD_LINKS, ids=lambda value: str(value)[-50:])
def test_bad_batch_makes_no_link(desk, folder, realm, text, said):
    pages(desk, realm)
    people(desk, realm, 2)
    path = table(folder, text.replace("{realm}", realm), name="links.csv")
    answer = desk.run("issue", "--batch", path, "--handover", "--output", folder / "links",
                      "--letters", folder / "letters.html")
    assert answer.status == 1, answer
    for part in said:
        assert part in answer.err, answer
    assert not (folder / "links").exists() and not (folder / "letters.html").exists()
    assert states(desk, realm) == ""


def test_batch_of_links_without_a_page_for_them(desk, folder, realm):
    cheap(desk, realm)
    people(desk, realm, 1)
    path = table(folder, f"account,device\nuser0@{realm},a\n", name="links.csv")
    answer = desk.run("issue", "--batch", path, "--handover", "--output", folder / "links")
    assert answer.status == 1 and "no page where links are opened" in answer.err


def test_batch_of_links_dry_run(desk, folder, realm):
    pages(desk, realm)
    people(desk, realm, 1)
    path = table(folder, f"account,device\nuser0@{realm},a\n", name="links.csv")
    answer = desk.ok("issue", "--batch", path, "--handover", "--dry-run", "--letters",
                     folder / "letters.html")
    assert "1 link would be made" in answer.err and not (folder / "letters.html").exists()
    assert states(desk, realm) == ""


@pytest.mark.parametrize("options, said", [
    (["--handover"], "--output"),
    (["--letters", "l"], "--letters goes with --handover"),
    (["--pin"], "--pin goes with --handover"),
    (["--handover", "--output", "o", "--key", "k"], "--key is for codes"),
    (["--handover", "--output", "o", "--valid", "soon"], "not a span"),
])
def test_batch_of_links_wrong_options(desk, folder, realm, options, said):
    path = table(folder, "account,device\n")
    answer = desk.run("issue", "--batch", path, *options)
    assert answer.status == 2 and said in answer.err, answer


def test_files_that_are_there_stay(desk, folder, realm):
    pages(desk, realm)
    people(desk, realm, 1)
    path = table(folder, f"account,device\nuser0@{realm},a\n", name="links.csv")
    for name in ("links", "letters.html", "/dev/tty"):
        there = folder / name
        if there.parent == folder:
            there.write_text("mine")
        answer = desk.run("issue", "--batch", path, "--handover", "--output",
                          there if name == "/dev/tty" else folder / "links", "--letters",
                          folder / "letters.html")
        assert answer.status == 1 and "could not create" in answer.err, answer
        if there.parent == folder:
            assert there.read_text() == "mine"
            there.unlink()
    assert states(desk, realm) == "" and not list(folder.glob("l*s"))


def letters(path):
    """The pages of a file of letters, as text."""
    text = path.read_text()
    return [html.unescape(re.sub("<[^>]*>", "", part))
            for part in re.findall("<section.*?</section>", text, re.S)]


def test_letters(desk, folder, realm):
    pages(desk, realm)
    people(desk, realm, 2)
    desk.ok("account", "notify", f"user1@{realm}", "--language", "de", user=ADMINISTRATOR)
    label = "<b>\"A&B\"</b>"
    path = table(folder, "account,device\n"
                         f"user0@{realm},\"{label.replace(chr(34), 2 * chr(34))}\"\n"
                         f"user1@{realm},=Drucker\n", name="links.csv")
    desk.ok("issue", "--batch", path, "--handover", "--pin", "--output", folder / "links",
            "--letters", folder / "letters.html")
    assert stat.S_IMODE(os.stat(folder / "letters.html").st_mode) == 0o600
    rows = issued(folder / "links")
    english, german = letters(folder / "letters.html")
    assert f"Your app password for {label}" in english and f"user0@{realm}" in english
    assert "Ihr App-Passwort für =Drucker" in german
    assert "PIN. It is not in this letter" in english and "nicht in diesem Brief" in german
    for row, page in zip(rows, (english, german)):
        assert row["link"] in page
        assert not any(other["pin"] in page for other in rows), "never with its PIN"
    assert "<b>" not in (folder / "letters.html").read_text()


def test_interrupted_batch_of_links_is_resumed(desk, folder, realm):
    """What an earlier run made is not made again, and all of it is in the letters."""
    pages(desk, realm)
    people(desk, realm, 3)
    first = table(folder, f"account,device\nuser0@{realm},Phone\nuser1@{realm},Phone\n",
                  name="first.csv")
    whole = table(folder, f"account,device\nuser0@{realm},Phone\nuser1@{realm},Phone\n"
                          f"user2@{realm},Phone\n", name="whole.csv")
    options = ["--handover", "--output", folder / "links", "--letters", folder / "letters.html"]
    desk.ok("issue", "--batch", first, *options)
    made = (folder / "links").read_text()
    # As after a crash between the write and the commit, and before the letters.
    with open(folder / "links", "a", encoding="utf-8") as file:
        file.write(f"user2@{realm},Phone,https://mail.{realm}/h/{'0' * 32},,,,,"
                   f"2030-01-01T00:00:00Z,en\nuser3@{realm},Ph")
    (folder / "letters.html").write_text("half a le")
    # One that was withdrawn since is in the middle of what is kept.
    desk.sql(f"SELECT apppass.withdraw_offer('user0@{realm}')")
    answer = desk.json("issue", "--batch", whole, *options, "--resume")
    assert answer == {"made": 2, "skipped": 1, "bad": 0}
    assert (folder / "links").read_text().startswith(made)
    rows = issued(folder / "links")
    assert [row["account"] for row in rows] == [f"user{i}@{realm}" for i in (0, 1, 0, 2)]
    assert "0" * 32 not in (folder / "links").read_text()
    assert len(letters(folder / "letters.html")) == 4
    again = desk.json("issue", "--batch", whole, *options, "--resume")
    assert again == {"made": 0, "skipped": 3, "bad": 0} and issued(folder / "links") == rows


def test_a_file_of_another_kind_is_left_alone(desk, folder, realm):
    pages(desk, realm)
    people(desk, realm, 1)
    path = table(folder, f"account,device\nuser0@{realm},Phone\n", name="codes.csv")
    desk.ok("issue", "--batch", path, "--output", folder / "codes")
    before = (folder / "codes").read_text()
    answer = desk.run("issue", "--batch", path, "--handover", "--resume", "--output",
                      folder / "codes")
    assert answer.status == 1 and "no column" in answer.err
    assert (folder / "codes").read_text() == before


def test_many_links(desk, folder, realm):
    pages(desk, realm)
    people(desk, realm, 501)
    path = table(folder, "account,device\n" + "".join(
        f"user{i}@{realm},Phone\n" for i in range(501)), name="links.csv")
    answer = desk.json("issue", "--batch", path, "--handover", "--output", folder / "links",
                       "--letters", folder / "letters.html")
    assert answer == {"made": 501, "skipped": 0, "bad": 0}
    assert len({row["link"] for row in issued(folder / "links")}) == 501
    assert len(letters(folder / "letters.html")) == 501
