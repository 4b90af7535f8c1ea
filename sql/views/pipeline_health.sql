-- One row per partition: who holds it, how far it got, whether its counters add up, and whether the tables have as many rows below
-- next_offset as those say. It reads kafka_partition, kafka_offset and writer_epoch of three whole tables.
CREATE OR REPLACE VIEW `{{dataset}}.pipeline_health` AS
WITH latest AS (
  SELECT *
  FROM `{{dataset}}.checkpoint_log`
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY topic, kafka_partition ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
  ) = 1
),
payments AS (
  SELECT _t.kafka_partition, COUNT(*) AS n
  FROM `{{dataset}}.payment_transactions` AS _t
  JOIN latest AS _l ON _l.kafka_partition = _t.kafka_partition
  WHERE _t.writer_epoch > 0 AND _t.kafka_offset < _l.next_offset
  GROUP BY _t.kafka_partition
),
enriched AS (
  SELECT t.kafka_partition, COUNT(*) AS n
  FROM `{{dataset}}.payment_transactions_fraud` AS t
  JOIN latest AS l ON l.kafka_partition = t.kafka_partition
  WHERE t.writer_epoch > 0 AND t.kafka_offset < l.next_offset
  GROUP BY t.kafka_partition
),
refused AS (
  SELECT t.kafka_partition, COUNT(*) AS n
  FROM `{{dataset}}.payment_exceptions` AS t
  JOIN latest AS l ON l.kafka_partition = t.kafka_partition
  WHERE t.writer_epoch > 0 AND t.kafka_offset < l.next_offset
  GROUP BY t.kafka_partition
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
  IFNULL(l.consumed, 0) = IFNULL(l.accepted + l.duplicates + l.late + l.rejected, 0) AS is_conserved,
  IFNULL(p.n, 0) AS payment_rows,
  IFNULL(f.n, 0) AS fraud_rows,
  IFNULL(e.n, 0) AS exception_rows,
  IFNULL(p.n, 0) = IFNULL(l.accepted, 0)
    AND IFNULL(f.n, 0) = IFNULL(l.accepted, 0)
    AND IFNULL(e.n, 0) = IFNULL(l.duplicates + l.late + l.rejected, 0) AS rows_match
FROM `{{dataset}}.partition_ownership` AS o
LEFT JOIN latest AS l ON l.topic = o.topic AND l.kafka_partition = o.kafka_partition
LEFT JOIN payments AS p ON p.kafka_partition = o.kafka_partition
LEFT JOIN enriched AS f ON f.kafka_partition = o.kafka_partition
LEFT JOIN refused AS e ON e.kafka_partition = o.kafka_partition
