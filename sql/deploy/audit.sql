-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:audit to pg
-- requires: account

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- A row is only ever inserted: whoever writes one waits for nobody, and nobody waits for a
-- transaction that stays open.  What makes the trail a chain lies beside it, in audit_chain, and
-- is added by audit_seal() once rows are committed.

-- Costs 40 us: it reads the control file.  A pg_dump carries rows, not this.
CREATE FUNCTION apppass.cluster() RETURNS bigint LANGUAGE sql STABLE
    RETURN (pg_control_system()).system_identifier;
COMMENT ON FUNCTION apppass.cluster() IS
'The system identifier of the database cluster: the same on its standbys, another one after a '
'restore elsewhere or pg_upgrade.';

CREATE TABLE apppass.audit (
    id bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    cluster bigint NOT NULL DEFAULT (pg_control_system()).system_identifier,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    operator text,
    client inet,
    application text,
    action text NOT NULL,
    realm_id integer,
    account_id bigint,
    account text COLLATE "C",
    device text,
    code_id bigint,
    selector text,
    reason text,
    ticket text,
    before jsonb,
    after jsonb,
    salt uuid DEFAULT gen_random_uuid(),
    erased_digest bytea,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_erased_whole CHECK ((salt IS NULL) = (erased_digest IS NOT NULL)
        AND (salt IS NOT NULL OR num_nonnulls(account, device, reason, ticket, before,
                                              after) = 0))
);
CREATE INDEX audit_account ON apppass.audit (account, id);
-- An account is followed through its names.
CREATE INDEX audit_account_id ON apppass.audit (account_id, id);
CREATE INDEX audit_erased ON apppass.audit (at) WHERE action = 'account_erased';
CREATE INDEX audit_xid ON apppass.audit (cluster, xid);
COMMENT ON TABLE apppass.audit IS 'Every management event, append-only. audit_chain seals it.';
COMMENT ON COLUMN apppass.audit.id IS 'Key, in order of recording.';
COMMENT ON COLUMN apppass.audit.xid IS
'The transaction that wrote it: audit_since() tells by it which rows are new.';
COMMENT ON COLUMN apppass.audit.cluster IS 'The database cluster whose transaction that was.';
COMMENT ON COLUMN apppass.audit.at IS
'When it was written, by the clock: rows of one transaction differ.';
COMMENT ON COLUMN apppass.audit.actor IS 'Database login (session user).';
COMMENT ON COLUMN apppass.audit.operator IS 'Who the portal says is acting; not proven.';
COMMENT ON COLUMN apppass.audit.client IS 'Address of the database client; NULL on a local socket.';
COMMENT ON COLUMN apppass.audit.application IS 'application_name of the database session.';
COMMENT ON COLUMN apppass.audit.action IS
'What happened: code_issued, code_revoked, account_disabled, ...';
COMMENT ON COLUMN apppass.audit.realm_id IS
'The realm concerned; no foreign key, the trail outlives what it tells of.';
COMMENT ON COLUMN apppass.audit.account_id IS 'The account concerned; no foreign key.';
COMMENT ON COLUMN apppass.audit.account IS
'Its user name at that time; NULL with an account_id: it was erased.';
COMMENT ON COLUMN apppass.audit.device IS 'Device label at that time.';
COMMENT ON COLUMN apppass.audit.code_id IS 'The code concerned; no foreign key.';
COMMENT ON COLUMN apppass.audit.selector IS 'The first four symbols of the code concerned.';
COMMENT ON COLUMN apppass.audit.reason IS 'Why, as whoever did it gave it.';
COMMENT ON COLUMN apppass.audit.ticket IS 'The ticket it belongs to, as whoever did it gave it.';
COMMENT ON COLUMN apppass.audit.before IS 'Changed or removed values, without hashes.';
COMMENT ON COLUMN apppass.audit.after IS 'New values, without hashes.';
COMMENT ON COLUMN apppass.audit.salt IS
'What the digest of account, device, reason, ticket, before and after starts with; NULL: they '
'were erased, and the salt with them.';
COMMENT ON COLUMN apppass.audit.erased_digest IS
'That digest, where they were: the seal still covers it.';

CREATE TABLE apppass.audit_chain (
    position bigint NOT NULL,
    audit_id bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_chain_pkey PRIMARY KEY (position),
    CONSTRAINT audit_chain_once UNIQUE (audit_id)
);
COMMENT ON TABLE apppass.audit_chain IS
'The seals of the audit trail, append-only, made by audit_seal(). No foreign key: audit_verify() '
'tells what is missing.';
COMMENT ON COLUMN apppass.audit_chain.position IS 'Place in the chain, from 1 without gaps.';
COMMENT ON COLUMN apppass.audit_chain.audit_id IS 'The row of apppass.audit that it seals.';
COMMENT ON COLUMN apppass.audit_chain.hash IS 'SHA-256 over the hash before it and the row.';

CREATE TABLE apppass.audit_head (
    only_row boolean NOT NULL DEFAULT true,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    mark jsonb NOT NULL,
    CONSTRAINT audit_head_pkey PRIMARY KEY (only_row),
    CONSTRAINT audit_head_one CHECK (only_row)
);
COMMENT ON TABLE apppass.audit_head IS 'End of the audit chain. Locked by audit_seal() alone.';
COMMENT ON COLUMN apppass.audit_head.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN apppass.audit_head.position IS 'Position of the last seal; 0: none yet.';
COMMENT ON COLUMN apppass.audit_head.hash IS 'The hash of the last row of the chain.';
COMMENT ON COLUMN apppass.audit_head.sealed_at IS 'When audit_seal() last ran.';
COMMENT ON COLUMN apppass.audit_head.mark IS
'What audit_since() said then: the rows up to here are sealed.';

-- A seal covers the words of a row, those that may tell of a person, by a digest that starts with
-- a random salt.  Once they and the salt are gone nobody finds out by guessing what they were, and
-- the chain stands.
CREATE FUNCTION apppass.audit_words(entry apppass.audit) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN entry.salt IS NULL AND num_nonnulls(entry.account, entry.device,
            entry.reason, entry.ticket, entry.before, entry.after) = 0 THEN entry.erased_digest
        ELSE sha256(convert_to(jsonb_build_array(
            entry.salt::text, entry.account, entry.device, entry.reason, entry.ticket,
            entry.before, entry.after)::text, 'UTF8'))
    END;
$$;
COMMENT ON FUNCTION apppass.audit_words(apppass.audit) IS
'The digest of an audit row''s words; of erased ones what was kept of them.';

CREATE FUNCTION apppass.audit_erased(entry apppass.audit) RETURNS apppass.audit
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    entry.erased_digest := apppass.audit_words(entry);
    entry.salt := NULL;
    entry.account := NULL;
    entry.device := NULL;
    entry.reason := NULL;
    entry.ticket := NULL;
    entry.before := NULL;
    entry.after := NULL;
    RETURN entry;
END
$$;
COMMENT ON FUNCTION apppass.audit_erased(apppass.audit) IS 'The row without its words.';

CREATE FUNCTION apppass.is_erased(account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM apppass.audit AS a
                   WHERE a.account_id = is_erased.account_id AND a.action = 'account_erased');
$$;
COMMENT ON FUNCTION apppass.is_erased(bigint) IS
'Does the trail say that the account of that key was, or is being, erased?';
GRANT EXECUTE ON FUNCTION apppass.is_erased(bigint) TO apppass_admin;

CREATE FUNCTION apppass.audit_append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit' THEN
        IF OLD.action <> 'account_erased' AND apppass.is_erased(OLD.account_id)
            AND NEW IS NOT DISTINCT FROM apppass.audit_erased(OLD) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP
        USING ERRCODE = 'AP004', CONSTRAINT = 'audit_append_only',
            HINT = 'Corrections are new events. Only the words about an account that was erased '
                   'are taken out: apppass.erase_account(username, reason).';
END
$$;
COMMENT ON FUNCTION apppass.audit_append_only() IS
'Trigger: refuses every UPDATE, DELETE and TRUNCATE of the trail (AP004), but taking the words out '
'of the rows about an account that was erased.';
DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['audit', 'audit_chain'] LOOP
        EXECUTE format(
            'CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON apppass.%I'
            ' FOR EACH ROW EXECUTE FUNCTION apppass.audit_append_only()', part);
        EXECUTE format(
            'CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON apppass.%I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION apppass.audit_append_only()', part);
        EXECUTE format('COMMENT ON TRIGGER audit_append_only ON apppass.%I IS %L', part,
            'Append-only, for the owner too.');
        EXECUTE format('COMMENT ON TRIGGER audit_no_truncate ON apppass.%I IS %L', part,
            'Append-only, for the owner too.');
    END LOOP;
END
$$;

CREATE FUNCTION apppass.audit_digest(previous bytea, "position" bigint,
    entry apppass.audit) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sha256(previous || convert_to(jsonb_build_array(
        "position", entry.id, entry.xid::text, entry.cluster,
        to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), entry.actor,
        entry.operator,
        host(entry.client), entry.application, entry.action, entry.realm_id,
        entry.account_id, entry.code_id, entry.selector,
        encode(apppass.audit_words(entry), 'hex'))::text, 'UTF8'));
$$;
COMMENT ON FUNCTION apppass.audit_digest(bytea, bigint, apppass.audit) IS
'Hash of an audit row at that position, after one with the given hash.';

-- ---- following the trail ----

CREATE FUNCTION apppass.history() RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    timeline integer;
BEGIN
    IF pg_is_in_recovery() THEN
        SELECT GREATEST(c.timeline_id, r.min_recovery_end_timeline) INTO timeline
        FROM pg_control_checkpoint() AS c, pg_control_recovery() AS r;
    ELSE
        timeline := ('x' || left(
            pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
    END IF;
    RETURN apppass.cluster() || '/' || timeline;
END
$$;
COMMENT ON FUNCTION apppass.history() IS
'Within what transaction numbers compare: the cluster and its timeline, which a promotion or a '
'recovery to a point in time changes.';

-- Planned each time, and never by what the tables were like when they were new: it reads what is
-- new, through audit_xid.
CREATE FUNCTION apppass.audit_since(seen jsonb, OUT mark jsonb, OUT ids bigint[],
    OUT continuity text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off
AS $$
DECLARE
    here constant text := apppass.history();
    home constant bigint := apppass.cluster();
    own constant xid8 := pg_current_xact_id_if_assigned();
    now_visible pg_snapshot := pg_current_snapshot();
    known pg_snapshot;
    had bigint[] := '{}';
    head apppass.audit_head;
BEGIN
    SELECT h.* INTO head FROM apppass.audit_head AS h;
    IF pg_is_in_recovery() THEN
        -- A standby's snapshot does not list the transactions in progress; all below its xmin have
        -- ended.  What is visible beyond is noted row by row.
        now_visible := format('%1$s:%1$s:',
            pg_snapshot_xmin(now_visible))::pg_snapshot;
        had := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE a.cluster = home AND a.xid >= pg_snapshot_xmin(now_visible)
                         ORDER BY a.id);
    ELSIF own < pg_snapshot_xmax(now_visible) THEN
        -- Its own snapshot does not list a transaction either, and it may write more: its rows
        -- count once it is committed.
        now_visible := format('%s:%s:%s', pg_snapshot_xmin(now_visible),
            pg_snapshot_xmax(now_visible),
            (SELECT string_agg(x::text, ',' ORDER BY x) FROM (
                SELECT own AS x UNION SELECT pg_snapshot_xip(now_visible))
                    AS running))::pg_snapshot;
    END IF;
    mark := jsonb_build_object('history', here, 'snapshot', now_visible::text, 'had',
        to_jsonb(had),
        'position', head.position, 'hash', encode(head.hash, 'hex'));
    ids := '{}';

    IF audit_since.seen IS NULL THEN
        continuity := 'begun';
    ELSIF (audit_since.seen ->> 'history') = here THEN
        continuity := 'exact';
        known := (audit_since.seen ->> 'snapshot')::pg_snapshot;
        had := ARRAY(SELECT jsonb_array_elements_text(
            audit_since.seen -> 'had')::bigint);
        ids := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE a.cluster = home AND a.xid >= pg_snapshot_xmin(known)
                       AND NOT pg_visible_in_snapshot(a.xid, known)
                       AND a.xid IS DISTINCT FROM own
                       AND NOT EXISTS (SELECT FROM unnest(had) AS h WHERE h = a.id)
                           ORDER BY a.id);
    ELSIF (audit_since.seen ->> 'position')::bigint = 0
          OR EXISTS (SELECT FROM apppass.audit_chain AS c
              WHERE c.position = (audit_since.seen ->> 'position')::bigint
                     AND c.hash = decode(audit_since.seen ->> 'hash', 'hex')) THEN
        continuity := 'overlap';
        ids := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE NOT (a.cluster = home AND a.xid IS NOT DISTINCT FROM own)
                       AND NOT EXISTS (SELECT FROM apppass.audit_chain AS c
                                       WHERE c.audit_id = a.id
                                       AND c.position <= (audit_since.seen ->> 'position')::bigint)
                     ORDER BY a.id);
    ELSE
        continuity := 'gap';
    END IF;
EXCEPTION
    WHEN invalid_text_representation OR invalid_parameter_value OR numeric_value_out_of_range THEN
        RAISE EXCEPTION 'that is not a mark of the audit trail'
            USING ERRCODE = '22023', CONSTRAINT = 'audit_mark_invalid',
                HINT = 'Give back what the function said as mark, or NULL to begin now.';
END
$$;
COMMENT ON FUNCTION apppass.audit_since(jsonb) IS
'What the audit trail got since a mark: the one function for all who follow it; audit_follow() is '
'the same for people. Give NULL to begin now, then each time the mark of the time before.
ids: the committed rows that were not visible then and are now, each once, whatever the order of '
'commits; never those of one''s own transaction. mark: what to give next time; it survives '
'restarts, and serves on the primary and its standbys alike.
continuity: begun (seen was NULL); exact; overlap: after a promotion, a restore elsewhere or '
'pg_upgrade, where transaction numbers don''t compare: ids are all rows not sealed when the mark '
'was made, of which some may have been told before; gap: this trail does not contain the seal of '
'the mark (restored from an older backup, or rewritten): what came since is not known, ids is '
'empty and mark begins now.
Runs on a hot standby. Read the rows of ids in the same statement, or later.';

CREATE FUNCTION apppass.audit_follow(seen jsonb DEFAULT NULL, OUT mark jsonb, OUT ids bigint[],
    OUT continuity text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT n.* INTO mark, ids, continuity
        FROM apppass.audit_since(audit_follow.seen) AS n (mark, ids, continuity);
    IF NOT apppass.manages_all() THEN
        ids := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE a.id = ANY (ids)
                     AND a.realm_id = ANY (ARRAY(SELECT apppass.managed_realms())) ORDER BY a.id);
    END IF;
END
$$;
COMMENT ON FUNCTION apppass.audit_follow(jsonb) IS
'audit_since() for the helpdesk and the auditor: ids are those of the realms one manages, as '
'audit_log shows them: SELECT l.* FROM apppass.audit_follow($1) AS f, apppass.audit_log AS l '
'WHERE l.id = ANY (f.ids). Keep f.mark, also where there are no rows.';
REVOKE ALL ON FUNCTION apppass.audit_follow(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.audit_follow(jsonb) TO apppass_helpdesk, apppass_auditor,
    apppass_admin;

-- ---- the chain ----

INSERT INTO apppass.audit_head (position, hash, sealed_at, mark)
SELECT 0, sha256('apppass'::bytea), now(),
    s.mark || jsonb_build_object('position', 0, 'hash',
        encode(sha256('apppass'::bytea), 'hex'))
FROM apppass.audit_since(NULL) AS s;

CREATE FUNCTION apppass.audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head apppass.audit_head;
    entry apppass.audit;
    news record;
    give_up constant timestamptz := clock_timestamp() + interval '10 s';
BEGIN
    LOOP
        SELECT h.* INTO head FROM apppass.audit_head AS h FOR UPDATE SKIP LOCKED;
        EXIT WHEN FOUND;
        IF NOT EXISTS (SELECT FROM apppass.audit_head) THEN
            RAISE EXCEPTION 'the end of the audit chain is missing' USING ERRCODE = '55000',
                CONSTRAINT = 'audit_head_missing', HINT = 'See apppass.audit_verify().';
        ELSIF clock_timestamp() > give_up THEN
            RAISE EXCEPTION 'another session has been sealing the audit trail for 10 s'
                USING ERRCODE = '55P03', CONSTRAINT = 'audit_seal_busy',
                    HINT = 'Nobody waits for it but the next seal. Try again later.';
        END IF;
        PERFORM pg_sleep(0.05);
    END LOOP;
    -- A statement of its own: its snapshot is younger than the lock.
    SELECT n.* INTO news FROM apppass.audit_since(head.mark) AS n;
    IF news.continuity = 'gap' THEN
        RAISE EXCEPTION 'the end of the audit chain is not in the chain' USING ERRCODE = '55000',
            CONSTRAINT = 'audit_end_missing', HINT = 'See apppass.audit_verify().';
    END IF;
    sealed := 0;
    FOR entry IN SELECT a.* FROM apppass.audit AS a WHERE a.id = ANY (news.ids) ORDER BY a.id LOOP
        sealed := sealed + 1;
        head.position := head.position + 1;
        head.hash := apppass.audit_digest(head.hash, head.position, entry);
        INSERT INTO apppass.audit_chain (position, audit_id, hash)
            VALUES (head.position, entry.id, head.hash);
    END LOOP;
    position := head.position;
    hash := encode(head.hash, 'hex');
    UPDATE apppass.audit_head AS h
    SET position = head.position, hash = head.hash, sealed_at = clock_timestamp(),
        mark = news.mark || jsonb_build_object('position', head.position, 'hash',
            audit_seal.hash);
END
$$;
COMMENT ON FUNCTION apppass.audit_seal() IS
'Adds the rows that were committed since the last time to the chain, in the order of their keys; '
'not those of its own transaction. To be run every few minutes, in a transaction of its own; '
'nobody else waits for it. Returns how many, and the new end of the chain.';
REVOKE ALL ON FUNCTION apppass.audit_seal() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.audit_seal() TO apppass_admin;

CREATE FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamptz,
    OUT unsealed bigint,
                                   OUT unsealed_since timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mark jsonb;
BEGIN
    SELECT h.position, encode(h.hash, 'hex'), h.sealed_at, h.mark INTO position, hash,
        sealed_at, mark
    FROM apppass.audit_head AS h;
    SELECT count(*), min(a.at) INTO unsealed, unsealed_since
    FROM apppass.audit AS a
        WHERE a.id = ANY ((SELECT f.ids FROM apppass.audit_follow(mark) AS f)::bigint[]);
END
$$;
COMMENT ON FUNCTION apppass.audit_head() IS
'The last seal of the audit trail, when it was made, and how many rows of the realms one manages '
'wait for the next, since when. Note position and hash elsewhere (a mail to oneself): '
'audit_verify(position, hash) tells whether a later trail still contains them.';
REVOKE ALL ON FUNCTION apppass.audit_head() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.audit_head() TO apppass_helpdesk, apppass_auditor, apppass_admin;

CREATE FUNCTION apppass.audit_verify(noted_position bigint DEFAULT NULL,
    noted_hash text DEFAULT NULL,
                                     OUT rows_checked bigint, OUT unsealed bigint,
                                         OUT bad_id bigint, OUT problem text,
                                     OUT head_hash text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head apppass.audit_head;
    link record;
    last_hash bytea := sha256('apppass'::bytea);
    noted_found boolean := audit_verify.noted_position IS NULL OR audit_verify.noted_position = 0;
    waiting bigint[];
BEGIN
    IF (audit_verify.noted_position IS NULL) <> (audit_verify.noted_hash IS NULL)
        OR audit_verify.noted_position < 0 OR audit_verify.noted_hash !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'a noted seal is a position and a hash of 64 hexadecimal digits'
            USING ERRCODE = '22023', CONSTRAINT = 'audit_note_invalid',
            HINT = 'Give both as apppass.audit_head() said them.';
    END IF;
    rows_checked := 0;
    SELECT h.* INTO head FROM apppass.audit_head AS h;
    IF NOT FOUND THEN
        problem := 'the end of the chain is missing';
        RETURN;
    END IF;
    head_hash := encode(head.hash, 'hex');
    FOR link IN
        SELECT c.position, c.audit_id, c.hash, a.id, a AS entry
        FROM apppass.audit_chain AS c LEFT JOIN apppass.audit AS a ON a.id = c.audit_id
            ORDER BY c.position
    LOOP
        rows_checked := rows_checked + 1;
        problem := CASE
            WHEN link.position <> rows_checked THEN 'seals are missing before this row'
            WHEN link.id IS NULL THEN 'is missing'
            WHEN link.hash <> apppass.audit_digest(last_hash, link.position, link.entry)
                THEN 'was altered, or does not follow the row before it'
            WHEN (link.entry).salt IS NULL AND ((link.entry).action = 'account_erased'
                OR NOT apppass.is_erased((link.entry).account_id))
                THEN 'was erased, and no account_erased event says so'
        END;
        IF problem IS NOT NULL THEN
            bad_id := link.audit_id;
            RETURN;
        END IF;
        last_hash := link.hash;
        noted_found := noted_found
            OR (link.position = audit_verify.noted_position
                AND link.hash = decode(audit_verify.noted_hash, 'hex'));
    END LOOP;
    IF rows_checked <> head.position OR last_hash <> head.hash THEN
        problem := 'rows are missing at the end';
        RETURN;
    ELSIF NOT noted_found THEN
        problem := format('the seal noted at position %s is not in the chain: its end '
                          'was cut off, or it was rewritten',
                          audit_verify.noted_position);
        RETURN;
    END IF;
    SELECT f.ids INTO waiting FROM apppass.audit_since(head.mark) AS f;
    unsealed := cardinality(waiting);
    -- Added where the seal does not look: past the triggers, with the number of a transaction that
    -- had ended.
    SELECT a.id INTO bad_id FROM apppass.audit AS a
    WHERE NOT EXISTS (SELECT FROM apppass.audit_chain AS c WHERE c.audit_id = a.id)
      AND NOT EXISTS (SELECT FROM unnest(waiting) AS w WHERE w = a.id)
      AND a.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    ORDER BY a.id LIMIT 1;
    IF FOUND THEN
        problem := 'is not part of the chain';
    END IF;
END
$$;
COMMENT ON FUNCTION apppass.audit_verify(bigint, text) IS
'Checks the whole chain in order, and that it still contains a seal noted elsewhere (audit_head). '
'problem is NULL where all fits; else bad_id is the first row that does not fit (NULL: the end is '
'missing). unsealed: rows that wait for audit_seal(); nothing protects them yet.
Of a row whose words were erased it can say that it is in its place, when, who did it, the action '
'and the keys, and that an account_erased event of the account is in the trail; not any more what '
'the words were.';
REVOKE ALL ON FUNCTION apppass.audit_verify(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.audit_verify(bigint, text) TO apppass_auditor, apppass_admin;

-- What goes with the statements of a management function, or with plain SQL: SET LOCAL
-- apppass.reason = '...'. These three in plpgsql, which parses a body once in a session and not
-- once in a statement.
CREATE FUNCTION apppass.context(name text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN apppass.trim_blank(left(
        regexp_replace(current_setting('apppass.' || name, true),
            E'[\u0001-\u001f\u007f-\u009f]+', ' ', 'g'), 1000));
END
$$;
COMMENT ON FUNCTION apppass.context(text) IS
'The setting apppass.reason, apppass.ticket or apppass.operator of this statement; NULL where '
'blank.';
GRANT EXECUTE ON FUNCTION apppass.context(text) TO apppass_admin;

CREATE FUNCTION apppass.set_context(reason text, ticket text, operator text) RETURNS text[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := ARRAY[
        current_setting('apppass.reason', true),
        current_setting('apppass.ticket', true),
        current_setting('apppass.operator', true)];
BEGIN
    PERFORM set_config('apppass.reason', coalesce(set_context.reason, previous[1], ''),
        true),
            set_config('apppass.ticket', coalesce(set_context.ticket, previous[2], ''),
                true),
            set_config('apppass.operator',
                coalesce(set_context.operator, previous[3], ''), true);
    RETURN previous;
END
$$;
COMMENT ON FUNCTION apppass.set_context(text, text, text) IS
'Sets what context() returns, keeping what is NULL here; returns what to give to restore_context.';

CREATE FUNCTION apppass.restore_context(previous text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('apppass.reason', coalesce(previous[1], ''), true),
            set_config('apppass.ticket', coalesce(previous[2], ''), true),
            set_config('apppass.operator', coalesce(previous[3], ''), true);
END
$$;
COMMENT ON FUNCTION apppass.restore_context(text[]) IS
'Undoes set_context at the end of a function. After an error the rollback does.';

CREATE FUNCTION apppass.operator() RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    claimed text := apppass.context('operator');
BEGIN
    -- Codes that owners made, or collected by a link, are counted, shown and announced as theirs.
    IF claimed ~ '(^|/)the (owner|link)$'
        AND NOT pg_has_role(session_user, 'apppass_self', 'MEMBER') THEN
        RAISE EXCEPTION '% does not act for the owner of an account', session_user
            USING ERRCODE = '42501', CONSTRAINT = 'operator_owner',
                  HINT = 'As operator give the name of whoever acts; owners and their links '
                         'act by the self_ functions.';
    END IF;
    RETURN claimed;
END
$$;
COMMENT ON FUNCTION apppass.operator() IS
'The operator of this statement; NULL where blank. 42501: only apppass_self acts for an '
'account''s owner.';
GRANT EXECUTE ON FUNCTION apppass.operator() TO apppass_admin;

CREATE FUNCTION apppass.actor() RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN session_user::text || coalesce('/' || apppass.operator(), '');
END
$$;
COMMENT ON FUNCTION apppass.actor() IS
'The session user, with the portal''s operator after a slash.';
GRANT EXECUTE ON FUNCTION apppass.actor() TO apppass_admin;

CREATE FUNCTION apppass.hash_kind(hash text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN hash LIKE '$argon2%'
        THEN split_part(hash, '$', 2) || ' ' || split_part(hash, '$', 4)
                ELSE split_part(hash, '$', 2) END;
COMMENT ON FUNCTION apppass.hash_kind(text) IS
'Algorithm and cost of a hash string, without salt and digest.';

-- LISTEN needs no privilege: every login of the database hears every tenant's events.  So they
-- carry keys and nothing else; what a listener may see of them it reads from the views.
CREATE FUNCTION apppass.notify(event jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Any login can fill the server's queue, with one session that listens and keeps a transaction
    -- open; once it is full, whoever notifies can't commit.
    IF pg_notification_queue_usage() > 0.01 THEN
        RAISE WARNING 'the event "%" is not announced', event ->> 'event'
            USING HINT = 'A session that listens has kept a transaction open for long: see '
                         'pg_stat_activity, and end it.';
        RETURN;
    END IF;
    PERFORM pg_notify('apppass', jsonb_strip_nulls(event)::text);
END
$$;
COMMENT ON FUNCTION apppass.notify(jsonb) IS
'Sends an event to LISTEN apppass at commit: event, at, realm_id, account_id, code_id, audit_id '
'(no use of a code has one). Keys only: SELECT ... FROM apppass.audit_log WHERE id = audit_id, or '
'FROM apppass.code_overview WHERE code_id = ..., shows the rest to whom it concerns. A hint, no '
'proof: any login of the database may NOTIFY the same. Sends nothing, with a WARNING, while more '
'than 1 % of the server''s queue waits for a listener.';

CREATE FUNCTION apppass.audit_write(action text, realm_id integer, account_id bigint, account text,
    device text, code_id bigint,
                                    selector text, before jsonb, after jsonb,
                                    reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry apppass.audit;
BEGIN
    INSERT INTO apppass.audit AS a (at, actor, operator, client, application, action, realm_id,
        account_id, account, device, code_id,
                                    selector, reason, ticket, before, after)
    VALUES (clock_timestamp(), session_user, apppass.operator(),
        inet_client_addr(),
            NULLIF(current_setting('application_name'), ''), audit_write.action,
                audit_write.realm_id, audit_write.account_id, audit_write.account,
                audit_write.device, audit_write.code_id, audit_write.selector,
            coalesce(audit_write.reason, apppass.context('reason')), apppass.context('ticket'),
            audit_write.before, audit_write.after)
    RETURNING a.* INTO entry;
    PERFORM apppass.notify(jsonb_build_object(
        'event', entry.action, 'audit_id', entry.id, 'at', entry.at, 'account_id', entry.account_id,
        'code_id', entry.code_id,
        'realm_id', entry.realm_id));
END
$$;
COMMENT ON FUNCTION apppass.audit_write(text, integer, bigint, text, text, bigint, text, jsonb,
    jsonb, text) IS
'Appends an event with the context of the session and announces it.';

CREATE FUNCTION apppass.audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    this jsonb := coalesce(new_row, old_row);
    action text;
    realm integer;
    account apppass.account;
    device text;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'code' THEN
            IF TG_OP = 'INSERT' THEN
                action := CASE WHEN NEW.replaces IS NULL THEN 'code_issued' ELSE 'code_reset' END;
            ELSIF OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN
                action := 'code_revoked';
            ELSE
                action := 'code_changed';
            END IF;
            -- The composite key cascades here when an account moves; the account's own row tells
            -- it.  Whatever else changes is told.
            IF TG_OP = 'UPDATE' AND old_row - 'realm_id' = new_row - 'realm_id' THEN
                RETURN NULL;
            END IF;
            SELECT a.* INTO account FROM apppass.account AS a WHERE a.id = NEW.account_id;
            SELECT d.label INTO device FROM apppass.device AS d WHERE d.id = NEW.device_id;
            realm := NEW.realm_id;
        WHEN 'account' THEN
            account := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
            realm := account.realm_id;
            action := CASE
                WHEN TG_OP = 'INSERT' THEN 'account_added'
                WHEN TG_OP = 'DELETE' THEN 'account_removed'
                WHEN OLD.enabled AND NOT NEW.enabled THEN 'account_disabled'
                WHEN NEW.enabled AND NOT OLD.enabled THEN 'account_enabled'
                WHEN NEW.mfa_enrolled AND NOT OLD.mfa_enrolled THEN 'mfa_enrolled'
                WHEN OLD.mfa_enrolled AND NOT NEW.mfa_enrolled THEN 'mfa_removed'
                ELSE 'account_changed'
            END;
        WHEN 'device' THEN
            SELECT a.* INTO account FROM apppass.account AS a
                WHERE a.id = (this ->> 'account_id')::bigint;
            realm := account.realm_id;
            device := this ->> 'label';
            action := CASE TG_OP WHEN 'INSERT' THEN 'device_added' WHEN 'DELETE'
                THEN 'device_removed' ELSE 'device_renamed' END;
        ELSE
            realm := CASE TG_TABLE_NAME WHEN 'realm' THEN (this ->> 'id')::integer
                ELSE (this ->> 'realm_id')::integer END;
            action := TG_TABLE_NAME || CASE TG_OP WHEN 'INSERT' THEN '_added' WHEN 'DELETE'
                THEN '_removed' ELSE '_changed' END;
    END CASE;

    old_row := old_row - 'hash';
    new_row := new_row - 'hash';
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value),
            jsonb_object_agg(o.key, n.value)
        INTO old_row, new_row
        FROM jsonb_each(old_row) AS o
            JOIN jsonb_each(new_row) AS n ON n.key = o.key
        WHERE o.value <> n.value;
    ELSE
        old_row := jsonb_strip_nulls(old_row);
        new_row := jsonb_strip_nulls(new_row);
    END IF;
    PERFORM apppass.audit_write(action, realm, account.id, account.username, device,
        CASE TG_TABLE_NAME WHEN 'code' THEN (this ->> 'id')::bigint END, CASE TG_TABLE_NAME
            WHEN 'code' THEN this ->> 'selector' END,
        old_row, new_row, CASE action WHEN 'code_revoked' THEN this ->> 'revoke_reason' END);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION apppass.audit_change() IS
'Trigger: writes an audit row and sends an event for each row inserted, changed or removed.';

CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.realm
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.realm FOR EACH ROW
    WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.access_rule
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.access_rule FOR EACH ROW
    WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.realm_operator
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.realm_operator FOR EACH ROW
    WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.account
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.account FOR EACH ROW
    WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.device
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.device FOR EACH ROW
    WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert AFTER INSERT ON apppass.code
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.code FOR EACH ROW
    WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION apppass.audit_change();

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT g.tgname, g.tgrelid::regclass AS relation FROM pg_trigger AS g
             WHERE g.tgfoid = 'apppass.audit_change'::regproc LOOP
        EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', t.tgname, t.relation,
            'Writes the audit row.');
    END LOOP;
END
$$;

COMMIT;
