-- What the fraud rules said, by day and amount band.
CREATE OR REPLACE VIEW `{{dataset}}.fraud_summary` AS
SELECT
  DATE(event_time) AS date,
  risk_amount,
  COUNT(*) AS transactions,
  SUM(amount) AS total_amount,
  COUNTIF(is_high_risk) AS high_risk_transactions,
  ROUND(100.0 * COUNTIF(is_high_risk) / COUNT(*), 2) AS high_risk_pct,
  ROUND(AVG(fraud_score), 2) AS avg_fraud_score,
  MAX(fraud_score) AS max_fraud_score
FROM `{{dataset}}.payment_transactions_fraud`
GROUP BY date, risk_amount
