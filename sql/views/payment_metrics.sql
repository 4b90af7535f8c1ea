-- One-minute windows over all partitions. A window is final when every partition of the topic has a checkpoint whose
-- watermark is at or past its end: nothing is added to it later except by a backfill:
-- backfilled_count says how many of its payments came that way.
CREATE OR REPLACE VIEW `{{dataset}}.payment_metrics` AS
WITH partition_progress AS (
  SELECT o.topic, o.kafka_partition, o.partition_count, MAX(c.watermark) AS watermark
  FROM `{{dataset}}.partition_ownership` AS o
  LEFT JOIN `{{dataset}}.checkpoint_log` AS c
    ON c.topic = o.topic AND c.kafka_partition = o.kafka_partition
  GROUP BY o.topic, o.kafka_partition, o.partition_count
),
closed AS (
  SELECT
    IF(COUNT(*) >= MAX(partition_count) AND COUNTIF(watermark IS NULL) = 0, MIN(watermark), NULL) AS closed_before
  FROM partition_progress
),
merged AS (
  SELECT
    window_start,
    window_end,
    region,
    currency,
    SUM(transaction_count) AS transaction_count,
    SUM(IF(writer_epoch = 0, transaction_count, 0)) AS backfilled_count,
    SUM(total_amount) AS total_amount,
    MIN(min_amount) AS min_amount,
    MAX(max_amount) AS max_amount
  FROM `{{dataset}}.payment_metrics_partials`
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
  ROUND(SAFE_DIVIDE(m.total_amount, m.transaction_count), 9) AS avg_amount,
  IFNULL(m.window_end <= closed.closed_before, FALSE) AS is_final
FROM merged AS m
CROSS JOIN closed
