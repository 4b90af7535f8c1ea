/**
 * One topic of the simulated broker: its partitions as lists of entries. An entry is a record, a transaction marker, or a
 * record of an aborted or open transaction; each takes one offset. Invariant: what was read once at an offset stays there,
 * unless a truncation or a new topic is asked for.
 */
import type { LogRecord } from '../../../payments/types.ts';

type EntryKind = 'record' | 'marker' | 'aborted' | 'open';

/** A record with the list of its headers, which the checkers read. */
export interface SimRecord extends LogRecord {
  readonly headers?: readonly { readonly name: string; readonly value: Buffer | null }[];
}

interface Entry {
  kind: EntryKind;
  readonly record: SimRecord;
}

export interface NewRecord {
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In the order in which they were sent; of several with one name, readers find the last. */
  readonly headers?: readonly (readonly [name: string, value: Buffer | null])[];
}

export interface LogSlice {
  readonly records: readonly LogRecord[];
  readonly completeTo: number;
}

/** A log as it once was, from its first offset on, with the records that retention took since. */
export interface LogGeneration {
  readonly records: readonly SimRecord[];
  readonly endOffset: number;
}

export class SimPartition {
  #base = 0;
  #entries: Entry[] = [];
  /** What retention took of the log as it is now. */
  #retired: Entry[] = [];
  /** The log before each truncation or new topic, oldest first. */
  readonly #past: Entry[][] = [];
  #open = 0;
  /** Told when there is more to read. */
  readonly waiting = new Set<() => void>();
  #unavailableUntilMs = 0;
  #elections = 0;
  #damaged: { readonly from: number; readonly to: number; readonly once: boolean } | undefined;

  /** Virtual time until which no leader answers. */
  get unavailableUntilMs(): number {
    return this.#unavailableUntilMs;
  }

  /** How many times the leader changed: clients then talk over a new connection. A log is never cut under one leader. */
  get elections(): number {
    return this.#elections;
  }

  loseLeader(untilMs: number): void {
    this.#unavailableUntilMs = untilMs;
    this.#elections++;
  }

  /** What no leader answered for is answered from now on. */
  heal(): void {
    this.#unavailableUntilMs = 0;
  }

  get startOffset(): number {
    return this.#base;
  }

  /** One past the last entry. */
  get highWatermark(): number {
    return this.#base + this.#entries.length;
  }

  /** The last stable offset: nothing at or past the first open transaction can be read. */
  get endOffset(): number {
    if (this.#open === 0) return this.highWatermark;
    return this.#base + this.#entries.findIndex((entry) => entry.kind === 'open');
  }

  /** Appends records; returns the offset of the first. */
  append(records: readonly NewRecord[]): number {
    const first = this.highWatermark;
    for (const record of records) this.#push('record', record);
    this.#wake();
    return first;
  }

  /** A transaction's records, unreadable until it ends with endTransaction. */
  appendOpen(records: readonly NewRecord[]): void {
    for (const record of records) this.#push('open', record);
    this.#open += records.length;
  }

  /** Ends every open transaction of the partition with one marker. */
  endTransaction(outcome: 'commit' | 'abort', timestampMs: number): void {
    for (const entry of this.#entries) {
      if (entry.kind === 'open') entry.kind = outcome === 'commit' ? 'record' : 'aborted';
    }
    this.#open = 0;
    this.#push('marker', { timestampMs, key: null, value: null });
    this.#wake();
  }

  /** The first offset of the batch whose bytes are not what they were. */
  get damagedFrom(): number | undefined {
    return this.#damaged?.from;
  }

  /** Offsets [from, to), there or yet to come, are one batch that nobody can read; `once`: only until somebody has tried. */
  damage(from: number, to: number, once: boolean): void {
    this.#damaged = { from, to, once };
  }

  /** Whether reading at an offset meets damaged bytes. What was damaged on its way only is whole the next time. */
  meetsDamage(offset: number): boolean {
    const damaged = this.#damaged;
    if (damaged === undefined || offset < damaged.from || offset >= damaged.to) return false;
    if (damaged.once) this.#damaged = undefined;
    return true;
  }

  /** Readable records from `from` on, at most `maxRecords`, up to what is damaged; undefined where `from` is out of range. */
  read(from: number, maxRecords: number): LogSlice | undefined {
    if (from < this.#base || from > this.highWatermark) return undefined;
    const records: LogRecord[] = [];
    const { damagedFrom = Number.POSITIVE_INFINITY } = this;
    const readableTo = from < damagedFrom ? Math.min(this.endOffset, damagedFrom) : this.endOffset;
    const end = Math.max(from, readableTo);
    let at = from;
    for (; at < end && records.length < maxRecords; at++) {
      const entry = this.#entries[at - this.#base] as Entry;
      if (entry.kind === 'record') records.push(entry.record);
    }
    return { records, completeTo: at };
  }

  /** Whether offsets below this one are markers or records of aborted transactions. */
  hasGapBelow(offset: number): boolean {
    return this.#entries.some(
      ({ kind, record }) => record.offset < offset && (kind === 'marker' || kind === 'aborted'),
    );
  }

  /** The log before each truncation or new topic, oldest first, and as it is now: for oracles. */
  generations(): LogGeneration[] {
    return [...this.#past, [...this.#retired, ...this.#entries]].map((entries) => {
      const open = entries.findIndex(({ kind }) => kind === 'open');
      const readable = open < 0 ? entries : entries.slice(0, open);
      const records = readable.filter(({ kind }) => kind === 'record').map(({ record }) => record);
      return { records, endOffset: readable.length };
    });
  }

  /** The first readable offset with a timestamp >= timestampMs, or the end offset. */
  offsetAt(timestampMs: number): number {
    const found = this.#entries.find(({ kind, record }) => kind === 'record' && record.timestampMs >= timestampMs);
    return found === undefined ? this.endOffset : Math.min(found.record.offset, this.endOffset);
  }

  dropFromStart(records: number): void {
    const dropped = this.#entries.splice(0, Math.min(records, this.endOffset - this.#base));
    this.#base += dropped.length;
    this.#retired.push(...dropped);
    this.#wake();
  }

  /** Returns how many offsets went. */
  dropBelow(offset: number): number {
    const records = Math.max(0, offset - this.#base);
    this.dropFromStart(records);
    return records;
  }

  dropFromEnd(records: number): void {
    this.#past.push([...this.#retired, ...this.#entries]);
    this.#damaged = undefined;
    this.#entries.length = Math.max(0, this.#entries.length - records);
    this.#open = this.#entries.filter((entry) => entry.kind === 'open').length;
    this.#elections++;
    this.#wake();
  }

  /** As after deleting and making the topic again: offsets start at 0. */
  recreate(): void {
    this.#past.push([...this.#retired, ...this.#entries]);
    this.#retired = [];
    this.#damaged = undefined;
    this.#base = 0;
    this.#entries = [];
    this.#open = 0;
    this.#elections++;
    this.#wake();
  }

  #push(kind: EntryKind, { timestampMs, key, value, headers = [] }: NewRecord): void {
    const header = (name: string): Buffer | null => headers.findLast(([each]) => each === name)?.[1] ?? null;
    const record = { offset: this.highWatermark, timestampMs, key, value, header };
    const listed = headers.map(([name, each]) => ({ name, value: each }));
    this.#entries.push({ kind, record: listed.length === 0 ? record : { ...record, headers: listed } });
  }

  #wake(): void {
    for (const wake of [...this.waiting]) wake();
  }
}
