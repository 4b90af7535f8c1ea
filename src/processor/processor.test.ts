/** How a processor ends: its exit code, its first and last events, and that the full reason appears once. */
import { expect, it } from 'vitest';
import { ConfigurationError, ContradictionError, UnreachableError } from '../base/errors.ts';
import { loadedRules } from '../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import { rules } from '../payments/testing/rules-fixture.ts';
import type { ProcessorEvent } from './events.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Processor, type ProcessorPorts } from './processor.ts';
import type { ProcessorSettings } from './settings.ts';

const SETTINGS = {
  topic: 't',
  owner: 'me',
  seed: { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventAgeMs: 1 },
  decision: DEFAULT_DECISION_SETTINGS,
  startAt: { kind: 'earliest' },
  untilCaughtUp: false,
  acceptClockRisk: false,
  acceptNothing: true,
  limits: DEFAULT_LIMITS,
} as const;
const FACTS = { topic: 't', partitionCount: 1, compacted: false, logAppendTime: true, timestampAfterMaxMs: 0 };

/** A processor that learns these facts of the topic, or is refused them. */
async function endingWith(
  facts: () => Promise<unknown>,
  stop = new AbortController(),
  settings: ProcessorSettings = SETTINGS,
) {
  const events: ProcessorEvent[] = [];
  const untilAborted = (_: number, signal?: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const ports = {
    runtime: { nowMs: () => 0, monotonicMs: () => 0, sleep: untilAborted, random: () => 0, uuid: () => 'id' },
    log: { facts, start: () => new Promise(() => {}), stop: async () => {} },
    sink: {
      readOwnership: async () => [],
      topics: async () => ['t'],
      wrongTables: async () => undefined,
      lostInBulk: async () => undefined,
    },
    state: { close: async () => {} },
    observer: { emit: (event: ProcessorEvent) => events.push(event) },
  } as unknown as ProcessorPorts;
  const { exitCode } = await new Processor(settings, ports).run(stop.signal);
  const warnings = events.flatMap((event) => (event.type === 'log.warning' ? [event] : []));
  return { exitCode, warnings, told: events.map((event) => ('why' in event ? [event.type, event.why] : [event.type])) };
}

const rejecting = (error: unknown) => async () => {
  throw error;
};

it.each<[string, () => Promise<unknown>, number, string, RegExp]>([
  [
    'a contradiction',
    async () => ({ ...FACTS, compacted: true }),
    65,
    'topic_compacted',
    /^topic_compacted: topic t has/,
  ],
  [
    'a clock risk',
    async () => ({ ...FACTS, logAppendTime: false, timestampAfterMaxMs: 3_600_000 }),
    65,
    'clock_risk',
    /^clock_risk: topic t: one fast clock .* Run: kafka-configs/,
  ],
  [
    'a contradiction that a port finds',
    rejecting(new ContradictionError('ownership_rows', 'two rows')),
    65,
    'ownership_rows',
    /^ownership_rows: two rows$/,
  ],
  ['the configuration', rejecting(new ConfigurationError(['no topic t'])), 64, 'the configuration', /^no topic t$/],
  [
    'a service that is away',
    rejecting(new UnreachableError('no answer')),
    69,
    'a service stayed unreachable',
    /^no answer$/,
  ],
  ['a bug', rejecting(new TypeError('not a function')), 70, 'a bug', /^not a function$/],
  ['what is no error at all', rejecting('text'), 70, 'a bug', /^text$/],
])(
  '%s ends it with its code; the reason in whole is the last word and no other',
  async (_, facts, code, short, why) => {
    const { exitCode, told } = await endingWith(facts);
    expect(exitCode).toBe(code);
    expect(told).toEqual([
      ['processor.stopping', short],
      ['processor.stopped', expect.stringMatching(why)],
    ]);
  },
);

it('being asked to stop is reason enough', async () => {
  const stop = new AbortController();
  const ending = endingWith(async () => new Promise(() => {}), stop);
  stop.abort(new Error('SIGTERM'));
  expect(await ending).toEqual({
    exitCode: 0,
    warnings: [],
    told: [
      ['processor.stopping', 'asked to stop'],
      ['processor.stopped', 'asked to stop'],
    ],
  });
});

it('a mapping that takes the Kafka timestamp for the time of the event is warned of once, with its condition', async () => {
  const ending = (path: string) => {
    const settings = { ...SETTINGS, revision: 1, rules: loadedRules(rules({ timestamp: { path } })) };
    return endingWith(rejecting(new ConfigurationError(['no topic t'])), undefined, settings);
  };
  const condition = /^timestamp: record.timestamp .* every copy of a payment .* ID_HORIZON/;
  expect((await ending('record.timestamp')).warnings).toEqual([
    { type: 'log.warning', what: 'rules', detail: expect.stringMatching(condition) },
  ]);
  expect((await ending('/timestamp')).warnings).toEqual([]);
});
