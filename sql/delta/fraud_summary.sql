-- What the fraud rules said, by day and amount band.
CREATE OR REPLACE VIEW fraud_summary AS
SELECT
  CAST(event_time AT TIME ZONE 'UTC' AS DATE) AS date,
  risk_amount,
  count(*) AS transactions,
  sum(amount) AS total_amount,
  count(*) FILTER (is_high_risk) AS high_risk_transactions,
  round(100.0 * count(*) FILTER (is_high_risk) / count(*), 2) AS high_risk_pct,
  round(avg(fraud_score), 2) AS avg_fraud_score,
  max(fraud_score) AS max_fraud_score
FROM payment_transactions_fraud
GROUP BY ALL
