-- Offsets that were given up on purpose with `provenonce skip`: they have no row in any table. One row per range.
CREATE OR REPLACE VIEW `{{dataset}}.skipped_offsets` AS
SELECT
  o.topic,
  o.kafka_partition,
  CAST(JSON_VALUE(r, '$.from') AS INT64) AS first_offset,
  CAST(JSON_VALUE(r, '$.to') AS INT64) - 1 AS last_offset,
  CAST(JSON_VALUE(r, '$.to') AS INT64) - CAST(JSON_VALUE(r, '$.from') AS INT64) AS offsets,
  JSON_VALUE(r, '$.reason') AS reason,
  JSON_VALUE(r, '$.by') AS skipped_by,
  TIMESTAMP_MILLIS(CAST(JSON_VALUE(r, '$.atMs') AS INT64)) AS skipped_at
FROM `{{dataset}}.partition_ownership` AS o, UNNEST(JSON_QUERY_ARRAY(o.skipped)) AS r
