/** What google/protobuf has in protobufjs, with the names of fields and the syntax of its own files. */
import { common, type INamespace, type Root } from 'protobufjs';
import api from 'protobufjs/google/protobuf/api.json' with { type: 'json' };
import descriptor from 'protobufjs/google/protobuf/descriptor.json' with { type: 'json' };
import sourceContext from 'protobufjs/google/protobuf/source_context.json' with { type: 'json' };
import types from 'protobufjs/google/protobuf/type.json' with { type: 'json' };

const PLACE = 'google/protobuf/';
const DESCRIPTOR = `${PLACE}descriptor.proto`;
const BESIDE_COMMON: ReadonlyMap<string, INamespace> = new Map<string, INamespace>([
  [`${PLACE}api.proto`, api],
  [DESCRIPTOR, descriptor],
  [`${PLACE}source_context.proto`, sourceContext],
  [`${PLACE}type.proto`, types],
]);
/** Of api.proto and type.proto. */
const IMPORTED = ['type', 'any'].map((name) => `${PLACE}${name}.proto`);

/** Nothing where there is no such file: a missing type is reported when names are resolved. */
export function bringGoogle(root: Root, name: string): void {
  const isOfTypes = name === `${PLACE}api.proto` || name === `${PLACE}type.proto`;
  for (const each of isOfTypes ? [name, ...IMPORTED] : [name]) {
    const file = (BESIDE_COMMON.get(each) ?? common.get(each)) as { nested: Google } | null;
    if (file !== null) bringTypes(root, file.nested, each === DESCRIPTOR ? 'proto2' : 'proto3');
  }
}

interface Google {
  readonly google: { readonly nested: { readonly protobuf: { readonly nested: Readonly<Record<string, object>> } } };
}

function bringTypes(root: Root, { google }: Google, edition: string): void {
  const place = root.define(['google', 'protobuf']);
  const there = new Set(place.nestedArray.map(({ name }) => name));
  for (const [name, type] of Object.entries(google.nested.protobuf.nested))
    if (!there.has(name)) place.addJSON({ [name]: Object.assign(renamed(type), { edition }) });
}

/** A copy in which every field has the name that its `protoName` says. */
function renamed(type: object): INamespace {
  return JSON.parse(JSON.stringify(type), (_key, value: unknown) => {
    if (Array.isArray(value)) return value.map((each) => (typeof each === 'string' ? protoName(each) : each));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value as Record<string, unknown>);
    return Object.fromEntries(members.map(([name, member]) => [namedBy(member) ?? name, member]));
  }) as INamespace;
}

function namedBy(member: unknown): string | undefined {
  return (member as { protoName?: string } | null)?.protoName;
}

/** In a oneof only the names stand. */
function protoName(name: string): string {
  return name
    .split(/(?=[A-Z])/)
    .join('_')
    .toLowerCase();
}
