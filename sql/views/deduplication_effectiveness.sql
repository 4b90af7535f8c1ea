-- Dispositions by day, and the guide's healthy ranges of the duplicate rate (it does not judge 5 to 10 %: elevated here).
-- The day is that of the event; of the record where it was rejected, since its event time is not to be trusted.
CREATE OR REPLACE VIEW `{{dataset}}.deduplication_effectiveness` AS
WITH dispositions AS (
  SELECT DATE(event_time) AS date, 'accepted' AS disposition, FALSE AS conflict
  FROM `{{dataset}}.payment_transactions`
  WHERE writer_epoch > 0
  UNION ALL
  SELECT DATE(IF(disposition = 'rejected', record_time, event_time)) AS date, disposition, conflict
  FROM `{{dataset}}.payment_exceptions`
),
counted AS (
  SELECT
    date,
    COUNTIF(disposition = 'accepted') AS accepted,
    COUNTIF(disposition = 'duplicate') AS duplicates,
    COUNTIF(conflict) AS conflicts,
    COUNTIF(disposition = 'late') AS late,
    COUNTIF(disposition = 'rejected') AS rejected
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
  ROUND(SAFE_DIVIDE(100.0 * duplicates, accepted), 2) AS duplicate_rate_pct,
  CASE
    WHEN SAFE_DIVIDE(duplicates, accepted) IS NULL THEN 'unknown'
    WHEN SAFE_DIVIDE(duplicates, accepted) < 0.01 THEN 'low'
    WHEN SAFE_DIVIDE(duplicates, accepted) <= 0.05 THEN 'normal'
    WHEN SAFE_DIVIDE(duplicates, accepted) <= 0.10 THEN 'elevated'
    ELSE 'high'
  END AS assessment
FROM counted
