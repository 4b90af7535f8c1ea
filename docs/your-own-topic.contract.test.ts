/**
 * The page of a topic of your own, followed word by word: each of its shell blocks is run as it stands there, in its order, in one
 * shell, on real parts. Only the parts come from here instead of from `lab up`, and nothing is installed.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { REPOSITORY, readRepositoryFile } from './testing/markdown.ts';

const PAGE = readRepositoryFile('docs/your-own-topic.md');
const BLOCKS = [...PAGE.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!);
const LIMIT_MS = 240_000;
/** Printed between two blocks. */
const NEXT = '--- the next block ---';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-own-topic-'));
  for (const name of ['src', 'sql', 'node_modules', 'package.json'])
    await symlink(path.join(REPOSITORY, name), path.join(directory, name));
  await cp(path.join(REPOSITORY, 'examples', 'mappings'), path.join(directory, 'examples', 'mappings'), {
    recursive: true,
  });
});

afterAll(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

test(
  'from a topic of other events to verified rows',
  async () => {
    const script = BLOCKS.map((block) => block.replace('npm ci\n', '')).join(`\necho '${NEXT}'\n`);
    const { code, output } = await bash(script);
    expect(code, output).toBe(0);
    const answers = output.split(NEXT);
    expect(answers).toHaveLength(BLOCKS.length);
    const answerTo = (text: string): string => answers[BLOCKS.findIndex((block) => block.includes(text))]!;
    expect(answerTo('simulate --records')).toContain(
      '20 records of examples/mappings/stripe/events.tsv acknowledged in charges',
    );
    // The page shows this line.
    expect(PAGE).toContain('0 of 20 records become payments, 20 are rejected.');
    expect(answerTo('rules check --from-topic')).toContain('0 of 20 records become payments, 20 are rejected.');
    expect(answerTo('rules check artifacts/rules.yaml')).toContain(
      '17 of 20 records become payments, 2 are rejected, 1 is no payment.',
    );
    expect(answerTo('process --rules-file')).toMatch(
      /accepted 15 of 20 \(duplicate 1, late 1, not a payment 1, rejected 2: /,
    );
    expect(answerTo('- verify')).toContain('PASS');
    const rows = JSON.parse(answerTo('curl')) as { rows: { f: { v: string }[] }[] };
    const shown = rows.rows.map(({ f: [id, amount, currency] }) => [id?.v, Number(amount?.v), currency?.v]);
    expect(shown).toEqual([
      ['ch_1', 12.5, 'EUR'],
      ['ch_2', 99.99, 'USD'],
      ['ch_3', 1, 'EUR'],
    ]);
  },
  LIMIT_MS,
);

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** As a reader's shell; a command that fails ends it, except the two checks, of which the page says that they end with 1. */
function bash(script: string): Promise<Ended> {
  const env = {
    PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
    HOME: process.env.HOME,
    PROVENONCE_CACHE: process.env.PROVENONCE_CACHE,
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
  };
  const found = script.replaceAll(/rules check (?:\S+ )?--from-topic(?=\n)/g, '$& && exit 99 || test $? = 1');
  return new Promise((resolve) => {
    const options = { cwd: directory, env, timeout: LIMIT_MS, maxBuffer: 2 ** 26 };
    execFile('bash', ['-ec', found], options, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: error === null ? out : out + errors }),
    );
  });
}
