/** Where a walk starts from a trusted checkpoint, what it knows by then, and in which order it shows things. */
import { expect, test } from 'vitest';
import { event, faultless, ownershipOf, type PartitionHistory, record } from '../testing/history.ts';
import { type PartitionSources, type StartedGeneration, type Step, walkPartition } from './walk-partition.ts';

const OWN = { offset: 0, id: 'twice' };
/** Accepted at 0 to 3; a copy of the first at 4. */
const RECORDS = [
  ...[OWN.id, 'b', 'c', 'd'].map((id, offset) => record(offset, event(id, 30))),
  record(4, event(OWN.id, 30)),
];

function sourcesOf(history: PartitionHistory, more: Partial<PartitionSources>): PartitionSources {
  const one = async function* <T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
    // A chunk for each: nothing may depend on how they come.
    for (const item of items) yield [item];
  };
  return {
    ownership: history.ownership,
    generations: [],
    nextOffset: 5,
    trusted: undefined,
    checkpoints: one(history.checkpoints),
    records: one(history.records),
    rows: {
      payment_transactions: one(history.payment_transactions),
      payment_transactions_fraud: one(history.payment_transactions_fraud),
      payment_metrics_partials: one(history.payment_metrics_partials),
      payment_exceptions: one(history.payment_exceptions),
    },
    ...more,
  };
}

async function walked(sources: PartitionSources) {
  const steps: Step[] = [];
  const checkpoints: (readonly [nextOffset: number, stepsBefore: number])[] = [];
  await walkPartition(sources, {
    step: (step) => steps.push(step),
    checkpoint: ({ next_offset }) => checkpoints.push([next_offset, steps.length]),
  });
  return { steps, checkpoints };
}

/** The log begins at the checkpoint, and there the partition learns that another one has accepted the same payment. */
async function cutAtTheChange() {
  const history = faultless(RECORDS, { checkpointsAt: [4, 5], ownership: ownershipOf(0) });
  const payment = {
    ...event(OWN.id, 30),
    event_time: event(OWN.id, 30).timestamp,
    amount: 10_250_000_000n,
    columns: {},
  };
  const carried = [{ payment, offset: 77 }] as unknown as StartedGeneration['accepted'];
  const generation = { fromOffset: 3, partitions: 2, floorMs: 0, accepted: carried, elsewhere: [] };
  history.records = history.records.slice(4);
  return walked(sourcesOf(history, { trusted: history.checkpoints[0], generations: [generation] }));
}

test('of a payment that two partitions accepted before a change, a partition knows its own: it had it first', async () => {
  const { steps } = await cutAtTheChange();
  expect(steps.at(-1)?.outcome).toMatchObject({ disposition: 'duplicate', firstOffset: OWN.offset, conflict: false });
});

test('rows below a trusted checkpoint are shown as trusted, each once and in order; what follows is checked', async () => {
  const { steps, checkpoints } = await cutAtTheChange();
  expect(steps.map(({ offset, trusted }) => [offset, trusted])).toEqual([
    [0, true],
    [1, true],
    [2, true],
    [3, true],
    [4, false],
  ]);
  expect(steps.map(({ rows }) => rows.payment_transactions.map(({ transaction_id: id }) => id))).toEqual([
    [OWN.id],
    ['b'],
    ['c'],
    ['d'],
    [],
  ]);
  expect(checkpoints).toEqual([
    [4, 4],
    [5, 5],
  ]);
});

test('without one every record is shown with its rows, and a row without a record at its offset', async () => {
  const history = faultless(RECORDS, { checkpointsAt: [5] });
  history.records = history.records.filter(({ offset }) => offset !== 2 && offset !== 4);
  const { steps } = await walked(sourcesOf(history, {}));
  expect(
    steps.map(({ offset, record: found, outcome }) => [offset, found?.offset ?? null, outcome?.disposition]),
  ).toEqual([
    [0, 0, 'accepted'],
    [1, 1, 'accepted'],
    [2, null, undefined],
    [3, 3, 'accepted'],
    [4, null, undefined],
  ]);
  expect(steps.map(({ below }) => below)).toEqual([true, true, true, true, true]);
});
