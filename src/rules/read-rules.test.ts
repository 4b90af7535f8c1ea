/** A rules file becomes rules, or one line for each mistake, with its place. */
import { describe, expect, it } from 'vitest';
import type { Rules } from '../payments/rules/rules.ts';
import { canonicalRules, rulesFromCanonical } from '../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import { readRules } from './read-rules.ts';

const EVENT = `event:
  transaction_id: { path: /id }
  sender_account_id: { path: /from }
  amount: { path: /amount }
  currency: { path: /currency }
  timestamp: { path: /at }
`;
const LEAST = `revision: 1\n${EVENT}`;

function linesOf(text: string): string[] {
  const read = readRules(text, 'rules.yaml');
  if (!Array.isArray(read)) throw new Error('it was read without a mistake');
  return read.map((mistake) => mistake.text);
}

function rulesIn(text: string): Rules {
  const read = readRules(text, 'rules.yaml');
  if (Array.isArray(read)) throw new Error(read.map((mistake) => mistake.text).join('\n'));
  return read;
}

describe('a rules file that is right', () => {
  it('with the required roles alone has the defaults of everything else', () => {
    expect(rulesIn(LEAST)).toEqual({
      revision: 1,
      event: {
        format: 'json',
        select: [],
        key: 'sender',
        rejectSchemaIds: [],
        keepRejectedPayload: false,
        texts: {
          transaction_id: { path: '/id' },
          sender_account_id: { path: '/from' },
          currency: { path: '/currency' },
        },
        amount: { path: '/amount' },
        timestamp: { path: '/at' },
      },
      columns: [],
      fraud: DEFAULT_DECISION_SETTINGS.fraud,
    });
  });

  it('with every member is read as it stands', () => {
    const rules = rulesIn(`revision: 7
event:
  format: avro
  select:
    - { path: /type, in: [paid, refunded] }
    - { path: "header:kind", equals: "1" }
  key: { path: /tenant }
  reject_schema_ids: [4, 9]
  keep_rejected_payload: true
  transaction_id: { path: key, trim: true }
  sender_account_id: { path: /a~1b/0/c~0, type: integer }
  receiver_account_id: { path: "header:to", uppercase: true }
  amount: { path: /amount, decimal_bytes: schema }
  currency: { const: EUR }
  timestamp: { path: record.timestamp, finer_than_ms: round_down }
  region: { const: eu-west }
columns:
  - { name: order_id, path: /order, type: string }
  - { name: booked_at, path: /booked, type: timestamp, time_type: iso8601 }
  - { name: seen_at, path: record.timestamp, type: timestamp }
  - { name: tags, path: /tags, type: string }
fraud:
  activity: off
  amount_high: { over: "9.5" }
  region_points: { mars: 100 }
  high_risk: 70
`);
    expect(rules.event).toMatchObject({
      format: 'avro',
      select: [
        { path: '/type', in: ['paid', 'refunded'] },
        { path: 'header:kind', in: ['1'] },
      ],
      key: { path: '/tenant' },
      rejectSchemaIds: [4, 9],
      keepRejectedPayload: true,
      amount: { path: '/amount', decimalBytes: 'schema' },
      timestamp: { path: 'record.timestamp', finerThanMs: 'round_down' },
    });
    expect(rules.event.texts).toEqual({
      transaction_id: { path: 'key', trim: true },
      sender_account_id: { path: '/a~1b/0/c~0', type: 'integer' },
      receiver_account_id: { path: 'header:to', uppercase: true },
      currency: { constant: 'EUR' },
      region: { constant: 'eu-west' },
    });
    expect(rules.columns).toEqual([
      { name: 'order_id', path: '/order', type: 'string' },
      { name: 'booked_at', path: '/booked', type: 'timestamp', timeType: 'iso8601' },
      { name: 'seen_at', path: 'record.timestamp', type: 'timestamp' },
      { name: 'tags', path: '/tags', type: 'string' },
    ]);
    expect(rules.fraud).toEqual({
      ...DEFAULT_DECISION_SETTINGS.fraud,
      amountHigh: { over: '9.5', points: 30 },
      regionPoints: { mars: 100 },
      highRiskOver: 70,
      activity: 'off',
    });
    expect(rulesFromCanonical(canonicalRules(rules))).toEqual(rules);
  });

  it('may reject every schema id that a record can name', () => {
    const ids = [0, 1, 2_147_483_648, 4_294_967_295];
    const { event } = rulesIn(`${LEAST}  format: avro\n  reject_schema_ids: ${JSON.stringify(ids)}\n`);
    expect(event.rejectSchemaIds).toEqual(ids);
  });

  it('may be JSON, with tabs, and is the same', () => {
    const json = JSON.stringify(
      {
        event: {
          timestamp: { path: '/at', type: 'epoch_ms' },
          currency: { path: '/currency' },
          amount: { path: '/amount' },
          sender_account_id: { path: '/from' },
          transaction_id: { path: '/id' },
        },
        revision: 1,
      },
      null,
      '\t',
    );
    expect(canonicalRules(rulesIn(json))).toBe(canonicalRules(rulesIn(`# a comment\n${LEAST}`)));
  });
});

describe('a mistake is one line with its place, what was expected, and what stands there', () => {
  const inEvent = (member: string): string => `${LEAST}  ${member}\n`;

  it.each([
    [
      'a member that is misspelt',
      inEvent('currencey: { path: /x }'),
      'rules.yaml:8:3: event.currencey: no such member; did you mean currency?',
    ],
    [
      'a member that is not like any',
      inEvent('colour: red'),
      /^rules\.yaml:8:3: event\.colour: no such member; there are format, select, key, /,
    ],
    [
      'a member of a role that is misspelt',
      inEvent('region: { pth: /x }'),
      'rules.yaml:8:13: event.region.pth: no such member; did you mean path?',
    ],
    [
      'a role that is missing',
      LEAST.replace('  amount: { path: /amount }\n', ''),
      'rules.yaml:2:1: event.amount: is missing: expected an object with path',
    ],
    [
      'a file without event',
      'revision: 1\n',
      /^rules\.yaml:1:1: event: is missing: expected an object with transaction_id/,
    ],
    [
      'a value of another type',
      inEvent('keep_rejected_payload: yes'),
      'rules.yaml:8:3: event.keep_rejected_payload: expected true or false; found "yes"',
    ],
    [
      'a number where a text is expected',
      inEvent('select: [{ path: /type, in: [1] }]'),
      'rules.yaml:8:32: event.select.0.in.0: expected a text of at most 256 characters; found the number 1: write it in quotes',
    ],
    [
      'a path that is no JSON Pointer',
      inEvent('region: { path: data.region }'),
      'rules.yaml:8:13: event.region.path: expected a JSON Pointer as /data/id, or key, or header:NAME; found "data.region": did you mean /data/region?',
    ],
    ['a path with a wrong escape', inEvent('region: { path: /a~2 }'), /event\.region\.path: expected a JSON Pointer/],
    [
      "the record's time for a text",
      inEvent('region: { path: record.timestamp }'),
      /event\.region\.path: expected a JSON Pointer/,
    ],
    [
      'path and const',
      inEvent('region: { path: /r, const: eu }'),
      'rules.yaml:8:3: event.region: expected exactly one of path and const; found an object',
    ],
    [
      'a key rule of another form',
      inEvent('key: account'),
      'rules.yaml:8:3: event.key: expected sender, transaction, any, or an object with path; found "account"',
    ],
    [
      'a key rule with a wrong path',
      inEvent('key: { path: tenant }'),
      'rules.yaml:8:10: event.key.path: expected a JSON Pointer as /data/id, or key, or header:NAME; found "tenant": did you mean /tenant?',
    ],
    [
      'a key rule with a wrong member',
      inEvent('key: { path: /tenant, field: x }'),
      /event\.key\.field: no such member; there are path$/,
    ],
    [
      'a key that is not the sender, with the activity counted',
      inEvent('key: transaction'),
      /^rules\.yaml:8:3: event\.key: with key: transaction the payments of one sender may be in several partitions, .*activity: off/,
    ],
    [
      'an amount in two forms',
      LEAST.replace('/amount }', '/amount, minor_units: 2, decimal_bytes: 2 }'),
      'rules.yaml:5:3: event.amount: expected at most one of minor_units and decimal_bytes; found an object',
    ],
    [
      'minor units that are none',
      LEAST.replace('/amount }', '/amount, minor_units: cents }'),
      'rules.yaml:5:28: event.amount.minor_units: expected currency, or a whole number from 0 to 9; found "cents"',
    ],
    [
      'the scale of a schema that there is not',
      LEAST.replace('/amount }', '/amount, decimal_bytes: schema }'),
      'rules.yaml:5:28: event.amount.decimal_bytes: only an Avro schema says a scale, and the format is json: give the scale as a number',
    ],
    [
      "a type for the record's time",
      LEAST.replace('/at }', 'record.timestamp, type: epoch_s }'),
      /event\.timestamp\.type: expected no type but epoch_ms with record\.timestamp/,
    ],
    [
      'a constant transaction id',
      LEAST.replace('{ path: /id }', '{ const: x }'),
      /event\.transaction_id\.const: transaction_id needs a path/,
    ],
    ['a constant currency of small letters', LEAST.replace('{ path: /currency }', '{ const: eur }'), /three capitals/],
    [
      'a currency that is a number',
      LEAST.replace('/currency }', '/currency, type: integer }'),
      'rules.yaml:6:32: event.currency.type: expected type string: a currency is three capitals, no number; found "integer"',
    ],
    [
      'a schema id of over 32 bits',
      inEvent('format: avro\n  reject_schema_ids: [4294967296]'),
      /event\.reject_schema_ids\.0: expected a whole number from 0 to 4294967295; found the number 4294967296$/,
    ],
    [
      'a column that the table has',
      `${LEAST}columns: [{ name: amount, path: /x, type: string }]\n`,
      'rules.yaml:8:13: columns.0.name: expected a name that payment_transactions does not have yet; found "amount"',
    ],
    [
      'two columns of one name',
      `${LEAST}columns:\n  - { name: a, path: /x, type: string }\n  - { name: a, path: /y, type: string }\n`,
      'rules.yaml:10:7: columns.1.name: there are two columns a',
    ],
    [
      'a column of a type that there is not',
      `${LEAST}columns: [{ name: a, path: /x, type: date }]\n`,
      /columns\.0\.type: expected string, int64, numeric, timestamp, bool, json; found "date"$/,
    ],
    [
      'the whole value as a text',
      `${LEAST}columns: [{ name: a, path: "", type: string }]\n`,
      /type json for the whole value/,
    ],
    [
      'too many columns',
      `${LEAST}columns: [${Array.from({ length: 33 }, (_, i) => `{ name: c${i}, path: /x, type: string }`).join(', ')}]\n`,
      /columns: expected a list of at most 32 objects/,
    ],
    [
      'points that are no whole number',
      `${LEAST}fraud: { max_score: 1.5 }\n`,
      'rules.yaml:8:10: fraud.max_score: expected a whole number from 0 to 1000; found the number 1.5',
    ],
    [
      'an amount without quotes',
      `${LEAST}fraud: { amount_high: { over: 5000 } }\n`,
      'rules.yaml:8:25: fraud.amount_high.over: expected a decimal above 0 in quotes, as "5000"; found the number 5000: write it in quotes',
    ],
    [
      'a revision of 0',
      LEAST.replace('revision: 1', 'revision: 0'),
      /^rules\.yaml:1:1: revision: expected a whole number from 1 to/,
    ],
    ['nothing', ' \n', 'rules.yaml:1:1: the file is empty: it needs revision and event'],
    ['a list', '- 1\n', /^rules\.yaml:1:1: expected an object with revision and event; found a list$/],
    ['a name that stands twice', `${LEAST}revision: 2\n`, /^rules\.yaml:8:1: this name stands twice/],
    ['a tab as indentation', 'revision: 1\nevent:\n\ta: 1\n', /^rules\.yaml:3:1: a tab is no indentation in YAML/],
    ['an anchor', inEvent('region: &r { const: eu }'), /^rules\.yaml:8:14: event\.region: an anchor/],
    ['a tag', inEvent('region: !!str eu'), /event\.region: a tag/],
    ['a second document', `${LEAST}---\na: 1\n`, /^rules\.yaml:8:1: a second document begins here/],
    ['what is no YAML', 'a: b: c\n', /^rules\.yaml:1:4: the file is neither YAML nor JSON here: nested mappings/],
    [
      'a file that is too large',
      `${LEAST}# ${'x'.repeat(65_536)}\n`,
      /^rules\.yaml:1:1: the file has \d+ bytes: at most 65536/,
    ],
    ['brackets without end', '['.repeat(60_000), /^rules\.yaml:1:/],
    ['brackets with an end', `revision: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, /nests/],
  ])('%s', (_, text, line) => {
    const lines = linesOf(text);
    if (typeof line === 'string') expect(lines).toEqual([line]);
    else {
      expect(lines[0]).toMatch(line);
      expect(lines.every((one) => !one.includes('\n'))).toBe(true);
    }
  });

  it.each([
    [
      'a name without its colon',
      'revision: 1\nevent:\n  select\n    - { path: /a }\n  key: any\n',
      /^rules\.yaml:3:3: a name .*colon/,
    ],
    [
      'a name without its colon before its value',
      'revision: 1\nevent:\n  key any\n  format: json\n',
      /^rules\.yaml:3:3: a name .*colon/,
    ],
    ['a tab between lines', 'revision: 1\nevent:\n  format: json\n\tkey: any\n  a: b\n', /^rules\.yaml:4:1: a tab/],
    [
      'a brace without its end',
      'event:\n  key: { path: /a\n  format: json\n',
      /^rules\.yaml:\d+:\d+: .*brace or bracket/,
    ],
  ])('of what is no YAML only the first: %s', (_, text, line) => {
    expect(linesOf(text)).toEqual([expect.stringMatching(line)]);
  });

  it('names that stand twice are all told', () => {
    expect(linesOf(`${LEAST}revision: 2\nrevision: 3\n`)).toHaveLength(2);
  });

  it.each([
    ['payload.movement.ref', '/payload/movement/ref'],
    ['$.items[0].id', '/items/0/id'],
    ['data/id', '/data/id'],
  ])('a path as others write it is answered with its JSON Pointer: %s', (path, pointer) => {
    expect(linesOf(inEvent(`region: { path: "${path}" }`))).toEqual([
      expect.stringContaining(`found "${path}": did you mean ${pointer}?`),
    ]);
  });

  it('all of them at once, in the order of their places', () => {
    const lines = linesOf(`revision: one
event:
  transaction_id: { path: id }
  sender_account_id: { path: /from, type: text }
  amount: { path: /amount }
  currency: { path: /currency }
  timestamp: { path: /at, typ: iso8601 }
`);
    expect(lines.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'rules.yaml:1:1: revision',
      'rules.yaml:3:21: event.transaction_id.path',
      'rules.yaml:4:37: event.sender_account_id.type',
      'rules.yaml:7:27: event.timestamp.typ',
    ]);
  });

  it('an alias that stands for much is refused before it is written out', () => {
    let text = 'a0: &a0 [1, 2]\n';
    for (let i = 1; i < 30; i++) text += `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]\n`;
    expect(linesOf(text)[0]).toMatch(/an (anchor|alias)/);
  });
});
