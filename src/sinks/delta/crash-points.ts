/**
 * The crash points of this sink (processor/crash-points.ts): each commit is reported just before it is put and just after it is known to have
 * landed. For the lab; without it there is no code path.
 */
import { overriding, type RescaleEffect, type RescalePoint } from '../../processor/crash-points.ts';
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
  return reportingAll<DeltaEffect>(tables, effectOf, hit);
}

const RESCALE_BY_OPERATION: Readonly<Record<string, RescaleEffect>> = {
  CLAIM: 'rescale.claim',
  FENCE: 'rescale.finalize',
  RESCALE: 'rescale.generation',
  SEED: 'rescale.seed',
};

/** The points of the command `rescale` that are on the sink. */
export function withDeltaRescalePoints(
  tables: DeltaTables,
  hit: (point: RescalePoint) => void | Promise<void>,
): DeltaTables {
  return reportingAll<RescaleEffect>(tables, (_, operation) => RESCALE_BY_OPERATION[operation], hit);
}

type Hit<Effect extends string> = (point: `${Effect}.before` | `${Effect}.after`) => void | Promise<void>;
type EffectOf<Effect extends string> = (table: DeltaTableName, operation: string) => Effect | undefined;

function reportingAll<Effect extends string>(
  tables: DeltaTables,
  effectFor: EffectOf<Effect>,
  hit: Hit<Effect>,
): DeltaTables {
  const named = Object.entries(tables) as [DeltaTableName, DeltaTable][];
  return Object.fromEntries(
    named.map(([name, table]) => [name, reporting(table, name, effectFor, hit)]),
  ) as DeltaTables;
}

function reporting<Effect extends string>(
  table: DeltaTable,
  name: DeltaTableName,
  effectFor: EffectOf<Effect>,
  hit: Hit<Effect>,
): DeltaTable {
  return overriding(table, {
    async commit(prepare) {
      let effect: Effect | undefined;
      const snapshot = await table.commit(async (newest) => {
        const actions = await prepare(newest);
        if (actions === undefined) return undefined;
        effect = effectFor(name, actions.operation);
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
