import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../processor/events.ts';
import { PROGRESS_INTERVAL_MS, progressReporter } from './progress.ts';
import { onRoster } from './testing/on-roster.ts';

function counters(accepted: number, duplicates = 0) {
  return { consumed: accepted + duplicates, accepted, duplicates, late: 0, rejected: 0 };
}

function running(partition: number, accepted = 0): ProcessorEvent {
  return { type: 'takeover.running', partition, epoch: 1, tookMs: 5, counters: counters(accepted) };
}

function folded(partition: number, records: number, now: ReturnType<typeof counters>, lag = 0): ProcessorEvent {
  const position = { watermarkMs: 0, nextOffset: 50, endOffset: 50 + lag };
  return { type: 'batch.folded', partition, records, bytes: 1, counters: now, ...position };
}

/** A reporter on a clock that the test moves. */
function reporting() {
  let nowMs = 1_000;
  let wake: (() => void) | undefined;
  let asleepMs = 0;
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      asleepMs = ms;
      wake = resolve;
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  const reporter = onRoster((roster) => progressReporter({ monotonicMs: () => nowMs, sleep }, roster));
  const events: ProcessorEvent[] = [];
  const ended = new AbortController();
  const running = reporter.run({ emit: (event) => events.push(event) }, ended.signal);
  const pass = async (ms: number): Promise<ProcessorEvent | undefined> => {
    nowMs += ms;
    wake?.();
    await new Promise((resolve) => setImmediate(resolve));
    return events.at(-1);
  };
  const end = (): Promise<void> => {
    ended.abort(new Error('over'));
    return running;
  };
  return { reporter, events, pass, end, asleepMs: () => asleepMs };
}

test('reports every half minute what was done since the last report', async () => {
  const { reporter, events, pass, asleepMs } = reporting();
  expect(asleepMs()).toBe(PROGRESS_INTERVAL_MS);
  expect(PROGRESS_INTERVAL_MS).toBe(30_000);
  reporter.emit({ type: 'assignment.changed', partitions: [0, 1], gained: [0, 1], lost: [] });
  reporter.emit(running(0, 1_000));
  reporter.emit(folded(0, 12, counters(1_010, 2), 4));
  const first = await pass(30_000);
  expect(first).toEqual({
    type: 'processor.progress',
    overMs: 30_000,
    records: 12,
    accepted: 10,
    duplicates: 2,
    late: 0,
    rejected: 0,
    lag: 4,
    partitions: [0],
    takingOver: [1],
    stopped: [],
    assigned: true,
  });
  reporter.emit(folded(0, 3, counters(1_012, 3)));
  expect(await pass(31_000)).toMatchObject({ overMs: 31_000, records: 3, accepted: 2, duplicates: 1, lag: 0 });
  expect(events).toHaveLength(2);
});

test('says so where nothing is owned, and where the group has not answered', async () => {
  const { reporter, pass } = reporting();
  const nothing = { records: 0, lag: 0, partitions: [], takingOver: [], stopped: [] };
  expect(await pass(30_000)).toMatchObject({ ...nothing, assigned: false });
  reporter.emit({ type: 'assignment.changed', partitions: [], gained: [], lost: [] });
  expect(await pass(30_000)).toMatchObject({ ...nothing, assigned: true });
});

test('a partition that goes back to a checkpoint counts from there, and one that went counts no more', async () => {
  const { reporter, pass } = reporting();
  reporter.emit({ type: 'assignment.changed', partitions: [0, 1], gained: [0, 1], lost: [] });
  for (const event of [running(0), running(1), folded(0, 5, counters(5), 9), folded(1, 5, counters(5))])
    reporter.emit(event);
  await pass(30_000);
  reporter.emit({ type: 'partition.fenced', partition: 0, epoch: 1, why: 'x', retryInMs: 1 });
  reporter.emit({ type: 'partition.stopped', partition: 1, code: 'log_changed', error: 'x' });
  expect(await pass(30_000)).toMatchObject({ records: 0, lag: 0, partitions: [], takingOver: [0], stopped: [1] });
  reporter.emit(running(0, 3));
  reporter.emit(folded(0, 4, counters(7)));
  reporter.emit({ type: 'assignment.changed', partitions: [0], gained: [], lost: [1] });
  expect(await pass(30_000)).toMatchObject({ records: 4, accepted: 4, partitions: [0], takingOver: [], stopped: [] });
});

test('ends when it is aborted', async () => {
  const { events, end } = reporting();
  await end();
  expect(events).toEqual([]);
});
