import { describe, expect, it } from 'vitest';
import { AcceptedBatch } from '../../accepted-batch.ts';
import { PartitionFold } from '../../fold.ts';
import type { EventRules } from '../../rules/rules.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from '../../settings.ts';
import { emptyOutput, event, PLACE, record, START_MS } from '../../testing/fold-fixture.ts';
import { judge, judged, withText, withTime } from '../../testing/mapped-fixture.ts';
import { BUILT_IN_EVENT, rules } from '../../testing/rules-fixture.ts';
import type { LogRecord } from '../../types.ts';
import { partitionForKey } from '../murmur2.ts';
import { MAX_VALUE_BYTES, Rejection } from '../validation.ts';

describe('select', () => {
  const by = { select: [{ path: '/type', in: ['paid', '1000', 'true', '0'] }] };

  it.each(['paid', 1_000, true, 0, -0])('%j is selected', (type) => {
    expect(judged({ type }, { by })).toMatchObject({ transactionId: 'txn-1' });
  });

  it.each(['Paid', ' paid', '', null, undefined, false, 1.5, 1e41, ['paid'], { paid: 1 }])('%j is not', (type) => {
    expect(judged({ type }, { by })).toBe('not_a_payment');
  });

  it('all of them must hold', () => {
    const both = { select: [...by.select, { path: 'header:kind', in: ['x'] }] };
    const header = (text: string) => ({ ...record(0, event({ type: 'paid' })), header: () => Buffer.from(text) });
    expect(judge(header('x'), { by: both })).toMatchObject({ transactionId: 'txn-1' });
    expect(judge(header('y'), { by: both })).toMatchObject({ code: 'not_a_payment' });
  });

  it('a record without a value is no payment then, and nothing of the others is kept', () => {
    expect(judge({ ...record(0, event()), value: null }, { by })).toMatchObject({ code: 'not_a_payment' });
    expect(judge({ ...record(0, event()), value: null })).toMatchObject({ code: 'no_value' });
    const one = record(0, event({ type: 'other' }));
    const rejection = judge(one, { by }) as Rejection;
    expect([rejection.transactionId, rejection.eventTimeMs, rejection.keptPayload(one.value!)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe('key', () => {
  const keyed = (key: string | Buffer | null, rule: EventRules['key'], members = {}): unknown => {
    const one = { ...record(0, event(members)), key: typeof key === 'string' ? Buffer.from(key) : key };
    const result = judge(one, { by: { key: rule } });
    return result instanceof Rejection ? result.reason : 'taken';
  };

  it.each([
    ['acct-1', 'sender', 'taken'],
    ['acct-2', 'sender', 'key_not_sender'],
    [null, 'sender', 'key_missing'],
    ['txn-1', 'transaction', 'taken'],
    ['acct-1', 'transaction', 'key_not_transaction'],
    [null, 'transaction', 'key_missing'],
    ['eu-west', { path: '/region' }, 'taken'],
    ['acct-1', { path: '/region' }, 'key_not_path'],
    ['acct-1', { path: '/nothing' }, 'key_not_path'],
    [null, { path: '/region' }, 'key_missing'],
    ['x', 'any', 'taken'],
    [null, 'any', 'taken'],
  ] as const)('%j with %j is %s', (key, rule, expected) => {
    expect(keyed(key, rule)).toBe(expected);
  });

  it('is compared with what is stored', () => {
    const how = withText('sender_account_id', { trim: true, uppercase: true });
    const one = { ...record(0, event({ sender_account_id: ' é1a ' })), key: Buffer.from('é1A') };
    expect(judge(one, how)).toMatchObject({ senderAccountId: 'é1A' });
  });

  it('may be the place of the sender', () => {
    const how = { by: { texts: { ...BUILT_IN_EVENT.texts, sender_account_id: { path: 'key' } } } };
    expect(judge({ ...record(0, event()), key: Buffer.from('é') }, how)).toMatchObject({ senderAccountId: 'é' });
    for (const [key, reason] of [
      [null, 'field_missing: sender_account_id'],
      [Buffer.from([0xff]), 'field_invalid: sender_account_id'],
      [Buffer.alloc(0), 'field_invalid: sender_account_id'],
    ] as const)
      expect((judge({ ...record(0, event()), key }, how) as Rejection).reason).toBe(reason);
  });

  it('of 4 KiB belongs to nothing, since the log may hold its beginning only', () => {
    const tenant = 'x'.repeat(4_096);
    expect(keyed(tenant, { path: '/tenant' }, { tenant })).toBe('key_not_path');
    expect(keyed(tenant.slice(1), { path: '/tenant' }, { tenant: tenant.slice(1) })).toBe('taken');
  });

  it('must hash to the partition, if there is one', () => {
    const decision = { partitioner: 'murmur2' as const };
    const of = (key: Buffer | null) => judge({ ...record(0, event()), key }, { by: { key: 'any' }, decision });
    const keys = Array.from({ length: 20 }, (_, index) => Buffer.from(`k${index}`));
    const [here] = keys.filter((key) => partitionForKey(key, 4) === 3);
    const [elsewhere] = keys.filter((key) => partitionForKey(key, 4) !== 3);
    expect(of(here!)).toMatchObject({ transactionId: 'txn-1' });
    expect(of(elsewhere!)).toMatchObject({ code: 'key_wrong_partition' });
    expect(of(null)).toMatchObject({ transactionId: 'txn-1' });
  });
});

describe('what is kept of a rejected record', () => {
  it('the id and the time where they are right, masked, with any other mistake', () => {
    const rejection = judge(record(0, event({ transaction_id: '4111111111111111', amount: true }))) as Rejection;
    expect([rejection.reason, rejection.transactionId, rejection.eventTimeMs]).toEqual([
      'field_invalid: amount',
      '************1111',
      START_MS,
    ]);
  });

  it('the text of the value, without readable digits of any time', () => {
    const one = record(0, event({ amount: true }));
    expect((judge(one) as Rejection).keptPayload(one.value!)).toContain('"timestamp":*********');
  });

  it('neither id nor time where the form is wrong', () => {
    const one = { ...record(0, event()), value: Buffer.from('{"transaction_id":"t","transaction_id":"t"}') };
    expect(judge(one)).toMatchObject({ reason: 'duplicate_member: transaction_id', transactionId: null });
  });

  it('no time that is finer than a millisecond', () => {
    const rejection = judge(
      record(0, event({ timestamp: 1_700_000_000_000_001 })),
      withTime({ type: 'epoch_us' }),
    ) as Rejection;
    expect([rejection.reason, rejection.transactionId, rejection.eventTimeMs]).toEqual([
      'timestamp_not_exact',
      'txn-1',
      null,
    ]);
  });
});

describe('json-schema', () => {
  const by = { format: 'json-schema' as const, rejectSchemaIds: [7] };
  const wire = (head: number[], json: string): LogRecord => ({
    ...record(0, event()),
    value: Buffer.concat([Buffer.from(head), Buffer.from(json)]),
  });

  it.each([
    [[0, 0, 0, 0, 1], JSON.stringify(event()), null],
    [[0, 0, 0, 0, 7], JSON.stringify(event()), 'schema_rejected: schema 7'],
    [[0, 0, 0], '', 'not_wire_format'],
    [[1, 0, 0, 0, 1], '{}', 'not_wire_format'],
    [[0, 0, 0, 0, 1], '', 'not_json: ends early'],
    [[0, 0, 0, 0, 1], '\0{}xxxx', 'not_json: byte 0'],
    [[0, 0, 0, 0, 1], '\uFEFF{}', 'byte_order_mark'],
  ])('%j and %s', (head, json, expected) => {
    const result = judge(wire(head, json), { by });
    expect(result instanceof Rejection ? result.reason : null).toBe(expected);
  });

  it('with the format json is the wire format of a schema registry', () => {
    expect(judge(wire([0, 0, 0, 0, 1], '{}'))).toMatchObject({ reason: 'schema_registry_format: schema 1' });
  });
});

describe('records that are read together', () => {
  const columns = [{ name: 'note', path: '/note', type: 'string' as const }];
  const settings = compileSettings(DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION, rules({}, columns));
  const records = Array.from({ length: 100 }, (_, offset) => {
    const note = offset % 7 === 0 ? 'x'.repeat(4_000) : offset % 5 === 0 ? '\\' : undefined;
    const pad = offset % 11 === 0 ? 'y'.repeat(40_000) : '';
    return record(
      offset,
      event({ transaction_id: `t${offset}`, note, pad, ...(offset % 13 === 0 ? { amount: 0 } : {}) }),
    );
  });

  it('are the same as those that are read alone', () => {
    const alone = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    const together = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    const [left, right] = [emptyOutput(), emptyOutput()];
    for (const one of records) alone.fold(one, settings, left);
    together.foldAll(records, () => settings, right);
    expect(right.exceptions).toEqual(left.exceptions);
    expect([...right.accepted]).toEqual([...left.accepted]);
    expect(right.exceptions.length).toBeGreaterThan(5);
    expect(together.head()).toEqual(alone.head());
    expect(right.accepted).toBeInstanceOf(AcceptedBatch);
  });

  it('a change of the rules takes effect at its offset', () => {
    const later = compileSettings(
      DEFAULT_DECISION_SETTINGS,
      RULES_FOLD_VERSION,
      rules({ texts: { ...BUILT_IN_EVENT.texts, region: { constant: 'later' } } }),
    );
    const builtIn = compileSettings(DEFAULT_DECISION_SETTINGS);
    const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    const out = emptyOutput();
    fold.foldAll(records, (offset) => (offset < 20 ? builtIn : offset < 50 ? settings : later), out);
    const regions = [...out.accepted].map(({ kafkaOffset, payment }) => [kafkaOffset, payment.region]);
    expect(regions.every(([offset, region]) => region === ((offset as number) < 50 ? 'eu-west' : 'later'))).toBe(true);
  });
});

it('a value of the greatest size is read alone', () => {
  const pad = 'x'.repeat(MAX_VALUE_BYTES - JSON.stringify(event({ pad: '' })).length);
  expect(judged({ pad })).toMatchObject({ transactionId: 'txn-1' });
  expect(judged({ pad: `${pad}x` })).toBe('value_too_large');
});
