/**
 * Reads JSON values for a mapping: by the scanner where it can, plainly otherwise. With the format `json-schema` a value is in the wire
 * format of a schema registry: the head is taken off, and nothing is validated against the schema.
 */
import type { CompiledMapping, PathNode } from '../compiled-mapping.ts';
import type { PathValues } from '../path-values.ts';
import type { FormProblem, ValueReader } from '../value-reader.ts';
import { HEAD_BYTES, wireFormatProblem } from '../wire-format.ts';
import { duplicateMember, jsonTextOf } from './json-form.ts';
import { JsonScanner } from './scan-json.ts';
import { walkJson } from './walk-json.ts';

/** Reads every JSON value, and knows every problem. */
export class PlainJsonReader implements ValueReader {
  readonly #root: PathNode;
  readonly #inWireFormat: boolean;

  constructor({ root, format }: Pick<CompiledMapping, 'root' | 'format'>) {
    this.#root = root;
    this.#inWireFormat = format === 'json-schema';
  }

  read(bytes: Buffer, start: number, end: number, out: PathValues): FormProblem | null {
    const value = bytes.subarray(start, end);
    const text = jsonTextOf(value, this.#inWireFormat);
    if (typeof text !== 'string') return text;
    const repeated = walkJson(text, value, this.#root, out);
    return repeated === undefined ? null : duplicateMember(repeated);
  }
}

export class JsonReader implements ValueReader {
  readonly #scanner: JsonScanner;
  readonly #plain: PlainJsonReader;

  constructor(mapping: Pick<CompiledMapping, 'root' | 'format'>) {
    this.#scanner = new JsonScanner(mapping.root);
    this.#plain = new PlainJsonReader(mapping);
  }

  read(bytes: Buffer, start: number, end: number, out: PathValues): FormProblem | null {
    const at = out.end;
    if (this.#scanner.scan(bytes, start, end, out)) return null;
    out.begin(out.scratch, at);
    return this.#plain.read(bytes, start, end, out);
  }
}

export class JsonSchemaReader implements ValueReader {
  readonly #rejectSchemaIds: ReadonlySet<number>;
  readonly #json: JsonReader;

  constructor(mapping: Pick<CompiledMapping, 'root' | 'format' | 'rejectSchemaIds'>) {
    this.#rejectSchemaIds = mapping.rejectSchemaIds;
    this.#json = new JsonReader(mapping);
  }

  read(bytes: Buffer, start: number, end: number, out: PathValues): FormProblem | null {
    return (
      wireFormatProblem(bytes, start, end, this.#rejectSchemaIds) ??
      this.#json.read(bytes, start + HEAD_BYTES, end, out)
    );
  }
}
