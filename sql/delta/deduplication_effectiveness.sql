-- Dispositions by day, and the guide's healthy ranges of the duplicate rate (it does not judge 5 to 10 %: elevated here).
-- The day is that of the event; of the record where it was rejected, since its event time is not to be trusted.
CREATE OR REPLACE VIEW deduplication_effectiveness AS
WITH dispositions AS (
  SELECT CAST(event_time AT TIME ZONE 'UTC' AS DATE) AS date, 'accepted' AS disposition, FALSE AS conflict
  FROM payment_transactions
  WHERE writer_epoch > 0
  UNION ALL
  SELECT
    CAST(CASE WHEN disposition = 'rejected' THEN record_time ELSE event_time END AT TIME ZONE 'UTC' AS DATE) AS date,
    disposition,
    conflict
  FROM payment_exceptions
),
counted AS (
  SELECT
    date,
    count(*) FILTER (disposition = 'accepted') AS accepted,
    count(*) FILTER (disposition = 'duplicate') AS duplicates,
    count(*) FILTER (conflict) AS conflicts,
    count(*) FILTER (disposition = 'late') AS late,
    count(*) FILTER (disposition = 'rejected') AS rejected
  FROM dispositions
  GROUP BY date
)
SELECT
  date,
  accepted,
  duplicates,
  conflicts,
  late,
  rejected,
  round(100.0 * duplicates / nullif(accepted, 0), 2) AS duplicate_rate_pct,
  CASE
    WHEN accepted = 0 THEN 'unknown'
    WHEN duplicates / accepted < 0.01 THEN 'low'
    WHEN duplicates / accepted <= 0.05 THEN 'normal'
    WHEN duplicates / accepted <= 0.10 THEN 'elevated'
    ELSE 'high'
  END AS assessment
FROM counted
