-- One row per transaction: when it happened, how many copies of it were refused, and how many of those said something else.
CREATE OR REPLACE VIEW deduplication_audit AS
WITH first_occurrences AS (
  SELECT transaction_id, min(event_time) AS first_occurrence_time
  FROM payment_transactions
  GROUP BY transaction_id
),
copies AS (
  SELECT transaction_id, count(*) AS duplicate_occurrences, count(*) FILTER (conflict) AS conflicts
  FROM payment_exceptions
  WHERE disposition = 'duplicate'
  GROUP BY transaction_id
)
SELECT
  f.transaction_id,
  f.first_occurrence_time,
  coalesce(c.duplicate_occurrences, 0) AS duplicate_occurrences,
  coalesce(c.conflicts, 0) AS conflicts
FROM first_occurrences AS f
LEFT JOIN copies AS c ON c.transaction_id = f.transaction_id
