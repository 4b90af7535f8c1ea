-- The same windows straight from the payments: up to the last row, closed or not. For windows of one minute. A payment without a
-- region counts in the region '', as in payment_metrics.
CREATE OR REPLACE VIEW `{{dataset}}.payment_metrics_live` AS
SELECT
  TIMESTAMP_TRUNC(event_time, MINUTE) AS window_start,
  TIMESTAMP_ADD(TIMESTAMP_TRUNC(event_time, MINUTE), INTERVAL 1 MINUTE) AS window_end,
  IFNULL(region, '') AS region,
  currency,
  COUNT(*) AS transaction_count,
  SUM(amount) AS total_amount,
  MIN(amount) AS min_amount,
  MAX(amount) AS max_amount,
  ROUND(SAFE_DIVIDE(SUM(amount), COUNT(*)), 9) AS avg_amount
FROM `{{dataset}}.payment_transactions`
GROUP BY 1, 2, 3, 4
