import { describe, expect, test } from 'vitest';
import {
  BASE_MS,
  event,
  faultless,
  inputsOf,
  MINUTE_MS,
  ownershipOf,
  RULES,
  record,
  streamOffsetsOf,
} from './testing/history.ts';
import { found, records, verdictOf } from './testing/judged.ts';
import { VERDICT_EXIT_CODES, verify } from './verify.ts';

describe('verify finds', () => {
  test('a lost payment', async () => {
    const history = faultless(records());
    history.payment_transactions.splice(3, 1);
    const kinds = await found(history);
    expect(kinds.G1).toEqual(['lost']);
    expect(kinds.G3).toEqual(['table_sum_differs']);
    expect(kinds.G6).toEqual(['counters_differ_from_tables', 'stream_offset_differs']);
    expect(await verdictOf(history)).toBe('FAIL');
  });

  test('a row written twice', async () => {
    const history = faultless(records());
    history.payment_transactions.push(history.payment_transactions[2]!);
    const kinds = await found(history);
    expect(kinds.G1).toEqual(['row_twice']);
    expect(kinds.G2).toEqual(['id_twice']);
  });

  test('a copy that was accepted as a payment', async () => {
    const history = faultless(records());
    const [copy] = history.payment_exceptions.splice(0, 1);
    const original = history.payment_transactions.at(-1)!;
    history.payment_transactions.push({ ...original, kafka_offset: copy!.kafka_offset });
    const kinds = await found(history);
    expect(kinds.G2).toEqual(['id_twice']);
    expect(kinds.G5).toContain('rows_extra');
  });

  test('a row that no record explains', async () => {
    const history = faultless(records());
    history.payment_transactions.push({
      ...history.payment_transactions[0]!,
      kafka_offset: 77,
      transaction_id: 'ghost',
    });
    const { guarantees } = await verify(inputsOf(history));
    expect(guarantees.G1.findings).toMatchObject([
      { kind: 'phantom', partition: 0, offsets: [77], transactionIds: ['ghost'] },
    ]);
  });

  test('a changed amount, naming what was expected', async () => {
    const history = faultless(records());
    history.payment_transactions[4] = { ...history.payment_transactions[4]!, amount: '104.51' };
    const { guarantees } = await verify(inputsOf(history));
    expect(guarantees.G5.findings).toMatchObject([
      {
        kind: 'columns_differ',
        offsets: [4],
        transactionIds: ['p4'],
        expected: 'amount 104.5',
        actual: 'amount 104.51',
      },
    ]);
    expect(guarantees.G3.findings).toMatchObject([{ kind: 'table_sum_differs', expected: '1 row, 104.5' }]);
    expect(guarantees.G1.holds && guarantees.G2.holds && guarantees.G6.holds).toBe(true);
  });

  test('a window sum that is off by a billionth', async () => {
    const history = faultless(records());
    history.payment_metrics_partials[1] = { ...history.payment_metrics_partials[1]!, total_amount: '101.500000001' };
    const kinds = await found(history);
    expect(kinds.G3).toEqual(['window_sum_differs']);
    expect(kinds.G1).toEqual([]);
  });

  test('a closed window without a row', async () => {
    const history = faultless(records());
    history.payment_metrics_partials.splice(0, 1);
    expect((await found(history)).G3).toEqual(['window_missing']);
  });

  test('a wrong fraud score, and a payment that was not enriched', async () => {
    const history = faultless(records());
    history.payment_transactions_fraud[0] = { ...history.payment_transactions_fraud[0]!, fraud_score: 6 };
    history.payment_transactions_fraud.splice(5, 1);
    const kinds = await found(history);
    expect(kinds.G4).toEqual(['enrichment_differs', 'enrichment_missing']);
    expect([kinds.G1, kinds.G2, kinds.G3, kinds.G6]).toEqual([[], [], [], ['stream_offset_differs']]);
  });

  test('a missing row in payment_exceptions', async () => {
    const history = faultless(records());
    history.payment_exceptions.splice(2, 1);
    expect((await found(history)).G1).toEqual(['lost']);
  });

  test('counters that are off by one', async () => {
    const history = faultless(records());
    const last = history.checkpoints[0]!;
    history.checkpoints[0] = { ...last, accepted: last.accepted + 1 };
    expect((await found(history)).G6).toEqual([
      'counters_do_not_add_up',
      'counters_differ_from_tables',
      'counters_differ_from_log',
    ]);
  });

  test('a gap that the counters hide', async () => {
    const history = faultless(records().filter(({ offset }) => offset < 4 || offset > 6));
    history.records = records();
    const kinds = await found(history);
    expect(kinds.G1).toEqual(['lost', 'lost', 'lost']);
    expect(kinds.G6).toContain('counters_differ_from_log');
  });

  test('copies whose conflict is not marked', async () => {
    const history = faultless(records());
    history.payment_exceptions[1] = { ...history.payment_exceptions[1]!, conflict: false };
    expect((await found(history)).G5).toEqual(['columns_differ']);
  });

  test('one record with rows in both tables', async () => {
    const history = faultless(records());
    history.payment_exceptions.push({ ...history.payment_exceptions[2]!, kafka_offset: 5 });
    expect((await found(history)).G1).toEqual(['in_both_tables']);
  });

  test('a checkpoint that is ahead of the rows', async () => {
    const history = faultless(records());
    history.payment_exceptions.splice(-2);
    const kinds = await found(history);
    expect(kinds.G1).toEqual(['lost', 'lost']);
    expect(kinds.G6).toEqual(['counters_differ_from_tables', 'stream_offset_differs']);
  });

  test('a wrong watermark and one that goes back', async () => {
    const history = faultless(records(), { checkpointsAt: [5, 14] });
    history.checkpoints[0] = { ...history.checkpoints[0]!, watermark: history.checkpoints[1]!.watermark + 1 };
    expect((await found(history)).G6).toEqual(['watermark_differs', 'watermark_went_back']);
  });

  test('a row of a fenced writer', async () => {
    const history = faultless(records(), { ownership: ownershipOf(0, { epoch: 2 }) });
    history.payment_transactions[3] = { ...history.payment_transactions[3]!, writer_epoch: 2 };
    expect(new Set((await found(history)).G5)).toEqual(new Set(['epoch_went_back']));
  });

  test('a hole in the rows past the last checkpoint', async () => {
    const history = faultless(records(), { checkpointsAt: [3] });
    history.payment_transactions.splice(5, 1);
    expect((await found(history)).G5).toContain('rows_after_hole');
  });

  test('a wrong row past the last checkpoint', async () => {
    const history = faultless(records(), { checkpointsAt: [3] });
    history.payment_transactions[6] = { ...history.payment_transactions[6]!, currency: 'USD' };
    expect((await found(history)).G5).toEqual(['columns_differ']);
  });

  test('card numbers that were kept', async () => {
    const value = { ...event('bad', 1), region: '', note: '4111 1111 1111 1111' };
    const history = faultless([record(0, value)]);
    expect(history.payment_exceptions[0]?.payload).toContain('**** **** **** 1111');
    history.payment_exceptions[0] = { ...history.payment_exceptions[0]!, payload: JSON.stringify(value) };
    expect((await found(history)).G5).toEqual(['columns_differ']);
  });

  test('more than it shows, and counts it all', async () => {
    const history = faultless(records());
    history.payment_transactions.splice(0, 8);
    const { guarantees } = await verify(inputsOf(history), { findingsMax: 3 });
    expect(guarantees.G1).toMatchObject({ holds: false, count: 8 });
    expect(guarantees.G1.findings).toHaveLength(3);
  });
});

describe('verify passes', () => {
  test('a faultless history, with every window, copy and rejection', async () => {
    const history = faultless(records(), { checkpointsAt: [2, 9, 14] });
    expect(history.payment_metrics_partials.length).toBeGreaterThan(4);
    expect(history.payment_exceptions.map(({ disposition }) => disposition)).toEqual([
      'duplicate',
      'duplicate',
      'late',
      'rejected',
    ]);
    expect(await verify(inputsOf(history))).toMatchObject({
      verdict: 'PASS',
      conditions: [],
      unknown: [],
      trusted: [],
    });
  });

  test('records past next_offset that have no rows yet', async () => {
    const history = faultless(records().slice(0, 6));
    history.records = records();
    history.logEnd = 14;
    expect(await verdictOf(history)).toBe('PASS');
  });

  test('rows past next_offset, each table filled to another point', async () => {
    const history = faultless(records(), { checkpointsAt: [3] });
    history.payment_transactions_fraud.splice(5);
    history.payment_metrics_partials.splice(2);
    history.payment_exceptions.splice(1);
    expect(await verdictOf(history)).toBe('PASS');
  });

  test('a partition without records beside one with records', async () => {
    const empty = faultless([], { ownership: ownershipOf(1, { partitionCount: 2 }), checkpointsAt: [] });
    const full = faultless(records(), { ownership: ownershipOf(0, { partitionCount: 2 }) });
    expect((await verify(inputsOf(full, empty))).verdict).toBe('PASS');
  });

  test('transaction markers in the log', async () => {
    const spread = records().map((each) => ({ ...each, offset: each.offset * 2 + 1 }));
    const history = faultless(spread, { checkpointsAt: [8, 9, 29] });
    history.logEnd = 30;
    expect(await verdictOf(history)).toBe('PASS');
  });

  test('amounts that the query writes with trailing zeros', async () => {
    const history = faultless(records());
    history.payment_transactions = history.payment_transactions.map((row) => ({ ...row, amount: `${row.amount}00` }));
    expect(await verdictOf(history)).toBe('PASS');
  });

  test('two owners one after the other, with other rules for the second', async () => {
    const slower = { ...RULES, watermarkDelayMs: 30 * MINUTE_MS, fraud: { ...RULES.fraud, amountLowPoints: 9 } };
    const history_ = [RULES, slower].map((decision, index) => ({ fromOffset: index * 5, foldVersion: 2, decision }));
    const history = faultless(records(), { ownership: ownershipOf(0, { epoch: 2, history: history_ }) });
    for (const table of ['payment_transactions', 'payment_transactions_fraud'] as const)
      for (const [index, row] of history[table].entries())
        if (row.kafka_offset >= 5) Object.assign(history[table], { [index]: { ...row, writer_epoch: 2 } });
    history.checkpoints[0] = {
      ...history.checkpoints[0]!,
      writer_epoch: 2,
      stream_offsets: streamOffsetsOf(history, 2, 14),
    };
    expect(history.payment_transactions_fraud.at(-1)?.fraud_score).toBe(9);
    expect(await verdictOf(history)).toBe('PASS');
  });
});

describe('verify says what it could not check', () => {
  test('a log that retention has cut: trusts the rows below a checkpoint, still finds what lies above', async () => {
    const history = faultless(records(), { checkpointsAt: [4, 8, 14] });
    history.logStart = 6;
    const report = await verify(inputsOf(history));
    expect(report.verdict).toBe('PASS');
    expect(report.trusted).toEqual([expect.stringContaining('the rows below 8')]);
    history.payment_exceptions.splice(0, 1);
    expect((await verify(inputsOf(history))).guarantees.G1.findings).toMatchObject([{ kind: 'lost', offsets: [10] }]);
  });

  test('a log cut past every checkpoint is UNKNOWN', async () => {
    const history = faultless(records(), { checkpointsAt: [4] });
    history.logStart = 10;
    const report = await verify(inputsOf(history));
    expect(report).toMatchObject({ verdict: 'UNKNOWN', unknown: [expect.stringContaining('past every checkpoint')] });
  });

  test('a row that says more partitions than there are, of rows and in the topic, is a finding', async () => {
    const history = faultless(records(), { ownership: ownershipOf(0, { partitionCount: 2 }) });
    const { guarantees } = await verify(inputsOf(history));
    expect(guarantees.G6.findings).toMatchObject([{ kind: 'partition_count_differs', partition: 0 }]);
  });

  test('nothing checkpointed is NODATA, nothing owned as well', async () => {
    expect(await verdictOf(faultless([], { checkpointsAt: [] }))).toBe('NODATA');
    expect((await verify(inputsOf())).verdict).toBe('NODATA');
  });

  test('conditions past the limit of the list are not passed over in silence', async () => {
    const first = ['p', 'q', 'r', 's'].map((id) => event(id, 0));
    const again = [...first, event('late', 10), ...['p', 'q', 'r', 's'].map((id) => event(id, 11))];
    const inputs = () => inputsOf(faultless(again.map((value, offset) => record(offset, value))));
    expect((await verify(inputs(), { findingsMax: 4 })).conditions).toHaveLength(4);
    const { guarantees, conditions } = await verify(inputs(), { findingsMax: 2 });
    expect(conditions).toEqual([
      expect.stringContaining('p: accepted 2 times as the rules say, at 0/0, 0/5'),
      expect.stringContaining('q: accepted 2 times as the rules say, at 0/1, 0/6'),
    ]);
    expect(guarantees.G2).toMatchObject({ holds: false, count: 4 });
  });

  test('a sender seen in two partitions is named, offsets given up are listed', async () => {
    const skipped = [{ from: 5, to: 6, reason: 'poison', by: 'me', atMs: BASE_MS }];
    const first = faultless([record(0, event('a', 0))], { ownership: ownershipOf(0, { partitionCount: 2, skipped }) });
    const second = faultless([record(0, event('b', 0))], { ownership: ownershipOf(1, { partitionCount: 2 }) });
    const report = await verify(inputsOf(first, second));
    expect(report.conditions).toEqual(['sender alice has records in partitions 0 and 1']);
    expect(report.skipped).toEqual(['partition 0: offsets 5 to 5, given up by me at 2026-01-15T12:00:00.000Z: poison']);
    expect(VERDICT_EXIT_CODES[report.verdict]).toBe(0);
  });
});
