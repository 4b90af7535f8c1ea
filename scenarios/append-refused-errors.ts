import type { GrpcFault } from '../chaos/proxies/grpc-fault.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const REFUSALS: readonly { nth: number; answer: GrpcFault }[] = [
  { nth: 4, answer: { kind: 'refuse-in-band', code: 8, message: 'Exceeds AppendRows throughput quota' } },
  { nth: 9, answer: { kind: 'refuse-in-band', code: 10, message: 'Aborted' } },
  { nth: 14, answer: { kind: 'refuse', code: 14, message: 'Connection is draining' } },
  { nth: 19, answer: { kind: 'refuse', code: 13, message: 'Internal error' } },
];

/** BigQuery refuses appends for a while, in every way that it has: in an answer, and by ending the call. */
export const scenario = defineScenario({
  name: 'append-refused-errors',
  title: 'appends are refused with RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE and INTERNAL',
  whatCouldGoWrong: 'Later appends overtake a refused one, and its rows are missing or come twice.',
  only: { sink: 'bigquery', because: 'gRPC' },
  guarantees: ['G1', 'G2', 'G3', 'G4'],
  tags: ['bigquery', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const refusals = REFUSALS.map((refusal) =>
      world.inject({ what: 'storage_answer', method: 'AppendRows', ...refusal }),
    );
    const sent = await world.send({ seed: 1703, count: 4_000, ratePerSecond: 1_500, spanMs: 2 * HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of refusals) await fired;
    await world.drain();
    const epochs = await world.count('SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions`');
    world.bit('nobody had to take over', epochs === 1);
  },
});
