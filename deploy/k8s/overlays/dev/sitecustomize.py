"""Makes bqemulator 1.4.0 fit to be written to by several owners at once. Python imports this file by itself when its folder is
on PYTHONPATH; the installed package stays untouched. In another version of the emulator, check each point again.

1. Threads. An open AppendRows call holds a thread of asyncio's default executor, which has cpu_count + 4 of them (32 at
   most): with more open calls than that, every further call hangs. Here: a pool of 512.
2. The connection. Appends use the one DuckDB connection from those threads while the event loop uses it for queries. That
   deadlocks, and can hand one caller another's result. Here: an append runs on the event loop, whole, under the engine's own
   write lock, and inserts through a cursor of its own, so that it never joins (and is never rolled back with) a script's
   transaction.
3. Cost. Every change copies the whole table for time travel, so that cost grows with the square of the rows, and writes the
   table's metadata for its row count. Here: no automatic snapshots, and tables.get does not count appended rows (nor does
   BigQuery's while they are in its write buffer). Queries see every acknowledged row.
4. The fence. FinalizeWriteStream, which runs on the event loop, takes no lock: an append past its state check can still land
   after finalize has returned. With appends on the loop too (2), each comes before or after a finalize, never astride.
   Nothing here may wait for a lock that an append holds: the loop would wait for itself.
5. Failed inserts. The stream's offset moves before the insert; when that fails, a resend is answered ALREADY_EXISTS for rows
   that are nowhere. Here: the offset moves back.
6. Fairness. A call other than an append is a dozen turns of the event loop, and with appends waiting each turn holds one of
   them: a finalize then takes a second. Here: an append waits a moment before it begins, in which others have their turns.
7. Columns. Rows are inserted by position, so that a column which somebody added to the table refuses all of them. Here: by
   name, and what is not given is NULL, as BigQuery has it.
8. Altered tables. ALTER TABLE changes the table, and tables.get and INFORMATION_SCHEMA keep the columns of before. Here: they
   are read from the table again.
"""
import asyncio
import asyncio.base_events
import concurrent.futures

TURNS_FOR_OTHERS = 3
PAUSE_S = 0.0003

_pool = concurrent.futures.ThreadPoolExecutor(max_workers=512, thread_name_prefix="rpc")
_run_in_executor = asyncio.base_events.BaseEventLoop.run_in_executor
_run_loop = asyncio.base_events.BaseEventLoop.run_forever
_patched = False
_alter_patched = False


def _insert(connection, target, rows):
    connection.register("__appended_rows", rows)
    try:
        connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM __appended_rows")
    finally:
        connection.unregister("__appended_rows")


def _patch(loop):
    from bqemulator.grpc_api.write_servicer import BigQueryWriteHandler
    from bqemulator.storage.sql_identifiers import quoted_table_ref
    from bqemulator.streaming.write_stream import WriteStreamType
    from bqemulator.versioning.snapshots import SnapshotManager

    capture = SnapshotManager.capture
    perform_append = BigQueryWriteHandler._perform_append
    cursors = {}

    def append_on_loop(self, *args):
        async def run():
            async with self._ctx.engine.write_lock():
                for _ in range(TURNS_FOR_OTHERS):
                    await asyncio.sleep(PAUSE_S)
                return perform_append(self, *args)

        return asyncio.run_coroutine_threadsafe(run(), loop).result()

    def flush_to_target(self, stream, rows):
        """Always called on the event loop: by append_on_loop, and by the handlers of FlushRows and BatchCommit."""
        engine = self._ctx.engine
        table = (stream.project_id, stream.dataset_id, stream.table_id)
        cursor = cursors.get(engine)
        if cursor is None:
            cursor = cursors[engine] = engine.connection.cursor()
            cursor.execute("SET TimeZone = 'UTC'")
        try:
            _insert(cursor, quoted_table_ref(*table), rows)
        except Exception:
            # Only for COMMITTED streams is this the append itself.
            if stream.stream_type is WriteStreamType.COMMITTED:
                stream.next_offset -= rows.num_rows
                stream.row_count -= rows.num_rows
            raise
        self._ctx.snapshots.record_change(*table)

    def capture_on_request(self, *args, kind="AUTO"):
        return None if kind == "AUTO" else capture(self, *args, kind=kind)

    BigQueryWriteHandler._flush_to_target = flush_to_target
    BigQueryWriteHandler._perform_append = append_on_loop
    SnapshotManager.capture = capture_on_request


def _patch_alter():
    import sqlglot
    from bqemulator.catalog import ddl_sync
    from bqemulator.jobs import executor

    sync_created_table = executor.sync_created_table

    def sync_table(bq_sql, project_id, ctx):
        sync_created_table(bq_sql, project_id, ctx)
        try:
            tree = sqlglot.parse_one(bq_sql, read="bigquery")
        except sqlglot.errors.SqlglotError:
            return
        if not isinstance(tree, sqlglot.exp.Alter) or not isinstance(tree.this, sqlglot.exp.Table):
            return
        table = ddl_sync._split_target(tree.this, project_id)
        meta = ctx.catalog.get_table(*table)
        if meta is not None:
            schema = ddl_sync._introspect_schema(*table, ctx)
            ctx.catalog.update_table(meta.model_copy(update={"schema_": schema}))

    executor.sync_created_table = sync_table


def _run_in_large_pool(self, executor, func, *args):
    # The first use of the executor comes when the emulator serves, long after Python could import its modules.
    global _patched
    if not _patched:
        _patched = True
        _patch(self)
    return _run_in_executor(self, executor or _pool, func, *args)


def _run_forever(self):
    # Statements may come before the first use of the executor.
    global _alter_patched
    if not _alter_patched:
        _alter_patched = True
        _patch_alter()
    return _run_loop(self)


asyncio.base_events.BaseEventLoop.run_in_executor = _run_in_large_pool
asyncio.base_events.BaseEventLoop.run_forever = _run_forever
