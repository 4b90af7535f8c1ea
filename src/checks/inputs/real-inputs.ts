/** The inputs of `verify` from a real topic and a real dataset. Money is read as text: the checkers parse it themselves. */
import type { DatasetRef } from '../../sinks/bigquery/identifiers.ts';
import type { BigQueryQueries } from '../../sinks/bigquery/query/queries.ts';
import { readRulesTexts } from './read-rules-texts.ts';
import { namesRules, withRulesTexts } from './rules-texts.ts';
import { spooledTables } from './spooled-tables.ts';
import { type TopicSource, topicInputs } from './topic-inputs.ts';
import type { VerifyInputs } from './verify-inputs.ts';

export interface RealInputsOptions extends TopicSource {
  readonly sink: {
    readonly dataset: DatasetRef;
    readonly queries: Pick<BigQueryQueries, 'readOwnership' | 'runQuery' | 'streamQuery'>;
  };
}

export function realInputs(options: RealInputsOptions): VerifyInputs {
  const { topic, sink } = options;
  return {
    topic,
    ...topicInputs(options),
    ownership: async () => {
      const ownership = await sink.queries.readOwnership(topic);
      const texts = namesRules(ownership) ? await readRulesTexts(sink) : new Map<string, string>();
      return ownership.map((facts) => withRulesTexts(facts, (sha256) => texts.get(sha256) ?? null));
    },
    tables: () => spooledTables(sink, topic),
  };
}
