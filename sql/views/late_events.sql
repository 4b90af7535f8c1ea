-- Payments that came after their window was closed; payload holds the canonical columns as JSON (backfill reads them).
CREATE OR REPLACE VIEW `{{dataset}}.late_events` AS
SELECT
  kafka_partition,
  kafka_offset,
  transaction_id,
  event_time,
  record_time,
  TIMESTAMP_DIFF(record_time, event_time, MILLISECOND) AS late_by_ms,
  payload,
  payload_hash,
  processed_at
FROM `{{dataset}}.payment_exceptions`
WHERE disposition = 'late'
