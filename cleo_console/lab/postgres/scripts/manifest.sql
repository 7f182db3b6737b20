-- Puts what was counted before and after a backup together with what pgBackRest says of it.
-- Variables: work (folder with the files before, after, info), label (the backup's).
\set before `cat :work/before`
\set after `cat :work/after`
\set info `cat :work/info`
WITH backup AS (
    SELECT b FROM json_array_elements(:'info'::json -> 0 -> 'backup') b WHERE b ->> 'label' = :'label'
), tables AS (
    SELECT before.key AS name, before.value AS before, after.value AS after
    FROM jsonb_each(:'before'::jsonb) before JOIN jsonb_each(:'after'::jsonb) after USING (key)
)
SELECT jsonb_pretty(jsonb_build_object(
    'label', :'label',
    'taken_at', to_char(to_timestamp((b #>> '{timestamp,stop}')::bigint) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'lsn', b #>> '{lsn,stop}',
    'settings', jsonb_build_object('TimeZone', 'UTC', 'DateStyle', 'ISO, MDY', 'IntervalStyle', 'postgres',
                                   'extra_float_digits', '1', 'bytea_output', 'hex'),
    'tables', (SELECT jsonb_object_agg(name, CASE
        WHEN before = after THEN before || '{"state": "stable"}'
        ELSE jsonb_build_object('oid', before -> 'oid', 'count', before -> 'count', 'digest', NULL, 'state', 'growing') END) FROM tables)))
FROM backup;
