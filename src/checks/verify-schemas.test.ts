/** Records whose schema the dataset does not have: nobody has folded them yet, or their schema is gone. */
import { expect, test } from 'vitest';
import { type AvroJson, AvroWriter } from '../payments/drawn/avro-bytes.ts';
import { seededChance } from '../payments/drawn/draw.ts';
import { treeOf } from '../payments/drawn/given.ts';
import { storedSchema } from '../payments/event/schema/stored-schema.ts';
import type { TopicRecord } from './inputs/verify-inputs.ts';
import { event, faultless, inputsWith, ownershipOf, type PartitionHistory, record } from './testing/history.ts';
import { ruledEntry, rulesText } from './testing/mapped.ts';
import { verify } from './verify.ts';
import { verifyText } from './verify-text.ts';

const NAMES = ['transaction_id', 'sender_account_id', 'amount', 'currency'] as const;
const SCHEMA: AvroJson = {
  type: 'record',
  name: 'Payment',
  fields: [...NAMES.map((name) => ({ name, type: 'string' })), { name: 'timestamp', type: 'long' }],
};
const SOURCE = { kind: 'avro', text: JSON.stringify(SCHEMA), references: [] } as const;
const PATHS = Object.fromEntries(NAMES.map((name) => [name, { path: `/${name}` }]));
const RULES = rulesText({
  event: {
    ...Object.fromEntries(
      NAMES.map((name) => [name, { type: 'string', trim: false, uppercase: false, ...PATHS[name] }]),
    ),
    format: 'avro',
    amount: { path: '/amount' },
    timestamp: { path: '/timestamp', type: 'epoch_ms', finer_than_ms: 'reject' },
  },
});

/** As a producer sends it with the schema of this id. */
function avroRecord(offset: number, id: number): TopicRecord {
  const value = event(`t${offset}`, offset);
  const bytes = new AvroWriter(SCHEMA).write(treeOf(value), seededChance(offset));
  return { ...record(offset, value), value: Buffer.concat([Buffer.from([0, 0, 0, 0, id]), bytes]) };
}

/** Six records; those from an offset on name schema 2, and are not folded from there on. */
function history(newSchemaFrom: number, foldedUpTo: number): PartitionHistory {
  const records = [0, 1, 2, 3, 4, 5].map((offset) => avroRecord(offset, offset < newSchemaFrom ? 1 : 2));
  const schemas = new Map([1, 2].map((id) => [id, SOURCE] as const));
  const ownership = ownershipOf(0, { history: [ruledEntry(RULES)], schemas });
  const folded = faultless(records.slice(0, foldedUpTo), {
    ownership,
    checkpointsAt: [...new Set([newSchemaFrom, foldedUpTo])],
  });
  const { schemas: _, ...stored } = ownership;
  return { ...folded, ownership: stored, records, logEnd: records.length };
}

const rows = (...ids: readonly number[]) =>
  ids.map((id) => storedSchema(id, SOURCE)).map(({ id: schema_id, sha256, text }) => ({ schema_id, sha256, text }));
const verified = (of: PartitionHistory, ...ids: readonly number[]) =>
  verify(inputsWith([of], { schemas: rows(...ids) }));

test('a record that nobody has folded yet needs no schema: what is before it is checked, and the report says where it ends', async () => {
  const report = await verified(history(4, 4), 1);
  expect(report).toMatchObject({ verdict: 'PASS', unknown: [] });
  expect(report.partitions).toMatchObject([{ readTo: 4, recordsChecked: 4, logEndOffset: 6 }]);
  expect(verifyText(report)).toContain(
    '2 offsets from 4 on: not processed yet, and not checked: offset 4: schema 2 is not in the table event_schemas',
  );
});

test('of a record below the checkpoint it is missing', async () => {
  const report = await verified(history(4, 6), 1);
  expect(report.verdict).toBe('FAIL');
  expect(report.guarantees.G6.findings).toMatchObject([{ kind: 'schema_missing', partition: 0 }]);
});

test.each([4, 5])('of a record past the checkpoint it is missing once a row is there, at offset %i', async (offset) => {
  const folded = history(4, 6);
  const { checkpoints, payment_transactions, payment_transactions_fraud } = folded;
  const isThere = (row: { readonly kafka_offset: number }): boolean =>
    row.kafka_offset < 4 || row.kafka_offset === offset;
  const part: PartitionHistory = {
    ...folded,
    checkpoints: checkpoints.filter(({ next_offset }) => next_offset <= 4),
    payment_transactions: payment_transactions.filter(isThere),
    payment_transactions_fraud: payment_transactions_fraud.filter(isThere),
  };
  const report = await verified(part, 1);
  expect(report.guarantees.G6.findings).toMatchObject([{ kind: 'schema_missing', partition: 0 }]);
});

test('with all of its schemas everything is checked', async () => {
  expect(await verified(history(4, 6), 1, 2)).toMatchObject({ verdict: 'PASS', partitions: [{ recordsChecked: 6 }] });
});
