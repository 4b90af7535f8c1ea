/**
 * Waits until brokers know a new topic. A broker that made a topic may answer for a moment that it does not exist: its
 * metadata follows. A send or a read at once would fail.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '../base/errors.ts';
import { isUnknownTopic } from './client/errors.ts';

/** A leader of each partition as a broker knows it; below 0: none yet. */
export type AskLeaders = () => Promise<readonly number[]>;

export interface KnownLimits {
  readonly timeoutMs: number;
  readonly pollMs: number;
}

const LIMITS: KnownLimits = { timeoutMs: 30_000, pollMs: 100 };
/** Brokers answer in turn: one positive answer could come from the only one that knows. */
const ANSWERS = 3;

interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<unknown>;
}

const CLOCK: Clock = { nowMs: () => performance.now(), sleep: (ms) => sleep(ms) };

/** Rejects with UnreachableError at the limit, and with any other error at once. */
export async function untilKnown(
  topic: string,
  partitions: number,
  ask: AskLeaders,
  { timeoutMs, pollMs }: KnownLimits = LIMITS,
  clock: Clock = CLOCK,
): Promise<void> {
  const untilMs = clock.nowMs() + timeoutMs;
  let inARow = 0;
  let seen = 'no broker knows it';
  while (inARow < ANSWERS) {
    try {
      const leaders = (await ask()).filter((leader) => leader >= 0).length;
      seen = `${leaders} of ${partitions} partitions have a leader`;
      inARow = leaders >= partitions ? inARow + 1 : 0;
    } catch (error) {
      if (!isUnknownTopic(error) && !hasNoLeader(error)) throw error;
      inARow = 0;
    }
    if (inARow >= ANSWERS) return;
    if (clock.nowMs() >= untilMs) {
      throw new UnreachableError(
        `topic ${topic} was made, and after ${timeoutMs / 1000} s ${seen}: run the command again`,
      );
    }
    if (inARow === 0) await clock.sleep(pollMs);
  }
}

function hasNoLeader(error: unknown): boolean {
  return error instanceof Error && (error as { readonly type?: string }).type === 'LEADER_NOT_AVAILABLE';
}
