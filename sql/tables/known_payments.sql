-- Payments that another pipeline had written before the topic was first processed: `seed --known-ids`. Made when it is first
-- needed. list names the rows of one seeding; the settings history in partition_ownership says which list holds. Event times
-- are whole milliseconds.
CREATE TABLE IF NOT EXISTS `{{dataset}}.known_payments` (
  list STRING NOT NULL,
  transaction_id STRING NOT NULL,
  event_time TIMESTAMP NOT NULL
)
DEFAULT COLLATE ''
CLUSTER BY list, transaction_id
OPTIONS (expiration_timestamp = NULL)
