/** Hand-made payments for stories that need to say exactly what is sent. */
import type { ScenarioRecord } from './scenario.ts';

export interface HandMadePayment {
  readonly id: string;
  /** ms since the epoch. */
  readonly eventTimeMs: number;
  /** Decimal string. Default 10. */
  readonly amount?: string;
  readonly currency?: string;
  readonly sender?: string;
  /** Default 0. */
  readonly partition?: number;
}

/** A valid event with default values for all fields that are not given. */
export function paymentRecord(payment: HandMadePayment): ScenarioRecord {
  const { id, eventTimeMs, amount = '10', currency = 'USD', sender = 'acct-1', partition = 0 } = payment;
  const value = JSON.stringify({
    transaction_id: id,
    sender_account_id: sender,
    receiver_account_id: 'acct-2',
    amount,
    currency,
    device_id: 'device-1',
    ip_address: '192.0.2.1',
    timestamp: eventTimeMs,
    region: 'eu-west',
    payment_method: 'card',
  });
  return { key: sender, value, partition };
}

/** The same event with other members; `undefined` leaves one out. */
export function withMembers(record: ScenarioRecord, members: Readonly<Record<string, unknown>>): ScenarioRecord {
  return { ...record, value: JSON.stringify({ ...JSON.parse(String(record.value)), ...members }) };
}
