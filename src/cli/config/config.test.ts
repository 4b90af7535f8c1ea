import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../base/errors.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { kafkaConnection } from './kafka-connection.ts';
import type { Environment, Flags } from './parse-settings.ts';
import { ALL_SETTINGS, checkConfig, parseBigQuery, parseConfig, parseKafka } from './process-config.ts';
import { addFlags, documentSettings, showEffective } from './show-settings.ts';

const LEAST = { KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092', BIGQUERY_PROJECT: 'my-project' };

function problemsOf(env: Environment, flags: Flags = {}): readonly string[] {
  try {
    parseConfig(env, flags);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  test('needs only the brokers and the project; the rest has the documented defaults', () => {
    const { config } = parseConfig(LEAST, {});
    expect(config.kafka).toEqual({
      brokers: ['localhost:9092'],
      topic: 'payment-events',
      tls: undefined,
      sasl: undefined,
    });
    expect(config.sink).toMatchObject({ kind: 'bigquery', dataset: 'payment_data' });
    expect(config.decision).toEqual(DEFAULT_DECISION_SETTINGS);
    expect(config.seed).toEqual({
      idHorizonMs: 0,
      windowMs: 60_000,
      activitySpanMs: 300_000,
      minEventAgeMs: 3_285 * 86_400_000,
    });
    expect(config.startAt).toEqual({ kind: 'earliest' });
    expect(config.process).toMatchObject({
      metricsHost: '127.0.0.1',
      untilCaughtUp: false,
      clusteringColumns: ['sender_account_id', 'currency'],
      maxBufferedBytes: 64 * 1024 * 1024,
    });
  });

  test('flags override the environment, which overrides defaults, and each value knows its origin', () => {
    const { config, origins } = parseConfig(
      { ...LEAST, WATERMARK_DELAY: '30m', METRICS_PORT: '9000', KAFKA_GROUP_ID: '' },
      { metricsPort: '0', untilCaughtUp: true },
    );
    expect(config.decision.watermarkDelayMs).toBe(1_800_000);
    expect(config.process.metricsPort).toBe(0);
    expect(config.process.untilCaughtUp).toBe(true);
    const origin = Object.fromEntries(showEffective(origins).map((one) => [one.name, [one.value, one.origin]]));
    expect(origin.METRICS_PORT).toEqual(['0', 'flag']);
    expect(origin.WATERMARK_DELAY).toEqual(['30m', 'env']);
    expect(origin.KAFKA_GROUP_ID).toEqual(['payment-processor', 'default']);
    expect(origin.BIGQUERY_EMULATOR_HOST).toEqual([null, 'unset']);
  });

  test('every wrong variable gets a line of its own that says where it stands and what is expected', () => {
    const problems = problemsOf(
      { WATERMARK_DELAY: '3600', KAFKA_BOOTSTRAP_SERVERS: 'localhost', FRAUD_AMOUNT_HIGH: '1e3', PARTITIONER: 'crc' },
      { metricsPort: '99999', start: 'yesterday' },
    );
    expect(problems).toHaveLength(7);
    expect(problems.join('\n')).toContain('WATERMARK_DELAY (environment) is "3600": expected a duration with a unit');
    expect(problems.join('\n')).toContain('METRICS_PORT (flag --metrics-port) is "99999": expected at most 65535');
    expect(problems.join('\n')).toContain('BIGQUERY_PROJECT is not set: set it, or give --bigquery-project');
    expect(problems.join('\n')).toContain(
      'START_FROM (flag --start) is "yesterday": expected earliest, latest, a time as',
    );
  });

  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
  ])('a duration of %s is %d ms', (text, ms) => {
    expect(parseConfig({ ...LEAST, WATERMARK_DELAY: text }, {}).config.decision.watermarkDelayMs).toBe(ms);
  });

  test.each(['1', '-1s', '1.5h', '1w', 's', '1h30m', '99999999d'])('a duration of %s is refused', (text) => {
    expect(problemsOf({ ...LEAST, WATERMARK_DELAY: text })).toHaveLength(1);
  });

  test('a start can be a time', () => {
    expect(parseConfig(LEAST, { start: '2026-01-31T08:00:00Z' }).config.startAt).toEqual({
      kind: 'timestamp',
      timestampMs: Date.UTC(2026, 0, 31, 8),
    });
  });

  test('a start can be a file of offsets, read with the configuration', () => {
    const env = { ...LEAST, START_FROM: 'offsets:/etc/offsets' };
    const readFile = (file: string): string => {
      if (file !== '/etc/offsets') throw new Error(`no file ${file}`);
      return '0 1024';
    };
    expect(parseConfig(env, {}, readFile).config.startAt).toEqual({
      kind: 'offsets',
      file: '/etc/offsets',
      offsets: new Map([[0, 1024]]),
    });
    expect(() => parseConfig({ ...env, START_FROM: 'offsets:/etc/gone' }, {}, readFile)).toThrow(
      'START_FROM, /etc/gone: cannot be read: no file /etc/gone',
    );
    expect(() => parseConfig({ ...LEAST, START_FROM: 'group:old', KAFKA_GROUP_ID: 'old' }, {})).toThrow(
      'give this processor a group of its own',
    );
  });

  test('fraud rules come from their variables', () => {
    const env = { ...LEAST, FRAUD_AMOUNT_HIGH: '7500.50', FRAUD_REGION_POINTS: 'eu-west=1, mars=99' };
    const { fraud } = parseConfig(env, {}).config.decision;
    expect(fraud.amountHigh).toEqual({ over: '7500.50', points: 30 });
    expect(fraud.regionPoints).toEqual({ 'eu-west': 1, mars: 99 });
  });

  test('emulator addresses go together', () => {
    expect(() =>
      parseBigQuery({ BIGQUERY_PROJECT: 'my-project', BIGQUERY_EMULATOR_HOST: 'localhost:9050' }, {}),
    ).toThrow('set both, or neither');
  });

  describe('SASL', () => {
    const brokers = { KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092' };
    const secured = { ...brokers, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' };
    const problemOf = (env: Record<string, string>) => {
      try {
        return JSON.stringify(parseKafka(env, {}).config.sasl);
      } catch (error) {
        return (error as ConfigurationError).problems.join('\n');
      }
    };

    test('needs a mechanism, and the variables of the mechanism', () => {
      expect(problemOf(secured)).toContain('KAFKA_SASL_MECHANISM is not set');
      expect(problemOf({ ...secured, KAFKA_SASL_MECHANISM: 'PLAIN' })).toMatch(/USERNAME[\s\S]*PASSWORD/);
      const oauth = { ...secured, KAFKA_SASL_MECHANISM: 'OAUTHBEARER' };
      expect(problemOf(oauth)).toContain('set KAFKA_SASL_OAUTH_TOKEN_FILE, or KAFKA_SASL_OAUTH_TOKEN_URL');
      expect(problemOf({ ...oauth, KAFKA_SASL_OAUTH_TOKEN_URL: 'https://id.example/token' })).toMatch(
        /CLIENT_ID[\s\S]*CLIENT_SECRET/,
      );
    });

    test('points out what is set and not used', () => {
      expect(problemOf({ ...brokers, KAFKA_SASL_USERNAME: 'me' })).toContain('does not use it');
      const file = { ...secured, KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_SASL_OAUTH_TOKEN_FILE: 'token' };
      expect(problemOf({ ...file, KAFKA_SASL_PASSWORD: 'x' })).toContain('KAFKA_SASL_PASSWORD is set, and');
      expect(problemOf({ ...file, KAFKA_SASL_OAUTH_CLIENT_ID: 'x' })).toContain('KAFKA_SASL_OAUTH_CLIENT_ID is set');
    });

    test('takes tokens from a file, or from a server over TLS', () => {
      const oauth = { ...secured, KAFKA_SASL_MECHANISM: 'OAUTHBEARER' };
      expect(problemOf({ ...oauth, KAFKA_SASL_OAUTH_TOKEN_FILE: '/run/token' })).toBe(
        '{"mechanism":"oauthbearer","tokenFile":"/run/token"}',
      );
      const byUrl = (url: string) =>
        problemOf({
          ...oauth,
          KAFKA_SASL_OAUTH_TOKEN_URL: url,
          KAFKA_SASL_OAUTH_CLIENT_ID: 'me',
          KAFKA_SASL_OAUTH_CLIENT_SECRET: 'hush',
          KAFKA_SASL_OAUTH_SCOPE: 'kafka',
        });
      expect(JSON.parse(byUrl('https://id.example/token'))).toEqual({
        mechanism: 'oauthbearer',
        tokenUrl: 'https://id.example/token',
        clientId: 'me',
        clientSecret: 'hush',
        scope: 'kafka',
      });
      expect(byUrl('http://127.0.0.1:8080/token')).toContain('tokenUrl');
      expect(byUrl('http://id.example/token')).toContain('expected an https:// URL');
      expect(byUrl('https://me:hush@id.example/token')).toContain('without a user name');
    });
  });

  test('a secret is neither shown nor quoted in a problem', () => {
    const secret = 'hunter2-secret';
    const env = {
      ...LEAST,
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'me',
      KAFKA_SASL_PASSWORD: secret,
    };
    const { config, origins } = parseConfig(env, {});
    expect(config.kafka.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'me', password: secret });
    expect(JSON.stringify(showEffective(origins))).not.toContain(secret);
    expect(problemsOf({ ...env, KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT', METRICS_PORT: 'x' }).join()).not.toContain(
      secret,
    );
    expect(problemsOf({ ...env, KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT' }).join()).not.toContain(secret);
  });

  test('TLS files are read, and an unreadable one is named', () => {
    const { config } = parseKafka(
      { KAFKA_BOOTSTRAP_SERVERS: 'a:1,b:2', KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA_FILE: '/ca.pem' },
      {},
    );
    expect(kafkaConnection(config, 'me', () => 'PEM').ssl).toEqual({ ca: ['PEM'] });
    const missing = () => {
      throw new Error('ENOENT');
    };
    expect(() => kafkaConnection(config, 'me', missing)).toThrow('KAFKA_SSL_CA_FILE /ca.pem cannot be read: ENOENT');
  });

  test.each([
    ['a mechanism that is missing', { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, 'KAFKA_SASL_MECHANISM is not set'],
    ['half an emulator', { BIGQUERY_EMULATOR_HOST: 'localhost:9050' }, 'set both, or neither'],
    ['an amount that no column holds', { MAX_AMOUNT: '9'.repeat(40) }, 'at most 29 digits'],
    [
      'a certificate that cannot be read',
      { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA_FILE: '/dev/null/ca.pem' },
      'KAFKA_SSL_CA_FILE /dev/null/ca.pem cannot be read',
    ],
    ['a value that cannot be read', { METRICS_PORT: 'x' }, 'METRICS_PORT (environment)'],
  ])('config refuses what process refuses: %s', (_, env, problem) => {
    const { problems, config } = checkConfig({ ...LEAST, ...env }, {});
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(config).toBeUndefined();
    expect(problemsOf({ ...LEAST, ...env })).toEqual(problems);
  });

  test('a contradiction is reported beside a value that cannot be read', () => {
    const env = { ...LEAST, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', BIGQUERY_EMULATOR_HOST: 'a:1', METRICS_PORT: 'x' };
    expect(checkConfig(env, {}).problems).toHaveLength(3);
  });

  test('every setting has a flag and a line in the documentation, none twice', () => {
    const settings = Object.values(ALL_SETTINGS);
    expect(new Set(settings.map((one) => one.env)).size).toBe(settings.length);
    expect(new Set(settings.map((one) => one.flag)).size).toBe(settings.length);
    const document = documentSettings(ALL_SETTINGS);
    for (const { env, flag } of settings) expect(document).toContain(`| \`${env}\` | \`--${flag}\` |`);
    const command = addFlags(new Command('process').exitOverride(), ALL_SETTINGS);
    command.parse(['--until-caught-up', '--watermark-delay', '1m', '--fraud-high-risk=70'], { from: 'user' });
    const { config } = parseConfig(LEAST, command.opts());
    expect(config.process.untilCaughtUp).toBe(true);
    expect(config.decision).toMatchObject({ watermarkDelayMs: 60_000, fraud: { highRiskOver: 70 } });
  });
});
