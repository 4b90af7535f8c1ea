-- Records that were refused, by reason code; payload is masked and cut.
CREATE OR REPLACE VIEW error_log AS
SELECT
  kafka_partition,
  kafka_offset,
  nullif(regexp_extract(reason, '^[a-z0-9_]+'), '') AS reason_code,
  reason,
  record_time,
  payload,
  payload_hash,
  processed_at
FROM payment_exceptions
WHERE disposition = 'rejected'
