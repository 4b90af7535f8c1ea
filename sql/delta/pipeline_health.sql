-- One row per partition: who holds it, how far it got, whether its counters add up, and whether the tables have as many rows below
-- next_offset as those say. It reads kafka_partition, kafka_offset and writer_epoch of three whole tables.
CREATE OR REPLACE VIEW pipeline_health AS
WITH latest AS (
  SELECT *
  FROM checkpoint_log
  QUALIFY row_number() OVER (
    PARTITION BY topic, kafka_partition ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
  ) = 1
),
payments AS (
  SELECT t.kafka_partition, count(*) AS n
  FROM payment_transactions AS t
  JOIN latest AS l ON l.kafka_partition = t.kafka_partition
  WHERE t.writer_epoch > 0 AND t.kafka_offset < l.next_offset
  GROUP BY t.kafka_partition
),
enriched AS (
  SELECT t.kafka_partition, count(*) AS n
  FROM payment_transactions_fraud AS t
  JOIN latest AS l ON l.kafka_partition = t.kafka_partition
  WHERE t.writer_epoch > 0 AND t.kafka_offset < l.next_offset
  GROUP BY t.kafka_partition
),
refused AS (
  SELECT t.kafka_partition, count(*) AS n
  FROM payment_exceptions AS t
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
  coalesce(l.next_offset, o.start_offset) AS next_offset,
  l.watermark,
  l.written_at AS checkpoint_written_at,
  date_diff('second', l.written_at, now()) AS checkpoint_age_s,
  l.consumed,
  l.accepted,
  l.duplicates,
  l.late,
  l.rejected,
  round(100.0 * l.duplicates / nullif(l.accepted, 0), 2) AS duplicate_rate_pct,
  coalesce(l.consumed, 0) = coalesce(l.accepted + l.duplicates + l.late + l.rejected, 0) AS is_conserved,
  coalesce(p.n, 0) AS payment_rows,
  coalesce(f.n, 0) AS fraud_rows,
  coalesce(e.n, 0) AS exception_rows,
  coalesce(p.n, 0) = coalesce(l.accepted, 0)
    AND coalesce(f.n, 0) = coalesce(l.accepted, 0)
    AND coalesce(e.n, 0) = coalesce(l.duplicates + l.late + l.rejected, 0) AS rows_match
FROM partition_ownership AS o
LEFT JOIN latest AS l ON l.topic = o.topic AND l.kafka_partition = o.kafka_partition
LEFT JOIN payments AS p ON p.kafka_partition = o.kafka_partition
LEFT JOIN enriched AS f ON f.kafka_partition = o.kafka_partition
LEFT JOIN refused AS e ON e.kafka_partition = o.kafka_partition
