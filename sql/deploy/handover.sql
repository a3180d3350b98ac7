-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:handover to pg
-- requires: self
--
-- A code that no operator sees: a link, with which the person makes it.  Nothing secret exists
-- before.  Of the link and its PIN the database has SHA-256 sums alone.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- What stands in the way of the code is said at the desk, not to the person who opens the link.
CREATE FUNCTION apppass.rehearse_code(username text, device text, services text[], networks cidr[],
                                      expires_at timestamptz) RETURNS apppass.stored_code
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(username);
    selector text;
    stored apppass.stored_code;
BEGIN
    selector := left(apppass.make_code(account.id, 20), 4);
    BEGIN
        stored := apppass.store_code(username, device, selector,
            '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$'
            || repeat('A', 43), services, networks, expires_at);
        RAISE EXCEPTION 'rehearsed' USING ERRCODE = 'AP009', CONSTRAINT = 'handover_rehearsed',
            HINT = 'Nobody sees this.';
    EXCEPTION WHEN SQLSTATE 'AP009' THEN
        RETURN stored;
    END;
END
$$;
COMMENT ON FUNCTION apppass.rehearse_code(text, text, text[], cidr[], timestamptz) IS
'What store_code would store now, or its error; nothing is stored.';

CREATE TYPE apppass.offered_code AS (account_name text, device text, services text[],
    networks cidr[], expires_at timestamptz, ends_at timestamptz, url text);
COMMENT ON TYPE apppass.offered_code IS
'A code that was offered; url is what the link starts with.';

CREATE FUNCTION apppass.offer_code(username text, device text, link_hash bytea,
                                   pin_hash bytea DEFAULT NULL, valid interval DEFAULT '24 hours',
                                   services text[] DEFAULT NULL, networks cidr[] DEFAULT NULL,
                                   expires_at timestamptz DEFAULT NULL, reason text DEFAULT NULL,
                                   ticket text DEFAULT NULL, operator text DEFAULT NULL)
    RETURNS apppass.offered_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    previous text[] := apppass.set_context(offer_code.reason, offer_code.ticket,
        offer_code.operator);
    account apppass.account := apppass.managed_account(offer_code.username);
    realm apppass.realm;
    planned apppass.stored_code;
    ends_at timestamptz;
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF realm.handover_url IS NULL THEN
        RAISE EXCEPTION 'realm "%" has no page where links are opened', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'handover_not_allowed',
                  DETAIL = 'realm.handover_url is not set.',
                  HINT = format('An administrator can change it: apppass realm set %s'
                      ' handover_url=https://mail.%s/handover', realm.name, realm.name);
    ELSIF offer_code.link_hash IS NULL OR length(offer_code.link_hash) <> 32
        OR length(offer_code.pin_hash) <> 32 THEN
        RAISE EXCEPTION 'that is no SHA-256 sum' USING ERRCODE = '22023',
            CONSTRAINT = 'handover_hash_invalid', HINT = 'Give sha256(...) of the secret part.';
    ELSIF offer_code.valid IS NULL
        OR offer_code.valid NOT BETWEEN interval '1 minute' AND interval '30 days' THEN
        RAISE EXCEPTION 'a link is valid for a minute to 30 days' USING ERRCODE = '22023',
            CONSTRAINT = 'handover_valid_range', HINT = 'Leave it out for 24 hours.';
    END IF;
    -- No link outlives its code.
    ends_at := LEAST(apppass.later(now(), offer_code.valid), offer_code.expires_at);
    planned := apppass.rehearse_code(account.username, offer_code.device, offer_code.services,
        offer_code.networks, offer_code.expires_at);
    -- Whoever revokes everything meanwhile waits for this link, as for a code, and ends it.
    PERFORM apppass.lock_rows('turn', ARRAY[account.id]);
    -- Who asks for a second link has lost the first one.
    PERFORM apppass.withdraw_offers(account, planned.device);
    INSERT INTO apppass.handover AS h (account_id, device, services, networks, expires_at,
                                       link_hash, pin_hash, offered_by, ends_at)
    VALUES (account.id, planned.device, planned.services, planned.networks, offer_code.expires_at,
        offer_code.link_hash, offer_code.pin_hash,
            concat_ws('/', session_user, apppass.context('operator')), ends_at);
    PERFORM apppass.audit_write('handover_offered', account.realm_id, account.id, account.username,
        planned.device, NULL, NULL, NULL,
        jsonb_build_object('ends_at', ends_at, 'pin', offer_code.pin_hash IS NOT NULL),
        NULL);
    PERFORM apppass.restore_context(previous);
    RETURN ROW(account.username, planned.device, planned.services, planned.networks,
               planned.expires_at, ends_at, realm.handover_url)::apppass.offered_code;
END
$$;
COMMENT ON FUNCTION apppass.offer_code(text, text, bytea, bytea, interval, text[],
    cidr[],
                                       timestamptz, text, text, text) IS
'Offers a code: it is made when its person opens the link url/SECRET, once, while the link is '
'valid. link_hash: sha256 of SECRET (128 random bits at least, as text). pin_hash: sha256 of '
'SECRET and the PIN after it; NULL: no PIN. A link that the device was offered before ends.
Errors: AP001 no page for links or policy refuses, 22023 invalid value, else as for store_code.';

CREATE TYPE apppass.import_offer_result AS (result text, account text, device text, services text[],
    networks cidr[], expires_at timestamptz, ends_at timestamptz, url text, language text,
    sqlstate text, token text, problem text, hint text);
COMMENT ON TYPE apppass.import_offer_result IS
'What became of a row: result is added, exists or failed; where it failed, the error with its '
'token. language is that of the owner''s notices.';

CREATE FUNCTION apppass.import_offer(account text, device text, link_hash bytea,
                                     pin_hash bytea DEFAULT NULL,
                                     valid interval DEFAULT '24 hours', services text DEFAULT NULL,
                                     networks text DEFAULT NULL, expires_at text DEFAULT NULL,
                                     reason text DEFAULT NULL, ticket text DEFAULT NULL,
                                     operator text DEFAULT NULL, skip_live boolean DEFAULT false)
    RETURNS apppass.import_offer_result
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    it apppass.import_offer_result;
    offered apppass.offered_code;
BEGIN
    it.account := apppass.account_name(import_offer.account);
    it.device := apppass.label_name(import_offer.device);
    IF EXISTS (SELECT FROM apppass.find_offers(it.account, now()) AS o
               WHERE o.account = it.account AND o.state = 'pending'
                 AND apppass.label_key(o.device) = apppass.label_key(it.device)) THEN
        it.result := 'exists';
        it.token := 'handover_pending';
        it.problem := 'a link for this device waits already';
        it.hint := 'Withdraw it, or leave the row out.';
        RETURN it;
    ELSIF skip_live AND EXISTS (SELECT FROM apppass.find_codes(it.account, it.device) AS c
                                WHERE c.account = it.account) THEN
        it.result := 'exists';
        RETURN it;
    END IF;
    offered := apppass.offer_code(import_offer.account, import_offer.device,
        import_offer.link_hash, import_offer.pin_hash, import_offer.valid,
        string_to_array(apppass.trim_blank(import_offer.services), ','),
        string_to_array(apppass.trim_blank(import_offer.networks), ',')::cidr[],
        apppass.trim_blank(import_offer.expires_at)::timestamptz,
        apppass.trim_blank(import_offer.reason), apppass.trim_blank(import_offer.ticket),
        import_offer.operator);
    SELECT coalesce(a.notify_language, r.notify_language) INTO STRICT it.language
    FROM apppass.account AS a JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE a.username = offered.account_name;
    RETURN ROW('added', offered.account_name, offered.device, offered.services, offered.networks,
               offered.expires_at, offered.ends_at, offered.url, it.language, NULL, NULL, NULL,
               NULL)::apppass.import_offer_result;
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS it.sqlstate = RETURNED_SQLSTATE, it.token = CONSTRAINT_NAME,
            it.problem = MESSAGE_TEXT, it.hint = PG_EXCEPTION_HINT;
        IF NOT apppass.is_rows_own_fault(it.sqlstate) THEN
            RAISE;
        END IF;
        it.result := 'failed';
        RETURN it;
END
$$;
COMMENT ON FUNCTION apppass.import_offer(text, text, bytea, bytea, interval, text, text, text, text,
    text, text, boolean) IS
'offer_code for a table of text: answers with the error instead of raising it; lists with commas '
'between. A link that waits is left as it is (exists), and with skip_live so is a device that has '
'a usable code.';

CREATE FUNCTION apppass.withdraw_offer(username text, device text DEFAULT NULL,
                                       reason text DEFAULT NULL, ticket text DEFAULT NULL,
                                       operator text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[] := apppass.set_context(withdraw_offer.reason, withdraw_offer.ticket,
        withdraw_offer.operator);
    withdrawn integer := apppass.withdraw_offers(apppass.managed_account(withdraw_offer.username),
        withdraw_offer.device);
BEGIN
    PERFORM apppass.restore_context(previous);
    RETURN withdrawn;
END
$$;
COMMENT ON FUNCTION apppass.withdraw_offer(text, text, text, text, text) IS
'Ends the links of a device, or of the account, that were not collected; returns how many.';

-- Who takes an account''s codes away takes away what would make another.
CREATE FUNCTION apppass.handover_guard() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM apppass.withdraw_offers(NEW, NULL);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION apppass.handover_guard() IS
'Trigger: an account that is disabled has no links, and gets none back.';
-- Also where it is enabled again: of one that was to be disabled later, or of a link that was
-- being made meanwhile, nobody was asked.
CREATE TRIGGER handover_withdrawn AFTER UPDATE OF enabled, disabled_from ON apppass.account
    FOR EACH ROW
    WHEN (NOT apppass.account_open(OLD.enabled, OLD.disabled_from)
        OR NOT apppass.account_open(NEW.enabled, NEW.disabled_from))
    EXECUTE FUNCTION apppass.handover_guard();
COMMENT ON TRIGGER handover_withdrawn ON apppass.account IS 'Ends its links.';

-- ---- for the page ----

CREATE TYPE apppass.handover_terms AS (account_name text, account_id bigint, device text,
    pin boolean, code_length integer, memory_kib integer, passes integer, lanes integer,
    imap_host text, imap_port integer, smtp_host text, smtp_port integer, dav_host text,
    dav_port integer);
COMMENT ON TYPE apppass.handover_terms IS
'What the page needs to know before it makes a code that was offered.';

CREATE FUNCTION apppass.self_offer(link_hash bytea) RETURNS apppass.handover_terms
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    terms apppass.handover_terms;
BEGIN
    SELECT a.username, a.id, h.device, h.pin_hash IS NOT NULL, r.code_length, r.argon2_memory_kib,
        r.argon2_passes, r.argon2_lanes, r.imap_host, r.imap_port, r.smtp_host, r.smtp_port,
        r.dav_host, r.dav_port
    INTO terms
    FROM apppass.handover AS h
    JOIN apppass.account AS a ON a.id = h.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE h.link_hash = self_offer.link_hash AND apppass.handover_state(h) = 'pending'
        AND r.handover_url IS NOT NULL
      AND r.id = ANY (ARRAY(SELECT apppass.managed_realms()));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such link, or no longer' USING ERRCODE = 'P0002',
            CONSTRAINT = 'handover_not_found', HINT = 'Ask the helpdesk for a new one.';
    END IF;
    RETURN terms;
END
$$;
COMMENT ON FUNCTION apppass.self_offer(bytea) IS
'What was offered by the link of that SHA-256 sum. P0002: nothing, or no longer.';

CREATE FUNCTION apppass.self_collect(link_hash bytea, pin_hash bytea, client inet, selector text,
                                     hash text) RETURNS apppass.stored_code
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    previous text[];
    account apppass.account;
    offer apppass.handover;
    stored apppass.stored_code;
BEGIN
    -- Of two who collect at a time the second waits, and finds it gone.
    SELECT h.* INTO offer FROM apppass.handover AS h
        WHERE h.link_hash = self_collect.link_hash FOR UPDATE;
    account := apppass.managed_account((apppass.self_offer(self_collect.link_hash)).account_name);
    previous := apppass.set_context('collected by its link', NULL, 'the link');
    -- No error: it would take the count back.
    IF offer.pin_hash IS NOT NULL AND offer.pin_hash IS DISTINCT FROM self_collect.pin_hash THEN
        UPDATE apppass.handover AS h SET wrong_pins = h.wrong_pins + 1 WHERE h.id = offer.id;
        PERFORM apppass.audit_write(CASE WHEN offer.wrong_pins >= 4 THEN 'handover_locked'
                                         ELSE 'handover_pin_wrong' END,
            account.realm_id, account.id, account.username, offer.device, NULL, NULL, NULL,
            jsonb_strip_nulls(jsonb_build_object(
                'address', host(self_collect.client))), NULL);
        PERFORM apppass.restore_context(previous);
        RETURN NULL;
    END IF;
    stored := apppass.store_code(account.username, offer.device, self_collect.selector,
        self_collect.hash, offer.services,
                                 offer.networks, offer.expires_at);
    UPDATE apppass.handover AS h SET collected_at = now(), code_id = stored.code_id
    WHERE h.id = offer.id;
    PERFORM apppass.audit_write('handover_collected', account.realm_id, account.id,
        account.username, offer.device, stored.code_id, stored.selector, NULL,
        jsonb_strip_nulls(jsonb_build_object(
            'address', host(self_collect.client))), NULL);
    PERFORM apppass.restore_context(previous);
    RETURN stored;
END
$$;
COMMENT ON FUNCTION apppass.self_collect(bytea, bytea, inet, text, text) IS
'Stores the code that the page made for who opened the link, once. NULL: the PIN was wrong, and '
'the fifth time is the last. Errors: P0002 no such link, or no longer; else as for store_code.';

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOREACH f IN ARRAY ARRAY[
        'apppass.offer_code(text, text, bytea, bytea, interval, text[], cidr[], timestamptz, text,'
        ' text, text)',
        'apppass.import_offer(text, text, bytea, bytea, interval, text, text, text, text, text,'
        ' text, boolean)',
        'apppass.withdraw_offer(text, text, text, text, text)']::regprocedure[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO apppass_helpdesk', f);
    END LOOP;
    FOREACH f IN ARRAY ARRAY[
        'apppass.self_offer(bytea)',
        'apppass.self_collect(bytea, bytea, inet, text, text)']::regprocedure[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO apppass_self', f);
    END LOOP;
END
$$;
REVOKE ALL ON TYPE apppass.offered_code, apppass.import_offer_result, apppass.handover_terms
    FROM PUBLIC;
GRANT USAGE ON TYPE apppass.offered_code, apppass.import_offer_result TO apppass_helpdesk;
GRANT USAGE ON TYPE apppass.handover_terms TO apppass_self;

COMMIT;
