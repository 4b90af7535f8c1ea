import { describe, expect, test } from 'vitest';
import type { GivenUp } from './inputs/verify-inputs.ts';
import { BASE_MS, faultless, inputsOf, ownershipOf, type PartitionHistory } from './testing/history.ts';
import { found, records, verdictOf } from './testing/judged.ts';
import { verify } from './verify.ts';

function givenUp(from: number, to: number): GivenUp {
  return { from, to, reason: 'poison', by: 'me', atMs: BASE_MS };
}

/** Offsets 3 to 5 were given up before they were judged; the log may hold them or not. */
function withoutThreeToFive(logStart = 0): PartitionHistory {
  const all = records();
  const judged = all.filter(({ offset }) => offset < 3 || offset >= 6);
  const history = faultless(judged, {
    ownership: ownershipOf(0, { skipped: [givenUp(3, 6)] }),
    checkpointsAt: [3, 14],
  });
  history.records = all;
  history.logStart = logStart;
  return history;
}

describe('around offsets given up', () => {
  test('every guarantee holds, whether the log still has them or not', async () => {
    expect(await verdictOf(withoutThreeToFive())).toBe('PASS');
    const report = await verify(inputsOf(withoutThreeToFive(5)));
    expect(report).toMatchObject({ verdict: 'PASS', partitions: [{ recordsChecked: 8, nextOffset: 14 }] });
    expect(report.trusted).toEqual([expect.stringContaining('the rows below 3,')]);
  });

  test('a row of one of them has nothing that explains it', async () => {
    const history = withoutThreeToFive();
    const { payment_transactions: rows } = faultless(records());
    history.payment_transactions.splice(3, 0, rows[4]!);
    expect((await found(history)).G1).toEqual(['phantom']);
  });

  test('counting them as consumed breaks G6: nothing was judged', async () => {
    const history = withoutThreeToFive();
    const last = history.checkpoints[1]!;
    history.checkpoints[1] = { ...last, consumed: last.consumed + 3 };
    expect((await found(history)).G6).toEqual(['counters_do_not_add_up', 'counters_differ_from_log']);
  });

  test('a record next to them that has no row is lost', async () => {
    const history = withoutThreeToFive();
    history.payment_transactions = history.payment_transactions.filter(({ kafka_offset }) => kafka_offset !== 6);
    expect((await found(history)).G1).toEqual(['lost']);
  });
});
