import { describe, expect, it, test } from 'vitest';
import { ByteScratch } from '../../../../base/memory/text-key.ts';
import { seededChance } from '../../../drawn/draw.ts';
import { drawRecordFor } from '../../../drawn/drawn-record.ts';
import { drawRules } from '../../../drawn/drawn-rules.ts';
import { rules } from '../../../testing/rules-fixture.ts';
import { compileMapping } from '../compile-mapping.ts';
import type { CompiledMapping } from '../compiled-mapping.ts';
import { PathValues, VALUE_KIND } from '../path-values.ts';
import type { ValueReader } from '../value-reader.ts';
import { JsonReader, PlainJsonReader } from './read-json.ts';
import { JsonScanner } from './scan-json.ts';

/** Rules that are drawn, and records for each. */
const RUNS = Number(process.env.PROVENONCE_RUNS ?? 400);
const RECORDS = 12;
const KIND_NAMES = Object.fromEntries(Object.entries(VALUE_KIND).map(([name, kind]) => [kind, name]));

function mappingOf(paths: readonly string[], jsonPaths: readonly string[] = []): CompiledMapping {
  return compileMapping(
    rules({}, [
      ...paths.map((path, index) => ({ name: `c${index}`, path, type: 'string' as const })),
      ...jsonPaths.map((path, index) => ({ name: `j${index}`, path, type: 'json' as const })),
    ]),
  );
}

/** Everything that a reader found, by the numbers of paths. */
function found(reader: ValueReader, mapping: CompiledMapping, value: Buffer): unknown {
  const scratch = new ByteScratch(4 * value.length + 4_096);
  const out = new PathValues(mapping.pathCount, scratch);
  out.begin(scratch, 0);
  const problem = reader.read(Buffer.concat([Buffer.from('??'), value, Buffer.from('??')]), 2, value.length + 2, out);
  if (problem !== null) return problem;
  const sources = new Set(mapping.columns.filter(({ type }) => type === 'json').map(({ path }) => path));
  return [...out.kinds].map((kind, path) => {
    const hasBytes = kind === VALUE_KIND.text || kind === VALUE_KIND.number;
    return [
      KIND_NAMES[kind],
      hasBytes ? scratch.bytes.toString('utf8', out.starts[path], out.ends[path]) : null,
      sources.has(path) && kind !== VALUE_KIND.missing
        ? out.source.toString('utf8', out.sourceStarts[path], out.sourceEnds[path])
        : null,
    ];
  });
}

function at(path: string, value: string | Buffer): unknown {
  const mapping = mappingOf([path], [path]);
  const result = found(new JsonReader(mapping), mapping, Buffer.from(value));
  return Array.isArray(result) ? result[mapping.columns[0]!.path] : result;
}

test('the scanner and the plain reader find the same, for drawn rules and values', () => {
  let scanned = 0;
  let read = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const chance = seededChance(run);
    const drawn = drawRules(chance, ['json']);
    const mapping = compileMapping(drawn);
    const [plain, fast] = [new PlainJsonReader(mapping), new JsonReader(mapping)];
    const scanner = new JsonScanner(mapping.root);
    for (let index = 0; index < RECORDS; index += 1) {
      const { value } = drawRecordFor(drawn, chance, { offset: 0, nowMs: 1_790_000_000_000 });
      if (value === null) continue;
      const expected = found(plain, mapping, value);
      const actual = found(fast, mapping, value);
      if (JSON.stringify(actual) !== JSON.stringify(expected))
        expect(actual, `run ${run}: ${value.toString()}`).toEqual(expected);
      const isRead = Array.isArray(expected);
      const out = new PathValues(mapping.pathCount, new ByteScratch(value.length + 4_096));
      const isScanned = scanner.scan(value, 0, value.length, out);
      expect(isRead || !isScanned).toBe(true);
      if (isRead) read += 1;
      if (isScanned) scanned += 1;
    }
  }
  // Otherwise the two would not be compared.
  expect(scanned).toBeGreaterThan(0.6 * read);
  expect(scanned).toBeLessThan(read);
});

describe('what a path finds', () => {
  it.each([
    ['/a/b', '{"a":{"b":"x"}}', ['text', 'x', '"x"']],
    ['/a/0', '{"a":["x","y"]}', ['text', 'x', '"x"']],
    ['/a/1', '{"a":["x",  "y"]}', ['text', 'y', '"y"']],
    ['/a/0', '{"a":{"0":1}}', ['number', '1', '1']],
    ['/a/01', '{"a":[1,2]}', ['missing', null, null]],
    ['/a/2', '{"a":[1,2]}', ['missing', null, null]],
    ['/a/b', '{"a":[1]}', ['missing', null, null]],
    ['/a/b', '{"a":"b"}', ['missing', null, null]],
    ['/a/b', '{"a":null}', ['missing', null, null]],
    ['/a', '{"a":null}', ['missing', null, null]],
    ['/a', '{"a":true}', ['true', null, 'true']],
    ['/a', '{"a":false}', ['false', null, 'false']],
    ['/a', '{"a": { "b" : [ 1 ] } }', ['object', null, '{ "b" : [ 1 ] }']],
    ['/a', '{"a":[]}', ['list', null, '[]']],
    ['/a', '{"a":-1.50e+3}', ['number', '-1.50e+3', '-1.50e+3']],
    ['/a', '{"\\u0061":1}', ['number', '1', '1']],
    ['/a', '{"a":"\\u00e9\\n\\ud83d\\ude00"}', ['text', 'é\n😀', '"\\u00e9\\n\\ud83d\\ude00"']],
    ['/a', '{"a":"\\ud800"}', ['invalid', null, '"\\ud800"']],
    ['/a~1b/~0', '{"a/b":{"~":1}}', ['number', '1', '1']],
    ['/', '{"":1}', ['number', '1', '1']],
    ['/x"y', '{"x\\"y":1}', ['number', '1', '1']],
    ['/a', ' \n{"a":1} ', ['number', '1', '1']],
  ])('%s in %s', (path, value, expected) => {
    expect(at(path, value)).toEqual(expected);
  });

  it('the whole value, where the path is empty', () => {
    const mapping = mappingOf([], ['']);
    const result = found(new JsonReader(mapping), mapping, Buffer.from(' {"a":1} ')) as unknown[];
    expect(result[mapping.columns[0]!.path]).toEqual(['object', null, '{"a":1}']);
  });
});

describe('a name that repeats', () => {
  const problem = (detail: string | null) => ({ code: 'duplicate_member', detail });

  it.each([
    ['in an object that a path goes through', '/a/b', '{"a":{"c":1,"c":1}}', problem('c')],
    ['once with an escape', '/a', '{"a":1,"\\u0061":1}', problem('a')],
    ['the first in the text', '/a/b', '{"a":{"x":1,"x":2},"y":1,"y":2}', problem('x')],
    ['twice an object', '/a/b', '{"a":{"b":1},"a":{"b":1,"b":1}}', problem('a')],
    ['a name that may hold anything', '/a', '{"a":1,"b c":1,"b c":1}', problem(null)],
    ['with a card number', '/a', '{"n4111111111111111":1,"n4111111111111111":1}', problem('n************1111')],
  ])('%s', (_, path, value, expected) => {
    expect(at(path, value)).toEqual(expected);
  });

  it('is not looked for where no path looks for a member', () => {
    expect(at('/a', '{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}]}')).toEqual(['object', null, '{"b":1,"b":2}']);
    expect(at('/a/0', '{"a":[1,{"b":1,"b":2}]}')).toEqual(['number', '1', '1']);
  });
});

describe('form', () => {
  it.each([
    ['', { code: 'not_json', detail: 'ends early' }],
    ['[]', { code: 'not_an_object', detail: null }],
    ['{"é":01}', { code: 'not_json', detail: 'byte 7' }],
    ['{"a":1}x', { code: 'not_json', detail: 'byte 7' }],
    ['{"a":"\u0000"}', { code: 'not_json', detail: 'byte 6' }],
    ['\uFEFF{}', { code: 'byte_order_mark', detail: null }],
  ])('%s', (value, expected) => {
    expect(at('/a', value)).toEqual(expected);
  });

  it('bytes that are not UTF-8, also where no path looks', () => {
    expect(at('/a', Buffer.from('{"a":1,"b":"\xe9"}', 'latin1'))).toEqual({ code: 'not_utf8', detail: null });
    expect(at('/a', Buffer.from('{"a":1,"\xc0\xaf":1}', 'latin1'))).toEqual({ code: 'not_utf8', detail: null });
  });

  it('a mebibyte of brackets is read in time', () => {
    const half = 1_048_576 / 2 - 8;
    const value = `{"a":1,"b":${'['.repeat(half)}${']'.repeat(half)}}`;
    expect(at('/a', value)).toEqual(['number', '1', '1']);
    expect(at('/a', '['.repeat(1_048_576))).toEqual({ code: 'not_json', detail: 'ends early' });
  });

  it('ever new names in an object that is looked into are read', () => {
    const mapping = mappingOf(['/m/wanted']);
    const reader = new JsonReader(mapping);
    for (let record = 0; record < 200; record += 1) {
      const value = Buffer.from(`{"m":{"n${record}":0,"m${record}":0,"wanted":${record}}}`);
      const result = found(reader, mapping, value) as unknown[];
      expect(result[mapping.columns[0]!.path]).toEqual(['number', `${record}`, null]);
    }
  });
});
