import { expect, test } from 'vitest';
import { JsonList, JsonObject, putAt, removeAt, spell } from './drawn-json.ts';

const never = (): number => {
  throw new Error('nothing is drawn for a plain spelling');
};
const textOf = (root: JsonObject): string => spell(root, never, false);

test('values are put where a pointer leads: objects and lists are made on the way, and a scalar there is replaced', () => {
  const root = new JsonObject();
  putAt(root, '/amount/value', '1.50');
  putAt(root, '/lines/0/id', '"a"');
  putAt(root, '/lines/2', 'null');
  putAt(root, '/a~1b/~0', 'true');
  expect(textOf(root)).toBe('{"amount":{"value":1.50},"lines":[{"id":"a"},null,null],"a/b":{"~":true}}');
  putAt(root, '/amount/value/units', '2');
  putAt(root, '/lines/0/id', '"b"');
  expect(textOf(root)).toBe('{"amount":{"value":{"units":2}},"lines":[{"id":"b"},null,null],"a/b":{"~":true}}');
});

test('what a pointer leads to is taken away, and nothing where there is none', () => {
  const root = new JsonObject();
  putAt(root, '/a/b', '1');
  putAt(root, '/a/c', '2');
  for (const nowhere of ['/a/d', '/x/y', '/a/b/c']) removeAt(root, nowhere);
  expect(textOf(root)).toBe('{"a":{"b":1,"c":2}}');
  removeAt(root, '/a/b');
  expect(textOf(root)).toBe('{"a":{"c":2}}');
  expect(root.members[0]?.[1]).toBeInstanceOf(JsonObject);
  putAt(root, '/l/0', '1');
  expect(root.members[1]?.[1]).toBeInstanceOf(JsonList);
});
