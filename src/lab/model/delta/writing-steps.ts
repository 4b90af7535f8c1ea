/**
 * An owner writes: one commit of a table for all partitions of the process, each under its conditions (its epoch is there, the table
 * is where the commit begins), and whole records only. A partition whose condition fails leaves with its rows and its position.
 */
import { replaceIn } from '../state.ts';
import type { DataTable, DeltaModel } from './model.ts';
import type { DeltaMoves } from './moves.ts';
import { FENCED_TABLES, type FencedTable, type Item, K, type Phase, TABLE_NAMES } from './state.ts';

type Run = Phase & { at: 'run' };
type RowsItem = Item & { kind: 'rows' };

export function writingSteps(moves: DeltaMoves): void {
  const { model, process, index } = moves;
  const running = model.partitionsOf[index].filter((partition) => process.phases[partition]!.at === 'run');
  if (running.length === 0) return;
  for (const table of FENCED_TABLES) if (!process.puts[table]) write(moves, table, running);
}

function write(moves: DeltaMoves, table: FencedTable, running: readonly number[]): void {
  const choices = running.map((partition) => [undefined, ...itemsFor(moves, table, partition, running.length)]);
  for (const chosen of combinations(choices)) {
    const items = chosen.filter((item) => item !== undefined);
    if (items.some((item) => item.kind !== 'stow' && (item.kind !== 'rows' || item.rows.length > 0))) {
      moves.send('sends a commit', table, items);
    }
  }
}

/** What the commit may say of one partition. Where its condition fails the partition is dropped instead. */
function itemsFor(moves: DeltaMoves, table: FencedTable, partition: number, runningCount: number): Item[] {
  const { model, state, process } = moves;
  const { without } = model;
  const run = process.phases[partition] as Run;
  const there = state.tables.fenced[table][partition]!;
  if (table !== K && there.position > run.position.next[table] && !without.noposition) {
    const next = replaceIn(run.position.next, table, there.position);
    moves.enter('reads the tail', partition, { ...run, position: { ...run.position, next } }, table);
  }
  if (isDone(model, table, partition, run)) return [];
  const conditional = model.fences.includes(table) || (table === K && model.config.merged);
  const fenced = conditional && !without.noepoch && there.epoch !== run.epoch;
  if (fenced) {
    moves.drop(`finds ${TABLE_NAMES[table]} fenced by another`, partition);
    if (runningCount === 1 || !(without.keeprows || without.keeptxn)) return [];
  }
  if (table === K) return fenced ? [] : checkpoints(model, partition, run, there.position);
  const begin =
    without.noposition || fenced ? run.position.next[table] : Math.max(there.position, run.position.next[table]);
  const commits = rowCommits(model, table, partition, run, begin);
  if (!fenced) return commits;
  // The partition has left the commit by half: its rows without its position, or the other way round.
  return without.keeprows
    ? commits.map(({ epoch, rows }) => ({ kind: 'stow', partition, epoch, rows }))
    : commits.map((commit) => ({ ...commit, rows: [] }));
}

function isDone(model: DeltaModel, table: FencedTable, partition: number, { position }: Run): boolean {
  const end = model.recordCounts[partition]!;
  if (table === K) return position.checkpoint === end;
  return model.rowsBelow(partition, table, end) <= model.rowsBelow(partition, table, position.next[table]);
}

/** Checkpoints at which every table has all rows below. */
function checkpoints(model: DeltaModel, partition: number, run: Run, there: number): Item[] {
  const { epoch, position } = run;
  const lowest = Math.max(position.checkpoint, model.without.nomonotone ? 0 : there) + 1;
  const found: Item[] = [];
  for (let nextOffset = lowest; nextOffset <= model.recordCounts[partition]!; nextOffset++) {
    const durable = ([0, 1] as const).every(
      (table) =>
        model.rowsBelow(partition, table, nextOffset) <= model.rowsBelow(partition, table, position.next[table]),
    );
    if (durable || model.without.earlyckpt) found.push({ kind: 'checkpoint', partition, epoch, nextOffset });
  }
  return found;
}

/** Commits of records [begin, to), for every `to` that brings rows; and those that cut a record, where that rule is left out. */
function rowCommits(model: DeltaModel, table: DataTable, partition: number, run: Run, begin: number): RowsItem[] {
  const { epoch, history } = run;
  const { cutover, cutunder } = model.without;
  const below = (offset: number): number => model.rowsBelow(partition, table, offset);
  const found: RowsItem[] = [];
  for (let to = begin + 1; to <= model.recordCounts[partition]!; to++) {
    const rows = model.rowsOf(partition, table, begin, to, history);
    if (rows.length > 0) found.push({ kind: 'rows', partition, epoch, from: begin, to, rows });
    if (!cutover && !cutunder) continue;
    const whole = Math.max(below(begin), below(to - 1));
    for (let end = whole + 1; end < below(to); end++) {
      const cut = rows.slice(0, end - below(begin));
      found.push({ kind: 'rows', partition, epoch, from: begin, to: cutover ? to : to - 1, rows: cut });
    }
  }
  return found;
}

/** One of each: every combination. */
function combinations<T>(choices: readonly (readonly T[])[]): T[][] {
  return choices.reduce<T[][]>((found, choice) => found.flatMap((begun) => choice.map((one) => [...begun, one])), [[]]);
}
