-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:guard to pg
-- requires: audit

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE FUNCTION apppass.require_reason(what text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF apppass.context('reason') IS NULL THEN
        RAISE EXCEPTION '% needs a reason', what
            USING ERRCODE = 'AP002', CONSTRAINT = 'reason_missing',
                  HINT = 'Give the function a reason; with plain SQL, SET LOCAL apppass.reason = '
                         '''why'' in the same transaction.';
    END IF;
END
$$;
COMMENT ON FUNCTION apppass.require_reason(text) IS
'AP002 unless the session''s context carries a reason.';

-- ---- waiting ----

-- Revoking waits for nothing but the same change of the same row, and that not in the queue of the
-- server: whoever waits here knows for whom, and for how long.
CREATE FUNCTION apppass.lock_rows(kind text, ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    began constant timestamptz := clock_timestamp();
    target record;
    locked bigint[];
    holder xid;
    blocker text;
    warned boolean := false;
BEGIN
    SELECT t.relation, t.key, t.strength INTO STRICT target
    FROM (VALUES ('code', 'code', 'id', 'NO KEY UPDATE'),
                 ('account', 'account', 'id', 'NO KEY UPDATE'),
                 ('account key', 'account', 'id', 'UPDATE'),
                 ('realm', 'realm', 'id', 'NO KEY UPDATE'),
                 ('turn', 'issue_turn', 'account_id', 'NO KEY UPDATE'))
        AS t (kind, relation, key, strength)
    WHERE t.kind = lock_rows.kind;
    LOOP
        EXECUTE format('SELECT ARRAY(SELECT %1$I FROM apppass.%2$I WHERE %1$I = ANY ($1) '
                       'ORDER BY %1$I FOR %3$s SKIP LOCKED)',
                       target.key, target.relation, target.strength)
            INTO locked USING ids;
        EXECUTE format('SELECT xmax FROM apppass.%2$I '
                       'WHERE %1$I = ANY ($1) AND %1$I <> ALL ($2) LIMIT 1',
                       target.key, target.relation)
            INTO holder USING ids, locked;
        IF holder IS NULL THEN
            RETURN;
        END IF;
        IF clock_timestamp() > began + (CASE WHEN warned THEN interval '10 s'
            ELSE interval '2 s' END) THEN
            blocker := apppass.holder_of(holder, format('apppass.%I', target.relation)::regclass);
            IF warned THEN
                RAISE EXCEPTION 'waited 10 s for %',
                    coalesce('process ' || blocker, 'another session')
                    USING ERRCODE = '55P03', CONSTRAINT = 'row_held',
                          HINT = format(
                              'It has changed the same and not yet committed.  Try again, or let '
                              'an administrator end it: SELECT pg_terminate_backend(%s)',
                              coalesce(split_part(blocker, ' ', 1), 'PID'));
            END IF;
            RAISE WARNING 'waiting for %', coalesce('process ' || blocker, 'another session')
                USING HINT = 'It has changed the same and not yet committed.';
            warned := true;
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
COMMENT ON FUNCTION apppass.lock_rows(text, bigint[]) IS
'Locks rows of code, account, realm or issue_turn (kind: code, account, realm, turn) that are '
'about to change; account key: whose name or place is, for which whoever adds something to the '
'account is waited for too. After 2 s a WARNING says who has them, after 10 s 55P03 does.';

CREATE FUNCTION apppass.holder_of(holder xid, relation regclass) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    candidates xid[] := ARRAY[holder];
BEGIN
    BEGIN
        candidates := candidates || ARRAY(SELECT m.xid FROM pg_get_multixact_members(holder) AS m);
    EXCEPTION WHEN OTHERS THEN
        NULL;   -- the number of a transaction, not of several
    END;
    RETURN (
        WITH held AS (
            SELECT l.pid, bool_or(l.transactionid = ANY (candidates)) AS certain
            FROM pg_locks AS l
            WHERE l.granted AND l.pid <> pg_backend_pid()
              AND (l.locktype = 'transactionid'
                  OR (l.relation = holder_of.relation AND l.mode = 'RowExclusiveLock')
                  -- Who adds something to an account locks its key and writes nothing there.
                  OR (l.relation = holder_of.relation AND l.mode = 'RowShareLock'
                      AND holder_of.relation = 'apppass.account'::regclass))
            GROUP BY l.pid
            HAVING bool_or(l.transactionid = ANY (candidates))
            OR (bool_or(l.relation = holder_of.relation) AND bool_or(l.transactionid IS NOT NULL))
        )
        -- Of a subtransaction that ended only the table is known that its session has changed.
        SELECT string_agg(format('%s (%s)', a.pid, concat_ws(', ', a.usename,
                   'in its transaction since ' || to_char(a.xact_start, 'HH24:MI:SS'))), ' or '
                       ORDER BY a.xact_start, a.pid)
        FROM held AS h JOIN pg_stat_activity AS a ON a.pid = h.pid
        WHERE h.certain OR NOT EXISTS (SELECT FROM held AS sure WHERE sure.certain));
END
$$;
COMMENT ON FUNCTION apppass.holder_of(xid, regclass) IS
'Processes and logins that may be the transaction which xmax of a row of that table names.';

CREATE FUNCTION apppass.take_turn(account_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s'
AS $$
BEGIN
    INSERT INTO apppass.issue_turn AS t (account_id)
        VALUES (take_turn.account_id) ON CONFLICT DO NOTHING;
    PERFORM apppass.lock_rows('turn', ARRAY[take_turn.account_id]);
    UPDATE apppass.issue_turn AS t SET turn = t.turn + 1 WHERE t.account_id = take_turn.account_id;
END
$$;
COMMENT ON FUNCTION apppass.take_turn(bigint) IS
'One issue at a time per account, until the transaction ends: of two at a time the second sees '
'the first one''s code, or fails (40001) where its snapshot is older.';

CREATE FUNCTION apppass.account_turn() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO apppass.issue_turn (account_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION apppass.account_turn() IS
'Trigger: a new account has its row to take turns by, so that revoking sees who is issuing its '
'first code.';
CREATE TRIGGER account_turn AFTER INSERT ON apppass.account
    FOR EACH ROW EXECUTE FUNCTION apppass.account_turn();
COMMENT ON TRIGGER account_turn ON apppass.account IS 'Adds its row to issue_turn.';

-- ---- realm and access_rule ----

CREATE FUNCTION apppass.realm_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    accounts bigint;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.name = 'default'
        AND (TG_OP = 'DELETE' OR NEW.name <> 'default') THEN
        RAISE EXCEPTION 'the realm named default stays: it covers every domain without a row'
            USING ERRCODE = 'AP003', CONSTRAINT = 'realm_default_stays',
                HINT = 'Change its columns; codes_allowed = false stops app passwords there.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        SELECT count(*) INTO accounts FROM apppass.account AS a WHERE a.realm_id = OLD.id;
        IF accounts > 0 THEN
            RAISE EXCEPTION 'realm "%" still has % accounts', OLD.name, accounts
                USING ERRCODE = 'AP003', CONSTRAINT = 'realm_has_accounts',
                      HINT = 'Move them first: UPDATE apppass.account SET realm_id = ... ; or stop '
                             'their codes: UPDATE apppass.realm SET codes_allowed = false.';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the key of a realm does not change' USING ERRCODE = 'AP003',
            CONSTRAINT = 'key_fixed', HINT = 'Change its name instead.';
    END IF;
    NEW.name := apppass.account_name(NEW.name);
    -- What stands there already holds, and can be changed, when its row of service is gone.
    IF NEW.services IS DISTINCT FROM OLD.services THEN
        NEW.services := apppass.service_names(NEW.services);
    END IF;
    IF NEW.self_services IS DISTINCT FROM OLD.self_services THEN
        NEW.self_services := apppass.service_names(NEW.self_services);
    END IF;
    IF NEW.self_mfa_values IS NOT NULL THEN
        NEW.self_mfa_values := ARRAY(SELECT apppass.trim_blank(v.value)
                                     FROM unnest(NEW.self_mfa_values) WITH ORDINALITY
                                         AS v (value, place) ORDER BY v.place);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION apppass.realm_policy() IS
'Trigger: canonical names; the default realm and realms with accounts stay (AP003).';
CREATE TRIGGER realm_policy BEFORE INSERT OR UPDATE OR DELETE ON apppass.realm
    FOR EACH ROW EXECUTE FUNCTION apppass.realm_policy();
COMMENT ON TRIGGER realm_policy ON apppass.realm IS
'Canonical names; refuses to drop what is in use.';

-- Accounts that only default covered belong to their own domain's realm as soon as there is one.
CREATE FUNCTION apppass.realm_adopt() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE apppass.account AS a
    SET realm_id = NEW.id
    FROM apppass.realm AS d
    WHERE d.name = 'default' AND a.realm_id = d.id AND NEW.name <> 'default'
      AND apppass.domain_of(a.username) = NEW.name;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION apppass.realm_adopt() IS
'Trigger: moves the accounts of a domain from default to the domain''s new realm.';
CREATE TRIGGER realm_adopt AFTER INSERT OR UPDATE OF name ON apppass.realm
    FOR EACH ROW EXECUTE FUNCTION apppass.realm_adopt();
COMMENT ON TRIGGER realm_adopt ON apppass.realm IS
'Moves the domain''s accounts here from default.';

CREATE FUNCTION apppass.access_rule_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.service := (apppass.service_names(CASE WHEN NEW.service IS NOT NULL
        THEN ARRAY[NEW.service] END))[1];
    NEW.network := apppass.network_name(NEW.network);
    IF NEW.position IS NULL THEN
        SELECT coalesce(max(x.position), 0) + 10 INTO NEW.position
            FROM apppass.access_rule AS x;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION apppass.access_rule_policy() IS
'Trigger: canonical service and network; without a position a new rule comes last.';
CREATE TRIGGER access_rule_policy BEFORE INSERT OR UPDATE ON apppass.access_rule
    FOR EACH ROW EXECUTE FUNCTION apppass.access_rule_policy();
COMMENT ON TRIGGER access_rule_policy ON apppass.access_rule IS
'Canonical service name, next position.';

CREATE FUNCTION apppass.realm_operator_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.role_name = OLD.role_name THEN
        NEW.role_oid := OLD.role_oid;
        RETURN NEW;
    END IF;
    SELECT g.oid INTO NEW.role_oid FROM pg_roles AS g WHERE g.rolname = NEW.role_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role "%" does not exist', NEW.role_name
            USING ERRCODE = '22023', CONSTRAINT = 'role_unknown',
                HINT = 'Create it first: until then a misspelt name would leave the real one '
                       'unlimited.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION apppass.realm_operator_policy() IS
'Trigger: the role must exist (22023); notes which one it is.';
CREATE TRIGGER realm_operator_policy BEFORE INSERT OR UPDATE ON apppass.realm_operator
    FOR EACH ROW EXECUTE FUNCTION apppass.realm_operator_policy();
COMMENT ON TRIGGER realm_operator_policy ON apppass.realm_operator IS 'The role must exist.';

-- ---- account and device ----

CREATE FUNCTION apppass.account_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM apppass.code AS c WHERE c.account_id = OLD.id) THEN
            RAISE EXCEPTION 'account "%" has codes and stays', OLD.username
                USING ERRCODE = 'AP003', CONSTRAINT = 'account_has_codes',
                      HINT = 'Call apppass.revoke_account(username, reason) and '
                             'apppass.set_account_enabled(username, false, reason).';
        END IF;
        DELETE FROM apppass.device AS d WHERE d.account_id = OLD.id;
        IF NOT apppass.is_erased(OLD.id) THEN   -- erase_traces() did it
            DELETE FROM apppass.main_password_login AS m WHERE m.account_id = OLD.id;
        END IF;
        RETURN OLD;
    END IF;
    NEW.username := apppass.account_name(NEW.username);
    IF TG_OP = 'INSERT' THEN
        NEW.created_by := apppass.actor();
        NEW.realm_id := coalesce(NEW.realm_id, apppass.realm_of(NEW.username));
        RETURN NEW;
    END IF;
    IF ROW(NEW.id, NEW.created_at, NEW.created_by)
        IS DISTINCT FROM ROW(OLD.id, OLD.created_at, OLD.created_by) THEN
        RAISE EXCEPTION 'id, created_at and created_by of an account do not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'key_fixed',
            HINT = 'Leave them out of the UPDATE.';
    END IF;
    -- A renamed account follows its domain, unless it was in a realm of somebody's choice.
    IF NEW.username <> OLD.username AND NEW.realm_id = OLD.realm_id
        AND OLD.realm_id = apppass.realm_of(OLD.username) THEN
        NEW.realm_id := apppass.realm_of(NEW.username);
    END IF;
    IF (OLD.enabled AND NOT NEW.enabled) OR (NEW.disabled_from IS DISTINCT FROM OLD.disabled_from
        AND NEW.disabled_from IS NOT NULL) THEN
        PERFORM apppass.require_reason('disabling an account');
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION apppass.account_policy() IS
'Trigger: canonical name, realm by domain, who added it; disabling needs a reason (AP002), '
'accounts with codes stay (AP003).';
CREATE TRIGGER account_policy BEFORE INSERT OR UPDATE OR DELETE ON apppass.account
    FOR EACH ROW EXECUTE FUNCTION apppass.account_policy();
COMMENT ON TRIGGER account_policy ON apppass.account IS 'Fills and checks.';

CREATE FUNCTION apppass.device_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM apppass.code AS c WHERE c.device_id = OLD.id) THEN
            RAISE EXCEPTION 'device "%" has codes and stays', OLD.label
                USING ERRCODE = 'AP003', CONSTRAINT = 'device_has_codes',
                    HINT = 'Call apppass.revoke_device(username, device, reason).';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND ROW(NEW.id, NEW.account_id, NEW.created_at)
        IS DISTINCT FROM ROW(OLD.id, OLD.account_id, OLD.created_at) THEN
        RAISE EXCEPTION 'a device does not change hands'
            USING ERRCODE = 'AP003', CONSTRAINT = 'device_owner_fixed',
                HINT = 'Call apppass.revoke_device for the old owner and apppass.issue_code for '
                       'the new one.';
    END IF;
    NEW.label := apppass.label_name(NEW.label);
    IF NEW.label IS NULL THEN
        RAISE EXCEPTION 'device label is blank'
            USING ERRCODE = '22023', CONSTRAINT = 'device_label_blank',
                HINT = 'Say what holds the code, as its owner calls it: Phone, Scanner 3rd floor.';
    ELSIF NOT apppass.is_label(NEW.label) THEN
        RAISE EXCEPTION 'device label is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'device_label_form',
                HINT = 'A label has 1 to 100 characters and no control characters.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION apppass.device_policy() IS
'Trigger: tidies the label (22023); devices keep their owner, devices with codes stay (AP003).';
CREATE TRIGGER device_policy BEFORE INSERT OR UPDATE OR DELETE ON apppass.device
    FOR EACH ROW EXECUTE FUNCTION apppass.device_policy();
COMMENT ON TRIGGER device_policy ON apppass.device IS 'Fills and checks.';

-- ---- code ----

CREATE FUNCTION apppass.require_issuable(account_id bigint, replaces bigint) RETURNS apppass.realm
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account;
    realm apppass.realm;
    live bigint;
BEGIN
    SELECT a.* INTO STRICT account FROM apppass.account AS a
        WHERE a.id = require_issuable.account_id;
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF NOT apppass.account_open(account.enabled, account.disabled_from) THEN
        RAISE EXCEPTION 'account "%" is disabled', account.username
            USING ERRCODE = 'AP001', CONSTRAINT = 'account_disabled',
                DETAIL = 'A disabled account gets no codes.',
                  HINT = 'Enable it: SELECT apppass.set_account_enabled(username, true, reason).';
    ELSIF NOT realm.codes_allowed THEN
        RAISE EXCEPTION 'realm "%" does not allow app passwords', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'realm_denied',
                DETAIL = 'realm.codes_allowed is false.',
                  HINT = 'An administrator can change it: UPDATE apppass.realm SET codes_allowed = '
                         'true WHERE name = ...';
    ELSIF realm.mfa_required AND NOT account.mfa_enrolled THEN
        RAISE EXCEPTION 'account "%" is not enrolled in MFA', account.username
            USING ERRCODE = 'AP001', CONSTRAINT = 'mfa_missing',
                DETAIL = format('Realm "%s" gives codes to enrolled accounts only.',
                realm.name),
                  HINT = 'Let the user enrol, then: SELECT apppass.set_mfa(username, true, '
                         'reason).';
    END IF;
    SELECT count(*) INTO live FROM apppass.code_standing AS s
    WHERE s.account_id = require_issuable.account_id AND s.state IS NULL
        AND s.code_id IS DISTINCT FROM require_issuable.replaces;
    IF live >= realm.max_codes THEN
        RAISE EXCEPTION 'account "%" has % live codes already', account.username, live
            USING ERRCODE = 'AP001', CONSTRAINT = 'max_codes_reached',
                DETAIL = format('Realm "%s" allows %s.', realm.name, realm.max_codes),
                  HINT = 'Revoke one that is no longer used: see apppass.code_overview.';
    END IF;
    RETURN realm;
END
$$;
COMMENT ON FUNCTION apppass.require_issuable(bigint, bigint) IS
'The realm, where policy lets the account have one more code (not counting the one to be '
'replaced); else AP001.';

CREATE FUNCTION apppass.require_lifetime(realm apppass.realm, created_at timestamptz,
    expires_at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    latest constant timestamptz := apppass.later(created_at, realm.max_lifetime);
BEGIN
    IF expires_at > latest THEN
        RAISE EXCEPTION 'realm "%" does not allow codes that live longer than %', realm.name,
            realm.max_lifetime
            USING ERRCODE = 'AP001', CONSTRAINT = 'max_lifetime_exceeded',
                DETAIL = format('The latest possible expiry is %s.', latest),
                  HINT = 'Give an earlier expiry, or none to get the latest possible one.';
    END IF;
    RETURN coalesce(expires_at, latest);
END
$$;
COMMENT ON FUNCTION apppass.require_lifetime(apppass.realm, timestamptz, timestamptz) IS
'That expiry, or where it is NULL the latest one, where the realm lets a code live so long; else '
'AP001.';

CREATE FUNCTION apppass.code_guard() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF apppass.is_erased(OLD.account_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'codes are never deleted: a revoked one must still be recognised'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_stays',
                HINT = 'Call apppass.revoke_code(username, selector, reason), or UPDATE '
                       'apppass.code SET revoked_at = now(), revoke_reason = ...';
    END IF;
    IF OLD.revoked_at IS NOT NULL AND ROW(NEW.revoked_at, NEW.revoked_by, NEW.revoke_reason)
                                      IS DISTINCT FROM ROW(OLD.revoked_at, OLD.revoked_by,
                                          OLD.revoke_reason) THEN
        RAISE EXCEPTION 'a revocation is final'
            USING ERRCODE = 'AP003', CONSTRAINT = 'revocation_final',
                HINT = 'Issue a new code: apppass.issue_code(username, device), or apppass issue.';
    ELSIF NEW.selector <> OLD.selector THEN
        RAISE EXCEPTION 'the selector of a code does not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'selector_fixed',
                HINT = 'Call apppass.reset_code(username, device, reason => ...) for a new code on '
                       'the same device.';
    ELSIF NEW.hash <> OLD.hash THEN
        RAISE EXCEPTION 'the hash of a code does not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'hash_fixed',
                HINT = 'Call apppass.reset_code(username, device, reason => ...) for a new code; '
                       'apppass.upgrade_hash is for the verifier.';
    ELSIF ROW(NEW.device_id, NEW.account_id)
        IS DISTINCT FROM ROW(OLD.device_id, OLD.account_id) THEN
        RAISE EXCEPTION 'a code does not change hands'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_owner_fixed',
                HINT = 'Call apppass.revoke_code for this one and apppass.issue_code for the other '
                       'device.';
    ELSIF ROW(NEW.id, NEW.created_at, NEW.created_by, NEW.replaces)
        IS DISTINCT FROM ROW(OLD.id, OLD.created_at, OLD.created_by, OLD.replaces) THEN
        RAISE EXCEPTION 'id, created_at, created_by and replaces of a code do not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'key_fixed',
                HINT = 'Leave them out of the UPDATE; apppass.reset_code replaces a code.';
    -- The cascade of the composite key comes after the account's own change; anybody else's is a
    -- lie about the realm.
    ELSIF NEW.realm_id <> OLD.realm_id
          AND NOT EXISTS (SELECT FROM apppass.account AS a WHERE a.id = NEW.account_id
              AND a.realm_id = NEW.realm_id) THEN
        RAISE EXCEPTION 'the realm of a code is that of its account'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_realm_fixed',
                HINT = 'UPDATE apppass.account SET realm_id = ...: its codes follow.';
    ELSIF OLD.revoked_at IS NOT NULL AND ROW(NEW.services, NEW.networks, NEW.expires_at)
                                         IS DISTINCT FROM ROW(OLD.services, OLD.networks,
                                             OLD.expires_at) THEN
        RAISE EXCEPTION 'a revoked code does not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_revoked',
                HINT = 'Issue a new code: apppass.issue_code(username, device).';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION apppass.code_guard() IS
'Trigger: what a code is and whose it is never changes; revocation is final; nothing is deleted '
'(AP003), but with an account that is erased.';
CREATE TRIGGER code_guard BEFORE UPDATE OR DELETE ON apppass.code
    FOR EACH ROW EXECUTE FUNCTION apppass.code_guard();
CREATE TRIGGER code_no_truncate BEFORE TRUNCATE ON apppass.code FOR EACH STATEMENT
    EXECUTE FUNCTION apppass.code_guard();
COMMENT ON TRIGGER code_guard ON apppass.code IS 'Refuses changes that would rewrite history.';
COMMENT ON TRIGGER code_no_truncate ON apppass.code IS 'Refuses to forget codes.';

CREATE FUNCTION apppass.code_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    device apppass.device;
    realm apppass.realm;
    refused text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT d.* INTO device FROM apppass.device AS d WHERE d.id = NEW.device_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'device % not found', NEW.device_id
                USING ERRCODE = 'P0002', CONSTRAINT = 'device_not_found',
                    HINT = 'Insert into apppass.device first, or call apppass.issue_code(username, '
                           'device), which does.';
        ELSIF NEW.account_id <> device.account_id THEN
            RAISE EXCEPTION 'device % belongs to another account', NEW.device_id
                USING ERRCODE = '22023', CONSTRAINT = 'device_of_another',
                    HINT = 'Leave account_id out: it follows the device.';
        END IF;
        IF NEW.replaces IS NOT NULL
            AND NOT EXISTS (SELECT FROM apppass.code AS c WHERE c.id = NEW.replaces
            AND c.device_id = NEW.device_id) THEN
            RAISE EXCEPTION 'the code replaces a code of another device'
                USING ERRCODE = '22023', CONSTRAINT = 'replaces_another',
                    HINT = 'Leave replaces out, or call '
                           'apppass.reset_code(username, device, reason => ...).';
        END IF;
        IF NOT isfinite(NEW.created_at) THEN
            RAISE EXCEPTION 'a code is issued at a moment'
                USING ERRCODE = '22023', CONSTRAINT = 'created_infinite',
                      HINT = 'Leave created_at out: lifetimes count from it.';
        ELSIF NEW.created_at > clock_timestamp() THEN
            RAISE EXCEPTION 'a code cannot be issued in the future'
                USING ERRCODE = '22023', CONSTRAINT = 'created_in_future',
                    HINT = 'Leave created_at out: lifetimes count from it.';
        END IF;
        NEW.account_id := device.account_id;
        NEW.expiry_chosen := false;
        NEW.created_by := apppass.actor();
        -- One issue at a time per account, or two could pass the limit together.
        PERFORM apppass.take_turn(NEW.account_id);
        SELECT a.realm_id INTO STRICT NEW.realm_id FROM apppass.account AS a
            WHERE a.id = NEW.account_id;
        SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = NEW.realm_id;
    END IF;
    IF apppass.is_selector(NEW.selector) IS NOT TRUE OR apppass.is_hash(NEW.hash) IS NOT TRUE THEN
        RAISE EXCEPTION 'selector or hash is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'code_invalid',
                HINT = 'The selector is the first four symbols of the code; the hash a PHC or '
                       'crypt(3) string of all of it.';
    END IF;
    -- upgrade_hash has asked already.
    IF TG_OP = 'INSERT' AND NOT apppass.is_affordable(NEW.hash, realm.argon2_memory_kib,
        realm.argon2_passes) THEN
        RAISE EXCEPTION 'the hash costs more to verify than realm "%" allows', realm.name
            USING ERRCODE = '22023', CONSTRAINT = 'hash_too_costly',
                  HINT = 'At most 4 times the work and twice the memory of realm.argon2_memory_kib '
                         'and argon2_passes; bcrypt up to cost 12.';
    END IF;
    -- A code whose service is no longer known can be revoked like others.
    IF NEW.services IS DISTINCT FROM OLD.services THEN
        NEW.services := apppass.service_names(NEW.services);
    END IF;
    IF array_position(NEW.networks, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'the list of networks has an empty place'
            USING ERRCODE = '22023', CONSTRAINT = 'networks_null',
                HINT = 'Leave NULL out of the list.';
    ELSIF cardinality(NEW.networks) = 0 THEN
        RAISE EXCEPTION 'the list of networks is empty'
            USING ERRCODE = '22023', CONSTRAINT = 'networks_empty',
                HINT = 'NULL means every network; an empty list would make a code that opens '
                       'nothing.';
    END IF;
    NEW.networks := (SELECT array_agg(DISTINCT apppass.network_name(n))
        FROM unnest(NEW.networks) AS n);

    IF NEW.revoked_at IS NOT NULL THEN
        IF TG_OP = 'INSERT' OR OLD.revoked_at IS NULL THEN
            IF NEW.revoked_at > clock_timestamp() THEN
                RAISE EXCEPTION 'a code cannot be revoked in the future'
                    USING ERRCODE = '22023', CONSTRAINT = 'revoked_in_future',
                        HINT = 'Set expires_at to end it later.';
            END IF;
            NEW.revoke_reason := coalesce(apppass.trim_blank(NEW.revoke_reason),
                apppass.context('reason'));
            IF NEW.revoke_reason IS NULL THEN
                RAISE EXCEPTION 'revoking a code needs a reason'
                    USING ERRCODE = 'AP002', CONSTRAINT = 'reason_missing',
                        HINT = 'Set revoke_reason too, or call apppass.revoke_code(username, '
                               'selector, reason).';
            END IF;
            NEW.revoked_by := apppass.actor();
        END IF;
        RETURN NEW;
    ELSIF NEW.revoke_reason IS NOT NULL OR NEW.revoked_by IS NOT NULL THEN
        RAISE EXCEPTION 'a revocation needs revoked_at'
            USING ERRCODE = '22023', CONSTRAINT = 'revoked_at_missing',
                HINT = 'UPDATE apppass.code SET revoked_at = now(), revoke_reason = ... WHERE ...';
    END IF;

    IF TG_OP = 'UPDATE' THEN
        NEW.expiry_chosen := OLD.expiry_chosen;
        IF ROW(NEW.services, NEW.networks, NEW.expires_at) IS NOT DISTINCT FROM ROW(OLD.services,
            OLD.networks, OLD.expires_at) THEN
            RETURN NEW;
        END IF;
        PERFORM apppass.require_reason('changing what a code may be used for');
        SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = NEW.realm_id;
    ELSE
        realm := apppass.require_issuable(NEW.account_id, NEW.replaces);
        IF realm.reason_required THEN
            PERFORM apppass.require_reason('issuing a code');
        END IF;
        IF NEW.expires_at <= now() THEN
            RAISE EXCEPTION 'the code would have expired already'
                USING ERRCODE = '22023', CONSTRAINT = 'expiry_past',
                    HINT = 'expires_at is a point in time in the future, or NULL.';
        END IF;
    END IF;

    -- Policy may have shrunk since the code was issued: what an UPDATE does not widen is not asked
    -- about again.
    SELECT s INTO refused FROM unnest(NEW.services) AS s
    WHERE s <> ALL (realm.services)
        AND (TG_OP = 'INSERT' OR s = ANY (OLD.services) IS NOT TRUE) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'realm "%" does not allow codes for %', realm.name, refused
            USING ERRCODE = 'AP001', CONSTRAINT = 'service_not_allowed',
                DETAIL = format('It allows: %s.',
                array_to_string(realm.services, ', ')),
                  HINT = 'Leave this service out, or let an administrator change realm.services.';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.expires_at IS NOT DISTINCT FROM OLD.expires_at THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' AND NEW.expires_at <= OLD.expires_at THEN
        NEW.expiry_chosen := true;
        RETURN NEW;
    END IF;
    NEW.expiry_chosen := NEW.expires_at IS NOT NULL;
    NEW.expires_at := apppass.require_lifetime(realm, NEW.created_at, NEW.expires_at);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION apppass.code_policy() IS
'Trigger: fills account, realm, who and until when; enforces the realm''s policy (AP001) and '
'reasons (AP002).';
CREATE TRIGGER code_policy BEFORE INSERT OR UPDATE ON apppass.code
    FOR EACH ROW EXECUTE FUNCTION apppass.code_policy();
COMMENT ON TRIGGER code_policy ON apppass.code IS 'Fills and checks.';

COMMIT;
