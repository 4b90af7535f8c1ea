/** What `--keep` leaves running, and how to query it from another terminal. */
import type { RealWorld } from '../lab/real/real-world.ts';
import type { WorldInfra } from '../lab/real/real-world-options.ts';
import { exploreText } from './explore-tables.ts';

const HOLD_MS = 3_600_000;

export function keepText(
  infra: WorldInfra,
  { topic, tables }: { readonly topic: string; readonly tables: Pick<RealWorld['tables'], 'folder' | 'settings'> },
): string {
  const settings = Object.entries(tables.settings()).map(([name, value]) => `  export ${name}=${value}`);
  return [
    `${tables.folder === undefined ? 'Broker and emulator run' : 'The broker runs'} until Ctrl-C.`,
    'In another terminal, in this folder:',
    '',
    `  export KAFKA_BOOTSTRAP_SERVERS=${infra.kafkaBootstrapServers}`,
    `  export KAFKA_TOPIC_PAYMENTS=${topic}`,
    ...settings,
    '  npm run provenonce -- verify',
    '  npm run provenonce -- reconcile',
    '',
    ...(tables.folder === undefined ? queryEmulator() : exploreText(tables.folder)),
    '',
  ].join('\n');
}

function queryEmulator(): string[] {
  return [
    '  q=http://$BIGQUERY_EMULATOR_HOST/bigquery/v2/projects/$BIGQUERY_PROJECT/queries',
    "  curl -s $q -H 'content-type: application/json' -d '{",
    '    "query": "SELECT * FROM `\'$BIGQUERY_PROJECT.$BIGQUERY_DATASET\'.pipeline_health`",',
    '    "useLegacySql": false}\'',
  ];
}

/** Resolves when the signal is aborted: the verdict is known, so this is not an interruption. */
export async function keepUp(
  infra: WorldInfra,
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
  write(`\nStopping ${world.tables.folder === undefined ? 'broker and emulator' : 'the broker'}.\n`);
}
