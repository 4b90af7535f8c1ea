/**
 * Faults of a pipeline on real parts, as plain JSON: what is broken, when, and for how long. One word for one fault: those
 * that a simulated world can have too (`SharedFault`) have the same name and the same members there.
 *
 * Types and texts only. apply-fault.ts does them, one module per family.
 */
import type { ServiceName } from './chaos-target.ts';
import type { NamesTrouble } from './preload/names-file.ts';
import type { GrpcFault, WriteMethod } from './proxies/grpc-fault.ts';
import type { HttpFault, HttpMatch } from './proxies/http-proxy.ts';
import type { KafkaRequest } from './proxies/kafka-frames.ts';
import type { Nth } from './proxies/nth-rule.ts';

/**
 * What happens to the local state of a processor that is down: `lost`: deleted; `foreign`: the files of two partitions change
 * places; `corrupted`: one bit of every file is changed (in the simulated world: values, under a right checksum);
 * `truncated`: every file is cut to half its size; `stale`: older content (simulated world only).
 */
export const DISK_EFFECTS = ['lost', 'stale', 'foreign', 'corrupted', 'truncated'] as const;
export type DiskEffect = (typeof DISK_EFFECTS)[number];

/** Exists on real parts and in the simulated world. `process` is a processor's name. */
export type SharedFault =
  /**
   * kill -9. A plan restarts it after `restartAfterMs`, with the damage `disk` to its local state before that; a scenario
   * restarts by itself. Without `process`: the process that passes the point that `when` names (simulated world only).
   */
  | {
      readonly what: 'crash';
      readonly process?: string;
      readonly disk?: DiskEffect | undefined;
      readonly restartAfterMs?: number;
    }
  /** SIGTERM. The rest as for `crash`. */
  | {
      readonly what: 'stop';
      readonly process: string;
      readonly disk?: DiskEffect | undefined;
      readonly restartAfterMs?: number;
    }
  /** SIGSTOP; healed by SIGCONT. A pause longer than the session makes a zombie. `process` as for `crash`. */
  | { readonly what: 'pause'; readonly process?: string }
  /** To the local state, while the process is down. Real parts damage all partitions; `at`: which share of a file (0 to 1). */
  | {
      readonly what: 'disk';
      readonly process: string;
      readonly effect: DiskEffect;
      readonly partition?: number;
      readonly at?: number;
    }
  /** The group's committed offsets. On real parts the group must have no members. */
  | { readonly what: 'reset_offsets'; readonly to: 'earliest' | 'latest' }
  /** The topic is deleted and made again, empty. */
  | { readonly what: 'recreate' }
  /** The topic gets this number of additional partitions. */
  | { readonly what: 'partitions_added'; readonly count: number }
  /** Somebody else finalizes a partition's write streams under the process that writes them. */
  | { readonly what: 'streams_finalized'; readonly partition: number };

export type NetworkFault =
  /** Ends the open connections; `refuse` lets no new ones in for as long as it lasts. */
  | { readonly what: 'network_cut'; readonly on: ServiceName; readonly refuse?: boolean }
  | { readonly what: 'network_delay'; readonly on: ServiceName; readonly delayMs: number }
  | { readonly what: 'network_throttle'; readonly on: ServiceName; readonly bytesPerSecond: number }
  /** Nothing arrives and nothing is refused. */
  | { readonly what: 'network_black_hole'; readonly on: ServiceName }
  /** The service has forgotten the open connections; the client does not know. */
  | { readonly what: 'network_half_open'; readonly on: ServiceName }
  /** The broker acts on the n-th request of that kind from now on; its answer is lost with the connection. */
  | ({ readonly what: 'kafka_answer'; readonly request: KafkaRequest } & Nth)
  /** Flips a bit of the last byte of the text in answers to Fetch (batches that are not packed). Default: always. */
  | { readonly what: 'kafka_flip'; readonly text: string; readonly times?: number }
  | ({ readonly what: 'rest_answer'; readonly match: HttpMatch; readonly answer: HttpFault } & Nth)
  /** Of the S3-compatible store of Delta tables. */
  | ({ readonly what: 'store_answer'; readonly match: HttpMatch; readonly answer: HttpFault } & Nth)
  /** `contains`: bytes of the request, for one a part of a stream's name. */
  | ({
      readonly what: 'storage_answer';
      readonly method: WriteMethod;
      readonly contains?: string;
      readonly answer: GrpcFault;
    } & Nth);

type ServiceFault =
  /** kill -9; healed by a start with the same data. */
  | { readonly what: 'broker_kill' }
  /** SIGSTOP at the n-th request of that kind, before the broker has read a byte of it; healing also mends Kafka's network. */
  | ({ readonly what: 'broker_pause'; readonly at: KafkaRequest } & Pick<Nth, 'nth'>)
  /** kill -9; healed by a start with the same data. An emulator forgets its write streams. */
  | { readonly what: 'emulator_kill' }
  | { readonly what: 'delete_records'; readonly partition: number; readonly belowOffset: number };

/**
 * What another engine does to a Delta table on a disk. `appended`: a file of rows that are there already; `removed`: a file with
 * rows; `set_back`: everything since the first commit with rows, as RESTORE does; `made_again`: the table, without rows.
 */
export const FOREIGN_CHANGES = ['appended', 'removed', 'set_back', 'made_again'] as const;
export type ForeignChange = (typeof FOREIGN_CHANGES)[number];

export type DeltaFault =
  /** Healed by undoing it. */
  | { readonly what: 'table_changed'; readonly table: string; readonly how: ForeignChange }
  /** No file of any table can be written. */
  | { readonly what: 'tables_read_only' };

/**
 * What memory runs out. `address-space`: the kernel refuses, and the allocation fails; `cgroup`: the kernel kills the
 * process; `heap`: the process was started with smallHeap, and V8 ends it.
 */
export type MemoryLimit = 'address-space' | 'cgroup' | 'heap';

export type HostFault =
  /** No file of the local state can be written. */
  | { readonly what: 'disk_read_only'; readonly process: string }
  /** No file takes another byte. The process must be started with FULL_DISK_ENV. */
  | { readonly what: 'disk_full'; readonly process: string }
  /** The clock jumps by what clockEnv said when the process was started; healed by jumping back. */
  | { readonly what: 'clock_toggle'; readonly process: string }
  /** Started with libcClockEnv of this file. Healed by being right again, unless it `stays`. */
  | {
      readonly what: 'libc_clock';
      readonly process: string;
      readonly file: string;
      readonly aheadMs: number;
      readonly stays?: true;
    }
  /**
   * Neither files nor connections can be opened (EMFILE). `cut`: its connections to these services, since it hurts only what
   * must open something. Hits when the process has logged it.
   */
  | { readonly what: 'out_of_files'; readonly process: string; readonly cut?: readonly ServiceName[] }
  /** No more memory than it has. Hits when it has died of it; the next life has room again. */
  | { readonly what: 'out_of_memory'; readonly process: string; readonly by: MemoryLimit }
  /** Names resolve late, or fail as without a name server. Hits at the first lookup. */
  | ({ readonly what: 'names'; readonly process: string } & NamesTrouble);

/** Exists on real parts only. */
export type RealOnlyFault = NetworkFault | ServiceFault | HostFault | DeltaFault;

export type RealFault = SharedFault | RealOnlyFault;

/** The members of one or several kinds, by their names. */
export type FaultOf<Name extends RealFault['what']> = Extract<RealFault, { readonly what: Name }>;

/** When a fault on real parts strikes. Default: at once. */
export type RealWhen =
  /** The n-th (default first) event of that type that any processor, or the named one, emits from now on. */
  | { readonly event: string; readonly nth?: number; readonly process?: string }
  /** Kafka has acknowledged this number of records since the world began. */
  | { readonly acknowledged: number }
  /** From now on. */
  | { readonly afterMs: number }
  /** Processors have been handed this number of records, copies included. */
  | { readonly records: number };

/** A fault with its time. Without `forMs` it lasts until it is healed by hand, or by the end of the story. */
export type PlannedFault = RealFault & { readonly when?: RealWhen; readonly forMs?: number };

/** For people: the name, its members, and how long; not when. */
export function faultText({ what, when: _, forMs, ...members }: PlannedFault): string {
  const said = Object.entries(members).map(([name, value]) => `${name} ${textOf(value)}`);
  const time = forMs === undefined ? [] : [`for ${forMs} ms`];
  return [what, ...said, ...time].join(', ');
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
