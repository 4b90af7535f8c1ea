/**
 * The schemas that records name by an id, as the fold is given them: parsed, as plain data. The fold never asks for one: before a
 * batch is folded, every id in it stands in the dataset's table `event_schemas`, and from there in the SchemaBook.
 *
 * Invariant: an id has one schema for good. So what a record becomes never depends on when a registry was asked.
 */
import type { AvroType } from '../avro/avro-types.ts';
import type { ProtobufFile } from '../protobuf/protobuf-types.ts';

export type EventSchema =
  | { readonly kind: 'avro'; readonly root: AvroType }
  | { readonly kind: 'protobuf'; readonly file: ProtobufFile };

/** What a schema is made of, as a registry gives it and the table keeps it. */
export interface SchemaSource {
  readonly kind: EventSchema['kind'];
  readonly text: string;
  /** Each after those that it refers to itself. */
  readonly references: readonly SchemaReference[];
}

export interface SchemaReference {
  /** Avro: the full name of the type. Protobuf: the path in the import statement. */
  readonly name: string;
  readonly text: string;
}

/** The schemas that are known so far. */
export interface SchemaBook {
  /** Undefined: the id was not ensured. */
  schemaOf(id: number): EventSchema | undefined;
}

/** A schema that this release cannot read records with. The message is the reason, without the id. */
export class SchemaProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaProblem';
  }
}
