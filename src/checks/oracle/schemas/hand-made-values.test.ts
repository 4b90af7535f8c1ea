/** Bytes made by hand, at the edges of Avro and Protobuf: the fold's readers and the checkers' must both find what stands here. */
import { expect, test } from 'vitest';
import { AvroReader } from '../../../payments/event/avro/compile-avro.ts';
import { parseAvro } from '../../../payments/event/avro/parse-avro.ts';
import { ProtobufReader } from '../../../payments/event/protobuf/compile-protobuf.ts';
import type { SchemaReference } from '../../../payments/event/schema/event-schema.ts';
import { type Found, MISSING, pathsOf, readPaths } from '../../../payments/event/schema/testing/read-paths.ts';
import { parseProtobuf } from '../../../registry/parse-protobuf.ts';
import { stepsOf } from '../mapped/oracle-rules.ts';
import { avroSchema } from './avro-schema.ts';
import { avroValue } from './avro-value.ts';
import { protobufSchema } from './protobuf-schema.ts';
import { protobufValue, wantedOf } from './protobuf-value.ts';
import { foundBy } from './testing/found-by.ts';

interface Row {
  readonly what: string;
  readonly schema: string;
  readonly references?: readonly SchemaReference[];
  /** Pieces in hex. A value of Protobuf begins behind the index of its message, which is the first. */
  readonly value: readonly string[];
  readonly finds: Readonly<Record<string, Found>> | 'none';
  /** What is asked for, where nothing is found. */
  readonly paths?: readonly string[];
}

const text = (found: string): Found => ['text', found];
const integer = (found: string): Found => ['integer', found, 0];
const record = (...fields: unknown[]): string => JSON.stringify({ type: 'record', name: 'R', fields });
const proto = (body: string, version = 3): string => `syntax = "proto${version}"; ${body}`;

/** `of` inside `levels` fields with the number 1. */
function nested(levels: number, of: string): string {
  let bytes: Buffer = Buffer.from(of, 'hex');
  for (let level = 0; level < levels; level += 1) bytes = lengthed(0x0a, bytes);
  return bytes.toString('hex');
}

function lengthed(tag: number, bytes: Buffer): Buffer {
  const { length } = bytes;
  const size = length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}

const MESSAGE_END = proto('message R { M m = 1; } message M { string a = 1; }');
const CLOSED_MAP = proto('message R { map<string, E> e = 1; } enum E { B = 5; A = 1; }', 2);
const TAGS = proto('message R { string a = 1; }');
const LEVELS = proto('message R { R n = 1; repeated int32 l = 2; map<string, R> m = 3; map<string, string> s = 4; }');

const PROTOBUF: readonly Row[] = [
  {
    what: 'a path that ends at a message',
    schema: MESSAGE_END,
    value: ['0a03', '0a0161'],
    finds: { '/m': ['object'] },
  },
  { what: 'and one that is damaged', schema: MESSAGE_END, value: ['0a02', '0a05'], finds: 'none', paths: ['/m'] },
  { what: 'one without a path is not looked at', schema: MESSAGE_END, value: ['0a02', '0a05'], finds: {} },
  {
    what: 'an entry of a closed enum without a value has the first',
    schema: CLOSED_MAP,
    value: ['0a03', '0a016b'],
    finds: { '/e': ['object'], '/e/k': text('B') },
  },
  {
    what: 'and with a value of another wire type',
    schema: CLOSED_MAP,
    value: ['0a05', '0a016b', '1001', '0a06', '0a016b', '120101'],
    finds: { '/e/k': text('B') },
  },
  { what: 'a tag of five bytes', schema: TAGS, value: ['8a80808000', '0161'], finds: { '/a': text('a') } },
  { what: 'of six', schema: TAGS, value: ['8a8080808000', '0161'], finds: 'none', paths: ['/a'] },
  { what: 'of ten', schema: TAGS, value: ['8a808080808080808000', '0161'], finds: 'none', paths: ['/a'] },
  { what: 'of six, unknown', schema: TAGS, value: ['f88080808000', '01'], finds: 'none', paths: ['/a'] },
  { what: 'past 32 bits', schema: TAGS, value: ['8a80808010', '0161'], finds: 'none', paths: ['/a'] },
  {
    what: 'a name that every object of JavaScript has',
    schema: TAGS,
    value: [],
    finds: { '/constructor': MISSING, '/toString': MISSING, '/__proto__': MISSING },
  },
  {
    what: 'a packed list in the 64th message is no level',
    schema: LEVELS,
    value: [nested(63, '12020506')],
    finds: { [`${'/n'.repeat(63)}/l/1`]: integer('6') },
  },
  { what: 'a message is', schema: LEVELS, value: [nested(64, '')], finds: 'none', paths: ['/n'.repeat(64)] },
  {
    what: 'an entry of a map in the 63rd message is the 64th',
    schema: LEVELS,
    value: [nested(62, '2206' + '0a016b' + '120176')],
    finds: { [`${'/n'.repeat(62)}/s/k`]: text('v') },
  },
  {
    what: 'in the 64th it is one too many',
    schema: LEVELS,
    value: [nested(63, '2206' + '0a016b' + '120176')],
    finds: 'none',
    paths: [`${'/n'.repeat(63)}/s/k`],
  },
  {
    what: 'a message of an entry in the 62nd is the 64th',
    schema: LEVELS,
    value: [nested(61, '1a05' + '0a016b' + '1200')],
    finds: { [`${'/n'.repeat(61)}/m/k`]: ['object'] },
  },
  {
    what: 'in the 63rd it is one too many',
    schema: LEVELS,
    value: [nested(62, '1a05' + '0a016b' + '1200')],
    finds: 'none',
    paths: [`${'/n'.repeat(62)}/m/k`],
  },
  {
    what: 'a weak import',
    schema: proto('import weak "o.proto"; message R { o.O o = 1; }'),
    references: [{ name: 'o.proto', text: proto('package o; message O { string a = 1; }') }],
    value: ['0a03', '0a0161'],
    finds: { '/o/a': text('a') },
  },
  ...['descriptor', 'api', 'type', 'source_context'].map((name) => ({
    what: `an import of ${name}.proto`,
    schema: proto(`import "google/protobuf/${name}.proto"; message R { string a = 1; }`),
    value: ['0a0161'],
    finds: { '/a': text('a') },
  })),
  {
    what: 'an option of the schema and a message of descriptor.proto',
    schema: proto(
      'import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { string o = 50001; } message R { string a = 1 [(o) = "x"]; google.protobuf.EnumValueDescriptorProto e = 2; }',
    ),
    value: ['0a0161', '1203', '0a0162'],
    finds: { '/a': text('a'), '/e/name': text('b'), '/e/number': MISSING },
  },
  {
    what: 'several of google/protobuf that repeat types',
    schema: proto(
      `${['api', 'source_context', 'any', 'type', 'struct', 'timestamp'].map((name) => `import "google/protobuf/${name}.proto";`).join('')} message R { google.protobuf.Timestamp at = 1; google.protobuf.Value v = 2; google.protobuf.Api api = 3; google.protobuf.Option option = 4; }`,
    ),
    value: ['0a02', '0801', '1203', '1a0173', '1a05', '2a03', '0a0166', '2200'],
    finds: {
      '/at/seconds': integer('1'),
      '/at/nanos': integer('0'),
      '/v/string_value': text('s'),
      '/v/number_value': MISSING,
      '/api/source_context/file_name': text('f'),
      '/option/name': text(''),
      '/option/value': MISSING,
    },
  },
];

const LIST = record({ name: 'l', type: { type: 'array', items: 'int' } });
const TEXTS = record({ name: 'm', type: { type: 'map', values: 'string' } });
const NESTED_TEXTS = record({ name: 'm', type: { type: 'map', values: { type: 'array', items: 'string' } } });
const fixed = (size: number, precision: number): string =>
  record({ name: 'f', type: { type: 'fixed', name: 'F', size, logicalType: 'decimal', precision, scale: 2 } });

const AVRO: readonly Row[] = [
  { what: 'a block with its length', schema: LIST, value: ['01', '02', '0e', '00'], finds: { '/l/0': integer('7') } },
  {
    what: 'a length that is none of the block',
    schema: LIST,
    value: ['01', '00', '0e', '00'],
    finds: { '/l/0': integer('7') },
  },
  { what: 'past the end', schema: LIST, value: ['01', '64', '0e', '00'], finds: 'none', paths: ['/l/0'] },
  { what: 'past the end by one', schema: LIST, value: ['01', '06', '0e', '00'], finds: 'none', paths: ['/l/0'] },
  { what: 'negative', schema: LIST, value: ['01', '01', '0e', '00'], finds: 'none', paths: ['/l/0'] },
  {
    what: 'negative, of a map',
    schema: TEXTS,
    value: ['01', '01', '026b', '0276', '00'],
    finds: 'none',
    paths: ['/m/k'],
  },
  {
    what: 'a decimal that fits its fixed',
    schema: fixed(2, 4),
    value: ['0401'],
    finds: { '/f': ['bytes', '0401', 2] },
  },
  {
    what: 'one with more digits is no decimal',
    schema: fixed(2, 5),
    value: ['0401'],
    finds: { '/f': ['bytes', '0401', -1] },
  },
  { what: 'with far more', schema: fixed(2, 1e15), value: ['0401'], finds: { '/f': ['bytes', '0401', -1] } },
  {
    what: 'a decimal in a fixed that no value holds',
    schema: record(
      { name: 'a', type: 'int' },
      { name: 'f', type: ['null', { type: 'fixed', name: 'F', size: 2 ** 30, logicalType: 'decimal', precision: 9 }] },
    ),
    value: ['0e', '00'],
    finds: { '/a': integer('7') },
  },
  {
    what: 'a key twice',
    schema: TEXTS,
    value: ['04', '026b', '0261', '026b', '0262', '00'],
    finds: { '/m/k': text('b') },
  },
  {
    what: 'the first no UTF-8',
    schema: TEXTS,
    value: ['04', '026b', '02ff', '026b', '0262', '00'],
    finds: 'none',
    paths: ['/m/k'],
  },
  {
    what: 'of another key, no UTF-8',
    schema: TEXTS,
    value: ['04', '026f', '02ff', '026b', '0262', '00'],
    finds: { '/m/k': text('b') },
  },
  {
    what: 'inside of the first, no UTF-8',
    schema: NESTED_TEXTS,
    value: ['04', '026b', '0202ff00', '026b', '00', '00'],
    finds: 'none',
    paths: ['/m/k/0'],
  },
  {
    what: 'inside of the first, where no path ends',
    schema: NESTED_TEXTS,
    value: ['04', '026b', '0202ff00', '026b', '00', '00'],
    finds: { '/m/k': ['list'], '/m/k/1': MISSING },
  },
  {
    what: 'a schema that is a name',
    schema: ' a.R ',
    references: [
      { name: 'a.R', text: JSON.stringify({ type: 'record', name: 'a.R', fields: [{ name: 'a', type: 'int' }] }) },
    ],
    value: ['0e'],
    finds: { '/a': integer('7') },
  },
];

function paths({ finds, paths: asked }: Row): readonly string[] {
  return finds === 'none' ? asked! : Object.keys(finds);
}

function expected({ finds }: Row): readonly Found[] | 'none' {
  return finds === 'none' ? 'none' : Object.values(finds);
}

test.each(PROTOBUF)('Protobuf: $what', (row) => {
  const { schema, references = [] } = row;
  const bytes = Buffer.from(`00${row.value.join('')}`, 'hex');
  const asked = paths(row);
  const theirs = readPaths(new ProtobufReader(parseProtobuf(schema, references), pathsOf(asked)), bytes, asked.length);
  expect(typeof theirs === 'string' ? 'none' : theirs, 'the fold').toEqual(expected(row));
  const wanted = wantedOf(asked.map(stepsOf));
  const ours = foundBy(asked, () => protobufValue(protobufSchema(schema, references), bytes, wanted));
  expect(ours, 'the oracle').toEqual(expected(row));
});

test.each(AVRO)('Avro: $what', (row) => {
  const { schema, references = [] } = row;
  const bytes = Buffer.from(row.value.join(''), 'hex');
  const asked = paths(row);
  const theirs = readPaths(new AvroReader(parseAvro(schema, references), pathsOf(asked)), bytes, asked.length);
  expect(typeof theirs === 'string' ? 'none' : theirs, 'the fold').toEqual(expected(row));
  const ours = foundBy(asked, () => avroValue(avroSchema(schema, references), bytes));
  expect(ours, 'the oracle').toEqual(expected(row));
});
