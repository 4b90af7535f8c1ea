import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvroDrawing, avscType, expectedAt, rememberRecords } from '../schema/testing/draw-avro.ts';
import { pathsOf, readPaths } from '../schema/testing/read-paths.ts';
import { AvroReader } from './compile-avro.ts';
import { parseAvro } from './parse-avro.ts';

function readerOf(schema: unknown, paths: readonly string[]): AvroReader {
  return new AvroReader(parseAvro(JSON.stringify(schema)), pathsOf(paths));
}

function read(schema: unknown, paths: readonly string[], hex: string) {
  return readPaths(readerOf(schema, paths), Buffer.from(hex.replaceAll(' ', ''), 'hex'), paths.length);
}

describe('drawn schemas and values', () => {
  test('every path finds what avsc decodes', () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const drawing = new AvroDrawing(g, fc);
        const schema = drawing.schema();
        rememberRecords(schema);
        const type = avscType(schema);
        const bytes = type.toBuffer(drawing.value(type));
        const paths = drawing.paths(schema);
        const decoded: unknown = type.fromBuffer(bytes);
        const expected = paths.map((path) => expectedAt(type, decoded, path.split('/').slice(1), schema));
        expect(readPaths(readerOf(schema, paths), bytes, paths.length)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('a value that is cut off anywhere, or is followed by a byte, is none', () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const drawing = new AvroDrawing(g, fc);
        const schema = drawing.schema();
        rememberRecords(schema);
        const type = avscType(schema);
        const bytes = type.toBuffer(drawing.value(type));
        const paths = drawing.paths(schema);
        const reader = readerOf(schema, paths);
        for (let end = 0; end < bytes.length; end += 1) {
          expect(typeof readPaths(reader, bytes.subarray(0, end), paths.length)).toBe('string');
        }
        expect(readPaths(reader, Buffer.concat([bytes, Buffer.alloc(1)]), paths.length)).toBe('bytes left over');
      }),
      { numRuns: 300 },
    );
  });

  test('damaged bytes give a reason, or what avsc decodes of them, and never an exception', () => {
    fc.assert(
      fc.property(
        fc.gen(),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        (g, flips) => {
          const drawing = new AvroDrawing(g, fc);
          const schema = drawing.schema();
          rememberRecords(schema);
          const type = avscType(schema);
          const bytes = type.toBuffer(drawing.value(type));
          for (const [at, byte] of flips) if (bytes.length > 0) bytes[at % bytes.length] = byte;
          const paths = drawing.paths(schema);
          const found = readPaths(readerOf(schema, paths), bytes, paths.length);
          if (typeof found === 'string') return;
          const decoded: unknown = type.fromBuffer(bytes);
          expect(found).toEqual(paths.map((path) => expectedAt(type, decoded, path.split('/').slice(1), schema)));
        },
      ),
      { numRuns: 800 },
    );
  });
});

const PAYMENT = {
  type: 'record',
  name: 'P',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'n', type: 'long' },
  ],
};

describe('hostile values', () => {
  test.each([
    ['a length past the end', '20 41', 'cut off'],
    ['a negative length', '01 00', 'a negative length'],
    ['a varint of eleven bytes', '02 41 80 80 80 80 80 80 80 80 80 80 01', 'a number of too many bits'],
    ['a varint past 64 bits', '02 41 ff ff ff ff ff ff ff ff ff 02', 'a number of too many bits'],
    ['a text that is not UTF-8', '02 ff 00', 'a text that is not UTF-8'],
    ['a lone surrogate', '06 ed a0 80 00', 'a text that is not UTF-8'],
    ['nothing', '', 'cut off'],
  ])('%s', (_, hex, reason) => {
    expect(read(PAYMENT, ['/id', '/n'], hex)).toBe(reason);
  });

  test('the greatest and the least long are exact', () => {
    expect(read(PAYMENT, ['/n'], '00 fe ff ff ff ff ff ff ff ff 01')).toEqual([['integer', '9223372036854775807', 0]]);
    expect(read(PAYMENT, ['/n'], '00 ff ff ff ff ff ff ff ff ff 01')).toEqual([['integer', '-9223372036854775808', 0]]);
  });

  test('an int of more than 32 bits', () => {
    expect(read({ type: 'array', items: 'int' }, [], '02 80 80 80 80 20 00')).toBe('a number of too many bits');
  });

  test('a branch, a symbol and a boolean that do not exist', () => {
    expect(read(['null', 'string'], [''], '04')).toBe('a branch that the union does not have');
    expect(read(['null', 'string'], [''], '01')).toBe('a branch that the union does not have');
    expect(read({ type: 'enum', name: 'E', symbols: ['A'] }, [''], '02')).toBe('a symbol that the enum does not have');
    expect(read({ type: 'enum', name: 'E', symbols: ['A'] }, [], '01')).toBe('a symbol that the enum does not have');
    expect(read('boolean', [''], '02')).toBe('a boolean that is neither 0 nor 1');
  });

  test('a billion elements without bytes', () => {
    expect(read({ type: 'array', items: 'null' }, ['/5'], '80 a8 d6 b9 07 00')).toBe('over 100000 elements');
    expect(read({ type: 'array', items: 'null' }, ['/5'], 'ff ff ff ff ff ff ff ff ff 01 00 00')).toBe(
      'over 100000 elements',
    );
  });

  test('records that double at each level and hold no bytes', () => {
    const types = Array.from({ length: 40 }, (_, level) => ({
      type: 'record',
      name: `R${level}`,
      fields: level === 0 ? [] : [0, 1].map((index) => ({ name: `f${index}`, type: `R${level - 1}` })),
    }));
    const nested = types.reduce<unknown>(
      (inner, type, level) =>
        level === 0
          ? type
          : {
              ...type,
              fields: [
                { name: 'f0', type: inner },
                { name: 'f1', type: `R${level - 1}` },
              ],
            },
      undefined,
    );
    expect(read(nested, ['/f0/f1'], '')).toBe('over 100000 elements');
  });

  test('a record inside itself, 65 times', () => {
    const schema = { type: 'record', name: 'A', fields: [{ name: 'a', type: ['null', 'A'] }] };
    expect(read(schema, ['/a'], `${'02'.repeat(63)}00`)).toEqual([['object']]);
    expect(read(schema, ['/a'], `${'02'.repeat(64)}00`)).toBe('over 64 levels');
    expect(read(schema, [], '02'.repeat(500_000))).toBe('over 64 levels');
  });

  test('of two entries of a map with one key the last counts, also where it has less', () => {
    const entry = { type: 'record', name: 'V', fields: [{ name: 'a', type: ['null', 'long'] }] };
    const map = { type: 'map', values: entry };
    expect(read(map, ['/k/a'], '02 02 6b 02 08 02 02 6b 00 00')).toEqual([['missing']]);
    expect(read(map, ['/k/a'], '02 02 6b 00 02 02 6b 02 08 00')).toEqual([['integer', '4', 0]]);
  });

  test('a block of a list may say its length, which is not used', () => {
    const list = { type: 'array', items: 'long' };
    expect(read(list, ['/0', '/2'], '03 04 02 04 02 06 00')).toEqual([
      ['integer', '1', 0],
      ['integer', '3', 0],
    ]);
  });

  test('an entry that comes fifty thousand times takes no more room than one', () => {
    const symbols = ['A', 'B'.repeat(500)];
    const map = { type: 'map', values: { type: 'enum', name: 'E', symbols } };
    const many = Buffer.concat([
      Buffer.from('a08d06', 'hex'),
      ...Array.from({ length: 50_000 }, () => Buffer.from('0002', 'hex')),
      Buffer.from([0]),
    ]);
    expect(read(map, ['/'], many.toString('hex'))).toEqual([['text', 'B'.repeat(500)]]);
  });
});
