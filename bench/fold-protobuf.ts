/**
 * `bench fold --format protobuf`: a nested message with an enum, a oneof, a map and a decimal as bytes, ten roles and five further
 * columns, and fields that no path wants. Written by protobufjs.
 */
import protobuf from 'protobufjs';
import { parseProtobuf } from '../src/registry/parse-protobuf.ts';
import { CHARGE_COLUMNS, chargeOf, chargeRules } from './parts/charge.ts';
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
  event: chargeRules('protobuf', { decimalBytes: SCALE }),
  columns: CHARGE_COLUMNS,
  place: { schemas: { schemaOf: () => ({ kind: 'protobuf', file: FILE }) } },
  encode(payment) {
    const amount = decimalBytes(payment.amount, SCALE);
    const charge = chargeOf(payment, { amount, fee: '1.25', method: METHODS[payment.method] });
    // The first message of the file.
    return inWireFormat(Buffer.concat([Buffer.from([0]), WRITER.encode(charge).finish()]));
  },
};

export const benchmark = formatBenchmark(PROTOBUF);
