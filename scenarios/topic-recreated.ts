import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const CONTRADICTION = 65;

/** Somebody deletes the topic and makes it again: the same name, and offsets that mean other records. */
export const scenario = defineScenario({
  name: 'topic-recreated',
  title: 'the topic is deleted and made again while the processor is down with work waiting',
  whatCouldGoWrong:
    'The processor waits at an offset that never comes, or reads new records as if they followed the old.',
  guarantees: ['G1', 'G6'],
  tags: ['kafka', 'refusal'],
  ending: 'stopped',
  replacesLog: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const first = world.start('alpha');
    const sent = await world.send({
      seed: 1760,
      count: 800,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - 2 * HOUR_MS,
    });
    world.expectSums(sent.expectedSums);
    await world.drain();
    await first.stop();
    await world.send({ seed: 1761, count: 200, spanMs: HOUR_MS });
    const before = await world.count('SELECT COUNT(*) FROM `{dataset}.payment_transactions`');
    await world.inject({ what: 'recreate' }).fired;

    for (const [time, records] of [0, 1_500].entries()) {
      // The second time the new log is longer than the old one was: only its records give it away.
      if (records > 0) await world.send({ seed: 1762, count: records, spanMs: HOUR_MS });
      const second = world.start('alpha', { flags: ['--until-caught-up'] });
      const { code } = await second.waitForExit(60_000);
      world.bit(`start ${time + 1} ended with 65`, code === CONTRADICTION);
      const [stopped] = second.eventsOf('partition.stopped');
      world.bit(`it says that the log is another one (${stopped?.code})`, /^log_/.test(stopped?.code ?? ''));
    }
    const after = await world.count('SELECT COUNT(*) FROM `{dataset}.payment_transactions`');
    world.holds('G6', 'nothing more was written', before === after);
  },
});
