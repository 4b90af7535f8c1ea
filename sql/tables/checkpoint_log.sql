-- One row per checkpoint of a partition: everything below next_offset is in the tables. stream_offsets says how many rows
-- each data stream of writer_epoch held then.
CREATE TABLE IF NOT EXISTS `{{dataset}}.checkpoint_log` (
  kafka_partition INT64 NOT NULL,
  writer_epoch INT64 NOT NULL,
  processed_at TIMESTAMP NOT NULL,
  topic STRING NOT NULL,
  owner STRING NOT NULL,
  next_offset INT64 NOT NULL,
  watermark TIMESTAMP NOT NULL,
  consumed INT64 NOT NULL,
  accepted INT64 NOT NULL,
  duplicates INT64 NOT NULL,
  late INT64 NOT NULL,
  rejected INT64 NOT NULL,
  stream_offsets JSON NOT NULL,
  state_digest STRING NOT NULL,
  record_fingerprint STRING,
  written_at TIMESTAMP NOT NULL
)
DEFAULT COLLATE ''
PARTITION BY RANGE_BUCKET(kafka_partition, GENERATE_ARRAY(0, 4000, 1))
CLUSTER BY next_offset
OPTIONS (expiration_timestamp = NULL)
