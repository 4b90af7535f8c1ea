/**
 * The records of one batch, in bounded memory whatever it unpacks to. Nothing of a batch is shown before all of it was found
 * well-formed: a large one is gone through twice.
 */
import type { TopicRecord } from '../inputs.ts';
import type { Batch } from './batch.ts';
import { RecordParser } from './record-parser.ts';
import { codecOf, unpackInPieces, unpackWhole } from './unpack.ts';

/** A body that unpacks to more than this is taken in pieces. */
const WHOLE_BODY_MAX_BYTES = 8 * 1024 * 1024;
/** More records than this are not held at once. */
const RECORDS_MAX = 20_000;
const PIECE_BYTES = 256 * 1024;

/** In chunks of some 20,000 at most, those below fromOffset left out. Throws DamagedBytesError before the first chunk. */
export async function* recordsOf(batch: Batch, fromOffset: number, toOffset: number): AsyncGenerator<TopicRecord[]> {
  const codec = codecOf(batch.attributes);
  const body = unpackWhole(codec, batch.body, WHOLE_BODY_MAX_BYTES);
  const isWithin = ({ offset }: TopicRecord): boolean => offset >= fromOffset && offset < toOffset;
  const within = (records: TopicRecord[]): TopicRecord[] =>
    batch.baseOffset >= fromOffset && batch.lastOffset < toOffset ? records : records.filter(isWithin);

  if (body !== undefined && batch.recordCount <= RECORDS_MAX) {
    const parser = new RecordParser(batch);
    const records = parser.push(body);
    parser.end();
    yield within(records);
    return;
  }
  const pieces = () => (body === undefined ? unpackInPieces(codec, batch.body) : piecesOf(body));
  const check = new RecordParser(batch);
  for await (const piece of pieces()) check.push(piece);
  check.end();
  const parser = new RecordParser(batch);
  for await (const piece of pieces()) yield within(parser.push(piece));
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}
