/**
 * What every StateStore must do. A test file calls it with a function that makes a store: `stateStoreSuite('journal',
 * async () => ...)`. `reopen` closes the store and opens its files again.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { StateStore } from '../../processor/ports.ts';
import { DAY_ONE_MS, delta, emptyState, headAt, MINUTE_MS, openWindow, plain, remembered } from './state-samples.ts';

export interface StoreUnderTest {
  readonly store: StateStore;
  /** Reasons given for discarding, in order. */
  readonly discards: readonly { readonly partition: number; readonly why: string }[];
  reopen(): Promise<StoreUnderTest>;
  dispose(): Promise<void>;
}

export function stateStoreSuite(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} state store`, () => {
    const made: StoreUnderTest[] = [];
    async function fresh(): Promise<StoreUnderTest> {
      const one = await make();
      made.push(one);
      return one;
    }
    async function reopened(one: StoreUnderTest): Promise<StoreUnderTest> {
      const next = await one.reopen();
      made.push(next);
      return next;
    }
    afterEach(async () => {
      for (const one of made.splice(0)) await one.dispose();
    });

    test('an unknown partition has no state', async () => {
      const { store } = await fresh();
      expect(await store.load(0)).toBeUndefined();
    });

    test('what was replaced and saved comes back whole after reopening', async () => {
      const one = await fresh();
      await one.store.replace(3, emptyState(100));
      await one.store.save(3, delta(100, 400, { windows: [openWindow(0, 5n), openWindow(1, 6n)] }));
      await one.store.save(3, delta(400, 500, { windows: [openWindow(1, 123_456_789_012_345_678_901n)] }));
      const state = plain(await (await reopened(one)).store.load(3))!;
      expect(state.head).toEqual(headAt(500));
      expect(state.ids.map((id) => id.offset)).toEqual(Array.from({ length: 400 }, (_, index) => 100 + index));
      const { senderAccountId, deviceId, ...id } = remembered(250);
      expect(state.ids[150]).toEqual(id);
      const { transactionId, ...activity } = remembered(250);
      expect(state.activity[150]).toEqual(activity);
      expect([senderAccountId, deviceId, transactionId]).not.toContain(undefined);
      expect(state.windows).toEqual([openWindow(0, 5n), openWindow(1, 123_456_789_012_345_678_901n)]);
    });

    test('a loaded state is the base of the next save', async () => {
      const one = await fresh();
      await one.store.replace(0, emptyState());
      await one.store.save(0, delta(0, 10));
      const two = await reopened(one);
      await two.store.load(0);
      await two.store.save(0, delta(10, 20));
      expect(plain(await (await reopened(two)).store.load(0))!.ids).toHaveLength(20);
    });

    test('saving without loading first continues from what is stored', async () => {
      const one = await fresh();
      await one.store.replace(0, emptyState());
      const two = await reopened(one);
      await two.store.save(0, delta(0, 7));
      expect(plain(await two.store.load(0))!.ids).toHaveLength(7);
    });

    test('a delta that does not start at the stored offset discards the state, and says so', async () => {
      for (const fromOffset of [9, 11]) {
        const one = await fresh();
        await one.store.replace(1, emptyState(10));
        await one.store.save(1, delta(fromOffset, 20));
        expect(await one.store.load(1)).toBeUndefined();
        expect(one.discards).toHaveLength(1);
        expect(one.discards[0]).toMatchObject({ partition: 1, why: expect.stringContaining(`offset ${fromOffset}`) });
      }
    });

    test('a delta for an empty store leaves it empty', async () => {
      const { store } = await fresh();
      await store.save(0, delta(0, 5));
      expect(await store.load(0)).toBeUndefined();
    });

    test('a delta without payments moves the head', async () => {
      const { store } = await fresh();
      await store.replace(0, emptyState(5));
      await store.save(0, { ...delta(5, 5), head: headAt(9) });
      expect((await store.load(0))!.head).toEqual(headAt(9));
    });

    test('ids, activity and windows leave at their own time', async () => {
      const { store } = await fresh();
      await store.replace(0, emptyState());
      const entries = [0, 10, 20, 30].map((minute) =>
        remembered(minute, { eventTimeMs: DAY_ONE_MS + minute * MINUTE_MS }),
      );
      await store.save(0, delta(0, 40, { remembered: entries, windows: [openWindow(0, 1n), openWindow(20, 1n)] }));
      await store.save(
        0,
        delta(40, 40, {
          idsLiveFromMs: DAY_ONE_MS + 10 * MINUTE_MS,
          activityLiveFromMs: DAY_ONE_MS + 25 * MINUTE_MS,
          windowsLiveFromMs: DAY_ONE_MS + 20 * MINUTE_MS,
        }),
      );
      const state = plain(await store.load(0))!;
      expect(state.ids.map((id) => id.offset)).toEqual([10, 20, 30]);
      expect(state.activity.map((entry) => entry.offset)).toEqual([30]);
      expect(state.windows).toEqual([openWindow(20, 1n)]);
    });

    test('an entry at the very edge of the live range stays', async () => {
      const { store } = await fresh();
      await store.replace(0, emptyState());
      const eventTimeMs = DAY_ONE_MS + 59_999;
      const live = { idsLiveFromMs: eventTimeMs, activityLiveFromMs: eventTimeMs };
      await store.save(0, delta(0, 1, { remembered: [remembered(0, { eventTimeMs })], ...live }));
      const state = plain(await store.load(0))!;
      expect([state.ids.length, state.activity.length]).toEqual([1, 1]);
    });

    test('strings of any script and length come back as they were', async () => {
      const { store } = await fresh();
      await store.replace(0, emptyState());
      const strings = ['é', '支付-1', '💳'.repeat(128), 'a\u0000b', 'x'.repeat(256)];
      const entries = strings.map((text, offset) =>
        remembered(offset, { transactionId: text, senderAccountId: `${text}s`, deviceId: `d${text}` }),
      );
      const window = { ...openWindow(0, 1n), region: '亚太\u0000"' };
      await store.save(0, delta(0, strings.length, { remembered: entries, windows: [window] }));
      const state = plain(await store.load(0))!;
      expect(state.ids.map((id) => id.transactionId)).toEqual(strings);
      expect(state.activity.map((entry) => entry.deviceId)).toEqual(strings.map((text) => `d${text}`));
      expect(state.windows).toEqual([window]);
    });

    test('replacing drops everything that was there before', async () => {
      const { store } = await fresh();
      await store.replace(0, emptyState());
      await store.save(0, delta(0, 50, { windows: [openWindow(0, 1n)] }));
      const ids = [remembered(7)].map(({ senderAccountId: _s, deviceId: _d, ...id }) => id);
      await store.replace(0, { ...emptyState(60), ids });
      expect(plain(await store.load(0))).toEqual({ head: headAt(60), ids, activity: [], windows: [] });
    });

    test('partitions are apart', async () => {
      const { store } = await fresh();
      await store.replace(0, emptyState());
      await store.replace(1, emptyState());
      await Promise.all([store.save(0, delta(0, 5)), store.save(1, delta(0, 9))]);
      await store.discard(0, 'test');
      expect(await store.load(0)).toBeUndefined();
      expect(plain(await store.load(1))!.ids).toHaveLength(9);
    });

    test('operations on a partition happen in the order they were asked for', async () => {
      const { store } = await fresh();
      void store.replace(0, emptyState());
      for (let offset = 0; offset < 50; offset += 5) void store.save(0, delta(offset, offset + 5));
      expect(plain(await store.load(0))!.ids).toHaveLength(50);
    });

    test('a loaded state can still be read after later saves, and more than once', async () => {
      const { store } = await fresh();
      await store.replace(0, emptyState());
      await store.save(0, delta(0, 1000));
      const loaded = (await store.load(0))!;
      await store.save(0, delta(1000, 2000, { idsLiveFromMs: DAY_ONE_MS * 2, activityLiveFromMs: DAY_ONE_MS * 2 }));
      expect([...loaded.ids]).toHaveLength(1000);
      expect([...loaded.ids]).toHaveLength(1000);
    });
  });
}
