/** Whether the images of the docker way are available: on the daemon, or pulled with progress. */
import { execa } from 'execa';
import { findDocker, hasImage } from '../native/tools.ts';
import { type InfraProgress, InfraUnavailableError } from '../types.ts';

const PULL_LIMIT_MS = 10 * 60_000;
const REAPER_IMAGE = 'testcontainers/ryuk:0.14.0';
const REAPER_PULL_LIMIT_MS = 30_000;

/** Throws InfraUnavailableError if no daemon answers, or an image is neither there nor can be pulled. */
export async function obtainImages(
  images: readonly string[],
  env: NodeJS.ProcessEnv,
  onProgress: (progress: InfraProgress) => void,
): Promise<void> {
  const docker = await findDocker(env);
  if (!docker.usable) throw new InfraUnavailableError(`docker infra needs a Docker daemon: ${docker.problem}`);
  for (const image of images) {
    if (await hasImage(image, env)) continue;
    onProgress({ part: 'infra', text: `pulling ${image} (once)` });
    const why = await pull(image, env, PULL_LIMIT_MS);
    if (why !== undefined) {
      throw new InfraUnavailableError(`the image ${image} is not on the Docker daemon and could not be pulled: ${why}`);
    }
    onProgress({ part: 'infra', text: `pulled ${image}`, done: true });
  }
}

/** Whether Testcontainers' reaper can run. Without it only our reaper removes the containers. */
export async function reaperAvailable(env: NodeJS.ProcessEnv): Promise<boolean> {
  if (env.TESTCONTAINERS_RYUK_DISABLED === 'true') return false;
  if (await hasImage(REAPER_IMAGE, env)) return true;
  return (await pull(REAPER_IMAGE, env, REAPER_PULL_LIMIT_MS)) === undefined;
}

/** Undefined if it is there afterwards, else the last line of docker's output. */
async function pull(image: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<string | undefined> {
  const result = await execa('docker', ['pull', '--quiet', image], {
    env,
    extendEnv: false,
    timeout: limitMs,
    reject: false,
    all: true,
  });
  if (!result.failed) return undefined;
  return result.all?.trim().split('\n').at(-1) || result.shortMessage;
}
