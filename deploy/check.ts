/**
 * `npm run check:deploy`: checks everything under deploy/ with the tools that read it. A missing tool is a failure that
 * says how to get it; name some of the checks to run only those: `npm run check:deploy -- rules metrics`.
 */
import { execa } from 'execa';
import { createMetrics, watchProcess } from '../src/observability/metrics.ts';
import { metricsObserver } from '../src/observability/metrics-observer.ts';
import { PartitionRoster } from '../src/observability/partition-roster.ts';
import { observers } from '../src/processor/events.ts';

const DEPLOY = import.meta.dirname;
const PROMETHEUS = `${DEPLOY}/prometheus`;

interface Check {
  readonly what: string;
  readonly tool: string;
  readonly howToGet: string;
  run(): Promise<void>;
}

const PROMTOOL = { tool: 'promtool', howToGet: "Prometheus' own, or Debian's package prometheus" };

const CHECKS: Readonly<Record<string, Check>> = {
  rules: {
    what: 'alert and recording rules, and their tests',
    ...PROMTOOL,
    async run() {
      await run('promtool', ['check', 'rules', 'recordings.yaml', 'alerts.yaml'], PROMETHEUS);
      await run('promtool', ['test', 'rules', 'alerts.test.yaml'], PROMETHEUS);
    },
  },
  metrics: {
    what: "names and help of the metrics, by Prometheus' conventions",
    ...PROMTOOL,
    async run() {
      const { stdout, stderr } = await execa('promtool', ['check', 'metrics'], { input: await scrape() });
      // It ends with 0 even if it complains.
      if (stdout + stderr !== '') throw new Error(stdout + stderr);
    },
  },
  manifests: {
    what: 'Kubernetes manifests of every overlay, against the published schemas',
    tool: 'kustomize or kubernetes-validate',
    howToGet: "kustomize's own; `pip install kubernetes-validate`, which carries the schemas",
    async run() {
      for (const overlay of ['dev', 'production']) {
        const manifests = await run('kustomize', ['build', overlay], `${DEPLOY}/k8s/overlays`);
        const said = await run('kubernetes-validate', ['--strict', '-'], DEPLOY, manifests);
        // Kinds that are not the cluster's own have no schema there.
        const judged = said.split('\n').filter((line) => line.includes('passed for resource'));
        const kinds = manifests.split('\n').filter((line) => /^kind: (?!PodMonitor)/.test(line));
        if (judged.length !== kinds.length)
          throw new Error(`${overlay}: ${judged.length} of ${kinds.length} passed:\n${said}`);
      }
    },
  },
  compose: {
    what: 'compose.yaml',
    tool: 'docker',
    howToGet: 'Docker with its Compose plugin; no daemon is needed',
    async run() {
      await run('docker', ['compose', '-f', 'compose.yaml', 'config', '--quiet'], DEPLOY);
    },
  },
};

async function run(command: string, args: readonly string[], cwd: string, input = ''): Promise<string> {
  return (await execa(command, args, { cwd, input, timeout: 120_000, all: true })).all;
}

/** The answer of a process after one partition has gone through its life. */
function scrape(): Promise<string> {
  const metrics = createMetrics({ version: '0.1.0', nodeVersion: process.version });
  watchProcess(metrics);
  const roster = new PartitionRoster();
  const observer = metricsObserver(metrics, () => 1_700_000_000_000, roster);
  const { emit } = observers(roster, observer);
  const partition = 0;
  const counters = { consumed: 10, accepted: 7, duplicates: 1, late: 1, rejected: 1 };
  const rejections = [{ code: 'not_json', count: 1, partition, offset: 3, reason: 'not_json: ends early' }];
  const position = { partition, counters, watermarkMs: 1_699_996_400_000, nextOffset: 10 };
  emit({ type: 'takeover.running', partition, epoch: 1, tookMs: 100, counters });
  emit({ type: 'batch.folded', ...position, records: 10, bytes: 3_000, endOffset: 12, rejections });
  emit({ type: 'append.acknowledged', partition, table: 'payment_transactions', rows: 7, bytes: 900, tookMs: 20 });
  emit({ type: 'checkpoint.written', ...position, epoch: 1, ids: 7, stateBytes: 2_000, tookMs: 30, endToEndMs: 400 });
  emit({ type: 'service.waiting', service: 'kafka', what: 'fetch', waitedMs: 1, limitMs: 900_000, error: 'refused' });
  observer.refresh();
  return metrics.registry.metrics();
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in CHECKS));
if (unknown.length > 0) throw new Error(`no check ${unknown.join(', ')}: there are ${Object.keys(CHECKS).join(', ')}`);
for (const [name, check] of Object.entries(CHECKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  try {
    await check.run();
    process.stdout.write(`✔ ${name}: ${check.what}\n`);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? `${check.tool} is not there: ${check.howToGet}` : String((error as Error).message);
    process.stdout.write(`✘ ${name}: ${why}\n`);
    process.exitCode = 1;
  }
}
