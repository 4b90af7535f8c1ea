/**
 * The head and the open windows as sealed JSON. The head says whose state this is, in clear, so that a foreign file is
 * named as such; the seals of all other values depend on it too.
 */
import type { OpenWindow, StateHead } from '../payments/types.ts';
import { SEAL_BYTES } from './seal.ts';

/** Raised whenever the layout of anything stored changes; an older store is then discarded. */
export const STORE_FORMAT = 1;

/** Whose state a store holds. */
export interface StoreIdentity {
  readonly topic: string;
  readonly partition: number;
}

export interface StoredHead extends StoreIdentity {
  readonly format: number;
  readonly head: StateHead;
}

export function encodeHead(identity: StoreIdentity, head: StateHead): Buffer {
  const stored: StoredHead = { format: STORE_FORMAT, topic: identity.topic, partition: identity.partition, head };
  return withRoomForSeal(JSON.stringify(stored));
}

export function decodeHead(value: Buffer): StoredHead {
  return JSON.parse(value.toString('utf8', SEAL_BYTES)) as StoredHead;
}

export function encodeWindow(window: OpenWindow): Buffer {
  return withRoomForSeal(
    JSON.stringify([
      window.windowStartMs,
      window.region,
      window.currency,
      window.transactionCount,
      String(window.totalAmount),
      String(window.minAmount),
      String(window.maxAmount),
    ]),
  );
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

function withRoomForSeal(text: string): Buffer {
  const value = Buffer.alloc(SEAL_BYTES + Buffer.byteLength(text, 'utf8'));
  value.write(text, SEAL_BYTES, 'utf8');
  return value;
}
