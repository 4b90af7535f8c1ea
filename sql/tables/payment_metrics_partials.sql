-- Closed one-minute windows of one Kafka partition, region and currency; the view payment_metrics merges them.
CREATE TABLE IF NOT EXISTS `{{dataset}}.payment_metrics_partials` (
  kafka_partition INT64 NOT NULL,
  kafka_offset INT64 NOT NULL,
  writer_epoch INT64 NOT NULL,
  processed_at TIMESTAMP NOT NULL,
  window_start TIMESTAMP NOT NULL,
  window_end TIMESTAMP NOT NULL,
  region STRING NOT NULL,
  currency STRING NOT NULL,
  transaction_count INT64 NOT NULL,
  total_amount NUMERIC(38, 9) NOT NULL,
  min_amount NUMERIC(38, 9) NOT NULL,
  max_amount NUMERIC(38, 9) NOT NULL
)
DEFAULT COLLATE ''
PARTITION BY DATE(window_start)
CLUSTER BY region, currency
OPTIONS (partition_expiration_days = NULL, expiration_timestamp = NULL)
