/**
 * Reads values in the wire format of a schema registry, each with the schema that it names. A schema is compiled with the paths of the
 * mapping when its first value comes.
 */
import { BugError } from '../../../base/errors.ts';
import { AvroReader } from '../avro/compile-avro.ts';
import type { CompiledMapping } from '../mapped/compiled-mapping.ts';
import type { PathValues } from '../mapped/path-values.ts';
import { type FormProblem, VALUE_ROOM_BYTES, type ValueReader } from '../mapped/value-reader.ts';
import { HEAD_BYTES, schemaIdOf, wireFormatProblem } from '../mapped/wire-format.ts';
import { ProtobufReader } from '../protobuf/compile-protobuf.ts';
import { type EventSchema, type SchemaBook, SchemaProblem } from './event-schema.ts';
import type { Undecodable } from './undecodable.ts';

export interface CompiledSchema {
  /** Bytes of the scratch that read() needs besides the value. */
  readonly roomBytes: number;
  /** Undefined: all of the value was read. */
  read(bytes: Buffer, start: number, end: number, out: PathValues): Undecodable | undefined;
}

/** A value's digits and names of enums take at most this many bytes of the scratch a path. */
export const MOST_NAME_BYTES = 1024;

type Mapping = Pick<CompiledMapping, 'format' | 'root' | 'pathCount' | 'rejectSchemaIds'>;

/** Throws SchemaProblem if the mapping's records cannot be read with the schema. */
export function compileSchema(schema: EventSchema, mapping: Omit<Mapping, 'rejectSchemaIds'>): CompiledSchema {
  if (schema.kind !== mapping.format) {
    throw new SchemaProblem(`it is of the format ${schema.kind}, and the rules say ${mapping.format}`);
  }
  const reader =
    schema.kind === 'avro' ? new AvroReader(schema.root, mapping) : new ProtobufReader(schema.file, mapping);
  if (reader.roomBytes > MOST_NAME_BYTES * mapping.pathCount) {
    throw new SchemaProblem(`an enum that a path leads to has a name of over ${MOST_NAME_BYTES} bytes`);
  }
  return reader;
}

/** Whether records of the format are read with a schema that the dataset keeps. */
export function needsSchemas(mapping: Pick<CompiledMapping, 'format'> | null): boolean {
  return mapping !== null && (mapping.format === 'avro' || mapping.format === 'protobuf');
}

export class SchemaReader implements ValueReader {
  readonly #mapping: Mapping;
  readonly #book: SchemaBook;
  readonly #compiled = new Map<number, CompiledSchema>();

  constructor(mapping: Mapping, book: SchemaBook) {
    this.#mapping = mapping;
    this.#book = book;
  }

  /** Where an enum that a path leads to has long names. */
  extraBytes(bytes: Buffer, start: number, end: number): number {
    const id = schemaIdOf(bytes, start, end);
    if (id === undefined || this.#mapping.rejectSchemaIds.has(id)) return 0;
    return Math.max(0, this.#of(id).roomBytes - VALUE_ROOM_BYTES * this.#mapping.pathCount);
  }

  read(bytes: Buffer, start: number, end: number, out: PathValues): FormProblem | null {
    const problem = wireFormatProblem(bytes, start, end, this.#mapping.rejectSchemaIds);
    if (problem !== null) return problem;
    const undecodable = this.#of(schemaIdOf(bytes, start, end)!).read(bytes, start + HEAD_BYTES, end, out);
    return undecodable === undefined ? null : { code: 'value_undecodable', detail: undecodable.message };
  }

  #of(id: number): CompiledSchema {
    let compiled = this.#compiled.get(id);
    if (compiled === undefined) {
      const schema = this.#book.schemaOf(id);
      // The step before the fold ensures and compiles every schema of a batch.
      if (schema === undefined) throw new BugError(`schema ${id} was not ensured before its records were folded`);
      compiled = compileSchema(schema, this.#mapping);
      this.#compiled.set(id, compiled);
    }
    return compiled;
  }
}
