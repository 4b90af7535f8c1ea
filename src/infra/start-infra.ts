/**
 * The only entry to infra: starts a Kafka broker and a BigQuery emulator in the requested way, or the first that this
 * machine has. The parts end with this process, in any ending.
 */
import { doctor } from './doctor.ts';
import { renderMissing } from './doctor-text.ts';
import { startExternal } from './external.ts';
import { startNative } from './native/native.ts';
import { type InfraOptions, InfraUnavailableError, type InfraWay, type StartedInfra } from './types.ts';

const STARTERS: Record<InfraWay, (options: InfraOptions) => Promise<StartedInfra>> = {
  external: startExternal,
  // testcontainers is slow to load, and absent if only production dependencies are installed.
  docker: async (options) => (await import('./docker/docker.ts')).startDocker(options),
  native: startNative,
};

/**
 * Throws InfraUnavailableError, with what is missing and how to get it, if the way (or, for `auto`, every way) is not
 * available here. Any other error means that a part did not start; it carries the end of its log.
 */
export async function startInfra(options: InfraOptions = {}): Promise<StartedInfra> {
  const env = options.env ?? process.env;
  const way = options.way ?? 'auto';
  try {
    if (way !== 'auto') return await STARTERS[way](options);
    return await startFirstAvailable(options);
  } catch (error) {
    if (!(error instanceof InfraUnavailableError) || way === 'external') throw error;
    const missing = renderMissing(await doctor({ env }));
    throw new InfraUnavailableError(`${error.message}\n\n${missing}`, { cause: error });
  }
}

async function startFirstAvailable(options: InfraOptions): Promise<StartedInfra> {
  const reasons: string[] = [];
  for (const way of ['docker', 'native'] as const) {
    try {
      return await STARTERS[way](options);
    } catch (error) {
      if (!(error instanceof InfraUnavailableError)) throw error;
      reasons.push(`${way}: ${error.message}`);
      if (way === 'docker') {
        options.onProgress?.({ part: 'infra', text: `not docker: ${error.message}`, done: true });
      }
    }
  }
  throw new InfraUnavailableError(`this machine has no Kafka broker and BigQuery emulator.\n${reasons.join('\n')}`);
}
