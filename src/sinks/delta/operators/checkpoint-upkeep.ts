/** checkpoint_log on Delta Lake for operators' commands: the newest rows, and files written again without old ones. */
import type { Runtime } from '../../../base/runtime.ts';
import type { CheckpointUpkeep, LastCheckpoint, OldCheckpoints } from '../../../processor/ports.ts';
import type { RowObject } from '../files/arrow-objects.ts';
import type { DataFile, DeltaTable, FileFormat, FileStats, TableSnapshot } from '../ports.ts';
import { Rewriter } from '../rows/row-files.ts';
import { filesOf, mayHaveNumber, rowObject, scanFiles, scanRows } from '../rows/stored-rows.ts';
import { DELTA_COLUMNS } from '../tables/table-columns.ts';

export interface UpkeepParts {
  /** checkpoint_log. */
  readonly table: DeltaTable;
  readonly format: FileFormat;
  readonly runtime: Pick<Runtime, 'nowMs'>;
}

/** Of one commit: its entry in the log names each of them. */
const FILES_PER_COMMIT_MAX = 5_000;

interface Newest {
  readonly nextOffset: number;
  readonly epoch: number;
  readonly writtenAtMs: number;
}

export class DeltaCheckpoints implements CheckpointUpkeep {
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** The files with the greatest offsets first: a partition is known once no file left can have a greater one. */
  async newest(topic: string): Promise<Map<number, LastCheckpoint>> {
    const { runtime } = this.#parts;
    const snapshot = await this.#parts.table.refresh();
    const newest = new Map<number, Newest>();
    const files = snapshot === undefined ? [] : filesOf(snapshot, {});
    const partitions = partitionsIn(snapshot, topic);
    for (const file of files.sort((a, b) => greatestOffset(b.stats) - greatestOffset(a.stats))) {
      if (isKnown(file.stats, newest, partitions)) continue;
      for (const row of await this.#rowsOf(file)) {
        if (row.topic !== topic) continue;
        const partition = Number(row.kafka_partition);
        const one = {
          nextOffset: Number(row.next_offset),
          epoch: Number(row.writer_epoch),
          writtenAtMs: Number(row.written_at),
        };
        const before = newest.get(partition);
        if (before === undefined || isNewer(one, before)) newest.set(partition, one);
      }
    }
    const nowMs = runtime.nowMs();
    return new Map(
      [...newest].map(([partition, { nextOffset, epoch, writtenAtMs }]) => [
        partition,
        { nextOffset, checkpointEpoch: epoch, checkpointAgeS: Math.floor((nowMs - writtenAtMs) / 1_000) },
      ]),
    );
  }

  async firstAtOrPast(topic: string, partition: number, offset: number): Promise<number | undefined> {
    let first: number | undefined;
    for await (const row of this.#rows(topic, partition, offset, Number.POSITIVE_INFINITY)) {
      const nextOffset = Number(row.next_offset);
      if (nextOffset >= offset && nextOffset < (first ?? Number.POSITIVE_INFINITY)) first = nextOffset;
    }
    return first;
  }

  async count(old: OldCheckpoints): Promise<{ readonly all: number; readonly removable: number }> {
    let [all, removable] = [0, 0];
    for await (const row of this.#rows(old.topic, old.partition, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)) {
      all++;
      if (isOld(row, old)) removable++;
    }
    return { all, removable };
  }

  async remove(old: OldCheckpoints): Promise<void> {
    const { table } = this.#parts;
    const rewriter = new Rewriter(this.#parts, (row) => (isOld(row, old) ? undefined : row));
    for (let isDone = false; !isDone; ) {
      await table.commit(async (snapshot) => {
        isDone = true;
        const adds: DataFile[] = [];
        const removes: { path: string; dataChange: boolean }[] = [];
        for (const file of candidatesOf(snapshot, old)) {
          const rewritten = await rewriter.rewrite(snapshot, [file]);
          adds.push(...rewritten.adds);
          removes.push(...rewritten.removes);
          if (removes.length < FILES_PER_COMMIT_MAX) continue;
          isDone = false;
          break;
        }
        return removes.length === 0 ? undefined : { operation: 'PRUNE', adds, removes };
      });
    }
  }

  async *#rows(topic: string, partition: number, from: number, before: number): AsyncGenerator<RowObject> {
    const snapshot = await this.#parts.table.refresh();
    if (snapshot === undefined) return;
    const isOfPartition = mayHaveNumber('kafka_partition', partition, partition + 1);
    const isOfOffset = mayHaveNumber('next_offset', from, before);
    const mayHave = (stats: FileStats): boolean => isOfPartition(stats) && isOfOffset(stats);
    for await (const rows of scanRows(this.#parts, snapshot, { mayHave }))
      for (const stored of rows) {
        const row = rowObject('checkpoint_log', stored, DELTA_COLUMNS.checkpoint_log);
        if (row.topic === topic && row.kafka_partition === partition) yield row;
      }
  }

  async #rowsOf(file: DataFile): Promise<RowObject[]> {
    const read: RowObject[] = [];
    for await (const { rows } of scanFiles(this.#parts, [file]))
      read.push(...rows.map((row) => rowObject('checkpoint_log', row, DELTA_COLUMNS.checkpoint_log)));
    return read;
  }
}

function candidatesOf(snapshot: TableSnapshot, { partition, keepFromOffset }: OldCheckpoints): DataFile[] {
  const isOfPartition = mayHaveNumber('kafka_partition', partition, partition + 1);
  const isOfOffset = mayHaveNumber('next_offset', Number.NEGATIVE_INFINITY, keepFromOffset);
  return filesOf(snapshot, { mayHave: (stats) => isOfPartition(stats) && isOfOffset(stats) });
}

function isOld(row: RowObject, { topic, partition, keepFromOffset, beforeMs }: OldCheckpoints): boolean {
  return (
    row.topic === topic &&
    row.kafka_partition === partition &&
    Number(row.next_offset) < keepFromOffset &&
    Number(row.written_at) < beforeMs
  );
}

function greatestOffset(stats: FileStats | undefined): number {
  const greatest = stats?.max.next_offset;
  return typeof greatest === 'number' ? greatest : Number.POSITIVE_INFINITY;
}

/** Partitions of the topic that have a checkpoint: each has set a transaction. */
function partitionsIn(snapshot: TableSnapshot | undefined, topic: string): readonly number[] {
  const start = `provenonce/${topic}/`;
  return [...(snapshot?.txns.keys() ?? [])].flatMap((appId) => {
    const match = appId.startsWith(start) ? /^(\d+)\/next$/.exec(appId.slice(start.length)) : null;
    return match === null ? [] : [Number(match[1])];
  });
}

/** Whether every partition that the file may have is known at a greater offset. */
function isKnown(
  stats: FileStats | undefined,
  newest: ReadonlyMap<number, Newest>,
  partitions: readonly number[],
): boolean {
  const [first, last] = [stats?.min.kafka_partition, stats?.max.kafka_partition];
  if (typeof first !== 'number' || typeof last !== 'number') return false;
  const within = partitions.filter((partition) => partition >= first && partition <= last);
  return within.length > 0 && within.every((each) => (newest.get(each)?.nextOffset ?? -1) > greatestOffset(stats));
}

function isNewer(one: Newest, other: Newest): boolean {
  if (one.nextOffset !== other.nextOffset) return one.nextOffset > other.nextOffset;
  return one.epoch !== other.epoch ? one.epoch > other.epoch : one.writtenAtMs > other.writtenAtMs;
}
