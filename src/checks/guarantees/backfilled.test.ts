/** What verify makes of payments that a backfill put in. */
import { describe, expect, test } from 'vitest';
import { GUARANTEES, type Guarantee } from '../findings.ts';
import type { ExceptionCells, PartialCells, TransactionCells } from '../inputs/verify-inputs.ts';
import {
  BASE_MS,
  event,
  faultless,
  inputsOf,
  MINUTE_MS,
  ownershipOf,
  type PartitionHistory,
  RULES,
  record,
} from '../testing/history.ts';
import { verify } from '../verify.ts';
import { verifyText } from '../verify-text.ts';

/** Two late payments in one window, put in as a backfill does. */
function backfilled(): PartitionHistory {
  const values = [event('p0', 0), event('p1', 30), event('late-1', 1, { amount: '0.1' }), event('late-2', 1)];
  const history = faultless(values.map((value, offset) => record(offset, value)));
  const late = history.payment_exceptions;
  expect(late.map(({ disposition }) => disposition)).toEqual(['late', 'late']);
  history.backfilled.payments.push(...late.map(paymentOf));
  history.backfilled.partials.push({
    kafka_offset: 3,
    writer_epoch: 0,
    window_start: BASE_MS + MINUTE_MS,
    window_end: BASE_MS + 2 * MINUTE_MS,
    region: 'eu-west',
    currency: 'EUR',
    transaction_count: 2,
    total_amount: '10.35',
    min_amount: '0.1',
    max_amount: '10.25',
  });
  return history;
}

function paymentOf({ kafka_offset, payload }: ExceptionCells): TransactionCells {
  const { timestamp, ...columns } = JSON.parse(payload!) as TransactionCells & { timestamp: number };
  return { ...columns, kafka_offset, writer_epoch: 0, event_time: timestamp };
}

async function findings(history: PartitionHistory): Promise<Partial<Record<Guarantee, string[]>>> {
  const { guarantees } = await verify(inputsOf(history));
  const kinds = GUARANTEES.map((name) => [name, guarantees[name].findings.map(({ kind }) => kind)] as const);
  return Object.fromEntries(kinds.filter(([, found]) => found.length > 0));
}

const changed = <T extends object>(list: T[], index: number, change: Partial<T>): void => {
  list[index] = { ...list[index]!, ...change };
};

test('late payments that were put in with their windows break nothing, and are counted', async () => {
  const report = await verify(inputsOf(backfilled()));
  expect(report).toMatchObject({ verdict: 'PASS', backfilled: 2 });
  expect(verifyText(report)).toContain('backfilled: 2 payments, added by an operator');
});

test('some of the late payments may be put in, and others not', async () => {
  const history = backfilled();
  history.backfilled.payments.splice(0, 1);
  changed<PartialCells>(history.backfilled.partials, 0, {
    transaction_count: 1,
    total_amount: '10.25',
    min_amount: '10.25',
  });
  expect(await findings(history)).toEqual({});
});

describe('a rejected record that later settings take', () => {
  /** Its amount is over what the settings of then allowed; those from offset 2 on allow it. */
  function taken(): PartitionHistory {
    const values = [
      event('big', 0, { amount: '500' }),
      event('huge', 0, { amount: '5000' }),
      event('p1', 1),
      event('p2', 30),
    ];
    const history = [
      { fromOffset: 0, foldVersion: 2, decision: { ...RULES, maxAmount: '100' } },
      { fromOffset: 2, foldVersion: 2, decision: { ...RULES, maxAmount: '1000' } },
    ];
    const made = faultless(
      values.map((value, offset) => record(offset, value)),
      { ownership: ownershipOf(0, { history }) },
    );
    expect(made.payment_exceptions.map(({ disposition }) => disposition)).toEqual(['rejected', 'rejected']);
    const payload = JSON.stringify(event('big', 0, { amount: '500' }));
    made.backfilled.payments.push(paymentOf({ kafka_offset: 0, payload } as ExceptionCells));
    made.backfilled.partials.push({
      kafka_offset: 0,
      writer_epoch: 0,
      window_start: BASE_MS,
      window_end: BASE_MS + MINUTE_MS,
      region: 'eu-west',
      currency: 'EUR',
      transaction_count: 1,
      total_amount: '500',
      min_amount: '500',
      max_amount: '500',
    });
    return made;
  }

  test('may be put in', async () => {
    expect(await findings(taken())).toEqual({});
  });

  test('is found where it was put in with another value, or where no later settings take it', async () => {
    const other = taken();
    changed<TransactionCells>(other.backfilled.payments, 0, { sender_account_id: 'eve' });
    expect(await findings(other)).toEqual({ G1: ['backfilled_unexplained'] });
    const refused = taken();
    changed<TransactionCells>(refused.backfilled.payments, 0, {
      kafka_offset: 1,
      transaction_id: 'huge',
      amount: '5000',
    });
    changed<PartialCells>(refused.backfilled.partials, 0, {
      kafka_offset: 1,
      total_amount: '5000',
      min_amount: '5000',
      max_amount: '5000',
    });
    expect(await findings(refused)).toEqual({ G1: ['backfilled_unexplained'] });
  });
});

describe('verify finds', () => {
  test('a backfill that forgot the windows', async () => {
    const history = backfilled();
    history.backfilled.partials.length = 0;
    expect(await findings(history)).toEqual({ G3: ['backfilled_window_differs'] });
  });

  test.each<[string, Partial<PartialCells>]>([
    ['a sum', { total_amount: '10.350000001' }],
    ['a count', { transaction_count: 3 }],
    ['an extreme', { min_amount: '0.2' }],
    ['an end', { window_end: BASE_MS }],
  ])('a backfilled window with %s that is off', async (_, change) => {
    const history = backfilled();
    changed(history.backfilled.partials, 0, change);
    expect(await findings(history)).toEqual({ G3: ['backfilled_window_differs'] });
  });

  test('a window that was added twice, and one of no payment', async () => {
    const twice = backfilled();
    twice.backfilled.partials.push(twice.backfilled.partials[0]!);
    expect(await findings(twice)).toEqual({ G3: ['backfilled_window_differs'] });
    const phantom = backfilled();
    phantom.backfilled.partials.push({ ...phantom.backfilled.partials[0]!, region: 'moon' });
    expect(await findings(phantom)).toEqual({ G3: ['backfilled_window_differs'] });
  });

  test('a late payment that was put in twice', async () => {
    const history = backfilled();
    history.backfilled.payments.push(history.backfilled.payments[0]!);
    changed<PartialCells>(history.backfilled.partials, 0, { transaction_count: 3, total_amount: '10.45' });
    expect(await findings(history)).toEqual({ G1: ['backfilled_unexplained'], G2: ['id_twice'] });
  });

  test('a late copy that was put in though its payment had been accepted', async () => {
    const history = backfilled();
    changed<TransactionCells>(history.backfilled.payments, 1, { transaction_id: 'p0' });
    expect(await findings(history)).toEqual({ G1: ['backfilled_unexplained'], G2: ['id_twice'] });
  });

  test('a backfilled payment that its record does not say, or that has no late record', async () => {
    const amount = backfilled();
    changed<TransactionCells>(amount.backfilled.payments, 0, { device_id: 'other' });
    expect(await findings(amount)).toEqual({ G1: ['backfilled_unexplained'] });
    for (const kafka_offset of [0, 17]) {
      const place = backfilled();
      changed<TransactionCells>(place.backfilled.payments, 0, { kafka_offset });
      // The window is where its newest payment is.
      const isNewest = kafka_offset === 17;
      expect(await findings(place)).toEqual({
        G1: ['backfilled_unexplained'],
        ...(isNewest ? { G3: ['backfilled_window_differs'] } : {}),
      });
    }
  });

  test('a window that is not where its newest payment is', async () => {
    const history = backfilled();
    changed<PartialCells>(history.backfilled.partials, 0, { kafka_offset: 2 });
    expect(await findings(history)).toEqual({ G3: ['backfilled_window_differs'] });
  });
});
