/**
 * Log checkpoints as Parquet, in the classic form (V1): a row an action, a struct column a kind of action. Reads those of
 * other engines too. The library is loaded when the first one is read or written.
 */
import {
  type Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  type Vector,
} from 'apache-arrow';
import type { Action } from '../actions.ts';
import { damaged, parseMembers } from '../parse-actions.ts';
import { arrowData, type Column, typeOf } from './arrow-columns.ts';
import { readerOf } from './arrow-values.ts';
import type { CheckpointFormat } from './checkpoint-format.ts';
import { secondKind } from './last-checkpoint.ts';

type Kind = Exclude<keyof Action, 'commitInfo'>;

const FILE: readonly Column[] = [
  { name: 'path', kind: 'text' },
  { name: 'partitionValues', kind: 'texts' },
  { name: 'size', kind: 'long' },
];

const KINDS: Readonly<Record<Kind, readonly Column[]>> = {
  txn: [
    { name: 'appId', kind: 'text' },
    { name: 'version', kind: 'long' },
    { name: 'lastUpdated', kind: 'long' },
  ],
  add: [
    ...FILE,
    { name: 'modificationTime', kind: 'long' },
    { name: 'dataChange', kind: 'flag' },
    { name: 'tags', kind: 'texts' },
    { name: 'stats', kind: 'text' },
  ],
  remove: [
    ...FILE,
    { name: 'deletionTimestamp', kind: 'long' },
    { name: 'dataChange', kind: 'flag' },
    { name: 'extendedFileMetadata', kind: 'flag' },
  ],
  metaData: [
    { name: 'id', kind: 'text' },
    { name: 'name', kind: 'text' },
    { name: 'description', kind: 'text' },
    {
      name: 'format',
      kind: [
        { name: 'provider', kind: 'text' },
        { name: 'options', kind: 'texts' },
      ],
    },
    { name: 'schemaString', kind: 'text' },
    { name: 'partitionColumns', kind: 'names' },
    { name: 'configuration', kind: 'texts' },
    { name: 'createdTime', kind: 'long' },
  ],
  protocol: [
    { name: 'minReaderVersion', kind: 'int' },
    { name: 'minWriterVersion', kind: 'int' },
    { name: 'readerFeatures', kind: 'names' },
    { name: 'writerFeatures', kind: 'names' },
  ],
  domainMetadata: [
    { name: 'domain', kind: 'text' },
    { name: 'configuration', kind: 'text' },
    { name: 'removed', kind: 'flag' },
  ],
};
const BATCH_ROWS = 65_536;
const NAMES = Object.keys(KINDS) as Kind[];

/** Only there in a checkpoint of the second kind, or empty. */
const SIDECAR = 'sidecar';
/** Not read, and must be refused: the file's rows are not all its rows. */
const DELETION_VECTOR = 'deletionVector';

export const PARQUET_CHECKPOINTS: CheckpointFormat = {
  async encode(actions) {
    const { Compression, Table: ParquetTable, WriterPropertiesBuilder, writeParquet } = await import('parquet-wasm');
    // A column of domainMetadata is for readers that know it: older ones refuse none of theirs.
    const names = NAMES.filter(
      (name) => name !== 'domainMetadata' || actions.some(({ domainMetadata }) => domainMetadata),
    );
    const columns = names.map((name): Column => ({ name, kind: KINDS[name] }));
    const type = typeOf(columns) as Struct;
    const children = names.map((name) =>
      arrowData(
        KINDS[name],
        actions.map((action) => action[name]),
      ),
    );
    const data = makeData({ type, length: actions.length, nullCount: 0, children });
    const schema = new Schema(type.children as Field[]);
    const stream = tableToIPC(new Table([new RecordBatch(schema, data)]), 'stream');
    const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).build();
    return writeParquet(ParquetTable.fromIPCStream(stream), properties);
  },

  async decode(bytes, where) {
    const { readParquet } = await import('parquet-wasm');
    let table: Table;
    try {
      table = tableFromIPC(readParquet(bytes, { batchSize: BATCH_ROWS }).intoIPCStream());
    } catch (error) {
      throw damaged(where, `it is not a Parquet file that can be read (${messageOf(error)})`, { cause: error });
    }
    const actions: Action[] = [];
    for (const batch of table.batches) {
      const sidecars = batch.getChild(SIDECAR);
      if (sidecars !== null && sidecars.nullCount < batch.numRows) throw secondKind(where);
      for (const name of NAMES) readColumn(name, batch.getChild(name), where, actions);
    }
    if (!actions.some(({ protocol }) => protocol !== undefined)) {
      if (table.schema.names.includes('protocol')) return actions; // one of several parts
      throw damaged(where, 'it has no column protocol');
    }
    return actions;
  },
};

function readColumn(name: Kind, column: Vector | null, where: string, into: Action[]): void {
  if (column === null || column.nullCount === column.length) return;
  if (!(column.type instanceof Struct)) throw damaged(where, `the column ${name} is no struct`);
  const struct = column as Vector<Struct>;
  const known = new Set(KINDS[name].map(({ name: member }) => member));
  const members = struct.type.children.flatMap((field, index) => {
    const values = struct.getChildAt(index);
    const isRead = values !== null && (known.has(field.name) || field.name === DELETION_VECTOR);
    return isRead ? [[field.name, readerOf(values)] as const] : [];
  });
  for (let row = 0; row < struct.length; row++) {
    if (!struct.isValid(row)) continue;
    const value: Record<string, unknown> = {};
    for (const [member, read] of members) value[member] = read(row);
    into.push(parseMembers(name, value, () => `${where}, ${name} of row ${row + 1} of a batch,`));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
