/**
 * A topic that was seeded with what another pipeline had written: copies of those payments are duplicates, through crashes,
 * lost local state, takeovers and a change of the partition count. The oracle recomputes it.
 */
import { describe, expect, it } from 'vitest';
import { knownElsewhereCase } from '../../mutants/families/known-elsewhere.ts';
import { Rng } from '../world/rng.ts';
import { runCaseInWorld } from './sim-case.ts';

describe('payments that another pipeline had written', () => {
  it('are not accepted again after any crash; their copies are duplicates without a first offset', async () => {
    let duplicates = 0;
    let rescaled = 0;
    let rebuilt = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const plan = knownElsewhereCase(new Rng(seed, 'family known-elsewhere'), seed);
      const { outcome, world } = await runCaseInWorld(plan);
      expect([seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([seed, 'PASS', [], []]);
      const { payments, floorMs } = plan.known!;
      const known = new Set(
        payments.filter(({ eventTimeMs }) => eventTimeMs >= floorMs).map((each) => each.transactionId),
      );
      const accepted = world.bigquery.rows('payment_transactions').map(({ row }) => row.payment.transactionId);
      expect(accepted.filter((id) => known.has(id))).toEqual([]);
      const copies = world.bigquery
        .rows('payment_exceptions')
        .filter(({ row }) => row.disposition === 'duplicate' && known.has(row.transactionId!));
      for (const { row } of copies) expect([row.firstKafkaOffset, row.conflict]).toEqual([null, false]);
      duplicates += copies.length;
      rescaled += outcome.marks.get('topic_rescaled') ?? 0;
      rebuilt += outcome.timeline.filter((line) => line.includes('"how":"rebuilt"')).length;
    }
    expect(duplicates).toBeGreaterThan(100);
    expect(rescaled).toBeGreaterThan(2);
    expect(rebuilt).toBeGreaterThan(5);
  }, 120_000);

  it('a list that was changed before the first start stops every partition, and verify names it', async () => {
    const plan = knownElsewhereCase(new Rng(1, 'family known-elsewhere'), 1);
    const { outcome } = await runCaseInWorld(plan, {
      weaken: (wiring) => ({
        ...wiring,
        queries: new Proxy(wiring.queries, {
          get: (target, name) => {
            if (name !== 'knownPayments') return Reflect.get(target, name).bind(target);
            return async function* (...args: Parameters<typeof target.knownPayments>) {
              for await (const page of target.knownPayments(...args)) yield page.slice(1);
            };
          },
        }),
      }),
    });
    expect(outcome.timeline.join('\n')).toMatch(/known_payments, list list-1: it has \d+ payments/);
    expect(outcome.verdict).not.toBe('PASS');
  }, 60_000);
});
