/**
 * The form of a rules file as a zod schema, from which its JSON Schema is made. Each message says what is expected at its place:
 * read-rules.ts puts the place before it, and what stands there behind it.
 */
import { z } from 'zod';
import { PAYMENT_COLUMNS } from '../payments/columns.ts';
import { requireDecimal } from '../payments/event/decimal.ts';
import { EVENT_FORMATS, FURTHER_TYPES, TIME_TYPES } from '../payments/rules/rules.ts';
import type { RulesDocument } from '../payments/rules/rules-document.ts';

const MAX_REVISION = 1_000_000_000;
const MAX_TEXT_UNITS = 256;
const MAX_PATH_UNITS = 1_024;
/** Deeper values are refused by the readers. */
const MAX_PATH_TOKENS = 64;
const MAX_SELECTS = 32;
const MAX_SELECTED_TEXTS = 1_000;
/** Four bytes without a sign, as the wire format has it. */
const MAX_SCHEMA_ID = 4_294_967_295;
const MAX_COLUMNS = 32;
const MAX_POINTS = 1_000;
const MAX_COUNT = 1_000_000;

/** Names of columns that payment_transactions has already, and of those that BigQuery keeps for itself. */
const TAKEN: ReadonlySet<string> = new Set([
  ...PAYMENT_COLUMNS.map(({ name }) => name),
  'kafka_partition',
  'kafka_offset',
  'writer_epoch',
  'processed_at',
]);
const PATH = 'a JSON Pointer as /data/id, or key, or header:NAME';
const TIME_PATH = `${PATH}, or record.timestamp`;
const SELECT_TEXT = 'a text of at most 256 characters';

const isWellFormed = (value: string): boolean => value.isWellFormed();

function isPath(value: string): boolean {
  if (!isWellFormed(value) || value.length > MAX_PATH_UNITS) return false;
  if (value === 'key') return true;
  if (value.startsWith('header:')) return value.length > 'header:'.length;
  if (!value.startsWith('/')) return false;
  const tokens = value.slice(1).split('/');
  return tokens.length <= MAX_PATH_TOKENS && tokens.every((token) => /^(?:[^~]|~[01])*$/u.test(token));
}

function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int(error).min(min, error).max(max, error);
}

const path = z.string(PATH).refine(isPath, PATH);
const timePath = z.string(TIME_PATH).refine((value) => value === 'record.timestamp' || isPath(value), TIME_PATH);
const columnPath = z
  .string(TIME_PATH)
  .refine((value) => value === '' || value === 'record.timestamp' || isPath(value), TIME_PATH);
const flag = z.boolean('true or false');

/** Names the members that are missing or too many: `exactly one of a and b`. */
function exactlyOne(value: object, names: readonly string[]): boolean {
  return names.filter((name) => (value as Record<string, unknown>)[name] !== undefined).length === 1;
}

const constant = z
  .string('a text of 1 to 256 characters')
  .refine((value) => value.length >= 1 && value.length <= MAX_TEXT_UNITS && isWellFormed(value), {
    error: 'a text of 1 to 256 characters',
  });

const textMembers = {
  path: path.optional().meta({ description: 'Where the text is.' }),
  const: constant.optional().meta({ description: 'The same text for every record, instead of a path.' }),
  type: z
    .enum(['string', 'integer'], 'string or integer')
    .optional()
    .meta({ description: 'integer: a whole number, which becomes its decimal digits. Default: string.' }),
  trim: flag.optional().meta({ description: 'Take off blanks at both ends. Default: false.' }),
  uppercase: flag.optional().meta({ description: 'Turn a to z into A to Z. Default: false.' }),
};
const TEXT_EXPECTED = 'an object with path or const';
const textRole = z
  .strictObject(textMembers, TEXT_EXPECTED)
  .refine((role) => exactlyOne(role, ['path', 'const']), 'exactly one of path and const')
  .refine(
    ({ const: value, type, trim, uppercase }) =>
      value === undefined || (type === undefined && trim === undefined && uppercase === undefined),
    'const alone: type, trim and uppercase are for a path',
  );
const currencyRole = textRole
  .refine(({ const: value }) => value === undefined || /^[A-Z]{3}$/.test(value), 'a const of three capitals A to Z')
  .refine(({ const: value, type }) => value !== undefined || type !== 'integer', {
    error: 'type string: a currency is three capitals, no number',
    path: ['type'],
  });

const amountRole = z
  .strictObject(
    {
      path: path.meta({ description: 'Where the amount is.' }),
      minor_units: z
        .union([z.literal('currency'), whole(0, 9)], 'currency, or a whole number from 0 to 9')
        .optional()
        .meta({
          description: 'A whole number of minor units: by the exponents of ISO 4217, or of this many decimals.',
        }),
      decimal_bytes: z
        .union(
          [z.enum(['schema', 'variable']), whole(0, 38)],
          'schema, variable, or a whole number from 0 to 38 (the scale)',
        )
        .optional()
        .meta({
          description: "Unscaled big-endian bytes: with this scale, with the Avro schema's, or as {scale, value}.",
        }),
    },
    'an object with path',
  )
  .refine(
    ({ minor_units, decimal_bytes }) => minor_units === undefined || decimal_bytes === undefined,
    'at most one of minor_units and decimal_bytes',
  );

const timeType = z.enum(TIME_TYPES, TIME_TYPES.join(', '));
const RECORD_TIME = 'no type but epoch_ms with record.timestamp, which is in milliseconds';
const timeRole = z
  .strictObject(
    {
      path: timePath.meta({ description: 'Where the time is.' }),
      type: timeType.optional().meta({ description: 'Default: epoch_ms.' }),
      finer_than_ms: z
        .enum(['reject', 'round_down'], 'reject or round_down')
        .optional()
        .meta({ description: 'What becomes of a time that is finer than a millisecond. Default: reject.' }),
    },
    'an object with path',
  )
  .refine(({ path: at, type = 'epoch_ms' }) => at !== 'record.timestamp' || type === 'epoch_ms', {
    error: RECORD_TIME,
    path: ['type'],
  });

const selectText = z
  .string(SELECT_TEXT)
  .refine((value) => value.length <= MAX_TEXT_UNITS && isWellFormed(value), { error: SELECT_TEXT });
const selectTexts = 'a list of 1 to 1000 texts, none of them twice';
const select = z
  .strictObject(
    {
      path: path.meta({ description: 'Where the text is.' }),
      in: z
        .array(selectText, selectTexts)
        .min(1, selectTexts)
        .max(MAX_SELECTED_TEXTS, selectTexts)
        .refine((texts) => new Set(texts).size === texts.length, selectTexts)
        .optional()
        .meta({ description: 'The texts of which it must be one.' }),
      equals: selectText.optional().meta({ description: 'Short for `in` with one text.' }),
    },
    'an object with path, and in or equals',
  )
  .refine((one) => exactlyOne(one, ['in', 'equals']), 'exactly one of in and equals');

const KEY = 'sender, transaction, any, or an object with path';
const keyRule = z.union(
  [
    z.enum(['sender', 'transaction', 'any']),
    z.strictObject({
      path: path.refine((at) => at !== 'key', 'a path into the value or a header; for no check of the key: key: any'),
    }),
  ],
  KEY,
);

const schemaIds = 'a list of at most 1000 schema ids, none of them twice';
const event = z.strictObject(
  {
    format: z
      .enum(EVENT_FORMATS, EVENT_FORMATS.join(', '))
      .optional()
      .meta({ description: 'How the bytes of a value are read. Default: json.' }),
    select: z
      .array(select, 'a list of objects with path, and in or equals')
      .max(MAX_SELECTS, `a list of at most ${MAX_SELECTS}`)
      .optional()
      .meta({ description: 'Which records are payments: all of them must hold.' }),
    key: keyRule.optional().meta({ description: 'What the key of a record is. Default: sender.' }),
    reject_schema_ids: z
      .array(whole(0, MAX_SCHEMA_ID), schemaIds)
      .max(1_000, schemaIds)
      .refine((ids) => new Set(ids).size === ids.length, schemaIds)
      .optional()
      .meta({ description: 'Schema ids that the registry does not know: their records become rejected rows.' }),
    keep_rejected_payload: flag
      .optional()
      .meta({ description: 'Keep base64 of the first 4 KiB of rejected Avro and Protobuf values. Default: false.' }),
    transaction_id: textRole,
    sender_account_id: textRole,
    receiver_account_id: textRole.optional(),
    amount: amountRole,
    currency: currencyRole,
    device_id: textRole.optional(),
    ip_address: textRole.optional(),
    timestamp: timeRole,
    region: textRole.optional(),
    payment_method: textRole.optional(),
  },
  'an object with transaction_id, sender_account_id, amount, currency and timestamp',
);

const NAME = 'a name of a letter a to z, then letters a to z, digits and underscores, 64 at most';
const column = z
  .strictObject(
    {
      name: z
        .string(NAME)
        .regex(/^[a-z][a-z0-9_]{0,63}$/, NAME)
        .refine((name) => !TAKEN.has(name), 'a name that payment_transactions does not have yet'),
      path: columnPath.meta({ description: "Where the value is. Of type json: '' is the whole value." }),
      type: z.enum(FURTHER_TYPES, FURTHER_TYPES.join(', ')),
      time_type: timeType.optional().meta({ description: 'Of a column of type timestamp. Default: epoch_ms.' }),
    },
    'an object with name, path and type',
  )
  .refine(({ type, time_type }) => time_type === undefined || type === 'timestamp', {
    error: 'no time_type unless the type is timestamp',
    path: ['time_type'],
  })
  .refine(({ type, path: at }) => at !== 'record.timestamp' || type === 'timestamp', {
    error: 'type timestamp with record.timestamp',
    path: ['type'],
  })
  .refine(({ path: at, time_type = 'epoch_ms' }) => at !== 'record.timestamp' || time_type === 'epoch_ms', {
    error: RECORD_TIME,
    path: ['time_type'],
  })
  .refine(({ path: at, type }) => at !== '' || type === 'json', {
    error: 'type json for the whole value',
    path: ['type'],
  })
  .refine(({ path: at, type }) => at === '' || at.startsWith('/') || (type !== 'bool' && type !== 'json'), {
    error: 'a JSON Pointer for a column of type bool or json',
    path: ['path'],
  });

const decimal = 'a decimal above 0 in quotes, as "5000"';
const isAmount = (value: string): boolean => {
  try {
    return requireDecimal(value, 'over') > 0n;
  } catch {
    return false;
  }
};
const points = whole(0, MAX_POINTS);
const PAIR = 'an object with over and points';
const amountPoints = z.strictObject(
  { over: z.string(decimal).refine(isAmount, decimal).optional(), points: points.optional() },
  PAIR,
);
const countPoints = z.strictObject({ over: whole(0, MAX_COUNT).optional(), points: points.optional() }, PAIR);
const regions = 'an object of at most 1000 regions with their points';

const fraud = z.strictObject(
  {
    activity: z
      .enum(['on', 'off'], 'on or off')
      .optional()
      .meta({ description: "off: the rules that count a sender's activity are off. Default: on." }),
    amount_high: amountPoints.optional(),
    amount_medium: amountPoints.optional(),
    amount_low_points: points.optional(),
    count_high: countPoints.optional(),
    count_medium: countPoints.optional(),
    devices: countPoints.optional(),
    region_points: z
      .record(z.string().max(MAX_TEXT_UNITS, SELECT_TEXT), points, regions)
      .refine((all) => Object.keys(all).length <= 1_000, regions)
      .optional()
      .meta({ description: 'Points by region. It replaces the default table as a whole.' }),
    other_region_points: points.optional(),
    max_score: points.optional(),
    high_risk: points.optional(),
  },
  'an object with rules of fraud',
);

const columns = 'a list of at most 32 objects with name, path and type';
export const RULES_SCHEMA = z
  .strictObject(
    {
      revision: whole(1, MAX_REVISION).meta({ description: 'Raise it with every change.' }),
      event: event.meta({ description: 'Where a record has its payment.' }),
      columns: z
        .array(column, columns)
        .max(MAX_COLUMNS, columns)
        .optional()
        .meta({ description: 'Further columns of payment_transactions.' }),
      fraud: fraud.optional().meta({ description: 'What is left out has its default.' }),
    },
    'an object with revision and event',
  )
  .meta({ title: 'Rules of a ProvenOnce topic' });

/** Compiles only if the schema gives the form that payments/rules knows. */
export const asDocument = (parsed: z.output<typeof RULES_SCHEMA>): RulesDocument => parsed;

/** As `provenonce rules schema` prints it. */
export function rulesJsonSchema(): object {
  return z.toJSONSchema(RULES_SCHEMA, { io: 'input' });
}
