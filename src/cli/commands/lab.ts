/** provenonce lab: the correctness lab. Exit codes are verdicts: 0 PASS, 1 FAIL, 2 UNKNOWN, 3 NODATA. */
import { MODEL_USAGE, runModel } from '../../lab/model/run-model.ts';
import { endOnSignals } from '../first-signals.ts';
import type { AddCommand } from '../main.ts';
import { print, writeDocument, writeStyled } from '../print.ts';
import { addExplore } from './lab/explore.ts';
import { addMutants } from './lab/mutants.ts';
import { addMutate } from './lab/mutate.ts';
import { addReplay } from './lab/replay.ts';
import { addReport } from './lab/report.ts';
import { addList, addRun } from './lab/run.ts';
import { addTamper } from './lab/tamper.ts';
import { addUp } from './lab/up.ts';

export const addCommand: AddCommand = (program) => {
  const lab = program
    .command('lab')
    .description('break the pipeline on purpose, and check that nothing was lost, duplicated or changed');
  // A signal's default action would end this process alone. Its exit handlers stop the processors that it started.
  if (process.pid !== 1) lab.hook('preAction', endOnSignals);
  addList(lab);
  addRun(lab);
  addExplore(lab);
  addReplay(lab);
  lab
    .command('model')
    .description('check the takeover protocol exhaustively on small configurations')
    .allowUnknownOption()
    .helpOption(false)
    .argument('[args...]', 'see lab model --help')
    .action((args: string[]) => {
      if (args.includes('--help')) print(MODEL_USAGE);
      else
        process.exitCode = runModel(args, {
          write: (text: string) => (args.includes('--json') ? writeDocument(text) : writeStyled(process.stdout, text)),
          nowMs: () => performance.now(),
        });
    });
  addMutants(lab);
  addTamper(lab);
  addMutate(lab);
  addReport(lab);
  addUp(lab);
};
