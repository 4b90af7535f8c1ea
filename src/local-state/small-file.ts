/** Small files of ours, in one piece: others cannot read them, and links are never followed. */
import { closeSync, fstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { OPEN_NEW, OPEN_TO_READ, OWN_FILE_MODE } from './own-files.ts';

/** More than any of them. */
const MOST_BYTES = 64 * 1024;

/** Throws the file system's error, also if the path is a link or not a small file. */
export function readSmallFile(path: string): string {
  const file = openSync(path, OPEN_TO_READ);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.size > MOST_BYTES)
      throw new Error(`${path} is not a file of at most ${MOST_BYTES} bytes`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Replaces a file or link of that name. Throws the file system's error. */
export function writeNewFile(path: string, text: string): void {
  rmSync(path, { force: true });
  const file = openSync(path, OPEN_NEW, OWN_FILE_MODE);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}
