import { describe, expect, it } from 'vitest';
import { START_MS } from '../../../testing/fold-fixture.ts';
import { type Judged, judge, judged, source, withAmount, withText } from '../../../testing/mapped-fixture.ts';
import { BUILT_IN_EVENT } from '../../../testing/rules-fixture.ts';
import type { LogRecord } from '../../../types.ts';
import { Rejection } from '../../validation.ts';

describe('texts', () => {
  const region = (value: unknown, role: object = {}): unknown => {
    const result = judged({ region: value }, withText('region', role));
    return typeof result === 'string' ? result : result.region;
  };

  it('are taken as they are', () => {
    expect(judged({})).toEqual({
      transactionId: 'txn-1',
      senderAccountId: 'acct-1',
      receiverAccountId: 'acct-2',
      amount: 12_500_000_000n,
      currency: 'EUR',
      deviceId: 'dev-1',
      ipAddress: '10.0.0.1',
      eventTimeMs: START_MS,
      region: 'eu-west',
      paymentMethod: 'card',
    });
  });

  it.each([
    ['eu', {}, 'eu'],
    [' eu\t', {}, ' eu\t'],
    [' eu\t\r\n', { trim: true }, 'eu'],
    ['\u00a0eu', { trim: true }, '\u00a0eu'],
    ['Straße é', { uppercase: true }, 'STRAßE é'],
    ['é'.repeat(256), {}, 'é'.repeat(256)],
    ['é'.repeat(257), {}, 'field_invalid: region'],
    ['😀'.repeat(129), {}, 'field_invalid: region'],
    [`${' '.repeat(1_000)}x`, { trim: true }, 'x'],
    ['\ud800', {}, 'field_invalid: region'],
    [1, {}, 'field_invalid: region'],
    [true, {}, 'field_invalid: region'],
    [['x'], {}, 'field_invalid: region'],
    [7, { type: 'integer' }, '7'],
    [-7, { type: 'integer' }, '-7'],
    [1e21, { type: 'integer' }, '1000000000000000000000'],
    [1.5, { type: 'integer' }, 'field_invalid: region'],
    ['7', { type: 'integer' }, 'field_invalid: region'],
  ])('%j with %j is %s', (value, role, expected) => {
    expect(region(value, role)).toBe(expected);
  });

  it.each([undefined, null, '', '  '])('an optional one of %j is NULL', (value) => {
    expect(region(value, { trim: true })).toBeFalsy();
  });

  it.each([
    [null, 'field_missing: sender_account_id'],
    ['', 'field_invalid: sender_account_id'],
  ])('a required one of %j is %s', (value, expected) => {
    expect(judged({ sender_account_id: value })).toBe(expected);
  });

  it.each([
    ['usd', {}, 'field_invalid: currency'],
    ['usd', { uppercase: true }, 'USD'],
    [' usd ', { uppercase: true, trim: true }, 'USD'],
    ['US', {}, 'field_invalid: currency'],
    ['ÜSD', {}, 'field_invalid: currency'],
    [978, { type: 'integer' }, 'field_invalid: currency'],
    ['EUR', { type: 'integer' }, 'field_invalid: currency'],
    [null, { type: 'integer' }, 'field_missing: currency'],
  ])('the currency %j with %j is %s', (value, role, expected) => {
    const result = judged({ currency: value }, withText('currency', role));
    expect(typeof result === 'string' ? result : result.currency).toBe(expected);
  });

  it('a currency that is a number is invalid with an amount in its minor units too', () => {
    const { by } = withText('currency', { type: 'integer' });
    const how = { by: { ...by, ...withAmount({ minorUnits: 'currency' }).by } };
    expect(judged({ currency: 978, amount: 500 }, how)).toBe('field_invalid: currency');
  });

  it('a constant stands in every row', () => {
    const how = { by: { texts: { ...BUILT_IN_EVENT.texts, region: { constant: 'north' } } } };
    expect(judged({ region: 1 }, how)).toMatchObject({ region: 'north' });
  });

  it('one member may be several roles, in other letters for each', () => {
    const texts = {
      ...BUILT_IN_EVENT.texts,
      region: { path: '/currency', uppercase: true as const },
      currency: { path: '/currency', uppercase: true as const, trim: true as const },
      payment_method: { path: '/currency' },
    };
    expect(judged({ currency: ' eur' }, { by: { texts } })).toMatchObject({
      region: ' EUR',
      currency: 'EUR',
      paymentMethod: ' eur',
    });
  });
});

describe('amounts', () => {
  const amountOf = (one: LogRecord, how: Judged): unknown => {
    const result = judge(one, how);
    return result instanceof Rejection ? result.reason : String(result.amount);
  };

  it.each([
    ['12.5', '12500000000'],
    ['"12.50"', '12500000000'],
    ['"00012.5"', '12500000000'],
    ['1e2', '100000000000'],
    ['12345678901234.999999999', '12345678901234999999999'],
    ['0.000000001', '1'],
    ['"1e2"', 'field_invalid: amount'],
    ['"1."', 'field_invalid: amount'],
    ['" 1"', 'field_invalid: amount'],
    ['"-1"', 'field_invalid: amount'],
    ['true', 'field_invalid: amount'],
    ['{}', 'field_invalid: amount'],
    ['null', 'field_missing: amount'],
    ['0.0000000001', 'amount_not_exact'],
    ['"1.0000000000"', 'amount_not_exact'],
    ['0', 'amount_out_of_range'],
    ['-1', 'amount_out_of_range'],
    ['1e999', 'amount_out_of_range'],
    ['1000000000000000', '1000000000000000000000000'],
    ['1000000000000000.000000001', 'amount_out_of_range'],
  ])('the decimal %s is %s', (text, expected) => {
    expect(amountOf(source(text), {})).toBe(expected);
  });

  it.each([
    ['500', 'JPY', '500000000000'],
    ['1234', 'KWD', '1234000000'],
    ['1234', 'EUR', '12340000000'],
    ['"1234"', 'EUR', '12340000000'],
    ['1', 'CLF', '100000'],
    ['12e2', 'EUR', '12000000000'],
    ['123456789012345678', 'EUR', 'amount_out_of_range'],
    ['99999999999999999', 'EUR', '999999999999999990000000'],
    ['1234', 'XAU', 'currency_unknown'],
    ['0', 'XAU', 'currency_unknown'],
    ['1234', 'ABC', 'currency_unknown'],
    ['0', 'EUR', 'amount_out_of_range'],
    ['-5', 'EUR', 'amount_out_of_range'],
    ['"-5"', 'EUR', 'field_invalid: amount'],
    ['12.5', 'EUR', 'field_invalid: amount'],
    ['"12.0"', 'EUR', 'field_invalid: amount'],
    [`"${'0'.repeat(37)}100"`, 'EUR', '1000000000'],
    [`"${'0'.repeat(38)}100"`, 'EUR', 'field_invalid: amount'],
    [`1${'0'.repeat(40)}`, 'EUR', 'field_invalid: amount'],
  ])('%s minor units of %s are %s', (text, currency, expected) => {
    const one = { ...source(text), value: Buffer.from(source(text).value!.toString().replace('EUR', currency)) };
    expect(amountOf(one, withAmount({ minorUnits: 'currency' }))).toBe(expected);
  });

  it('minor units of a fixed number of decimals need no currency of the list', () => {
    expect(judged({ amount: 1_234, currency: 'XXX' }, withAmount({ minorUnits: 3 }))).toMatchObject({
      amount: 1_234_000_000n,
    });
  });

  const bytes = (...values: number[]): string => Buffer.from(values).toString('base64');
  it.each([
    [bytes(0x04, 0xd2), 2, 12_340_000_000n],
    [bytes(0, 0, 0, 0, 0, 0, 0, 0x04, 0xd2), 2, 12_340_000_000n],
    [bytes(0x04, 0xd2), 0, 1_234_000_000_000n],
    [bytes(0x03, 0xe8), 12, 1n],
    [bytes(0x03, 0xe9), 12, 'amount_not_exact'],
    [bytes(0xff), 2, 'amount_out_of_range'],
    [bytes(0xff, 0, 0, 0, 0, 0, 0, 0, 0), 2, 'amount_out_of_range'],
    [bytes(0), 2, 'amount_out_of_range'],
    [bytes(...Array<number>(31).fill(0), 1), 9, 1n],
    [bytes(...Array<number>(32).fill(0), 1), 9, 'field_invalid: amount'],
    ['', 2, 'field_invalid: amount'],
    ['BNI', 2, 'field_invalid: amount'],
    ['BNJ=', 2, 'field_invalid: amount'],
    ['BN I=', 2, 'field_invalid: amount'],
    ['_-8=', 2, 'field_invalid: amount'],
    [1234, 2, 'field_invalid: amount'],
  ])('bytes %s with scale %i are %s', (value, scale, expected) => {
    const result = judged({ amount: value }, withAmount({ decimalBytes: scale }));
    expect(typeof result === 'string' ? result : result.amount).toBe(expected);
  });

  it.each([
    [{ scale: 2, value: 'BNI=' }, 12_340_000_000n],
    [{ value: 'BNI=', scale: 0, more: 1 }, 1_234_000_000_000n],
    [{ scale: 38, value: 'AQ==' }, 'amount_not_exact'],
    [{ scale: 39, value: 'AQ==' }, 'field_invalid: amount'],
    [{ scale: -1, value: 'AQ==' }, 'field_invalid: amount'],
    [{ scale: '2', value: 'AQ==' }, 'field_invalid: amount'],
    [{ scale: 2 }, 'field_invalid: amount'],
    [{ value: 'AQ==' }, 'field_invalid: amount'],
    [[2, 'AQ=='], 'field_invalid: amount'],
    ['AQ==', 'field_invalid: amount'],
    [null, 'field_missing: amount'],
  ])('a decimal with its scale beside, %j, is %s', (value, expected) => {
    const result = judged({ amount: value }, withAmount({ decimalBytes: 'variable' }));
    expect(typeof result === 'string' ? result : result.amount).toBe(expected);
  });

  it('a decimal by the schema has no scale in JSON', () => {
    expect(judged({ amount: 'BNI=' }, withAmount({ decimalBytes: 'schema' }))).toBe('field_invalid: amount');
  });
});
