/**
 * A journal is rewritten while saves continue; if the process ends at any time, the remaining file is the state at its
 * last save.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenWindow, RememberedPayment, StateDelta } from '../payments/types.ts';
import { JournalStateStore, stateDirectory } from './journal-state-store.ts';
import { DAY_ONE_MS, delta, emptyState, MINUTE_MS, openWindow, plain, remembered } from './testing/state-samples.ts';

const PER_SAVE = 300;
const SAVES = 200;
const ID_MINUTES = 10;

/** What a store must hold, entry by entry. */
class Model {
  #ids: RememberedPayment[] = [];
  #activity: RememberedPayment[] = [];
  readonly #windows = new Map<number, OpenWindow>();
  #head = emptyState().head;

  apply({ head, remembered: added, windows, idsLiveFromMs, activityLiveFromMs, windowsLiveFromMs }: StateDelta): void {
    const minuteFrom = (ms: number) => Math.floor(ms / MINUTE_MS) * MINUTE_MS;
    const living = (all: RememberedPayment[], fromMs: number) =>
      [...all, ...added].filter(({ eventTimeMs }) => eventTimeMs >= minuteFrom(fromMs));
    this.#ids = living(this.#ids, idsLiveFromMs);
    this.#activity = living(this.#activity, activityLiveFromMs);
    for (const window of windows) this.#windows.set(window.windowStartMs, window);
    for (const start of this.#windows.keys()) if (start < windowsLiveFromMs) this.#windows.delete(start);
    this.#head = head;
  }

  get state() {
    const ids = this.#ids.map(({ senderAccountId: _s, deviceId: _d, ...id }) => id);
    const activity = this.#activity.map(({ transactionId: _t, ...entry }) => entry);
    return plain({ head: this.#head, ids, activity, windows: this.#windows.values() });
  }
}

function saveNumber(save: number): StateDelta {
  const from = save * PER_SAVE;
  const nowMs = DAY_ONE_MS + save * 10_000;
  const minute = Math.floor(save / 6);
  const entries = Array.from({ length: PER_SAVE }, (_, index) =>
    remembered(from + index, { eventTimeMs: nowMs - ((index * 7919) % 120_000) + 120_000 }),
  );
  return delta(from, from + PER_SAVE, {
    remembered: entries,
    // The window of this minute, and one that stays open for long, change with every save.
    windows: [openWindow(minute, BigInt(save + 1)), openWindow(minute - (minute % 8), BigInt(2 * save + 1))],
    idsLiveFromMs: nowMs - ID_MINUTES * MINUTE_MS,
    activityLiveFromMs: nowMs - 5 * MINUTE_MS,
    windowsLiveFromMs: nowMs - 9 * MINUTE_MS,
  });
}

test('what is live stays whole while the journal is written anew, wherever the process ends', async () => {
  const root = mkdtempSync(join(tmpdir(), 'compaction-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [location, copy] = [join(root, 'location'), join(root, 'copy')];
  const told: string[] = [];
  const open = (at: string) =>
    new JournalStateStore({
      location: at,
      topic: 'payment-events',
      onDiscard: (_partition, why) => told.push(why),
      onProblem: (_partition, problem) => told.push(problem),
    });
  const fresh = join(stateDirectory(location), 'partition-0', 'fresh.journal');
  const model = new Model();
  const store = open(location);
  await store.replace(0, emptyState());
  let isHalfWay = false;
  let seenHalfWay = 0;
  for (let save = 0; save < SAVES; save += 1) {
    await store.save(0, saveNumber(save));
    model.apply(saveNumber(save));
    const wasHalfWay = isHalfWay;
    isHalfWay = existsSync(fresh);
    if (!isHalfWay && !wasHalfWay && save % 40 !== 39) continue;
    if (isHalfWay) seenHalfWay += 1;
    // The files as a kill would leave them; the test then continues from there.
    cpSync(location, copy, { recursive: true });
    const again = open(copy);
    expect(plain(await again.load(0))).toEqual(model.state);
    const next = new Model();
    await again.save(0, saveNumber(save + 1));
    next.apply(saveNumber(save + 1));
    expect(plain(await again.load(0))!.ids.slice(-PER_SAVE)).toEqual(next.state!.ids);
    await again.close();
    rmSync(copy, { recursive: true });
  }
  await store.close();
  expect(told).toEqual([]);
  expect(seenHalfWay).toBeGreaterThan(2);
});
