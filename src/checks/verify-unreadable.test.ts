import { expect, test } from 'vitest';
import type { TopicRecord, VerifyInputs } from './inputs/verify-inputs.ts';
import {
  BASE_MS,
  event,
  faultless,
  inputsOf,
  ownershipOf,
  type PartitionHistory,
  RULES,
  record,
} from './testing/history.ts';
import { UnreadableLogError } from './topic/errors.ts';
import { verify } from './verify.ts';

const damage = { offset: 3, lastOffset: 4, reason: 'its CRC32C is 1, and the batch says 2' };

function history(partition: number, ids: readonly string[], changes: Parameters<typeof ownershipOf>[1] = {}) {
  const records = ids.map((id, offset) => record(offset, event(id, offset, { sender_account_id: `p${partition}` })));
  return faultless(records, { ownership: ownershipOf(partition, { partitionCount: 2, ...changes }) });
}

/** The batch of offsets 3 and 4 of partition 0 cannot be read. */
function withDamage(...histories: PartitionHistory[]): VerifyInputs {
  const inputs = inputsOf(...histories);
  return {
    ...inputs,
    async *records(partition, from, to): AsyncGenerator<readonly TopicRecord[]> {
      for await (const chunk of inputs.records(partition, from, to)) {
        if (partition === 0 && from <= 4 && chunk.some(({ offset }) => offset >= 3)) {
          yield chunk.filter(({ offset }) => offset < 3);
          throw new UnreadableLogError('payment-events', 0, damage);
        }
        yield chunk;
      }
    },
  };
}

const sixOf = (partition: number) => ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => `${id}${partition}`);

test('a batch that cannot be read makes its partition unknown, with the command to run next; the others are checked', async () => {
  const report = await verify(withDamage(history(0, sixOf(0)), history(1, sixOf(1))));
  expect(report.verdict).toBe('UNKNOWN');
  expect(Object.values(report.guarantees).flatMap(({ findings }) => findings)).toEqual([]);
  expect(report.unknown).toHaveLength(1);
  expect(report.unknown[0]).toContain('partition 0: nothing from offset 3 on was checked: batch_damaged');
  expect(report.unknown[0]).toContain(damage.reason);
  expect(report.unknown[0]).toContain('provenonce skip --partition 0 --from 3 --to 5 ');
  expect(report.partitions.map(({ recordsChecked }) => recordsChecked)).toEqual([3, 6]);
});

test('it hides no finding: neither of what lies before it nor of another partition', async () => {
  const [before, other] = [history(0, sixOf(0)), history(1, sixOf(1))];
  before.payment_transactions = before.payment_transactions.filter(({ kafka_offset }) => kafka_offset !== 1);
  other.payment_transactions = other.payment_transactions.filter(({ kafka_offset }) => kafka_offset !== 5);
  const report = await verify(withDamage(before, other));
  expect(report.verdict).toBe('FAIL');
  const lost = report.guarantees.G1.findings.map(({ partition, offsets }) => ({ partition, offsets }));
  expect(lost).toEqual([
    { partition: 0, offsets: [1] },
    { partition: 1, offsets: [5] },
  ]);
  expect(report.unknown).toHaveLength(1);
});

test('a log whose first payments cannot be read is not taken for another one by a fingerprint that differs', async () => {
  const changed = history(0, sixOf(0));
  const { checkpoints } = changed;
  const at = checkpoints.length - 1;
  checkpoints[at] = { ...checkpoints[at]!, record_fingerprint: '5:0000000000000000' };
  const inputs = inputsOf(changed, history(1, sixOf(1)));
  const firstUnreadable: VerifyInputs = {
    ...inputs,
    async *records(partition, from, to) {
      if (partition === 0 && from < 2) throw new UnreadableLogError('payment-events', 0, { ...damage, offset: from });
      yield* inputs.records(partition, from, to);
    },
  };
  const report = await verify(firstUnreadable);
  expect(report.unknown.join()).toContain('batch_damaged');
  expect(JSON.stringify(report)).not.toContain('holds another record');
});

test('another error of the reader still ends everything', async () => {
  const inputs = inputsOf(history(0, sixOf(0)));
  const broken: VerifyInputs = {
    ...inputs,
    // biome-ignore lint/correctness/useYield: it fails before there is anything
    async *records() {
      throw new Error('unreachable');
    },
  };
  await expect(verify(broken)).rejects.toThrow('unreachable');
});

const given = (from: number, to: number) => ({ from, to, reason: 'unreadable', by: 'me', atMs: BASE_MS });

/** Judged as if the offsets from..to were not there. */
function skipping(from: number, to: number): PartitionHistory {
  const ownership = ownershipOf(0, { skipped: [given(from, to)] });
  const records = sixOf(0).map((id, offset) => record(offset, event(id, offset)));
  const judged = faultless(
    records.filter(({ offset }) => offset < from || offset >= to),
    { ownership },
  );
  return { ...judged, records };
}

test('what was given up is not read: after that, verify passes and lists it', async () => {
  const report = await verify(withDamage(skipping(3, 5)));
  expect(report).toMatchObject({ verdict: 'PASS', unknown: [] });
  expect(report.skipped).toEqual([expect.stringContaining('offsets 3 to 4')]);
});

test.for([
  [3, 4],
  [4, 5],
])(
  'offsets %i up to %i were given up and the batch is longer: it says so, and checks nothing behind',
  async ([from, to]) => {
    const report = await verify(withDamage(skipping(from!, to!)));
    expect(report.verdict).toBe('UNKNOWN');
    expect(report.unknown[0]).toContain(`Given up of it were only the offsets ${from} to ${to! - 1}.`);
  },
);

test('what a partition learns of another at a rescaling is unknown where that one cannot be read', async () => {
  const generation = { partitions: 2, floorMs: BASE_MS, sources: [{ partition: 0, offset: 6 }] };
  const rules = [
    { fromOffset: 0, foldVersion: 2, decision: RULES },
    { fromOffset: 2, foldVersion: 2, decision: RULES, generation },
  ];
  const [first, change] = rules;
  const old = history(0, sixOf(0), { partitionCount: 1, history: [first!, { ...change!, fromOffset: 6 }] });
  const added = history(1, sixOf(1), { partitionCount: 1, history: rules });
  const report = await verify(withDamage(old, added));
  expect(report.verdict).toBe('UNKNOWN');
  expect(report.unknown).toEqual([
    expect.stringContaining('partition 0: nothing from offset 3 on'),
    expect.stringContaining("partition 1: nothing from the topic's change"),
  ]);
  expect(report.partitions[1]).toMatchObject({ partition: 1, recordsChecked: 2 });
});
