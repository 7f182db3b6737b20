-- Every table's count and digest, in one snapshot, as one JSON object.
-- A row's text depends on these settings: who compares must set the same.
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET extra_float_digits = 1;
SET bytea_output = 'hex';
SELECT string_agg(
    format('SELECT %L AS name, %s AS oid, count(*) AS rows, sum(hashtextextended((t.*)::text, 0)::numeric) AS digest FROM ONLY %I.%I AS t',
           n.nspname || '.' || c.relname, c.oid, n.nspname, c.relname), ' UNION ALL ') AS counts
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
\gset
SELECT json_object_agg(name, json_build_object('oid', oid, 'count', rows, 'digest', coalesce(digest, 0)::text)) FROM (:counts) counted;
