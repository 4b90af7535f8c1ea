/** Bugs in the decision on one record: accepted, duplicate, late, rejected; and in what its row says. */
import type { Mutant } from '../mutant.ts';

const FOLD = 'src/payments/fold.ts';

export const DECISION_MUTANTS: readonly Mutant[] = [
  {
    name: 'evicts-a-minute-early',
    what: 'forgets ids one minute before the watermark reaches them',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'a copy that comes in that minute is accepted',
    family: 'payments',
    patches: [
      {
        file: 'src/payments/state/liveness.ts',
        in: 'idsLiveFromMs',
        find: 'return floorTo(watermarkMs - fixed.idHorizonMs, MINUTE_MS);',
        replace: 'return floorTo(watermarkMs - fixed.idHorizonMs + MINUTE_MS, MINUTE_MS);',
      },
    ],
  },
  {
    name: 'horizon-by-the-minute',
    what: 'ignores the id horizon: an id is known as long as its minute happens to be in memory',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a copy past the horizon is called a duplicate where the rules say late',
    family: 'payments',
    patches: [
      {
        file: 'src/payments/state/liveness.ts',
        in: 'isKnownAt',
        find: 'return eventTimeMs >= watermarkMs - fixed.idHorizonMs;',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'watermark-goes-back',
    what: 'sets the watermark by every accepted payment, also by one that is behind',
    guarantee: 'G6',
    anomaly: 'watermark_differs',
    why: 'the watermark in the checkpoints is not the one that the log gives',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#accept',
        find: 'watermarkMs <= this.#watermarkMs',
        replace: 'watermarkMs === this.#watermarkMs',
      },
    ],
  },
  {
    name: 'duplicate-moves-watermark',
    what: 'moves the watermark by duplicates, too',
    guarantee: 'G6',
    anomaly: 'watermark_differs',
    why: 'a copy with a later time drives the watermark ahead of what was accepted',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#foldRead',
        find: 'this.#counters.duplicates += 1;',
        replace: `this.#counters.duplicates += 1;
      this.#watermarkMs = Math.max(this.#watermarkMs, payment.eventTimeMs - settings.watermarkDelayMs);`,
      },
    ],
  },
  {
    name: 'late-by-newest-event',
    what: 'calls a payment late that is behind the newest event time, not behind the watermark',
    guarantee: 'G5',
    anomaly: 'rows_missing',
    why: 'payments within the allowed delay are refused',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#foldRead',
        find: 'payment.eventTimeMs < this.#decidesFromMs',
        replace: 'payment.eventTimeMs < this.#watermarkMs + settings.watermarkDelayMs',
      },
    ],
  },
  {
    name: 'late-accepted',
    what: 'accepts late payments',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'they land in payment_transactions, where the rules have them in payment_exceptions',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#foldRead',
        find: 'payment.eventTimeMs < this.#decidesFromMs',
        replace: 'payment.eventTimeMs < this.#fixed.minEventTimeMs',
      },
    ],
  },
  {
    name: 'poison-dropped',
    what: 'drops a record that cannot be read, as a filter does',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'the record has no row anywhere',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#foldRead',
        find: 'out.exceptions.push(rejectedRow(record, payment));',
        replace: '',
      },
    ],
  },
  {
    name: 'rejected-not-counted',
    what: 'does not count rejected records',
    guarantee: 'G6',
    anomaly: 'counters_do_not_add_up',
    why: 'the counters of a checkpoint do not add up to what was consumed',
    family: 'payments',
    patches: [{ file: FOLD, in: 'PartitionFold.#foldRead', find: 'this.#counters.rejected += 1;', replace: '' }],
  },
  {
    name: 'conflict-not-marked',
    what: 'never marks a duplicate whose payload differs from the first',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'the column says false where the log says true',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#foldRead',
        find: 'known.hashHigh !== hash.high || known.hashLow !== hash.low',
        replace: 'false',
      },
    ],
  },
];
