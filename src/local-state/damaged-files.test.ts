/**
 * After any change of a stored file, loading returns the saved state, or nothing with a reason: never an exception,
 * another state, or a crash.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JournalStateStore, stateDirectory } from './journal-state-store.ts';
import { delta, emptyState, openWindow, plain } from './testing/state-samples.ts';

const TOPIC = 'payment-events';
let root: string;
/** A good file of partition 2, with small and large segments, after some churn. */
let good: Buffer;
let expected: ReturnType<typeof plain>;

function pathOf(location: string, partition: number): string {
  return join(stateDirectory(location), `partition-${partition}`, 'state.journal');
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'damaged-'));
  const location = join(root, 'good');
  const store = new JournalStateStore({ location, topic: TOPIC, onDiscard: () => {}, onProblem: () => {} });
  await store.replace(2, emptyState());
  await store.save(2, delta(0, 2000, { windows: [openWindow(0, 10n), openWindow(1, 20n)] }));
  for (let offset = 2000; offset < 2200; offset += 10) await store.save(2, delta(offset, offset + 10));
  expected = plain(await store.load(2));
  await store.save(2, delta(2200, 2200));
  await store.close();
  good = readFileSync(pathOf(location, 2));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Loads partition `partition` of a location that holds `bytes` as its file. */
async function loadBytes(bytes: Buffer, over: { partition?: number; topic?: string } = {}) {
  const partition = over.partition ?? 2;
  const location = join(root, 'tried');
  rmSync(location, { recursive: true, force: true });
  mkdirSync(dirname(pathOf(location, partition)), { recursive: true });
  writeFileSync(pathOf(location, partition), bytes);
  const reasons: string[] = [];
  const store = new JournalStateStore({
    location,
    topic: over.topic ?? TOPIC,
    onDiscard: (_partition, why) => reasons.push(why),
    onProblem: (_partition, problem) => reasons.push(`problem: ${problem}`),
  });
  const state = plain(await store.load(partition));
  await store.close();
  return { state, reasons };
}

describe('a damaged state file', () => {
  test('is loaded when it is not damaged', async () => {
    const { state, reasons } = await loadBytes(good);
    expect(state?.ids).toHaveLength(2200);
    expect(state).toEqual({ ...expected, head: state?.head });
    expect(reasons).toEqual([]);
  });

  test('that was cut anywhere is discarded', async () => {
    for (let bytes = 0; bytes < good.length; bytes += 1_777) {
      const cut = await loadBytes(good.subarray(0, bytes));
      expect(cut.state).toBeUndefined();
      expect(cut.reasons).toEqual([expect.stringContaining('it is cut')]);
    }
  });

  test('is loaded as it was saved when more bytes follow those that count', async () => {
    const { state, reasons } = await loadBytes(Buffer.concat([good, Buffer.alloc(5_000, 'half a save')]));
    expect(state?.ids).toEqual(expected!.ids);
    expect(reasons).toEqual([]);
  });

  test('with any single flipped bit gives what was saved, or nothing and a reason', async () => {
    let discarded = 0;
    for (let trial = 0; trial < 160; trial += 1) {
      const bytes = Buffer.from(good);
      // Every fourth trial hits the first bytes, where the structure is denser.
      const range = trial % 4 === 0 ? 4_096 : bytes.length;
      const at = (trial * 7919 * 13) % range;
      bytes[at] = bytes[at]! ^ (1 << (trial % 8));
      const { state, reasons } = await loadBytes(bytes);
      if (state === undefined) {
        discarded += 1;
        expect(reasons).toHaveLength(1);
      } else {
        // A flipped bit in an entry's padding.
        expect(state).toEqual({ ...expected, head: state.head });
        expect(reasons).toEqual([]);
      }
    }
    expect(discarded).toBeGreaterThan(150);
  });

  test('with a page of zeros, or of another page, is discarded', async () => {
    const last = Math.floor(good.length / 4096) - 1;
    for (let page = 0; page <= last; page += 1) {
      const zeroed = Buffer.from(good);
      zeroed.fill(0, page * 4096, (page + 1) * 4096);
      const swapped = Buffer.from(good);
      const other = (page + 5) % (last + 1);
      good.copy(swapped, page * 4096, other * 4096, (other + 1) * 4096);
      for (const bytes of [zeroed, swapped]) {
        const { state, reasons } = await loadBytes(bytes);
        expect(state).toBeUndefined();
        expect(reasons).toHaveLength(1);
      }
    }
  });

  test('of another partition or topic is named as such', async () => {
    const partition = await loadBytes(good, { partition: 3 });
    expect(partition.state).toBeUndefined();
    expect(partition.reasons[0]).toContain('it belongs to partition 2 of payment-events');
    const topic = await loadBytes(good, { topic: 'other' });
    expect(topic.reasons[0]).toContain('it belongs to partition 2 of payment-events');
  });

  test('that is no journal at all is discarded, and removed', async () => {
    const { reasons } = await loadBytes(Buffer.alloc(100_000, 'not a database '));
    expect(reasons[0]).toContain('it is not a journal of this program');
    expect(() => readFileSync(pathOf(join(root, 'tried'), 2))).toThrow('ENOENT');
  });

  test('that is cut while it is in use turns the cache off', async () => {
    const location = join(root, 'in-use');
    const problems: string[] = [];
    const store = new JournalStateStore({
      location,
      topic: TOPIC,
      onDiscard: () => {},
      onProblem: (_partition, problem) => problems.push(problem),
    });
    mkdirSync(dirname(pathOf(location, 2)), { recursive: true });
    copyFileSync(pathOf(join(root, 'good'), 2), pathOf(location, 2));
    await store.load(2);
    truncateSync(pathOf(location, 2), 4096);
    await store.save(2, delta(2200, 2300));
    expect(problems).toEqual([expect.stringContaining('was replaced or cut while it was in use')]);
    expect(await store.load(2)).toBeUndefined();
    await store.close();
  });
});
