/**
 * Records that rules are tried on: of a topic, or of a file with one record a line. Pure.
 *
 * A line of a file is the value of a record, or its key, a tab and its value (`kcat -K '\t'` writes and reads that). JSON has no raw
 * tabs in texts, so the first tab ends the key. Nothing behind the tab is a null value. Values of binary formats stand in base64.
 */
import type { LogRecord } from '../payments/types.ts';

export interface SampleRecord {
  readonly partition: number;
  readonly record: LogRecord;
  /** False: the sample does not say which key the record has. Its key is not checked then. */
  readonly hasKey: boolean;
  /** The value of a record in Avro or Protobuf, as JSON would have it; bytes are base64. */
  readonly decoded?: unknown;
}

/** `base64`: values are bytes in base64. Lines without anything but blanks are left out; their offsets are not. */
export function sampleOfLines(text: string, nowMs: number, { base64 = false } = {}): SampleRecord[] {
  return text.split('\n').flatMap((line, offset) => {
    const tab = line.indexOf('\t');
    if (tab < 0 && line.trim() === '') return [];
    const valueText = tab < 0 ? line : line.slice(tab + 1);
    const key = tab < 0 ? null : Buffer.from(line.slice(0, tab));
    const value = bytesOf(valueText.replace(/\r$/, ''), base64);
    return [{ partition: 0, record: { offset, timestampMs: nowMs, key, value }, hasKey: tab >= 0 }];
  });
}

/** Nothing behind a tab is a record without a value: a tombstone. */
function bytesOf(text: string, base64: boolean): Buffer | null {
  if (text === '') return null;
  return Buffer.from(text, base64 ? 'base64' : 'utf8');
}

/** The value as JSON, or undefined. What was decoded by a schema stands for it. In the wire format of a registry the JSON begins behind five bytes. */
export function jsonOf({ record, decoded }: SampleRecord): unknown {
  if (decoded !== undefined) return decoded;
  const { value } = record;
  if (value === null) return undefined;
  for (const from of value[0] === 0 ? [5] : [0]) {
    try {
      return JSON.parse(value.toString('utf8', from));
    } catch {
      // No JSON: no names to show.
    }
  }
  return undefined;
}
