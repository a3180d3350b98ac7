-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:manage to pg
-- requires: guard

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- A limited operator cannot tell a foreign account from one that does not exist.
CREATE FUNCTION apppass.managed_account(username text) RETURNS apppass.account
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account;
BEGIN
    SELECT a.* INTO account FROM apppass.account AS a
        WHERE a.username = apppass.account_name(managed_account.username);
    IF apppass.manages_all() THEN
        IF account.id IS NULL THEN
            RAISE EXCEPTION 'account "%" not found', managed_account.username
                USING ERRCODE = 'P0002', CONSTRAINT = 'account_not_found',
                    HINT = 'Check the spelling, or add it: SELECT apppass.add_account(username).';
        END IF;
    ELSIF account.id IS NULL OR account.realm_id NOT IN (SELECT apppass.managed_realms()) THEN
        RAISE EXCEPTION 'account "%" is not one that % may manage', managed_account.username,
            session_user
            USING ERRCODE = '42501', CONSTRAINT = 'account_not_managed',
                HINT = 'apppass.realm_operator says which realms this login manages; an '
                       'administrator can change it.';
    END IF;
    RETURN account;
END
$$;
COMMENT ON FUNCTION apppass.managed_account(text) IS
'The account, where it exists (P0002) and the session user may manage it (42501).';

CREATE FUNCTION apppass.require_username(username text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name constant text := apppass.account_name(username);
BEGIN
    IF apppass.is_username(name) IS NOT TRUE THEN
        RAISE EXCEPTION 'user name is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'account_username_form',
                  HINT = 'A user name is one that a login can reach: 1 to 255 bytes, nothing blank '
                         'or invisible in it, no %, and around an @ something before it and a '
                         'domain in ASCII (xn--) after it.';
    END IF;
    RETURN name;
END
$$;
COMMENT ON FUNCTION apppass.require_username(text) IS
'The name as accounts have it, where it can be one (22023).';

CREATE FUNCTION apppass.add_account(username text, realm text DEFAULT NULL,
    mfa_enrolled boolean DEFAULT false,
                                    reason text DEFAULT NULL,
                                    operator text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text := apppass.require_username(add_account.username);
    home integer := apppass.realm_of(name);
    account_id bigint;
    previous text[];
BEGIN
    previous := apppass.set_context(add_account.reason, NULL, add_account.operator);
    IF add_account.realm IS NOT NULL THEN
        SELECT r.id INTO home FROM apppass.realm AS r
            WHERE r.name = apppass.account_name(add_account.realm);
        IF NOT FOUND AND apppass.manages_all() THEN
            RAISE EXCEPTION 'realm "%" not found', add_account.realm
                USING ERRCODE = 'P0002', CONSTRAINT = 'realm_not_found',
                    HINT = 'Leave it out to use the realm of the name''s domain, or add it: INSERT '
                           'INTO apppass.realm (name) VALUES (...).';
        END IF;
    END IF;
    IF home IS NULL OR home NOT IN (SELECT apppass.managed_realms()) THEN
        RAISE EXCEPTION 'account "%" is not one that % may manage', add_account.username,
            session_user
            USING ERRCODE = '42501', CONSTRAINT = 'account_not_managed',
                HINT = 'apppass.realm_operator says which realms this login manages; an '
                       'administrator can change it.';
    END IF;
    BEGIN
        INSERT INTO apppass.account AS a (username, realm_id, mfa_enrolled)
            VALUES (name, home, coalesce(add_account.mfa_enrolled, false))
        RETURNING a.id INTO account_id;
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'account "%" exists already', name
                USING ERRCODE = '23505', CONSTRAINT = 'account_username_unique',
                    HINT = 'Issue a code: apppass.issue_code(username, device).';
    END;
    PERFORM apppass.restore_context(previous);
    RETURN account_id;
END
$$;
COMMENT ON FUNCTION apppass.add_account(text, text, boolean, text, text) IS
'Adds an account and returns its id. realm: NULL takes the one of the name''s domain, else '
'default. Errors: 23505 exists, 22023 not a user name, P0002 no such realm, 42501 not yours.';

CREATE FUNCTION apppass.rename_account(username text, new_name text, reason text,
    ticket text DEFAULT NULL, operator text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
AS $$
DECLARE
    account apppass.account := apppass.managed_account(username);
    name constant text := apppass.require_username(new_name);
    previous text[];
BEGIN
    previous := apppass.set_context(reason, ticket, operator);
    PERFORM apppass.require_reason('renaming an account');
    PERFORM apppass.lock_rows('account key', ARRAY[account.id]);
    BEGIN
        UPDATE apppass.account AS a SET username = name WHERE a.id = account.id;
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'account "%" exists already', name
                USING ERRCODE = '23505', CONSTRAINT = 'account_name_taken',
                      HINT = 'Two accounts do not become one: revoke the codes of the one that '
                             'ends, and issue new ones.';
    END;
    PERFORM apppass.restore_context(previous);
    RETURN name;
END
$$;
COMMENT ON FUNCTION apppass.rename_account(text, text, text, text, text) IS
'Gives an account another name, and the realm of its domain where it was in that of the old one; '
'codes, devices and trail stay its own. Returns the name as kept. Sessions under the old name '
'end. Errors: 23505 taken, 22023 not a user name, AP002 no reason, P0002 no such account.';

CREATE FUNCTION apppass.set_account_enabled(username text, enabled boolean, reason text,
    ticket text DEFAULT NULL, operator text DEFAULT NULL, at timestamptz DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(set_account_enabled.username);
    previous text[];
BEGIN
    previous := apppass.set_context(set_account_enabled.reason, set_account_enabled.ticket,
        set_account_enabled.operator);
    PERFORM apppass.require_reason(CASE WHEN set_account_enabled.enabled THEN 'enabling an account'
        ELSE 'disabling an account' END);
    IF set_account_enabled.enabled IS NULL THEN
        RAISE EXCEPTION 'enabled is true or false' USING ERRCODE = '22023',
            CONSTRAINT = 'value_missing', HINT = 'Leave NULL out.';
    ELSIF set_account_enabled.at <= now()
        OR (set_account_enabled.at IS NOT NULL AND set_account_enabled.enabled) THEN
        RAISE EXCEPTION 'an account is disabled at a moment to come' USING ERRCODE = '22023',
            CONSTRAINT = 'disabled_at_past', HINT = 'Leave at out for now.';
    END IF;
    PERFORM apppass.lock_rows('account', ARRAY[account.id]);
    UPDATE apppass.account AS a
    SET enabled = CASE WHEN set_account_enabled.at IS NULL THEN set_account_enabled.enabled
        ELSE a.enabled END, disabled_from = set_account_enabled.at
    WHERE a.id = account.id;
    PERFORM apppass.restore_context(previous);
END
$$;
COMMENT ON FUNCTION apppass.set_account_enabled(text, boolean, text, text, text, timestamptz) IS
'Enables or disables an account; its codes stop at once, or at that moment, and work again when '
'enabled. What was said before of a moment to come is replaced. Nothing happens where it is so '
'already. Errors: AP002 no reason, 22023 not a moment to come, P0002 no such account, 42501 not '
'yours.';

CREATE FUNCTION apppass.set_mfa(username text, enrolled boolean, reason text DEFAULT NULL,
    ticket text DEFAULT NULL,
                                operator text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(set_mfa.username);
    previous text[];
BEGIN
    previous := apppass.set_context(set_mfa.reason, set_mfa.ticket, set_mfa.operator);
    IF set_mfa.enrolled IS NULL THEN
        RAISE EXCEPTION 'enrolled is true or false' USING ERRCODE = '22023',
            CONSTRAINT = 'value_missing', HINT = 'Leave NULL out.';
    END IF;
    PERFORM apppass.require_reason('noting whether an account has MFA');
    PERFORM apppass.lock_rows('account', ARRAY[account.id]);
    UPDATE apppass.account AS a SET mfa_enrolled = set_mfa.enrolled WHERE a.id = account.id
        AND a.mfa_enrolled IS DISTINCT FROM set_mfa.enrolled;
    PERFORM apppass.restore_context(previous);
END
$$;
COMMENT ON FUNCTION apppass.set_mfa(text, boolean, text, text, text) IS
'Notes whether the person has a second factor. Errors: AP002 no reason, P0002 no such account, '
'42501 not yours.';

CREATE TYPE apppass.issue_terms AS (account_name text, realm text, code_length integer,
    services text[], max_lifetime interval,
                                    memory_kib integer, passes integer, lanes integer,
                                    live_codes bigint, max_codes integer,
                                    account_id bigint);
COMMENT ON TYPE apppass.issue_terms IS 'What policy says about the next code of an account.';

CREATE FUNCTION apppass.issue_policy(username text) RETURNS apppass.issue_terms
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(issue_policy.username);
    realm apppass.realm := apppass.require_issuable(account.id, NULL);
BEGIN
    RETURN ROW(account.username, realm.name, realm.code_length, realm.services, realm.max_lifetime,
               realm.argon2_memory_kib, realm.argon2_passes, realm.argon2_lanes,
               (SELECT count(*) FROM apppass.code_standing AS s WHERE s.account_id = account.id
                   AND s.state IS NULL),
               realm.max_codes, account.id)::apppass.issue_terms;
END
$$;
COMMENT ON FUNCTION apppass.issue_policy(text) IS
'How to make the next code of this account, and its key. Raises what store_code would: AP001 '
'policy refuses, P0002 no such account, 42501 not yours.';

CREATE FUNCTION apppass.own_device(account_id bigint, label text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    device_id bigint;
BEGIN
    -- Serialises issuing for the account, so the same new label is not added twice.
    PERFORM apppass.take_turn(own_device.account_id);
    SELECT d.id INTO device_id FROM apppass.device AS d
    WHERE d.account_id = own_device.account_id
        AND apppass.label_key(d.label) = apppass.label_key(apppass.label_name(own_device.label));
    IF NOT FOUND THEN
        INSERT INTO apppass.device AS d (account_id, label)
            VALUES (own_device.account_id, coalesce(own_device.label, ''))
            RETURNING d.id INTO device_id;
    END IF;
    RETURN device_id;
END
$$;
COMMENT ON FUNCTION apppass.own_device(bigint, text) IS
'The account''s device of that label, added where missing.';

CREATE TYPE apppass.stored_code AS (code_id bigint, account_name text, device text, selector text,
    services text[], networks cidr[],
                                    expires_at timestamptz);
COMMENT ON TYPE apppass.stored_code IS 'A code as it was stored.';

-- In plpgsql, which plans it once a session: an import asks for every row.
CREATE FUNCTION apppass.stored_code_of(code_id bigint) RETURNS apppass.stored_code
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT ROW(c.id, a.username, d.label, c.selector, c.services, c.networks,
            c.expires_at)::apppass.stored_code
        FROM apppass.code AS c
        JOIN apppass.device AS d ON d.id = c.device_id
        JOIN apppass.account AS a ON a.id = c.account_id
        WHERE c.id = stored_code_of.code_id);
END
$$;
COMMENT ON FUNCTION apppass.stored_code_of(bigint) IS 'The row that issuing functions return.';

CREATE FUNCTION apppass.store_code(username text, device text, selector text, hash text,
    services text[] DEFAULT NULL,
                                   networks cidr[] DEFAULT NULL,
                                   expires_at timestamptz DEFAULT NULL, reason text DEFAULT NULL,
                                   ticket text DEFAULT NULL,
                                   operator text DEFAULT NULL) RETURNS apppass.stored_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(store_code.username);
    code_id bigint;
    previous text[];
BEGIN
    previous := apppass.set_context(store_code.reason, store_code.ticket, store_code.operator);
    PERFORM apppass.require_issuable(account.id, NULL);
    INSERT INTO apppass.code AS c (device_id, selector, hash, services, networks, expires_at)
    VALUES (apppass.own_device(account.id, store_code.device), store_code.selector, store_code.hash,
        store_code.services, store_code.networks, store_code.expires_at)
    RETURNING c.id INTO code_id;
    PERFORM apppass.restore_context(previous);
    RETURN apppass.stored_code_of(code_id);
EXCEPTION
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION 'selector or hash is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'code_invalid',
                HINT = 'The selector is the first four symbols of the code; the hash a PHC or '
                       'crypt(3) string of all of it.';
END
$$;
COMMENT ON FUNCTION apppass.store_code(text, text, text, text, text[], cidr[], timestamptz, text,
    text, text) IS
'Stores a code that the caller made and hashed; the device is added where missing. services, '
'networks: NULL is all. expires_at: NULL is the latest that policy allows.
Errors: 23505 code_selector_unique (make another code), AP001 policy refuses, AP002 policy wants '
'a reason, 22023 invalid value, P0002 no such account, 42501 not yours.';

CREATE FUNCTION apppass.handover_state(handover apppass.handover) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN handover.collected_at IS NOT NULL THEN 'collected'
                WHEN handover.wrong_pins >= 5 THEN 'locked'
                WHEN handover.ends_at <= now() THEN 'ended'
                ELSE 'pending' END;
COMMENT ON FUNCTION apppass.handover_state(apppass.handover) IS
'pending, collected, locked (five wrong PINs) or ended.';

CREATE FUNCTION apppass.withdraw_offers(account apppass.account, device text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    began constant timestamptz := clock_timestamp();
    label constant text := apppass.label_key(apppass.label_name(withdraw_offers.device));
    ids bigint[];
    gone apppass.handover;
    count integer := 0;
BEGIN
    -- Who is opening a link gets a moment to end; a session that stays open holds nobody up.
    LOOP
        ids := ARRAY(SELECT h.id FROM apppass.handover AS h
                     WHERE h.account_id = (withdraw_offers.account).id
                       AND apppass.handover_state(h) = 'pending'
                       AND (withdraw_offers.device IS NULL OR apppass.label_key(h.device) = label));
        FOR gone IN
            DELETE FROM apppass.handover AS h
            WHERE h.collected_at IS NULL
              AND h.id = ANY (ARRAY(SELECT o.id FROM apppass.handover AS o
                                    WHERE o.id = ANY (ids) FOR UPDATE SKIP LOCKED))
            RETURNING h.*
        LOOP
            PERFORM apppass.audit_write('handover_withdrawn', (withdraw_offers.account).realm_id,
                (withdraw_offers.account).id, (withdraw_offers.account).username,
                gone.device, NULL, NULL, NULL, NULL, NULL);
            count := count + 1;
            ids := array_remove(ids, gone.id);
        END LOOP;
        EXIT WHEN ids = '{}';
        IF clock_timestamp() > began + interval '2 s' THEN
            RAISE WARNING 'a link is being opened, and is not withdrawn: process %',
                coalesce((SELECT apppass.holder_of(h.xmax, 'apppass.handover')
                    FROM apppass.handover AS h WHERE h.id = ANY (ids) LIMIT 1), '?')
                USING HINT = 'Do the same again, and look for a code that it made.';
            EXIT;
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN count;
END
$$;
COMMENT ON FUNCTION apppass.withdraw_offers(apppass.account, text) IS
'Deletes what was offered and not collected, for one device or all; returns how many.';

CREATE FUNCTION apppass.await_issue(account_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    began constant timestamptz := clock_timestamp();
BEGIN
    -- What is being issued or offered belongs to what is revoked, so whoever does it gets a moment
    -- to commit; a session that stays open holds nobody up.
    WHILE current_setting('transaction_isolation') = 'read committed' LOOP
        PERFORM FROM apppass.issue_turn AS t
            WHERE t.account_id = await_issue.account_id FOR SHARE SKIP LOCKED;
        EXIT WHEN FOUND OR NOT EXISTS (SELECT FROM apppass.issue_turn AS t
            WHERE t.account_id = await_issue.account_id);
        IF clock_timestamp() > began + interval '2 s' THEN
            RAISE WARNING
                'a code is being issued for the account, and is not among those revoked: process %',
                coalesce((SELECT apppass.holder_of(t.xmax, 'apppass.issue_turn')
                    FROM apppass.issue_turn AS t WHERE t.account_id = await_issue.account_id), '?')
                USING HINT = 'Revoke again once it is there, or disable the account, which holds '
                             'for every code.';
            EXIT;
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
COMMENT ON FUNCTION apppass.await_issue(bigint) IS
'Waits for whoever is issuing a code or making a link for the account; after 2 s a WARNING says '
'who that is, and that it is left.';

CREATE FUNCTION apppass.revoke_codes(account_id bigint, device_id bigint,
    selector text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids bigint[];
    revoked integer;
BEGIN
    PERFORM apppass.require_reason('revoking a code');
    ids := ARRAY(SELECT c.id FROM apppass.code AS c
                 WHERE c.account_id = revoke_codes.account_id AND c.revoked_at IS NULL
                 AND (revoke_codes.device_id IS NULL OR c.device_id = revoke_codes.device_id)
                   AND (revoke_codes.selector IS NULL OR c.selector = revoke_codes.selector));
    PERFORM apppass.lock_rows('code', ids);
    UPDATE apppass.code AS c
    SET revoked_at = now(), revoke_reason = apppass.context('reason')
    WHERE c.id = ANY (ids) AND c.revoked_at IS NULL;
    GET DIAGNOSTICS revoked = ROW_COUNT;
    RETURN revoked;
EXCEPTION
    -- The server's own words would show the row, hash included.
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION 'the code cannot be revoked so'
            USING ERRCODE = '22023', CONSTRAINT = 'revoke_reason_invalid',
                HINT = 'Give another reason.';
END
$$;
COMMENT ON FUNCTION apppass.revoke_codes(bigint, bigint, text) IS
'Revokes the account''s codes, of one device or one selector where given; returns how many.';

CREATE FUNCTION apppass.revoke_code(username text, selector text, reason text,
    ticket text DEFAULT NULL, operator text DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(revoke_code.username);
    wanted text := apppass.selector_name(revoke_code.selector);
    revoked integer;
    previous text[];
BEGIN
    IF wanted IS NULL OR length(wanted) <> 4 THEN
        RAISE EXCEPTION 'that is not a selector'
            USING ERRCODE = '22023', CONSTRAINT = 'selector_invalid',
                HINT = 'Give the first four symbols of the code, never all of it.';
    END IF;
    previous := apppass.set_context(revoke_code.reason, revoke_code.ticket, revoke_code.operator);
    revoked := apppass.revoke_codes(account.id, NULL, wanted);
    IF revoked = 0 THEN
        RAISE EXCEPTION 'account "%" has no live code that starts with %', account.username, wanted
            USING ERRCODE = 'P0002', CONSTRAINT = 'code_not_found',
                HINT = 'It may be revoked already: see apppass.code_overview.';
    END IF;
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;
COMMENT ON FUNCTION apppass.revoke_code(text, text, text, text, text) IS
'Revokes the code of that selector, from the next login on; returns 1. Errors: P0002 no such '
'account or live code, AP002 no reason, 22023 not a selector, 42501 not yours.';

REVOKE ALL ON FUNCTION apppass.add_account(text, text, boolean, text, text),
    apppass.require_username(text), apppass.rename_account(text, text, text, text, text),
    apppass.set_account_enabled(text, boolean, text, text, text, timestamptz),
    apppass.set_mfa(text, boolean, text, text, text), apppass.issue_policy(text),
    apppass.store_code(text, text, text, text, text[], cidr[], timestamptz, text, text, text),
    apppass.revoke_code(text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.set_account_enabled(text, boolean, text, text, text, timestamptz),
    apppass.issue_policy(text),
    apppass.store_code(text, text, text, text, text[], cidr[], timestamptz, text, text, text),
    apppass.revoke_code(text, text, text, text, text) TO apppass_helpdesk;
-- Who issues codes must not be the one who says that policy is met, nor whose mailbox an account's
-- codes open.
GRANT EXECUTE ON FUNCTION apppass.add_account(text, text, boolean, text, text),
    apppass.rename_account(text, text, text, text, text),
    apppass.set_mfa(text, boolean, text, text, text) TO apppass_admin;
REVOKE ALL ON TYPE apppass.issue_terms, apppass.stored_code FROM PUBLIC;
GRANT USAGE ON TYPE apppass.issue_terms, apppass.stored_code TO apppass_helpdesk;
GRANT EXECUTE ON FUNCTION apppass.handover_state(apppass.handover)
    TO apppass_helpdesk, apppass_auditor, apppass_admin;

COMMIT;
