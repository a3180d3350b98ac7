# SPDX-License-Identifier: BSD-2-Clause
"""What owners are told: mails that Postfix takes, Cyrus delivers and IMAP shows."""

import email
import email.policy
import imaplib
import itertools
import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

from harness.basics import ROOT, folder, state_folder, until, write
from harness.clients import OK, REFUSED

TEMPLATES = ROOT / "contrib" / "notify"
PORTAL = "https://mail.example.org/apppass"
NOTIFIER = "apppass_notifier"

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def told(site):
    """A realm whose owners are told, and the beginning of that."""
    site.apppass("realm", "add", "told", "notify_owners=yes", "notify_per_day=100")
    notify(site, "--once")
    yield
    # Later tests are not to be slowed down by mails that nobody reads.
    site.apppass("realm", "set", "told", "notify_owners=no")


@pytest.fixture
def owner(site, told):
    """An account in that realm with a mailbox."""
    return new_owner(site)


def new_owner(site):
    name = f"owner{next(_numbers)}@example.org"
    site.apppass("account", "add", name, "--realm", "told")
    site.cyrus.create_mailbox(name)
    return name


@pytest.fixture
def state():
    made = state_folder("apppass-notify.")
    yield made
    subprocess.run(["rm", "-rf", made], check=True)


def sendmail(site):
    """Postfix' own, told where its configuration is."""
    path = site.postfix.state / "sendmail"
    if not path.exists():
        write(path, f'#!/bin/sh\nexec /usr/sbin/sendmail -C {site.postfix.config} "$@"\n', mode=0o755)
    return path


def words(site, *options):
    """A command line: `options` beside, or instead of, what every test gives."""
    usual = {"--sender": "noreply@example.org", "--templates": TEMPLATES, "--portal-url": PORTAL,
             "--sendmail": sendmail(site)}
    return ["notify", *options,
            *(word for name in usual if name not in options for word in (name, usual[name]))]


def notify(site, *options, check=True):
    return site.apppass(*words(site, *options), user=NOTIFIER, check=check)


def start(site, *options):
    """apppass notify as a service."""
    return subprocess.Popen([site.tool, *map(str, words(site, *options))],
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, **site.postgres.environment(NOTIFIER)},
                            start_new_session=True)


def due_again(site):
    """As if the time had passed after which mails are given out again."""
    site.postgres.psql("UPDATE apppass.notice_mail SET try_at = now() WHERE sent_at IS NULL",
                       "postgres")


def waiting(site):
    return int(site.postgres.psql("SELECT count(*) FROM apppass.notice_mail WHERE sent_at IS NULL",
                                  "postgres"))


def read(site, account, code):
    """Every mail of the mailbox, parsed, and without a defect."""
    with imaplib.IMAP4("127.0.0.1", site.cyrus.ports["imap"]) as client:
        client.login(account, code)
        client.select()
        _, found = client.search(None, "ALL")
        mails = []
        for number in found[0].split():
            _, parts = client.fetch(number, "(BODY.PEEK[])")
            mails.append(email.message_from_bytes(parts[0][1], policy=email.policy.default))
    mails = [mail for mail in mails if mail["Auto-Submitted"]]
    for mail in mails:
        assert not mail.defects
        for name, value in mail.items():
            assert not getattr(value, "defects", ()), (name, value)
    return mails


def received(site, account, code, count):
    """The mails, once there are so many."""
    mails = []

    def enough():
        mails[:] = read(site, account, code)
        return len(mails) >= count
    until(enough, f"{count} mails in the mailbox of {account}")
    return mails


def text(mail):
    return mail.get_content().replace("\r\n", "\n")


def subjects(mails):
    return [str(mail["Subject"]) for mail in mails]


def test_a_new_code(site, owner):
    second, reader = new_owner(site), new_owner(site)
    site.apppass("account", "notify", owner, "--address", second, "--language", "de")
    notify(site, "--once")
    label = 'Handy „Müller & Söhne" =?utf-8?q?x?= {items} <b>' + "ß" * 30
    assert len(label) > 64
    code = site.issue(owner, label)
    notify(site, "--once")
    code2 = site.issue(second, "reader")
    mail = received(site, owner, code, 2)[-1]
    copy = [it for it in received(site, second, code2, 2) if "geändert" not in text(it)][-1]

    assert mail["Subject"] == f"Ein neues App-Passwort: {label}"
    assert [str(it.addr_spec) for it in mail["To"].addresses] == [owner]
    assert [str(it.addr_spec) for it in copy["To"].addresses] == [second]
    sender, = mail["From"].addresses
    assert (sender.addr_spec, sender.display_name) == ("noreply@example.org", "App-Passwörter")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Return-Path"] == "<>"
    assert mail["Content-Language"] == "de"
    assert mail.get_content_type() == "text/plain" and mail.get_content_charset() == "utf-8"
    assert abs(mail["Date"].datetime.timestamp() - time.time()) < 600
    assert re.fullmatch(r"<apppass\.[0-9a-f-]{36}@example\.org>", mail["Message-ID"])
    assert mail["Message-ID"] != copy["Message-ID"]
    assert all(len(line) <= 78 for line in mail.as_bytes().split(b"\n\n")[0].split(b"\n"))
    said = text(mail)
    assert f"Gerät: {label}\n" in said and f"Beginnt mit: {code[:4]}\n" in said
    assert PORTAL in said and owner in said
    assert code not in said and code.replace("-", "") not in said
    # What has no value has no line.
    assert "{" not in said.replace(label, "") and "Gültig bis" not in said
    assert reader


def test_first_use_reset_and_revoked(site, owner):
    code = site.issue(owner, "Phone")
    notify(site, "--once")
    assert site.knock("imap LOGIN", owner, code).meaning == OK
    until(lambda: site.last_service(owner) == "imap", "the recorded use")
    notify(site, "--once")
    fresh = site.issue(owner, "Tablet")
    site.apppass("revoke", owner, "--device", "Phone", "--reason", "between ourselves")
    notify(site, "--once")
    assert site.knock("imap LOGIN", owner, code).meaning == REFUSED
    mails = received(site, owner, fresh, 3)
    assert subjects(mails)[:3] == ["A new app password: Phone",
                                   "First login with the app password for Phone",
                                   "2 events concerning your app passwords"]
    assert "For: imap\n" in text(mails[1]) and "From: 127.0.0.0/24" in text(mails[1])
    assert "by the administration" in text(mails[2])
    # What the helpdesk noted is not the owner's.
    assert all("between ourselves" not in text(mail) for mail in mails)


def test_what_the_clock_brings(site, owner):
    code = site.issue(owner, "Old phone")
    kept = site.issue(owner, "Reader")
    site.apppass("revoke", owner, "--device", "Old phone", "--reason", "lost")
    notify(site, "--once")
    assert site.knock("imap LOGIN", owner, code).meaning == REFUSED
    site.postgres.psql(
        "SET session_replication_role = replica; UPDATE apppass.code SET revoked_at = now() - interval '2 hours',"
        " created_at = now() - interval '30 days', expires_at = now() + interval '6 days'"
        f" FROM apppass.account AS a WHERE a.id = account_id AND username = '{owner}' AND revoked_at IS NOT NULL;"
        "UPDATE apppass.code SET created_at = now() - interval '30 days', expires_at = now() + interval '6 days'"
        f" FROM apppass.account AS a WHERE a.id = account_id AND username = '{owner}';"
        "UPDATE apppass.notice_state SET clock_at = now() - interval '366 days'", "postgres")
    until(lambda: site.postgres.psql(
        f"SELECT count(*) FROM apppass.refusal_log WHERE account = '{owner}'") != "0", "the recorded refusal")
    notify(site, "--once")
    said = text(received(site, owner, kept, 2)[1])
    assert "about to expire" in said and "Something still tries" in said and "Once a year" in said
    assert said.count("Last used:") == 0 and said.count("Device: Reader") == 2


def test_limit(site, owner):
    """Beyond the day's mails one comes an hour, with all that happened."""
    site.apppass("realm", "set", "told", "notify_per_day=1")
    try:
        code = site.issue(owner, "One")
        notify(site, "--once")
        for device in ("Two", "Three"):
            site.issue(owner, device)
            notify(site, "--once")
        site.postgres.psql("UPDATE apppass.notice_mail SET made_at = made_at - interval '61 minutes'"
                           f" WHERE address = '{owner}'", "postgres")
        notify(site, "--once")
    finally:
        site.apppass("realm", "set", "told", "notify_per_day=100")
    mails = received(site, owner, code, 2)
    assert subjects(mails) == ["A new app password: One", "2 events concerning your app passwords"]
    assert "Device: Two" in text(mails[1]) and "Device: Three" in text(mails[1])


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_event_has_its_words(site, owner, language):
    code = site.issue(owner, "Phone")
    notify(site, "--once")
    site.apppass("account", "notify", owner, "--language", language)
    events = ["issued", "reset", "revoked", "first_use", "new_network", "expiring", "knocking", "address"]
    for event in events:
        site.postgres.psql(
            "INSERT INTO apppass.notice (once, event, account_id, code_id, at, by_whom, service, network)"
            f" SELECT '{event} {owner}', '{event}', c.account_id, c.id, now(), 'owner', 'imap', '192.0.2.0/24'"
            f" FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id WHERE a.username = '{owner}'",
            "postgres")
        notify(site, "--once")
    mails = received(site, owner, code, 1 + len(events))[1:]
    assert len(set(subjects(mails[:len(events)]))) == len(events)
    assert all(mail["Content-Language"] == language for mail in mails[:len(events)])


def test_nothing_is_lost_and_nothing_comes_twice(site, owner):
    """Whenever it is killed; two at once, too."""
    luck = random.Random(5)
    owners = [new_owner(site) for _ in range(4)]
    codes = {}
    for round_ in range(3):
        for name in owners:
            codes.setdefault(name, []).append(site.issue(name, f"Device {round_}"))
        for _ in range(4):
            both = [start(site), start(site)]
            time.sleep(luck.uniform(0.05, 0.6))
            for process in both:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
    due_again(site)
    notify(site, "--once")
    assert waiting(site) == 0
    for name in owners:
        devices = []
        until(lambda: len(set(re.findall(r"Device: (Device \d)", " ".join(
            text(mail) for mail in read(site, name, codes[name][0]))))) == 3, "three events")
        mails = read(site, name, codes[name][0])
        for mail in mails:
            if "first time" not in text(mail):
                devices += re.findall(r"Device: (Device \d)", text(mail))
        # A mail that was sent twice has one Message-ID, by which Cyrus knows it.
        assert sorted(devices) == ["Device 0", "Device 1", "Device 2"], devices
        assert len({mail["Message-ID"] for mail in mails}) == len(mails)


def test_a_mail_that_cant_be_sent(site, owner, state):
    """It is tried again, and keeps nobody else waiting."""
    other = new_owner(site)
    choosy = write(state / "choosy", f'#!/bin/sh\ncase "$*" in *{owner}*) exit 75;; esac\n'
                   f'exec {sendmail(site)} "$@"\n', mode=0o755)
    code, code2 = site.issue(owner, "Phone"), site.issue(other, "Phone")
    failed = notify(site, "--once", "--sendmail", choosy, check=False)
    assert failed.returncode == 1 and "status 75; it will be tried again" in failed.stderr
    received(site, other, code2, 1)
    assert read(site, owner, code) == [] and waiting(site) == 1
    assert notify(site, "--once").returncode == 0, "not at once"
    assert waiting(site) == 1
    due_again(site)
    notify(site, "--once")
    received(site, owner, code, 1)


def test_outage_and_end(site, owner):
    """It waits for the database, goes on where it was, and ends when told to."""
    code = site.issue(owner, "Phone")
    running = start(site)
    received(site, owner, code, 1)
    site.postgres.stop()
    assert any("trying again" in line for line in iter(running.stderr.readline, "") if "lost" in line)
    site.postgres.start()
    site.issue(owner, "Tablet")
    # Alone, or in one mail with the first use, which is the reading.
    until(lambda: any("Device: Tablet" in text(mail) for mail in read(site, owner, code)),
          "the mail that waited for the database")
    running.terminate()
    said = running.communicate(timeout=30)[1]
    assert running.returncode == -signal.SIGTERM and "could not" not in said, said


def test_a_program_of_the_site(site, owner, state):
    heard = state / "heard"
    program = write(state / "program", f'#!/bin/sh\ncat >>{heard}\n[ ! -e {state}/closed ] || exit 1\n', mode=0o755)
    code = site.issue(owner, "Phone; $(touch x) `y`")
    write(state / "closed", "")
    assert site.apppass("notify", "--exec", program, "--once", user=NOTIFIER, check=False).returncode == 1
    (state / "closed").unlink()
    due_again(site)
    site.apppass("notify", "--exec", program, "--once", user=NOTIFIER)
    told_of = [json.loads(line) for line in heard.read_text().splitlines()]
    first, again = (it for it in told_of if it["account"] == owner)
    assert first == again
    event, = first["events"]
    assert (first["account"], first["address"], first["language"]) == (owner, owner, "en")
    assert (event["event"], event["device"], event["selector"], event["by"]) == (
        "issued", "Phone; $(touch x) `y`", code[:4], "administration")
    assert code not in heard.read_text()


@pytest.mark.parametrize("change,says", [
    (("{selector}", "{secret}"), '[issued]: "{secret}" is not a field'),
    (("{selector}", "{selector"), "is not a field"),
    (("[knocking]", "[knocked]"), "there is no section [knocked]"),
    (("owner = ", "owner: "), '[words] has no "owner = "'),
    (("{items}", ""), "[mail] has no {items}"),
    (("Subject: Your app passwords\n", ""), '[yearly] does not begin with "Subject: "'),
])
def test_templates_are_checked_first(site, told, state, change, says):
    mine = folder(state / "texts")
    text = (TEMPLATES / "en.txt").read_text()
    assert change[0] in text
    write(mine / "en.txt", text.replace(*change, 1))
    refused = notify(site, "--once", "--templates", mine, check=False)
    assert refused.returncode == 1 and says in refused.stderr, refused.stderr


@pytest.mark.parametrize("option,value", [
    ("--sender", "a@b.example\nBcc: c@d.example"), ("--sender", "nobody"), ("--bounces", "-oQ/tmp"),
    ("--portal-url", "http://mail.example.org"), ("--portal-url", "https://a.example/\nx")])
def test_options_are_checked(site, told, option, value):
    refused = notify(site, "--once", option, value, check=False)
    assert refused.returncode == 2
    assert f'"{value}" is not '.replace("\n", "?") in refused.stderr
