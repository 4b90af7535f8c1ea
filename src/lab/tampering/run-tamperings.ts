/**
 * Draws changes, one after the other, and tallies what became of each: by what `verify` noticed it, which entry of the list
 * excuses it, and what a processor did that took the changed dataset over. Where nothing is drawn from the clock, the same
 * seed gives the same report.
 */
import type { VerifyInputs } from '../../checks/inputs/verify-inputs.ts';
import type { BaseDataset } from './dataset.ts';
import { datasetInputs } from './dataset-inputs.ts';
import { type DrawnTampering, drawTampering, STRATA, type Stratum } from './draw-tampering.ts';
import { type Sight, sightOf } from './judge-verify.ts';
import { isReadAlike } from './mapped/exchanged-schema.ts';
import { excuseFor, NOT_COVERED } from './not-covered.ts';
import { type StateAtHand, type Takeover, Takeovers } from './takeover.ts';
import { placesOf, rowOf, tampered, tamperingText } from './tampering.ts';

export interface TamperOptions {
  readonly seed: number;
  readonly bases: readonly BaseDataset[];
  readonly fromRun?: number;
  readonly runs: number;
  /** Default: all. */
  readonly strata?: readonly Stratum[];
  /** Default: the changed dataset as it is, in memory. */
  readonly inputs?: (base: BaseDataset, changed: BaseDataset, drawn: DrawnTampering) => Promise<VerifyInputs>;
  /** Whether processors take the changed datasets over. Default: true. */
  readonly takeovers?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: TamperReport) => void;
}

export interface StratumTally {
  drawn: number;
  noticed: number;
  /** How often by each kind of finding, or each stop. */
  readonly by: Record<string, number>;
  /** How often by each entry of the list. */
  readonly excused: Record<string, number>;
  unnoticed: number;
}

export interface EntryTally {
  excused: number;
  /** Changes that the entry speaks of and that `verify` found nevertheless. */
  found: number;
}

/** What must not be. */
export interface TamperFailure {
  readonly run: number;
  readonly base: string;
  readonly stratum: string;
  readonly change: string;
  readonly what: string;
}

export interface TamperReport {
  readonly seed: number;
  runs: number;
  readonly strata: Record<string, StratumTally>;
  readonly entries: Record<string, EntryTally>;
  /** By `local: harmless`, `none: notices digest_differs`. */
  readonly takeovers: Record<string, number>;
  readonly unnoticed: TamperFailure[];
  readonly harm: TamperFailure[];
}

const STATES: readonly StateAtHand[] = ['local', 'none'];

export async function runTamperings(options: TamperOptions): Promise<TamperReport> {
  const { seed, bases, fromRun = 0, runs, strata = STRATA, signal } = options;
  const report: TamperReport = {
    seed,
    runs: 0,
    strata: Object.fromEntries(
      strata.map(({ name }) => [name, { drawn: 0, noticed: 0, by: {}, excused: {}, unnoticed: 0 }]),
    ),
    entries: Object.fromEntries(NOT_COVERED.map(({ name }) => [name, { excused: 0, found: 0 }])),
    takeovers: {},
    unnoticed: [],
    harm: [],
  };
  const takeovers = new Takeovers();
  for (let run = fromRun; run < fromRun + runs && signal?.aborted !== true; run++) {
    const drawn = drawTampering(seed, run, bases, strata);
    const base = bases[drawn.base]!;
    const changed = tampered(base, drawn.tampering);
    const inputs = (await options.inputs?.(base, changed, drawn)) ?? datasetInputs(changed);
    noteSight(report, drawn, base, await sightOf(inputs, placesOf(base, drawn.tampering)));
    for (const state of options.takeovers === false || !isJudged(drawn, base) ? [] : STATES)
      noteTakeover(report, drawn, base, state, await takeovers.judge(base, changed, state));
    report.runs++;
    options.onProgress?.(report);
  }
  return report;
}

/** Whether processors read what was changed, and can know it from what was there. */
function isJudged({ tampering }: DrawnTampering, base: BaseDataset): boolean {
  if (tampering.kind === 'exchanged') return isReadAlike(base, rowOf(base, tampering)!, tampering.cells);
  return !('table' in tampering) || !['backfill_turns', 'accepted_losses'].includes(tampering.table);
}

/** Entries that no draw needed. */
export function unusedEntries({ entries }: TamperReport): string[] {
  return Object.keys(entries).filter((name) => entries[name]!.excused === 0);
}

function noteSight(report: TamperReport, drawn: DrawnTampering, base: BaseDataset, sight: Sight): void {
  const tally = report.strata[drawn.stratum]!;
  const excuse = excuseFor(drawn.tampering, base);
  tally.drawn++;
  if (sight.seen === 'noticed') {
    tally.noticed++;
    for (const kind of sight.by) count(tally.by, kind);
    if (excuse !== undefined) report.entries[excuse.name]!.found++;
    return;
  }
  if (excuse !== undefined && sight.seen !== 'broken') {
    count(tally.excused, excuse.name);
    report.entries[excuse.name]!.excused++;
    return;
  }
  tally.unnoticed++;
  report.unnoticed.push(failureOf(drawn, base, sightText(sight)));
}

function sightText(sight: Exclude<Sight, { seen: 'noticed' }>): string {
  if (sight.seen === 'broken') return `verify broke: ${sight.error}`;
  if (sight.seen === 'nothing') return `verify says ${sight.verdict}`;
  return `verify names another place: ${sight.by.join(', ')}: ${sight.findings[0]}`;
}

function noteTakeover(
  report: TamperReport,
  drawn: DrawnTampering,
  base: BaseDataset,
  state: StateAtHand,
  takeover: Takeover,
): void {
  const word = { noticed: 'notices', harmless: 'harmless', harm: 'does harm' }[takeover.end];
  const by = takeover.end === 'noticed' ? ` ${takeover.by.join(', ')}` : '';
  count(report.takeovers, `${state}: ${word}${by}`);
  if (takeover.end === 'harm')
    report.harm.push(
      failureOf(
        drawn,
        base,
        `${state === 'local' ? 'local state' : 'rebuilt'}: ${takeover.what.slice(0, 3).join('; ')}`,
      ),
    );
}

function failureOf({ run, stratum, tampering }: DrawnTampering, base: BaseDataset, what: string): TamperFailure {
  return { run, base: base.name, stratum, change: tamperingText(base, tampering), what };
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
