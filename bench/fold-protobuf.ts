/**
 * `bench fold --format protobuf`: a nested message with an enum, a oneof, a map and a decimal as bytes, ten roles and five further
 * columns, and fields that no path wants. Written by protobufjs.
 */
import protobuf from 'protobufjs';
import { parseProtobuf } from '../src/registry/parse-protobuf.ts';
import { type FoldFormat, formatBenchmark } from './parts/fold-format.ts';
import { decimalBytes, inWireFormat } from './parts/wire-format.ts';

const SCALE = 9;
const SCHEMA = `syntax = "proto3";
package bench;
enum Method { card = 0; bank_transfer = 1; wallet = 2; upi = 3; }
message Charge {
  string event_id = 1;
  optional string source = 2;
  bool live = 3;
  Body charge = 4;
  message Body {
    string id = 1;
    string customer = 2;
    oneof to { string destination = 3; string bank = 4; }
    bytes amount = 5;
    string currency = 6;
    int64 created = 7;
    bool captured = 8;
    double risk = 9;
    Method method = 10;
    optional string device = 11;
    optional string ip = 12;
    optional string region = 13;
    optional string order_id = 14;
    int32 attempt = 15;
    string fee = 16;
    map<string, string> labels = 17;
    repeated int64 history = 18;
  }
}`;

const WRITER = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('bench.Charge');
const METHODS: Readonly<Record<string, number>> = { card: 0, bank_transfer: 1, wallet: 2, upi: 3 };
const FILE = parseProtobuf(SCHEMA);

export const PROTOBUF: FoldFormat = {
  name: 'protobuf',
  what: 'nested Protobuf messages by a rules file, ten roles and five further columns',
  event: {
    format: 'protobuf',
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
    amount: { path: '/charge/amount', decimalBytes: SCALE },
    timestamp: { path: '/charge/created' },
  },
  columns: [
    { name: 'event_id', path: '/event_id', type: 'string' },
    { name: 'order_id', path: '/charge/order_id', type: 'string' },
    { name: 'attempt', path: '/charge/attempt', type: 'int64' },
    { name: 'fee', path: '/charge/fee', type: 'numeric' },
    { name: 'live', path: '/live', type: 'bool' },
  ],
  place: { schemas: { schemaOf: () => ({ kind: 'protobuf', file: FILE }) } },
  encode: (payment) =>
    inWireFormat(
      Buffer.concat([
        // The first message of the file.
        Buffer.from([0]),
        WRITER.encode({
          event_id: `evt_${payment.transactionId}`,
          source: 'checkout',
          live: true,
          charge: {
            id: payment.transactionId,
            customer: payment.sender,
            destination: payment.receiver,
            amount: decimalBytes(payment.amount, SCALE),
            currency: payment.currency,
            created: payment.eventTimeMs,
            captured: true,
            risk: 0.25,
            method: METHODS[payment.method],
            device: payment.device,
            ip: payment.ip,
            region: payment.region,
            order_id: `order-${payment.transactionId}`,
            attempt: 1,
            fee: '1.25',
            labels: { channel: 'web', campaign: 'spring' },
            history: [1, 2, 3],
          },
        }).finish(),
      ]),
    ),
};

export const benchmark = formatBenchmark(PROTOBUF);
