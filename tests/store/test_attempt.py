# SPDX-License-Identifier: BSD-2-Clause
"""attempt.c against a real server: verdicts, log lines, hashes, records."""

import base64
import itertools
import re
import secrets
from pathlib import Path

import pytest

from conftest import (ALICE, PROBE, Driver, calls, conninfo, issue, reset_statements,
                      statements)
from harness.basics import free_port, run, until
from harness.codes import check_symbol, mistyped, with_other_secret

CLIENT = "192.0.2.1;4711"
networks = itertools.count(1)


def client():
    """An address of a network that no test used before: records are limited by network."""
    number = next(networks)
    return f"10.{number // 250}.{number % 250}.1"


@pytest.fixture
def bob(server):
    """An account for one test alone."""
    name = f"bob-{secrets.token_hex(4)}@example.org"
    server.psql(f"SELECT apppass.add_account('{name}')")
    return name


@pytest.fixture
def verifier(server, driver):
    return driver.verifier(conninfo(server))


def refusals(server, where):
    return server.psql("SELECT verdict, count(*) FROM apppass.refusal"
                       f" WHERE {where} GROUP BY verdict ORDER BY verdict", "postgres")


def settle(driver):
    """The answers of what was recorded are in."""
    driver.ask("close")


# ---- accepted ----

def test_a_code_is_accepted_logged_and_recorded(server, verifier, bob):
    code = issue(server, verifier, bob)
    where = client()
    answer = verifier.attempt(bob, code.typed, "imap", f"{where};4711")
    assert (answer.outcome, answer.verdict, answer.code_id) == ("ok", "accepted", code.id)
    assert answer.username == bob
    assert verifier.log == [f"accepted: user={bob} service=imap client={where} code={code.id}"]
    settle(verifier)
    assert server.psql("SELECT service, network FROM apppass.code_use"
                       f" WHERE code_id = {code.id}", "postgres") == \
        f"imap|{where[:-1]}0/24"


@pytest.mark.parametrize("length", [16, 20, 24, 28])
def test_pasted_in_groups_with_capitals_and_a_newline(server, verifier, bob, length):
    code = issue(server, verifier, bob, length)
    groups = [code.typed[i:i + 4] for i in range(0, length, 4)]
    pasted = " ".join(groups).upper().replace("0", "O") + "\\x0a"
    assert verifier.attempt(bob.upper(), pasted).outcome == "ok"
    pasted = "\N{EN DASH}".join(groups) + "\N{NO-BREAK SPACE}"
    answer = verifier.attempt(bob.capitalize(), pasted)
    assert (answer.outcome, answer.username) == ("ok", bob)


def test_a_bare_name_gets_the_realm(server, driver, bob):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), realm="example.org")
    answer = driver.attempt(bob.partition("@")[0], code.typed)
    assert (answer.outcome, answer.username) == ("ok", bob)


def test_unknown_service_and_client(server, verifier, bob):
    code = issue(server, verifier, bob)
    assert verifier.attempt(bob, code.typed, None, None).outcome == "ok"
    assert verifier.log == [f"accepted: user={bob} service=- client=- code={code.id}"]
    assert verifier.attempt(bob, code.typed, "x client=6.6.6.6", "unix:/x").outcome == "ok"
    assert verifier.log == [f"accepted: user={bob} service=- client=- code={code.id}"]


# ---- refused ----

def test_a_wrong_secret_costs_one_hash(server, verifier, bob):
    code = issue(server, verifier, bob)
    wrong = with_other_secret(code.typed)
    answer = verifier.attempt(bob, wrong)
    assert (answer.outcome, answer.verdict, answer.hashes) == ("denied", "wrong_code", 1)
    assert verifier.log == [f"refused: verdict=wrong_code user={bob} service=imap"
                            f" client=192.0.2.1 code={code.id}"]
    assert wrong[4:] not in "".join(verifier.logs)


def test_what_the_database_refuses_costs_no_hash(server, verifier, bob):
    code = issue(server, verifier, bob)
    elsewhere = issue(server, verifier, ALICE)
    spare, _, _ = verifier.ask("code", 20)
    cases = [
        ("nobody@example.org", code.typed, "unknown_user", 0),
        (bob, spare, "unknown_code", 0),
        (bob, elsewhere.typed, "wrong_account", 0),
    ]
    for user, typed, verdict, code_id in cases:
        answer = verifier.attempt(user, typed)
        assert (answer.outcome, answer.verdict, answer.code_id, answer.hashes) == \
            ("denied", verdict, code_id, 0)
    server.psql(f"SELECT apppass.revoke_code('{bob}', '{code.selector}', 'lost')")
    answer = verifier.attempt(bob, code.typed)
    assert (answer.outcome, answer.verdict, answer.code_id, answer.hashes) == \
        ("denied", "revoked", code.id, 0)
    server.psql(f"SELECT apppass.set_account_enabled('{bob}', false, 'left')")
    assert verifier.attempt(bob, code.typed).verdict == "account_disabled"
    for typed in (code.typed, spare, elsewhere.typed):
        assert typed[4:] not in "".join(verifier.logs)


@pytest.mark.parametrize("password, verdict", [
    ("correct horse battery staple", "not_a_code"),
    ("", "not_a_code"),
    ("MISTYPED", "mistyped"),
    ("\\x00" * 20, "not_a_code"),
    ("aaaa\\x00aaaabbbbccccdddd", "not_a_code"),
    ("\\xff\\xfe" * 10, "not_a_code"),
    ("x" * 1025, "not_a_code"),
    ("0" * 60000, "not_a_code"),
    ("%s%n%s%n%s%n%s%n%s%n", "not_a_code"),
    ("' OR 1=1 --", "not_a_code"),
], ids=lambda value: value[:12])
def test_what_is_no_code_costs_neither_lookup_nor_hash(server, driver, bob, password, verdict):
    code = issue(server, driver, bob)
    if password == "MISTYPED":
        password = mistyped(code.typed)
    driver.verifier(conninfo(server))
    reset_statements(server)
    driver.attempt(ALICE, "0000")
    reset_statements(server, after="record_refusal")
    answer = driver.attempt(bob, password, client=client())
    assert (answer.outcome, answer.verdict, answer.hashes) == ("denied", verdict, 0)
    line, = driver.log
    assert line.startswith(f"refused: verdict={verdict} user={bob} service=imap client=10.")
    assert line.endswith(" code=-")
    settle(driver)
    ran = statements(server)
    assert calls(server, "lookup") == 0, ran
    assert calls(server, "record_refusal") == 1, ran
    assert refusals(server, "account_id = (SELECT id FROM apppass.account"
                    f" WHERE username = '{bob}')") == f"{verdict}|1"


@pytest.mark.parametrize("user", [
    "", "alice\\x00@example.org", "\\xff@example.org", "alice\\x0aroot", "\\x1b[2J", "a" * 256,
], ids=lambda value: value[:12])
def test_impossible_names_touch_nothing(server, driver, user):
    code = issue(server, driver)
    driver.verifier(conninfo(server))
    reset_statements(server)
    answer = driver.attempt(user, code.typed)
    assert (answer.outcome, answer.verdict, answer.hashes) == ("denied", "unknown_user", 0)
    shown = "?" if user else "-"
    assert driver.log == [f"refused: verdict=unknown_user user={shown} service=imap"
                          " client=192.0.2.1 code=-"]
    settle(driver)
    assert statements(server) == {}


def test_passwords_in_the_wrong_field_are_not_logged(server, verifier):
    code = issue(server, verifier)
    for user, password in [
            ("hunter2 my dog", "x"), (code.typed, "x"), ("p@ss", "x"),
            (f"{code.typed}@example.org", "x"),
            ("carol@example.org", "carol@example.org"),
            ("carol@example.org", "Carol@example.org2026")]:
        assert verifier.attempt(user, password).outcome == "denied"
        assert re.search(r" user=\?(bare)? ", verifier.log[0]), user
    assert verifier.attempt("carol@example.org", "x9!").outcome == "denied"
    assert " user=carol@example.org " in verifier.log[0]


# ---- the memo ----

def test_the_memo_saves_the_hash_and_nothing_else(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    reset_statements(server)
    assert driver.attempt(bob, code.typed).outcome == "ok"
    reset_statements(server, after="upgrade_hash")
    for _ in range(10):
        answer = driver.attempt(bob, code.typed)
        assert (answer.outcome, answer.hashes) == ("ok", 0)
    ran = statements(server)
    assert calls(server, "lookup") == 10 and sum(ran.values()) == 10, ran
    server.psql(f"SELECT apppass.revoke_code('{bob}', '{code.selector}', 'lost')")
    assert driver.attempt(bob, code.typed).verdict == "revoked"


# ---- upgrades ----

def stored_hash(server, code):
    return server.psql(f"SELECT coalesce((SELECT hash FROM apppass.hash_upgrade WHERE code_id = {code.id}),"
                       f" hash) FROM apppass.code WHERE id = {code.id}", "postgres")


def test_a_weak_hash_is_replaced_once(server, verifier, bob):
    code = issue(server, verifier, bob)
    assert "m=64," in stored_hash(server, code)
    assert verifier.attempt(bob, code.typed).hashes == 2
    answer = verifier.attempt(bob, code.typed)
    assert (answer.outcome, answer.hashes) == ("ok", 1)
    assert "m=19456,t=2,p=1" in stored_hash(server, code)


def test_the_memo_knows_the_replacement(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    assert driver.attempt(bob, code.typed).hashes == 2
    answer = driver.attempt(bob, code.typed)
    assert (answer.outcome, answer.hashes) == ("ok", 0)
    assert "m=19456," in stored_hash(server, code)


def test_a_dry_attempt_leaves_no_trace(server, driver, bob, tmp_path):
    """It decides as the others do, step by step, and nobody can tell afterwards: no record, no
    log line, no better hash, no memo, no count of guesses."""
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    for _ in range(2):
        answer = driver.attempt(bob, code.typed, command="attempt-dry")
        assert (answer.outcome, answer.hashes) == ("ok", 1)
        assert not driver.log and [step[:3] for step in driver.steps] == ["1 1", "2 1", "3 1"]
    for _ in range(60):
        answer = driver.attempt(bob, with_other_secret(code.typed), command="attempt-dry")
        assert (answer.outcome, answer.verdict, answer.hashes) == ("denied", "wrong_code", 1)
        assert not driver.log and driver.steps[-1].startswith("3 0 "), driver.steps
    settle(driver)
    assert stored_hash(server, code) == code.hash
    assert refusals(server, f"code_id = {code.id}") == ""
    assert server.psql("SELECT count(*) FROM apppass.code_use"
                       f" WHERE code_id = {code.id}", "postgres") == "0"
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    answer = driver.attempt(bob, with_other_secret(code.typed))
    assert (answer.outcome, answer.hashes) == ("denied", 1)


def test_the_client_need_not_wait_for_the_replacement(server, verifier, bob):
    code = issue(server, verifier, bob)
    assert verifier.attempt(bob, code.typed, command="attempt-later").hashes == 1
    verifier.ask("finish")
    settle(verifier)
    assert "m=19456," in stored_hash(server, code)


def test_a_replacement_that_does_not_arrive_is_not_made_again(server, driver, bob):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server) + " options='-c default_transaction_read_only=on'")
    assert driver.attempt(bob, code.typed).hashes == 2
    for _ in range(3):
        answer = driver.attempt(bob, code.typed)
        assert (answer.outcome, answer.hashes) == ("ok", 1)
    assert "m=64," in stored_hash(server, code)
    # Nor is one made for another code, while it is known that it could not arrive.
    other = issue(server, driver, bob)
    assert driver.attempt(bob, other.typed).hashes == 1
    assert sum("apppass_record_conninfo" in line for line in driver.logs) == 1


def test_a_replacement_that_changes_nothing_is_not_made_again(server, driver, bob):
    code = issue(server, driver, bob)
    server.psql("""
        BEGIN;
        ALTER FUNCTION apppass.upgrade_hash(bigint, text, text) RENAME TO upgrade_hash_kept;
        CREATE FUNCTION apppass.upgrade_hash(bigint, text, text) RETURNS boolean
        LANGUAGE sql AS 'SELECT false';
        GRANT EXECUTE ON FUNCTION apppass.upgrade_hash(bigint, text, text)
        TO apppass_verifier;
        COMMIT""", "postgres")
    try:
        driver.verifier(conninfo(server))
        assert [driver.attempt(bob, code.typed).hashes for _ in range(3)] == [2, 1, 1]
    finally:
        server.psql("BEGIN; DROP FUNCTION apppass.upgrade_hash(bigint, text, text);"
                    "ALTER FUNCTION apppass.upgrade_hash_kept RENAME TO upgrade_hash; COMMIT",
                    "postgres")


def test_recording_elsewhere(server, driver, bob):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server) + " options='-c default_transaction_read_only=on'",
                    record_conninfo=conninfo(server))
    assert driver.attempt(bob, code.typed).outcome == "ok"
    driver.attempt(bob, mistyped(code.typed), client=client())
    settle(driver)
    assert "m=19456," in stored_hash(server, code)
    assert server.psql("SELECT count(*) FROM apppass.code_use WHERE"
                       f" code_id = {code.id}", "postgres") == "1"
    assert not any("could not" in line for line in driver.logs)


# ---- keyed hashes ----

def key_file(path, *names):
    path.write_text("".join(f"{name} {secrets.token_hex(32)}\n" for name in names))
    path.chmod(0o600)
    return path


def test_keyed_hashes(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    keys = key_file(tmp_path / "keys", "k1")
    # An unkeyed hash under apppass_require_key: somebody wrote it without the key.
    driver.verifier(conninfo(server), key=keys, require_key="yes")
    answer = driver.attempt(bob, code.typed)
    assert (answer.outcome, answer.verdict, answer.hashes) == ("denied", "wrong_code", 0)
    assert any(line.startswith(f"code {code.id} has a hash made without a key")
               for line in driver.log)
    driver.attempt(bob, code.typed)
    assert len(driver.log) == 1        # the warning comes once a minute
    settle(driver)
    # Without it the next login adds the key.
    driver.verifier(conninfo(server), key=keys)
    assert driver.attempt(bob, code.typed).outcome == "ok"
    settle(driver)
    assert bound_to(server, code, bob) in stored_hash(server, code)
    driver.verifier(conninfo(server), key=keys, require_key="yes")
    assert driver.attempt(bob, code.typed).outcome == "ok"
    settle(driver)
    # A lost key is an outage, never a wrong password.
    driver.verifier(conninfo(server), key=key_file(tmp_path / "others", "k2"))
    assert driver.attempt(bob, code.typed).outcome == "unavailable"
    assert any(f"could not check the hash of code {code.id}: " in line for line in driver.log)
    settle(driver)
    driver.verifier(conninfo(server))
    assert driver.attempt(bob, code.typed).outcome == "unavailable"


def test_a_key_changes_with_two_servers(server, driver, tmp_path):
    """Step by step, each server in its turn: nobody is refused or sent away, no hash goes back
    and forth.  The site's first key comes the same way."""
    bob = "bob@keys.example"
    server.psql("INSERT INTO apppass.realm (name, argon2_memory_kib, argon2_passes)"
                f" VALUES ('keys.example', 8, 2); SELECT apppass.add_account('{bob}')", "postgres")
    old, new = (f"{name} {secrets.token_hex(32)}" for name in ("old", "new"))
    other = Driver()
    steps = ["", f"{old} next", old, f"{old}\n{new} next", f"{old}\n{new}", new]
    codes = [issue(server, driver, bob, device=f"laptop {n}") for n in range(3)]
    page = (Path(__file__).resolve().parents[2] / "doc" / "apppass-sasl.5").read_text()
    recipe = re.search(r"^SELECT count.*?;$", page, re.M | re.S)[0]
    upgrades = 0

    def log_in(one, code):
        text = files[one]
        path = tmp_path / "keys"
        path.write_text(text + "\n")
        path.chmod(0o600)
        one.verifier(conninfo(server), **({"key": path} if text else {}))
        answer = one.attempt(bob, code.typed)
        assert answer.outcome == "ok", (text, answer, one.log)
        settle(one)

    files = {driver: "", other: ""}
    for n, step in enumerate(steps):
        for server_with_it in (driver, other):
            files[server_with_it] = step
            for code in codes:
                for one in (driver, other, driver):
                    log_in(one, code)
        if n in (0, 2, 4):      # at first they are those of policy
            upgrades += len(codes)
        assert server.psql(recipe.replace("OLDID", "old"), "postgres") == str(
            len(codes) if n in (2, 3) else 0)
    assert server.psql("SELECT count(*) FROM apppass.audit WHERE action = 'hash_upgraded' AND"
                       f" code_id IN ({', '.join(str(code.id) for code in codes)})",
                       "postgres") == str(upgrades)
    other.end()


def bound_to(server, code, owner):
    """The parameters of a keyed hash of this code, were it the owner's."""
    account = server.psql(f"SELECT id FROM apppass.account WHERE username = '{owner}'",
                          "postgres")
    data = base64.b64encode(f"{account}:{code.selector}".encode()).decode().rstrip("=")
    return f",keyid=azE,data={data}$"


def write_row(server, code, selector, digest):
    """As somebody does who got hold of the database, past all triggers."""
    server.psql("SET session_replication_role = replica; UPDATE apppass.code SET"
                f" selector = '{selector}', hash = '{digest}' WHERE id = {code.id}", "postgres")


@pytest.mark.parametrize("require_key", ["yes", "no"])
def test_a_keyed_row_copied_to_another_account(server, driver, bob, tmp_path, require_key):
    mallory = "mallory-" + bob
    server.psql(f"SELECT apppass.add_account('{mallory}')")
    own, victim = issue(server, driver, mallory), issue(server, driver, bob)
    keys = key_file(tmp_path / "keys", "k1")
    driver.verifier(conninfo(server), key=keys)
    assert driver.attempt(mallory, own.typed).outcome == "ok"
    settle(driver)
    digest = stored_hash(server, own)
    assert bound_to(server, own, mallory) in digest
    write_row(server, victim, own.selector, digest)
    # The memo knows the pair: the row is looked at first.
    driver.verifier(conninfo(server), key=keys, require_key=require_key,
                    memo=tmp_path / "memo")
    assert driver.attempt(mallory, own.typed).outcome == "ok"
    assert driver.attempt(mallory, own.typed).hashes == 0
    answer = driver.attempt(bob, own.typed)
    assert (answer.outcome, answer.verdict, answer.hashes) == ("denied", "wrong_code", 0)
    warning = f"code {victim.id} has a hash that was made for another account or code: "
    assert sum(line.startswith(warning) for line in driver.logs) == 1
    driver.attempt(bob, own.typed)
    assert sum(line.startswith(warning) for line in driver.logs) == 1
    # The data written anew, or left out: what is in the tag does not match.
    for forged in (re.sub(r",keyid=.*?[$]", bound_to(server, own, bob), digest),
                   re.sub(r",data=[^$]*", "", digest)):
        write_row(server, victim, own.selector, forged)
        answer = driver.attempt(bob, own.typed)
        assert (answer.outcome, answer.verdict) == ("denied", "wrong_code")
    assert driver.attempt(mallory, own.typed).outcome == "ok"


def test_a_keyed_hash_that_is_bound_to_nothing(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    keys = key_file(tmp_path / "keys", "k1")
    digest = driver.ask("keyed-hash", keys, code.typed)[0]
    assert ",keyid=azE$" in digest
    write_row(server, code, code.selector, digest)
    driver.verifier(conninfo(server), key=keys, require_key="yes")
    answer = driver.attempt(bob, code.typed)
    assert (answer.outcome, answer.verdict, answer.hashes) == ("denied", "wrong_code", 0)
    assert any(line.startswith(f"code {code.id} has a keyed hash that is bound to no account")
               for line in driver.logs)
    settle(driver)
    driver.verifier(conninfo(server), key=keys)
    assert driver.attempt(bob, code.typed).outcome == "ok"
    settle(driver)
    assert bound_to(server, code, bob) in stored_hash(server, code)
    driver.verifier(conninfo(server), key=keys, require_key="yes")
    assert driver.attempt(bob, code.typed).outcome == "ok"


def test_an_upgrade_takes_nothing_away(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    keys = key_file(tmp_path / "keys", "k1")
    write_row(server, code, code.selector,
              driver.ask("keyed-hash", keys, code.typed, 32768, 1)[0])
    driver.verifier(conninfo(server), key=keys)
    assert driver.attempt(bob, code.typed).outcome == "ok"
    settle(driver)
    assert "m=32768,t=2,p=1," in stored_hash(server, code)


def test_require_key_without_a_key_is_refused(server, driver):
    answer = driver.ask("verifier", f"apppass_conninfo={conninfo(server)}",
                        "apppass_require_key=yes")
    assert "apppass_key" in answer[0]


def test_a_hostile_hash_costs_nothing(server, verifier, bob):
    code = issue(server, verifier, bob)
    server.psql("SET session_replication_role = replica; UPDATE apppass.code SET hash ="
                " '$argon2id$v=19$m=67108864,t=2,p=1$c2FsdHNhbHRzYWx0$"
                f"MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI' WHERE id = {code.id}",
                "postgres")
    answer = verifier.attempt(bob, code.typed)
    assert (answer.outcome, answer.hashes) == ("unavailable", 0)


def test_an_unreachable_recorder_hardly_delays_a_login(server, driver, bob, silence):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), record_conninfo=f"host=127.0.0.1 port={silence.port}"
                                                      " user=x dbname=x")
    first, second = driver.attempt(bob, code.typed), driver.attempt(bob, code.typed)
    assert (first.outcome, second.outcome) == ("ok", "ok")
    # A fifth of a second at most, and not again while it stays silent.
    assert first.elapsed < 700 and second.elapsed < 200


def test_a_record_without_a_connection_turns_nobody_away(server, driver, bob):
    """It has a moment for connecting; a login has longer, and there is no back-off for it."""
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server))
    server.hang()
    try:
        assert driver.attempt(bob, mistyped(code.typed)).verdict == "mistyped"
    finally:
        server.resume()
    assert driver.attempt(bob, code.typed).outcome == "ok"
    # Nor does what is to be recorded wait any longer.
    reset_statements(server)
    assert driver.attempt(bob, mistyped(code.typed)).verdict == "mistyped"
    settle(driver)
    assert calls(server, "record_refusal") == 1
    assert [line for line in driver.logs if "record" in line] == [
        f"could not record a refusal: {server.socket} port {server.port} did not answer in time"]


@pytest.mark.parametrize("known", [True, False], ids=["a use", "a refusal"])
def test_nothing_is_recorded_before_the_client_has_its_answer(server, driver, bob, silence,
                                                             known):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), record_conninfo=f"host=127.0.0.1 port={silence.port}"
                                                      " user=x dbname=x")
    silence.listener.setblocking(False)
    name, outcome = (bob, "ok") if known else ("nobody@example.org", "denied")
    assert driver.attempt(name, code.typed, command="attempt-later").outcome == outcome
    with pytest.raises(BlockingIOError):
        silence.listener.accept()
    driver.ask("finish")
    silence.listener.accept()[0].close()


# ---- main passwords ----

@pytest.fixture
def lenient(server, driver):
    return driver.verifier(conninfo(server), fallback="checkpass")


def test_a_main_password_may_let_in(server, lenient, bob):
    answer = lenient.attempt(bob.upper(), "the main password")
    assert (answer.outcome, answer.verdict, answer.hashes) == ("ok", "main_password", 0)
    assert answer.username == bob and lenient.callbacks == [bob]
    assert lenient.log == [f"accepted: user={bob} service=imap client=192.0.2.1 code=-"]
    settle(lenient)
    assert server.psql("SELECT count(*) FROM apppass.main_password_login m JOIN"
                       " apppass.account a ON a.id = m.account_id"
                       f" WHERE a.username = '{bob}'", "postgres") == "1"


def test_a_wrong_main_password_is_no_code(server, lenient, bob):
    code = issue(server, lenient, bob)
    assert lenient.attempt(bob, "something else").verdict == "not_a_code"
    assert lenient.attempt(bob, mistyped(code.typed)).verdict == "mistyped"
    assert lenient.callbacks == [bob, bob]


def test_a_main_password_may_look_like_a_code(server, lenient, bob):
    answer = lenient.attempt(bob, "c49ngk80y3zh6dzf")
    assert (answer.outcome, answer.verdict) == ("ok", "main_password")
    assert lenient.attempt(bob, "k7xp2m9qwt0v1c3hd81p").verdict == "unknown_code"
    settle(lenient)
    lenient.verifier(conninfo(server))
    assert lenient.attempt(bob, "c49ngk80y3zh6dzf").verdict == "unknown_code"


def test_nobody_knows_is_an_outage(lenient, bob):
    assert lenient.attempt(bob, "nobody knows").outcome == "unavailable"
    assert lenient.log == [f"unavailable: user={bob} service=imap client=192.0.2.1"]


def test_a_code_never_reaches_the_main_password_check(server, lenient, bob):
    code = issue(server, lenient, bob)
    server.psql(f"SELECT apppass.revoke_code('{bob}', '{code.selector}', 'lost')")
    assert lenient.attempt(bob, code.typed).verdict == "revoked"
    assert lenient.callbacks == []


def test_the_database_decides_who_may(server, lenient, bob):
    assert lenient.attempt("nobody@example.org", "the main password").verdict == "unknown_user"
    server.psql("UPDATE apppass.account SET main_password_refused_from = now()"
                f" WHERE username = '{bob}'", "postgres")
    answer = lenient.attempt(bob, "the main password")
    assert (answer.outcome, answer.verdict) == ("denied", "main_password_refused")
    assert lenient.callbacks == []


# ---- outages, floods ----

def test_an_outage_is_never_a_wrong_password(server, driver, bob):
    code = issue(server, driver, bob)
    driver.verifier(f"host=127.0.0.1 port={free_port()} user=x dbname=x", timeout=1000)
    for _ in range(3):
        answer = driver.attempt(bob, code.typed)
        assert (answer.outcome, answer.verdict) == ("unavailable", "none")
        assert driver.log[-1] == f"unavailable: user={bob} service=imap client=192.0.2.1"
    # Without the database what is no code is still none.
    assert driver.attempt(bob, "hello").verdict == "not_a_code"


def test_a_hanging_database_ends_within_the_timeout(server, driver, bob):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), timeout=800)
    assert driver.attempt(bob, code.typed).outcome == "ok"
    server.hang()
    answer = driver.attempt(bob, code.typed)
    assert answer.outcome == "unavailable" and answer.elapsed < 1200
    server.resume()
    until(lambda: driver.attempt(bob, code.typed).outcome == "ok", "the verifier to recover")


def test_a_flood_of_refusals_is_recorded_in_part(server, driver, bob):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server))
    reset_statements(server)
    flooder = client()
    for _ in range(300):
        assert driver.attempt(bob, mistyped(code.typed), client=flooder).hashes == 0
    for number in range(300):
        driver.attempt(f"x{number}@example.org", code.typed, client=f"10.77.{number % 250}.1")
    refused = [line for line in driver.logs if line.startswith("refused: ")]
    assert len(refused) == 600      # every attempt has its log line
    settle(driver)
    assert 50 <= calls(server, "record_refusal") <= 100
    # What concerns an existing code is counted apart.
    driver.verifier(conninfo(server))
    server.psql(f"SELECT apppass.revoke_code('{bob}', '{code.selector}', 'lost')")
    for number in range(100):
        driver.attempt(f"y{number}@example.org", code.typed, client=f"10.78.{number}.1")
    reset_statements(server)
    driver.attempt(bob, code.typed, client="10.78.1.1")
    settle(driver)
    assert calls(server, "record_refusal") == 1


# ---- what stays in memory, threads ----

def traces(driver):
    return int(driver.ask("traces")[0])


@pytest.mark.parametrize("memo", [False, True], ids=["without memo", "with memo"])
def test_no_trace_of_a_code_stays_in_memory(server, driver, bob, tmp_path, memo):
    code = issue(server, Driver(), bob)
    strong = issue(server, Driver(), bob)
    options = {"memo": tmp_path / "memo"} if memo else {}
    driver.verifier(conninfo(server), **options)

    def attempt_and_look(user, typed, outcome, canonical, command="attempt"):
        driver.ask("remember", canonical)
        assert driver.attempt(user, typed, command=command).outcome == outcome
        return traces(driver)

    # What is left for later needs the code until then: the search does find it.
    assert attempt_and_look(bob, code.typed, "ok", code.typed, "attempt-later") > 0
    driver.ask("finish")
    assert traces(driver) == 0
    pasted = code.typed.upper()
    assert attempt_and_look(bob, pasted, "ok", code.typed) == 0
    assert attempt_and_look(bob, strong.typed, "ok", strong.typed) == 0
    wrong = with_other_secret(code.typed)
    assert attempt_and_look(bob, wrong, "denied", wrong) == 0
    assert attempt_and_look("nobody@example.org", code.typed, "denied", code.typed) == 0
    assert attempt_and_look(bob, mistyped(code.typed), "denied", mistyped(code.typed)) == 0
    assert attempt_and_look("\\xff", code.typed, "denied", code.typed) == 0
    server.psql(f"SELECT apppass.revoke_code('{bob}', '{code.selector}', 'lost')")
    assert attempt_and_look(bob, code.typed, "denied", code.typed) == 0
    # A hash of crypt(3), as codes made in the database have.
    printer, selector, _ = Driver().ask("code", 20)
    digest = run(["perl", "-e", "print crypt(<STDIN>, q($2b$05$abcdefghijklmnopqrstuu))"],
                 input=printer)
    server.psql(f"SELECT apppass.store_code('{bob}', 'printer', '{selector}', '{digest}',"
                " reason => 'test')")
    assert attempt_and_look(bob, printer, "ok", printer) == 0


def test_no_trace_stays_after_an_outage(server, driver, bob):
    code = issue(server, Driver(), bob)
    driver.verifier(f"host=127.0.0.1 port={free_port()} user=x dbname=x", timeout=1000)
    driver.ask("remember", code.typed)
    assert driver.attempt(bob, code.typed).outcome == "unavailable"
    assert traces(driver) == 0


def test_threads_with_a_verifier_each(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    assert driver.ask("threads", 8, 25, bob, code.typed) == ["200", "0", "0"]
    assert driver.ask("threads", 8, 25, bob, mistyped(code.typed)) == ["0", "200", "0"]
    assert server.psql("SELECT count(*) FROM apppass.code_use WHERE"
                       f" code_id = {code.id}", "postgres") == "1"


def test_threads_survive_terminated_backends(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    driver.send("threads", 4, 400, bob, code.typed)
    for _ in range(5):
        until(lambda: server.psql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                  f" WHERE usename = '{PROBE}'", "postgres") != "0",
              "a session to end")
    good, refused, unknown = driver.reply()
    # A session ended twice within one attempt is an outage; nothing is a refusal.
    assert refused == "0" and int(good) + int(unknown) == 1600 and int(unknown) < 20


# ---- guessing ----

def other_codes(code, count):
    """Codes of the same selector, with another secret each."""
    for number in range(count):
        secret = f"{number:05d}" + code.typed[9:-1]
        yield code.typed[:4] + secret + check_symbol(code.typed[:4] + secret)


def test_guesses_are_limited_and_the_known_device_gets_in(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    assert driver.attempt(bob, code.typed).outcome == "ok"
    answers = [driver.attempt(bob, guess) for guess in other_codes(code, 100)]
    computed = sum(answer.hashes for answer in answers)
    assert 20 <= computed < 60, computed
    # What was computed is refused, what was not is nobody's fault.
    assert {(one.outcome, one.hashes) for one in answers} == {("denied", 1), ("unavailable", 0)}
    assert sum("could not check the hash" in line for line in driver.logs) < 10
    answer = driver.attempt(bob, code.typed)
    assert (answer.outcome, answer.hashes) == ("ok", 0)


def test_other_processes_with_the_memo_share_the_limit(server, driver, bob, tmp_path):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server), memo=tmp_path / "memo")
    for guess in other_codes(code, 100):
        driver.attempt(bob, guess)
    other = Driver()
    try:
        other.verifier(conninfo(server), memo=tmp_path / "memo")
        answers = [other.attempt(bob, guess) for guess in other_codes(code, 100)]
        assert sum(answer.hashes for answer in answers) < 20
    finally:
        other.end()


def test_an_old_code_tried_again_and_again_costs_one_hash(server, driver, bob):
    code = issue(server, driver, bob)
    wrong, = other_codes(code, 1)
    driver.verifier(conninfo(server))
    answers = [driver.attempt(bob, wrong) for _ in range(200)]
    assert {(one.outcome, one.verdict) for one in answers} == {("denied", "wrong_code")}
    assert sum(one.hashes for one in answers) == 1


def test_a_code_in_the_place_of_the_name_is_not_asked(server, driver, bob):
    code = issue(server, driver, bob)
    driver.verifier(conninfo(server))
    for name, password in ((code.typed, bob), (code.typed, code.typed), ("hunter2", "hunter2")):
        answer = driver.attempt(name, password)
        assert (answer.outcome, answer.verdict) == ("denied", "unknown_user")
    assert code.typed not in server.log.read_text(encoding="utf-8", errors="replace")
