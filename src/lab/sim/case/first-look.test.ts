/** The first look at a topic (processor/first-look.ts) in whole processors: nothing is written before the first payment. */
import { expect, it } from 'vitest';
import { loadedRules } from '../../../payments/rules/rules-document.ts';
import type { ProcessorEvent } from '../../../processor/events.ts';
import type { ExitReport } from '../../../processor/processor.ts';
import { readRules } from '../../../rules/read-rules.ts';
import { paymentRecord } from '../../payment-record.ts';
import type { NewRecord } from '../kafka/topic.ts';
import { elapse } from '../testing.ts';
import { EPOCH_MS } from '../world/context.ts';
import { createWorld } from '../world/create-world.ts';
import { processorMain, type SimProcessorOptions } from '../world/processor-main.ts';
import type { World } from '../world/world.ts';

const FOREIGN = '{"id":"ch_1","object":"charge","amount":2000,"currency":"usd"}';

function foreign(count: number, value = FOREIGN): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    timestampMs: EPOCH_MS + i,
    key: Buffer.from('k'),
    value: Buffer.from(value),
  }));
}

function payment(id: string): NewRecord {
  const { key, value } = paymentRecord({ id, eventTimeMs: EPOCH_MS });
  return { timestampMs: EPOCH_MS, key: Buffer.from(String(key)), value: Buffer.from(String(value)) };
}

interface Started {
  readonly world: World;
  readonly events: ProcessorEvent[];
  exits(): ExitReport[];
}

/** A process that looks first, at a topic whose partitions hold these records. */
function start(partitions: readonly (readonly NewRecord[])[], options: SimProcessorOptions = {}): Started {
  const world = createWorld({ seed: 7, partitions: partitions.length });
  for (const [partition, records] of partitions.entries()) world.kafka.partition(partition).append(records);
  const events: ProcessorEvent[] = [];
  const observer = { emit: (event: ProcessorEvent) => void events.push(event) };
  const process = world.spawn('a', processorMain({ acceptNothing: false, observer, ...options }));
  return { world, events, exits: () => process.exits.map(({ value }) => value as ExitReport) };
}

/** Nothing at all: no row of any table, no stream, and no ownership row, which would fix the first rules. */
function isUntouched({ bigquery, kafka }: World): boolean {
  return bigquery.tables.streams.size === 0 && bigquery.ownership.read(kafka.topic).length === 0;
}

const refused = expect.objectContaining({
  exitCode: 65,
  error: expect.objectContaining({ code: 'nothing_accepted' }),
});

it('a topic whose records are all rejected stops the process at its end, and nothing is written', async () => {
  const { world, events, exits } = start([foreign(3), foreign(2, 'Obj')], { untilCaughtUp: true });
  await elapse(world, 30_000);
  expect(exits()).toEqual([refused]);
  expect(isUntouched(world)).toBe(true);
  expect(exits()[0]!.why).toContain(
    'none of its first 5 records is a payment: field_missing 3 (60 %), first at partition 0, offset 0 (field_missing: transaction_id)',
  );
  expect(exits()[0]!.why).toContain('No row was written; the dataset has its tables, which are empty.');
  expect(exits()[0]!.why).toContain('`provenonce rules init --from-topic` proposes one');
  expect(events.find(({ type }) => type === 'first_look.ended')).toMatchObject({
    passed: false,
    records: 5,
    rejected: 5,
  });
});

it('without an end to reach, a thousand rejected records are enough, and fewer are not', async () => {
  const { world, exits, events } = start([foreign(999)]);
  await elapse(world, 90_000);
  expect(exits()).toEqual([]);
  expect(events.filter(({ type }) => type === 'first_look.waiting')).toHaveLength(2);
  expect(isUntouched(world)).toBe(true);
  world.kafka.partition(0).append(foreign(1));
  await elapse(world, 20_000);
  expect(exits()).toEqual([refused]);
  expect(isUntouched(world)).toBe(true);
});

it('a partition full of other records does not hide the payments of another one', async () => {
  const { world, exits } = start([foreign(3_000), [...foreign(20), payment('p-1')]], { untilCaughtUp: true });
  await elapse(world, 120_000);
  expect(exits()).toEqual([expect.objectContaining({ exitCode: 0 })]);
  expect(world.bigquery.tables.checkpointed(0)).toBe(3_000);
  expect(world.bigquery.tables.checkpointed(1)).toBe(21);
});

it('with the first payment all partitions begin at their start: what was looked at is folded too', async () => {
  const { world, exits } = start([foreign(7), []]);
  await elapse(world, 30_000);
  expect(isUntouched(world)).toBe(true);
  world.kafka.partition(1).append([payment('p-1')]);
  await elapse(world, 30_000);
  expect(exits()).toEqual([]);
  expect([0, 1].map((partition) => world.bigquery.tables.checkpointed(partition))).toEqual([7, 1]);
});

it('an empty topic is waited for, or ended at once if its end is reached', async () => {
  const waiting = start([[]]);
  await elapse(waiting.world, 30_000);
  expect(waiting.exits()).toEqual([]);
  expect(waiting.events.filter(({ type }) => type === 'first_look.waiting')).toMatchObject([{ records: 0 }]);
  const ending = start([[]], { untilCaughtUp: true });
  await elapse(ending.world, 60_000);
  expect(ending.exits()).toEqual([expect.objectContaining({ exitCode: 0 })]);
});

it('--accept-nothing writes them as rejected rows', async () => {
  const { world, exits } = start([foreign(5)], { acceptNothing: true, untilCaughtUp: true });
  await elapse(world, 60_000);
  expect(exits()).toEqual([expect.objectContaining({ exitCode: 0 })]);
  expect(world.bigquery.tables.checkpointed(0)).toBe(5);
});

it('a process that is killed during the look leaves nothing behind, and one that begins in spite of them is followed', async () => {
  const { world, exits, events } = start([foreign(5)]);
  await elapse(world, 5_000);
  world.process('a').crash();
  expect(isUntouched(world)).toBe(true);
  world.process('a').start();
  await elapse(world, 5_000);
  world.spawn('b', processorMain({ acceptNothing: true }));
  await elapse(world, 120_000);
  expect(exits()).toEqual([]);
  expect(events.some((event) => event.type === 'first_look.ended' && event.passed)).toBe(true);
  expect(events.some(({ type }) => type === 'assignment.changed')).toBe(true);
  expect(world.bigquery.tables.checkpointed(0)).toBe(5);
});

it('a dataset that has begun is not looked at again: later records may all be bad', async () => {
  const { world, exits } = start([[payment('p-1')]]);
  await elapse(world, 30_000);
  world.process('a').stop();
  await elapse(world, 30_000);
  world.kafka.partition(0).append(foreign(1_500));
  world.process('a').start();
  await elapse(world, 60_000);
  expect(exits()).toHaveLength(1);
  expect(world.bigquery.tables.checkpointed(0)).toBe(1_501);
});

it('a stop during the look is a clean end', async () => {
  const { world, exits } = start([foreign(5)]);
  await elapse(world, 5_000);
  world.process('a').stop();
  await elapse(world, 5_000);
  expect(exits()).toEqual([expect.objectContaining({ exitCode: 0 })]);
  expect(isUntouched(world)).toBe(true);
});

/** The payments of this test's topic have a type of their own beside the members of the built-in event. */
const RULES = readRules(
  `revision: 1
event:
  select: [{ path: /type, in: [payment] }]
  key: any
  transaction_id: { path: /transaction_id }
  sender_account_id: { path: /sender_account_id }
  amount: { path: /amount }
  currency: { path: /currency }
  timestamp: { path: /timestamp }
fraud: { activity: 'off' }`,
  'rules.yaml',
);

function withRules(): SimProcessorOptions {
  if (Array.isArray(RULES)) throw new Error(RULES.map(({ text }) => text).join('\n'));
  const rules = loadedRules(RULES);
  return { rules: () => rules };
}

function typed(id: string): NewRecord {
  const { value, ...record } = payment(id);
  return { ...record, value: Buffer.from(JSON.stringify({ ...JSON.parse(String(value)), type: 'payment' })) };
}

it('records that select leaves out speak neither for the rules nor against them', async () => {
  const { world, events, exits } = start([foreign(1_500)], withRules());
  await elapse(world, 30_000);
  expect(exits()).toEqual([]);
  expect(isUntouched(world)).toBe(true);
  expect(events.find(({ type }) => type === 'first_look.waiting')).toMatchObject({ records: 1_500, rejected: 0 });
  world.kafka.partition(0).append([typed('p-1')]);
  await elapse(world, 30_000);
  expect(world.bigquery.tables.checkpointed(0)).toBe(1_501);
});

it('records of the kind that is selected, in another form, are refused by the rules', async () => {
  const { world, exits } = start([[...foreign(3), ...foreign(2, '{"type":"payment"}')]], {
    ...withRules(),
    untilCaughtUp: true,
  });
  await elapse(world, 30_000);
  expect(exits()).toEqual([refused]);
  expect(exits()[0]!.why).toContain('not_a_payment 3 (60 %)');
  expect(isUntouched(world)).toBe(true);
});

it('after a refusal the corrected rules begin, with the same revision: the refused ones fixed nothing', async () => {
  let options: SimProcessorOptions = {};
  const world = createWorld({ seed: 7, partitions: 1 });
  world.kafka.partition(0).append([typed('p-1')]);
  const wrong = readRules(
    'revision: 1\nevent: { transaction_id: { path: /id }, sender_account_id: { path: /a }, amount: { path: /b }, currency: { path: /c }, timestamp: { path: /d } }',
    'wrong.yaml',
  );
  if (Array.isArray(wrong)) throw new Error(wrong.map(({ text }) => text).join('\n'));
  const loaded = loadedRules(wrong);
  options = { rules: (owner) => (owner === 'a.1' ? loaded : withRules().rules!(owner)) };
  const process = world.spawn('a', processorMain({ acceptNothing: false, untilCaughtUp: true, ...options }));
  await elapse(world, 30_000);
  process.start();
  await elapse(world, 60_000);
  expect(process.exits.map(({ value }) => (value as ExitReport).exitCode)).toEqual([65, 0]);
  expect(world.bigquery.tables.checkpointed(0)).toBe(1);
});
