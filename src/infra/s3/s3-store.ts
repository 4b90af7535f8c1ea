/**
 * An S3-compatible store for tests and scenarios: moto on 127.0.0.1, in a venv of the cache. It keeps objects in memory: a kill
 * loses them, a pause does not. It checks no credentials, so any will do.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { KeptPart } from '../kept-part.ts';
import { pythonVenv } from '../native/python-venv.ts';
import { Reaper } from '../reaper/reaper.ts';
import type { PartControl } from '../types.ts';

const MOTO = {
  name: 'moto',
  what: 'the S3-compatible store (moto)',
  sizeMb: 120,
  requirements: fileURLToPath(new URL('requirements.txt', import.meta.url)),
};
const REGION = 'us-east-1';
const REQUEST_LIMIT_MS = 10_000;

export interface S3Store extends AsyncDisposable {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  /** What the AWS SDK and other engines read of the environment to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** Its kill loses everything in it. */
  readonly control: PartControl;
  /** Makes a bucket. */
  makeBucket(name: string): Promise<void>;
}

/** Resolves when it serves. Throws InfraUnavailableError, which names what is missing. */
export async function startS3Store(
  env: NodeJS.ProcessEnv = process.env,
  tell: (text: string) => void = () => {},
): Promise<S3Store> {
  const { python } = await pythonVenv(MOTO, env, tell);
  const reaper = new Reaper();
  try {
    const data = await mkdtemp(join(tmpdir(), 'provenonce-s3-'));
    await reaper.removeAtEnd(data);
    const port = await getPort({ host: '127.0.0.1' });
    const url = `http://127.0.0.1:${port}`;
    const control = new KeptPart({
      name: 'S3-compatible store',
      reaper,
      spawn: {
        command: python,
        args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
        env: { ...env, PYTHONDONTWRITEBYTECODE: '1' },
        cwd: data,
        logFile: join(data, 'moto.log'),
      },
      probe: async (signal) => {
        const answer = await fetch(`${url}/moto-api/data.json`, { signal });
        await answer.body?.cancel();
        if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
      },
    });
    await control.start();
    return {
      url,
      env: {
        AWS_ENDPOINT_URL: url,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
      control,
      async makeBucket(name) {
        const answer = await fetch(`${url}/${name}`, { method: 'PUT', signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
        if (!answer.ok) throw new Error(`bucket ${name} was not made: ${answer.status} ${await answer.text()}`);
      },
      [Symbol.asyncDispose]: () => reaper.end(),
    };
  } catch (error) {
    await reaper.end();
    throw error;
  }
}
