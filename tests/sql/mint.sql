-- SPDX-License-Identifier: BSD-2-Clause
-- Codes made in the database: the same format and check symbol as in C, by the same vectors.
BEGIN;
\ir setup.sql
SELECT plan(17);

CREATE TEMP TABLE line (text text);
\set copy_codes '\\copy line FROM PROGRAM ''cat ' :vectors '/codes.txt'' WITH (FORMAT csv, DELIMITER E''\\x01'', QUOTE E''\\x02'')'
:copy_codes
CREATE TEMP TABLE vector AS
SELECT split_part(text, E'\t', 1) AS typed, split_part(text, E'\t', 2) AS shape, split_part(text, E'\t', 3) AS canonical
FROM line WHERE text <> '' AND text !~ '^#';
TRUNCATE line;
\set copy_symbols '\\copy line FROM PROGRAM ''cat ' :vectors '/check_symbols.txt'' WITH (FORMAT csv, DELIMITER E''\\x01'', QUOTE E''\\x02'')'
:copy_symbols
CREATE TEMP TABLE symbol AS
SELECT split_part(text, E'\t', 1) AS symbols, split_part(text, E'\t', 2) AS expected FROM line WHERE text <> '' AND text !~ '^#';

SELECT cmp_ok((SELECT count(*) FROM vector WHERE shape = 'valid'), '>', 10::bigint, 'there are code vectors');
SELECT cmp_ok((SELECT count(*) FROM vector WHERE shape = 'mistyped'), '>', 3::bigint, 'there are mistyped vectors');
SELECT cmp_ok((SELECT count(*) FROM symbol), '>', 3::bigint, 'there are check symbol vectors');
SELECT is_empty($$ SELECT * FROM vector WHERE shape = 'valid' AND apppass.code_valid(canonical) IS NOT TRUE $$, 'valid codes are valid');
SELECT is_empty($$ SELECT * FROM vector WHERE shape <> 'valid' AND apppass.code_valid(typed) IS NOT FALSE $$, 'mistyped ones are not, nor is what is no code');
SELECT is_empty($$ SELECT * FROM symbol WHERE apppass.check_symbol(symbols) IS DISTINCT FROM expected $$, 'check symbols agree');

-- Every single wrong symbol and every swap of neighbours
SELECT is((
    SELECT count(*) FROM (SELECT canonical FROM vector WHERE shape = 'valid' AND length(canonical) = 20 LIMIT 1) AS v (c),
        generate_series(1, 20) AS i, regexp_split_to_table('0123456789abcdefghjkmnpqrstvwxyz', '') AS s
    WHERE substr(c, i, 1) <> s AND apppass.code_valid(overlay(c PLACING s FROM i FOR 1))), 0::bigint, 'a single wrong symbol is noticed');
SELECT is((
    SELECT count(*) FROM (SELECT canonical FROM vector WHERE shape = 'valid') AS v (c), generate_series(1, 27) AS i
    WHERE i < length(c) AND substr(c, i, 1) <> substr(c, i + 1, 1)
      AND apppass.code_valid(overlay(c PLACING substr(c, i + 1, 1) || substr(c, i, 1) FROM i FOR 2))), 0::bigint, 'a swap of neighbours is noticed');

SELECT apppass.add_account('alice@example.org');
CREATE TEMP TABLE minted AS SELECT * FROM apppass.issue_code('alice@example.org', 'Scanner, 3rd floor', '{smtp}', reason => 'ordered');
SELECT matches((SELECT code FROM minted), '^([0-9a-z]{4}-){4}[0-9a-z]{4}$', 'a code is grouped');
SELECT ok((SELECT apppass.code_valid(replace(code, '-', '')) FROM minted), 'and valid');
SELECT is((SELECT selector FROM minted), (SELECT left(code, 4) FROM minted), 'its first group is the selector');
SELECT is((SELECT c.hash FROM apppass.code AS c JOIN minted AS m ON m.code_id = c.id),
          (SELECT public.crypt(replace(m.code, '-', ''), c.hash) FROM apppass.code AS c JOIN minted AS m ON m.code_id = c.id), 'its hash matches');
SELECT matches((SELECT c.hash FROM apppass.code AS c JOIN minted AS m ON m.code_id = c.id), '^\$2a\$10\$', 'bcrypt, cost 10');
SELECT is((SELECT count(DISTINCT apppass.make_code(1, 20)) FROM generate_series(1, 200)), 200::bigint, 'codes differ');
SELECT is((SELECT count(DISTINCT s) FROM generate_series(1, 200) AS g, regexp_split_to_table(apppass.make_code(g, 28), '') AS s), 32::bigint, 'every symbol occurs');

CREATE TEMP TABLE again AS SELECT * FROM apppass.reset_code('alice@example.org', 'Scanner, 3rd floor', reason => 'lost');
SELECT ok((SELECT apppass.code_valid(replace(code, '-', '')) FROM again), 'a reset mints too');
-- No trace of the clear codes in any table
SELECT is((SELECT count(*) FROM again, minted, (
        SELECT c::text AS row FROM apppass.code AS c UNION ALL SELECT a::text FROM apppass.audit AS a UNION ALL SELECT d::text FROM apppass.device AS d
    ) AS stored
    WHERE stored.row LIKE '%' || substr(replace(again.code, '-', ''), 5, 8) || '%' OR stored.row LIKE '%' || substr(replace(minted.code, '-', ''), 5, 8) || '%'
       OR stored.row LIKE '%' || substr(again.code, 6) || '%'), 0::bigint, 'the clear code is in no table');

SELECT * FROM finish();
ROLLBACK;
