import { sumsOf } from '../src/checks/by-sql/assertions.ts';
import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';
import { BACKFILL_POINTS, type BackfillPoint } from '../src/processor/crash-points.ts';
import type { LedgerEntry } from '../src/simulator/ledger.ts';

const HOUR_MS = 3_600_000;
const KILLED = 137;
const BATCH = ['--batch', '4'];
/** Of one of the two, round by round; the other's is drawn, but for the last: both in mid-write. */
const ROUNDS: readonly BackfillPoint[] = [
  'turn.take.after',
  'backfill.payments.after',
  'backfill.metrics.after',
  'turn.end.after',
  'backfill.payments.before',
];

/** Two operators backfill at once and are both killed, in several rounds at drawn steps; then one runs to its end. */
export const scenario = defineScenario({
  name: 'backfills-killed',
  title: 'two backfills at once, both killed with -9 in the middle, again and again, at drawn steps',
  whatCouldGoWrong:
    'Each takes the half-finished work of the other for its own: payments are put in twice, or their windows never add up.',
  guarantees: ['G1', 'G2', 'G3'],
  tags: ['operations', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', WATERMARK_DELAY: '10m', ACCEPT_CLOCK_RISK: 'true' },
  storyMs: 15 * 60_000,
  async run(world) {
    world.start('alpha');
    const sent = await world.send({
      seed: 2301,
      count: 1_600,
      spanMs: 4 * HOUR_MS,
      watermarkDelayMs: 10 * 60_000,
      lateShare: 0.12,
      duplicateShare: 0.1,
      distances: ['inside', 'past'],
    });
    await world.drain();

    for (const [i, first] of ROUNDS.entries()) {
      const drawn = BACKFILL_POINTS[world.random.below(BACKFILL_POINTS.length)]!;
      const points = [first, i === ROUNDS.length - 1 ? first : drawn];
      const ends = await Promise.all(
        points.map((point) => world.operate(`PROVENONCE_CRASH_AT=${point}`, 'backfill', ...BATCH)),
      );
      world.bit(
        `round ${i + 1}: killed at ${points.join(' and ')}`,
        ends.every(({ code }) => code === KILLED),
      );
      const twice = await world.count(
        'SELECT COUNT(*) - COUNT(DISTINCT transaction_id) FROM `{dataset}.payment_transactions`',
      );
      world.holds('G2', `round ${i + 1}: no payment is there twice`, twice === 0);
    }
    const half = await backfilled(world);
    const ends = await Promise.all([1, 2].map(() => world.operate('backfill')));
    world.bit(
      'the last two ran to their end',
      ends.every(({ code }) => code === 0),
    );
    const entries = await world.ledger(sent);
    const late = newLate(entries);
    const all = await backfilled(world);
    world.bit(`the killed ones had put in some of them (${half} of ${all})`, half > 0 && half < all);
    world.holds('G1', `each late payment is there (${all} of ${late.size})`, all === late.size);
    world.expectSums(sent.expectedSums);
    world.expectSums(await sumsOf(entries, (entry) => late.has(entry)));
    const left = await world.operate('backfill', '--dry-run', '--json');
    const { added, unfinished } = JSON.parse(left.output) as { added: number; unfinished: boolean };
    world.bit('nothing is left to do', added === 0 && !unfinished);
    const reconciled = await world.operate('reconcile', '--json');
    const { verdict, days } = JSON.parse(reconciled.output) as { verdict: string; days: { backfilledRows: number }[] };
    const counted = days.reduce((sum, day) => sum + day.backfilledRows, 0);
    world.holds(
      'G2',
      'the daily reconciliation passes, backfilled rows included',
      verdict === 'PASS' && counted === all,
    );
  },
});

/** Late payments that are no copies of accepted ones, each the first of its id. */
function newLate(entries: readonly LedgerEntry[]): ReadonlySet<LedgerEntry> {
  const idsOf = (kept: readonly LedgerEntry[]) => new Set(kept.map((entry) => entry.transaction_id));
  const accepted = idsOf(entries.filter(({ expected }) => expected === 'accepted'));
  const seen = new Set<string>();
  return new Set(
    entries.filter(
      ({ expected, transaction_id: id }) => expected === 'late' && !accepted.has(id) && seen.size < seen.add(id).size,
    ),
  );
}

function backfilled(world: ScenarioWorld): Promise<number> {
  return world.count('SELECT COUNT(*) AS n FROM `{dataset}.payment_transactions` WHERE writer_epoch = 0');
}
