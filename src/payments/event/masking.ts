/**
 * The part of a rejected value that fold version 1 keeps: its text with card numbers masked, cut at 64 KiB.
 *
 * A run of 13 digits or more counts as a card number, with up to three blanks or dashes between two digits. Its last
 * four digits stay. There is no Luhn check and no maximum length, so that a mistyped number, or one with its expiry
 * date, is masked too. 13-digit timestamps are masked as well; the row's own columns keep the times.
 */

/** Maximum size of a kept payload, in bytes of UTF-8. */
export const MAX_PAYLOAD_BYTES = 65_536;
const MIN_CARD_DIGITS = 13;
const MAX_SEPARATORS = 3;
const VISIBLE_DIGITS = 4;
/** Bytes read past the cut, to recognize a number across it: 13 digits with 3 separators each are 49 bytes. */
const LOOK_AHEAD_BYTES = 256;
const ASTERISK = 0x2a;

/** The masked text of a value, at most 64 KiB of whole characters. Bytes that are not UTF-8 become U+FFFD. */
export function maskPayload(value: Buffer): string {
  const masked = Buffer.from(value.toString('utf8', 0, MAX_PAYLOAD_BYTES + LOOK_AHEAD_BYTES));
  maskDigitRuns(masked);
  return masked.toString('utf8', 0, cutBefore(masked, MAX_PAYLOAD_BYTES));
}

/** Masks every run that looks like a card number, in place. Only ASCII digits count. */
function maskDigitRuns(bytes: Buffer): void {
  let index = 0;
  while (index < bytes.length) {
    if (!isDigit(bytes[index])) {
      index += 1;
      continue;
    }
    let digits = 0;
    let separators = 0;
    let end = index;
    for (let at = index; at < bytes.length; at += 1) {
      if (isDigit(bytes[at])) {
        digits += 1;
        separators = 0;
        end = at + 1;
      } else if (isSeparator(bytes[at]) && separators < MAX_SEPARATORS) separators += 1;
      else break;
    }
    if (digits >= MIN_CARD_DIGITS) maskRun(bytes, index, end, digits - VISIBLE_DIGITS);
    index = end;
  }
}

function maskRun(bytes: Buffer, start: number, end: number, digitsToMask: number): void {
  let left = digitsToMask;
  for (let at = start; at < end && left > 0; at += 1) {
    if (!isDigit(bytes[at])) continue;
    bytes[at] = ASTERISK;
    left -= 1;
  }
}

/** The greatest cut <= limit that does not split a character. */
function cutBefore(bytes: Buffer, limit: number): number {
  if (bytes.length <= limit) return bytes.length;
  let cut = limit;
  while (cut > 0 && ((bytes[cut] as number) & 0xc0) === 0x80) cut -= 1;
  return cut;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isSeparator(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x2d;
}
