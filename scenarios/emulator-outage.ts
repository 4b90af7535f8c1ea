import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const AWAY_MS = 4_000;

/**
 * The sink is killed with -9 while rows are on their way to it, and is not there while another processor starts. When it
 * comes back it knows its tables, and none of its write streams.
 */
export const scenario = defineScenario({
  name: 'emulator-outage',
  title: 'the sink is killed in mid-run and loses its write streams; one processor is at work, one starts meanwhile',
  whatCouldGoWrong: 'Rows whose acknowledgement was lost are sent again to a new stream, which cannot know them.',
  only: { sink: 'bigquery', because: 'emulator' },
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G6'],
  tags: ['test', 'smoke', 'bigquery', 'outage'],
  partitions: 2,
  needsOwnInfra: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const working = world.start('alpha');
    await working.waitFor('takeover.running', 60_000);
    const sending = world.send({ seed: 707, count: 6_000, ratePerSecond: 1_500, spanMs: 2 * HOUR_MS });
    await working.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset > 300);

    await world.emulator.kill();
    const starting = world.start('beta');
    for (const processor of [working, starting]) {
      const { what } = await processor.waitFor('service.waiting', 60_000, ({ service }) => service !== 'kafka');
      world.bit(`${processor.name} waits for the sink and says so (${what})`, true);
    }
    await world.sleep(AWAY_MS);
    await world.emulator.start();

    const sent = await sending;
    world.expectSums(sent.expectedSums);
    await starting.waitFor('processor.started', 60_000);
    await world.drain();
    world.bit('both processors lived through it', working.running && starting.running);
    const gone = world.allEventsOf('takeover.finalized').filter(({ outcome }) => outcome.state === 'gone');
    world.bit('write streams were lost, and their partitions taken over', gone.length > 0);
  },
});
