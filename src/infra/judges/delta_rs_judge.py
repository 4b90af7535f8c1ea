"""Judges Delta tables with delta-rs, and works on them as another engine would: compaction, vacuum, appends, deletes."""
import json
from datetime import datetime, timezone
from decimal import Context, Decimal

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from judge import serve

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Sums of DECIMAL(38, 9) never round here.
EXACT = Context(prec=120)


def opened(order):
    return DeltaTable(order["table"], version=order.get("version"), storage_options=order.get("store"))


def micros(moment):
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def total(values):
    result = Decimal(0)
    for value in values:
        if value is not None:
            result = EXACT.add(result, value)
    return format(result, "f")


def look(order):
    table = opened(order)
    rows = table.to_pyarrow_table()
    keys = order.get("keys", [])
    distinct = len(set(zip(*(rows[name].to_pylist() for name in keys)))) if keys else None
    times = {}
    for name in order.get("times", []):
        seen = [micros(value) for value in rows[name].to_pylist() if value is not None]
        times[name] = [min(seen), max(seen)] if seen else None
    return {
        "version": table.version(),
        "id": str(table.metadata().id),
        "rows": rows.num_rows,
        "distinct": distinct,
        "types": {field["name"]: field["type"] for field in json.loads(table.schema().to_json())["fields"]},
        "sums": {name: total(rows[name].to_pylist()) for name in order.get("sums", [])},
        "times": times,
        "txns": {app: table.transaction_version(app) for app in order.get("txns", [])},
        "files": len(table.file_uris()),
    }


def compact(order):
    return opened(order).optimize.compact()


def vacuum(order):
    table = opened(order)
    return len(table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False))


def checkpoint(order):
    opened(order).create_checkpoint()


def append(order):
    """The first rows of the table once more: what a writer does that does not know of positions."""
    table = opened(order)
    rows = table.to_pyarrow_table().slice(0, order.get("count", 1))
    write_deltalake(table, pa.table(rows), mode="append")


def delete(order):
    return opened(order).delete(order["where"])["num_deleted_rows"]


def restore(order):
    table = DeltaTable(order["table"], storage_options=order.get("store"))
    table.restore(order["to"])


serve(
    {
        "look": look,
        "compact": compact,
        "vacuum": vacuum,
        "checkpoint": checkpoint,
        "append": append,
        "delete": delete,
        "restore": restore,
    }
)
