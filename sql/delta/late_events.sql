-- Payments that came after their window was closed; payload holds the canonical columns as JSON (backfill reads them).
-- backfilled: this very record was put into payment_transactions later.
CREATE OR REPLACE VIEW late_events AS
WITH put_in AS (
  SELECT kafka_partition, kafka_offset
  FROM payment_transactions
  WHERE writer_epoch = 0
)
SELECT
  e.kafka_partition,
  e.kafka_offset,
  e.transaction_id,
  e.event_time,
  e.record_time,
  epoch_ms(e.record_time) - epoch_ms(e.event_time) AS late_by_ms,
  e.payload,
  e.payload_hash,
  e.processed_at,
  p.kafka_offset IS NOT NULL AS backfilled
FROM payment_exceptions AS e
LEFT JOIN put_in AS p ON p.kafka_partition = e.kafka_partition AND p.kafka_offset = e.kafka_offset
WHERE e.disposition = 'late'
