/** An answer that unpacks to one large value. Many batches and many records: unpacked-memory.long.test.ts. */
import { test } from 'vitest';
import { expectBoundedMemory } from '../testing/unpacked-memory.ts';

test('six answers that unpack to one large value each are read whole, in bounded memory', { timeout: 120_000 }, () =>
  expectBoundedMemory('one value'),
);
