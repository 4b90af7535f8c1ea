/** What payment_exceptions must keep of a record's value, recomputed from the documented rules. */

import type { OraclePayment } from './judgement.ts';
import { decimalText } from './money.ts';

const KEPT_BYTES_MAX = 65_536;
/** So much of a value is looked at: enough to see a number that lies across the cut. */
const LOOK_BYTES = KEPT_BYTES_MAX + 4_096;
const LIKE_A_CARD_NUMBER = /[0-9](?:[ -]{0,3}[0-9]){12,}/g;

/** Fold version 1: numbers that look like cards masked but for four digits, at most 64 KiB, whole characters. */
export function maskedVersion1(value: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value.subarray(0, LOOK_BYTES));
  const masked = text.replace(LIKE_A_CARD_NUMBER, (number) => {
    let visible = number.replace(/[^0-9]/g, '').length - 4;
    return number.replace(/[0-9]/g, (digit) => (visible-- > 0 ? '*' : digit));
  });
  return cutText(masked);
}

/** Fold version 2, of a value; `timeAt`: where in its text the event's own time stands, 13 digits that stay. */
export function maskedVersion2(value: Uint8Array, timeAt: number | null): string {
  const isFull = value.length >= LOOK_BYTES;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return cutText(hideCards(decoder.decode(value.subarray(0, LOOK_BYTES), { stream: isFull }), timeAt, isFull));
}

/** At most 64 KiB of UTF-8, whole characters. */
function cutText(text: string): string {
  if (Buffer.byteLength(text) <= KEPT_BYTES_MAX) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(KEPT_BYTES_MAX));
  return text.slice(0, read);
}

/** A character, or the escape of one: with any number of backslashes, as a pair of surrogates, as a short escape. */
const SPELLINGS =
  /\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}|\\+u[0-9a-fA-F]{4}|\\+[bfnrt/]|\\+|./gsu;
const BETWEEN_DIGITS = /^[\p{Z}\p{Cc}\p{Pd}\p{Pc}.,/'|%;&#·•‧∙⋅・−．，／’\u115f\u1160\u2800\u3164\uffa0]$/u;
/** d: a digit, s: a separator, r: takes no room, x: anything else. */
const RUN = /d(?:r*(?:sr*){0,3}d)*/g;
const TO_THE_END = /^r*(?:sr*){0,3}$/;
const CARD_DIGITS_MIN = 13;
const LAST_DIGITS = 4;

/** The masking of fold version 2. `goesOn`: the text is not all; what reaches its end is hidden whole. */
export function hideCards(text: string, keepAt: number | null = null, goesOn = false): string {
  if (!/\p{Nd}|\\/u.test(text)) return text;
  const parts = text.match(SPELLINGS) ?? [];
  const classes = parts.map((part) => ASCII_CLASSES.get(part) ?? classOf(part)).join('');
  const timePart = keepAt === null ? -1 : partAt(parts, keepAt);
  for (const { 0: run, index } of classes.matchAll(RUN)) {
    const reachesEnd = goesOn && TO_THE_END.test(classes.slice(index + run.length));
    const count = run.replace(/[^d]/g, '').length;
    if (count < CARD_DIGITS_MIN && !reachesEnd) continue;
    if (index === timePart && run.length === CARD_DIGITS_MIN && count === CARD_DIGITS_MIN) continue;
    let toHide = reachesEnd ? count : count - LAST_DIGITS;
    for (let at = index; toHide > 0; at++) {
      if (classes[at] !== 'd') continue;
      parts[at] = '*';
      toHide--;
    }
  }
  return parts.join('');
}

function classOf(part: string): 'd' | 's' | 'r' | 'x' {
  const character = part.startsWith('\\') ? spelled(part) : part;
  if (/^\p{Nd}$/u.test(character)) return 'd';
  if (/^[\p{Cf}\p{Mn}\p{Me}]$/u.test(character)) return 'r';
  return BETWEEN_DIGITS.test(character) ? 's' : 'x';
}

/** Of those that most texts consist of. */
const ASCII_CLASSES = new Map(
  Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).map((character) => [
    character,
    classOf(character),
  ]),
);

/** What an escape stands for; lone backslashes and short escapes separate like a blank. */
function spelled(spelling: string): string {
  const units = [...spelling.matchAll(/u([0-9a-fA-F]{4})/g)].map(([, hex]) => Number.parseInt(hex!, 16));
  return units.length === 0 ? ' ' : String.fromCharCode(...units);
}

function partAt(parts: readonly string[], position: number): number {
  let at = 0;
  return parts.findIndex((part) => {
    at += part.length;
    return at > position;
  });
}

/**
 * The canonical form of a payment, which late and duplicate rows keep: its members in their order, those that are NULL left out,
 * and behind them the further columns, if any is not NULL.
 */
export function canonicalPayload(payment: OraclePayment): string {
  const { transaction_id, sender_account_id, receiver_account_id, amount, currency } = payment;
  const { device_id, ip_address, event_time, region, payment_method, columns } = payment;
  const members = {
    ...{ transaction_id, sender_account_id, receiver_account_id, amount: decimalText(amount), currency },
    ...{ device_id, ip_address, timestamp: event_time, region, payment_method },
    columns: Object.keys(columns).length === 0 ? null : columns,
  };
  return JSON.stringify(Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)));
}
