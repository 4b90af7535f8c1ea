/**
 * A BigQuery under test, simulated or real, as the contract suites see it. What takes time goes through `settle`, `until` and
 * `elapse`: they run the simulated world, or wait for the real one, so that the body of a test is the same in both.
 */

import type { Runtime } from '../../../base/runtime.ts';
import type { AppendTable } from '../../../payments/types.ts';
import type { RowEncoder, SinkQueries, WriteStreams } from '../../../sinks/bigquery/ports.ts';
import type { WriteRpc } from '../../../sinks/bigquery/write/write-rpc.ts';
import type { Dialect } from '../../sim/bigquery/sim-bigquery.ts';

/** What one process has of the sink: connections of its own. */
export interface SinkClient {
  readonly runtime: Runtime;
  readonly rpc: WriteRpc;
  readonly streams: WriteStreams;
  readonly encoder: RowEncoder;
  readonly queries: SinkQueries;
}

export interface SinkUnderTest extends SinkClient, AsyncDisposable {
  readonly dialect: Dialect;
  /** No rows of another test are in this partition of the tables, nor in the one after it. */
  readonly partition: number;
  /** No ownership rows and checkpoints of another test are under this name. */
  readonly topic: string;
  /** Another process at the same dataset. */
  another(): SinkClient;
  /** `projects/P/datasets/D/tables/T`. */
  tablePath(table: AppendTable): string;
  /** Sees the promise through; rejects as it does. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Resolves when the condition holds; rejects where it does not within a bounded time. */
  until(condition: () => boolean): Promise<void>;
  /** Lets so long pass: time enough for what was sent to arrive. */
  elapse(ms: number): Promise<void>;
}

export type MakeSink = () => Promise<SinkUnderTest>;
