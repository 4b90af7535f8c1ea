/**
 * `bench fold --format avro`: a nested record with unions, an enum, a map and a decimal as bytes, ten roles and five further columns,
 * and fields that no path wants. Written by avsc.
 */
import avsc from 'avsc';
import { parseAvro } from '../src/payments/event/avro/parse-avro.ts';
import { CHARGE_COLUMNS, chargeOf, chargeRules } from './parts/charge.ts';
import { type FoldFormat, formatBenchmark } from './parts/fold-format.ts';
import { decimalBytes, inWireFormat } from './parts/wire-format.ts';

const SCALE = 9;
const SCHEMA = {
  type: 'record',
  name: 'Charge',
  namespace: 'bench',
  fields: [
    { name: 'event_id', type: 'string' },
    { name: 'source', type: ['null', 'string'] },
    { name: 'live', type: 'boolean' },
    {
      name: 'charge',
      type: {
        type: 'record',
        name: 'Body',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'customer', type: 'string' },
          { name: 'destination', type: ['null', 'string'] },
          { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 38, scale: SCALE } },
          { name: 'currency', type: 'string' },
          { name: 'created', type: { type: 'long', logicalType: 'timestamp-millis' } },
          { name: 'captured', type: 'boolean' },
          { name: 'risk', type: 'double' },
          {
            name: 'method',
            type: { type: 'enum', name: 'Method', symbols: ['card', 'bank_transfer', 'wallet', 'upi'] },
          },
          { name: 'device', type: ['null', 'string'] },
          { name: 'ip', type: ['null', 'string'] },
          { name: 'region', type: ['null', 'string'] },
          { name: 'order_id', type: ['null', 'string'] },
          { name: 'attempt', type: 'int' },
          { name: 'fee', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
          { name: 'labels', type: { type: 'map', values: 'string' } },
          { name: 'history', type: { type: 'array', items: 'long' } },
        ],
      },
    },
  ],
} as const;

const WRITER = avsc.Type.forSchema(withoutLogicalTypes(SCHEMA) as avsc.Schema, { wrapUnions: false });
const ROOT = parseAvro(JSON.stringify(SCHEMA));

export const AVRO: FoldFormat = {
  name: 'avro',
  what: 'nested Avro records by a rules file, ten roles and five further columns',
  event: chargeRules('avro', { decimalBytes: 'schema' }),
  columns: CHARGE_COLUMNS,
  place: { schemas: { schemaOf: () => ({ kind: 'avro', root: ROOT }) } },
  encode: (payment) =>
    inWireFormat(
      WRITER.toBuffer(
        chargeOf(payment, {
          amount: decimalBytes(payment.amount, SCALE),
          fee: decimalBytes('1.25', 2),
          method: payment.method,
        }),
      ),
    ),
};

export const benchmark = formatBenchmark(AVRO);

/** avsc refuses some of them where they stand, and needs none to write. */
function withoutLogicalTypes(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutLogicalTypes);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(([name]) => !['logicalType', 'precision', 'scale'].includes(name));
  return Object.fromEntries(members.map(([name, value]) => [name, withoutLogicalTypes(value)]));
}
