# SPDX-License-Identifier: BSD-2-Clause
"""One person, many spellings: every door of a host takes a name for the same account."""

import pytest

from conftest import BUILD
from harness.basics import state_folder
from harness.clients import (CHECKPASS_DOORS, DOORS, OK, PLUGIN_DOORS, REFUSED, Imap, Smtp)
from harness.evidence import Watch, assert_nowhere
from harness.site import Site
from harness.spellings import (ACE, BEYOND_ASCII, COMPOSED, DOMAIN, NORMAL_FORMS, SPELLINGS,
                               WITH_DEFAULT_DOMAIN, expected)


# Whether a message comes with the command or after it makes no difference to a name.
EACH_DOOR = [door for door in DOORS if "," not in door]


class DefaultDomain(Site):
    """Cyrus takes example.org off; apppass_realm puts it back, in the plugin and in apppassd."""

    realm = DOMAIN

    def cyrus_options(self):
        return {**super().cyrus_options(), "defaultdomain": DOMAIN,
                "sasl_apppass_realm": self.realm}

    def smtpd_conf(self):
        return super().smtpd_conf() + (f"apppass_realm: {self.realm}\n" if self.realm else "")

    def create(self, processes=None):
        super().create(processes)
        self.apppassd.stop()
        self.apppassd.set(apppass_realm=self.realm).start()
        return self


class WithoutRealm(DefaultDomain):
    """The same where nobody thought of apppass_realm."""

    realm = None


def _running(kind):
    site = kind(state_folder(), BUILD)
    try:
        yield site.create(processes=1)
        assert_nowhere(site, site.typed)
    finally:
        site.destroy()


@pytest.fixture(scope="module")
def default_domain():
    yield from _running(DefaultDomain)


@pytest.fixture(scope="module")
def without_realm():
    yield from _running(WithoutRealm)


def _person(site, name):
    account = site.add_account(name)
    return account, site.issue(account, "laptop")


@pytest.fixture(scope="module")
def alice(site):
    return _person(site, "names@example.org")


@pytest.fixture(scope="module")
def alice_of_default(default_domain):
    return _person(default_domain, "alice@example.org")


@pytest.mark.parametrize("door", EACH_DOOR)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spelling(site, alice, spelling, door):
    account, code = alice
    entry = SPELLINGS[spelling]
    assert site.knock(door, entry.typed(account), code).meaning == expected(entry, door)


@pytest.mark.parametrize("door", EACH_DOOR)
@pytest.mark.parametrize("spelling", WITH_DEFAULT_DOMAIN)
def test_spelling_with_a_default_domain(default_domain, alice_of_default, spelling, door):
    account, code = alice_of_default
    entry = WITH_DEFAULT_DOMAIN[spelling]
    assert default_domain.knock(door, entry.typed(account), code).meaning == expected(entry, door)


@pytest.mark.parametrize("door", EACH_DOOR)
def test_default_domain_leaves_other_domains_alone(default_domain, door):
    if not default_domain.typed or all(name != "bob@example.net" for name, _ in default_domain.typed):
        default_domain.bob = _person(default_domain, "bob@example.net")
    account, code = default_domain.bob
    assert default_domain.knock(door, account, code).meaning == OK
    assert default_domain.knock(door, "bob", code).meaning == REFUSED


def test_default_domain_without_realm(without_realm):
    """The plugin still knows what the host took off; apppassd can't, and apppass_realm is for it."""
    account, code = _person(without_realm, "alice@example.org")
    for door in PLUGIN_DOORS:
        assert without_realm.knock(door, account, code).meaning == OK, door
    for door in CHECKPASS_DOORS:
        assert without_realm.knock(door, account, code).meaning == REFUSED, door


@pytest.mark.parametrize("door", EACH_DOOR)
@pytest.mark.parametrize("spelling", BEYOND_ASCII)
def test_beyond_ascii(site, spelling, door):
    if not hasattr(site, "reader"):
        site.reader = _person(site, f"reader@{ACE}")
    account, code = site.reader
    entry = BEYOND_ASCII[spelling]
    assert site.knock(door, entry.typed(account), code).meaning == expected(entry, door)


@pytest.mark.parametrize("door", EACH_DOOR)
@pytest.mark.parametrize("spelling", NORMAL_FORMS)
def test_normal_forms(site, spelling, door):
    if not hasattr(site, "zoe"):
        name = f"{COMPOSED}@{DOMAIN}"
        site.apppass("account", "add", name)
        site.zoe = name, site.issue(name, "laptop")
    account, code = site.zoe
    entry = NORMAL_FORMS[spelling]
    assert site.knock(door, entry.typed(account), code).meaning == expected(entry, door)


def test_nobody_opens_the_mailbox_of_a_name_that_looks_alike(without_realm):
    """An account whose name the host turns into another's: whatever it holds, it stays out."""
    site = without_realm
    site.add_account("victim@example.org")
    site.apppass("account", "disable", "victim@example.org", "--reason", "left")
    # What can't be added today may be there from before.
    site.postgres.psql("""
        ALTER TABLE apppass.account DROP CONSTRAINT account_username_form;
        SET session_replication_role = replica;
        INSERT INTO apppass.account (username, realm_id)
        SELECT 'victim%example.org', realm_id FROM apppass.account
        WHERE username = 'victim@example.org'""", "postgres")
    code = site.issue("victim%example.org", "laptop")
    for door in PLUGIN_DOORS:
        # Postfix leaves the name as it is: that account's own.
        meaning = OK if door.startswith("smtp") else REFUSED
        assert site.knock(door, "victim%example.org", code).meaning == meaning, door


@pytest.mark.parametrize("asked", ["capitals", "blanks"])
def test_oneself_in_another_spelling(site, account, code, asked):
    """Naming oneself again is not acting for another, and the canonical name is what counts."""
    authzid = account.upper() if asked == "capitals" else f" {account} "
    site.typed.append((account, code))
    with Smtp(site.postfix.port) as client:
        assert client.auth_plain(account, code, authzid=authzid).meaning == OK
        watch = Watch(site)
        client.ask("MAIL FROM:<>")
        client.ask(f"RCPT TO:<{account}>")
        watch.line(f"sasl_username={account}")
    with Imap(site.cyrus.ports["imap"]) as client:
        assert client.authenticate_plain(account, code, authzid=authzid).meaning == OK


def test_the_hosts_refusal_is_logged(site, account, code):
    """After "accepted:" the host's own policy may say no: then the log tells why."""
    other = "someone-else@example.org"
    site.typed.append((account, code))
    for client, door in ((Imap(site.cyrus.ports["imap"]), Imap.authenticate_plain),
                         (Smtp(site.postfix.port), Smtp.auth_plain)):
        watch = Watch(site)
        with client:
            assert door(client, account, code, authzid=other).meaning == REFUSED
        watch.line("apppass: the host does not let the account act as another:",
                   f"user={account} ")


def test_a_name_that_the_host_refuses_is_not_asked_about(site):
    """Cyrus takes no 8-bit names: nobody is told that such an account was accepted."""
    watch = Watch(site)
    assert site.knock("imap AUTHENTICATE PLAIN", "m\u00fcller@example.org", "x").meaning == REFUSED
    watch.line("apppass: malformed: not a user name to the host", "service=imap")
    assert not watch.outcomes()


def test_what_a_bare_name_looks_like_in_the_log(site, account, code):
    """A missing smtpd_sasl_local_domain or apppass_realm can be seen; what was typed can't."""
    for door in ("imap AUTHENTICATE PLAIN", "smtp AUTH PLAIN"):
        watch = Watch(site)
        assert site.knock(door, account.split("@")[0], code).meaning == REFUSED
        watch.line("apppass: refused: verdict=unknown_user user=?bare ")


def test_postfix_does_not_log_the_name_either(site):
    """It prints the user name of a failed login where the library knows one."""
    watch = Watch(site)
    assert site.knock("smtp AUTH PLAIN", "hunter2 is mine@example.org",
                      "a1b2c3d4e5").meaning == REFUSED
    watch.line("authentication failed", "sasl_username=(unavailable)")
    assert "hunter2" not in watch.text()
