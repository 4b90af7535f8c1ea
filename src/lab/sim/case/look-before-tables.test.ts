/** The look at a topic before its dataset is made: what stops a first start there, and what does not. */
import { expect, it } from 'vitest';
import { BUILT_IN_EVENT } from '../../../payments/rules/built-in-event.ts';
import { loadedRules } from '../../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import { lookBeforeTables } from '../../../processor/look-before-tables.ts';
import type { ProcessorSettings } from '../../../processor/settings.ts';
import { hasNoTables } from '../../../sinks/bigquery/dataset/look-at-dataset.ts';
import { paymentRecord } from '../../payment-record.ts';
import type { NewRecord } from '../kafka/topic.ts';
import { settled, someRecords } from '../testing.ts';
import { EPOCH_MS } from '../world/context.ts';
import { createWorld } from '../world/create-world.ts';
import { processorPorts, processorSettings, type SimProcessorOptions } from '../world/processor-main.ts';

const { fraud } = DEFAULT_DECISION_SETTINGS;

function payment(): NewRecord {
  const { key, value } = paymentRecord({ id: 'p-1', eventTimeMs: EPOCH_MS });
  return { timestampMs: EPOCH_MS, key: Buffer.from(String(key)), value: Buffer.from(String(value)) };
}

/** `passed`, or the code and message that it stopped with; and whether the log was closed. */
async function lookAt(
  records: readonly NewRecord[],
  options: SimProcessorOptions,
  more: Partial<ProcessorSettings> = {},
): Promise<{ outcome: string; stops: number }> {
  const world = createWorld({ seed: 7, partitions: 1 });
  world.kafka.partition(0).append(records);
  const ports = processorPorts(world.process('a').boot(), options);
  let stops = 0;
  const log = new Proxy(ports.log, {
    get(target, name) {
      if (name === 'stop') stops++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const settings = { ...processorSettings('a', { acceptNothing: false, ...options }), ...more };
  const looking = lookBeforeTables(settings, { ...ports, log }, new AbortController().signal).then(
    () => 'passed',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
  return { outcome: await settled(world, looking), stops };
}

it('rules that reject all that the topic holds stop it, where it is to end there, and the log is closed', async () => {
  const { outcome, stops } = await lookAt(someRecords(5), { untilCaughtUp: true });
  expect(outcome).toMatch(/^nothing_accepted: .*first 5 records .* Nothing was made or written\./);
  expect(stops).toBe(1);
});

it('it names the rules file and the number of records to check', async () => {
  const rules = () => loadedRules({ revision: 1, event: BUILT_IN_EVENT, columns: [], fraud });
  const rulesFile = 'my/rules.yaml';
  const { outcome } = await lookAt(someRecords(1_200), { rules }, { rulesFile });
  expect(outcome).toContain('`provenonce rules check my/rules.yaml --from-topic --count 1000`');
});

it('a few rejected records, none, and a payment behind them are no reason to stop', async () => {
  const passed = { outcome: 'passed', stops: 0 };
  expect(await lookAt(someRecords(5), {})).toEqual(passed);
  expect(await lookAt([], {})).toEqual(passed);
  expect(await lookAt([], { untilCaughtUp: true })).toEqual(passed);
  expect(await lookAt([...someRecords(5), payment()], { untilCaughtUp: true })).toEqual(passed);
  expect(await lookAt(someRecords(5), { untilCaughtUp: true, acceptNothing: true })).toEqual(passed);
});

it('a clock risk stops it too', async () => {
  const { outcome } = await lookAt([payment()], { acceptClockRisk: false, decision: () => ({ watermarkDelayMs: 1 }) });
  expect(outcome).toMatch(/^clock_risk: /);
});

it('a dataset is looked at before it has tables, and no later', () => {
  expect(hasNoTables({ dataset: undefined, tables: new Map([['rules', undefined]]) })).toBe(true);
  expect(hasNoTables({ dataset: {}, tables: new Map([['rules', {}]]) })).toBe(false);
});
