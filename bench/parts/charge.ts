/** The nested charge that benchmarks send in Avro and in Protobuf: its rules, and a payment as one. */
import type { AmountRole, EventFormat, FurtherColumn, Rules } from '../../src/payments/rules/rules.ts';
import type { SimulatedPayment } from '../../src/simulator/event.ts';

export function chargeRules(format: EventFormat, amount: Omit<AmountRole, 'path'>): Rules['event'] {
  return {
    format,
    select: [],
    key: 'sender',
    rejectSchemaIds: [],
    keepRejectedPayload: false,
    texts: {
      transaction_id: { path: '/charge/id' },
      sender_account_id: { path: '/charge/customer' },
      receiver_account_id: { path: '/charge/destination' },
      currency: { path: '/charge/currency' },
      device_id: { path: '/charge/device' },
      ip_address: { path: '/charge/ip' },
      region: { path: '/charge/region' },
      payment_method: { path: '/charge/method' },
    },
    amount: { path: '/charge/amount', ...amount },
    timestamp: { path: '/charge/created' },
  };
}

export const CHARGE_COLUMNS: readonly FurtherColumn[] = [
  { name: 'event_id', path: '/event_id', type: 'string' },
  { name: 'order_id', path: '/charge/order_id', type: 'string' },
  { name: 'attempt', path: '/charge/attempt', type: 'int64' },
  { name: 'fee', path: '/charge/fee', type: 'numeric' },
  { name: 'live', path: '/live', type: 'bool' },
];

/** `inForm`: the fields that a format writes in a form of its own. */
export function chargeOf(
  payment: SimulatedPayment,
  inForm: { readonly amount: Buffer; readonly fee: Buffer | string; readonly method: string | number | undefined },
) {
  return {
    event_id: `evt_${payment.transactionId}`,
    source: 'checkout',
    live: true,
    charge: {
      id: payment.transactionId,
      customer: payment.sender,
      destination: payment.receiver,
      currency: payment.currency,
      created: payment.eventTimeMs,
      captured: true,
      risk: 0.25,
      device: payment.device,
      ip: payment.ip,
      region: payment.region,
      order_id: `order-${payment.transactionId}`,
      attempt: 1,
      labels: { channel: 'web', campaign: 'spring' },
      history: [1, 2, 3],
      ...inForm,
    },
  };
}
