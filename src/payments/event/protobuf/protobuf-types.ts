/**
 * A Protobuf schema as data: types are resolved, and only what decides how bytes are read is kept. A message that contains itself
 * is a cycle of objects.
 */

export const PROTOBUF_SCALARS = [
  'double',
  'float',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'sint32',
  'sint64',
  'fixed32',
  'fixed64',
  'sfixed32',
  'sfixed64',
  'bool',
  'string',
  'bytes',
] as const;
export type ProtobufScalar = (typeof PROTOBUF_SCALARS)[number];

export interface ProtobufFile {
  /** Messages at the top of the file, in its order: a record names one by its index. */
  readonly messages: readonly ProtobufMessage[];
}

export interface ProtobufMessage {
  readonly kind: 'message';
  /** The full name. */
  readonly name: string;
  readonly fields: readonly ProtobufField[];
  /** Messages declared inside it, in its order. Entries of maps are not among them. */
  readonly nested: readonly ProtobufMessage[];
}

export interface ProtobufEnum {
  readonly kind: 'enum';
  /** By number; the first name of a number that has several. */
  readonly names: ReadonlyMap<number, string>;
  /** Closed (proto2): a number without a name is an unknown field. */
  readonly isClosed: boolean;
  /** The number of a field that is not set. */
  readonly defaultNumber: number;
}

export type ProtobufType = ProtobufScalar | ProtobufEnum | ProtobufMessage;

export interface ProtobufField {
  readonly number: number;
  readonly name: string;
  readonly type: ProtobufType;
  readonly label: 'singular' | 'repeated' | 'map';
  /** Of a map; `type` is that of its values. */
  readonly keyType?: ProtobufScalar;
  /** Not set means missing. Otherwise it means the type's default. Of singular fields alone. */
  readonly hasPresence: boolean;
  /** Fields of one oneof have one name here: setting one of them clears the others. */
  readonly oneof?: string;
}
