/** Records are read some ahead of their turn: nothing that the fold yields may depend on how many. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_AHEAD } from '../base/memory/prefetch.ts';
import { MOST_SCANNED_BYTES, PaymentBytes } from './event/payment-bytes.ts';
import { PaymentReader } from './event/payment-reader.ts';
import { Rejection } from './event/validation.ts';
import { PartitionFold } from './fold.ts';
import type { CompiledSettings } from './settings.ts';
import {
  emptyOutput,
  event,
  FIXED,
  type FoldedRows,
  PLACE,
  record,
  rowsOf,
  START_MS,
  settings,
} from './testing/fold-fixture.ts';
import type { LogRecord } from './types.ts';

const SETTINGS = [settings({ watermarkDelayMs: 90_000 }), settings({ watermarkDelayMs: 30_000 })] as const;
/** Half of the offsets each, in turns of seven. */
const settingsAt = (offset: number): CompiledSettings => SETTINGS[Math.floor(offset / 7) % 2] as CompiledSettings;

const drawnRecord = fc.record({
  id: fc.nat({ max: 60 }),
  sender: fc.nat({ max: 8 }),
  device: fc.nat({ max: 5 }),
  aheadMs: fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 60_000 })),
  backMs: fc.oneof(fc.constant(0), fc.nat({ max: 150_000 })),
  // Beside the usual: read by JSON.parse, rejected, null, filling the scratch, longer than it.
  kind: fc.constantFrom('usual', 'usual', 'usual', 'usual', 'escaped', 'rejected', 'null', 'long', 'too long'),
});
type DrawnRecord = typeof drawnRecord extends fc.Arbitrary<infer T> ? T : never;

function logOf(drawn: readonly DrawnRecord[]): LogRecord[] {
  let nowMs = 0;
  return drawn.map(({ id, sender, device, aheadMs, backMs, kind }, offset) => {
    nowMs += aheadMs;
    const [transaction_id, sender_account_id] = [`t${id}`, `s${sender}`];
    const region = kind === 'escaped' ? '\u00e9"' : 'eu-west';
    const currency = kind === 'rejected' ? 'x' : 'EUR';
    const members = { transaction_id, sender_account_id, device_id: `d${device}`, region, currency };
    const one = record(offset, event(members, nowMs - backMs));
    if (kind === 'null') return { ...one, value: null };
    const blanks = kind === 'long' ? MOST_SCANNED_BYTES / 3 : kind === 'too long' ? MOST_SCANNED_BYTES : 0;
    return { ...one, value: Buffer.concat([one.value as Buffer, Buffer.alloc(blanks, ' ')]) };
  });
}

function foldInPieces(log: readonly LogRecord[], pieces: readonly number[]): { out: FoldedRows; fold: PartitionFold } {
  const fold = PartitionFold.fresh({ ...PLACE, fixed: FIXED, startOffset: 0 });
  const out = emptyOutput();
  for (let from = 0, piece = 0; from < log.length; piece += 1) {
    const to = Math.min(log.length, from + (pieces[piece % pieces.length] as number));
    fold.foldAll(log, settingsAt, out, from, to);
    from = to;
  }
  return { out: rowsOf(out), fold };
}

describe('records folded together', () => {
  it('yield what they yield one by one, however they are cut', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 3 * MOST_AHEAD }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(drawnRecord, { maxLength: 200 }), pieces, (drawn, cuts) => {
        const log = logOf(drawn);
        const alone = PartitionFold.fresh({ ...PLACE, fixed: FIXED, startOffset: 0 });
        const expected = emptyOutput();
        for (const one of log) alone.fold(one, settingsAt(one.offset), expected);
        const { out, fold } = foldInPieces(log, cuts);
        expect(out).toEqual(rowsOf(expected));
        expect(fold.head()).toEqual(alone.head());
        expect(fold.recomputeHead()).toEqual(alone.head());
      }),
      { numRuns: 150 },
    );
  });
});

describe('reading ahead', () => {
  const reader = () => new PaymentReader({ partition: 3, partitionCount: 4, minEventTimeMs: START_MS - 86_400_000 });
  const usual = (offset: number) => record(offset, event({ transaction_id: `t${offset}` }));
  const blank = (one: LogRecord, blanks: number): LogRecord => ({
    ...one,
    value: Buffer.concat([one.value as Buffer, Buffer.alloc(blanks, ' ')]),
  });
  const logOfUsual = Array.from({ length: 2 * MOST_AHEAD }, (_, offset) => usual(offset));

  it('takes MOST_AHEAD usual records at once, each a payment of its own', () => {
    const ahead = reader();
    expect(ahead.readAhead(logOfUsual, 3, logOfUsual.length, settingsAt)).toBe(MOST_AHEAD);
    const ids = Array.from({ length: MOST_AHEAD }, (_, index) =>
      (ahead.at(index) as PaymentBytes).transactionId.toText(),
    );
    expect(ids).toEqual(logOfUsual.slice(3, 3 + MOST_AHEAD).map(({ offset }) => `t${offset}`));
    expect(ahead.readAhead(logOfUsual, 3, 5, settingsAt)).toBe(2);
  });

  it('ends behind a record that is not usual', () => {
    const ahead = reader();
    const log = [usual(0), { ...usual(1), value: null }, usual(2)];
    expect(ahead.readAhead(log, 0, log.length, settingsAt)).toBe(2);
    expect(ahead.at(0)).toBeInstanceOf(PaymentBytes);
    expect(ahead.at(1)).toBeInstanceOf(Rejection);
  });

  it('ends before a record that has no room beside the others, and reads it alone', () => {
    const ahead = reader();
    const room = MOST_SCANNED_BYTES - 100;
    const log = [usual(0), blank(usual(1), room - (usual(1).value as Buffer).length), usual(2)];
    expect(ahead.readAhead(log, 0, log.length, settingsAt)).toBe(1);
    expect(ahead.readAhead(log, 1, log.length, settingsAt)).toBe(1);
    expect((ahead.at(0) as PaymentBytes).transactionId.toText()).toBe('t1');
    expect(ahead.readAhead(log, 2, log.length, settingsAt)).toBe(1);
  });
});
