/**
 * The disk of a simulated process: the real journals of local state, on files in memory. It survives crashes; its faults are
 * those of a cache: lost, older than it should be, another partition's, damaged, not written.
 * Invariant: an operation is one event of the world: it is on the disk whole or not at all.
 */

import type { DiskEffect } from '../../../../chaos/fault.ts';
import type { CompactionLimits } from '../../../local-state/compaction.ts';
import { JournalStateStore, stateDirectory } from '../../../local-state/journal-state-store.ts';
import type { StateDelta, StoredState } from '../../../payments/types.ts';
import type { StateStore } from '../../../processor/ports.ts';
import { copy } from '../bigquery/sim-encoder.ts';
import type { Operation } from '../case/answers.ts';
import { latencyMs, type SimContext } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import type { Rng } from '../world/rng.ts';
import { MemoryFiles } from './memory-files.ts';

type StoredId = StoredState['ids'] extends Iterable<infer T> ? T : never;

const LOCATION = '/checkpoints';
const TOPIC = 'payment-events';
const VERSIONS_KEPT = 8;

/** What was found to be wrong with a state that nobody had damaged. */
export interface WrongState {
  readonly partition: number;
  readonly why: string;
}

export class SimDisk {
  readonly #limits: CompactionLimits | undefined;
  readonly #files = new MemoryFiles();
  /** Journals as they were after each write, newest last. */
  readonly #versions = new Map<number, Buffer[]>();
  /** Partitions whose journal was written anew by a compaction, and not read since. */
  readonly #compacted = new Set<number>();
  #wasDamaged = false;
  /** States that were given up for what they hold, though no fault had touched the disk. */
  readonly wrong: WrongState[] = [];

  constructor(limits?: CompactionLimits) {
    this.#limits = limits;
  }

  /** The StateStore of one life of the process that has this disk. */
  mount(life: Life): StateStore {
    const { context } = life;
    const store = this.#store((partition, why) => {
      context.trace.add(life.process, `disk: p${partition} discarded: ${why}`);
      this.#note(partition, why);
    });
    /** In the order of the requests, regardless of their delays: a slow one holds up those behind it. */
    const waiting: (() => void)[] = [];
    let busyUntilMs = 0;
    const io = <T>(operation: Operation, perform: () => Promise<T>): Promise<T> =>
      life.call<T>((resolve, reject) => {
        const injected = context.faults.request(operation, life.process);
        const delayMs = latencyMs(context) + (injected?.effect === 'late' ? injected.delayMs : 0);
        const { nowMs } = context.scheduler;
        busyUntilMs = Math.max(busyUntilMs, nowMs + delayMs);
        waiting.push(() => {
          // A write that its process did not live to see is not on the disk: harsher than a page cache, and simpler.
          if (life.dead) return;
          this.#files.isBroken = injected?.effect === 'lost_before';
          const over = perform().finally(() => {
            this.#files.isBroken = false;
          });
          over.then(resolve, reject);
        });
        context.scheduler.after(busyUntilMs - nowMs, () => waiting.shift()?.());
      });
    return {
      load: (partition) => io('load', () => this.#load(store, partition, context)),
      save: (partition, delta) => {
        const taken: StateDelta = { ...copy({ ...delta, remembered: [] }), remembered: [...delta.remembered] };
        return io('save', () => this.#written(partition, context, () => store.save(partition, taken)));
      },
      replace: (partition, state) => {
        const taken = copyOf(state);
        return io('save', () => this.#written(partition, undefined, () => store.replace(partition, taken)));
      },
      discard: (partition, why) => io('save', () => store.discard(partition, why)),
      close: () => Promise.resolve(),
    };
  }

  /** Takes over, of each partition, what is newest on any of these disks. */
  async adopt(disks: Iterable<SimDisk>): Promise<void> {
    const store = this.#store(() => {});
    const newest = new Map<number, { bytes: Buffer; nextOffset: number }>();
    for (const disk of disks) {
      for (const partition of disk.#versions.keys()) {
        const bytes = disk.#files.bytesOf(pathOf(partition));
        if (bytes === undefined) continue;
        this.#files.replace(pathOf(partition), Buffer.from(bytes));
        const nextOffset = (await store.load(partition))?.head.nextOffset ?? -1;
        if (nextOffset > (newest.get(partition)?.nextOffset ?? -1)) newest.set(partition, { bytes, nextOffset });
        this.#files.remove(pathOf(partition));
      }
    }
    for (const [partition, { bytes }] of newest) {
      this.#files.replace(pathOf(partition), Buffer.from(bytes));
      this.#versions.set(partition, [Buffer.from(bytes)]);
    }
  }

  /** Makes a fault happen to one partition's state, or to all of them. */
  damage(effect: DiskEffect, partition: number | undefined, rng: Rng): void {
    this.#wasDamaged = true;
    const partitions = partition === undefined ? [...this.#versions.keys()] : [partition];
    for (const each of partitions) this.#damageOne(effect, each, rng);
  }

  #damageOne(effect: DiskEffect, partition: number, rng: Rng): void {
    const path = pathOf(partition);
    const versions = this.#versions.get(partition) ?? [];
    if (!this.#files.exists(path)) return;
    const others = [...this.#versions.keys()].filter((key) => key !== partition && this.#files.exists(pathOf(key)));
    switch (effect) {
      case 'lost':
        this.#files.remove(path);
        return;
      case 'stale': {
        const kept = versions.slice(0, rng.between(1, versions.length - 1));
        this.#versions.set(partition, kept);
        this.#files.replace(path, kept.at(-1)!);
        return;
      }
      case 'foreign':
        if (others.length > 0) this.#rewrite(rng.pick(others), partition, (state) => state);
        return;
      case 'corrupted':
        this.#rewrite(partition, partition, (state) => corrupted(state, rng));
        return;
      case 'truncated': {
        const whole = versions.at(-1)!;
        this.#files.replace(path, whole.subarray(0, Math.floor(whole.length / 2)));
        return;
      }
      default:
        effect satisfies never;
    }
  }

  /** Written as a state of its own, so that no checksum and no name tells. */
  #rewrite(from: number, to: number, change: (state: StoredState) => StoredState): void {
    const store = this.#store(() => {});
    void store.load(from).then(async (state) => {
      if (state !== undefined) await store.replace(to, change(copyOf(state)));
    });
  }

  #store(onDiscard: (partition: number, why: string) => void): JournalStateStore {
    return new JournalStateStore({
      location: LOCATION,
      topic: TOPIC,
      onDiscard,
      onProblem: () => {},
      files: this.#files,
      ...(this.#limits === undefined ? {} : { limits: this.#limits }),
    });
  }

  async #load(store: JournalStateStore, partition: number, { marks }: SimContext): Promise<StoredState | undefined> {
    const state = await store.load(partition);
    if (state !== undefined && this.#compacted.delete(partition)) marks.hit('state_read_after_compaction');
    return state;
  }

  async #written(partition: number, saving: SimContext | undefined, write: () => Promise<void>): Promise<void> {
    const path = pathOf(partition);
    const before = this.#files.inodeOf(path);
    await write();
    const bytes = this.#files.bytesOf(path);
    if (bytes === undefined) return;
    if (saving !== undefined && before !== this.#files.inodeOf(path)) {
      // A save goes into the journal that is there, unless a compaction is done.
      saving.marks.hit('state_compacted');
      this.#compacted.add(partition);
    }
    const versions = [...(this.#versions.get(partition) ?? []), bytes];
    this.#versions.set(partition, saving === undefined ? [bytes] : versions.slice(-VERSIONS_KEPT));
  }

  #note(partition: number, why: string): void {
    if (!this.#wasDamaged && WRONG.test(why)) this.wrong.push({ partition, why });
  }
}

/** Reasons that blame the contents; a state that is behind, ahead or of another time is given up for good reasons. */
const WRONG = /is unusable|do not add up|not what the checkpoint says/;

function pathOf(partition: number): string {
  return `${stateDirectory(LOCATION)}/partition-${partition}/state.journal`;
}

/** As values of its own: a state that was read lies in memory that is used again. */
function copyOf({ head, ids, activity, windows }: StoredState): StoredState {
  return copy({ head, ids: [...ids], activity: [...activity], windows: [...windows] });
}

/** One entry is gone or changed, the head as before: only the digest can tell. */
function corrupted(state: StoredState, rng: Rng): StoredState {
  const ids = [...state.ids];
  if (ids.length === 0) return { ...state, head: { ...state.head, digest: 'v0:damaged' } };
  const at = rng.between(0, ids.length - 1);
  const changed = { ...(ids[at] as StoredId), hashLow: rng.next() };
  return { ...state, ids: rng.chance(0.5) ? ids.toSpliced(at, 1) : ids.with(at, changed) };
}
