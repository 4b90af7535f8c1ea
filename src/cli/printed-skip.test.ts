/**
 * The `skip` command that an error prints, pasted into a shell: the command line accepts it, and it skips exactly what
 * is missing.
 */
import { Command } from 'commander';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { damaged } from '../kafka/fetch/unreadable.ts';
import { planSkip, type SkipOrder } from '../operations/skip.ts';
import { silentObserver } from '../processor/events.ts';
import type { FetchAnswer, SkippedRange } from '../processor/ports.ts';
import { LogCursor } from '../processor/run/log-cursor.ts';
import { addCommand } from './commands/skip.ts';

type Flags = Omit<SkipOrder, 'topic' | 'removeRows'> & { readonly removeRows?: boolean };

interface Situation {
  /** C and F; rows of [C, F) are in the tables. */
  readonly checkpointOffset: number;
  readonly resumeOffset: number;
  readonly logStart: number;
  readonly skipped: readonly SkippedRange[];
}

const END = 1_000;
const OTHER_FLAGS = ['--by', 'ann'];

/** The commands in a message, split as by a shell. */
function commandsIn(message: string): string[][] {
  const commands = [...message.matchAll(/provenonce (skip (?:--[a-z-]+(?: (?:"[^"]*"|[\w.-]*\w))?\s?)+)/g)];
  return commands.map(([, command]) =>
    [...command!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!),
  );
}

/** The parsed flags; nothing is run. */
async function parsed(words: readonly string[]): Promise<Flags> {
  const program = new Command('provenonce').exitOverride();
  addCommand(program);
  let found: Flags | undefined;
  program.commands[0]!.action((flags: Flags) => {
    found = flags;
  });
  await program.parseAsync(['node', 'provenonce', ...words, ...OTHER_FLAGS]);
  return found!;
}

/** The error of a cursor that expects `expected` and finds that the log starts later. */
async function gapAt(
  expected: number,
  { checkpointOffset, resumeOffset, logStart, skipped }: Situation,
): Promise<Error> {
  const answers: FetchAnswer[] = [];
  const records = [];
  for (let offset = checkpointOffset; offset < expected; offset++) {
    if (skipped.some(({ from, to }) => offset >= from && offset < to)) continue;
    records.push({ offset, timestampMs: 1, key: null, value: null });
  }
  const base = { byteLength: 1, endOffset: END, session: 1 };
  if (expected > checkpointOffset)
    answers.push({ ...base, askedFrom: checkpointOffset, completeTo: expected, records });
  answers.push({ ...base, askedFrom: logStart, completeTo: logStart + 1, records: [] });
  let startOffset = 0;
  const cursor = new LogCursor({
    partition: 3,
    reader: { read: async () => answers.shift()!, seek: () => {}, close: () => {} },
    runtime: systemRuntime,
    observer: silentObserver,
    bounds: async () => ({ startOffset, endOffset: END }),
    expectedOffset: checkpointOffset,
    writtenTo: resumeOffset,
    fingerprint: null,
    skipped,
    logEndPatienceMs: 1,
  });
  const signal = new AbortController().signal;
  if (expected > checkpointOffset) await cursor.next(signal);
  startOffset = logStart;
  return cursor.next(signal).then(
    () => new Error('no gap'),
    (error: Error) => error,
  );
}

/**
 * Skips the ranges one after the other, in a dataset at C and F over that log; returns what was skipped, and what is
 * left.
 */
async function giveUp(all: readonly Flags[], { checkpointOffset, resumeOffset, logStart, skipped }: Situation) {
  let now = [...skipped];
  let warnings: readonly string[] = [];
  for (const { removeRows = false, ...flags } of all) {
    const ports = {
      runtime: systemRuntime,
      observer: silentObserver,
      bounds: async () => ({ startOffset: logStart, endOffset: END }),
      sink: {
        readOwnership: async () => [{ partition: 3, skipped: now, startOffset: 0 }],
        latestCheckpoint: async () => ({ nextOffset: checkpointOffset }),
        writtenTo: async () => resumeOffset,
      },
    } as unknown as Parameters<typeof planSkip>[1];
    const plan = await planSkip({ topic: 't', ...flags, removeRows }, ports);
    warnings = plan.warnings;
    const { from, to } = flags;
    now = [...now, { from, to, reason: 'x', by: 'x', atMs: 0 }].sort((a, b) => a.from - b.from);
  }
  return { given: all.map(({ from, to }) => [from, to]), warnings };
}

function offsetsOf(ranges: readonly (readonly number[])[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to! - from! }, (_, i) => from! + i));
}

const none: readonly SkippedRange[] = [];

describe('the command of a retention gap', () => {
  test('gives up the missing offsets, to the first one that is there', async () => {
    const situation = { checkpointOffset: 100, resumeOffset: 100, logStart: 200, skipped: none };
    const { message } = await gapAt(150, situation);
    expect(message).toContain('offsets 150 to 199 were deleted');
    expect(message).toContain('provenonce skip --partition 3 --from 150 --to 200 --reason WHY');
  });

  test('removes rows that can no longer be compared', async () => {
    const situation = { checkpointOffset: 100, resumeOffset: 140, logStart: 120, skipped: none };
    const commands = commandsIn((await gapAt(100, situation)).message);
    expect(commands.map((words) => words.join(' '))).toEqual([
      'skip --partition 3 --from 100 --to 140 --reason WHY --remove-rows',
    ]);
    const flags = await Promise.all(commands.map(parsed));
    expect((await giveUp(flags, situation)).given).toEqual([[100, 140]]);
  });

  test('takes them along also where a range between them was given up before', async () => {
    const skipped = [{ from: 110, to: 120, reason: 'x', by: 'x', atMs: 0 }];
    const situation = { checkpointOffset: 100, resumeOffset: 140, logStart: 170, skipped };
    const flags = await Promise.all(commandsIn((await gapAt(100, situation)).message).map(parsed));
    expect(await giveUp(flags, situation)).toEqual({ given: [[100, 170]], warnings: [] });
  });

  test('does so as well where a range behind them was given up before', async () => {
    const skipped = [{ from: 150, to: 160, reason: 'x', by: 'x', atMs: 0 }];
    const situation = { checkpointOffset: 100, resumeOffset: 140, logStart: 170, skipped };
    const commands = commandsIn((await gapAt(100, situation)).message);
    expect(commands.map((words) => words.slice(3).join(' '))).toEqual([
      '--from 100 --to 150 --reason WHY --remove-rows',
      '--from 160 --to 170 --reason WHY',
    ]);
    const flags = await Promise.all(commands.map(parsed));
    expect((await giveUp(flags.slice(0, 1), situation)).warnings).toEqual([
      expect.stringContaining('--from 160 --to 170 '),
    ]);
  });

  test('is taken by the command line, and gives up what is missing and nothing else: any gap, any ranges given up before', async () => {
    const situations = fc
      .record({
        checkpointOffset: fc.integer({ min: 0, max: 40 }),
        folded: fc.integer({ min: 0, max: 20 }),
        lost: fc.integer({ min: 1, max: 40 }),
        cuts: fc.uniqueArray(fc.integer({ min: 1, max: 45 }), { maxLength: 6 }),
      })
      .map(({ checkpointOffset, folded, lost, cuts }) => {
        const expected = checkpointOffset + folded;
        const sorted = cuts.toSorted((a, b) => a - b);
        const skipped = Array.from({ length: Math.floor(sorted.length / 2) }, (_, i) => ({
          from: expected + sorted[2 * i]!,
          to: expected + sorted[2 * i + 1]!,
          reason: 'x',
          by: 'x',
          atMs: 0,
        }));
        return { expected, checkpointOffset, resumeOffset: checkpointOffset, logStart: expected + lost, skipped };
      });
    await fc.assert(
      fc.asyncProperty(situations, async ({ expected, ...situation }) => {
        const { message } = await gapAt(expected, situation);
        const flags = await Promise.all(commandsIn(message).map(parsed));
        // What was folded before the gap is checkpointed before the partition stops.
        const { given, warnings } = await giveUp(flags, {
          ...situation,
          checkpointOffset: expected,
          resumeOffset: expected,
        });
        const before = new Set(offsetsOf(situation.skipped.map(({ from, to }) => [from, to])));
        const missing = offsetsOf([[expected, situation.logStart]]).filter((offset) => !before.has(offset));
        expect(offsetsOf(given)).toEqual(missing);
        expect(warnings).toEqual([]);
        expect(flags.map(({ reason, partition }) => [reason, partition])).toEqual(flags.map(() => ['WHY', 3]));
      }),
      { numRuns: 60 },
    );
  });
});

test('the command of a damaged batch is taken as well, with its reason', async () => {
  const place = { topic: 't', partition: 3, offset: 50, batchEnd: 57 };
  const [words] = commandsIn(damaged(place, new Error('crc')).message);
  expect(await parsed(words!)).toMatchObject({ partition: 3, from: 50, to: 57, reason: 'damaged batch' });
});
