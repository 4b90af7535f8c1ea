/**
 * The fold and the checkers' recomputation share no code: where they agree on drawn payments, both have read the contract
 * the same way. And what the simulator expects of its records is what the fold makes of them.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings, FOLD_VERSION } from '../payments/settings.ts';
import type { DecisionSettings } from '../payments/types.ts';
import { generatePayments } from '../simulator/generate.ts';
import { MALFORMED_KINDS, resolvePlan } from '../simulator/plan.ts';
import { foldedHistories } from './testing/folded.ts';
import { inputsOf } from './testing/history.ts';
import { verify } from './verify.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const MINUTE_MS = 60_000;

const entry = (fromOffset: number, decision: Partial<DecisionSettings>, foldVersion: number = FOLD_VERSION) => ({
  fromOffset,
  foldVersion,
  decision: { ...DEFAULT_DECISION_SETTINGS, ...decision },
});

test('verify passes what the fold makes of any simulated topic', { timeout: 120_000 }, async () => {
  const minutes = (max: number) => fc.integer({ min: 0, max }).map((count) => count * MINUTE_MS);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(),
        span: minutes(300),
        delay: minutes(60),
        laterDelay: minutes(90),
        changeAt: fc.integer({ min: 1, max: 200 }),
        idHorizonMs: minutes(30),
        windowMs: fc.constantFrom(MINUTE_MS, 7_000),
        activitySpanMs: fc.constantFrom(5 * MINUTE_MS, 1_000, 61_234),
        hotShare: fc.constantFrom(0, 0.5),
        partitioner: fc.constantFrom('any' as const, 'murmur2' as const),
        maxAmount: fc.constantFrom('1000000000000000', '999.5'),
        firstVersion: fc.constantFrom(1, 2),
      }),
      async (drawn) => {
        const { seed, span, delay, laterDelay, changeAt, hotShare, partitioner, maxAmount, firstVersion, ...fixed } =
          drawn;
        const shares = { duplicateShare: 0.15, lateShare: 0.08, futureShare: 0.02, malformedShare: 0.05 };
        const malformedKinds = MALFORMED_KINDS.filter((kind) => kind !== 'value_too_large');
        const dials = { seed, count: 1_500, spanMs: span, watermarkDelayMs: delay, partitions: 3, accounts: 30 };
        const plan = resolvePlan({ ...dials, ...shares, malformedKinds, hotShare, missingKeyShare: 0.01 }, NOW_MS);
        const histories = foldedHistories(plan, {
          fixed: { ...defaultFixedSettings(NOW_MS), ...fixed },
          history: [
            entry(0, { watermarkDelayMs: delay, partitioner, maxAmount }, firstVersion),
            entry(changeAt, { watermarkDelayMs: laterDelay, partitioner, maxAmount, allowedSkewMs: 0 }),
          ],
          checkpointEvery: 70,
          recordTimeMs: NOW_MS,
        });
        const { verdict, guarantees } = await verify(inputsOf(...histories));
        expect(guarantees).toMatchObject(
          Object.fromEntries(['G1', 'G2', 'G3', 'G4', 'G5', 'G6'].map((g) => [g, { findings: [] }])),
        );
        expect(verdict).toBe('PASS');
      },
    ),
    { seed: 20260115, numRuns: 15 },
  );
});

test('verify passes from any checkpoint that retention leaves to start from', { timeout: 60_000 }, async () => {
  const plan = resolvePlan(
    {
      count: 3_000,
      malformedKinds: MALFORMED_KINDS,
      malformedShare: 0.01,
      spanMs: 180 * MINUTE_MS,
      watermarkDelayMs: 10 * MINUTE_MS,
      partitions: 1,
    },
    NOW_MS,
  );
  const history = [entry(0, { watermarkDelayMs: 10 * MINUTE_MS })];
  const options = { fixed: defaultFixedSettings(NOW_MS), history, checkpointEvery: 100, recordTimeMs: NOW_MS };
  for (const logStart of [1, 100, 1_234, 2_900, 3_000]) {
    const [whole] = foldedHistories(plan, options);
    const report = await verify(inputsOf({ ...whole!, logStart }));
    expect(report.guarantees.G5.findings).toEqual([]);
    expect(report).toMatchObject({ verdict: 'PASS', trusted: [expect.stringContaining(`starts at ${logStart}`)] });
  }
});

test('the simulator expects of each record what the fold makes of it', () => {
  const malformedKinds = MALFORMED_KINDS.filter((kind) => kind !== 'key_wrong_partition');
  const dials = { count: 8_000, spanMs: 240 * MINUTE_MS, malformedKinds, malformedShare: 0.01, duplicateShare: 0.1 };
  const plan = resolvePlan(dials, NOW_MS);
  const options = {
    fixed: defaultFixedSettings(NOW_MS),
    history: [entry(0, {})],
    checkpointEvery: 1_000,
    recordTimeMs: NOW_MS,
  };
  const histories = foldedHistories(plan, options);
  const next = histories.map(() => 0);
  const found = histories.map(
    ({ payment_exceptions }) => new Map(payment_exceptions.map((row) => [row.kafka_offset, row])),
  );
  for (const { seq, partition, expected, malformed, kind } of generatePayments(plan)) {
    const row = found[partition]!.get(next[partition]!++);
    expect({ seq, is: row?.disposition ?? 'accepted' }).toEqual({ seq, is: expected });
    if (malformed) expect(row?.reason?.split(':')[0]).toBe(malformed);
    if (kind === 'future') expect(row?.reason).toBe('event_time_in_future');
    if (kind === 'missing_key') expect(row?.reason).toBe('key_missing');
  }
});
