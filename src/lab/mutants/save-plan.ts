/** Makes the files of scenarios/plans: a case in which a mutant shows itself, small, and possible on real parts as well. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Mutant } from './mutant.ts';
import { runBudgetInChild } from './start-child.ts';

const SHRINK_MS = 20_000;

/** The file, or undefined where no case of the portable family shows the mutant within these runs. */
export async function savePlan(
  { name, guarantee, anomaly }: Mutant,
  folder: string,
  runs: number,
  seed: number,
): Promise<string | undefined> {
  const until = { guarantee, anomaly };
  const { plan } = await runBudgetInChild({ mutant: name, family: 'portable', runs, seed, until, shrinkMs: SHRINK_MS });
  if (plan === undefined) return undefined;
  const file = path.join(folder, `${name}.json`);
  await mkdir(folder, { recursive: true });
  const document = { mutant: name, expected: { guarantee, kind: anomaly }, plan };
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  return file;
}
