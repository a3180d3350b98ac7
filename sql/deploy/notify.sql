-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:notify to pg
-- requires: handover
--
-- What owners are told.  notify_gather() notes what happened and makes mails of it, notify_take()
-- gives one out, notify_done() or notify_failed() says what became of it.  Whoever dies between
-- loses nothing: the mail is given out again, under the same key.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- No foreign keys, as in hash_upgrade: the notifier's login writes here, and must lock no row that
-- revoking a code or moving an account needs.
CREATE TABLE apppass.notice (
    id bigint GENERATED ALWAYS AS IDENTITY,
    once text NOT NULL,
    event text NOT NULL,
    account_id bigint NOT NULL,
    code_id bigint,
    at timestamptz NOT NULL,
    by_whom text,
    service text,
    network cidr,
    former_address text,
    mailed boolean NOT NULL DEFAULT false,
    CONSTRAINT notice_pkey PRIMARY KEY (id),
    CONSTRAINT notice_once UNIQUE (once)
);
CREATE INDEX notice_account ON apppass.notice (account_id);
CREATE INDEX notice_waiting ON apppass.notice (account_id) WHERE NOT mailed;
CREATE INDEX notice_code ON apppass.notice (code_id, event);
COMMENT ON TABLE apppass.notice IS
'What an owner is told, or was. notify_gather() deletes it after 500 days.';
COMMENT ON COLUMN apppass.notice.id IS 'What mails list it by, in order of noting.';
COMMENT ON COLUMN apppass.notice.once IS
'What tells it from every other: what is found twice is noted once.';
COMMENT ON COLUMN apppass.notice.event IS
'issued, reset, revoked, first_use, new_network, expiring, knocking, yearly, address.';
COMMENT ON COLUMN apppass.notice.account_id IS 'The account whose owner is told.';
COMMENT ON COLUMN apppass.notice.code_id IS 'The code concerned.';
COMMENT ON COLUMN apppass.notice.at IS 'When it happened, or was found.';
COMMENT ON COLUMN apppass.notice.by_whom IS 'owner, link or administration.';
COMMENT ON COLUMN apppass.notice.service IS 'Where used, or tried; NULL: unknown.';
COMMENT ON COLUMN apppass.notice.network IS 'From where; NULL: unknown.';
COMMENT ON COLUMN apppass.notice.former_address IS
'The second address until then, which is told that it is so no longer.';
COMMENT ON COLUMN apppass.notice.mailed IS 'It is in a mail.';

CREATE TABLE apppass.notice_mail (
    id bigint GENERATED ALWAYS AS IDENTITY,
    key uuid NOT NULL DEFAULT gen_random_uuid(),
    account_id bigint NOT NULL,
    address text NOT NULL,
    notices bigint[] NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    try_at timestamptz NOT NULL DEFAULT now(),
    failures integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    CONSTRAINT notice_mail_pkey PRIMARY KEY (id)
);
CREATE INDEX notice_mail_account ON apppass.notice_mail (account_id, made_at);
CREATE INDEX notice_mail_waiting ON apppass.notice_mail (try_at) WHERE sent_at IS NULL;
COMMENT ON TABLE apppass.notice_mail IS
'Mails to owners, one for each address. notify_gather() deletes them after 400 days.';
COMMENT ON COLUMN apppass.notice_mail.id IS 'What notify_done() is told, in order of making.';
COMMENT ON COLUMN apppass.notice_mail.key IS
'What its Message-ID is made of, however often it is sent.';
COMMENT ON COLUMN apppass.notice_mail.account_id IS 'The account whose owner gets it.';
COMMENT ON COLUMN apppass.notice_mail.address IS 'Where it goes.';
COMMENT ON COLUMN apppass.notice_mail.notices IS 'What it tells.';
COMMENT ON COLUMN apppass.notice_mail.made_at IS 'When it was made: its Date header.';
COMMENT ON COLUMN apppass.notice_mail.try_at IS
'Not before that: it was given out, or could not be sent.';
COMMENT ON COLUMN apppass.notice_mail.failures IS 'How often it could not be sent.';
COMMENT ON COLUMN apppass.notice_mail.sent_at IS 'When it was; NULL: not yet.';

CREATE TABLE apppass.notice_state (
    only_row boolean NOT NULL DEFAULT true,
    mark jsonb,
    begun_at timestamptz,
    uses_at timestamptz,
    clock_at timestamptz,
    CONSTRAINT notice_state_pkey PRIMARY KEY (only_row),
    CONSTRAINT notice_state_one CHECK (only_row)
);
COMMENT ON TABLE apppass.notice_state IS
'How far notify_gather() has looked; it alone locks the row.';
COMMENT ON COLUMN apppass.notice_state.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN apppass.notice_state.mark IS
'What audit_since() said; NULL: begin with what happens from now on.';
COMMENT ON COLUMN apppass.notice_state.begun_at IS 'What was before is not told.';
COMMENT ON COLUMN apppass.notice_state.uses_at IS 'When uses were last looked at.';
COMMENT ON COLUMN apppass.notice_state.clock_at IS
'When it was last looked what is to expire, what knocks, and who is to get the yearly list.';
INSERT INTO apppass.notice_state DEFAULT VALUES;

CREATE FUNCTION apppass.notice_forget() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM apppass.notice_mail AS m WHERE m.account_id = OLD.id;
    DELETE FROM apppass.notice AS n WHERE n.account_id = OLD.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION apppass.notice_forget() IS
'Trigger: nothing is told about an account that is removed.';
CREATE TRIGGER notice_forget AFTER DELETE ON apppass.account
    FOR EACH ROW EXECUTE FUNCTION apppass.notice_forget();
COMMENT ON TRIGGER notice_forget ON apppass.account IS 'Its notices go with it.';

-- Uses are not audited: they are found by when they were first.
CREATE INDEX code_use_first_at ON apppass.code_use (first_at);

-- ---- what happened ----

CREATE FUNCTION apppass.notice_events(ids bigint[]) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO apppass.notice (once, event, account_id, code_id, at, by_whom, former_address)
    SELECT format('audit %s', e.id),
        CASE e.action WHEN 'code_issued' THEN 'issued' WHEN 'code_reset' THEN 'reset'
                      WHEN 'code_revoked' THEN 'revoked' ELSE 'address' END,
        a.id, e.code_id, e.at,
        CASE WHEN e.operator ~ '(^|/)the owner$' THEN 'owner'
             WHEN e.operator = 'the link' THEN 'link' ELSE 'administration' END,
        e.before ->> 'notify_address'
    FROM apppass.audit AS e
    JOIN apppass.account AS a ON a.id = e.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE e.id = ANY (notice_events.ids) AND r.notify_owners
      AND (e.action IN ('code_issued', 'code_reset', 'code_revoked')
           OR (e.action = 'account_changed' AND e.before ? 'notify_address'))
      -- That the old code ended goes without saying where a new one took its place.
      AND NOT (e.action = 'code_revoked'
               AND EXISTS (SELECT FROM apppass.code AS n
                           JOIN apppass.code AS o ON o.id = n.replaces
                           WHERE n.replaces = e.code_id AND n.created_at = o.revoked_at))
    ORDER BY e.id
    ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION apppass.notice_events(bigint[]) IS
'Notes what these rows of the audit trail have for owners.';

-- A login may take a while to commit: what is up to an hour older than the last look counts too.
CREATE FUNCTION apppass.notice_uses(since timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
    INSERT INTO apppass.notice (once, event, account_id, code_id, at, service, network)
    SELECT CASE WHEN e.event = 'first_use' THEN format('first use %s', u.code_id)
                ELSE format('network %s %s', u.code_id, u.network) END,
        e.event, c.account_id, c.id, u.at, NULLIF(u.service, '-'), NULLIF(u.network, '0.0.0.0/0')
    FROM (SELECT x.code_id, x.network, min(x.first_at) AS at,
              (array_agg(x.service ORDER BY x.first_at))[1] AS service
          FROM apppass.code_use AS x WHERE x.first_at > notice_uses.since
          GROUP BY x.code_id, x.network) AS u
    JOIN apppass.code AS c ON c.id = u.code_id
    JOIN apppass.realm AS r ON r.id = c.realm_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT FROM apppass.code_use AS x
                                 WHERE x.code_id = u.code_id AND x.first_at < u.at)
                    THEN 'new_network' ELSE 'first_use' END AS event) AS e
    WHERE r.notify_owners
      AND NOT EXISTS (SELECT FROM apppass.code_use AS x
                      WHERE x.code_id = u.code_id AND x.network = u.network AND x.first_at < u.at)
      AND (e.event = 'first_use' OR u.network <> '0.0.0.0/0')
    ORDER BY u.at
    ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION apppass.notice_uses(timestamptz) IS
'Notes which codes were used for the first time since then, or from a network for the first time.';

-- ---- what the clock brings ----

CREATE FUNCTION apppass.notice_expiring() RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
    WITH soon AS (
        SELECT c.id FROM apppass.code AS c
        WHERE c.expires_at > now() AND c.expires_at <= now() + interval '7 days'
        UNION
        -- A day more at both ends: how long an interval is depends on where it starts.
        SELECT c.id FROM apppass.realm AS r
        JOIN apppass.code AS c ON c.realm_id = r.id
            AND c.created_at > now() - r.max_lifetime - interval '1 day'
            AND c.created_at <= now() - r.max_lifetime + interval '8 days'
        WHERE r.max_lifetime IS NOT NULL AND r.notify_owners
    )
    INSERT INTO apppass.notice (once, event, account_id, code_id, at)
    SELECT format('expiring %s %s %s', s.code_id, n.days, extract(epoch FROM s.ends_at)),
        'expiring', s.account_id, s.code_id, now()
    FROM soon
    JOIN apppass.code_standing AS s ON s.code_id = soon.id
    JOIN apppass.realm AS r ON r.id = s.realm_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.ends_at <= now() + interval '1 day' THEN 1 ELSE 7 END AS days) AS n
    WHERE r.notify_owners AND s.state IS NULL
      AND s.ends_at > now() AND s.ends_at <= now() + interval '7 days'
      -- Who made a code for some hours knows.
      AND s.created_at < s.ends_at - n.days * interval '1 day'
      AND NOT EXISTS (SELECT FROM apppass.code AS c WHERE c.replaces = s.code_id)
    ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION apppass.notice_expiring() IS
'Notes which codes expire within 7 days, and within one; not those that have been replaced.';

-- Right after a code ended a device is bound to try it.
CREATE FUNCTION apppass.notice_knocking(since timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
    INSERT INTO apppass.notice (once, event, account_id, code_id, at, service, network)
    SELECT format('knocking %s %s', c.id, extract(epoch FROM f.at)), 'knocking', c.account_id,
        c.id, f.at, f.service, NULLIF(apppass.client_network(f.client), '0.0.0.0/0')
    FROM (SELECT DISTINCT ON (x.code_id) x.code_id, x.at, x.service, x.client
          FROM apppass.refusal AS x
          WHERE x.at > notice_knocking.since AND x.code_id IS NOT NULL
            AND x.verdict IN ('revoked', 'expired', 'lapsed')
          ORDER BY x.code_id, x.at DESC) AS f
    JOIN apppass.code AS c ON c.id = f.code_id
    JOIN apppass.realm AS r ON r.id = c.realm_id
    WHERE r.notify_owners AND f.at > coalesce(c.revoked_at, '-infinity') + interval '1 hour'
      AND NOT EXISTS (SELECT FROM apppass.notice AS n
                      WHERE n.code_id = c.id AND n.event = 'knocking'
                        AND n.at > now() - interval '30 days')
    ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION apppass.notice_knocking(timestamptz) IS
'Notes which ended codes something has tried since then, each at most once in 30 days.';

-- Each account has its day, so that not all are told on one.
CREATE FUNCTION apppass.notice_yearly(since timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO apppass.notice (once, event, account_id, at)
    SELECT format('yearly %s %s', a.id, d.day::date), 'yearly', a.id, now()
    FROM generate_series((notice_yearly.since AT TIME ZONE 'UTC')::date + 1,
                         (now() AT TIME ZONE 'UTC')::date, interval '1 day') AS d (day)
    JOIN apppass.account AS a ON a.id % 365 = (d.day::date - date '2000-01-01') % 365
    JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE r.notify_owners
      AND EXISTS (SELECT FROM apppass.code_standing AS s
                  WHERE s.account_id = a.id AND s.state IS NULL)
    ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION apppass.notice_yearly(timestamptz) IS
'Notes whose day for the yearly list has come since then.';

-- ---- mails ----

CREATE FUNCTION apppass.notice_mails() RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    WITH due AS (
        SELECT n.account_id, array_agg(n.id ORDER BY n.id) AS notices,
            array_agg(n.former_address) AS former
        FROM apppass.notice AS n WHERE NOT n.mailed GROUP BY n.account_id
    ), now_due AS (
        SELECT d.*, a.username, a.notify_address
        FROM due AS d
        JOIN apppass.account AS a ON a.id = d.account_id
        JOIN apppass.realm AS r ON r.id = a.realm_id
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT m.made_at) AS mails, max(m.made_at) AS last
            FROM apppass.notice_mail AS m
            WHERE m.account_id = a.id AND m.made_at > now() - interval '1 day') AS past
        WHERE r.notify_owners
          AND (past.mails < r.notify_per_day OR past.last <= now() - interval '1 hour')
    ), made AS (
        INSERT INTO apppass.notice_mail (account_id, address, notices)
        SELECT n.account_id, x.address, n.notices
        FROM now_due AS n
        CROSS JOIN LATERAL (
            SELECT DISTINCT u.address COLLATE "C" AS address
            FROM unnest(n.username || (n.notify_address || n.former)) AS u (address)
            WHERE u.address IS NOT NULL) AS x
    )
    UPDATE apppass.notice AS n SET mailed = true
    FROM now_due AS d WHERE n.id = ANY (d.notices);
$$;
COMMENT ON FUNCTION apppass.notice_mails() IS
'Makes mails of what is noted: one for each account, to each of its addresses. After '
'realm.notify_per_day in 24 hours, one an hour.';

CREATE FUNCTION apppass.notify_gather() RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    state apppass.notice_state;
    trail record;
    clock_due boolean;
BEGIN
    SELECT s.* INTO state FROM apppass.notice_state AS s FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- A statement of its own: its snapshot is younger than the lock.
    SELECT n.* INTO trail FROM apppass.audit_since(state.mark) AS n;
    IF trail.continuity = 'begun' THEN
        UPDATE apppass.notice_state
        SET mark = trail.mark, begun_at = now(), uses_at = now(), clock_at = now();
        RETURN trail.continuity;
    END IF;
    clock_due := state.clock_at <= now() - interval '1 hour';
    PERFORM apppass.notice_events(trail.ids);
    PERFORM apppass.notice_uses(GREATEST(state.begun_at, state.uses_at - interval '1 hour'));
    IF clock_due THEN
        PERFORM apppass.notice_expiring(), apppass.notice_knocking(state.clock_at),
            apppass.notice_yearly(state.clock_at);
        DELETE FROM apppass.notice_mail AS m WHERE m.made_at < now() - interval '400 days';
        DELETE FROM apppass.notice AS n WHERE n.at < now() - interval '500 days';
    END IF;
    PERFORM apppass.notice_mails();
    -- An old mark finds what an old mark found: it need not be written each time.
    IF clock_due OR trail.ids <> '{}' OR trail.continuity <> 'exact'
       OR state.uses_at < now() - interval '1 minute' THEN
        UPDATE apppass.notice_state AS s
        SET mark = trail.mark, uses_at = now(),
            clock_at = CASE WHEN clock_due THEN now() ELSE s.clock_at END;
    END IF;
    RETURN trail.continuity;
END
$$;
COMMENT ON FUNCTION apppass.notify_gather() IS
'Notes what happened since the last time, in the realms with notify_owners, and makes mails of '
'it. The first time it begins: what was before is not told. Returns what audit_since() says of '
'its continuity; NULL: another session is at it.';

CREATE TYPE apppass.notice_line AS (mail bigint, key uuid, account text, realm text, address text,
    language text, made_at timestamptz, more bigint, place bigint, event text, at timestamptz,
    by_whom text, device text, selector text, services text[], service text, network cidr,
    ends_at timestamptz, used_at timestamptz);
COMMENT ON TYPE apppass.notice_line IS
'What a mail tells, one row for each event. event: as in notice, or listed, for each code of a '
'yearly list. more: how many events are left out.';

CREATE FUNCTION apppass.notify_take() RETURNS SETOF apppass.notice_line
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    taken apppass.notice_mail;
BEGIN
    UPDATE apppass.notice_mail AS m SET try_at = now() + interval '2 minutes'
    WHERE m.id = (
        SELECT x.id FROM apppass.notice_mail AS x
        JOIN apppass.account AS a ON a.id = x.account_id
        JOIN apppass.realm AS r ON r.id = a.realm_id
        WHERE x.sent_at IS NULL AND x.try_at <= now() AND r.notify_owners
          AND r.id = ANY (ARRAY(SELECT apppass.managed_realms()))
        ORDER BY x.try_at, x.id LIMIT 1 FOR UPDATE OF x SKIP LOCKED)
    RETURNING m.* INTO taken;
    RETURN QUERY
    SELECT taken.id, taken.key, a.username, r.name, taken.address,
        coalesce(a.notify_language, r.notify_language), taken.made_at,
        GREATEST(cardinality(taken.notices) - 50, 0)::bigint, row_number() OVER (), x.*
    FROM unnest(taken.notices[1:50]) WITH ORDINALITY AS i (id, place)
    JOIN apppass.notice AS n ON n.id = i.id
    JOIN apppass.account AS a ON a.id = taken.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    CROSS JOIN LATERAL (
        (SELECT n.event, n.at, n.by_whom, d.label, s.selector::text, s.services, n.service,
             n.network, s.ends_at, s.last_at
         FROM (VALUES (1)) AS one
         LEFT JOIN apppass.code_standing AS s ON s.code_id = n.code_id
         LEFT JOIN apppass.device AS d ON d.id = s.device_id)
        UNION ALL
        (SELECT 'listed', s.created_at, NULL, d.label, s.selector, s.services,
             NULLIF(s.last_service, '-'), NULLIF(s.last_network, '0.0.0.0/0')::cidr, s.ends_at,
             s.last_at
         FROM apppass.code_standing AS s
         JOIN apppass.device AS d ON d.id = s.device_id
         WHERE n.event = 'yearly' AND s.account_id = a.id AND s.state IS NULL
         ORDER BY d.label, s.created_at LIMIT 100)) AS x
    ORDER BY i.place;
END
$$;
COMMENT ON FUNCTION apppass.notify_take() IS
'A mail that is to be sent, to accounts of the realms one manages; no row: none at the moment. It '
'is given to nobody else for 2 minutes, and then again unless notify_done() or notify_failed() '
'was told.';

CREATE FUNCTION apppass.notify_done(mail bigint, key uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE apppass.notice_mail AS m SET sent_at = now()
    WHERE m.id = notify_done.mail AND m.key = notify_done.key AND m.sent_at IS NULL;
$$;
COMMENT ON FUNCTION apppass.notify_done(bigint, uuid) IS 'The mail was sent.';

CREATE FUNCTION apppass.notify_failed(mail bigint, key uuid) RETURNS timestamptz
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE apppass.notice_mail AS m
    SET failures = m.failures + 1,
        try_at = now() + LEAST(interval '1 minute' * 2 ^ LEAST(m.failures, 10), interval '6 hours')
    WHERE m.id = notify_failed.mail AND m.key = notify_failed.key AND m.sent_at IS NULL
    RETURNING m.try_at;
$$;
COMMENT ON FUNCTION apppass.notify_failed(bigint, uuid) IS
'The mail could not be sent; returns when it will be given out again: after a minute, two, four '
'and so on, at most 6 hours.';

-- ---- where owners want it ----

CREATE FUNCTION apppass.set_notify(username text, address text DEFAULT NULL,
                                   language text DEFAULT NULL, reason text DEFAULT NULL,
                                   ticket text DEFAULT NULL, operator text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account apppass.account := apppass.managed_account(set_notify.username);
    previous text[] := apppass.set_context(set_notify.reason, set_notify.ticket,
                                            set_notify.operator);
BEGIN
    PERFORM apppass.lock_rows('account', ARRAY[account.id]);
    UPDATE apppass.account AS a
    SET notify_address = CASE WHEN set_notify.address IS NULL THEN a.notify_address
                              ELSE apppass.trim_blank(set_notify.address) END,
        notify_language = CASE WHEN set_notify.language IS NULL THEN a.notify_language
                               ELSE apppass.trim_blank(set_notify.language) END
    WHERE a.id = account.id;
    PERFORM apppass.restore_context(previous);
EXCEPTION
    -- The server's own words would show the whole row.
    WHEN check_violation THEN
        RAISE EXCEPTION 'that is no mail address, or no language'
            USING ERRCODE = '22023', CONSTRAINT = 'notify_value_invalid',
                  HINT = 'An address like alice@example.net, without blanks; a language like de '
                         'or pt-BR.';
END
$$;
COMMENT ON FUNCTION apppass.set_notify(text, text, text, text, text, text) IS
'Sets the second address that an account''s owner is told at, and the language. NULL leaves it as '
'it is, '''' takes it away. Errors: 22023 no address or no language, P0002 no such account, 42501 '
'not yours.';

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOREACH f IN ARRAY ARRAY['apppass.notify_gather()', 'apppass.notify_take()',
        'apppass.notify_done(bigint, uuid)',
        'apppass.notify_failed(bigint, uuid)']::regprocedure[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO apppass_notify', f);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION apppass.set_notify(text, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.set_notify(text, text, text, text, text, text) TO apppass_admin;
REVOKE ALL ON TYPE apppass.notice_line FROM PUBLIC;
GRANT USAGE ON TYPE apppass.notice_line TO apppass_notify;
GRANT SELECT ON apppass.notice, apppass.notice_mail, apppass.notice_state TO apppass_admin;

COMMIT;
