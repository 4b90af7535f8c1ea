/**
 * What `verify` looks at, from a simulated world: its log, what has landed in its tables, its ownership rows. Straight
 * columns, no judgement: rows are laid out as the tables hold them.
 * A log that was truncated or made anew has been several logs; `generationOf` says which of them a partition is held to.
 */
import { heldTables } from '../../checks/inputs/held-tables.ts';
import { withRulesTexts } from '../../checks/inputs/rules-texts.ts';
import type { TopicRecord, VerifyInputs } from '../../checks/inputs/verify-inputs.ts';
import type { LogGeneration, SimRecord } from './kafka/topic.ts';
import type { World } from './world/world.ts';

/** The index of the log generation to use; default: the last, which is the log as it is now. */
export type GenerationOf = (partition: number, generations: readonly LogGeneration[]) => number;

export interface SimInputsOptions {
  readonly generationOf?: GenerationOf;
}

/** A snapshot: what happens in the world afterwards is not seen. */
export function simInputs(world: World, { generationOf = last }: SimInputsOptions = {}): VerifyInputs {
  const { topic, partitions } = world.kafka;
  const { stored } = world;
  const ownership = stored.ownership(topic).map((facts) => withRulesTexts(facts, (sha256) => stored.rulesText(sha256)));
  const held = heldTables(stored.held());
  const log = (partition: number): LogGeneration => {
    const generations = world.kafka.partition(partition).generations();
    return generations[generationOf(partition, generations)] as LogGeneration;
  };
  return {
    topic,
    ownership: () => Promise.resolve(ownership),
    topicPartitions: () => Promise.resolve([...partitions.keys()]),
    bounds: (partition) => Promise.resolve({ startOffset: 0, endOffset: log(partition).endOffset }),
    async *records(partition, fromOffset, toOffset) {
      yield log(partition)
        .records.filter(({ offset }) => offset >= fromOffset && offset < toOffset)
        // The simulated log holds every record whole.
        .map(topicRecordOf);
    },
    tables: () => Promise.resolve(held),
    schemas: () => Promise.resolve(stored.schemas()),
  };
}

/** A record of the simulated log as the checkers' reader gives it. */
export function topicRecordOf({ offset, timestampMs, key, value, headers }: SimRecord): TopicRecord {
  const record = { offset, timestampMs, key, value };
  return headers === undefined ? record : { ...record, headers };
}

function last(_: number, generations: readonly LogGeneration[]): number {
  return generations.length - 1;
}
