import { sumsOf } from '../src/checks/by-sql/assertions.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const CONTRADICTION = 65;

/** A processor that is alive and too slow: it hangs for a moment, and what it was to read next is deleted meanwhile. */
export const scenario = defineScenario({
  name: 'retention-overtakes',
  title: 'records are deleted ahead of a processor that is at work',
  whatCouldGoWrong: 'The client is out of range, resets itself to what is there, and the payments in between are gone.',
  guarantees: ['G1', 'G6'],
  tags: ['kafka', 'refusal'],
  ending: 'stopped',
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const sending = world.send({ seed: 1860, count: 9_000, ratePerSecond: 1_500, spanMs: HOUR_MS });
    await processor.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset > 200);
    processor.pause();
    const sent = await sending;
    const logStart = sent.acked - 100;
    await world.deleteRecords(0, logStart);
    processor.resume();
    const { code } = await processor.waitForExit(60_000);
    world.bit('it ended with 65', code === CONTRADICTION);
    const [stopped] = processor.eventsOf('partition.stopped');
    world.bit('for a retention gap', stopped?.code === 'retention_gap');
    const gap = /offsets (\d+) to (\d+)/.exec(stopped?.error ?? '');
    world.bit('it names the offsets that are gone', Number(gap?.[2]) === logStart - 1);
    const next = Number(gap?.[1] ?? Number.NaN);
    world.expectSums(
      await sumsOf(await world.ledger(sent), ({ offset, expected }) => expected === 'accepted' && offset! < next),
    );
    const past = await world.count(
      `SELECT COUNT(*) FROM \`{dataset}.payment_transactions\` WHERE kafka_offset >= ${logStart}`,
    );
    world.holds('G6', 'nothing was written past the gap', past === 0);
  },
});
