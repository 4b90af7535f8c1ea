import { sumsOf } from '../src/checks/by-sql/assertions.ts';
import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';
import type { LedgerEntry } from '../src/simulator/ledger.ts';

const HOUR_MS = 3_600_000;
const CHECKPOINTS = 'SELECT COUNT(*) AS n FROM `{dataset}.checkpoint_log`';
const BATCH = ['--batch', '50'];

/**
 * Late payments, and late copies of accepted ones, are put into the payments by an operator: killed with -9 between the
 * payments and their windows, then two at once beside a running processor, then once more. Each is there once, in its window.
 * Old checkpoints are removed meanwhile, and the next processor resumes from the one that is left.
 */
export const scenario = defineScenario({
  name: 'backfill-killed',
  title: 'late payments are backfilled: killed in the middle, twice at once, and beside a running processor',
  whatCouldGoWrong:
    'An INSERT of the late rows puts some in twice, brings in copies of accepted payments, and leaves the windows behind.',
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G5'],
  tags: ['operations', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', WATERMARK_DELAY: '10m', ACCEPT_CLOCK_RISK: 'true' },
  async run(world) {
    const workload = {
      seed: 707,
      count: 1_800,
      spanMs: 4 * HOUR_MS,
      watermarkDelayMs: 10 * 60_000,
      lateShare: 0.08,
      duplicateShare: 0.1,
      distances: ['inside', 'past'] as const,
    };
    const alpha = world.start('alpha');
    const sending = world.send({ ...workload, ratePerSecond: 120 });
    await alpha.waitFor('checkpoint.written', 60_000, ({ counters }) => counters.late > 15);
    const killed = await world.operate('PROVENONCE_CRASH_AT=backfill.payments.after', 'backfill', ...BATCH);
    world.bit('the first backfill was killed with -9', killed.code === 137);
    world.bit('its payments are there, their windows are not', (await inWindows(world)) < (await inPayments(world)));

    const ends = await Promise.all([1, 2].map(() => world.operate('backfill', ...BATCH)));
    world.bit(
      'two backfills at once ended well',
      ends.every(({ code }) => code === 0),
    );
    world.bit('payments came in meanwhile', (await isOver(sending)) === false);
    const sent = await sending;
    await world.drain();
    await report(world, ['retention', '--days', '0', '--json']);
    world.bit('one checkpoint per partition is left', (await world.count(CHECKPOINTS)) === 2);
    await alpha.stop();
    await world.start('beta').waitFor('takeover.running', 60_000);
    const last = await report(world, ['backfill', '--json']);
    const again = await report(world, ['backfill', '--dry-run', '--json']);
    world.bit(
      'the last one leaves nothing to do',
      last.notCheckpointed === 0 && again.added === 0 && !again.unfinished,
    );
    world.bit('late copies of accepted payments were left out', again.leftOut.present > 0);

    const entries = await world.ledger(sent);
    const idsOf = (expected: LedgerEntry['expected']) =>
      new Set(entries.filter((entry) => entry.expected === expected).map((entry) => entry.transaction_id));
    const accepted = idsOf('accepted');
    const seen = new Set<string>();
    const isNewLate = ({ expected, transaction_id: id }: LedgerEntry): boolean =>
      expected === 'late' && !accepted.has(id) && seen.size < seen.add(id).size;
    world.expectSums(sent.expectedSums);
    world.expectSums(await sumsOf(entries, isNewLate));
    const backfilled = await inPayments(world);
    world.bit(
      'every backfilled payment is in a window',
      backfilled === seen.size && backfilled > 60 && (await inWindows(world)) === backfilled,
    );
  },
});

function inPayments(world: ScenarioWorld): Promise<number> {
  return world.count('SELECT COUNT(*) AS n FROM `{dataset}.payment_transactions` WHERE writer_epoch = 0');
}

function inWindows(world: ScenarioWorld): Promise<number> {
  return world.count(
    'SELECT IFNULL(SUM(transaction_count), 0) AS n FROM `{dataset}.payment_metrics_partials` WHERE writer_epoch = 0',
  );
}

function isOver(work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), Promise.resolve(false)]);
}

async function report(world: ScenarioWorld, words: readonly string[]) {
  const { code, output, complaints } = await world.operate(...words);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${complaints}`);
  return JSON.parse(output) as {
    added: number;
    notCheckpointed: number;
    unfinished: boolean;
    leftOut: { present: number };
  };
}
