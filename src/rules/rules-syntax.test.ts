/** What makes a rules file say something else than it seems to is a mistake at its place. */
import { expect, it } from 'vitest';
import { readRules } from './read-rules.ts';

const LEAST = `revision: 1
event:
  transaction_id: { path: /id }
  sender_account_id: { path: /from }
  amount: { path: /amount }
  currency: { path: /currency }
  timestamp: { path: /at }
`;

it.each<[string, string, string | RegExp]>([
  [
    'a region that stands twice, once in quotes',
    `${LEAST}fraud: { region_points: { 1: 5, "1": 7 } }\n`,
    /^rules\.yaml:8:33: fraud\.region_points\.1: this name stands twice/,
  ],
  ['a name of nothing beside its text', `${LEAST}fraud: { region_points: { null: 5, "null": 7 } }\n`, /stands twice/],
  [
    'a region of a name that objects keep for themselves',
    `${LEAST}fraud: { region_points: { __proto__: 5 } }\n`,
    'rules.yaml:8:27: fraud.region_points.__proto__: a member cannot have this name',
  ],
  ['such a member', `${LEAST}  __proto__: { format: avro }\n`, /event\.__proto__: a member cannot have this name$/],
  [
    'a region that is no well-formed text',
    `${LEAST}fraud: { region_points: { "\\ud800": 5 } }\n`,
    /fraud\.region_points\..: its name must be a text of at most 256 characters of well-formed Unicode$/,
  ],
  [
    'another version of YAML',
    `%YAML 1.1\n---\n${LEAST.replace('revision: 1', 'revision: 010')}`,
    'rules.yaml:1:1: a directive (%YAML 1.1) is not taken: the file is read as YAML 1.2',
  ],
])('%s', (_, text, line) => {
  const read = readRules(text, 'rules.yaml');
  const lines = Array.isArray(read) ? read.map((mistake) => mistake.text) : [];
  expect(lines).toEqual([typeof line === 'string' ? line : expect.stringMatching(line)]);
});

it('a directive for YAML 1.2 is taken', () => {
  expect(readRules(`%YAML 1.2\n---\n${LEAST}`, 'rules.yaml')).toMatchObject({ revision: 1 });
});
