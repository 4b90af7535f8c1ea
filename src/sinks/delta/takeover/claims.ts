/** Claims of several partitions in one commit. Invariant: a partition counts as won only if its row, in the snapshot after the claim, has our id. */
import type { Runtime } from '../../../base/runtime.ts';
import type { ClaimOutcome, Ownership } from '../../../processor/ports.ts';
import { claimIdOf } from '../../../processor/takeover/claim-id.ts';
import type { RuledOwnership } from '../../ownership/ruled-ownership.ts';
import type { StoredOwnership } from '../../ownership/stored-ownership.ts';
import type { OwnershipTable } from './ownership-table.ts';

export interface ClaimParts {
  readonly runtime: Runtime;
  readonly table: OwnershipTable;
  readonly ownership: RuledOwnership<StoredOwnership>;
}

/** `kind`: of an operator's command. */
export async function claimRows<Won>(
  topic: string,
  owner: string,
  rows: readonly Ownership[],
  { runtime, table, ownership }: ClaimParts,
  wonBy: (row: Ownership) => Won,
  kind?: 'hold',
): Promise<ClaimOutcome<Won>[]> {
  const claims = rows.map(({ partition, epoch }) => ({
    partition,
    expectedEpoch: epoch,
    claimId: claimIdOf(epoch + 1, runtime, kind),
    owner,
  }));
  const after = await ownership.load(await table.claim(topic, claims));
  const byPartition = new Map(after.map((row) => [row.partition, row]));
  return claims.map(({ partition, claimId }) => {
    const row = byPartition.get(partition);
    return { row, won: row?.claimId === claimId ? wonBy(row) : undefined };
  });
}
