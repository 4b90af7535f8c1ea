/** Draws Avro schemas and values of them, and says by avsc's decoding what a path must find. For tests: shares no code with the reader. */
import avsc from 'avsc';
import type fc from 'fast-check';
import { type Found, MISSING } from './read-paths.ts';

type Draw = fc.GeneratorValue;
type Json = Record<string, unknown> | string | readonly unknown[];

export interface DrawnAvro {
  readonly schema: Json;
  readonly type: avsc.Type;
}

/** Longs as bigints: avsc's own are doubles. */
const LONGS = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (left: bigint, right: bigint) => (left < right ? -1 : left > right ? 1 : 0),
});

/** `references`: the schemas whose names it uses. */
export function avscType(schema: Json, references: readonly Json[] = []): avsc.Type {
  const options = { wrapUnions: true, registry: { long: LONGS } };
  for (const reference of references) avsc.Type.forSchema(plain(reference) as avsc.Schema, options);
  return avsc.Type.forSchema(plain(schema) as avsc.Schema, options);
}

/** Without logical types: avsc makes a type of its own for each. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { logicalType, ...rest } = schema as Record<string, unknown>;
  if (rest.type === 'long' && logicalType !== undefined) return 'long';
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, plain(value)]));
}

export class AvroDrawing {
  readonly #g: Draw;
  readonly #fc: typeof fc;
  #names = 0;

  constructor(g: Draw, fcModule: typeof fc) {
    this.#g = g;
    this.#fc = fcModule;
  }

  /** A record at the root, as payments are. */
  schema(): Json {
    return this.#record(0);
  }

  #below(limit: number): number {
    return this.#g(this.#fc.nat, { max: limit - 1 });
  }

  #type(level: number): Json {
    const kinds = level > 3 ? 13 : 17;
    switch (this.#below(kinds)) {
      case 0:
        return 'null';
      case 1:
        return 'boolean';
      case 2:
        return 'int';
      case 3:
        return 'long';
      case 4:
        return 'float';
      case 5:
        return 'double';
      case 6:
        return 'bytes';
      case 7:
        return 'string';
      case 8:
        return {
          type: 'long',
          logicalType: ['timestamp-millis', 'timestamp-micros', 'timestamp-nanos'][this.#below(3)],
        };
      case 9:
        return { type: 'bytes', logicalType: 'decimal', precision: 18, scale: this.#below(10) };
      case 10:
        return { type: 'fixed', name: this.#name('F'), size: this.#below(20) };
      case 11:
        return {
          type: 'enum',
          name: this.#name('E'),
          symbols: ['CARD', 'TRANSFER_OF_A_VERY_LONG_NAME_THAT_NO_NUMBER_HAS', 'A'],
        };
      case 12:
        return { type: 'fixed', name: this.#name('D'), size: 5, logicalType: 'decimal', precision: 9, scale: 2 };
      case 13:
        return this.#record(level + 1);
      case 14:
        return { type: 'array', items: this.#type(level + 1) };
      case 15:
        return { type: 'map', values: this.#type(level + 1) };
      default:
        return ['null', ...this.#branches(level + 1)];
    }
  }

  #branches(level: number): Json[] {
    const kinds: Json[] = [
      'string',
      'long',
      'double',
      this.#record(level),
      { type: 'array', items: this.#type(level) },
    ];
    return kinds.filter(() => this.#below(2) === 0);
  }

  #record(level: number): Json {
    const name = this.#name('R');
    const fields = Array.from({ length: this.#below(5) }, (_, index) => ({
      name: `f${index}`,
      type: this.#type(level + 1),
    }));
    const self = this.#below(4) === 0 ? [{ name: 'self', type: ['null', name] }] : [];
    return { type: 'record', name, fields: [...fields, ...self] };
  }

  #name(kind: string): string {
    this.#names += 1;
    return `${kind}${this.#names}`;
  }

  /** A value of an avsc type with wrapped unions. */
  value(type: avsc.Type, level = 0): unknown {
    const g = this.#g;
    const { typeName } = type;
    const of = type as unknown as {
      itemsType: avsc.Type;
      valuesType: avsc.Type;
      types: avsc.Type[];
      fields: { name: string; type: avsc.Type }[];
      size: number;
      symbols: string[];
      underlyingType: avsc.Type;
    };
    const length = level > 6 ? 0 : this.#below(4);
    if (typeName.startsWith('logical')) return this.value(of.underlyingType, level);
    switch (typeName) {
      case 'null':
        return null;
      case 'boolean':
        return this.#below(2) === 0;
      case 'int':
        return g(this.#fc.integer);
      case 'long':
      case 'abstract:long':
        return g(this.#fc.bigInt, { min: -(2n ** 63n), max: 2n ** 63n - 1n });
      case 'float':
      case 'double':
        return 0.5;
      case 'string':
        return g(this.#fc.string, { unit: 'binary', maxLength: 12 });
      case 'bytes':
        return Buffer.from(g(this.#fc.uint8Array, { maxLength: 9 }));
      case 'fixed':
        return Buffer.alloc(of.size, this.#below(256));
      case 'enum':
        return of.symbols[this.#below(of.symbols.length)];
      case 'array':
        return Array.from({ length }, () => this.value(of.itemsType, level + 1));
      case 'map':
        return Object.fromEntries(
          Array.from({ length }, () => [`k${this.#below(3)}`, this.value(of.valuesType, level + 1)]),
        );
      case 'record':
        return Object.fromEntries(of.fields.map(({ name, type: inner }) => [name, this.value(inner, level + 1)]));
      case 'union:wrapped': {
        const index = level > 6 ? 0 : this.#below(of.types.length);
        const branch = of.types[index]!;
        return branch.typeName === 'null' ? null : { [branch.branchName!]: this.value(branch, level + 1) };
      }
      default:
        throw new Error(typeName);
    }
  }

  /** Paths into the schema, and some that lead nowhere. */
  paths(schema: Json): string[] {
    const found = new Set<string>();
    const walk = (type: Json, path: string, level: number): void => {
      if (this.#below(2) === 0) found.add(path);
      if (level > 4 || typeof type === 'string') return;
      if (Array.isArray(type)) {
        for (const branch of type as Json[]) walk(branch, path, level + 1);
        return;
      }
      const { fields, items, values } = type as {
        fields?: { name: string; type: Json }[];
        items?: Json;
        values?: Json;
      };
      for (const field of fields ?? []) walk(field.type, `${path}/${field.name}`, level + 1);
      if (items !== undefined) walk(items, `${path}/${this.#below(3)}`, level + 1);
      if (values !== undefined) walk(values, `${path}/k${this.#below(3)}`, level + 1);
    };
    walk(schema, '', 0);
    found.add('/nowhere/0');
    found.add('/self/self/f0');
    return [...found];
  }
}

/** What the path must find in a value that avsc decoded. */
export function expectedAt(type: avsc.Type, value: unknown, steps: readonly string[], raw: Json): Found {
  if (Array.isArray(raw)) {
    if (value === null) return MISSING;
    const [branch, inner] = Object.entries(value as Record<string, unknown>)[0]!;
    const index = (type as unknown as { types: avsc.Type[] }).types.findIndex(
      ({ branchName }) => branchName === branch,
    );
    return expectedAt((type as unknown as { types: avsc.Type[] }).types[index]!, inner, steps, (raw as Json[])[index]!);
  }
  const of = type as unknown as {
    itemsType: avsc.Type;
    valuesType: avsc.Type;
    fields: { name: string; type: avsc.Type }[];
  };
  const attributes = (typeof raw === 'string' ? { type: raw } : raw) as {
    type: string;
    logicalType?: string;
    scale?: number;
    items?: Json;
    values?: Json;
    fields?: { name: string; type: Json }[];
  };
  const [step, ...rest] = steps;
  const { typeName } = type;
  if (step !== undefined) {
    if (typeName === 'record') {
      const index = of.fields.findIndex(({ name }) => name === step);
      if (index < 0) return MISSING;
      const inner = (value as Record<string, unknown>)[step];
      // A record that is named once is described where it is defined: the test's own map of names.
      const fields = attributes.fields ?? RECORDS.get(type.name!)!.fields!;
      return expectedAt(of.fields[index]!.type, inner, rest, fields[index]!.type);
    }
    if (typeName === 'array') {
      const element = (value as unknown[])[Number(step)];
      if (!/^(?:0|[1-9]\d*)$/.test(step) || element === undefined) return MISSING;
      return expectedAt(of.itemsType, element, rest, attributes.items!);
    }
    if (typeName === 'map') {
      const values = value as Record<string, unknown>;
      return Object.hasOwn(values, step) ? expectedAt(of.valuesType, values[step], rest, attributes.values!) : MISSING;
    }
    return MISSING;
  }
  switch (typeName) {
    case 'null':
      return MISSING;
    case 'boolean':
      return [String(value)];
    case 'int':
      return ['integer', String(value), 0];
    case 'float':
    case 'double':
      return ['float'];
    case 'string':
    case 'enum':
      return ['text', value as string];
    case 'bytes':
    case 'fixed':
      return [
        'bytes',
        Buffer.from(value as Buffer).toString('hex'),
        attributes.logicalType === 'decimal' ? attributes.scale! : -1,
      ];
    case 'record':
    case 'map':
      return ['object'];
    case 'array':
      return ['list'];
    default: {
      const units = ['', 'timestamp-millis', 'timestamp-micros', 'timestamp-nanos'];
      return ['integer', String(value), Math.max(0, units.indexOf(attributes.logicalType ?? ''))];
    }
  }
}

/** Definitions of records by name: a schema says them once. */
const RECORDS = new Map<string, { fields?: { name: string; type: Json }[] }>();

export function rememberRecords(schema: Json): void {
  if (typeof schema === 'string') return;
  if (Array.isArray(schema)) {
    for (const branch of schema as Json[]) rememberRecords(branch);
    return;
  }
  const of = schema as {
    type: string;
    name?: string;
    fields?: { name: string; type: Json }[];
    items?: Json;
    values?: Json;
  };
  if (of.type === 'record') RECORDS.set(of.name!, of);
  for (const { type } of of.fields ?? []) rememberRecords(type);
  if (of.items !== undefined) rememberRecords(of.items);
  if (of.values !== undefined) rememberRecords(of.values);
}
