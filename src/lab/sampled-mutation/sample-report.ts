/** The results of a sample as tables: by room with the 95 % interval, and the survivors with what is known of them. */
import type { Explained } from './explained.ts';
import { ROOMS } from './mutable-places.ts';
import type { MutantResult } from './results-file.ts';

export interface RoomFigures {
  readonly room: string;
  readonly drawn: number;
  readonly unit: number;
  readonly property: number;
  readonly simulation: number;
  readonly contract: number;
  /** Of the killed: by a timeout, or by a process that died. */
  readonly notByAFailure: number;
  readonly survived: number;
  /** Of the survivors: judged equivalent. */
  readonly equivalent: number;
  /** Killed, of those that are not equivalent; and the 95 % interval around it. All from 0 to 1. */
  readonly killedShare: number;
  readonly interval: readonly [number, number];
}

/** Two-sided, 95 %: what a normal variable stays within. */
const Z = 1.959964;

/** The interval of Wilson for a share: it holds for few draws and near 0 and 1 too. [0, 1] for none. */
export function wilson(hits: number, of: number): readonly [number, number] {
  if (of === 0) return [0, 1];
  const share = hits / of;
  const denominator = 1 + Z ** 2 / of;
  const middle = (share + Z ** 2 / (2 * of)) / denominator;
  const half = (Z / denominator) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** One for each room that has results, and the last for all together. */
export function figures(results: readonly MutantResult[], explained: readonly Explained[]): RoomFigures[] {
  const rooms = ROOMS.filter((room) => results.some((result) => result.room === room));
  return [
    ...rooms.map((room) =>
      figuresOf(
        room,
        results.filter((result) => result.room === room),
        explained,
      ),
    ),
    figuresOf('all', results, explained),
  ];
}

function figuresOf(room: string, results: readonly MutantResult[], explained: readonly Explained[]): RoomFigures {
  const equivalents = new Set(explained.filter((each) => each.as === 'equivalent').map(({ id }) => id));
  const killed = results.filter(({ verdict }) => verdict === 'killed');
  const survivors = results.filter(({ verdict }) => verdict === 'survived');
  const by = (kind: string): number => killed.filter((result) => result.by === kind).length;
  const equivalent = survivors.filter(({ id }) => equivalents.has(id)).length;
  const of = results.length - equivalent;
  return {
    room,
    drawn: results.length,
    unit: by('unit'),
    property: by('property'),
    simulation: by('simulation'),
    contract: by('contract'),
    notByAFailure: killed.filter(({ how }) => how !== 'failed').length,
    survived: survivors.length,
    equivalent,
    killedShare: of === 0 ? 0 : killed.length / of,
    interval: wilson(killed.length, of),
  };
}

export const FIGURES_HEAD = [
  'room',
  'drawn',
  'killed by unit tests',
  'by properties',
  'by simulation',
  'by contract tests',
  'of these, timeouts and crashes',
  'survived',
  'of these, equivalent',
  'killed, without the equivalent',
  '95 % interval',
] as const;

export function figuresRow(row: RoomFigures): string[] {
  const [low, high] = row.interval;
  return [
    row.room,
    ...[
      row.drawn,
      row.unit,
      row.property,
      row.simulation,
      row.contract,
      row.notByAFailure,
      row.survived,
      row.equivalent,
    ].map(String),
    percent(row.killedShare),
    `${percent(low)} to ${percent(high)}`,
  ];
}

export const SURVIVORS_HEAD = ['id', 'place', 'operator', 'from', 'to', 'judged'] as const;

export function survivorRow(result: MutantResult, explained: readonly Explained[]): string[] {
  const known = explained.find(({ id }) => id === result.id);
  return [
    result.id,
    `${result.file.replace('src/', '')}:${result.line}`,
    result.operator,
    short(result.before),
    short(result.after),
    known === undefined ? 'open' : `${known.as}: ${known.why}`,
  ];
}

export function sampleMarkdown(results: readonly MutantResult[], explained: readonly Explained[]): string {
  const survivors = results.filter(({ verdict }) => verdict === 'survived');
  const rows = figures(results, explained).map(figuresRow);
  const told = survivors.map((result) => survivorRow(result, explained).map((cell, at) => cellOf(cell, at)));
  return `${table(FIGURES_HEAD, rows)}\n\n${table(SURVIVORS_HEAD, told)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Code as code, with what would end a cell replaced. */
function cellOf(cell: string, at: number): string {
  const isCode = at === 3 || at === 4;
  if (!isCode) return cell.replaceAll('|', '\\|');
  return cell === '' ? 'nothing' : `\`${cell.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
}

function short(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length > 50 ? `${line.slice(0, 49)}…` : line;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
