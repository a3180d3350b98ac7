-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:account to pg
-- requires: policy

BEGIN;

SET LOCAL ROLE apppass_owner;

-- White space and what is invisible, in every script and whatever the locale says: the separators that verifier/code.c leaves out
-- of a code but for its dashes, the fillers of Hangul and the empty Braille cell.
CREATE FUNCTION apppass.trim_blank(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN NULLIF(pg_catalog.regexp_replace($1,
        E'^[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0]+|'
        '[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0]+$',
        '', 'g'), '');
COMMENT ON FUNCTION apppass.trim_blank(text) IS 'The text without blank or invisible characters of any kind at its ends; NULL where nothing is left.';

-- Text that people read in terminals and reports: no control characters, no line or paragraph separators, nothing that turns
-- the reading direction round.
CREATE FUNCTION apppass.is_label(label text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN pg_catalog.length($1) BETWEEN 1 AND 100
        AND $1 IS NOT DISTINCT FROM apppass.trim_blank($1)
        AND $1 !~ E'[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]';
COMMENT ON FUNCTION apppass.is_label(text) IS 'May this be a device label? 1 to 100 characters, neither blank nor invisible at its ends, no control or text-direction characters.';

CREATE FUNCTION apppass.label_key(label text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN pg_catalog.lower(pg_catalog.normalize($1));
COMMENT ON FUNCTION apppass.label_key(text) IS 'What makes two device labels of an account the same: composed and in lower case.';

-- What the CHECKs of code say, in functions: its trigger asks first, because the error of a CHECK shows the whole row, hash included,
-- to whoever called the function that wrote it.
CREATE FUNCTION apppass.is_selector(selector text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN $1 ~ '^[0-9a-hjkmnp-tv-z]{4}$';
COMMENT ON FUNCTION apppass.is_selector(text) IS 'May this be the selector of a code? Four symbols of the alphabet, lower case.';

CREATE FUNCTION apppass.is_hash(hash text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN pg_catalog.octet_length($1) BETWEEN 20 AND 383 AND $1 ~ '^\$(argon2id?|2[aby]|5|6|y)\$[!-~]+$';
COMMENT ON FUNCTION apppass.is_hash(text) IS 'May this be the hash of a code? A PHC or crypt(3) string of a known algorithm.';

CREATE TABLE apppass.account (
    id bigint GENERATED ALWAYS AS IDENTITY,
    username text COLLATE "C" NOT NULL,
    realm_id integer NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    mfa_enrolled boolean NOT NULL DEFAULT false,
    main_password_refused_from timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by text NOT NULL DEFAULT SESSION_USER,
    CONSTRAINT account_pkey PRIMARY KEY (id),
    CONSTRAINT account_username_unique UNIQUE (username),
    CONSTRAINT account_realm_unique UNIQUE (id, realm_id),
    CONSTRAINT account_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm (id),
    CONSTRAINT account_username_form CHECK (
        username = apppass.fold(username) AND pg_catalog.octet_length(username) BETWEEN 1 AND 255
        AND username !~ E'[\u0001-\u0020\u007f-\u00a0\u2028-\u202e\u2066-\u2069]')
);
CREATE INDEX account_realm_id ON apppass.account (realm_id);
COMMENT ON TABLE apppass.account IS 'Who may have app passwords. One row per user name as the mail server knows it.';
COMMENT ON COLUMN apppass.account.id IS 'Key.';
COMMENT ON COLUMN apppass.account.username IS 'Canonical user name, ASCII letters in lower case, at most 255 bytes; usually the mail address.';
COMMENT ON COLUMN apppass.account.realm_id IS 'Whose policy applies. Filled from the domain where not given.';
COMMENT ON COLUMN apppass.account.enabled IS 'False stops all codes of the account at the next login.';
COMMENT ON COLUMN apppass.account.mfa_enrolled IS 'The identity system says the person has a second factor.';
COMMENT ON COLUMN apppass.account.main_password_refused_from IS 'Overrides the realm''s moment for this account; infinity: never refused. NULL: the realm''s.';
COMMENT ON COLUMN apppass.account.created_at IS 'When added.';
COMMENT ON COLUMN apppass.account.created_by IS 'Database login that added it, with the portal''s operator after a slash.';

CREATE TABLE apppass.device (
    id bigint GENERATED ALWAYS AS IDENTITY,
    account_id bigint NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT device_pkey PRIMARY KEY (id),
    CONSTRAINT device_account_unique UNIQUE (id, account_id),
    CONSTRAINT device_account FOREIGN KEY (account_id) REFERENCES apppass.account (id),
    CONSTRAINT device_label_form CHECK (apppass.is_label(label))
);
CREATE UNIQUE INDEX device_label_unique ON apppass.device (account_id, apppass.label_key(label));
COMMENT ON TABLE apppass.device IS 'What holds a code: a phone, a printer, a script.';
COMMENT ON COLUMN apppass.device.id IS 'Key.';
COMMENT ON COLUMN apppass.device.account_id IS 'Whose device.';
COMMENT ON COLUMN apppass.device.label IS 'What people call it: 1 to 100 characters, unique within the account whatever the case.';
COMMENT ON COLUMN apppass.device.created_at IS 'When first named.';

CREATE TABLE apppass.code (
    id bigint GENERATED ALWAYS AS IDENTITY,
    device_id bigint NOT NULL,
    account_id bigint NOT NULL,
    realm_id integer NOT NULL,
    selector text COLLATE "C" NOT NULL,
    hash text NOT NULL,
    services text[],
    networks cidr[],
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by text NOT NULL DEFAULT SESSION_USER,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    revoke_reason text,
    replaces bigint,
    CONSTRAINT code_pkey PRIMARY KEY (id),
    CONSTRAINT code_selector_unique UNIQUE (account_id, selector),
    CONSTRAINT code_device FOREIGN KEY (device_id, account_id) REFERENCES apppass.device (id, account_id),
    -- Cascades when an account moves to another realm.
    CONSTRAINT code_account FOREIGN KEY (account_id, realm_id) REFERENCES apppass.account (id, realm_id) ON UPDATE CASCADE,
    CONSTRAINT code_replaces FOREIGN KEY (replaces) REFERENCES apppass.code (id),
    CONSTRAINT code_selector_form CHECK (apppass.is_selector(selector)),
    CONSTRAINT code_hash_form CHECK (apppass.is_hash(hash)),
    CONSTRAINT code_services_some CHECK (pg_catalog.cardinality(services) > 0 AND pg_catalog.array_position(services, NULL) IS NULL),
    CONSTRAINT code_networks_some CHECK (pg_catalog.cardinality(networks) > 0 AND pg_catalog.array_position(networks, NULL) IS NULL),
    CONSTRAINT code_revoked_whole CHECK (
        (revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL) = (revoke_reason IS NULL)
        AND (revoke_reason IS NULL OR apppass.trim_blank(revoke_reason) IS NOT NULL))
);
CREATE INDEX code_device_id ON apppass.code (device_id);
-- An expression, so that no plan can take this one for the lookup of an account's code, however poor the statistics.
CREATE INDEX code_realm_selector ON apppass.code (realm_id, (selector || ''));
CREATE INDEX code_replaces_id ON apppass.code (replaces) WHERE replaces IS NOT NULL;
COMMENT ON TABLE apppass.code IS 'App passwords. Rows are never deleted: a revoked code that is still being tried must be recognised.';
COMMENT ON COLUMN apppass.code.id IS 'Key; logs and views name a code by it.';
COMMENT ON COLUMN apppass.code.device_id IS 'The device that holds it.';
COMMENT ON COLUMN apppass.code.account_id IS 'The device''s account; filled by trigger.';
COMMENT ON COLUMN apppass.code.realm_id IS 'The account''s realm; filled by trigger, follows the account.';
COMMENT ON COLUMN apppass.code.selector IS 'The first four symbols: what people call the code by, unique within the account, not secret.';
COMMENT ON COLUMN apppass.code.hash IS 'PHC or crypt(3) string of the canonical code. Readable by no role but the owner.';
COMMENT ON COLUMN apppass.code.services IS 'Services it may be used for; NULL: all that the realm allows.';
COMMENT ON COLUMN apppass.code.networks IS 'Client networks it may be used from; NULL: any. Where set, an unknown client address is refused.';
COMMENT ON COLUMN apppass.code.created_at IS 'When issued.';
COMMENT ON COLUMN apppass.code.created_by IS 'Database login that issued it, with the portal''s operator after a slash.';
COMMENT ON COLUMN apppass.code.expires_at IS 'From this moment it is refused; NULL: never.';
COMMENT ON COLUMN apppass.code.revoked_at IS 'When revoked; NULL: not. Final.';
COMMENT ON COLUMN apppass.code.revoked_by IS 'Who revoked it; filled by trigger.';
COMMENT ON COLUMN apppass.code.revoke_reason IS 'Why it was revoked.';
COMMENT ON COLUMN apppass.code.replaces IS 'The code of the same device that this one took over from (reset).';

CREATE TABLE apppass.code_use (
    code_id bigint NOT NULL,
    service text NOT NULL,
    network cidr NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT code_use_pkey PRIMARY KEY (code_id, service, network),
    CONSTRAINT code_use_code FOREIGN KEY (code_id) REFERENCES apppass.code (id)
) WITH (fillfactor = 85);
COMMENT ON TABLE apppass.code_use IS 'Where a code has been used: one row per service and network, refreshed at most every 5 minutes.';
COMMENT ON COLUMN apppass.code_use.code_id IS 'The code.';
COMMENT ON COLUMN apppass.code_use.service IS 'Service; - where unknown.';
COMMENT ON COLUMN apppass.code_use.network IS 'The client''s /24 (IPv4) or /48 (IPv6); 0.0.0.0/0 where its address is unknown.';
COMMENT ON COLUMN apppass.code_use.first_at IS 'First login.';
COMMENT ON COLUMN apppass.code_use.last_at IS 'Last login, up to 5 minutes old.';

CREATE TABLE apppass.main_password_login (
    account_id bigint NOT NULL,
    service text NOT NULL,
    network cidr NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT main_password_login_pkey PRIMARY KEY (account_id, service, network),
    CONSTRAINT main_password_login_account FOREIGN KEY (account_id) REFERENCES apppass.account (id) ON DELETE CASCADE
) WITH (fillfactor = 85);
COMMENT ON TABLE apppass.main_password_login IS 'Where main passwords still let somebody in: one row per account, service and network.';
COMMENT ON COLUMN apppass.main_password_login.account_id IS 'The account.';
COMMENT ON COLUMN apppass.main_password_login.service IS 'Service; - where unknown.';
COMMENT ON COLUMN apppass.main_password_login.network IS 'The client''s /24 (IPv4) or /48 (IPv6); 0.0.0.0/0 where its address is unknown.';
COMMENT ON COLUMN apppass.main_password_login.first_at IS 'First login.';
COMMENT ON COLUMN apppass.main_password_login.last_at IS 'Last login, up to 5 minutes old.';

-- CHECK constraints and index expressions run with the rights of whoever writes the row.
GRANT EXECUTE ON FUNCTION apppass.is_label(text), apppass.label_key(text), apppass.is_selector(text), apppass.is_hash(text),
    apppass.trim_blank(text) TO apppass_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON apppass.account, apppass.device TO apppass_admin;
-- Writing a hash is allowed (import), reading one is not.
GRANT INSERT, UPDATE, DELETE ON apppass.code TO apppass_admin;
GRANT SELECT (id, device_id, account_id, realm_id, selector, services, networks, created_at, created_by, expires_at, revoked_at,
              revoked_by, revoke_reason, replaces) ON apppass.code TO apppass_admin;
GRANT SELECT ON apppass.code_use, apppass.main_password_login TO apppass_admin;

COMMIT;
