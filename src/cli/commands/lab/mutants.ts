/** provenonce lab mutants: deliberately broken processors, each of which the lab must catch. Exit codes: 0 PASS, 1 FAIL. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { VERDICT_EXIT_CODES } from '../../../checks/verify.ts';
import { chooseMutants, runMutants } from '../../../lab/mutants/kill-matrix.ts';
import { complaints, mutantsMarkdown, mutantsTable } from '../../../lab/mutants/mutants-text.ts';
import { savePlan } from '../../../lab/mutants/save-plan.ts';
import { printJson } from '../../exit.ts';
import { wholeNumber } from '../../options.ts';
import { tableText } from '../../table-text.ts';

interface MutantsFlags {
  readonly budget: number;
  readonly seed: number;
  readonly jobs: number;
  readonly allFamilies?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly savePlans?: string;
}

export function addMutants(lab: Command): void {
  lab
    .command('mutants')
    .description('run processors with one known bug each in the simulated world: every one must be caught')
    .argument('[names...]', 'mutants; default: all')
    .option('--budget <runs>', 'runs at most, per mutant and per family of the control', wholeNumber(1), 100)
    .option('--seed <n>', 'seed of the first run', wholeNumber(0), 1)
    .option('--jobs <n>', 'processes at a time', wholeNumber(1), availableParallelism())
    .option('--all-families', 'every mutant in every family of cases, not only in its own (takes minutes)')
    .option('--json', 'one JSON document on standard output')
    .option('--markdown', 'the tables of docs/mutants.md on standard output')
    .option('--save-plans <folder>', 'save a small case of each that real parts can do as well (lab replay), no more')
    .action(async (names: string[], { json, markdown, savePlans, ...flags }: MutantsFlags) => {
      const mutants = chooseMutants(names);
      if (savePlans !== undefined) {
        for (const mutant of mutants) {
          const file = await savePlan(mutant, savePlans, flags.budget, flags.seed);
          process.stdout.write(`${mutant.name}: ${file ?? `no portable case in ${flags.budget} runs shows it`}\n`);
        }
        return;
      }
      const isTerminal = process.stderr.isTTY === true;
      const report = await runMutants({
        ...flags,
        mutants,
        nowMs: () => performance.now(),
        onResult: (text) => isTerminal && process.stderr.write(`${text}\n`),
      });
      if (json) printJson(report);
      else if (markdown) process.stdout.write(`${mutantsMarkdown(mutants, report)}\n`);
      else {
        const { head, rows } = mutantsTable(report);
        const killed = report.mutants.filter((each) => each.killed).length;
        const took = `${(report.tookMs / 1000).toFixed(1)} s`;
        process.stdout.write(
          `${tableText(
            [...head],
            rows.map((cells) => [...cells]),
          )}\n` +
            `${killed} of ${report.mutants.length} mutants killed by what they must break; the control passed ` +
            `${report.control.runs} runs: ${report.control.passed ? 'yes' : 'NO'}; ${took}\n${report.verdict}\n`,
        );
      }
      for (const line of complaints(report)) process.stderr.write(`${line}\n`);
      process.exitCode = VERDICT_EXIT_CODES[report.verdict];
    });
}
