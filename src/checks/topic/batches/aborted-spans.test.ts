import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BatchSpec, batchBytes } from '../testing/log-bytes.ts';
import { type AbortedTransaction, committedBatches } from './aborted-spans.ts';
import { findBatches } from './batch.ts';

const step = fc.record({
  producerId: fc.integer({ min: 1, max: 3 }),
  act: fc.constantFrom('write', 'write', 'write', 'plain', 'abort', 'commit'),
});

interface Open {
  readonly first: number;
  readonly offsets: number[];
}

/** A log of interleaved transactions, the aborted ones as a broker lists them, and what of it counts. */
function play(steps: readonly { producerId: number; act: string }[]) {
  const log: BatchSpec[] = [];
  const aborted: (AbortedTransaction & { readonly end: number })[] = [];
  const counts = new Set<number>();
  const open = new Map<number, Open>();
  for (const [baseOffset, { producerId: id, act }] of steps.entries()) {
    const producerId = BigInt(id);
    const records = [{ value: Buffer.from(String(baseOffset)) }];
    if (act === 'plain') {
      log.push({ baseOffset, records });
      counts.add(baseOffset);
    } else if (act === 'write') {
      const transaction = open.get(id) ?? { first: baseOffset, offsets: [] };
      open.set(id, transaction);
      transaction.offsets.push(baseOffset);
      log.push({ baseOffset, records, producerId, kind: 'transactional' });
    } else {
      // A transaction may end without having written here: it has its marker all the same, and no entry in the list.
      const transaction = open.get(id);
      open.delete(id);
      log.push({ baseOffset, producerId, kind: act as 'abort' | 'commit' });
      if (act === 'commit') for (const offset of transaction?.offsets ?? []) counts.add(offset);
      else if (transaction) aborted.push({ producerId, firstOffset: transaction.first, end: baseOffset });
    }
  }
  // A reader of committed records is shown the log up to the first transaction that is open.
  const stable = Math.min(steps.length, ...[...open.values()].map(({ first }) => first));
  return { log: log.slice(0, stable), aborted, counts: [...counts].filter((offset) => offset < stable) };
}

test('of any interleaving of transactions, from any offset on, exactly what was committed counts', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), fc.nat(40), (steps, skip, cut) => {
      const { log, aborted, counts } = play(steps);
      const from = Math.min(skip, log.length);
      // An answer may end before the log does, in the middle of a transaction.
      const to = Math.max(from, log.length - (cut % 10));
      const bytes = Buffer.concat(log.slice(from, to).map(batchBytes));
      const wanted = { fromOffset: from, toOffset: to, isBatchStart: false, highWatermark: log.length };
      const { batches, damage } = findBatches(bytes, wanted);
      expect(damage).toBeUndefined();
      const listed = aborted.filter(({ end, firstOffset }) => end >= from && firstOffset < to);
      const found = committedBatches(batches, listed).map(({ baseOffset }) => baseOffset);
      expect(found).toEqual(counts.filter((offset) => offset >= from && offset < to).sort((a, b) => a - b));
    }),
    { numRuns: 500 },
  );
});

test.for([
  ['abort', []],
  ['commit', [{ producerId: 1n, firstOffset: 1 }]],
] as const)(
  'a marker that says %s where the broker lists it otherwise puts its transaction in doubt',
  ([kind, listed]) => {
    const records = [{ value: Buffer.from('a') }];
    const log: BatchSpec[] = [
      { baseOffset: 0, records },
      { baseOffset: 1, records, producerId: 1n, kind: 'transactional' },
      { baseOffset: 2, records },
      { baseOffset: 3, producerId: 1n, kind },
    ];
    const wanted = { fromOffset: 0, toOffset: 4, isBatchStart: true, highWatermark: 4 };
    const { batches } = findBatches(Buffer.concat(log.map(batchBytes)), wanted);
    expect(() => committedBatches(batches, listed)).toThrow(expect.objectContaining({ offset: 1 }));
  },
);
