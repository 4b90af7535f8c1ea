import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { reservePorts } from './ports.ts';

test('instances side by side get ports of their own, which can be bound', async () => {
  const blocks = await Promise.all(Array.from({ length: 8 }, reservePorts));
  const ports = blocks.flatMap(({ kafka, kafkaController, rest, grpc }) => [kafka, kafkaController, rest, grpc]);
  expect(new Set(ports).size).toBe(32);
  for (const port of ports) {
    await new Promise<void>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
    });
  }
  for (const block of blocks) block.release();
});

test('ports lie below those that the system gives to outgoing connections', async () => {
  const block = await reservePorts();
  expect(Math.max(block.kafka, block.kafkaController, block.rest, block.grpc)).toBeLessThan(32_768);
  block.release();
});
