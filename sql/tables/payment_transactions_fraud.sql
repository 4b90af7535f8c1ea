-- The same payments as payment_transactions, with the values that the fraud rules give on the log order.
CREATE TABLE IF NOT EXISTS `{{dataset}}.payment_transactions_fraud` (
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
  payment_method STRING,
  risk_amount STRING NOT NULL,
  txn_count_5min INT64 NOT NULL,
  unique_devices_sender INT64 NOT NULL,
  geographic_risk INT64 NOT NULL,
  fraud_score INT64 NOT NULL,
  is_high_risk BOOL NOT NULL
)
DEFAULT COLLATE ''
PARTITION BY DATE(event_time)
CLUSTER BY {{clustering}}
OPTIONS (partition_expiration_days = NULL, expiration_timestamp = NULL)
