import { defineScenario, type ScenarioRecord, type ScenarioWorld } from '../src/lab/scenario.ts';
import { RESCALE_POINTS, type RescalePoint } from '../src/processor/crash-points.ts';

const HOUR_MS = 3_600_000;
const CONTRADICTION = 65;
const KILLED = 137;
const FROM = 2;
const TO = 3;

/** Records may still be sent after a kill there: the topic has not changed. */
const TOPIC_IS_OLD: readonly RescalePoint[] = [
  'rescale.claim.before',
  'rescale.claim.after',
  'rescale.finalize.before',
  'rescale.finalize.after',
  'rescale.partitions.before',
];
/** The topic or the dataset has changed, and the other has not or not wholly: no processor may start. */
const HALF_WAY: readonly RescalePoint[] = ['rescale.partitions.after', 'rescale.generation.after'];

/**
 * The topic goes from two partitions to three, and the command is killed at each of its steps in turn, beside a running
 * processor. After each kill the dataset knows all of the change or nothing, and processors work or refuse to start. In the
 * end copies come in other partitions than their originals, and are duplicates.
 */
export const scenario = defineScenario({
  name: 'rescale-killed',
  title: 'rescale is killed with -9 at each of its steps, beside a running processor, and run again',
  whatCouldGoWrong:
    'Some partitions know of the change and others do not, so that copies are counted twice; or no processor can start.',
  guarantees: ['G1', 'G2', 'G4', 'G5'],
  tags: ['kafka', 'operations', 'crash'],
  partitions: FROM,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  storyMs: 15 * 60_000,
  async run(world) {
    const running = world.start('alpha');
    world.expectSums((await world.send(plain(world, 1))).expectedSums);
    await world.drain();
    for (const [i, point] of RESCALE_POINTS.entries()) {
      const end = await rescale(world, `PROVENONCE_CRASH_AT=${point}`);
      world.bit(`killed at ${point}`, end.code === KILLED);
      const { known, rows } = await generations(world);
      world.holds(
        'G2',
        `after ${point} all rows know of the change, or none`,
        known === 0 || (known === rows && rows >= FROM),
      );
      if (TOPIC_IS_OLD.includes(point)) {
        // The owner is fenced, learns it with its next rows, and takes over again.
        world.expectSums((await world.send(plain(world, 2 + i))).expectedSums);
        await world.drain();
      }
      if (HALF_WAY.includes(point)) {
        const { code } = await world.start('beta').waitForExit(180_000);
        world.bit(`after ${point} no processor starts`, code === CONTRADICTION);
      }
    }
    const fenced = running.eventsOf('partition.fenced').length;
    world.bit(`the running processor was fenced by a command that died (${fenced} times)`, fenced >= 2);
    const finished = await rescale(world);
    world.bit('the last one finds nothing to do', finished.code === 0 && /nothing to do/.test(finished.output));
    const { known, rows } = await generations(world);
    world.bit('every partition knows of the change', known === TO && rows === TO);
    if (running.running) await running.kill();

    const copies = await copiesElsewhere(world);
    await world.sendRecords(copies);
    world.start('gamma');
    await world.until('the copies are judged in all partitions', 180_000, async () => {
      const judged = await world.count(
        "SELECT COUNT(*) FROM `{dataset}.payment_exceptions` WHERE disposition = 'duplicate'",
      );
      return judged === copies.length;
    });
    const places = await world.count('SELECT COUNT(DISTINCT kafka_partition) FROM `{dataset}.payment_exceptions`');
    world.bit('they were duplicates in partitions old and new', places === TO);
  },
});

/** A workload without copies, as the copies are the story's. */
function plain(world: ScenarioWorld, part: number) {
  return {
    seed: 2200 + part,
    count: part === 1 ? 300 : 40,
    spanMs: 5 * 60_000,
    baseTimeMs: world.nowMs() - HOUR_MS,
    duplicateShare: 0,
    lateShare: 0,
    futureShare: 0,
    malformedShare: 0,
    missingKeyShare: 0,
  };
}

function rescale(world: ScenarioWorld, ...environment: string[]) {
  return world.operate(...environment, 'rescale', '--partitions', String(TO), '--by', 'ann', '--producers-stopped');
}

/** How many ownership rows there are, and how many of them know of the new number of partitions. */
async function generations(world: ScenarioWorld): Promise<{ known: number; rows: number }> {
  const owned = await world.query('SELECT settings_history FROM `{dataset}.partition_ownership`');
  const known = owned.filter((row) => String(row.settings_history).includes('"generation"')).length;
  return { known, rows: owned.length };
}

/** Every third payment again, in another partition than its original; those of one sender together. */
async function copiesElsewhere(world: ScenarioWorld): Promise<(ScenarioRecord & { partition: number })[]> {
  const payments = await world.query(
    'SELECT kafka_partition, transaction_id, sender_account_id, receiver_account_id, CAST(amount AS STRING) AS amount, currency, device_id, ' +
      'ip_address, UNIX_MILLIS(event_time) AS timestamp, region, payment_method FROM `{dataset}.payment_transactions` ORDER BY kafka_partition, kafka_offset',
  );
  return payments
    .filter((_, i) => i % 3 === 0)
    .map(({ kafka_partition: home, ...event }) => {
      const key = String(event.sender_account_id);
      const partition = (Number(home) + 1 + (key.charCodeAt(key.length - 1) % (TO - 1))) % TO;
      return { key, value: JSON.stringify(event), partition };
    })
    .sort((x, y) => x.partition - y.partition);
}
