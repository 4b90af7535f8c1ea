/** How a processor ends: its exit code, its first and last events, and that the full reason appears once. */
import { expect, it } from 'vitest';
import { ConfigurationError, ContradictionError, UnreachableError } from '../base/errors.ts';
import { loadedRules } from '../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../payments/settings.ts';
import { rules } from '../payments/testing/rules-fixture.ts';
import type { ProcessorEvent } from './events.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Ownership } from './ports.ts';
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
  owned: readonly Partial<Ownership>[] = [],
) {
  const events: ProcessorEvent[] = [];
  const untilAborted = (_: number, signal?: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const ports = {
    runtime: { nowMs: () => 0, monotonicMs: () => 0, sleep: untilAborted, random: () => 0, uuid: () => 'id' },
    log: { facts, start: () => new Promise(() => {}), stop: async () => {} },
    sink: {
      readOwnership: async () => owned,
      foresee: () => {},
      topics: async () => ['t'],
      wrongTables: async () => undefined,
      lostInBulk: async () => undefined,
    },
    state: { close: async () => {} },
    observer: {
      emit: (event: ProcessorEvent) => {
        events.push(event);
        if (event.type === 'processor.started') stop.abort();
      },
    },
  } as unknown as ProcessorPorts;
  const { exitCode } = await new Processor(settings, ports).run(stop.signal);
  const warnings = events.flatMap((event) => (event.type === 'log.warning' ? [event] : []));
  const older = events.filter(({ type }) => type === 'settings.older');
  return {
    exitCode,
    older,
    warnings,
    told: events.map((event) => ('why' in event ? [event.type, event.why] : [event.type])),
  };
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
    older: [],
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

/** Partition 0 as it was left, last by settings of this revision. */
function leftBy(revision: number): Partial<Ownership> {
  const rulesFile = loadedRules({ ...rules(), revision });
  const decision = DEFAULT_DECISION_SETTINGS;
  const history = [{ fromOffset: 0, foldVersion: 3, decision, revision, rules: rulesFile }];
  const fixed = defaultFixedSettings(0);
  return { topic: 't', partition: 0, partitionCount: 1, epoch: 1, startOffset: 0, fixed, history };
}

it.each([
  ['one that ends when it is caught up warns at its start', true, 1],
  ['another one when it takes the partition over', false, 0],
])('of settings that are older than those in force %s', async (_, untilCaughtUp, warnings) => {
  const settings = { ...SETTINGS, untilCaughtUp, revision: 2, rules: loadedRules({ ...rules(), revision: 2 }) };
  const { exitCode, older } = await endingWith(async () => FACTS, undefined, settings, [leftBy(4)]);
  expect(exitCode).toBe(0);
  expect(older).toEqual(
    Array.from({ length: warnings }, () => ({ type: 'settings.older', partition: 0, revision: 2, newest: 4 })),
  );
});

it('other rules of the revision that is in force are refused before anything is claimed', async () => {
  const settings = {
    ...SETTINGS,
    revision: 4,
    rules: loadedRules({ ...rules({ timestamp: { path: '/at' } }), revision: 4 }),
  };
  const { exitCode, told } = await endingWith(async () => FACTS, undefined, settings, [leftBy(4)]);
  expect(exitCode).toBe(64);
  expect(told.map(([type]) => type)).toEqual(['processor.stopping', 'processor.stopped']);
});
