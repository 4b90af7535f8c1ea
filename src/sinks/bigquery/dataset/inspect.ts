/**
 * Whether a dataset is what it was: the one mechanism that `process`, `schema apply` and every other command ask. It compares
 * what there is with what is needed, and, before anything is made, seeded or believed, looks for evidence that it was there
 * before: marks on tables, views, rows, ownership that was claimed.
 *
 * Invariants: 1. a table is `to make` only where nothing shows that it existed; 2. a missing or replaced table is reported only when
 * a second look agrees, since tables are looked at one by one while another process may be making them.
 */
import { ConfigurationError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { AcceptedLoss } from '../../compared-rows.ts';
import type { Accepting } from '../../opened-sink.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import type { StoredOwnership } from '../ports.ts';
import type { QueryJobs } from '../query/query-job.ts';
import { integerFromText, millisFromText } from '../query/query-values.ts';
import { type RestCalls, RestError } from '../query/rest-client.ts';
import { compareTable, datasetWarnings } from './compare-table.ts';
import { type ExtraColumn, extraColumnWarnings } from './extra-columns.ts';
import { errorOf, type Finding } from './findings.ts';
import { type DatasetLook, lookAtDataset } from './look-at-dataset.ts';
import { mendMissing, mendReplaced, mendRows } from './mend.ts';
import { LAST_VIEW, LOOKED_AT, LOSSES_TABLE, TABLES_OF_RULES } from './names.ts';
import {
  countsOf,
  countsSql,
  type DatasetCounts,
  type RowLoss,
  rowLosses,
  totalLosses,
  totalsSql,
} from './row-counts.ts';
import { LOSS_LABEL, type Mark, markOf } from './table-labels.ts';
import type { WantedTable } from './wanted-tables.ts';

/** A look costs as many requests as there are tables; another process makes all of them within this time. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 400;

export interface InspectorOptions {
  readonly rest: RestCalls;
  readonly jobs: QueryJobs;
  readonly queries: { topics(): Promise<string[]>; readOwnership(topic: string): Promise<StoredOwnership[]> };
  readonly dataset: DatasetRef;
  readonly runtime: Pick<Runtime, 'sleep' | 'monotonicMs'>;
  readonly isEmulator: boolean;
  /** When a look last found everything in place, for inspectors that share it: ms of monotonicMs. */
  readonly seen: { wholeAtMs: number };
  /** The tables that there must be, in the order in which they are made. */
  readonly wanted: () => Promise<readonly WantedTable[]>;
}

export const ACCEPTING_NOTHING: Accepting = { restored: new Set(), lost: new Set() };

export interface Assessment {
  readonly look: DatasetLook;
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  /** Missing, and nothing shows that they were there; or accepted as lost. */
  readonly toMake: readonly string[];
  /** There, and to be marked as ours. */
  readonly toMark: readonly string[];
  /** Tables of these that are not the ones they were: what their old streams took is over. */
  readonly accepted: readonly string[];
  readonly viewsAreThere: boolean;
  /** Rows that are lost, those included that are now accepted as lost; empty where nobody counted. */
  readonly losses: readonly RowLoss[];
  readonly counts: DatasetCounts | undefined;
}

export class DatasetInspector {
  readonly #options: InspectorOptions;
  #looking: Promise<Error | undefined> | undefined;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  /** One attempt; rejects with RestError while the service is away. */
  async look(): Promise<DatasetLook> {
    const { rest, dataset } = this.#options;
    return lookAtDataset(rest, dataset, LOOKED_AT);
  }

  /** Nothing is to be made, and every table is the one it was. */
  async isWhole(look: DatasetLook): Promise<boolean> {
    if (look.dataset === undefined || look.tables.get(LAST_VIEW) === undefined) return false;
    const { findings, missing, marks } = await this.#compare(look);
    const isWhole =
      findings.length === 0 && missing.length === 0 && [...marks.values()].every((mark) => mark === 'same');
    if (isWhole) this.#options.seen.wholeAtMs = this.#options.runtime.monotonicMs();
    return isWhole;
  }

  async warnings(look: DatasetLook): Promise<readonly string[]> {
    const { warnings, extra } = await this.#compare(look);
    return [...warnings, ...(await extraColumnWarnings(extra, look, this.#options))];
  }

  /**
   * What is wrong, what is to be made, what is to be marked. Counts rows where `countRows` says so, and where nothing else tells
   * whether the tables are the ones they were. Waits while the service is away.
   */
  async assess(countRows: boolean, accepting: Accepting = ACCEPTING_NOTHING, first?: DatasetLook): Promise<Assessment> {
    let look = first ?? (await this.#patiently());
    for (let looks = 1; looks < LOOKS && !(await this.#isSettled(look)); looks++) {
      await this.#options.runtime.sleep(BETWEEN_LOOKS_MS);
      look = await this.#patiently();
    }
    const assessment = await this.#assess(look, countRows, accepting);
    return { ...assessment, warnings: await this.warnings(look) };
  }

  /** Nothing is strange, or nothing was ever made: another look would say the same. */
  async #isSettled(look: DatasetLook): Promise<boolean> {
    const { findings, missing, marks } = await this.#compare(look);
    if (marks.size === 0 && look.tables.get(LAST_VIEW) === undefined) return true;
    return findings.length === 0 && missing.length === 0 && [...marks.values()].every((mark) => mark === 'same');
  }

  /** Throws what is wrong with the tables themselves; for commands, which make nothing. */
  async requireTables(countRows = false): Promise<Assessment> {
    const { dataset } = this.#options;
    const assessment = await this.assess(countRows);
    const error = errorOf(assessment.findings.filter(({ code }) => code !== 'rows_lost'));
    if (error !== undefined) throw error;
    // Without rules in any history, the tables of their texts and of schemas are needed by nothing that reads.
    const [missing] = assessment.toMake.filter((name) => !TABLES_OF_RULES.includes(name));
    if (missing !== undefined) {
      const name = `${dataset.projectId}.${dataset.dataset}`;
      const isThere = assessment.look.dataset !== undefined;
      const what = isThere ? `${name} has no table ${missing}` : `there is no dataset ${name}`;
      const make = isThere ? 'make the tables' : 'make it';
      throw new ConfigurationError([
        `${what}: check BIGQUERY_PROJECT and BIGQUERY_DATASET, or ${make} with \`provenonce schema apply\``,
      ]);
    }
    return assessment;
  }

  /** What a running process wants to know; those that ask at the same time share a look. */
  wrongTables(freshForMs = 0): Promise<Error | undefined> {
    const { runtime, seen } = this.#options;
    if (runtime.monotonicMs() - seen.wholeAtMs < freshForMs) return Promise.resolve(undefined);
    this.#looking ??= this.#wrongNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** No waiting for a service that is away: then nothing was learned. */
  async #wrongNow(): Promise<Error | undefined> {
    try {
      for (let looks = 1; ; looks++) {
        if (await this.isWhole(await this.look())) return undefined;
        if (looks === LOOKS) break;
        await this.#options.runtime.sleep(BETWEEN_LOOKS_MS);
      }
      const { findings } = await this.#assess(await this.look(), false, ACCEPTING_NOTHING);
      return errorOf(findings);
    } catch (error) {
      if (error instanceof RestError) return undefined;
      throw error;
    }
  }

  /** Rows lost in bulk, as cheaply as can be asked; undefined where none are. Waits while the service is away. */
  async lostInBulk(): Promise<Error | undefined> {
    const { jobs, dataset } = this.#options;
    const { rows } = await jobs.read({ what: 'totals of the tables', sql: totalsSql(dataset) });
    if (totalLosses(rows).length === 0) return undefined;
    const accepted = await this.acceptedLosses();
    return errorOf(this.#rowFindings(totalLosses(rows, accepted)));
  }

  /** Losses that were accepted, oldest first. */
  async acceptedLosses(): Promise<AcceptedLoss[]> {
    const { jobs, dataset, rest } = this.#options;
    const there = await lookAtDataset(rest, dataset, [LOSSES_TABLE]);
    if (there.tables.get(LOSSES_TABLE) === undefined) return [];
    const { rows } = await jobs.read({
      what: 'accepted losses',
      sql: `SELECT table_name, kafka_partition, rows_lost, below_offset, reason, accepted_by, accepted_at
FROM ${quotedTable(dataset, LOSSES_TABLE)} ORDER BY accepted_at, table_name, kafka_partition`,
    });
    return rows.map(([table, partition, lost, below, reason, by, at]) => ({
      table: String(table),
      partition: partition === null ? undefined : integerFromText(String(partition)),
      rows: integerFromText(String(lost)),
      belowOffset: below === null ? undefined : integerFromText(String(below)),
      reason: String(reason),
      by: String(by),
      atMs: millisFromText(String(at)),
    }));
  }

  async #patiently(): Promise<DatasetLook> {
    const patience = this.#options.jobs.patience('tables of the dataset');
    for (;;) {
      try {
        const look = await this.look();
        patience.success();
        return look;
      } catch (error) {
        if (!(error instanceof RestError && error.isTransient)) throw error;
        await patience.wait(error);
      }
    }
  }

  async #compare(look: DatasetLook): Promise<Compared> {
    const { dataset, isEmulator, wanted } = this.#options;
    const tables = await wanted();
    const findings: Finding[] = [];
    const warnings: string[] = look.dataset === undefined ? [] : datasetWarnings(look.dataset);
    const extra: ExtraColumn[] = [];
    const marks = new Map<string, Mark>();
    for (const table of tables) {
      const found = look.tables.get(table.name);
      if (found === undefined) continue;
      marks.set(table.name, markOf(found));
      const compared = compareTable(table, found, { dataset, isEmulator });
      findings.push(...compared.findings);
      warnings.push(...compared.warnings);
      extra.push(...compared.extra);
    }
    const missing = tables.map(({ name }) => name).filter((name) => look.tables.get(name) === undefined);
    const hasLosses = [...look.tables.values()].some((found) => found?.labels?.[LOSS_LABEL] !== undefined);
    if (hasLosses && look.tables.get(LOSSES_TABLE) === undefined) missing.push(LOSSES_TABLE);
    return { findings, warnings, extra, marks, missing };
  }

  async #assess(look: DatasetLook, countRows: boolean, accepting: Accepting): Promise<Assessment> {
    const { dataset } = this.#options;
    const { findings, warnings, marks, missing } = await this.#compare(look);
    const viewsAreThere = look.tables.get(LAST_VIEW) !== undefined;
    const base = { look, warnings, viewsAreThere };
    if (marks.size === 0 && !viewsAreThere) {
      return { ...base, findings, toMake: missing, toMark: [], accepted: [], losses: [], counts: undefined };
    }
    const isMarked = [...marks.values()].some((mark) => mark !== 'none');
    const strange = [...marks].filter(([, mark]) => mark !== 'same').map(([name]) => name);
    const isAccepting = accepting.restored.size + accepting.lost.size > 0;
    const rows =
      missing.length > 0 || strange.length > 0 || countRows || isAccepting
        ? await this.#rows(look, missing)
        : undefined;
    const isUsed = rows?.isUsed ?? true;
    const existed = isMarked || viewsAreThere || isUsed;
    // A release of before left no marks; the first ones of all had no backfill.
    const hadIt = (name: string): boolean => {
      // A release that had no rules made no such tables, and they are not missed before a history names rules.
      if (TABLES_OF_RULES.includes(name)) return rows?.hasRules === true;
      return existed && (isMarked || name !== 'backfill_turns' || rows?.counts.backfilledRows !== 0);
    };
    const told = [...findings];
    for (const name of missing.filter(hadIt)) {
      if (!accepting.lost.has(name)) told.push({ code: 'table_missing', table: name, ...mendMissing(dataset, name) });
    }
    for (const name of isMarked && isUsed ? strange : []) {
      if (accepting.restored.has(name) || accepting.lost.has(name)) continue;
      told.push({ code: 'table_replaced', table: name, ...mendReplaced(dataset, name) });
    }
    const losses = rows?.losses ?? [];
    const believed = countRows || isAccepting || (!isMarked && isUsed);
    const untold = new Set([
      ...accepting.lost,
      ...told.filter(({ code }) => code !== 'table_changed').map(({ table }) => table),
    ]);
    if (believed) told.push(...this.#rowFindings(losses.filter(({ table }) => !untold.has(table))));
    return {
      ...base,
      findings: told,
      toMake: missing.filter((name) => !hadIt(name) || accepting.lost.has(name)),
      toMark: strange,
      accepted: [...accepting.restored, ...accepting.lost].filter(
        (name) => missing.includes(name) || strange.includes(name),
      ),
      losses,
      counts: rows?.counts,
    };
  }

  #rowFindings(losses: readonly RowLoss[]): Finding[] {
    const { dataset } = this.#options;
    return losses.map(({ table, what }) => ({ code: 'rows_lost', table, what, mend: mendRows(dataset, table) }));
  }

  /** Counts, and what they show. A partition may be claimed between two questions: what is lost is lost at a second look too. */
  async #rows(look: DatasetLook, missing: readonly string[]) {
    const first = await this.#countOnce(look);
    const isClear = first.losses.every(({ table }) => missing.includes(table));
    return isClear ? first : this.#countOnce(look);
  }

  async #countOnce({ tables }: DatasetLook) {
    const { jobs, dataset, queries } = this.#options;
    const there = new Set([...tables].filter(([, found]) => found !== undefined).map(([name]) => name));
    const hasOwnership = there.has('partition_ownership');
    const ownedNow = async (): Promise<StoredOwnership[]> =>
      hasOwnership
        ? (await Promise.all((await queries.topics()).map((topic) => queries.readOwnership(topic)))).flat()
        : [];
    const owned = await ownedNow();
    const { rows } = await jobs.read({ what: 'rows and counters', sql: countsSql(dataset, there) });
    const counts = countsOf(rows);
    const accepted = there.has(LOSSES_TABLE) ? await this.acceptedLosses() : [];
    const hasRows = counts.partitions.some(({ rows: n, nextOffset }) => n > 0 || nextOffset !== undefined);
    const isUsed = hasRows || counts.backfilledRows > 0 || owned.some(({ epoch }) => epoch > 0);
    const hasRules = owned.some(({ history }) => history.some(({ rules }) => rules !== undefined));
    const losses = rowLosses(counts, owned, accepted);
    const isClear = losses.every(({ table }) => table !== 'partition_ownership');
    // Somebody may have claimed since: then the rows that were counted are of an owner who is there now.
    return {
      counts,
      isUsed,
      hasRules,
      losses: isClear ? losses : rowLosses(counts, owned, accepted, await ownedNow()),
    };
  }
}

interface Compared {
  readonly findings: readonly Finding[];
  readonly extra: readonly ExtraColumn[];
  readonly warnings: readonly string[];
  readonly marks: ReadonlyMap<string, Mark>;
  readonly missing: readonly string[];
}
