/** The size of the state on disk becomes constant once as much dies as arrives. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JournalStateStore, stateDirectory } from './journal-state-store.ts';
import { DAY_ONE_MS, delta, emptyState, remembered } from './testing/state-samples.ts';

test('the file stops growing once entries die as fast as they come', async () => {
  const location = mkdtempSync(join(tmpdir(), 'state-size-'));
  const store = new JournalStateStore({ location, topic: 'payment-events', onDiscard: () => {}, onProblem: () => {} });
  await store.replace(0, emptyState());
  const bytesAfter: number[] = [];
  const file = join(stateDirectory(location), 'partition-0', 'state.journal');
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
    bytesAfter.push(statSync(file).size);
  }
  await store.close();
  rmSync(location, { recursive: true });
  // Ten minutes of entries are 60 saves: full long before the half. In between the file grows, and is rewritten.
  const [earlier, later] = [Math.max(...bytesAfter.slice(200, 400)), Math.max(...bytesAfter.slice(400))];
  expect(later / earlier).toBeLessThan(1.1);
  const least = Math.min(...bytesAfter.slice(200));
  expect(later / least).toBeGreaterThan(1.5);
  expect(later / least).toBeLessThan(3.2);
});
