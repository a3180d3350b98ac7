# SPDX-License-Identifier: BSD-2-Clause
"""A code opens every door, however it was pasted; nothing else does."""

import imaplib
import smtplib

import pytest

from harness.basics import until
from harness.clients import DOORS, OK, REFUSED, Imap, Smtp
from harness.evidence import Watch, attempt_line

# What people make of "k7xp-2m9q-wtrv-c3hd-8fjn" on the way from the sheet to the client.
PASTED = {
    "capitals": str.upper,
    "no hyphens": lambda code: code.replace("-", ""),
    "spaces for hyphens": lambda code: code.replace("-", " "),
    "spaces around": lambda code: f"  {code}\t",
    "trailing newline": lambda code: code + "\r\n",
    "en dashes": lambda code: code.replace("-", "\N{EN DASH}"),
    "em dashes": lambda code: code.replace("-", "\N{EM DASH}"),
    "non-breaking hyphens": lambda code: code.replace("-", "\N{NON-BREAKING HYPHEN}"),
    "soft hyphens": lambda code: code.replace("-", "\N{SOFT HYPHEN}"),
    "no-break spaces": lambda code: code.replace("-", "\N{NO-BREAK SPACE}"),
    "ideographic spaces": lambda code: code.replace("-", "\N{IDEOGRAPHIC SPACE}"),
    "O for 0": lambda code: code.replace("0", "O"),
    "small o for 0": lambda code: code.replace("0", "o"),
    "I for 1": lambda code: code.replace("1", "I"),
    "l for 1": lambda code: code.replace("1", "l"),
}


@pytest.fixture(scope="module")
def confusable(site):
    """An account and a code that holds both 0 and 1."""
    account = site.add_account("confusable@example.org")
    while True:
        code = site.issue(account, "printer")
        if "0" in code and "1" in code:
            return account, code
        site.apppass("revoke", account, "--device", "printer", "--reason", "no 0 or no 1 in it")


@pytest.mark.parametrize("door", DOORS)
def test_code_opens(site, account, code, door):
    watch = Watch(site)
    reply = site.knock(door, account, code)
    assert reply.meaning == OK, reply
    if door.startswith("smtp"):
        # Postfix prints what SASL logs of a success only when verbose; it has a line of its own.
        assert site.last_service(account) == "smtp"
        assert not watch.outcomes()
    else:
        watch.line(attempt_line(door, account, "accepted:") + "code=")
        assert len(watch.outcomes()) == 1


@pytest.mark.parametrize("variant", PASTED)
@pytest.mark.parametrize("door", ["imap AUTHENTICATE PLAIN", "smtp AUTH LOGIN", "imap LOGIN, literals",
                                  "http Basic"])
def test_code_as_people_paste_it(site, confusable, door, variant):
    account, code = confusable
    pasted = PASTED[variant](code)
    assert pasted != code
    assert site.knock(door, account, pasted).meaning == OK


def test_code_as_latin1_client_sends_it(site, account, code):
    """A client that does not speak UTF-8 sends one byte for a no-break space."""
    pasted = code.replace("-", "\N{NO-BREAK SPACE}").encode("latin-1")
    assert site.knock("imap AUTHENTICATE PLAIN", account, pasted).meaning == REFUSED


@pytest.mark.parametrize("door", DOORS)
def test_account_name_in_capitals(site, account, code, door):
    """Phones capitalise the first letter of what one types."""
    assert site.knock(door, account.capitalize(), code).meaning == OK


def test_canonical_name_owns_the_session(site, account, code):
    """Whatever the case of what was typed, the mailbox is the account's."""
    site.typed.append((account, code))
    with Imap(site.cyrus.ports["imap"]) as client:
        assert client.authenticate_plain(account.upper(), code).meaning == OK
        untagged, tagged = client.command("STATUS INBOX (MESSAGES)")
        assert tagged.startswith("OK") and untagged == ["* STATUS INBOX (MESSAGES 1)"]


def test_libraries_people_use(site, account, code):
    """imaplib and smtplib, unmodified; the mail sent by one is read by the other."""
    site.typed.append((account, code))
    with smtplib.SMTP("127.0.0.1", site.postfix.port) as smtp:
        smtp.login(account, code)
        smtp.sendmail(account, [account], f"From: {account}\r\nTo: {account}\r\n"
                                          "Subject: sent with a code\r\n\r\nHello.\r\n")
    with imaplib.IMAP4("127.0.0.1", site.cyrus.ports["imap"]) as imap:
        imap.authenticate("PLAIN", lambda _: f"\0{account}\0{code}".encode())
        imap.select("INBOX")
        def arrived():
            imap.noop()
            return imap.search(None, "SUBJECT", '"sent with a code"')[1][0]
        assert until(arrived, "the mail to arrive")


def test_a_person_is_renamed(site, account, code):
    """In the order of apppass(1): disabled, the mailbox, the account, enabled."""
    new = f"married.{account}"
    site.apppass("account", "add", "cyrus")
    site.apppass("account", "disable", account, "--reason", "renamed", "--yes")
    with Imap(site.cyrus.ports["imap"]) as client:
        assert client.authenticate_plain("cyrus", site.issue("cyrus", "cyradm")).meaning == OK
        said = client.command(f'RENAME "user/{account}" "user/{new}"')[1]
        assert said.startswith("OK"), said
    site.apppass("account", "rename", account, new, "--reason", "renamed")
    site.apppass("account", "enable", new, "--reason", "renamed")
    for door in DOORS:
        assert site.knock(door, account, code).meaning == REFUSED, door
        assert site.knock(door, new, code).meaning == OK, door
    for log_in in (Imap.authenticate_plain, Imap.login):
        with Imap(site.cyrus.ports["imap"]) as client:
            assert log_in(client, new, code).meaning == OK
            assert client.command("STATUS INBOX (MESSAGES)")[0] == ["* STATUS INBOX (MESSAGES 1)"]


@pytest.mark.parametrize("authzid", ["same", "other"])
def test_authorisation_identity(site, account, code, authzid):
    """Asking for oneself is fine; asking for somebody else is the host's to refuse."""
    site.typed.append((account, code))
    asked = account if authzid == "same" else "someone-else@example.org"
    with Imap(site.cyrus.ports["imap"]) as client:
        meaning = client.authenticate_plain(account, code, authzid=asked).meaning
    assert meaning == (OK if authzid == "same" else REFUSED)


def test_mechanisms_are_offered_once(site):
    with Smtp(site.postfix.port) as smtp:
        assert "250-AUTH PLAIN LOGIN" in smtp.extensions
    with Imap(site.cyrus.ports["imap"]) as imap:
        assert imap.greeting.count("AUTH=PLAIN") == 1
        assert imap.greeting.count("AUTH=LOGIN") == 1
