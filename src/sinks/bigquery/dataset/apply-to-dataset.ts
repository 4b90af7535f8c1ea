/**
 * Makes what is missing of a dataset, and nothing beside rows of before: what is to be made is the inspector's to say. Idempotent,
 * also from several processes at once. Tables are never dropped, and no row is changed: columns are only relaxed or added, and only
 * when an operator asks. Views are replaced.
 *
 * Order: dataset, tables, columns, then views and marks. So views or a mark mean that every table was made.
 */
import { ConfigurationError } from '../../../base/errors.ts';
import type { Applied, ViewDifferences } from '../../opened-sink.ts';
import { JobFailedError, type QueryJobs } from '../query/query-job.ts';
import { acceptLosses, checkAcceptable, dropOldStreams } from './accept-losses.ts';
import type { ApplyOrder, ApplyParts } from './apply-order.ts';
import { compareTable } from './compare-table.ts';
import { compareViews } from './compare-views.ts';
import { type Alteration, errorOf, type Finding } from './findings.ts';
import { ACCEPTING_NOTHING, type Assessment } from './inspect.ts';
import { type DatasetLook, lookAtDataset } from './look-at-dataset.ts';
import { LOSSES_TABLE, VIEWS } from './names.ts';
import { markOf, markTable } from './table-labels.ts';

/** Throws ContradictionError with what is wrong, before anything is made. Waits, with backoff, while the service is away. */
export async function applyToDataset(parts: ApplyParts, order: ApplyOrder = {}): Promise<Applied> {
  const { inspector } = parts;
  const { accepting = ACCEPTING_NOTHING, dryRun = false, countRows = true, altersTables = true, look } = order;
  checkLocation(parts, look);
  const assessment = await inspector.assess(countRows, accepting, look);
  checkLocation(parts, assessment.look);
  checkAcceptable(order, assessment);
  const isAltered = ({ alteration }: Finding): boolean => altersTables && alteration !== undefined;
  const toAlter = assessment.findings.filter(isAltered).map(({ alteration }) => alteration!);
  const error = errorOf(assessment.findings.filter((finding) => !isAltered(finding)));
  if (error !== undefined) throw error;
  const made = {
    madeDataset: assessment.look.dataset === undefined,
    madeTables: assessment.toMake,
    markedTables: assessment.toMark,
    alteredColumns: toAlter.map(({ table, what, sql }) => (dryRun ? `${table}: ${what}: ${sql}` : `${table}: ${what}`)),
    warnings: assessment.warnings,
    givenUp: givenUpText(accepting.lost, assessment),
  };
  if (dryRun) return { ...made, views: await viewDifferences(parts) };
  await acceptLosses(parts, order, assessment);
  await makeTables(parts, assessment);
  await alterTables(parts, toAlter);
  await Promise.all([makeViews(parts), settleTables(parts, assessment, toAlter.length > 0)]);
  await dropOldStreams(parts, assessment.accepted);
  return made;
}

/** At the start of a process: nothing is asked where a look shows that there is nothing to do. Rows are counted elsewhere. */
export async function ensureDataset(parts: ApplyParts, first: DatasetLook | undefined): Promise<Applied> {
  const { inspector } = parts;
  if (first !== undefined && (await inspector.isWhole(first))) {
    checkLocation(parts, first);
    return {
      madeDataset: false,
      madeTables: [],
      markedTables: [],
      alteredColumns: [],
      givenUp: [],
      warnings: await inspector.warnings(first),
    };
  }
  const order = { countRows: false, altersTables: false };
  return applyToDataset(parts, first === undefined ? order : { ...order, look: first });
}

function checkLocation({ location, dataset }: ApplyParts, look: DatasetLook | undefined): void {
  const found = look?.dataset?.location;
  if (location === undefined || found === undefined || found.toLowerCase() === location.toLowerCase()) return;
  throw new ConfigurationError([
    `BIGQUERY_LOCATION is ${location}, and the dataset ${dataset.projectId}.${dataset.dataset} is in ${found}: set BIGQUERY_LOCATION=${found}`,
  ]);
}

/** Says what is given up before it is, since there is no way back. */
function givenUpText(tables: Iterable<string>, { losses }: Assessment): string[] {
  return [...tables].flatMap((table) => {
    const told = losses.filter((loss) => loss.table === table);
    if (told.length === 0) return [`all of ${table}`];
    return told.map(({ partition, promised, found }) => {
      const where = partition === undefined ? '' : `, partition ${partition}`;
      return `${promised - found} of ${promised} rows of ${table}${where}`;
    });
  });
}

async function viewDifferences({ rest, dataset, statements }: ApplyParts): Promise<ViewDifferences> {
  const wanted = new Map((await statements()).views.map((sql, i) => [VIEWS[i]!, sql]));
  return compareViews(wanted, (await lookAtDataset(rest, dataset, VIEWS)).tables);
}

async function makeTables({ jobs, statements, ...parts }: ApplyParts, assessment: Assessment): Promise<void> {
  const { makeDataset, tables } = await statements();
  // The right to make datasets is asked for before whether it is there: only where it is missing.
  if (assessment.look.dataset === undefined) await make(jobs, makeDataset);
  const asked = assessment.toMake.filter((name) => name !== LOSSES_TABLE);
  await Promise.all(asked.map((name) => make(jobs, tables.get(name)!)));
  if (asked.length > 0) await clearInherited({ jobs, ...parts }, asked);
}

/** One statement after another for a table: the service limits how fast a table is changed, and refuses two at once. */
async function alterTables({ jobs }: ApplyParts, toAlter: readonly Alteration[]): Promise<void> {
  const ofTables = Map.groupBy(toAlter, ({ table }) => table);
  await Promise.all(
    [...ofTables.values()].map(async (alterations) => {
      for (const { sql } of alterations) await make(jobs, sql);
    }),
  );
}

async function makeViews({ jobs, statements }: ApplyParts): Promise<void> {
  const { views } = await statements();
  await Promise.all(views.map((sql) => make(jobs, sql)));
}

/** A table of now says what it needs in its statement; where a default of the dataset was inherited all the same, it is taken back. */
async function clearInherited(parts: Omit<ApplyParts, 'statements'>, names: readonly string[]): Promise<void> {
  const { rest, dataset, jobs, isEmulator, wanted } = parts;
  const { tables } = await lookAtDataset(rest, dataset, names);
  for (const table of await wanted()) {
    const found = tables.get(table.name);
    if (found === undefined) continue;
    for (const { mend } of compareTable(table, found, { dataset, isEmulator }).findings) {
      const option = /SET OPTIONS \([^)]*\)/.exec(mend)?.[0];
      const name = `\`${dataset.projectId}.${dataset.dataset}.${table.name}\``;
      if (option !== undefined) await make(jobs, `ALTER TABLE ${name} ${option}`);
    }
  }
}

/** Looks again at what was made, and marks what is ours now. */
async function settleTables(
  parts: ApplyParts,
  { look, toMake, toMark }: Assessment,
  hasAltered: boolean,
): Promise<void> {
  const { rest, dataset, isEmulator, wanted } = parts;
  const names = [...new Set([...toMake, ...toMark])].filter((name) => name !== LOSSES_TABLE);
  if (names.length === 0) return;
  const fresh = toMake.length === 0 && !hasAltered ? look : await lookAtDataset(rest, dataset, names);
  const tables = (await wanted()).filter(({ name }) => names.includes(name));
  const found = tables.flatMap((table) => {
    const resource = fresh.tables.get(table.name);
    return resource === undefined ? [] : [{ table, resource }];
  });
  const findings = found.flatMap(
    ({ table, resource }) => compareTable(table, resource, { dataset, isEmulator }).findings,
  );
  const error = errorOf(findings);
  if (error !== undefined) throw error;
  const unmarked = found.filter(({ resource }) => markOf(resource) !== 'same');
  await Promise.all(unmarked.map(({ table, resource }) => markTable(rest, dataset, table.name, resource)));
}

async function make(jobs: QueryJobs, sql: string): Promise<void> {
  const what = /^(?:CREATE|ALTER).*$/m.exec(sql)?.[0] ?? 'schema';
  try {
    await jobs.change({ what, sql });
  } catch (error) {
    // Another process made it in between.
    if (!(error instanceof JobFailedError && (error.isDuplicate || /already exists/i.test(error.message)))) throw error;
  }
}
