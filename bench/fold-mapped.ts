/**
 * `bench fold --format mapped`: a nested JSON event as payment services send them, with ten roles and five further columns, and as much
 * again that no path wants.
 */
import type { SimulatedPayment } from '../src/simulator/event.ts';
import { type FoldFormat, formatBenchmark } from './parts/fold-format.ts';

export const MAPPED_JSON: FoldFormat = {
  name: 'mapped',
  what: 'nested JSON by a rules file, ten roles and five further columns',
  event: {
    format: 'json',
    select: [{ path: '/type', in: ['charge.succeeded'] }],
    key: 'sender',
    rejectSchemaIds: [],
    keepRejectedPayload: false,
    texts: {
      transaction_id: { path: '/data/object/id' },
      sender_account_id: { path: '/data/object/customer' },
      receiver_account_id: { path: '/data/object/destination/account' },
      currency: { path: '/data/object/currency', uppercase: true },
      device_id: { path: '/data/object/metadata/device' },
      ip_address: { path: '/data/object/metadata/ip' },
      region: { path: '/data/object/metadata/region' },
      payment_method: { path: '/data/object/payment_method_details/type' },
    },
    amount: { path: '/data/object/amount' },
    timestamp: { path: '/data/object/created' },
  },
  columns: [
    { name: 'event_id', path: '/id', type: 'string' },
    { name: 'order_id', path: '/data/object/metadata/order_id', type: 'string' },
    { name: 'attempt', path: '/data/object/attempt', type: 'int64' },
    { name: 'fee', path: '/data/object/application_fee_amount', type: 'numeric' },
    { name: 'live', path: '/livemode', type: 'bool' },
  ],
  encode,
};

export const benchmark = formatBenchmark(MAPPED_JSON);

function encode(payment: SimulatedPayment): Buffer {
  const { amount, amountAsNumber, eventTimeMs } = payment;
  return Buffer.from(
    JSON.stringify({
      id: `evt_${payment.transactionId}`,
      object: 'event',
      api_version: '2025-06-30',
      created: Math.floor(eventTimeMs / 1_000),
      type: 'charge.succeeded',
      livemode: true,
      data: {
        object: {
          id: payment.transactionId,
          object: 'charge',
          amount: amountAsNumber ? Number(amount) : amount,
          currency: payment.currency.toLowerCase(),
          created: eventTimeMs,
          customer: payment.sender,
          destination: { account: payment.receiver, amount: null },
          application_fee_amount: 1.25,
          attempt: 1,
          captured: true,
          outcome: { network_status: 'approved_by_network', risk_level: 'normal', type: 'authorized' },
          payment_method_details: { type: payment.method, card: { brand: 'visa', exp_month: 8, exp_year: 2030 } },
          metadata: {
            order_id: `order-${payment.transactionId}`,
            device: payment.device,
            ip: payment.ip,
            region: payment.region,
          },
          refunds: { object: 'list', data: [], has_more: false },
        },
      },
      pending_webhooks: 0,
      request: { id: 'req_0123456789', idempotency_key: payment.transactionId },
    }),
  );
}
