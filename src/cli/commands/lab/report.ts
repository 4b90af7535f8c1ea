/** provenonce lab report: one self-contained HTML page from the folder of a `lab run`. */
import path from 'node:path';
import type { Command } from 'commander';
import { makeReport } from '../../../lab/report/report.ts';
import { printJson } from '../../exit.ts';
import { print, tell } from '../../print.ts';

interface ReportFlags {
  readonly out?: string;
  readonly mutants?: readonly string[];
  readonly json?: boolean;
}

export function addReport(lab: Command): void {
  lab
    .command('report')
    .description('make one HTML page of a folder of runs: verdicts, timelines, the life of every record')
    .argument('<folder>', 'what lab run made: a suite, or one of its runs')
    .option('--out <file>', 'file of the page (default: report.html in the folder)')
    .option('--mutants <files...>', 'outputs of lab mutants --json, of one world or of both, for the table of mutants')
    .option('--json', 'one JSON document on standard output')
    .action(async (folder: string, { out, mutants, json }: ReportFlags) => {
      const isTerminal = process.stderr.isTTY === true;
      const made = await makeReport({
        folder,
        out: out ?? path.join(folder, 'report.html'),
        ...(mutants === undefined ? {} : { mutantsFiles: mutants }),
        onRun: (scenario) => isTerminal && tell(`reading ${scenario}`),
      });
      if (json) printJson(made);
      else print(`${made.out}: ${made.runs} runs, ${(made.byteLength / 1e6).toFixed(1)} MB`);
      for (const line of made.unreadable) tell(`not readable: ${line}`);
    });
}
