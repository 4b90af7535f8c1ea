import { describe, expect, it } from 'vitest';
import { murmur2, partitionForKey } from './murmur2.ts';

describe('murmur2', () => {
  // The vectors of Kafka's own UtilsTest.testMurmur2.
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('%s hashes as in the Java client', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it('a negative hash loses its sign bit before it picks a partition', () => {
    expect(partitionForKey(Buffer.from('21'), 10)).toBe((-973_932_308 & 0x7fffffff) % 10);
  });
});
