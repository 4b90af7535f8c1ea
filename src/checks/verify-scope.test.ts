/** What verify says it has checked: no more than it has, and of another log nothing but that. */
import { describe, expect, test } from 'vitest';
import { GUARANTEES } from './findings.ts';
import { event, faultless, inputsOf, inputsWith, ownershipOf, record } from './testing/history.ts';
import { records } from './testing/judged.ts';
import { verify } from './verify.ts';
import { verifyText } from './verify-text.ts';

describe('a partition of the topic that nobody reads', () => {
  test('breaks G1 where it holds records', async () => {
    const inputs = inputsWith([faultless(records())], { topicPartitions: 3 });
    const bounds = { startOffset: 0, endOffset: 50, highWatermark: 50 };
    const full = {
      ...inputs,
      bounds: (partition: number) => (partition === 2 ? Promise.resolve(bounds) : inputs.bounds(partition)),
    };
    const { verdict, guarantees, unknown } = await verify(full);
    expect(verdict).toBe('FAIL');
    expect(guarantees.G1.findings).toMatchObject([
      { kind: 'partition_unread', partition: 2, actual: expect.stringContaining('50 offsets') },
    ]);
    expect(unknown).toEqual([expect.stringContaining('partition 1 of the topic has no ownership row')]);
  });

  test('breaks G1 where retention has taken its records already', async () => {
    const inputs = inputsWith([faultless(records())], { topicPartitions: 2 });
    const gone = { startOffset: 50, endOffset: 50 };
    const empty = {
      ...inputs,
      bounds: (partition: number) => (partition === 1 ? Promise.resolve(gone) : inputs.bounds(partition)),
    };
    expect((await verify(empty)).guarantees.G1.findings).toMatchObject([{ kind: 'partition_unread', partition: 1 }]);
  });

  test('is UNKNOWN where it holds nothing', async () => {
    const { verdict } = await verify(inputsWith([faultless(records())], { topicPartitions: 2 }));
    expect(verdict).toBe('UNKNOWN');
  });
});

describe('another log', () => {
  const others = () =>
    Array.from({ length: 20 }, (_, minute) => record(minute, event(`other-${minute}`, minute, { amount: '3' })));

  test.each([
    ['ends below the checkpoint', () => others().slice(0, 9)],
    ['holds other records', others],
  ])('that %s is one sentence', async (_, records_) => {
    const history = faultless(records(), { checkpointsAt: [5, 14] });
    history.records = records_();
    history.logEnd = history.records.length;
    const report = await verify(inputsOf(history));
    expect(report.verdict).toBe('FAIL');
    const findings = GUARANTEES.flatMap((name) => report.guarantees[name].findings);
    expect(findings).toMatchObject([{ kind: 'another_log', message: expect.stringContaining('another log') }]);
    const text = verifyText(report);
    expect(text.match(/another log/g)).toHaveLength(1);
    expect(text.match(/not checked/g)).toHaveLength(5);
  });

  test('is seen by the newest checkpoint whose record it should still have', async () => {
    const history = faultless(records(), { checkpointsAt: [5, 9, 14] });
    history.records = others();
    history.logEnd = history.records.length;
    const report = await verify(inputsOf(history));
    expect(report.guarantees.G6.findings[0]?.message).toContain('holds another record at offset 13 than the one');
  });

  test.each([
    ['the oldest checkpoint', [0]],
    ['the newest checkpoint', [2]],
  ])('is none where the record of %s is the one that was processed', async (_, kept) => {
    const history = faultless(records(), { checkpointsAt: [5, 9, 14] });
    history.checkpoints = history.checkpoints.map((row, at) =>
      kept.includes(at) ? row : { ...row, record_fingerprint: `${row.next_offset - 1}:0000000000000000` },
    );
    // Nor are the first payments those of the tables.
    history.payment_transactions = history.payment_transactions.map((row) => ({ ...row, transaction_id: 'changed' }));
    const { verdict, guarantees } = await verify(inputsOf(history));
    expect(verdict).toBe('FAIL');
    const kinds = GUARANTEES.flatMap((name) => guarantees[name].findings.map(({ kind }) => kind));
    expect(kinds).not.toContain('another_log');
  });

  test('with fewer partitions is one sentence for all of them', async () => {
    const histories = [0, 1, 2].map((partition) =>
      faultless(records(), { ownership: ownershipOf(partition, { partitionCount: 3 }) }),
    );
    histories[0]!.records = others().slice(0, 3);
    histories[0]!.logEnd = 3;
    const { guarantees } = await verify(inputsWith(histories, { topicPartitions: 1 }));
    expect(guarantees.G6.findings).toMatchObject([
      {
        kind: 'another_log',
        message: expect.stringMatching(/partition 0 ends.*partition 1 is not there.*partition 2/),
      },
    ]);
    expect(guarantees.G6.count).toBe(1);
  });
});

describe('the text', () => {
  test('of nothing says that nothing was checked', async () => {
    for (const history of [[], [faultless([], { checkpointsAt: [] })]]) {
      const report = await verify(inputsOf(...history));
      expect(report.verdict).toBe('NODATA');
      for (const name of GUARANTEES) expect(report.guarantees[name]).toMatchObject({ holds: false, checked: false });
      expect(verifyText(report)).not.toContain('holds');
      expect(verifyText(report)).toContain('not checked  G1');
      expect(verifyText(report)).toContain('run `provenonce process`, and verify then\nNODATA');
    }
  });

  test('says how many records, up to which offset, and what is left', async () => {
    const history = faultless(records().slice(0, 6));
    history.records = records();
    history.logEnd = 14;
    history.open = 3;
    const text = verifyText(await verify(inputsOf(history)));
    expect(text).toContain('partition 0: 14 records, offsets 0 to 13; guaranteed below offset 6, epoch 1');
    expect(text).toContain('8 of these records have no checkpoint yet');
    expect(text).toContain('3 offsets from 14 on cannot be read yet');
    expect(text).not.toContain('all of the log');
  });

  test('says from where on, of a log that retention has cut', async () => {
    const history = faultless(records(), { checkpointsAt: [8, 14] });
    history.logStart = 6;
    expect(verifyText(await verify(inputsOf(history)))).toContain('partition 0: 6 records, offsets 8 to 13;');
  });
});
