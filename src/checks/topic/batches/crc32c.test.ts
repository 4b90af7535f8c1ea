import { crc32c as reference } from '@node-rs/crc32';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

test('the vectors of RFC 3720 and of the catalogue of CRCs', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, byte) => byte);
  expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa');
  expect(crc32c(new Uint8Array(32).fill(0xff)).toString(16)).toBe('62a8ab43');
  expect(crc32c(ascending).toString(16)).toBe('46dd794e');
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
});

test('it agrees with another implementation on any bytes and any part of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), fc.nat(20), (bytes, skip, drop) => {
      const start = Math.min(skip, bytes.length);
      const end = Math.max(start, bytes.length - drop);
      expect(crc32c(bytes, start, end)).toBe(reference(Buffer.from(bytes.subarray(start, end))));
    }),
  );
});
