/** Rejected records in Avro judged again: by the schemas that the dataset has, whether there is a registry or not. */
import { expect, test } from 'vitest';
import { type AvroJson, AvroWriter } from '../../payments/drawn/avro-bytes.ts';
import { seededChance } from '../../payments/drawn/draw.ts';
import { treeOf } from '../../payments/drawn/given.ts';
import { formatHash, hashBytes } from '../../payments/event/hash.ts';
import { type StoredSchema, storedSchema } from '../../payments/event/schema/stored-schema.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from '../../payments/settings.ts';
import { event, record } from '../../payments/testing/fold-fixture.ts';
import { rules } from '../../payments/testing/rules-fixture.ts';
import type { LogRecord } from '../../payments/types.ts';
import { silentObserver } from '../../processor/events.ts';
import { DatasetSchemas } from '../../processor/schemas/dataset-schemas.ts';
import { DEFAULT_SCHEMA_LIMITS } from '../../processor/schemas/schema-limits.ts';
import { parseSchema } from '../../registry/parse-schema.ts';
import { RejectedRecords } from './rejected-records.ts';

const NAMES = ['transaction_id', 'sender_account_id', 'amount', 'currency'] as const;
const SCHEMA: AvroJson = {
  type: 'record',
  name: 'Payment',
  fields: [...NAMES.map((name) => ({ name, type: 'string' })), { name: 'timestamp', type: 'long' }],
};
const SOURCE = { kind: 'avro', text: JSON.stringify(SCHEMA), references: [] } as const;
const BY_RULES = compileSettings(
  DEFAULT_DECISION_SETTINGS,
  RULES_FOLD_VERSION,
  rules({
    format: 'avro',
    key: 'any',
    texts: {
      transaction_id: { path: '/transaction_id' },
      sender_account_id: { path: '/sender_account_id' },
      currency: { path: '/currency' },
    },
  }),
);

/** With a registry that is away. */
function judging(one: LogRecord, rows: readonly StoredSchema[], mayAsk: boolean): Promise<unknown> {
  const schemas = new DatasetSchemas({
    runtime: {
      monotonicMs: () => 0,
      random: () => 0.5,
      sleep: () => Promise.reject(new Error('it would wait')),
    } as never,
    observer: silentObserver,
    sink: {
      readSchemas: async (ids) => rows.filter(({ id }) => ids.includes(id)),
      putSchema: () => Promise.reject(new Error('it would store')),
    },
    registry: { name: 'the registry', schema: () => Promise.reject(new Error('away')) },
    parse: parseSchema,
    limits: DEFAULT_SCHEMA_LIMITS,
  });
  async function* recordsFrom() {
    yield [one];
  }
  const place = { partition: 3, partitionCount: 4, minEventTimeMs: 0 };
  const late = Number.POSITIVE_INFINITY;
  const rejected = new RejectedRecords({ place, settings: BY_RULES, lateFromMs: late, recordsFrom, schemas, mayAsk });
  const { high, low } = hashBytes(one.value!);
  return rejected.judge({
    partition: 3,
    offset: one.offset,
    reason: 'key_missing',
    payloadHash: formatHash(high, low),
  });
}

function avroRecord(offset: number): LogRecord {
  const value = event({ transaction_id: `t-${offset}` });
  const bytes = new AvroWriter(SCHEMA).write(treeOf(value), seededChance(1));
  return { ...record(offset, value), value: Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), bytes]) };
}

test.each([true, false])('with the schema in the dataset the registry is not asked (may ask: %s)', async (mayAsk) => {
  const judged = await judging(avroRecord(4), [storedSchema(7, SOURCE)], mayAsk);
  expect(judged).toMatchObject({ offset: 4, was: 'key_missing', payment: { transactionId: 't-4' } });
});

test('a dry run without the schema asks nobody, and leaves the record out', async () => {
  expect(await judging(avroRecord(4), [], false)).toMatchObject({
    why: 'unreadable',
    detail: 'the dataset does not have its schema yet',
  });
  await expect(judging(avroRecord(4), [], true)).rejects.toThrow('it would wait');
});
