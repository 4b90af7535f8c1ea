/**
 * A schema as the dataset keeps it: one text that holds all that decides how records are read, and its digest.
 *
 * Invariant: the same schema gives the same text, so that two processes that store it store the same row.
 */
import { sha256Hex } from '../../../base/text/sha256.ts';
import type { SchemaReference, SchemaSource } from './event-schema.ts';

/** A row of event_schemas. */
export interface StoredSchema {
  readonly id: number;
  /** Of the text's UTF-8, in hex. */
  readonly sha256: string;
  readonly text: string;
}

/** UTF-8 of a stored text: a schema with all that it refers to. */
export const MAX_SCHEMA_BYTES = 1024 * 1024;
export const MAX_REFERENCES = 200;

export function storedSchema(id: number, { kind, text, references }: SchemaSource): StoredSchema {
  const stored = JSON.stringify({
    kind,
    text,
    references: references.map(({ name, text: referred }) => ({ name, text: referred })),
  });
  return { id, sha256: sha256Hex(stored), text: stored };
}

/** Undefined: the row is not what storedSchema makes, so it was changed. */
export function schemaSource({ sha256, text }: StoredSchema): SchemaSource | undefined {
  if (sha256Hex(text) !== sha256) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { kind, text: schema, references } = (parsed ?? {}) as Partial<SchemaSource>;
  const isSource =
    (kind === 'avro' || kind === 'protobuf') &&
    typeof schema === 'string' &&
    Array.isArray(references) &&
    references.every(isReference);
  return isSource ? { kind, text: schema, references } : undefined;
}

function isReference(value: unknown): value is SchemaReference {
  const { name, text } = (value ?? {}) as Partial<SchemaReference>;
  return typeof name === 'string' && typeof text === 'string';
}
