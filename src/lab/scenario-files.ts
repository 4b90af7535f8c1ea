/** The scenarios of scenarios/, one file each. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '../processor/errors.ts';
import type { Scenario } from './scenario.ts';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'scenarios');

/** All of them, by name. A file's name is its scenario's. */
export async function loadScenarios(): Promise<Scenario[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).sort();
  return Promise.all(
    files.map(async (file) => {
      const { scenario } = (await import(path.join(FOLDER, file))) as { scenario?: Scenario };
      if (scenario === undefined || `${scenario.name}.ts` !== file) {
        throw new Error(`scenarios/${file} must export \`scenario\` with the file's name as its name`);
      }
      return scenario;
    }),
  );
}

/** Throws ConfigurationError for a name that is none. `all` means all. */
export function findScenarios(scenarios: readonly Scenario[], names: readonly string[]): Scenario[] {
  if (names.includes('all')) return [...scenarios];
  const problems = names
    .filter((name) => !scenarios.some((scenario) => scenario.name === name))
    .map((name) => `no scenario is named ${name}; there are: ${scenarios.map((scenario) => scenario.name).join(', ')}`);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return scenarios.filter((scenario) => names.includes(scenario.name));
}
