/** provenonce lab replay: runs a saved plan again, and tells its story. Exit codes are verdicts. */
import { type Command, Option } from 'commander';
import { VERDICT_EXIT_CODES, type Verdict } from '../../../checks/verify.ts';
import { storyText } from '../../../lab/explore/story.ts';
import { type CasePlan, loadCasePlan } from '../../../lab/sim/case-plan.ts';
import { runCase } from '../../../lab/sim/sim-case.ts';
import { printJson } from '../../exit.ts';

interface Replayed {
  readonly verdict: Verdict;
  /** What --json prints. */
  readonly document: object;
  readonly text: string;
}

/** A way to run a plan, by the name of its world. */
const WORLDS: Readonly<Record<string, (plan: CasePlan) => Promise<Replayed>>> = { sim: inSimulation };

export function addReplay(lab: Command): void {
  lab
    .command('replay')
    .description('run a saved plan again, and tell what happens')
    .argument('<file>', 'a plan, or what lab explore saved')
    .addOption(new Option('--world <world>', 'where it happens').choices(Object.keys(WORLDS)).default('sim'))
    .option('--json', 'one JSON document on standard output')
    .action(async (file: string, { world, json }: { world: keyof typeof WORLDS; json?: boolean }) => {
      const replay = WORLDS[world] as (plan: CasePlan) => Promise<Replayed>;
      const { verdict, document, text } = await replay(await loadCasePlan(file));
      if (json) printJson(document);
      else process.stdout.write(`${text}\n`);
      process.exitCode = VERDICT_EXIT_CODES[verdict];
    });
}

async function inSimulation(plan: CasePlan): Promise<Replayed> {
  const outcome = await runCase(plan);
  const { verdict, failures, unknown, guarantees, fired, traceDigest, timeline } = outcome;
  const marks = Object.fromEntries(outcome.marks);
  const document = { verdict, failures, unknown, guarantees, fired, marks, traceDigest, timeline };
  return { verdict, document, text: storyText(plan, outcome) };
}
