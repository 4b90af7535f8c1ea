-- The same windows straight from the payments: up to the last row, closed or not. For windows of one minute. A payment without a
-- region counts in the region '', as in payment_metrics.
CREATE OR REPLACE VIEW payment_metrics_live AS
SELECT
  date_trunc('minute', event_time) AS window_start,
  date_trunc('minute', event_time) + INTERVAL 1 MINUTE AS window_end,
  coalesce(region, '') AS region,
  currency,
  count(*) AS transaction_count,
  sum(amount) AS total_amount,
  min(amount) AS min_amount,
  max(amount) AS max_amount,
  round(sum(amount) / nullif(count(*), 0), 9) AS avg_amount
FROM payment_transactions
GROUP BY 1, 2, 3, 4
