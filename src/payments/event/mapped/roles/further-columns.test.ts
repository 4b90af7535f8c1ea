import { describe, expect, it } from 'vitest';
import type { FurtherColumn } from '../../../rules/rules.ts';
import { event, record, START_MS } from '../../../testing/fold-fixture.ts';
import { judge, judged } from '../../../testing/mapped-fixture.ts';
import { Rejection } from '../../validation.ts';

describe('columns', () => {
  const columnOf = (spelt: string, type: FurtherColumn['type'], timeType?: FurtherColumn['timeType']): unknown => {
    const column = { name: 'c', path: '/c', type, ...(timeType === undefined ? {} : { timeType }) };
    const text = JSON.stringify(event({ c: '<>' })).replace('"<>"', spelt);
    const result = judge({ ...record(0, event()), value: Buffer.from(text) }, { columns: [column] });
    return result instanceof Rejection ? result.reason : (result.further?.c ?? null);
  };
  const INVALID = 'column_invalid: c';

  it.each([
    ['"x"', 'string', 'x'],
    ['""', 'string', ''],
    ['null', 'string', null],
    [`"${'é'.repeat(4_096)}"`, 'string', 'é'.repeat(4_096)],
    [`"${'é'.repeat(4_097)}"`, 'string', INVALID],
    ['"\\ud800"', 'string', INVALID],
    ['1', 'string', INVALID],
    ['12', 'int64', '12'],
    ['-0', 'int64', '0'],
    ['1.20e1', 'int64', '12'],
    ['"-12"', 'int64', '-12'],
    ['"-0"', 'int64', '0'],
    [`"${'0'.repeat(100)}7"`, 'int64', '7'],
    ['9223372036854775807', 'int64', '9223372036854775807'],
    ['-9223372036854775808', 'int64', '-9223372036854775808'],
    ['9223372036854775808', 'int64', INVALID],
    ['"+1"', 'int64', INVALID],
    ['"1.0"', 'int64', INVALID],
    ['1.5', 'int64', INVALID],
    ['true', 'int64', INVALID],
    ['1.50', 'numeric', '1.5'],
    ['"-1.50"', 'numeric', '-1.5'],
    ['-0.0', 'numeric', '0'],
    ['"-0"', 'numeric', '0'],
    ['"007"', 'numeric', '7'],
    ['1.5e3', 'numeric', '1500'],
    ['99999999999999999999999999999.999999999', 'numeric', '99999999999999999999999999999.999999999'],
    ['-99999999999999999999999999999.999999999', 'numeric', '-99999999999999999999999999999.999999999'],
    ['100000000000000000000000000000', 'numeric', INVALID],
    ['1.0000000001', 'numeric', INVALID],
    ['1.0000000000', 'numeric', '1'],
    ['"1.0000000000"', 'numeric', INVALID],
    ['"1e2"', 'numeric', INVALID],
    [`"${'0'.repeat(255)}1"`, 'numeric', '1'],
    [`"${'0'.repeat(256)}1"`, 'numeric', INVALID],
    ['true', 'bool', 'true'],
    ['false', 'bool', 'false'],
    ['"true"', 'bool', INVALID],
    ['1', 'bool', INVALID],
    ['{ "a" : [ 1 , "b c\\n\\" ]" ] }', 'json', '{"a":[1,"b c\\n\\" ]"]}'],
    ['"\\ud800 x"', 'json', '"\\ud800 x"'],
    ['1.50', 'json', '1.50'],
    [`"${'x'.repeat(16_382)}"`, 'json', `"${'x'.repeat(16_382)}"`],
    [`"${'x'.repeat(16_383)}"`, 'json', INVALID],
    [`[${' '.repeat(20_000)}1]`, 'json', '[1]'],
  ] as const)('%s as %s is %s', (spelt, type, expected) => {
    expect(columnOf(spelt, type)).toBe(expected);
  });

  it.each([
    [`${START_MS}`, undefined, `${START_MS}`],
    [`"0${START_MS}"`, 'epoch_ms', `${START_MS}`],
    ['-1', 'epoch_ms', '-1'],
    ['-0', 'epoch_ms', '0'],
    ['1500', 'epoch_us', INVALID],
    ['"0001-01-01T00:00:00Z"', 'iso8601', '-62135596800000'],
    ['"0000-12-31T23:59:59Z"', 'iso8601', INVALID],
    ['"9999-12-31T23:59:59.999Z"', 'iso8601', '253402300799999'],
    ['"9999-12-31T23:59:59.999-00:01"', 'iso8601', INVALID],
    ['"2026-01-01T00:00:00.0000001Z"', 'iso8601', INVALID],
  ] as const)('the time %s of type %s is %s', (spelt, timeType, expected) => {
    expect(columnOf(spelt, 'timestamp', timeType)).toBe(expected);
  });

  it('together hold 64 KiB, in their order', () => {
    const columns = Array.from({ length: 32 }, (_, index) => ({
      name: `c${index}`,
      path: '/big',
      type: 'string' as const,
    }));
    expect(judged({ big: 'x'.repeat(2_048) }, { columns })).toMatchObject({ transactionId: 'txn-1' });
    expect(judged({ big: 'x'.repeat(2_049) }, { columns })).toBe('column_invalid: c31');
  });

  it('may be headers, the key and the time of the record', () => {
    const columns: FurtherColumn[] = [
      { name: 'trace', path: 'header:trace', type: 'string' },
      { name: 'none', path: 'header:none', type: 'string' },
      { name: 'k', path: 'key', type: 'string' },
      { name: 'at', path: 'record.timestamp', type: 'timestamp' },
    ];
    const header = (name: string) => (name === 'trace' ? Buffer.from('é') : null);
    expect(judge({ ...record(0, event()), header }, { columns })).toMatchObject({
      further: { trace: 'é', k: 'acct-1', at: `${START_MS}` },
    });
    const bad = { ...record(0, event()), header: () => Buffer.from([0xff]) };
    expect((judge(bad, { columns }) as Rejection).reason).toBe('column_invalid: trace');
  });

  it('are the last that is looked at', () => {
    const columns = [{ name: 'c', path: '/c', type: 'bool' as const }];
    expect(judge({ ...record(0, event({ c: 1 })), key: null }, { columns })).toMatchObject({ code: 'key_missing' });
  });
});
