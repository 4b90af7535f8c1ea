-- The guide's reconciliation, for every day. A transaction that is there on two days fails both of them, which the count
-- within one day would not notice. backfilled_rows are those of them that a backfill put in.
CREATE OR REPLACE VIEW daily_reconciliation AS
WITH counted AS (
  SELECT
    CAST(event_time AT TIME ZONE 'UTC' AS DATE) AS date,
    transaction_id,
    amount,
    writer_epoch,
    count(*) OVER (PARTITION BY transaction_id) AS copies
  FROM payment_transactions
)
SELECT
  date,
  count(DISTINCT transaction_id) AS unique_transactions,
  count(*) AS total_rows,
  sum(amount) AS total_amount,
  count(*) FILTER (writer_epoch = 0) AS backfilled_rows,
  CASE WHEN count(*) FILTER (copies > 1) = 0 THEN 'PASS' ELSE 'FAIL - DUPLICATES DETECTED' END AS reconciliation_status
FROM counted
GROUP BY date
