-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:state to pg
-- requires: schema
--
-- Every rule once: how a name is written, when a code ends, what it may be used for.  Each function
-- is one expression over its arguments, so that the planner puts it in place of the call: not
-- STRICT where that would prevent it, and with arguments that cost nothing to repeat.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- ---- names ----

-- A-Z alone: in another collation lower() would follow the locale, and a Turkish one makes "I"
-- dotless.
CREATE FUNCTION apppass.fold(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(name COLLATE "C");
COMMENT ON FUNCTION apppass.fold(text) IS
'The name with ASCII letters in lower case, whatever the locale.';

-- White space and what is invisible, in every script and whatever the locale says: the separators
-- that the verifier leaves out of a code but for its dashes, the fillers of Hangul and the empty
-- Braille cell.
CREATE FUNCTION apppass.trim_blank(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN NULLIF(regexp_replace(words,
        E'^[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f'
        '\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0]+|'
        '[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f'
        '\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0]+$',
        '', 'g'), '');
COMMENT ON FUNCTION apppass.trim_blank(text) IS
'The text without blank or invisible characters of any kind at its ends; NULL where nothing is '
'left.';

CREATE FUNCTION apppass.login_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- What is all ASCII is composed already, and normalize() is dear.
    RETURN apppass.fold(CASE WHEN octet_length(typed) = length(typed)
                             THEN typed ELSE normalize(typed) END);
COMMENT ON FUNCTION apppass.login_name(text) IS
'The canonical form of a user name: composed (NFC), ASCII letters in lower case. Other letters '
'stay as they are, as mail servers compare them byte by byte.';

CREATE FUNCTION apppass.account_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN apppass.login_name(apppass.trim_blank(typed));
COMMENT ON FUNCTION apppass.account_name(text) IS
'The canonical user name that a person meant: login_name without blanks around it.';

CREATE FUNCTION apppass.domain_of(username text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN NULLIF(split_part(username, '@', -1), username);
COMMENT ON FUNCTION apppass.domain_of(text) IS
'What follows the last @ of a user name; NULL where there is none.';

-- A domain is written as DNS has it: of two spellings of an IDN the one in ASCII is the name.
CREATE FUNCTION apppass.is_username(username text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN octet_length(username) BETWEEN 1 AND 255
        AND username = apppass.login_name(username)
        AND username !~ E'[%\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4'
            '\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164'
            '\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]'
        AND (strpos(username, '@') = 0
             OR username ~ '^.+@[a-z0-9_-]+([.][a-z0-9_-]+)*$');
COMMENT ON FUNCTION apppass.is_username(text) IS
'May this be a user name? One that a login can reach: canonical, at most 255 bytes, nothing blank '
'or invisible in it, no % (Cyrus IMAP takes it for @), and where it has an @ something before it '
'and a domain in ASCII after it.';

-- Text that people read in terminals, reports and profiles: no control characters, no line or
-- paragraph separators, nothing that turns the reading direction round, nothing that XML forbids.
CREATE FUNCTION apppass.is_label(label text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN length(label) BETWEEN 1 AND 100
        AND label IS NOT DISTINCT FROM apppass.trim_blank(label)
        AND label !~ E'[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffe\uffff]';
COMMENT ON FUNCTION apppass.is_label(text) IS
'May this be a device label? 1 to 100 characters, neither blank nor invisible at its ends, no '
'control or text-direction characters.';

CREATE FUNCTION apppass.label_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN apppass.trim_blank(normalize(typed));
COMMENT ON FUNCTION apppass.label_name(text) IS
'The label that a person meant: composed, without blanks around it; NULL where nothing is left.';

CREATE FUNCTION apppass.label_key(label text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(normalize(label));
COMMENT ON FUNCTION apppass.label_key(text) IS
'What makes two device labels of an account the same: composed and in lower case.';

CREATE FUNCTION apppass.selector_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN translate(apppass.fold(apppass.trim_blank(typed)), 'oil', '011')
           COLLATE "C";
COMMENT ON FUNCTION apppass.selector_name(text) IS
'The selector that a person meant: no blanks around it, lower case, and the letters that the '
'alphabet lacks as the digits they look like.';

-- What the CHECKs of code say, in functions: its trigger asks first, because the error of a CHECK
-- shows the whole row, hash included, to whoever called the function that wrote it.
CREATE FUNCTION apppass.is_selector(selector text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN selector ~ '^[0-9a-hjkmnp-tv-z]{4}$';
COMMENT ON FUNCTION apppass.is_selector(text) IS
'May this be the selector of a code? Four symbols of the alphabet, lower case.';

CREATE FUNCTION apppass.is_hash(hash text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN octet_length(hash) BETWEEN 20 AND 383
       AND hash ~ '^\$(argon2id?|2[aby]|5|6|y)\$[!-~]+$';
COMMENT ON FUNCTION apppass.is_hash(text) IS
'May this be the hash of a code? A PHC or crypt(3) string of a known algorithm.';

-- One row must not make each wrong guess cost a mail server seconds: four times the work and twice
-- the memory of the realm's own hashes, or of the default ones where those are cheaper.  bcrypt of
-- cost 12 is about as much; what the other algorithms cost the verifier limits.
CREATE FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    argon2 bigint[] := regexp_match(hash,
        '^[$]argon2id?[$](?:v=[0-9]+[$])?m=([0-9]{1,7}),t=([0-9]{1,7}),p=([0-9]{1,3})');
    bcrypt integer := substring(hash FROM '^[$]2[aby][$]([0-9][0-9])[$]')::integer;
BEGIN
    RETURN CASE
        WHEN hash LIKE '$argon2%' THEN argon2 IS NOT NULL
            AND argon2[1] BETWEEN 8 * argon2[3] AND 2 * greatest(memory_kib, 19456)
            AND argon2[2] >= 1 AND argon2[3] BETWEEN 1 AND 16
            AND argon2[1] * argon2[2]
                <= least(4 * greatest(memory_kib::bigint * passes, 38912), 1048576)
        WHEN hash LIKE '$2%' THEN bcrypt IS NOT NULL AND bcrypt <= 12
        ELSE true
    END;
END
$$;
COMMENT ON FUNCTION apppass.is_affordable(text, integer, integer) IS
'Does verifying this hash cost at most four times the work and twice the memory that a realm''s '
'policy gives new ones?';

-- ---- services ----

CREATE FUNCTION apppass.service_name(service text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE apppass.fold(service)
        WHEN 'imaps' THEN 'imap'
        WHEN 'pop3' THEN 'pop' WHEN 'pop3s' THEN 'pop' WHEN 'pops' THEN 'pop'
        WHEN 'smtps' THEN 'smtp' WHEN 'submission' THEN 'smtp' WHEN 'submissions' THEN 'smtp'
        WHEN 'managesieve' THEN 'sieve'
        WHEN 'caldav' THEN 'dav' WHEN 'carddav' THEN 'dav'
        WHEN 'http' THEN 'dav' WHEN 'https' THEN 'dav'
        ELSE apppass.fold(service)
    END;
COMMENT ON FUNCTION apppass.service_name(text) IS
'The one name of a service: imap, pop, smtp, sieve, dav, or the given name in lower case.';

CREATE FUNCTION apppass.is_service(service text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN service ~ '^[a-z0-9][a-z0-9_.-]{0,31}$';
COMMENT ON FUNCTION apppass.is_service(text) IS
'May this be the canonical name of a service? The verifier takes the same characters.';

CREATE FUNCTION apppass.recorded_service(service text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN apppass.is_service(apppass.service_name(service))
                THEN apppass.service_name(service) END;
COMMENT ON FUNCTION apppass.recorded_service(text) IS
'The canonical name of a service; NULL for what is none: a taken-over mail server may say '
'anything, and people copy commands that hold it.';

CREATE TABLE apppass.service (
    name text COLLATE "C" NOT NULL,
    description text NOT NULL,
    CONSTRAINT service_pkey PRIMARY KEY (name),
    CONSTRAINT service_name_canonical
        CHECK (apppass.is_service(name) AND name = apppass.service_name(name))
);
COMMENT ON TABLE apppass.service IS
'The services that codes, realms and access rules may name. A site whose mail server gives '
'another name to SASL adds a row; logins are decided without this table.';
COMMENT ON COLUMN apppass.service.name IS
'Canonical name: what service_name() makes of the one that the server gives to SASL.';
COMMENT ON COLUMN apppass.service.description IS 'What it is, for people.';
INSERT INTO apppass.service (name, description) VALUES
    ('imap', 'Mail reading (IMAP)'),
    ('pop', 'Mail fetching (POP3)'),
    ('smtp', 'Mail sending (submission)'),
    ('sieve', 'Mail filters (ManageSieve)'),
    ('dav', 'Calendars and contacts (CalDAV, CardDAV), anything over HTTP'),
    ('lmtp', 'Delivery into mailboxes'),
    ('nntp', 'News'),
    ('mupdate', 'Mailbox list of a Cyrus IMAP murder'),
    ('csync', 'Cyrus IMAP replication'),
    ('ldap', 'Directory'),
    ('xmpp', 'Chat'),
    ('memcached', 'Cache');

CREATE FUNCTION apppass.service_names(services text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    result text[] := ARRAY(SELECT DISTINCT apppass.service_name(apppass.trim_blank(s)) COLLATE "C"
                               AS name FROM unnest(services) AS s ORDER BY name);
    wrong text;
BEGIN
    IF cardinality(result) = 0 THEN
        RAISE EXCEPTION 'the list of services is empty'
            USING ERRCODE = '22023', CONSTRAINT = 'services_empty',
                  HINT = 'NULL means every service; an empty list would make a code that opens '
                         'nothing.';
    END IF;
    SELECT coalesce(s, 'NULL') INTO wrong FROM unnest(result) AS s
    WHERE apppass.is_service(s) IS NOT TRUE LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'service name "%" is not valid', wrong
            USING ERRCODE = '22023', CONSTRAINT = 'service_invalid',
                  HINT = 'Use names such as imap, pop, smtp, sieve, dav: the service name the mail '
                         'server gives to SASL.';
    END IF;
    SELECT s INTO wrong FROM unnest(result) AS s
    WHERE NOT EXISTS (SELECT FROM apppass.service AS k WHERE k.name = s) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'service "%" is not known', wrong
            USING ERRCODE = '22023', CONSTRAINT = 'service_unknown',
                  DETAIL = format('Known are: %s.', (SELECT string_agg(k.name, ', ' ORDER BY k.name)
                                                     FROM apppass.service AS k)),
                  HINT = 'Where a mail server really gives this name to SASL, an administrator '
                         'adds it: INSERT INTO apppass.service (name, description) VALUES (...).';
    END IF;
    RETURN result;
END
$$;
COMMENT ON FUNCTION apppass.service_names(text[]) IS
'The services, canonical, sorted, without repetition. 22023 where the list is empty or one of '
'them is not a row of apppass.service.';

CREATE FUNCTION apppass.service_allowed(service text, allowed text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN allowed IS NULL OR coalesce(service = ANY (allowed), false);
COMMENT ON FUNCTION apppass.service_allowed(text, text[]) IS
'Is the service one of those? NULL allows all; an unknown service is in no list.';

-- ---- addresses ----

CREATE FUNCTION apppass.client_address(client inet) RETURNS inet
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN family(client) = 6
             AND client <<= '::ffff:0.0.0.0/96'::inet
            THEN '0.0.0.0'::inet + (set_masklen(client, 128) - '::ffff:0.0.0.0'::inet)
        ELSE set_masklen(client, CASE family(client) WHEN 4 THEN 32
            ELSE 128 END)
    END;
COMMENT ON FUNCTION apppass.client_address(inet) IS
'The address alone; an IPv4 address mapped into IPv6 (::ffff:192.0.2.1) comes back as IPv4.';

CREATE FUNCTION apppass.network_name(network cidr) RETURNS cidr
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN family(network) = 6
             AND network <<= '::ffff:0.0.0.0/96'::inet
            THEN set_masklen(apppass.client_address(network),
                             masklen(network) - 96)::cidr
        ELSE network
    END;
COMMENT ON FUNCTION apppass.network_name(cidr) IS
'The network as client addresses are written: an IPv4 network mapped into IPv6 comes back as IPv4.';

CREATE FUNCTION apppass.client_network(client inet) RETURNS cidr
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN client IS NULL THEN '0.0.0.0/0'::cidr
        ELSE set_masklen(
                 apppass.client_address(client)::cidr,
                 CASE family(apppass.client_address(client)) WHEN 4 THEN 24 ELSE 48 END)
    END;
COMMENT ON FUNCTION apppass.client_network(inet) IS
'The /24 or /48 that use is recorded for; 0.0.0.0/0 where the address is unknown.';

CREATE FUNCTION apppass.network_allowed(address inet, allowed cidr[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN allowed IS NULL
        OR coalesce(address <<= ANY (allowed), false);
COMMENT ON FUNCTION apppass.network_allowed(inet, cidr[]) IS
'Is the address in one of those networks? NULL allows all; an unknown address is in none.';

-- ---- the end of a code ----

-- In UTC: a day is 24 hours, whatever the time zone of the session that asks.
CREATE FUNCTION apppass.later(moment timestamptz, by interval) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((moment AT TIME ZONE interval '0') + by) AT TIME ZONE interval '0';
COMMENT ON FUNCTION apppass.later(timestamptz, interval) IS
'The moment that much later, the same in every time zone; NULL where either is.';

CREATE FUNCTION apppass.code_ends(created_at timestamptz, expires_at timestamptz,
                                  max_lifetime interval) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN LEAST(expires_at, apppass.later(created_at, max_lifetime));
COMMENT ON FUNCTION apppass.code_ends(timestamptz, timestamptz, interval) IS
'When a code expires: at its own moment, or when its realm''s max_lifetime is over; NULL: never.';

CREATE FUNCTION apppass.code_lapses(created_at timestamptz, last_used_at timestamptz,
                                    lapse_after interval, unused_after interval)
    RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN LEAST(CASE WHEN last_used_at IS NULL THEN apppass.later(created_at, lapse_after) END,
                 apppass.later(GREATEST(created_at, last_used_at), unused_after));
COMMENT ON FUNCTION apppass.code_lapses(timestamptz, timestamptz, interval, interval) IS
'When a code lapses that is not used until then; last_used_at NULL: never used. NULL: never.';

CREATE FUNCTION apppass.code_state(revoked_at timestamptz, created_at timestamptz,
                                   expires_at timestamptz, last_used_at timestamptz,
                                   max_lifetime interval, lapse_after interval,
                                   unused_after interval) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN revoked_at IS NOT NULL THEN 'revoked'
        WHEN apppass.code_ends(created_at, expires_at, max_lifetime) <= now()
            THEN 'expired'
        WHEN apppass.code_lapses(created_at, last_used_at, lapse_after, unused_after)
             <= now() THEN 'lapsed'
    END;
COMMENT ON FUNCTION apppass.code_state(timestamptz, timestamptz, timestamptz, timestamptz,
                                       interval, interval, interval) IS
'How a code ended: revoked, expired or lapsed; NULL where it has not: it counts as live.';

CREATE FUNCTION apppass.account_open(enabled boolean, disabled_from timestamptz) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN enabled AND (disabled_from <= now()) IS NOT TRUE;
COMMENT ON FUNCTION apppass.account_open(boolean, timestamptz) IS
'Is the account enabled, and its last day not over?';

CREATE FUNCTION apppass.account_state(enabled boolean, disabled_from timestamptz,
                                      codes_allowed boolean, mfa_required boolean,
                                      mfa_enrolled boolean) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN NOT apppass.account_open(enabled, disabled_from) THEN 'account_disabled'
        WHEN NOT codes_allowed THEN 'realm_denied'
        WHEN mfa_required AND NOT mfa_enrolled THEN 'mfa_missing'
    END;
COMMENT ON FUNCTION apppass.account_state(boolean, timestamptz, boolean, boolean, boolean) IS
'The verdict about every code of an account, whatever the code; NULL where they may be used.';

-- ---- access rules ----

CREATE FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr,
                                     rule_action text, realm_id integer, service text,
                                     address inet) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (rule_realm IS NULL OR rule_realm = realm_id)
       AND (rule_service IS NULL OR rule_service = service)
       AND (rule_network IS NULL OR address <<= rule_network
            OR (address IS NULL AND rule_action = 'deny'));
COMMENT ON FUNCTION apppass.rule_matches(integer, text, cidr, text, integer, text, inet) IS
'Does an access rule match this attempt? Of those that do the one with the lowest position '
'decides. An unknown address matches a network that denies and none that allows.';

CREATE FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text,
                                     main_password boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN rule_action = 'allow' THEN NULL
        WHEN rule_network IS NOT NULL THEN 'network_denied'
        WHEN rule_service IS NOT NULL THEN 'service_denied'
        WHEN main_password THEN 'main_password_refused'
        ELSE 'realm_denied'
    END;
COMMENT ON FUNCTION apppass.rule_verdict(text, cidr, text, boolean) IS
'The verdict of the access rule that decides; NULL where it allows.';

-- CHECK constraints, index expressions and views run them with the rights of whoever writes or
-- asks.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN
        SELECT p.oid FROM pg_proc AS p
        WHERE p.pronamespace = 'apppass'::regnamespace
          AND p.proname NOT IN ('random_bytes', 'bcrypt', 'schema_version',
                                'schema_serves')
    LOOP
        EXECUTE format(
            'GRANT EXECUTE ON FUNCTION %s TO apppass_helpdesk, apppass_auditor, apppass_admin', f);
    END LOOP;
END
$$;
GRANT SELECT ON apppass.service TO apppass_helpdesk, apppass_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON apppass.service TO apppass_admin;

COMMIT;
