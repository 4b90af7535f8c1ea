/**
 * An Avro schema as data: names are resolved, logical types are kept where a payment's role looks at them. A record that contains
 * itself is a cycle of objects. Source: Apache Avro 1.12, specification.
 */

export const TIMESTAMP_UNITS = ['timestamp-millis', 'timestamp-micros', 'timestamp-nanos'] as const;
export type TimestampUnit = (typeof TIMESTAMP_UNITS)[number];

export type AvroType =
  | { readonly kind: 'null' | 'boolean' | 'int' | 'float' | 'double' | 'string' }
  | { readonly kind: 'long'; readonly timestamp?: TimestampUnit }
  /** `scale`: of the logical type decimal; 39 stands for any larger one. */
  | { readonly kind: 'bytes'; readonly scale?: number }
  | { readonly kind: 'fixed'; readonly size: number; readonly scale?: number }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord;

export interface AvroRecord {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
}
