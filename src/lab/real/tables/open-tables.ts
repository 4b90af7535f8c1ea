/** Opens the tables of a world, on the sink that it was made for. */
import type { RealWorldOptions } from '../real-world-options.ts';
import { bigQueryTables } from './bigquery-tables.ts';
import type { WorldTables } from './world-tables.ts';

/** `name`: of the dataset, or of the folder below the location. */
export async function openTables(
  { infra, sink = { kind: 'bigquery' }, folder }: Pick<RealWorldOptions, 'infra' | 'sink' | 'folder'>,
  name: string,
): Promise<WorldTables> {
  if (sink.kind === 'bigquery') return bigQueryTables(infra, name);
  // Loads what only Delta Lake needs.
  const { deltaTables } = await import('./delta-tables.ts');
  return deltaTables(sink, name, folder);
}
