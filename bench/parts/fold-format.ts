/**
 * `fold` for events in another form than the built-in one, against the built-in event in turns: the same payments, the same tables, and
 * further columns. A format is its rules and how it writes a payment.
 */
import type { FoldPlace } from '../../src/payments/fold-types.ts';
import type { FurtherColumn, Rules } from '../../src/payments/rules/rules.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from '../../src/payments/settings.ts';
import type { SimulatedPayment } from '../../src/simulator/event.ts';
import { type FoldRepeat, type FoldSizes, fetchesOf, foldOnce } from '../fold.ts';
import { type Benchmark, defineBenchmark } from '../harness/benchmark.ts';
import { spreadOf } from '../harness/spread.ts';

export interface FoldFormat {
  /** As in `bench fold --format NAME`. */
  readonly name: string;
  readonly what: string;
  readonly event: Rules['event'];
  readonly columns: readonly FurtherColumn[];
  encode(payment: SimulatedPayment): Buffer;
  /** What a fold of this format needs besides its settings. */
  readonly place?: Partial<FoldPlace>;
}

export function formatBenchmark(format: FoldFormat): Benchmark {
  const name = `fold-${format.name}`;
  return defineBenchmark({
    name,
    what: `${format.what}: bytes of record batches to encoded rows, one core, in turns with the built-in event`,
    limits: 'as `fold`; the share is that of the two runs of each repeat, one after the other',
    figures: [
      {
        name,
        what: `${format.what} to encoded rows, one core`,
        unit: 'events/s',
        must: 90_000,
        aim: 150_000,
        better: 'more',
      },
      {
        name: `${name}-share`,
        what: 'that rate against the one of the built-in event',
        unit: '%',
        must: 60,
        better: 'more',
      },
    ],
    repeats: 7,
    sizes: { events: 300_000, accounts: 20_000, batch: 4_000 },
    smoke: { events: 2_000, accounts: 50, batch: 500 },
    async run({ sizes, repeats, say, sample, detail }) {
      const builtIn = fetchesOf(sizes);
      const mapped = formatFetches(format, sizes);
      const runs: FoldRepeat[] = [];
      foldOnce(builtIn); // warms up
      foldFormat(format, mapped);
      for (let repeat = 1; repeat <= repeats; repeat += 1) {
        const beside = foldOnce(builtIn);
        const measured = foldFormat(format, mapped);
        if (measured.accepted !== beside.accepted)
          throw new Error(
            `${measured.accepted} of the same payments were accepted, of the built-in event ${beside.accepted}`,
          );
        runs.push(measured);
        sample({ [name]: measured.perSecond, [`${name}-share`]: (100 * measured.perSecond) / beside.perSecond });
        say(`repeat ${repeat} of ${repeats}: ${measured.perSecond.toLocaleString('en')} events a second`);
      }
      const bytes = mapped.reduce((sum, { length }) => sum + length, 0);
      const nsEach = (us: (repeat: FoldRepeat) => number) =>
        spreadOf(runs.map((run) => Math.round((1_000 * us(run)) / sizes.events)));
      detail({
        bytesPerEvent: Math.round(bytes / sizes.events),
        foldNsPerEvent: nsEach(({ foldUs }) => foldUs),
        encodeNsPerEvent: nsEach(({ encodeUs }) => encodeUs),
      });
    },
  });
}

export function formatFetches(format: FoldFormat, sizes: FoldSizes): Buffer[] {
  return fetchesOf(sizes, (payment) => format.encode(payment));
}

export function foldFormat({ event, columns, place = {} }: FoldFormat, fetches: readonly Buffer[]): FoldRepeat {
  const rules: Rules = { revision: 1, event, columns, fraud: DEFAULT_DECISION_SETTINGS.fraud };
  return foldOnce(fetches, compileSettings(DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION, rules), place);
}
