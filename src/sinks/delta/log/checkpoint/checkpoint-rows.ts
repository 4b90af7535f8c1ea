/** What a log checkpoint says: all that the table is at its version. */
import type { Action, RemoveAction } from '../actions.ts';
import type { LogState } from '../log-state.ts';

/** Removed files whose time is over are left out. */
export function checkpointRows(state: LogState, nowMs: number, removedFileRetentionMs: number): Action[] {
  const rows: Action[] = [{ protocol: state.protocol }, { metaData: state.metadataAction }];
  for (const domainMetadata of state.domains.values()) rows.push({ domainMetadata });
  for (const [appId, version] of state.txns) rows.push({ txn: { appId, version } });
  for (const remove of state.tombstones.values()) {
    if (!isOver(remove, nowMs, removedFileRetentionMs)) rows.push({ remove: { ...remove, dataChange: false } });
  }
  for (const { action } of state.files.values()) rows.push({ add: { ...action, dataChange: false } });
  return rows;
}

/** The same table without the removed files whose time is over. */
export function withoutOldRemoves(state: LogState, nowMs: number, removedFileRetentionMs: number): LogState {
  const old = [...state.tombstones].filter(([, remove]) => isOver(remove, nowMs, removedFileRetentionMs));
  const tombstones = state.tombstones.with(new Map(old.map(([path]) => [path, undefined])));
  return old.length === 0 ? state : { ...state, tombstones };
}

function isOver({ deletionTimestamp = 0 }: RemoveAction, nowMs: number, retentionMs: number): boolean {
  return deletionTimestamp < nowMs - retentionMs;
}
