/**
 * What a sink of the simulated world holds, as checkers, marks and operators look at it: everything that landed, at this moment. A
 * process never sees it; it asks through its ports.
 */
import type { HeldTables } from '../../checks/inputs/held-tables.ts';
import type { CheckedTable, ListedStream, SchemaRow } from '../../checks/inputs/verify-inputs.ts';
import type { StoredOwnership } from '../../sinks/ownership/stored-ownership.ts';

export type SimOwnershipFacts = StoredOwnership & { readonly streams?: readonly ListedStream[] };

export interface SimStored {
  /** The greatest next_offset of a checkpoint; 0 where there is none. */
  checkpointed(partition: number): number;
  /** Whether the table has a row of the partition at or past the offset. */
  reaches(table: CheckedTable, partition: number, fromOffset: number): boolean;
  /** All rows, as `verify` reads them. */
  held(): HeldTables;
  /** Of a topic, ascending by partition. */
  ownership(topic: string): readonly SimOwnershipFacts[];
  /** The text of the table `rules` under this digest. */
  rulesText(sha256: string): string | null;
  schemas(): readonly SchemaRow[];
}
