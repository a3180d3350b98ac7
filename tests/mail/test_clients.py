# SPDX-License-Identifier: BSD-2-Clause
"""Clients that come over IPv6, and behind a proxy that says who they are."""

import shutil

import pytest

from harness.basics import state_folder, until
from harness.clients import OK, REFUSED, Imap, Smtp
from harness.postfix import Postfix


def networks(site, account):
    """Where the codes of an account were used from."""
    return set(site.postgres.psql(
        "SELECT u.network FROM apppass.code_use AS u JOIN apppass.code AS c ON c.id = u.code_id"
        " JOIN apppass.account AS a ON a.id = c.account_id"
        f" WHERE a.username = '{account}'").split())


@pytest.fixture
def inside(site, account):
    return site.issue(account, "inside", "--network", "::1/128", "--network", "2001:db8::/32")


@pytest.fixture
def outside(site, account):
    return site.issue(account, "outside", "--network", "127.0.0.0/8", "--force")


@pytest.mark.parametrize("login", [Imap.authenticate_plain, Imap.login])
def test_over_ipv6(site, account, inside, outside, login):
    """The plugin has the address from imapd, apppassd from Cyrus IMAP's file of the client."""
    for code, expected in ((inside, OK), (outside, REFUSED)):
        site.typed.append((account, code))
        with Imap(site.cyrus.ports["imap"], host="::1") as client:
            assert login(client, account, code).meaning == expected
    until(lambda: networks(site, account) == {"::/48"}, "the use with its network")


@pytest.fixture(scope="module")
def proxied(site):
    server = Postfix(state_folder() / "postfix")
    server.overrides = {"smtpd_upstream_proxy_protocol": "haproxy", "inet_protocols": "all"}
    try:
        yield server.create(site.plugins, site.smtpd_conf()).start()
    finally:
        server.destroy()
        shutil.rmtree(server.state.parent)


def test_behind_a_proxy(site, proxied, account, inside, outside):
    """The client's address counts, and not the proxy's."""
    header = "PROXY TCP6 2001:db8:1:2::3 2001:db8::25 4711 587"
    for code, expected in ((inside, OK), (outside, REFUSED)):
        site.typed.append((account, code))
        with Smtp(proxied.port, first=header) as client:
            assert client.auth_plain(account, code).meaning == expected
    until(lambda: networks(site, account) == {"2001:db8:1::/48"}, "the use with its network")
