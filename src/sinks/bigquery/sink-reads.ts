/** The reads that processors and operators' commands share, on BigQuery's queries. */
import type { SinkReads } from '../../processor/ports.ts';
import type { RuledOwnership } from '../ownership/ruled-ownership.ts';
import type { SinkQueries, StoredOwnership } from './ports.ts';
import { readOwnership } from './takeover/claims.ts';

export function sinkReads(queries: SinkQueries, ownership: RuledOwnership<StoredOwnership>): SinkReads {
  return {
    readOwnership: (topic) => readOwnership(topic, ownership),
    latestCheckpoint: (topic, partition) => queries.latestCheckpoint(topic, partition),
    tablesWithRows: (tables, partition, fromOffset) => queries.tablesWithRows(tables, partition, fromOffset),
    readSchemas: (ids) => queries.readSchemas(ids),
    putSchema: (schema) => queries.putSchema(schema),
    payments: (partition, belowOffset, fromEventTimeMs) => queries.payments(partition, belowOffset, fromEventTimeMs),
    knownPayments: (list, fromEventTimeMs) => queries.knownPayments(list, fromEventTimeMs),
    seed: (topic, seeds) => ownership.seed(topic, seeds),
  };
}
