"""The guide's pipeline on Spark Structured Streaming, as far as streaming allows it: watermark, dropDuplicatesWithinWatermark,
amount bands, one Parquet sink, checkpoint; RocksDB for the state. One JSON line per finished batch on standard output; ends
when EXPECTED records were read. Started by peers.ts, which measures from outside."""

import json
import os
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, expr, from_json, timestamp_millis, when

BOOTSTRAP, TOPIC, FOLDER, JARS = sys.argv[1:5]
EXPECTED, CORES, RECORDS_PER_BATCH = (int(text) for text in sys.argv[5:8])
POLL_SECONDS = 0.05

SCHEMA = (
    "transaction_id STRING, sender_account_id STRING, receiver_account_id STRING, amount STRING, currency STRING, "
    "device_id STRING, ip_address STRING, timestamp BIGINT, region STRING, payment_method STRING"
)


def say(**fact):
    print(json.dumps(fact), flush=True)


def main():
    spark = (
        SparkSession.builder.appName("payments")
        .master(f"local[{CORES}]")
        .config("spark.jars", ",".join(sorted(os.path.join(JARS, name) for name in os.listdir(JARS) if name.endswith(".jar"))))
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.local.dir", os.path.join(FOLDER, "local"))
        # One task a core and a topic's partition: the default of 200 would be slower by far here.
        .config("spark.sql.shuffle.partitions", "4")
        .config(
            "spark.sql.streaming.stateStore.providerClass",
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        )
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    say(event="started", pid=spark._jvm.java.lang.ProcessHandle.current().pid(), version=spark.version)
    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", BOOTSTRAP)
        .option("subscribe", TOPIC)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", RECORDS_PER_BATCH)
        .load()
    )
    payments = (
        records.select(from_json(col("value").cast("string"), SCHEMA).alias("payment"))
        .select("payment.*")
        .where(col("transaction_id").isNotNull() & col("timestamp").isNotNull())
        .withColumn("event_time", timestamp_millis(col("timestamp")))
        .withColumn("amount", expr("try_cast(amount AS DECIMAL(38, 9))"))
        .drop("timestamp")
        .withWatermark("event_time", "1 hour")
        .dropDuplicatesWithinWatermark(["transaction_id"])
        .withColumn(
            "risk_amount",
            when(col("amount") > 5000, "HIGH").when(col("amount") > 1000, "MEDIUM").otherwise("LOW"),
        )
    )
    query = (
        payments.writeStream.format("parquet")
        .option("path", os.path.join(FOLDER, "payments"))
        .option("checkpointLocation", os.path.join(FOLDER, "checkpoint"))
        .outputMode("append")
        .start()
    )
    last, read = -1, 0
    while read < EXPECTED:
        if not query.isActive:
            raise RuntimeError(f"the query ended: {query.exception()}")
        for progress in query.recentProgress:
            if progress["batchId"] <= last or progress["numInputRows"] == 0:
                continue
            last = progress["batchId"]
            read += progress["numInputRows"]
            say(event="batch", batch=last, records=progress["numInputRows"], read=read)
        time.sleep(POLL_SECONDS)
    query.stop()
    say(event="done", read=read)


main()
