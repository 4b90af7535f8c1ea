/** START_FROM: what may be given, and how a file of offsets is read. */
import { expect, test } from 'vitest';
import { parseStartFrom, readStart } from './start-from.ts';

const read = (text: string) =>
  readStart({ kind: 'offsets', file: 'offsets.txt' }, 'payment-events', 'provenonce', () => text);

test('an end of the log, a time, a file or a group', () => {
  expect(parseStartFrom('latest')).toEqual({ kind: 'latest' });
  expect(parseStartFrom('2026-01-31T08:00:00+01:00')).toEqual({
    kind: 'timestamp',
    timestampMs: Date.UTC(2026, 0, 31, 7),
  });
  expect(parseStartFrom('offsets:/etc/offsets.json')).toEqual({ kind: 'offsets', file: '/etc/offsets.json' });
  expect(parseStartFrom('group:connect-payments:a')).toEqual({ kind: 'group', groupId: 'connect-payments:a' });
  for (const wrong of ['group:', 'offsets:', 'groups:a', 'yesterday', ''])
    expect(() => parseStartFrom(wrong)).toThrow();
});

test.each([
  ['lines', '# of Monday\n0 1024\n\n 1\t987  # the second\n10 0\n'],
  ['lines of another system', '0 1024\r\n1 987\r\n10 0\r\n'],
  ['JSON by partition', '{"0": 1024, "1": "987", "10": 0}'],
  ['JSON by topic', ' {"other": {"0": 5}, "payment-events": {"0": 1024, "1": 987, "10": 0}}'],
])('a file of %s', (_, text) => {
  const offsets = new Map([
    [0, 1024],
    [1, 987],
    [10, 0],
  ]);
  expect(read(text)).toEqual({ startAt: { kind: 'offsets', file: 'offsets.txt', offsets }, problems: [] });
});

test.each([
  ['', ['START_FROM, offsets.txt: has no offsets; expected lines as `0 1024`, or JSON as {"0": 1024}']],
  ['{}', [/has no offsets/]],
  ['{', [/is not JSON: /]],
  [
    '0 1\n1\n2 x\n-1 5',
    [/line 2: expected a partition and an offset, found "1"/, /line 3: .*not "x"/, /line 4: a part/],
  ],
  ['0 1\n0 2', [/line 2: partition 0 stands there twice/]],
  ['0 -1', [/not "-1" \(-1 and -2 stand for an end of the log/]],
  ['0 99999999999999999', [/an offset is a whole number/]],
  ['{"0": 1.5, "a": 1, "1": null}', [/member "0": .*not "1.5"/, /member "1": .*not "null"/, /member "a": a partition/]],
  ['{"other": {"0": 5}}', [/names the topics other, and not payment-events/]],
  ['{"payment-events": {"0": -2}}', [/payment-events, member "0": .*not "-2"/]],
  ['a\nb\nc\nd\ne\nf\ng', [/line 1/, /line 2/, /line 3/, /line 4/, /line 5/]],
])('%j is refused, with the place of each mistake', (text, expected) => {
  const { startAt, problems } = read(text);
  expect(startAt).toBeUndefined();
  expect(problems).toEqual(expected.map((each) => (typeof each === 'string' ? each : expect.stringMatching(each))));
});

test('a file that cannot be read, and the own group, are refused with the remedy', () => {
  const missing = readStart({ kind: 'offsets', file: 'gone' }, 't', 'g', () => {
    throw new Error('ENOENT: no such file');
  });
  expect(missing.problems).toEqual([
    expect.stringMatching(/^START_FROM, gone: cannot be read: ENOENT.*can be removed then$/),
  ]);
  expect(readStart({ kind: 'group', groupId: 'g' }, 't', 'g', String).problems).toEqual([
    expect.stringMatching(/give this processor a group of its own/),
  ]);
  expect(readStart({ kind: 'group', groupId: 'h' }, 't', 'g', String).startAt).toEqual({ kind: 'group', groupId: 'h' });
});
