/**
 * A first rules file from what sampled records look like: names and shapes of members, and the records' keys. A proposal, which says at
 * each line why, and what is unsure; `rules check` then shows what it gives. The same records give the same file. Pure.
 */

import { differsInEach, idCandidates, senderCandidates, timeByShape } from './choose-by-shape.ts';
import { bestOf, type Choice, isNamedAmount, parentOf } from './choose-member.ts';
import { type DecodedSample, schemaIdIn } from './decode-sample.ts';
import { isBase64, isWhole, most, type Shape, shapesOf, timeTypeOf } from './field-shapes.ts';
import { NOT_FOUND } from './paths.ts';
import { KIND_NAMES, type ProposedRole } from './role-names.ts';
import type { SampleRecord } from './sample.ts';

/** One line of the file, and why it stands there. */
export interface ProposedLine {
  /** Without its indentation. */
  readonly yaml: string;
  readonly why: string;
  /** A reader must decide. */
  readonly isUnsure: boolean;
}

export interface Proposal {
  readonly format: ProposedLine;
  readonly select: readonly ProposedLine[];
  readonly key: ProposedLine;
  readonly roles: readonly ProposedLine[];
  readonly activityOff: boolean;
}

/** Undefined if no value is an object. */
export function proposeRules(sample: readonly SampleRecord[], { format, values }: DecodedSample): Proposal | undefined {
  const objects = values.filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  if (objects.length === 0) return undefined;
  const change = changeOf(objects);
  const kind = change ?? kindOf(objects);
  const chosen = kind === undefined ? objects : objects.filter((value) => kind.holds(value));
  const shapes = shapesOf(chosen).filter(({ path }) => change === undefined || path.startsWith(`${change.row}/`));
  const roles = new Roles(shapes, sample, values, format, chosen.length);
  const { lines, keyLine, activityOff } = roles.proposed();
  return {
    format: formatOf(sample, format),
    select: kind === undefined ? [] : [kind.line],
    key: keyLine,
    roles: lines,
    activityOff,
  };
}

function formatOf(sample: readonly SampleRecord[], format: DecodedSample['format']): ProposedLine {
  const wire = sample.filter((one) => schemaIdIn(one) !== undefined).length;
  if (format === 'json') return sure('format: json', 'most values are not in the wire format of a schema registry');
  const behind = format === 'json-schema' ? 'JSON behind it' : 'and the registry has the schema';
  return sure(`format: ${format}`, `${wire} of ${sample.length} values have a schema id in front, ${behind}`);
}

interface Kind {
  readonly line: ProposedLine;
  holds(value: unknown): boolean;
}

/** Of change data capture as Debezium writes it. */
function changeOf(objects: readonly unknown[]): (Kind & { readonly row: string }) | undefined {
  for (const [at, envelope] of [
    ['/payload', ['payload']],
    ['', []],
  ] as const) {
    const changes = objects.filter((value) => {
      const found = below(value, envelope) as { readonly op?: unknown } | undefined;
      return typeof found === 'object' && found !== null && typeof found.op === 'string' && 'after' in found;
    });
    if (changes.length * 2 <= objects.length) continue;
    const line = sure(
      `- { path: ${at}/op, in: [c, r] }`,
      `${changes.length} of ${objects.length} records are changes of a table (Debezium): inserts and rows of a snapshot are payments`,
    );
    const holds = (value: unknown): boolean => ['c', 'r'].includes(String(below(value, [...envelope, 'op'])));
    return { line, holds, row: `${at}/after` };
  }
  return undefined;
}

/** A member that says which kind of event it is, if records of some kinds have other members than records of others. */
function kindOf(objects: readonly unknown[]): Kind | undefined {
  const shapes = shapesOf(objects);
  for (const name of KIND_NAMES) {
    for (const shape of shapes) {
      const isKind =
        shape.names.at(-1) === name && shape.distinct > 1 && shape.distinct <= 20 && shape.names.length <= 3;
      if (!isKind || shape.values.length < objects.length * 0.9) continue;
      const path = shape.path.slice(1).split('/');
      const kinds = [...new Set(shape.values)].sort();
      const withAmount = kinds.filter((kind) => {
        const own = objects.filter((value) => String(below(value, path)) === kind);
        return bestOf('amount', shapesOf(own), own.length) !== undefined;
      });
      if (withAmount.length === 0) continue;
      const yaml = `- { path: ${shown(shape.path)}, in: [${withAmount.map(quoted).join(', ')}] }`;
      const left = kinds.filter((kind) => !withAmount.includes(kind));
      const why =
        left.length === 0
          ? 'all kinds of events that were seen: take out those that are no payments'
          : `take out those that are no payments; left out because they have no amount: ${left.join(', ')}`;
      return { line: { yaml, why, isUnsure: true }, holds: (value) => withAmount.includes(String(below(value, path))) };
    }
  }
  return undefined;
}

class Roles {
  readonly #shapes: readonly Shape[];
  readonly #records: number;
  readonly #keys: readonly (string | undefined)[];
  readonly #values: readonly unknown[];
  readonly #format: DecodedSample['format'];

  constructor(
    shapes: readonly Shape[],
    sample: readonly SampleRecord[],
    values: readonly unknown[],
    format: DecodedSample['format'],
    records: number,
  ) {
    this.#shapes = shapes;
    this.#records = records;
    this.#keys = sample.map(({ record, hasKey }) => (hasKey ? record.key?.toString('utf8') : undefined));
    this.#values = values;
    this.#format = format;
  }

  proposed(): { lines: ProposedLine[]; keyLine: ProposedLine; activityOff: boolean } {
    const taken = new Set<string>();
    const take = (role: ProposedRole, prefer?: (shape: Shape) => boolean, home?: string): Choice | undefined => {
      const free = this.#shapes.filter(({ path }) => !taken.has(path));
      const best = bestOf(role, free, this.#records, prefer, home);
      if (best !== undefined) taken.add(best.shape.path);
      return best;
    };
    const amount = take('amount');
    const currency = take('currency', (shape) => amount !== undefined && parentOf(shape) === parentOf(amount.shape));
    const home = amount === undefined ? undefined : parentOf(amount.shape);
    const named = take('transaction_id', undefined, home);
    const keyed = this.#shapes.find((shape) => this.#isKey(shape) && shape.path !== named?.shape.path);
    // A key that is another one in each record is no sender: the sender is fixed for ever.
    const isIdKey = keyed !== undefined && differsInEach(keyed);
    const transaction = named ?? (isIdKey ? byKey(keyed) : undefined);
    if (transaction !== undefined) taken.add(transaction.shape.path);
    const sender = take('sender_account_id', (shape) => shape === keyed) ?? (isIdKey ? undefined : byKey(keyed));
    if (sender !== undefined) taken.add(sender.shape.path);
    const free = this.#shapes.filter(({ path }) => !taken.has(path));
    const time = take('timestamp', undefined, home) ?? timeByShape(free, this.#records, home);
    const ids = idCandidates(free, this.#records, home);
    const senders = senderCandidates(free, this.#records);
    const lines = [
      textLine('transaction_id', transaction, this.#records, this.#isKey(transaction?.shape), ids),
      senderLine(textLine('sender_account_id', sender, this.#records, this.#isKey(sender?.shape), senders), sender),
      this.#amountLine(amount, currency),
      currencyLine(currency),
      timeLine(time, this.#records),
      ...(['receiver_account_id', 'device_id', 'ip_address', 'region', 'payment_method'] as const).map((role) =>
        optionalLine(role, take(role), this.#records),
      ),
    ];
    const isSenderKey = this.#isKey(sender?.shape);
    return { lines, keyLine: this.#keyLine(transaction, sender, keyed), activityOff: !isSenderKey };
  }

  /** Whether the key of the records is this member, in nine of ten that have both. */
  #isKey(shape: Shape | undefined): boolean {
    if (shape === undefined) return false;
    const path = shape.path.slice(1).split('/');
    let equal = 0;
    let others = 0;
    for (const [index, key] of this.#keys.entries()) {
      const value = below(this.#values[index], path);
      if (key === undefined || value === undefined || value === null) continue;
      if (String(value).trim() === key) equal += 1;
      else others += 1;
    }
    return equal > 0 && equal >= 9 * others;
  }

  #keyLine(transaction: Choice | undefined, sender: Choice | undefined, keyed: Shape | undefined): ProposedLine {
    if (this.#isKey(sender?.shape)) return sure('key: sender', 'the key of each record is its sender');
    const off = 'activity of a sender cannot be counted then';
    if (this.#isKey(transaction?.shape))
      return sure('key: transaction', `the key of each record is its transaction; ${off}`);
    if (keyed !== undefined && differsInEach(keyed))
      return unsure(
        `key: { path: ${shown(keyed.path)} }`,
        `the key of each record is this member, another one in each: if it is the transaction, write it as transaction_id, and key: transaction; ${off}`,
      );
    if (keyed !== undefined)
      return sure(`key: { path: ${shown(keyed.path)} }`, `the key of each record is this member; ${off}`);
    const keys = this.#keys.filter((key) => key !== undefined).length;
    const found = keys === 0 ? 'the sample says no keys' : 'no member is the key of the records';
    return unsure('key: any', `${found}: all copies of a payment must be in one partition; ${off}`);
  }

  #amountLine(amount: Choice | undefined, currency: Choice | undefined): ProposedLine {
    if (amount === undefined) return this.#amountInBytes();
    const { shape, others } = amount;
    const name = shape.names.at(-1)!;
    if (!isWhole(shape) || currency === undefined || name.includes('major')) {
      return {
        yaml: `amount: { path: ${shown(shape.path)} }`,
        why: seenText(shape, this.#records, others),
        isUnsure: others.length > 0,
      };
    }
    return unsure(
      `amount: { path: ${shown(shape.path)}, minor_units: currency }`,
      `whole numbers only, beside a currency: cents are likely; without minor_units ${shape.values[0]} is ${shape.values[0]}.00${alsoText(others)}`,
    );
  }

  /** Decimals as Kafka Connect writes them in JSON. */
  #amountInBytes(): ProposedLine {
    const bytes = this.#shapes.find((shape) => isNamedAmount(shape) && !shape.isNumber && isBase64(shape));
    if (bytes === undefined) return unsure(`amount: { path: ${NOT_FOUND} }`, 'no member looks like an amount');
    const home = parentOf(bytes);
    if (bytes.names.at(-1) === 'value' && this.#shapes.some(({ path }) => path === `${home}/scale`))
      return sure(
        `amount: { path: ${shown(home)}, decimal_bytes: variable }`,
        'bytes in base64, with their scale beside them (Debezium)',
      );
    if (this.#format === 'avro')
      return sure(
        `amount: { path: ${shown(bytes.path)}, decimal_bytes: schema }`,
        'bytes, with the scale of the schema',
      );
    return unsure(
      `amount: { path: ${shown(bytes.path)}, decimal_bytes: 2 }`,
      'bytes in base64 (Kafka Connect): the scale stands in the schema of the source, 2 is a guess',
    );
  }
}

function byKey(shape: Shape | undefined): Choice | undefined {
  return shape === undefined ? undefined : { shape, score: 1, others: [], isByShape: true };
}

/** `candidates`: members that may be meant if none was chosen. */
function textLine(
  role: string,
  choice: Choice | undefined,
  records: number,
  isKey: boolean,
  candidates: readonly string[],
): ProposedLine {
  if (choice === undefined) {
    const what = role === 'transaction_id' ? 'different in each record' : 'the same in several records';
    const found = candidates.length === 0 ? 'no member looks like it' : 'no member is named like it';
    const maybe = candidates.length === 0 ? '' : `; ${what}: ${candidates.join(', ')}`;
    return unsure(`${role}: { path: ${NOT_FOUND} }`, `${found}${maybe}`);
  }
  const { shape, others, isByShape = false } = choice;
  const isPadded = shape.values.some((value) => value !== value.trim());
  const type = `${shape.isNumber ? ', type: integer' : ''}${isPadded ? ', trim: true' : ''}`;
  const why = `${nameText(choice)}${seenText(shape, records, isKey ? [] : others)}${isKey ? '; it is the key' : ''}`;
  const isUnsure = isByShape || (!isKey && others.length > 0);
  return { yaml: `${role}: { path: ${shown(shape.path)}${type} }`, why, isUnsure };
}

/** One who sends only once each is most often an id of the payment. */
function senderLine(line: ProposedLine, choice: Choice | undefined): ProposedLine {
  if (choice === undefined || !differsInEach(choice.shape)) return line;
  return { ...line, why: `another one in almost each record, is this who sends? ${line.why}`, isUnsure: true };
}

function nameText({ isByShape = false }: Choice): string {
  return isByShape ? 'no name says so; ' : '';
}

function currencyLine(choice: Choice | undefined): ProposedLine {
  if (choice === undefined)
    return unsure('currency: { const: EUR }', 'no member looks like a currency: write the one that all payments have');
  const { shape, others } = choice;
  const isUpper = most(shape, (value) => value === value.toUpperCase());
  const why = `${[...new Set(shape.values)].sort().slice(0, 4).join(', ')}${alsoText(others)}`;
  return {
    yaml: `currency: { path: ${shown(shape.path)}${isUpper ? '' : ', uppercase: true'} }`,
    why,
    isUnsure: others.length > 0,
  };
}

function timeLine(choice: Choice | undefined, records: number): ProposedLine {
  if (choice === undefined)
    return unsure(
      'timestamp: { path: record.timestamp }',
      "no member looks like a time with its offset: the record's own time in Kafka",
    );
  const { shape, others, isByShape = false } = choice;
  const type = timeTypeOf(shape)!;
  const isFine =
    type === 'epoch_us' ||
    type === 'epoch_ns' ||
    (type === 'iso8601' && shape.values.some((value) => /\.\d{4,}/.test(value)));
  const fine = isFine ? ', finer_than_ms: round_down' : '';
  const why = `${nameText(choice)}${seenText(shape, records, others)}${isFine ? '; finer than a millisecond, which is cut off' : ''}`;
  return {
    yaml: `timestamp: { path: ${shown(shape.path)}, type: ${type}${fine} }`,
    why,
    isUnsure: isByShape || others.length > 0,
  };
}

function optionalLine(role: string, choice: Choice | undefined, records: number): ProposedLine {
  if (choice === undefined) return { yaml: `# ${role}:`, why: 'no member looks like it; NULL', isUnsure: false };
  return {
    yaml: `${role}: { path: ${shown(choice.shape.path)} }`,
    why: seenText(choice.shape, records, choice.others),
    isUnsure: choice.others.length > 0,
  };
}

function seenText({ values, distinct }: Shape, records: number, others: readonly string[]): string {
  const differ = distinct === values.length ? 'all different' : `${distinct} different`;
  return `in ${values.length} of ${records} records, ${differ}${alsoText(others)}`;
}

function alsoText(others: readonly string[]): string {
  return others.length === 0 ? '' : `; or ${others.join(', ')}`;
}

function below(value: unknown, names: readonly string[]): unknown {
  let at = value;
  for (const name of names) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[name.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at;
}

/** A path as YAML. Names of members may hold anything. */
function shown(path: string): string {
  return /^\/[\w/.~$@-]*$/.test(path) ? path : JSON.stringify(path);
}

function quoted(text: string): string {
  return /^[A-Za-z][\w.-]*$/.test(text) ? text : JSON.stringify(text);
}

function sure(yaml: string, why: string): ProposedLine {
  return { yaml, why, isUnsure: false };
}

function unsure(yaml: string, why: string): ProposedLine {
  return { yaml, why, isUnsure: true };
}
