/**
 * The part of a rejected value that fold version 2 keeps: its text with card numbers masked (card-numbers.ts), cut at
 * 64 KiB. The event's own time stays readable, since repair needs it. Version 1 is in masking.ts.
 */
import { maskCardNumbers, type TextRange } from './card-numbers.ts';
import { MAX_PAYLOAD_BYTES } from './masking.ts';

/**
 * Number of bytes of a value that are read. It reaches far enough past the cut to recognize a card number that lies
 * across it. An oversized value, of which only this many bytes are available, gives the same result as the whole value.
 */
export const LOOKED_AT_BYTES = MAX_PAYLOAD_BYTES + 4_096;

/** With `ignoreBOM` the decoder keeps a byte order mark in the text. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** `time` is the range of the event's own time in the text of the value, if it may stay readable. */
export function keptPayload(value: Buffer, time?: TextRange): string {
  const goesOn = value.length >= LOOKED_AT_BYTES;
  const masked = Buffer.from(maskCardNumbers(headOf(value), { except: time, goesOn }));
  return masked.toString('utf8', 0, cutBefore(masked, MAX_PAYLOAD_BYTES));
}

/** Bytes that are not UTF-8 become U+FFFD. A character that is cut at the end is omitted. */
function headOf(value: Buffer): string {
  if (value.length < LOOKED_AT_BYTES) return decoder.decode(value);
  const head = decoder.decode(value.subarray(0, LOOKED_AT_BYTES), { stream: true });
  decoder.decode(); // drops the cut character
  return head;
}

/** The greatest cut <= limit that does not split a character. */
function cutBefore(bytes: Buffer, limit: number): number {
  if (bytes.length <= limit) return bytes.length;
  let cut = limit;
  while (cut > 0 && ((bytes[cut] as number) & 0xc0) === 0x80) cut -= 1;
  return cut;
}
