-- SPDX-License-Identifier: BSD-2-Clause
-- Whoever reads a code says the same of it: what lookup decides, the overviews, the counts, the
-- limit on issuing, the unused, the desk's list and what maintain() would revoke; over a grid of
-- states of a code, settings of a realm, states of an account and access rules (the tool too:
-- tests/tool/test_agreement.py).
BEGIN;
\ir setup.sql
SELECT plan(17);

\ir grid.sql
SELECT cmp_ok((SELECT count(*) FROM cell), '>', 4000::bigint, 'some thousand cells');
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
        FOR wrong IN SELECT * FROM pg_temp.rules_agree() AS r (account text, service text, client inet, verdict text, action text, place integer) LOOP
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
