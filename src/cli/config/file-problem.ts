/** Why a file of the operator cannot be read or written, in words. Pure. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'it exists already, and is not overwritten',
  EACCES: 'this user has no permission',
  EROFS: 'its file system is read-only',
};

/** `error`: as node:fs throws it. Others keep their own message. */
export function fileProblem(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const words = typeof code === 'string' ? WORDS[code] : undefined;
  return words ?? (error instanceof Error ? error.message : String(error));
}
