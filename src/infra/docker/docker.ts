/**
 * The docker way: Testcontainers runs the broker's and the emulator's images, published on 127.0.0.1 at ports chosen
 * beforehand, so that a killed container returns at the same address.
 *
 * Containers end with this process: by Testcontainers' reaper if its image is available, and always by our reaper,
 * which removes containers with this instance's label.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenericContainer, StartedTestContainer } from 'testcontainers';
import { kafkaSettings } from '../native/kafka-settings.ts';
import { CURE_DIRECTORY, EMULATOR_ENV } from '../native/native.ts';
import { type PortBlock, reservePorts } from '../ports.ts';
import { probeEmulator, probeKafka } from '../probes.ts';
import { Reaper } from '../reaper/reaper.ts';
import {
  type BrokerOptions,
  DEFAULT_PROJECT_ID,
  EMULATOR_IMAGE,
  type InfraOptions,
  type InfraProgress,
  InfraUnavailableError,
  KAFKA_IMAGE,
  type StartedBroker,
  type StartedInfra,
} from '../types.ts';
import { ContainerPart } from './container-part.ts';
import { obtainImages, reaperAvailable } from './docker-images.ts';

const PORT_ATTEMPTS = 3;
const PORT_TAKEN = /port is already allocated|address already in use/i;
const START_LIMIT_MS = 120_000;
const CURE_IN_CONTAINER = '/opt/provenonce-cure';

type Testcontainers = typeof import('testcontainers');

/** Throws InfraUnavailableError without a daemon, an image or the testcontainers package. */
export async function startDocker(options: InfraOptions): Promise<StartedInfra> {
  const env = options.env ?? process.env;
  const image = options.emulatorImage ?? EMULATOR_IMAGE;
  await obtainImages([KAFKA_IMAGE, image], env, options.onProgress ?? (() => {}));
  const library = await loadTestcontainers(env);
  return await onFreePorts((ports, reaper) => startContainers(options, library, image, ports, reaper));
}

/** The broker alone. Throws InfraUnavailableError without a daemon, the image or the testcontainers package. */
export async function startDockerBroker(options: BrokerOptions): Promise<StartedBroker> {
  const env = options.env ?? process.env;
  await obtainImages([KAFKA_IMAGE], env, options.onProgress ?? (() => {}));
  const library = await loadTestcontainers(env);
  return await onFreePorts(async (ports, reaper) => {
    const start = await starter(options.onProgress ?? (() => {}), reaper);
    const broker = await startedBroker(start, library, ports);
    const stop = stopOf(reaper, ports);
    const kafkaBootstrapServers = `127.0.0.1:${ports.kafka}`;
    return { way: 'docker', kafkaBootstrapServers, broker, stop, [Symbol.asyncDispose]: stop };
  });
}

/** Again on other ports where another program took one meanwhile. */
async function onFreePorts<T>(start: (ports: PortBlock, reaper: Reaper) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await reservePorts();
    const reaper = new Reaper();
    try {
      return await start(ports, reaper);
    } catch (error) {
      await stopOf(reaper, ports)();
      if (attempt === PORT_ATTEMPTS || !PORT_TAKEN.test(String(error))) throw error;
    }
  }
}

function stopOf(reaper: Reaper, ports: PortBlock): () => Promise<void> {
  return async () => {
    await reaper.end();
    ports.release();
  };
}

async function loadTestcontainers(env: NodeJS.ProcessEnv): Promise<Testcontainers> {
  // The library reads the process's own environment. Ports are published on the loopback address only.
  process.env.TESTCONTAINERS_HOST_OVERRIDE ??= '127.0.0.1';
  if (!(await reaperAvailable(env))) process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  try {
    return await import('testcontainers');
  } catch (cause) {
    throw new InfraUnavailableError(
      'docker infra needs the testcontainers package: npm ci (with development dependencies)',
      {
        cause,
      },
    );
  }
}

async function startContainers(
  options: InfraOptions,
  library: Testcontainers,
  emulatorImage: string,
  ports: PortBlock,
  reaper: Reaper,
): Promise<StartedInfra> {
  const projectId = options.projectId ?? DEFAULT_PROJECT_ID;
  const start = await starter(options.onProgress ?? (() => {}), reaper);
  const endpoints = {
    kafkaBootstrapServers: `127.0.0.1:${ports.kafka}`,
    bigqueryEmulatorHost: `127.0.0.1:${ports.rest}`,
    bigqueryStorageEmulatorHost: `127.0.0.1:${ports.grpc}`,
  };
  const emulatorContainer = await emulatorFor(library, emulatorImage, ports, projectId, options.cureEmulator !== false);
  const settled = await Promise.allSettled([
    startedBroker(start, library, ports),
    start('emulator', 'BigQuery emulator', emulatorContainer, (signal) => probeEmulator(endpoints, signal)),
  ]);
  const [broker, emulator] = settled;
  if (broker.status === 'rejected') throw broker.reason;
  if (emulator.status === 'rejected') throw emulator.reason;
  const stop = stopOf(reaper, ports);
  const parts = { broker: broker.value, emulator: emulator.value };
  return { way: 'docker', ...endpoints, projectId, ...parts, stop, [Symbol.asyncDispose]: stop };
}

type StartPart = (
  part: 'broker' | 'emulator',
  name: string,
  container: GenericContainer,
  probe: Probe,
) => Promise<ContainerPart>;

/** Starts containers with one label, by which the reaper finds them. */
async function starter(onProgress: (progress: InfraProgress) => void, reaper: Reaper): Promise<StartPart> {
  const label = { 'provenonce.infra': randomUUID() };
  await reaper.removeContainersAtEnd(`provenonce.infra=${label['provenonce.infra']}`);
  return async (part, name, container, probe) => {
    onProgress({ part, text: `starting the ${name}` });
    const started = await container.withLabels(label).withStartupTimeout(START_LIMIT_MS).start();
    const control = await controlled(started, name, probe);
    onProgress({ part, text: `${name} ready`, done: true });
    return control;
  };
}

function startedBroker(start: StartPart, library: Testcontainers, ports: PortBlock): Promise<ContainerPart> {
  const servers = `127.0.0.1:${ports.kafka}`;
  return start('broker', 'Kafka broker', brokerFor(library, ports), (signal) => probeKafka(servers, signal));
}

type Probe = (signal: AbortSignal) => Promise<void>;

async function controlled(started: StartedTestContainer, name: string, probe: Probe): Promise<ContainerPart> {
  const part = new ContainerPart(started.getId(), name, probe);
  await part.untilReady();
  return part;
}

function brokerFor(library: Testcontainers, ports: PortBlock): GenericContainer {
  const settings = kafkaSettings({
    bindHost: '0.0.0.0',
    port: 9092,
    controllerPort: 9093,
    advertised: `127.0.0.1:${ports.kafka}`,
  });
  // The image's contract: KAFKA_SOME_KEY stands for some.key.
  const asEnvironment = Object.entries(settings).map(([key, value]) => [
    `KAFKA_${key.replaceAll('.', '_').toUpperCase()}`,
    value,
  ]);
  return loopbackContainer(library, KAFKA_IMAGE, { 9092: ports.kafka })
    .withEnvironment({ ...Object.fromEntries(asEnvironment), KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m' })
    .withWaitStrategy(library.Wait.forListeningPorts());
}

async function emulatorFor(
  library: Testcontainers,
  image: string,
  ports: PortBlock,
  projectId: string,
  cured: boolean,
): Promise<GenericContainer> {
  const container = loopbackContainer(library, image, { 9050: ports.rest, 9060: ports.grpc }).withWaitStrategy(
    library.Wait.forListeningPorts(),
  );
  // Another emulator has its own command line, and needs another patch, if any.
  if (image !== EMULATOR_IMAGE && !image.includes('bqemulator')) return container;
  container
    .withEnvironment({ ...EMULATOR_ENV, BQEMU_REST_HOST: '0.0.0.0', BQEMU_GRPC_HOST: '0.0.0.0' })
    .withCommand(['start', '--persistent', '--data-dir', '/tmp/bqemulator-data', '--project', projectId]);
  if (!cured) return container;
  const content = await readFile(join(CURE_DIRECTORY, 'sitecustomize.py'), 'utf8');
  return container
    .withCopyContentToContainer([{ content, target: `${CURE_IN_CONTAINER}/sitecustomize.py` }])
    .withEnvironment({ PYTHONPATH: CURE_IN_CONTAINER });
}

/** A container whose ports (inside -> outside) are published on 127.0.0.1; the library itself publishes on every address. */
function loopbackContainer(
  library: Testcontainers,
  image: string,
  published: Record<number, number>,
): GenericContainer {
  class LoopbackContainer extends library.GenericContainer {
    protected override async beforeContainerCreated(): Promise<void> {
      const bindings = Object.entries(published).map(([inside, outside]) => [
        `${inside}/tcp`,
        [{ HostIp: '127.0.0.1', HostPort: String(outside) }],
      ]);
      this.hostConfig.PortBindings = Object.fromEntries(bindings);
    }
  }
  const exposed = Object.entries(published).map(([container, host]) => ({ container: Number(container), host }));
  return new LoopbackContainer(image).withExposedPorts(...exposed);
}
