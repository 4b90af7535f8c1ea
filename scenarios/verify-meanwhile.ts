import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const KILLS = 4;
/** By the command; as many again in this process. */
const LOOKS_MIN = 3;

/** What happened while one verification was running. */
interface Meanwhile {
  readonly checkpoints: number;
  readonly takeovers: number;
}

/**
 * An impatient operator: `verify` runs again and again while rows and checkpoints are written, processors are killed and take
 * over, and `retention` removes the checkpoints from before. It has to pass each time.
 */
export const scenario = defineScenario({
  name: 'verify-meanwhile',
  title: 'verify again and again beside processors at work, takeovers, and the removal of old checkpoints',
  whatCouldGoWrong:
    'What is read at two moments is compared as if it were one: rows without their checkpoint look lost, a new owner looks like a forger.',
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'],
  tags: ['operations', 'crash'],
  partitions: 3,
  settings: { CHECKPOINT_INTERVAL: '150ms' },
  storyMs: 15 * 60_000,
  async run(world) {
    await world.start('alpha').waitFor('takeover.running', 180_000);
    const over = Promise.withResolvers<void>();
    const sending = world.send(
      { seed: 2601, count: 80_000, ratePerSecond: 60, spanMs: 2 * HOUR_MS },
      { stopWhen: over.promise },
    );
    await world.until('there is a checkpoint', 180_000, async () => world.allEventsOf('checkpoint.written').length > 3);

    const seen: Meanwhile[] = [];
    const isEnough = (): boolean => seen.length >= 2 * LOOKS_MIN;
    let isStormOver = false;
    const storm = comeAndGo(world, isEnough).finally(() => {
      isStormOver = true;
    });
    const again = async (act: () => Promise<void>): Promise<void> => {
      while (!(isStormOver && isEnough())) await act();
    };
    let removed = 0;
    const looks = Promise.all([
      again(async () => void seen.push(await meanwhile(world, () => byCommand(world)))),
      again(async () => {
        seen.push(await meanwhile(world, () => inThisProcess(world)));
        removed += await prune(world);
      }),
    ]);
    await Promise.all([storm, looks]).finally(() => over.resolve());
    world.expectSums((await sending).expectedSums);
    await world.drain();

    const busy = seen.filter(({ checkpoints }) => checkpoints > 0).length;
    const disturbed = seen.filter(({ takeovers }) => takeovers > 0).length;
    world.bit(`verify ran ${seen.length} times, ${busy} of them beside checkpoints`, busy > LOOKS_MIN);
    world.bit(`and ${disturbed} of them beside takeovers`, disturbed >= 2);
    world.bit(`${removed} checkpoints were removed beside it`, removed > 20);
  },
});

/** Kills a processor and starts it again beside the other; between the kills it lets others look. */
async function comeAndGo(world: ScenarioWorld, isEnough: () => boolean): Promise<void> {
  for (let i = 0; i < KILLS || !isEnough(); i++) {
    const beta = world.start('beta');
    await beta.waitFor('takeover.running', 180_000);
    await world.sleep(1_000 + world.random.below(3_000));
    await beta.kill();
  }
}

async function meanwhile(world: ScenarioWorld, look: () => Promise<void>): Promise<Meanwhile> {
  const count = () => ({
    checkpoints: world.allEventsOf('checkpoint.written').length,
    takeovers: world.allEventsOf('takeover.running').length,
  });
  const before = count();
  await look();
  const after = count();
  return { checkpoints: after.checkpoints - before.checkpoints, takeovers: after.takeovers - before.takeovers };
}

async function byCommand(world: ScenarioWorld): Promise<void> {
  const { code, output, complaints } = await world.operate('verify');
  const said = code === 0 ? '' : `: ${`${complaints}\n${output}`.trim().slice(0, 1_500)}`;
  world.holds('G6', `verify ends with 0${said}`, code === 0);
}

async function inThisProcess(world: ScenarioWorld): Promise<void> {
  const { verdict, guarantees, unknown } = await world.verify();
  const findings = Object.values(guarantees).flatMap((result) => result.findings.map(({ message }) => message));
  world.holds('G6', `verify says ${[verdict, ...findings, ...unknown].slice(0, 4).join('; ')}`, verdict === 'PASS');
}

/** Returns how many checkpoints it removed. */
async function prune(world: ScenarioWorld): Promise<number> {
  const { code, output, complaints } = await world.operate('retention', '--days', '0', '--json');
  if (code !== 0) throw new Error(`retention ended with ${code}: ${complaints}`);
  const { partitions } = JSON.parse(output) as { partitions: { removed: number; kept: number }[] };
  world.holds(
    'G6',
    'retention counts what it removed',
    partitions.every(({ removed, kept }) => removed >= 0 && kept > 0),
  );
  return partitions.reduce((sum, { removed }) => sum + removed, 0);
}
