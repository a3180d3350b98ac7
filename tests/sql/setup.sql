-- SPDX-License-Identifier: BSD-2-Clause
-- What several tests need; read with \ir inside their transaction.

-- verdict(NAME, SELECTOR [, SERVICE, CLIENT]): what lookup decides
CREATE FUNCTION pg_temp.verdict(username text, selector text, service text DEFAULT 'imap', client inet DEFAULT '192.0.2.1') RETURNS text
    LANGUAGE sql AS $$ SELECT verdict::text FROM apppass.lookup($1, $2, $3, $4) $$;

-- A well-formed hash that nothing matches
CREATE FUNCTION pg_temp.digest(salt text DEFAULT 'c2FsdHNhbHRzYWx0c2FsdA') RETURNS text LANGUAGE sql AS $$
    SELECT '$argon2id$v=19$m=19456,t=2,p=1$' || $1 || '$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g' $$;

-- symbols(N): a selector for each number
CREATE FUNCTION pg_temp.symbols(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', (($1 >> (5 * i)) & 31)::integer + 1, 1), '' ORDER BY i DESC)
    FROM generate_series(0, 3) AS i $$;

-- age(CODE, INTERVAL): as if it had been issued (and used) that much earlier
CREATE FUNCTION pg_temp.age_code(code bigint, by interval) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE apppass.code SET created_at = created_at - $2 WHERE id = $1;
    UPDATE apppass.code_use SET first_at = first_at - $2, last_at = last_at - $2 WHERE code_id = $1;
    SET LOCAL session_replication_role = origin;
END $$;

-- set_realm(NAME, ASSIGNMENTS): one realm's policy, everything else permissive
CREATE FUNCTION pg_temp.set_realm(name text, assignments text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE apppass.realm AS r SET codes_allowed = true, services = NULL, code_length = 20, max_codes = 100, max_lifetime = NULL,
        lapse_after = NULL, unused_after = NULL, mfa_required = false, reason_required = false, main_password_refused_from = NULL
    WHERE r.name = $1;
    EXECUTE format('UPDATE apppass.realm AS r SET %s WHERE r.name = %L', $2, $1);
END $$;

-- same(QUERY, QUERY, DESCRIPTION): results_eq for columns of different collations
CREATE FUNCTION pg_temp.same(got text, expected text, description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    rows text[];
    wanted text[];
BEGIN
    EXECUTE 'SELECT array_agg(r::text) FROM (' || $1 || ') AS r' INTO rows;
    EXECUTE 'SELECT array_agg(r::text) FROM (' || $2 || ') AS r' INTO wanted;
    RETURN tap.is(rows, wanted, $3);
END $$;
