/**
 * What a table asks of its readers and writers. This program keeps a table at reader version 1 and writer version 2, and
 * refuses one that another engine has upgraded to something that it does not do: its rows would be read or written wrongly.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { ProtocolAction } from './actions.ts';

export const OWN_PROTOCOL: ProtocolAction = { minReaderVersion: 1, minWriterVersion: 2 };

const FEATURES_READER = 3;
const FEATURES_WRITER = 7;
/** Nothing is appended against them: they only forbid removes, check nothing here, or are handed on in log checkpoints. */
const WRITER_FEATURES: ReadonlySet<string> = new Set(['appendOnly', 'invariants', 'domainMetadata']);

/** Throws where the table needs more than this program does. `table` names it in the error. */
export function checkProtocol(protocol: ProtocolAction, table: string): void {
  const { minReaderVersion, minWriterVersion, readerFeatures = [], writerFeatures = [] } = protocol;
  const reads = minReaderVersion <= 1 || (minReaderVersion === FEATURES_READER && readerFeatures.length === 0);
  const unknown = writerFeatures.filter((feature) => !WRITER_FEATURES.has(feature));
  const writes = minWriterVersion <= 2 || (minWriterVersion === FEATURES_WRITER && unknown.length === 0);
  if (reads && writes) return;
  const features = [...new Set([...readerFeatures, ...unknown])];
  const what = features.length > 0 ? `the features ${features.join(', ')}` : 'more';
  throw new ContradictionError(
    'table_changed',
    `${table} was upgraded by another engine: reader version ${minReaderVersion} and writer version ${minWriterVersion} need ${what}, ` +
      'which this program does not support. Drop the features there (ALTER TABLE ... DROP FEATURE), or copy the rows to a new table',
  );
}
