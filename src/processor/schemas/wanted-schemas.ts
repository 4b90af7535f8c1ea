/** Which schemas the records of a batch name. Follows the order in which a record is judged: what is not read needs no schema. */
import type { CompiledMapping } from '../../payments/event/mapped/compiled-mapping.ts';
import { schemaIdOf } from '../../payments/event/mapped/wire-format.ts';
import { NULL_AT, PackedRecord } from '../../payments/event/packed-record.ts';
import { needsSchemas } from '../../payments/event/schema/schema-reader.ts';
import { MAX_VALUE_BYTES } from '../../payments/event/validation.ts';
import type { CompiledSettings } from '../../payments/settings.ts';
import type { LogRecord } from '../../payments/types.ts';

/** The id of a record's schema, if the fold reads the record with one. */
export function wantedSchema(record: LogRecord, mapping: CompiledMapping | null): number | undefined {
  if (mapping === null || !needsSchemas(mapping)) return undefined;
  const id = record instanceof PackedRecord ? packedId(record) : idOf(record);
  return id === undefined || mapping.rejectSchemaIds.has(id) ? undefined : id;
}

function packedId({ bytes, valueStart, valueEnd }: PackedRecord): number | undefined {
  if (valueStart === NULL_AT || valueEnd - valueStart > MAX_VALUE_BYTES) return undefined;
  return schemaIdOf(bytes, valueStart, valueEnd);
}

function idOf({ value, oversized }: LogRecord): number | undefined {
  if (value === null || (oversized?.valueByteLength ?? value.length) > MAX_VALUE_BYTES) return undefined;
  return schemaIdOf(value, 0, value.length);
}

export interface WantedSchema {
  readonly id: number;
  readonly mapping: CompiledMapping;
  readonly offset: number;
  /** Index of the record. */
  readonly at: number;
}

/** The first record of [from, to) with a schema for which `isReady` is false. */
export function firstWanted(
  records: readonly LogRecord[],
  from: number,
  to: number,
  settingsAt: (offset: number) => Pick<CompiledSettings, 'mapping'>,
  isReady: (id: number, mapping: CompiledMapping) => boolean,
): WantedSchema | undefined {
  // Records of one schema follow each other: its id is looked up once for all of them.
  let ready: number | undefined;
  let readyFor: CompiledMapping | undefined;
  for (let at = from; at < to; at += 1) {
    const record = records[at]!;
    const { mapping } = settingsAt(record.offset);
    if (mapping === null) continue;
    const id = wantedSchema(record, mapping);
    if (id === undefined || (id === ready && mapping === readyFor)) continue;
    if (!isReady(id, mapping)) return { id, mapping, offset: record.offset, at };
    ready = id;
    readyFor = mapping;
  }
  return undefined;
}
