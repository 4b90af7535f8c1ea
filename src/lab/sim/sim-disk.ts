/**
 * The disk of a simulated process: what StateStore keeps per partition. It survives crashes; its faults are those of a
 * cache: lost, older than it should be, another partition's, damaged, not written.
 * Invariant: a save is on the disk whole or not at all.
 */
import type { OpenWindow, RememberedPayment, StateDelta, StateHead, StoredState } from '../../payments/types.ts';
import type { StateStore } from '../../processor/ports.ts';
import { latencyMs } from './context.ts';
import type { Life } from './life.ts';
import type { DiskEffect, Operation } from './plan.ts';
import type { Rng } from './rng.ts';
import { copy } from './sim-encoder.ts';

/** One version of one partition's state. Immutable: a later one shares what it can. */
interface Version {
  readonly head: StateHead;
  readonly ids: readonly StoredId[];
  readonly activity: readonly StoredActivity[];
  readonly windows: ReadonlyMap<string, OpenWindow>;
}

type StoredId = StoredState['ids'] extends Iterable<infer T> ? T : never;
type StoredActivity = StoredState['activity'] extends Iterable<infer T> ? T : never;

const VERSIONS_KEPT = 8;

export class SimDisk {
  /** Newest last. */
  readonly #versions = new Map<number, Version[]>();

  /** The StateStore of one life of the process that has this disk. */
  mount(life: Life): StateStore {
    const { context } = life;
    /** In the order they were asked for, whatever their delays: a slow one holds up those behind it. */
    const waiting: (() => void)[] = [];
    let busyUntilMs = 0;
    const io = <T>(operation: Operation, perform: (failed: boolean) => T): Promise<T> =>
      life.call<T>((resolve) => {
        const injected = context.faults.request(operation, life.process);
        const delayMs = latencyMs(context) + (injected?.effect === 'late' ? injected.delayMs : 0);
        const { nowMs } = context.scheduler;
        busyUntilMs = Math.max(busyUntilMs, nowMs + delayMs);
        // A write that its process did not live to see is not on the disk: harsher than a page cache, and simpler.
        waiting.push(() => (life.dead ? undefined : resolve(perform(injected?.effect === 'lost_before'))));
        context.scheduler.after(busyUntilMs - nowMs, () => waiting.shift()?.());
      });
    const discard = (partition: number, why: string): void => {
      context.trace.add(life.process, `disk: p${partition} discarded: ${why}`);
      this.#versions.delete(partition);
    };
    return {
      load: (partition) => io('load', (failed) => (failed ? undefined : this.#load(partition))),
      save: (partition, delta) => {
        const taken = { ...copy({ ...delta, remembered: [] }), remembered: [...delta.remembered] };
        return io('save', (failed) => {
          const differs = failed ? undefined : this.#save(partition, taken);
          if (differs !== undefined) discard(partition, differs);
        });
      },
      replace: (partition, state) => {
        const taken = versionOf(state);
        return io('save', (failed) => {
          if (failed) this.#versions.delete(partition);
          else this.#versions.set(partition, [taken]);
        });
      },
      discard: (partition, why) => io('save', () => discard(partition, why)),
      close: () => Promise.resolve(),
    };
  }

  /** Takes over, of each partition, what is newest on any of these disks. */
  adopt(disks: Iterable<SimDisk>): void {
    const newestOffset = (versions: readonly Version[] | undefined): number => versions?.at(-1)?.head.nextOffset ?? -1;
    for (const disk of disks)
      for (const [partition, versions] of disk.#versions)
        if (newestOffset(versions) > newestOffset(this.#versions.get(partition)))
          this.#versions.set(partition, [...versions]);
  }

  /** Makes a fault happen to one partition's state, or to all of them. */
  damage(effect: DiskEffect, partition: number | undefined, rng: Rng): void {
    const partitions = partition === undefined ? [...this.#versions.keys()] : [partition];
    for (const each of partitions) this.#damageOne(effect, each, rng);
  }

  #damageOne(effect: DiskEffect, partition: number, rng: Rng): void {
    const versions = this.#versions.get(partition);
    const newest = versions?.at(-1);
    if (versions === undefined || newest === undefined) return;
    const others = [...this.#versions.entries()].filter(([key]) => key !== partition).map(([, value]) => value);
    switch (effect) {
      case 'lost':
        this.#versions.delete(partition);
        return;
      case 'stale':
        this.#versions.set(partition, versions.slice(0, rng.between(1, versions.length - 1)));
        return;
      case 'foreign':
        if (others.length > 0) this.#versions.set(partition, [...rng.pick(others)]);
        return;
      case 'corrupted':
        this.#versions.set(partition, [corrupted(newest, rng)]);
        return;
      default:
        effect satisfies never;
    }
  }

  #load(partition: number): StoredState | undefined {
    const version = this.#versions.get(partition)?.at(-1);
    if (version === undefined) return undefined;
    const { head, ids, activity, windows } = version;
    return copy({ head, ids, activity, windows: [...windows.values()] });
  }

  /** Undefined when it is saved, or there is nothing to add to; else why what is there cannot be gone on from. */
  #save(partition: number, delta: StateDelta): string | undefined {
    const versions = this.#versions.get(partition);
    const newest = versions?.at(-1);
    if (versions === undefined || newest === undefined) return undefined;
    const at = newest.head.nextOffset;
    if (at !== delta.fromOffset)
      return `it is at offset ${at}, and the next change starts at offset ${delta.fromOffset}`;
    const windows = new Map(newest.windows);
    for (const window of delta.windows) windows.set(windowKey(window), window);
    for (const [key, window] of windows) {
      if (window.windowStartMs < delta.windowsLiveFromMs) windows.delete(key);
    }
    const live = <T extends { readonly eventTimeMs: number }>(
      kept: readonly T[],
      added: readonly T[],
      fromMs: number,
    ): T[] => [...kept, ...added].filter((entry) => entry.eventTimeMs >= fromMs);
    versions.push({
      head: delta.head,
      ids: live(newest.ids, [...delta.remembered].map(idOf), delta.idsLiveFromMs),
      activity: live(newest.activity, [...delta.remembered].map(activityOf), delta.activityLiveFromMs),
      windows,
    });
    if (versions.length > VERSIONS_KEPT) versions.shift();
    return undefined;
  }
}

/** An id is kept without the sender, activity without the id: nothing may come back that the real store does not keep. */
function idOf({ senderAccountId: _sender, deviceId: _device, ...id }: RememberedPayment): StoredId {
  return id;
}

function activityOf({ transactionId: _id, ...activity }: RememberedPayment): StoredActivity {
  return activity;
}

function versionOf(state: StoredState): Version {
  return {
    head: copy(state.head),
    ids: copy([...state.ids]),
    activity: copy([...state.activity]),
    windows: new Map([...state.windows].map((window) => [windowKey(window), copy(window)])),
  };
}

function windowKey({ windowStartMs, region, currency }: OpenWindow): string {
  return `${windowStartMs}\u0000${region}\u0000${currency}`;
}

/** One entry is gone or changed, the head as before: only the digest can tell. */
function corrupted(version: Version, rng: Rng): Version {
  if (version.ids.length === 0) return { ...version, head: { ...version.head, digest: 'v0:damaged' } };
  const at = rng.between(0, version.ids.length - 1);
  const changed = { ...(version.ids[at] as StoredId), hashLow: rng.next() };
  const ids = rng.chance(0.5) ? version.ids.toSpliced(at, 1) : version.ids.with(at, changed);
  return { ...version, ids };
}
