-- Records that were not accepted: duplicate, late, rejected. Partitioned by the Kafka partition, so that position queries
-- stay cheap without trusting any clock.
CREATE TABLE IF NOT EXISTS `{{dataset}}.payment_exceptions` (
  kafka_partition INT64 NOT NULL,
  kafka_offset INT64 NOT NULL,
  writer_epoch INT64 NOT NULL,
  processed_at TIMESTAMP NOT NULL,
  disposition STRING NOT NULL,
  reason STRING,
  transaction_id STRING,
  event_time TIMESTAMP,
  record_time TIMESTAMP NOT NULL,
  first_kafka_offset INT64,
  conflict BOOL NOT NULL,
  payload STRING,
  payload_hash STRING
)
DEFAULT COLLATE ''
PARTITION BY RANGE_BUCKET(kafka_partition, GENERATE_ARRAY(0, 4000, 1))
CLUSTER BY kafka_offset
OPTIONS (expiration_timestamp = NULL)
