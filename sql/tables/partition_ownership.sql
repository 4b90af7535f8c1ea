-- Who may write a Kafka partition: one row per topic and partition, changed by DML only. Small on purpose: an UPDATE reads
-- all of it. streams, fixed_settings, settings_history and skipped hold JSON text (JSON_VALUE and JSON_QUERY read it).
CREATE TABLE IF NOT EXISTS `{{dataset}}.partition_ownership` (
  topic STRING NOT NULL,
  kafka_partition INT64 NOT NULL,
  epoch INT64 NOT NULL,
  owner STRING NOT NULL,
  claim_id STRING NOT NULL,
  claimed_at TIMESTAMP NOT NULL,
  streams STRING NOT NULL,
  partition_count INT64 NOT NULL,
  start_offset INT64 NOT NULL,
  fixed_settings STRING NOT NULL,
  settings_history STRING NOT NULL,
  skipped STRING NOT NULL
)
DEFAULT COLLATE ''
OPTIONS (expiration_timestamp = NULL)
