# SPDX-License-Identifier: BSD-2-Clause
"""The doctor on a sound site, and on every fault it is to find."""

import json
import shutil
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

from conftest import BUILD, TOOL, Desk, environment
from harness.basics import run, state_folder
from harness.logoutd import conninfo
from harness.tls import TlsSite


@pytest.fixture(scope="module")
def site():
    running = TlsSite(state_folder(), BUILD)
    try:
        yield running.create()
    finally:
        running.destroy()


@pytest.fixture
def desk(site):
    return Desk(site.postgres)


class Patient:
    """The configuration of the site, copied so that a test may break it."""

    def __init__(self, site, desk, folder):
        self.site, self.desk, self.folder = site, desk, folder
        self.postfix = folder / "postfix"
        shutil.copytree(site.postfix.config, self.postfix)
        self.smtpd = self.postfix / "sasl" / "smtpd.conf"
        self.change(self.postfix / "main.cf", str(site.postfix.config), str(self.postfix))
        self.cyrus = folder / "imapd.conf"
        for name in ("imapd.conf", "cyrus.conf"):
            shutil.copy(site.cyrus.state / name, folder)
        self.plugins = site.plugins

    @staticmethod
    def change(path, old, new):
        text = path.read_text()
        assert old in text, (path, text)
        path.write_text(text.replace(old, new))

    def add(self, path, line):
        path.write_text(path.read_text() + line + "\n")

    def examine(self, *words, user="ada", **extra):
        answer = self.desk.run("doctor", "--json", "--postfix", self.postfix, "--cyrus",
                               self.cyrus, *words, user=user, SASL_PATH=str(self.plugins), **extra)
        return answer, answer.json()

    def faults(self, **options):
        answer, rows = self.examine(**options)
        found = [row for row in rows if row["state"] == "fault"]
        assert answer.status == (1 if found else 0)
        assert all(row["fix"] for row in found)
        return found


@pytest.fixture
def patient(site, desk, folder):
    return Patient(site, desk, folder)


def test_sound_site(patient):
    answer, rows = patient.examine()
    assert answer.status == 0 and not [row for row in rows if row["fix"]], answer
    lines = {(row["check"], row["detail"]) for row in rows if row["state"] == "ok"}
    text = "\n".join(f"{check}: {detail}" for check, detail in lines)
    for expected in ("database: apppass on", "roles: mail servers ask as apppass_mail",
                     "grants: least rights", "plugin: PLAIN and LOGIN are answered by apppass first",
                     "postfix: reaches the database, as the user postfix, from inside",
                     "cyrus: reaches the database, as the user cyrus",
                     "cyrus: says where its clients are, to nobody", "apppassd: answers at",
                     "upkeep: partitions", "postfix: offers PLAIN LOGIN", "cyrus: offers PLAIN LOGIN"):
        assert expected in text, text


def test_schema_is_current_for_its_owner(patient):
    _, rows = patient.examine(user="apppass_deployer")
    assert ("schema", "ok") in {(row["check"], row["state"]) for row in rows}, rows


def test_doctor_for_people(patient, terminal, site):
    answer = patient.desk.run("doctor", "--postfix", patient.postfix, "--cyrus", patient.cyrus,
                              user="ada", SASL_PATH=str(patient.plugins))
    assert answer.status == 0
    assert all(line.startswith(("ok ", "note ")) for line in answer.out.splitlines())


# ---- what mail programs see ----

PORTS = ("smtp", "imap", "pop3", "sieve", "https")


def ports_of(rows, state):
    return {row["check"] for row in rows if row["check"] in PORTS and row["state"] == state}


def test_ends_with_a_login_at_every_port(patient):
    _, rows = patient.examine()
    asked = [row for row in rows[-7:] if row["check"] != "http"]     # IMAP over IPv6 too
    assert len(asked) == 6 and ports_of(asked, "ok") == set(PORTS), rows
    assert all("refuses a code of no account" in row["detail"] for row in asked), rows


def test_all_is_set_and_nobody_can_log_in(patient, site):
    """No certificate: each check of the configuration is good, and no program sends a password."""
    with site.without_certificate():
        answer, rows = patient.examine()
    assert answer.status == 1, answer
    assert {row["check"] for row in rows if row["state"] == "fault"} == set(PORTS), rows
    assert all("certificate" in row["fix"] for row in rows if row["state"] == "fault"), rows


def test_certificate_that_ends_soon_is_a_warning(patient, site):
    with site.certificate_for(3):
        answer, rows = patient.examine()
    assert answer.status == 0 and ports_of(rows, "warning") == set(PORTS), rows


@pytest.mark.parametrize("name, unit", [("cyrus", "cyrus-imapd"), ("postfix", "postfix")])
def test_a_server_that_does_not_run_is_one_fault(patient, site, name, unit):
    server = getattr(site, name)
    server.stop()
    try:
        fault, = patient.faults()
    finally:
        server.start()
    assert fault["check"] == name and "does not run: nobody answers" in fault["detail"], fault
    assert f"systemctl start {unit}" in fault["fix"], fault


def test_a_port_of_a_server_that_runs(patient, site):
    """Configured, and the server not told yet."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    patient.change(patient.folder / "cyrus.conf", f"127.0.0.1:{site.cyrus.ports['pop']}",
                   f"127.0.0.1:{port}")
    fault, = patient.faults()
    assert fault["check"] == "pop3" and f"port {port} nobody answers" in fault["detail"], fault


def test_servers_that_know_ipv6_alone(patient):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    patient.change(patient.folder / "cyrus.conf", "SERVICES {\n",
                   f'SERVICES {{\n  six cmd="imapd" listen="{port}" proto="tcp6"\n')
    for line in ("inet_protocols = ipv6", "inet_interfaces = loopback-only"):
        patient.add(patient.postfix / "main.cf", line)
    patient.add(patient.postfix / "master.cf",
                f"{port} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes")
    faults = patient.faults()
    assert ({(row["check"], row["detail"].partition(" nobody")[0]) for row in faults}
            == {("imap", f"::1 port {port}"), ("smtp", f"::1 port {port}")}), faults


def test_a_server_that_hangs(patient):
    """Ports are asked side by side: two that say nothing take no longer than one."""
    with socket.create_server(("127.0.0.1", 0)) as silent, \
            socket.create_server(("127.0.0.1", 0)) as other:
        services = "".join(f'  hang{n} cmd="imapd" listen="127.0.0.1:{each.getsockname()[1]}"\n'
                           for n, each in enumerate((silent, other, silent, other)))
        patient.change(patient.folder / "cyrus.conf", "SERVICES {\n", "SERVICES {\n" + services)
        started = time.monotonic()
        faults = patient.faults()
        took = time.monotonic() - started
    assert ["does not answer within 10 s" in row["detail"] for row in faults] == [True] * 4, faults
    assert took < 25, took


def test_no_mail_server_here(desk, folder):
    """A machine with the database only."""
    answer = desk.run("doctor", "--json", "--postfix", folder, "--cyrus", folder / "imapd.conf")
    rows = answer.json()
    assert rows[-1]["check"] == "ports" and rows[-1]["state"] == "note", rows
    assert "none was tried" in rows[-1]["detail"] and not ports_of(rows, "ok"), rows


# ---- what is set ----


# What is broken, and what the doctor must say about it.
CONFIGURATION = {
    "mech_list is missing": (
        lambda p: p.change(p.smtpd, "mech_list: PLAIN LOGIN", ""), "postfix",
        "mech_list is not set"),
    "mech_list without PLAIN": (
        lambda p: p.change(p.cyrus, "sasl_mech_list: PLAIN LOGIN", "sasl_mech_list: CRAM-MD5"),
        "cyrus", "sasl_mech_list is without PLAIN"),
    "commas in mech_list": (
        lambda p: p.change(p.smtpd, "mech_list: PLAIN LOGIN", "mech_list: PLAIN, LOGIN"),
        "postfix", "takes a comma for part of one"),
    "a domain that Postfix alone knows": (
        lambda p: p.add(p.postfix / "main.cf", "smtpd_sasl_local_domain = local.example"),
        "postfix", "smtpd_sasl_local_domain is local.example"),
    "no conninfo for Cyrus": (
        lambda p: p.change(p.cyrus, "sasl_apppass_conninfo", "#"), "cyrus",
        "sasl_apppass_conninfo is not set"),
    "misspelt option of Cyrus": (
        lambda p: p.add(p.cyrus, "sasl_apppass_timeot: 3000"), "cyrus",
        "sasl_apppass_timeot is not an option"),
    "no conninfo": (
        lambda p: p.change(p.smtpd, "apppass_conninfo", "#"), "postfix",
        "apppass_conninfo is not set"),
    "misspelt option": (
        lambda p: p.add(p.smtpd, "apppass_timeot: 3000"), "postfix",
        "apppass_timeot is not an option"),
    "value out of range": (
        lambda p: p.add(p.smtpd, "apppass_timeout: 3"), "postfix", "apppass_timeout"),
    "unix socket outside the jail": (
        lambda p: p.change(p.smtpd, "host=127.0.0.1", f"host={p.site.postgres.socket}"), "postfix",
        "from inside"),
    "wrong password": (
        lambda p: p.change(p.smtpd, p.site.postgres.password, "wrong"), "postfix",
        "does not reach the database"),
    "world-readable password": (
        lambda p: p.smtpd.chmod(0o644), "postfix", "everybody may read it"),
    "no smtpd.conf": (lambda p: p.smtpd.unlink(), "postfix", "there is no smtpd.conf"),
    "Dovecot in place of Cyrus SASL": (
        lambda p: p.change(p.postfix / "main.cf", "smtpd_sasl_type = cyrus",
                           "smtpd_sasl_type = dovecot"), "postfix", "smtpd_sasl_type is dovecot"),
    "nobody may log in": (
        lambda p: p.change(p.postfix / "master.cf", "smtpd_sasl_auth_enable=yes",
                           "smtpd_sasl_auth_enable=no"), "postfix", "no service lets anybody"),
    "no Postfix there": (
        lambda p: shutil.rmtree(p.postfix), "postfix", "postconf can't read"),
    "default domain taken off": (
        lambda p: p.add(p.cyrus, "defaultdomain: example.org"), "cyrus",
        "defaultdomain example.org is taken off"),
    "files of Cyrus closed": (
        lambda p: p.change(p.cyrus, str(p.site.cyrus.proc), str(p.folder)), "cyrus",
        "nobody else may read"),
    "ManageSieve in another folder": (
        lambda p: p.change(p.cyrus, f"sasl_apppass_cyrus_proc: {p.site.cyrus.proc}",
                           f"sasl_apppass_cyrus_proc: {p.folder}"), "cyrus",
        "sasl_apppass_cyrus_proc is"),
    "no files of Cyrus": (
        lambda p: p.change(p.cyrus, str(p.site.cyrus.proc), "/nonexistent/proc"), "cyrus",
        "No such file"),
    "no Cyrus there": (lambda p: p.cyrus.unlink(), "cyrus", "No such file"),
    "saslauthd asked without a path": (
        lambda p: p.change(p.cyrus, "sasl_saslauthd_path", "#"), "cyrus", "but not apppassd"),
    "an option twice": (
        lambda p: p.add(p.cyrus, "sasl_mech_list: PLAIN"), "cyrus", "sasl_mech_list is given twice"),
    "other passwords beside": (
        lambda p: p.change(p.cyrus, "sasl_pwcheck_method: saslauthd",
                           "sasl_pwcheck_method: saslauthd auxprop"), "cyrus", "other passwords"),
    "nobody at the socket": (
        lambda p: p.change(p.cyrus, str(p.site.apppassd.socket), "/nonexistent/mux"), "apppassd",
        "nobody answers"),
    "key file missing": (
        lambda p: p.add(p.cyrus, "sasl_apppass_key: /nonexistent/key"), "cyrus",
        "/nonexistent/key"),
    "memo that others may use": (
        lambda p: (p.add(p.cyrus, f"sasl_apppass_memo: {p.folder}/memo"),
                   (p.folder / "memo").write_bytes(b""), (p.folder / "memo").chmod(0o666)),
        "cyrus", "has mode 666"),
    "memo that is a folder": (
        lambda p: p.add(p.cyrus, f"sasl_apppass_memo: {p.folder}"), "cyrus", "not a regular file"),
}


@pytest.mark.parametrize("name", CONFIGURATION)
def test_fault_of_the_configuration(patient, name):
    destroy, check, said = CONFIGURATION[name]
    destroy(patient)
    found = patient.faults()
    assert any(row["check"] == check and said in row["detail"] for row in found), found


def test_two_included_files_are_no_fault(patient):
    """Cyrus IMAP reads both; only an option must not be there twice."""
    for name in "one", "two":
        (patient.folder / name).touch()
        patient.add(patient.cyrus, f"@include: {patient.folder / name}")
    found = patient.faults()
    assert not any("given twice" in row["detail"] for row in found), found


def test_what_only_root_may_see_is_no_fault(patient, folder):
    """An operator's own account reads no mail server's configuration."""
    tool = folder / "apppass"
    shutil.copy(TOOL, tool)
    mux = Path(patient.site.apppassd.socket)
    mode = stat.S_IMODE(mux.stat().st_mode)
    mux.chmod(0o600)
    patient.cyrus.chmod(0o644)
    done = subprocess.run(
        ["setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups", tool, "doctor",
         "--json", "--postfix", patient.postfix, "--cyrus", patient.cyrus],
        env=environment(patient.site.postgres, "ada", SASL_PATH=str(patient.plugins)), cwd="/",
        capture_output=True, text=True, check=False)
    mux.chmod(mode)
    rows = [row for row in json.loads(done.stdout) if row["check"] in ("postfix", "cyrus", "apppassd")]
    assert [row for row in rows if row["state"] == "fault"] == [], rows
    assert sum("run doctor as root" in row["detail"] for row in rows) == 3, rows


def test_near_option_is_offered(patient):
    patient.add(patient.smtpd, "apppass_timeot: 3000")
    assert patient.faults()[0]["fix"] == "apppass_timeout"
    patient.change(patient.smtpd, "apppass_timeot", "#")
    patient.add(patient.cyrus, "sasl_apppass_timeot: 3000")
    patient.change(patient.cyrus, "sasl_mech_list: PLAIN LOGIN", "")
    assert {"sasl_apppass_timeout", "sasl_mech_list: PLAIN LOGIN"} <= {
        row["fix"] for row in patient.faults()}


def test_checkpass_left_alone_is_a_note(patient):
    patient.change(patient.cyrus, "sasl_pwcheck_method: saslauthd", "")
    _, rows = patient.examine()
    assert any(row["state"] == "note" and "IMAP LOGIN" in row["detail"] for row in rows)


def test_sessions_nobody_ends_are_a_note(patient):
    patient.change(patient.cyrus, "sasl_apppass_cyrus_proc", "#")
    _, rows = patient.examine()
    notes = [row["detail"] for row in rows if row["state"] == "note"]
    assert any("ManageSieve sessions can't be ended" in note for note in notes), notes
    assert any("apppass-logoutd does not run here" in note for note in notes), notes


def test_who_ends_sessions(patient, site):
    """With each of its rights missing in turn."""
    def said(state):
        _, rows = patient.examine()
        return " ".join(row["detail"] for row in rows
                        if row["check"] == "logoutd" and row["state"] == state)

    logoutd = site.logoutd
    logoutd.create(conninfo(site.postgres), site.cyrus.proc).start()
    try:
        assert f"{logoutd.user} may not read what is in" in said("fault")
        site.cyrus.show_clients(**{"apppass-logout": logoutd.user})
        assert said("ok") == f"runs as {logoutd.user}, and may end Cyrus IMAP's sessions"
        logoutd.stop()
        logoutd.start(rights=("--inh-caps=-all", "--bounding-set=-all"))
        assert f"{logoutd.user} may not signal" in said("fault")
    finally:
        logoutd.stop()


def test_memo_to_be_made_is_a_note(patient):
    patient.add(patient.cyrus, f"sasl_apppass_memo: {patient.folder}/memo")
    _, rows = patient.examine()
    assert any(row["state"] == "note" and "not there yet" in row["detail"] for row in rows)


def test_good_key_and_memo(patient, desk):
    desk.ok("key", "new", patient.folder / "key")
    patient.add(patient.cyrus, f"sasl_apppass_key: {patient.folder}/key\n"
                               f"sasl_apppass_memo: {patient.folder}/memo")
    (patient.folder / "memo").write_bytes(b"")
    (patient.folder / "memo").chmod(0o600)
    assert patient.faults() == []


def test_plugin_is_missing(patient):
    patient.plugins = patient.folder
    assert any(row["check"] == "plugin" and "there is no libapppass.so" in row["detail"]
               for row in patient.faults())


def plugins_of_its_own(patient):
    folder = patient.folder / "sasl2"
    shutil.copytree(patient.plugins, folder, symlinks=True)
    patient.plugins = folder
    return folder


def test_plugin_does_not_load(patient):
    (plugins_of_its_own(patient) / "libapppass.so").write_bytes(b"no library")
    found = [row["detail"] for row in patient.faults() if row["check"] == "plugin"]
    assert any("does not load" in text for text in found)
    assert any("answered by plain, not by apppass" in text for text in found)


def test_module_is_missing(patient):
    module = plugins_of_its_own(patient) / "apppass" / "libapppass-module.so"
    module.unlink()
    found = [row["detail"] for row in patient.faults() if row["check"] == "plugin"]
    assert any(f"{module} does not load" in text for text in found)


def test_plugin_others_may_change(patient):
    (plugins_of_its_own(patient) / "libapppass.so").chmod(0o777)
    assert any("can be changed by others" in row["detail"] for row in patient.faults())


def test_no_module_but_a_library(patient):
    shutil.copy(BUILD / ".libs" / "libapppass.so", patient.folder / "x.so")
    library = run(["sh", "-c", "ldconfig -p | awk '/libz\\.so/ || /libsodium\\.so/ {print $NF; exit}'"])
    shutil.copy(library.strip(), plugins_of_its_own(patient) / "libapppass.so")
    assert any("is not a SASL plugin" in row["detail"] for row in patient.faults())


DATABASE = {
    "the verifier reads a table": (
        "GRANT SELECT ON apppass.code_overview TO apppass_verifier",
        "REVOKE SELECT ON apppass.code_overview FROM apppass_verifier",
        "grants", "apppass_verifier has rights on code_overview"),
    "the verifier may not look up": (
        "REVOKE EXECUTE ON FUNCTION apppass.lookup FROM apppass_verifier",
        "GRANT EXECUTE ON FUNCTION apppass.lookup TO apppass_verifier",
        "grants", "may not execute apppass.lookup"),
    "hashes can be read": (
        "GRANT SELECT (hash) ON apppass.code TO apppass_helpdesk",
        "REVOKE SELECT (hash) ON apppass.code FROM apppass_helpdesk",
        "grants", "apppass_helpdesk can read hashes"),
    "everybody has rights": (
        "GRANT SELECT ON apppass.audit_log TO PUBLIC",
        "REVOKE SELECT ON apppass.audit_log FROM PUBLIC",
        "grants", "everybody has rights on audit_log"),
    "a group that logs in": (
        "ALTER ROLE apppass_admin LOGIN", "ALTER ROLE apppass_admin NOLOGIN",
        "roles", "apppass_admin may log in"),
    "a mail server that manages codes": (
        "GRANT apppass_helpdesk TO apppass_mail", "REVOKE apppass_helpdesk FROM apppass_mail",
        "roles", "apppass_mail may ask as a mail server and manage codes"),
    "no login for mail servers": (
        "ALTER ROLE apppass_mail NOLOGIN", "ALTER ROLE apppass_mail LOGIN",
        "roles", "no login role is a member of apppass_verifier"),
    "a function is missing": (
        "ALTER FUNCTION apppass.installed RENAME TO elsewhere",
        "ALTER FUNCTION apppass.elsewhere RENAME TO installed",
        "schema", "older than this tool, or deployed in part"),
    "partitions are missing": (
        "DO $$ BEGIN EXECUTE format('ALTER TABLE apppass.refusal_%s RENAME TO elsewhere',"
        " to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')); END $$",
        "DO $$ BEGIN EXECUTE format('ALTER TABLE apppass.elsewhere RENAME TO refusal_%s',"
        " to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')); END $$",
        "upkeep", "no partition for the refusals"),
}


@pytest.mark.parametrize("name", DATABASE)
def test_fault_of_the_database(patient, name):
    destroy, repair, check, said = DATABASE[name]
    patient.desk.sql(destroy)
    try:
        found = patient.faults()
    finally:
        patient.desk.sql(repair)
    assert any(row["check"] == check and said in row["detail"] for row in found), found
    assert patient.faults() == []


@pytest.mark.parametrize("limit", [-1, 5000])
def test_a_login_that_can_take_every_connection_is_a_note(patient, limit):
    def said():
        _, rows = patient.examine()
        return [(row["state"], row["detail"]) for row in rows if row["check"] == "connections"]

    assert said() == []
    before = patient.desk.sql("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'apppass_mail'")
    patient.desk.sql(f"ALTER ROLE apppass_mail CONNECTION LIMIT {limit}")
    try:
        (state, detail), = said()
    finally:
        patient.desk.sql(f"ALTER ROLE apppass_mail CONNECTION LIMIT {before}")
    assert state == "note" and "every connection of PostgreSQL: apppass_mail;" in detail


@pytest.mark.parametrize("function, number, state, said", [
    ("schema_version", 0, "fault", "older than this tool: number 0"),
    ("schema_serves", 9, "fault", "which serves tools from number 9 on"),
    ("schema_version", 9, "note", "number 9, newer than this tool (1), and they work together"),
])
def test_newer_and_older_schema_are_told_apart(patient, function, number, state, said):
    say = ("CREATE OR REPLACE FUNCTION apppass.{}() RETURNS integer LANGUAGE sql"
           " IMMUTABLE PARALLEL SAFE RETURN {}")
    now = patient.desk.sql(f"SELECT apppass.{function}()").strip()
    patient.desk.sql(say.format(function, number))
    try:
        _, found = patient.examine()
    finally:
        patient.desk.sql(say.format(function, now))
    assert any(row["check"] == "schema" and row["state"] == state and said in row["detail"]
               for row in found), found


def test_unreachable_database(patient):
    answer, rows = patient.examine(PGHOST="/nonexistent")
    assert answer.status == 1 and rows[0]["check"] == "database"
    assert rows[0]["state"] == "fault" and "could not reach the database" in answer.err


def test_database_without_the_schema(patient):
    patient.desk.sql("CREATE DATABASE empty")
    try:
        _, rows = patient.examine(PGDATABASE="empty")
    finally:
        patient.desk.sql("DROP DATABASE empty")
    assert any(row["check"] == "schema" and "has no schema" in row["detail"] for row in rows)


def test_apppassd_without_a_database(patient, site):
    site.postgres.stop()
    try:
        answer, rows = patient.examine()
    finally:
        site.postgres.start()
    said = {(row["check"], row["state"]): row["detail"] for row in rows}
    assert answer.status == 1 and "try again" in said["apppassd", "fault"]
    assert "does not reach" in said["postfix", "fault"]
    assert "does not reach" in said["cyrus", "fault"]


def test_daemon_that_lets_anybody_in(patient):
    """Something else listens there, and says OK."""
    path = patient.folder / "mux"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)

        def serve():
            with listener.accept()[0] as peer:
                peer.recv(4096)
                peer.sendall(b"\0\2OK")
                peer.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        patient.change(patient.cyrus, str(patient.site.apppassd.socket), str(path))
        found = patient.faults()
        thread.join()
    assert any("lets anybody in" in row["detail"] for row in found)

