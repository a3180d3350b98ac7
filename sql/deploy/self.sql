-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:self to pg
-- requires: desk
--
-- What a page does for the owner of an account.  Every function takes the account and what the web
-- server knows of the person: when and how the identity was verified, and the address.  The page is
-- believed in that, and in nothing else: policy, freshness and rates are asked for here.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE FUNCTION apppass.self_strong(realm apppass.realm, acr text, amr text[]) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT realm.self_mfa_values IS NULL
        OR coalesce(NULLIF(acr, '') = ANY (realm.self_mfa_values), false)
        OR coalesce(amr && realm.self_mfa_values, false);
$$;
COMMENT ON FUNCTION apppass.self_strong(apppass.realm, text, text[]) IS
'Was the identity verified in a way that is enough to make a code?';

-- A clock that runs ahead of ours by a minute is still a clock.
CREATE FUNCTION apppass.self_fresh(realm apppass.realm, auth_time timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(auth_time BETWEEN clock_timestamp() - realm.self_fresh_within
                           AND clock_timestamp() + interval '1 minute', false);
$$;
COMMENT ON FUNCTION apppass.self_fresh(apppass.realm, timestamptz) IS
'Was the identity verified so lately that codes may be made and revoked?';

CREATE FUNCTION apppass.self_services(realm apppass.realm) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN (self_services.realm).self_services IS NULL THEN (self_services.realm).services
        WHEN (self_services.realm).services IS NULL THEN (self_services.realm).self_services
        ELSE ARRAY(SELECT s FROM unnest((self_services.realm).self_services) AS s
                   WHERE s = ANY ((self_services.realm).services) ORDER BY s)
    END;
$$;
COMMENT ON FUNCTION apppass.self_services(apppass.realm) IS
'Services that an owner may make codes for: what the realm allows and offers. NULL: all.';

CREATE FUNCTION apppass.self_makes(account_id bigint) RETURNS bigint
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*) FROM apppass.code AS c
    WHERE c.account_id = self_makes.account_id
        AND c.created_at > now() - interval '1 day'
      AND c.created_by LIKE '%/the owner';
$$;
COMMENT ON FUNCTION apppass.self_makes(bigint) IS
'How many codes the owner of this account made in the last 24 hours.';

CREATE FUNCTION apppass.self_account(username text, auth_time timestamptz, acr text, amr text[],
                                     client inet, purpose text, turn bigint DEFAULT NULL)
    RETURNS apppass.account
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(self_account.username);
    realm apppass.realm;
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF NOT realm.self_allowed THEN
        RAISE EXCEPTION 'realm "%" does not let owners help themselves', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'self_not_allowed',
                  DETAIL = 'realm.self_allowed is false.',
                  HINT = 'An administrator can change it: apppass realm set REALM self_allowed=yes';
    ELSIF self_account.auth_time IS NULL THEN
        RAISE EXCEPTION 'when the identity was verified is not known'
            USING ERRCODE = 'AP006', CONSTRAINT = 'identity_unknown',
                  HINT = 'Pass on auth_time, as the identity system tells it.';
    ELSIF self_account.purpose = 'look' THEN
        RETURN account;
    ELSIF NOT apppass.self_fresh(realm, self_account.auth_time) THEN
        RAISE EXCEPTION 'the identity was verified too long ago'
            USING ERRCODE = 'AP006', CONSTRAINT = 'identity_stale',
                  DETAIL = format('Realm "%s" asks for at most %s.', realm.name,
                                  realm.self_fresh_within),
                  HINT = 'Let the person sign in again.';
    ELSIF self_account.purpose = 'make'
        AND NOT apppass.self_strong(realm, self_account.acr, self_account.amr) THEN
        RAISE EXCEPTION 'the identity was verified without a second factor that counts'
            USING ERRCODE = 'AP006', CONSTRAINT = 'identity_weak',
                  DETAIL = format('These count: %s.',
                      array_to_string(realm.self_mfa_values, ', ')),
                  HINT = 'Let the person sign in again, with a second factor.';
    END IF;
    -- Of two changes at a time the second must see what the first one made.
    IF self_account.purpose = 'make' THEN
        PERFORM apppass.take_turn(account.id);
        IF (SELECT t.turn FROM apppass.issue_turn AS t
            WHERE t.account_id = account.id) <> self_account.turn + 1
        THEN
            RAISE EXCEPTION 'a code was made for account "%" since this was asked for',
                account.username
                USING ERRCODE = 'AP001', CONSTRAINT = 'self_turn_gone',
                      HINT = 'Ask self_policy for the turn again.';
        END IF;
        IF apppass.self_makes(account.id) >= realm.self_makes_per_day THEN
            RAISE EXCEPTION 'account "%" has made % codes in 24 hours', account.username,
                realm.self_makes_per_day
                USING ERRCODE = 'AP001', CONSTRAINT = 'self_too_many',
                      DETAIL = format('Realm "%s" allows no more.', realm.name),
                      HINT = 'Wait, or let the helpdesk make it.';
        END IF;
    END IF;
    PERFORM apppass.audit_write('owner_identified', realm.id, account.id, account.username,
        NULL, NULL, NULL, NULL,
        jsonb_strip_nulls(jsonb_build_object(
            'for', self_account.purpose, 'auth_time', self_account.auth_time, 'acr',
            left(self_account.acr, 200),
            'amr', left(array_to_string(self_account.amr, ' '), 200),
            'address', host(self_account.client))), NULL);
    IF self_account.purpose = 'make' AND realm.self_mfa_values IS NOT NULL
        AND NOT account.mfa_enrolled THEN
        UPDATE apppass.account AS a SET mfa_enrolled = true WHERE a.id = account.id;
    END IF;
    RETURN account;
END
$$;
COMMENT ON FUNCTION apppass.self_account(text, timestamptz, text, text[], inet, text, bigint) IS
'The account, where its owner may look, revoke or make (purpose). turn: nothing is made if '
'another code was since self_policy told it; NULL: whatever was. Notes in the trail on what '
'identity that rests.';

-- ---- looking ----

CREATE TYPE apppass.self_terms AS (
    account_name text, account_id bigint, realm text, enabled boolean, fresh boolean,
    strong boolean, makes_left bigint, services text[], code_length integer, max_lifetime interval,
    memory_kib integer, passes integer, lanes integer, imap_host text, imap_port integer,
    smtp_host text, smtp_port integer, dav_host text, dav_port integer, turn bigint);
COMMENT ON TYPE apppass.self_terms IS 'What a page needs to know before it offers anything.';

CREATE FUNCTION apppass.self_policy(username text, auth_time timestamptz, acr text, amr text[],
                                    client inet) RETURNS apppass.self_terms
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.self_account(self_policy.username, self_policy.auth_time,
        self_policy.acr, self_policy.amr, self_policy.client, 'look');
    realm apppass.realm;
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    RETURN ROW(account.username, account.id, realm.name,
               apppass.account_open(account.enabled, account.disabled_from)
                   AND realm.codes_allowed,
               apppass.self_fresh(realm, self_policy.auth_time),
               apppass.self_strong(realm, self_policy.acr, self_policy.amr),
               GREATEST(realm.self_makes_per_day - apppass.self_makes(account.id), 0),
               apppass.self_services(realm), realm.code_length, realm.max_lifetime,
               realm.argon2_memory_kib, realm.argon2_passes, realm.argon2_lanes,
               realm.imap_host, realm.imap_port, realm.smtp_host, realm.smtp_port,
               realm.dav_host, realm.dav_port,
               (SELECT t.turn FROM apppass.issue_turn AS t WHERE t.account_id = account.id)
               )::apppass.self_terms;
END
$$;
COMMENT ON FUNCTION apppass.self_policy(text, timestamptz, text, text[], inet) IS
'What policy says about an owner''s next step: is the identity fresh, is it strong enough to make '
'a code, how many may still be made today, and how a code is made.
Errors of every self_ function: P0002 no such account, AP001 policy refuses, AP006 the identity '
'must be verified anew, 42501 not yours.';

CREATE TYPE apppass.self_code AS (
    device text, selector text, state text, services text[], networks cidr[],
    created_at timestamptz, expires_at timestamptz, revoked_at timestamptz,
    last_used_at timestamptz, last_service text, last_network cidr, by_owner boolean);
COMMENT ON TYPE apppass.self_code IS 'A code as its owner sees it.';

CREATE FUNCTION apppass.self_codes(username text, auth_time timestamptz, acr text, amr text[],
                                   client inet) RETURNS SETOF apppass.self_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.self_account(self_codes.username, self_codes.auth_time,
        self_codes.acr, self_codes.amr, self_codes.client, 'look');
BEGIN
    RETURN QUERY
    SELECT o.device, o.selector::text, o.state, o.services, o.networks, o.created_at, o.expires_at,
        o.revoked_at, o.last_used_at, o.last_service, o.last_network::cidr,
        o.created_by LIKE '%/the owner'
    FROM apppass.all_code_overview AS o
    WHERE o.account = account.username
      AND coalesce(o.revoked_at, o.expires_at, 'infinity') > now() - interval '30 days'
    ORDER BY o.revoked_at IS NOT NULL, o.device, o.created_at;
END
$$;
COMMENT ON FUNCTION apppass.self_codes(text, timestamptz, text, text[], inet) IS
'The codes of an account, for its owner; what ended more than 30 days ago is left out.';

CREATE TYPE apppass.self_use AS (
    selector text, service text, network cidr, first_at timestamptz, last_at timestamptz);
COMMENT ON TYPE apppass.self_use IS 'Where a code has been used.';

CREATE FUNCTION apppass.self_uses(username text, auth_time timestamptz, acr text, amr text[],
                                  client inet) RETURNS SETOF apppass.self_use
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.self_account(self_uses.username, self_uses.auth_time,
        self_uses.acr, self_uses.amr, self_uses.client, 'look');
BEGIN
    RETURN QUERY
    SELECT c.selector::text, NULLIF(u.service, '-'), NULLIF(u.network, '0.0.0.0/0')::cidr,
        u.first_at, u.last_at
    FROM apppass.code AS c
    JOIN apppass.code_use AS u ON u.code_id = c.id
    WHERE c.account_id = account.id AND c.revoked_at IS NULL
    ORDER BY c.selector, u.last_at DESC;
END
$$;
COMMENT ON FUNCTION apppass.self_uses(text, timestamptz, text, text[], inet) IS
'The last use of each code that is not revoked, by service and network (NULL: unknown).';

-- ---- changing ----

CREATE FUNCTION apppass.self_issue(username text, auth_time timestamptz, acr text, amr text[],
                                   client inet, device text, selector text, hash text,
                                   services text[] DEFAULT NULL,
                                   expires_at timestamptz DEFAULT NULL,
                                   turn bigint DEFAULT NULL)
    RETURNS apppass.stored_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := apppass.set_context('made by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_issue.username, self_issue.auth_time,
        self_issue.acr, self_issue.amr, self_issue.client, 'make', self_issue.turn);
    stored apppass.stored_code;
    offered text[];
    wanted text[] := apppass.service_names(self_issue.services);
BEGIN
    SELECT apppass.self_services(r) INTO STRICT offered
    FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF NOT wanted <@ offered OR cardinality(offered) = 0 THEN
        RAISE EXCEPTION 'owners make codes for these services only: %',
            coalesce(NULLIF(array_to_string(offered, ', '), ''), 'none')
            USING ERRCODE = 'AP001', CONSTRAINT = 'self_service_not_offered',
                  HINT = 'Choose among them, or ask the helpdesk.';
    END IF;
    stored := apppass.store_code(account.username, self_issue.device, self_issue.selector,
        self_issue.hash, coalesce(wanted, offered), NULL,
                                 self_issue.expires_at);
    PERFORM apppass.restore_context(previous);
    RETURN stored;
END
$$;
COMMENT ON FUNCTION apppass.self_issue(text, timestamptz, text, text[], inet, text, text, text,
    text[],
                                       timestamptz, bigint) IS
'Stores a code that the page made and hashed for an owner. services: NULL is all that are '
'offered. turn: as self_policy told it when the form was made, so that a form makes one code '
'however often it is sent (AP001, self_turn_gone); NULL: not asked. Errors beyond those of '
'self_policy: as for store_code.';

CREATE FUNCTION apppass.self_reset(username text, auth_time timestamptz, acr text, amr text[],
                                   client inet, device text, selector text, hash text,
                                   turn bigint DEFAULT NULL)
    RETURNS apppass.reset_stored_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := apppass.set_context('replaced by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_reset.username, self_reset.auth_time,
        self_reset.acr, self_reset.amr, self_reset.client, 'make', self_reset.turn);
    stored apppass.reset_stored_code;
BEGIN
    stored := apppass.reset_device(account.username, self_reset.device, self_reset.selector,
        self_reset.hash);
    PERFORM apppass.restore_context(previous);
    RETURN stored;
END
$$;
COMMENT ON FUNCTION apppass.self_reset(text, timestamptz, text, text[], inet, text, text,
    text,
                                       bigint) IS
'Stores a new code for a device of the owner''s; the old ones end. turn: as for self_issue. '
'Errors beyond those of self_policy: as for reset_device.';

CREATE FUNCTION apppass.self_revoke(username text, auth_time timestamptz, acr text, amr text[],
                                    client inet, selector text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := apppass.set_context('revoked by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_revoke.username, self_revoke.auth_time,
        self_revoke.acr, self_revoke.amr, self_revoke.client, 'revoke');
    revoked integer := apppass.revoke_code(account.username, self_revoke.selector, NULL);
BEGIN
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;
COMMENT ON FUNCTION apppass.self_revoke(text, timestamptz, text, text[], inet, text) IS
'Revokes the code of that selector for its owner. Errors beyond those of self_policy: as for '
'revoke_code.';

CREATE FUNCTION apppass.self_revoke_all(username text, auth_time timestamptz, acr text, amr text[],
                                        client inet) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := apppass.set_context('revoked by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_revoke_all.username,
        self_revoke_all.auth_time, self_revoke_all.acr, self_revoke_all.amr, self_revoke_all.client,
        'revoke');
    revoked integer := apppass.revoke_account(account.username, NULL);
BEGIN
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;
COMMENT ON FUNCTION apppass.self_revoke_all(text, timestamptz, text, text[], inet) IS
'Revokes all codes of an account for its owner; returns how many.';

CREATE FUNCTION apppass.self_alarm(username text, auth_time timestamptz, acr text, amr text[],
                                   client inet, selector text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := apppass.set_context('its owner says: it was not me', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_alarm.username, self_alarm.auth_time,
        self_alarm.acr, self_alarm.amr, self_alarm.client, 'revoke');
    revoked integer;
BEGIN
    PERFORM apppass.audit_write('owner_alarm', account.realm_id, account.id, account.username,
        NULL, NULL, left(self_alarm.selector, 4), NULL, NULL, NULL);
    revoked := apppass.revoke_account(account.username, NULL);
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;
COMMENT ON FUNCTION apppass.self_alarm(text, timestamptz, text, text[], inet, text) IS
'"It was not me": an event owner_alarm for the helpdesk, with the selector of what was found '
'where given, and all codes of the account revoked; returns how many.';

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOREACH f IN ARRAY ARRAY[
        'apppass.self_policy(text, timestamptz, text, text[], inet)',
        'apppass.self_codes(text, timestamptz, text, text[], inet)',
        'apppass.self_uses(text, timestamptz, text, text[], inet)',
        'apppass.self_issue(text, timestamptz, text, text[], inet, text, text, text, text[],'
        ' timestamptz, bigint)',
        'apppass.self_reset(text, timestamptz, text, text[], inet, text, text, text, bigint)',
        'apppass.self_revoke(text, timestamptz, text, text[], inet, text)',
        'apppass.self_revoke_all(text, timestamptz, text, text[], inet)',
        'apppass.self_alarm(text, timestamptz, text, text[], inet, text)']::regprocedure[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO apppass_self', f);
    END LOOP;
END
$$;
REVOKE ALL ON TYPE apppass.self_terms, apppass.self_code, apppass.self_use FROM PUBLIC;
GRANT USAGE ON TYPE apppass.self_terms, apppass.self_code, apppass.self_use, apppass.stored_code,
    apppass.reset_stored_code TO apppass_self;

COMMIT;
