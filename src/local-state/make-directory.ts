/** Makes a directory and its missing parents with `mode`. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Not mkdirSync's own `recursive`: it never returns if the file system answers ENOENT for a directory whose parent
 * exists (as /proc does). Throws the file system's error; an existing directory is fine.
 */
export function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    makeDirectory(parent, mode);
    makeOne(path, mode);
  }
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
