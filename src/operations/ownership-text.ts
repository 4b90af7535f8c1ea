/** The owners of the partitions on a terminal of 80 columns, and which partitions are stuck. */
import { printable, textOfLines } from '../base/text/printable.ts';
import { tableText } from '../base/text/table.ts';

export interface HeldPartition {
  readonly partition: number;
  /** 0: never owned. */
  readonly epoch: number;
  readonly owner: string;
  readonly claimedAtMs: number;
  readonly startOffset: number;
  readonly nextOffset: number;
  /** Seconds since the last checkpoint was written; null if there is none. */
  readonly checkpointAgeS: number | null;
  /** Offsets of the log past nextOffset; null if the log was not queried. */
  readonly behind: number | null;
}

/** Behind, and without a checkpoint for this long: it is stuck, or in a takeover. */
export const STANDS_STILL_AFTER_S = 120;

const count = new Intl.NumberFormat('en');
const WIDTHS = [9, 6, 18, 15, 11, 11] as const;
const WIDTHS_ALL = WIDTHS.reduce((sum, width) => sum + width, WIDTHS.length - 1);
const HEAD = ['partition', 'epoch', 'since', 'next offset', 'behind', 'checkpoint'];

export function standsStill({ behind, checkpointAgeS }: HeldPartition): boolean {
  return behind !== null && behind > 0 && (checkpointAgeS ?? Number.POSITIVE_INFINITY) > STANDS_STILL_AFTER_S;
}

/** `width`: of the terminal; if the columns do not fit, each partition is a block of its own. */
export function ownershipText(held: readonly HeldPartition[], width = Number.POSITIVE_INFINITY): string {
  if (held.length === 0) return 'No partition was ever processed into this dataset.';
  const byOwner = Map.groupBy(held, ({ epoch, owner }) => (epoch === 0 ? 'taken by nobody yet' : owner));
  const lines = [...byOwner].flatMap(([owner, partitions]) => [
    printable(owner),
    ...(width < WIDTHS_ALL
      ? tableText(HEAD, partitions.map(cellsOf), width).split('\n')
      : [line(HEAD), ...partitions.map((each) => line(cellsOf(each)))]),
    '',
  ]);
  const still = held.filter(standsStill).map(({ partition }) => partition);
  if (still.length === 0) lines.pop();
  else {
    lines.push(`Behind, and without a checkpoint for ${STANDS_STILL_AFTER_S} s: ${still.join(', ')}.`);
    lines.push('/readyz and partition.stopped in the log of the owner say why (docs/runbook.md).');
  }
  return textOfLines(lines);
}

function cellsOf(held: HeldPartition): string[] {
  const { partition, epoch, claimedAtMs, nextOffset, behind, checkpointAgeS } = held;
  return [
    `${standsStill(held) ? '! ' : ''}${partition}`,
    String(epoch),
    epoch === 0 ? '-' : `${new Date(claimedAtMs).toISOString().slice(0, 16).replace('T', ' ')}Z`,
    count.format(nextOffset),
    behind === null ? '-' : count.format(behind),
    checkpointAgeS === null ? 'none' : `${ageText(checkpointAgeS)} ago`,
  ];
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padStart(WIDTHS[i]!)).join(' ');
}

function ageText(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}
