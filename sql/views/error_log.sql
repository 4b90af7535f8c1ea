-- Records that were refused, by reason code; payload is masked and cut.
CREATE OR REPLACE VIEW `{{dataset}}.error_log` AS
SELECT
  kafka_partition,
  kafka_offset,
  REGEXP_EXTRACT(reason, '^[a-z0-9_]+') AS reason_code,
  reason,
  record_time,
  payload,
  payload_hash,
  processed_at
FROM `{{dataset}}.payment_exceptions`
WHERE disposition = 'rejected'
