/** What once passed: changes that are next to nothing. */
import { expect, test } from 'vitest';
import { faultless } from './testing/history.ts';
import { found, records, verdictOf } from './testing/judged.ts';

test('a window that begins a microsecond later is another window', async () => {
  const history = faultless(records());
  const [first] = history.payment_metrics_partials;
  history.payment_metrics_partials[0] = { ...first!, window_start: first!.window_start + 0.001 };
  expect((await found(history)).G3).toEqual(expect.arrayContaining(['window_missing', 'window_phantom']));
});

test.each([{ first_kafka_offset: 3 }, { conflict: true }])(
  'a rejected record is a copy of nothing: a row that says otherwise, %o, is another row',
  async (changes) => {
    const history = faultless(records());
    const index = history.payment_exceptions.findIndex(({ disposition }) => disposition === 'rejected');
    history.payment_exceptions[index] = { ...history.payment_exceptions[index]!, ...changes };
    expect((await found(history)).G5).toEqual(['columns_differ']);
  },
);

test('a kept payload has the ten members of the payment, once, and nothing else', async () => {
  const history = faultless(records());
  const index = history.payment_exceptions.findIndex(({ disposition }) => disposition !== 'rejected');
  const row = history.payment_exceptions[index]!;
  for (const payload of [
    `${row.payload} `,
    row.payload!.replace('{', '{"forged":1,'),
    row.payload!.replace('{', '{"amount":"1",'),
  ]) {
    history.payment_exceptions[index] = { ...row, payload };
    expect(await verdictOf(history)).toBe('FAIL');
  }
});
