/**
 * How fold version 2 reads a value. It reads numbers from their source text, and it rejects an event whose member names
 * repeat. For bytes that are not UTF-8 JSON the reason names what the producer has to change.
 */
import { isUtf8 } from 'node:buffer';
import { maskCardNumbers, type TextRange } from './card-numbers.ts';
import { parseDecimalLiteral, parseDecimalString, parseIntegerLiteral } from './decimal.ts';
import { type AmountReading, MAX_TEXT_LENGTH, type ReadEvent, TEXT_MEMBERS, Unreadable } from './event.ts';
import { type JsonMembers, type JsonSpan, readMembers, textOf } from './json-members.ts';
import { foreignForm } from './value-form.ts';

/** A repeated name is shown only in this form, since it is the producer's text. */
const SHOWN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
/** A time in ms from 2001 to 2065. No card number of 13 digits begins with 1 or 2, so none stays readable as a time. */
const READABLE_TIME = /^[12][0-9]{12}$/;

export function readEvent2(value: Buffer): ReadEvent | Unreadable {
  const foreign = foreignForm(value);
  if (foreign !== undefined) return new Unreadable(foreign.code, foreign.detail);
  if (!isUtf8(value)) return new Unreadable('not_utf8');
  const text = value.toString('utf8');
  const read = readMembers(text);
  if ('problem' in read) {
    return read.problem === 'not_json' ? notJson(text, read.at) : new Unreadable('not_an_object');
  }
  const event = eventOf(text, read);
  const [repeated] = read.repeated;
  return repeated === undefined ? event : new Unreadable('duplicate_member', shownName(repeated), event);
}

function notJson(text: string, at: number): Unreadable {
  if (at === text.length) return new Unreadable('not_json', 'ends early');
  return new Unreadable('not_json', `byte ${Buffer.byteLength(text.slice(0, at))}`);
}

function shownName(name: string): string | null {
  return SHOWN_NAME.test(name) ? maskCardNumbers(name) : null;
}

function eventOf(text: string, { spans, repeated }: JsonMembers): ReadEvent {
  const texts: Record<string, unknown> = {};
  for (const name of TEXT_MEMBERS) {
    const span = spans.get(name);
    if (span !== undefined) texts[name] = span.kind === 'text' ? textOf(text, span) : null;
  }
  const [amount, time] = [spans.get('amount'), spans.get('timestamp')];
  return {
    texts,
    amount: readAmount(text, amount),
    timestampMs: readTime(text, time),
    timeRange: repeated.has('timestamp') ? undefined : readableTime(text, time),
  };
}

function readAmount(text: string, span: JsonSpan | undefined): AmountReading {
  if (span === undefined) return 'missing';
  if (span.kind === 'number') return parseDecimalLiteral(text.slice(span.start, span.end));
  if (span.kind !== 'text') return 'malformed';
  const inside = textOf(text, span);
  return inside.length <= MAX_TEXT_LENGTH ? parseDecimalString(inside) : 'malformed';
}

function readTime(text: string, span: JsonSpan | undefined): number | 'missing' | 'malformed' {
  if (span === undefined) return 'missing';
  if (span.kind !== 'number') return 'malformed';
  return parseIntegerLiteral(text.slice(span.start, span.end)) ?? 'malformed';
}

function readableTime(text: string, span: JsonSpan | undefined): TextRange | undefined {
  return span?.kind === 'number' && READABLE_TIME.test(text.slice(span.start, span.end)) ? span : undefined;
}
