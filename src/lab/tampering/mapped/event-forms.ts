/**
 * The forms that the events of a base dataset have: the built-in event, the same spelled as a mapping, with further columns of every
 * type, or in Avro with several schemas. Which further members an event has follows from its id, so that copies agree.
 *
 * Avro bytes are ASCII on purpose: a workload is text, and changes of a record are drawn as text.
 */
import type { SchemaSource } from '../../../payments/event/schema/event-schema.ts';
import {
  type EventRules,
  type FurtherColumn,
  type LoadedRules,
  TEXT_ROLES,
  type TextRoleName,
} from '../../../payments/rules/rules.ts';
import { loadedRules } from '../../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import type { WorkloadRecord } from '../../sim/case/workload.ts';
import type { CaseSchema } from '../../sim/registry/sim-registry.ts';

export type EventForm = 'built-in' | 'mapped' | 'columns' | 'avro';

const COLUMNS: readonly FurtherColumn[] = [
  { name: 'order_id', path: '/order/id', type: 'string' },
  { name: 'quantity', path: '/order/quantity', type: 'int64' },
  { name: 'fee', path: '/order/fee', type: 'numeric' },
  { name: 'order_kind', path: '/order/kind', type: 'string' },
  { name: 'received_at', path: 'record.timestamp', type: 'timestamp' },
  { name: 'is_gift', path: '/order/gift', type: 'bool' },
];
const JSON_COLUMN: FurtherColumn = { name: 'order_json', path: '/order', type: 'json' };
/** Those of the first revision. */
const FIRST_COLUMNS = 3;

/** All that the form's revisions have. */
export function furtherOf(form: EventForm): readonly FurtherColumn[] {
  if (form === 'columns') return [...COLUMNS, JSON_COLUMN];
  return form === 'avro' ? COLUMNS : [];
}

/** Rules of fraud differ by the revision, and the first revision has fewer columns. */
export function rulesOfForm(form: EventForm, revision: number): LoadedRules {
  const texts = Object.fromEntries(TEXT_ROLES.map((role) => [role, { path: `/${role}` }]));
  const event: EventRules = {
    ...{ format: form === 'avro' ? 'avro' : 'json', select: [], key: 'sender' },
    ...{ rejectSchemaIds: [], keepRejectedPayload: false },
    ...{ texts, amount: { path: '/amount' }, timestamp: { path: '/timestamp' } },
  };
  const fraud = { ...DEFAULT_DECISION_SETTINGS.fraud, maxScore: 100 - 10 * revision };
  const columns = furtherOf(form).slice(0, revision === 1 ? FIRST_COLUMNS : undefined);
  return loadedRules({ revision, event, columns, fraud });
}

/** The record of a built-in event in this form; any other record as it is. */
export function inForm<R extends Pick<WorkloadRecord, 'value'>>(form: EventForm, record: R): R {
  const event = form === 'columns' || form === 'avro' ? plainEvent(record.value) : undefined;
  if (event === undefined) return record;
  return { ...record, value: form === 'avro' ? avroValue(event) : withOrder(event) };
}

type Event = Readonly<Record<string, unknown>>;

/** Undefined for a value that is no event as JSON.stringify spells it. */
function plainEvent(value: string | null): Event | undefined {
  try {
    const event = JSON.parse(value ?? '') as Event | null;
    return typeof event?.transaction_id === 'string' && JSON.stringify(event) === value ? event : undefined;
  } catch {
    return undefined;
  }
}

interface Order {
  readonly id?: string;
  readonly quantity?: number | string;
  readonly fee?: string;
  readonly gift: boolean;
  readonly kind: (typeof KINDS)[number];
}
const KINDS = ['RETAIL', 'TRADE'] as const;

function orderOf({ transaction_id: id }: Event): Order {
  const number = numberOf(id);
  return {
    ...(number % 5 === 0 ? {} : { id: `o-${id}` }),
    ...(number % 7 === 0 ? {} : { quantity: (number % 11) - 4 }),
    ...(number % 4 === 0 ? {} : { fee: `${number % 90}.5` }),
    gift: number % 3 === 0,
    kind: KINDS[number % 2]!,
  };
}

/** The same for the same id. */
function numberOf(id: unknown): number {
  return [...String(id)].reduce((sum, character) => sum * 3 + character.charCodeAt(0), 0) % 10_007;
}

/** One in thirty has a quantity that is none: its record is rejected for the column. */
function withOrder(event: Event): string {
  const order = orderOf(event);
  const isOdd = numberOf(event.transaction_id) % 30 === 1;
  return JSON.stringify({ ...event, order: isOdd ? { ...order, quantity: 'many' } : order });
}

const OPTIONAL = ['null', 'string'];
const ROLES: readonly (TextRoleName | 'amount' | 'timestamp')[] = [...TEXT_ROLES, 'amount', 'timestamp'];
const ORDER_TYPE = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: OPTIONAL },
    { name: 'quantity', type: ['null', 'int'] },
    { name: 'fee', type: OPTIONAL },
    { name: 'gift', type: 'boolean' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: KINDS } },
  ],
};
const ROLE_FIELDS = ROLES.map((name) => ({ name, type: name === 'device_id' ? OPTIONAL : 'string' }));
const ORDER_FIELD = { name: 'order', type: ORDER_TYPE };
/** Of the versions 1 to 4: as it is, with a field that no path leads to, in another order, and with a comment. */
const FIELDS_BY_VERSION = [
  [...ROLE_FIELDS, ORDER_FIELD],
  [...ROLE_FIELDS, ORDER_FIELD, { name: 'channel', type: OPTIONAL }],
  [ORDER_FIELD, ...ROLE_FIELDS],
  [...ROLE_FIELDS, { ...ORDER_FIELD, doc: 'what was bought' }],
];

/** As the registry has them: the ids are those of the versions. */
export const AVRO_SCHEMAS: readonly CaseSchema[] = FIELDS_BY_VERSION.map((fields, index) => ({
  id: index + 1,
  text: JSON.stringify({ type: 'record', name: 'Payment', fields }),
}));

export function sourceOf({ text }: Pick<CaseSchema, 'text'>): SchemaSource {
  return { kind: 'avro', text, references: [] };
}

/** One in thirty is cut off. */
function avroValue(event: Event): string {
  const number = numberOf(event.transaction_id);
  const version = 1 + (number % FIELDS_BY_VERSION.length);
  const roles = ROLES.map((name) => (name === 'device_id' ? optional(event[name]) : text(event[name]))).join('');
  const { id, quantity, fee, gift, kind } = orderOf(event);
  const amount = quantity === undefined ? byte(0) : byte(2) + integer(Number(quantity));
  const order = `${optional(id)}${amount}${optional(fee)}${byte(gift ? 1 : 0)}${integer(KINDS.indexOf(kind))}`;
  const fields = version === 3 ? order + roles : roles + order + (version === 2 ? optional('web') : '');
  const whole = `${byte(0).repeat(4)}${byte(version)}${fields}`;
  return number % 30 === 1 ? whole.slice(0, -2) : whole;
}

function byte(value: number): string {
  return String.fromCharCode(value);
}

/** Zigzag; from -64 to 63, so that it is one byte. */
function integer(value: number): string {
  return byte(value < 0 ? -2 * value - 1 : 2 * value);
}

function text(value: unknown): string {
  const cut = String(value).slice(0, 63);
  return integer(cut.length) + cut;
}

function optional(value: unknown): string {
  return value === undefined || value === null ? byte(0) : byte(2) + text(value);
}
