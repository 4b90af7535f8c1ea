/**
 * Laws of the fold on drawn logs: it agrees with its definition written out naively; a restart at any offset, from a local
 * store or from the sink, gives the same digest and the same further rows; and nothing goes missing. Ids, senders, times
 * and regions are drawn from small sets around the watermark, so that copies, expired ids and closing windows are common.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionFold } from './fold.ts';
import { rebuildFromMs } from './state/liveness.ts';
import {
  emptyOutput,
  event,
  FIXED,
  type FoldedRows,
  foldAll,
  PLACE,
  record,
  rowsOf,
  settings,
} from './testing/fold-fixture.ts';
import type { FixedSettings, LogRecord, OpenWindow, RememberedPayment, StateDelta, StoredState } from './types.ts';

const SETTINGS = settings({ watermarkDelayMs: 90_000 });

interface Drawn {
  readonly id: number;
  readonly sender: number;
  readonly device: number;
  readonly backMs: number;
  readonly aheadMs: number;
  readonly amount: number;
  readonly region: string;
  readonly broken: boolean;
  readonly gap: number;
}

const drawnLog = fc.array(
  fc.record<Drawn>({
    id: fc.nat({ max: 30 }),
    sender: fc.nat({ max: 2 }),
    device: fc.nat({ max: 5 }),
    backMs: fc.oneof(fc.constant(0), fc.nat({ max: 150_000 })),
    aheadMs: fc.nat({ max: 20_000 }),
    amount: fc.nat({ max: 700_000 }),
    region: fc.constantFrom('eu-west', 'africa', '\ufffd', '\u{1f600}'),
    broken: fc.boolean(),
    gap: fc.constantFrom(0, 0, 0, 1, 5),
  }),
  { minLength: 20, maxLength: 250 },
);
const anyFixed = fc.record<FixedSettings>({
  idHorizonMs: fc.constantFrom(0, 1, 45_000, 60_000, 200_000),
  windowMs: fc.constantFrom(10_000, 60_000, 90_000),
  activitySpanMs: fc.constantFrom(1_000, 60_000, 300_000),
  minEventTimeMs: fc.constant(FIXED.minEventTimeMs),
});

/** Time moves on by `aheadMs` a record; `backMs` puts an event before that. One record in sixteen or so is broken. */
function logOf(drawn: readonly Drawn[]): LogRecord[] {
  let nowMs = 0;
  let offset = 100;
  return drawn.map((one, index) => {
    nowMs += one.aheadMs;
    offset += 1 + one.gap;
    const members = event(
      {
        transaction_id: `t${one.id}`,
        sender_account_id: `s${one.sender}`,
        device_id: `d${one.device}`,
        amount: one.amount / 100,
        region: one.region,
        ...(one.broken && index % 8 === 0 ? { currency: 'x' } : {}),
      },
      nowMs - one.backMs,
    );
    return record(offset, members);
  });
}

/** How much is held; the memory that it takes depends on how it came to be. */
function entriesOf(fold: PartitionFold) {
  const { ids, activityEntries, senders, openWindows } = fold.stats();
  return { ids, activityEntries, senders, openWindows };
}

function freshFold(fixed: FixedSettings): PartitionFold {
  return PartitionFold.fresh({ ...PLACE, fixed, startOffset: 0 });
}

function foldOn(fold: PartitionFold, records: readonly LogRecord[]): FoldedRows {
  const out = emptyOutput();
  for (const one of records) fold.fold(one, SETTINGS, out);
  return rowsOf(out);
}

/** A local store reduced to what it means: applies deltas, drops what they call dead, gives entries in odd order. */
class ModelStore {
  #state: StoredState;
  constructor(state: StoredState) {
    this.#state = state;
  }

  save(delta: StateDelta): void {
    expect(delta.fromOffset).toBe(this.#state.head.nextOffset);
    const key = (window: OpenWindow): string => JSON.stringify([window.windowStartMs, window.region, window.currency]);
    const windows = new Map([...this.#state.windows, ...delta.windows].map((window) => [key(window), window]));
    const ids = [...delta.remembered, ...this.#state.ids].filter((entry) => entry.eventTimeMs >= delta.idsLiveFromMs);
    const activity = [...delta.remembered, ...this.#state.activity];
    this.#state = {
      head: delta.head,
      ids,
      activity: activity.filter((entry) => entry.eventTimeMs >= delta.activityLiveFromMs),
      windows: [...windows.values()].filter((window) => window.windowStartMs >= delta.windowsLiveFromMs).reverse(),
    };
  }

  load(): StoredState {
    return this.#state;
  }
}

describe('laws of the fold', () => {
  it('it agrees with its definition, written out naively', () => {
    fc.assert(
      fc.property(drawnLog, anyFixed, (drawn, fixed) => {
        const log = logOf(drawn);
        const { out } = foldAll(log, SETTINGS, fixed);
        const expected = foldByDefinition(log, fixed);
        expect(
          out.accepted.map((row) => [row.kafkaOffset, row.fraud.txnCount5Min, row.fraud.uniqueDevicesSender]),
        ).toEqual(expected.accepted);
        expect(out.exceptions.map((row) => [row.kafkaOffset, row.disposition, row.firstKafkaOffset])).toEqual(
          expected.exceptions,
        );
      }),
      { numRuns: 150 },
    );
  });

  it('consumed = accepted + duplicate + late + rejected, with one row each; windows hold what was accepted', () => {
    fc.assert(
      fc.property(drawnLog, anyFixed, (drawn, fixed) => {
        const log = logOf(drawn);
        const { fold, out } = foldAll(log, SETTINGS, fixed);
        const { consumed, accepted, duplicates, late, rejected } = fold.counters;
        expect(consumed).toBe(log.length);
        expect(accepted + duplicates + late + rejected).toBe(consumed);
        const offsets = [...out.accepted, ...out.exceptions].map((row) => row.kafkaOffset);
        expect(offsets.sort((left, right) => left - right)).toEqual(log.map((one) => one.offset));
        for (const partial of out.partials) {
          expect(partial.windowEndMs).toBeLessThanOrEqual(fold.watermarkMs);
          const inside = out.accepted.filter(
            ({ payment }) =>
              payment.region === partial.region &&
              payment.currency === partial.currency &&
              payment.eventTimeMs >= partial.windowStartMs &&
              payment.eventTimeMs < partial.windowEndMs,
          );
          expect([partial.transactionCount, partial.totalAmount]).toEqual([
            inside.length,
            inside.reduce((sum, { payment }) => sum + payment.amount, 0n),
          ]);
        }
        const closed = out.accepted.filter(
          ({ payment }) =>
            Math.floor(payment.eventTimeMs / fixed.windowMs) * fixed.windowMs + fixed.windowMs <= fold.watermarkMs,
        );
        expect(out.partials.reduce((sum, partial) => sum + partial.transactionCount, 0)).toBe(closed.length);
      }),
      { numRuns: 100 },
    );
  });

  it('a restart at any offset, from a store fed by deltas or from the payments, changes nothing', () => {
    fc.assert(
      fc.property(drawnLog, anyFixed, fc.nat(), fc.integer({ min: 1, max: 40 }), (drawn, fixed, cut, saveEvery) => {
        const log = logOf(drawn);
        const cutAt = cut % (log.length + 1);
        const folded = freshFold(fixed);
        const store = new ModelStore(folded.export());
        const before = emptyOutput();
        for (const [index, one] of log.slice(0, cutAt).entries()) {
          folded.fold(one, SETTINGS, before);
          if (index % saveEvery === 0) store.save(folded.takeDelta());
        }
        store.save(folded.takeDelta());
        const head = folded.head();
        expect(folded.recomputeHead()).toEqual(head);

        const stored = PartitionFold.fromStored({ ...PLACE, fixed, stored: store.load() });
        const rebuild = PartitionFold.rebuild({ ...PLACE, fixed, ...head });
        expect(rebuild.fromEventTimeMs).toBe(rebuildFromMs(fixed, head.watermarkMs));
        rebuild.add([...before.accepted].filter(({ payment }) => payment.eventTimeMs >= rebuild.fromEventTimeMs));
        const rebuilt = rebuild.finish();
        const exported = PartitionFold.fromStored({ ...PLACE, fixed, stored: rebuilt.export() });

        const rest = log.slice(cutAt);
        const expectedRows = foldOn(folded, rest);
        for (const restored of [stored, rebuilt, exported]) {
          expect(restored.head()).toEqual(head);
          expect(foldOn(restored, rest)).toEqual(expectedRows);
          expect(restored.head()).toEqual(folded.head());
          expect(restored.recomputeHead()).toEqual(folded.head());
          expect(entriesOf(restored)).toEqual(entriesOf(folded));
        }
        // Deltas after a restart fit the store they came from.
        store.save(stored.takeDelta());
        expect(PartitionFold.fromStored({ ...PLACE, fixed, stored: store.load() }).head()).toEqual(folded.head());
      }),
      { numRuns: 200 },
    );
  });

  it('a state that lacks or changes anything has another digest', () => {
    const log = logOf(fc.sample(drawnLog, { seed: 7, numRuns: 40 }).flat().slice(0, 200));
    const { fold } = foldAll(log, SETTINGS);
    const whole = fold.export();
    const ids = [...whole.ids];
    const activity = [...whole.activity];
    const windows = [...whole.windows];
    expect(Math.min(ids.length, activity.length, windows.length)).toBeGreaterThan(1);
    const damaged: StoredState[] = [
      { ...whole, ids: ids.slice(1) },
      { ...whole, activity: activity.slice(1) },
      { ...whole, windows: windows.slice(1) },
      { ...whole, ids: ids.map((entry, index) => (index === 0 ? { ...entry, transactionId: 'x' } : entry)) },
      { ...whole, ids: ids.map((entry, index) => (index === 0 ? { ...entry, hashLow: entry.hashLow ^ 1 } : entry)) },
      { ...whole, activity: activity.map((entry, index) => (index === 0 ? { ...entry, deviceId: 'x' } : entry)) },
      {
        ...whole,
        windows: windows.map((one, index) => (index === 0 ? { ...one, totalAmount: one.totalAmount + 1n } : one)),
      },
      { ...whole, head: { ...whole.head, watermarkMs: whole.head.watermarkMs + 1 } },
      { ...whole, head: { ...whole.head, counters: { ...whole.head.counters, late: 99 } } },
    ];
    const digests = damaged.map((stored) => PartitionFold.fromStored({ ...PLACE, stored }).head().digest);
    expect(digests).not.toContain(whole.head.digest);
    expect(PartitionFold.fromStored({ ...PLACE, stored: whole }).head().digest).toBe(whole.head.digest);
  });

  it('an export and a delta are left alone by later folding', () => {
    const log = logOf(fc.sample(drawnLog, { seed: 11, numRuns: 10 }).flat().slice(0, 150));
    const { fold } = foldAll(log.slice(0, 75), SETTINGS);
    const exported = fold.export();
    const copy = structuredClone(exported);
    foldOn(fold, log.slice(75, 100));
    const delta = fold.takeDelta();
    const deltaCopy = structuredClone({ ...delta, remembered: [...delta.remembered] });
    expect(deltaCopy.remembered.length).toBeGreaterThan(0);
    foldOn(fold, log.slice(100));
    expect(exported).toEqual(copy);
    expect({ ...delta, remembered: [...delta.remembered] }).toEqual(deltaCopy);
  });

  it('state stays bounded on an endless stream, also when no delta is ever taken', () => {
    const fold = freshFold(FIXED);
    const out = emptyOutput();
    let most = 0;
    for (let index = 0; index < 100_000; index += 1) {
      fold.fold(
        record(index, event({ transaction_id: `t${index}`, sender_account_id: `s${index % 50}` }, index * 100)),
        SETTINGS,
        out,
      );
      out.accepted.clear();
      out.partials.length = 0;
      if (index % 1_000 === 0) most = Math.max(most, fold.stats().activityEntries);
    }
    // 10 payments a second live for the delay, the span and at most a minute more.
    expect(most).toBeLessThanOrEqual(10 * (90 + 300 + 60) + 1);
    expect(fold.stats().ids).toBeLessThanOrEqual(10 * (90 + 60) + 1);
    expect(fold.takeDelta().remembered.length).toBeLessThanOrEqual(10 * (90 + 300 + 60) + 1);
  });
});

/** The fold's decisions and counts by their definition: nothing is remembered but the accepted payments. */
function foldByDefinition(log: readonly LogRecord[], fixed: FixedSettings) {
  const accepted: Pick<
    RememberedPayment,
    'offset' | 'transactionId' | 'eventTimeMs' | 'senderAccountId' | 'deviceId'
  >[] = [];
  const acceptedRows: number[][] = [];
  const exceptions: (string | number | null)[][] = [];
  let watermarkMs = fixed.minEventTimeMs;
  for (const { offset, value } of log) {
    const members = JSON.parse(String(value)) as Record<string, string> & { timestamp: number; amount: number };
    const eventTimeMs = members.timestamp;
    const known = accepted.findLast((one) => one.transactionId === members.transaction_id);
    if (members.currency === 'x' || members.amount === 0) exceptions.push([offset, 'rejected', null]);
    else if (known !== undefined && known.eventTimeMs >= watermarkMs - fixed.idHorizonMs) {
      exceptions.push([offset, 'duplicate', known.offset]);
    } else if (eventTimeMs < watermarkMs) exceptions.push([offset, 'late', null]);
    else {
      const payment = {
        offset,
        eventTimeMs,
        transactionId: String(members.transaction_id),
        senderAccountId: String(members.sender_account_id),
        deviceId: String(members.device_id),
      };
      accepted.push(payment);
      const seen = accepted.filter(
        (one) =>
          one.senderAccountId === payment.senderAccountId &&
          one.eventTimeMs > eventTimeMs - fixed.activitySpanMs &&
          one.eventTimeMs <= eventTimeMs,
      );
      acceptedRows.push([offset, seen.length, new Set(seen.map((one) => one.deviceId)).size]);
      watermarkMs = Math.max(watermarkMs, eventTimeMs - SETTINGS.watermarkDelayMs);
    }
  }
  return { accepted: acceptedRows, exceptions };
}
