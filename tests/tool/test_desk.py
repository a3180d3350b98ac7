# SPDX-License-Identifier: BSD-2-Clause
"""The commands of the helpdesk, one after the other."""

import base64
import json
import os
import stat
import subprocess
from datetime import datetime, timezone

import pytest

from conftest import ADMINISTRATOR, CODE, NUMBERS, TOOL, environment
from harness.basics import run
from harness.postgres import HELPDESK


def one(rows):
    assert len(rows) == 1, rows
    return rows[0]


def test_new_employee_with_phone_and_laptop(desk):
    account = desk.account()
    phone = desk.issue(account, "Phone", "--service", "imap,smtp")
    laptop = desk.issue(account, "Thunderbird on the laptop", "--expires", "180d",
                        "--network", "192.0.2.0/24", "--network", "2001:db8::/48")
    assert phone != laptop
    rows = desk.json("list", account)
    assert [row["device"] for row in rows] == ["Phone", "Thunderbird on the laptop"]
    assert [row["selector"] for row in rows] == [phone[:4], laptop[:4]]
    assert [row["state"] for row in rows] == ["live", "live"]
    assert rows[0]["services"] == ["imap", "smtp"] and rows[0]["networks"] is None
    assert rows[0]["expires_at"] is None and rows[0]["last_used_at"] is None
    assert rows[1]["networks"] == ["192.0.2.0/24", "2001:db8::/48"]
    assert rows[1]["expires_at"].endswith("Z")


def test_code_never_reaches_the_database(desk):
    account = desk.account()
    code = desk.issue(account)
    symbols = code.replace("-", "")
    dump = desk.server.dump() + desk.server.log.read_text()
    assert code[:4] in dump
    for part in (code, symbols, symbols[4:], code[5:]):
        assert part not in dump


@pytest.mark.parametrize("words", [[], ["--csv"], ["--json"], ["--qr"], ["--output", "file"],
                                   ["--mobileconfig", "file"], ["--batch", "people", "--output", "file"]],
                         ids=lambda words: " ".join(words[:2]))
def test_code_is_wiped_from_memory(desk, folder, words):
    """A core of the tool on its way out holds the code nowhere, in no freed memory either."""
    account, core = desk.account(), folder / "core"
    (folder / "people").write_text(f"account,device\n{account},Phone\n")
    words = [folder / word if word in ("file", "people") else word for word in words]
    if "--batch" not in words:
        words += [account, "--device", "Phone", "--force"]
    if "--mobileconfig" in words:
        words += ["--imap-host", "i.example", "--smtp-host", "s.example"]
    said = run(["gdb", "-batch", "-nx", "-ex", "catch syscall exit_group", "-ex", "run",
                "-ex", f"generate-core-file {core}", "-ex", "kill", "--args", TOOL, "issue", *words],
               env={**environment(desk.server), "ASAN_OPTIONS": "detect_leaks=0"})
    shown = (folder / "file").read_text() if (folder / "file").exists() else said
    code = CODE.search(shown).group().encode()
    symbols = code.replace(b"-", b"")
    memory = core.read_bytes()
    assert account.encode() in memory
    for part in (code, code[5:], symbols, symbols[4:], symbols[:-1]):
        assert part not in memory


@pytest.mark.parametrize("length", [16, 20, 24, 28])
def test_code_has_the_length_of_the_policy(desk, length):
    realm = f"length{length}.example"
    desk.ok("realm", "add", realm, f"code_length={length}", user=ADMINISTRATOR)
    code = desk.issue(desk.account(realm=realm))
    assert len(code.replace("-", "")) == length


def test_issue_to_a_pipe_needs_force(desk):
    account = desk.account()
    answer = desk.run("issue", account, "--device", "Phone")
    assert answer.status == 2 and "--force" in answer.err and not CODE.search(answer.out)
    assert desk.json("list", account) == []


def test_issue_json_holds_everything(desk):
    account = desk.account()
    made = desk.json("issue", account, "--device", "Phone", "--force", "--service", "IMAPS")
    assert CODE.fullmatch(made.pop("code"))
    assert made.pop("selector") == one(desk.json("list", account))["selector"]
    assert made == {"account": account, "device": "Phone", "services": ["imap"],
                    "networks": None, "expires_at": None, "output": None,
                    "mobileconfig": None}


def test_issue_into_a_file(desk, folder):
    account = desk.account()
    answer = desk.ok("issue", account, "--device", "Phone", "--output", folder / "code")
    text = (folder / "code").read_text()
    assert stat.S_IMODE(os.stat(folder / "code").st_mode) == 0o600
    assert CODE.fullmatch(text.strip()) and text.strip() not in answer.out
    assert text[:4] == one(desk.json("list", account))["selector"]


def test_existing_file_is_never_overwritten(desk, folder):
    account = desk.account()
    (folder / "code").write_text("precious")
    answer = desk.run("issue", account, "--device", "Phone", "--output", folder / "code")
    assert answer.status == 1 and "never overwritten" in answer.err
    assert (folder / "code").read_text() == "precious"
    assert desk.json("list", account) == []


def test_refused_issue_leaves_no_file(desk, folder):
    account = desk.account()
    desk.ok("account", "disable", account, "--reason", "left", "--yes")
    answer = desk.run("issue", account, "--device", "Phone", "--output", folder / "code")
    assert answer.status == 1 and not (folder / "code").exists()


def test_issue_adds_the_account(desk):
    name = f"added{next(NUMBERS)}@example.org"
    refused = desk.run("issue", name, "--device", "Phone", "--add", "--force", user=HELPDESK)
    assert refused.status == 77, refused
    assert desk.run("account", "show", name).status == 1
    for device in ("Phone", "Tablet"):
        desk.ok("issue", name, "--device", device, "--add", "--force", user=ADMINISTRATOR)
    assert len(desk.json("list", name)) == 2


def test_issue_dry_run_stores_nothing(desk):
    account = desk.account()
    answer = desk.ok("issue", account, "--device", "Phone", "--dry-run")
    assert not CODE.search(answer.out) and "dry run" in answer.err
    assert desk.json("list", account, "--all") == []


def test_selector_taken_gets_another_code(desk):
    """The first tries collide: a trigger of the test refuses two selectors."""
    account = desk.account()
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
        desk.issue(account)
        assert len(desk.json("list", account)) == 1
    finally:
        desk.sql("DROP TRIGGER collide ON apppass.code; DROP FUNCTION public.collide();"
                 "DROP SEQUENCE public.tries")


def bound(desk, account, code):
    """The data in the newest hash are those of this account's code."""
    digest = desk.sql("SELECT hash FROM apppass.code ORDER BY id DESC LIMIT 1")
    number = desk.sql(f"SELECT id FROM apppass.account WHERE username = '{account}'")
    data = base64.b64encode(f"{number}:{code[:4]}".encode()).decode().rstrip("=")
    return ",keyid=" in digest and f",data={data}$" in digest


def check(desk, account, code, *options):
    return desk.run("check", account, "--service", "imap", "--from", "192.0.2.1", "--verifier",
                    desk.server.conninfo("postgres"), *options, text=code)


def test_keyed_code(desk, folder):
    account = desk.account()
    desk.ok("key", "new", folder / "key")
    code = desk.issue(account, "Phone", "--key", folder / "key")
    assert bound(desk, account, code)
    assert check(desk, account, code, "--key", folder / "key").status == 0
    code = desk.ok("reset", account, "--device", "Phone", "--reason", "new", "--force", "--key",
                   folder / "key").code()
    assert bound(desk, account, code)
    assert check(desk, account, code, "--key", folder / "key").status == 0
    desk.issue(account, "Phone")
    assert "keyid=" not in desk.sql("SELECT hash FROM apppass.code ORDER BY id DESC LIMIT 1")


def test_keyed_codes_of_a_batch(desk, folder):
    account = desk.account()
    desk.ok("key", "new", folder / "key")
    (folder / "table.csv").write_text(f"account,device\n{account},Phone\n")
    desk.ok("issue", "--batch", folder / "table.csv", "--output", folder / "codes", "--key",
            folder / "key")
    assert bound(desk, account, one(desk.json("list", account))["selector"])


def test_check_tells_a_copied_row(desk, folder):
    mallory, account = desk.account(), desk.account()
    desk.ok("key", "new", folder / "key")
    code = desk.issue(mallory, "Phone", "--key", folder / "key")
    victim = desk.issue(account, "Phone", "--key", folder / "key")
    desk.sql(f"""
        SET session_replication_role = replica;
        UPDATE apppass.code AS c SET selector = m.selector, hash = m.hash
        FROM apppass.code AS m JOIN apppass.account AS a ON a.id = m.account_id
        WHERE a.username = '{mallory}' AND c.selector = '{victim[:4]}' AND c.account_id =
            (SELECT id FROM apppass.account WHERE username = '{account}')""")
    answer = check(desk, account, code, "--key", folder / "key")
    assert answer.status == 1 and "made for another account" in answer.out


def test_lost_phone(desk):
    account = desk.account()
    phone, laptop = desk.code(account, "Phone"), desk.code(account, "Laptop")
    answer = desk.json("revoke", account, "--device", "phone", "--reason", "lost",
                       "--ticket", "4711", "--yes")
    assert answer["revoked"] == 1 and one(answer["codes"])["selector"] == phone[:4]
    assert [row["selector"] for row in desk.json("list", account)] == [laptop[:4]]
    shown = one(desk.json("show", phone[:4], account))
    assert (shown["state"], shown["revoke_reason"]) == ("revoked", "lost")
    assert "lost" in desk.ok("show", phone[:4], account).out
    event = desk.json("audit", account)[-1]
    assert (event["action"], event["reason"], event["ticket"]) == ("code_revoked", "lost", "4711")


def test_revoke_one_code(desk):
    account = desk.account()
    first, second = desk.code(account, "Phone"), desk.code(account, "Phone")
    desk.ok("revoke", account, "--code", first[:4].upper(), "--reason", "typed in public", "--yes")
    assert [row["selector"] for row in desk.json("list", account)] == [second[:4]]


def test_offboarding(desk):
    account = desk.account()
    for device in ("Phone", "Laptop", "Printer"):
        desk.code(account, device)
    desk.ok("account", "disable", account, "--reason", "left", "--yes")
    assert {row["state"] for row in desk.json("list", account)} == {"suspended"}
    assert desk.json("revoke", account, "--all", "--reason", "left", "--yes")["revoked"] == 3
    assert desk.json("list", account) == []
    assert len(desk.json("list", account, "--all")) == 3
    assert desk.json("account", "show", account)["state"] == "disabled"


def test_revoke_dry_run_revokes_nothing(desk):
    account = desk.account()
    code = desk.code(account)
    answer = desk.ok("revoke", account, "--all", "--reason", "x", "--dry-run")
    assert code[:4] in answer.out and "nothing was done" in answer.err
    assert desk.json("revoke", account, "--all", "--reason", "x", "--dry-run")["revoked"] == 0
    assert len(desk.json("list", account)) == 1


def test_expire(desk):
    """A contract ends sooner, and is prolonged."""
    account = desk.account()
    phone, laptop = desk.code(account, "Phone"), desk.code(account, "Laptop")

    def ends():
        return {row["selector"]: (row["expires_at"] or "")[:4] for row in desk.json("list", account)}

    moved = one(desk.json("expire", account, "--device", "phone", "--at", "2100-01-31 18:00", "--reason", "contract", "--yes"))
    assert set(moved) == {"account", "device", "selector", "expires_at", "code_id"}
    assert moved["device"] == "Phone" and moved["expires_at"].startswith("2100-01-31T")
    assert ends() == {phone[:4]: "2100", laptop[:4]: ""}
    words = ("revoke", account, "--all", "--at", "2101-01-31", "--reason", "leaves")
    dry = desk.ok(*words, "--dry-run")
    assert laptop[:4] in dry.out and phone[:4] not in dry.out and "nothing was done" in dry.err
    assert ends() == {phone[:4]: "2100", laptop[:4]: ""}
    desk.ok(*words, "--yes")
    assert ends() == {phone[:4]: "2100", laptop[:4]: "2101"}
    assert "nothing to do" in desk.ok(*words, "--yes").err
    assert {row["state"] for row in desk.json("list", account)} == {"live"}
    desk.ok("expire", account, "--code", phone[:4], "--never", "--reason", "stays", "--ticket", "T-9", "--yes")
    assert ends() == {phone[:4]: "", laptop[:4]: "2101"}
    event = desk.json("audit", account)[-1]
    assert (event["action"], event["reason"], event["ticket"]) == ("code_changed", "stays", "T-9")

    what = ("--device", "Phone", "--reason", "x", "--yes")
    for when in ([], ["--never", "--at", "7d"]):
        assert "one of --at WHEN and --never" in desk.run("expire", account, *what, *when).err
    past = desk.run("expire", account, *what, "--at", "2020-01-01")
    assert past.status == 2 and "time in the future" in past.err
    other = desk.run("expire", account, "--device", "Phnoe", "--at", "7d", "--reason", "x")
    assert other.status == 1 and "Phone" in other.err
    desk.ok("revoke", account, "--device", "Phone", "--reason", "lost", "--yes")
    gone = desk.run("expire", account, "--code", phone[:4], "--at", "7d", "--reason", "x")
    assert gone.status == 1 and "live code" in gone.err


def test_policy_says_how_late_a_code_may_end(desk):
    realm = "brief.example"
    desk.ok("realm", "add", realm, "max_lifetime=30d", user=ADMINISTRATOR)
    account = desk.account(realm=realm)
    desk.code(account)
    words = ("expire", account, "--device", "Phone", "--reason", "x", "--yes")
    late = desk.run(*words, "--at", "60d")
    assert late.status == 1 and "30 days" in late.err
    desk.ok(*words, "--at", "7d")
    assert "in 30 days" in desk.ok(*words, "--never").out + desk.ok("list", account).out


def test_reset_gives_a_new_code_in_place_of_the_old(desk):
    account = desk.account()
    old = desk.issue(account, "Phone", "--service", "imap", "--network", "192.0.2.0/24")
    made = desk.json("reset", account, "--device", "Phone", "--reason", "new phone", "--force")
    assert made["services"] == ["imap"] and made["networks"] == ["192.0.2.0/24"]
    assert made["old_selectors"] == [old[:4]]
    assert one(desk.json("list", account))["selector"] == made["selector"]


def test_reset_with_grace(desk):
    account = desk.account()
    old = desk.code(account)
    answer = desk.ok("reset", account, "--device", "Phone", "--reason", "new phone",
                     "--grace", "24h", "--force")
    assert old[:4] in answer.out and "in 1 day" in answer.out
    states = {row["selector"]: row for row in desk.json("list", account)}
    assert len(states) == 2 and states[old[:4]]["expires_at"] is not None


def test_reset_where_no_further_code_is_allowed(desk):
    realm = "single.example"
    desk.ok("realm", "add", realm, "max_codes=1", user=ADMINISTRATOR)
    account = desk.account(realm=realm)
    desk.code(account)
    refused = desk.run("issue", account, "--device", "Laptop", "--force")
    assert refused.status == 1 and "apppass list" in refused.err
    desk.ok("reset", account, "--device", "Phone", "--reason", "new", "--force")


def test_accounts(desk):
    account = desk.account("Zoe")
    assert desk.json("account", "show", account.upper()) == {
        "account": account.lower(), "realm": "default", "state": "enabled",
        "mfa_enrolled": False, "devices": 0, "live_codes": 0, "last_used_at": None,
        "notify_address": None, "notify_language": None, "disabled_from": None,
        "created_at": desk.json("account", "show", account)["created_at"],
        "created_by": ADMINISTRATOR}
    assert desk.json("account", "mfa", account, "on", "--reason", "enrolled", "--ticket",
                     "4712")["mfa_enrolled"] is True
    event = desk.json("audit", account)[-1]
    assert (event["action"], event["reason"], event["ticket"]) == (
        "mfa_enrolled", "enrolled", "4712")
    assert desk.json("account", "disable", account, "--reason", "x", "--yes")["state"] == "disabled"
    assert desk.json("account", "enable", account, "--reason", "y")["state"] == "enabled"
    assert one(desk.json("account", "list", "zoe*"))["account"] == account.lower()
    assert desk.json("account", "list", "no%such*") == []
    added = desk.json("account", "add", "x" + account, "--mfa", "--reason", "new")
    assert added["mfa_enrolled"] is True


def test_rename(desk):
    """The person married: the codes stay, the old name leads to the new one."""
    account, other = desk.account(), desk.account()
    desk.code(account, "Phone")
    new = f"new.{account}"
    assert new in desk.ok("account", "rename", account, new.upper(), "--reason", "married").err
    assert [code["device"] for code in desk.json("list", new)] == ["Phone"]
    gone = desk.run("list", account)
    assert gone.status == 1 and new in gone.err
    taken = desk.run("account", "rename", new, other, "--reason", "married")
    assert taken.status == 1 and "exists already" in taken.err and "another name" in taken.err
    assert desk.run("account", "rename", new, "x@", "--reason", "x").status == 1
    assert desk.run("account", "rename", new, account, "--reason", "x", user=HELPDESK).status == 77
    assert desk.json("account", "show", new)["live_codes"] == 1


def test_disable_at(desk):
    """Somebody leaves on a day to come, and stays after all."""
    account = desk.account()
    desk.code(account, "Phone")
    words = ("account", "disable", account, "--reason", "leaves")
    for when in ("2020-01-01", "soon", "-3d"):
        bad = desk.run(*words, f"--at={when}", "--yes")
        assert bad.status == 2 and "time in the future" in bad.err
    dry = desk.ok(*words, "--at", "2100-01-31", "--dry-run")
    assert "from 2100-01-31 23:59 on" in dry.err
    assert desk.json("account", "show", account)["disabled_from"] is None
    assert desk.json("diagnose", account)["disabled_from"] is None
    assert "2100" not in desk.ok("list", account).err + desk.ok("diagnose", account).out
    assert "from 2100-01-31 18:00 on" in desk.ok(*words, "--at", "2100-01-31 18:00", "--yes").err
    shown = desk.json("account", "show", account)
    assert shown["state"] == "enabled" and shown["disabled_from"].startswith("2100-01-31T")
    assert "2100-01-31" in desk.ok("account", "show", account).out
    assert "is disabled from 2100-01-31 18:00" in desk.ok("list", account).err
    assert "enabled, until 2100-01-31 18:00" in desk.ok("diagnose", account).out
    assert desk.json("diagnose", account)["disabled_from"] == shown["disabled_from"]
    desk.ok("account", "enable", account, "--reason", "stays")
    assert desk.json("account", "show", account)["disabled_from"] is None


def test_erase(desk):
    """Somebody asks to be forgotten."""
    account = desk.account("erased")
    desk.code(account, "Erased Phone")
    desk.ok("audit", account)
    early = desk.run("account", "erase", account, "--reason", "request 7", "--yes")
    assert early.status == 1 and f"apppass account disable {account}" in early.err
    desk.ok("account", "disable", account, "--reason", "left", "--yes")
    assert desk.run("account", "erase", account, "--reason", "x", "--yes", user=HELPDESK).status == 77
    assert desk.run("account", "erase", account, "--reason", account, "--yes").status == 1
    dry = desk.ok("account", "erase", account, "--reason", "request 7", "--dry-run")
    assert "nothing was done" in dry.err and "Devices" in dry.out
    assert desk.json("account", "show", account)["devices"] == 1
    erased = desk.json("account", "erase", account, "--reason", "request 7", "--ticket", "T-7",
                       "--yes")
    assert (erased["devices"], erased["codes"]) == (1, 1) and erased["events"] >= 4
    assert desk.run("account", "show", account).status == 1
    event, = [event for event in desk.json("audit", user=ADMINISTRATOR)
              if event["ticket"] == "T-7"]
    assert (event["action"], event["account"]) == ("account_erased", None)
    assert account not in desk.ok("audit", user=ADMINISTRATOR).out
    desk.ok("maintain", user=ADMINISTRATOR)
    assert desk.json("audit", "verify", user=ADMINISTRATOR)["problem"] is None


def test_disable_dry_run(desk):
    account = desk.account()
    answer = desk.ok("account", "disable", account, "--reason", "x", "--dry-run")
    assert "dry run" in answer.err
    assert desk.json("account", "show", account)["state"] == "enabled"


def test_operator_is_in_the_audit(desk):
    account = desk.account()
    desk.ok("issue", account, "--device", "Phone", "--force", "--operator", "Petra",
            "--reason", "asked by phone", "--ticket", "12")
    event = desk.json("audit", account)[-1]
    assert (event["action"], event["operator"], event["reason"], event["ticket"]) == (
        "code_issued", "Petra", "asked by phone", "12")
    assert event["application"] == "apppass"
    assert "hash" not in (event["after"] or {}) or "$" not in str(event["after"])


def test_realms(desk):
    desk.ok("realm", "add", "tenant.example", "max_lifetime=6mo", user=ADMINISTRATOR)
    shown = desk.json("realm", "show", "Tenant.Example")
    assert shown["realm"] == "tenant.example" and "6 mon" in shown["max_lifetime"]
    changed = desk.json(
        "realm", "set", "tenant.example", "services=imap,SMTP", "max_codes=3", "lapse_after=14d",
        "unused_after=1y", "mfa_required=yes", "description=A tenant",
        "main_password_refused_from=2027-01-01", "max_lifetime=none", "--yes",
        "--reason", "contract", user=ADMINISTRATOR)
    assert changed["services"] == ["imap", "smtp"] and changed["max_codes"] == 3
    assert changed["mfa_required"] is True and changed["max_lifetime"] is None
    assert changed["main_password_refused_from"] == "2027-01-01T22:59:59Z"
    assert changed["description"] == "A tenant"
    event = [row for row in desk.json("audit", "--realm", "tenant.example")
             if row["reason"] == "contract"]
    assert event and event[-1]["actor"] == "ada"
    assert any(row["realm"] == "tenant.example" for row in desk.json("realm", "show"))


def test_realm_dry_run(desk):
    before = desk.json("realm", "show", "default")
    answer = desk.json("realm", "set", "default", "max_codes=7", "--dry-run", user=ADMINISTRATOR)
    assert answer["max_codes"] == 7
    assert desk.json("realm", "show", "default") == before


def test_policy_that_bites_is_tried_out(desk):
    answer = desk.ok("realm", "set", "default", "codes_allowed=no", "--dry-run", user=ADMINISTRATOR)
    assert "some may be refused" in answer.err and "nothing was done" in answer.err
    assert desk.json("realm", "show", "default")["codes_allowed"] is True


def test_realm_that_cannot_be_added_is_not_there(desk):
    answer = desk.run("realm", "add", "half.example", "max_codes=0", user=ADMINISTRATOR)
    assert answer.status == 1 and "max_codes is 1 to 10000" in answer.err
    assert desk.run("realm", "show", "half.example").status == 1


def test_words_for_times_of_policy(desk):
    desk.ok("realm", "add", "now.example", "main_password_refused_from=now", user=ADMINISTRATOR)
    assert desk.json("realm", "show", "now.example")["main_password_refused_from"] is not None
    shown = desk.json("realm", "set", "now.example", "main_password_refused_from=never",
                      "unused_after=never", "services=any", "--yes", user=ADMINISTRATOR)
    assert shown["main_password_refused_from"] is shown["unused_after"] is shown["services"] is None


def test_labels_in_the_c_locale(desk):
    account = desk.account()
    desk.code(account, "Ayşe'nin 電話")
    assert "Ayşe'nin 電話" in desk.ok("list", account, LC_ALL="C").out


def test_access_rules(desk):
    desk.ok("realm", "add", "rules.example", user=ADMINISTRATOR)
    made = one(desk.json(
        "access", "add", "deny", "--realm", "rules.example", "--service", "pop3",
        "--network", "198.51.100.0/24", "--description", "no POP there", "--position", "7",
        "--yes", user=ADMINISTRATOR))
    assert made == {"position": 7, "action": "deny", "realm": "rules.example", "service": "pop",
                    "network": "198.51.100.0/24", "description": "no POP there"}
    assert made in desk.json("access", "list", "--realm", "rules.example")
    dry = desk.run("access", "remove", "7", "--dry-run", user=ADMINISTRATOR)
    assert dry.status == 0 and made in desk.json("access", "list")
    desk.ok("access", "remove", "7", "--yes", user=ADMINISTRATOR)
    assert made not in desk.json("access", "list")
    allowed = one(desk.json("access", "add", "allow", "--dry-run", user=ADMINISTRATOR))
    assert allowed["action"] == "allow" and desk.json("access", "list") == []


def test_monthly_review(desk):
    account = desk.account()
    code = desk.code(account)
    desk.sql("SET session_replication_role = replica; UPDATE apppass.code SET"
             f" created_at = now() - interval '100 days' WHERE selector = '{code[:4]}'")
    row = one(desk.json("unused", account))
    assert (row["selector"], row["last_used_at"]) == (code[:4], None)
    assert code[:4] in desk.ok("unused").out
    assert desk.json("unused", account, "--since", "120d") == []
    assert one(desk.json("unused", account, "--since", "99d"))["device"] == "Phone"


def test_who_used_it_and_from_where(desk):
    account = desk.account()
    phone, tablet = desk.code(account), desk.code(account, "Tablet")
    for code, service, client, ago in (
            (phone, "imaps", "192.0.2.17", "10 hours"), (phone, "smtp", "192.0.2.18", "3 days"),
            (tablet, "imap", "2001:db8:7::1", "9 hours"), (tablet, "imap", None, "8 hours")):
        desk.sql(f"SELECT apppass.record_use(id, '{service}', {repr(client) if client else 'NULL'})"
                 f" FROM apppass.code WHERE selector = '{code[:4]}' AND revoked_at IS NULL;"
                 f"UPDATE apppass.code_use SET last_at = now() - interval '{ago}' WHERE last_at > now() - interval '1 hour'")
    desk.ok("revoke", account, "--device", "Tablet", "--reason", "lost", "--yes")

    def uses(*options):
        return [(row["device"], row["service"], row["network"]) for row in desk.json("uses", account, *options)]

    unknown, six, phone_imap, phone_smtp = everything = [
        ("Tablet", "imap", None), ("Tablet", "imap", "2001:db8:7::/48"),
        ("Phone", "imap", "192.0.2.0/24"), ("Phone", "smtp", "192.0.2.0/24")]
    assert uses() == everything
    assert uses("--since", "12h") == [unknown, six, phone_imap]
    assert uses("--network", "192.0.2.200") == uses("--device", " phone") == [phone_imap, phone_smtp]
    assert uses("--network", "192.0.0.0/8", "--network", "2001:db8::/32") == [six, phone_imap, phone_smtp]
    assert uses("--service", "SMTP") == [phone_smtp]
    assert uses("--limit", "1") == [unknown]
    assert uses("--realm", "default") == everything and uses("--realm", "another") == []
    first = one(desk.json("uses", account, "--service", "smtp"))
    assert first["state"] == "live" and first["selector"] == phone[:4] and first["first_at"] > first["last_at"]
    said = desk.ok("uses", "*" + account[1:]).out
    assert "unknown" in said and said.index("2001:db8:7::/48") < said.index("192.0.2.0/24")
    assert "no login with an app password" in desk.ok("uses", desk.account()).err
    assert "there is no account" in desk.run("uses", "nobody@example.org").err


def test_maintain(desk):
    realm = "upkeep.example"
    desk.ok("realm", "add", realm, "unused_after=30d", user=ADMINISTRATOR)
    account = desk.account(realm=realm)
    code = desk.code(account)
    desk.sql("SET session_replication_role = replica; UPDATE apppass.code SET"
             f" created_at = now() - interval '40 days' WHERE selector = '{code[:4]}'")
    would = [row for row in desk.json("maintain", "--dry-run") if row["account"] == account]
    assert one(would)["action"] == "revoke"
    assert one(desk.json("list", account, "--all"))["state"] == "lapsed"
    done = [row for row in desk.json("maintain") if row["account"] == account]
    assert one(done)["selector"] == code[:4]
    assert one(desk.json("list", account, "--all"))["state"] == "revoked"


def test_audit_trail_is_verified(desk):
    desk.code(desk.account())
    desk.ok("maintain", user=ADMINISTRATOR)
    answer = desk.json("audit", "verify", user=ADMINISTRATOR)
    assert answer["problem"] is None and answer["rows_checked"] > 0
    assert len(answer["head_hash"]) == 64


def test_cut_off_audit_trail_is_noticed(desk):
    """Cron mailed the head to the auditor; then somebody with the database cut off the end."""
    desk.code(desk.account())
    desk.ok("maintain", user=ADMINISTRATOR)
    head = desk.json("audit", "head")
    assert head["unsealed"] == 0 and len(head["hash"]) == 64
    noted = (head["position"], head["hash"])
    desk.account()
    answer = desk.json("audit", "verify", *noted, user=ADMINISTRATOR)
    assert answer["problem"] is None and answer["unsealed"] == 1
    desk.sql("CREATE TABLE kept AS SELECT * FROM apppass.audit_chain; CREATE TABLE kept_head AS"
             " SELECT * FROM apppass.audit_head; SET session_replication_role = replica;"
             " DELETE FROM apppass.audit_chain WHERE position = (SELECT max(position) FROM kept);"
             " UPDATE apppass.audit_head SET (position, hash) = (SELECT position, hash FROM"
             " apppass.audit_chain ORDER BY position DESC LIMIT 1)")
    try:
        answer = desk.run("audit", "verify", *noted, user=ADMINISTRATOR)
        assert answer.status == 1 and "its end was cut off" in answer.err
    finally:
        desk.sql("SET session_replication_role = replica; DELETE FROM apppass.audit_chain;"
                 " INSERT INTO apppass.audit_chain SELECT * FROM kept; DELETE FROM"
                 " apppass.audit_head; INSERT INTO apppass.audit_head SELECT * FROM kept_head;"
                 " DROP TABLE kept, kept_head")
    desk.ok("audit", "verify", *noted, user=ADMINISTRATOR)


def test_maintain_goes_on_until_nothing_is_left(desk):
    """More refusals than one portion deletes, and a dump in the way of a partition."""
    old = desk.sql("SELECT name FROM apppass.refusal_partition(now() - interval '7 months')")
    desk.sql("SELECT apppass.make_refusal_partition(now() - interval '7 months');"
             " INSERT INTO apppass.refusal (at, verdict) SELECT now() - interval '95 days',"
             " 'unknown_user' FROM generate_series(1, 150000)")
    with desk.transaction(f"LOCK TABLE apppass.{old} IN ACCESS SHARE MODE"):
        rows = desk.json("maintain", user=ADMINISTRATOR)
    assert [row["detail"] for row in rows if row["action"] == "delete refusals"] == [
        "100000 of realm default", "50000 of realm default"]
    assert old in one([row for row in rows if row["action"] == "run again"])["detail"]
    assert one([row for row in desk.json("maintain", user=ADMINISTRATOR)
                if row["action"] == "drop partition"])["detail"] == old
    assert desk.json("maintain", user=ADMINISTRATOR) == []


def test_maintain_says_what_failed(desk):
    """The other jobs are done, and cron hears of it."""
    desk.code(desk.account())
    desk.sql("ALTER FUNCTION apppass.maintain_roles RENAME TO mislaid")
    try:
        answer = desk.run("maintain", user=ADMINISTRATOR)
    finally:
        desk.sql("ALTER FUNCTION apppass.mislaid RENAME TO maintain_roles")
    assert answer.status == 1 and "could not do roles" in answer.err
    assert desk.json("audit", "head")["unsealed"] == 0


def test_who_is_in_the_way_is_told(desk):
    """The server's warning, with what it says about it, in the operator's own words."""
    account = desk.account()
    code = desk.code(account)
    with desk.transaction(f"SELECT apppass.revoke_code('{account}', '{code[:4]}', 'mine')"):
        answer = desk.run("revoke", account, "--code", code[:4], "--reason", "lost", "--yes")
    assert answer.status != 0
    assert "waiting for process" in answer.err and "not yet committed" in answer.err
    assert "waited 10 s for process" in answer.err and "WARNING" not in answer.err


def test_changed_audit_trail_is_noticed(desk):
    change = ("SET session_replication_role = replica; UPDATE apppass.audit SET reason = '{}'"
              " WHERE id = (SELECT min(id) FROM apppass.audit WHERE reason IS NOT NULL)")
    before = desk.sql("SELECT reason FROM apppass.audit WHERE id ="
                      " (SELECT min(id) FROM apppass.audit WHERE reason IS NOT NULL)")
    desk.ok("maintain", user=ADMINISTRATOR)
    desk.sql(change.format("forged"))
    try:
        answer = desk.run("audit", "verify", user=ADMINISTRATOR)
        assert answer.status == 1 and "was changed" in answer.err
    finally:
        desk.sql(change.format(before))
    desk.ok("audit", "verify", user=ADMINISTRATOR)


def test_metrics(desk):
    account = desk.account()
    desk.code(account)
    desk.sql(f"SELECT apppass.record_refusal('wrong_code', '{account}', NULL, 'imap', NULL)")
    desk.ok("maintain", user=ADMINISTRATOR)
    text = desk.ok("metrics").out
    names = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            names.add(line.split()[2])
            continue
        if line.startswith("# TYPE "):
            assert line.split()[2] in names and line.split()[3] == "gauge"
            continue
        name, value = line.rsplit(" ", 1)
        assert name.split("{")[0] in names and float(value) >= 0
    assert 'apppass_refusals{verdict="wrong_code",service="imap"}' in text
    assert 'apppass_codes{state="live"}' in text
    assert "apppass_audit_unsealed_age_seconds 0" in text
    assert any(row["name"] == "apppass_codes" for row in desk.json("metrics"))


def test_a_link_with_what_its_code_may_do(desk):
    def hours(moment):
        return (datetime.fromisoformat(moment) - datetime.now(timezone.utc)).total_seconds() / 3600

    realm = "terms.example"
    desk.ok("realm", "add", realm, f"handover_url=https://mail.{realm}/h", user=ADMINISTRATOR)
    account = desk.account(realm=realm)
    made = desk.json("issue", account, "--device", "Phone", "--handover", "--expires", "1y", "--valid", "2d",
                     "--service", "imaps", "--network", "192.0.2.0/24", "--force")
    assert (made["services"], made["networks"], made["device"]) == (["imap"], ["192.0.2.0/24"], "Phone")
    assert 364 * 24 < hours(made["expires_at"]) < 367 * 24 and 47 < hours(made["ends_at"]) <= 48
    refused = desk.run("issue", account, "--device", "Watch", "--handover", "--expires", "yesterday", "--force")
    assert refused.status == 2 and "is not a time in the future" in refused.err


@pytest.mark.parametrize("words", [["list", "--all"], ["account", "list"], ["unused"]])
def test_long_lists_end_and_say_so(desk, words):
    accounts = [desk.account(), desk.account()]
    for account in accounts:
        desk.code(account)
    desk.sql("SET session_replication_role = replica;"
             " UPDATE apppass.code SET created_at = now() - interval '200 days'"
             " WHERE account_id IN (SELECT account_id FROM apppass.account_overview"
             f" WHERE account IN ('{accounts[0]}', '{accounts[1]}'))", "postgres")
    short = desk.run(*words, "--limit", "1", "--json")
    assert short.status == 0 and len(json.loads(short.out)) == 1
    assert "these are the first 1; --limit" in short.err
    whole = desk.run(*words, "--json")
    assert len(json.loads(whole.out)) > 1 and "--limit" not in whole.err
    assert desk.run(*words, "--limit", "x").status == 2


def test_key_file(desk, folder):
    made = desk.json("key", "new", folder / "key")
    again = desk.json("key", "new", folder / "key")
    assert made["keyid"] != again["keyid"]
    lines = (folder / "key").read_text().splitlines()
    assert [line.split()[0] for line in lines] == [made["keyid"], again["keyid"]]
    assert all(len(line.split()[1]) == 64 for line in lines)
    assert [line.split()[2:] for line in lines] == [[], ["next"]]
    assert stat.S_IMODE(os.stat(folder / "key").st_mode) == 0o600
    (folder / "key").chmod(0o644)
    assert desk.run("key", "new", folder / "key").status == 1
    assert len((folder / "key").read_text().splitlines()) == 2


def test_key_file_without_a_line_end(desk, folder):
    desk.ok("key", "new", folder / "key")
    text = (folder / "key").read_text()
    (folder / "key").write_text(text.rstrip("\n"))
    desk.ok("key", "new", folder / "key")
    assert (folder / "key").read_text().startswith(text)


def test_a_key_is_used_when_told(desk, folder):
    """The file stays what it is, and where; a comment too."""
    key = folder / "key"
    desk.ok("key", "new", key)
    key.write_text("# from here on next week\n" + key.read_text())
    told = desk.ok("key", "new", key)
    assert f"apppass key use {key}" in told.err
    key.chmod(0o640)
    before, inode = key.read_text(), key.stat().st_ino
    assert desk.json("key", "use", key)["taken_into_use"] == 1
    assert key.read_text() == before.replace(" next\n", "     \n")
    assert (key.stat().st_ino, stat.S_IMODE(key.stat().st_mode)) == (inode, 0o640)
    assert "no key" in desk.ok("key", "use", key).err
    key.write_text("x\n")
    assert desk.run("key", "use", key).status == 1
    assert desk.run("key", "use", folder / "none").status == 1


def test_csv_output(desk):
    account = desk.account()
    desk.code(account, 'a "quoted", label')
    lines = desk.ok("list", account, "--csv").out.splitlines()
    assert lines[0].startswith("account,device,selector,state,")
    assert '"a ""quoted"", label"' in lines[1]
    assert len(lines) == 2


def test_a_spreadsheet_runs_no_label(desk):
    account = desk.account()
    desk.code(account, '=HYPERLINK("http://x")')
    desk.code(account, "@SUM(1)")
    out = desk.ok("list", account, "--csv").out
    assert '"\'=HYPERLINK(""http://x"")"' in out and ",'@SUM(1)," in out
    assert {code["device"] for code in desk.json("list", account)} == \
        {'=HYPERLINK("http://x")', "@SUM(1)"}


@pytest.mark.parametrize("label, field", [
    ("x;=cmd()", "\"x;'=cmd()\""), ("x;-1", "\"x;'-1\""), (" =1", "'=1"), ("a; @b", "\"a;' @b\""),
    ("\uff1dcmd()", "'\uff1dcmd()"), ("\uff20a", "'\uff20a"), ("\uff0b1", "'\uff0b1"), ("\uff0d1", "'\uff0d1"),
    ("plain; text", '"plain; text"')])
def test_a_spreadsheet_that_parts_at_semicolons_runs_no_label(desk, folder, label, field):
    account = desk.account()
    desk.code(account, label)
    assert f",{field}," in desk.ok("list", account, "--csv").out
    other = desk.account()
    (folder / "in").write_text(f'account,device\n{other},"{label}"\n')
    desk.ok("issue", "--batch", folder / "in", "--output", folder / "out")
    assert f",{field}," in (folder / "out").read_text()


def test_resume_knows_what_was_written_defused(desk, folder):
    account = desk.account("=sum")
    (folder / "in").write_text(f'account,device\n{account},=Phone\n')
    desk.ok("issue", "--batch", folder / "in", "--output", folder / "out")
    before = (folder / "out").read_text()
    assert f"'{account},'=Phone," in before
    desk.ok("issue", "--batch", folder / "in", "--output", folder / "out", "--resume")
    assert (folder / "out").read_text() == before


@pytest.mark.parametrize("option", ["--network", "--service"])
@pytest.mark.parametrize("value", ["", ",", " ", ", ,"])
def test_a_list_of_nothing_is_not_all(desk, option, value):
    """As where a script's variable is not set: the code would be good from anywhere."""
    account = desk.account()
    answer = desk.run("issue", account, "--device", "Phone", "--force", option, value)
    assert answer.status == 2 and option in answer.err
    answer = desk.run("issue", account, "--device", "Phone", "--force", option, value,
                      option, "imap" if option == "--service" else "192.0.2.0/24")
    assert answer.status == 2 and option in answer.err
    assert desk.json("list", account) == []


def test_no_json_has_characters_that_a_terminal_obeys(desk):
    realm = "controls.example"
    desk.ok("realm", "add", realm, user=ADMINISTRATOR)
    desk.sql("UPDATE apppass.realm SET description = U&'a\\009Bb\\202Ec' WHERE name = 'controls.example'")
    text = desk.ok("--json", "audit", "--realm", realm).out
    assert "\x9b" not in text and "\u202e" not in text
    assert any((row["after"] or {}).get("description") == "a\x9bb\u202ec" for row in desk.json("audit", "--realm", realm))


def test_only_ascii_letters_fold_in_names(desk):
    desk.ok("account", "add", "\u00c9lan@Example.ORG")
    assert desk.json("account", "show", "\u00c9LAN@example.org")["account"] == "\u00c9lan@example.org"
    assert desk.run("account", "show", "\u00e9lan@example.org").status == 1


def test_defaults_from_a_file(desk, folder):
    """The key file and the connection need not be typed; what is given or set goes before."""
    key, other = folder / "key", folder / "other"
    name = base64.b64encode(desk.json("key", "new", key)["keyid"].encode()).decode().rstrip("=")
    desk.ok("key", "new", other)
    own = folder / "apppass.conf"
    own.write_text(f"# of this site\nkey: {key}\ndbname: host=/nonexistent\n")
    account = desk.account("lazy")
    place = {"XDG_CONFIG_HOME": str(folder)}
    desk.ok("issue", account, "--device", "One", "--force", **place)
    desk.ok("issue", account, "--device", "Two", "--force", "--key", other, **place)
    query = ("SELECT d.label, c.hash FROM apppass.code c JOIN apppass.device d ON d.id = c.device_id"
             f" JOIN apppass.account a ON a.id = c.account_id WHERE a.username = '{account}' ORDER BY 1")
    one, two = desk.sql(query).splitlines()
    assert name in one and name not in two and "keyid" in two
    own.write_text(f"dbname: {desk.server.conninfo(HELPDESK)}\n")
    bare = {name: value for name, value in environment(desk.server).items() if not name.startswith("PG")}
    for words in (["list", account], ["complete", "--", "list", account[:-1]]):
        done = subprocess.run([TOOL, *words], env={**bare, **place}, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and (account in done.stdout or "One" in done.stdout), done
    own.write_text("kye: x\n")
    answer = desk.run("list", account, **place)
    assert answer.status == 1 and '"kye"' in answer.err and "dbname, key and verifier" in answer.err


# ---- links ----

@pytest.fixture
def linked(desk):
    """An account with a link for a device, and nothing else; and the realm it is of."""
    realm = f"links{next(NUMBERS)}.example"
    desk.ok("realm", "add", realm, f"handover_url=https://mail.{realm}/h", user=ADMINISTRATOR)
    account = desk.account(realm=realm)
    desk.ok("issue", account, "--device", "Printer", "--handover", "--force")
    return account


def test_links_are_listed(desk, linked):
    told = desk.ok("list", linked)
    assert "no live codes" in told.err and "Printer" in told.out and "pending" in told.out
    assert desk.json("list", linked) == [], "programs ask for codes alone"
    row, = desk.json("links", f"*@{linked.split('@')[1]}")
    assert (row["account"], row["device"], row["state"], row["selector"], row["pin"]) == (
        linked, "Printer", "pending", None, False)
    desk.sql(f"SELECT apppass.store_code('{linked}', 'Printer', '7777', hash) FROM (VALUES"
             " ('$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
             "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g')) AS h (hash);"
             " UPDATE apppass.handover SET collected_at = now(), code_id = (SELECT max(id) FROM"
             f" apppass.code) WHERE account_id = (SELECT id FROM apppass.account"
             f" WHERE username = '{linked}')")
    row, = desk.json("links", linked)
    assert (row["state"], row["selector"]) == ("collected", "7777")
    assert "7777" in desk.ok("--csv", "links", linked).out
    assert desk.run("links", "nobody@example.org").status == 1


def test_long_list_of_links_ends_and_says_so(desk, linked):
    desk.ok("issue", linked, "--device", "Phone", "--handover", "--force")
    short = desk.run("links", linked, "--limit", "1", "--json")
    assert short.status == 0 and len(short.json()) == 1
    assert "these are the first 1; --limit" in short.err
    whole = desk.run("links", linked, "--json")
    assert len(whole.json()) == 2 and "--limit" not in whole.err
    assert desk.run("links", linked, "--limit", "x").status == 2


def test_revoking_a_device_ends_its_link(desk, linked):
    words = ["revoke", linked, "--device", "PRINTER", "--reason", "wrong person"]
    assert "This ends 1 link" in desk.ok(*words, "--dry-run").err
    assert len(desk.json("links", linked)) == 1
    answer = desk.json(*words, "--yes")
    assert answer == {"revoked": 0, "links": 1, "codes": []}
    assert desk.json("links", linked) == []
    assert desk.json("audit", linked)[-1]["reason"] == "wrong person"
    again = desk.run(*words, "--yes")
    assert again.status == 1 and "no device" in again.err


def test_revoking_all_says_that_links_end(desk, linked):
    desk.code(linked)
    answer = desk.ok("revoke", linked, "--all", "--reason", "left", "--yes")
    assert "revoked 1 code" in answer.err and "ended 1 link" in answer.err


@pytest.mark.parametrize("label", ["👩\u200d💻 laptop", "تلفن می\u200cخواهم"], ids=["joined picture", "Persian"])
def test_label_as_it_is_shown_can_be_typed(desk, label):
    account = desk.account()
    desk.issue(account, label)
    desk.issue(account, "Other")
    shown = desk.ok("list", account).out
    assert label in shown and label in desk.ok("list", account, "--csv").out, shown
    desk.ok("revoke", account, "--device", label, "--reason", "lost", "--yes")
    assert [code["device"] for code in desk.json("list", account)] == ["Other"]
