/**
 * The only entry to infra: starts a Kafka broker and a BigQuery emulator, or a broker alone, in the requested way, or the
 * first that this machine has. The parts end with this process, in any ending.
 */
import { doctor } from './doctor.ts';
import { renderMissing } from './doctor-text.ts';
import { externalBroker, startExternal } from './external.ts';
import { startNative, startNativeBroker } from './native/native.ts';
import {
  type BrokerOptions,
  type InfraOptions,
  InfraUnavailableError,
  type InfraWay,
  type StartedBroker,
  type StartedInfra,
} from './types.ts';

/** In each way. testcontainers is slow to load, and absent if only production dependencies are installed. */
type Starters<Options, Started> = Readonly<Record<InfraWay, (options: Options) => Promise<Started>>>;

const ALL: Starters<InfraOptions, StartedInfra> = {
  external: startExternal,
  docker: async (options) => (await import('./docker/docker.ts')).startDocker(options),
  native: startNative,
};
const BROKER: Starters<BrokerOptions, StartedBroker> = {
  external: externalBroker,
  docker: async (options) => (await import('./docker/docker.ts')).startDockerBroker(options),
  native: startNativeBroker,
};

/**
 * Throws InfraUnavailableError, with what is missing and how to get it, if the way (or, for `auto`, every way) is not
 * available here. Any other error means that a part did not start; it carries the end of its log.
 */
export async function startInfra(options: InfraOptions = {}): Promise<StartedInfra> {
  return await startBy(ALL, options, 'Kafka broker and BigQuery emulator', true);
}

/** The broker alone; errors as above. */
export async function startBroker(options: BrokerOptions = {}): Promise<StartedBroker> {
  return await startBy(BROKER, options, 'Kafka broker', false);
}

async function startBy<Options extends BrokerOptions, Started>(
  starters: Starters<Options, Started>,
  options: Options,
  what: string,
  emulator: boolean,
): Promise<Started> {
  const env = options.env ?? process.env;
  const way = options.way ?? 'auto';
  try {
    if (way !== 'auto') return await starters[way](options);
    return await startFirstAvailable(starters, options, what);
  } catch (error) {
    if (!(error instanceof InfraUnavailableError) || way === 'external') throw error;
    const missing = renderMissing(await doctor({ env }), { emulator });
    throw new InfraUnavailableError(`${error.message}\n\n${missing}`, { cause: error });
  }
}

async function startFirstAvailable<Options extends BrokerOptions, Started>(
  starters: Starters<Options, Started>,
  options: Options,
  what: string,
): Promise<Started> {
  const reasons: string[] = [];
  for (const way of ['docker', 'native'] as const) {
    try {
      return await starters[way](options);
    } catch (error) {
      if (!(error instanceof InfraUnavailableError)) throw error;
      reasons.push(`${way}: ${error.message}`);
      if (way === 'docker') {
        options.onProgress?.({ part: 'infra', text: `not docker: ${error.message}`, done: true });
      }
    }
  }
  throw new InfraUnavailableError(`this machine has no ${what}.\n${reasons.join('\n')}`);
}
