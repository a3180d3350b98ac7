# SPDX-License-Identifier: BSD-2-Clause
"""store.c against real servers, healthy, slow, gone and hostile."""

import contextlib
import time

import psycopg2
import pytest

from conftest import (ALICE, PASSWORD, PROBE, Driver, calls, conninfo, issue, pooler,
                      reset_statements, statements, terminate)
from harness.basics import free_port, run, state_folder, until


def backends(server):
    return server.psql("SELECT string_agg(pid::text, ',' ORDER BY pid) FROM pg_stat_activity"
                       f" WHERE usename = '{PROBE}'", "postgres")


def uses(server, code):
    return int(server.psql(
        f"SELECT count(*) FROM apppass.code_use WHERE code_id = {code.id}", "postgres"))


# ---- the lookup itself ----

def test_the_row_is_read(server, driver):
    code = issue(server, driver)
    row = driver.open(conninfo(server)).lookup(selector=code.selector)
    assert (row.outcome, row.verdict, row.code_id) == ("ok", "accepted", code.id)
    assert (row.username, row.hash, row.record_due) == (ALICE, code.hash, True)
    assert driver.log == []


def test_names_are_folded_and_the_canonical_one_returned(server, driver):
    code = issue(server, driver)
    row = driver.open(conninfo(server)).lookup("Alice@Example.ORG", code.selector)
    assert (row.verdict, row.username) == ("accepted", ALICE)


@pytest.mark.parametrize("user, selector, verdict", [
    ("nobody@example.org", "0000", "unknown_user"),
    (ALICE, "zzzz", "unknown_code"),
    (ALICE, None, "main_password"),
    ("' OR true --", "0000", "unknown_user"),
    ("%s%n", "';--", "unknown_user"),
])
def test_refusals_are_answers_and_carry_no_hash(server, driver, user, selector, verdict):
    row = driver.open(conninfo(server)).lookup(user, selector)
    assert (row.outcome, row.verdict, row.hash) == ("ok", verdict, "")


def test_unknown_service_and_client(server, driver):
    code = issue(server, driver)
    row = driver.open(conninfo(server)).lookup(ALICE, code.selector, None, None)
    assert row.verdict == "accepted"


def test_over_tcp_with_a_quoted_password(server, driver):
    assert driver.open(conninfo(server, tcp=True)).lookup().outcome == "ok"


def test_one_statement_for_a_warm_login(server, driver):
    driver.open(conninfo(server))
    for _ in range(5):
        driver.lookup()
    reset_statements(server)
    for _ in range(20):
        assert driver.lookup().outcome == "ok"
    ran = statements(server)
    assert sum(ran.values()) == 20 and calls(server, "lookup") == 20, ran


def test_the_session_is_hardened_and_named(server, driver):
    driver.open(conninfo(server) + " options='-c work_mem=5MB'", idle=77, timeout=3000)
    driver.lookup()
    shown = server.psql(f"SELECT application_name FROM pg_stat_activity"
                        f" WHERE usename = '{PROBE}'", "postgres")
    assert shown == "apppass"
    # A role of the same name as the session's shows what its options are.
    server.psql("""
        CREATE OR REPLACE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.service := left(concat_ws('/', current_setting('idle_session_timeout'),
                current_setting('statement_timeout'), current_setting('work_mem'),
                current_setting('synchronous_commit')), 32);
            RETURN NEW;
        END $$;
        CREATE TRIGGER spy BEFORE INSERT ON apppass.refusal FOR EACH ROW
        EXECUTE FUNCTION public.spy()""", "postgres")
    try:
        driver.ask("refusal", "revoked", ALICE, 0, "imap", "192.0.2.1")
        driver.ask("drain")
        assert driver.log == []
        assert server.psql("SELECT service FROM apppass.refusal ORDER BY at DESC LIMIT 1",
                           "postgres") == "77s/3500ms/5MB/off"
    finally:
        server.psql("DROP TRIGGER spy ON apppass.refusal; DROP FUNCTION public.spy()",
                    "postgres")


def test_the_users_application_name_stays(server, driver):
    driver.open(conninfo(server) + " application_name=mail7")
    driver.lookup()
    assert server.psql("SELECT application_name FROM pg_stat_activity"
                       f" WHERE usename = '{PROBE}'", "postgres") == "mail7"


# ---- settings ----

@pytest.mark.parametrize("text", [
    "host=/tmp password=open sesame",
    "nonsense",
    "passw0rd=sesame",
    "postgresql://a:sesame@[::1",
    "host=a,b port=1,2,3",
    "sslmode=maybe",
])
def test_a_broken_conninfo_is_refused_without_quoting_it(driver, text):
    answer, = driver.ask("open", text, 0, 1000)
    assert answer != "ok" and answer
    assert "sesame" not in answer


def test_a_service_file_with_hosts_and_session_attributes(server, driver, tmp_path):
    file = tmp_path / "services"
    file.write_text(f"[mail]\nhost={server.socket},{server.socket}\nport={server.port}\n"
                    f"dbname=apppass\nuser={PROBE}\ntarget_session_attrs=read-write\n")
    other = Driver({"PGSERVICEFILE": str(file)})
    other.open("service=mail")
    # Everything was read at the start, as a chroot would require.
    file.unlink()
    assert other.lookup().outcome == "ok"
    other.end()


def test_a_passfile_is_read_before_it_is_out_of_reach(server, driver, tmp_path):
    file = tmp_path / "pass"
    quoted = PASSWORD.replace(":", "\\:")
    file.write_text(f"127.0.0.1:{server.port}:apppass:{PROBE}:{quoted}\n")
    file.chmod(0o600)
    driver.open(server.conninfo(PROBE, tcp=True) + f" passfile={file}")
    file.unlink()
    assert driver.lookup().outcome == "ok"


def test_a_wrong_password_is_an_outage_and_not_logged(server, driver):
    driver.open(server.conninfo(PROBE, tcp=True) + " password=mistaken")
    assert driver.lookup().outcome == "unavailable"
    assert any("28P01" in line and "authentication failed" in line for line in driver.log)
    assert "mistaken" not in "".join(driver.log)


# ---- connections that go away ----

def test_a_terminated_backend_is_replaced_unseen(server, driver):
    driver.open(conninfo(server)).lookup()
    for _ in range(4):
        terminate(server)
        assert driver.lookup().outcome == "ok"
    assert driver.logs == []


def test_a_restarted_server_is_found_again_unseen(server, driver):
    driver.open(conninfo(server)).lookup()
    server.stop()
    server.start()
    assert driver.lookup().outcome == "ok"
    assert driver.logs == []


def test_the_idle_timeout_closes_and_the_next_lookup_reconnects(server, driver):
    driver.open(conninfo(server), idle=1).lookup()
    first = backends(server)
    assert first
    until(lambda: not backends(server), "the idle connection to be closed")
    assert driver.lookup().outcome == "ok"
    assert backends(server) != first
    assert driver.logs == []


def test_a_record_after_the_idle_timeout_is_not_lost(server, driver):
    """A closed connection loses none; only a connect too slow for a record may, so try again."""
    code = issue(server, driver)
    driver.open(conninfo(server), idle=1)
    driver.ask("use", code.id, "imap", "192.0.2.1")
    driver.ask("drain")
    for service in ("smtp", "pop", "sieve"):
        until(lambda: not backends(server), "the idle connection to be closed")
        driver.ask("use", code.id, service, "192.0.2.1")
        driver.ask("drain")
        if uses(server, code) == 2:
            return
    pytest.fail(f"no record came in: {driver.logs}")


def test_a_backend_killed_during_the_lookup(server, driver):
    driver.open(conninfo(server), timeout=10000).lookup()
    server.psql("""
        ALTER FUNCTION apppass.service_name(text) RENAME TO service_name_kept;
        CREATE FUNCTION apppass.service_name(text) RETURNS text LANGUAGE plpgsql STABLE AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(4711);
            RETURN apppass.service_name_kept($1);
        END $$""", "postgres")
    try:
        holder = psycopg2.connect(server.conninfo("postgres"))
        holder.cursor().execute("SELECT pg_advisory_lock(4711)")
        driver.send("lookup", ALICE, "0000", "imap", "192.0.2.1")
        waiting = ("SELECT count(*) FROM pg_stat_activity WHERE usename = "
                   f"'{PROBE}' AND wait_event_type = 'Lock'")
        until(lambda: server.psql(waiting, "postgres") == "1", "the lookup to wait")
        terminate(server)
        until(lambda: server.psql(waiting, "postgres") == "1", "the lookup to be repeated")
        holder.close()
        assert driver.reply()[0] == "ok"
    finally:
        server.psql("""
            DROP FUNCTION apppass.service_name(text);
            ALTER FUNCTION apppass.service_name_kept(text) RENAME TO service_name""",
                    "postgres")


def test_who_comes_late_ends_no_connection(server, driver):
    driver.open(conninfo(server)).lookup()
    kept = backends(server)
    server.hang()
    late = driver.ask("lookup-within", 50, ALICE, "0000", "imap", "192.0.2.1")
    assert late[0] == "unavailable"
    assert driver.log == ["could not look up a login: too little of its time was left when its"
                          " turn came"]
    # The answer is still to come: neither is the next one's time enough.
    assert driver.ask("lookup-within", 50, ALICE, "0000", "imap", "192.0.2.1")[0] == "unavailable"
    server.resume()
    row = driver.lookup(ALICE, "zzzz")
    assert (row.outcome, row.verdict) == ("ok", "unknown_code")
    assert backends(server) == kept


def test_who_comes_late_is_no_reason_to_back_off(server, driver):
    driver.open(conninfo(server))
    server.hang()
    assert driver.ask("lookup-within", 50, ALICE, "0000", "imap", "192.0.2.1")[0] == "unavailable"
    assert not any("database" in line for line in driver.log), driver.log
    server.resume()
    assert driver.lookup().outcome == "ok"
    assert driver.log == []


def test_a_fork_leaves_the_parents_connection_alone(server, driver):
    driver.open(conninfo(server)).lookup()
    parent = backends(server)
    for command in ("fork", "fork"):
        assert driver.lookup(command=command).outcome == "ok"
    driver.ask("fork-free")
    assert backends(server) == parent
    assert driver.lookup().outcome == "ok"
    assert backends(server) == parent
    assert driver.logs == []


def test_a_fork_leaves_the_parents_tls_session_alone(tls_server, driver):
    driver.open(conninfo(tls_server, tcp=True) + " sslmode=require").lookup()
    parent = backends(tls_server)
    assert tls_server.psql("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                           f" WHERE ssl AND usename = '{PROBE}'", "postgres") == "1"
    assert driver.lookup(command="fork").outcome == "ok"
    driver.ask("fork-free")
    assert driver.lookup().outcome == "ok"
    assert backends(tls_server) == parent


def shown_serial(server):
    """The number of the certificate that the server shows."""
    shown = run(["openssl", "s_client", "-starttls", "postgres", "-connect", f"localhost:{server.port}"],
                input="")
    return run(["openssl", "x509", "-noout", "-serial"], input=shown)


def test_a_renewed_certificate_disturbs_nobody(tls_server, driver):
    where = conninfo(tls_server, tcp=True).replace("127.0.0.1", "localhost")
    driver.open(f"{where} sslmode=verify-full sslrootcert={tls_server.authority}")
    assert driver.lookup().outcome == "ok"
    before, serial = backends(tls_server), shown_serial(tls_server)
    tls_server.renew()
    until(lambda: shown_serial(tls_server) != serial, "the new certificate")
    assert driver.lookup().outcome == "ok" and backends(tls_server) == before
    terminate(tls_server)
    assert driver.lookup().outcome == "ok" and backends(tls_server) != before
    assert driver.logs == []


def test_a_child_of_a_pending_record_does_not_read_its_answer(server, driver):
    code = issue(server, driver)
    driver.open(conninfo(server)).lookup()
    driver.ask("use", code.id, "imap", "192.0.2.1")
    assert driver.lookup(command="fork").outcome == "ok"
    assert driver.lookup().outcome == "ok"
    assert uses(server, code) == 1


def test_descriptors_do_not_leak(server, driver, silence):
    driver.open(conninfo(server)).lookup()
    before = driver.ask("descriptors")
    for _ in range(5):
        terminate(server)
        driver.lookup()
        driver.lookup(command="fork")
    assert driver.ask("descriptors") == before
    driver.ask("close")
    driver.open(f"host=127.0.0.1 port={silence.port} user=x dbname=x", timeout=300)
    before = driver.ask("descriptors")
    driver.lookup()
    assert driver.ask("descriptors") == before


def test_a_path_that_died_while_nobody_looked_is_replaced(server, driver, proxy):
    info = conninfo(server, tcp=True).replace(f"port={server.port}", f"port={proxy.port}")
    driver.open(info, timeout=2000).lookup()
    idle = ("SELECT now() - state_change > '5.2 s' FROM pg_stat_activity"
            f" WHERE usename = '{PROBE}'")
    until(lambda: server.psql(idle, "postgres") == "t", "the connection to be idle for long")
    proxy.die()
    row = driver.lookup()
    assert row.outcome == "ok" and row.elapsed < 1500
    # In use until now and dead: who asks then has to come again.
    proxy.die()
    row = driver.lookup()
    assert row.outcome == "unavailable" and row.elapsed < 2300
    assert driver.lookup().outcome == "ok"


# ---- outages ----

def test_a_stopped_server_is_unavailable_at_once_and_comes_back(server, driver):
    driver.open(conninfo(server)).lookup()
    server.stop()
    row = driver.lookup()
    assert row.outcome == "unavailable" and row.elapsed < 500
    line, = driver.log
    assert line.startswith("database unreachable: ") and line.endswith("trying again in 1 s")
    # libpq's hint is on a line of its own, behind a tab.
    assert "; Is the server running" in line
    # While backing off: at once, and without another line.
    row = driver.lookup()
    assert row.outcome == "unavailable" and row.elapsed < 50 and driver.log == []
    server.start()
    until(lambda: driver.lookup().outcome == "ok", "the verifier to come back")
    assert driver.logs[-1] == "database reachable again"


def test_the_pause_between_connects_grows_and_is_logged_once(driver, slammer):
    driver.open(f"host=127.0.0.1 port={slammer.port} user=x dbname=x sslmode=disable"
                " gssencmode=disable", timeout=500)
    started = time.monotonic()
    for count in (1, 2, 3):
        until(lambda count=count: driver.lookup().outcome == "unavailable"
              and slammer.count == count, "the next connect")
    assert time.monotonic() - started > 0.875 + 1.75
    line, = driver.logs
    assert "trying again in 1 s" in line


def test_a_hanging_server_ends_within_the_timeout(server, driver):
    driver.open(conninfo(server), timeout=700).lookup()
    server.hang()
    row = driver.lookup()
    assert row.outcome == "unavailable" and 650 <= row.elapsed < 1000
    assert driver.log == ["could not look up a login: no answer in time"]
    row = driver.lookup()     # the kept connection is gone; now it hangs in connecting
    assert row.outcome == "unavailable" and row.elapsed < 1000
    assert "did not answer in time" in driver.log[0]
    assert driver.lookup().elapsed < 50
    server.resume()
    until(lambda: driver.lookup().outcome == "ok", "the verifier to come back")


def test_a_silent_port_ends_within_the_timeout(driver, silence):
    driver.open(f"host=127.0.0.1 port={silence.port} user=x dbname=x", timeout=400)
    row = driver.lookup()
    assert row.outcome == "unavailable" and 350 <= row.elapsed < 700


def test_a_black_hole_ends_within_the_timeout(driver, black_hole):
    driver.open(f"host=127.0.0.1 port={black_hole.port} user=x dbname=x", timeout=400)
    row = driver.lookup()
    assert row.outcome == "unavailable" and row.elapsed < 700


def test_records_do_not_wait_for_an_outage(driver, black_hole):
    driver.open(f"host=127.0.0.1 port={black_hole.port} user=x dbname=x", timeout=5000)
    assert int(driver.ask("use", 1, "imap", "192.0.2.1")[1]) < 1400
    assert int(driver.ask("use", 1, "imap", "192.0.2.1")[1]) < 50


def test_too_many_connections_are_waited_out(server, driver):
    server.psql("ALTER ROLE apppass_probe CONNECTION LIMIT 1", "postgres")
    try:
        holder = psycopg2.connect(conninfo(server))
        driver.open(conninfo(server), timeout=6000)
        driver.send("lookup", ALICE, "0000", "imap", "192.0.2.1")
        refused = 'too many connections for role "apppass_probe"'
        until(lambda: server.log.read_text().count(refused) >= 2, "the connect to be repeated")
        holder.close()
        assert driver.reply()[0] == "ok"
    finally:
        server.psql("ALTER ROLE apppass_probe CONNECTION LIMIT -1", "postgres")


def test_missing_rights_and_a_missing_schema_say_what_to_do(server, driver):
    server.psql("CREATE ROLE apppass_stranger LOGIN", "postgres")
    try:
        driver.open(server.conninfo("apppass_stranger"))
        assert driver.lookup().outcome == "unavailable"
        assert driver.log[0].endswith("has this role been granted apppass_verifier?")
        assert driver.lookup().outcome == "unavailable" and driver.log == []
        driver.ask("close")
        driver.open(server.conninfo("apppass_stranger", database="postgres"))
        assert driver.lookup().outcome == "unavailable"
        assert "is the schema apppass deployed" in driver.log[0]
        driver.ask("close")
    finally:
        server.psql("DROP ROLE apppass_stranger", "postgres")


# ---- several hosts ----

def two_hosts(first, second, extra=""):
    """A conninfo for (host, port) twice."""
    quoted = PASSWORD.replace("'", "\\'")
    return (f"host={first[0]},{second[0]} port={first[1]},{second[1]} dbname=apppass"
            f" user={PROBE} password='{quoted}' {extra}")


def test_a_black_holed_first_host_leaves_time_for_the_second(server, driver, black_hole):
    driver.open(two_hosts(("127.0.0.1", black_hole.port), ("127.0.0.1", server.port)),
                timeout=2000)
    row = driver.lookup()
    assert row.outcome == "ok" and 400 < row.elapsed < 1500
    # It is tried last for a while.
    terminate(server)
    row = driver.lookup()
    assert row.outcome == "ok" and row.elapsed < 400


def test_a_silent_first_host_leaves_time_for_the_second(server, driver, silence):
    driver.open(two_hosts(("127.0.0.1", silence.port), ("127.0.0.1", server.port)),
                timeout=2000)
    assert driver.lookup().outcome == "ok"


def test_connect_timeout_shortens_a_hosts_share(server, driver, silence):
    driver.open(two_hosts(("127.0.0.1", silence.port), ("127.0.0.1", server.port),
                          "connect_timeout=1"), timeout=6000)
    row = driver.lookup()
    assert row.outcome == "ok" and 900 < row.elapsed < 1800


def test_a_refusing_first_host(server, driver):
    driver.open(two_hosts(("127.0.0.1", free_port()), ("127.0.0.1", server.port)))
    row = driver.lookup()
    assert row.outcome == "ok" and row.elapsed < 500


def test_a_name_with_a_dead_first_address(server, driver, black_hole):
    # "localhost" without a port list: libpq goes from address to address by itself.
    driver.open(f"host=localhost,127.0.0.1 port={black_hole.port},{server.port}"
                f" dbname=apppass user={PROBE} password='probe-s3cret \\'x\\''", timeout=2000)
    assert driver.lookup().outcome == "ok"


def test_standby_and_primary(pair, driver):
    code = issue(pair.primary, driver)
    pair.caught_up()
    standby = (str(pair.standby.socket), pair.standby.port)
    primary = (str(pair.primary.socket), pair.primary.port)

    # A lookup on the standby is as good; a record there says what to do, once.
    driver.open(conninfo(pair.standby))
    row = driver.lookup(selector=code.selector)
    assert (row.verdict, row.hash) == ("accepted", code.hash)
    for _ in range(3):
        driver.ask("use", code.id, "imap", "192.0.2.1")
        driver.ask("drain")
    assert len(driver.logs) == 1 and "apppass_record_conninfo" in driver.logs[0]
    assert driver.lookup(selector=code.selector).outcome == "ok"
    driver.ask("close")

    for attributes, expected in [
            ("any", pair.standby), ("primary", pair.primary), ("read-write", pair.primary),
            ("standby", pair.standby), ("read-only", pair.standby),
            ("prefer-standby", pair.standby)]:
        driver.open(two_hosts(standby, primary, f"target_session_attrs={attributes}"))
        assert driver.lookup().outcome == "ok", attributes
        assert backends(expected), attributes
        driver.ask("close")
        until(lambda: not backends(expected), "the session to end")

    # Preferring a standby looks at all hosts, and makes do with a primary.
    driver.open(two_hosts(primary, standby, "target_session_attrs=prefer-standby"))
    assert driver.lookup().outcome == "ok" and backends(pair.standby)
    driver.ask("close")
    driver.open(two_hosts(primary, primary, "target_session_attrs=prefer-standby"))
    assert driver.lookup().outcome == "ok"
    driver.ask("close")

    # Promotion: the old primary dies, the connection moves.
    driver.open(two_hosts(primary, standby, "target_session_attrs=primary"))
    assert driver.lookup().outcome == "ok"
    pair.primary.kill()
    pair.standby.psql("SELECT pg_promote()", "postgres")
    until(lambda: driver.lookup(selector=code.selector).outcome == "ok",
          "the promoted standby to be found")
    driver.ask("use", code.id, "imap", "192.0.2.1")
    driver.ask("drain")
    assert uses(pair.standby, code) == 1


def test_a_demoted_primary_is_left(server, driver):
    code = issue(server, driver)
    driver.open(conninfo(server) + " target_session_attrs=primary").lookup()
    before = backends(server)
    server.psql("ALTER SYSTEM SET default_transaction_read_only = on", "postgres")
    server.psql("SELECT pg_reload_conf()", "postgres")
    until(lambda: server.psql("SHOW default_transaction_read_only", "postgres") == "on",
          "the server to be read-only")
    driver.ask("use", code.id, "imap", "192.0.2.1")
    driver.ask("drain")
    assert driver.lookup().outcome == "ok"
    assert backends(server) != before


# ---- recording ----

def test_a_use_is_recorded_once(server, driver):
    code = issue(server, driver)
    driver.open(conninfo(server))
    assert driver.lookup(selector=code.selector).record_due
    driver.ask("use", code.id, "imap", "192.0.2.1")
    assert not driver.lookup(selector=code.selector).record_due
    assert uses(server, code) == 1
    assert driver.lookup(selector=code.selector, client="198.51.100.1").record_due


def test_refusals_and_main_passwords_are_recorded(server, driver):
    code = issue(server, driver)
    driver.open(conninfo(server))
    driver.ask("refusal", "revoked", ALICE, code.id, "imap", "192.0.2.1")
    driver.ask("refusal", "not_a_code", "nobody@example.org", 0, None, None)
    driver.ask("main", ALICE, "imap", "192.0.2.1")
    driver.ask("drain")
    assert driver.logs == []
    last = server.psql("SELECT verdict, code_id, service, client FROM apppass.refusal"
                       f" WHERE code_id = {code.id} OR account_id IS NULL"
                       " ORDER BY at DESC LIMIT 2", "postgres").splitlines()
    assert last == ["not_a_code|||", f"revoked|{code.id}|imap|192.0.2.1"]


def test_a_hash_is_upgraded_only_from_what_it_was(server, driver):
    code = issue(server, driver)
    # Not below policy, or the database refuses it.
    new = issue(server, driver).hash.replace("m=64,t=1", "m=19456,t=2")
    driver.open(conninfo(server))
    driver.ask("upgrade", code.id, "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA", new)
    driver.ask("drain")
    assert driver.lookup(selector=code.selector).hash == code.hash
    driver.ask("upgrade", code.id, code.hash, new)
    assert driver.lookup(selector=code.selector).hash == new
    assert driver.logs == []


def test_a_blocked_record_does_not_block_logins(server, driver):
    code = issue(server, driver)
    server.psql("""
        CREATE FUNCTION public.block() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_advisory_xact_lock(4712); RETURN NEW; END $$;
        CREATE TRIGGER block BEFORE INSERT ON apppass.code_use FOR EACH ROW
        EXECUTE FUNCTION public.block();
        ALTER FUNCTION public.block() SET lock_timeout = 0""", "postgres")
    try:
        holder = psycopg2.connect(server.conninfo("postgres"))
        holder.cursor().execute("SELECT pg_advisory_lock(4712)")
        driver.open(conninfo(server), timeout=2000).lookup()
        assert int(driver.ask("use", code.id, "imap", "192.0.2.1")[1]) < 100
        row = driver.lookup()
        assert row.outcome == "ok" and row.elapsed < 1500
        assert driver.log == ["could not record a use: no answer in time"]
        # No further records for a while, so no further waits.
        driver.ask("use", code.id, "imap", "192.0.2.1")
        row = driver.lookup()
        assert row.outcome == "ok" and row.elapsed < 200
        holder.close()
        # But a few seconds later they are written again.
        until(lambda: driver.ask("use", code.id, "imap", "192.0.2.1") and uses(server, code),
              "uses to be recorded again", timeout=10)
    finally:
        server.psql("DROP TRIGGER block ON apppass.code_use; DROP FUNCTION public.block()",
                    "postgres")


def test_the_last_record_before_the_end_arrives(server, driver):
    code = issue(server, driver)
    driver.open(conninfo(server)).lookup()
    driver.ask("use", code.id, "imap", "192.0.2.1")
    driver.ask("close")
    assert uses(server, code) == 1


# ---- PgBouncer ----

def test_the_last_record_is_not_lost_in_a_poolers_queue(server, driver, bouncer):
    code = issue(server, driver)
    driver.open(bouncer.conninfo()).lookup()
    holders = [psycopg2.connect(bouncer.conninfo()) for _ in range(2)]
    for holder in holders:
        holder.cursor().execute("SELECT 1")     # has a server connection until it commits
    driver.ask("use", code.id, "imap", "192.0.2.1")
    driver.send("close")
    for holder in holders:
        holder.commit()
        holder.close()
    assert driver.reply() == ["ok"]
    assert uses(server, code) == 1

def test_a_transaction_pooler_works(server, driver, bouncer):
    code = issue(server, driver)
    other = Driver()
    for one in (driver, other):
        one.open(bouncer.conninfo())
    for i in range(20):
        row = (driver, other)[i % 2].lookup(selector=code.selector)
        assert (row.outcome, row.verdict) == ("ok", "accepted")
    driver.ask("use", code.id, "imap", "192.0.2.1")
    assert not driver.lookup(selector=code.selector).record_due
    assert driver.logs == [] and other.logs == []
    other.end()


def test_a_pooler_that_drops_the_startup_options(server, driver, tmp_path):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    dropping = pooler(server, tmp_path / "pgbouncer", ignore_startup_parameters="options",
                      server_lifetime=1)
    try:
        others = [Driver() for _ in range(3)]
        for one in others:
            one.open(dropping.conninfo())
        # Prepared on one server connection, executed on another: not known there.
        for _ in range(10):
            for one in others:
                assert one.lookup().outcome == "ok"
        server.psql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                    f" WHERE usename = '{PROBE}'", "postgres")
        for one in others:
            until(lambda one=one: one.lookup().outcome == "ok", "the pooler to recover")
            assert not any("prepared" in line for line in one.logs)
            one.end()
    finally:
        dropping.stop()


def test_a_pool_shared_with_somebody_hostile(server, driver, bouncer):
    """Who has the verifier's login, and prepares a lookup that lets everybody in."""
    driver.open(bouncer.conninfo())
    for _ in range(5):
        assert driver.lookup(selector="zzzz").verdict == "unknown_code"
    names = [psycopg2.connect(bouncer.conninfo()) for _ in range(2)]
    for one in names:
        one.cursor().execute("SELECT 1")        # each has one of the two server connections
    for one in names:
        cursor = one.cursor()
        cursor.execute("DEALLOCATE ALL")
        cursor.execute("PREPARE apppass_lookup (text, text, text, inet) AS SELECT 'accepted'::text, 1::bigint,"
                       f" '{ALICE}'::text, '$2b$04$' || repeat('a', 53), 8, 1, 1, false, 1::bigint,"
                       " pg_backend_pid()")
        one.commit()
        one.close()
    for _ in range(5):
        assert driver.lookup(selector="zzzz").verdict == "unknown_code"
    assert driver.logs == []


def test_a_restarted_pooler_is_found_again(driver, bouncer):
    driver.open(bouncer.conninfo()).lookup()
    bouncer.stop()
    assert driver.lookup().outcome == "unavailable"
    bouncer.start()
    until(lambda: driver.lookup().outcome == "ok", "the verifier to come back")


def test_a_pooler_ends_idle_clients_unseen(server, driver, tmp_path):
    """It never passes idle_session_timeout on: client_idle_timeout stands in for it."""
    state = state_folder()
    ending = pooler(server, state / "pgbouncer", client_idle_timeout=1, log_disconnections=1)
    try:
        driver.open(ending.conninfo())
        assert driver.lookup().outcome == "ok"
        until(lambda: "closing because: client_idle_timeout" in ending.daemon.output.read_text(),
              "the pooler to end the session")
        assert driver.lookup().outcome == "ok"
        assert driver.logs == []
    finally:
        ending.destroy()
        state.rmdir()


# ---- the schema changes under a running process ----

def test_a_redeployed_lookup_is_used(server, driver):
    driver.open(conninfo(server))
    for _ in range(5):
        driver.lookup()
    definition = server.psql("SELECT pg_get_functiondef('apppass.lookup'::regproc)", "postgres")
    server.psql("DROP FUNCTION apppass.lookup(text, text, text, inet);\n"
                "SET ROLE apppass_owner;\n" + definition + ";\n"
                "GRANT EXECUTE ON FUNCTION apppass.lookup(text, text, text, inet)"
                " TO apppass_verifier;\n"
                "REVOKE ALL ON FUNCTION apppass.lookup(text, text, text, inet) FROM PUBLIC",
                "postgres")
    assert driver.lookup().outcome == "ok"
    assert driver.logs == []


COLUMNS = {"verdict": "text", "code_id": "bigint", "account_name": "text", "hash": "text",
           "memory_kib": "integer", "passes": "integer", "lanes": "integer",
           "record_due": "boolean", "account_id": "bigint"}
ROW = {"verdict": "'accepted'", "code_id": "7", "account_name": "'alice@example.org'",
       "hash": "'$2b$'", "memory_kib": "19456", "passes": "2", "lanes": "1",
       "record_due": "true", "account_id": "5"}


def with_row(**columns):
    values = {**ROW, **columns}
    return "SELECT " + ", ".join(f"({values[name]})::{kind}" for name, kind in COLUMNS.items())


@contextlib.contextmanager
def stand_in(server, answer):
    """Another lookup in place of the real one."""
    columns = ", ".join(" ".join(column) for column in COLUMNS.items())
    server.psql(f"""
        BEGIN;
        ALTER FUNCTION apppass.lookup(text, text, text, inet) RENAME TO lookup_kept;
        CREATE FUNCTION apppass.lookup(text, text, text, inet) RETURNS TABLE ({columns})
        LANGUAGE sql AS $body$ {answer} $body$;
        GRANT EXECUTE ON FUNCTION apppass.lookup(text, text, text, inet)
        TO apppass_verifier;
        COMMIT""", "postgres")
    try:
        yield
    finally:
        server.psql("BEGIN; DROP FUNCTION apppass.lookup(text, text, text, inet);"
                    "ALTER FUNCTION apppass.lookup_kept RENAME TO lookup; COMMIT", "postgres")


@pytest.mark.parametrize("answer, selector, good", [
    pytest.param(with_row(), "0000", True, id="as expected"),
    pytest.param(with_row(memory_kib="NULL", passes="NULL", lanes="NULL"), "0000", True,
                 id="without a policy"),
    pytest.param(with_row(verdict="'welcome'"), "0000", False, id="unknown verdict"),
    pytest.param(with_row(verdict="NULL"), "0000", False, id="no verdict"),
    pytest.param(with_row(hash="NULL"), "0000", False, id="no hash"),
    pytest.param(with_row(hash="''"), "0000", False, id="empty hash"),
    pytest.param(with_row(hash="repeat('x', 384)"), "0000", False, id="long hash"),
    pytest.param(with_row(account_name="NULL"), "0000", False, id="no name"),
    pytest.param(with_row(account_name="repeat('x', 256)"), "0000", False, id="long name"),
    pytest.param(with_row(), None, False, id="accepted without a code"),
    pytest.param(with_row() + " UNION ALL " + with_row(code_id="8"), "0000", False,
                 id="two rows"),
    pytest.param(with_row() + " LIMIT 0", "0000", False, id="no row"),
])
def test_an_answer_that_makes_no_sense_is_an_outage(server, driver, answer, selector, good):
    with stand_in(server, answer):
        row = driver.open(conninfo(server)).lookup(selector=selector)
    if good:
        assert (row.outcome, row.verdict, row.hash) == ("ok", "accepted", "$2b$")
        assert driver.log == []
    else:
        assert (row.outcome, row.verdict, row.hash) == ("unavailable", "none", "")
        assert "does not make sense" in driver.log[0]


@pytest.mark.parametrize("verdict", ["revoked", "unknown_user", "main_password"])
def test_a_refusal_never_carries_a_hash(server, driver, verdict):
    with stand_in(server, with_row(verdict=f"'{verdict}'")):
        row = driver.open(conninfo(server)).lookup()
    assert (row.outcome, row.verdict, row.hash) == ("ok", verdict, "")
