/**
 * What an error of the file system means for an object store: refused for good, or worth another attempt. Names the place
 * and what to do.
 */
import { StoreRefusedError } from '../ports.ts';

/** An error with the code of the operating system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

interface Refusal {
  readonly what: StoreRefusedError['what'];
  readonly text: (file: string) => string;
}

/** Trying again does not help until a person has done something. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  EROFS: { what: 'read_only', text: (file) => `${file} is on a file system that is mounted read-only` },
  EACCES: { what: 'permission', text: (file) => `no permission for ${file}: give this user the right to write there` },
  EPERM: { what: 'permission', text: (file) => `not permitted on ${file}: check its owner, flags and file system` },
  ENOTDIR: { what: 'other', text: (file) => `a part of ${file} is a file, where a folder must be` },
  EISDIR: { what: 'other', text: (file) => `${file} is a folder, where a file must be` },
  ELOOP: { what: 'other', text: (file) => `${file} has symbolic links that lead in a circle` },
  ENAMETOOLONG: { what: 'other', text: (file) => `${file} is longer than the file system allows` },
  ENOTSUP: { what: 'other', text: (file) => `the file system of ${file} has no hard links: use another one` },
  EMLINK: { what: 'other', text: (file) => `the file system of ${file} allows no further links` },
};

const SHORTAGES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the machine has too many files open',
  EIO: 'the disk reports an input or output error',
};

/** The error to reject with, where the file was not made. */
export function storeError(error: unknown, file: string): Error {
  const code = codeOf(error);
  const refusal = code === undefined ? undefined : REFUSALS[code];
  if (refusal !== undefined) return new StoreRefusedError(refusal.what, refusal.text(file), { cause: error });
  const shortage = code === undefined ? undefined : SHORTAGES[code];
  if (shortage !== undefined) return new Error(`${file}: ${shortage} (${code})`, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}
