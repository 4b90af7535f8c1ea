/**
 * A table as its log says it is at one version: a pure function of the actions up to there (PROTOCOL.md, "Action
 * Reconciliation"). Immutable; what follows is replayed on top.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { ForeignCommit, TableMetadata, TableSnapshot } from '../ports.ts';
import type {
  Action,
  CommitInfo,
  DomainMetadataAction,
  MetadataAction,
  ProtocolAction,
  RemoveAction,
} from './actions.ts';
import { checkProtocol } from './features.ts';
import { LayeredMap } from './layered-map.ts';
import { decodePath, LoggedFile } from './logged-file.ts';
import { isOurs } from './operations.ts';
import { damaged } from './parse-actions.ts';

/** A snapshot with all that a log checkpoint must hand on. */
export interface LogState extends TableSnapshot {
  readonly files: LayeredMap<string, LoggedFile>;
  readonly txns: LayeredMap<string, number>;
  readonly protocol: ProtocolAction;
  readonly metadataAction: MetadataAction;
  /** Removed files by path: vacuum and readers of older versions need to know since when. */
  readonly tombstones: LayeredMap<string, RemoveAction>;
  readonly domains: LayeredMap<string, DomainMetadataAction>;
  /**
   * The first bytes of the commit file of this version: another file of that name belongs to another table, or to none. Undefined
   * where the version was read from a log checkpoint.
   */
  readonly head: Uint8Array | undefined;
}

export interface Commit {
  readonly version: number;
  readonly actions: readonly Action[];
  /** Names the file in errors. */
  readonly where: string;
  /** Its first bytes; undefined for a log checkpoint. */
  readonly head: Uint8Array | undefined;
}

export interface ReplayOptions {
  /** Name of the table, for errors. */
  readonly table: string;
  /** Foreign commits from this version on are noted. */
  readonly watchFrom: number;
  readonly maxForeignCommits: number;
}

/** The table after these commits, ascending without a gap. The first one of a log that is read from its start is version 0. */
export function replay(base: LogState | undefined, commits: Iterable<Commit>, options: ReplayOptions): LogState {
  const draft = new Draft(base, options);
  for (const commit of commits) draft.apply(commit);
  return draft.finish();
}

class Draft {
  readonly #base: LogState | undefined;
  readonly #options: ReplayOptions;
  readonly #files = new Map<string, LoggedFile | undefined>();
  readonly #txns = new Map<string, number | undefined>();
  readonly #tombstones = new Map<string, RemoveAction | undefined>();
  readonly #domains = new Map<string, DomainMetadataAction | undefined>();
  readonly #foreign: ForeignCommit[];
  #version: number;
  #head: Uint8Array | undefined;
  #protocol: ProtocolAction | undefined;
  #metadata: MetadataAction | undefined;

  constructor(base: LogState | undefined, options: ReplayOptions) {
    this.#base = base;
    this.#options = options;
    this.#version = base?.version ?? -1;
    this.#head = base?.head;
    this.#protocol = base?.protocol;
    this.#metadata = base?.metadataAction;
    this.#foreign = [...(base?.foreign ?? [])];
  }

  apply({ version, actions, where, head }: Commit): void {
    let [addedFiles, removedFiles] = [0, 0];
    let info: CommitInfo | undefined;
    for (const { add, remove, txn, metaData, protocol, domainMetadata, commitInfo } of actions) {
      if (add !== undefined) {
        const file = new LoggedFile(add, where);
        this.#files.set(file.path, file);
        if (this.#isRemoved(file.path)) this.#tombstones.set(file.path, undefined);
        if (add.dataChange) addedFiles++;
      } else if (remove !== undefined) {
        const path = decodePath(remove.path, where);
        this.#files.set(path, undefined);
        this.#tombstones.set(path, remove);
        if (remove.dataChange) removedFiles++;
      } else if (txn !== undefined) this.#txns.set(txn.appId, txn.version);
      else if (metaData !== undefined) this.#metadata = metaData;
      else if (protocol !== undefined) this.#protocol = protocol;
      else if (domainMetadata !== undefined) {
        this.#domains.set(domainMetadata.domain, domainMetadata.removed ? undefined : domainMetadata);
      } else if (commitInfo !== undefined) info = commitInfo;
    }
    [this.#version, this.#head] = [version, head];
    const isForeign = addedFiles + removedFiles > 0 && version >= this.#options.watchFrom && !isOurs(info);
    if (isForeign && this.#foreign.length < this.#options.maxForeignCommits) {
      const [operation, engine] = [info?.operation ?? '', info?.engineInfo ?? ''];
      this.#foreign.push({ version, operation, engine, addedFiles, removedFiles });
    }
  }

  #isRemoved(path: string): boolean {
    return this.#tombstones.has(path) || this.#base?.tombstones.has(path) === true;
  }

  finish(): LogState {
    const [protocol, metadataAction] = [this.#protocol, this.#metadata];
    const { table } = this.#options;
    if (protocol === undefined || metadataAction === undefined) {
      throw damaged(`the log of ${table}`, `up to version ${this.#version} it says neither protocol nor columns`);
    }
    checkProtocol(protocol, table);
    if (metadataAction.format.provider !== 'parquet') {
      throw new ContradictionError(
        'table_changed',
        `${table} has files of the format ${metadataAction.format.provider}`,
      );
    }
    const base = this.#base;
    return {
      version: this.#version,
      metadata: base?.metadataAction === metadataAction ? base.metadata : metadataOf(metadataAction),
      metadataAction,
      protocol,
      txns: (base?.txns ?? LayeredMap.of()).with(this.#txns),
      files: (base?.files ?? LayeredMap.of()).with(this.#files),
      tombstones: (base?.tombstones ?? LayeredMap.of()).with(this.#tombstones),
      domains: (base?.domains ?? LayeredMap.of()).with(this.#domains),
      foreign: this.#foreign,
      head: this.#head,
    };
  }
}

function metadataOf({ id, schemaString, partitionColumns, configuration }: MetadataAction): TableMetadata {
  const texts = Object.entries(configuration).map(([name, value]) => [name, value ?? ''] as const);
  return { id, schemaString, partitionColumns, configuration: Object.fromEntries(texts) };
}
