/**
 * Reads the text of a .proto file, with the files that it imports, by protobufjs. What this returns is data: no code is generated
 * from a schema.
 *
 * Imports are looked for among the references, then among the files that every registry knows: google/protobuf and confluent.
 */
import type protobuf from 'protobufjs';
import {
  PROTOBUF_SCALARS,
  type ProtobufEnum,
  type ProtobufField,
  type ProtobufFile,
  type ProtobufMessage,
  type ProtobufScalar,
  type ProtobufType,
} from '../payments/event/protobuf/protobuf-types.ts';
import { SchemaProblem, type SchemaReference } from '../payments/event/schema/event-schema.ts';
import { addGoogleFile } from './google-files.ts';
import { protobufjs } from './protobufjs.ts';

/** Files of Confluent's registry that schemas import without a reference. */
const CONFLUENT_FILES: Readonly<Record<string, string>> = {
  'confluent/meta.proto':
    'syntax = "proto3"; package confluent; message Meta { string doc = 1; map<string, string> params = 2; }',
  'confluent/type/decimal.proto':
    'syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
};

const THIS_FILE = 'the schema';

/** Throws SchemaProblem for a text that is no Protobuf schema. */
export function parseProtobuf(text: string, references: readonly SchemaReference[] = []): ProtobufFile {
  const { parse, Root } = protobufjs();
  const root = new Root();
  const files = new Map(references.map((reference) => [reference.name, reference.text]));
  const parsed = new Set<string>();
  try {
    const parseFile = (name: string, source: string): protobuf.IParserResult => {
      parsed.add(name);
      // The parser keeps the name of the file in each type.
      (parse as typeof parse & { filename: string | null }).filename = name;
      const result = parse(source, root, { keepCase: true });
      for (const imported of [...(result.imports ?? []), ...(result.weakImports ?? [])]) {
        if (parsed.has(imported)) continue;
        const found = files.get(imported) ?? CONFLUENT_FILES[imported];
        if (found !== undefined) parseFile(imported, found);
        else addCommon(root, imported, parsed);
      }
      return result;
    };
    const { package: packageName } = parseFile(THIS_FILE, text);
    root.resolveAll();
    const scope = packageName === undefined ? root : (root.lookup(packageName) as protobuf.NamespaceBase);
    const types = new Types();
    const messages = (scope.nestedArray ?? []).filter(isMessage).filter(({ filename }) => filename === THIS_FILE);
    if (messages.length === 0) throw new SchemaProblem('the Protobuf schema has no message');
    return { messages: messages.map((message) => types.message(message)) };
  } catch (error) {
    if (error instanceof SchemaProblem) throw error;
    throw new SchemaProblem(`the Protobuf schema cannot be parsed: ${(error as Error).message}`);
  }
}

function addCommon(root: protobuf.Root, name: string, parsed: Set<string>): void {
  parsed.add(name);
  if (addGoogleFile(root, name)) return;
  throw new SchemaProblem(`the Protobuf schema imports ${JSON.stringify(name)}, which is none of its references`);
}

function isMessage(object: protobuf.ReflectionObject): object is protobuf.Type {
  return object instanceof protobufjs().Type;
}

/** Each type once, so that cycles end. */
class Types {
  readonly #messages = new Map<protobuf.Type, ProtobufMessage>();
  readonly #enums = new Map<protobuf.Enum, ProtobufEnum>();

  message(type: protobuf.Type): ProtobufMessage {
    const known = this.#messages.get(type);
    if (known !== undefined) return known;
    const fields: ProtobufField[] = [];
    const nested: ProtobufMessage[] = [];
    const message: ProtobufMessage = { kind: 'message', name: type.fullName.slice(1), fields, nested };
    this.#messages.set(type, message);
    for (const field of type.fieldsArray) fields.push(this.#field(field));
    for (const inner of (type.nestedArray ?? []).filter(isMessage)) nested.push(this.message(inner));
    return message;
  }

  #field(field: protobuf.Field): ProtobufField {
    const { id: number, name, partOf } = field.resolve();
    const type = this.#type(field);
    const label = field.map ? 'map' : field.repeated ? 'repeated' : 'singular';
    return {
      number,
      name,
      type,
      label,
      hasPresence:
        label === 'singular' &&
        (typeof type === 'object' && type.kind === 'message' ? true : Boolean(field.hasPresence)),
      ...(field instanceof protobufjs().MapField ? { keyType: field.keyType as ProtobufScalar } : {}),
      ...(partOf === null || partOf === undefined ? {} : { oneof: partOf.name }),
    };
  }

  #type(field: protobuf.Field): ProtobufType {
    const { type, resolvedType } = field;
    if ((PROTOBUF_SCALARS as readonly string[]).includes(type)) return type as ProtobufScalar;
    if (resolvedType instanceof protobufjs().Enum) return this.#enum(resolvedType);
    if (!(resolvedType instanceof protobufjs().Type))
      throw new SchemaProblem(`the Protobuf schema has no type ${type}`);
    if (isGroup(resolvedType, field)) {
      throw new SchemaProblem(`the Protobuf schema has the group ${field.fullName.slice(1)}: groups are not read`);
    }
    return this.message(resolvedType);
  }

  #enum(type: protobuf.Enum): ProtobufEnum {
    const known = this.#enums.get(type);
    if (known !== undefined) return known;
    const names = new Map<number, string>();
    for (const [name, number] of Object.entries(type.values)) if (!names.has(number)) names.set(number, name);
    const features = (type as unknown as { _features?: { enum_type?: string } })._features;
    const first = Object.values(type.values)[0] ?? 0;
    const parsed: ProtobufEnum = {
      kind: 'enum',
      names,
      isClosed: features?.enum_type === 'CLOSED',
      defaultNumber: first,
    };
    this.#enums.set(type, parsed);
    return parsed;
  }
}

/** Declarations of protobufjs leave both out. */
function isGroup(type: protobuf.Type, field: protobuf.Field): boolean {
  return (type as { group?: boolean }).group === true || (field as { delimited?: boolean }).delimited === true;
}
