-- Believable rows, the same for the same :scale on every machine: hashes choose, never random().
CREATE FUNCTION pg_temp.pick(choices text[], n bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT choices[1 + ((hashint8extended(n, salt) & 2147483647) % cardinality(choices))::int] $$;
CREATE FUNCTION pg_temp.number(n bigint, salt bigint, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT (hashint8extended(n, salt) & 4611686018427387903) % below $$;

\set first 'ARRAY[''Amara'',''Noah'',''Mei'',''Lukas'',''Sofia'',''Omar'',''Ingrid'',''Kofi'',''Priya'',''Mateo'',''Hana'',''Elif'',''Jonas'',''Zoe'',''Ravi'',''Clara'']'
\set last 'ARRAY[''Okafor'',''Meyer'',''Chen'',''Novak'',''Rossi'',''Haddad'',''Larsen'',''Mensah'',''Sharma'',''Garcia'',''Tanaka'',''Demir'',''Weber'',''Martin'',''Patel'',''Jensen'']'
\set topic 'ARRAY[''Quarterly budget'',''Unit tests for the parser'',''Trip to Lisbon'',''Cover letter'',''Slow SQL query'',''Sourdough starter'',''Lease agreement'',''Kubernetes probes'',''Birthday speech'',''Statistics homework'',''Onboarding guide'',''Release notes'']'
\set question 'ARRAY[''Can you look over this and tell me what is unclear?'',''Why does this fail only on the second run?'',''Please make it shorter, but keep the numbers.'',''What would you change first, and why?'',''Give me three options with their trade-offs.'',''Translate the last part, formal tone please.'',''How would I explain this to my manager?'',''Is there a simpler way to do the same?'']'
\set answer 'ARRAY[''The figures in the second table do not add up to the total, so I would check the March entries before anything else.'',''The first call leaves a temporary file behind; the second one finds it and takes the cached branch, which skips the validation.'',''Here is a shorter version that keeps every number and drops the two sentences which repeat the introduction.'',''I would start with the index: the query reads the whole table, although only one day of it is needed.'',''Option one is the cheapest and slowest, option two needs a second machine, option three can be undone at any time.'',''A friendly opening helps, then one sentence about what you did, and a concrete question at the end.'',''Two of the clauses contradict each other; paragraph four gives thirty days where paragraph nine gives sixty.'',''Let it rest overnight in the refrigerator: the dough is easier to shape, and the flavour improves.'',''The probe answers before the cache is warm, so traffic arrives too early; a startup probe separates the two.'',''With a sample of forty the interval is wide; I would report it together with the mean instead of the mean alone.'']'

INSERT INTO users
SELECT n, lower(f || '.' || l) || n || '@example.org', f || ' ' || l,
       pg_temp.pick('{free,free,free,plus,plus,team}', n, 3), pg_temp.pick('{DE,FR,IN,NG,US,BR,JP,DK}', n, 4),
       timestamptz '2024-03-01 00:00Z' + pg_temp.number(n, 5, 50000000) * interval '1 second',
       timestamptz '2025-10-01 00:00Z' + pg_temp.number(n, 6, 2500000) * interval '1 second'
FROM (SELECT n, pg_temp.pick(:first, n, 1) AS f, pg_temp.pick(:last, n, 2) AS l
      FROM generate_series(1, greatest(1, (500 * :scale)::bigint)) n) person;

INSERT INTO conversations
SELECT n, 1 + pg_temp.number(n, 11, (SELECT count(*) FROM users)), pg_temp.pick(:topic, n, 12),
       pg_temp.pick('{cleo-small,cleo-large}', n, 13),
       timestamptz '2025-06-01 00:00Z' + pg_temp.number(n, 14, 12000000) * interval '1 second',
       pg_temp.number(n, 15, 10) = 0
FROM generate_series(1, greatest(1, ((20000 * :scale)::bigint + 7) / 8)) n;

INSERT INTO messages
SELECT n, 1 + (n - 1) / 8, CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END, content, length(content) / 4,
       timestamptz '2025-06-01 00:00Z' + n * interval '1 second'
FROM (SELECT n, CASE n % 2
              WHEN 1 THEN pg_temp.pick(:question, n, 21) || ' (' || pg_temp.pick(:topic, n, 22) || ')'
              ELSE concat_ws(' ', pg_temp.pick(:answer, n, 23), pg_temp.pick(:answer, n, 24), pg_temp.pick(:answer, n, 25),
                             pg_temp.pick(:answer, n, 26)) END AS content
      FROM generate_series(1, greatest(8, (20000 * :scale)::bigint)) n) said;

INSERT INTO user_preferences
SELECT id, pg_temp.pick('{en,de,fr,hi,pt,ja}', id, 31), pg_temp.pick('{UTC,Europe/Berlin,Asia/Kolkata,America/New_York}', id, 32),
       pg_temp.pick('{dark,light,system}', id, 33),
       jsonb_build_object('notifications', pg_temp.number(id, 34, 2) = 0, 'font_size', 12 + pg_temp.number(id, 35, 6)),
       created_at + interval '1 day'
FROM users;

INSERT INTO audit_logs
SELECT n, 1 + pg_temp.number(n, 41, (SELECT count(*) FROM users)),
       pg_temp.pick('{login,login,login,logout,export,password_change,api_key_created}', n, 42),
       ('10.' || pg_temp.number(n, 43, 256) || '.' || pg_temp.number(n, 44, 256) || '.' || pg_temp.number(n, 45, 256))::inet,
       jsonb_build_object('agent', pg_temp.pick('{web,ios,android,api}', n, 46), 'ok', pg_temp.number(n, 47, 50) > 0),
       timestamptz '2025-06-01 00:00Z' + n * interval '37 seconds'
FROM generate_series(1, greatest(1, (8000 * :scale)::bigint)) n;

ALTER TABLE users ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE conversations ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE messages ADD PRIMARY KEY (id), ADD FOREIGN KEY (conversation_id) REFERENCES conversations;
ALTER TABLE user_preferences ADD PRIMARY KEY (user_id), ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE audit_logs ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES users;
CREATE INDEX ON conversations (user_id);
CREATE INDEX ON messages (conversation_id);
CREATE INDEX ON audit_logs (at);
