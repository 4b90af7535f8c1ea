/**
 * Rules files as somebody might write them, drawn: where the roles are, in which forms, with which key, select and further columns.
 * All of them are valid. drawn-record.ts draws records for them.
 */
import {
  type AmountRole,
  type EventFormat,
  FURTHER_TYPES,
  type FurtherColumn,
  type KeyRule,
  OPTIONAL_ROLES,
  type Rules,
  type Select,
  TEXT_ROLES,
  type TextRole,
  type TextRoleName,
  TIME_TYPES,
  type TimeRole,
} from '../rules/rules.ts';
import { DEFAULT_DECISION_SETTINGS } from '../settings.ts';
import { type Chance, drawInteger, drawOne, oneIn } from './draw.ts';

/** Where members are. Objects that roles share, lists, and names that need care. */
const PLACES = ['', '', '/data', '/data', '/data/object', '/meta', '/items/0', '/a~1b/m~0n', '/0', '/ключ'];
/** JSON can spell it only with an escape. */
const ESCAPED_PLACE = '/x"y';
const CURRENCIES = ['EUR', 'JPY', 'KWD'];
/** Schema ids that drawn rules reject. */
export const REJECTED_SCHEMA_ID = 7;

/** `formats`: those that may be drawn. */
export function drawRules(chance: Chance, formats: readonly EventFormat[] = ['json', 'json', 'json-schema']): Rules {
  const rules = drawAnyRules(chance, formats);
  const { format } = rules.event;
  return format === 'avro' || format === 'protobuf' ? withLegalNames(rules) : rules;
}

function drawAnyRules(chance: Chance, formats: readonly EventFormat[]): Rules {
  const key = drawKey(chance);
  const texts: Partial<Record<TextRoleName, TextRole>> = {};
  for (const name of TEXT_ROLES) {
    const isOptional = (OPTIONAL_ROLES as readonly string[]).includes(name);
    if (!isOptional || !oneIn(chance, 4)) texts[name] = drawText(chance, name, isOptional);
  }
  const columns = drawColumns(chance);
  const isOff = key !== 'sender' || oneIn(chance, 3);
  return {
    revision: drawInteger(chance, 1, 9),
    event: {
      format: drawOne(chance, formats),
      select: oneIn(chance, 3) ? drawSelect(chance) : [],
      key,
      rejectSchemaIds: oneIn(chance, 2) ? [REJECTED_SCHEMA_ID] : [],
      keepRejectedPayload: oneIn(chance, 2),
      texts,
      amount: drawAmount(chance),
      timestamp: drawTime(chance),
    },
    columns,
    fraud: { ...DEFAULT_DECISION_SETTINGS.fraud, ...(isOff ? { activity: 'off' as const } : {}) },
  };
}

function drawPath(chance: Chance, name: string): string {
  return `${oneIn(chance, 200) ? ESCAPED_PLACE : drawOne(chance, PLACES)}/${name}`;
}

function drawText(chance: Chance, name: TextRoleName, isOptional: boolean): TextRole {
  if (name === 'currency' && oneIn(chance, 4)) return { constant: drawOne(chance, CURRENCIES) };
  if (isOptional && oneIn(chance, 6)) return { constant: `the ${name}` };
  const changes = {
    ...(oneIn(chance, 4) ? { trim: true as const } : {}),
    ...(oneIn(chance, 4) ? { uppercase: true as const } : {}),
  };
  if (name !== 'currency' && oneIn(chance, 5)) return { path: drawPath(chance, name), type: 'integer', ...changes };
  if (isOptional && oneIn(chance, 6)) return { path: `header:${name}`, ...changes };
  if (name === 'sender_account_id' && oneIn(chance, 8)) return { path: 'key' };
  return { path: drawPath(chance, name), ...changes };
}

function drawAmount(chance: Chance): AmountRole {
  const path = drawPath(chance, 'amount');
  const form = drawInteger(chance, 0, 6);
  if (form === 0) return { path, minorUnits: 'currency' };
  if (form === 1) return { path, minorUnits: drawInteger(chance, 0, 9) };
  if (form === 2) return { path, decimalBytes: drawOne(chance, [0, 2, 9, 12, 38]) };
  if (form === 3) return { path, decimalBytes: 'variable' };
  return { path };
}

function drawTime(chance: Chance): TimeRole {
  if (oneIn(chance, 10)) return { path: 'record.timestamp' };
  return {
    path: drawPath(chance, 'time'),
    ...(oneIn(chance, 4) ? {} : { type: drawOne(chance, TIME_TYPES) }),
    ...(oneIn(chance, 3) ? { finerThanMs: 'round_down' as const } : {}),
  };
}

function drawKey(chance: Chance): KeyRule {
  const rule = drawInteger(chance, 0, 5);
  if (rule === 0) return 'transaction';
  if (rule === 1) return 'any';
  if (rule === 2) return { path: drawPath(chance, 'tenant') };
  return 'sender';
}

function drawSelect(chance: Chance): Select[] {
  const select: Select[] = [{ path: drawPath(chance, 'type'), in: ['paid', 'refunded', '1000', 'true'] }];
  if (oneIn(chance, 3)) select.push({ path: 'header:kind', in: ['payment'] });
  return select;
}

function drawColumns(chance: Chance): FurtherColumn[] {
  const columns: FurtherColumn[] = [];
  const count = oneIn(chance, 2) ? drawInteger(chance, 1, 6) : 0;
  for (let index = 0; index < count; index += 1) {
    const type = drawOne(chance, FURTHER_TYPES);
    const name = `further_${index}`;
    if (type === 'json')
      columns.push({ name, path: drawOne(chance, ['/data', '/items', '/meta', `/${name}`, '']), type });
    else if (oneIn(chance, 8)) columns.push({ name, path: oneIn(chance, 2) ? 'key' : 'header:trace', type });
    else if (type !== 'timestamp') columns.push({ name, path: drawPath(chance, name), type });
    else if (oneIn(chance, 4)) columns.push({ name, path: 'record.timestamp', type });
    else columns.push({ name, path: drawPath(chance, name), type, timeType: drawOne(chance, TIME_TYPES) });
  }
  return columns;
}

/** Names of fields have letters, digits and underscores, and there is no column of a whole value. */
function withLegalNames(rules: Rules): Rules {
  const { event, columns } = rules;
  const renamed = <T extends { readonly path?: string }>(one: T): T =>
    one.path === undefined ? one : { ...one, path: legalPath(one.path) };
  return {
    ...rules,
    event: {
      ...event,
      select: event.select.map(renamed),
      key: typeof event.key === 'object' ? renamed(event.key) : event.key,
      texts: Object.fromEntries(Object.entries(event.texts).map(([name, role]) => [name, renamed(role)])),
      amount: renamed(event.amount),
      timestamp: renamed(event.timestamp),
    },
    columns: columns.map((column) =>
      column.type === 'json' ? { ...column, type: 'string', path: `/${column.name}` } : renamed(column),
    ),
  };
}

/** Elements of lists keep their number: those below `items`. */
function legalPath(path: string): string {
  if (!path.startsWith('/')) return path;
  const steps = path.split('/').slice(1);
  const legal = steps.map((step, index) => {
    if (steps[index - 1] === 'items') return step;
    const name = step.replaceAll(/[^A-Za-z0-9_]/g, '_');
    return /^[0-9]/.test(name) ? `_${name}` : name;
  });
  return `/${legal.join('/')}`;
}
