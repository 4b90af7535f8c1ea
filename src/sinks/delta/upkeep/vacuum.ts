/**
 * Vacuum: deletes files of a table that no snapshot within the retention names, and files that no commit ever named.
 *
 * Invariants: 1. it commits first, so that every put which was prepared before finds its version taken, and its writer decides again; 2. a
 * file is deleted only if it is older than the retention, and neither in the newest snapshot nor removed from it within the retention. A
 * writer uploads files anew after ten minutes (reuploadAfterMs in delta-limits.ts), which is far less than the least retention.
 */
import { ConfigurationError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { VacuumedTable } from '../../opened-sink.ts';
import type { LogState } from '../log/log-state.ts';
import type { DeltaLogTable } from '../log/log-table.ts';
import type { ObjectStore } from '../ports.ts';
import { UNFINISHED_PREFIX } from '../store/store-keys.ts';

const HOUR_MS = 3_600_000;
/** As long as a log checkpoint names removed files. */
export const MAX_RETENTION_MS = 7 * 24 * HOUR_MS;
export const MIN_RETENTION_MS = 24 * HOUR_MS;
const KEYS_PER_CALL = 1_000;

export interface VacuumOrder {
  readonly retentionMs: number;
  readonly dryRun: boolean;
  /** Files named in the report; all are counted. */
  readonly listMax: number;
}

export interface VacuumParts {
  readonly table: DeltaLogTable;
  readonly store: ObjectStore;
  readonly runtime: Pick<Runtime, 'nowMs'>;
}

/** Throws ConfigurationError. */
export function checkRetention(retentionMs: number): void {
  if (retentionMs >= MIN_RETENTION_MS && retentionMs <= MAX_RETENTION_MS) return;
  throw new ConfigurationError([
    '--retention-days: expected 1 to 7. A shorter one could delete files that a commit in progress or a reader needs; a log keeps what it ' +
      'removed in mind for 7 days',
  ]);
}

export async function vacuumTable(parts: VacuumParts, order: VacuumOrder): Promise<VacuumedTable> {
  const { table, store, runtime } = parts;
  const { retentionMs, dryRun, listMax } = order;
  checkRetention(retentionMs);
  const none = { table: table.name, files: 0, byteLength: 0, orphans: 0, keptFiles: 0, paths: [] };
  const first = await table.refresh();
  if (first === undefined) return none;
  const state = dryRun ? first : await commitFirst(table, first.version);
  const beforeMs = runtime.nowMs() - retentionMs;
  const total = { ...none, paths: [] as string[] };
  for await (const page of store.list(`${table.name}/`)) {
    const gone: string[] = [];
    for (const { key, byteLength, modifiedAtMs } of page) {
      const path = key.slice(table.name.length + 1);
      if (isHidden(path) || state.files.has(path)) continue;
      const removedAtMs = state.tombstones.get(path)?.deletionTimestamp;
      // One that says no time is of another engine: it counts from now.
      const isKept = modifiedAtMs >= beforeMs || (state.tombstones.has(path) && (removedAtMs ?? Infinity) >= beforeMs);
      if (isKept) total.keptFiles++;
      else {
        gone.push(key);
        total.files++;
        total.byteLength += byteLength;
        if (!state.tombstones.has(path)) total.orphans++;
        if (total.paths.length < listMax) total.paths.push(path);
      }
    }
    if (!dryRun)
      for (let at = 0; at < gone.length; at += KEYS_PER_CALL) await store.remove(gone.slice(at, at + KEYS_PER_CALL));
  }
  return total;
}

/** Any commit does, ours or another's: what was prepared for its version is refused. */
async function commitFirst(table: DeltaLogTable, version: number): Promise<LogState> {
  return table.commit((newest) => (newest.version > version ? undefined : { operation: 'VACUUM START' }));
}

/** The log, and what readers pass over by Delta's rules; but not what a crash left of this program's own files. */
function isHidden(path: string): boolean {
  if (path.startsWith(UNFINISHED_PREFIX)) return false;
  return path.split('/').some((part) => part.startsWith('_') || part.startsWith('.'));
}
