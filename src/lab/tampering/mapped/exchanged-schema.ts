/**
 * A schema of event_schemas that somebody exchanged for another one, its digest too: what is drawn, and whether the records of a
 * dataset read the same with it. The row agrees with itself, so only what its records become can tell.
 */
import { canonicalJson } from '../../../payments/event/event.ts';
import { PaymentReader } from '../../../payments/event/payment-reader.ts';
import { schemaSource, storedSchema } from '../../../payments/event/schema/stored-schema.ts';
import { Rejection } from '../../../payments/event/validation.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from '../../../payments/settings.ts';
import type { LogRecord } from '../../../payments/types.ts';
import { parseSchema } from '../../../registry/parse-schema.ts';
import type { Rng } from '../../sim/world/rng.ts';
import type { Row } from '../columns.ts';
import type { BaseDataset, Dataset } from '../dataset.ts';
import { rulesOfForm, sourceOf } from './event-forms.ts';

interface Field {
  readonly name: string;
  readonly type: unknown;
}

/** A column and its digest, as a schema registry's answer would have given them. Undefined where the draw changes nothing. */
export function drawExchanged(rng: Rng, rows: readonly Row[], row: number): Pick<Row, 'sha256' | 'text'> | undefined {
  const { schema_id, sha256, text } = rows[row]!;
  const source = schemaSource({ id: Number(schema_id), sha256: String(sha256), text: String(text) })!;
  const schema = JSON.parse(source.text) as { fields: Field[] };
  const { fields } = schema;
  const at = rng.between(0, fields.length - 2);
  const orderAt = fields.findIndex(({ name }) => name === 'order');
  const order = fields[orderAt]!.type as { fields: Field[] };
  const inOrder = rng.between(0, order.fields.length - 1);
  const withOrder = (changed: readonly Field[]): object => ({
    ...schema,
    fields: fields.with(orderAt, { ...fields[orderAt]!, type: { ...order, fields: changed } }),
  });
  const reversed = ({ symbols, ...type }: { symbols?: readonly string[] }): object => ({
    ...type,
    symbols: symbols?.toReversed(),
  });
  const ways: readonly (() => string)[] = [
    () => JSON.stringify(schema, undefined, 1),
    () => JSON.stringify({ ...schema, doc: 'a payment' }),
    () => JSON.stringify(withOrder(order.fields.map((field) => ({ ...field, aliases: [`${field.name}_before`] })))),
    () => JSON.stringify(withOrder(order.fields.map((field) => (field.name === 'quantity' ? LONG_QUANTITY : field)))),
    () => JSON.stringify({ ...schema, fields: fields.with(at, fields[at + 1]!).with(at + 1, fields[at]!) }),
    () => JSON.stringify({ ...schema, fields: fields.with(at, { ...fields[at]!, name: `${fields[at]!.name}_2` }) }),
    () => JSON.stringify(withOrder(order.fields.with(inOrder, { ...order.fields[inOrder]!, name: 'renamed' }))),
    () =>
      JSON.stringify(
        withOrder(order.fields.map((each) => (each.name === 'kind' ? { ...each, type: reversed(each.type!) } : each))),
      ),
    () => String((JSON.parse(String(rng.pick(rows).text)) as { text: string }).text),
  ];
  const stored = storedSchema(0, sourceOf({ text: rng.pick(ways)() }));
  return stored.text === text ? undefined : { sha256: stored.sha256, text: stored.text };
}

const LONG_QUANTITY: Field = { name: 'quantity', type: ['null', 'long'] };

/** Whether every record of the log that names the row's schema becomes the same with the other text. */
export function isReadAlike(
  { log, form }: BaseDataset,
  { schema_id, sha256, text }: Row,
  other: Pick<Row, 'sha256' | 'text'>,
): boolean {
  const id = Number(schema_id);
  const readings = [{ sha256, text }, other].map((row) => {
    const source = schemaSource({ id, sha256: String(row.sha256), text: String(row.text) });
    return (
      source &&
      log.flatMap(({ records }, partition) => readingsOf(id, () => parseSchema(source), records, partition, form))
    );
  });
  return readings.every((each) => each !== undefined && JSON.stringify(each) === JSON.stringify(readings[0]));
}

function readingsOf(
  id: number,
  schema: () => ReturnType<typeof parseSchema>,
  records: Dataset['log'][number]['records'],
  partition: number,
  form: BaseDataset['form'],
): string[] {
  const { rules } = rulesOfForm(form, 2);
  const settings = compileSettings(DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION, rules);
  const book = { schemaOf: (asked: number) => (asked === id ? schema() : undefined) };
  const reader = new PaymentReader({ partition, partitionCount: 1, minEventTimeMs: 0, schemas: book });
  return records
    .filter(({ value }) => namedSchema(value) === id)
    .map((record) => {
      const read = reader.read(record as unknown as LogRecord, settings);
      return read instanceof Rejection ? read.reason : canonicalJson(read.toPayment());
    });
}

/** The schema that a value in the wire format names. */
export function namedSchema(value: Uint8Array | null): number | undefined {
  if (value === null || value.length < 5 || value[0] !== 0) return undefined;
  return Buffer.from(value).readUInt32BE(1);
}
