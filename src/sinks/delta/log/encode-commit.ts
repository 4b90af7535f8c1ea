/** The bytes of one commit: an action a line, commitInfo first. */
import { assert } from '../../../base/errors.ts';
import type { CommitActions, DataFile, TableMetadata } from '../ports.ts';
import type { Action, AddAction, MetadataAction, ProtocolAction, RemoveAction } from './actions.ts';
import { OWN_PROTOCOL } from './features.ts';
import type { LogState } from './log-state.ts';
import { encodePath, LoggedFile, statsText } from './logged-file.ts';
import { engineInfo, isOperation } from './operations.ts';

export interface CommitFacts {
  readonly nowMs: number;
  /** This commit's alone. */
  readonly txnId: string;
  /** Of this program. */
  readonly engineVersion: string;
}

/** What is committed must fit the snapshot that it follows: files to remove are there, files to add are not. */
export function encodeCommit(state: LogState, commit: CommitActions, facts: CommitFacts): Uint8Array {
  const { operation, txns = new Map(), adds = [], removes = [], metadata } = commit;
  assert(isOperation(operation), `${operation} is not in the list of operations`);
  const actions: Action[] = [infoOf(operation, adds.length > 0 && removes.length === 0, facts)];
  if (metadata !== undefined) actions.push({ metaData: changedMetadata(state.metadataAction, metadata) });
  for (const [appId, version] of txns) {
    assert(Number.isSafeInteger(version) && version >= 0, `version ${version} of txn ${appId}`);
    // Without lastUpdated: no engine's txn retention ever drops it.
    actions.push({ txn: { appId, version } });
  }
  for (const { path, dataChange } of removes) {
    const file = state.files.get(path);
    assert(file !== undefined, `${path} is removed and is not in the table at version ${state.version}`);
    actions.push({ remove: removeOf(file, dataChange, facts.nowMs) });
  }
  const added = new Set<string>();
  for (const file of adds) {
    const { path } = file;
    assert(!state.files.has(path) && !added.has(path), `${path} is added twice`);
    added.add(path);
    actions.push({ add: addOf(file) });
  }
  return bytesOf(actions);
}

/** Version 0 of a table's log. */
export function encodeCreation(id: string, metadata: Omit<TableMetadata, 'id'>, facts: CommitFacts): Uint8Array {
  const metaData: MetadataAction = {
    id,
    format: { provider: 'parquet', options: {} },
    ...metadata,
    createdTime: facts.nowMs,
  };
  const protocol: ProtocolAction = OWN_PROTOCOL;
  return bytesOf([infoOf('CREATE TABLE', false, facts), { protocol }, { metaData }]);
}

function infoOf(operation: string, isBlindAppend: boolean, { nowMs, txnId, engineVersion }: CommitFacts): Action {
  return {
    commitInfo: {
      timestamp: nowMs,
      operation,
      operationParameters: {},
      engineInfo: engineInfo(engineVersion),
      txnId,
      isBlindAppend,
    },
  };
}

function changedMetadata(before: MetadataAction, { id, schemaString, ...rest }: TableMetadata): MetadataAction {
  return { ...before, id, schemaString, ...rest };
}

function addOf(file: DataFile): AddAction {
  const { path, byteLength, modifiedAtMs, dataChange, stats } = file;
  if (file instanceof LoggedFile) return { ...file.action, dataChange };
  return {
    path: encodePath(path),
    partitionValues: {},
    size: byteLength,
    modificationTime: modifiedAtMs,
    dataChange,
    ...(stats === undefined ? {} : { stats: statsText(stats) }),
  };
}

function removeOf({ action }: LoggedFile, dataChange: boolean, nowMs: number): RemoveAction {
  const { path, size, partitionValues } = action;
  return { path, deletionTimestamp: nowMs, dataChange, extendedFileMetadata: true, partitionValues, size };
}

function bytesOf(actions: readonly Action[]): Uint8Array {
  return Buffer.from(`${actions.map((action) => JSON.stringify(action)).join('\n')}\n`);
}
