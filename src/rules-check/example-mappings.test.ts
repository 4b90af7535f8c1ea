/**
 * The examples of rules files: each record of events.tsv becomes the row that expected.csv has for it, written by hand. Their records
 * are folded in their order, as one partition with the default settings.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { AcceptedBatch } from '../payments/accepted-batch.ts';
import { PAYMENT_COLUMNS } from '../payments/columns.ts';
import { formatDecimal } from '../payments/event/decimal.ts';
import type { SchemaBook } from '../payments/event/schema/event-schema.ts';
import { type FoldOutput, PartitionFold } from '../payments/fold.ts';
import type { Rules } from '../payments/rules/rules.ts';
import { defaultFixedSettings } from '../payments/settings.ts';
import type { AcceptedRow } from '../payments/types.ts';
import { parseSchema } from '../registry/parse-schema.ts';
import { readRules } from '../rules/read-rules.ts';
import { checkSample } from './check-sample.ts';
import { type SampleRecord, sampleOfLines } from './sample.ts';
import { settingsToTry } from './settings-to-try.ts';
import { AVRO_SCHEMA_ID, encoded, PROTOBUF_SCHEMA_ID, schemaOf } from './testing/encode-records.ts';
import { EXAMPLE_RECORD_TIME_MS, EXAMPLES, type ExpectedRow, expectedOf } from './testing/examples.ts';

const names = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function rulesOf(name: string): Rules {
  const rules = readRules(readFileSync(path.join(EXAMPLES, name, 'rules.yaml'), 'utf8'), `${name}/rules.yaml`);
  if (Array.isArray(rules)) throw new Error(rules.map(({ text }) => text).join('\n'));
  return rules;
}

function isBinary(name: string): name is 'avro' | 'protobuf' {
  return name === 'avro' || name === 'protobuf';
}

/** What the dataset would have: the schema of the example. */
function schemasOf(name: string): SchemaBook | undefined {
  if (!isBinary(name)) return undefined;
  const schema = parseSchema(schemaOf(name));
  const own = name === 'avro' ? AVRO_SCHEMA_ID : PROTOBUF_SCHEMA_ID;
  return { schemaOf: (id) => (id === own ? schema : undefined) };
}

function sampleOf(name: string): SampleRecord[] {
  if (isBinary(name)) {
    const own = name === 'avro' ? AVRO_SCHEMA_ID : PROTOBUF_SCHEMA_ID;
    return encoded(name, own).map(({ key, value }, offset) => ({
      partition: 0,
      record: { offset, timestampMs: EXAMPLE_RECORD_TIME_MS, key: Buffer.from(key), value },
      hasKey: true,
    }));
  }
  return sampleOfLines(readFileSync(path.join(EXAMPLES, name, 'events.tsv'), 'utf8'), EXAMPLE_RECORD_TIME_MS);
}

/** What the fold makes of them, in the form of expected.csv. */
function folded(name: string): ExpectedRow[] {
  const { settings } = settingsToTry({}, rulesOf(name));
  const fixed = defaultFixedSettings(EXAMPLE_RECORD_TIME_MS);
  const schemas = schemasOf(name);
  const fold = PartitionFold.fresh({ partition: 0, partitionCount: 1, fixed, startOffset: 0, schemas });
  const out: FoldOutput = { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
  fold.foldAll(
    sampleOf(name).map(({ record }) => record),
    () => settings,
    out,
  );
  const accepted = Array.from({ length: out.accepted.length }, (_, index) => acceptedRow(out.accepted.at(index)!));
  const others = out.exceptions.map(({ kafkaOffset, disposition, reason, firstKafkaOffset, transactionId }) => ({
    offset: String(kafkaOffset),
    disposition,
    reason: reason ?? '',
    first: firstKafkaOffset === null ? '' : String(firstKafkaOffset),
    transaction_id: transactionId ?? '',
  }));
  return [...accepted, ...others].sort((a, b) => Number(a.offset) - Number(b.offset));
}

function acceptedRow({ kafkaOffset, payment }: AcceptedRow): ExpectedRow {
  const fields = payment as unknown as Readonly<Record<string, string | number | bigint | undefined>>;
  const columns = PAYMENT_COLUMNS.map(({ name, field, kind }) => {
    const value = fields[field];
    if (kind === 'decimal') return [name, formatDecimal(value as bigint)];
    return [name, kind === 'time' ? new Date(value as number).toISOString() : String(value ?? '')];
  });
  const row = { offset: String(kafkaOffset), disposition: 'accepted', reason: '', first: '' };
  return { ...row, ...Object.fromEntries(columns), ...payment.further } as ExpectedRow;
}

test('there are eight of them', () => {
  const all = ['adyen', 'avro', 'cloudevents', 'debezium', 'iso20022', 'paypal', 'protobuf', 'stripe'];
  expect(names.sort()).toEqual(all);
});

describe.each(names)('%s', (name) => {
  const expected = expectedOf(name);

  test('has as many records of each kind as the page of the examples says', () => {
    const page = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8').replaceAll('\n', ' ');
    const says = /20 to 22 records.* 15 are accepted, one is a copy, one is late, and three to five are rejected/;
    expect(page).toMatch(says);
    const count = (wanted: string): number => expected.filter(({ disposition }) => disposition === wanted).length;
    expect([count('accepted'), count('duplicate'), count('late')]).toEqual([15, 1, 1]);
    expect([3, 4, 5]).toContain(count('rejected'));
    expect(expected.length).toBe(17 + count('rejected'));
  });

  test('each record becomes the row that is written down for it', () => {
    const rows = folded(name);
    expect(rows).toHaveLength(expected.length);
    for (const [offset, wanted] of expected.entries()) {
      const row = rows[offset]!;
      const compared = Object.fromEntries(Object.keys(wanted).map((column) => [column, row[column] ?? '']));
      expect(compared).toEqual(wanted);
    }
  });

  test('rules check shows the same, each record alone, and every path of the rules is there', () => {
    const rules = rulesOf(name);
    const place = { partitionCount: 1, minEventTimeMs: 0, schemas: schemasOf(name) };
    const check = checkSample(sampleOf(name), { rules, ...settingsToTry({}, rules), ...place });
    expect(check.missingPaths).toEqual([]);
    const rejected = expected.filter(({ disposition }) => disposition === 'rejected');
    expect(check.records.filter(({ becomes }) => becomes !== 'payment').map(({ reason }) => reason)).toEqual(
      rejected.map(({ reason }) => reason),
    );
    for (const { offset, values } of check.records.filter(({ becomes }) => becomes === 'payment')) {
      const wanted = expected[offset]!;
      if (wanted.disposition !== 'accepted') continue;
      expect([values.transaction_id, values.amount, values.event_time]).toEqual([
        wanted.transaction_id,
        wanted.amount,
        wanted.event_time,
      ]);
    }
  });
});
