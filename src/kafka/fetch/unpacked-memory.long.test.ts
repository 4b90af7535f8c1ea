/** Answers that unpack to many batches, or to many records. One large value: unpacked-memory.test.ts. */
import { test } from 'vitest';
import { expectBoundedMemory } from '../testing/unpacked-memory.ts';

test.for(['many batches', 'many records'])('six answers that unpack to %s are read whole, in bounded memory', (kind) =>
  expectBoundedMemory(kind),
);
