/**
 * Records that rules are tried on: of a topic, or of a file with one record a line. Pure.
 *
 * A line of a file is the value of a record, or its key, a tab and its value (`kcat -K '\t'` writes and reads that). JSON has no raw
 * tabs in texts, so the first tab ends the key. Values of binary formats stand in base64.
 */
import type { LogRecord } from '../payments/types.ts';

export interface SampleRecord {
  readonly partition: number;
  readonly record: LogRecord;
  /** False: the sample does not say which key the record has. Its key is not checked then. */
  readonly hasKey: boolean;
}

/** `base64`: values are bytes in base64. Lines without anything but blanks are left out; their offsets are not. */
export function sampleOfLines(text: string, nowMs: number, { base64 = false } = {}): SampleRecord[] {
  return text.split('\n').flatMap((line, offset) => {
    if (line.trim() === '') return [];
    const tab = line.indexOf('\t');
    const valueText = tab < 0 ? line : line.slice(tab + 1);
    const key = tab < 0 ? null : Buffer.from(line.slice(0, tab));
    const value = base64 ? Buffer.from(valueText, 'base64') : Buffer.from(valueText.replace(/\r$/, ''));
    return [{ partition: 0, record: { offset, timestampMs: nowMs, key, value }, hasKey: tab >= 0 }];
  });
}

/** The value as JSON, or undefined. In the wire format of a registry the JSON begins behind five bytes. */
export function jsonOf({ record }: SampleRecord): unknown {
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
