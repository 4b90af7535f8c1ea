/**
 * The crash points of this sink (processor/crash-points.ts): each commit is reported just before it is put and just after it is known to have
 * landed. For the lab; without it there is no code path.
 */
import { overriding } from '../../processor/crash-points.ts';
import { DELTA_EFFECTS, type DeltaCrashPoint, type DeltaEffect } from '../../processor/sink-words.ts';
import type { DeltaTable } from './ports.ts';
import type { DeltaTables } from './tables/apply-tables.ts';
import type { DeltaTableName } from './tables/table-columns.ts';

const BY_OPERATION: Readonly<Record<string, DeltaEffect>> = {
  SEED: 'ownership.seed',
  CLAIM: 'ownership.claim',
  ENTRY: 'ownership.settings',
  FENCE: 'table.fence',
};

export type HitDeltaPoint = (point: DeltaCrashPoint) => void | Promise<void>;

/** The same tables, with every commit reported. */
export function withDeltaCrashPoints(tables: DeltaTables, hit: HitDeltaPoint): DeltaTables {
  const named = Object.entries(tables) as [DeltaTableName, DeltaTable][];
  return Object.fromEntries(named.map(([name, table]) => [name, reporting(table, name, hit)])) as DeltaTables;
}

function reporting(table: DeltaTable, name: DeltaTableName, hit: HitDeltaPoint): DeltaTable {
  return overriding(table, {
    async commit(prepare) {
      let effect: DeltaEffect | undefined;
      const snapshot = await table.commit(async (newest) => {
        const actions = await prepare(newest);
        if (actions === undefined) return undefined;
        effect = effectOf(name, actions.operation);
        if (effect !== undefined) await hit(`${effect}.before`);
        return actions;
      });
      if (effect !== undefined) await hit(`${effect}.after`);
      return snapshot;
    },
  });
}

function effectOf(name: DeltaTableName, operation: string): DeltaEffect | undefined {
  const append = `append.${name}`;
  if (operation === 'WRITE' || operation === 'CHECKPOINT') return DELTA_EFFECTS.find((effect) => effect === append);
  return BY_OPERATION[operation];
}
