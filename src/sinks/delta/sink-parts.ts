/** What the processor's and the operators' sides of the sink share: the tables of one location, and the code over them. */
import type { Runtime } from '../../base/runtime.ts';
import { APPEND_TABLES, type AppendTable } from '../../payments/types.ts';
import type { SinkReads } from '../../processor/ports.ts';
import { RuledOwnership } from '../ownership/ruled-ownership.ts';
import type { OwnershipAccess, StoredOwnership } from '../ownership/stored-ownership.ts';
import type { FileFormat } from './ports.ts';
import type { DeltaTables } from './tables/apply-tables.ts';
import { SmallTable } from './tables/small-table.ts';
import { TextTables } from './tables/text-tables.ts';
import { Checkpoints } from './takeover/checkpoints.ts';
import type { FenceParts } from './takeover/delta-claim.ts';
import { Fences } from './takeover/fences.ts';
import { OwnershipTable } from './takeover/ownership-table.ts';
import { type ScannedTables, scanKnown, scanPayments, tablesWithRows } from './takeover/row-scan.ts';

export interface DeltaSinkParts {
  readonly runtime: Runtime;
  readonly tables: DeltaTables;
  readonly format: FileFormat;
  readonly ownershipTable: OwnershipTable;
  readonly texts: TextTables;
  readonly ownership: RuledOwnership<StoredOwnership>;
  readonly checkpoints: Checkpoints;
  readonly scanned: ScannedTables;
}

/** One for each process: what was read is kept. */
export function deltaSinkParts(parts: Pick<DeltaSinkParts, 'runtime' | 'tables' | 'format'>): DeltaSinkParts {
  const { runtime, tables, format } = parts;
  const small = <Name extends 'partition_ownership' | 'rules' | 'event_schemas'>(name: Name) =>
    new SmallTable(name, tables[name], format);
  const ownershipTable = new OwnershipTable(small('partition_ownership'), runtime);
  const texts = new TextTables({ rules: small('rules'), event_schemas: small('event_schemas') }, runtime);
  const access: OwnershipAccess<StoredOwnership> = {
    readOwnership: (topic) => ownershipTable.readOwnership(topic),
    readRules: (sha256s) => texts.readRules(sha256s),
    putRules: (row) => texts.putRules(row),
    seed: (topic, seeds) => ownershipTable.seed(topic, seeds),
    addSettings: (...args) => ownershipTable.addSettings(...args),
    putHistories: (topic, changes) => ownershipTable.putHistories(topic, changes),
  };
  return {
    ...parts,
    ownershipTable,
    texts,
    ownership: new RuledOwnership(access),
    checkpoints: new Checkpoints(tables.checkpoint_log, format),
    scanned: { format, table: (name) => tables[name] },
  };
}

/** For claims: partitions that are taken over together are fenced together. */
export function fenceParts({ runtime, tables, checkpoints, ownership, scanned }: DeltaSinkParts): FenceParts {
  const fenced = Object.fromEntries(APPEND_TABLES.map((table) => [table, tables[table]])) as Pick<
    DeltaTables,
    AppendTable
  >;
  return {
    fences: new Fences(fenced, runtime),
    checkpoints,
    ownership,
    tablesWithRows: (names, { partition }, fromOffset) => tablesWithRows(scanned, names, partition, fromOffset),
  };
}

/** The reads that processors and operators' commands share. */
export function deltaReads({ ownership, checkpoints, texts, scanned }: DeltaSinkParts): SinkReads {
  return {
    readOwnership: (topic) => ownership.readOwnership(topic),
    latestCheckpoint: (topic, partition) => checkpoints.latest({ topic, partition }),
    tablesWithRows: (tables, partition, fromOffset) => tablesWithRows(scanned, tables, partition, fromOffset),
    payments: (partition, belowOffset, fromEventTimeMs) =>
      scanPayments(scanned, partition, belowOffset, fromEventTimeMs),
    knownPayments: (list, fromEventTimeMs) => scanKnown(scanned, list, fromEventTimeMs),
    readSchemas: (ids) => texts.readSchemas(ids),
    putSchema: (schema) => texts.putSchema(schema),
    seed: (topic, seeds) => ownership.seed(topic, seeds),
  };
}
