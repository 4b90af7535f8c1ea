"""Judges Delta tables with DuckDB's Delta extension, which reads them with the Delta kernel. It only reads."""
import os

import duckdb
from judge import serve

TYPES = {"BIGINT": "long", "VARCHAR": "string", "TIMESTAMP WITH TIME ZONE": "timestamp", "BOOLEAN": "boolean"}

database = duckdb.connect()
database.execute("LOAD delta")
if os.environ.get("AWS_ENDPOINT_URL"):
    host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    database.execute("LOAD httpfs")
    database.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID 'test', SECRET 'test', REGION '{os.environ['AWS_REGION']}', "
        f"ENDPOINT '{host}', USE_SSL false, URL_STYLE 'path')"
    )


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def look(order):
    source = f"delta_scan('{order['table']}')"
    keys = order.get("keys", [])
    distinct = f"count(DISTINCT ({', '.join(map(quoted, keys))}))" if keys else "NULL"
    sums = [f"sum({quoted(name)})::VARCHAR" for name in order.get("sums", [])]
    times = [part for name in order.get("times", []) for part in (f"epoch_us(min({quoted(name)}))", f"epoch_us(max({quoted(name)}))")]
    counted = database.execute(f"SELECT {', '.join(['count(*)', distinct, *sums, *times])} FROM {source}").fetchone()
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    bounds = counted[2 + len(sums) :]
    return {
        "rows": counted[0],
        "distinct": counted[1],
        "types": {name: TYPES.get(kind, kind.lower()) for name, kind, *_ in described},
        "sums": {name: counted[2 + at] for at, name in enumerate(order.get("sums", []))},
        "times": {
            name: None if bounds[2 * at] is None else list(bounds[2 * at : 2 * at + 2])
            for at, name in enumerate(order.get("times", []))
        },
    }


serve({"look": look})
