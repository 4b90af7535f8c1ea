/**
 * A Delta table as its log says it is, replayed by the world itself: for checkers and marks. Shares no code with src/sinks/delta.
 *
 * Invariant: only the commit after the last one is in the table. A file that comes under the name of an earlier version, which
 * clean-up has freed, is in no table.
 */

/** The actions of a line of the log that matter here. */
interface LogLine {
  readonly add?: { readonly path: string; readonly dataChange: boolean };
  readonly remove?: { readonly path: string; readonly dataChange: boolean };
  readonly txn?: { readonly appId: string; readonly version: number };
  readonly metaData?: { readonly schemaString: string };
  readonly commitInfo?: { readonly operation?: string; readonly engineInfo?: string };
}

export interface LandedCommit {
  readonly version: number;
  readonly operation: string;
  readonly engine: string;
  /** Paths of files, as their keys have them. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export class TableLog {
  /** Of the last commit; -1 before the table is made. */
  version = -1;
  /** The files that the table consists of, in the order in which they were added. */
  readonly files = new Set<string>();
  readonly txns = new Map<string, number>();
  /** Files with rows that no processor wrote. */
  readonly foreign = new Set<string>();
  schemaString = '';
  /** The bytes of every commit, also of those that clean-up has removed. */
  readonly commits: Uint8Array[] = [];

  /** Undefined: it is not the next version. Throws SyntaxError for bytes that are no lines of JSON. */
  land(version: number, bytes: Uint8Array): LandedCommit | undefined {
    if (version !== this.version + 1) return undefined;
    this.version = version;
    this.commits.push(bytes);
    const lines = Buffer.from(bytes)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
    for (const { txn, metaData } of lines) {
      if (txn !== undefined) this.txns.set(txn.appId, txn.version);
      if (metaData !== undefined) this.schemaString = metaData.schemaString;
    }
    const info = lines.find(({ commitInfo }) => commitInfo !== undefined)?.commitInfo;
    const isForeign = info?.engineInfo?.startsWith('provenonce/') !== true;
    const removed = lines.flatMap(({ remove }) => (remove === undefined ? [] : [decodeURIComponent(remove.path)]));
    const added = lines.flatMap(({ add }) => (add === undefined ? [] : [decodeURIComponent(add.path)]));
    for (const path of removed) this.files.delete(path);
    for (const path of added) this.files.add(path);
    for (const { add } of lines)
      if (isForeign && add?.dataChange === true) this.foreign.add(decodeURIComponent(add.path));
    return { version, operation: info?.operation ?? '', engine: info?.engineInfo ?? '', added, removed };
  }
}
