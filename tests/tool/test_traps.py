# SPDX-License-Identifier: BSD-2-Clause
"""Functions and operators that somebody else left in schema public are never called."""

import pytest

from conftest import ADMINISTRATOR, HELPDESK
from harness.basics import Failure

# For every function and operator of pg_catalog that takes "any type", one that fits better.
TRAPS = r"""
SET search_path = pg_catalog;
CREATE FUNCTION public.trapped() RETURNS text LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
DO $$
DECLARE
    f record;
    kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['text', 'bigint', 'integer', 'boolean', 'inet', 'cidr', 'jsonb',
                                'timestamptz', 'interval'] LOOP
        FOR f IN
            SELECT DISTINCT p.proname, p.prokind, (
                SELECT string_agg(CASE WHEN t::regtype::text IN ('anyarray', 'anycompatiblearray')
                                       THEN kind || '[]'
                                       WHEN t::regtype::text LIKE '"any"' OR t::regtype::text LIKE 'any%'
                                       THEN kind ELSE t::regtype::text END, ', ' ORDER BY o)
                FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, o)) AS arguments
            FROM pg_proc AS p
            WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
              AND p.prorettype <> 'internal'::regtype
              AND EXISTS (SELECT FROM unnest(p.proargtypes) AS t WHERE t::regtype::text LIKE '%any%')
              AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) AS t
                              WHERE t::regtype::text IN ('internal', 'anyrange', 'anymultirange', 'anyenum'))
        LOOP
            BEGIN
                EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE sql'
                               ' AS ''SELECT public.trapped()''', f.proname, f.arguments);
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
        EXECUTE format('CREATE OR REPLACE FUNCTION public.jsonb_build_object(text, %s) RETURNS jsonb LANGUAGE sql'
                       ' AS ''SELECT public.trapped()::jsonb''', kind);
        EXECUTE format('CREATE OR REPLACE FUNCTION public.format(text, %s) RETURNS text LANGUAGE sql'
                       ' AS ''SELECT public.trapped()''', kind);
        EXECUTE format('CREATE FUNCTION public.trap(%1$s, %1$s) RETURNS boolean LANGUAGE sql'
                       ' AS ''SELECT public.trapped() IS NULL''', kind);
        EXECUTE format('CREATE FUNCTION public.trap(%1$s[], %1$s[]) RETURNS boolean LANGUAGE sql'
                       ' AS ''SELECT public.trapped() IS NULL''', kind);
        EXECUTE format('CREATE FUNCTION public.trap(%s, text) RETURNS text LANGUAGE sql'
                       ' AS ''SELECT public.trapped()''', kind || CASE kind WHEN 'text' THEN '[]' ELSE '' END);
        EXECUTE format('CREATE OPERATOR public.= (FUNCTION = public.trap, LEFTARG = %1$s[], RIGHTARG = %1$s[])', kind);
        BEGIN
            EXECUTE format('CREATE OPERATOR public.= (FUNCTION = public.trap, LEFTARG = %1$s, RIGHTARG = %1$s)', kind);
            EXECUTE format('CREATE OPERATOR public.|| (FUNCTION = public.trap, LEFTARG = %s, RIGHTARG = text)', kind);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""


@pytest.fixture(scope="module")
def traps(server):
    server.psql("CREATE SCHEMA IF NOT EXISTS public", "postgres")
    server.psql(TRAPS, "postgres")
    yield
    server.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public", "postgres")


def test_the_traps_work(traps, desk):
    """A session that looks in public would fall in."""
    for sql in ("SELECT jsonb_build_object('a'::text, 'b'::text)",
                "SELECT array_to_string(ARRAY['a'], ' ')",
                "SELECT format('%s', 'a'::text)"):
        with pytest.raises(Failure, match="trapped"):
            desk.sql(sql)


def test_no_command_falls_into_a_trap(traps, desk, folder):
    (folder / "people").write_text("account\ntrap-person@example.org\n")
    account = desk.account("trap")
    (folder / "phones").write_text(f"account,device\n{account},Tablet\n")
    code = desk.issue(account, "Phone", "--service", "imap", "--network", "192.0.2.0/24")
    desk.sql(f"SELECT apppass.record_refusal('wrong_code', '{account}', NULL, 'imap', NULL)")
    for words in (["list"], ["list", account], ["show", code[:4], account], ["diagnose", account],
                  ["diagnose", "nobody@example.org"], ["account", "list"], ["account", "show", account],
                  ["unused"], ["audit", account], ["metrics"], ["realm", "show"],
                  ["realm", "show", "default"], ["realm", "show", "defualt"], ["access", "list"],
                  ["maintain", "--dry-run"], ["complete", "--", "list", ""],
                  ["issue", "--batch", folder / "phones", "--output", folder / "codes"],
                  ["reset", account, "--device", "Phone", "--reason", "x", "--force"],
                  ["revoke", account, "--device", "Fone", "--reason", "x", "--yes"],
                  ["revoke", account, "--all", "--reason", "x", "--yes"]):
        answer = desk.run(*words, user=HELPDESK)
        assert "trapped" not in answer.out + answer.err, answer
    for words in (["account", "import", folder / "people"], ["audit", "verify"],
                  ["realm", "set", "default", "max_codes=99"], ["access", "add", "deny", "--dry-run"],
                  ["account", "mfa", account, "on", "--reason", "x"], ["doctor"]):
        answer = desk.run(*words, user=ADMINISTRATOR)
        assert "trapped" not in answer.out + answer.err, answer
    desk.ok("realm", "set", "default", "max_codes=100", user=ADMINISTRATOR)


def test_watch_falls_into_no_trap(traps, desk, terminal):
    account = desk.account("trap")
    screen = terminal("watch", account).expect("atching")
    code = desk.issue(account)
    screen.expect(code[:4])
    assert screen.interrupt().finish() < 0
    assert "trapped" not in screen.text
