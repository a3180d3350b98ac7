-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:audit to pg
-- requires: account

BEGIN;

SET LOCAL ROLE apppass_owner;

CREATE TABLE apppass.audit (
    id bigint GENERATED ALWAYS AS IDENTITY,
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
    position bigint,
    previous_hash bytea,
    hash bytea,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_position_unique UNIQUE (position),
    CONSTRAINT audit_sealed_whole CHECK ((position IS NULL) = (hash IS NULL) AND (position IS NULL) = (previous_hash IS NULL))
);
CREATE INDEX audit_account ON apppass.audit (account, id);
CREATE INDEX audit_unsealed ON apppass.audit (id) WHERE position IS NULL;
COMMENT ON TABLE apppass.audit IS 'Every management event, append-only. Rows join the hash chain when their transaction commits.';
COMMENT ON COLUMN apppass.audit.id IS 'Key, in order of recording.';
COMMENT ON COLUMN apppass.audit.at IS 'When.';
COMMENT ON COLUMN apppass.audit.actor IS 'Database login (session user).';
COMMENT ON COLUMN apppass.audit.operator IS 'Who the portal says is acting; not proven.';
COMMENT ON COLUMN apppass.audit.client IS 'Address of the database client; NULL on a local socket.';
COMMENT ON COLUMN apppass.audit.application IS 'application_name of the database session.';
COMMENT ON COLUMN apppass.audit.action IS 'What happened: code_issued, code_revoked, account_disabled, ...';
COMMENT ON COLUMN apppass.audit.realm_id IS 'Realm concerned.';
COMMENT ON COLUMN apppass.audit.account_id IS 'Account concerned.';
COMMENT ON COLUMN apppass.audit.account IS 'Its user name at that time.';
COMMENT ON COLUMN apppass.audit.device IS 'Device label at that time.';
COMMENT ON COLUMN apppass.audit.code_id IS 'Code concerned.';
COMMENT ON COLUMN apppass.audit.selector IS 'Its selector.';
COMMENT ON COLUMN apppass.audit.reason IS 'Why.';
COMMENT ON COLUMN apppass.audit.ticket IS 'Ticket number.';
COMMENT ON COLUMN apppass.audit.before IS 'Changed or removed values, without hashes.';
COMMENT ON COLUMN apppass.audit.after IS 'New values, without hashes.';
COMMENT ON COLUMN apppass.audit.position IS 'Place in the hash chain, from 1 without gaps, in order of commit.';
COMMENT ON COLUMN apppass.audit.previous_hash IS 'Hash of the row before it in the chain.';
COMMENT ON COLUMN apppass.audit.hash IS 'SHA-256 over previous_hash and this row.';

CREATE TABLE apppass.audit_head (
    only_row boolean NOT NULL DEFAULT true,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_head_pkey PRIMARY KEY (only_row),
    CONSTRAINT audit_head_one CHECK (only_row)
) WITH (fillfactor = 10);
COMMENT ON TABLE apppass.audit_head IS 'End of the audit chain. Locked by a transaction while it commits, or from when it makes its constraints immediate.';
COMMENT ON COLUMN apppass.audit_head.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN apppass.audit_head.position IS 'Position of the last row.';
COMMENT ON COLUMN apppass.audit_head.hash IS 'Hash of the last row.';
INSERT INTO apppass.audit_head (position, hash) VALUES (0, pg_catalog.sha256('apppass'::bytea));

CREATE FUNCTION apppass.audit_digest(previous bytea, entry apppass.audit) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.sha256($1 || pg_catalog.convert_to(pg_catalog.jsonb_build_array(
        ($2).position, ($2).id, pg_catalog.to_char(($2).at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), ($2).actor, ($2).operator,
        pg_catalog.host(($2).client), ($2).application, ($2).action, ($2).realm_id, ($2).account_id, ($2).account, ($2).device,
        ($2).code_id, ($2).selector, ($2).reason, ($2).ticket, ($2).before, ($2).after)::text, 'UTF8'));
$$;
COMMENT ON FUNCTION apppass.audit_digest(bytea, apppass.audit) IS 'Hash of an audit row that follows a row with the given hash.';

-- A transaction's rows are chained when it commits: until then nobody waits for it, however long it stays open; unless it said SET
-- CONSTRAINTS ALL IMMEDIATE, when it keeps the end of the chain from its first change on.  So nobody waits for ever.
CREATE FUNCTION apppass.audit_seal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head apppass.audit_head;
    entry apppass.audit;
    patience text := pg_catalog.current_setting('lock_timeout');
BEGIN
    -- The first call of a transaction seals all its rows; the others find theirs sealed.
    IF (SELECT a.position IS NOT NULL FROM apppass.audit AS a WHERE a.id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF patience::interval NOT BETWEEN interval '1 ms' AND interval '10 s' THEN
        PERFORM pg_catalog.set_config('lock_timeout', '10s', true);
    END IF;
    SELECT * INTO STRICT head FROM apppass.audit_head FOR UPDATE;
    PERFORM pg_catalog.set_config('lock_timeout', patience, true);
    FOR entry IN SELECT * FROM apppass.audit AS a WHERE a.position IS NULL ORDER BY a.id LOOP
        entry.position := head.position + 1;
        entry.previous_hash := head.hash;
        entry.hash := apppass.audit_digest(head.hash, entry);
        UPDATE apppass.audit AS a
        SET position = entry.position, previous_hash = entry.previous_hash, hash = entry.hash
        WHERE a.id = entry.id;
        head.position := entry.position;
        head.hash := entry.hash;
    END LOOP;
    UPDATE apppass.audit_head SET position = head.position, hash = head.hash;
    RETURN NULL;
EXCEPTION
    WHEN lock_not_available THEN
        RAISE EXCEPTION 'another transaction keeps the end of the audit chain locked'
            USING ERRCODE = '55P03', DETAIL = SQLERRM,
                  HINT = 'Try again; pg_blocking_pids() tells who keeps it, perhaps a session that said SET CONSTRAINTS ALL IMMEDIATE.';
END
$$;
COMMENT ON FUNCTION apppass.audit_seal() IS 'Trigger: chains the rows of the committing transaction.';
CREATE CONSTRAINT TRIGGER audit_seal AFTER INSERT ON apppass.audit DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_seal();
COMMENT ON TRIGGER audit_seal ON apppass.audit IS 'Chains the row at commit.';

CREATE FUNCTION apppass.audit_append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Sealing fills what was empty, once, from within the trigger above.
    IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW' AND pg_catalog.pg_trigger_depth() > 1 AND OLD.hash IS NULL
       AND pg_catalog.to_jsonb(OLD) - ARRAY['position', 'previous_hash', 'hash']
         = pg_catalog.to_jsonb(NEW) - ARRAY['position', 'previous_hash', 'hash'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP
        USING ERRCODE = 'AP004', HINT = 'Corrections are new events. Nothing is taken out of the trail.';
END
$$;
COMMENT ON FUNCTION apppass.audit_append_only() IS 'Trigger: refuses every UPDATE, DELETE and TRUNCATE of the trail. AP004.';
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON apppass.audit
    FOR EACH ROW EXECUTE FUNCTION apppass.audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON apppass.audit
    FOR EACH STATEMENT EXECUTE FUNCTION apppass.audit_append_only();
COMMENT ON TRIGGER audit_append_only ON apppass.audit IS 'Append-only, for the owner too.';
COMMENT ON TRIGGER audit_no_truncate ON apppass.audit IS 'Append-only, for the owner too.';

CREATE FUNCTION apppass.audit_verify(OUT rows_checked bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head apppass.audit_head;
    entry apppass.audit;
    last_hash bytea := pg_catalog.sha256('apppass'::bytea);
BEGIN
    rows_checked := 0;
    SELECT * INTO head FROM apppass.audit_head;
    IF NOT FOUND THEN
        problem := 'the end of the chain is missing';
        RETURN;
    END IF;
    head_hash := pg_catalog.encode(head.hash, 'hex');
    FOR entry IN SELECT * FROM apppass.audit AS a WHERE a.position IS NOT NULL ORDER BY a.position LOOP
        rows_checked := rows_checked + 1;
        problem := CASE
            WHEN entry.position <> rows_checked THEN 'rows are missing before this one'
            WHEN entry.previous_hash <> last_hash THEN 'does not follow the row before it'
            WHEN entry.hash <> apppass.audit_digest(last_hash, entry) THEN 'was altered'
        END;
        IF problem IS NOT NULL THEN
            bad_id := entry.id;
            RETURN;
        END IF;
        last_hash := entry.hash;
    END LOOP;
    IF rows_checked <> head.position OR last_hash <> head.hash THEN
        problem := 'rows are missing at the end';
        RETURN;
    END IF;
    SELECT a.id INTO bad_id FROM apppass.audit AS a WHERE a.position IS NULL ORDER BY a.id LIMIT 1;
    IF FOUND THEN
        problem := 'is not part of the chain';
    END IF;
END
$$;
COMMENT ON FUNCTION apppass.audit_verify() IS 'Checks the whole chain in order. problem is NULL where all fits; else bad_id is the first row that does not fit (NULL: the end is missing). Note head_hash elsewhere: a later chain that does not contain it was rewritten.';
REVOKE ALL ON FUNCTION apppass.audit_verify() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.audit_verify() TO apppass_auditor, apppass_admin;

-- What goes with the statements of a management function, or with plain SQL: SET LOCAL apppass.reason = '...'.
-- These three in plpgsql, which parses a body once in a session and not once in a statement.
CREATE FUNCTION apppass.context(name text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN apppass.trim_blank(pg_catalog.left(
        pg_catalog.regexp_replace(pg_catalog.current_setting('apppass.' || $1, true), E'[\u0001-\u001f\u007f-\u009f]+', ' ', 'g'), 1000));
END
$$;
COMMENT ON FUNCTION apppass.context(text) IS 'The setting apppass.reason, apppass.ticket or apppass.operator of this statement; NULL where blank.';
GRANT EXECUTE ON FUNCTION apppass.context(text) TO apppass_admin;

CREATE FUNCTION apppass.set_context(reason text, ticket text, operator text) RETURNS text[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := ARRAY[
        pg_catalog.current_setting('apppass.reason', true), pg_catalog.current_setting('apppass.ticket', true),
        pg_catalog.current_setting('apppass.operator', true)];
BEGIN
    PERFORM pg_catalog.set_config('apppass.reason', coalesce($1, previous[1], ''), true),
            pg_catalog.set_config('apppass.ticket', coalesce($2, previous[2], ''), true),
            pg_catalog.set_config('apppass.operator', coalesce($3, previous[3], ''), true);
    RETURN previous;
END
$$;
COMMENT ON FUNCTION apppass.set_context(text, text, text) IS 'Sets what context() returns, keeping what is NULL here; returns what to give to restore_context.';

CREATE FUNCTION apppass.restore_context(previous text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.set_config('apppass.reason', coalesce($1[1], ''), true),
            pg_catalog.set_config('apppass.ticket', coalesce($1[2], ''), true),
            pg_catalog.set_config('apppass.operator', coalesce($1[3], ''), true);
END
$$;
COMMENT ON FUNCTION apppass.restore_context(text[]) IS 'Undoes set_context at the end of a function. After an error the rollback does.';

CREATE FUNCTION apppass.actor() RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN session_user::text || coalesce('/' || apppass.context('operator'), '');
END
$$;
COMMENT ON FUNCTION apppass.actor() IS 'The session user, with the portal''s operator after a slash.';
GRANT EXECUTE ON FUNCTION apppass.actor() TO apppass_admin;

CREATE FUNCTION apppass.hash_kind(hash text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN $1 LIKE '$argon2%' THEN pg_catalog.split_part($1, '$', 2) || ' ' || pg_catalog.split_part($1, '$', 4)
                ELSE pg_catalog.split_part($1, '$', 2) END;
COMMENT ON FUNCTION apppass.hash_kind(text) IS 'Algorithm and cost of a hash string, without salt and digest.';

-- LISTEN needs no privilege: every login of the database hears every tenant's events.  So they carry keys and nothing else; what a
-- listener may see of them it reads from the views.
CREATE FUNCTION apppass.notify(event jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_notify('apppass', pg_catalog.jsonb_strip_nulls($1)::text);
END
$$;
COMMENT ON FUNCTION apppass.notify(jsonb) IS 'Sends an event to LISTEN apppass at commit: event, at, realm_id, account_id, code_id, audit_id (no use of a code has one). Keys only: SELECT ... FROM apppass.audit_log WHERE id = audit_id, or FROM apppass.code_overview WHERE code_id = ..., shows the rest to whom it concerns. A hint, no proof: any login of the database may NOTIFY the same.';

CREATE FUNCTION apppass.audit_write(action text, realm_id integer, account_id bigint, account text, device text, code_id bigint,
                                    selector text, before jsonb, after jsonb, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry apppass.audit;
BEGIN
    INSERT INTO apppass.audit AS a (at, actor, operator, client, application, action, realm_id, account_id, account, device, code_id,
                                    selector, reason, ticket, before, after)
    VALUES (pg_catalog.clock_timestamp(), session_user, apppass.context('operator'), pg_catalog.inet_client_addr(),
            NULLIF(pg_catalog.current_setting('application_name'), ''), $1, $2, $3, $4, $5, $6, $7,
            coalesce($10, apppass.context('reason')), apppass.context('ticket'), $8, $9)
    RETURNING a.* INTO entry;
    PERFORM apppass.notify(pg_catalog.jsonb_build_object(
        'event', entry.action, 'audit_id', entry.id, 'at', entry.at, 'account_id', entry.account_id, 'code_id', entry.code_id,
        'realm_id', entry.realm_id));
END
$$;
COMMENT ON FUNCTION apppass.audit_write(text, integer, bigint, text, text, bigint, text, jsonb, jsonb, text) IS 'Appends an event with the context of the session and announces it.';

CREATE FUNCTION apppass.audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN pg_catalog.to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN pg_catalog.to_jsonb(NEW) END;
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
            ELSIF OLD.hash <> NEW.hash THEN
                action := 'hash_upgraded';
            ELSE
                action := 'code_changed';
            END IF;
            IF TG_OP = 'UPDATE' AND OLD.hash <> NEW.hash THEN
                old_row := old_row || pg_catalog.jsonb_build_object('hash_kind', apppass.hash_kind(OLD.hash));
                new_row := new_row || pg_catalog.jsonb_build_object('hash_kind', apppass.hash_kind(NEW.hash));
            END IF;
            -- The composite key cascades here when an account moves; the account's own row tells it.  Whatever else changes is told.
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
            SELECT a.* INTO account FROM apppass.account AS a WHERE a.id = (this ->> 'account_id')::bigint;
            realm := account.realm_id;
            device := this ->> 'label';
            action := CASE TG_OP WHEN 'INSERT' THEN 'device_added' WHEN 'DELETE' THEN 'device_removed' ELSE 'device_renamed' END;
        ELSE
            realm := CASE TG_TABLE_NAME WHEN 'realm' THEN (this ->> 'id')::integer ELSE (this ->> 'realm_id')::integer END;
            action := TG_TABLE_NAME || CASE TG_OP WHEN 'INSERT' THEN '_added' WHEN 'DELETE' THEN '_removed' ELSE '_changed' END;
    END CASE;

    old_row := old_row - 'hash';
    new_row := new_row - 'hash';
    IF TG_OP = 'UPDATE' THEN
        SELECT pg_catalog.jsonb_object_agg(o.key, o.value), pg_catalog.jsonb_object_agg(o.key, n.value)
        INTO old_row, new_row
        FROM pg_catalog.jsonb_each(old_row) AS o JOIN pg_catalog.jsonb_each(new_row) AS n ON n.key = o.key
        WHERE o.value <> n.value;
    ELSE
        old_row := pg_catalog.jsonb_strip_nulls(old_row);
        new_row := pg_catalog.jsonb_strip_nulls(new_row);
    END IF;
    PERFORM apppass.audit_write(action, realm, account.id, account.username, device,
        CASE TG_TABLE_NAME WHEN 'code' THEN (this ->> 'id')::bigint END, CASE TG_TABLE_NAME WHEN 'code' THEN this ->> 'selector' END,
        old_row, new_row, CASE action WHEN 'code_revoked' THEN this ->> 'revoke_reason' END);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION apppass.audit_change() IS 'Trigger: writes an audit row and sends an event for each row inserted, changed or removed.';

CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.realm FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.realm FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.access_rule FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.access_rule FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.realm_operator FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.realm_operator FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.account FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.account FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.device FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.device FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_insert AFTER INSERT ON apppass.code FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();
CREATE TRIGGER audit_update AFTER UPDATE ON apppass.code FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION apppass.audit_change();

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT g.tgname, g.tgrelid::regclass AS relation FROM pg_catalog.pg_trigger AS g
             WHERE g.tgfoid = 'apppass.audit_change'::regproc LOOP
        EXECUTE pg_catalog.format('COMMENT ON TRIGGER %I ON %s IS %L', t.tgname, t.relation, 'Writes the audit row.');
    END LOOP;
END
$$;

COMMIT;
