/**
 * The native way: the broker on a local JRE, the emulator in a Python venv, both children of a reaper, both on
 * 127.0.0.1, with their data in a temporary directory that is removed with them.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeptPart } from '../kept-part.ts';
import { type PortBlock, reservePorts } from '../ports.ts';
import { probeEmulator } from '../probes.ts';
import { Reaper } from '../reaper/reaper.ts';
import {
  type BrokerOptions,
  DEFAULT_PROJECT_ID,
  type InfraOptions,
  type InfraProgress,
  InfraUnavailableError,
  type StartedBroker,
  type StartedInfra,
} from '../types.ts';
import { cacheDirectory } from './cache.ts';
import { type EmulatorInstallation, emulatorVenv } from './emulator-venv.ts';
import { kafkaJars } from './kafka-jars.ts';
import { nativeBroker } from './native-broker.ts';
import { type FoundTool, findJava, findPython } from './tools.ts';

const PORT_ATTEMPTS = 3;
const PORT_TAKEN = /address already in use|BindException|Failed to bind/i;
export const CURE_DIRECTORY = dirname(fileURLToPath(new URL('../emulator/sitecustomize.py', import.meta.url)));

interface Software {
  readonly java: FoundTool;
  readonly jars: string;
  readonly emulator: EmulatorInstallation;
}

/** Throws InfraUnavailableError without a JRE, a Python or a way to fetch the rest. */
export async function startNative(options: InfraOptions): Promise<StartedInfra> {
  const onProgress = options.onProgress ?? (() => {});
  const env = options.env ?? process.env;
  const software = await obtainSoftware(env, onProgress);
  return await onFreePorts((place) => startParts({ ...options, env, onProgress }, software, place));
}

/** The broker alone. Throws InfraUnavailableError without a JRE or a way to fetch the rest. */
export async function startNativeBroker(options: BrokerOptions): Promise<StartedBroker> {
  const onProgress = options.onProgress ?? (() => {});
  const env = options.env ?? process.env;
  const software = await obtainBrokerSoftware(env, onProgress);
  return await onFreePorts(async (place) => {
    const data = await dataFolder(place);
    const broker = await startedBroker({ env, onProgress }, software, place, data);
    const { stop, ports } = place;
    const kafkaBootstrapServers = `127.0.0.1:${ports.kafka}`;
    return { way: 'native', kafkaBootstrapServers, broker, stop, [Symbol.asyncDispose]: stop };
  });
}

/** What the parts of one instance share. */
interface Place {
  readonly ports: PortBlock;
  readonly reaper: Reaper;
  /** Ends all that was started. */
  stop(): Promise<void>;
}

/** Again on other ports where another program took one meanwhile. */
async function onFreePorts<T>(start: (place: Place) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await reservePorts();
    const reaper = new Reaper();
    const stop = async (): Promise<void> => {
      await reaper.end();
      ports.release();
    };
    try {
      return await start({ ports, reaper, stop });
    } catch (error) {
      await stop();
      if (attempt === PORT_ATTEMPTS || !PORT_TAKEN.test(String(error))) throw error;
    }
  }
}

async function dataFolder({ reaper }: Place): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'provenonce-infra-'));
  await reaper.removeAtEnd(data);
  return data;
}

/** Throws InfraUnavailableError. */
export async function obtainBrokerSoftware(
  env: NodeJS.ProcessEnv,
  onProgress: (progress: InfraProgress) => void,
): Promise<Pick<Software, 'java' | 'jars'>> {
  const java = await findJava(env);
  if (!java.usable) throw new InfraUnavailableError(`a native broker needs Java: ${java.problem}`);
  return { java: java.usable, jars: await kafkaJars(cacheDirectory(env), env, onProgress) };
}

async function obtainSoftware(
  env: NodeJS.ProcessEnv,
  onProgress: (progress: InfraProgress) => void,
): Promise<Software> {
  const [java, python] = await Promise.all([findJava(env), findPython(env)]);
  if (!java.usable || !python.usable) {
    const problems = [java.problem, python.problem].filter(Boolean);
    throw new InfraUnavailableError(`native infra needs Java and Python: ${problems.join('; ')}`);
  }
  const cache = cacheDirectory(env);
  const settled = await Promise.allSettled([
    kafkaJars(cache, env, onProgress),
    emulatorVenv(cache, python.usable, env, onProgress),
  ]);
  const [jars, emulator] = settled;
  if (jars.status === 'rejected') throw jars.reason;
  if (emulator.status === 'rejected') throw emulator.reason;
  return { java: java.usable, jars: jars.value, emulator: emulator.value };
}

type ResolvedOptions = InfraOptions & Required<Pick<InfraOptions, 'env' | 'onProgress'>>;

async function startedBroker(
  { env, onProgress }: Pick<ResolvedOptions, 'env' | 'onProgress'>,
  software: Pick<Software, 'java' | 'jars'>,
  { reaper, ports }: Place,
  data: string,
): Promise<KeptPart> {
  onProgress({ part: 'broker', text: 'starting the Kafka broker' });
  const part = await nativeBroker({ ...software, reaper, ports, data, env });
  await part.start();
  onProgress({ part: 'broker', text: 'Kafka broker ready', done: true });
  return part;
}

async function startParts(options: ResolvedOptions, software: Software, place: Place): Promise<StartedInfra> {
  const { ports, reaper, stop } = place;
  const data = await dataFolder(place);
  const projectId = options.projectId ?? DEFAULT_PROJECT_ID;
  const startEmulator = async () => {
    options.onProgress({ part: 'emulator', text: 'starting the BigQuery emulator' });
    const part = await nativeEmulator(software, ports, reaper, data, options, projectId);
    await part.start();
    options.onProgress({ part: 'emulator', text: 'BigQuery emulator ready', done: true });
    return part;
  };
  // Both are awaited, so that none is still starting when the other's failure ends the reaper.
  const [broker, emulator] = await Promise.allSettled([startedBroker(options, software, place, data), startEmulator()]);
  if (broker.status === 'rejected') throw broker.reason;
  if (emulator.status === 'rejected') throw emulator.reason;
  return {
    way: 'native',
    kafkaBootstrapServers: `127.0.0.1:${ports.kafka}`,
    bigqueryEmulatorHost: `127.0.0.1:${ports.rest}`,
    bigqueryStorageEmulatorHost: `127.0.0.1:${ports.grpc}`,
    projectId,
    broker: broker.value,
    emulator: emulator.value,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function nativeEmulator(
  { emulator }: Software,
  ports: PortBlock,
  reaper: Reaper,
  data: string,
  options: ResolvedOptions,
  projectId: string,
): Promise<KeptPart> {
  const directory = join(data, 'emulator');
  await mkdir(directory);
  return new KeptPart({
    name: 'BigQuery emulator',
    reaper,
    spawn: {
      command: emulator.python,
      args: ['-m', 'bqemulator', 'start', '--persistent', '--data-dir', directory, '--project', projectId].concat(
        ['--rest-host', '127.0.0.1', '--rest-port', String(ports.rest)],
        ['--grpc-host', '127.0.0.1', '--grpc-port', String(ports.grpc)],
      ),
      env: {
        ...options.env,
        ...EMULATOR_ENV,
        HOME: emulator.home,
        PYTHONPATH: options.cureEmulator === false ? '' : CURE_DIRECTORY,
        // No files are written beside the patch.
        PYTHONDONTWRITEBYTECODE: '1',
      },
      cwd: directory,
      logFile: join(data, 'emulator.log'),
    },
    probe: (signal) =>
      probeEmulator(
        {
          bigqueryEmulatorHost: `127.0.0.1:${ports.rest}`,
          bigqueryStorageEmulatorHost: `127.0.0.1:${ports.grpc}`,
        },
        signal,
      ),
  });
}

/** Settings of the emulator, natively and in the image. */
export const EMULATOR_ENV = {
  // It would download an extension.
  BQEMU_ENABLE_FORMAT_EXTENSIONS: 'false',
  // One line per request otherwise.
  BQEMU_LOG_LEVEL: 'warning',
  // AppendRows takes 20 MB since 2025; the emulator's default is the older 10.
  BQEMU_WRITE_API_MAX_REQUEST_BYTES: String(20 * 1024 * 1024),
  BQEMU_QUERY_CACHE_TTL_SECONDS: '0',
} as const;
