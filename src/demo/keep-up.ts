/** What `--keep` leaves running, and how to query it from another terminal. */
import type { StartedInfra } from '../infra/types.ts';
import type { RealWorld } from '../lab/real/real-world.ts';

const HOLD_MS = 3_600_000;

export function keepText(
  infra: Pick<
    StartedInfra,
    'kafkaBootstrapServers' | 'projectId' | 'bigqueryEmulatorHost' | 'bigqueryStorageEmulatorHost'
  >,
  { topic, dataset }: Pick<RealWorld, 'topic' | 'dataset'>,
): string {
  const host = infra.bigqueryEmulatorHost;
  return [
    'Broker and emulator run until Ctrl-C.',
    'In another terminal, in this folder:',
    '',
    `  export KAFKA_BOOTSTRAP_SERVERS=${infra.kafkaBootstrapServers}`,
    `  export KAFKA_TOPIC_PAYMENTS=${topic}`,
    `  export BIGQUERY_PROJECT=${infra.projectId} BIGQUERY_DATASET=${dataset}`,
    `  export BIGQUERY_EMULATOR_HOST=${host}`,
    `  export BIGQUERY_STORAGE_EMULATOR_HOST=${infra.bigqueryStorageEmulatorHost}`,
    '  npm run provenonce -- verify',
    '  npm run provenonce -- reconcile',
    '',
    '  q=http://$BIGQUERY_EMULATOR_HOST/bigquery/v2/projects/$BIGQUERY_PROJECT/queries',
    "  curl -s $q -H 'content-type: application/json' -d '{",
    `    "query": "SELECT * FROM \`${infra.projectId}.${dataset}.pipeline_health\`",`,
    '    "useLegacySql": false}\'',
    '',
  ].join('\n');
}

/** Resolves when the signal is aborted: the verdict is known, so this is not an interruption. */
export async function keepUp(
  infra: StartedInfra,
  world: RealWorld,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  write(`\n${keepText(infra, world)}\n`);
  if (signal.aborted) return;
  // Signal listeners alone do not keep a process alive.
  const holding = setInterval(() => {}, HOLD_MS);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  clearInterval(holding);
  write('\nStopping broker and emulator.\n');
}
