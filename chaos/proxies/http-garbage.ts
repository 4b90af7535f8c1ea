/**
 * What comes in place of an answer when something stands in between that means well: a page of a portal, an answer that was
 * cut and mended, a cache with a wrong type. Always under status 200 and whole by HTTP, so that only its content tells.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

export const GARBAGE = [
  /** The first half of the answer, with the length of that half. */
  'cut-json',
  /** A page that asks somebody to log in. */
  'html',
  /** The answer itself, as text/html. */
  'wrong-type',
  'empty-object',
  /** No body at all. */
  'empty',
  'null',
  'list',
  /** JSON of the right form, and of nothing that was asked for. */
  'other-object',
  /** More bytes than a client may read: HUGE_BYTES. */
  'huge',
] as const;
export type Garbage = (typeof GARBAGE)[number];

export const HUGE_BYTES = 256 * 1024 * 1024;

const JSON_TYPE = 'application/json; charset=UTF-8';
const PAGE = '<!doctype html><html><head><title>Sign in</title></head><body><form method="post"></form></body></html>';
const OTHER = { kind: 'bigquery#job', status: { state: 'DONE' }, jobReference: { jobId: 'of-somebody-else' } };

export function sendGarbage(outgoing: ServerResponse, what: Garbage, answer: Buffer): void {
  if (what === 'huge') {
    outgoing.writeHead(200, { 'content-type': JSON_TYPE });
    const endless = Readable.from(blanks());
    // A client that has had enough.
    outgoing.once('close', () => endless.destroy());
    endless.pipe(outgoing);
    return;
  }
  const [type, body] = contentOf(what, answer);
  outgoing.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  outgoing.end(body);
}

function contentOf(what: Exclude<Garbage, 'huge'>, answer: Buffer): readonly [type: string, body: Buffer | string] {
  switch (what) {
    case 'cut-json':
      return [JSON_TYPE, answer.subarray(0, Math.floor(answer.length / 2))];
    case 'html':
      return ['text/html', PAGE];
    case 'wrong-type':
      return ['text/html', answer];
    case 'empty-object':
      return [JSON_TYPE, '{}'];
    case 'empty':
      return [JSON_TYPE, ''];
    case 'null':
      return [JSON_TYPE, 'null'];
    case 'list':
      return [JSON_TYPE, '[]'];
    case 'other-object':
      return [JSON_TYPE, JSON.stringify(OTHER)];
    default:
      return what satisfies never;
  }
}

/** An object that does not end for a long time. */
function* blanks(): Generator<Buffer> {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  yield Buffer.from('{');
  for (let sent = 0; sent < HUGE_BYTES; sent += chunk.length) yield chunk;
  yield Buffer.from('}');
}
