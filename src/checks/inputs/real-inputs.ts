/** The inputs of `verify` from a real topic and a real dataset. Money is read as text: the checkers parse it themselves. */

import { UnreachableError } from '../../base/errors.ts';
import type { DatasetRef } from '../../sinks/bigquery/identifiers.ts';
import type { BigQueryQueries } from '../../sinks/bigquery/query/queries.ts';
import { furtherColumnsOf } from '../further-columns.ts';
import { readRulesTexts, readSchemas } from './read-rules-texts.ts';
import { namesRules, withRulesTexts } from './rules-texts.ts';
import { spooledTables } from './spooled-tables.ts';
import type { FurtherColumns } from './table-columns.ts';
import { type TopicSource, topicInputs } from './topic-inputs.ts';
import type { OwnershipFacts, VerifyInputs } from './verify-inputs.ts';

export interface RealInputsOptions extends TopicSource {
  readonly sink: {
    readonly dataset: DatasetRef;
    readonly queries: Pick<BigQueryQueries, 'readOwnership' | 'runQuery' | 'streamQuery'>;
  };
}

export function realInputs(options: RealInputsOptions): VerifyInputs {
  const { topic, sink } = options;
  const ownership = async (): Promise<OwnershipFacts[]> => {
    const rows = await sink.queries.readOwnership(topic);
    const texts = namesRules(rows) ? await readRulesTexts(sink) : new Map<string, string>();
    return rows.map((facts) => withRulesTexts(facts, (sha256) => texts.get(sha256) ?? null));
  };
  let read: FurtherColumns | undefined;
  return {
    topic,
    ...topicInputs(options),
    ownership: async () => {
      const facts = await ownership();
      const missing = [...furtherColumnsOf(facts).keys()].filter((name) => read?.has(name) === false);
      if (missing.length === 0) return facts;
      throw new UnreachableError(
        `new rules took effect while the tables were read (columns ${missing.join(', ')}): run \`provenonce verify\` again`,
      );
    },
    schemas: () => readSchemas(sink),
    tables: async () => {
      read = furtherColumnsOf(await ownership());
      return spooledTables(sink, topic, read);
    },
  };
}
