import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, expect, test } from 'vitest';
import { ConfigurationError } from '../../base/errors.ts';
import type { Environment, Flags } from './parse-settings.ts';
import { ALL_SETTINGS, parseKafka } from './process-config.ts';
import { fileNamesOf } from './secret-file.ts';
import { addFlags, documentSettings, showEffective } from './show-settings.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'secret-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SECRET = 'hunter2-secret';
const SECURED = {
  KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092',
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SASL_MECHANISM: 'PLAIN',
  KAFKA_SASL_USERNAME: 'me',
};

function fileOf(text: string): string {
  const file = path.join(folder, 'secret');
  writeFileSync(file, text);
  return file;
}

function passwordOf(env: Environment, flags: Flags = {}): unknown {
  const { sasl } = parseKafka({ ...SECURED, ...env }, flags).config;
  return sasl !== undefined && 'password' in sasl ? sasl.password : undefined;
}

function problemsOf(env: Environment, flags: Flags = {}): readonly string[] {
  try {
    parseKafka({ ...SECURED, ...env }, flags);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test.each([
  ['as it is', SECRET],
  ['with a newline', `${SECRET}\n`],
  ['with two, of Windows', `${SECRET}\r\n\r\n`],
])('a secret comes from the file that its _FILE names: %s', (_, text) => {
  const file = fileOf(text);
  expect(passwordOf({ KAFKA_SASL_PASSWORD_FILE: file })).toBe(SECRET);
  expect(passwordOf({}, { kafkaSaslPasswordFile: file })).toBe(SECRET);
});

test('blanks within and around it are part of it', () => {
  expect(passwordOf({ KAFKA_SASL_PASSWORD_FILE: fileOf(' two words \n') })).toBe(' two words ');
});

test('every setting that is a secret has one, in the flags and in the documentation', () => {
  const secrets = Object.values(ALL_SETTINGS).filter(({ secret }) => secret);
  expect(secrets.map(({ env }) => env)).toEqual([
    'KAFKA_SASL_PASSWORD',
    'KAFKA_SASL_OAUTH_CLIENT_SECRET',
    'SCHEMA_REGISTRY_PASSWORD',
  ]);
  const help = addFlags(new Command('process'), ALL_SETTINGS).helpInformation();
  for (const { env, flag } of secrets.map(fileNamesOf)) {
    expect(documentSettings(ALL_SETTINGS)).toContain(`| \`${env}\` | \`--${flag}\` |`);
    expect(help).toContain(`--${flag} <path>`);
  }
  const oauth = {
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    KAFKA_SASL_USERNAME: '',
    KAFKA_SASL_OAUTH_TOKEN_URL: 'https://id.example/token',
    KAFKA_SASL_OAUTH_CLIENT_ID: 'me',
    KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE: fileOf(SECRET),
  };
  expect(parseKafka({ ...SECURED, ...oauth }, {}).config.sasl).toMatchObject({ clientSecret: SECRET });
});

test('the secret and its file together are an error, wherever each is given', () => {
  const file = fileOf(SECRET);
  const both = [
    problemsOf({ KAFKA_SASL_PASSWORD: 'x', KAFKA_SASL_PASSWORD_FILE: file }),
    problemsOf({ KAFKA_SASL_PASSWORD_FILE: file }, { kafkaSaslPassword: 'x' }),
  ];
  const problem = 'KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE (environment) are both set: set one of them';
  expect(both).toEqual([[problem], [problem]]);
});

test.each([
  ['is not there', () => path.join(folder, 'none'), 'ENOENT'],
  ['is a directory', () => folder, 'it is not a file'],
  ['is empty', () => fileOf('\n'), 'it is empty'],
  ['is too large', () => fileOf(`${SECRET}${'x'.repeat(70_000)}`), 'it has more than 65536 bytes'],
])('a file that %s is named with its setting, and none of its content is shown', (_, make, why) => {
  const file = make();
  const [problem, ...others] = problemsOf({ KAFKA_SASL_PASSWORD_FILE: file });
  expect(problem).toContain(`KAFKA_SASL_PASSWORD_FILE (environment) names ${file}, which cannot be used: ${why}`);
  expect([problem, ...others].join('\n')).not.toContain(SECRET);
});

test('what a file says is shown nowhere, and that it comes from one is', () => {
  const env = { ...SECURED, KAFKA_SASL_PASSWORD_FILE: fileOf(SECRET) };
  const shown = showEffective(parseKafka(env, {}).origins);
  expect(shown.find(({ name }) => name === 'KAFKA_SASL_PASSWORD')).toEqual({
    name: 'KAFKA_SASL_PASSWORD',
    value: '********',
    origin: 'file',
  });
  expect(problemsOf({ ...env, KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT' }).join()).not.toContain(SECRET);
});
