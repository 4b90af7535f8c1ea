/** The story that a person reads, of a small case. */
import { expect, it } from 'vitest';
import { CALM } from '../sim/case/noise.ts';
import { runCase } from '../sim/case/sim-case.ts';
import { DEFAULT_DIALS, drawWorkload } from '../sim/case/workload.ts';
import { faultText, storyText, timelineLine } from './story.ts';

it('tells what was planned, what happened when, and the verdict', async () => {
  const workload = drawWorkload({ ...DEFAULT_DIALS, records: 4, partitions: 1, spanMs: 0, transactionChance: 0 });
  const crash = { what: 'crash', when: { point: 'append.payment_transactions.after', hit: 1 } } as const;
  const late = { what: 'rebalance', when: { atMs: 900_000 } } as const;
  const common = { seed: 1, partitions: 1, processes: ['a'], workload, noise: CALM, healAtMs: 20_000 };
  const plan = { ...common, faults: [crash, late] };
  const text = storyText(plan, await runCase(plan));
  expect(text).toMatch(/^seed 1: 4 records in 1 partition, process a, BigQuery as the service\n/);
  expect(text).toContain('fired      crash, when anybody passes append.payment_transactions.after, time 1');
  expect(text).toContain('not fired  rebalance, at 900.000 s');
  expect(text).toMatch(/\d\.\d{3} {2}world {5}FAULT crash/);
  expect(text).toMatch(/a\.2 {7}p0: claimed, epoch 2/);
  expect(text).toMatch(/p0: compared \d+ rows, continues at 4/);
  expect(text.endsWith('\nPASS')).toBe(true);
});

it('puts every part of a fault in words', () => {
  expect(faultText({ what: 'pause', process: 'a', forMs: 5, when: { records: 3 } })).toBe(
    'pause process=a forMs=5, when 3 records were read',
  );
});

it('shows a line that is no event as it is', () => {
  expect(timelineLine('12345 kafka commit p0 7 by a: ok')).toBe('   12.345  kafka     commit p0 7 by a: ok');
});
