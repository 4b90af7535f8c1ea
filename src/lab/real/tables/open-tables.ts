/** Opens the tables of a world, on the sink that it was made for. */
import type { RealWorldOptions } from '../real-world-options.ts';
import { bigQueryTables } from './bigquery-tables.ts';
import type { WorldTables } from './world-tables.ts';

export async function openTables({ infra }: Pick<RealWorldOptions, 'infra'>, dataset: string): Promise<WorldTables> {
  return bigQueryTables(infra, dataset);
}
