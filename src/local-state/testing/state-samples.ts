/** Hand-made states and deltas for tests of state stores. */
import type { RememberedPayment, StateDelta, StateHead, StoredState } from '../../payments/types.ts';

export const MINUTE_MS = 60_000;
/** 2026-01-01T00:00:00Z */
export const DAY_ONE_MS = 1_767_225_600_000;

export function remembered(offset: number, over: Partial<RememberedPayment> = {}): RememberedPayment {
  return {
    offset,
    transactionId: `txn-${String(offset).padStart(12, '0')}`,
    eventTimeMs: DAY_ONE_MS + offset * 10,
    hashHigh: (offset * 2_654_435_761) >>> 0,
    hashLow: 0xffff_ffff - offset,
    senderAccountId: `account-${offset % 97}`,
    deviceId: `device-${offset % 13}`,
    ...over,
  };
}

export function headAt(nextOffset: number): StateHead {
  const counters = { consumed: nextOffset, accepted: nextOffset, duplicates: 0, late: 0, rejected: 0 };
  return { nextOffset, watermarkMs: DAY_ONE_MS, counters, digest: `v1:${nextOffset.toString(16)}` };
}

export function emptyState(nextOffset = 0): StoredState {
  return { head: headAt(nextOffset), ids: [], activity: [], windows: [] };
}

/** Payments [fromOffset, toOffset), nothing dead by default. */
export function delta(fromOffset: number, toOffset: number, over: Partial<StateDelta> = {}): StateDelta {
  return {
    fromOffset,
    head: headAt(toOffset),
    remembered: Array.from({ length: toOffset - fromOffset }, (_, index) => remembered(fromOffset + index)),
    windows: [],
    windowsLiveFromMs: 0,
    idsLiveFromMs: 0,
    activityLiveFromMs: 0,
    ...over,
  };
}

/** A state as plain data, ordered by offset and window. */
export function plain(state: StoredState | undefined) {
  if (state === undefined) return undefined;
  return {
    head: state.head,
    ids: [...state.ids].sort((a, b) => a.offset - b.offset),
    activity: [...state.activity].sort((a, b) => a.offset - b.offset),
    windows: [...state.windows].sort((a, b) => a.windowStartMs - b.windowStartMs),
  };
}

export function openWindow(minute: number, totalAmount: bigint) {
  return {
    windowStartMs: DAY_ONE_MS + minute * MINUTE_MS,
    region: 'eu-west',
    currency: 'EUR',
    transactionCount: 3,
    totalAmount,
    minAmount: 1n,
    maxAmount: totalAmount,
  };
}
