/** Opens the folders of a location's tables: on this machine, or copied from a bucket. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '../../../base/errors.ts';
import { LOG_FOLDER, type TableFolders } from './table-folders.ts';

/** `scratch`: a folder for copies, which the caller removes. */
export async function tableFolders(location: string, scratch: string): Promise<TableFolders> {
  if (location.startsWith('s3://')) return (await import('./bucket-folders.ts')).bucketFolders(location, scratch);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location))
    throw new ConfigurationError([`DELTA_LOCATION ${location}: expected a folder, or s3://bucket/prefix`]);
  return new DiskFolders(path.resolve(location));
}

/** Files looked at side by side. */
const LOOKS = 64;

class DiskFolders implements TableFolders {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async logOf(table: string): Promise<readonly string[]> {
    try {
      return await readdir(path.join(this.root, table, LOG_FOLDER));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async bringLog(): Promise<void> {}

  async bringFiles(table: string, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (let at = 0; at < paths.length; at += LOOKS) {
      const some = paths.slice(at, at + LOOKS);
      const found = await Promise.all(some.map((name) => sizeOf(path.join(this.root, table, name))));
      for (const [i, size] of found.entries()) if (size !== undefined) sizes.set(some[i]!, size);
    }
    return sizes;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}
