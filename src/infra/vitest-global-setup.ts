/**
 * Gives the vitest projects that need real parts one broker and one emulator, in the way of PROVENONCE_INFRA (default
 * `auto`). Vitest runs this once per project that names it; all of them share one instance, which ends with the last.
 * It never skips: if the parts are not available, the run fails and says what is missing.
 */
import type { TestProject } from 'vitest/node';
import { startInfra } from './start-infra.ts';
import { INFRA_WAYS, type InfraChoice, type InfraWay, type StartedInfra } from './types.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kafkaBootstrapServers: string;
    /** REST host:port. */
    bigqueryEmulatorHost: string;
    /** gRPC host:port. */
    bigqueryStorageEmulatorHost: string;
    bigqueryProjectId: string;
    /** The way of these parts: a test that needs its own parts starts them the same way. */
    infraWay: InfraWay;
  }
}

interface Shared {
  readonly infra: Promise<StartedInfra>;
  users: number;
}

/** Each project loads this module separately; they share only the process. */
const registry = globalThis as { [key: symbol]: Shared | undefined };
const SHARED = Symbol.for('provenonce.vitest.infra');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The Google auth library would look for a metadata server, and warn. Test workers inherit this.
  process.env.METADATA_SERVER_DETECTION ??= 'none';
  registry[SHARED] ??= { infra: start(), users: 0 };
  const shared = registry[SHARED];
  shared.users += 1;
  const infra = await shared.infra;
  project.provide('kafkaBootstrapServers', infra.kafkaBootstrapServers);
  project.provide('bigqueryEmulatorHost', infra.bigqueryEmulatorHost);
  project.provide('bigqueryStorageEmulatorHost', infra.bigqueryStorageEmulatorHost);
  project.provide('bigqueryProjectId', infra.projectId);
  project.provide('infraWay', infra.way);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    registry[SHARED] = undefined;
    await infra.stop();
  };
}

async function start(): Promise<StartedInfra> {
  let told = false;
  return await startInfra({
    way: chosenWay(process.env.PROVENONCE_INFRA),
    onProgress: ({ text, done }) => {
      // One line, and only if something must be fetched: a first run takes a minute.
      if (told || done || !/^(fetching|installing|pulling|another process)/.test(text)) return;
      told = true;
      process.stderr.write(`infra: ${text}\n`);
    },
  });
}

function chosenWay(value: string | undefined): InfraChoice {
  const choices: readonly string[] = ['auto', ...INFRA_WAYS];
  const way = value || 'auto';
  if (!choices.includes(way)) throw new Error(`PROVENONCE_INFRA is ${way}; it can be ${choices.join(', ')}`);
  return way as InfraChoice;
}
