-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:mint to pg
-- requires: manage

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE FUNCTION apppass.check_symbol(symbols text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    alphabet constant text := '0123456789abcdefghjkmnpqrstvwxyz';
    acc integer := 0;
    value integer;
BEGIN
    FOR i IN 1 .. length(check_symbol.symbols) + 1 LOOP
        -- acc := alpha * acc over GF(32), primitive polynomial x^5 + x^2 + 1
        acc := acc << 1;
        IF acc > 31 THEN
            acc := acc # 37;
        END IF;
        EXIT WHEN i > length(check_symbol.symbols);
        value := strpos(alphabet, substr(check_symbol.symbols, i, 1)) - 1;
        IF value < 0 THEN
            RETURN NULL;
        END IF;
        acc := acc # value;
    END LOOP;
    RETURN substr(alphabet, acc + 1, 1);
END
$$;
COMMENT ON FUNCTION apppass.check_symbol(text) IS
'The check symbol that follows these symbols; NULL where one is not of the alphabet.';

CREATE FUNCTION apppass.code_valid(code text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT length(code_valid.code) IN (16, 20, 24, 28)
       AND apppass.check_symbol(left(code_valid.code, -1))
           IS NOT DISTINCT FROM right(code_valid.code,
           1);
$$;
COMMENT ON FUNCTION apppass.code_valid(text) IS
'Is this a code in canonical form (lower case, no separators) with the right length and check '
'symbol?';

CREATE FUNCTION apppass.make_code(account_id bigint, length integer) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    random bytea;
    symbols text;
BEGIN
    LOOP
        random := apppass.random_bytes(make_code.length - 1);
        -- 256 is a multiple of 32: every symbol is equally likely.
        SELECT string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
            (get_byte(random, i) & 31) + 1, 1), '' ORDER BY i)
        INTO STRICT symbols FROM generate_series(0, make_code.length - 2) AS i;
        EXIT WHEN NOT EXISTS (SELECT FROM apppass.code AS c
            WHERE c.account_id = make_code.account_id
            AND c.selector = left(symbols, 4));
    END LOOP;
    RETURN symbols || apppass.check_symbol(symbols);
END
$$;
COMMENT ON FUNCTION apppass.make_code(bigint, integer) IS
'A new random code in canonical form whose selector the account does not have yet.';

CREATE FUNCTION apppass.group_code(code text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(code, '(....)(?=.)', '\1-', 'g');
COMMENT ON FUNCTION apppass.group_code(text) IS
'The form shown to people: groups of four with hyphens.';

CREATE TYPE apppass.issued_code AS (code text, code_id bigint, account_name text, device text,
    selector text, services text[],
                                    networks cidr[], expires_at timestamptz);
COMMENT ON TYPE apppass.issued_code IS 'A code made in the database, shown this once.';

CREATE FUNCTION apppass.issue_code(username text, device text, services text[] DEFAULT NULL,
    networks cidr[] DEFAULT NULL,
                                   expires_at timestamptz DEFAULT NULL, reason text DEFAULT NULL,
                                   ticket text DEFAULT NULL,
                                   operator text DEFAULT NULL) RETURNS apppass.issued_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(issue_code.username);
    terms apppass.issue_terms;
    code text;
    stored apppass.stored_code;
BEGIN
    -- Before the selector is chosen: of two at a time the second must see the first one's.
    PERFORM apppass.take_turn(account.id);
    terms := apppass.issue_policy(account.username);
    code := apppass.make_code(account.id, terms.code_length);
    stored := apppass.store_code(issue_code.username, issue_code.device, left(code, 4),
        apppass.bcrypt(code), issue_code.services, issue_code.networks, issue_code.expires_at,
        issue_code.reason, issue_code.ticket, issue_code.operator);
    RETURN ROW(apppass.group_code(code), stored.code_id, stored.account_name, stored.device,
        stored.selector, stored.services,
               stored.networks, stored.expires_at)::apppass.issued_code;
END
$$;
COMMENT ON FUNCTION apppass.issue_code(text, text, text[], cidr[], timestamptz, text, text, text) IS
'Makes a code, stores its bcrypt hash and returns the code, this once. Arguments and errors as '
'for store_code. The hash becomes Argon2id at the first login.';

CREATE FUNCTION apppass.revoke_device(username text, device text, reason text,
    ticket text DEFAULT NULL, operator text DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(revoke_device.username);
    previous text[];
    revoked integer := 0;
    withdrawn integer;
BEGIN
    previous := apppass.set_context(revoke_device.reason, revoke_device.ticket,
        revoke_device.operator);
    PERFORM apppass.require_reason('revoking a device');
    PERFORM apppass.await_issue(account.id);
    withdrawn := apppass.withdraw_offers(account, revoke_device.device);
    IF withdrawn = 0 OR EXISTS (SELECT FROM apppass.device AS d WHERE d.account_id = account.id
            AND apppass.label_key(d.label)
                = apppass.label_key(apppass.label_name(revoke_device.device))) THEN
        revoked := apppass.revoke_codes(account.id,
            apppass.known_device(account, revoke_device.device), NULL);
    END IF;
    IF revoked + withdrawn = 0 THEN
        RAISE EXCEPTION 'device "%" of account "%" has no live code', revoke_device.device,
            account.username
            USING ERRCODE = 'P0002', CONSTRAINT = 'device_without_code',
                HINT = 'They may be revoked already: see apppass.code_overview.';
    END IF;
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;
COMMENT ON FUNCTION apppass.revoke_device(text, text, text, text, text) IS
'Revokes all codes of a device; returns how many. A link with which one could be made ends too, '
'and may be all that there is. Errors: P0002 no such account, device or live code, AP002 no '
'reason, 42501 not yours.';

CREATE FUNCTION apppass.known_device(account apppass.account, label text) RETURNS bigint
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    device_id bigint;
BEGIN
    SELECT d.id INTO device_id FROM apppass.device AS d
    WHERE d.account_id = (known_device.account).id
        AND apppass.label_key(d.label) = apppass.label_key(apppass.label_name(known_device.label));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account "%" has no device "%"', (known_device.account).username,
            known_device.label
            USING ERRCODE = 'P0002', CONSTRAINT = 'device_not_found',
                HINT = format('SELECT device FROM apppass.device_overview WHERE account '
                              '= %L shows what it has.',
                              (known_device.account).username);
    END IF;
    RETURN device_id;
END
$$;
COMMENT ON FUNCTION apppass.known_device(apppass.account, text) IS
'Id of the account''s device of that label, whatever the case; P0002 where there is none.';

CREATE FUNCTION apppass.revoke_account(username text, reason text, ticket text DEFAULT NULL,
    operator text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(revoke_account.username);
    previous text[];
    revoked integer;
BEGIN
    previous := apppass.set_context(revoke_account.reason, revoke_account.ticket,
        revoke_account.operator);
    PERFORM apppass.require_reason('revoking the codes of an account');
    PERFORM apppass.await_issue(account.id);
    PERFORM apppass.withdraw_offers(account, NULL);
    revoked := apppass.revoke_codes(account.id, NULL, NULL);
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;
COMMENT ON FUNCTION apppass.revoke_account(text, text, text, text) IS
'Revokes all codes of an account ("left the company", "password changed"); returns how many, 0 '
'where it had none. Links with which one could be made end too. Errors: P0002 no such account, '
'AP002 no reason, 42501 not yours.';

-- ---- reset ----

CREATE TYPE apppass.reset_stored_code AS (code_id bigint, account_name text, device text,
    selector text, services text[],
                                          networks cidr[], expires_at timestamptz,
                                          old_codes bigint[], old_selectors text[],
                                          old_ends_at timestamptz);
COMMENT ON TYPE apppass.reset_stored_code IS
'The new code of a device, and what became of the old ones.';
CREATE TYPE apppass.reset_issued_code AS (code text, code_id bigint, account_name text, device text,
    selector text, services text[],
                                          networks cidr[], expires_at timestamptz,
                                          old_codes bigint[], old_selectors text[],
                                          old_ends_at timestamptz);
COMMENT ON TYPE apppass.reset_issued_code IS
'The new code of a device, shown this once, and what became of the old ones.';

-- An expiry that somebody chose stays; one that policy gave starts anew.
CREATE FUNCTION apppass.chosen_expiry(code apppass.code) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT apppass.code_ends(now(), (chosen_expiry.code).expires_at, r.max_lifetime)
    FROM apppass.realm AS r
    WHERE r.id = (chosen_expiry.code).realm_id AND (chosen_expiry.code).expiry_chosen
        AND (chosen_expiry.code).expires_at > now();
$$;
COMMENT ON FUNCTION apppass.chosen_expiry(apppass.code) IS
'The expiry that a code''s replacement inherits; NULL: what policy gives.';

CREATE FUNCTION apppass.kept_services(code apppass.code) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    realm apppass.realm;
    kept text[];
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = (kept_services.code).realm_id;
    IF (kept_services.code).services IS NULL OR realm.services IS NULL THEN
        RETURN (kept_services.code).services;
    END IF;
    kept := ARRAY(SELECT s FROM unnest((kept_services.code).services) AS s
        WHERE s = ANY (realm.services)
        ORDER BY s);
    IF cardinality(kept) = 0 THEN
        RAISE EXCEPTION 'realm "%" allows none of the services of the old code', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'service_not_allowed',
                DETAIL = format('It allows: %s.',
                array_to_string(realm.services, ', ')),
                  HINT = 'Issue a code for another service: apppass.issue_code(username, device, '
                         'services).';
    END IF;
    RETURN kept;
END
$$;
COMMENT ON FUNCTION apppass.kept_services(apppass.code) IS
'The services that a code''s replacement inherits: those that the realm still allows; AP001 where '
'none is left.';

CREATE FUNCTION apppass.reset_device(username text, device text, selector text, hash text,
    grace interval DEFAULT '0',
                                     reason text DEFAULT NULL, ticket text DEFAULT NULL,
                                     operator text DEFAULT NULL)
    RETURNS apppass.reset_stored_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(reset_device.username);
    target bigint := apppass.known_device(account, reset_device.device);
    period interval := coalesce(reset_device.grace, '0');
    grace_ends_at timestamptz := apppass.later(now(), coalesce(reset_device.grace, '0'));
    previous text[] := apppass.set_context(reset_device.reason, reset_device.ticket,
        reset_device.operator);
    newest apppass.code;
    stored apppass.stored_code;
    old_codes bigint[];
    old_selectors text[];
    code_id bigint;
BEGIN
    IF period < interval '0' THEN
        RAISE EXCEPTION 'the grace period is negative' USING ERRCODE = '22023',
            CONSTRAINT = 'grace_negative', HINT = 'Use 0 to end the old code now.';
    END IF;
    PERFORM apppass.require_reason('resetting a device');
    PERFORM apppass.take_turn(account.id);

    SELECT c.* INTO newest FROM apppass.code AS c WHERE c.device_id = target
    ORDER BY (c.revoked_at IS NULL) DESC, c.id DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'device "%" has never had a code', reset_device.device
            USING ERRCODE = 'P0002', CONSTRAINT = 'device_never_had_code',
                HINT = 'Issue one: apppass.issue_code(username, device).';
    END IF;
    SELECT array_agg(s.code_id ORDER BY s.code_id),
        array_agg(s.selector ORDER BY s.code_id) INTO old_codes, old_selectors
    FROM apppass.code_standing AS s
    WHERE s.device_id = target AND s.state IS NULL;

    IF period = interval '0' THEN
        PERFORM apppass.revoke_codes(account.id, target, NULL);
    ELSE
        PERFORM apppass.lock_rows('code', old_codes);
        UPDATE apppass.code AS c SET expires_at = grace_ends_at
        FROM apppass.code_standing AS s
        WHERE c.id = ANY (old_codes) AND s.code_id = c.id
            AND (s.ends_at IS NULL OR s.ends_at > grace_ends_at);
    END IF;
    INSERT INTO apppass.code AS c (device_id, selector, hash, services, networks, expires_at,
        replaces)
    VALUES (target, reset_device.selector, reset_device.hash, apppass.kept_services(newest),
        newest.networks,
        apppass.chosen_expiry(newest), newest.id)
    RETURNING c.id INTO code_id;
    PERFORM apppass.restore_context(previous);
    stored := apppass.stored_code_of(code_id);
    RETURN ROW(stored.code_id, stored.account_name, stored.device, stored.selector, stored.services,
        stored.networks, stored.expires_at,
               coalesce(old_codes, '{}'), coalesce(old_selectors, '{}'), CASE
                   WHEN old_codes IS NOT NULL THEN grace_ends_at END)::apppass.reset_stored_code;
EXCEPTION
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION 'selector or hash is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'code_invalid',
                HINT = 'The selector is the first four symbols of the code; the hash a PHC or '
                       'crypt(3) string of all of it.';
END
$$;
COMMENT ON FUNCTION apppass.reset_device(text, text, text, text, interval, text, text, text) IS
'Stores a new code for a device, with the networks of its last one and those of its services that '
'the realm still allows; the old ones end now, or after the grace period.
Errors: AP002 no reason, P0002 no such account or device, or one that never had a code, else as '
'for store_code.';

CREATE FUNCTION apppass.reset_code(username text, device text, grace interval DEFAULT '0',
    reason text DEFAULT NULL,
                                   ticket text DEFAULT NULL,
                                   operator text DEFAULT NULL) RETURNS apppass.reset_issued_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(reset_code.username);
    code text;
    stored apppass.reset_stored_code;
BEGIN
    PERFORM apppass.take_turn(account.id);
    SELECT apppass.make_code(account.id, r.code_length) INTO STRICT code FROM apppass.realm AS r
        WHERE r.id = account.realm_id;
    stored := apppass.reset_device(reset_code.username, reset_code.device, left(code, 4),
        apppass.bcrypt(code), reset_code.grace, reset_code.reason,
        reset_code.ticket, reset_code.operator);
    RETURN ROW(apppass.group_code(code), stored.code_id, stored.account_name, stored.device,
        stored.selector, stored.services,
               stored.networks, stored.expires_at, stored.old_codes, stored.old_selectors,
               stored.old_ends_at)::apppass.reset_issued_code;
END
$$;
COMMENT ON FUNCTION apppass.reset_code(text, text, interval, text, text, text) IS
'Like reset_device, with a code made in the database and returned this once.';

CREATE FUNCTION apppass.explain_access(username text, service text, client inet,
                                       OUT action text, OUT rule_id integer,
                                           OUT rule_position integer, OUT rule_realm text,
                                       OUT rule_service text, OUT rule_network cidr,
                                           OUT description text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(explain_access.username);
    door text := apppass.service_name(explain_access.service);
    address inet := apppass.client_address(explain_access.client);
BEGIN
    SELECT x.action, x.id, x.position, r.name, x.service, x.network, x.description
    INTO action, rule_id, rule_position, rule_realm, rule_service, rule_network, description
    FROM apppass.access_rule AS x LEFT JOIN apppass.realm AS r ON r.id = x.realm_id
    WHERE apppass.rule_matches(x.realm_id, x.service, x.network, x.action, account.realm_id, door,
        address)
    ORDER BY x.position LIMIT 1;
    IF NOT FOUND THEN
        action := 'allow';
        description := 'no rule matches';
    END IF;
END
$$;
COMMENT ON FUNCTION apppass.explain_access(text, text, inet) IS
'The access rule that decides for this account, service and client address (NULL: unknown). '
'Without one: allow, and rule_id is NULL. Errors: P0002 no such account, 42501 not yours.';

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOREACH f IN ARRAY ARRAY[
        'apppass.issue_code(text, text, text[], cidr[], timestamptz, text, text, text)',
        'apppass.revoke_device(text, text, text, text, text)',
        'apppass.revoke_account(text, text, text, text)',
        'apppass.reset_device(text, text, text, text, interval, text, text, text)',
        'apppass.reset_code(text, text, interval, text, text, text)',
        'apppass.explain_access(text, text, inet)',
        'apppass.check_symbol(text)', 'apppass.code_valid(text)']::regprocedure[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO apppass_helpdesk', f);
    END LOOP;
END
$$;
REVOKE ALL ON TYPE apppass.issued_code, apppass.reset_stored_code, apppass.reset_issued_code
    FROM PUBLIC;
GRANT USAGE ON TYPE apppass.issued_code, apppass.reset_stored_code, apppass.reset_issued_code
    TO apppass_helpdesk;

COMMIT;
