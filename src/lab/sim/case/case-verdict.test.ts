/** Verdicts over worlds that were tampered with after a run that passed: each guarantee is found broken by its own name. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AppendTable } from '../../../payments/types.ts';
import type { SimRow } from '../bigquery/sim-tables.ts';
import type { World } from '../world/world.ts';
import type { CasePlan } from './case-plan.ts';
import { judge } from './case-verdict.ts';
import { CALM } from './noise.ts';
import { runCase, runCaseInWorld } from './sim-case.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';

const WORKLOAD = drawWorkload({ ...DEFAULT_DIALS, records: 60, partitions: 1 });
const PLAN: CasePlan = {
  seed: 1,
  partitions: 1,
  processes: ['a'],
  workload: WORKLOAD,
  faults: [],
  noise: CALM,
  healAtMs: 25_000,
};

let world: World;
beforeEach(async () => {
  world = (await runCaseInWorld(PLAN)).world;
});

/** The rows themselves, not copies. */
function rows<T extends AppendTable>(table: T): SimRow<T>[] {
  return world.bigquery.tables.landed(table) as SimRow<T>[];
}

async function broken(): Promise<{ verdict: string; findings: string[] }> {
  const { verdict, failures } = await judge(PLAN, world, [], []);
  return { verdict, findings: failures.map(({ guarantee, kind }) => `${guarantee} ${kind}`) };
}

describe('the oracle over a simulated world', () => {
  it('passes what the run left', async () => {
    expect(await broken()).toEqual({ verdict: 'PASS', findings: [] });
  });

  const tampering: Record<string, () => void> = {
    'G1 lost': () => void rows('payment_transactions').splice(3, 1),
    'G1 row_twice': () => void rows('payment_exceptions').push(rows('payment_exceptions')[0]!),
    'G2 id_twice': () => void rows('payment_transactions').push(rows('payment_transactions')[0]!),
    'G3 window_missing': () => void rows('payment_metrics_partials').shift(),
    'G4 enrichment_missing': () => void rows('payment_transactions_fraud').shift(),
    'G5 columns_differ': () => {
      const [first] = rows('payment_transactions');
      const payment = { ...first!.row.payment, deviceId: 'other' };
      rows('payment_transactions')[0] = { ...first!, row: { ...first!.row, payment } };
    },
    'G6 counters_differ_from_log': () => {
      const last = rows('checkpoint_log').pop()!;
      const counters = { ...last.row.counters, late: last.row.counters.late + 1 };
      rows('checkpoint_log').push({ ...last, row: { ...last.row, counters } });
    },
  };

  it.each(Object.entries(tampering))('finds %s', async (finding, tamper) => {
    tamper();
    const { verdict, findings } = await broken();
    expect(verdict).toBe('FAIL');
    expect(findings).toContain(finding);
  });
});

describe('a run that ends otherwise', () => {
  it('is UNKNOWN where the log did not drain', async () => {
    const down = { what: 'bigquery_down', forMs: 60_000, when: { atMs: 0 } } as const;
    const { verdict, unknown } = await runCase({ ...PLAN, faults: [down], healAtMs: 10_000 }, { drainMs: 1 });
    expect(verdict).toBe('UNKNOWN');
    expect(unknown.join('\n')).toContain('partition 0 did not drain');
  });

  it('is FAIL where a processor stopped a partition without a cause', async () => {
    const lying = { what: 'crash', when: { point: 'append.payment_transactions.after', hit: 1 } } as const;
    const { verdict, failures } = await runCase(
      { ...PLAN, faults: [lying] },
      {
        weaken: (ports) => {
          const { queries } = ports;
          const rowsFrom: typeof queries.rowsFrom = async (table, partition, fromOffset) =>
            (await queries.rowsFrom(table, partition, fromOffset)).slice(1);
          return { ...ports, queries: Object.assign(Object.create(queries) as typeof queries, { rowsFrom }) };
        },
      },
    );
    expect(verdict).toBe('FAIL');
    expect(failures.map(({ guarantee }) => guarantee)).toContain(null);
  });
});
