/** Bugs in what is done with the schemas that records name, and in reading Avro and Protobuf with them. */
import type { Mutant } from '../mutant.ts';

const SCHEMAS = 'src/processor/schemas/dataset-schemas.ts';

export const SCHEMA_MUTANTS: readonly Mutant[] = [
  {
    name: 'registry-asked-again',
    what: 'asks the registry for a schema in every process, although the dataset has it',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'what a record becomes depends on when the registry was asked',
    family: 'schemas',
    patches: [
      {
        file: SCHEMAS,
        in: 'DatasetSchemas.#load',
        find: 'let row = await this.#read(need, signal);',
        replace: 'let row: StoredSchema | undefined;',
      },
      { file: SCHEMAS, in: 'DatasetSchemas.#load', find: 'if (!need.mayAsk) throw missing(need);', replace: '' },
      {
        file: SCHEMAS,
        in: 'DatasetSchemas.#load',
        find: 'row = await this.#read(need, signal);',
        replace: 'row = asked;',
      },
    ],
  },
  {
    name: 'schemas-not-stored',
    what: 'folds records by what the registry answered, and stores nothing of it',
    guarantee: 'G6',
    anomaly: 'schema_missing',
    why: 'after the process nobody can read the records that it folded, unless the registry still says the same',
    family: 'schemas',
    patches: [
      {
        file: SCHEMAS,
        in: 'DatasetSchemas.#load',
        find: 'if (asked !== undefined) await orAborted(sink.putSchema(asked), signal);',
        replace: '',
      },
      {
        file: SCHEMAS,
        in: 'DatasetSchemas.#load',
        find: 'row = await this.#read(need, signal);',
        replace: 'row = asked;',
      },
    ],
  },
  {
    name: 'avro-numbers-without-zigzag',
    what: 'takes the bits of a varint of Avro for the number itself',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'lengths are twice what they are, and every value is undecodable',
    family: 'schemas',
    patches: [
      {
        file: 'src/payments/event/avro/avro-cursor.ts',
        in: 'AvroCursor.long',
        find: 'const value = (bits >>> 1) ^ -(bits & 1);',
        replace: 'const value = bits;',
      },
    ],
  },
  {
    name: 'union-branch-ignored',
    what: "reads a union's last branch, without a look at the branch that the writer names",
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'the bytes behind a null are read as a text',
    family: 'schemas',
    patches: [
      {
        file: 'src/payments/event/avro/avro-steps.ts',
        in: 'ReadUnion.read',
        find: 'const branch = this.#branches[cursor.long()];',
        replace: 'const branch = cursor.long() < 0 ? undefined : this.#branches.at(-1);',
      },
    ],
  },
  {
    name: 'protobuf-defaults-missing',
    what: 'takes a Protobuf field without presence that is not set for one that is missing',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a column that is false or 0 is NULL, and a required role is missing',
    family: 'mapped',
    patches: [
      {
        file: 'src/payments/event/protobuf/protobuf-steps.ts',
        in: 'MessageStep.#putDefaults',
        find: 'if (out.isMissing(path)) value.putDefault(out);',
        replace: '',
      },
    ],
  },
  {
    name: 'lengths-past-the-end',
    what: 'takes a value for good that is cut off inside its last text',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a damaged payment is accepted with a part of a text',
    family: 'schemas',
    patches: [
      {
        file: 'src/payments/event/avro/avro-cursor.ts',
        in: 'AvroCursor.length',
        find: 'if (value > this.end - this.at) throw UNDECODABLE.cutOff;',
        replace: 'if (value > this.end - this.at) return this.end - this.at;',
      },
    ],
  },
];
