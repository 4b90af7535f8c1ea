import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageReader, messageMemory } from './message-socket.ts';

function message(size: number, fill: number): Buffer {
  const bytes = Buffer.alloc(4 + size, fill);
  bytes.writeInt32BE(size);
  return bytes;
}

/** Feeds the bytes as a socket would: as far as there is room, at most `chunk()` at a time. */
function feed(reader: MessageReader, bytes: Buffer, chunk: () => number): void {
  for (let at = 0; at < bytes.length; ) {
    const room = reader.room();
    expect(room.length).toBeGreaterThan(0);
    const length = bytes.copy(room, 0, at, Math.min(bytes.length, at + chunk(), at + room.length));
    at += length;
    reader.took(length);
  }
}

const fail = (error: Error): never => {
  throw error;
};

const SIZES = [0, 1, 3, 900, 16_379, 16_380, 16_381, 90_000, 400_000];

test('messages come out whole and in order, however they are cut', () => {
  const sizes = fc.array(fc.constantFrom(...SIZES), { minLength: 1, maxLength: 10 });
  const chunks = fc.infiniteStream(fc.constantFrom(1, 3, 4, 5, 1_500, 16_384, 65_536));
  fc.assert(
    fc.property(sizes, chunks, (drawn, chunk) => {
      const sent = drawn.map((size, index) => message(size, index + 1));
      const got: Buffer[] = [];
      const reader = new MessageReader((bytes) => got.push(Buffer.from(bytes)), fail);
      feed(reader, Buffer.concat(sent), () => chunk.next().value as number);
      expect(got.map((bytes) => bytes.length)).toEqual(sent.map((bytes) => bytes.length));
      expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a large message is in memory of its own, which is used again once it was given back', () => {
  const got: Buffer[] = [];
  const reader = new MessageReader((bytes) => got.push(bytes), fail);
  const whole = () => 65_536;
  feed(reader, message(3_000_000, 1), whole);
  feed(reader, message(3_000_000, 2), whole);
  expect(got[1]!.buffer).not.toBe(got[0]!.buffer);
  messageMemory.release(got[0]!.subarray(100));
  feed(reader, message(3_000_000, 3), whole);
  expect(got[2]!.buffer).toBe(got[0]!.buffer);
  expect(got[1]!.equals(message(3_000_000, 2))).toBe(true);
});

test('a small message is not in the memory that the next bytes are read into', () => {
  const got: Buffer[] = [];
  const reader = new MessageReader((bytes) => got.push(bytes), fail);
  feed(reader, Buffer.concat([message(10, 1), message(10, 2)]), () => 100);
  expect(got).toEqual([message(10, 1), message(10, 2)]);
});

test.each([-1, 0x7fffffff])('a size of %d is no message', (size) => {
  const errors: Error[] = [];
  const reader = new MessageReader(
    () => expect.unreachable(),
    (error) => errors.push(error),
  );
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(size);
  feed(reader, bytes, () => 8);
  expect(errors[0]?.message).toContain("does not speak Kafka's protocol");
});
