# SPDX-License-Identifier: BSD-2-Clause
"""Real Cyrus IMAP and Postfix: every door, with the plugin beside apppassd and without it."""

import time

import pytest

from conftest import BUILD
from harness.apppassd import Apppassd
from harness.basics import folder, run, state_folder, until
from harness.clients import CHECKPASS_DOORS, DOORS, OK, REFUSED
from harness.evidence import assert_nowhere
from harness.postgres import VERIFIER
from harness.site import Site

ACCOUNT = "alice@example.org"


class WithPlugin(Site):
    """The recommended set-up: the plugin where it can be, apppassd behind sasl_checkpass."""

    def __init__(self, state):
        super().__init__(state, BUILD)
        self.door = Apppassd(self.state / "door", BUILD)

    def start_door(self, **options):
        self.door.create(self.postgres.conninfo(VERIFIER, tcp=True),
                         apppassd_cyrus_proc=self.cyrus.proc, **options).start()

    def cyrus_options(self):
        self.start_door()
        return {**super().cyrus_options(), "sasl_pwcheck_method": "saslauthd",
                "sasl_saslauthd_path": self.door.socket}

    def stop(self):
        self.door.stop()
        super().stop()


class WithoutPlugin(WithPlugin):
    """The other one: no plugin, apppassd for everybody, with a socket in smtpd's jail."""

    def cyrus_options(self):
        (self.plugins / "libapppass.so").unlink()
        jail = folder(folder(self.postfix.queue) / "run", self.door.user)
        self.start_door(apppassd_socket=f"{self.door.socket} {jail}/mux")
        return {**super(WithPlugin, self).cyrus_options(), "sasl_apppass_conninfo": None,
                "sasl_pwcheck_method": "saslauthd", "sasl_saslauthd_path": self.door.socket}

    def smtpd_conf(self):
        return "mech_list: PLAIN LOGIN\npwcheck_method: saslauthd\nsaslauthd_path: /run/mux\n"


@pytest.fixture(scope="module", params=[WithPlugin, WithoutPlugin],
                ids=["with the plugin", "without the plugin"])
def site(request):
    running = request.param(state_folder())
    try:
        running.create(processes=1)
        running.add_account(ACCOUNT)
        yield running
    finally:
        running.destroy()


@pytest.fixture(scope="module")
def code(site):
    return site.issue(ACCOUNT, "laptop", "--force")


# What a server says to a wrong password and to an outage.  timsieved, and pop3d after
# USER and PASS, have one text for every failure; no answer of ours changes that.
WRONG = {
    "imap AUTHENTICATE": "NO authentication failure",
    "imap LOGIN": "NO Login failed: authentication failure",
    "pop3 AUTH": "-ERR [AUTH] authenticating: authentication failure",
    "pop3 USER/PASS": "-ERR [AUTH] Invalid login",
    "sieve AUTHENTICATE": 'NO "Authentication Error"',
    "http Basic": "401 Unauthorized",
    "smtp AUTH": "535 5.7.8 Error: authentication failed",
}
OUTAGE_BY_DAEMON = {
    **WRONG,
    "imap AUTHENTICATE": "NO generic failure",
    "imap LOGIN": "NO Login failed: generic failure",
    "pop3 AUTH": "-ERR [AUTH] authenticating: generic failure",
    "http Basic": "500 Internal Server Error",
    "smtp AUTH": "454 4.7.0 Temporary authentication failure",
}
OUTAGE_BY_PLUGIN = {
    **OUTAGE_BY_DAEMON,
    "imap AUTHENTICATE": "NO remote authentication server unavailable",
    "pop3 AUTH": "-ERR [AUTH] authenticating: remote authentication server unavailable",
}


def words(table, door):
    return table[" ".join(door.split(",")[0].split()[:2])]


def outage_words(site, door):
    plugin = not isinstance(site, WithoutPlugin) and door not in CHECKPASS_DOORS
    return words(OUTAGE_BY_PLUGIN if plugin else OUTAGE_BY_DAEMON, door)


@pytest.fixture
def outage(site):
    yield site.postgres
    site.postgres.resume()
    if not site.postgres.daemon.pid():
        site.postgres.start()


def test_doors_are_the_ones_we_mean(site):
    assert {words(WRONG, door) for door in DOORS} == set(WRONG.values())
    assert (site.plugins / "libapppass.so").exists() != isinstance(site, WithoutPlugin)


@pytest.mark.parametrize("door", DOORS)
def test_open_to_the_code_alone(site, code, door):
    assert site.knock(door, ACCOUNT, code).meaning == OK
    refused = site.knock(door, ACCOUNT, "hunter2")
    assert refused.meaning == REFUSED and words(WRONG, door) in refused.text
    assert site.knock(door, "bob@example.org", code) == refused
    assert site.knock(door, ACCOUNT, code).meaning == OK


def test_revoke_shuts_them_all(site):
    lost = site.issue(ACCOUNT, "lost phone", "--force")
    for door in DOORS:
        assert site.knock(door, ACCOUNT, lost).meaning == OK, door
    site.apppass("revoke", ACCOUNT, "--device", "lost phone", "--reason", "lost", "--yes")
    for door in DOORS:
        reply = site.knock(door, ACCOUNT, lost)
        assert reply.meaning == REFUSED and words(WRONG, door) in reply.text, door


def test_database_stopped(site, code, outage):
    outage.stop()
    for door in DOORS:
        assert outage_words(site, door) in site.knock(door, ACCOUNT, code).text, door
    assert f"apppass: unavailable: user={ACCOUNT} service=pop" in site.door.log.read_text()
    outage.start()
    for door in DOORS:
        until(lambda: site.knock(door, ACCOUNT, code).meaning == OK, f"{door} to open", 60)


@pytest.mark.parametrize("door", ["imap LOGIN", "pop3 USER/PASS", "http Basic",
                                  "imap AUTHENTICATE PLAIN", "smtp AUTH PLAIN"])
def test_database_hanging(site, code, outage, door):
    assert site.knock(door, ACCOUNT, code).meaning == OK
    outage.hang()
    started = time.monotonic()
    assert outage_words(site, door) in site.knock(door, ACCOUNT, code).text
    assert time.monotonic() - started < 7   # apppass_timeout, 5 s, and a little
    outage.resume()
    until(lambda: site.knock(door, ACCOUNT, code).meaning == OK, f"{door} to open", 60)


@pytest.mark.parametrize("door", CHECKPASS_DOORS)
def test_daemon_restarted(site, code, door):
    """Not there for a moment: temporary; then at once as before."""
    assert site.knock(door, ACCOUNT, code).meaning == OK
    site.door.stop()
    assert words(OUTAGE_BY_DAEMON, door) in site.knock(door, ACCOUNT, code).text
    site.door.start()
    assert site.knock(door, ACCOUNT, code).meaning == OK


def test_services_as_the_servers_name_them(site):
    """A code for one service opens its doors and no other."""
    reader = site.issue(ACCOUNT, "reader", "--service", "imap", "--force")
    calendar = site.issue(ACCOUNT, "calendar", "--service", "dav", "--force")
    for door in DOORS:
        protocol = door.split()[0]
        assert (site.knock(door, ACCOUNT, reader).meaning == OK) == (protocol == "imap"), door
        assert (site.knock(door, ACCOUNT, calendar).meaning == OK) == (protocol == "http"), door


def test_network(site):
    """
    A code of a network opens every door from inside and none from outside.  Who the client is,
    apppassd finds in Cyrus IMAP's files; smtpd and timsieved without the plugin have none.
    """
    inside = site.issue(ACCOUNT, "office", "--network", "127.0.0.0/8", "--force")
    outside = site.issue(ACCOUNT, "shop", "--network", "192.0.2.0/24", "--force")
    for door in DOORS:
        known = not isinstance(site, WithoutPlugin) or not door.startswith(("smtp", "sieve"))
        assert (site.knock(door, ACCOUNT, inside).meaning == OK) == known, door
        assert site.knock(door, ACCOUNT, outside).meaning == REFUSED, door
    log = site.door.log.read_text()
    for service in ("imap", "pop", "HTTP"):
        assert f"verdict=network_denied user={ACCOUNT} service={service} client=127.0.0.1 " in log


def test_access_rule(site, code):
    """A rule by network decides at the checkpass doors too."""
    site.apppass("access", "add", "deny", "--network", "127.0.0.0/8", "--position", "1",
                 "--reason", "test")
    try:
        for door in CHECKPASS_DOORS:
            assert site.knock(door, ACCOUNT, code).meaning == REFUSED, door
    finally:
        site.apppass("access", "remove", "1", "--reason", "test")
    for door in CHECKPASS_DOORS:
        assert site.knock(door, ACCOUNT, code).meaning == OK, door


def test_first_use_from_a_network(site):
    """Such a use is known by its network, and announced, at each of these doors."""
    for door in CHECKPASS_DOORS:
        device = "first " + door.replace("/", " ")
        fresh = site.issue(ACCOUNT, device, "--force")
        assert site.knock(door, ACCOUNT, fresh).meaning == OK
        until(lambda: site.postgres.psql(
            "SELECT u.network FROM apppass.code_use AS u JOIN apppass.code AS c ON c.id = u.code_id "
            f"JOIN apppass.device AS d ON d.id = c.device_id WHERE d.label = '{device}'")
            == "127.0.0.0/24", f"{door}: the use with its network")


def test_unreadable_files(site):
    """Without the right to read Cyrus IMAP's files a client is unknown, and the log says why."""
    inside = site.issue(ACCOUNT, "attic", "--network", "127.0.0.0/8", "--force")
    site.cyrus.proc.chmod(0o700)
    try:
        run(["setfacl", "-b", site.cyrus.proc])
        assert site.knock("imap LOGIN", ACCOUNT, inside).meaning == REFUSED
        assert "could not read Cyrus IMAP's file of a client" in site.door.log.read_text()
    finally:
        site.cyrus.show_clients(apppass=site.door.user)
    assert site.knock("imap LOGIN", ACCOUNT, inside).meaning == OK


def test_nothing_typed_is_left(site):
    assert_nowhere(site, site.typed)
    log = site.door.log.read_text()
    for _, typed in site.typed:
        assert typed not in log and typed.replace("-", "")[4:] not in log
