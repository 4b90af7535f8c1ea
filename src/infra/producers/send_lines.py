"""Sends records with librdkafka, as other pipelines do: one JSON document on standard input.

{"config": {...}, "topic": "...", "outcome": "commit" | "abort" | null, "records": [{"key", "value", "headers"}]}
With an outcome the records are one transaction; the config then has a transactional.id. Keys, values and headers are
text; {"base64": "..."} stands for other bytes.
"""
import base64
import json
import sys

from confluent_kafka import Producer


def to_bytes(given):
    if given is None:
        return None
    if isinstance(given, dict):
        return base64.b64decode(given["base64"])
    return given.encode("utf-8")


order = json.load(sys.stdin)
failures = []
producer = Producer(order["config"])
outcome = order.get("outcome")
if outcome is not None:
    producer.init_transactions()
    producer.begin_transaction()
for record in order["records"]:
    place = {} if record.get("partition") is None else {"partition": record["partition"]}
    producer.produce(
        order["topic"],
        value=to_bytes(record.get("value")),
        key=to_bytes(record.get("key")),
        headers=[(name, to_bytes(value)) for name, value in record.get("headers", [])],
        on_delivery=lambda error, _: failures.append(str(error)) if error is not None else None,
        **place,
    )
    producer.poll(0)
producer.flush(60)
if outcome == "commit":
    producer.commit_transaction()
if outcome == "abort":
    producer.abort_transaction()
if failures and outcome != "abort":
    sys.exit(f"{len(failures)} records were not delivered: {failures[0]}")
