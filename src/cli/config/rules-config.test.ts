/** RULES_FILE among the other settings: what it decides, and what may not stand beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FRAUD_MEMBERS } from '../../payments/rules/fraud-document.ts';
import { checkConfig, parseConfig } from './process-config.ts';
import { parseRules } from './rules-config.ts';
import { DECISION_SETTINGS } from './settings-table.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LEAST = {
  KAFKA_BOOTSTRAP_SERVERS: 'k:1',
  BIGQUERY_PROJECT: 'project-1',
};
const RULES = `revision: 5
event:
  transaction_id: { path: /id }
  sender_account_id: { path: /from }
  amount: { path: /amount }
  currency: { path: /currency }
  timestamp: { path: /at }
fraud: { max_score: 77 }
`;

function file(name: string, content: string | Buffer): string {
  const at = path.join(folder, name);
  writeFileSync(at, content);
  return at;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  return checkConfig({ ...LEAST, ...env }, {}).problems;
}

describe('a rules file', () => {
  const rules = file('rules.yaml', RULES);

  it('gives the rules, their revision and their fraud section', () => {
    const { config } = parseConfig({ ...LEAST, RULES_FILE: rules }, {});
    expect(config.rules).toMatchObject({ revision: 5, file: rules, rules: { revision: 5 } });
    expect(config.rules.rules?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(config.decision.fraud.maxScore).toBe(77);
    expect(parseRules({ RULES_FILE: rules }, {})?.sha256).toBe(config.rules.rules?.sha256);
  });

  it('that is not set leaves the built-in event, with SETTINGS_REVISION as its revision', () => {
    expect(parseConfig(LEAST, {}).config.rules).toEqual({ revision: 0 });
    expect(parseConfig({ ...LEAST, SETTINGS_REVISION: '3', EVENT_FORMAT: 'json' }, {}).config.rules).toEqual({
      revision: 3,
    });
    expect(parseRules({}, {})).toBeUndefined();
  });

  it('with mistakes is refused with a line for each, beside the problems of other settings', () => {
    const wrong = file('wrong.yaml', RULES.replace('/id', 'id').replace('revision: 5', 'revision: x'));
    expect(problemsOf({ RULES_FILE: wrong, MAX_AMOUNT: 'x' })).toEqual([
      expect.stringContaining('MAX_AMOUNT'),
      expect.stringMatching(/wrong\.yaml:1:1: revision: expected a whole number/),
      expect.stringMatching(/wrong\.yaml:3:21: event\.transaction_id\.path: expected a JSON Pointer/),
    ]);
    expect(() => parseRules({ RULES_FILE: wrong }, {})).toThrow(/wrong\.yaml:1:1/);
  });

  it.each([
    [
      'is not there',
      path.join(folder, 'nowhere.yaml'),
      /nowhere\.yaml: cannot be read: there is no such file or folder$/,
    ],
    ['is a folder', folder, /cannot be read: it is a folder$/],
    ['is no UTF-8', file('latin.yaml', Buffer.from([0x72, 0xe9])), /latin\.yaml: cannot be read: it is not UTF-8/],
    [
      'is too large',
      file('large.yaml', `${RULES}#${'x'.repeat(70_000)}`),
      /large\.yaml: cannot be read: it has \d+ bytes/,
    ],
  ])('that %s is refused', (_, at, line) => {
    expect(problemsOf({ RULES_FILE: at })).toEqual([expect.stringMatching(line)]);
  });

  it('has the fraud rules: each variable beside it is an error that says where it went', () => {
    const variables = Object.values(DECISION_SETTINGS)
      .map(({ env }) => env)
      .filter((env) => env.startsWith('FRAUD_'));
    expect(variables).toHaveLength(15);
    expect(Object.keys(FRAUD_MEMBERS).sort()).toEqual([...variables].sort());
    for (const env of variables) {
      const value = Object.values(DECISION_SETTINGS).find((setting) => setting.env === env)!.default!;
      expect(problemsOf({ RULES_FILE: rules, [env]: value })).toEqual([
        `${env} and RULES_FILE are both set: the file has it as ${FRAUD_MEMBERS[env]}. Write it there, and unset ${env}`,
      ]);
      expect(problemsOf({ [env]: value })).toEqual([]);
    }
    expect(checkConfig({ ...LEAST, RULES_FILE: rules }, { fraudMaxScore: '9' }).problems).toEqual([
      expect.stringMatching(
        /^--fraud-max-score and RULES_FILE are both set: .*fraud\.max_score.*, and leave out --fraud-max-score$/,
      ),
    ]);
  });

  it('has a revision and a format of its own', () => {
    expect(problemsOf({ RULES_FILE: rules, SETTINGS_REVISION: '5' })).toEqual([
      expect.stringMatching(/^SETTINGS_REVISION and RULES_FILE are both set/),
    ]);
    expect(problemsOf({ RULES_FILE: rules, EVENT_FORMAT: 'json' })).toEqual([]);
    expect(problemsOf({ RULES_FILE: rules, EVENT_FORMAT: 'avro' })).toEqual([
      expect.stringMatching(/^EVENT_FORMAT is avro, and event\.format in .*rules\.yaml is json/),
    ]);
    expect(problemsOf({ EVENT_FORMAT: 'protobuf' })).toEqual([
      expect.stringMatching(/^EVENT_FORMAT is protobuf, and RULES_FILE is not set/),
    ]);
  });
});
