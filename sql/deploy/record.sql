-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:record to pg
-- requires: lookup
-- requires: refusal

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- A mail server's next lookup waits behind these on the same connection: none of them waits long
-- for a lock.
CREATE FUNCTION apppass.hurry() RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT set_config('lock_timeout', '500ms', true);
$$;
COMMENT ON FUNCTION apppass.hurry() IS
'Locks are waited for 500 ms at most until the transaction ends, its commit included.';

-- Whoever has a mail server's login can invent services and networks: what one code, or one main
-- password, is used from beyond 200 of them counts as from an unknown network, and a service that
-- is not in apppass.service as an unknown one.
CREATE FUNCTION apppass.used_service(service text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT s.name FROM apppass.service AS s
                     WHERE s.name = apppass.recorded_service(used_service.service)), '-');
END
$$;
COMMENT ON FUNCTION apppass.used_service(text) IS
'The service that a use is recorded for: one of apppass.service, or - .';

CREATE FUNCTION apppass.record_use(code_id bigint, service text, client inet) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    door constant text := apppass.used_service(record_use.service);
    place cidr := apppass.client_network(record_use.client);
    is_new boolean;
    event text;
BEGIN
    PERFORM apppass.hurry();
    IF NOT EXISTS (SELECT FROM apppass.code_use AS u
                   WHERE u.code_id = record_use.code_id AND u.service = door AND u.network = place)
       AND (SELECT count(*) FROM apppass.code_use AS u WHERE u.code_id = record_use.code_id) >= 200
           THEN
        place := apppass.client_network(NULL);
    END IF;
    INSERT INTO apppass.code_use AS u (code_id, service, network, first_at, last_at)
    SELECT c.id, door, place, now(), now() FROM apppass.code AS c WHERE c.id = record_use.code_id
    ON CONFLICT ON CONSTRAINT code_use_pkey DO UPDATE SET last_at = excluded.last_at
        WHERE u.last_at <= excluded.last_at - interval '5 minutes'
    RETURNING u.xmax = 0 INTO is_new;
    IF is_new IS NOT TRUE THEN
        RETURN;
    END IF;
    SELECT CASE WHEN count(*) = 1 THEN 'first_use'
                WHEN count(*) FILTER (WHERE u.network = place) = 1 THEN 'new_network' END
    INTO event
    FROM apppass.code_use AS u WHERE u.code_id = record_use.code_id;
    IF event IS NOT NULL THEN
        PERFORM apppass.notify(jsonb_build_object(
            'event', event, 'at', now(), 'account_id', c.account_id, 'code_id', c.id,
            'realm_id', c.realm_id))
        FROM apppass.code AS c WHERE c.id = record_use.code_id;
    END IF;
END
$$;
COMMENT ON FUNCTION apppass.record_use(bigint, text, inet) IS
'Records a successful login: at most one write per code, service and network (/24, /48) in 5 '
'minutes. Beyond 200 services and networks of a code, further networks are recorded as unknown. '
'Sends first_use and new_network events. Unknown codes are ignored.';

CREATE FUNCTION apppass.record_refusal(verdict text, username text, code_id bigint, service text,
    client inet) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        SET enable_seqscan = off
AS $$
DECLARE
    wanted constant text := apppass.login_name(record_refusal.username);
BEGIN
    -- RFC 2606 keeps .invalid from everybody: such a name asks whether the servers answer
    -- ("apppass doctor", a monitoring system).
    IF right(wanted, 8) = '.invalid'
       AND NOT EXISTS (SELECT FROM apppass.account AS a WHERE a.username = wanted) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM apppass.verdict AS v WHERE v.name = record_refusal.verdict) THEN
        RAISE EXCEPTION 'verdict "%" is not known', record_refusal.verdict
            USING ERRCODE = '22023', CONSTRAINT = 'verdict_unknown',
                  HINT = 'The mail server is newer than the schema: sqitch deploy.';
    END IF;
    IF record_refusal.verdict IN ('accepted', 'main_password') THEN
        RAISE EXCEPTION 'verdict "%" refuses nothing', record_refusal.verdict
            USING ERRCODE = '22023', CONSTRAINT = 'verdict_unknown',
                  HINT = 'Uses are recorded by record_use and record_main_password.';
    END IF;
    PERFORM apppass.hurry();
    INSERT INTO apppass.refusal (at, verdict, account_id, realm_id, code_id, service, client)
    SELECT now(), record_refusal.verdict, a.id, a.realm_id, c.id,
        apppass.recorded_service(record_refusal.service),
        apppass.client_address(record_refusal.client)
    FROM (VALUES (wanted)) AS asked (username)
    LEFT JOIN apppass.account AS a ON a.username = asked.username
    LEFT JOIN apppass.code AS c ON c.id = record_refusal.code_id AND c.account_id = a.id;
END
$$;
COMMENT ON FUNCTION apppass.record_refusal(text, text, bigint, text, inet) IS
'Records a refused attempt. The user name is stored as an account id, or not at all: it may be '
'somebody''s password in the wrong field. Names that end in .invalid (RFC 2606) and are no '
'account are left out: monitoring may use them.';

CREATE FUNCTION apppass.record_main_password(username text, service text, client inet) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    account constant bigint := (SELECT a.id FROM apppass.account AS a
                                WHERE a.username = apppass.login_name(
                                    record_main_password.username));
    door constant text := apppass.used_service(record_main_password.service);
    place cidr := apppass.client_network(record_main_password.client);
BEGIN
    IF account IS NULL THEN
        RETURN;
    END IF;
    PERFORM apppass.hurry();
    IF NOT EXISTS (SELECT FROM apppass.main_password_login AS m
                   WHERE m.account_id = account AND m.service = door AND m.network = place)
       AND (SELECT count(*) FROM apppass.main_password_login AS m
            WHERE m.account_id = account) >= 200 THEN
        place := apppass.client_network(NULL);
    END IF;
    INSERT INTO apppass.main_password_login AS m (account_id, service, network, first_at, last_at)
    VALUES (account, door, place, now(), now())
    ON CONFLICT ON CONSTRAINT main_password_login_pkey DO UPDATE SET last_at = excluded.last_at
        WHERE m.last_at <= excluded.last_at - interval '5 minutes';
END
$$;
COMMENT ON FUNCTION apppass.record_main_password(text, text, inet) IS
'Records that a main password let somebody in, at most once in 5 minutes per service and network, '
'and bounded as record_use is. Names that are no account are ignored.';

CREATE FUNCTION apppass.upgrade_hash(code_id bigint, old_hash text, new_hash text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        SET enable_seqscan = off
AS $$
DECLARE
    -- No backslash: what it means in a string is a setting of the session.
    cost bigint[] := regexp_match(upgrade_hash.new_hash,
        '^[$]argon2id[$]v=19[$]m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9][0-9]?)'
        '(?:,keyid=[A-Za-z0-9+/]{2,11}(?:,data=[A-Za-z0-9+/]{2,43})?)?'
        '[$][A-Za-z0-9+/]{11,64}[$][A-Za-z0-9+/]{22,86}$');
BEGIN
    -- A hash that the verifier could not verify would lock its owner out.
    IF cost IS NULL OR cost[1] NOT BETWEEN 8 * cost[3] AND 1048576 OR cost[2] > 16
        OR cost[3] > 16 THEN
        RAISE EXCEPTION 'the new hash is not an Argon2id one that can be verified'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_not_argon2id',
                HINT = 'upgrade_hash replaces a hash by a stronger one; apppass.reset_code makes a '
                       'new code.';
    ELSIF upgrade_hash.old_hash ~ '^[^$]*[$][^$]*[$][^$]*[$][^$]*,keyid='
        AND upgrade_hash.new_hash !~ ',keyid=' THEN
        RAISE EXCEPTION 'the new hash is not keyed, the old one is'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_not_keyed',
                HINT = 'Give the verifier the key: a hash without one is the weaker.';
    ELSIF EXISTS (SELECT FROM apppass.code AS c JOIN apppass.realm AS r ON r.id = c.realm_id
                  WHERE c.id = upgrade_hash.code_id
                  AND (cost[1] < r.argon2_memory_kib OR cost[2] < r.argon2_passes
                      OR cost[3] < r.argon2_lanes)) THEN
        RAISE EXCEPTION 'the new hash is cheaper than the policy of its realm'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_too_cheap',
                HINT = 'lookup tells memory_kib, passes and lanes of new hashes; the next login '
                       'tries again.';
    ELSIF EXISTS (SELECT FROM apppass.code AS c JOIN apppass.realm AS r ON r.id = c.realm_id
                  WHERE c.id = upgrade_hash.code_id
                  AND NOT apppass.is_affordable(upgrade_hash.new_hash, r.argon2_memory_kib,
                      r.argon2_passes)) THEN
        RAISE EXCEPTION 'the new hash is dearer than the policy of its realm allows'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_too_costly',
                  HINT = 'lookup tells memory_kib, passes and lanes of new hashes.';
    END IF;
    PERFORM apppass.hurry();
    -- Nothing takes rows out of the trail: it must not grow by a mail server's whim.
    IF (SELECT count(*) FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id
        JOIN apppass.audit AS l ON l.account = a.username AND l.code_id = c.id
        WHERE c.id = upgrade_hash.code_id AND l.action = 'hash_upgraded'
          AND l.at > now() - interval '1 day') >= 10 THEN
        RETURN false;
    END IF;
    INSERT INTO apppass.hash_upgrade AS u (code_id, hash)
    SELECT c.id, upgrade_hash.new_hash FROM apppass.code AS c
    WHERE c.id = upgrade_hash.code_id AND c.revoked_at IS NULL
      AND (c.hash = upgrade_hash.old_hash
          OR EXISTS (SELECT FROM apppass.hash_upgrade AS x WHERE x.code_id = c.id
          AND x.hash = upgrade_hash.old_hash))
    ON CONFLICT ON CONSTRAINT hash_upgrade_pkey DO UPDATE SET hash = excluded.hash
        WHERE u.hash = upgrade_hash.old_hash;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM apppass.audit_write('hash_upgraded', c.realm_id, c.account_id, a.username, d.label,
        c.id, c.selector,
        jsonb_build_object('hash_kind', apppass.hash_kind(upgrade_hash.old_hash)),
        jsonb_build_object('hash_kind', apppass.hash_kind(upgrade_hash.new_hash)), NULL)
    FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id
        JOIN apppass.device AS d ON d.id = c.device_id
    WHERE c.id = upgrade_hash.code_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION apppass.upgrade_hash(bigint, text, text) IS
'Replaces the hash of a live code if it still is old_hash; false where it is not, or where it was '
'replaced ten times within a day. 22023: the new one is no Argon2id hash within the verifier''s '
'limits, is below the policy of the realm in memory, passes or lanes, or is not keyed where the '
'old one is. Audited.';

REVOKE ALL ON FUNCTION apppass.record_use(bigint, text, inet),
    apppass.record_refusal(text, text, bigint, text, inet),
    apppass.record_main_password(text, text, inet), apppass.upgrade_hash(bigint, text, text)
        FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.record_use(bigint, text, inet),
    apppass.record_refusal(text, text, bigint, text, inet),
    apppass.record_main_password(text, text, inet), apppass.upgrade_hash(bigint, text, text)
        TO apppass_verifier;

COMMIT;
