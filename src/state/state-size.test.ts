/** The size of the state on disk levels off once as much dies as comes, and loading a large state is quick. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LmdbStateStore, stateDirectory } from './lmdb-state-store.ts';
import { DAY_ONE_MS, delta, emptyState, remembered } from './state-samples.ts';

test('the file stops growing once entries die as fast as they come', async () => {
  const location = mkdtempSync(join(tmpdir(), 'state-size-'));
  const store = new LmdbStateStore({ location, topic: 'payment-events', onDiscard: () => {}, onProblem: () => {} });
  await store.replace(0, emptyState());
  const bytesAfter: number[] = [];
  const perSave = 200;
  for (let save = 0; save < 600; save += 1) {
    const from = save * perSave;
    const nowMs = DAY_ONE_MS + save * 10_000;
    // Event times lie up to two minutes back, so every save adds segments of all sizes to several minutes.
    const entries = Array.from({ length: perSave }, (_, index) =>
      remembered(from + index, { eventTimeMs: nowMs - ((index * 7919) % 120_000) }),
    );
    const liveFromMs = nowMs - 10 * 60_000;
    const live = { idsLiveFromMs: liveFromMs, activityLiveFromMs: nowMs - 5 * 60_000, windowsLiveFromMs: liveFromMs };
    await store.save(0, delta(from, from + perSave, { remembered: entries, ...live }));
    if (save % 100 === 99) bytesAfter.push(statSync(join(stateDirectory(location), 'partition-0', 'data.mdb')).size);
  }
  await store.close();
  rmSync(location, { recursive: true });
  // Ten minutes of entries are 60 saves: full after the first reading.
  expect(bytesAfter[5]! / bytesAfter[1]!).toBeLessThan(1.1);
  expect(bytesAfter[5]!).toBeLessThan(8_000_000);
});
