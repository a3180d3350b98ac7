# SPDX-License-Identifier: BSD-2-Clause
"""Keyed hashes through the real servers: made, rotated, required, and what happens without the key."""

import os

import pytest

from harness.basics import folder, run, until, write
from harness.clients import DOORS, OK, PLUGIN_DOORS, REFUSED, TEMPORARY
from harness.crowd import FRONT_DOORS, knock
from harness.evidence import Watch, attempt_line

# Their one answer does for an outage, too: SECURITY.md, "Known limits".
UNABLE_TO_SAY = ("sieve AUTHENTICATE PLAIN", "pop3 USER/PASS")


class Keys:
    """One key file as `apppass key new` makes it, and a copy for each server's user."""

    def __init__(self, site, name):
        self.site = site
        self.folder = folder(site.state / name, mode=0o711)
        self.master = self.folder / "master"

    def new(self):
        """Add a key, in use; returns its id."""
        self.site.apppass("key", "new", self.master)
        self.site.apppass("key", "use", self.master)
        assert self.master.stat().st_mode & 0o777 == 0o600
        self.spread(self.master.read_text())
        return self.ids()[-1]

    def ids(self):
        return [line.split()[0] for line in self.master.read_text().splitlines()]

    def spread(self, text):
        for owner in ("root", "cyrus", self.site.apppassd.user):
            write(folder(self.folder / owner, owner, 0o700) / "keys", text, owner, 0o600)

    def path(self, owner):
        return self.folder / owner / "keys"


@pytest.fixture
def keys(site, request):
    yield Keys(site, f"keys-{request.node.name.partition('[')[0]}")
    site.heal()


def serve(site, **options):
    """New processes with these options, and no memo: each login computes its hash."""
    site.current = None
    site.configure(**site.usual(), memo=None, **options)


def stored(site, account, code):
    return site.sql("SELECT coalesce((SELECT u.hash FROM apppass.hash_upgrade AS u WHERE u.code_id = c.id), c.hash) FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id"
                    f" WHERE a.username = '{account}' AND c.selector = '{code[:4]}'")


def await_key(site, account, code, keyid):
    """The hash of that code is keyed with `keyid`; apppassd replaces it after its answer."""
    text = run(["base64"], input=keyid).strip().rstrip("=")
    until(lambda: f",keyid={text},data=" in stored(site, account, code), f"a hash keyed with {keyid}")


def mint(site, account):
    """A code made in the database."""
    code = site.sql(f"SELECT code FROM apppass.issue_code('{account}', 'portal', reason => 'test')")
    site.typed.append((account, code))
    return code


def test_new_and_old_hashes_are_keyed(site, keys):
    """smtpd reads a file that only root can read, from outside of its jail."""
    account = site.person()
    codes = {door: site.issue(account, door) for door in FRONT_DOORS}
    minted = mint(site, account)
    keyid = keys.new()
    fresh = site.issue(account, "new", "--key", keys.master)
    await_key(site, account, fresh, keyid)
    assert all("keyid" not in stored(site, account, code) for code in (*codes.values(), minted))
    serve(site, key=keys.path)
    for door, code in codes.items():
        assert knock(site, door, account, code).meaning == OK
        await_key(site, account, code, keyid)
    for pid in site.postfix.smtpd_processes():
        assert os.readlink(f"/proc/{pid}/root") == str(site.postfix.queue)
    assert stored(site, account, minted).startswith("$2")
    assert knock(site, "smtp AUTH PLAIN", account, minted).meaning == OK
    await_key(site, account, minted, keyid)
    serve(site, key=keys.path, require_key="yes")
    for door in DOORS:
        for code in (fresh, minted, codes["imap LOGIN"]):
            assert knock(site, door, account, code).meaning == OK, door


def test_rotation(site, keys):
    """A new key takes over login by login; the old one can go when no hash needs it."""
    account = site.person()
    first = keys.new()
    codes = {door: site.issue(account, door, "--key", keys.master) for door in FRONT_DOORS}
    asleep = site.issue(account, "asleep", "--key", keys.master)
    second = keys.new()
    assert keys.ids() == [first, second]
    serve(site, key=keys.path, require_key="yes")
    for door, code in codes.items():
        await_key(site, account, code, first)
        assert knock(site, door, account, code).meaning == OK
        await_key(site, account, code, second)
    keys.spread(keys.master.read_text().splitlines()[1] + "\n")
    serve(site, key=keys.path, require_key="yes")
    for door, code in codes.items():
        assert knock(site, door, account, code).meaning == OK
        # Whose owner was away is told to try again, until the old key is back.
        assert knock(site, door, account, asleep).meaning == TEMPORARY
    keys.spread(keys.master.read_text())
    serve(site, key=keys.path, require_key="yes")
    assert knock(site, "imap LOGIN", account, asleep).meaning == OK
    await_key(site, account, asleep, second)


def written_by_hand(site, account, selector, digest):
    """A row as somebody writes it who got hold of the database, past all triggers."""
    label = f"stolen {selector}"
    site.sql("SET session_replication_role = replica;"
             f"WITH a AS (SELECT * FROM apppass.account WHERE username = '{account}'), d AS ("
             f"INSERT INTO apppass.device (account_id, label) SELECT id, '{label}' FROM a RETURNING *)"
             " INSERT INTO apppass.code (account_id, device_id, realm_id, selector, hash, created_by)"
             f" SELECT a.id, d.id, a.realm_id, '{selector}', '{digest}', 'nobody' FROM a, d")


def test_forgeries_at_every_door(site, keys):
    """A row copied from a keyed one, an Argon2id hash of one's own, and a code minted in SQL."""
    mallory, victim = site.person(), site.person()
    keys.new()
    copied = site.issue(mallory, "laptop", "--key", keys.master)
    own = site.issue(mallory, "tablet")
    for code in (copied, own):
        written_by_hand(site, victim, code[:4], stored(site, mallory, code))
    forgeries = {"copied": (copied, "made for another account or code"),
                 "own hash": (own, "made without a key"),
                 "minted": (mint(site, victim), "made without a key")}
    serve(site, key=keys.path, require_key="yes")
    for door in DOORS:
        assert knock(site, door, mallory, copied).meaning == OK, door
    for name, (code, reason) in forgeries.items():
        # The warning comes once a minute from each process.
        serve(site, key=keys.path, require_key="yes")
        watch = Watch(site)
        for door in DOORS:
            reply = knock(site, door, victim, code)
            assert reply.meaning == REFUSED, (name, door, reply)
        outcomes = watch.outcomes(len(DOORS))
        assert len(outcomes) == len(DOORS)
        assert all("refused: verdict=wrong_code" in line for line in outcomes), outcomes
        for program in ("smtpd", "imap", "apppassd"):
            assert any(f"has a hash {reason}" in line or f"has a hash that was {reason}" in line
                       for line in watch.text().splitlines()
                       if program in line or (program == "apppassd" and line.startswith("apppass: "))
                       ), (name, program, watch.text())


def assert_outage(site, account, code, reason):
    """At every door, in its words; the log says what is wrong; nothing counts as a refusal."""
    watch = Watch(site)
    for door in DOORS:
        reply = knock(site, door, account, code)
        if door not in UNABLE_TO_SAY:
            assert reply.meaning == TEMPORARY, (door, reply)
        if door.startswith("smtp"):
            assert reply.text.startswith("454 4.7.0 Temporary authentication failure")
        elif door.startswith("imap"):
            assert reply.text.startswith("NO ")
        watch.line(attempt_line(door, account, "unavailable:").rstrip())
    watch.line("could not check the hash of code", reason)
    assert all(line.startswith("unavailable: ") for line in watch.outcomes(len(DOORS)))
    assert site.sql("SELECT count(*) FROM apppass.refusal AS r JOIN apppass.account AS a"
                    f" ON a.id = r.account_id WHERE a.username = '{account}'") == "0"


def test_a_wrong_or_lost_key_is_an_outage(site, keys):
    account = site.person()
    keys.new()
    code = site.issue(account, "laptop", "--key", keys.master)
    other = Keys(site, "keys-other")
    other.new()
    serve(site, key=other.path, require_key="yes")
    assert_outage(site, account, code, "the hash is keyed with a key that is not in the file")
    serve(site)
    assert_outage(site, account, code, "the hash is keyed and no key file is configured")
    serve(site, key=keys.path)
    for door in DOORS:
        assert knock(site, door, account, code).meaning == OK, door


def test_a_key_file_that_can_not_be_read_is_an_outage(site, keys):
    """The plugin tells everybody to try again; apppassd does not start, so nobody is told anything."""
    account = site.person()
    keys.new()
    code = site.issue(account, "laptop", "--key", keys.master)
    missing = keys.folder / "missing"

    def path(owner):
        return keys.path(owner) if owner == site.apppassd.user else missing

    serve(site, key=path)
    watch = Watch(site)
    for door in PLUGIN_DOORS:
        reply = knock(site, door, account, code)
        if door not in UNABLE_TO_SAY:
            assert reply.meaning == TEMPORARY, (door, reply)
    watch.line("every login will fail temporarily until this is corrected: apppass_key: key file"
               f" {missing}: No such file or directory")
    site.apppassd.stop()
    site.apppassd.set(apppass_key=missing)
    said = run(["sh", "-c", '"$@" 2>&1; test $? = 1', "-", site.apppassd.program, "-c", site.apppassd.config])
    assert str(missing) in said
    watch = Watch(site)
    for door in DOORS:
        if door not in PLUGIN_DOORS:
            reply = knock(site, door, account, code)
            assert reply.meaning == TEMPORARY or door in UNABLE_TO_SAY, (door, reply)
    assert not any("refused: " in line for line in watch.text().splitlines())
