/** The clock rule (processor/clock-rule.ts) in whole processors: at the start, and while they run. */
import { expect, it } from 'vitest';
import { CREATE_TIME_AFTER_MAX_MS } from '../../../kafka/kafka-admin.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import type { ExitReport } from '../../../processor/processor.ts';
import { elapse } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import { processorMain, type SimProcessorOptions } from '../world/processor-main.ts';
import type { World } from '../world/world.ts';

const HOUR_MS = 3_600_000;
const RECOMMENDED: SimProcessorOptions = { decision: () => DEFAULT_DECISION_SETTINGS, acceptClockRisk: false };

function start(afterMaxMs: number, options: SimProcessorOptions): { world: World; exits: () => ExitReport[] } {
  const world = createWorld({ seed: 1, partitions: 1 });
  world.kafka.timestamps = { logAppendTime: false, timestampAfterMaxMs: afterMaxMs };
  const process = world.spawn('a', processorMain(options));
  return { world, exits: () => process.exits.map(({ value }) => value as ExitReport) };
}

const refused = expect.objectContaining({
  exitCode: 65,
  error: expect.objectContaining({ code: 'clock_risk' }),
});

it('an hour ahead with the default settings is refused at the start, and nothing is written', async () => {
  const { world, exits } = start(HOUR_MS, RECOMMENDED);
  await elapse(world, 20_000);
  expect(exits()).toEqual([refused]);
  expect(world.bigquery.tables.streams.size).toBe(0);
});

it('the bound of topics that are made here runs; so does an hour where the risk is accepted', async () => {
  for (const { world, exits } of [
    start(CREATE_TIME_AFTER_MAX_MS, RECOMMENDED),
    start(HOUR_MS, { ...RECOMMENDED, acceptClockRisk: true }),
  ]) {
    await elapse(world, 60_000);
    expect(exits()).toEqual([]);
  }
});

it('a topic that is changed while it is consumed is noticed within half a minute', async () => {
  const { world, exits } = start(20 * 60_000, RECOMMENDED);
  await elapse(world, 20_000);
  world.kafka.timestamps = { logAppendTime: false, timestampAfterMaxMs: HOUR_MS };
  await elapse(world, 45_000);
  expect(exits()).toEqual([refused]);
});

it('a shorter WATERMARK_DELAY, or a longer ALLOWED_SKEW, at a restart is judged anew', async () => {
  for (const change of [{ watermarkDelayMs: HOUR_MS / 2 }, { allowedSkewMs: HOUR_MS / 4 }]) {
    const { world, exits } = start(20 * 60_000, {
      ...RECOMMENDED,
      decision: (owner) => ({ ...DEFAULT_DECISION_SETTINGS, ...(owner === 'a.1' ? {} : change) }),
    });
    await elapse(world, 20_000);
    world.process('a').stop();
    await elapse(world, 30_000);
    world.process('a').start();
    await elapse(world, 30_000);
    expect(exits()).toEqual([expect.objectContaining({ exitCode: 0 }), refused]);
  }
});
