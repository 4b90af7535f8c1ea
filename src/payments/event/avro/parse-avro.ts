/**
 * Reads the text of an Avro schema, with the schemas that it refers to. Only what decides how bytes are read is checked: defaults,
 * aliases, documentation and unknown attributes are ignored, as the specification has it.
 *
 * Invariant: the same text gives the same type; nothing else is looked at.
 */
import { SchemaProblem, type SchemaReference } from '../schema/event-schema.ts';
import { type AvroField, type AvroType, TIMESTAMP_UNITS, type TimestampUnit } from './avro-types.ts';

const MOST_LEVELS = 128;
const MOST_TYPES = 20_000;
/** A value has at most 1 MiB: a larger fixed cannot stand in one. */
const MOST_FIXED_BYTES = 1 << 30;
/** No amount and no column takes a larger scale: one more stands for all of them. */
const MOST_SCALE = 38;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
type Primitive = (typeof PRIMITIVES)[number];

/** Throws SchemaProblem for a text that is no Avro schema. */
export function parseAvro(text: string, references: readonly SchemaReference[] = []): AvroType {
  const parser = new AvroParser();
  for (const reference of references) parser.parse(reference.text, `the reference ${reference.name}: `);
  return parser.parse(text, '');
}

class AvroParser {
  readonly #named = new Map<string, AvroType>();
  #types = 0;
  #about = '';

  parse(text: string, about: string): AvroType {
    this.#about = about;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      // Java's parser takes the bare name of a type too.
      if (/^\s*[A-Za-z_][\w.]*\s*$/.test(text)) parsed = text.trim();
      else throw this.#problem(`is not JSON: ${(error as Error).message}`);
    }
    return this.#type(parsed, '', 0);
  }

  #type(schema: unknown, namespace: string, level: number): AvroType {
    this.#types += 1;
    if (level > MOST_LEVELS) throw this.#problem(`is nested over ${MOST_LEVELS} levels`);
    if (this.#types > MOST_TYPES) throw this.#problem(`has over ${MOST_TYPES} types`);
    if (typeof schema === 'string') return this.#byName(schema, namespace);
    if (Array.isArray(schema)) return this.#union(schema, namespace, level);
    if (typeof schema !== 'object' || schema === null) throw this.#problem(`has ${JSON.stringify(schema)} for a type`);
    const attributes = schema as Readonly<Record<string, unknown>>;
    const { type } = attributes;
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(attributes, namespace, level);
      case 'enum':
        return this.#enum(attributes, namespace);
      case 'fixed':
        return this.#fixed(attributes, namespace);
      case 'array':
        return { kind: 'array', items: this.#type(attributes.items, namespace, level + 1) };
      case 'map':
        return { kind: 'map', values: this.#type(attributes.values, namespace, level + 1) };
      case 'long':
        return { kind: 'long', ...timestampOf(attributes) };
      case 'bytes':
        return { kind: 'bytes', ...scaleOf(attributes) };
      default:
        return this.#type(type, namespace, level + 1);
    }
  }

  #byName(name: string, namespace: string): AvroType {
    if ((PRIMITIVES as readonly string[]).includes(name)) return { kind: name as Primitive };
    const full = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
    const found = this.#named.get(full) ?? this.#named.get(name);
    if (found === undefined) throw this.#problem(`has the type ${JSON.stringify(name)}, which it does not define`);
    return found;
  }

  #union(branches: readonly unknown[], namespace: string, level: number): AvroType {
    const types = branches.map((branch) => this.#type(branch, namespace, level + 1));
    if (types.length === 0) throw this.#problem('has a union without branches');
    if (types.some(({ kind }) => kind === 'union')) throw this.#problem('has a union right inside a union');
    return { kind: 'union', branches: types };
  }

  #record(attributes: Readonly<Record<string, unknown>>, namespace: string, level: number): AvroType {
    const name = this.#nameOf(attributes, namespace);
    const fields: AvroField[] = [];
    const record: AvroType = { kind: 'record', name, fields };
    this.#define(name, record);
    if (!Array.isArray(attributes.fields)) throw this.#problem(`has the record ${name} without fields`);
    const inner = namespaceOf(name);
    const names = new Set<string>();
    for (const field of attributes.fields as unknown[]) {
      const { name: own, type } = (field ?? {}) as { name?: unknown; type?: unknown };
      if (typeof own !== 'string' || own === '')
        throw this.#problem(`has a field without a name in the record ${name}`);
      if (names.has(own)) throw this.#problem(`has the field ${own} twice in the record ${name}`);
      names.add(own);
      fields.push({ name: own, type: this.#type(type, inner, level + 1) });
    }
    return record;
  }

  #enum(attributes: Readonly<Record<string, unknown>>, namespace: string): AvroType {
    const name = this.#nameOf(attributes, namespace);
    const { symbols } = attributes;
    if (!Array.isArray(symbols) || !symbols.every((symbol) => typeof symbol === 'string')) {
      throw this.#problem(`has the enum ${name} without symbols`);
    }
    return this.#define(name, { kind: 'enum', symbols });
  }

  #fixed(attributes: Readonly<Record<string, unknown>>, namespace: string): AvroType {
    const name = this.#nameOf(attributes, namespace);
    const { size } = attributes;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || size > MOST_FIXED_BYTES) {
      throw this.#problem(`has the fixed ${name} with the size ${JSON.stringify(size)}`);
    }
    return this.#define(name, { kind: 'fixed', size, ...scaleOf(attributes, size) });
  }

  /** The full name: its own namespace, or the attribute, or the enclosing one. */
  #nameOf(attributes: Readonly<Record<string, unknown>>, enclosing: string): string {
    const { name, namespace } = attributes;
    if (typeof name !== 'string') throw this.#problem(`has a ${String(attributes.type)} without a name`);
    const outer = typeof namespace === 'string' ? namespace : enclosing;
    const full = name.includes('.') || outer === '' ? name : `${outer}.${name}`;
    if (!full.split('.').every((part) => NAME.test(part))) throw this.#problem(`has the name ${JSON.stringify(full)}`);
    return full;
  }

  #define(name: string, type: AvroType): AvroType {
    if (this.#named.has(name)) throw this.#problem(`defines ${name} twice`);
    this.#named.set(name, type);
    return type;
  }

  #problem(what: string): SchemaProblem {
    return new SchemaProblem(`${this.#about}the Avro schema ${what}`);
  }
}

function namespaceOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
}

function timestampOf({ logicalType }: Readonly<Record<string, unknown>>): { timestamp?: TimestampUnit } {
  const timestamp = TIMESTAMP_UNITS.find((unit) => unit === logicalType);
  return timestamp === undefined ? {} : { timestamp };
}

/** A decimal that the specification calls invalid is plain bytes. */
function scaleOf(attributes: Readonly<Record<string, unknown>>, fixedBytes?: number): { scale?: number } {
  const { logicalType, precision, scale = 0 } = attributes;
  if (logicalType !== 'decimal' || !Number.isSafeInteger(precision) || !Number.isSafeInteger(scale)) return {};
  const isValid = (precision as number) > 0 && (scale as number) >= 0 && (scale as number) <= (precision as number);
  // A fixed holds this number of digits and no more: one bit is the sign.
  const mostDigits = fixedBytes === undefined ? Infinity : Math.floor((8 * fixedBytes - 1) * Math.log10(2));
  if ((precision as number) > mostDigits) return {};
  return isValid ? { scale: Math.min(scale as number, MOST_SCALE + 1) } : {};
}
