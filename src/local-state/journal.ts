/**
 * A partition's journal: a header (journal-header.ts), then sealed entries (entry-batch.ts), append-only. Appended
 * bytes are valid once the header, which is written after them, counts them.
 *
 * Nothing is mapped into memory, and no value of a file is used before it was checked: a damaged, cut or foreign file
 * is a DamagedFileError, never a crash.
 *
 * No fsync: this is a cache. A killed process loses nothing that was saved (the kernel has the pages); after a crash of
 * the machine the seals, and finally the state digest, reveal what did not reach the disk.
 *
 * Methods reject with the file system's error. One call at a time.
 */
import { constants } from 'node:fs';
import { DamagedFileError } from './damaged-file-error.ts';
import { ENTRY_HEADER_BYTES, entryBytes, padded } from './entry-batch.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES, type StoreIdentity } from './journal-header.ts';
import { isLinkError, OPEN_TO_CHANGE, OPEN_TO_READ, OWN_FILE_MODE } from './own-files.ts';
import { nodeFiles, type StateFile, type StateFiles } from './state-files.ts';

/** An entry in the memory that was read. */
export interface JournalEntry {
  /** Of its first byte in the file. */
  readonly position: number;
  readonly key: Buffer;
  /** Starts at an address that is a multiple of eight. */
  readonly value: Buffer;
  /** The whole entry, as EntryBatch.copy() takes it. */
  readonly whole: Buffer;
}

/** Entries that were read together, and their memory. */
export interface JournalPart {
  readonly entries: readonly JournalEntry[];
  readonly bytes: Buffer;
  readonly view: DataView;
}

const OPEN_NEW_TO_CHANGE = OPEN_TO_CHANGE | constants.O_CREAT | constants.O_EXCL;
const READ_ONLY_CODES: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const READ_BYTES = 4 * 1024 * 1024;
/** Far more than any entry that is written. */
const MOST_ENTRY_BYTES = 64 * 1024 * 1024;
/** Readers of texts read four bytes at a time. */
const SLACK_BYTES = 8;

export class Journal {
  readonly #files: StateFiles;
  readonly #path: string;
  readonly #identity: StoreIdentity;
  readonly #file: StateFile;
  readonly #inode: number;
  #end: number;
  /** The file's permanent name, once it has it. */
  #publishedAs: string | undefined;
  #readOnlyBecause: Error | undefined;

  private constructor(
    files: StateFiles,
    path: string,
    identity: StoreIdentity,
    file: StateFile,
    inode: number,
    end: number,
  ) {
    this.#files = files;
    this.#path = path;
    this.#identity = identity;
    this.#file = file;
    this.#inode = inode;
    this.#end = end;
  }

  /** A new, empty journal, under an unused name. */
  static async create(path: string, identity: StoreIdentity, files = nodeFiles): Promise<Journal> {
    const file = await files.open(path, OPEN_NEW_TO_CHANGE, OWN_FILE_MODE);
    try {
      const journal = new Journal(files, path, identity, file, (await file.stat()).ino, HEADER_BYTES);
      await journal.#commit();
      return journal;
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  /**
   * An existing journal. Undefined if there is none; rejects with DamagedFileError if it is not this store's, or cut.
   */
  static async open(path: string, identity: StoreIdentity, files = nodeFiles): Promise<Journal | undefined> {
    let file: StateFile;
    let readOnlyBecause: Error | undefined;
    try {
      file = await files.open(path, OPEN_TO_CHANGE);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (isLinkError(error)) throw new DamagedFileError('it is a symbolic link');
      if (code === undefined || !READ_ONLY_CODES.has(code)) throw error;
      // A file that can no longer be written can still be read.
      readOnlyBecause = error as Error;
      file = await files.open(path, OPEN_TO_READ);
    }
    try {
      const { size, ino, mode } = await checkedFile(file);
      // An earlier release left it readable by others.
      if ((mode & 0o077) !== 0 && readOnlyBecause === undefined) await file.chmod(OWN_FILE_MODE).catch(() => {});
      const header = Buffer.alloc(HEADER_BYTES);
      const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
      const end = decodeHeader(header.subarray(0, bytesRead), identity);
      if (!(Number.isSafeInteger(end) && end >= HEADER_BYTES && end <= size)) {
        throw new DamagedFileError(`it is cut: it has ${size} bytes, and should have ${end}`);
      }
      const journal = new Journal(files, path, identity, file, ino, end);
      journal.#publishedAs = path;
      journal.#readOnlyBecause = readOnlyBecause;
      return journal;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Valid bytes. */
  get byteLength(): number {
    return this.#end;
  }

  /** Adds entries: all of them or, when it rejects, none. */
  async append(entries: Buffer): Promise<void> {
    await this.#assertUntouched();
    await this.#writeAll(entries, this.#end);
    this.#end += entries.length;
    await this.#commit();
  }

  /** Appends entries that become valid with the next append(). */
  async write(entries: Buffer): Promise<void> {
    await this.#writeAll(entries, this.#end);
    this.#end += entries.length;
  }

  /** Replaces the file that has the name now. */
  async publish(path: string): Promise<void> {
    await this.#files.rename(this.#path, path);
    this.#publishedAs = path;
  }

  /** Entries from a position on where one starts, about `mostBytes` of them; their seals are not checked. */
  async read(from: number, mostBytes = READ_BYTES): Promise<JournalPart> {
    const bytes = await this.#readAt(from, Math.min(mostBytes, this.#end - from));
    const first = this.#parse(bytes, from);
    if (first.entries.length > 0 || from === this.#end) return first;
    // Only the first entry, because it is larger.
    return this.#parse(await this.#readAt(from, firstEntryBytes(bytes, this.#end - from)), from);
  }

  /** Between two reads. */
  giveWay(): Promise<void> {
    return this.#files.giveWay();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  async #commit(): Promise<void> {
    await this.#writeAll(encodeHeader(this.#identity, this.#end), 0);
  }

  async #writeAll(bytes: Buffer, position: number): Promise<void> {
    if (this.#readOnlyBecause !== undefined) throw this.#readOnlyBecause;
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done);
      if (bytesWritten === 0) throw new Error(`${this.#path} accepts no more bytes`);
      done += bytesWritten;
    }
  }

  async #readAt(position: number, byteLength: number): Promise<Buffer> {
    const memory = Buffer.allocUnsafeSlow(byteLength + SLACK_BYTES);
    for (let done = 0; done < byteLength; ) {
      const { bytesRead } = await this.#file.read(memory, done, byteLength - done, position + done);
      if (bytesRead === 0) throw new DamagedFileError('it was cut while it was read');
      done += bytesRead;
    }
    return memory.subarray(0, byteLength);
  }

  /** The complete entries. */
  #parse(bytes: Buffer, from: number): JournalPart {
    const entries: JournalEntry[] = [];
    for (let at = 0; at < bytes.length; ) {
      const entry = entryAt(bytes, at, from, this.#end);
      if (entry === undefined) break;
      entries.push(entry);
      at += entry.whole.length;
    }
    return { entries, bytes, view: new DataView(bytes.buffer, bytes.byteOffset) };
  }

  /** Otherwise a file cut or replaced from outside would be found at the next start only. */
  async #assertUntouched(): Promise<void> {
    const path = this.#publishedAs;
    if (path === undefined) return;
    const found = await this.#files.lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (found?.ino === this.#inode && found.size >= this.#end) return;
    throw new Error(`${path} was ${found === undefined ? 'removed' : 'replaced or cut'} while it was in use`);
  }
}

async function checkedFile(file: StateFile) {
  const found = await file.stat();
  if (!found.isFile()) throw new DamagedFileError('it is not a file');
  return found;
}

/** Undefined if it extends past `bytes`; throws if it extends past the end of the journal. */
function entryAt(bytes: Buffer, at: number, from: number, end: number): JournalEntry | undefined {
  if (at + ENTRY_HEADER_BYTES > bytes.length && from + at + ENTRY_HEADER_BYTES <= end) return undefined;
  const length = firstEntryBytes(bytes.subarray(at), end - from - at);
  if (at + length > bytes.length) return undefined;
  const valueBytes = bytes.readUInt32LE(at);
  const keyBytes = bytes.readUInt16LE(at + 4);
  const keyAt = at + ENTRY_HEADER_BYTES;
  const valueAt = keyAt + padded(keyBytes);
  return {
    position: from + at,
    key: bytes.subarray(keyAt, keyAt + keyBytes),
    value: bytes.subarray(valueAt, valueAt + valueBytes),
    whole: bytes.subarray(at, at + length),
  };
}

/** Length of the entry that starts here; the file has at most `mostBytes` of it. */
function firstEntryBytes(bytes: Buffer, mostBytes: number): number {
  if (bytes.length < ENTRY_HEADER_BYTES) throw new DamagedFileError('its last entry is cut');
  const length = entryBytes(bytes.readUInt16LE(4), bytes.readUInt32LE(0));
  if (length > mostBytes || length > MOST_ENTRY_BYTES) throw new DamagedFileError('an entry extends past its end');
  return length;
}
