-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:record to pg
-- requires: lookup
-- requires: refusal

BEGIN;

SET LOCAL ROLE apppass_owner;

-- A mail server's next lookup waits behind these on the same connection: none of them waits long for a lock.
CREATE FUNCTION apppass.hurry() RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.set_config('lock_timeout', '500ms', true);
$$;
COMMENT ON FUNCTION apppass.hurry() IS 'Locks are waited for 500 ms at most until the transaction ends, its commit included.';

CREATE FUNCTION apppass.record_use(code_id bigint, service text, client inet) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    door text := coalesce(pg_catalog.left(apppass.service_name($2), 32), '-');
    place cidr := apppass.client_network($3);
    is_new boolean;
    event text;
BEGIN
    PERFORM apppass.hurry();
    INSERT INTO apppass.code_use AS u (code_id, service, network, first_at, last_at)
    SELECT c.id, door, place, pg_catalog.now(), pg_catalog.now() FROM apppass.code AS c WHERE c.id = $1
    ON CONFLICT ON CONSTRAINT code_use_pkey DO UPDATE SET last_at = excluded.last_at
        WHERE u.last_at <= excluded.last_at - interval '5 minutes'
    RETURNING u.xmax = 0 INTO is_new;
    IF is_new IS NOT TRUE THEN
        RETURN;
    END IF;
    SELECT CASE WHEN count(*) = 1 THEN 'first_use' WHEN count(*) FILTER (WHERE u.network = place) = 1 THEN 'new_network' END
    INTO event
    FROM apppass.code_use AS u WHERE u.code_id = $1;
    IF event IS NOT NULL THEN
        PERFORM apppass.notify(pg_catalog.jsonb_build_object(
            'event', event, 'at', pg_catalog.now(), 'account', a.username, 'device', d.label, 'code_id', c.id, 'selector', c.selector,
            'realm', r.name, 'service', door, 'network', CASE WHEN $3 IS NOT NULL THEN place END))
        FROM apppass.code AS c
        JOIN apppass.device AS d ON d.id = c.device_id
        JOIN apppass.account AS a ON a.id = c.account_id
        JOIN apppass.realm AS r ON r.id = c.realm_id
        WHERE c.id = $1;
    END IF;
END
$$;
COMMENT ON FUNCTION apppass.record_use(bigint, text, inet) IS 'Records a successful login: at most one write per code, service and network (/24, /48) in 5 minutes. Sends first_use and new_network events. Unknown codes are ignored.';

CREATE FUNCTION apppass.record_refusal(verdict apppass.verdict, username text, code_id bigint, service text, client inet) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    PERFORM apppass.hurry();
    INSERT INTO apppass.refusal (at, verdict, account_id, realm_id, code_id, service, client)
    SELECT pg_catalog.now(), $1, a.id, a.realm_id, c.id, pg_catalog.left(apppass.service_name($4), 32), apppass.client_address($5)
    FROM (VALUES (apppass.fold($2))) AS asked (username)
    LEFT JOIN apppass.account AS a ON a.username = asked.username
    LEFT JOIN apppass.code AS c ON c.id = $3 AND c.account_id = a.id;
END
$$;
COMMENT ON FUNCTION apppass.record_refusal(apppass.verdict, text, bigint, text, inet) IS 'Records a refused attempt. The user name is stored as an account id, or not at all: it may be somebody''s password in the wrong field.';

CREATE FUNCTION apppass.record_main_password(username text, service text, client inet) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    PERFORM apppass.hurry();
    INSERT INTO apppass.main_password_login AS m (account_id, service, network, first_at, last_at)
    SELECT a.id, coalesce(pg_catalog.left(apppass.service_name($2), 32), '-'), apppass.client_network($3), pg_catalog.now(), pg_catalog.now()
    FROM apppass.account AS a WHERE a.username = apppass.fold($1)
    ON CONFLICT ON CONSTRAINT main_password_login_pkey DO UPDATE SET last_at = excluded.last_at
        WHERE m.last_at <= excluded.last_at - interval '5 minutes';
END
$$;
COMMENT ON FUNCTION apppass.record_main_password(text, text, inet) IS 'Records that a main password let somebody in, at most once in 5 minutes per service and network. Names that are no account are ignored.';

CREATE FUNCTION apppass.upgrade_hash(code_id bigint, old_hash text, new_hash text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    upgraded boolean;
BEGIN
    IF $3 !~ '^\$argon2id\$' THEN
        RAISE EXCEPTION 'the new hash is not an Argon2id one'
            USING ERRCODE = '22023', HINT = 'upgrade_hash replaces a hash by a stronger one; apppass.reset_code makes a new code.';
    END IF;
    PERFORM apppass.hurry(), pg_catalog.set_config('apppass.upgrading', $1::text, true);
    UPDATE apppass.code AS c SET hash = $3 WHERE c.id = $1 AND c.hash = $2 AND c.revoked_at IS NULL;
    upgraded := FOUND;
    PERFORM pg_catalog.set_config('apppass.upgrading', '', true);
    RETURN upgraded;
END
$$;
COMMENT ON FUNCTION apppass.upgrade_hash(bigint, text, text) IS 'Replaces the hash of a live code if it still is old_hash; false where it is not. Argon2id only (22023). Audited.';

REVOKE ALL ON FUNCTION apppass.record_use(bigint, text, inet), apppass.record_refusal(apppass.verdict, text, bigint, text, inet),
    apppass.record_main_password(text, text, inet), apppass.upgrade_hash(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.record_use(bigint, text, inet), apppass.record_refusal(apppass.verdict, text, bigint, text, inet),
    apppass.record_main_password(text, text, inet), apppass.upgrade_hash(bigint, text, text) TO apppass_verifier;

COMMIT;
