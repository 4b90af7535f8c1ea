/**
 * `npm run check:image`: builds both images and runs them as production does, against a broker and an emulator in
 * containers. Needs a Docker daemon on Linux (the images reach the others on the host's loopback address). NODE_IMAGE
 * and RUNTIME_IMAGE name other bases. Prints what held, and ends with 1 at the first thing that did not.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import { startInfra } from '../../src/infra/start-infra.ts';

const PROCESSOR = 'payment-processor:latest';
const SIMULATOR = 'payment-simulator:latest';
const TOP = new URL('../..', import.meta.url).pathname;
/** As docs/deploy.md and the manifests run them. */
const HARDENED = [
  '--network=host',
  '--read-only',
  '--tmpfs=/tmp',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
];
const READY_WITHIN_MS = 90_000;

const run = `provenonce-check-${randomUUID().slice(0, 8)}`;
const container = (name: string): string => `${run}-${name}`;

async function docker(...args: string[]): Promise<string> {
  return (await execa('docker', args, { timeout: 600_000 })).stdout;
}

function demand(holds: boolean, what: string, seen: unknown): void {
  if (!holds) throw new Error(`${what}: does not hold (${String(seen)})`);
  process.stdout.write(`✔ ${what} (${String(seen)})\n`);
}

async function build(): Promise<void> {
  const bases = ['NODE_IMAGE', 'RUNTIME_IMAGE'].filter((name) => process.env[name] !== undefined);
  const given = bases.map((name) => `--build-arg=${name}=${process.env[name]}`);
  await docker('build', '--quiet', '--tag', PROCESSOR, ...given, TOP);
  await docker('build', '--quiet', '--tag', SIMULATOR, '--target', 'simulator', ...given, TOP);
  for (const image of [PROCESSOR, SIMULATOR]) {
    const [bytes, user] = (await docker('image', 'inspect', '--format', '{{.Size}} {{.Config.User}}', image)).split(
      ' ',
    );
    demand(
      user !== '' && !user!.startsWith('0'),
      `${image} is built and is no root`,
      `user ${user}, ${Math.round(Number(bytes) / 1e6)} MB`,
    );
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const startedMs = Date.now();
  while (!(await holds().catch(() => false))) {
    if (Date.now() - startedMs > READY_WITHIN_MS) throw new Error(`${what}: not within ${READY_WITHIN_MS} ms`);
    await sleep(500);
  }
  demand(true, what, `${((Date.now() - startedMs) / 1_000).toFixed(1)} s`);
}

/** Sends SIGTERM, and SIGKILL after 30 s: only a process that received the first ends with its own code. */
async function stopped(name: string): Promise<string> {
  await docker('stop', '--time', '30', container(name));
  return docker('inspect', '--format', '{{.State.ExitCode}}', container(name));
}

async function demandExit(name: string, code: string, what: string): Promise<void> {
  const seen = await stopped(name);
  demand(seen === code, what, `exit code ${seen}`);
}

/** The help loads every command; Node reports for each file whether it found compiled code, and could use it. */
async function checkCompiledCode(): Promise<void> {
  const env = '--env=NODE_DEBUG_NATIVE=COMPILE_CACHE';
  const { all } = await execa('docker', ['run', '--rm', ...HARDENED, env, PROCESSOR, '--help'], { all: true });
  const said = (what: RegExp): number => all.match(what)?.length ?? 0;
  const used = said(/was accepted/g);
  const missed = said(/was not initialized|was rejected/g);
  demand(used > 500 && missed === 0, 'a start finds its code compiled', `${used} files, ${missed} to compile`);
}

async function check(): Promise<void> {
  await build();
  await checkCompiledCode();
  await docker(
    'run',
    '--detach',
    '--name',
    container('early'),
    '--network=none',
    '--env=KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1',
    SIMULATOR,
  );
  // Node itself takes a moment to start; before that no one can listen.
  await sleep(3_000);
  await demandExit('early', '143', 'a simulator that still looks for Kafka ends on SIGTERM');

  await using infra = await startInfra({ way: 'docker' });
  const port = await getPort();
  const settings = {
    KAFKA_BOOTSTRAP_SERVERS: infra.kafkaBootstrapServers,
    KAFKA_TOPIC_PAYMENTS: 'payment-events',
    BIGQUERY_PROJECT: infra.projectId,
    BIGQUERY_EMULATOR_HOST: infra.bigqueryEmulatorHost,
    BIGQUERY_STORAGE_EMULATOR_HOST: infra.bigqueryStorageEmulatorHost,
    METRICS_PORT: String(port),
  };
  const env = Object.entries(settings).map(([name, value]) => `--env=${name}=${value}`);
  const volume = `--volume=${container('checkpoint')}:/checkpoint`;
  const start = (name: string, image: string, ...more: string[]) =>
    docker('run', '--detach', '--name', container(name), ...HARDENED, ...env, ...more, image);

  await start('simulator', SIMULATOR);
  /** Ready, with every partition: a process without partitions is ready as well. */
  const worksOnAll = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return response.ok && ((await response.json()) as { partitions: number[] }).partitions.length === 4;
  };
  await until('the simulator has made the topic', async () =>
    (await docker('exec', container('simulator'), 'node', '-e', topicProbe(infra.kafkaBootstrapServers))).includes(
      'there',
    ),
  );
  await start('processor', PROCESSOR, volume);
  await until('the processor is ready, on a read-only root, without capabilities', worksOnAll);
  await until(
    'its health check passes',
    async () => (await docker('inspect', '--format', '{{.State.Health.Status}}', container('processor'))) === 'healthy',
  );
  await sleep(5_000);
  await demandExit('simulator', '0', 'the simulator ends with 0 on SIGTERM');
  await demandExit('processor', '0', 'the processor ends with 0 on SIGTERM');
  await docker('start', container('processor'));
  await until('started again on its volume, it is ready', worksOnAll);
  const logs = (await execa('docker', ['logs', container('processor')], { all: true })).all.split('\n');
  const restored = logs
    .filter((line) => line.includes('"state.restored"'))
    .map((line) => JSON.parse(line).how as string);
  const again = restored.slice(4);
  demand(
    again.length > 0 && again.every((how) => how === 'local'),
    'its state came from the volume',
    restored.join(' '),
  );
  await sleep(3_000);
  await demandExit('processor', '0', 'and it ends with 0 again');
  const verdict = await docker('run', '--rm', ...HARDENED, ...env, PROCESSOR, 'verify');
  demand(verdict.trimEnd().endsWith('PASS'), 'verify, from the image, recomputes the topic', verdict.split('\n')[0]);
}

function topicProbe(broker: string): string {
  return `const {Kafka}=require('/app/node_modules/kafkajs');const a=new Kafka({brokers:['${broker}'],logLevel:0}).admin();
    a.connect().then(()=>a.listTopics()).then((t)=>{console.log(t.includes('payment-events')?'there':'');process.exit(0)})`;
}

async function cleanUp(): Promise<void> {
  for (const name of ['early', 'simulator', 'processor']) {
    await execa('docker', ['rm', '--force', '--volumes', container(name)], { reject: false });
  }
  await execa('docker', ['volume', 'rm', '--force', container('checkpoint')], { reject: false });
}

try {
  await check();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
