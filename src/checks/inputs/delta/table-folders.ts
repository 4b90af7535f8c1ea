/** Where the tables' files are: a folder of this machine, or a bucket from which what is read is copied into one. Types only. */
export interface TableFolders {
  /** The local folder that has a folder for each table. */
  readonly root: string;
  /** Names of the files in the table's _delta_log, once they are there; empty where there is no such table. */
  logOf(table: string): Promise<readonly string[]>;
  /** Makes files of a log readable under `root`. A file that was removed meanwhile is left out. */
  bringLog(table: string, names: readonly string[]): Promise<void>;
  /** Sizes of those of the table's files that are there, which are readable under `root` then. */
  bringFiles(table: string, paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export const LOG_FOLDER = '_delta_log';
