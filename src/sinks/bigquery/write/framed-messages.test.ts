import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { FRAME_BYTES, framedMessage } from './framed-messages.ts';

interface Filter {
  sendMessage(message: Promise<{ message: Buffer; flags?: number }>): Promise<{ message: Buffer; flags?: number }>;
}
const require = createRequire(import.meta.url);
const { CompressionFilter } = require('@grpc/grpc-js/build/src/compression-filter.js') as {
  CompressionFilter: new (options: object, config: object) => Filter;
};

function sent(message: Buffer): Promise<{ message: Buffer; flags?: number }> {
  return new CompressionFilter({}, {}).sendMessage(Promise.resolve({ message, flags: 3 }));
}

test('grpc-js is the version that was read', () => {
  expect((require('@grpc/grpc-js/package.json') as { version: string }).version).toBe('1.14.7');
});

test('a message with its frame leaves grpc-js as it lies, with the bytes that grpc-js would have sent', async () => {
  const whole = Buffer.alloc(FRAME_BYTES + 1_000, 'm');
  const message = framedMessage(whole);
  expect(message.equals(Buffer.alloc(1_000, 'm'))).toBe(true);
  const { message: ours, flags } = await sent(message);
  expect(ours).toBe(whole);
  expect(flags).toBe(3);
  const { message: theirs } = await sent(Buffer.from(message));
  expect(theirs).not.toBe(whole);
  expect(ours.equals(theirs)).toBe(true);
});
