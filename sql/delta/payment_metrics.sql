-- One-minute windows over all partitions. A window is final when every partition of the topic has a checkpoint whose
-- watermark is at or past its end: nothing is added to it later except by a backfill:
-- backfilled_count says how many of its payments came that way.
CREATE OR REPLACE VIEW payment_metrics AS
WITH partition_progress AS (
  SELECT o.topic, o.kafka_partition, o.partition_count, max(c.watermark) AS watermark
  FROM partition_ownership AS o
  LEFT JOIN checkpoint_log AS c
    ON c.topic = o.topic AND c.kafka_partition = o.kafka_partition
  GROUP BY o.topic, o.kafka_partition, o.partition_count
),
closed AS (
  SELECT
    CASE WHEN count(*) >= max(partition_count) AND count(*) FILTER (watermark IS NULL) = 0 THEN min(watermark) END
      AS closed_before
  FROM partition_progress
),
merged AS (
  SELECT
    window_start,
    window_end,
    region,
    currency,
    sum(transaction_count) AS transaction_count,
    sum(CASE WHEN writer_epoch = 0 THEN transaction_count ELSE 0 END) AS backfilled_count,
    sum(total_amount) AS total_amount,
    min(min_amount) AS min_amount,
    max(max_amount) AS max_amount
  FROM payment_metrics_partials
  GROUP BY window_start, window_end, region, currency
)
SELECT
  m.window_start,
  m.window_end,
  m.region,
  m.currency,
  m.transaction_count,
  m.backfilled_count,
  m.total_amount,
  m.min_amount,
  m.max_amount,
  round(m.total_amount / nullif(m.transaction_count, 0), 9) AS avg_amount,
  coalesce(m.window_end <= closed.closed_before, FALSE) AS is_final
FROM merged AS m
CROSS JOIN closed
