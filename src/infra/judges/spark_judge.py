"""Judges Delta tables with Delta Lake for Spark, the reference, and works on them by its SQL as another team would."""
import os
import sys

from judge import serve
from pyspark.sql import SparkSession

JARS, SCRATCH = sys.argv[1:3]
TYPES = {"bigint": "long"}

spark = (
    SparkSession.builder.appName("judge")
    .master("local[1]")
    .config("spark.jars", ",".join(sorted(os.path.join(JARS, name) for name in os.listdir(JARS) if name.endswith(".jar"))))
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.memory", "768m")
    .config("spark.local.dir", SCRATCH)
    .config("spark.sql.warehouse.dir", os.path.join(SCRATCH, "warehouse"))
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def name_of(order):
    version = f" VERSION AS OF {order['version']}" if order.get("version") is not None else ""
    return f"delta.`{order['table']}`{version}"


def log_of(order):
    java = spark._jvm.org.apache.spark.sql.delta.DeltaLog
    return java.forTable(spark._jsparkSession, order["table"]).update(False, *[spark._jvm.scala.Option.empty()] * 2)


def look(order):
    keys = order.get("keys", [])
    parts = ["count(*) AS n", f"count(DISTINCT {', '.join(keys)}) AS d" if keys else "CAST(NULL AS BIGINT) AS d"]
    parts += [f"CAST(sum({name}) AS STRING) AS `sum {name}`" for name in order.get("sums", [])]
    parts += [f"unix_micros(min({name})) AS `min {name}`, unix_micros(max({name})) AS `max {name}`" for name in order.get("times", [])]
    counted = spark.sql(f"SELECT {', '.join(parts)} FROM {name_of(order)}").first()
    snapshot = log_of(order)
    transactions = snapshot.transactions()
    bounds = {name: [counted[f"min {name}"], counted[f"max {name}"]] for name in order.get("times", [])}
    fields = spark.sql(f"SELECT * FROM {name_of(order)} LIMIT 0").schema.fields
    return {
        "version": snapshot.version(),
        "id": snapshot.metadata().id(),
        "rows": counted["n"],
        "distinct": counted["d"],
        "types": {field.name: TYPES.get(field.dataType.simpleString(), field.dataType.simpleString()) for field in fields},
        "sums": {name: counted[f"sum {name}"] for name in order.get("sums", [])},
        "times": {name: None if low is None else [low, high] for name, (low, high) in bounds.items()},
        "txns": {app: transactions.apply(app) if transactions.contains(app) else None for app in order.get("txns", [])},
        "files": snapshot.numOfFiles(),
    }


def run(order):
    """A statement as it stands; `{table}` stands for the table."""
    spark.sql(order["sql"].replace("{table}", name_of(order)))


serve({"look": look, "sql": run})
