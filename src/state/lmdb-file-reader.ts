/**
 * Reads an lmdb data file with plain reads, trusting nothing in it.
 *
 * Why not through lmdb: it maps the file and follows what it finds, so a damaged or shortened file ends the process with
 * SIGSEGV or SIGBUS, which nothing can catch. Here every page number, offset and length is checked against the file before
 * it is used; anything odd throws DamagedFileError. That values are what was written is for their seals to say.
 *
 * Covers what this project's stores use (lmdb 3.x data version 2, 64-bit little-endian, one unnamed database, no duplicate
 * keys); a file with anything else counts as damaged. Only the pages of live data are read.
 */
import { fstatSync, readSync } from 'node:fs';
import type { StoredValue } from './segment-codec.ts';

export class DamagedFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DamagedFileError';
  }
}

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_HEADER_BYTES = 24;
const META_BYTES = 168;
const NODE_HEADER_BYTES = 8;
const BRANCH_PAGE = 0x01;
const LEAF_PAGE = 0x02;
const OVERFLOW_PAGE = 0x04;
const META_PAGE = 0x08;
/** The upper flag bits say how lmdb handles a page in memory; they may reach the file and mean nothing there. */
const LASTING_FLAGS = 0x1fff;
const NODE_ON_OVERFLOW_PAGES = 0x01;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const DEPTH_MAX = 32;
const VALUE_BYTES_MAX = 64 * 1024 * 1024;

interface Meta {
  readonly pageBytes: number;
  readonly root: number | undefined;
  readonly entries: number;
  readonly transaction: bigint;
}

/** Yields every key and value, in key order; values are copies that start at an aligned address. */
export function* readLmdbFile(fileDescriptor: number): Generator<StoredValue> {
  const meta = latestMeta(fileDescriptor);
  if (meta.root === undefined) return;
  const pages = new PageReader(fileDescriptor, meta.pageBytes);
  let entries = 0;
  for (const entry of walk(pages, meta.root, 0)) {
    entries += 1;
    yield entry;
  }
  check(entries === meta.entries, `it holds ${entries} entries, and says ${meta.entries}`);
}

function latestMeta(fileDescriptor: number): Meta {
  const first = Buffer.alloc(META_BYTES);
  check(readSync(fileDescriptor, first, 0, META_BYTES, 0) === META_BYTES, 'its first page is cut');
  const one = parseMeta(first);
  check(one !== undefined, 'its first page is not that of an lmdb file');
  const second = Buffer.alloc(META_BYTES);
  check(readSync(fileDescriptor, second, 0, META_BYTES, one.pageBytes) === META_BYTES, 'its second page is cut');
  const two = parseMeta(second);
  check(two !== undefined && two.pageBytes === one.pageBytes, 'its second page is not that of an lmdb file');
  return two.transaction > one.transaction ? two : one;
}

function parseMeta(page: Buffer): Meta | undefined {
  const pageBytes = page.readUInt32LE(48);
  const valid =
    (page.readUInt16LE(18) & META_PAGE) !== 0 &&
    page.readUInt32LE(24) === MAGIC &&
    (page.readUInt32LE(28) & 0xffff) === DATA_VERSION &&
    [4096, 8192, 16384, 32768, 65536].includes(pageBytes);
  if (!valid) return undefined;
  const root = page.readBigUInt64LE(136);
  return {
    pageBytes,
    root: root === NO_PAGE ? undefined : pageNumber(root),
    entries: Number(page.readBigUInt64LE(128)),
    transaction: page.readBigUInt64LE(152),
  };
}

class PageReader {
  readonly #fileDescriptor: number;
  readonly #pageCount: number;
  /** Each page is part of one tree once: a second visit is a loop or a shared page. */
  readonly #seen = new Set<number>();
  readonly pageBytes: number;

  constructor(fileDescriptor: number, pageBytes: number) {
    this.#fileDescriptor = fileDescriptor;
    this.pageBytes = pageBytes;
    this.#pageCount = Math.floor(fstatSync(fileDescriptor).size / pageBytes);
  }

  /** `count` pages that begin at `first`; their first header names them. */
  read(first: number, count: number): Buffer {
    check(first >= 2 && first + count <= this.#pageCount, `page ${first} (${count} long) is outside the file`);
    check(!this.#seen.has(first), `page ${first} is used twice`);
    this.#seen.add(first);
    const bytes = Buffer.from(new ArrayBuffer(count * this.pageBytes));
    const read = readSync(this.#fileDescriptor, bytes, 0, bytes.length, first * this.pageBytes);
    check(read === bytes.length, `page ${first} is cut`);
    check(bytes.readBigUInt64LE(0) === BigInt(first), `page ${first} says that it is another page`);
    return bytes;
  }
}

function* walk(pages: PageReader, number: number, depth: number): Generator<StoredValue> {
  check(depth < DEPTH_MAX, 'its tree is too deep');
  const page = pages.read(number, 1);
  const flags = page.readUInt16LE(18) & LASTING_FLAGS;
  const lower = page.readUInt16LE(20);
  check(lower % 2 === 0 && PAGE_HEADER_BYTES + lower <= page.length, `page ${number} has a wrong number of nodes`);
  check(flags === BRANCH_PAGE || flags === LEAF_PAGE, `page ${number} has unknown flags ${flags}`);
  for (let index = 0; index < lower / 2; index += 1) {
    const at = PAGE_HEADER_BYTES + page.readUInt16LE(PAGE_HEADER_BYTES + 2 * index);
    check(at + NODE_HEADER_BYTES <= page.length, `a node of page ${number} is outside the page`);
    if (flags === BRANCH_PAGE) {
      yield* walk(pages, page.readUInt32LE(at) + page.readUInt16LE(at + 4) * 2 ** 32, depth + 1);
    } else {
      yield readLeafNode(pages, page, at, number);
    }
  }
}

function readLeafNode(pages: PageReader, page: Buffer, at: number, number: number): StoredValue {
  const valueBytes = page.readUInt32LE(at);
  const nodeFlags = page.readUInt16LE(at + 4);
  const keyAt = at + NODE_HEADER_BYTES;
  const valueAt = keyAt + page.readUInt16LE(at + 6);
  check(valueAt <= page.length, `a key of page ${number} is outside the page`);
  const key = Buffer.from(page.subarray(keyAt, valueAt));
  if (nodeFlags === 0) {
    check(valueAt + valueBytes <= page.length, `a value of page ${number} is outside the page`);
    return { key, value: aligned(page.subarray(valueAt, valueAt + valueBytes)) };
  }
  check(nodeFlags === NODE_ON_OVERFLOW_PAGES, `a node of page ${number} has unknown flags ${nodeFlags}`);
  check(valueAt + 8 <= page.length, `a node of page ${number} is outside the page`);
  check(valueBytes <= VALUE_BYTES_MAX, `a value of page ${number} is too long`);
  const first = pageNumber(page.readBigUInt64LE(valueAt));
  const overflow = pages.read(first, Math.ceil((PAGE_HEADER_BYTES + valueBytes) / pages.pageBytes));
  check((overflow.readUInt16LE(18) & LASTING_FLAGS) === OVERFLOW_PAGE, `page ${first} is no overflow page`);
  return { key, value: overflow.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + valueBytes) };
}

function aligned(bytes: Buffer): Buffer {
  return Buffer.from(new Uint8Array(bytes).buffer);
}

function pageNumber(value: bigint): number {
  check(value <= BigInt(Number.MAX_SAFE_INTEGER), `page ${value} is outside the file`);
  return Number(value);
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new DamagedFileError(what);
}
