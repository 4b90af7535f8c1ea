import { sumsOf } from '../src/checks/by-sql/assertions.ts';
import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const USAGE = 64;
const NOT_THERE = 7;
const TABLES = ['payment_transactions', 'payment_transactions_fraud', 'payment_metrics_partials', 'payment_exceptions'];

/**
 * An operator types wrong ranges into `skip`, beside a processor that is idle, then one that hangs with records before it,
 * then one that works. Each is refused and changes nothing; the right ones among them are given up, once.
 */
export const scenario = defineScenario({
  name: 'skip-refused',
  title:
    'skip with ranges that are reversed, judged, not there yet, overlapping, of no partition, given twice, at once',
  whatCouldGoWrong:
    'A wrong range gives up records that are there, or the rows of it are written by who knows nothing of it.',
  guarantees: ['G1', 'G5', 'G6'],
  tags: ['kafka', 'operations'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '30s' },
  storyMs: 15 * 60_000,
  async run(world) {
    const processor = world.start('alpha');
    const first = await world.send(originals(world, 1, 600));
    await world.drain();
    const end = await nextOffset(world);
    const skip = skipper(world);
    const refused = async (
      why: RegExp,
      from: number | string,
      to: number | string,
      ...more: string[]
    ): Promise<void> => {
      const before = await everything(world);
      const { code, complaints } = await skip(from, to, ...more);
      world.bit(
        `${from} to ${to} ${more.join(' ')}: refused, for ${why.source}`,
        code === USAGE && why.test(complaints),
      );
      world.holds('G6', `${from} to ${to} changed nothing`, (await everything(world)) === before);
    };
    await refused(/must be greater than --from/, end, end - 1);
    await refused(/must be greater than --from/, end, end);
    await refused(/is judged already/, 0, 5);
    await refused(/is judged already/, end - 5, end + 5);
    await refused(/the log of partition 0 ends at/, end, end + 100);
    await refused(/has no such partition/, 0, 5, '--partition', String(NOT_THERE));
    await refused(/must be a whole number/, end, 'all');
    await refused(/--reason/, end, end + 1, '--reason', ' ');

    processor.pause();
    const second = await world.send(originals(world, 2, 600));
    const [a, b] = [end + 20, end + 40];
    world.bit('a range before a processor that hangs is given up', (await skip(a, b)).code === 0);
    await refused(/are given up already/, a + 5, b + 5);
    await refused(/are given up already/, a - 5, a + 1);
    await refused(/are given up already/, a - 5, b + 5);
    await refused(/are given up already/, a + 5, b - 5);
    const again = await skip(a, b);
    world.bit('the same range again is nothing to do', again.code === 0 && /nothing to do/.test(again.output));
    const overlapping = await Promise.all([skip(b + 10, b + 20), skip(b + 15, b + 25)]);
    world.bit('of two that overlap, at once, one is given up', codes(overlapping) === `0,${USAGE}`);
    const same = await Promise.all([skip(b + 40, b + 50), skip(b + 40, b + 50)]);
    world.bit(
      'of two that are the same, at once, one at least is',
      same.some(({ code }) => code === 0),
    );
    world.holds('G6', 'and the other is done or refused', ['0,0', `0,${USAGE}`].includes(codes(same)));
    const ranges = await skipped(world);
    world.bit('three ranges are on record', ranges.length === 3);

    processor.resume();
    const load = world.send({ ...originals(world, 3, 900), ratePerSecond: 150 });
    await processor.waitFor('partition.fenced', 60_000);
    for (let i = 0; i < 3; i++) {
      const from = await nextOffset(world);
      const { code } = await skip(from + 3, from + 8);
      world.holds(
        'G6',
        `beside a working processor skip ends with 0 or ${USAGE} (${code})`,
        code === 0 || code === USAGE,
      );
    }
    const third = await load;
    await world.drain();
    const given = await skipped(world);
    const isGiven = (partition: number, offset: number | null): boolean =>
      partition === 0 && given.some(({ from, to }) => offset !== null && offset >= from && offset <= to);
    for (const sent of [first, second, third]) {
      const kept = ({ expected, partition, offset }: { expected: string; partition: number; offset: number | null }) =>
        expected === 'accepted' && !isGiven(partition, offset);
      world.expectSums(await sumsOf(await world.ledger(sent), kept));
    }
    const rows = await world.count(
      'SELECT COUNT(*) FROM `{dataset}.payment_transactions` AS t JOIN `{dataset}.skipped_offsets` AS s ' +
        'ON t.kafka_partition = s.kafka_partition AND t.kafka_offset BETWEEN s.first_offset AND s.last_offset',
    );
    world.holds('G6', 'no offset that was given up has a row', rows === 0);
  },
});

/** In order and without copies: what a record becomes does not depend on those that are given up. */
function originals(world: ScenarioWorld, part: number, count: number) {
  return {
    seed: 2400 + part,
    count,
    spanMs: HOUR_MS / 2,
    baseTimeMs: world.nowMs() - (4 - part) * HOUR_MS,
    duplicateShare: 0,
    lateShare: 0,
    futureShare: 0,
    malformedShare: 0,
    missingKeyShare: 0,
    jitterMs: 0,
  };
}

/** Runs skip on partition 0; the last value of a flag wins. */
function skipper(world: ScenarioWorld) {
  return (from: number | string, to: number | string, ...more: readonly string[]) =>
    world.operate(
      'skip',
      ...['--partition', '0', '--reason', 'a mistake', '--by', 'ann'],
      ...['--from', String(from), '--to', String(to)],
      ...more,
    );
}

function codes(ends: readonly { readonly code: number }[]): string {
  return ends
    .map(({ code }) => code)
    .sort((a, b) => a - b)
    .join();
}

function nextOffset(world: ScenarioWorld): Promise<number> {
  return world.count('SELECT MAX(next_offset) FROM `{dataset}.checkpoint_log` WHERE kafka_partition = 0');
}

async function skipped(world: ScenarioWorld): Promise<{ from: number; to: number }[]> {
  const rows = await world.query('SELECT first_offset, last_offset FROM `{dataset}.skipped_offsets`');
  return rows.map(({ first_offset: from, last_offset: to }) => ({ from: Number(from), to: Number(to) }));
}

/** Ownership to the letter, and how many rows each table has. */
async function everything(world: ScenarioWorld): Promise<string> {
  const owned = await world.query('SELECT * FROM `{dataset}.partition_ownership` ORDER BY kafka_partition');
  const counts = await world.query(
    TABLES.map((table) => `SELECT '${table}' AS name, COUNT(*) AS n FROM \`{dataset}.${table}\``).join(' UNION ALL '),
  );
  const sorted = counts.map(({ name, n }) => `${name} ${n}`).sort();
  return JSON.stringify([owned, sorted], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
