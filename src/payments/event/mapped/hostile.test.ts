/** Values of the greatest size that were made to be slow or to break a reader: each has its reason, in time. */
import { expect, it } from 'vitest';
import type { EventRules, FurtherColumn } from '../../rules/rules.ts';
import { event, record } from '../../testing/fold-fixture.ts';
import { type Judged, judge, withAmount, withTime } from '../../testing/mapped-fixture.ts';
import { BUILT_IN_EVENT } from '../../testing/rules-fixture.ts';
import { MAX_VALUE_BYTES, Rejection } from '../validation.ts';
import { MAX_PATH_STEPS } from './compile-mapping.ts';

const ROOM = MAX_VALUE_BYTES - 1_024;

/** The reason for an event in which a member is this text of JSON; null if it is a payment. */
function reasonOf(member: string, spelt: string, how: Judged = {}): string | null {
  const text = JSON.stringify(event({ [member]: '<>' })).replace('"<>"', () => spelt);
  const result = judge({ ...record(0, event()), value: Buffer.from(text) }, how);
  return result instanceof Rejection ? result.reason : null;
}

const columns = (type: FurtherColumn['type']): Judged => ({ columns: [{ name: 'c', path: '/c', type }] });
const asInteger = (name: keyof EventRules['texts']): Judged => ({
  by: { texts: { ...BUILT_IN_EVENT.texts, [name]: { path: `/${name}`, type: 'integer' } } },
});
const DIGITS = '7'.repeat(ROOM);
const ZEROS = '0'.repeat(ROOM);

it.each([
  ['a whole amount', 'amount', DIGITS, {}, 'amount_out_of_range'],
  ['a fine amount', 'amount', `0.${DIGITS}`, {}, 'amount_not_exact'],
  ['a large exponent', 'amount', `1e${DIGITS}`, {}, 'amount_out_of_range'],
  ['a small exponent', 'amount', `1e-${DIGITS}`, {}, 'amount_not_exact'],
  ['an amount with zeros behind', 'amount', `1.${ZEROS}`, {}, null],
  ['an amount as a text', 'amount', `"${DIGITS}"`, {}, 'field_invalid: amount'],
  ['minor units', 'amount', DIGITS, withAmount({ minorUnits: 2 }), 'field_invalid: amount'],
  ['base64', 'amount', `"${'A'.repeat(ROOM)}"`, withAmount({ decimalBytes: 2 }), 'field_invalid: amount'],
  ['a time', 'timestamp', DIGITS, withTime({ type: 'epoch_ns' }), 'field_invalid: timestamp'],
  ['a time as a text', 'timestamp', `"${DIGITS}"`, withTime({ type: 'epoch_ns' }), 'field_invalid: timestamp'],
  [
    'a time in ISO 8601',
    'timestamp',
    `"2026-01-01T00:00:00.${DIGITS}Z"`,
    withTime({ type: 'iso8601' }),
    'field_invalid: timestamp',
  ],
  ['an id', 'transaction_id', DIGITS, asInteger('transaction_id'), 'field_invalid: transaction_id'],
  ['escapes', 'transaction_id', `"${'\\u0041'.repeat(ROOM / 6)}"`, {}, 'field_invalid: transaction_id'],
  ['a column of digits', 'c', `"${DIGITS}"`, columns('int64'), 'column_invalid: c'],
  ['a column of zeros', 'c', `"${ZEROS}7"`, columns('int64'), null],
  ['a decimal column', 'c', DIGITS, columns('numeric'), 'column_invalid: c'],
  ['a text column', 'c', `"${DIGITS}"`, columns('string'), 'column_invalid: c'],
  ['a column of blanks', 'c', `[${' '.repeat(ROOM)}]`, columns('json'), null],
  ['a column of brackets', 'c', `${'['.repeat(ROOM / 2)}${']'.repeat(ROOM / 2)}`, columns('json'), 'column_invalid: c'],
  ['brackets that do not close', 'c', '['.repeat(ROOM), columns('json'), 'not_json: byte N'],
  ['a backslash at the end', 'c', `"${'\\'.repeat(ROOM - 1)}`, columns('json'), 'not_json: byte N'],
] as const)('%s', (_, member, spelt, how, expected) => {
  expect(reasonOf(member, spelt, how)?.replace(/byte \d+/, 'byte N') ?? null).toBe(expected);
});

it('ever new members, in an object that a path goes through', () => {
  const members = Array.from({ length: 80_000 }, (_, index) => `"n${index}":0`).join(',');
  const how = { by: { key: { path: '/c/tenant' } } };
  expect(reasonOf('c', `{${members},"tenant":"acct-1"}`, how)).toBeNull();
  expect(reasonOf('c', `{${members},"tenant":"acct-1","n7":0}`, how)).toBe('duplicate_member: n7');
});

it('a path of the most steps, in objects that repeat each of them', () => {
  const steps = Array.from({ length: MAX_PATH_STEPS }, () => 'a');
  const how = { by: { key: { path: `/${steps.join('/')}` } } };
  const nested = steps.slice(1).reduce((inside) => `{"a":${inside}}`, '"acct-1"');
  expect(reasonOf('a', nested, how)).toBeNull();
  const wide = steps.slice(1).reduce((inside) => `{"b":${'['.repeat(9)}${']'.repeat(9)},"a":${inside}}`, '"acct-1"');
  expect(reasonOf('a', wide, how)).toBeNull();
});

it('an element far behind in a list', () => {
  const list = `[${'0,'.repeat(400_000)}"acct-1"]`;
  expect(reasonOf('c', list, { by: { key: { path: '/c/400000' } } })).toBeNull();
});
