/** Bugs in money, windows and the fraud rules' counts. */
import type { Mutant } from '../mutant.ts';

const FOLD = 'src/payments/fold.ts';
const WINDOWS = 'src/payments/windows.ts';

export const SUM_MUTANTS: readonly Mutant[] = [
  {
    name: 'amount-through-float',
    what: 'reads decimal strings as floating point',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'the last decimals of large amounts change',
    family: 'payments',
    patches: [
      {
        file: 'src/payments/event/decimal.ts',
        in: 'parseDecimalString',
        find: 'return combine(integerDigits, fractionDigits);',
        replace: 'return combine === undefined ? 0n : BigInt(Math.round(Number(text) * 1e9));',
      },
    ],
  },
  {
    name: 'sums-through-float',
    what: 'adds up the amounts of a window in floating point',
    guarantee: 'G3',
    anomaly: 'window_sum_differs',
    why: 'the sums differ in their last decimals',
    family: 'payments',
    patches: [
      {
        file: WINDOWS,
        in: 'MutableWindow.add',
        find: `if (typeof amount === 'number' && amount <= Number.MAX_SAFE_INTEGER - this.small) this.small += amount;
else this.#addLarge(amount);`,
        replace: 'if (amount !== undefined) this.small = Math.round((this.small / 1e9 + Number(amount) / 1e9) * 1e9);',
      },
    ],
  },
  {
    name: 'windows-close-late',
    what: 'closes windows one window late',
    guarantee: 'G3',
    anomaly: 'window_missing',
    why: 'windows that the watermark has passed have no sums',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#accept',
        find: 'this.#windows.closeUpTo(watermarkMs, offset, out.partials);',
        replace: 'this.#windows.closeUpTo(watermarkMs - this.#fixed.windowMs, offset, out.partials);',
      },
    ],
  },
  {
    name: 'windows-close-early',
    what: 'closes windows that the watermark has only begun',
    guarantee: 'G3',
    anomaly: 'window_phantom',
    why: 'payments that still fall into them are not in their sums',
    family: 'payments',
    patches: [
      {
        file: FOLD,
        in: 'PartitionFold.#accept',
        find: 'this.#windows.closeUpTo(watermarkMs, offset, out.partials);',
        replace: 'this.#windows.closeUpTo(watermarkMs + this.#fixed.windowMs, offset, out.partials);',
      },
    ],
  },
  {
    name: 'activity-includes-boundary',
    what: 'counts a payment that is exactly the span old as recent',
    guarantee: 'G4',
    anomaly: 'enrichment_differs',
    why: 'the count of the last five minutes is one too high',
    family: 'payments',
    patches: [
      {
        file: 'src/payments/state/activity.ts',
        in: 'SenderActivity.#count',
        find: 'if (timeMs <= afterMs) break;',
        replace: 'if (timeMs < afterMs) break;',
      },
    ],
  },
  {
    name: 'activity-forgotten-early',
    what: 'forgets the activity of senders two minutes early',
    guarantee: 'G4',
    anomaly: 'enrichment_differs',
    why: 'payments that should count are gone from the last five minutes',
    family: 'payments',
    patches: [
      {
        file: 'src/payments/state/liveness.ts',
        in: 'activityLiveFromMs',
        find: 'return floorTo(watermarkMs - fixed.activitySpanMs, MINUTE_MS);',
        replace: 'return floorTo(watermarkMs - fixed.activitySpanMs + 2 * MINUTE_MS, MINUTE_MS);',
      },
    ],
  },
];
