/**
 * Avro and Protobuf read twice: the fold's readers and the checkers' share no code, and must find the same at every path of any
 * value, whole or damaged, or both say that it is none.
 */
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { AvroReader } from '../../../payments/event/avro/compile-avro.ts';
import { parseAvro } from '../../../payments/event/avro/parse-avro.ts';
import { ProtobufReader } from '../../../payments/event/protobuf/compile-protobuf.ts';
import { AvroDrawing, avscType, rememberRecords } from '../../../payments/event/schema/testing/draw-avro.ts';
import { ProtobufDrawing } from '../../../payments/event/schema/testing/draw-protobuf.ts';
import { type Found, pathsOf, readPaths } from '../../../payments/event/schema/testing/read-paths.ts';
import { parseProtobuf } from '../../../registry/parse-protobuf.ts';
import { stepsOf } from '../mapped/oracle-rules.ts';
import { avroSchema } from './avro-schema.ts';
import { avroValue } from './avro-value.ts';
import { protobufSchema } from './protobuf-schema.ts';
import { protobufValue, wantedOf } from './protobuf-value.ts';
import { foundBy } from './testing/found-by.ts';

const RUNS = Number(process.env.PROVENONCE_AGREEMENT_RUNS ?? 150);

/** Bytes that are changed, and how many of the end are cut off. */
const damage = fc.record({
  flips: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
  cut: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat({ max: 5 })),
});

function damaged(bytes: Buffer, { flips, cut }: { flips: [number, number][]; cut: number }, from: number): Buffer {
  for (const [at, byte] of flips) if (bytes.length > from) bytes[from + (at % (bytes.length - from))] = byte;
  return bytes.subarray(0, Math.max(from, bytes.length - cut));
}

function compare(theirs: readonly Found[] | string, ours: readonly Found[] | 'none'): boolean {
  expect(ours).toEqual(typeof theirs === 'string' ? 'none' : theirs);
  return ours !== 'none';
}

test('Avro', { timeout: 60_000 + RUNS * 100 }, () => {
  let whole = 0;
  fc.assert(
    fc.property(fc.gen(), damage, (g, harm) => {
      const drawing = new AvroDrawing(g, fc);
      const schema = drawing.schema();
      rememberRecords(schema);
      const type = avscType(schema);
      const bytes = damaged(type.toBuffer(drawing.value(type)), harm, 0);
      const paths = drawing.paths(schema);
      const text = JSON.stringify(schema);
      const theirs = readPaths(new AvroReader(parseAvro(text), pathsOf(paths)), bytes, paths.length);
      if (
        compare(
          theirs,
          foundBy(paths, () => avroValue(avroSchema(text, []), bytes)),
        )
      )
        whole += 1;
    }),
    { numRuns: RUNS },
  );
  expect(whole).toBeGreaterThan(RUNS / 10);
});

test('Protobuf', { timeout: 60_000 + RUNS * 100 }, () => {
  let whole = 0;
  fc.assert(
    fc.property(fc.gen(), damage, (g, harm) => {
      const drawing = new ProtobufDrawing(g, fc);
      const text = drawing.file();
      const type = protobuf.parse(text, { keepCase: true }).root.resolveAll().lookupType('drawn.A');
      const message = type.encode(type.create(drawing.message(type))).finish();
      const bytes = damaged(Buffer.concat([Buffer.from([0]), message]), harm, 1);
      const paths = drawing.paths(type);
      const theirs = readPaths(new ProtobufReader(parseProtobuf(text), pathsOf(paths)), bytes, paths.length);
      const ours = foundBy(paths, () => protobufValue(protobufSchema(text, []), bytes, wantedOf(paths.map(stepsOf))));
      if (compare(theirs, ours)) whole += 1;
    }),
    { numRuns: RUNS },
  );
  expect(whole).toBeGreaterThan(RUNS / 10);
});
