-- Whose turn it is to backfill: one row per topic, changed by DML only. BigQuery lets two MERGE statements that only insert
-- run side by side, so each turn has job ids of its own, and the next turn is taken when those can run no more. pending holds
-- JSON: the event times whose epoch-0 windows must be summed up again before the turn is over; empty when it is.
CREATE TABLE IF NOT EXISTS `{{dataset}}.backfill_turns` (
  topic STRING NOT NULL,
  turn INT64 NOT NULL,
  turn_id STRING NOT NULL,
  owner STRING NOT NULL,
  taken_at TIMESTAMP NOT NULL,
  pending STRING NOT NULL
)
DEFAULT COLLATE ''
OPTIONS (expiration_timestamp = NULL)
