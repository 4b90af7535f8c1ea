/** Each commit of a life is reported before it is put and after it has landed, under the name of its effect. */
import { expect, it } from 'vitest';
import { DATA_TABLES } from '../../payments/types.ts';
import { DELTA_EFFECTS } from '../../processor/sink-words.ts';
import { settings } from '../bigquery/testing/sample-rows.ts';
import { type HitDeltaPoint, withDeltaCrashPoints, withDeltaRescalePoints } from './crash-points.ts';
import { deltaOperatorSink } from './operator-sink.ts';
import { deltaProcessorSink } from './processor-sink.ts';
import { deltaSinkParts } from './sink-parts.ts';
import { BusyRuntime } from './testing/busy-runtime.ts';
import { type DeltaProcess, deltaProcess, liveOnce, prepared, seeds, TOPIC } from './testing/delta-fixture.ts';
import { MemoryStore } from './testing/memory-store.ts';

const LIFE = { partition: 0, endOffset: 8, batch: 8, checkpointEvery: 1, setting: '7' };

async function reporting(store: MemoryStore, label: number, hit: HitDeltaPoint): Promise<DeltaProcess> {
  const plain = deltaProcess({ store, runtime: new BusyRuntime(label) });
  const tables = withDeltaCrashPoints(plain.tables, hit);
  const parts = deltaSinkParts({ ...plain.parts, tables });
  return { tables, parts, sink: deltaProcessorSink({ parts, inspection: plain.sink }) };
}

it('reports every effect of this sink', async () => {
  const store = new MemoryStore();
  await prepared(deltaProcess({ store, runtime: new BusyRuntime(0) }));
  const points: string[] = [];
  const process = await reporting(store, 1, (point) => void points.push(point));
  await process.sink.seed(TOPIC, seeds(2));
  expect(await liveOnce(process, 'owner', LIFE)).toBe('drained');
  const effects = [...new Set(points.map((point) => point.replace(/\.(before|after)$/, '')))];
  expect(effects.sort()).toEqual([...DELTA_EFFECTS].sort());
  for (const effect of effects) {
    const of = points.filter((point) => point.startsWith(`${effect}.`));
    expect(of.filter((point) => point.endsWith('.before'))).toHaveLength(of.length / 2);
    expect(of[0]).toBe(`${effect}.before`);
  }
  expect(points.indexOf('ownership.settings.after')).toBeLessThan(points.indexOf(`append.${DATA_TABLES[0]}.before`));
});

it('a kill before an effect leaves nothing of it, and one after it leaves it', async () => {
  for (const [point, epoch] of [
    ['ownership.claim.before', 0],
    ['ownership.claim.after', 1],
  ] as const) {
    const store = new MemoryStore();
    await prepared(deltaProcess({ store, runtime: new BusyRuntime(0) }));
    const killed = Promise.withResolvers<void>();
    const process = await reporting(store, 1, (hit) => {
      if (hit !== point) return;
      killed.resolve();
      return new Promise<void>(() => {});
    });
    void liveOnce(process, 'owner', LIFE);
    await killed.promise;
    const [row] = await deltaProcess({ store, runtime: new BusyRuntime(2) }).sink.readOwnership(TOPIC);
    expect([point, row!.epoch]).toEqual([point, epoch]);
    expect(row!.history).toEqual([settings(0)]);
  }
});

it('reports what rescale does to the sink, in its order', async () => {
  const store = new MemoryStore();
  const plain = deltaProcess({ store, runtime: new BusyRuntime(0) });
  await prepared(plain);
  await plain.sink.seed(TOPIC, seeds(2));
  const points: string[] = [];
  const tables = withDeltaRescalePoints(plain.tables, (point) => void points.push(point));
  const operator = deltaOperatorSink(deltaSinkParts({ ...plain.parts, tables }));
  const held = await operator.hold(TOPIC, 'rescale', await operator.readOwnership(TOPIC));
  const owned = held.flatMap(({ won }) => (won === undefined ? [] : [won]));
  const terms = { settleTimeoutMs: 0, gatherMs: 0, onCheckpoint: () => {} };
  for (const claim of owned) await claim.fence(terms, new AbortController().signal);
  const rows = await operator.readOwnership(TOPIC);
  await operator.putHistories(
    TOPIC,
    rows.map(({ partition, claimId, history }) => ({ partition, claimId, history: [...history, settings(9)] })),
  );
  await operator.seed(TOPIC, seeds(3));
  const effects = [...new Set(points.map((point) => point.replace(/\.(before|after)$/, '')))];
  expect(effects).toEqual(['rescale.claim', 'rescale.finalize', 'rescale.generation', 'rescale.seed']);
});
