import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** Error codes of HTTP/2 (RFC 9113, section 7), and what a client makes of them in gRPC. */
const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;
const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;
/** PERMISSION_DENIED: no error that passes, so the partition is taken over anew. */
const INADEQUATE_SECURITY = 12;

const RESETS = [
  { nth: 4, at: 'answered', what: INTERNAL_ERROR },
  { nth: 8, at: 'asked', what: CANCEL },
  { nth: 12, at: 'answered', what: REFUSED_STREAM },
  { nth: 16, at: 'asked', what: ENHANCE_YOUR_CALM },
  { nth: 20, at: 'answered', what: NO_ERROR },
  { nth: 24, at: 'asked', what: 'connection' },
  { nth: 28, at: 'answered', what: 'connection' },
  { nth: 32, at: 'answered', what: INADEQUATE_SECURITY },
  { nth: 36, at: 'asked', what: INADEQUATE_SECURITY },
] as const;

/** Calls end below gRPC in mid-append: before the service has answered, and in place of its answer. */
export const scenario = defineScenario({
  name: 'append-streams-reset',
  title: 'HTTP/2 streams of appends are reset with six codes, and their connections with RST',
  whatCouldGoWrong:
    'A reset that says "not processed" is believed, and rows are sent twice; or one that says nothing loses them.',
  only: { sink: 'bigquery', because: 'gRPC' },
  guarantees: ['G1', 'G2', 'G3', 'G4'],
  tags: ['network', 'bigquery'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 120_000);
    const resets = RESETS.map(({ nth, at, what }) =>
      world.inject({ what: 'storage_answer', method: 'AppendRows', nth, answer: { kind: 'reset', at, what } }),
    );
    const sent = await world.send({ seed: 1770, count: 6_000, ratePerSecond: 800, spanMs: 2 * HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of resets) await fired;
    await world.drain();
    const waited = processor.eventsOf('service.waiting').filter(({ service }) => service === 'bigquery-write');
    world.bit(
      'the processor says what it waits for',
      waited.some(({ error }) => error.includes('RST_STREAM')),
    );
    world.bit('it lived through it', processor.running);
    const epochs = await world.count('SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions`');
    world.bit('what does not pass was answered by a takeover', epochs > 1);
  },
});
