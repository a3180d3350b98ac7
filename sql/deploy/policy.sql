-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:policy to pg
-- requires: state

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- A name in ASCII (RFC 1123; IDNs in their xn-- form), or an address without brackets.
CREATE FUNCTION apppass.is_host(host text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN length(host) <= 253
        AND host ~ '^(([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?[.])*'
                   '[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?'
                   '|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)$';
COMMENT ON FUNCTION apppass.is_host(text) IS
'May this be a server''s name or address? Without a port.';

CREATE FUNCTION apppass.is_language(tag text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN tag ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$';
COMMENT ON FUNCTION apppass.is_language(text) IS 'May this name a language (RFC 5646)?';

CREATE TABLE apppass.realm (
    id integer GENERATED ALWAYS AS IDENTITY,
    name text COLLATE "C" NOT NULL,
    description text,
    codes_allowed boolean NOT NULL DEFAULT true,
    services text[],
    code_length integer NOT NULL DEFAULT 20,
    max_codes integer NOT NULL DEFAULT 100,
    max_lifetime interval,
    lapse_after interval,
    unused_after interval,
    mfa_required boolean NOT NULL DEFAULT false,
    reason_required boolean NOT NULL DEFAULT false,
    main_password_refused_from timestamptz,
    imap_host text,
    imap_port integer NOT NULL DEFAULT 993,
    smtp_host text,
    smtp_port integer NOT NULL DEFAULT 465,
    dav_host text,
    dav_port integer NOT NULL DEFAULT 443,
    handover_url text,
    self_allowed boolean NOT NULL DEFAULT false,
    self_fresh_within interval NOT NULL DEFAULT '10 minutes',
    self_mfa_values text[],
    self_makes_per_day integer NOT NULL DEFAULT 10,
    self_services text[],
    notify_owners boolean NOT NULL DEFAULT false,
    notify_language text NOT NULL DEFAULT 'en',
    notify_per_day integer NOT NULL DEFAULT 10,
    argon2_memory_kib integer NOT NULL DEFAULT 19456,
    argon2_passes integer NOT NULL DEFAULT 2,
    argon2_lanes integer NOT NULL DEFAULT 1,
    refusal_retention interval NOT NULL DEFAULT '90 days',
    CONSTRAINT realm_pkey PRIMARY KEY (id),
    CONSTRAINT realm_name_unique UNIQUE (name),
    CONSTRAINT realm_name_form CHECK (name = apppass.fold(name)
        AND name ~ '^[^@[:space:][:cntrl:]]{1,253}$'),
    CONSTRAINT realm_services_some CHECK (cardinality(services) > 0
        AND array_position(services, NULL) IS NULL),
    CONSTRAINT realm_code_length_known CHECK (code_length IN (16, 20, 24, 28)),
    CONSTRAINT realm_max_codes_range CHECK (max_codes BETWEEN 1 AND 10000),
    CONSTRAINT realm_intervals_positive CHECK (
        (max_lifetime IS NULL OR max_lifetime > interval '0')
        AND (lapse_after IS NULL OR lapse_after > interval '0')
        AND (unused_after IS NULL OR unused_after > interval '0')
        AND refusal_retention > interval '0'),
    -- What is added to a moment must leave it one.
    CONSTRAINT realm_intervals_range CHECK (
        GREATEST(max_lifetime, lapse_after, unused_after, refusal_retention)
            <= interval '1000 years'),
    CONSTRAINT realm_self_range
        CHECK (self_fresh_within BETWEEN interval '1 minute' AND interval '1 day'
        AND self_makes_per_day BETWEEN 0 AND 1000),
    CONSTRAINT realm_self_mfa_values_some CHECK (cardinality(self_mfa_values) > 0
        AND array_position(self_mfa_values, NULL) IS NULL),
    CONSTRAINT realm_self_services_some CHECK (cardinality(self_services) > 0
        AND array_position(self_services, NULL) IS NULL),
    CONSTRAINT realm_notify_language_form CHECK (apppass.is_language(notify_language)),
    CONSTRAINT realm_notify_range CHECK (notify_per_day BETWEEN 1 AND 1000),
    CONSTRAINT realm_hosts_form CHECK (apppass.is_host(imap_host) AND apppass.is_host(smtp_host)
        AND apppass.is_host(dav_host)),
    CONSTRAINT realm_handover_url_form
        CHECK (handover_url ~ '^https://[^[:space:][:cntrl:]?#]{1,200}[^/[:space:][:cntrl:]?#]$'),
    CONSTRAINT realm_ports_range CHECK (imap_port BETWEEN 1 AND 65535
        AND smtp_port BETWEEN 1 AND 65535
        AND dav_port BETWEEN 1 AND 65535),
    -- Well within the verifier's limits, beyond which a hash could be made and never verified: what
    -- takes it a second at most.
    CONSTRAINT realm_argon2_range CHECK (
        argon2_lanes BETWEEN 1 AND 16 AND argon2_passes BETWEEN 1 AND 16
        AND argon2_memory_kib BETWEEN 8 * argon2_lanes AND 1048576
        AND argon2_memory_kib::bigint * argon2_passes <= 1048576)
);
COMMENT ON TABLE apppass.realm IS
'Policy of one tenant: a mail domain, a department, or the row named default for every domain '
'without a row.';
COMMENT ON COLUMN apppass.realm.name IS
'Mail domain in lower case, or any other name given to add_account; default covers the rest.';
COMMENT ON COLUMN apppass.realm.description IS 'What the tenant is, for people.';
COMMENT ON COLUMN apppass.realm.codes_allowed IS
'May codes be issued and used at all? False stops every code of the realm at the next login.';
COMMENT ON COLUMN apppass.realm.services IS 'Services codes may be used for; NULL: all.';
COMMENT ON COLUMN apppass.realm.code_length IS 'Symbols of a new code: 16, 20, 24 or 28.';
COMMENT ON COLUMN apppass.realm.max_codes IS 'Most live codes per account.';
COMMENT ON COLUMN apppass.realm.max_lifetime IS
'Longest time from issue to expiry; also the default expiry. Applies to codes already issued. '
'NULL: unlimited.';
COMMENT ON COLUMN apppass.realm.lapse_after IS
'A code not used for the first time within this time from issue lapses. NULL: never.';
COMMENT ON COLUMN apppass.realm.unused_after IS
'A code not used for this long lapses. NULL: never.';
COMMENT ON COLUMN apppass.realm.mfa_required IS
'Only accounts enrolled in MFA may have and use codes.';
COMMENT ON COLUMN apppass.realm.reason_required IS
'Issuing needs a reason too, as taking away always does.';
COMMENT ON COLUMN apppass.realm.main_password_refused_from IS
'From this moment the main password is refused; NULL: it may be used where a door allows it.';
COMMENT ON COLUMN apppass.realm.imap_host IS
'IMAP server that the mail programs of the realm are set up with; NULL: not known.';
COMMENT ON COLUMN apppass.realm.imap_port IS 'Its port for IMAP over TLS.';
COMMENT ON COLUMN apppass.realm.smtp_host IS
'Submission server that the mail programs of the realm are set up with; NULL: not known.';
COMMENT ON COLUMN apppass.realm.smtp_port IS 'Its port for submission over TLS.';
COMMENT ON COLUMN apppass.realm.dav_host IS
'Server that the calendars and address books of the realm are set up with; NULL: not known.';
COMMENT ON COLUMN apppass.realm.dav_port IS 'Its port for HTTPS.';
COMMENT ON COLUMN apppass.realm.handover_url IS
'Page where people open the links of hand-overs, without the / before the secret part; NULL: '
'codes are not handed over so.';
COMMENT ON COLUMN apppass.realm.self_allowed IS
'May the owner of an account make and revoke its codes on a page (role apppass_self)?';
COMMENT ON COLUMN apppass.realm.self_fresh_within IS
'How long ago an owner may have proven who they are, to make or revoke.';
COMMENT ON COLUMN apppass.realm.self_mfa_values IS
'What the identity system calls a second factor (acr or amr). Owners make codes only with one of '
'these, which notes mfa_enrolled too. NULL: however they signed in.';
COMMENT ON COLUMN apppass.realm.self_makes_per_day IS
'Most codes an owner makes for an account in 24 hours.';
COMMENT ON COLUMN apppass.realm.self_services IS
'Services that owners may make codes for; NULL: all that the realm allows.';
COMMENT ON COLUMN apppass.realm.notify_owners IS
'Are owners told by mail what happens to their codes (apppass notify)?';
COMMENT ON COLUMN apppass.realm.notify_language IS
'In which language, where the account does not say; as RFC 5646 writes it.';
COMMENT ON COLUMN apppass.realm.notify_per_day IS
'After so many mails in 24 hours an account gets one an hour, with all that happened in it.';
COMMENT ON COLUMN apppass.realm.argon2_memory_kib IS 'Argon2id memory of new hashes, KiB.';
COMMENT ON COLUMN apppass.realm.argon2_passes IS 'Argon2id passes of new hashes.';
COMMENT ON COLUMN apppass.realm.argon2_lanes IS
'Argon2id lanes of new hashes; 1 is the fastest to verify.';
COMMENT ON COLUMN apppass.realm.refusal_retention IS
'How long refused attempts are kept. maintain() drops older ones.';

INSERT INTO apppass.realm (name, description)
    VALUES ('default', 'Every domain without a realm of its own');

CREATE TABLE apppass.access_rule (
    id integer GENERATED ALWAYS AS IDENTITY,
    position integer NOT NULL,
    realm_id integer,
    service text,
    network cidr,
    action text NOT NULL,
    description text,
    CONSTRAINT access_rule_pkey PRIMARY KEY (id),
    CONSTRAINT access_rule_position_unique UNIQUE (position) DEFERRABLE,
    CONSTRAINT access_rule_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm (id),
    CONSTRAINT access_rule_service_known FOREIGN KEY (service) REFERENCES apppass.service (name),
    CONSTRAINT access_rule_action_known CHECK (action IN ('allow', 'deny'))
);
COMMENT ON TABLE apppass.access_rule IS
'Conditional access. Of the rules that match realm, service and client address the one with the '
'lowest position decides; without a match the attempt is allowed.';
COMMENT ON COLUMN apppass.access_rule.position IS 'Order of evaluation, lowest first.';
COMMENT ON COLUMN apppass.access_rule.realm_id IS 'Realm it applies to; NULL: all.';
COMMENT ON COLUMN apppass.access_rule.service IS 'Service it applies to; NULL: all.';
COMMENT ON COLUMN apppass.access_rule.network IS
'Client network it applies to, IPv4 or IPv6; NULL: any, known or not. Where the client address is '
'unknown, an allow rule with a network does not match and a deny rule with a network does.';
COMMENT ON COLUMN apppass.access_rule.action IS 'allow or deny.';
COMMENT ON COLUMN apppass.access_rule.description IS 'For people; shown by explain_access.';

CREATE TABLE apppass.realm_operator (
    role_name text NOT NULL,
    realm_id integer NOT NULL,
    -- As regrole a dump carries the name, not a number that means somebody else elsewhere.
    role_oid regrole NOT NULL,
    CONSTRAINT realm_operator_pkey PRIMARY KEY (role_name, realm_id),
    CONSTRAINT realm_operator_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm (id)
);
COMMENT ON TABLE apppass.realm_operator IS
'Delegation: a login that is, or is a member of, a role named here manages and sees these realms '
'only. Logins not named manage all; members of apppass_admin always do.';
COMMENT ON COLUMN apppass.realm_operator.role_name IS
'A PostgreSQL role: the login itself or a group it belongs to, by the name it had when this was '
'written.';
COMMENT ON COLUMN apppass.realm_operator.role_oid IS
'That role, whatever its name is now; filled by trigger. Once it is dropped, logins that no row '
'names manage nothing until the row is deleted; maintain() says so.';

-- Judged by the session user: SET ROLE to a wider role must not lift the limit.  These two in
-- plpgsql, which plans them once in a session: an import asks for every row.
CREATE FUNCTION apppass.managed_realms() RETURNS SETOF integer
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH mine AS (
        SELECT o.realm_id
        FROM apppass.realm_operator AS o
        JOIN pg_roles AS g ON g.oid = o.role_oid
        WHERE pg_has_role(session_user, g.oid, 'MEMBER')
    )
    SELECT r.id
    FROM apppass.realm AS r
    WHERE pg_has_role(session_user, 'apppass_admin', 'MEMBER')
       -- Who was a member of a role that was dropped, nobody knows: until its rows are gone no
       -- login counts as unlimited.
       OR NOT EXISTS (
           SELECT FROM apppass.realm_operator AS o
               LEFT JOIN pg_roles AS g ON g.oid = o.role_oid
           WHERE g.oid IS NULL OR pg_has_role(session_user, g.oid, 'MEMBER'))
       OR r.id IN (SELECT m.realm_id FROM mine AS m);
END
$$;
COMMENT ON FUNCTION apppass.managed_realms() IS
'Ids of the realms that the session user may manage and see: all, unless realm_operator limits it.';

CREATE FUNCTION apppass.manages_all() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_has_role(session_user, 'apppass_admin', 'MEMBER')
        OR NOT EXISTS (
            SELECT FROM apppass.realm_operator AS o
            LEFT JOIN pg_roles AS g ON g.oid = o.role_oid
            WHERE g.oid IS NULL OR pg_has_role(session_user, g.oid, 'MEMBER'));
END
$$;
COMMENT ON FUNCTION apppass.manages_all() IS
'True where realm_operator does not limit the session user.';

REVOKE ALL ON FUNCTION apppass.managed_realms(), apppass.manages_all() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.managed_realms(), apppass.manages_all() TO apppass_helpdesk,
    apppass_auditor, apppass_admin;

-- Policy is not secret, but other tenants' policy is not everybody's business: people read it in
-- apppass.realm_overview and access_overview.
GRANT SELECT, INSERT, UPDATE, DELETE ON apppass.realm, apppass.access_rule, apppass.realm_operator
    TO apppass_admin;
-- CHECK constraints run with the rights of whoever writes the row.
GRANT EXECUTE ON FUNCTION apppass.is_host(text), apppass.is_language(text) TO apppass_admin;

-- The realm of a name: the row for its domain, or default.
-- In plpgsql, which plans it once a session: an import asks for every row.
CREATE FUNCTION apppass.realm_of(username text) RETURNS integer
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT r.id
        FROM apppass.realm AS r
        WHERE r.name IN ('default', apppass.domain_of(realm_of.username))
        ORDER BY r.name = 'default'
        LIMIT 1);
END
$$;
COMMENT ON FUNCTION apppass.realm_of(text) IS
'Id of the realm that covers this user name: the one named like its domain (after the last @), '
'else default.';
REVOKE ALL ON FUNCTION apppass.realm_of(text) FROM PUBLIC;

COMMIT;
