/** The page of the built-in event and its JSON Schema against the fold: what they show is accepted, what they forbid is not. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { REASON_CODES } from '../src/payments/types.ts';
import { checkSample } from '../src/rules-check/check-sample.ts';
import { sampleOfLines } from '../src/rules-check/sample.ts';
import { settingsToTry } from '../src/rules-check/settings-to-try.ts';
import { firstCells, readRepositoryFile } from './testing/markdown.ts';

const PAGE = readRepositoryFile('docs/reference/event.md');
const SCHEMA = JSON.parse(readRepositoryFile('docs/reference/event.schema.json')) as {
  required: string[];
  properties: Record<string, unknown>;
};
const schema = z.fromJSONSchema(SCHEMA as Parameters<typeof z.fromJSONSchema>[0]);
const EXAMPLE = /```json\n([\s\S]*?)```/.exec(PAGE)![1]!;
const example = JSON.parse(EXAMPLE) as Record<string, unknown>;

/** Undefined for a payment. */
function reasonOf(line: string): string | undefined {
  const options = { ...settingsToTry({}), partitionCount: 1, minEventTimeMs: 0 };
  return checkSample(sampleOfLines(line, 1_764_000_000_000), options).records[0]?.reason ?? undefined;
}

test('page and schema have the same ten members, in their order', () => {
  expect(firstCells(PAGE)).toEqual(SCHEMA.required);
  expect(Object.keys(SCHEMA.properties)).toEqual(SCHEMA.required);
  expect(Object.keys(example)).toEqual(SCHEMA.required);
});

test('the example is a payment, and valid by the schema', () => {
  expect(reasonOf(JSON.stringify(example))).toBeUndefined();
  expect(schema.safeParse(example).success).toBe(true);
});

test('the line for kcat sends the example, with its key', () => {
  const sent = /printf '(.*?)\\n' \|/.exec(PAGE)![1]!.replace('\\t', '\t');
  expect(JSON.parse(sent.split('\t')[1]!)).toEqual(example);
  expect(reasonOf(sent)).toBeUndefined();
});

test('further members are ignored by both', () => {
  const more = { ...example, note: { a: 1 } };
  expect([reasonOf(JSON.stringify(more)), schema.safeParse(more).success]).toEqual([undefined, true]);
});

const WRONG: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ...SCHEMA.required.map((member) => [`without ${member}`, { ...example, [member]: undefined }] as const),
  ...SCHEMA.required.map((member) => [`with null as ${member}`, { ...example, [member]: null }] as const),
  ['an empty text', { ...example, region: '' }],
  ['a text of 257 characters', { ...example, device_id: 'x'.repeat(257) }],
  ['a number as a text', { ...example, transaction_id: 5 }],
  ['a currency in small letters', { ...example, currency: 'eur' }],
  ['a time as a text', { ...example, timestamp: '1764000000000' }],
  ['a time that is not whole', { ...example, timestamp: 1.5 }],
  ['no amount', { ...example, amount: 0 }],
  ['an amount with ten decimals', { ...example, amount: '1.0000000001' }],
  ['a negative amount', { ...example, amount: '-1' }],
  ['an amount with an exponent as text', { ...example, amount: '1e3' }],
];

test.each(WRONG)('neither the fold nor the schema takes an event %s', (_, event) => {
  const text = JSON.stringify(event);
  const [code] = reasonOf(text)!.split(':');
  expect(REASON_CODES).toContain(code);
  expect(schema.safeParse(JSON.parse(text)).success).toBe(false);
});
