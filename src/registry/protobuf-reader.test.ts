import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { ProtobufReader } from '../payments/event/protobuf/compile-protobuf.ts';
import { expectedIn, ProtobufDrawing } from '../payments/event/schema/testing/draw-protobuf.ts';
import { pathsOf, readPaths } from '../payments/event/schema/testing/read-paths.ts';
import { parseProtobuf } from './parse-protobuf.ts';

const FIRST = Buffer.from([0]);

function readerOf(file: string, paths: readonly string[]): ProtobufReader {
  return new ProtobufReader(parseProtobuf(file), pathsOf(paths));
}

function read(file: string, paths: readonly string[], hex: string) {
  return readPaths(readerOf(file, paths), Buffer.from(hex.replaceAll(' ', ''), 'hex'), paths.length);
}

function draw(g: fc.GeneratorValue) {
  const drawing = new ProtobufDrawing(g, fc);
  const file = drawing.file();
  const type = protobuf.parse(file, { keepCase: true }).root.resolveAll().lookupType('drawn.A');
  const bytes = Buffer.concat([FIRST, type.encode(type.create(drawing.message(type))).finish()]);
  return { file, type, bytes, paths: drawing.paths(type) };
}

describe('drawn files and messages', () => {
  test('every path finds what protobufjs decodes', () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const { file, type, bytes, paths } = draw(g);
        const decoded = type.decode(bytes.subarray(1));
        const expected = paths.map((path) => expectedIn(type, decoded, path.split('/').slice(1)));
        expect(readPaths(readerOf(file, paths), bytes, paths.length)).toEqual(expected);
      }),
      { numRuns: 250 },
    );
  });

  test('two messages behind each other are merged, as protobufjs does', () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const drawing = new ProtobufDrawing(g, fc);
        const file = drawing.file();
        const type = protobuf.parse(file, { keepCase: true }).root.resolveAll().lookupType('drawn.A');
        const halves = [0, 1].map(() => type.encode(type.create(drawing.message(type))).finish());
        const paths = drawing.paths(type);
        const decoded = type.decode(Buffer.concat(halves));
        clearOneofs(type, decoded);
        const expected = paths.map((path) => expectedIn(type, decoded, path.split('/').slice(1)));
        const found = readPaths(readerOf(file, paths), Buffer.concat([FIRST, ...halves]), paths.length);
        expect(found).toEqual(expected);
      }),
      { numRuns: 250 },
    );
  });

  test('damaged bytes give a reason, or what protobufjs decodes of them, and never an exception', () => {
    fc.assert(
      fc.property(
        fc.gen(),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
        (g, flips) => {
          const { file, type, bytes, paths } = draw(g);
          for (const [at, byte] of flips) if (bytes.length > 1) bytes[1 + (at % (bytes.length - 1))] = byte;
          const found = readPaths(readerOf(file, paths), bytes, paths.length);
          if (typeof found === 'string') return;
          let decoded: protobuf.Message;
          try {
            decoded = type.decode(bytes.subarray(1));
          } catch {
            return;
          }
          clearOneofs(type, decoded);
          expect(found).toEqual(paths.map((path) => expectedIn(type, decoded, path.split('/').slice(1))));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('a message that is cut off anywhere never gives another exception than a reason', () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const { file, bytes, paths } = draw(g);
        const reader = readerOf(file, paths);
        for (let end = 0; end < bytes.length; end += 1) readPaths(reader, bytes.subarray(0, end), paths.length);
      }),
      { numRuns: 60 },
    );
  });
});

/** Of a oneof protobufjs keeps every member that came, and says in a property of its own which was the last. */
function clearOneofs(type: protobuf.Type, message: unknown): void {
  const values = message as Record<string, unknown>;
  for (const { name, oneof } of type.oneofsArray) {
    for (const member of oneof) if (values[name] !== undefined && values[name] !== member) delete values[member];
  }
  for (const field of type.fieldsArray) {
    if (!(field.resolvedType instanceof protobuf.Type) || !Object.hasOwn(values, field.name)) continue;
    const inner = field.repeated || field.map ? Object.values(values[field.name] as object) : [values[field.name]];
    for (const each of inner) clearOneofs(field.resolvedType, each);
  }
}

const PAYMENT = `syntax = "proto3";
message Other { string id = 1; message Inner { string id = 1; } }
message Payment { string id = 1; int64 n = 2; Payment self = 3; map<string, string> m = 4; repeated int32 list = 5; bytes b = 6;
  oneof how { string card = 7; Payment other = 8; } }`;

describe('the path of the message', () => {
  test('is one zero byte for the first, otherwise how many indexes and each of them', () => {
    expect(read(PAYMENT, ['/id'], '00 0a 01 41')).toEqual([['text', 'A']]);
    expect(read(PAYMENT, ['/id'], '02 00 0a 01 41')).toEqual([['text', 'A']]);
    expect(read(PAYMENT, ['/n'], '02 02 10 05')).toEqual([['integer', '5', 0]]);
    expect(read(PAYMENT, ['/id'], '04 00 00 0a 01 42')).toEqual([['text', 'B']]);
  });

  test.each(['02 04', '04 02 00', '01', '02 01', '80 80 80 80 10', '02 80 80 80 80 80 80 01'])('%s is none', (hex) => {
    expect(read(PAYMENT, ['/id'], hex)).toBe('a message that the schema does not have');
  });

  test('nothing at all is cut off', () => {
    expect(read(PAYMENT, ['/id'], '')).toBe('cut off');
    expect(read(PAYMENT, ['/id'], '02')).toBe('cut off');
  });
});

describe('hostile messages', () => {
  test.each([
    ['a group', '02 02 0b 0c', 'a group'],
    ['the end of a group', '02 02 0c', 'a group'],
    ['field number 0', '02 02 00 00', 'a field number or wire type that does not exist'],
    ['wire type 7', '02 02 0f', 'a field number or wire type that does not exist'],
    ['a tag of six bytes', '02 02 88 80 80 80 80 01 00', 'a field number or wire type that does not exist'],
    ['a varint of eleven bytes', '02 02 10 ff ff ff ff ff ff ff ff ff ff 01', 'a number of too many bits'],
    ['a length past the end', '02 02 0a 05 41', 'cut off'],
    ['a length past 32 bits', '02 02 0a ff ff ff ff ff 01 41', 'cut off'],
    ['a length past the end of an unknown field', '02 02 fa 01 05 41', 'cut off'],
    ['a text that is not UTF-8', '02 02 0a 01 ff', 'a text that is not UTF-8'],
    ['a message that ends inside a field', '02 02 1a 01 0a', 'cut off'],
  ])('%s', (_, hex, reason) => {
    expect(read(PAYMENT, ['/id', '/n', '/self/id'], hex)).toBe(reason);
  });

  test('forty thousand fields of one kind take no more room than one', () => {
    const numbers = Buffer.concat([
      Buffer.from('0202', 'hex'),
      ...Array.from({ length: 40_000 }, () => Buffer.from('107f', 'hex')),
    ]);
    expect(read(PAYMENT, ['/n'], numbers.toString('hex'))).toEqual([['integer', '127', 0]]);
  });

  test('numbers of 64 bits are exact', () => {
    expect(read(PAYMENT, ['/n'], '02 02 10 ff ff ff ff ff ff ff ff 7f')).toEqual([
      ['integer', '9223372036854775807', 0],
    ]);
    expect(read(PAYMENT, ['/n'], '02 02 10 80 80 80 80 80 80 80 80 80 01')).toEqual([
      ['integer', '-9223372036854775808', 0],
    ]);
  });

  test('a member of a oneof clears what was set of another, lists included', () => {
    // other.list 1, 2; then card; then other.list 3: the first list is gone.
    const hex = '02 02 42 04 2a 02 01 02 3a 01 41 42 03 2a 01 03';
    expect(read(PAYMENT, ['/other/list/0', '/other/list/1', '/card'], hex)).toEqual([
      ['integer', '3', 0],
      ['missing'],
      ['missing'],
    ]);
  });

  test('of two entries of a map with one key the last counts', () => {
    expect(read(PAYMENT, ['/m/k'], '02 02 22 06 0a 01 6b 12 01 41 22 03 0a 01 6b')).toEqual([['text', '']]);
    expect(read(PAYMENT, ['/m/k'], '02 02 22 06 12 01 41 0a 01 6b')).toEqual([['text', 'A']]);
  });

  test('what no path leads through is skipped by its length', () => {
    expect(read(PAYMENT, ['/id'], '02 02 1a 02 ff ff 0a 01 41')).toEqual([['text', 'A']]);
  });
});
