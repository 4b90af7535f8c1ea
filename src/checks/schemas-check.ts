/** The schemas that the dataset holds: each is the text whose digest its row has, and an id has one schema for good. */
import { createHash } from 'node:crypto';
import type { FindingLists } from './findings.ts';
import type { OwnershipFacts, SchemaRow, StoredSchema, StoredSchemas } from './inputs/verify-inputs.ts';
import { readRulesText } from './oracle/mapped/oracle-rules.ts';

/** By id; a schema that cannot be read is left out. */
export function checkSchemas(rows: readonly SchemaRow[], findings: FindingLists): StoredSchemas {
  const schemas = new Map<number, StoredSchema>();
  const texts = new Map<number, string>();
  for (const { schema_id: id, sha256, text } of rows) {
    const add = (kind: string, what: string): void =>
      findings.add('G6', {
        kind,
        partition: null,
        offsets: [],
        transactionIds: [],
        message: `event_schemas: schema ${id} ${what}`,
      });
    const digest = createHash('sha256').update(text).digest('hex');
    const before = texts.get(id);
    texts.set(id, text);
    if (digest !== sha256) add('schema_changed', `has the text of sha256 ${digest}, and its row says ${sha256}`);
    else if (before !== undefined && before !== text) add('schema_twice', 'is there twice, with two texts');
    else {
      const schema = schemaIn(text);
      if (schema === undefined) add('schema_unreadable', 'is none that this release knows');
      else schemas.set(id, schema);
    }
  }
  return schemas;
}

function schemaIn(text: string): StoredSchema | undefined {
  try {
    const schema = JSON.parse(text) as StoredSchema;
    const isKnown = (schema.kind === 'avro' || schema.kind === 'protobuf') && typeof schema.text === 'string';
    return isKnown && Array.isArray(schema.references) ? schema : undefined;
  } catch {
    return undefined;
  }
}

/** Whether any rules are of a format whose records name schemas. Rules that cannot be read are reported elsewhere. */
export function needsSchemas(ownership: readonly OwnershipFacts[]): boolean {
  return ownership.some(({ history }) =>
    history.some(({ rules }) => {
      try {
        const format = rules?.text ? readRulesText(rules.text).event.format : 'json';
        return format === 'avro' || format === 'protobuf';
      } catch {
        return false;
      }
    }),
  );
}
