/** What is asked of `schema apply`, and the parts of a sink that it works with. Types only. */
import type { Runtime } from '../../../base/runtime.ts';
import type { SchemaOrder } from '../../opened-sink.ts';
import type { DatasetRef } from '../identifiers.ts';
import type { SinkQueries } from '../ports.ts';
import type { QueryJobs } from '../query/query-job.ts';
import type { RestCalls } from '../query/rest-client.ts';
import type { DatasetInspector } from './inspect.ts';
import type { DatasetLook } from './look-at-dataset.ts';
import type { DatasetStatements } from './statements.ts';
import type { WantedTable } from './wanted-tables.ts';

export interface ApplyParts {
  readonly dataset: DatasetRef;
  readonly rest: RestCalls;
  readonly jobs: QueryJobs;
  readonly runtime: Runtime;
  readonly inspector: DatasetInspector;
  readonly queries: Pick<SinkQueries, 'topics' | 'readOwnership' | 'claim' | 'latestCheckpoint' | 'removeRows'>;
  readonly isEmulator: boolean;
  readonly location: string | undefined;
  readonly wanted: () => Promise<readonly WantedTable[]>;
  readonly statements: () => Promise<DatasetStatements>;
}

export interface ApplyOrder extends SchemaOrder {
  /** Changes columns in place where this release or the rules need it. Default: yes. A process at its start changes nothing. */
  readonly altersTables?: boolean;
  /** Counts the rows of a dataset that has some; otherwise only where nothing else tells whether the tables are the ones they were. */
  readonly countRows?: boolean;
  /** A look that was taken just before. */
  readonly look?: DatasetLook;
}
