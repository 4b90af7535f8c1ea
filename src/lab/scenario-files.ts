/** The scenarios of scenarios/, one file each. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '../base/errors.ts';
import { CODE_EXTENSION } from '../base/own-code.ts';
import type { SinkChoice } from './run-parts.ts';
import type { Scenario } from './scenario.ts';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'scenarios');

/** All of them, by name. A file's name is its scenario's. */
export async function loadScenarios(): Promise<Scenario[]> {
  const files = (await readdir(FOLDER))
    .filter((file) => file.endsWith(CODE_EXTENSION) && !file.includes('.test.'))
    .sort();
  return Promise.all(
    files.map(async (file) => {
      const { scenario } = (await import(path.join(FOLDER, file))) as { scenario?: Scenario };
      if (scenario === undefined || `${scenario.name}${CODE_EXTENSION}` !== file) {
        throw new Error(`scenarios/${file} must export \`scenario\` with the file's name as its name`);
      }
      return scenario;
    }),
  );
}

/**
 * Those named, and those with the tag. `all` means all. Throws ConfigurationError for a name or a tag that is none, and
 * where nothing is asked for.
 */
export function findScenarios(scenarios: readonly Scenario[], names: readonly string[], tag?: string): Scenario[] {
  if (names.includes('all')) return [...scenarios];
  const known = (all: readonly string[]): string => [...new Set(all)].sort().join(', ');
  const problems = names
    .filter((name) => !scenarios.some((scenario) => scenario.name === name))
    .map((name) => `no scenario is named ${name}; there are: ${known(scenarios.map((scenario) => scenario.name))}`);
  const tagged = scenarios.filter(({ tags = [] }) => tag !== undefined && tags.includes(tag));
  if (tag !== undefined && tagged.length === 0) {
    problems.push(`no scenario has the tag ${tag}; there are: ${known(scenarios.flatMap(({ tags = [] }) => tags))}`);
  }
  if (names.length === 0 && tag === undefined) problems.push('name scenarios, or say all, or --tag');
  if (problems.length > 0) throw new ConfigurationError(problems);
  return scenarios.filter((scenario) => names.includes(scenario.name) || tagged.includes(scenario));
}

/**
 * Those of them that run on this sink. Throws ConfigurationError where one that is named runs on the other alone, or
 * breaks a store and there is none.
 */
export function toldOn(
  scenarios: readonly Scenario[],
  { sink, store }: SinkChoice,
  names: readonly string[],
): Scenario[] {
  const problems: string[] = [];
  const told = scenarios.filter(({ name, only, needsStore }) => {
    const isOther = only !== undefined && only.sink !== sink;
    const lacks = isOther
      ? `${name} runs on --sink ${only.sink} alone (${only.because})`
      : needsStore === true && store !== 's3'
        ? `${name} breaks an S3-compatible store: run it with --store s3`
        : undefined;
    if (lacks !== undefined && names.includes(name)) problems.push(lacks);
    return lacks === undefined;
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return told;
}
