/** `rules init` and `rules check` as a shell runs them: what is written, and how they end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from '../../../lab/real/run-command.ts';
import { readRules } from '../../../rules/read-rules.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'rules-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NARROW = { COLUMNS: '60' };
const TIME = '2026-01-02T03:04:05Z';

function written(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Payments as somebody else sends them. */
const sample = written(
  'sample.tsv',
  Array.from({ length: 20 }, (_, n) => {
    const payment = { reference: `r${n}`, payer: `p${n % 4}`, amount: '1.5', currency: 'EUR', created: TIME };
    return `p${n % 4}\t${JSON.stringify({ data: payment })}`;
  }).join('\n'),
);

test('init writes a whole file at any width of a terminal', async () => {
  const { code, output } = await runCommand(['rules', 'init', '--sample', sample], NARROW);
  expect(code).toBe(0);
  expect(readRules(output, 'proposed.yaml')).toMatchObject({ revision: 1 });
});

const RULES = `revision: 1
event:
  transaction_id: { path: /data/reference }
  sender_account_id: { path: /data/payer }
  amount: { path: /data/amount }
  currency: { path: /data/currency }
  timestamp: { path: /data/created, type: iso8601 }
`;
const ENDS_1 = { code: 1 };
const line = (data: object, key = 'p1'): string => `${key}\t${JSON.stringify({ data })}\n`;
const PAYMENT = { reference: 'r1', payer: 'p1', amount: '1.5', currency: 'EUR', created: TIME };

test.each([
  ['every record is a payment', RULES, line(PAYMENT), { code: 0 }],
  [
    'a record is no payment by the rules',
    `${RULES}  select:\n    - { path: /data/currency, in: [EUR] }\n`,
    line(PAYMENT) + line({ ...PAYMENT, currency: 'USD' }),
    { code: 0 },
  ],
  ['one of two is rejected', RULES, line(PAYMENT) + line({ ...PAYMENT, amount: 'x' }), ENDS_1],
  ['no record has a path', RULES.replace('/data/currency', '/data/curency'), line(PAYMENT), ENDS_1],
  ['one of few records has an optional path', `${RULES}  region: { path: /data/land }\n`, line(PAYMENT), { code: 0 }],
  ['none of many has it', `${RULES}  region: { path: /data/land }\n`, line(PAYMENT).repeat(100), ENDS_1],
  ['no record is a payment', `${RULES}  select:\n    - { path: /data/currency, in: [JPY] }\n`, line(PAYMENT), ENDS_1],
])('check ends by what it found: %s', async (name, rules, records, end) => {
  const files = [written(`${name}.yaml`, rules), '--sample', written(`${name}.tsv`, records)];
  expect(await runCommand(['rules', 'check', ...files], {})).toMatchObject(end);
});

test('check prints the condition of a mapping that takes the Kafka timestamp for the time of the event', async () => {
  const mapped = RULES.replace('{ path: /data/created, type: iso8601 }', '{ path: record.timestamp }');
  const sampled = ['--sample', written('record-time.tsv', line(PAYMENT))];
  const condition = 'timestamp: record.timestamp is exactly-once only if';
  const { code, output } = await runCommand(['rules', 'check', written('record-time.yaml', mapped), ...sampled], {});
  expect({ code, hasCondition: output.includes(condition) }).toEqual({ code: 0, hasCondition: true });
  const other = await runCommand(['rules', 'check', written('event-time.yaml', RULES), ...sampled], {});
  expect(other.output).not.toContain(condition);
});

test('init says what is left to decide, and the next command', async () => {
  const output = path.join(folder, 'proposed.yaml');
  const { code, complaints } = await runCommand(['rules', 'init', '--sample', sample, '--output', output], {});
  expect(code).toBe(0);
  expect(complaints.trimEnd()).toBe(`${output} is written. Next: provenonce rules check ${output} --sample ${sample}`);
});

test.each([
  [['init', '--sample', sample, '--output', sample], 'it exists already, and is not overwritten'],
  [['init', '--sample', folder], 'it is a folder'],
  [['check', path.join(folder, 'gone.yaml'), '--sample', sample], 'there is no such file or folder'],
])('the message says in words why a file cannot be used: %s', async (words, said) => {
  const { code, complaints } = await runCommand(['rules', ...words], {});
  expect(code).toBe(64);
  expect(complaints.trimEnd().endsWith(said)).toBe(true);
});
