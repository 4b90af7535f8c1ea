-- Rows that were lost and that an operator has accepted as lost: `schema apply --accept-loss`. Made when it is first needed, and
-- listed by verify and reconcile from then on. kafka_partition is NULL where no partition is concerned.
CREATE TABLE IF NOT EXISTS `{{dataset}}.accepted_losses` (
  table_name STRING NOT NULL,
  kafka_partition INT64,
  rows_lost INT64 NOT NULL,
  below_offset INT64,
  reason STRING NOT NULL,
  accepted_by STRING NOT NULL,
  accepted_at TIMESTAMP NOT NULL
)
DEFAULT COLLATE ''
OPTIONS (expiration_timestamp = NULL)
