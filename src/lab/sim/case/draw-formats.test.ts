/** Cases whose records are in Avro or Protobuf, with a schema registry that is away, late, or gone. */
import { expect, it } from 'vitest';
import { rulesFromCanonical } from '../../../payments/rules/rules-document.ts';
import { type CasePlan, parseCasePlan } from './case-plan.ts';
import { drawCase } from './draw-case.ts';
import { runCase } from './sim-case.ts';

/** The first case of few records that has what is wanted. */
function caseWith(isWanted: (plan: CasePlan) => boolean): CasePlan {
  for (let seed = 1; seed < 3_000; seed++) {
    const plan = drawCase(seed, { records: 40, damageChance: 0 });
    if (isWanted(plan)) return plan;
  }
  throw new Error('no seed has it');
}

const formatOf = ({ rules }: CasePlan): string | undefined =>
  rules === undefined ? undefined : rulesFromCanonical(rules.files[0]!).event.format;

it('all formats are drawn, and a plan survives its file', () => {
  const counts = new Map<string | undefined, number>();
  for (let seed = 1; seed <= 200; seed++) {
    const plan = drawCase(seed, { records: 20 });
    counts.set(formatOf(plan), (counts.get(formatOf(plan)) ?? 0) + 1);
    expect(parseCasePlan(JSON.parse(JSON.stringify(plan)), 'plan')).toEqual(plan);
  }
  for (const format of ['json', 'json-schema', 'avro', 'protobuf'])
    expect(counts.get(format), format).toBeGreaterThan(2);
});

it.each(['avro', 'protobuf'] as const)('%s: a registry that is away at the start is waited for', async (format) => {
  const plan = caseWith((each) => formatOf(each) === format && each.registry?.away?.[0]?.fromMs === 0);
  const { verdict, failures, marks, events } = await runCase({ ...plan, faults: [] });
  expect({ verdict, failures }).toEqual({ verdict: 'PASS', failures: [] });
  expect(marks.get('registry_away')).toBeGreaterThan(0);
  expect(events.get('service.recovered')).toBeGreaterThan(0);
});

it('once the dataset has the schemas nobody needs the registry: processes without local state start without it', async () => {
  const plan = caseWith(
    (each) => each.registry?.goesOnceStored === true && each.schemas?.length === 1 && each.processes.length === 2,
  );
  const faults = plan.processes.map(
    (process) => ({ what: 'crash', process, disk: 'lost', when: { atMs: 12_000 } }) as const,
  );
  const { verdict, failures, marks } = await runCase({ ...plan, faults });
  expect({ verdict, failures }).toEqual({ verdict: 'PASS', failures: [] });
  expect(marks.get('schema_read_without_registry')).toBeGreaterThan(0);
  expect(marks.get('state_rebuilt_from_sink')).toBeGreaterThan(0);
});

it('an id that nobody knows stops its partitions by that name, and what was folded before it verifies', async () => {
  const plan = caseWith(({ registry, rules }) => registry?.unknownIds !== undefined && rules?.files.length === 1);
  const { verdict, marks, events } = await runCase(plan);
  expect(verdict).toBe('PASS');
  expect(events.get('partition.stopped')).toBeGreaterThan(0);
  expect(marks.get('schema_unknown_stop')).toBeGreaterThan(0);
  // Nothing else excuses it.
  const { unknownIds: _, ...knowsAll } = plan.registry!;
  const { failures } = await runCase({ ...plan, registry: knowsAll });
  expect(failures.map(({ kind }) => kind)).toContain('stopped:schema_unknown');
});
