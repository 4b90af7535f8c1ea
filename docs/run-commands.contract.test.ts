/**
 * Commands of the program that code blocks of the documentation show are run, as they stand there, on real parts: in the
 * order of a newcomer's day, in a directory of its own. What takes long is made small by flags that are added at the end.
 * What would take minutes all the same is not run: commands.test.ts parses it, as it parses every command shown, and the
 * work behind it is held by the test that is named for it here. A command shown that is in neither list fails the test.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { commandsOf, markdownFiles, REPOSITORY, readRepositoryFile } from './testing/markdown.ts';
import { programWords, wordsOf } from './testing/program-words.ts';

const MAIN = path.join(REPOSITORY, 'src', 'cli', 'main.ts');
const COMMAND_LIMIT_MS = 120_000;

interface Shown {
  /** Words after `provenonce`. */
  readonly words: readonly string[];
  readonly places: readonly string[];
}

interface Rule {
  /** Of the words, joined by blanks. */
  readonly command: RegExp;
  /** A block of docs/start.md with this in it is run before, by a shell. */
  readonly afterBlock?: string;
  /** Added at the end: the last flag of a name counts. */
  readonly add?: readonly string[];
  readonly exitCodes?: readonly number[];
}

interface Line {
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** Run here, each line in its order and beside the other; none needs what another one makes. */
const LINES: readonly Line[] = [
  {
    title: 'the story of docs/start.md, then what an operator does later',
    rules: [
      { command: /^simulate (?!--records)/, add: ['--count', '1000', '--rate', '0'] },
      { command: /^process --until-caught-up/, afterBlock: 'kill -9' },
      { command: /^(verify|reconcile|ownership)$/ },
      // The range that stands for the reader's lies behind the end of this log: refused, with a reason. Scenarios do the real thing.
      { command: /^skip /, exitCodes: [64] },
      { command: /^(backfill|prune-checkpoints) / },
      // The last of the story: the topic has more partitions afterwards.
      { command: /^rescale /, add: ['--partitions', '5'] },
    ],
  },
  {
    title: 'the lab without real parts',
    rules: [
      { command: /^lab list/ },
      { command: /^lab model (A|AB|B),?/, exitCodes: [0, 1] },
      { command: /^lab replay (?!.*--world real).*--mutant/, exitCodes: [1] },
    ],
  },
];
const RULES = LINES.flatMap(({ rules }) => rules);

/** Not run as commands: what these do, without their command line, is what the named test holds. */
const WORK_HELD_BY: readonly { readonly command: RegExp; readonly by: string }[] = [
  { command: /^(simulate --records|rules|process --rules-file)/, by: 'docs/your-own-topic.contract.test.ts' },
  { command: /^(process$|delta (compact|vacuum))/, by: 'src/cli/delta-commands.contract.test.ts' },
  { command: /^seed --known-ids/, by: 'src/cli/cut-over.contract.test.ts' },
  { command: /^demo$/, by: 'docs/readme-demo.long.test.ts' },
  { command: /^demo ./, by: 'src/demo/embedded-demo.test.ts' },
  { command: /^lab up/, by: 'src/infra/native/native.long.test.ts' },
  { command: /^lab replay .*--world real/, by: 'src/lab/real/replay-plan.long.test.ts' },
  { command: /^conformance/, by: 'src/conformance/conformance.contract.test.ts' },
  { command: /^lab explore --world real/, by: 'properties/guarantee.long.test.ts' },
  { command: /^lab replay artifacts/, by: 'src/lab/drawn/shrink-drawn.test.ts' },
  { command: /^lab run/, by: 'scenarios/scenarios.test.ts' },
  { command: /^lab mutants/, by: 'src/lab/mutants/mutants.long.test.ts' },
  { command: /^lab mutate/, by: 'src/lab/sampled-mutation/run-sample.test.ts' },
  { command: /^lab tamper/, by: 'src/lab/tampering/tampering.test.ts' },
  { command: /^lab model (large|variants|--sink delta)/, by: 'src/lab/model/variants.test.ts' },
  { command: /^schema apply .*--accept-restored/, by: 'src/lab/contract/lost-tables.long.test.ts' },
  { command: /^lab report/, by: 'src/lab/report/report.test.ts' },
];

/** The program's own commands among those shown in blocks, each once. */
function shownCommands(): Shown[] {
  const found = new Map<string, { words: string[]; places: string[] }>();
  for (const file of markdownFiles()) {
    for (const { text, line, inline } of commandsOf(readRepositoryFile(file))) {
      const words = inline ? undefined : programWords(wordsOf(text));
      if (words === undefined) continue;
      const one = found.get(words.join('\0')) ?? { words, places: [] };
      one.places.push(`${file}:${line}`);
      found.set(words.join('\0'), one);
    }
  }
  return [...found.values()];
}

const shown = shownCommands();
const textOf = ({ words }: Shown) => words.join(' ');
const turnOf = (one: Shown) => RULES.findIndex(({ command }) => command.test(textOf(one)));

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-docs-'));
  // Commands name these by their path in the repository.
  await cp(path.join(REPOSITORY, 'scenarios', 'plans'), path.join(directory, 'scenarios', 'plans'), {
    recursive: true,
  });
  // Blocks name the program by its path in the checkout.
  for (const name of ['src', 'node_modules', 'package.json']) {
    await symlink(path.join(REPOSITORY, name), path.join(directory, name));
  }
});

afterAll(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

test('every command shown is run here, or its work is held by the test that is named for it', () => {
  const left = shown.filter((one) => turnOf(one) < 0 && !WORK_HELD_BY.some(({ command }) => command.test(textOf(one))));
  expect(left.map((one) => `${one.places[0]}: ${textOf(one)}`)).toEqual([]);
  expect(WORK_HELD_BY.filter(({ by }) => !existsSync(path.join(REPOSITORY, by)))).toEqual([]);
});

test('every command listed here is still shown', () => {
  const notRun = shown.filter((one) => turnOf(one) < 0);
  expect(RULES.filter((rule) => !shown.some((one) => RULES[turnOf(one)] === rule))).toEqual([]);
  expect(WORK_HELD_BY.filter(({ command }) => !notRun.some((one) => command.test(textOf(one))))).toEqual([]);
});

for (const { title, rules } of LINES) {
  describe(title, { concurrent: true }, () => {
    const line = shown.filter((one) => rules.includes(RULES[turnOf(one)]!)).sort((a, b) => turnOf(a) - turnOf(b));

    test.for(line.map((one) => [textOf(one), one] as const))('%s', { concurrent: false }, async ([, one]) => {
      const { add = [], exitCodes = [0], afterBlock } = RULES[turnOf(one)]!;
      if (afterBlock !== undefined) await runBlock(afterBlock);
      const ended = await run([...one.words, ...add]);
      expect(exitCodes, `${one.places.join(', ')}\n${ended.said}`).toContain(ended.code);
    });
  });
}

/** As a reader pastes it, at the top of the checkout. What it leaves there must be in a folder that git ignores. */
async function runBlock(text: string): Promise<void> {
  const blocks = readRepositoryFile('docs/start.md').matchAll(/```sh\n([\s\S]*?)```/g);
  const block = [...blocks].map(([, commands]) => commands!).find((commands) => commands.includes(text));
  expect(block).toBeDefined();
  const before = await readdir(directory);
  const ended = await execute('bash', ['-c', block!]);
  // The last command is the kill: it fails where the process had ended by itself.
  expect({ ...ended, said: ended.code === 0 ? '' : ended.said }).toEqual({ code: 0, said: '' });
  const log = await readFile(path.join(directory, 'artifacts', 'processor.log'), 'utf8');
  expect(log).toContain('checkpoint.written');
  expect(log).not.toContain('processor.stopped');
  const left = (await readdir(directory)).filter((name) => !before.includes(name));
  expect(left.filter((name) => !isIgnored(name))).toEqual([]);
}

function isIgnored(name: string): boolean {
  return readRepositoryFile('.gitignore').split('\n').includes(`/${name}/`);
}

function run(words: readonly string[]): Promise<Ended> {
  return execute(process.execPath, [MAIN, ...words]);
}

interface Ended {
  readonly code: number;
  readonly said: string;
}

function execute(program: string, args: readonly string[]): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PROVENONCE_CACHE: process.env.PROVENONCE_CACHE,
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: inject('kafkaBootstrapServers'),
    KAFKA_TOPIC_PAYMENTS: 'docs-payment-events',
    KAFKA_GROUP_ID: 'docs',
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_DATASET: 'docs_payment_data',
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
    CHECKPOINT_LOCATION: path.join(directory, 'checkpoint'),
    METRICS_PORT: '0',
  };
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { cwd: directory, env, timeout: COMMAND_LIMIT_MS, maxBuffer: 2 ** 26 },
      (error, out, errors) => resolve({ code: error === null ? 0 : Number(error.code), said: out + errors }),
    );
  });
}
