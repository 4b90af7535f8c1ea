-- Offsets that were given up on purpose with `provenonce skip`: they have no row in any table. One row per range.
CREATE OR REPLACE VIEW skipped_offsets AS
SELECT
  o.topic,
  o.kafka_partition,
  CAST(r.value->>'$.from' AS BIGINT) AS first_offset,
  CAST(r.value->>'$.to' AS BIGINT) - 1 AS last_offset,
  CAST(r.value->>'$.to' AS BIGINT) - CAST(r.value->>'$.from' AS BIGINT) AS offsets,
  r.value->>'$.reason' AS reason,
  r.value->>'$.by' AS skipped_by,
  make_timestamptz(CAST(r.value->>'$.atMs' AS BIGINT) * 1000) AS skipped_at
FROM partition_ownership AS o, json_each(o.skipped) AS r
