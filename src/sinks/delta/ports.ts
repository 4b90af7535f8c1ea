/**
 * The interfaces inside the Delta Lake sink: a store of objects, a table as its log says it is, and the files that rows are in. The
 * adapters in store/, log/ and files/ implement them; the simulated world brings a store of its own. The code above them
 * (takeover/, write/) is the same in both. docs/adr/0025-delta-lake.md has the reasons.
 */

/**
 * Objects under a location: a folder on a disk, or a bucket and a prefix. Keys are relative, with `/`. What the sink needs of a
 * store, and what `conformance --sink delta` tries: of concurrent `create` calls of one key exactly one is answered `created`; after
 * `created`, every later `get` and `list` sees the whole object.
 */
export interface ObjectStore {
  /** As errors and waits name it. Without credentials. */
  readonly name: string;
  /**
   * Creates the object if none has the key. Rejects with UnknownOutcomeError where it may have been created, now or later; with
   * StoreRefusedError where it was not and trying again cannot help (no permission, read-only, no such bucket); with any other error
   * where it was not and a later call may succeed.
   */
  create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>;
  /** Creates or overwrites. Only for objects that no reader depends on: `_last_checkpoint`. Idempotent, so it may be repeated. */
  replace(key: string, bytes: Uint8Array): Promise<void>;
  /** The whole object, or a range of it; undefined where there is none. */
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined>;
  /** Objects whose key begins with `prefix` and is greater than `after`, ascending by key (in UTF-8 bytes). */
  list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]>;
  /** Those that are not there are passed over. */
  remove(keys: readonly string[]): Promise<void>;
  close(): void;
}

/** Bytes [from, to). A negative `from` counts from the end, with `to` left out. */
export interface ByteRange {
  readonly from: number;
  readonly to?: number;
}

export interface StoredObject {
  readonly key: string;
  readonly byteLength: number;
  /** By the clock of the store. */
  readonly modifiedAtMs: number;
}

/** What was asked may have happened, or may happen yet: only a look at the store can tell. */
export class UnknownOutcomeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnknownOutcomeError';
  }
}

/** The store refuses for good. `what`: permission, read-only, no such bucket, expired credentials. */
export class StoreRefusedError extends Error {
  readonly what: 'permission' | 'read_only' | 'bucket' | 'credentials' | 'other';
  constructor(what: StoreRefusedError['what'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreRefusedError';
    this.what = what;
  }
}

/** A file of a table, as its `add` action names it. */
export interface DataFile {
  /** Relative to the table's folder, as in the log (percent-encoded there, not here). */
  readonly path: string;
  readonly byteLength: number;
  readonly modifiedAtMs: number;
  /** False where the rows only moved: compaction. */
  readonly dataChange: boolean;
  /** Undefined where the writer gave none. */
  readonly stats: FileStats | undefined;
}

/** Statistics of one file. Times are exact: they are never cut to milliseconds. Values by column name, as JSON has them. */
export interface FileStats {
  readonly rowCount: number;
  readonly min: Readonly<Record<string, string | number | boolean>>;
  readonly max: Readonly<Record<string, string | number | boolean>>;
  readonly nullCount: Readonly<Record<string, number>>;
}

export interface TableMetadata {
  /** A table that was dropped and made again has another. */
  readonly id: string;
  /** The column definitions: a Delta `schemaString`. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
}

/** A table at one version of its log. Immutable. */
export interface TableSnapshot {
  readonly version: number;
  readonly metadata: TableMetadata;
  /** By appId: the version of its newest `txn` action. */
  readonly txns: ReadonlyMap<string, number>;
  /** The files that the table consists of, by path. */
  readonly files: ReadonlyMap<string, DataFile>;
  /**
   * Commits that changed rows and are not ours, since this process looked first: other engines' appends, deletes, RESTORE. Compaction
   * (dataChange false) is none.
   */
  readonly foreign: readonly ForeignCommit[];
}

export interface ForeignCommit {
  readonly version: number;
  /** `operation` and `engineInfo` of its commitInfo; '' where it has none. */
  readonly operation: string;
  readonly engine: string;
  readonly addedFiles: number;
  readonly removedFiles: number;
}

/** What one commit says. Every action of it lands, or none. */
export interface CommitActions {
  /** For people: WRITE, FENCE, CLAIM, OPTIMIZE and the like, in commitInfo. */
  readonly operation: string;
  readonly txns?: ReadonlyMap<string, number>;
  readonly adds?: readonly DataFile[];
  readonly removes?: readonly { readonly path: string; readonly dataChange: boolean }[];
  readonly metadata?: TableMetadata;
}

/** A table of the location. One object for each table and process: it follows the log. */
export interface DeltaTable {
  readonly name: string;
  /** Reads on to the end of the log. Undefined: there is no such table. Rejects with ContradictionError for a log that is damaged. */
  refresh(): Promise<TableSnapshot | undefined>;
  /** The newest snapshot that was read. */
  readonly current: TableSnapshot | undefined;
  /**
   * Puts one commit. `prepare` sees the newest snapshot and says what to commit on it, or undefined to leave it be; it is called
   * again, on the newer snapshot, whenever another commit took the version or the outcome of a put is unknown. So its conditions are
   * always checked on the snapshot that the commit follows, and it must recognise its own commit in a snapshot (by a position that is
   * reached, an epoch that is set, a claim id that is there). Returns the snapshot in which `prepare` wanted nothing more, or with the
   * commit in it. Waits with backoff while the store is away, and rejects with UnreachableError past the limit. An error that
   * `prepare` throws ends the commit.
   */
  commit(
    prepare: (snapshot: TableSnapshot) => Promise<CommitActions | undefined> | CommitActions | undefined,
  ): Promise<TableSnapshot>;
  /** Makes the table if it is not there: version 0. Safe to call from several processes at once. */
  ensure(metadata: Omit<TableMetadata, 'id'>): Promise<TableSnapshot>;
  /** Uploads a file of the table under a fresh name. No commit names it yet, so nobody sees it. */
  upload(
    bytes: Uint8Array,
  ): Promise<{ readonly path: string; readonly byteLength: number; readonly modifiedAtMs: number }>;
  /** A file of the table; undefined where it is gone. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** Rows in the form in which they become a file: Arrow, of one table. */
export interface ArrowRows {
  /** Its name. */
  readonly table: string;
  readonly rowCount: number;
  /** The schema message and record batch messages of an Arrow IPC stream, without its end. */
  readonly schemaBytes: Uint8Array;
  readonly recordBatchBytes: readonly Uint8Array[];
}

/** Parquet: in a worker thread in the processor, plain in the simulated world. */
export interface FileFormat {
  /** One file of all these rows, in order. It leaves the memory of the pieces as it is: where a partition leaves a commit, they are encoded again. */
  encode(pieces: readonly ArrowRows[]): Promise<Uint8Array>;
  /** The rows of a file as objects by column name: integers number, decimals text, times microseconds as bigint, JSON text. */
  decode(bytes: Uint8Array, columns?: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}
