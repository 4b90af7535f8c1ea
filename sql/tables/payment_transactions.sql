-- Accepted payments, one row each. writer_epoch 0 marks a payment that was put in later by backfill: it is no disposition.
-- Money is NUMERIC(38, 9), which is what NUMERIC is: exact, nine decimals.
CREATE TABLE IF NOT EXISTS `{{dataset}}.payment_transactions` (
  kafka_partition INT64 NOT NULL,
  kafka_offset INT64 NOT NULL,
  writer_epoch INT64 NOT NULL,
  processed_at TIMESTAMP NOT NULL,
  transaction_id STRING NOT NULL,
  sender_account_id STRING NOT NULL,
  receiver_account_id STRING,
  amount NUMERIC(38, 9) NOT NULL,
  currency STRING NOT NULL,
  device_id STRING,
  ip_address STRING,
  event_time TIMESTAMP NOT NULL,
  region STRING,
  payment_method STRING
)
DEFAULT COLLATE ''
PARTITION BY DATE(event_time)
CLUSTER BY {{clustering}}
OPTIONS (partition_expiration_days = NULL, expiration_timestamp = NULL)
