/** Where partitions begin that were never processed. */
import { expect, test } from 'vitest';
import type { StartAt } from './settings.ts';
import { startOffsets } from './start-offsets.ts';

const TOPIC = { topic: 't', partitionCount: 2 };

function ask(startAt: StartAt, group: ReadonlyMap<number, number> = new Map(), members = 0) {
  return startOffsets(startAt, TOPIC, [0, 1], {
    bounds: async (partition) => ({ startOffset: 10 + partition, endOffset: 20 + partition }),
    offsetAt: async (partition, timestampMs) => timestampMs + partition,
    groupOffsets: async () => ({ offsets: group, members }),
  });
}

const file = (...entries: [number, number][]): StartAt => ({
  kind: 'offsets',
  file: 'offsets.txt',
  offsets: new Map(entries),
});
const GROUP: StartAt = { kind: 'group', groupId: 'old' };

test('an end of the log, a time, offsets of a file or of a group', async () => {
  expect([...(await ask({ kind: 'earliest' }))]).toEqual([
    [0, 10],
    [1, 11],
  ]);
  expect([...(await ask({ kind: 'latest' }))]).toEqual([
    [0, 20],
    [1, 21],
  ]);
  expect([...(await ask({ kind: 'timestamp', timestampMs: 15 }))]).toEqual([
    [0, 15],
    [1, 16],
  ]);
  expect([...(await ask(file([1, 21], [0, 10])))]).toEqual([
    [0, 10],
    [1, 21],
  ]);
  expect([
    ...(await ask(
      GROUP,
      new Map([
        [0, 12],
        [1, 13],
      ]),
    )),
  ]).toEqual([
    [0, 12],
    [1, 13],
  ]);
});

test('everything that is wrong with named offsets is reported at once', async () => {
  await expect(ask(file([0, 9], [2, 5]))).rejects.toMatchObject({
    name: 'ConfigurationError',
    problems: [
      expect.stringMatching(
        /^START_FROM, offsets.txt: offset 9 of partition 0 is not in the log: the log starts at 10/,
      ),
      expect.stringMatching(/it has no offset for partition 1 of topic t/),
      expect.stringMatching(/partition 2 is not in topic t, which has 2 partitions/),
    ],
  });
  await expect(ask(file([0, 10], [1, 22]))).rejects.toThrow(
    'offset 22 of partition 1 is not in the log: the log ends at 21',
  );
});

test('a group without a commit for a partition is named, and a group with members is refused', async () => {
  await expect(ask(GROUP, new Map([[1, 13]]))).rejects.toThrow(
    'START_FROM, group old: it has no offset for partition 0 of topic t. Put an offset for every partition into a file',
  );
  await expect(
    ask(
      GROUP,
      new Map([
        [0, 12],
        [1, 13],
      ]),
      2,
    ),
  ).rejects.toThrow(/group old: it still has 2 members/);
});
