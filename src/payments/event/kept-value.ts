/**
 * What of a rejected value is kept by fold version 2: its text with card numbers masked (card-numbers.ts), cut at 64 KiB. The
 * event's own time stays readable, since repair needs it. Version 1 is in masking.ts.
 */
import { maskCardNumbers, type TextRange } from './card-numbers.ts';
import { MAX_PAYLOAD_BYTES } from './masking.ts';

/**
 * Only so many bytes of a value are looked at: enough past the cut for a number that lies across it. A value of which no
 * more than this is at hand (an oversized one) gives the same.
 */
export const LOOKED_AT_BYTES = MAX_PAYLOAD_BYTES + 4_096;

/** `ignoreBOM` keeps a byte order mark. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** `time`: the digits of the event's own time in the value's text, where they may stay. */
export function keptPayload(value: Buffer, time?: TextRange): string {
  const goesOn = value.length >= LOOKED_AT_BYTES;
  const masked = Buffer.from(maskCardNumbers(headOf(value), { except: time, goesOn }));
  return masked.toString('utf8', 0, cutBefore(masked, MAX_PAYLOAD_BYTES));
}

/** Bytes that are not UTF-8 become U+FFFD; a character that the end cuts is left out. */
function headOf(value: Buffer): string {
  if (value.length < LOOKED_AT_BYTES) return decoder.decode(value);
  const head = decoder.decode(value.subarray(0, LOOKED_AT_BYTES), { stream: true });
  decoder.decode(); // forgets the character that was cut
  return head;
}

/** The greatest cut <= limit that does not split a character. */
function cutBefore(bytes: Buffer, limit: number): number {
  if (bytes.length <= limit) return bytes.length;
  let cut = limit;
  while (cut > 0 && ((bytes[cut] as number) & 0xc0) === 0x80) cut -= 1;
  return cut;
}
