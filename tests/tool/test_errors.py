# SPDX-License-Identifier: BSD-2-Clause
"""Every way to be refused: the exit status, what is said, and what is said to do."""

import subprocess

import pytest

from conftest import ADMINISTRATOR, HELPDESK, TOOL, environment
from harness.basics import free_port

# Words, exit status, what the message must hold.
USAGE = [
    ([], ["say what to do", "--help"]),
    (["issu"], ["no command", "apppass issue"]),
    (["account", "ad"], ["did you mean", "apppass account add"]),
    (["account"], ["second word", "apppass account add", "apppass account import"]),
    (["frobnicate"], ["no command", "--help"]),
    (["list", "--devcie", "x"], ["no option", "--device"]),
    (["list", "-x"], ["no option -x"]),
    (["list", "--device"], ["needs a value", "LABEL"]),
    (["list", "--all=yes"], ["takes no value"]),
    (["list", "--ticket", "1"], ["does not take --ticket"]),
    (["list", "a", "b"], ['"b" is too much']),
    (["list", "--json", "--csv"], ["not both"]),
    (["list", "--device", "a", "--device", "b"], ["only once"]),
    (["help", "--csv"], ["is not a table", "--json has it"]),
    (["issue", "--device", "x"], ["ACCOUNT is missing"]),
    (["issue", "a@example.org"], ["say which: --device LABEL or --batch FILE", "--device LABEL | --batch FILE"]),
    (["issue", "a@example.org", "--device", "x", "--batch", "f"], ["only one"]),
    (["issue", "a@example.org", "--device", "x", "--expires", "soon", "--force"],
     ["not a time in the future", "180d"]),
    (["issue", "a@example.org", "--device", "x", "--expires", "2020-01-01", "--force"],
     ["not a time in the future"]),
    (["issue", "a@example.org", "--batch", "f", "--output", "g"], ["stand in the file"]),
    (["issue", "--batch", "f"], ["--output FILE"]),
    (["issue", "--batch", "f", "--output", "g", "--qr"], ["goes without --qr"]),
    (["issue", "--batch", "f", "--output", "g", "--pin"], ["--pin goes with --handover"]),
    (["issue", "a@example.org", "--device", "x", "--qr", "--output", "f"], ["--qr draws"]),
    (["issue", "a@example.org", "--device", "x", "--imap-host", "h", "--force"],
     ["goes with --mobileconfig"]),
    (["issue", "a@example.org", "--device", "x", "--mobileconfig", "f", "--imap-host", "h:x",
      "--smtp-host", "s"], ['"h:x" is not a server']),
    (["issue", "a@example.org", "--device", "x", "--mobileconfig", "f", "--imap-host", "h",
      "--smtp-host", "s", "--certificate", "c"], ["--certificate-key"]),
    (["reset", "a@example.org", "--device", "x"], ["--reason TEXT is missing", "why"]),
    (["reset", "a@example.org", "--device", "x", "--reason", "y", "--grace", "long", "--force"],
     ["not a span", "24h"]),
    (["revoke", "a@example.org", "--reason", "x"], ["say which: --code SELECTOR, --device LABEL or --all"]),
    (["revoke", "a@example.org", "--all", "--code", "x", "--reason", "x"], ["only one"]),
    (["revoke", "a@example.org", "--all"], ["--reason TEXT is missing"]),
    (["show", "k7"], ["four symbols"]),
    (["show", "uuuu"], ["four symbols"]),
    (["account", "mfa", "a@example.org", "maybe", "--reason", "x"], ["on or off"]),
    (["realm", "set", "default"], ["NAME=VALUE... is missing"]),
    (["realm", "set", "default", "max_codes"], ["NAME=VALUE"]),
    (["realm", "set", "default", "max_code=3"], ["did you mean max_codes"]),
    (["realm", "set", "default", "max_codes=many"], ["a number"]),
    (["realm", "set", "default", "imap_host=mail.example.org:993"], ["port is a setting of its own"]),
    (["realm", "set", "default", "imap_host=.1:2:3", "--reason", "x"], ["imap_host is a server like"]),
    (["realm", "set", "default", "imap_port=none"], ["a number"]),
    (["realm", "set", "default", "mfa_required=perhaps"], ["yes or no"]),
    (["realm", "set", "default", "lapse_after=soon"], ["180d"]),
    (["realm", "set", "default", "main_password_refused_from=soon"], ["2027-03-31"]),
    (["access", "add", "forbid"], ["allow or deny"]),
    (["access", "add", "deny", "--service", "imap", "--service", "pop"], ["one service"]),
    (["access", "remove", "first"], ["a number"]),
    (["audit", "--since", "yesterday"], ["not a time"]),
    (["audit", "--limit", "ten"], ["not a number"]),
    (["unused", "--since", "long"], ["not a time", "6mo"]),
    (["unused", "--since", "1m"], ["not a time", "min for minutes, mo for months"]),
    (["issue", "a", "--device", "x", "--expires", "6 m", "--force"], ["mo for months"]),
    (["reset", "a", "--device", "x", "--reason", "y", "--grace", "30m", "--force"],
     ["min for minutes"]),
    (["realm", "set", "default", "lapse_after=3m"], ["mo for months"]),
    (["diagnose", "a@example.org", "--since", "long"], ["not a time"]),
    (["check", "a@example.org"], ["--service NAME is missing"]),
    (["check", "a@example.org", "--service", "im ap"], ["is not a service"]),
    (["check", "a@example.org", "--service", "imap", "--from", "home"], ["is not an address"]),
    (["help", "nothing"], ["no command"]),
]


@pytest.mark.parametrize("words, said", USAGE, ids=lambda value: " ".join(value)[:60])
def test_usage(desk, words, said):
    answer = desk.run(*words)
    assert answer.status == 2, answer
    assert answer.out == "", answer
    for text in said:
        assert text in answer.err, answer


REFUSED = [
    (["issue", "nobody@example.org", "--device", "x", "--force"], ["not found", "account add"]),
    (["issue", "o'neill$(id)@example.org", "--device", "x", "--force"],
     ["apppass account add 'o'\\''neill$(id)@example.org'"]),
    (["issue", "{account}", "--device", "", "--force"], ["label"]),
    (["issue", "{account}", "--device", "x" * 101, "--force"], ["label"]),
    (["issue", "{account}", "--device", "x", "--service", "im/ap", "--force"], ["im/ap"]),
    (["issue", "{account}", "--device", "x", "--key", "/nonexistent", "--force"],
     ["/nonexistent"]),
    (["issue", "{account}", "--device", "x", "--output", "/nonexistent/x"], ["nothing was issued"]),
    (["issue", "--batch", "/nonexistent", "--output", "x"], ["could not read /nonexistent"]),
    (["list", "nobody@example.org"], ["there is no account"]),
    (["account", "show", "nobody@example.org"], ["there is no account"]),
    (["account", "add", "{account}"], ["exists already", "apppass issue"]),
    (["account", "add", "with blank@example.org"], ["not valid"]),
    (["account", "add", "x@example.org", "--realm", "nowhere"], ["nowhere", "realm add"]),
    (["account", "disable", "nobody@example.org", "--reason", "x"], ["not found"]),
    (["account", "enable", "nobody@example.org", "--reason", "x"], ["not found"]),
    (["account", "mfa", "nobody@example.org", "on", "--reason", "x"], ["not found"]),
    (["account", "notify", "nobody@example.org", "--language", "de"], ["not found"]),
    (["account", "notify", "{account}", "--address", "a b@example.org"], ["no mail address"]),
    (["account", "import", "/nonexistent"], ["could not read /nonexistent"]),
    (["reset", "{account}", "--device", "Nokia", "--reason", "x", "--force"],
     ["Nokia", "has no devices"]),
    (["reset", "nobody@example.org", "--device", "x", "--reason", "x", "--force"],
     ["there is no account"]),
    (["revoke", "{account}", "--device", "Nokia", "--reason", "x", "--yes"], ["Nokia"]),
    (["revoke", "{account}", "--code", "zzzz", "--reason", "x", "--yes"],
     ["no live code", "zzzz", "revoked already: apppass list {account} --all"]),
    (["revoke", "{account}", "--code", "zz", "--reason", "x", "--yes"], ["not a selector"]),
    (["revoke", "nobody@example.org", "--all", "--reason", "x", "--yes"], ["not found"]),
    (["show", "zzzz"], ["no code that starts with zzzz"]),
    (["show", "zzzz", "{account}"], ["no code that starts with zzzz"]),
    (["realm", "show", "defualt"], ["there is no realm", "did you mean default?"]),
    (["access", "remove", "99999"], ["no access rule at position", "access list"]),
    (["access", "add", "allow", "--realm", "nowhere"], ["there is no realm"]),
    (["access", "add", "deny", "--realm", "defualt"], ["there is no realm", "did you mean default?"]),
    (["audit", "nobody@example.org"], ["there is no account"]),
    (["diagnose", "nobody@example.org"], ["there is no account"]),
    (["check", "nobody@example.org", "--service", "imap"], ["there is no account"]),
    (["check", "{account}", "--service", "imap"], ["no code was given"]),
    (["key", "new", "/nonexistent/key"], ["could not open"]),
]


@pytest.mark.parametrize("words, said", REFUSED, ids=lambda value: " ".join(value)[:60])
def test_refused(desk, words, said):
    account = desk.account() if "{account}" in words else ""
    answer = desk.run(*[word.replace("{account}", account) for word in words], user=ADMINISTRATOR)
    assert answer.status == 1, answer
    assert answer.out == "", answer
    for text in said:
        assert text.replace("{account}", account) in answer.err, answer


def test_suggested_names_are_only_words(desk):
    """Names that a shell would run are quoted wherever something is said to type."""
    realm, quoted = "$(id).example", "'$(id).example'"
    desk.ok("realm", "add", realm, user=ADMINISTRATOR)
    answer = desk.run("realm", "add", realm, user=ADMINISTRATOR)
    assert f"apppass realm set {quoted} NAME" in answer.err, answer
    account = "o;id@example.org"
    answer = desk.ok("account", "add", account, "--realm", realm)
    assert f"apppass issue '{account}' --device" in answer.err, answer
    answer = desk.run("issue", account, "--device", "x", "--mobileconfig", "x", "--force")
    assert answer.status == 1 and f"apppass realm set {quoted} imap_host" in answer.err, answer


def test_realm_that_vanishes(desk, terminal):
    """Removed while the question was on the screen."""
    desk.ok("realm", "add", "vanishing.example", user=ADMINISTRATOR)
    screen = terminal("access", "add", "deny", "--realm", "vanishing.example", user=ADMINISTRATOR)
    screen.expect("Add the rule?")
    desk.sql("DELETE FROM apppass.realm WHERE name = 'vanishing.example'")
    screen.send("y\n")
    assert screen.finish() == 1 and "there is no realm vanishing.example" in screen.text


NEAR = [
    (["issue", "alcie@near.example", "--device", "x", "--force"], "alice@near.example"),
    (["list", "alice"], "alice@near.example"),
    (["account", "show", "alice@naer.example"], "alice@near.example"),
    (["reset", "alice@near.example", "--device", "Phnoe", "--reason", "x", "--force"], "Phone"),
    (["revoke", "alice@near.example", "--device", "phones", "--reason", "x", "--yes"], "Phone"),
    (["diagnose", "alise@near.example"], "alice@near.example"),
]


@pytest.mark.parametrize("words, offered", NEAR, ids=lambda value: " ".join(value)[:60])
def test_near_match_is_offered(desk, words, offered):
    if desk.run("account", "show", "alice@near.example").status != 0:
        desk.ok("account", "add", "alice@near.example")
        desk.code("alice@near.example", "Phone")
    answer = desk.run(*words)
    assert answer.status == 1 and offered in answer.err, answer


@pytest.fixture
def crowd(desk):
    """More accounts than anybody compares one by one; without the audit trail's thousands of rows."""
    desk.sql("SET session_replication_role = replica;"
             "INSERT INTO apppass.account (username, realm_id, created_by)"
             " SELECT n || '@crowd.example', r.id, 'x' FROM apppass.realm AS r,"
             " (SELECT 'user' || i FROM generate_series(1, 20000) AS i"
             "  UNION ALL SELECT unnest(ARRAY['zoe.lang', 'xavier', 'y.\u00f6z'])) AS t (n)"
             " WHERE r.name = 'default'")
    yield
    desk.sql("SET session_replication_role = replica;"
             "DELETE FROM apppass.account WHERE username LIKE '%@crowd.example'")


@pytest.mark.parametrize("typed, meant", [
    ("zeo.lang@crowd.example", "zoe.lang"), ("oe.lang@crowd.example", "zoe.lang"),
    ("aoe.lang@crowd.examplf", "zoe.lang"), ("zoe.lang", "zoe.lang"), ("zoe", "zoe.lang"),
    ("zzoe.lang@crowd.example", "zoe.lang"), ("zoe_lang@crowd.example", "zoe.lang"),
    ("xaveir@crowd.exampl", "xavier"), ("Y.\u00f6z@crowd", "y.\u00f6z"),
    ("usre19876@crowd.example", "user19876"), ("user2001x@crowd.example", "user2001")])
def test_near_match_in_a_crowd(desk, crowd, typed, meant):
    answer = desk.run("account", "show", typed)
    assert answer.status == 1 and f"{meant}@crowd.example" in answer.err, answer


def test_mistyped_selector_shows_the_live_ones(desk):
    account = desk.account()
    code = desk.code(account)
    answer = desk.run("revoke", account, "--code", "zzzz", "--reason", "x", "--yes")
    assert answer.status == 1 and code[:4] in answer.err


# What an auditor, who may only look, must not do; and the helpdesk, with policy.
FORBIDDEN = [
    ("audrey", ["issue", "{account}", "--device", "x", "--force"], "apppass_helpdesk"),
    ("audrey", ["revoke", "{account}", "--all", "--reason", "x", "--yes"], "apppass_helpdesk"),
    ("audrey", ["account", "add", "y@example.org"], "apppass_admin"),
    (HELPDESK, ["account", "add", "y@example.org"], "apppass_admin"),
    (HELPDESK, ["account", "mfa", "{account}", "on", "--reason", "x"], "apppass_admin"),
    (HELPDESK, ["realm", "set", "default", "max_codes=3"], "apppass_admin"),
    (HELPDESK, ["realm", "add", "x.example"], "apppass_admin"),
    (HELPDESK, ["access", "add", "allow"], "apppass_admin"),
    (HELPDESK, ["audit", "verify"], "apppass_auditor"),
    ("stranger", ["list"], "apppass_helpdesk"),
]


@pytest.fixture(scope="module")
def people(server):
    """One with the auditor's rights, one without any."""
    server.psql("CREATE ROLE audrey LOGIN IN ROLE apppass_auditor; CREATE ROLE stranger LOGIN",
                "postgres")


@pytest.mark.parametrize("user, words, role", FORBIDDEN)
def test_forbidden(desk, people, user, words, role):
    account = desk.account()
    answer = desk.run(*[word.replace("{account}", account) for word in words], user=user)
    assert answer.status == 77, answer
    assert "permission denied" in answer.err and role in answer.err and user in answer.err, answer


def test_unknown_role(desk):
    answer = desk.run("list", user="nobody_at_all")
    assert answer.status == 77 and "nobody_at_all" in answer.err, answer


def test_unknown_database(desk):
    answer = desk.run("list", "-d", "nowhere")
    assert answer.status == 69 and '"nowhere" does not exist' in answer.err, answer
    assert "PGDATABASE" in answer.err


def test_no_server(desk):
    answer = desk.run("list", PGHOST="127.0.0.1", PGPORT=str(free_port()))
    assert answer.status == 69 and "could not reach the database" in answer.err, answer
    assert "PGHOST" in answer.err


def test_bad_connection_string(desk):
    answer = desk.run("list", "-d", "host=x nonsense=1")
    assert answer.status == 69 and "nonsense" in answer.err, answer


def test_hanging_server_is_given_up(desk, server):
    """Accepts connections, says nothing."""
    server.hang()
    try:
        answer = desk.run("list", "-d", "connect_timeout=1", timeout=30)
    finally:
        server.resume()
    assert answer.status == 69 and "no answer in time" in answer.err, answer


def test_database_without_the_schema(desk):
    desk.sql("CREATE DATABASE empty")
    try:
        for words in (["list"], ["account", "add", "a@b"], ["issue", "a", "--device", "b", "--force"]):
            answer = desk.run(*words, user="postgres", PGDATABASE="empty")
            assert answer.status == 69, answer
            assert "has no schema apppass" in answer.err and "sqitch deploy" in answer.err
    finally:
        desk.sql("DROP DATABASE empty")


@pytest.fixture
def another(desk):
    """A database with the schema, to be changed."""
    desk.server.leave()
    desk.sql("CREATE DATABASE another TEMPLATE apppass")
    yield {"user": "postgres", "database": "another"}
    desk.sql("DROP DATABASE another")


def every_command(desk):
    """Words for each command that needs a database."""
    table = desk.ok("help", "--json").json()
    options = {option["option"]: option for option in table["options"]}
    for command in table["commands"]:
        if command["role"] is None:
            continue
        words = command["name"].split()
        words += [{"NAME=VALUE...": "max_codes=3", "STATE": "on", "ACTION": "allow",
                   "POSITION": "1", "SELECTOR": "k7xp", "FILE": "/dev/null"}.get(word, "a")
                  for word in command["arguments"].split() if word[0] != "["]
        wanted = [option["option"] for option in command["options"] if option["need"] == "needed"]
        wanted += [option["option"] for option in command["options"] if option["need"] == "one"][:1]
        for name in wanted:
            words += ["--" + name] + (["x"] if options[name]["argument"] else [])
        if command["name"] == "issue":
            words.append("a")
        yield words + ["--yes"]


SCHEMAS = {
    "newer": ("CREATE OR REPLACE FUNCTION apppass.schema_serves() RETURNS integer LANGUAGE sql"
              " IMMUTABLE RETURN 2", "newer than this tool", "install the newer version"),
    "older": ("CREATE OR REPLACE FUNCTION apppass.schema_version() RETURNS integer LANGUAGE sql"
              " IMMUTABLE RETURN 0", "older than this tool", "sqitch deploy"),
    "none of ours": ("DROP FUNCTION apppass.schema_version()", "older than this tool",
                     "sqitch deploy"),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_of_another_version(desk, another, name):
    change, said, remedy = SCHEMAS[name]
    desk.server.psql(change, **another)
    commands = list(every_command(desk))
    assert len(commands) > 20
    for words in commands:
        answer = desk.run(*words, user="postgres", PGDATABASE="another")
        assert said in answer.err and remedy in answer.err, answer
        assert answer.out == ""
        if " ".join(words[:2]) == "account disable" or words[0] == "revoke":
            assert answer.status == 1 and "tried all the same" in answer.err, answer
            assert "apppass account add a" in answer.err, answer
        else:
            assert answer.status == 69, answer
    rows = desk.run("doctor", "--json", "--postfix", "/nonexistent", "--cyrus", "/nonexistent",
                    user="postgres", PGDATABASE="another").json()
    assert any(row["check"] == "schema" and said in row["detail"] and remedy in row["fix"]
               for row in rows)


def test_incomplete_schema(desk, another):
    """The number is right, and something is missing all the same."""
    desk.server.psql("DROP FUNCTION apppass.find_unused", **another)
    answer = desk.run("unused", user="postgres", PGDATABASE="another")
    assert answer.status == 69 and "older than this tool" in answer.err, answer
    assert "find_unused" in answer.err and "sqitch deploy" in answer.err


def test_read_only_server_is_recognised(desk):
    account = desk.account()
    answer = desk.run("issue", account, "--device", "x", "--force",
                      PGOPTIONS="-c default_transaction_read_only=on")
    assert answer.status == 69 and "default_transaction_read_only" in answer.err, answer
    assert "standby" not in answer.err


def test_nobody_there_to_ask(desk):
    account = desk.account()
    desk.code(account)
    for words in (["revoke", account, "--all", "--reason", "x"],
                  ["account", "disable", account, "--reason", "x"]):
        answer = desk.run(*words)
        assert answer.status == 1 and "--yes" in answer.err, answer
    answer = desk.run("realm", "set", "default", "codes_allowed=no", user=ADMINISTRATOR)
    assert answer.status == 1 and "--yes" in answer.err, answer
    answer = desk.run("access", "add", "deny", user=ADMINISTRATOR)
    assert answer.status == 1 and "--yes" in answer.err, answer
    assert desk.json("list", account)[0]["state"] == "live"


def test_hint_is_about_the_tool(desk):
    """The database's hints speak of SQL functions; the helpdesk types commands."""
    account = desk.account()
    desk.ok("account", "disable", account, "--reason", "x", "--yes")
    answer = desk.run("issue", account, "--device", "x", "--force")
    assert answer.status == 1 and "apppass account enable" in answer.err
    assert "SELECT" not in answer.err
    desk.ok("realm", "add", "strict.example", "reason_required=yes", user=ADMINISTRATOR)
    answer = desk.run("issue", desk.account(realm="strict.example"), "--device", "x", "--force")
    assert answer.status == 1 and "--reason" in answer.err and "SET LOCAL" not in answer.err
    desk.ok("realm", "add", "mfa.example", "mfa_required=yes", user=ADMINISTRATOR)
    answer = desk.run("issue", desk.account(realm="mfa.example"), "--device", "x", "--force")
    assert answer.status == 1 and "apppass account mfa" in answer.err, answer
    desk.ok("realm", "add", "off.example", "codes_allowed=no", "--yes", user=ADMINISTRATOR)
    answer = desk.run("issue", desk.account(realm="off.example"), "--device", "x", "--force")
    assert answer.status == 1 and "apppass realm set" in answer.err, answer


def test_help_and_version(desk):
    assert "Usage: apppass" in desk.ok("--help").out
    assert desk.ok("--version").out.startswith("apppass ")
    for words in (["help", "issue"], ["issue", "--help"], ["issue", "-h"]):
        assert "--device LABEL" in desk.ok(*words).out
    assert "account add" in desk.ok("help", "account").out


def test_help_needs_no_database(desk):
    desk.ok("help", "list", PGHOST="/nonexistent")
    desk.ok("list", "--help", PGHOST="/nonexistent")


def test_what_the_server_says_to_everybody_is_not_in_the_way(desk):
    """
    A database whose collation changed under it: doctor tells, once.  PostgreSQL warns whoever
    connects, and again with each process that helps with a statement.
    """
    forced, = desk.sql("SELECT name FROM pg_settings"
                       " WHERE name IN ('force_parallel_mode', 'debug_parallel_query')").split()
    helped = f"-c {forced}=on -c parallel_leader_participation=off"
    version = desk.sql("SELECT coalesce(datcollversion, '') FROM pg_database WHERE datname = current_database()")
    desk.sql("UPDATE pg_database SET datcollversion = '0.1' WHERE datname = current_database()")
    try:
        listed = desk.run("list", PGOPTIONS=helped)
        doctor = desk.run("doctor", user=ADMINISTRATOR, PGOPTIONS=helped)
    finally:
        desk.sql(f"UPDATE pg_database SET datcollversion = nullif('{version}', '')"
                 " WHERE datname = current_database()")
    assert "ollation" not in listed.err and ".c:" not in listed.err, listed
    assert "REINDEX" in doctor.out and ".c:" not in doctor.out + doctor.err, doctor


@pytest.mark.parametrize("network", ["officenet", "127.1", "192.0.2.7/24", "10.0.0.0/33", "::1/129"])
def test_what_is_no_network(desk, network):
    account = desk.account()
    answer = desk.run("issue", account, "--device", "x", "--force", "--network", network)
    assert answer.status == 2 and "is not a network" in answer.err, answer
    assert desk.json("list", account) == []


def test_text_that_is_not_utf8(desk):
    done = subprocess.run([TOOL, "issue", desk.account(), "--device", b"B\xfcro", "--force"],
                          capture_output=True, env=environment(desk.server), check=False, timeout=60)
    assert done.returncode == 2 and b"is not UTF-8" in done.stderr and b"0xfc" not in done.stderr


def test_second_code_of_a_device_is_told(desk):
    account = desk.account()
    first = desk.code(account, "Phone")
    answer = desk.ok("issue", account, "--device", "Phone", "--force")
    assert f"another live code: {first[:4]}" in answer.err


def test_expired_code_that_nobody_tried_is_diagnosed(desk):
    account = desk.account()
    code = desk.code(account, "Phone")
    desk.sql("SET session_replication_role = replica; UPDATE apppass.code SET"
             " created_at = now() - interval '9 days', expires_at = now() - interval '1 day'"
             f" WHERE selector = '{code[:4]}'")
    answer = desk.ok("diagnose", account)
    assert f"code {code[:4]} of the device \"Phone\" expired on" in answer.out, answer
    assert "apppass reset" in answer.out


def test_dry_run_shows_no_selector(desk):
    account = desk.account()
    shown = desk.json("issue", account, "--device", "x", "--dry-run")
    assert shown["selector"] is None and shown["device"] == "x"


@pytest.mark.parametrize("when", ["1 year", "1 month", "1 week", "1 hour", "2 weeks", "1 Day"])
def test_spans_in_words(desk, when):
    account = desk.account()
    desk.issue(account, "Phone", "--expires", when)
    assert desk.json("list", account)[0]["expires_at"] is not None


def test_device_without_live_code_is_told_in_the_tools_words(desk):
    account = desk.account()
    desk.code(account, "Phone")
    desk.ok("revoke", account, "--device", "Phone", "--reason", "x", "--yes")
    answer = desk.run("revoke", account, "--device", "Phone", "--reason", "x", "--yes")
    assert answer.status == 1 and "code_overview" not in answer.err, answer
    assert "apppass list" in answer.err


def test_what_the_server_says_of_itself_comes_with_what_helps(desk):
    answer = desk.run("list", PGOPTIONS="-c statement_timeout=1")
    assert answer.status == 1 and "statement timeout" in answer.err, answer
    assert "have it raised" in answer.err, answer
    desk.sql("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0 IN ROLE apppass_helpdesk")
    try:
        answer = desk.run("list", user="crowded")
    finally:
        desk.sql("DROP ROLE crowded")
    assert answer.status == 69 and "too many connections" in answer.err, answer
    assert "try again in a moment" in answer.err, answer


def test_nobody_waits_without_end(desk):
    """Whatever somebody else has changed, and for whatever kind of change."""
    with desk.transaction("LOCK TABLE apppass.access_rule IN SHARE MODE"):
        answer = desk.run("access", "add", "deny", "--network", "192.0.2.0/24", "--yes",
                          user=ADMINISTRATOR, timeout=60)
    assert answer.status == 1 and "lock timeout" in answer.err, answer
    assert "not yet committed: try again in a moment" in answer.err, answer


def test_settings_of_a_login_change_no_words(desk):
    account = desk.account()
    desk.issue(account)
    plain = desk.run("realm", "show", "default"), desk.run("list", account, "--json")
    settings = "-c intervalstyle=iso_8601 -c extra_float_digits=-15 -c datestyle=German"
    other = (desk.run("realm", "show", "default", PGOPTIONS=settings),
             desk.run("list", account, "--json", PGOPTIONS=settings))
    assert "00:10:00" in plain[0].out
    assert [answer.out for answer in other] == [answer.out for answer in plain]
