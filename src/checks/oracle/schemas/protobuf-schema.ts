/**
 * Protobuf schemas as the checkers read them. protobufjs parses the text of .proto files; it decodes nothing, because it reads
 * whole values, and the contract looks only at what a path leads through.
 */
import { type Enum, type Field, MapField, Namespace, parse, Root, Type } from 'protobufjs';
import { bringGoogle } from './google-protobuf.ts';
import { UnreadableSchemaError } from './undecodable.ts';

/** Messages by the place that a value names: at the top of the file, and inside of each other. */
export interface ProtobufFile {
  readonly messages: readonly Type[];
}

/** What Confluent's registry gives without a reference. */
const CONFLUENT: Readonly<Record<string, string>> = {
  'confluent/meta.proto':
    'syntax = "proto3"; package confluent; message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }',
  'confluent/type/decimal.proto':
    'syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
};

/** `references`: each with the path of the import statement. */
export function protobufSchema(
  text: string,
  references: readonly { readonly name: string; readonly text: string }[],
): ProtobufFile {
  try {
    const root = new Root();
    const parseAll = (file: string): string[] => {
      const { imports, weakImports } = parse(file, root, { keepCase: true });
      return [...(imports ?? []), ...(weakImports ?? [])];
    };
    const done = new Set<string>();
    const bring = (name: string): void => {
      if (done.has(name)) return;
      done.add(name);
      const reference = references.find((each) => each.name === name)?.text ?? CONFLUENT[name];
      if (reference !== undefined) for (const each of parseAll(reference)) bring(each);
      else bringGoogle(root, name);
    };
    const names = topMessages(parse(text, new Root(), { keepCase: true }).root);
    for (const each of parseAll(text)) bring(each);
    root.resolveAll();
    return { messages: names.map((name) => root.lookupType(name)) };
  } catch (error) {
    throw new UnreadableSchemaError(`the Protobuf schema cannot be read: ${(error as Error).message}`);
  }
}

/** Those of one file, in its order: packages are namespaces around them. */
function topMessages(namespace: Namespace): string[] {
  return namespace.nestedArray.flatMap((each) => {
    if (each instanceof Type) return [each.fullName];
    return each instanceof Namespace ? topMessages(each) : [];
  });
}

export function messagesIn(type: Type): Type[] {
  return type.nestedArray.filter((each) => each instanceof Type);
}

export function isMap(field: Field): field is Field & { readonly keyType: string } {
  return field instanceof MapField;
}

/** A number without a name is then no value at all. */
export function isClosed(type: Enum): boolean {
  const features: unknown = Reflect.get(type, '_features');
  return typeof features === 'object' && features !== null && Reflect.get(features, 'enum_type') === 'CLOSED';
}

/** The first name of a number; undefined where it has none. */
export function nameOf(type: Enum, number: number): string | undefined {
  return Object.entries(type.values).find(([, value]) => value === number)?.[0];
}
