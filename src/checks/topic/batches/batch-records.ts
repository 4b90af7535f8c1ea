/**
 * The records of one batch, in bounded memory for any unpacked size. Where its bytes stop being records, those before are
 * shown: they are what the producer sent, since the checksum is over all of them. The last record of a batch is shown once
 * nothing was found behind it.
 */
import type { TopicRecord } from '../../inputs/verify-inputs.ts';
import { DamagedBytesError } from '../errors.ts';
import { codecOf, unpackInPieces, unpackWhole } from '../unpacking/unpack.ts';
import type { Batch } from './batch.ts';
import { RecordParser } from './record-parser.ts';

/** A body that unpacks to more than this is taken in pieces. */
const WHOLE_BODY_MAX_BYTES = 8 * 1024 * 1024;
/** More records than this are not held at once. */
const RECORDS_MAX = 20_000;
const PIECE_BYTES = 128 * 1024;

/**
 * Those in [fromOffset, toOffset), in chunks of some 20,000 at most. Throws DamagedBytesError, with the first offset that
 * cannot be read, unless that one is past toOffset.
 */
export async function* recordsOf(batch: Batch, fromOffset: number, toOffset: number): AsyncGenerator<TopicRecord[]> {
  const parser = new RecordParser(batch);
  const isAllWanted = batch.baseOffset >= fromOffset && batch.lastOffset < toOffset;
  const isWanted = ({ offset }: TopicRecord): boolean => offset >= fromOffset && offset < toOffset;
  let ready: TopicRecord[] = [];
  try {
    for await (const piece of piecesOf(batch)) {
      if (ready.length > 0) yield ready;
      const records = parser.push(piece);
      ready = isAllWanted ? records : records.filter(isWanted);
      if (parser.nextOffset >= toOffset) break;
      if (parser.damage !== undefined) throw parser.damage;
    }
    if (parser.nextOffset < toOffset) ready.push(...parser.end().filter(isWanted));
    yield ready;
  } catch (error) {
    if (!(error instanceof DamagedBytesError)) throw error;
    yield ready;
    throw new DamagedBytesError(error.message, { cause: error, offset: Math.max(parser.nextOffset, fromOffset) });
  }
}

/** Its body, unpacked: whole where it is small. Throws DamagedBytesError, after the pieces before the damage. */
async function* piecesOf({ attributes, body, recordCount }: Batch): AsyncGenerator<Buffer> {
  const codec = codecOf(attributes);
  const whole = wholeBody(codec, body);
  if (whole === undefined) yield* unpackInPieces(codec, body);
  else if (recordCount <= RECORDS_MAX) yield whole;
  else for (let at = 0; at < whole.length; at += PIECE_BYTES) yield whole.subarray(at, at + PIECE_BYTES);
}

/** Undefined where it is too large, or damaged: then what comes before the damage is wanted. */
function wholeBody(codec: ReturnType<typeof codecOf>, body: Buffer): Buffer | undefined {
  try {
    return unpackWhole(codec, body, WHOLE_BODY_MAX_BYTES);
  } catch (error) {
    if (error instanceof DamagedBytesError) return undefined;
    throw error;
  }
}
