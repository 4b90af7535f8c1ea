/** The head and the open windows as sealed JSON. */
import type { OpenWindow, StateHead } from '../payments/types.ts';
import type { EntryBatch } from './entry-batch.ts';
import { HEAD_KEY, type LiveFrom, windowName } from './keys.ts';
import { SEAL_BYTES } from './seal.ts';

/** What ends a save. */
export interface StoredHead {
  readonly head: StateHead;
  readonly liveFrom: LiveFrom;
}

export function putHead(stored: StoredHead, batch: EntryBatch): void {
  putText(HEAD_KEY, JSON.stringify(stored), batch);
}

export function decodeHead(value: Buffer): StoredHead {
  return JSON.parse(value.toString('utf8', SEAL_BYTES)) as StoredHead;
}

export function putWindow(window: OpenWindow, batch: EntryBatch): void {
  const { windowStartMs, region, currency, transactionCount, totalAmount, minAmount, maxAmount } = window;
  const amounts = [totalAmount, minAmount, maxAmount].map(String);
  putText(windowName(window), JSON.stringify([windowStartMs, region, currency, transactionCount, ...amounts]), batch);
}

export function decodeWindow(value: Buffer): OpenWindow {
  const [windowStartMs, region, currency, transactionCount, total, min, max] = JSON.parse(
    value.toString('utf8', SEAL_BYTES),
  ) as [number, string, string, number, string, string, string];
  return {
    windowStartMs,
    region,
    currency,
    transactionCount,
    totalAmount: BigInt(total),
    minAmount: BigInt(min),
    maxAmount: BigInt(max),
  };
}

function putText(key: Buffer, text: string, batch: EntryBatch): void {
  batch.put(key, SEAL_BYTES + Buffer.byteLength(text, 'utf8'), (value) => value.write(text, SEAL_BYTES, 'utf8'));
}
