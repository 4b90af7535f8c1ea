/** `npm run demo`: infra, story, checks, verdict. Live where there is a terminal, plain lines elsewhere. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Listr } from 'listr2';
import pc from 'picocolors';
import { startInfra } from '../infra/start-infra.ts';
import type { InfraChoice, StartedInfra } from '../infra/types.ts';
import { RealWorld } from '../lab/real/real-world.ts';
import type { ProcessorEvent } from '../processor/events.ts';
import { type DemoCheck, demoChecks } from './demo-checks.ts';
import { type DemoSize, type StoryResult, sendAndCrash, startProcessors } from './demo-story.ts';
import { checksText, summaryText } from './demo-text.ts';

export interface DemoOptions extends DemoSize {
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  /** Leaves infra up until Ctrl-C and says how to query it. */
  readonly keep: boolean;
  readonly json: boolean;
  /** Where logs, checkpoints and the record of what was sent go, and stay; otherwise a folder that a PASS removes. */
  readonly folder?: string;
  readonly write: (text: string) => void;
}

interface Context {
  infra?: StartedInfra;
  world?: RealWorld;
  story?: StoryResult;
  checks?: DemoCheck[];
}

const PARTITIONS = 4;

/** The exit code: 0 PASS, 1 a check failed. Throws what kept the story from being told. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'provenonce-demo-')));
  const startedMs = Date.now();
  const context: Context = {};
  let told = false;
  try {
    await tasks(options, folder).run(context);
    const { world, story, checks, infra } = context;
    if (world === undefined || story === undefined || checks === undefined || infra === undefined) {
      throw new Error('the demo ended before its checks');
    }
    const pass = checks.every((check) => check.pass);
    const tookMs = Date.now() - startedMs;
    if (options.json) {
      const { sent, survived, flowMs } = story;
      options.write(
        `${JSON.stringify({ verdict: pass ? 'PASS' : 'FAIL', infra: infra.way, checks, sent: sent.acked, survived, flowMs, tookMs }, null, 2)}\n`,
      );
    } else {
      options.write(`\n${await summaryText(world, story)}\n\n${checksText(checks)}\n\n`);
      options.write(
        `${pass ? pc.green(pc.bold('PASS')) : pc.red(pc.bold('FAIL'))}  in ${(tookMs / 1000).toFixed(0)} s, on ${infra.way} infra\n`,
      );
    }
    told = pass;
    if (options.keep) await keepUp(infra, world, options.write);
    return pass ? 0 : 1;
  } finally {
    await context.world?.[Symbol.asyncDispose]();
    await context.infra?.stop();
    if (told && options.folder === undefined) await rm(folder, { recursive: true, force: true });
    else options.write(`The processes' logs and what was sent are in ${folder}\n`);
  }
}

function tasks(options: DemoOptions, folder: string): Listr<Context, 'default' | 'simple' | 'silent'> {
  const progress = new FlowProgress();
  return new Listr<Context, 'default' | 'simple' | 'silent'>(
    [
      {
        title: 'Kafka broker and BigQuery emulator',
        task: async (context, task) => {
          const { infra: way, emulatorImage } = options;
          context.infra = await startInfra({
            way,
            ...(emulatorImage === undefined ? {} : { emulatorImage }),
            onProgress: ({ part, text }) => {
              task.output = `${part}: ${text}`;
            },
          });
          task.title = `Kafka broker at ${context.infra.kafkaBootstrapServers}, BigQuery emulator at ${context.infra.bigqueryEmulatorHost} (${context.infra.way})`;
        },
      },
      {
        title: 'Topic, tables and two processors',
        task: async (context, task) => {
          context.world = await RealWorld.create({
            name: 'demo',
            topic: 'payment-events',
            dataset: 'payment_data',
            infra: context.infra!,
            partitions: PARTITIONS,
            folder,
            onEvent: (event) => progress.take(event),
            onProgress: ({ sent, count }) => progress.sent(sent, count),
          });
          await startProcessors(context.world);
          task.title = `Topic payment-events with ${PARTITIONS} partitions, 6 tables, 9 views, processors alpha and beta`;
        },
      },
      {
        title: `${options.events.toLocaleString('en')} payments; kill -9 in mid-batch; checkpoint deleted; drain`,
        task: async (context, task) => {
          progress.show = (text) => {
            task.output = text;
          };
          context.story = await sendAndCrash(context.world!, options, (text) => progress.say(text));
        },
        rendererOptions: { persistentOutput: false },
      },
      {
        title: 'Checks, in BigQuery and against the topic itself',
        task: async (context) => {
          const { sent, survived } = context.story!;
          context.checks = await demoChecks(context.world!, sent, survived);
        },
      },
    ],
    options.json
      ? { renderer: 'silent' }
      : {
          renderer: 'default',
          fallbackRenderer: 'simple',
          rendererOptions: { collapseErrors: false },
          fallbackRendererOptions: { timestamp: undefined as never },
        },
  );
}

/** What flows, as one line; at most a few times a second. */
class FlowProgress {
  show: (text: string) => void = () => {};
  readonly #consumed = new Map<string, number>();
  #sent = 0;
  #count = 0;
  #now = 'sending';
  #shownAtMs = 0;

  take(event: ProcessorEvent): void {
    if (event.type === 'checkpoint.written') this.#consumed.set(String(event.partition), event.counters.consumed);
    this.#render(false);
  }

  sent(sent: number, count: number): void {
    this.#sent = sent;
    this.#count = count;
    this.#render(false);
  }

  say(text: string): void {
    this.#now = text;
    this.#render(true);
  }

  #render(now: boolean): void {
    const nowMs = Date.now();
    const everyMs = process.stdout.isTTY ? 200 : 2_000;
    if (!now && nowMs - this.#shownAtMs < everyMs) return;
    this.#shownAtMs = nowMs;
    const consumed = [...this.#consumed.values()].reduce((sum, n) => sum + n, 0);
    const format = (n: number): string => n.toLocaleString('en');
    this.show(`sent ${format(this.#sent)} of ${format(this.#count)}, checkpointed ${format(consumed)}: ${this.#now}`);
  }
}

async function keepUp(infra: StartedInfra, world: RealWorld, write: (text: string) => void): Promise<void> {
  write(
    [
      '',
      'Infra stays up. In another terminal:',
      `  export KAFKA_BOOTSTRAP_SERVERS=${infra.kafkaBootstrapServers} BIGQUERY_PROJECT=${infra.projectId} \\`,
      `    BIGQUERY_EMULATOR_HOST=${infra.bigqueryEmulatorHost} BIGQUERY_STORAGE_EMULATOR_HOST=${infra.bigqueryStorageEmulatorHost}`,
      '  npm run provenonce -- verify',
      '  npm run provenonce -- reconcile',
      `  curl -s http://${infra.bigqueryEmulatorHost}/bigquery/v2/projects/${infra.projectId}/queries -H 'content-type: application/json' \\`,
      `    -d '{"useLegacySql": false, "query": "SELECT * FROM \`${infra.projectId}.${world.dataset}.pipeline_health\`"}'`,
      'Ctrl-C ends it.',
      '',
    ].join('\n'),
  );
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
