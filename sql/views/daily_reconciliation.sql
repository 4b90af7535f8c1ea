-- The guide's reconciliation, for every day. A transaction that is there on two days fails both of them, which the count
-- within one day would not notice. backfilled_rows are those of them that a backfill put in.
CREATE OR REPLACE VIEW `{{dataset}}.daily_reconciliation` AS
WITH counted AS (
  SELECT
    DATE(event_time) AS date,
    transaction_id,
    amount,
    writer_epoch,
    COUNT(*) OVER (PARTITION BY transaction_id) AS copies
  FROM `{{dataset}}.payment_transactions`
)
SELECT
  date,
  COUNT(DISTINCT transaction_id) AS unique_transactions,
  COUNT(*) AS total_rows,
  SUM(amount) AS total_amount,
  COUNTIF(writer_epoch = 0) AS backfilled_rows,
  IF(COUNTIF(copies > 1) = 0, 'PASS', 'FAIL - DUPLICATES DETECTED') AS reconciliation_status
FROM counted
GROUP BY date
