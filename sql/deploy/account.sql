-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:account to pg
-- requires: policy

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE TABLE apppass.account (
    id bigint GENERATED ALWAYS AS IDENTITY,
    username text COLLATE "C" NOT NULL,
    realm_id integer NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    disabled_from timestamptz,
    mfa_enrolled boolean NOT NULL DEFAULT false,
    main_password_refused_from timestamptz,
    notify_address text,
    notify_language text,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT SESSION_USER,
    CONSTRAINT account_pkey PRIMARY KEY (id),
    CONSTRAINT account_username_unique UNIQUE (username),
    CONSTRAINT account_realm_unique UNIQUE (id, realm_id),
    CONSTRAINT account_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm (id),
    CONSTRAINT account_username_form CHECK (apppass.is_username(username)),
    CONSTRAINT account_notify_address_form
        CHECK (apppass.is_username(apppass.fold(notify_address)) AND notify_address LIKE '%_@_%'),
    CONSTRAINT account_notify_language_form CHECK (apppass.is_language(notify_language))
);
CREATE INDEX account_realm_id ON apppass.account (realm_id);
COMMENT ON TABLE apppass.account IS
'Who may have app passwords. One row per user name as the mail server knows it.';
COMMENT ON COLUMN apppass.account.username IS
'Canonical user name, ASCII letters in lower case, at most 255 bytes; usually the mail address.';
COMMENT ON COLUMN apppass.account.realm_id IS
'Whose policy applies. Filled from the domain where not given.';
COMMENT ON COLUMN apppass.account.enabled IS
'False stops all codes of the account at the next login.';
COMMENT ON COLUMN apppass.account.disabled_from IS
'From this moment on its codes stop as if it were not enabled; NULL: it is not to end.';
COMMENT ON COLUMN apppass.account.mfa_enrolled IS
'The identity system says the person has a second factor.';
COMMENT ON COLUMN apppass.account.main_password_refused_from IS
'Overrides the realm''s moment for this account; infinity: never refused. NULL: the realm''s.';
COMMENT ON COLUMN apppass.account.notify_address IS
'A second mail address that is told what happens to the codes, beside the account''s own; NULL: '
'none.';
COMMENT ON COLUMN apppass.account.notify_language IS 'In which language; NULL: the realm''s.';
COMMENT ON COLUMN apppass.account.created_at IS 'When it was added.';
COMMENT ON COLUMN apppass.account.created_by IS
'Database login that added it, with the portal''s operator after a slash.';

CREATE TABLE apppass.device (
    id bigint GENERATED ALWAYS AS IDENTITY,
    account_id bigint NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT device_pkey PRIMARY KEY (id),
    CONSTRAINT device_account_unique UNIQUE (id, account_id),
    CONSTRAINT device_account FOREIGN KEY (account_id) REFERENCES apppass.account (id),
    CONSTRAINT device_label_form CHECK (apppass.is_label(label))
);
CREATE UNIQUE INDEX device_label_unique ON apppass.device (account_id, apppass.label_key(label));
COMMENT ON TABLE apppass.device IS 'What holds a code: a phone, a printer, a script.';
COMMENT ON COLUMN apppass.device.label IS
'What people call it: 1 to 100 characters, unique within the account whatever the case.';
COMMENT ON COLUMN apppass.device.created_at IS 'When it was added: with its first code, as a rule.';

CREATE TABLE apppass.code (
    id bigint GENERATED ALWAYS AS IDENTITY,
    device_id bigint NOT NULL,
    account_id bigint NOT NULL,
    realm_id integer NOT NULL,
    selector text COLLATE "C" NOT NULL,
    hash text NOT NULL,
    services text[],
    networks cidr[],
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT SESSION_USER,
    expires_at timestamptz,
    expiry_chosen boolean NOT NULL DEFAULT false,
    revoked_at timestamptz,
    revoked_by text,
    revoke_reason text,
    replaces bigint,
    CONSTRAINT code_pkey PRIMARY KEY (id),
    CONSTRAINT code_selector_unique UNIQUE (account_id, selector),
    CONSTRAINT code_device FOREIGN KEY (device_id, account_id) REFERENCES apppass.device (id,
        account_id),
    -- Cascades when an account moves to another realm.
    CONSTRAINT code_account FOREIGN KEY (account_id, realm_id) REFERENCES apppass.account (id,
        realm_id) ON UPDATE CASCADE,
    CONSTRAINT code_replaces FOREIGN KEY (replaces) REFERENCES apppass.code (id),
    CONSTRAINT code_selector_form CHECK (apppass.is_selector(selector)),
    CONSTRAINT code_hash_form CHECK (apppass.is_hash(hash)),
    CONSTRAINT code_services_some CHECK (cardinality(services) > 0
        AND array_position(services, NULL) IS NULL),
    CONSTRAINT code_networks_some CHECK (cardinality(networks) > 0
        AND array_position(networks, NULL) IS NULL),
    CONSTRAINT code_revoked_whole CHECK (
        (revoked_at IS NULL) = (revoked_by IS NULL)
            AND (revoked_at IS NULL) = (revoke_reason IS NULL)
        AND (revoke_reason IS NULL OR apppass.trim_blank(revoke_reason) IS NOT NULL))
);
CREATE INDEX code_device_id ON apppass.code (device_id);
-- An expression, so that no plan can take this one for the lookup of an account's code, however
-- poor the statistics.
CREATE INDEX code_realm_selector ON apppass.code (realm_id, (selector || ''));
CREATE INDEX code_replaces_id ON apppass.code (replaces) WHERE replaces IS NOT NULL;
COMMENT ON TABLE apppass.code IS
'App passwords. Rows are never deleted: a revoked code that is still being tried must be '
'recognised.';
COMMENT ON COLUMN apppass.code.id IS 'Key; logs and views name a code by it.';
COMMENT ON COLUMN apppass.code.device_id IS 'The device that holds it.';
COMMENT ON COLUMN apppass.code.account_id IS 'The device''s account; filled by trigger.';
COMMENT ON COLUMN apppass.code.realm_id IS
'The account''s realm; filled by trigger, follows the account.';
COMMENT ON COLUMN apppass.code.selector IS
'The first four symbols: what people call the code by, unique within the account, not secret.';
COMMENT ON COLUMN apppass.code.hash IS
'PHC or crypt(3) string of the canonical code. Readable by no role but the owner.';
COMMENT ON COLUMN apppass.code.services IS
'Services it may be used for; NULL: all that the realm allows.';
COMMENT ON COLUMN apppass.code.networks IS
'Client networks it may be used from; NULL: any. Where set, an unknown client address is refused.';
COMMENT ON COLUMN apppass.code.created_at IS 'When it was issued; lifetimes count from it.';
COMMENT ON COLUMN apppass.code.created_by IS
'Database login that issued it, with the portal''s operator after a slash.';
COMMENT ON COLUMN apppass.code.expires_at IS 'From this moment it is refused; NULL: never.';
COMMENT ON COLUMN apppass.code.expiry_chosen IS
'Somebody gave expires_at; false: it is what max_lifetime came to, or never. Filled by trigger.';
COMMENT ON COLUMN apppass.code.revoked_at IS 'When revoked; NULL: not. Final.';
COMMENT ON COLUMN apppass.code.revoked_by IS 'Who revoked it; filled by trigger.';
COMMENT ON COLUMN apppass.code.revoke_reason IS
'Why it was revoked, as whoever did it gave it; the helpdesk and the auditor see it.';
COMMENT ON COLUMN apppass.code.replaces IS
'The code of the same device that this one took over from (reset).';

-- Beside code, not in it, and without a foreign key, as code_use: the verifier's login writes here,
-- and must lock no row that revoking a code or moving an account needs.  Codes are never deleted.
CREATE TABLE apppass.hash_upgrade (
    code_id bigint NOT NULL,
    hash text NOT NULL,
    CONSTRAINT hash_upgrade_pkey PRIMARY KEY (code_id),
    CONSTRAINT hash_upgrade_form CHECK (apppass.is_hash(hash))
);
COMMENT ON TABLE apppass.hash_upgrade IS
'The hash that took over from the one in code, where a login replaced it (upgrade_hash).';
COMMENT ON COLUMN apppass.hash_upgrade.hash IS 'PHC string that lookup gives out instead.';

CREATE TABLE apppass.issue_turn (
    account_id bigint NOT NULL,
    turn bigint NOT NULL DEFAULT 0,
    CONSTRAINT issue_turn_pkey PRIMARY KEY (account_id),
    CONSTRAINT issue_turn_account FOREIGN KEY (account_id) REFERENCES apppass.account (id)
        ON DELETE CASCADE
);
COMMENT ON TABLE apppass.issue_turn IS
'Whose turn it is to issue for an account: locked while a code is being issued, so that the '
'account itself is not.';
COMMENT ON COLUMN apppass.issue_turn.turn IS
'Raised by each code: of two transactions that saw the same number the second fails.';

CREATE TABLE apppass.handover (
    id bigint GENERATED ALWAYS AS IDENTITY,
    account_id bigint NOT NULL,
    device text NOT NULL,
    services text[],
    networks cidr[],
    expires_at timestamptz,
    link_hash bytea NOT NULL,
    pin_hash bytea,
    wrong_pins integer NOT NULL DEFAULT 0,
    offered_at timestamptz NOT NULL DEFAULT now(),
    offered_by text NOT NULL,
    ends_at timestamptz NOT NULL,
    collected_at timestamptz,
    code_id bigint,
    CONSTRAINT handover_pkey PRIMARY KEY (id),
    CONSTRAINT handover_link_unique UNIQUE (link_hash),
    CONSTRAINT handover_account FOREIGN KEY (account_id) REFERENCES apppass.account (id)
        ON DELETE CASCADE,
    CONSTRAINT handover_code FOREIGN KEY (code_id) REFERENCES apppass.code (id) ON DELETE CASCADE,
    CONSTRAINT handover_hashes CHECK (length(link_hash) = 32 AND length(pin_hash) = 32),
    CONSTRAINT handover_collected CHECK ((collected_at IS NULL) = (code_id IS NULL))
);
CREATE INDEX handover_of_account ON apppass.handover (account_id);
CREATE INDEX handover_of_code ON apppass.handover (code_id) WHERE code_id IS NOT NULL;
COMMENT ON TABLE apppass.handover IS
'Links with which people make a code that they were offered. maintain() deletes what was not '
'collected, a week after its end.';
COMMENT ON COLUMN apppass.handover.device IS 'The label of the device that it is for.';
COMMENT ON COLUMN apppass.handover.services IS
'Services the code will be for; NULL: all that the realm allows.';
COMMENT ON COLUMN apppass.handover.networks IS 'Client networks the code will be for; NULL: all.';
COMMENT ON COLUMN apppass.handover.expires_at IS 'When the code will expire; NULL: as policy says.';
COMMENT ON COLUMN apppass.handover.link_hash IS 'SHA-256 of the secret part of the link.';
COMMENT ON COLUMN apppass.handover.pin_hash IS
'SHA-256 of that part and the PIN after it; NULL: no PIN is asked for.';
COMMENT ON COLUMN apppass.handover.wrong_pins IS
'How many wrong PINs were given; the fifth ends it.';
COMMENT ON COLUMN apppass.handover.offered_at IS 'When the link was made.';
COMMENT ON COLUMN apppass.handover.offered_by IS 'The database login that made the link.';
COMMENT ON COLUMN apppass.handover.ends_at IS 'Until when it can be collected.';
COMMENT ON COLUMN apppass.handover.collected_at IS 'When it was; NULL: not yet.';
COMMENT ON COLUMN apppass.handover.code_id IS 'The code that was made then.';

CREATE TABLE apppass.code_use (
    code_id bigint NOT NULL,
    service text NOT NULL,
    network cidr NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT code_use_pkey PRIMARY KEY (code_id, service, network)
) WITH (fillfactor = 85);
COMMENT ON TABLE apppass.code_use IS
'Where a code has been used: one row per service and network, refreshed at most every 5 minutes.';
COMMENT ON COLUMN apppass.code_use.service IS 'Service; - where unknown.';
COMMENT ON COLUMN apppass.code_use.network IS
'The client''s /24 (IPv4) or /48 (IPv6); 0.0.0.0/0 where its address is unknown.';
COMMENT ON COLUMN apppass.code_use.first_at IS
'The first login with the code over this service from there.';
COMMENT ON COLUMN apppass.code_use.last_at IS 'Last login, up to 5 minutes old.';

-- Where its columns of use are not asked for, the planner leaves the aggregate out.
CREATE VIEW apppass.code_standing AS
SELECT c.id AS code_id, c.device_id, c.account_id, c.realm_id, r.name AS realm, c.selector,
    c.services, c.networks, c.created_at, c.created_by, c.revoked_at, c.revoked_by,
    c.revoke_reason, c.replaces,
    apppass.code_ends(c.created_at, c.expires_at, r.max_lifetime) AS ends_at,
    apppass.code_lapses(c.created_at, u.last_at, r.lapse_after, r.unused_after) AS lapses_at,
    apppass.code_state(c.revoked_at, c.created_at, c.expires_at, u.last_at, r.max_lifetime,
                       r.lapse_after, r.unused_after) AS state,
    r.codes_allowed, r.mfa_required, u.first_at, u.last_at, u.last_service, u.last_network
FROM apppass.code AS c
JOIN apppass.realm AS r ON r.id = c.realm_id
LEFT JOIN LATERAL (
    SELECT min(x.first_at) AS first_at, max(x.last_at) AS last_at,
        (array_agg(x.service ORDER BY x.last_at DESC))[1] AS last_service,
        (array_agg(x.network ORDER BY x.last_at DESC))[1] AS last_network
    FROM apppass.code_use AS x WHERE x.code_id = c.id
) AS u ON true;
COMMENT ON VIEW apppass.code_standing IS
'Each code without its hash, and what has become of it: for the functions and views that people '
'ask. The owner''s alone.';
COMMENT ON COLUMN apppass.code_standing.ends_at IS
'When it expires, the realm''s max_lifetime included; NULL: never.';
COMMENT ON COLUMN apppass.code_standing.lapses_at IS
'When it lapses unless it is used before; NULL: never.';
COMMENT ON COLUMN apppass.code_standing.state IS
'revoked, expired, lapsed; NULL: it counts as live.';
COMMENT ON COLUMN apppass.code_standing.last_service IS
'Service of the last login; - where unknown.';
COMMENT ON COLUMN apppass.code_standing.last_network IS
'Network of the last login; 0.0.0.0/0 where unknown.';

CREATE TABLE apppass.main_password_login (
    account_id bigint NOT NULL,
    service text NOT NULL,
    network cidr NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    -- No foreign key, as in hash_upgrade: account_policy() deletes what a removed account had.
    CONSTRAINT main_password_login_pkey PRIMARY KEY (account_id, service, network)
) WITH (fillfactor = 85);
COMMENT ON TABLE apppass.main_password_login IS
'Where main passwords still let somebody in: one row per account, service and network.';
COMMENT ON COLUMN apppass.main_password_login.service IS 'Service; - where unknown.';
COMMENT ON COLUMN apppass.main_password_login.network IS
'The client''s /24 (IPv4) or /48 (IPv6); 0.0.0.0/0 where its address is unknown.';
COMMENT ON COLUMN apppass.main_password_login.first_at IS
'The first login with the main password over this service from there.';
COMMENT ON COLUMN apppass.main_password_login.last_at IS 'Last login, up to 5 minutes old.';

GRANT SELECT, INSERT, UPDATE, DELETE ON apppass.account, apppass.device TO apppass_admin;
-- Writing a hash is allowed (import), reading one is not.
GRANT INSERT, UPDATE, DELETE ON apppass.code TO apppass_admin;
GRANT SELECT (id, device_id, account_id, realm_id, selector, services, networks, created_at,
    created_by, expires_at, expiry_chosen,
              revoked_at, revoked_by, revoke_reason, replaces) ON apppass.code TO apppass_admin;
GRANT SELECT ON apppass.code_use, apppass.main_password_login TO apppass_admin;

COMMIT;
