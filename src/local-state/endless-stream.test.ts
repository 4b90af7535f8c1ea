/**
 * An endless stream at a constant rate: memory and disk stop growing. The number of ids is constant after the watermark
 * delay, activity only after its span of five minutes more, and the bytes with it.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PartitionFold } from '../payments/fold.ts';
import { emptyOutput, event, PLACE, record, START_MS, settings } from '../payments/testing/fold-fixture.ts';
import { openStateStore } from './open-state-store.ts';

const PER_SECOND = 25;
const DELAY = settings({ watermarkDelayMs: 60_000 });

it('memory and disk of a level stream are level once activity is', async () => {
  const location = mkdtempSync(join(tmpdir(), 'provenonce-endless-'));
  onTestFinished(() => rmSync(location, { recursive: true, force: true }));
  const fail = (...told: unknown[]) => {
    throw new Error(told.join(' '));
  };
  const store = await openStateStore({ location, topic: 'endless', nowMs: START_MS, onDiscard: fail, onProblem: fail });
  const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
  await store.replace(PLACE.partition, fold.export());
  const looks = new Map<number, { ids: number; bytes: number; diskBytes: number }>();
  for (let second = 0; second < 1_200; second += 1) {
    for (let i = 0; i < PER_SECOND; i += 1) {
      const offset = second * PER_SECOND + i;
      // Senders and devices come and go: each number is in use for some minutes only.
      const sender = `acct-${Math.floor(offset / 2_000) * 100 + (offset % 100)}`;
      const members = { transaction_id: `txn-${offset}`, sender_account_id: sender, device_id: `of-${sender}` };
      const atMs = (1_000 * offset) / PER_SECOND;
      fold.fold(record(offset, event(members, atMs)), DELAY, emptyOutput());
    }
    await store.save(PLACE.partition, fold.takeDelta());
    if (second % 60 !== 59) continue;
    const { ids, approximateBytes } = fold.stats();
    looks.set((second + 1) / 60, { ids, bytes: approximateBytes, diskBytes: bytesIn(location) });
  }
  await store.close();

  const at = (minute: number) => looks.get(minute)!;
  const ids = [3, 5, 9, 20].map((minute) => at(minute).ids);
  expect(new Set(ids).size).toBe(1);
  expect(at(9).bytes).toBeGreaterThan(1.2 * at(3).bytes);
  for (const minute of [12, 16, 20]) {
    expect(at(minute).bytes / at(9).bytes).toBeLessThan(1.05);
    expect(at(minute).diskBytes / at(9).diskBytes).toBeLessThan(1.25);
  }
});

function bytesIn(location: string): number {
  return readdirSync(location, { recursive: true })
    .map((name) => statSync(join(location, String(name))))
    .reduce((total, stat) => total + (stat.isFile() ? stat.size : 0), 0);
}
