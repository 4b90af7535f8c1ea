/**
 * How far a partition got in a table, as the table's own txn actions say: they land in one commit with the rows.
 *
 * Of one partition a table has three: `epoch`, the owner whose commits it takes; `next`, all its rows of records below are in the table
 * and none at or past it; `print`, the print of the last of these rows (prints.ts). In checkpoint_log `next` is the greatest next_offset.
 */
import type { TableSnapshot } from '../ports.ts';

export interface PartitionRef {
  readonly topic: string;
  readonly partition: number;
}

export interface TablePosition {
  /** 0: nobody has fenced the table for this partition. */
  readonly epoch: number;
  readonly next: number;
  /** 0: not known. */
  readonly print: number;
}

const KINDS = ['epoch', 'next', 'print'] as const;
type Kind = (typeof KINDS)[number];

/** The appId of a txn action. A topic's name has no slash. */
export function txnIdOf({ topic, partition }: PartitionRef, kind: Kind): string {
  return `provenonce/${topic}/${partition}/${kind}`;
}

export function positionIn({ txns }: Pick<TableSnapshot, 'txns'>, of: PartitionRef): TablePosition {
  const [epoch, next, print] = KINDS.map((kind) => txns.get(txnIdOf(of, kind)) ?? 0);
  return { epoch: epoch!, next: next!, print: print! };
}

/** Adds the actions that say these to what a commit says. */
export function setPosition(txns: Map<string, number>, of: PartitionRef, position: Partial<TablePosition>): void {
  for (const kind of KINDS) {
    const value = position[kind];
    if (value !== undefined) txns.set(txnIdOf(of, kind), value);
  }
}
