/**
 * A sink as the command line, programs and operators' commands see it: BigQuery (bigquery/open-sink.ts) or Delta
 * Lake (delta/open-delta-sink.ts). Types only. What one sink alone has (write streams, SQL of a service) stands in its own type; a
 * caller that needs it looks at `kind`.
 */

import type { CrashPoint, RescalePoint } from '../processor/crash-points.ts';
import type { Observer } from '../processor/events.ts';
import type { ProcessorLimits } from '../processor/limits.ts';
import type {
  BackfillTables,
  CheckpointUpkeep,
  KnownPayments,
  OperatorSink,
  Ownership,
  Sink,
  SinkReads,
} from '../processor/ports.ts';
import type { ComparedRows } from './compared-rows.ts';

/** Where the tables are, in the words of messages and documents. */
export interface SinkPlace {
  /** `project.dataset`, or the location. Without credentials. */
  readonly name: string;
  /** In a sentence: `the dataset payment_data`. */
  readonly text: string;
  /** The setting that says it. */
  readonly setting: string;
  /** Its members in JSON documents. */
  readonly json: Readonly<Record<string, string>>;
}

/** Tables that were restored or copied and are taken for ours if their rows match; tables whose lost rows are given up. */
export interface Accepting {
  readonly restored: ReadonlySet<string>;
  readonly lost: ReadonlySet<string>;
}

export interface SchemaOrder {
  readonly accepting?: Accepting;
  /** Who accepts, and why; both stay in the tables. */
  readonly by?: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** What `schema apply` made; in a dry run, what it would make. */
export interface Applied {
  readonly madeDataset: boolean;
  readonly madeTables: readonly string[];
  readonly markedTables: readonly string[];
  /** Columns that were changed in place, a line each; in a dry run with its statement. */
  readonly alteredColumns: readonly string[];
  readonly warnings: readonly string[];
  /** What --accept-loss gives up, a line for each table and partition. */
  readonly givenUp: readonly string[];
  /** In a dry run, of a sink that stores views: which would be made or replaced. */
  readonly views?: ViewDifferences;
}

export interface ViewDifferences {
  readonly missing: readonly string[];
  /** There, with another query than this release's. */
  readonly different: readonly string[];
  /** There, and the service does not say with which query. An emulator may not. */
  readonly unknown: readonly string[];
}

/** A row of partition_ownership as `ownership` prints it: as it is stored, its rules by their digest. */
export type ShownOwnership = Omit<Ownership, 'history'> & { readonly history: readonly object[] };

export interface PrepareOrder {
  /** Of tables that are made now; a sink without clustering ignores it. */
  readonly clustering: readonly string[];
  /** Called before the first table is made, where there is none yet. If it rejects, nothing is made. */
  readonly beforeFirst: () => Promise<void>;
}

export interface OpenedSink {
  readonly kind: 'bigquery' | 'delta';
  readonly place: SinkPlace;
  readonly reads: SinkReads;
  readonly known: KnownPayments;
  readonly backfill: BackfillTables;
  readonly checkpoints: CheckpointUpkeep;
  /** Limits that the sink gives to the processor, from those that are configured. Left out: none. */
  processorLimits?(given: Pick<ProcessorLimits, 'checkpointIntervalMs'>): Partial<ProcessorLimits>;
  /** Topics that have ownership rows. */
  topics(): Promise<string[]>;
  storedOwnership(topic: string): Promise<readonly ShownOwnership[]>;
  /** The processor's port. Once for each process. `hit`: reports the sink's crash points, for the lab. */
  processor(seams: {
    readonly observer: Observer;
    readonly hit?: ((point: CrashPoint) => void | Promise<void>) | undefined;
  }): Sink;
  operator(seams: {
    readonly observer: Observer;
    readonly hit?: ((point: RescalePoint) => void | Promise<void>) | undefined;
  }): OperatorSink;
  /** Throws what is wrong with the tables: ContradictionError, or ConfigurationError where they were never made. */
  requireTables(): Promise<void>;
  /** Tables that are to be made, and that nothing shows to have been there. Throws ContradictionError where something was lost. */
  missingTables(): Promise<readonly string[]>;
  /** Throws where a table is missing, another one, or changed: then nothing can be compared. */
  compareRows(): Promise<ComparedRows>;
  /** Makes missing tables, and the views where the sink stores them. Throws ContradictionError if a table was lost. */
  applySchema(clustering?: readonly string[], order?: SchemaOrder): Promise<Applied>;
  /** The same at the start of a process, which changes no table that is there. */
  prepare(order: PrepareOrder): Promise<{ readonly warnings: readonly string[] }>;
  /** Begins to connect, ahead of the first write. */
  connect(): void;
  /** Ends connections. Writers must be closed before. */
  close(): Promise<void>;
}

/** What became of a table's small files; in a dry run, what would. */
export interface CompactedTable {
  readonly table: string;
  /** Files that were replaced, and those in their place. */
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly rows: number;
  readonly byteLength: number;
  /** Left because another commit took files of a group away meanwhile. */
  readonly skippedFiles: number;
}

/** What was deleted of a table's folder; in a dry run, what would be. */
export interface VacuumedTable {
  readonly table: string;
  readonly files: number;
  readonly byteLength: number;
  /** Of them, those that no commit of the log names: a crash or a lost race left them. */
  readonly orphans: number;
  /** Kept although the table does not have them: removed or uploaded within the retention. */
  readonly keptFiles: number;
  /** The first of those that go. */
  readonly paths: readonly string[];
}

export interface UpkeepOrder {
  /** All where it is not given. */
  readonly tables?: readonly string[] | undefined;
  readonly dryRun: boolean;
}

/** Beside running processors. */
export interface DeltaUpkeep {
  /** Moves rows of small files into larger ones. */
  compact(order: UpkeepOrder): Promise<CompactedTable[]>;
  /** Deletes files that no version within the retention has. Throws ConfigurationError for a retention that is not safe. */
  vacuum(order: UpkeepOrder & { readonly retentionMs: number; readonly listMax: number }): Promise<VacuumedTable[]>;
}

/** With what is Delta Lake's alone. */
export interface DeltaSink extends OpenedSink {
  readonly kind: 'delta';
  /** A folder, or `s3://bucket/prefix`. */
  readonly location: string;
  readonly upkeep: DeltaUpkeep;
}
