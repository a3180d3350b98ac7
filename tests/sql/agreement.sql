-- SPDX-License-Identifier: BSD-2-Clause
-- Whoever reads a code says the same of it: what lookup decides, the overviews, the counts, the
-- limit on issuing, the unused, the desk's list and what maintain() would revoke; over a grid of
-- states of a code, settings of a realm, states of an account and access rules.
BEGIN;
\ir setup.sql
SELECT plan(17);

-- ---- the grid ----
CREATE TEMP TABLE policy AS
SELECT row_number() OVER () AS n, p.* FROM (
    SELECT codes_allowed, mfa_required, lifetime, lapse, unused, CASE WHEN lifetime IS NULL THEN ARRAY['imap'] END AS services
    FROM (VALUES (true, false), (true, true), (false, false)) AS a (codes_allowed, mfa_required),
        (VALUES (NULL::interval), ('30 days'), ('1 month')) AS l (lifetime),
        (VALUES (NULL::interval, NULL::interval), ('7 days', NULL), (NULL, '20 days'), ('1 month', '30 days')) AS u (lapse, unused)) AS p;
CREATE TEMP TABLE person AS
SELECT row_number() OVER () AS n, p.* FROM (VALUES (true, true), (true, false), (false, true)) AS p (enabled, mfa);
CREATE TEMP TABLE life AS
SELECT row_number() OVER () AS n, l.* FROM (
    SELECT age, used, expires, revoked, networks
    FROM (VALUES ('1 hour'::interval), ('10 days'), ('29 days 23 hours'), ('30 days 12 hours'), ('40 days')) AS a (age),
        (VALUES (NULL::interval), ('2 hours'), ('21 days')) AS u (used),
        (VALUES (NULL::interval), ('-1 minute'), ('5 days')) AS e (expires),
        (VALUES (false, NULL::cidr[]), (false, '{10.0.0.0/8}'), (true, NULL)) AS r (revoked, networks)
    WHERE used IS NULL OR used < age) AS l;
CREATE TEMP TABLE cell AS
SELECT row_number() OVER () AS n, p.n AS policy, h.n AS person, l.n AS life
FROM policy AS p, person AS h, life AS l;

SET LOCAL session_replication_role = replica;
INSERT INTO apppass.realm (name, codes_allowed, mfa_required, max_lifetime, lapse_after, unused_after, services, max_codes)
SELECT 'p' || n || '.org', codes_allowed, mfa_required, lifetime, lapse, unused, services, 10000 FROM policy;
INSERT INTO apppass.account (username, realm_id, enabled, mfa_enrolled)
SELECT 'h' || h.n || '@p' || p.n || '.org', r.id, h.enabled, h.mfa
FROM person AS h, policy AS p JOIN apppass.realm AS r ON r.name = 'p' || p.n || '.org';
INSERT INTO apppass.device (account_id, label)
SELECT a.id, 'Device ' || l.n FROM apppass.account AS a, life AS l;
INSERT INTO apppass.code (device_id, account_id, realm_id, selector, hash, networks, created_at, expires_at, revoked_at, revoked_by, revoke_reason)
SELECT d.id, a.id, a.realm_id, pg_temp.symbols(l.n), pg_temp.digest(), l.networks, now() - l.age, now() + l.expires,
    CASE WHEN l.revoked THEN now() END, CASE WHEN l.revoked THEN 'grid' END, CASE WHEN l.revoked THEN 'grid' END
FROM apppass.device AS d JOIN apppass.account AS a ON a.id = d.account_id JOIN life AS l ON d.label = 'Device ' || l.n;
INSERT INTO apppass.code_use (code_id, service, network, first_at, last_at)
SELECT c.id, 'imap', '10.0.0.0/24', now() - l.used, now() - l.used
FROM apppass.code AS c JOIN apppass.device AS d ON d.id = c.device_id JOIN life AS l ON d.label = 'Device ' || l.n WHERE l.used IS NOT NULL;
SET LOCAL session_replication_role = origin;
ANALYZE apppass.code, apppass.device, apppass.account, apppass.realm, apppass.code_use;
SELECT cmp_ok((SELECT count(*) FROM cell), '>', 4000::bigint, 'some thousand cells');

-- ---- the rules, in other words than the schema's ----
-- By the calendar of UTC, from the columns of the grid alone.
SET LOCAL TimeZone = 'UTC';
CREATE TEMP TABLE expected AS
SELECT c.n, 'h' || c.person || '@p' || c.policy || '.org' AS account, 'Device ' || c.life AS device, pg_temp.symbols(c.life) AS selector,
    CASE
        WHEN l.revoked THEN 'revoked'
        WHEN l.expires < interval '0' THEN 'expired'
        WHEN p.lifetime IS NOT NULL AND now() - l.age + p.lifetime <= now() THEN 'expired'
        WHEN l.used IS NULL AND now() - l.age + p.lapse <= now() THEN 'lapsed'
        WHEN now() - coalesce(l.used, l.age) + p.unused <= now() THEN 'lapsed'
    END AS ended,
    CASE WHEN NOT h.enabled THEN 'account_disabled' WHEN NOT p.codes_allowed THEN 'realm_denied'
         WHEN p.mfa_required AND NOT h.mfa THEN 'mfa_missing' END AS barred,
    p.services AS realm_services, l.networks, l.revoked
FROM cell AS c JOIN policy AS p ON p.n = c.policy JOIN person AS h ON h.n = c.person JOIN life AS l ON l.n = c.life;
CREATE INDEX ON expected (account, device);
ANALYZE expected;
SELECT is((SELECT count(DISTINCT coalesce(ended, '-') || coalesce(barred, '-')) FROM expected), 16::bigint, 'the grid has every state of a code with every state of an account');

-- ---- who must agree ----
SELECT is_empty($$
    SELECT e.account, e.selector, v.verdict, e.ended, e.barred FROM expected AS e, LATERAL apppass.lookup(e.account, e.selector, 'imap', '10.1.1.1') AS v
    WHERE v.verdict::text <> coalesce(e.barred, e.ended, 'accepted') $$, 'lookup');
SELECT is_empty($$
    SELECT e.account, e.selector, v.verdict FROM expected AS e, LATERAL apppass.lookup(e.account, e.selector, 'smtps', '192.0.2.1') AS v
    WHERE v.verdict::text <> coalesce(e.barred, e.ended, CASE WHEN e.realm_services IS NOT NULL THEN 'service_denied'
                                                   WHEN e.networks IS NOT NULL THEN 'network_denied' END, 'accepted') $$,
    'lookup: from elsewhere, for another service');
SELECT is_empty($$
    SELECT e.account, e.selector, o.state FROM expected AS e LEFT JOIN apppass.code_overview AS o ON o.account = e.account AND o.selector = e.selector
    WHERE o.state IS DISTINCT FROM coalesce(e.ended, CASE WHEN e.barred IS NOT NULL THEN 'suspended' END, 'live') $$, 'code_overview');
SELECT is_empty($$
    SELECT o.account, o.device, o.live_codes FROM apppass.device_overview AS o
    JOIN expected AS e ON e.account = o.account AND e.device = o.device WHERE o.live_codes <> (e.ended IS NULL)::integer $$, 'live_codes of a device');
SELECT is_empty($$
    SELECT o.account, o.live_codes FROM apppass.account_overview AS o
    JOIN (SELECT account, count(*) FILTER (WHERE ended IS NULL) AS n FROM expected GROUP BY account) AS e ON e.account = o.account
    WHERE o.live_codes <> e.n $$, 'live_codes of an account');
SELECT is_empty($$
    SELECT e.account, t.live_codes FROM (SELECT account, count(*) FILTER (WHERE ended IS NULL) AS n FROM expected WHERE barred IS NULL GROUP BY account) AS e,
        LATERAL apppass.issue_policy(e.account) AS t WHERE t.live_codes <> e.n $$, 'issue_policy');
-- The limit lets one more be issued where it is above the number, and not where it is the number.
CREATE FUNCTION pg_temp.issued(account text, above bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE apppass.realm AS r SET max_codes = greatest($2, 1)
    WHERE r.id = (SELECT a.realm_id FROM apppass.account AS a WHERE a.username = $1);
    PERFORM apppass.store_code($1, 'New', 'zzzz', pg_temp.digest());
    RAISE EXCEPTION 'issued';
EXCEPTION WHEN OTHERS THEN
    RETURN CASE WHEN SQLERRM = 'issued' THEN 'issued' WHEN SQLERRM LIKE '%live codes already' THEN 'full' ELSE SQLERRM END;
END $$;
SELECT is_empty($$
    SELECT e.account, e.n FROM (SELECT account, count(*) FILTER (WHERE ended IS NULL) AS n FROM expected WHERE barred IS NULL GROUP BY account) AS e
    WHERE pg_temp.issued(e.account, e.n) <> 'full' OR pg_temp.issued(e.account, e.n + 1) <> 'issued' $$, 'the limit on issuing');
SELECT set_eq($$ SELECT account::text, selector::text FROM apppass.unused_code $$,
    $$ SELECT e.account, e.selector FROM expected AS e JOIN cell AS c ON c.n = e.n JOIN life AS l ON l.n = c.life
       WHERE (e.ended IS NULL OR e.ended = 'lapsed') AND coalesce(l.used, l.age) > interval '1 day' $$, 'unused_code');
SELECT set_eq($$ SELECT account::text, selector::text FROM apppass.find_codes() $$,
    $$ SELECT account, selector FROM expected WHERE ended IS NULL $$, 'the desk: usable codes');
SELECT set_eq($$ SELECT account::text, selector::text FROM apppass.find_codes(which => 'unrevoked') $$,
    $$ SELECT account, selector FROM expected WHERE NOT revoked $$, 'the desk: unrevoked codes');
SELECT set_eq($$ SELECT account::text, selector::text FROM apppass.maintain(true) WHERE action = 'revoke' $$,
    $$ SELECT account, selector FROM expected WHERE ended = 'lapsed' $$, 'what maintain() would revoke');

-- ---- access rules ----
INSERT INTO apppass.access_rule (position, realm_id, service, network, action)
SELECT (row_number() OVER ()) * 10, r.id, s, w, a
FROM (SELECT id FROM apppass.realm WHERE name = 'p1.org' UNION ALL SELECT NULL) AS r (id),
    (VALUES ('smtp'), (NULL)) AS v (s), (VALUES ('10.0.0.0/8'::cidr), ('2001:db8::/32'), (NULL)) AS n (w), (VALUES ('allow'), ('deny')) AS x (a)
ORDER BY md5(coalesce(r.id, 0) || coalesce(s, '-') || coalesce(w::text, '-') || a);
CREATE TEMP TABLE asked AS
SELECT v.account, v.selector, d.service, p.client
FROM (SELECT DISTINCT ON (account) account, selector FROM expected WHERE ended IS NULL AND barred IS NULL AND networks IS NULL
        AND realm_services IS NULL ORDER BY account, selector) AS v,
    (VALUES ('imap'), ('submission'), (NULL)) AS d (service),
    (VALUES ('10.1.1.1'::inet), ('::ffff:10.1.1.1'), ('2001:db8::1'), ('192.0.2.1'), (NULL)) AS p (client);
CREATE FUNCTION pg_temp.rules_agree() RETURNS SETOF record LANGUAGE sql AS $$
    SELECT a.account, a.service, a.client, v.verdict, e.action, e.rule_position
    FROM asked AS a, LATERAL apppass.lookup(a.account, a.selector, a.service, a.client) AS v,
        LATERAL apppass.explain_access(a.account, a.service, a.client) AS e
    WHERE (v.verdict = 'accepted') <> (e.action = 'allow')
       OR e.rule_id IS DISTINCT FROM (
           SELECT x.id FROM apppass.access_rule AS x LEFT JOIN apppass.realm AS r ON r.id = x.realm_id
           WHERE (r.name IS NULL OR a.account LIKE '%@' || r.name)
             AND (x.service IS NULL OR x.service = CASE a.service WHEN 'submission' THEN 'smtp' ELSE a.service END)
             AND (x.network IS NULL OR CASE WHEN a.client IS NULL THEN x.action = 'deny'
                                            ELSE replace(host(a.client), '::ffff:', '')::inet <<= x.network END)
           ORDER BY x.position LIMIT 1)
$$;
CREATE FUNCTION pg_temp.shuffled(rounds integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    FOR i IN 1 .. rounds LOOP
        UPDATE apppass.access_rule SET position = -n FROM (SELECT id AS which, row_number() OVER (ORDER BY md5(id::text || i)) AS n FROM apppass.access_rule) AS s
        WHERE id = which;
        FOR wrong IN SELECT * FROM pg_temp.rules_agree() AS r (account text, service text, client inet, verdict apppass.verdict, action text, place integer) LOOP
            RETURN NEXT i || ': ' || wrong;
        END LOOP;
    END LOOP;
END $$;
SELECT cmp_ok((SELECT count(*) FROM asked), '>', 100::bigint, 'attempts for the access rules');
SELECT is_empty('SELECT pg_temp.shuffled(12)', 'access rules in any order: lookup, explain_access and the rule itself');
DELETE FROM apppass.access_rule;

-- ---- after a setting has changed ----
UPDATE apppass.realm SET max_lifetime = '9 days' WHERE name <> 'default';
SELECT is_empty($$
    SELECT o.account FROM apppass.account_overview AS o
    WHERE o.live_codes <> (SELECT count(*) FROM apppass.code_overview AS c WHERE c.account = o.account AND c.state IN ('live', 'suspended')) $$,
    'a shortened max_lifetime: the counts follow the overview');
SELECT is_empty($$
    SELECT e.account FROM expected AS e JOIN cell AS c ON c.n = e.n JOIN life AS l ON l.n = c.life, LATERAL apppass.lookup(e.account, e.selector, 'imap', '10.1.1.1') AS v
    WHERE (v.verdict = 'accepted') <> (e.barred IS NULL AND e.ended IS NULL AND l.age < '9 days') $$, 'and logins end');

SELECT * FROM finish();
ROLLBACK;
