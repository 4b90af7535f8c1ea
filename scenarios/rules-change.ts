import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineScenario, type RunningProcessor, type ScenarioWorld } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** Each is two rebalances: a process leaves, and comes back. */
const COMINGS_AND_GOINGS = 5;

interface StoredEntry {
  readonly fromOffset: number;
  readonly revision?: number;
  readonly rules?: { readonly sha256: string };
}

/** Two processes with two rules files share a topic: the newer file is in force from one offset on, however often partitions change hands. */
export const scenario = defineScenario({
  name: 'rules-change',
  title: 'two processes with two rules files, and ten rebalances between them',
  whatCouldGoWrong: 'Each takeover rewrites the rules, or a replay uses rules that were not in force.',
  guarantees: ['G1', 'G3', 'G4', 'G5'],
  tags: ['settings', 'group'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  // Twelve lives, one after the other.
  storyMs: 15 * 60_000,
  async run(world) {
    const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-rules-'));
    try {
      await changeRules(world, {
        older: await fileOf(folder, 'older.yaml', 1, { paymentMethod: true }),
        newer: await fileOf(folder, 'newer.yaml', 2, { paymentMethod: false }),
        other: await fileOf(folder, 'other.yaml', 2, { paymentMethod: true }),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  },
});

async function changeRules(
  world: ScenarioWorld,
  files: Readonly<Record<'older' | 'newer' | 'other', string>>,
): Promise<void> {
  const start = (name: string, file: string): RunningProcessor => world.start(name, { settings: { RULES_FILE: file } });
  let alpha = start('alpha', files.older);
  const before = await world.send({ seed: 1901, count: 500, spanMs: HOUR_MS, accounts: 200 });
  await world.drain();

  let beta = start('beta', files.newer);
  const storm = (async () => {
    for (let turn = 0; turn < COMINGS_AND_GOINGS; turn++) {
      await beta.waitFor('takeover.running', 60_000);
      await alpha.stop();
      alpha = start('alpha', files.older);
      await alpha.waitFor('takeover.running', 60_000);
      if (turn % 2 === 1) await beta.kill();
      else await beta.stop();
      beta = start('beta', files.newer);
    }
    await beta.waitFor('takeover.running', 60_000);
  })();
  const meanwhile = await world.send(
    { seed: 1902, count: 60_000, ratePerSecond: 100, spanMs: HOUR_MS, accounts: 200 },
    { stopWhen: storm },
  );
  await storm;
  world.expectSums(before.expectedSums);
  world.expectSums(meanwhile.expectedSums);
  await world.drain();

  const takeovers = world.allEventsOf('takeover.running').length;
  world.bit(`partitions changed hands (${takeovers} takeovers)`, takeovers >= 2 * COMINGS_AND_GOINGS);
  const warned = world.allEventsOf('settings.older').length;
  world.bit(`the process with the older file warned, once in each life (${warned})`, warned >= 1);

  const histories = await historiesOf(world);
  const revisions = [...histories.values()].map((history) => history.map(({ revision = 0 }) => revision).join());
  world.bit(
    'each partition began with the older rules',
    revisions.every((text) => text.startsWith('1')),
  );
  world.bit(
    `and got one entry more, of the newer (${revisions.join(' ')})`,
    revisions.every((text) => text === '1,2'),
  );
  const texts = await world.count('SELECT COUNT(DISTINCT sha256) FROM `{dataset}.rules`');
  world.bit('the text of each file stands in the table rules', texts === 2);

  const isNewer = [...histories]
    .map(([partition, history]) => `(kafka_partition = ${partition} AND kafka_offset >= ${history.at(-1)!.fromOffset})`)
    .join(' OR ');
  const payments = (condition: string): Promise<number> =>
    world.count(`SELECT COUNT(*) FROM \`{dataset}.payment_transactions\` WHERE ${condition}`);
  world.bit('payments have a method before', (await payments(`NOT (${isNewer}) AND payment_method IS NOT NULL`)) > 0);
  world.bit('and none lacks it', (await payments(`NOT (${isNewer}) AND payment_method IS NULL`)) === 0);
  world.bit('they have none since', (await payments(`(${isNewer}) AND payment_method IS NULL`)) > 0);
  world.bit('and none has one', (await payments(`(${isNewer}) AND payment_method IS NOT NULL`)) === 0);

  const refused = await start('gamma', files.other).waitForExit(60_000);
  world.bit(`another file of the same revision is refused (exit code ${refused.code})`, refused.code === 64);
}

async function historiesOf(world: ScenarioWorld): Promise<ReadonlyMap<number, readonly StoredEntry[]>> {
  const rows = await world.query('SELECT kafka_partition, settings_history FROM `{dataset}.partition_ownership`');
  return new Map(
    rows.map((row) => [
      Number(row.kafka_partition),
      JSON.parse(String(row.settings_history)) as readonly StoredEntry[],
    ]),
  );
}

/** The load generator's event as rules, with or without its method. */
async function fileOf(
  folder: string,
  name: string,
  revision: number,
  { paymentMethod }: { readonly paymentMethod: boolean },
): Promise<string> {
  const optional = [
    'receiver_account_id',
    'device_id',
    'ip_address',
    'region',
    ...(paymentMethod ? ['payment_method'] : []),
  ];
  const roles = ['transaction_id', 'sender_account_id', 'amount', 'currency', 'timestamp', ...optional];
  const lines = [`revision: ${revision}`, 'event:', ...roles.map((role) => `  ${role}: { path: /${role} }`)];
  const file = path.join(folder, name);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}
