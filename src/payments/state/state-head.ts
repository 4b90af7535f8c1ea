/** What a state says of itself: the sums of its entries, and the head with the digest that they come to. */

import { TextKey } from '../../base/memory/text-key.ts';
import type { Counters, StateHead } from '../types.ts';
import type { OpenWindows } from '../windows.ts';
import type { SenderActivity } from './activity.ts';
import { EntryMixer, LaneSum } from './digest.ts';
import type { KnownIds } from './known-ids.ts';

/** Of the digest's own layout: what it is computed over, and how. Raised when that changes, and not with the fold version. */
const DIGEST_VERSION = 1;
const DIGEST = new RegExp(`^v${DIGEST_VERSION}:[0-9a-f]+$`);

/** Whether a stored digest can be compared with one of this release. */
export function isKnownDigest(digest: string): boolean {
  return DIGEST.test(digest);
}

/** Sums over the entries of ids, of activity and of windows. */
export type EntrySums = readonly [ids: LaneSum, activity: LaneSum, windows: LaneSum];

/** From every entry, one by one: what the tables keep up to date must be equal. */
export function sumEntries(ids: KnownIds, activity: SenderActivity, windows: OpenWindows): EntrySums {
  const mixer = new EntryMixer();
  const sums = [new LaneSum(), new LaneSum(), new LaneSum()] as const;
  const [first, second] = [new TextKey(), new TextKey()];
  for (const { offset, eventTimeMs, hashHigh, hashLow, transactionId } of ids.entries()) {
    sums[0].add(mixer.ofId(offset, eventTimeMs, hashHigh, hashLow, first.setText(transactionId)));
  }
  for (const { offset, eventTimeMs, hashHigh, hashLow, senderAccountId, deviceId } of activity.entries()) {
    const [sender, device] = [first.setText(senderAccountId), second.setText(deviceId)];
    sums[1].add(mixer.ofActivity(offset, eventTimeMs, hashHigh, hashLow, sender, device));
  }
  for (const window of windows.snapshot()) sums[2].add(mixer.ofWindow(window));
  return sums;
}

export function headOf(head: Omit<StateHead, 'digest'>, sums: EntrySums): StateHead {
  const lanes = new LaneSum();
  lanes.add(new EntryMixer().ofHead(head.watermarkMs, head.counters));
  for (const sum of sums) lanes.add(sum);
  return { ...head, counters: countersOf(head.counters), digest: `v${DIGEST_VERSION}:${lanes.toHex()}` };
}

/** A copy. */
export function countersOf(counters: Readonly<Counters>): Counters {
  const { consumed, accepted, duplicates, late, rejected } = counters;
  return { consumed, accepted, duplicates, late, rejected };
}
