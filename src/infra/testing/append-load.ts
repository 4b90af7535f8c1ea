/**
 * The load that hangs an unpatched emulator: several COMMITTED streams appending at once while DML and queries run
 * beside them. With the generated client and REST alone, so that the product's own resilience cannot hide a hang.
 */
import { v1 } from '@google-cloud/bigquery-storage';
import { credentials } from '@grpc/grpc-js';
import { Int64, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';

export interface AppendLoadOptions {
  /** REST host:port. */
  readonly bigqueryEmulatorHost: string;
  /** gRPC host:port. */
  readonly bigqueryStorageEmulatorHost: string;
  readonly projectId: string;
  /** Created by the load; must be new. */
  readonly dataset: string;
  readonly streamCount: number;
  readonly requestsPerStream: number;
  readonly rowsPerRequest: number;
  readonly updateLoopCount: number;
  /** The load is stopped after this time. */
  readonly deadlineMs: number;
}

export interface AppendLoadResult {
  /** Every append of every stream was acknowledged before the deadline. */
  readonly finished: boolean;
  readonly acknowledgedRows: number;
  readonly updates: number;
  readonly errors: readonly string[];
  readonly elapsedMs: number;
}

type AppendCall = ReturnType<v1.BigQueryWriteClient['appendRows']>;

interface Answer {
  readonly error?: { readonly message?: string | null } | null;
}

/** Runs one SQL statement over REST and returns its rows as arrays of strings. */
export async function querySql(
  target: Pick<AppendLoadOptions, 'bigqueryEmulatorHost' | 'projectId'>,
  sql: string,
  signal?: AbortSignal,
): Promise<(string | null)[][]> {
  const url = `http://${target.bigqueryEmulatorHost}/bigquery/v2/projects/${target.projectId}/queries`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: sql, useLegacySql: false, useQueryCache: false }),
    signal: signal ?? null,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`query failed with ${response.status}: ${text.slice(0, 400)}`);
  const body = JSON.parse(text) as { rows?: { f: { v: string | null }[] }[] };
  return (body.rows ?? []).map((row) => row.f.map((field) => field.v));
}

/** Creates the dataset and its two tables, then runs the load. Never rejects for the emulator's failures under load. */
export async function runAppendLoad(options: AppendLoadOptions): Promise<AppendLoadResult> {
  await createTables(options);
  const deadline = AbortSignal.timeout(options.deadlineMs);
  const done = new AbortController();
  const either = AbortSignal.any([deadline, done.signal]);
  const counts = { rows: 0, updates: 0 };
  const errors: string[] = [];
  const note = (error: unknown) => {
    if (!either.aborted) errors.push(error instanceof Error ? error.message : String(error));
  };
  const startedMs = performance.now();
  const loops = Array.from({ length: options.updateLoopCount }, () =>
    updateLoop(options, either, () => counts.updates++).catch(note),
  );
  const client = writeClient(options.bigqueryStorageEmulatorHost);
  const calls: AppendCall[] = [];
  const appends = await Promise.all(
    Array.from({ length: options.streamCount }, () =>
      appendLoop(client, options, calls, deadline, (rows) => {
        counts.rows += rows;
      }).catch((error) => {
        note(error);
        return false;
      }),
    ),
  );
  const elapsedMs = performance.now() - startedMs;
  done.abort();
  for (const call of calls) call.on('error', () => {}).destroy();
  await Promise.all([...loops, client.close()]);
  const finished = appends.every(Boolean);
  return { finished, acknowledgedRows: counts.rows, updates: counts.updates, errors, elapsedMs };
}

async function createTables(options: AppendLoadOptions): Promise<void> {
  const url = `http://${options.bigqueryEmulatorHost}/bigquery/v2/projects/${options.projectId}/datasets`;
  const datasetReference = { projectId: options.projectId, datasetId: options.dataset };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ datasetReference }),
  });
  if (!response.ok) throw new Error(`dataset not created: ${response.status} ${await response.text()}`);
  await querySql(options, `CREATE TABLE ${options.dataset}.rows (n INT64, word STRING)`);
  await querySql(options, `CREATE TABLE ${options.dataset}.owner (id INT64, epoch INT64)`);
  await querySql(options, `INSERT INTO ${options.dataset}.owner (id, epoch) VALUES (1, 0)`);
}

async function updateLoop(options: AppendLoadOptions, signal: AbortSignal, counted: () => void): Promise<void> {
  while (!signal.aborted) {
    await querySql(options, `UPDATE ${options.dataset}.owner SET epoch = epoch + 1 WHERE id = 1`, signal);
    await querySql(options, `SELECT COUNT(*) FROM ${options.dataset}.rows`, signal);
    counted();
  }
}

/**
 * One stream: all requests at explicit offsets, at most four unacknowledged. The call stays open afterwards, as an
 * owner's does. False if the deadline came first.
 */
async function appendLoop(
  client: v1.BigQueryWriteClient,
  options: AppendLoadOptions,
  calls: AppendCall[],
  deadline: AbortSignal,
  acknowledged: (rows: number) => void,
): Promise<boolean> {
  const parent = `projects/${options.projectId}/datasets/${options.dataset}/tables/rows`;
  const timeout = options.deadlineMs;
  const [stream] = await client.createWriteStream({ parent, writeStream: { type: 'COMMITTED' } }, { timeout });
  const writeStream = stream.name ?? '';
  const call = client.appendRows();
  calls.push(call);
  return await new Promise<boolean>((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const send = () => {
      const { rowsPerRequest } = options;
      call.write(appendRequest(writeStream, sent * rowsPerRequest, rowsPerRequest, sent === 0));
      sent += 1;
    };
    call.on('error', reject);
    call.on('data', (answer: Answer) => {
      if (answer.error) return reject(new Error(`append refused: ${answer.error.message}`));
      answered += 1;
      acknowledged(options.rowsPerRequest);
      if (sent < options.requestsPerStream) send();
      if (answered === options.requestsPerStream) resolve(true);
    });
    deadline.addEventListener('abort', () => resolve(false), { once: true });
    while (sent < Math.min(4, options.requestsPerStream)) send();
  });
}

/** One AppendRows request of rows (n, word) at an explicit offset. */
export function appendRequest(writeStream: string, offset: number, rowCount: number, withSchema: boolean) {
  const { serializedSchema, serializedRecordBatch } = arrowRows(rowCount);
  return {
    writeStream,
    offset: { value: offset },
    arrowRows: { ...(withSchema && { writerSchema: { serializedSchema } }), rows: { serializedRecordBatch } },
  };
}

/** A bare, unauthenticated write client for an emulator's gRPC host:port. */
export function writeClient(hostAndPort: string): v1.BigQueryWriteClient {
  // The Google auth library would spend seconds looking for a metadata server.
  process.env.METADATA_SERVER_DETECTION ??= 'none';
  const [apiEndpoint, port] = hostAndPort.split(':');
  return new v1.BigQueryWriteClient({
    apiEndpoint: apiEndpoint!,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    projectId: 'unused',
  });
}

/** Rows (n, word) as the two IPC messages of AppendRows: the schema and one record batch. */
function arrowRows(rowCount: number): { serializedSchema: Uint8Array; serializedRecordBatch: Uint8Array } {
  const indexes = Array.from({ length: rowCount }, (_, index) => index);
  const ipc = tableToIPC(
    new Table({
      n: vectorFromArray(indexes.map(BigInt), new Int64()),
      word: vectorFromArray(
        indexes.map((index) => `word ${index % 100} of a row with some text in it`),
        new Utf8(),
      ),
    }),
    'stream',
  );
  // A stream is: schema message, record batch message, end marker (8 bytes). A message starts with 4 bytes of ones and the
  // length of its head.
  const schemaLength = 8 + new DataView(ipc.buffer, ipc.byteOffset).getInt32(4, true);
  return {
    serializedSchema: ipc.subarray(0, schemaLength),
    serializedRecordBatch: ipc.subarray(schemaLength, ipc.length - 8),
  };
}
