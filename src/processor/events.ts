/**
 * What the processor says about itself: one union, for logs, metrics and histories. Events are emitted per batch,
 * checkpoint or takeover, never per record. `type` values are stable names: log lines and alert rules use them.
 */
import type { Counters } from '../payments/types.ts';
import type { RejectionsOf } from './rejections.ts';
import type { SinkEvent } from './sink-words.ts';

interface OnPartition {
  readonly partition: number;
}

export type ProcessorEvent =
  | SinkEvent
  | {
      readonly type: 'processor.started';
      readonly topic: string;
      readonly partitionCount: number;
    }
  | { readonly type: 'processor.stopping'; readonly why: string }
  | { readonly type: 'processor.stopped'; readonly exitCode: number; readonly why: string }
  | { readonly type: 'processor.caught_up'; readonly partitions: number }
  /** Emitted every half minute, even if nothing came in. Counts what was done since the last one. */
  | {
      readonly type: 'processor.progress';
      readonly overMs: number;
      readonly records: number;
      readonly accepted: number;
      readonly duplicates: number;
      readonly late: number;
      readonly rejected: number;
      /** Records of the partitions written here that are in the log and not folded. */
      readonly lag: number;
      /** Written here, ascending. */
      readonly partitions: readonly number[];
      readonly takingOver: readonly number[];
      readonly stopped: readonly number[];
      /** Whether the group has assigned partitions to this process yet. */
      readonly assigned: boolean;
    }
  /** No payment was found yet in a topic whose dataset is new: after a second, then once a minute. */
  | {
      readonly type: 'first_look.waiting';
      readonly waitedMs: number;
      readonly records: number;
      readonly rejected: number;
      readonly reasons: readonly RejectionsOf[];
    }
  /** `passed`: a payment was found. Left out where it was found within a second. */
  | {
      readonly type: 'first_look.ended';
      readonly passed: boolean;
      readonly records: number;
      readonly rejected: number;
      readonly reasons: readonly RejectionsOf[];
    }
  /** Most of the last records were rejected. At most once a minute. Records that `select` leaves out do not count. */
  | {
      readonly type: 'records.rejected';
      readonly records: number;
      readonly rejected: number;
      readonly reasons: readonly RejectionsOf[];
    }
  /** What became of the records that this process folded: after its last other event. */
  | {
      readonly type: 'processor.summary';
      readonly records: number;
      readonly accepted: number;
      readonly duplicates: number;
      readonly late: number;
      /** Without `notPayments`. */
      readonly rejected: number;
      /** Records that `select` leaves out. */
      readonly notPayments: number;
      /** Of `rejected`, by reason code. */
      readonly reasons: Readonly<Record<string, number>>;
    }
  | {
      readonly type: 'service.waiting';
      readonly service: string;
      readonly what: string;
      readonly waitedMs: number;
      /** After that the process gives up. */
      readonly limitMs: number;
      readonly error: string;
    }
  | { readonly type: 'service.recovered'; readonly service: string; readonly waitedMs: number }
  | {
      readonly type: 'assignment.changed';
      readonly partitions: readonly number[];
      readonly gained: readonly number[];
      readonly lost: readonly number[];
    }
  /** A killed process that this one replaces was still in the group: it was removed, so that nobody waits for it. */
  | { readonly type: 'group.dead_member_removed'; readonly groupId: string; readonly memberId: string }
  /** The group was silent for a whole session timeout: its partitions may have been given to others. */
  | { readonly type: 'group.session_lost'; readonly groupId: string; readonly silentMs: number }
  | { readonly type: 'log.warning'; readonly what: string; readonly detail: string }
  | ({ readonly type: 'takeover.claimed'; readonly epoch: number; readonly attempts: number } & OnPartition)
  | ({ readonly type: 'takeover.lost_claim'; readonly expectedEpoch: number; readonly winner: string } & OnPartition)
  | ({
      readonly type: 'takeover.positioned';
      readonly epoch: number;
      /** C: everything below is in the tables. */
      readonly checkpointOffset: number;
      /** F: rows below it are there already; folding compares them. */
      readonly resumeOffset: number;
      readonly rowsAlreadyThere: number;
    } & OnPartition)
  | ({
      readonly type: 'takeover.running';
      readonly epoch: number;
      readonly tookMs: number;
      /** Of the partition, where folding begins. */
      readonly counters: Readonly<Counters>;
    } & OnPartition)
  | ({
      readonly type: 'settings.changed';
      readonly fromOffset: number;
      readonly foldVersion: number;
      readonly revision: number;
    } & OnPartition)
  /** A newer revision than ours is in force, and this process runs by it. Emitted once for each newer revision. */
  | ({ readonly type: 'settings.older'; readonly revision: number; readonly newest: number } & OnPartition)
  | ({
      readonly type: 'state.restored';
      readonly how: 'fresh' | 'local' | 'rebuilt';
      readonly fromOffset: number;
      readonly atOffset: number;
      readonly ids: number;
      readonly tookMs: number;
    } & OnPartition)
  | ({ readonly type: 'state.discarded'; readonly why: string } & OnPartition)
  | ({ readonly type: 'replay.finished'; readonly rowsSkipped: number; readonly atOffset: number } & OnPartition)
  | ({
      readonly type: 'batch.folded';
      readonly records: number;
      readonly bytes: number;
      readonly counters: Readonly<Counters>;
      readonly watermarkMs: number;
      readonly nextOffset: number;
      readonly endOffset: number;
      /** Those among them that were rejected. Left out where none was. */
      readonly rejections?: readonly RejectionsOf[];
    } & OnPartition)
  | ({
      readonly type: 'append.acknowledged';
      readonly table: string;
      readonly rows: number;
      readonly bytes: number;
      readonly tookMs: number;
    } & OnPartition)
  | ({
      readonly type: 'checkpoint.written';
      readonly epoch: number;
      readonly nextOffset: number;
      readonly watermarkMs: number;
      readonly counters: Readonly<Counters>;
      readonly ids: number;
      readonly stateBytes: number;
      readonly tookMs: number;
      /** now - Kafka timestamp of the newest record below nextOffset. */
      readonly endToEndMs: number;
    } & OnPartition)
  | ({ readonly type: 'offset.committed'; readonly nextOffset: number } & OnPartition)
  | ({ readonly type: 'offset.commit_failed'; readonly nextOffset: number; readonly error: string } & OnPartition)
  | ({ readonly type: 'log.recheck'; readonly offset: number; readonly why: string } & OnPartition)
  | ({ readonly type: 'log.out_of_place'; readonly expectedOffset: number; readonly askedFrom: number } & OnPartition)
  | ({
      readonly type: 'partition.fenced';
      readonly epoch: number;
      readonly why: string;
      readonly retryInMs: number;
      /** The owner that has claimed it since, and its epoch. Left out if nobody has, or if the answer came too late. */
      readonly newOwner?: string;
      readonly newEpoch?: number;
    } & OnPartition)
  /** It is no longer written here. `drained`: a last checkpoint was written; otherwise it was taken away at once. */
  | ({ readonly type: 'partition.released'; readonly epoch: number; readonly drained: boolean } & OnPartition)
  | ({ readonly type: 'partition.stopped'; readonly code: string; readonly error: string } & OnPartition);

export type ProcessorEventType = ProcessorEvent['type'];

export interface Observer {
  emit(event: ProcessorEvent): void;
}

export const silentObserver: Observer = { emit: () => {} };

/** Hands each event to every observer, in order. */
export function observers(...all: readonly Observer[]): Observer {
  return {
    emit(event) {
      for (const observer of all) observer.emit(event);
    },
  };
}
