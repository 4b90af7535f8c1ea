import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batch } from '../testing/batch-bytes.ts';
import { BrokenAnswerError, parseFetchResponse, requireAnswersTo } from './fetch-response.ts';

const int = (bytes: 2 | 4 | 8, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 2) buffer.writeInt16BE(value);
  else if (bytes === 4) buffer.writeInt32BE(value);
  else buffer.writeBigInt64BE(BigInt(value));
  return buffer;
};
const RECORDS = batch({ baseOffset: 5, values: ['a', 'b'] });

function body({
  topics = 1,
  name = 7,
  partitions = 1,
  aborted = 1,
  records = RECORDS.length,
  throttleMs = 0,
} = {}): Buffer {
  return Buffer.concat([
    ...[
      int(4, throttleMs),
      int(2, 0),
      int(4, 0),
      int(4, topics),
      int(2, name),
      Buffer.from('payment'),
      int(4, partitions),
    ],
    ...[int(4, 3), int(2, 0), int(8, 10), int(8, 9), int(8, 1), int(4, aborted), int(8, 77), int(8, 6), int(4, -1)],
    ...[int(4, records), RECORDS],
  ]);
}

test('an answer is taken apart', () => {
  const answer = parseFetchResponse(body());
  expect(answer).toMatchObject({ errorCode: 0, clientSideThrottleTime: 0 });
  expect(answer.partitions).toEqual([
    {
      topic: 'payment',
      partition: 3,
      errorCode: 0,
      highWatermark: 10,
      lastStableOffset: 9,
      logStartOffset: 1,
      aborted: [{ producerId: 77n, firstOffset: 6 }],
      records: RECORDS,
    },
  ]);
});

test.for([
  ['topics', { topics: 1_000_000 }],
  ['topics below nothing', { topics: -2 }],
  ['a name past the end', { name: 30_000 }],
  ['a name below nothing', { name: -5 }],
  ['partitions', { partitions: 2_000_000_000 }],
  ['aborted transactions', { aborted: 2_000_000_000 }],
  ['records past the end', { records: 1_000_000 }],
  ['records below nothing', { records: -2 }],
  ['fewer bytes of records than there are', { records: 3 }],
] as const)('a count or length that exceeds the bytes is a named error: %s', ([, wrong]) => {
  expect(() => parseFetchResponse(body(wrong))).toThrow(BrokenAnswerError);
});

test.each([{ topics: -2 }, { partitions: -2 }, { aborted: -2 }, { aborted: 2 ** 30 }])(
  'a number of entries that cannot be is refused: %o',
  (wrong) => {
    const [said] = Object.values(wrong);
    expect(() => parseFetchResponse(body(wrong))).toThrow(`names ${said} entries`);
  },
);

test('a broker that asks for a pause of weeks gets a minute', () => {
  expect(parseFetchResponse(body({ throttleMs: 2_000_000_000 })).clientSideThrottleTime).toBe(60_000);
  expect(parseFetchResponse(body({ throttleMs: -5 })).clientSideThrottleTime).toBe(0);
});

test('any bytes are parsed or refused with a named error, and yield no more than they hold', () => {
  const good = body();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }),
      fc.nat({ max: good.length }),
      (changes, length) => {
        const bytes = Buffer.from(good.subarray(0, length % 3 === 0 ? length : good.length));
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        try {
          const { partitions } = parseFetchResponse(bytes);
          const held = partitions.reduce((sum, { records, aborted }) => sum + records.length + aborted.length * 16, 0);
          expect(held).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenAnswerError);
        }
      },
    ),
    { numRuns: 3_000 },
  );
});

test('an answer holds each partition that was asked for once, and no other', () => {
  const [one] = parseFetchResponse(body()).partitions;
  const asked = new Set([3]);
  expect(() => requireAnswersTo('payment', asked, [one!])).not.toThrow();
  expect(() => requireAnswersTo('other', asked, [one!])).toThrow('partition 3 of "payment" was answered');
  expect(() => requireAnswersTo('payment', new Set([4]), [one!])).toThrow(BrokenAnswerError);
  expect(() => requireAnswersTo('payment', asked, [one!, one!])).toThrow('2 answers for 1 partitions');
  expect(() => requireAnswersTo('payment', new Set([3, 4]), [one!])).toThrow('and 2 were asked for');
});
