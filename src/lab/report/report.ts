/** Makes the page of a folder of runs: reads, packs, writes one file. */
import { readFile, writeFile } from 'node:fs/promises';
import { ConfigurationError } from '../../base/errors.ts';
import { makePage } from './make-page.ts';
import type { MutantRow } from './model/page-data.ts';
import { readSuite } from './read-artifacts.ts';

export interface ReportOptions {
  /** A folder that `lab run` made: of a suite, or of one run. */
  readonly folder: string;
  /** Outputs of `lab mutants --json`: of either world, or of both. */
  readonly mutantsFiles?: readonly string[];
  readonly out: string;
  /** Called before each run is read. */
  readonly onRun?: (scenario: string) => void;
}

export interface MadeReport {
  readonly out: string;
  readonly runs: number;
  /** Runs that left nothing readable: named in the page. */
  readonly unreadable: readonly string[];
  readonly byteLength: number;
}

/** Throws ConfigurationError where the folder or a file of mutants is not what it should be. */
export async function makeReport({ folder, mutantsFiles = [], out, onRun }: ReportOptions): Promise<MadeReport> {
  const rows = (await Promise.all(mutantsFiles.map(readMutants))).flat();
  const mutants = mutantsFiles.length === 0 ? null : { rows };
  const found = await readSuite(folder);
  const page = await makePage({ found, mutants, ...(onRun === undefined ? {} : { onRun }) });
  await writeFile(out, page);
  const unreadable = found.runs.flatMap(({ entry, unreadable: why }) =>
    why === null ? [] : [`${entry.scenario}: ${why}`],
  );
  return { out, runs: found.runs.length, unreadable, byteLength: Buffer.byteLength(page) };
}

async function readMutants(file: string): Promise<MutantRow[]> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigurationError([`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const { mutants } = (document ?? {}) as { mutants?: unknown };
  if (!Array.isArray(mutants))
    throw new ConfigurationError([`${file} has no list of mutants: give it the output of lab mutants --json`]);
  return mutants.map((row) => mutantRow(row as Partial<MutantRow>));
}

function mutantRow({
  name,
  scenario,
  guarantee,
  anomaly,
  killed,
  killedBy,
  runs,
  alsoBroke,
}: Partial<MutantRow>): MutantRow {
  return {
    name: name ?? '',
    scenario: scenario ?? null,
    guarantee: guarantee ?? '',
    anomaly: anomaly ?? '',
    killed: killed === true,
    killedBy: killedBy ?? null,
    runs: runs ?? 0,
    alsoBroke: alsoBroke ?? [],
  };
}
