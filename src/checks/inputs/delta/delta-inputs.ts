/** The inputs of `verify` from a real topic and Delta tables, read by a way of its own: DuckDB, and none of the sink's code. */
import { UnreachableError } from '../../../base/errors.ts';
import { furtherColumnsOf } from '../../further-columns.ts';
import type { FurtherColumns } from '../table-columns.ts';
import { type TopicSource, topicInputs } from '../topic-inputs.ts';
import type { VerifyInputs } from '../verify-inputs.ts';
import { readOwnership, readSchemaRows } from './delta-ownership.ts';
import { deltaSnapshot } from './delta-snapshot.ts';
import { Duck } from './duck.ts';
import { tableFolders } from './open-folders.ts';
import type { TableFolders } from './table-folders.ts';

export interface DeltaInputsOptions extends TopicSource {
  /** A folder, or `s3://bucket/prefix`. */
  readonly location: string;
}

export function deltaInputs(options: DeltaInputsOptions): VerifyInputs {
  return { topic: options.topic, ...topicInputs(options), ...deltaTableInputs(options.topic, options.location) };
}

/** What is read of the tables. */
export function deltaTableInputs(
  topic: string,
  location: string,
): Pick<VerifyInputs, 'ownership' | 'schemas' | 'tables'> {
  const opened = async <T>(work: (duck: Duck, folders: TableFolders) => Promise<T>): Promise<T> => {
    const duck = await Duck.open();
    try {
      return await work(duck, await tableFolders(location, duck.folder));
    } finally {
      duck.close();
    }
  };
  const ownership = () => opened((duck, folders) => readOwnership(duck, folders, topic));
  let read: FurtherColumns | undefined;
  return {
    ownership: async () => {
      const facts = await ownership();
      const missing = [...furtherColumnsOf(facts).keys()].filter((name) => read?.has(name) === false);
      if (missing.length === 0) return facts;
      throw new UnreachableError(
        `new rules took effect while the tables were read (columns ${missing.join(', ')}): run \`provenonce verify\` again`,
      );
    },
    schemas: () => opened(readSchemaRows),
    tables: async () => {
      read = furtherColumnsOf(await ownership());
      const duck = await Duck.open();
      try {
        return await deltaSnapshot(duck, await tableFolders(location, duck.folder), topic, read);
      } catch (error) {
        duck.close();
        throw error;
      }
    },
  };
}
