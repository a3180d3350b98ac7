# SPDX-License-Identifier: BSD-2-Clause
"""Apple profiles: whose servers they name, what is in them, signed and not."""

import os
import plistlib
import stat

import pytest

from conftest import ADMINISTRATOR, CODE, NUMBERS
from harness.basics import run


@pytest.fixture
def account(desk):
    """An account in a realm that names its servers."""
    realm = f"profiles{next(NUMBERS)}.example"
    desk.ok("realm", "add", realm, "imap_host=imap.example.org", "smtp_host=smtp.example.org",
            "smtp_port=587", user=ADMINISTRATOR)
    return desk.account(realm=realm)


def settings(profile):
    """The one payload of a profile."""
    assert (profile["PayloadType"], profile["PayloadVersion"]) == ("Configuration", 1)
    payload, = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.mail.managed"
    assert payload["PayloadUUID"] != profile["PayloadUUID"]
    return payload


def servers(payload):
    return tuple(payload[f"{way}MailServer{what}"] for way in ("Incoming", "Outgoing")
                 for what in ("HostName", "PortNumber"))


def issue(desk, account, folder, *options, device="iPhone"):
    return desk.ok("issue", account, "--device", device, "--mobileconfig",
                   folder / "mail.mobileconfig", *options)


def test_calendars_and_contacts(desk, folder):
    """Where the realm names a server for them, and the code opens it."""
    realm = f"profiles{next(NUMBERS)}.example"
    desk.ok("realm", "add", realm, "imap_host=imap.example.org", "smtp_host=smtp.example.org",
            "dav_host=dav.example.org", "dav_port=8443", user=ADMINISTRATOR)
    account = desk.account(realm=realm)
    issue(desk, account, folder)
    profile = plistlib.loads((folder / "mail.mobileconfig").read_bytes())
    mail, calendars, contacts = profile["PayloadContent"]
    assert calendars["CalDAVPassword"] == contacts["CardDAVPassword"] == mail["IncomingPassword"]
    assert calendars["CalDAVUsername"] == contacts["CardDAVUsername"] == account
    assert (calendars["CalDAVHostName"], calendars["CalDAVPort"]) == ("dav.example.org", 8443)
    assert (contacts["CardDAVHostName"], contacts["CardDAVPort"]) == ("dav.example.org", 8443)
    assert len({payload["PayloadIdentifier"] for payload in profile["PayloadContent"]}) == 3
    (folder / "mail.mobileconfig").unlink()
    issue(desk, account, folder, "--service", "imap,smtp", device="iPad")
    assert settings(plistlib.loads((folder / "mail.mobileconfig").read_bytes()))


def test_servers_of_the_realm(desk, account, folder):
    answer = issue(desk, account, folder, device="Ayşe's <iPhone> & 電話")
    file = folder / "mail.mobileconfig"
    profile = plistlib.loads(file.read_bytes())
    payload = settings(profile)
    assert servers(payload) == ("imap.example.org", 993, "smtp.example.org", 587)
    assert payload["EmailAccountType"] == "EmailTypeIMAP"
    assert payload["EmailAddress"] == account
    assert payload["IncomingMailServerUsername"] == payload["OutgoingMailServerUsername"] == account
    assert payload["IncomingMailServerUseSSL"] is payload["OutgoingMailServerUseSSL"] is True
    assert payload["OutgoingPasswordSameAsIncomingPassword"] is True
    assert profile["PayloadDescription"] == "Ayşe's <iPhone> & 電話"
    code = payload["IncomingPassword"]
    assert CODE.fullmatch(code) and code not in answer.out
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    done = desk.ok("check", account, "--service", "imap", "--verifier",
                   desk.server.conninfo("postgres"), text=code)
    assert "accepted" in done.out


def test_options_override_the_realm(desk, account, folder):
    issue(desk, account, folder, "--imap-host", "[2001:db8::1]:10993", "--smtp-host", "mx.example.net")
    payload = settings(plistlib.loads((folder / "mail.mobileconfig").read_bytes()))
    assert servers(payload) == ("2001:db8::1", 10993, "mx.example.net", 465)


def test_reset_writes_one_too(desk, account, folder):
    old = desk.code(account, "iPhone")
    made = desk.json("reset", account, "--device", "iPhone", "--reason", "new phone",
                     "--mobileconfig", folder / "p")
    payload = settings(plistlib.loads((folder / "p").read_bytes()))
    assert made["code"] is None and payload["IncomingPassword"][:4] == made["selector"] != old[:4]


@pytest.mark.parametrize("options, missing", [
    ([], "IMAP"), (["--imap-host", "imap.example.org"], "submission"), (["--dry-run"], "IMAP")])
def test_nobody_names_a_server(desk, folder, options, missing):
    account = desk.account()
    answer = desk.run("issue", account, "--device", "iPhone", "--mobileconfig", folder / "p",
                      *options)
    assert answer.status == 1 and f"names no {missing} server" in answer.err
    assert f"apppass realm set default {'imap' if missing == 'IMAP' else 'smtp'}_host=" in answer.err
    assert desk.json("list", account) == [] and not (folder / "p").exists()


def test_servers_are_policy(desk, folder):
    """Set, shown, audited; seen by the helpdesk of that realm alone."""
    desk.ok("realm", "add", "servers.example", "imap_host=imap.example.org", user=ADMINISTRATOR)
    shown = desk.json("realm", "set", "servers.example", "imap_port=10993", "smtp_host=2001:db8::25",
                      "--reason", "moved", user=ADMINISTRATOR)
    assert (shown["imap_host"], shown["imap_port"]) == ("imap.example.org", 10993)
    assert (shown["smtp_host"], shown["smtp_port"]) == ("2001:db8::25", 465)
    after = [row["after"] for row in desk.json("audit", "--realm", "servers.example")
             if row["reason"] == "moved"]
    assert after == [{"imap_port": 10993}, {"smtp_host": "2001:db8::25"}]
    desk.ok("realm", "set", "servers.example", "smtp_host=none", user=ADMINISTRATOR)
    assert desk.json("realm", "show", "servers.example")["smtp_host"] is None

    account = desk.account(realm="servers.example")
    desk.sql("CREATE ROLE ingrid LOGIN IN ROLE apppass_helpdesk;"
             "INSERT INTO apppass.realm_operator (role_name, realm_id)"
             " SELECT 'ingrid', id FROM apppass.realm WHERE name = 'servers.example'")
    answer = desk.ok("issue", account, "--device", "iPad", "--mobileconfig", folder / "p",
                     "--smtp-host", "s.example", user="ingrid")
    assert "Profile" in answer.out
    assert desk.run("realm", "show", "default", user="ingrid").status == 1


@pytest.mark.parametrize("setting, said", [
    ("imap_port=0", "a port is 1 to 65535"), ("code_length=19", "16, 20, 24 or 28"),
    ("max_codes=0", "1 to 10000"), ("argon2_passes=99", "1 to 16")])
def test_policy_out_of_range(desk, setting, said):
    answer = desk.run("realm", "set", "default", setting, user=ADMINISTRATOR)
    assert answer.status == 1 and said in answer.err and "row" not in answer.err


def test_host_that_the_database_refuses(desk):
    """A database may be stricter than the tool; its own message would show the whole row."""
    desk.ok("realm", "add", "strict-hosts.example", user=ADMINISTRATOR)
    desk.sql("ALTER TABLE apppass.realm RENAME CONSTRAINT realm_hosts_form TO kept;"
             "ALTER TABLE apppass.realm ADD CONSTRAINT realm_hosts_form CHECK (imap_host <> 'no.example')")
    try:
        answer = desk.run("realm", "set", "strict-hosts.example", "imap_host=no.example",
                          user=ADMINISTRATOR)
    finally:
        desk.sql("ALTER TABLE apppass.realm DROP CONSTRAINT realm_hosts_form;"
                 "ALTER TABLE apppass.realm RENAME CONSTRAINT kept TO realm_hosts_form")
    assert answer.status == 1 and "without a port; nothing was changed" in answer.err, answer
    assert "row" not in answer.err


@pytest.mark.parametrize("host, good", [
    ("::1", True), ("2001:db8::1", True), ("::ffff:192.0.2.1", True), ("192.0.2.1", True),
    ("a", True), ("xn--mll-0na.example", True), (".1:2:3", False), ("1:2:3", False),
    ("[::1]", False), ("fe80::1%lo", False), ("-a", False), ("a_b", False), ("a.", False)])
def test_hosts_of_a_realm(desk, host, good):
    """What the tool takes, the database takes."""
    answer = desk.run("realm", "set", "default", f"imap_host={host}", "--dry-run", user=ADMINISTRATOR)
    assert answer.status == (0 if good else 2) and "row" not in answer.err, answer


def test_realm_names(desk):
    answer = desk.run("realm", "add", "default", user=ADMINISTRATOR)
    assert answer.status == 1 and "already" in answer.err and "realm set default" in answer.err
    answer = desk.run("realm", "add", "@example.org", user=ADMINISTRATOR)
    assert answer.status == 1 and "without @" in answer.err


# ---- signed ----

@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    """A root, an intermediate, and a certificate for signing; made by openssl."""
    place = tmp_path_factory.mktemp("signer")

    def make(name, issuer, extension):
        run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", place / f"{name}.key", "-out", place / f"{name}.csr", "-subj", f"/CN={name}"])
        (place / "extensions").write_text(extension)
        signed_by = (["-signkey", place / f"{name}.key"] if issuer is None else
                     ["-CA", place / f"{issuer}.pem", "-CAkey", place / f"{issuer}.key",
                      "-CAcreateserial"])
        run(["openssl", "x509", "-req", "-in", place / f"{name}.csr", "-days", "2", "-extfile",
             place / "extensions", "-out", place / f"{name}.pem", *signed_by])

    make("root", None, "basicConstraints=critical,CA:true\n")
    make("between", "root", "basicConstraints=critical,CA:true\n")
    make("helpdesk", "between", "keyUsage=digitalSignature\nextendedKeyUsage=emailProtection\n")
    return place


def signing(signer):
    return ["--certificate", signer / "helpdesk.pem", "--certificate-key", signer / "helpdesk.key",
            "--certificate-chain", signer / "between.pem"]


def test_signed_profile_verifies(desk, account, folder, signer):
    issue(desk, account, folder, *signing(signer))
    file = folder / "mail.mobileconfig"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    for program in ("cms", "smime"):
        run(["openssl", program, "-verify", "-inform", "der", "-binary", "-in", file, "-CAfile",
             signer / "root.pem", "-signer", folder / "signer", "-out", folder / "plain"])
        payload = settings(plistlib.loads((folder / "plain").read_bytes()))
        assert servers(payload) == ("imap.example.org", 993, "smtp.example.org", 587)
        assert payload["IncomingPassword"][:4] == desk.json("list", account)[0]["selector"]
        assert (folder / "signer").read_text().strip().endswith("END CERTIFICATE-----")


def test_altered_profile_does_not_verify(desk, account, folder, signer):
    """The check above could fail."""
    issue(desk, account, folder, *signing(signer))
    file = folder / "mail.mobileconfig"
    file.write_bytes(file.read_bytes().replace(b"imap.example.org", b"imap.example.xxx"))
    with pytest.raises(Exception, match="(?i)digest|verif"):
        run(["openssl", "cms", "-verify", "-inform", "der", "-binary", "-in", file, "-CAfile",
             signer / "root.pem", "-out", folder / "plain"])


@pytest.mark.parametrize("option, wrong", [
    ("--certificate", "/nonexistent"), ("--certificate-key", "root.key"),
    ("--certificate-chain", "/nonexistent")])
def test_what_cannot_be_signed_is_not_issued(desk, account, folder, signer, option, wrong):
    words = signing(signer)
    words[words.index(option) + 1] = signer / wrong
    answer = desk.run("issue", account, "--device", "iPhone", "--mobileconfig", folder / "p", *words)
    assert answer.status == 1 and "could not sign the profile; nothing was issued" in answer.err
    assert desk.json("list", account) == [] and not (folder / "p").exists()
