/**
 * provenonce lab mutate: a sample of small changes of the code, drawn by a seed; each should make a test or the
 * simulated world fail. Exit codes: 0 every survivor is explained, 1 one is not.
 */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { requireSources } from '../../../base/own-code.ts';
import { EXPLAINED } from '../../../lab/sampled-mutation/explained.ts';
import { ROOMS, type Room } from '../../../lab/sampled-mutation/mutable-places.ts';
import type { MutantResult } from '../../../lab/sampled-mutation/results-file.ts';
import {
  FIGURES_HEAD,
  figures,
  figuresRow,
  SURVIVORS_HEAD,
  sampleMarkdown,
  survivorRow,
} from '../../../lab/sampled-mutation/sample-report.ts';
import { printJson } from '../../exit.ts';
import { wholeNumber } from '../../options.ts';
import { print, tell } from '../../print.ts';
import { tableText } from '../../table-text.ts';

interface MutateFlags {
  readonly sample: number;
  readonly seed: number;
  readonly jobs: number;
  readonly room?: Room;
  readonly results?: string;
  readonly baseline: string;
  readonly only?: string[];
  readonly survivorsOf?: string;
  readonly contract?: boolean;
  readonly thorough?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

export function addMutate(lab: Command): void {
  lab
    .command('mutate')
    .description('change single statements of the code, drawn by a seed: tests or the simulated world must notice')
    .option('--sample <n>', 'mutants, in equal shares by room', wholeNumber(1), 400)
    .option('--seed <n>', 'the same seed draws the same statements', wholeNumber(0), 1)
    .option('--jobs <n>', 'mutants at a time', wholeNumber(1), 1)
    .addOption(new Option('--room <name>', 'this folder of src alone').choices(ROOMS))
    .option('--results <file>', 'append results here, and skip what it has (default: artifacts/mutate-<seed>.jsonl)')
    .option(
      '--baseline <file>',
      'file that keeps which tests reach which code',
      path.join('artifacts', 'mutate-baseline.json'),
    )
    .option('--only <ids...>', 'judge these mutants, even if they were judged before')
    .option('--survivors-of <file>', 'judge again what survived in these results')
    .option('--contract', 'contract tests too, for what nothing else notices (needs a broker and an emulator)')
    .option('--thorough', 'run every test that reaches a mutant (slow)')
    .option('--json', 'one JSON document on standard output')
    .option('--markdown', 'the tables of docs/mutants.md on standard output')
    .action(run);
}

async function run(flags: MutateFlags): Promise<void> {
  requireSources('lab mutate');
  // Imported only here: the parser and vitest are development dependencies.
  const { runSample, ROOT } = await import('../../../lab/sampled-mutation/run-sample.ts');
  const { readResults } = await import('../../../lab/sampled-mutation/results-file.ts');
  const { QUICK, THOROUGH } = await import('../../../lab/sampled-mutation/choose-tests.ts');
  const survivors =
    flags.survivorsOf === undefined
      ? undefined
      : [...readResults(flags.survivorsOf).values()]
          .filter(({ verdict }) => verdict === 'survived')
          .map(({ id }) => id);
  const only = flags.only ?? survivors;
  const results = await runSample({
    root: ROOT,
    rooms: flags.room === undefined ? ROOMS : [flags.room],
    count: flags.sample,
    seed: flags.seed,
    jobs: flags.jobs,
    resultsFile: flags.results ?? path.join('artifacts', `mutate-${flags.seed}.jsonl`),
    baselineFile: flags.baseline,
    contract: flags.contract ?? false,
    limits: flags.thorough ? THOROUGH : QUICK,
    nowMs: () => performance.now(),
    ...(only === undefined ? {} : { only }),
    onMeasure: (file) => tell(`measuring ${file}`),
    onBaseline: ({ files }) => {
      for (const { file, broken } of files) if (broken !== undefined) tell(`${file} does not pass as it is: ${broken}`);
    },
    onResult: (result, done, all) => tell(`${done}/${all} ${resultLine(result)}`),
  });
  const open = results.filter(({ id, verdict }) => verdict === 'survived' && !EXPLAINED.some((each) => each.id === id));
  if (flags.json) printJson({ seed: flags.seed, figures: figures(results, EXPLAINED), results });
  else if (flags.markdown) print(sampleMarkdown(results, EXPLAINED));
  else {
    const survived = results.filter(({ verdict }) => verdict === 'survived');
    print(tableText([...FIGURES_HEAD], figures(results, EXPLAINED).map(figuresRow)));
    if (survived.length > 0) {
      print(
        tableText(
          [...SURVIVORS_HEAD],
          survived.map((result) => survivorRow(result, EXPLAINED)),
        ),
      );
    }
    print(open.length === 0 ? 'PASS' : `FAIL: ${open.length} survived and are not explained`);
  }
  process.exitCode = open.length === 0 ? 0 : 1;
}

function resultLine({ id, verdict, by, how, file, line, operator, where, ms, tried }: MutantResult): string {
  const end = verdict === 'killed' ? `${by} (${how}) ${where ?? ''}` : `after ${tried} tests and runs`;
  return `${verdict} ${id} ${file}:${line} ${operator} ${end.slice(0, 140)} ${(ms / 1_000).toFixed(1)} s`;
}
