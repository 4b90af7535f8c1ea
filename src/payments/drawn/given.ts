/**
 * What a drawn JSON value stands for where a schema wants another type: its text, a whole number, bytes. Every value stands for
 * something, so that a drawn record can be written by any schema. For the writers of Avro and Protobuf.
 */
import { JsonList, JsonObject, type JsonTree } from './drawn-json.ts';

/** Undefined: there is none, and the writer draws one. */
export type Given = JsonTree | undefined;

const DECIMAL = /^-?[0-9]+(?:\.[0-9]+)?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function isNothing(given: Given): boolean {
  return given === undefined || given === 'null';
}

/** The tree of a value of JavaScript. */
export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) {
    const list = new JsonList();
    for (const element of value) list.elements.push(treeOf(element));
    return list;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const object = new JsonObject();
  for (const [name, member] of Object.entries(value)) object.members.push([name, treeOf(member)]);
  return object;
}

/** Text without a lone surrogate: UTF-8 has none. */
export function textOf(given: Given): string {
  if (typeof given !== 'string') return '';
  return given.startsWith('"') ? (JSON.parse(given) as string).toWellFormed() : given;
}

/** Within 64 bits; 0 for what is no number. */
export function wholeOf(given: Given): bigint {
  const text = textOf(given);
  if (/^-?[0-9]+$/.test(text)) return BigInt.asIntN(64, BigInt(text));
  const number = Number(text);
  return Number.isSafeInteger(Math.trunc(number)) ? BigInt(Math.trunc(number)) : 0n;
}

export function numberOf(given: Given): number {
  const number = Number(textOf(given));
  return Number.isNaN(number) ? 0 : number;
}

/** A decimal is its unscaled value where the schema has a scale; else what base64 says; else the text's UTF-8. */
export function bytesOf(given: Given, scale: number | undefined): Buffer {
  const text = textOf(given);
  if (scale !== undefined && DECIMAL.test(text)) return twosComplement(unscaled(text, scale));
  return Buffer.from(text, BASE64.test(text) ? 'base64' : 'utf8');
}

/** Big-endian, in as few bytes as hold it. */
export function twosComplement(value: bigint): Buffer {
  let bytes = 1;
  while (BigInt.asIntN(8 * bytes, value) !== value) bytes += 1;
  const hex = BigInt.asUintN(8 * bytes, value)
    .toString(16)
    .padStart(2 * bytes, '0');
  return Buffer.from(hex, 'hex');
}

/** What is finer than the scale is cut off. */
function unscaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, '0')}`);
}

/** The member of an object; of a list the element. */
export function memberOf(given: Given, name: string): Given {
  if (given instanceof JsonObject) return given.members.findLast(([own]) => own === name)?.[1];
  return given instanceof JsonList ? given.elements[Number(name)] : undefined;
}

/** The elements of a list; a value that is none stands for a list of it. */
export function elementsOf(given: JsonTree): readonly JsonTree[] {
  if (given instanceof JsonList) return Array.from(given.elements, (element) => element ?? 'null');
  return given instanceof JsonObject ? given.members.map(([, value]) => value) : [given];
}

/** The members of an object, each as often as it stands there; elements by their number. */
export function membersOf(given: JsonTree): readonly (readonly [string, JsonTree])[] {
  if (given instanceof JsonObject) return given.members;
  return elementsOf(given).map((element, index) => [String(index), element]);
}
