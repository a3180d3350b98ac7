# SPDX-License-Identifier: BSD-2-Clause
"""The plugin beside the stock mechanisms, and beside programs that never asked for it."""

import os
import shutil
import subprocess

import pytest

from harness.basics import ROOT, folder, run, state_folder, until
from harness.clients import OK, REFUSED, Smtp, b64
from harness.evidence import Watch
from harness.postfix import Postfix


@pytest.fixture(scope="module")
def stock(site):
    """A Postfix with the plugin installed and not configured: passwords from a sasldb."""
    server = Postfix(state_folder() / "postfix")
    try:
        server.create(site.plugins, "mech_list: PLAIN LOGIN CRAM-MD5\npwcheck_method: auxprop\n"
                      f"auxprop_plugin: sasldb\nsasldb_path: {server.queue}/sasldb\n")
        # The jail is where smtpd looks for it.
        inside = server.queue / str(server.queue).lstrip("/")
        inside.mkdir(parents=True)
        run(["saslpasswd2", "-p", "-c", "-f", inside / "sasldb", "-u", "mail.example.org", "bob"],
            input="bobs password")
        os.chmod(inside / "sasldb", 0o644)
        yield server.start()
    finally:
        server.destroy()
        shutil.rmtree(server.state.parent)


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
def test_unconfigured_program_keeps_its_passwords(stock, mechanism):
    with Smtp(stock.port) as client:
        assert any("CRAM-MD5" in line for line in client.extensions)
        assert getattr(client, mechanism)("bob@mail.example.org", "bobs password").meaning == OK
    with Smtp(stock.port) as client:
        assert getattr(client, mechanism)("bob@mail.example.org", "another").meaning == REFUSED
    assert "apppass:" not in stock.log.read_text()


def test_stock_mechanisms_are_installed_here(site):
    """Otherwise the tests beside this one would show nothing."""
    names = {path.name for path in site.plugins.iterdir()}
    assert {"libplain.so", "liblogin.so", "libapppass.so"} <= names


def test_stock_plain_never_answers(site, account, code):
    """With both installed, a refusal is ours: the stock mechanism's words are in no log."""
    watch = Watch(site)
    for door in ("smtp AUTH PLAIN", "smtp AUTH LOGIN", "imap AUTHENTICATE PLAIN",
                 "imap AUTHENTICATE LOGIN"):
        assert site.knock(door, account, "wrong").meaning == REFUSED
    assert len(watch.outcomes(4)) == 4
    assert "Password verification failed" not in watch.text()


@pytest.mark.parametrize("order", ["ours first", "stock first"])
def test_load_order_does_not_matter(site, account, code, order):
    """Which module readdir finds first is luck; ours answers either way."""
    state = state_folder()
    ours, stock = folder(state / "ours"), folder(state / "stock")
    for module in site.plugins.iterdir():
        (ours if "apppass" in module.name else stock).joinpath(module.name).symlink_to(module)
    search = [ours, stock] if order == "ours first" else [stock, ours]
    server = Postfix(state / "postfix")
    try:
        server.create(":".join(map(str, search)), site.smtpd_conf()).start()
        for mechanism in (Smtp.auth_plain, Smtp.auth_login):
            site.typed.append((account, code))
            with Smtp(server.port) as client:
                assert "250-AUTH PLAIN LOGIN" in client.extensions
                assert mechanism(client, account, code).meaning == OK
    finally:
        server.destroy()
        shutil.rmtree(state)


def test_token_mechanism_beside(site, account, code):
    """Webmail by token, the rest by codes: each of mech_list is answered by its own."""
    state = state_folder()
    plugins = folder(state / "sasl2")
    for module in site.plugins.iterdir():
        (plugins / module.name).symlink_to(module)
    run(["cc", "-shared", "-fPIC", "-o", plugins / "libbearer.so",
         ROOT / "tests" / "mail" / "bearer.c"])
    server = Postfix(state / "postfix")
    token = b64(f"user={account}\1auth=Bearer token of {account}\1\1")
    other = b64(f"user={account}\1auth=Bearer token of another\1\1")
    try:
        server.create(plugins, site.smtpd_conf().replace("PLAIN LOGIN", "PLAIN LOGIN XOAUTH2"))
        server.start()
        site.typed.append((account, code))
        for reply, expected in (
                (lambda client: client.reply(b"AUTH XOAUTH2 " + token), OK),
                (lambda client: client.reply(b"AUTH XOAUTH2 " + other), REFUSED),
                (lambda client: client.auth_plain(account, code), OK),
                (lambda client: client.auth_plain(account, f"token of {account}"), REFUSED)):
            with Smtp(server.port) as client:
                assert any("XOAUTH2" in line for line in client.extensions)
                assert reply(client).meaning == expected
    finally:
        server.destroy()
        shutil.rmtree(state)


def test_plugin_viewer(site):
    """saslpluginviewer, an unconfigured SASL program, lists the stock PLAIN once."""
    listing = subprocess.run(["saslpluginviewer", "-s"], capture_output=True, text=True,
                             check=True, env={**os.environ, "SASL_PATH": str(site.plugins)}).stdout
    assert listing.count('SASL mechanism: PLAIN') == 1
    assert listing.count('SASL mechanism: LOGIN') == 1


@pytest.mark.parametrize("option", ["apppass_timeout: soon", "apppass_timeout: 0",
                                    "apppass_fallback: perhaps"])
def test_wrong_option_is_temporary_failure(site, account, code, option):
    """A typo in the configuration locks out, temporarily, and says why; it opens nothing."""
    server = Postfix(state_folder() / "postfix")
    try:
        server.create(site.plugins, site.smtpd_conf() + option + "\n").start()
        for mechanism in (Smtp.auth_plain, Smtp.auth_login):
            with Smtp(server.port) as client:
                site.typed.append((account, code))
                assert mechanism(client, account, code).text.startswith("454 4.7.0"), option
        until(lambda: option.split(":")[0] in server.log.read_text(), "the option's name in the log")
    finally:
        server.destroy()
        shutil.rmtree(server.state.parent)
