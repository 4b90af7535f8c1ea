import type { Garbage } from '../chaos/proxies/http-garbage.ts';
import type { HttpMatch } from '../chaos/proxies/http-proxy.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** Inserts of reads and pages of results, every second one garbage; and looks at a job whose insertion was answered by garbage. */
const INSERT = { method: 'POST', path: '/jobs', body: 'SELECT ' } as const;
/** The claim: a change whose answer is lost is looked at until it is known to be over. (A read is inserted again, and done.) */
const CLAIM = { method: 'POST', path: '/jobs', body: 'UPDATE ' } as const;
const LOOK = { method: 'GET', path: '/jobs/' } as const;
const PAGE = { method: 'GET', path: '/queries/' } as const;
const INSERTS: readonly Garbage[] = ['cut-json', 'html', 'empty-object', 'other-object', 'wrong-type', 'null'];
const LOOKS: readonly Garbage[] = ['empty', 'other-object', 'cut-json'];
const PAGES: readonly Garbage[] = ['html', 'cut-json', 'null', 'list', 'empty-object', 'other-object', 'huge', 'empty'];

/** What stands between the processor and BigQuery's REST side answers 200 with something else, while partitions are taken over. */
export const scenario = defineScenario({
  name: 'rest-garbage',
  title: 'inserts of jobs, looks at them and pages of results are answered 200 with garbage',
  whatCouldGoWrong:
    'An empty object is taken for a result of no rows: the owner seeds again, starts from the beginning, and doubles everything.',
  only: { sink: 'bigquery', because: 'REST' },
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['bigquery', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const workload = (part: number) => ({
      seed: 1790 + part,
      count: 1_500,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - (4 - part) * HOUR_MS,
    });
    const garbage = (match: HttpMatch, kinds: readonly Garbage[], every: number) =>
      kinds.map((what, i) =>
        world.inject({ what: 'rest_answer', match, nth: 1 + every * i, answer: { kind: 'garbage', what } }),
      );
    world.expectSums((await world.send(workload(0))).expectedSums);
    const first = world.start('alpha');
    await first.waitFor('checkpoint.written', 120_000);
    await first.kill();

    // A takeover of what was written, in the midst of answers that mean nothing. It inserts some ten reads, repeated ones included.
    world.expectSums((await world.send(workload(1))).expectedSums);
    const inserts = [
      ...garbage(INSERT, INSERTS.slice(0, 4), 2),
      ...garbage(CLAIM, ['empty-object'], 1),
      ...garbage(LOOK, LOOKS, 1),
    ];
    const second = world.start('alpha');
    for (const { fired } of inserts) await fired;
    await second.waitFor('checkpoint.written', 120_000);
    await second.kill();

    await world.loseCheckpoint('alpha');
    world.expectSums((await world.send(workload(2))).expectedSums);
    const pages = [...garbage(INSERT, INSERTS.slice(4), 2), ...garbage(PAGE, PAGES, 2)];
    const third = world.start('alpha');
    for (const { fired } of pages) await fired;
    await world.drain();
    for (const [life, processor] of [second, third].entries()) {
      const waited = processor.eventsOf('service.waiting').filter(({ service }) => service === 'bigquery');
      world.bit(`life ${life + 2} says what it waits for`, waited.length > 0);
    }
    world.bit('the last one lived through it', third.running);
  },
});
