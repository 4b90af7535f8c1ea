import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../base/errors.ts';
import { checkClustering, checkDataset, integerLiteral } from '../identifiers.ts';
import { BigQueryQueries, type BigQueryQueriesOptions } from './queries.ts';
import { integerFromText, millisFromText, nanosFromText, rowsParameter, valueFromCell } from './query-values.ts';

describe('values from the service', () => {
  it.each([
    ['1.5', 1_500_000_000n],
    ['12.000000000', 12_000_000_000n],
    ['1E-9', 1n],
    ['1.5E+3', 1_500_000_000_000n],
    ['1000000000000000.000000001', 10n ** 24n + 1n],
    ['0', 0n],
    ['.5', 500_000_000n],
    ['-0.25', -250_000_000n],
    ['1.5000000000', 1_500_000_000n],
  ])('NUMERIC %s is exact', (text, nanos) => {
    expect(nanosFromText(text)).toBe(nanos);
  });

  it.each(['', '.', '-', 'NaN', '1e', '1,5', '1.0000000001', '1E-10', ' 1'])(
    'NUMERIC %j is an error, not a guess',
    (text) => {
      expect(() => nanosFromText(text)).toThrow(RangeError);
    },
  );

  it('INT64 past 2^53 is an error, not a rounding', () => {
    expect(integerFromText('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => integerFromText('9007199254740993')).toThrow('not a safe integer');
    expect(() => integerFromText('1.0')).toThrow('not a safe integer');
  });

  it('cells become what their column says', () => {
    expect(millisFromText('1767323045123000')).toBe(1_767_323_045_123);
    expect(valueFromCell('NUMERIC', '2.5')).toBe(2_500_000_000n);
    expect(valueFromCell('BOOLEAN', 'false')).toBe(false);
    expect(valueFromCell('BOOL', 'true')).toBe(true);
    expect(() => valueFromCell('BOOL', 'TRUE')).toThrow('not a BOOL: TRUE');
    expect(valueFromCell('STRING', null)).toBeNull();
    expect(() => valueFromCell('RECORD', { f: [] })).toThrow('not read here');
  });

  it('parameters keep text as it is', () => {
    const parameter = rowsParameter('rows', { a: 'STRING', n: 'INT64' }, [{ a: `'"; DROP`, n: 7 }]);
    expect(parameter.parameterValue).toEqual({
      arrayValues: [{ structValues: { a: { value: `'"; DROP` }, n: { value: '7' } } }],
    });
    expect(() => rowsParameter('rows', { n: 'INT64' }, [{ n: 1.5 }])).toThrow('not a safe integer');
  });
});

describe('names that become SQL', () => {
  it('are checked before there is any', () => {
    const options = { rest: {}, runtime: {}, limits: {} } as unknown as BigQueryQueriesOptions;
    const over = (dataset: string) =>
      new BigQueryQueries({ ...options, dataset: { projectId: 'my-project', dataset } });
    expect(() => over('a`b')).toThrow(ConfigurationError);
    expect(() => over('payment_data')).not.toThrow();
  });

  it('takes what BigQuery takes', () => {
    expect(() => checkDataset({ projectId: 'my-project-1', dataset: 'payment_data' })).not.toThrow();
    expect(() => checkDataset({ projectId: 'example.com:my-project', dataset: 'D1' })).not.toThrow();
    expect(() => checkClustering(['sender_account_id', 'currency'])).not.toThrow();
  });

  it.each([
    ['p`; DROP', 'd'],
    ['my-project', 'a.b'],
    ['my-project', 'a`b'],
    ['my-project', 'a-b'],
    ['', 'd'],
    ['my-project', ''],
  ])('refuses project %j with dataset %j', (projectId, dataset) => {
    expect(() => checkDataset({ projectId, dataset })).toThrow('BigQuery');
  });

  it.each([[[]], [['a', 'a']], [['a', 'b', 'c', 'd', 'e']], [['a; DROP']], [['a b']]])(
    'refuses clustering by %j',
    (columns) => {
      expect(() => checkClustering(columns)).toThrow('cluster');
    },
  );

  it.each([-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('refuses %d as an integer in SQL', (value) => {
    expect(() => integerLiteral(value)).toThrow('whole number');
  });
});

describe('a TIMESTAMP', () => {
  it.each([
    ['0', 0],
    ['1795991460000001', 1_795_991_460_000.001],
    // Past 2^53 microseconds: 2255, the year 9999, and the year 1.
    ['9007199254741000000', undefined],
    ['9007199254742000', 9_007_199_254_742],
    ['253402300799999000', 253_402_300_799_999],
    ['-62135596800000000', -62_135_596_800_000],
  ])('%s microseconds', (text, millis) => {
    if (millis === undefined) expect(() => millisFromText(text)).toThrow('not a TIMESTAMP');
    else expect(millisFromText(text)).toBe(millis);
  });

  it('that is off by microseconds never comes as whole milliseconds', () => {
    for (const text of ['253402300799999001', '-62135596799999999']) expect(millisFromText(text) % 1).not.toBe(0);
  });
});
