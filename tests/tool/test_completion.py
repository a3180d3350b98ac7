# SPDX-License-Identifier: BSD-2-Clause
"""The Tab key: what "apppass complete" offers, and what bash, zsh and fish make of it."""

import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from conftest import ADMINISTRATOR, HELPDESK, TOOL, environment
from harness.basics import Failure

SCRIPTS = Path(__file__).resolve().parents[2] / "contrib" / "completion"
FILES = {"bash": "apppass.bash", "zsh": "_apppass", "fish": "apppass.fish"}


def offered(desk, *words, **extra):
    answer = desk.ok("complete", "--", *words, **extra)
    assert answer.err == ""
    return [line.split("\t")[0] for line in answer.out.splitlines()]


@pytest.fixture(scope="module")
def table():
    return json.loads(subprocess.run([TOOL, "help", "--json"], check=True,
                                     capture_output=True).stdout)


def test_every_command(desk, table):
    first = list(dict.fromkeys(c["name"].split()[0] for c in table["commands"]))
    assert sorted(offered(desk, "")) == sorted(first)
    for word in first:
        second = [c["name"].split()[1] for c in table["commands"]
                  if c["name"].startswith(word + " ")]
        assert [w for w in offered(desk, word, "") if w in second] == second


def test_every_option(desk, table):
    every = {f"--{option['option']}" for option in table["options"] if option["every_command"]}
    for command in table["commands"]:
        wanted = {f"--{option['option']}" for option in command["options"]} | every
        assert set(offered(desk, *command["name"].split(), "--")) == wanted


def test_every_argument_and_value_has_an_answer(desk, table, folder):
    """What nobody can guess (a text, an address) is left to the person."""
    free = {"TEXT", "CIDR", "ADDRESS", "NUMBER", "HOST", "CONNINFO"}
    options = {option["option"]: option for option in table["options"]}
    desk.ok("access", "add", "allow", "--position", "95", user=ADMINISTRATOR)
    desk.code(desk.account("offered"))
    for command in table["commands"]:
        words = command["name"].split()
        if command["arguments"]:
            assert offered(desk, *words, ""), command
        for option in command["options"]:
            argument = options[option["option"]]["argument"]
            if argument is not None and argument not in free:
                assert offered(desk, *words, f"--{option['option']}", ""), option
    desk.ok("access", "remove", "95", "--yes", user=ADMINISTRATOR)


@pytest.mark.parametrize("words, wanted", [
    (["iss"], ["issue"]),
    (["account", "en"], ["enable"]),
    (["account", "mfa", "x", "o"], ["on", "off"]),
    (["access", "add", ""], ["allow", "deny"]),
    (["help", "aud"], ["audit"]),
    (["help", "realm", "s"], ["show", "set"]),
    (["issue", "x", "--service", "s"], ["smtp", "sieve"]),
    (["issue", "x", "--service=i"], ["--service=imap"]),
    (["issue", "x", "--out"], ["--output"]),
    (["issue", "x", "--output", ""], [":files"]),
    (["issue", "x", "-o", "co"], [":files"]),
    (["issue", "x", "--qr", "--q"], []),
    (["realm", "set", "default", "codes"], ["codes_allowed="]),
    (["realm", "set", "default", "codes_allowed=yes", "max_c"], ["max_codes="]),
    (["revoke", "x", ""], ["--code", "--device", "--all", "--reason", "--ticket", "--at", "--dry-run"]),
    (["revoke", "x", "--all", ""], ["--reason", "--ticket", "--at", "--dry-run"]),
    (["list", "--", "--al"], []),
    (["nothing", ""], []),
    (["complete", ""], []),
    ([], ["issue"]),
    (["--json", "metr"], ["metrics"]),
    (["list", "--realm", "def"], ["default"]),
])
def test_words(desk, words, wanted):
    found = offered(desk, *words)
    assert found[:len(wanted)] == wanted and (len(found) == len(wanted) or not words)


def test_from_the_database(desk):
    account, other = desk.account("tab"), desk.account("tab")
    code = desk.code(account, "Änne's phone")
    gone = desk.code(account, "Old laptop")
    desk.code(other, "Printer")
    desk.ok("revoke", account, "--code", gone[:4], "--reason", "x", "--yes")
    assert offered(desk, "list", account[:-1]) == [account]
    assert offered(desk, "list", account[:-1].upper()) == [account]
    assert offered(desk, "revoke", account, "--device", "") == ["Old laptop", "Änne's phone"]
    assert offered(desk, "revoke", account, "--device", "änne") == ["Änne's phone"]
    assert offered(desk, "revoke", "--device", "Printe") == ["Printer"]
    assert offered(desk, "revoke", account, "--code", "") == [code[:4]]
    assert code[:4] in offered(desk, "show", code[:2])


def test_the_database_that_was_typed(desk, server):
    account = desk.account("typed")
    words = ["-d", server.conninfo(HELPDESK), "list", account[:-1]]
    assert offered(desk, *words, PGPORT="1", PGHOST="127.0.0.1") == [account]


def test_silent_without_a_database(desk):
    start = time.monotonic()
    assert offered(desk, "list", "a", PGPORT="1", PGHOST="127.0.0.1") == []
    assert offered(desk, "list", "a", user="nobody_at_all") == []
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("shell", FILES)
def test_printed_script_is_the_installed_one(desk, shell):
    assert desk.ok("help", "--completion", shell).out == (SCRIPTS / FILES[shell]).read_text()


def test_no_other_shell(desk):
    answer = desk.run("help", "--completion", "tcsh")
    assert answer.status == 2 and "bash, zsh or fish" in answer.err


class Shell:
    """A shell on a terminal, with the completion loaded."""

    def __init__(self, server, folder, words, prepare):
        path = f"{TOOL.parent}:{os.environ['PATH']}"
        self.controller, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.text = ""
        self.process = subprocess.Popen(
            words, stdin=end, stdout=end, stderr=end, cwd=folder, start_new_session=True,
            env=environment(server, PATH=path, TERM="dumb", HOME=str(folder),
                            INPUTRC="/dev/null"))
        os.close(end)
        self.send(f"{prepare}; echo rea''dy\n").expect("ready")

    def send(self, text):
        self.text = ""
        os.write(self.controller, text.encode())
        return self

    def expect(self, wanted, timeout=60):
        until = time.monotonic() + timeout
        while wanted not in self.text:
            if select.select([self.controller], [], [], 0.1)[0]:
                self.text += os.read(self.controller, 65536).decode(errors="replace")
            elif time.monotonic() > until:
                raise Failure(f"no {wanted!r} after the Tab key:\n{self.text}")
        return self

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.controller)


@pytest.fixture
def bash(server, folder):
    shell = Shell(server, folder, ["bash", "--norc", "--noprofile", "-i"],
                  f"PS1='> '; source {SCRIPTS / FILES['bash']};"
                  " bind 'set enable-bracketed-paste off'; bind 'set bell-style none'")
    yield shell
    shell.end()


@pytest.fixture
def zsh(server, folder):
    (folder / ".zshrc").touch()
    shell = Shell(server, folder, ["zsh", "-f", "-i"],
                  "PS1='> '; unsetopt zle_bracketed_paste prompt_cr; autoload -Uz compinit; "
                  f"compinit -u -D; source {SCRIPTS / FILES['zsh']}")
    yield shell
    shell.end()


def result(words):
    """How the shell's own echo of its arguments ends up: one a line, in brackets."""
    return "".join(f"[{word}]\r\n" for word in words)


def press(shell, keys, words):
    """Keys, then Home and a command in front that prints the words instead of obeying."""
    shell.send(keys + "\x01printf '[%s]\\n' \x05\n").expect(result(words))


CASES = [
    ("apppass dia\t", ["apppass", "diagnose"]),
    ("apppass list {start}\t", ["apppass", "list", "{account}"]),
    ("apppass list \"{start}\t", ["apppass", "list", "{account}"]),
    ("apppass revoke {account} --dev\t", ["apppass", "revoke", "{account}", "--device"]),
    ("apppass revoke {account} --device Änn\t",
     ["apppass", "revoke", "{account}", "--device", "Änne's phone"]),
    ("apppass revoke {account} --code {half}\t",
     ["apppass", "revoke", "{account}", "--code", "{selector}"]),
    ("apppass realm set default imap_h\tmx", ["apppass", "realm", "set", "default", "imap_host=mx"]),
    ("apppass issue {account} --service=im\t",
     ["apppass", "issue", "{account}", "--service=imap"]),
    ("apppass issue x --output some\t", ["apppass", "issue", "x", "--output", "somefile"]),
    ("apppass realm set default max_c\t8", ["apppass", "realm", "set", "default", "max_codes=8"]),
]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("keys, words", CASES, ids=lambda value: value if isinstance(value, str)
                         else "")
def test_shell(desk, request, folder, shell, keys, words):
    account = desk.account(f"{shell}tab")
    selector = desk.code(account, "Änne's phone")[:4]
    other = desk.code(account, "Printer")[:4]
    (folder / "somefile").touch()
    # As much as tells the two codes apart.
    same = len(os.path.commonprefix([selector, other]))
    # Behind the @, where bash begins another word.
    names = {"account": account, "start": account.split("@")[0] + "@ex", "selector": selector,
             "half": selector[:same + 1]}
    press(request.getfixturevalue(shell), keys.format(**names),
          [word.format(**names) for word in words])


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("quote", ["", "'", '"'], ids=["bare", "single", "double"])
def test_a_label_is_no_command(desk, request, shell, quote):
    """Whoever named the device."""
    account = desk.account(f"{shell}label")
    label = "Zoë's $(touch here) `touch here` \\ \"old\" phone"
    desk.code(account, label)
    press(request.getfixturevalue(shell), f"apppass revoke {account} --device {quote}Zo\t",
          ["apppass", "revoke", account, "--device", label])


def test_fish(desk, server, folder):
    account = desk.account("fishtab")
    selector = desk.code(account, "Änne's phone")[:4]
    (folder / "somefile").touch()
    for typed, wanted in [("apppass dia", "diagnose"), (f"apppass list {account[:-2]}", account),
                          (f"apppass revoke {account} --device ", "Änne's phone"),
                          (f"apppass revoke {account} --device 'Än", "Änne's phone"),
                          (f"apppass revoke {account} --code {selector[:2]}", selector),
                          ("apppass issue x --service=im", "--service=imap"),
                          ("apppass issue x --output some", "somefile")]:
        done = subprocess.run(
            ["fish", "--no-config", "-c",
             f"source {SCRIPTS / FILES['fish']}; complete --do-complete=$argv[1]", typed],
            cwd=folder, capture_output=True, text=True, check=True, timeout=60,
            env=environment(server, HOME=str(folder), PATH=f"{TOOL.parent}:{os.environ['PATH']}"))
        assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [wanted], typed
        assert done.stderr == ""


def test_installed_where_the_shells_look(folder):
    build = TOOL.parent
    make = shutil.which("make")
    targets = [f"install-dist_{shell}_completionDATA" for shell in FILES]
    subprocess.run([make, "-s", "-C", build, *targets, f"DESTDIR={folder}", "prefix=/usr"],
                   check=True, capture_output=True)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*apppass*")) == [
        "usr/share/bash-completion/completions/apppass.bash",
        "usr/share/fish/vendor_completions.d/apppass.fish",
        "usr/share/zsh/site-functions/_apppass"]
