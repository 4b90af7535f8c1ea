/** Names of this program's commits, and how it knows them again: other engines write into the same log. */
import type { CommitInfo } from './actions.ts';

const ENGINE = 'provenonce/';

/** For people, and to tell our commits from others: the `operation` of commitInfo. */
export const OPERATIONS = [
  'CREATE TABLE',
  'WRITE',
  'CLAIM',
  'SEED',
  'ENTRY',
  'FENCE',
  'CHECKPOINT',
  'RULES',
  'SCHEMA',
  'ADD COLUMNS',
  'SKIP',
  'RESCALE',
  'BACKFILL',
  'DELETE',
  'PRUNE',
  'OPTIMIZE',
  'VACUUM START',
  'VACUUM END',
] as const;

const KNOWN: ReadonlySet<string> = new Set(OPERATIONS);

export function isOperation(operation: string): boolean {
  return KNOWN.has(operation);
}

export function engineInfo(version: string): string {
  return `${ENGINE}${version}`;
}

/** Written by this program, in this or another release. */
export function isOurs(info: CommitInfo | undefined): boolean {
  return (
    info?.engineInfo?.startsWith(ENGINE) === true &&
    info.txnId !== undefined &&
    info.operation !== undefined &&
    isOperation(info.operation)
  );
}
