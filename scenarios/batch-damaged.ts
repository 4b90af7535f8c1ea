import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const MINUTE_MS = 60_000;
const CONTRADICTION = 65;
const IN_BATCH = 300;

/**
 * One digit of an amount is another one than was sent: first in one answer, then in every answer of the broker, as
 * if it were so on its disk. Length and everything else stay. Then a sound copy of the batch is there again.
 */
export const scenario = defineScenario({
  name: 'batch-damaged',
  title: 'a digit of an amount changes on the way, and then on the disk',
  whatCouldGoWrong:
    'The changed amount is stored, or the batch is left out; or the partition asks for it for ever; or what came before it is lost.',
  guarantees: ['G1', 'G3', 'G5', 'G6'],
  tags: ['kafka', 'refusal', 'test'],
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    // One request, one batch.
    const send = async (name: string, amount: string) => {
      const eventTimeMs = world.nowMs() - 10 * MINUTE_MS;
      const payment = (i: number) =>
        paymentRecord({ id: `${name}-${i}`, eventTimeMs, amount: i === IN_BATCH / 2 ? amount : '10' });
      const offsets = await world.sendRecords(Array.from({ length: IN_BATCH }, (_, i) => payment(i)));
      return offsets[0]!;
    };
    await send('on-the-way', '712.63');
    const onTheWay = world.inject({ what: 'kafka_flip', text: '712.63', times: 1 });
    const first = world.start('alpha');
    await onTheWay.fired;
    await world.drain();
    world.bit('a bad answer stopped nothing', first.eventsOf('partition.stopped').length === 0);
    await first.stop();

    // Behind records that nobody has processed yet: both are fetched together.
    await send('before', '11');
    const onTheDisk = world.inject({ what: 'kafka_flip', text: '812.64' });
    const from = await send('on-the-disk', '812.64');
    const second = world.start('alpha', { flags: ['--until-caught-up'] });
    const { code } = await second.waitForExit(60_000);
    world.bit('it ended with 65', code === CONTRADICTION);
    const [stopped] = second.eventsOf('partition.stopped');
    world.bit('for a damaged batch', stopped?.code === 'batch_damaged');
    world.bit(
      'whose offset it names',
      stopped?.error.includes(`the record batch at offset ${from} is damaged`) === true,
    );
    const command = `provenonce skip --partition 0 --from ${from} --to ${from + IN_BATCH}`;
    world.bit('with the whole command to give it up', stopped?.error.includes(command) === true);
    const next = await world.count('SELECT MAX(next_offset) FROM `{dataset}.checkpoint_log`');
    world.holds('G1', 'what was read before it was written and checkpointed', next === from);
    const past = await world.count(
      `SELECT COUNT(*) FROM \`{dataset}.payment_transactions\` WHERE kafka_offset >= ${from}`,
    );
    world.holds('G6', 'nothing was written past it', past === 0);

    await onTheDisk.heal();
    world.start('alpha');
    await world.drain();
    // 712.63 and 812.64 are 1,525.27, 11 and 897 times 10.
    world.expectSums({ USD: { count: 3 * IN_BATCH, amount: '10506.27' } });
  },
});
