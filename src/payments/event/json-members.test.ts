/** JSON.parse is the judge of what is JSON; this reader must agree on every text, and see what JSON.parse hides. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonMembers, readMembers, textOf } from './json-members.ts';

/** What JSON.parse says of a text, in this reader's words. */
function judgedByParse(text: string): 'not_json' | 'not_an_object' | Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : 'not_an_object';
  } catch {
    return 'not_json';
  }
}

function agree(text: string): void {
  const read = readMembers(text);
  const judged = judgedByParse(text);
  if ('problem' in read) {
    expect(`${read.problem}`, text.slice(0, 200)).toBe(judged);
    return;
  }
  expect(typeof judged, text.slice(0, 200)).toBe('object');
  const object = judged as Record<string, unknown>;
  expect([...read.spans.keys()].sort()).toEqual(Object.keys(object).sort());
  for (const [name, span] of read.spans) {
    const source = text.slice(span.start, span.end);
    const value: unknown = JSON.parse(source);
    const kind = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'other';
    expect(span.kind).toBe(kind);
    if (!read.repeated.has(name)) expect(value).toEqual(object[name]);
    if (span.kind === 'text') expect(textOf(text, span)).toBe(value);
  }
}

const members = (text: string): JsonMembers => readMembers(text) as JsonMembers;

describe('the members of an object', () => {
  it('are those of JSON.parse, for drawn values with drawn blanks', () => {
    const blank = fc.constantFrom('', '', ' ', '\n', '\t\r ');
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), blank, (object, spaces) => {
        const inside = Object.entries(object).map(
          ([name, value]) => `${spaces}${JSON.stringify(name)}${spaces}:${spaces}${JSON.stringify(value)}${spaces}`,
        );
        agree(`${spaces}{${inside.join(',')}${inside.length === 0 ? spaces : ''}}${spaces}`);
        agree(JSON.stringify(object, null, 2));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are read exactly where JSON.parse reads, for texts with characters put in, changed and taken out', () => {
    const json = '{"a": [1, -2.5e+3, {"b\\n": "\\u00e9"}, []], "c": true, "d": null, "e": "", "f": 0.1, "g": {}}';
    const pieces = [
      ...'{}[]",:\\/ \n\t0123456789+-.eEtrufalsn',
      '\u0000',
      '\u00a0',
      '\u2028',
      '\ufeff',
      'é',
      '\\u12',
      '00',
      '1e',
    ];
    const edit = fc.tuple(fc.nat(json.length), fc.constantFrom(0, 1, 2), fc.constantFrom('', ...pieces));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = json;
        for (const [at, dropped, put] of edits) text = text.slice(0, at) + put + text.slice(at + dropped);
        agree(text);
      }),
      { numRuns: 20_000 },
    );
  });

  it('are read exactly where JSON.parse reads, for texts made of the pieces of JSON', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"b"',
      '1',
      '-0',
      '1.5',
      'true',
      'null',
      ' ',
      '"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => agree(pieces.join(''))),
      { numRuns: 20_000 },
    );
  });

  it('that come twice are named, for any value and any spelling of the name', () => {
    const { spans, repeated } = members('{"a":1,"b":2,"\\u0061":3,"c":{"b":1,"b":2},"b":4,"a":5}');
    expect([...repeated]).toEqual(['a', 'b']);
    expect(spans.get('a')).toEqual({ kind: 'number', start: 5, end: 6 });
    expect(members('{"__proto__":1,"constructor":2}').repeated.size).toBe(0);
    expect([...members('{"__proto__":1,"__proto__":2}').repeated]).toEqual(['__proto__']);
  });

  it('say where a text stops being JSON', () => {
    for (const [text, at] of [
      ['', 0],
      ['{"a":01}', 6],
      ['{"a":1.}', 7],
      ['{"a":1e}', 7],
      ['{"a" 1}', 5],
      ['{"a":"\u0001"}', 6],
      ['{"a":"\\x"}', 7],
      ['{"a":nul}', 5],
      ['{"a":1,}', 7],
      ['{} {}', 3],
      ['{"a":[1,]}', 8],
      ['{"a":[1}', 7],
    ] as const)
      expect(readMembers(text), text).toEqual({ problem: 'not_json', at });
  });

  it('are read at any depth and of any number, in time that the length bounds', () => {
    const half = 524_000;
    const started = process.cpuUsage();
    expect(members(`{"deep":${'['.repeat(half)}${']'.repeat(half)}}`).spans.size).toBe(1);
    expect(members(`{"deep":${'{"":'.repeat(200_000)}1${'}'.repeat(200_000)}}`).spans.size).toBe(1);
    expect(readMembers('['.repeat(1_048_576))).toEqual({ problem: 'not_json', at: 1_048_576 });
    expect(readMembers('{"a":'.repeat(200_000))).toEqual({ problem: 'not_json', at: 1_000_000 });
    const many = Array.from({ length: 100_000 }, (_, at) => `"${at}":0`).join(',');
    expect(members(`{${many}}`).spans.size).toBe(100_000);
    expect(readMembers(`"${'\\'.repeat(1_000_000)}`)).toMatchObject({ problem: 'not_json' });
    expect(process.cpuUsage(started).user).toBeLessThan(10_000_000);
  });
});
