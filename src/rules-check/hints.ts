/**
 * What the values behind the reasons of a check look like, and what to write in the rules for them: one sentence for each reason, with
 * the first record that has it. Of records that are JSON, or were decoded (decode-sample.ts). Card numbers are masked. Pure.
 */
import { maskCardNumbers } from '../payments/event/card-numbers.ts';
import type { Rules, TextRoleName } from '../payments/rules/rules.ts';
import { NOT_A_PAYMENT } from '../processor/rejections.ts';
import { isBase64, isDecimal, shapesOf, timeTypeOf } from './field-shapes.ts';
import { valueAt } from './paths.ts';
import { jsonOf, type SampleRecord } from './sample.ts';

/** What became of a record. */
interface Judged {
  readonly partition: number;
  readonly offset: number;
  readonly reason: string | null;
}

const HINTS_MOST = 10;
const VALUES_SHOWN = 5;
const LETTERS_SHOWN = 60;
/** Of records whose key is a member of theirs, in nine of ten. */
const KEY_LEAST = 0.9;
/** Milliseconds since 1970, which would look like a card number. */
const EPOCH_MS = /^[12]\d{12}$/;

/** `records`: what became of the sample, in its order. Without rules there is nothing to write. */
export function hintsOf(
  sample: readonly SampleRecord[],
  records: readonly Judged[],
  rules: Rules | undefined,
): string[] {
  if (rules === undefined) return [];
  const payments = sample.filter((_, index) => records[index]!.reason !== NOT_A_PAYMENT);
  const hints = new Map<string, string>();
  for (const [index, { reason, partition, offset }] of records.entries()) {
    if (reason === null || hints.has(reason) || hints.size >= HINTS_MOST) continue;
    const said = reason === NOT_A_PAYMENT ? selectHint(sample, rules) : hintOf(reason, sample[index]!, payments, rules);
    if (said === undefined) continue;
    hints.set(reason, reason === NOT_A_PAYMENT ? `${reason}: ${said}` : `${reason}: in ${partition}:${offset} ${said}`);
  }
  return [...hints.values()];
}

function hintOf(
  reason: string,
  one: SampleRecord,
  payments: readonly SampleRecord[],
  rules: Rules,
): string | undefined {
  const [code, subject = ''] = reason.split(': ');
  switch (code) {
    case 'key_not_sender':
    case 'key_not_transaction':
    case 'key_not_path':
      return keyHint(one, payments, rules);
    case 'timestamp_not_exact':
      return valueHint(one, rules.event.timestamp.path, 'finer_than_ms: round_down cuts it off');
    case 'event_time_too_old':
    case 'event_time_in_future':
      return timeHint(one, rules);
    case 'column_invalid':
      return columnHint(subject, one, rules);
    case 'field_invalid':
      return fieldHint(subject, one, rules);
    default:
      return undefined;
  }
}

function fieldHint(role: string, one: SampleRecord, rules: Rules): string | undefined {
  const { amount, texts } = rules.event;
  if (role === 'timestamp') return timeHint(one, rules);
  if (role === 'amount') return valueHint(one, amount.path, bytesHint(one, rules));
  const path = texts[role as TextRoleName]?.path;
  if (path === undefined) return undefined;
  const value = foundAt(one, path);
  if (typeof value === 'number') return valueHint(one, path, 'write type: integer');
  const text = typeof value === 'string' ? value : '';
  if (role === 'currency' && /^[A-Za-z]{3}$/.test(text)) return valueHint(one, path, 'write uppercase: true');
  return valueHint(one, path, text === text.trim() ? undefined : 'write trim: true');
}

/** Bytes where a decimal was looked for. */
function bytesHint(one: SampleRecord, { event: { format, amount } }: Rules): string | undefined {
  const { path, decimalBytes } = amount;
  const [shape] = shapesOf([{ value: foundAt(one, path) }]);
  const isBytes = shape !== undefined && !shape.isNumber && isBase64(shape) && !isDecimal(shape);
  if (!isBytes || decimalBytes !== undefined) return undefined;
  return format === 'avro'
    ? 'write decimal_bytes: schema, or the scale'
    : 'if it is base64 of bytes, write decimal_bytes with their scale';
}

function timeHint(one: SampleRecord, { event: { timestamp } }: Rules): string | undefined {
  const found = foundAt(one, timestamp.path);
  const type = typeof found === 'string' || typeof found === 'number' ? typeOfTime(found) : undefined;
  const isOther = type !== undefined && type !== (timestamp.type ?? 'epoch_ms');
  return valueHint(one, timestamp.path, isOther ? `write type: ${type}` : undefined);
}

function columnHint(name: string, one: SampleRecord, { columns }: Rules): string | undefined {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) return undefined;
  const value = foundAt(one, column.path);
  const type = columnTypeOf(value);
  return valueHint(one, column.path, type === column.type ? undefined : `write type: ${type}`);
}

function columnTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'numeric';
  if (typeof value !== 'string') return 'json';
  return typeOfTime(value) === 'iso8601' ? 'timestamp, time_type: iso8601' : 'string';
}

function typeOfTime(value: string | number): ReturnType<typeof timeTypeOf> {
  const [shape] = shapesOf([{ value }]);
  return timeTypeOf(shape!);
}

/** Values at the paths of `select` that it does not take, the most frequent first. */
function selectHint(sample: readonly SampleRecord[], { event: { select } }: Rules): string | undefined {
  const said = select.flatMap(({ path, in: taken }) => {
    const counts = new Map<string, number>();
    let others = 0;
    for (const one of sample) {
      const value = foundAt(one, path);
      if (value === undefined || value === null || typeof value === 'object') continue;
      if (!taken.includes(String(value))) others += 1;
      counts.set(shown(value), (counts.get(shown(value)) ?? 0) + 1);
    }
    if (others === 0) return [];
    const there = [...counts].sort(([, a], [, b]) => b - a).map(([value, count]) => `${value} (${count})`);
    const more = there.length > VALUES_SHOWN ? ` and ${there.length - VALUES_SHOWN} others` : '';
    return [
      `${path} has ${there.slice(0, VALUES_SHOWN).join(', ')}${more}; select takes ${taken.map(shown).join(', ')}`,
    ];
  });
  return said.length === 0 ? undefined : said.join('. ');
}

function keyHint(one: SampleRecord, payments: readonly SampleRecord[], { event }: Rules): string | undefined {
  const { key, texts } = event;
  const wanted = keyPathOf(key, texts);
  const own = wanted === undefined ? undefined : foundAt(one, wanted);
  const beside = own === undefined ? '' : `, and ${wanted} is ${shown(own)}`;
  const said = `the key is ${shown(one.record.key?.toString('utf8') ?? '')}${beside}.`;
  const found = memberThatIsKey(payments);
  if (found === undefined)
    return `${said} No member is the key of the records: key: any takes it if all copies of a payment are in one partition`;
  const { path, equal, records } = found;
  if (path === wanted) return `${said} In ${equal} of ${records} records the key is ${path}: this one is an exception`;
  const isTransaction = path === texts.transaction_id?.path;
  const isSender = path === texts.sender_account_id?.path;
  const rule = isTransaction ? 'transaction' : isSender ? 'sender' : `{ path: ${path} }`;
  return `${said} In ${equal} of ${records} records the key is ${path}: write key: ${rule}`;
}

function keyPathOf(key: Rules['event']['key'], texts: Rules['event']['texts']): string | undefined {
  if (typeof key === 'object') return key.path;
  return key === 'transaction' ? texts.transaction_id?.path : texts.sender_account_id?.path;
}

/** The first member that has the text of the key in almost all records that say their key. */
function memberThatIsKey(
  sample: readonly SampleRecord[],
): { readonly path: string; readonly equal: number; readonly records: number } | undefined {
  const keyed = sample.flatMap((one) => {
    const value = one.hasKey && one.record.key !== null ? jsonOf(one) : undefined;
    return value === undefined ? [] : [{ key: one.record.key!.toString('utf8'), value }];
  });
  for (const { path } of shapesOf(keyed.map(({ value }) => value))) {
    const equal = keyed.filter(({ key, value }) => String(valueAt(value, path) ?? '').trim() === key).length;
    if (equal > 0 && equal >= KEY_LEAST * keyed.length) return { path, equal, records: keyed.length };
  }
  return undefined;
}

function valueHint(one: SampleRecord, path: string, fix?: string): string | undefined {
  const value = foundAt(one, path);
  if (value === undefined) return undefined;
  return `${path} is ${shown(value)}${fix === undefined ? '' : `: ${fix}`}`;
}

/** Only what is in the value of the record. */
function foundAt(one: SampleRecord, path: string): unknown {
  return path.startsWith('/') ? valueAt(jsonOf(one), path) : undefined;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  const masked = EPOCH_MS.test(text) ? text : maskCardNumbers(text);
  return masked.length > LETTERS_SHOWN ? `${masked.slice(0, LETTERS_SHOWN)}…` : masked;
}
