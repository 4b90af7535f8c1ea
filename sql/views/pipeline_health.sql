-- One row per partition: who holds it, how far it got, and whether its counters add up.
CREATE OR REPLACE VIEW `{{dataset}}.pipeline_health` AS
WITH latest AS (
  SELECT *
  FROM `{{dataset}}.checkpoint_log`
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY topic, kafka_partition ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
  ) = 1
)
SELECT
  o.topic,
  o.kafka_partition,
  o.epoch,
  o.owner,
  o.claimed_at,
  l.writer_epoch AS checkpoint_epoch,
  IFNULL(l.next_offset, o.start_offset) AS next_offset,
  l.watermark,
  l.written_at AS checkpoint_written_at,
  TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), l.written_at, SECOND) AS checkpoint_age_s,
  l.consumed,
  l.accepted,
  l.duplicates,
  l.late,
  l.rejected,
  ROUND(SAFE_DIVIDE(100.0 * l.duplicates, l.accepted), 2) AS duplicate_rate_pct,
  IFNULL(l.consumed, 0) = IFNULL(l.accepted + l.duplicates + l.late + l.rejected, 0) AS is_conserved
FROM `{{dataset}}.partition_ownership` AS o
LEFT JOIN latest AS l ON l.topic = o.topic AND l.kafka_partition = o.kafka_partition
