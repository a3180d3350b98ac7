# SPDX-License-Identifier: BSD-2-Clause
"""The story of apppass-schema(7), as it is printed there, with real logins between its steps."""

import os
import re
import subprocess

import pytest

from harness.basics import ROOT, until
from harness.clients import OK, REFUSED
from harness.postgres import ADMINISTRATOR, HELPDESK

ACCOUNT = "dora@school.example"
UNESCAPED = {r"\(aq": "'", r"\(dq": '"', r"\&": "", r"\e": "\\"}


def story():
    """{heading: the SQL under it}"""
    page = (ROOT / "doc/apppass-schema.7").read_text(encoding="utf-8")
    section = re.search(r"^\.Sh A STORY\n(.*?)^\.Sh ", page, re.M | re.S).group(1)
    steps = re.findall(r"^\.Ss (.*?)\n\.Bd -literal\n(.*?)^\.Ed$", section, re.M | re.S)
    return {name: re.sub(r"\\\(aq|\\\(dq|\\&|\\e", lambda m: UNESCAPED[m.group()], text)
            for name, text in steps}


class Psql:
    """A psql that stays open, as somebody sits before it."""

    def __init__(self, server, user):
        self.process = subprocess.Popen(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-P", "pager=off", "--csv"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **server.environment(user)})

    def run(self, sql):
        """The rows of the last result, each a list of fields."""
        self.process.stdin.write(f"{sql}\n\\echo :ROW_COUNT end\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.endswith(" end\n"):
                count = int(line.split()[0])
                return [row.rstrip("\n").split(",") for row in lines[len(lines) - count:]]
            lines.append(line)
        raise AssertionError("psql ended: " + "".join(lines))

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


@pytest.fixture
def people(site):
    """Sessions of ada and hilda, who are no superusers."""
    sessions = {user: Psql(site.postgres, user) for user in (ADMINISTRATOR, HELPDESK)}
    yield sessions
    for session in sessions.values():
        assert session.close() == 0


def test_story(site, people):
    steps = story()

    def do(heading):
        return people[heading.split()[0]].run(steps.pop(heading))

    assert people[ADMINISTRATOR].run(
        "SELECT rolname FROM pg_roles WHERE rolsuper AND pg_has_role(rolname, 'usage');") == []
    site.cyrus.create_mailbox(ACCOUNT)
    do("ada sets up the tenant")
    (code, selector, _), = do("hilda issues a code")
    assert code.startswith(selector)
    assert site.knock("imap AUTHENTICATE PLAIN", ACCOUNT, code).meaning == OK
    knocks = "hilda sees the phone knock"
    query = steps[knocks]

    def refused_and_recorded(door, verdict, service):
        """Of many refusals a server records one in 10 s; the tests before had theirs."""
        def recorded():
            assert site.knock(door, ACCOUNT, code).meaning == REFUSED
            return [verdict, "Phone", service] in [row[:3] for row in people[HELPDESK].run(query)]

        until(recorded, f"the record of {verdict}", timeout=120)

    refused_and_recorded("smtp AUTH PLAIN", "service_denied", "smtp")

    seen = "hilda sees it used"

    def used():
        """Records pause for a minute after a server that hung, as in a test before."""
        assert site.knock("imap AUTHENTICATE PLAIN", ACCOUNT, code).meaning == OK
        return people[HELPDESK].run(steps[seen])[0][2]

    until(used, "the use of the code", timeout=120)
    (device, state, last_used, service, network), = do(seen)
    assert (device, state, service, network) == ("Phone", "live", "imap", "127.0.0.0/24") and last_used
    assert site.knock("imap LOGIN", ACCOUNT, code).meaning == OK

    do("ada revokes it")
    refused_and_recorded("imap AUTHENTICATE PLAIN", "revoked", "imap")
    assert site.knock("imap LOGIN", ACCOUNT, code).meaning == REFUSED
    refused = [row[:3] + row[4:] for row in do(knocks)]
    assert ["revoked", "Phone", "imap", "phone left on the train"] in refused
    assert ["service_denied", "Phone", "smtp", "phone left on the train"] in refused

    last = "ada reads the whole story"
    told, verified = steps[last].strip().split("\n\n")
    steps[last] = told
    assert do(last) == [
        ["account_added", "", "", "new teacher", "", "ada"],
        ["device_added", "Phone", "", "asked by telephone", "T-80", "hilda"],
        ["code_issued", "Phone", selector, "asked by telephone", "T-80", "hilda"],
        ["hash_upgraded", "Phone", selector, "", "", "apppass_mail"],
        ["code_revoked", "Phone", selector, "phone left on the train", "", "ada"],
    ]
    people[ADMINISTRATOR].run("SELECT sealed FROM apppass.audit_seal();")
    (checked, problem), = people[ADMINISTRATOR].run(verified)
    assert int(checked) > 5 and problem == ""
    assert not steps
