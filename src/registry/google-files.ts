/**
 * Files of google/protobuf that schemas import without a reference, as the protobufjs package brings them. It writes the names of
 * fields in camel case and leaves the syntax out; here they are as the files have them.
 */
import type protobuf from 'protobufjs';
import { googleJson, protobufjs } from './protobufjs.ts';

type Json = Readonly<Record<string, unknown>>;

const FOLDER = 'google/protobuf/';
const ANY = `${FOLDER}any.proto`;
const OTHERS: Readonly<Record<string, () => readonly (protobuf.INamespace | null)[]>> = {
  'descriptor.proto': () => [googleJson('descriptor')],
  'source_context.proto': () => [googleJson('source_context')],
  // Both name google.protobuf.Any.
  'type.proto': () => [googleJson('type'), protobufjs().common.get(ANY)],
  'api.proto': () => [googleJson('api'), googleJson('type'), protobufjs().common.get(ANY)],
};

/** False: there is no such file. Types that the root has already stay as they are: files of the package repeat some. */
export function addGoogleFile(root: protobuf.Root, name: string): boolean {
  const own = name.slice(FOLDER.length);
  if (!name.startsWith(FOLDER)) return false;
  const files = Object.hasOwn(OTHERS, own) ? OTHERS[own]!() : [protobufjs().common.get(name)];
  const edition = own === 'descriptor.proto' ? 'proto2' : 'proto3';
  for (const file of files) {
    if (file === null) return false;
    const space = root.define('google.protobuf');
    for (const [type, json] of Object.entries(typesIn(file))) {
      if (space.get(type) === null)
        space.addJSON({ [type]: { ...withOwnNames(json), edition } as protobuf.INamespace });
    }
  }
  return true;
}

function typesIn(file: protobuf.INamespace): Record<string, unknown> {
  const google = file.nested?.google as protobuf.INamespace | undefined;
  return (google?.nested?.protobuf as protobuf.INamespace | undefined)?.nested ?? {};
}

/** The names of fields in snake case, of a type and of those inside it. */
function withOwnNames(type: unknown): Json {
  const { fields, oneofs, nested, ...others } = type as Readonly<Record<string, Json>>;
  return {
    ...others,
    ...(fields === undefined
      ? {}
      : { fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [snakeCase(name), field])) }),
    ...(oneofs === undefined
      ? {}
      : { oneofs: mapped(oneofs, (oneof) => ({ oneof: (oneof as { oneof: string[] }).oneof.map(snakeCase) })) }),
    ...(nested === undefined ? {} : { nested: mapped(nested, withOwnNames) }),
  };
}

function mapped(members: Json, each: (member: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, each(member)]));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
