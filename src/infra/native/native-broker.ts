/**
 * A Kafka broker on a local JRE, formatted and started under a reaper, with its settings in a file of its data
 * directory.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { KeptPart } from '../kept-part.ts';
import type { PortBlock } from '../ports.ts';
import { probeKafka } from '../probes.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { kafkaSettings } from './kafka-settings.ts';
import type { FoundTool } from './tools.ts';

/** Any 16 bytes in base64: the broker needs an id to format its storage. */
const CLUSTER_ID = '5L6g3nShT-eMCtK--X86sw';
const FORMAT_LIMIT_MS = 60_000;

export interface NativeBrokerOptions {
  readonly java: FoundTool;
  /** Directory of the broker's jars. */
  readonly jars: string;
  readonly reaper: Reaper;
  readonly ports: Pick<PortBlock, 'kafka' | 'kafkaController'>;
  /** An existing directory; the broker's directories are in it. */
  readonly data: string;
  readonly env: NodeJS.ProcessEnv;
  /** Added to, or replacing, those of kafka-settings.ts. */
  readonly settings?: Readonly<Record<string, string>>;
  /** For the formatting of the storage, for example `--add-scram`. */
  readonly formatArgs?: readonly string[];
  readonly jvmArgs?: readonly string[];
  /** Resolves when the broker serves. Default: it answers in plaintext on its port. */
  readonly probe?: (signal: AbortSignal) => Promise<void>;
}

/** Formatted, not started yet. Throws with the tool's output if formatting fails. */
export async function nativeBroker(options: NativeBrokerOptions): Promise<KeptPart> {
  const { java, jars, reaper, ports, data, env } = options;
  const directory = join(data, 'kafka');
  await mkdir(directory);
  const advertised = `127.0.0.1:${ports.kafka}`;
  const settings = {
    ...kafkaSettings({ bindHost: '127.0.0.1', port: ports.kafka, controllerPort: ports.kafkaController, advertised }),
    'log.dirs': join(directory, 'logs'),
    ...options.settings,
  };
  const properties = join(directory, 'server.properties');
  await writeFile(
    properties,
    Object.entries(settings).map(([key, value]) => `${key}=${value}\n`),
    { mode: 0o600 },
  );
  const jvm = ['-XX:+UseSerialGC', ...(options.jvmArgs ?? []), '-cp', join(jars, '*')];
  const formatted = await execa(
    java.command,
    ['-XX:TieredStopAtLevel=1', ...jvm, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties].concat(
      options.formatArgs ?? [],
    ),
    { env, extendEnv: false, timeout: FORMAT_LIMIT_MS, reject: false, all: true, cwd: directory },
  );
  if (formatted.failed) throw new Error(`the Kafka broker's storage could not be formatted:\n${formatted.all}`);
  return new KeptPart({
    name: 'Kafka broker',
    reaper,
    spawn: {
      command: java.command,
      args: ['-Xms256m', '-Xmx512m', ...jvm, 'kafka.Kafka', properties],
      env,
      cwd: directory,
      logFile: join(data, 'kafka.log'),
    },
    probe: options.probe ?? ((signal) => probeKafka(advertised, signal)),
  });
}
