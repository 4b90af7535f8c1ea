import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../../processor/events.ts';
import type { LedgerEntry } from '../../simulator/ledger.ts';
import { EventTable } from './model/event-table.ts';
import { placeIn, RecordTable } from './model/record-table.ts';
import { eventText } from './model/words.ts';
import { EventPacker, RecordPacker } from './pack-tables.ts';

const committed = (nextOffset: number): ProcessorEvent => ({ type: 'offset.committed', partition: 0, nextOffset });
const claimed = (epoch: number): ProcessorEvent => ({ type: 'takeover.claimed', partition: 1, epoch, attempts: 2 });

describe('events', () => {
  test('come back with their fields, in their order, nested ones by path', () => {
    const packer = new EventPacker(1_000);
    const outcome = { state: 'finalized', rowCount: 12 } as const;
    packer.take({ atMs: 1_010, processor: 'alpha', life: 2, event: claimed(3) });
    packer.take({
      atMs: 1_020,
      processor: 'beta',
      life: 1,
      event: { type: 'takeover.finalized', partition: 1, epoch: 2, table: 't', outcome },
    });
    packer.take({ atMs: 1_030, processor: 'alpha', life: 2, event: claimed(4) });
    const table = new EventTable(JSON.parse(JSON.stringify(packer.pack())));
    expect([...table]).toEqual([
      { row: 0, atMs: 10, source: 0, type: 'takeover.claimed', fields: { partition: 1, epoch: 3, attempts: 2 } },
      {
        row: 1,
        atMs: 20,
        source: 1,
        type: 'takeover.finalized',
        fields: { partition: 1, epoch: 2, table: 't', 'outcome.state': 'finalized', 'outcome.rowCount': 12 },
      },
      { row: 2, atMs: 30, source: 0, type: 'takeover.claimed', fields: { partition: 1, epoch: 4, attempts: 2 } },
    ]);
    expect(packer.sources).toEqual([
      { processor: 'alpha', life: 2 },
      { processor: 'beta', life: 1 },
    ]);
    expect(eventText(table.at(1))).toBe('epoch 2 · table t · state finalized · rowCount 12');
  });

  test('of the frequent types give way when there are too many, and are counted', () => {
    const packer = new EventPacker(0);
    for (let i = 0; i < 10; i++) packer.take({ atMs: i, processor: 'a', life: 1, event: committed(i) });
    packer.take({ atMs: 10, processor: 'a', life: 1, event: claimed(1) });
    const packed = packer.pack(4);
    expect(packed).toMatchObject({ count: 4, leftOut: { 'offset.committed': 7 } });
    expect([...new EventTable(packed)].map(({ type }) => type).at(-1)).toBe('takeover.claimed');
  });

  test('of one rare type alone give way too when nothing else is left', () => {
    const packer = new EventPacker(0);
    for (let i = 0; i < 5; i++) packer.take({ atMs: i, processor: 'a', life: 1, event: claimed(i) });
    expect(packer.pack(3)).toMatchObject({ count: 3, leftOut: { 'takeover.claimed': 2 } });
  });
});

describe('records', () => {
  const entry = (seq: number, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
    seq,
    kind: 'payment',
    expected: 'accepted',
    copy: null,
    malformed: null,
    transaction_id: `txn-1-00${seq}`,
    key: 'acct-1',
    amount: '1.50',
    currency: 'EUR',
    region: 'eu-west',
    event_time: 1_700_000_000_000 + seq,
    partition: seq % 2,
    offset: seq,
    ack: 'acked',
    value_hash: null,
    ...changes,
  });
  const copy = { ofSeq: 0, distance: 'near', variant: 'same' } as const;
  function tableOf(entries: readonly LedgerEntry[], recordsMax?: number): RecordTable {
    const packer = new RecordPacker(recordsMax);
    for (const one of entries) packer.take(one);
    return new RecordTable(JSON.parse(JSON.stringify(packer.pack())));
  }

  test('are found by id, by a part of it, and by place', () => {
    const table = tableOf([
      entry(0),
      entry(1),
      entry(2, { transaction_id: 'txn-1-000', kind: 'duplicate', expected: 'duplicate', copy }),
    ]);
    expect(table.find('')).toEqual([0, 1, 2]);
    expect(table.find(' TXN-1-000 ')).toEqual([0, 2]);
    expect(table.find('1:1')).toEqual([1]);
    expect(table.find('9:9')).toEqual([]);
    expect(table.atPlace({ partition: 0, offset: 2 })).toMatchObject({ row: 2, copyOf: 'txn-1-000', amount: '1.50' });
    expect(table.copiesOf('txn-1-000').map(({ row }) => row)).toEqual([0, 2]);
  });

  test('of a second workload are copies of its own records, not of the first one with that number', () => {
    const second = [entry(0, { transaction_id: 'other-0' }), entry(1, { transaction_id: 'other-0', copy })];
    expect(tableOf([entry(0), entry(1), ...second]).at(3).copyOf).toBe('other-0');
  });

  test('without an offset have no place', () => {
    expect(tableOf([entry(0, { offset: null }), entry(1)]).find('0:0')).toEqual([]);
  });

  test('past the limit are counted and left out', () => {
    const packer = new RecordPacker(2);
    for (let seq = 0; seq < 5; seq++) packer.take(entry(seq));
    expect(packer.pack()).toMatchObject({ count: 2, leftOut: 3 });
  });
});

test('a place is a partition and an offset, and nothing else is', () => {
  expect(placeIn(' 1 : 3204 ')).toEqual({ partition: 1, offset: 3204 });
  expect(placeIn('1/3204')).toEqual({ partition: 1, offset: 3204 });
  for (const text of ['', '1', 'txn:1', '1:-2', '1:2:3']) expect(placeIn(text), text).toBeUndefined();
});
