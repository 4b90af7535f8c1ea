/**
 * The first bytes of a journal: the owner of its state, in clear text, so that a foreign file is named as such, and how
 * many of its bytes are valid. Bytes beyond those were being written when the process ended.
 *
 * Layout (little-endian): checksum of the rest u32 | format u32 | magic, 8 bytes | valid bytes f64 | length of the
 * identity u32 | identity, JSON | zeros up to HEADER_BYTES
 */
import { crc32 } from 'node:zlib';
import { DamagedFileError } from './damaged-file-error.ts';

/** Raised whenever any stored layout changes; an older store is then discarded. */
export const STORE_FORMAT = 2;

/** Whose state a store holds. */
export interface StoreIdentity {
  readonly topic: string;
  readonly partition: number;
}

/** One sector of a disk, which is written at once. */
export const HEADER_BYTES = 512;
const MAGIC = Buffer.from('PROVONCE', 'latin1');
const MAGIC_AT = 8;
const COMMITTED_AT = 16;
const IDENTITY_AT = 28;

export function encodeHeader({ topic, partition }: StoreIdentity, committedBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const identity = JSON.stringify({ topic, partition });
  header.writeUInt32LE(STORE_FORMAT, 4);
  MAGIC.copy(header, MAGIC_AT);
  header.writeDoubleLE(committedBytes, COMMITTED_AT);
  header.writeUInt32LE(identity.length, IDENTITY_AT - 4);
  if (header.write(identity, IDENTITY_AT, 'utf8') !== identity.length) {
    throw new RangeError(`the topic name ${topic} is longer than one of Kafka`);
  }
  header.writeUInt32LE(crc32(header.subarray(4)), 0);
  return header;
}

/** How many bytes of the file are valid. Throws DamagedFileError if it is not the header of this store. */
export function decodeHeader(header: Buffer, identity: StoreIdentity): number {
  check(header.length === HEADER_BYTES, 'it is cut within its header');
  check(header.subarray(MAGIC_AT, COMMITTED_AT).equals(MAGIC), 'it is not a journal of this program');
  const format = header.readUInt32LE(4);
  check(format === STORE_FORMAT, `it has format ${format}, and this version reads ${STORE_FORMAT}`);
  check(header.readUInt32LE(0) === crc32(header.subarray(4)), 'the checksum of its header is wrong');
  const identityBytes = header.readUInt32LE(IDENTITY_AT - 4);
  const found = JSON.parse(header.toString('utf8', IDENTITY_AT, IDENTITY_AT + identityBytes)) as StoreIdentity;
  check(
    found.topic === identity.topic && found.partition === identity.partition,
    `it belongs to partition ${found.partition} of ${found.topic}`,
  );
  return header.readDoubleLE(COMMITTED_AT);
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new DamagedFileError(what);
}
