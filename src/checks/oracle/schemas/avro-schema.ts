/** Avro schemas (specification 1.12) as the checkers read them: names resolved, and of logical types those that rules look at. */
import { UnreadableSchemaError } from './undecodable.ts';

export type AvroType =
  | { readonly is: 'null' | 'boolean' | 'int' | 'float' | 'double' | 'string' }
  /** `timeType`: what a logical type says of its unit. */
  | { readonly is: 'long'; readonly timeType?: string }
  /** `size`: of a fixed. `scale`: of the logical type decimal. */
  | { readonly is: 'bytes'; readonly size?: number; readonly scale?: number }
  | { readonly is: 'enum'; readonly symbols: readonly string[] }
  | { readonly is: 'union'; readonly branches: readonly AvroType[] }
  | { readonly is: 'array' | 'map'; readonly of: AvroType }
  | { readonly is: 'record'; readonly fields: { readonly name: string; readonly type: AvroType }[] };

type Json = Readonly<Record<string, unknown>>;

const PLAIN = ['null', 'boolean', 'int', 'float', 'double', 'string'] as const;
const TIME_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['timestamp-millis', 'epoch_ms'],
  ['timestamp-micros', 'epoch_us'],
  ['timestamp-nanos', 'epoch_ns'],
]);

/** `references`: the schemas whose names it uses, each after those that it uses itself. */
export function avroSchema(text: string, references: readonly { readonly text: string }[]): AvroType {
  const names = new Map<string, AvroType>();
  try {
    for (const reference of references) typeOf(parsed(reference.text), '', names);
    return typeOf(parsed(text), '', names);
  } catch (error) {
    throw new UnreadableSchemaError(`the Avro schema cannot be read: ${(error as Error).message}`);
  }
}

/** A name alone may stand without quotes. */
function parsed(text: string): unknown {
  const name = text.trim();
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ? name : JSON.parse(text);
}

function typeOf(schema: unknown, namespace: string, names: Map<string, AvroType>): AvroType {
  if (typeof schema === 'string') return namedType(schema, namespace, names);
  if (Array.isArray(schema)) return { is: 'union', branches: schema.map((branch) => typeOf(branch, namespace, names)) };
  if (typeof schema !== 'object' || schema === null) throw new TypeError(`no type: ${JSON.stringify(schema)}`);
  const members = schema as Json;
  const { type } = members;
  if (type === 'array') return { is: 'array', of: typeOf(members.items, namespace, names) };
  if (type === 'map') return { is: 'map', of: typeOf(members.values, namespace, names) };
  if (type === 'record' || type === 'error') return recordOf(members, namespace, names);
  if (type === 'enum') {
    const symbols = members.symbols as string[];
    return declared({ is: 'enum', symbols }, members, namespace, names);
  }
  if (type === 'fixed') {
    const size = members.size as number;
    return declared({ is: 'bytes', size, ...scaleOf(members, size) }, members, namespace, names);
  }
  const timeType = TIME_TYPES.get(members.logicalType);
  if (type === 'long' && timeType !== undefined) return { is: 'long', timeType };
  if (type === 'bytes') return { is: 'bytes', ...scaleOf(members, undefined) };
  return typeOf(type, namespace, names);
}

function namedType(name: string, namespace: string, names: ReadonlyMap<string, AvroType>): AvroType {
  const plain = PLAIN.find((each) => each === name);
  if (plain !== undefined) return { is: plain };
  if (name === 'long') return { is: 'long' };
  if (name === 'bytes') return { is: 'bytes' };
  const found = (name.includes('.') ? undefined : names.get(fullName(name, namespace))) ?? names.get(name);
  if (found === undefined) throw new TypeError(`no type has the name ${name}`);
  return found;
}

/** Its name is known to its own fields. */
function recordOf(members: Json, namespace: string, names: Map<string, AvroType>): AvroType {
  const fields: { name: string; type: AvroType }[] = [];
  const record = declared({ is: 'record', fields }, members, namespace, names);
  const inside = namespaceOf(members, namespace);
  for (const { name, type } of members.fields as { name: string; type: unknown }[])
    fields.push({ name, type: typeOf(type, inside, names) });
  return record;
}

function declared<T extends AvroType>(type: T, members: Json, namespace: string, names: Map<string, AvroType>): T {
  const name = members.name as string;
  names.set(name.includes('.') ? name : fullName(name, namespaceOf(members, namespace)), type);
  return type;
}

/** Its own: of a name with points what is before the last, or the attribute, or the one around it. */
function namespaceOf({ name, namespace }: Json, around: string): string {
  const text = name as string;
  if (text.includes('.')) return text.slice(0, text.lastIndexOf('.'));
  return typeof namespace === 'string' ? namespace : around;
}

function fullName(name: string, namespace: string): string {
  return namespace === '' ? name : `${namespace}.${name}`;
}

/** A decimal that the specification calls invalid is plain bytes. */
function scaleOf({ logicalType, precision, scale = 0 }: Json, size: number | undefined): { scale?: number } {
  if (logicalType !== 'decimal') return {};
  if (!Number.isSafeInteger(precision) || !Number.isSafeInteger(scale)) return {};
  const [digits, decimals] = [precision as number, scale as number];
  if (digits < 1 || decimals < 0 || decimals > digits) return {};
  if (size !== undefined && digits > Math.floor((8 * size - 1) * Math.log10(2))) return {};
  return { scale: decimals };
}
