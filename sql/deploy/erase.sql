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

CREATE FUNCTION apppass.erase_account(username text, reason text, ticket text DEFAULT NULL,
    operator text DEFAULT NULL) RETURNS apppass.erasure
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
AS $$
DECLARE
    account apppass.account := apppass.managed_account(erase_account.username);
    erased apppass.erasure;
    more bigint;
    previous text[];
BEGIN
    previous := apppass.set_context(reason, ticket, operator);
    PERFORM apppass.require_reason('erasing an account');
    IF apppass.account_open(account.enabled, account.disabled_from) THEN
        RAISE EXCEPTION 'account "%" is not disabled', account.username
            USING ERRCODE = 'AP003', CONSTRAINT = 'account_enabled',
                  HINT = 'Disable it first, which ends its sessions: SELECT '
                         'apppass.set_account_enabled(username, false, reason).';
    ELSIF pg_catalog.strpos(account.username, '@') > 0 AND pg_catalog.strpos(
        apppass.fold(concat_ws(' ', apppass.context('reason'), apppass.context('ticket'))),
        account.username) > 0 THEN
        RAISE EXCEPTION 'reason or ticket name the account'
            USING ERRCODE = '22023', CONSTRAINT = 'erasure_named',
                  HINT = 'They stay: give a number that says nothing to others.';
    END IF;
    -- Nobody is issuing a code for it, and nobody is changing it.
    PERFORM apppass.take_turn(account.id);
    PERFORM apppass.lock_rows('account', ARRAY[account.id]);
    erased.account := account.username;
    erased.account_id := account.id;
    SELECT count(*) INTO erased.devices FROM apppass.device AS d WHERE d.account_id = account.id;

    -- The guards of codes and trail let go by this row.
    PERFORM apppass.audit_write('account_erased', account.realm_id, account.id, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL);
    DELETE FROM apppass.code_use AS u USING apppass.code AS c
    WHERE c.account_id = account.id AND u.code_id = c.id;
    GET DIAGNOSTICS erased.uses = ROW_COUNT;
    DELETE FROM apppass.main_password_login AS m WHERE m.account_id = account.id;
    GET DIAGNOSTICS more = ROW_COUNT;
    erased.uses := erased.uses + more;
    DELETE FROM apppass.hash_upgrade AS h USING apppass.code AS c
    WHERE c.account_id = account.id AND h.code_id = c.id;
    DELETE FROM apppass.refusal AS f WHERE f.account_id = account.id;
    GET DIAGNOSTICS erased.refusals = ROW_COUNT;
    DELETE FROM apppass.code AS c WHERE c.account_id = account.id;
    GET DIAGNOSTICS erased.codes = ROW_COUNT;
    DELETE FROM apppass.account AS a WHERE a.id = account.id;

    -- Last, what the trail says of that too.
    UPDATE apppass.audit AS l
    SET (salt, erased_digest, account, device, reason, ticket, before, after) =
        (SELECT e.salt, e.erased_digest, e.account, e.device, e.reason, e.ticket, e.before, e.after
         FROM apppass.audit_erased(l) AS e)
    WHERE l.account_id = account.id AND l.action <> 'account_erased';
    GET DIAGNOSTICS erased.events = ROW_COUNT;
    PERFORM apppass.restore_context(previous);
    RETURN erased;
END
$$;
COMMENT ON FUNCTION apppass.erase_account(text, text, text, text) IS
'Forgets an account for good, after it was disabled: its row, devices, codes, uses, refusals, '
'links and notices are deleted, and from each row of the trail about it account, device, reason, '
'ticket, before and after are taken; audit_verify() still finds the chain whole. The account''s '
'key stays in the trail, and so do this reason and ticket. Backups, archived WAL and logs are not '
'reached. Errors: AP003 not disabled, AP002 no reason, 22023 a reason that names the account, '
'P0002 no such account, 42501 not yours.';
REVOKE ALL ON FUNCTION apppass.erase_account(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.erase_account(text, text, text, text) TO apppass_admin;
REVOKE ALL ON TYPE apppass.erasure FROM PUBLIC;
GRANT USAGE ON TYPE apppass.erasure TO apppass_admin;

COMMIT;
