-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:erase to pg
-- requires: notify

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE TYPE apppass.erasure AS (account text, account_id bigint, devices bigint, codes bigint,
    uses bigint, refusals bigint, events bigint);
COMMENT ON TYPE apppass.erasure IS
'What was erased with an account; events: rows of the trail that lost their words.';

-- Logins go on while an account is erased, and some are recorded in transactions that end later.
-- Neither waits for the other: a row that somebody holds, or that nobody sees yet, is left to
-- maintain_erased().
CREATE FUNCTION apppass.erase_traces(account_id bigint, OUT uses bigint, OUT refusals bigint)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    codes constant bigint[] := ARRAY(
        SELECT c.id FROM apppass.code AS c WHERE c.account_id = erase_traces.account_id
        UNION SELECT l.code_id FROM apppass.audit AS l
        WHERE l.account_id = erase_traces.account_id AND l.code_id IS NOT NULL);
    more bigint;
BEGIN
    WITH free AS MATERIALIZED (
        SELECT u.code_id, u.service, u.network FROM apppass.code_use AS u
        WHERE u.code_id = ANY (codes) FOR UPDATE SKIP LOCKED
    )
    DELETE FROM apppass.code_use AS u USING free AS f
    WHERE u.code_id = f.code_id AND u.service = f.service AND u.network = f.network;
    GET DIAGNOSTICS uses = ROW_COUNT;
    WITH free AS MATERIALIZED (
        SELECT m.account_id, m.service, m.network FROM apppass.main_password_login AS m
        WHERE m.account_id = erase_traces.account_id FOR UPDATE SKIP LOCKED
    )
    DELETE FROM apppass.main_password_login AS m USING free AS f
    WHERE m.account_id = f.account_id AND m.service = f.service AND m.network = f.network;
    GET DIAGNOSTICS more = ROW_COUNT;
    uses := uses + more;
    DELETE FROM apppass.hash_upgrade AS h
    WHERE h.code_id = ANY (ARRAY(SELECT x.code_id FROM apppass.hash_upgrade AS x
                                 WHERE x.code_id = ANY (codes) FOR UPDATE SKIP LOCKED));
    DELETE FROM apppass.refusal AS f WHERE f.account_id = erase_traces.account_id;
    GET DIAGNOSTICS refusals = ROW_COUNT;
    DELETE FROM apppass.notice_mail AS m WHERE m.account_id = erase_traces.account_id;
    DELETE FROM apppass.notice AS n WHERE n.account_id = erase_traces.account_id;
END
$$;
COMMENT ON FUNCTION apppass.erase_traces(bigint) IS
'Deletes what logins left of an account: uses, refusals, upgraded hashes, notices.';

CREATE FUNCTION apppass.erase_words(account_id bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    events bigint;
BEGIN
    UPDATE apppass.audit AS l
    SET (salt, erased_digest, account, device, reason, ticket, before, after) =
        (SELECT e.salt, e.erased_digest, e.account, e.device, e.reason, e.ticket, e.before, e.after
         FROM apppass.audit_erased(l) AS e)
    WHERE l.account_id = erase_words.account_id AND l.action <> 'account_erased'
      AND l.salt IS NOT NULL;
    GET DIAGNOSTICS events = ROW_COUNT;
    RETURN events;
END
$$;
COMMENT ON FUNCTION apppass.erase_words(bigint) IS
'Takes the words out of the trail''s rows about an erased account; returns out of how many.';

CREATE FUNCTION apppass.erase_account(username text, reason text, ticket text DEFAULT NULL,
    operator text DEFAULT NULL) RETURNS apppass.erasure
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
AS $$
DECLARE
    account apppass.account := apppass.managed_account(erase_account.username);
    erased apppass.erasure;
    previous text[];
BEGIN
    previous := apppass.set_context(reason, ticket, operator);
    PERFORM apppass.require_reason('erasing an account');
    IF apppass.account_open(account.enabled, account.disabled_from) THEN
        RAISE EXCEPTION 'account "%" is not disabled', account.username
            USING ERRCODE = 'AP003', CONSTRAINT = 'account_enabled',
                  HINT = 'Disable it first, which ends its sessions: SELECT '
                         'apppass.set_account_enabled(username, false, reason).';
    ELSIF EXISTS (SELECT FROM (SELECT account.username::text
                               UNION SELECT l.account FROM apppass.audit AS l
                               WHERE l.account_id = account.id) AS known (name)
                  WHERE strpos(known.name, '@') > 0
                    AND strpos(apppass.fold(concat_ws(' ', apppass.context('reason'),
                                   apppass.context('ticket'), apppass.context('operator'))),
                               known.name) > 0) THEN
        RAISE EXCEPTION 'reason, ticket or operator have a name of the account'
            USING ERRCODE = '22023', CONSTRAINT = 'erasure_named',
                  HINT = 'They stay: give a number that says nothing to others.';
    END IF;
    -- Nobody is issuing a code for it, and nobody is changing it.
    PERFORM apppass.take_turn(account.id);
    PERFORM apppass.lock_rows('account key', ARRAY[account.id]);
    erased.account := account.username;
    erased.account_id := account.id;
    SELECT count(*) INTO erased.devices FROM apppass.device AS d WHERE d.account_id = account.id;

    -- The guards of codes and trail let go by this row.
    PERFORM apppass.audit_write('account_erased', account.realm_id, account.id, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL);
    SELECT t.uses, t.refusals INTO erased.uses, erased.refusals
    FROM apppass.erase_traces(account.id) AS t;
    DELETE FROM apppass.code AS c WHERE c.account_id = account.id;
    GET DIAGNOSTICS erased.codes = ROW_COUNT;
    DELETE FROM apppass.account AS a WHERE a.id = account.id;

    -- Last, what the trail says of that too.
    erased.events := apppass.erase_words(account.id);
    PERFORM apppass.restore_context(previous);
    RETURN erased;
END
$$;
COMMENT ON FUNCTION apppass.erase_account(text, text, text, text) IS
'Forgets an account for good, after it was disabled: its row, devices, codes, uses, refusals, '
'links and notices are deleted, and from each row of the trail about it account, device, reason, '
'ticket, before and after are taken; audit_verify() still finds the chain whole. The account''s '
'key stays in the trail, and so do this reason and ticket. What a login recorded at that moment '
'the next maintain() deletes. Backups, archived WAL and logs are not reached. Errors: AP003 not '
'disabled, AP002 no reason, 22023 a reason that names the account, '
'P0002 no such account, 42501 not yours.';
CREATE FUNCTION apppass.maintain_erased(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $$
DECLARE
    gone bigint;
    rows bigint;
BEGIN
    FOR gone IN
        SELECT DISTINCT l.account_id FROM apppass.audit AS l
        WHERE l.action = 'account_erased' AND l.at > now() - interval '30 days' ORDER BY 1
    LOOP
        rows := 0;
        BEGIN
            SELECT t.uses + t.refusals INTO rows FROM apppass.erase_traces(gone) AS t;
            rows := rows + apppass.erase_words(gone);
            IF maintain_erased.dry_run THEN
                RAISE EXCEPTION 'a dry run' USING ERRCODE = 'AP009',
                    CONSTRAINT = 'erasure_rehearsed', HINT = 'Nobody sees this.';
            END IF;
        EXCEPTION WHEN SQLSTATE 'AP009' THEN
            NULL;
        END;
        IF rows > 0 THEN
            RETURN NEXT ROW('erase', NULL, NULL, NULL, format(
                '%s rows that were written while account %s was erased', rows,
                gone))::apppass.upkeep;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION apppass.maintain_erased(boolean, integer) IS
'Job of maintain(): deletes what logins recorded of accounts while these were being erased, for 30 '
'days after it.';

REVOKE ALL ON FUNCTION apppass.erase_account(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.erase_account(text, text, text, text) TO apppass_admin;
REVOKE ALL ON TYPE apppass.erasure FROM PUBLIC;
GRANT USAGE ON TYPE apppass.erasure TO apppass_admin;

COMMIT;
