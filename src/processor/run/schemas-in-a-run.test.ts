/** Records that name a schema which is not there yet: what comes before them is written, they wait, and nothing after them is folded. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ContradictionError } from '../../base/errors.ts';
import { parseAvro } from '../../payments/event/avro/parse-avro.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { loadedRules } from '../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from '../../payments/settings.ts';
import { PLACE, record } from '../../payments/testing/fold-fixture.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { SchemaNeed } from '../schemas/dataset-schemas.ts';
import { nothingThere } from '../testing/reached-tables.ts';
import { AppendTurns } from './append-turns.ts';
import type { CursorAnswer } from './log-cursor.ts';
import { PartitionRun, type PartitionRunOptions } from './partition-run.ts';

const FIELDS = ['id', 'from', 'currency', 'amount'].map((name) => ({ name, type: 'string' }));
const SCHEMA = {
  kind: 'avro',
  root: parseAvro(JSON.stringify({ type: 'record', name: 'P', fields: FIELDS })),
} as const;
const RULES = loadedRules({
  revision: 1,
  event: {
    format: 'avro',
    select: [],
    key: 'any',
    rejectSchemaIds: [],
    keepRejectedPayload: false,
    texts: { transaction_id: { path: '/id' }, sender_account_id: { path: '/from' }, currency: { path: '/currency' } },
    amount: { path: '/amount' },
    timestamp: { path: 'record.timestamp' },
  },
  columns: [],
  fraud: DEFAULT_DECISION_SETTINGS.fraud,
});

function payment(offset: number, schemaId: number) {
  const texts = [`txn-${offset}`, 'me', 'EUR', '1.5'].map((text) => [
    Buffer.from([2 * text.length]),
    Buffer.from(text),
  ]);
  const head = Buffer.from([0, 0, 0, 0, schemaId]);
  return { ...record(offset, {}), value: Buffer.concat([head, ...texts.flat()]) };
}

function run({ resumeOffset = 0 } = {}) {
  const appended: number[] = [];
  const checkpoints: number[] = [];
  const needs: SchemaNeed[] = [];
  const known = new Set([1]);
  const ensuring = Promise.withResolvers<void>();
  const records = [1, 1, 1, 2, 2].map((schemaId, offset) => payment(offset, schemaId));
  const answers: CursorAnswer[] = [{ records, nextOffset: 5, byteLength: 1, endOffset: 5 }];
  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const schemas = {
    isReady: (id: number) => known.has(id),
    schemaOf: () => SCHEMA,
    async ensure(need: SchemaNeed, signal: AbortSignal) {
      needs.push(need);
      await Promise.race([ensuring.promise, untilAborted(signal)]);
      known.add(need.id);
    },
  };
  const running = new PartitionRun({
    won: {
      ownership: { topic: 't', partition: PLACE.partition, epoch: 2, owner: 'me' },
      open: () => ({
        append: (table: string, { from, to }: { readonly from: number; readonly to: number }) => {
          if (table === 'payment_transactions') appended.push(to - from);
          return { byteLength: 1, landed: Promise.resolve() };
        },
        beginCheckpoint:
          () =>
          async ({ nextOffset }: { readonly nextOffset: number }) => {
            checkpoints.push(nextOffset);
          },
        outlived: () => undefined,
        close: () => {},
      }),
    },
    position: { checkpointOffset: 0, resumeOffset, reached: nothingThere() },
    appendLimits: { maxAppendRows: 4_000, maxAppendBytes: 6e6 },
    history: [
      {
        fromOffset: 0,
        foldVersion: RULES_FOLD_VERSION,
        decision: DEFAULT_DECISION_SETTINGS,
        revision: 1,
        rules: RULES,
      },
    ],
    fold: PartitionFold.fresh({ ...PLACE, startOffset: 0, schemas }),
    cursor: {
      next: async (signal: AbortSignal) => answers.shift() ?? untilAborted(signal),
      fingerprint: () => null,
      release: () => {},
    },
    runtime: { nowMs: () => 0, monotonicMs: () => 0, sleep: (_: number, signal: AbortSignal) => untilAborted(signal) },
    state: { append: async () => {}, save: async () => {} },
    log: { commit: async () => {} },
    turns: new AppendTurns(100),
    observer: { emit: () => {} },
    schemas,
    limits: DEFAULT_LIMITS,
  } as unknown as PartitionRunOptions);
  const ended = new AbortController();
  const outcome = running.run(ended.signal).then(
    () => 'drained',
    (error: unknown) => error,
  );
  const settle = async (): Promise<void> => {
    for (let count = 0; count < 20; count += 1) await turn();
  };
  return { running, outcome, settle, appended, checkpoints, needs, ensuring };
}

test('what comes before a new schema is written while it is waited for, and the rest follows', async () => {
  const { running, outcome, settle, appended, checkpoints, needs, ensuring } = run();
  await settle();
  expect(needs).toMatchObject([{ id: 2, offset: 3, partition: PLACE.partition, mayAsk: true }]);
  expect(appended).toEqual([3]);
  ensuring.resolve();
  await settle();
  expect(appended).toEqual([3, 2]);
  running.drain();
  expect(await outcome).toBe('drained');
  expect(checkpoints).toEqual([5]);
});

test('a drain ends the wait, with a checkpoint before the record that waited', async () => {
  const { running, outcome, settle, checkpoints } = run();
  await settle();
  running.drain();
  expect(await outcome).toBe('drained');
  expect(checkpoints).toEqual([3]);
});

test.each(['schema_unknown', 'schema_unusable'] as const)(
  '%s stops after a checkpoint of what came before',
  async (code) => {
    const { outcome, settle, checkpoints, ensuring } = run();
    await settle();
    const stop = new ContradictionError(code, 'nobody has it');
    ensuring.reject(stop);
    expect(await outcome).toBe(stop);
    expect(checkpoints).toEqual([3]);
  },
);

test('a record that was folded before never asks the registry', async () => {
  const { needs, settle, running } = run({ resumeOffset: 4 });
  await settle();
  expect(needs).toMatchObject([{ id: 2, offset: 3, mayAsk: false }]);
  running.drain();
});
