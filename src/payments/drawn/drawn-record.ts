/**
 * Records for rules, drawn: most of them payments, the others with one thing wrong or odd: a role that is missing or has another
 * type, a name twice, a damaged byte, another key. Ids and senders come from few, so that copies and activity occur.
 */
import type { AmountRole, FurtherColumn, Rules, TextRole, TimeType } from '../rules/rules.ts';
import type { LogRecord } from '../types.ts';
import { type Chance, drawInteger, drawOne, oneIn } from './draw.ts';
import { JsonList, JsonObject, type JsonTree, putAt, removeAt, spell } from './drawn-json.ts';
import { REJECTED_SCHEMA_ID } from './drawn-rules.ts';
import type { DrawnSchema } from './path-tree.ts';

/** Values of any type, in the forms that a reader may take for another. */
const ODD_VALUES: readonly string[] = [
  ...['null', 'true', 'false', '""', '" "', '"x"', '"1"', '"-1"', '"+1"', '"1.5"', '"01.50"', '"1e3"', '".5"', '"5."'],
  ...['0', '-0', '-1', '1.5', '1.0', '1e3', '1E+2', '1e-3', '1.50e1', '0.0000000001', '1e999', '-1e999', '1e-999'],
  ...['9007199254740993', '12345678901234567890', '9223372036854775807', '9223372036854775808', '-9223372036854775808'],
  ...['"9223372036854775808"', '"000000000000000000001"', '"1234567890123456789012345678901234567890"'],
  ...['99999999999999999999999999999.999999999', '100000000000000000000000000000', '"0.1234567891"', '"-0.5"', '"-0"'],
  ...[
    '"2026-02-29T00:00:00Z"',
    '"2024-02-29T23:59:59.000000001+14:59"',
    '"2026-01-01T00:00:60Z"',
    '"0000-01-01T00:00:00Z"',
  ],
  ...['"2026-01-01t00:00:00Z"', '"2026-01-01T00:00:00"', '"2026-01-01T00:00:00.5-05:30"', '"9999-12-31T23:59:59.999Z"'],
  ...['"AQ=="', '"AR=="', '"AQ"', '"/w=="', '"gA=="', '"AIA="', '"MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="'],
  ...[
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"é€😀"',
    '"4111 1111 1111 1111"',
    '"XAU"',
    '"USN"',
    '"eur"',
    '" EUR "',
  ],
  ...[
    '{}',
    '[]',
    '{"scale":2,"value":"AQ=="}',
    '{"scale":39,"value":"AQ=="}',
    '{"scale":"2","value":"AQ=="}',
    '{"scale":2}',
  ],
  ...[
    '[1,[2,{"a":[]}],"]"]',
    '{"a":{"b":"}"},"a":1}',
    `"${'x'.repeat(257)}"`,
    `"${'é'.repeat(256)}"`,
    `"${' '.repeat(300)}x"`,
  ],
];

export interface DrawnPlace {
  readonly offset: number;
  /** Event times lie in the hour before it. */
  readonly nowMs: number;
  /** By id: those of the records, for rules in Avro or Protobuf. */
  readonly schemas?: ReadonlyMap<number, DrawnSchema>;
}

export function drawRecordFor(rules: Rules, chance: Chance, { offset, nowMs, schemas }: DrawnPlace): LogRecord {
  const { event } = rules;
  const headers = new Map<string, Buffer>();
  const tree = new JsonObject();
  const texts: Record<string, string> = {};
  const timeMs = nowMs - drawInteger(chance, 0, 3_600_000);
  const put = (path: string, value: JsonTree): void => {
    if (path.startsWith('/')) putAt(tree, path, value);
    else if (path.startsWith('header:') && typeof value === 'string')
      headers.set(path.slice(7), Buffer.from(asText(value)));
  };
  for (const { path, in: values } of event.select) put(path, JSON.stringify(drawOne(chance, values)));
  for (const column of rules.columns) if (!oneIn(chance, 5)) put(column.path, drawColumnValue(chance, column, timeMs));
  for (const [name, role] of Object.entries(event.texts)) {
    const value = drawTextValue(chance, name, role);
    texts[name] = asText(value);
    if (role.path !== undefined && !(isOptional(name) && oneIn(chance, 4))) put(role.path, value);
  }
  put(event.amount.path, drawAmountValue(chance, event.amount));
  put(event.timestamp.path, drawTimeValue(chance, event.timestamp.type ?? 'epoch_ms', timeMs));
  let key: Buffer | null = Buffer.from(
    event.texts.sender_account_id?.path === 'key'
      ? 'acct-1'
      : stored(texts.sender_account_id, event.texts.sender_account_id),
  );
  if (event.key === 'transaction') key = Buffer.from(stored(texts.transaction_id, event.texts.transaction_id));
  if (typeof event.key === 'object') {
    put(event.key.path, '"tenant-1"');
    key = Buffer.from('tenant-1');
  }
  if (oneIn(chance, 20)) key = drawOne(chance, [null, Buffer.from('acct-1'), Buffer.from([0xff]), Buffer.alloc(0)]);
  if (oneIn(chance, 2)) putAt(tree, '/unknown', drawOne(chance, ODD_VALUES));
  if (oneIn(chance, 3)) damageTree(rules, tree, chance);
  const value = oneIn(chance, 40) ? null : drawnValue(rules, tree, schemas, chance);
  return { offset, timestampMs: nowMs, key, value, header: (name) => headers.get(name) ?? null };
}

function isOptional(name: string): boolean {
  return name !== 'transaction_id' && name !== 'sender_account_id' && name !== 'currency';
}

/** One path's value is replaced, removed, or its name comes twice. */
function damageTree({ event, columns }: Rules, tree: JsonObject, chance: Chance): void {
  const paths = [event.amount.path, event.timestamp.path, ...columns.map(({ path }) => path)];
  for (const role of Object.values(event.texts)) if (role.path !== undefined) paths.push(role.path);
  const path = drawOne(chance, paths.filter((each) => each.startsWith('/')).concat('/unknown'));
  const harm = drawInteger(chance, 0, 9);
  if (harm === 0) removeAt(tree, path);
  else if (harm === 1) repeatMember(tree, chance);
  else if (harm === 2) putAt(tree, path, nested(drawInteger(chance, 1, 300)));
  else putAt(tree, path, drawOne(chance, ODD_VALUES));
}

function repeatMember(tree: JsonObject, chance: Chance): void {
  let node = tree;
  for (;;) {
    if (node.members.length === 0) return;
    const [name, value] = drawOne(chance, node.members);
    if (value instanceof JsonObject && oneIn(chance, 2)) node = value;
    else {
      node.members.push([name, drawOne(chance, ['1', value])]);
      return;
    }
  }
}

function nested(depth: number): JsonTree {
  let tree: JsonTree = '1';
  for (let level = 0; level < depth; level += 1) {
    const around = level % 2 === 0 ? new JsonList() : new JsonObject();
    if (around instanceof JsonList) around.elements.push(tree);
    else around.members.push(['n', tree]);
    tree = around;
  }
  return tree;
}

function drawnValue(rules: Rules, tree: JsonObject, schemas: DrawnPlace['schemas'], chance: Chance): Buffer {
  if (schemas === undefined) return damaged(bytesOf(rules, spell(tree, chance, oneIn(chance, 3)), chance), chance);
  const [id, schema] = drawOne(chance, [...schemas]);
  const body = hostile(damaged(schema.encode(tree, chance), chance), chance);
  if (oneIn(chance, 50)) return oneIn(chance, 2) ? body.subarray(0, 4) : Buffer.concat([Buffer.from([1]), body]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(oneIn(chance, 12) && rules.event.rejectSchemaIds.length > 0 ? REJECTED_SCHEMA_ID : id, 1);
  return Buffer.concat([head, body]);
}

/** Numbers that are lengths, counts or branches somewhere: the largest, the smallest, too long ones, and deep nesting. */
const HOSTILE: readonly string[] = [
  ...['ffffffffffffffffff01', 'feffffffffffffffff01', 'ffffffffffffffffff7f', 'ffffffffffffffffffff01', 'ffffffff0f'],
  ...[
    '8080808080808080808000',
    '01',
    '0101',
    'feffffff0f',
    '80',
    'c0843d',
    '0b',
    '0c',
    '02'.repeat(70),
    '0a7f'.repeat(70),
  ],
];

/** Sometimes with one of them in the place of a byte. */
function hostile(value: Buffer, chance: Chance): Buffer {
  if (!oneIn(chance, 25)) return value;
  const at = drawInteger(chance, 0, value.length);
  return Buffer.concat([value.subarray(0, at), Buffer.from(drawOne(chance, HOSTILE), 'hex'), value.subarray(at + 1)]);
}

function bytesOf({ event }: Rules, text: string, chance: Chance): Buffer {
  const json = Buffer.from(text);
  if (event.format !== 'json-schema') return json;
  const head = Buffer.from([0, 0, 0, 0, oneIn(chance, 8) ? REJECTED_SCHEMA_ID : 1]);
  return Buffer.concat([head, json]);
}

/** Sometimes with a byte changed, cut off, or with more behind. */
function damaged(value: Buffer, chance: Chance): Buffer {
  const harm = drawInteger(chance, 0, 60);
  if (harm === 0) return value.subarray(0, drawInteger(chance, 0, value.length));
  if (harm === 1)
    return Buffer.concat([value, drawOne(chance, [Buffer.from(' \n'), Buffer.from('x'), Buffer.from([0])])]);
  if (harm !== 2 || value.length === 0) return value;
  const copy = Buffer.from(value);
  copy[drawInteger(chance, 0, copy.length - 1)] = drawInteger(chance, 0, 255);
  return copy;
}

function drawTextValue(chance: Chance, name: string, { type, trim, uppercase }: TextRole): string {
  if (name === 'currency') {
    const code = drawOne(chance, ['EUR', 'USD', 'JPY', 'KWD', 'CLF']);
    return JSON.stringify(`${trim ? ' ' : ''}${uppercase ? code.toLowerCase() : code}${trim ? '\n' : ''}`);
  }
  const number = drawInteger(chance, 1, name === 'transaction_id' ? 40 : 5);
  if (type === 'integer') return drawOne(chance, [`${number}`, `${number}.0`, `${number}e2`, `-${number}`]);
  return JSON.stringify(`${trim ? '\t' : ''}${name.slice(0, 4)}-${number}${trim ? ' ' : ''}`);
}

/** How a role stores a text that was drawn for it. */
function stored(text = '', role: TextRole = {}): string {
  if (role.constant !== undefined) return role.constant;
  const whole = role.type === 'integer' ? String(Number(text)) : text;
  const trimmed = role.trim ? whole.trim() : whole;
  return role.uppercase ? trimmed.toUpperCase() : trimmed;
}

function asText(value: string): string {
  return value.startsWith('"') ? (JSON.parse(value) as string) : value;
}

function drawAmountValue(chance: Chance, { minorUnits, decimalBytes }: AmountRole): JsonTree {
  const cents = drawInteger(chance, 1, 1_000_000);
  if (minorUnits !== undefined) return oneIn(chance, 2) ? `${cents}` : `"${cents}"`;
  if (decimalBytes !== undefined) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(oneIn(chance, 10) ? -cents : cents);
    const value = JSON.stringify(bytes.toString('base64'));
    if (decimalBytes !== 'variable') return value;
    const object = new JsonObject();
    object.members.push(['scale', `${drawInteger(chance, 0, 12)}`], ['value', value]);
    return object;
  }
  return drawOne(chance, [`${cents / 100}`, `"${cents / 100}"`, `${cents}`, `${cents}e-2`, `"${cents}.500"`]);
}

function drawTimeValue(chance: Chance, type: TimeType, timeMs: number): string {
  if (type === 'iso8601') {
    const text = new Date(timeMs).toISOString();
    return JSON.stringify(drawOne(chance, [text, text.replace('Z', '000+00:00'), text.replace('Z', '001Z')]));
  }
  const digits =
    type === 'epoch_s'
      ? `${Math.floor(timeMs / 1000)}`
      : type === 'epoch_ms'
        ? `${timeMs}`
        : `${timeMs}${(oneIn(chance, 3) ? '001' : '000').repeat(type === 'epoch_us' ? 1 : 2)}`;
  return oneIn(chance, 4) ? `"${digits}"` : digits;
}

function drawColumnValue(chance: Chance, { type, timeType }: FurtherColumn, timeMs: number): JsonTree {
  const number = drawInteger(chance, -1_000, 1_000_000);
  if (type === 'string') return drawOne(chance, ['""', `"order ${number}"`, '"é\\n€"', '"4111111111111111"']);
  if (type === 'int64') return drawOne(chance, [`${number}`, `"${number}"`, `${number}.0`]);
  if (type === 'numeric') return drawOne(chance, [`${number / 100}`, `"${number / 100}"`, `${number}e-3`]);
  if (type === 'timestamp') return drawTimeValue(chance, timeType ?? 'epoch_ms', timeMs);
  if (type === 'bool') return drawOne(chance, ['true', 'false']);
  return drawOne(chance, ['{}', '[ 1, "a b" ,{"c" :null}]', '"x"', '1.50', 'true']);
}
