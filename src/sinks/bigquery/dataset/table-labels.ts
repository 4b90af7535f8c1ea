/**
 * Which table it is. Each table carries, as a label, its own time of creation: a table that was dropped and made again, replaced,
 * restored or copied has another time than its label says, or no label. A label is written only once all tables are made, so
 * one label means that all of them were there.
 */
import type { DatasetRef } from '../identifiers.ts';
import type { RestCalls } from '../query/rest-client.ts';
import type { TableResource } from './look-at-dataset.ts';

/** Letters, digits, dashes and underscores only, 63 at most, as BigQuery has it for labels. */
export const MARK_LABEL = 'provenonce_made_at_ms';
/** On a table of which a loss was accepted: then the table accepted_losses must be there too. */
export const LOSS_LABEL = 'provenonce_loss_accepted';

export type Mark = 'same' | 'another' | 'none';

export function markOf({ labels, creationTime }: TableResource): Mark {
  const madeAt = labels?.[MARK_LABEL];
  if (madeAt === undefined) return 'none';
  return madeAt === creationTime ? 'same' : 'another';
}

/** Takes the table as it is for ours from now on. Other labels stay: a patch changes what it names. */
export async function markTable(
  rest: RestCalls,
  { dataset }: DatasetRef,
  table: string,
  found: TableResource,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const labels = { ...found.labels, [MARK_LABEL]: found.creationTime ?? '', ...more };
  await rest.request({ method: 'PATCH', path: `/datasets/${dataset}/tables/${table}`, body: { labels } });
}
