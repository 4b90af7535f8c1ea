/** What payment_exceptions must keep of a record's value, recomputed from the documented rules. */
import { decimalText, sameDecimal } from './money.ts';
import { type OraclePayment, TEXT_FIELDS } from './read-payment.ts';

const KEPT_BYTES_MAX = 65_536;
/** Enough to see a number that lies across the cut. */
const LOOK_BYTES = KEPT_BYTES_MAX + 4_096;
const LIKE_A_CARD_NUMBER = /[0-9](?:[ -]{0,3}[0-9]){12,}/g;

/** A rejected value as text: numbers that look like cards masked but for four digits, at most 64 KiB, whole characters. */
export function maskedText(value: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value.subarray(0, LOOK_BYTES));
  const masked = text.replace(LIKE_A_CARD_NUMBER, (number) => {
    let visible = number.replace(/[^0-9]/g, '').length - 4;
    return number.replace(/[0-9]/g, (digit) => (visible-- > 0 ? '*' : digit));
  });
  if (Buffer.byteLength(masked) <= KEPT_BYTES_MAX) return masked;
  const { read } = new TextEncoder().encodeInto(masked, new Uint8Array(KEPT_BYTES_MAX));
  return masked.slice(0, read);
}

/** Whether a kept payload says exactly what the payment says. */
export function saysPayment(payload: string | null, payment: OraclePayment): boolean {
  if (payload === null) return false;
  let kept: Record<string, unknown>;
  try {
    kept = JSON.parse(payload);
  } catch {
    return false;
  }
  if (typeof kept !== 'object' || kept === null) return false;
  return (
    TEXT_FIELDS.every((name) => kept[name] === payment[name]) &&
    kept.timestamp === payment.event_time &&
    sameDecimal(String(kept.amount), decimalText(payment.amount))
  );
}
