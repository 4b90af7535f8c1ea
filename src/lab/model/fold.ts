/**
 * Step 7 of a takeover and writing (docs/protocol.md): fold record after record; rows that are there already
 * must be the next ones the fold yields and are not written again, all others are sent to our streams.
 */
import { type Model, settingFor } from './model.ts';
import { sendRows } from './sink.ts';
import { type Log, NEVER, type Row, type Running, type StreamSet, TABLES } from './state.ts';

/** A process that folded one record more, with what it sent; undefined: a row that is there is not what the fold yields. */
export function foldNext(
  model: Model,
  log: Log,
  process: Running,
  sets: readonly StreamSet[],
): { process: Running; sets: readonly StreamSet[] } | undefined {
  const record = process.next;
  const version = record >= log.rewrittenFrom ? 1 : 0;
  const setting = settingFor(process.view, record);
  const left: [readonly Row[], readonly Row[]] = [process.left[0], process.left[1]];
  let sent = sets;
  for (const table of TABLES) {
    const yielded = model.rowsOf(table, record, setting, version);
    const there = left[table].slice(0, yielded.length);
    if (there.some((row, index) => row !== yielded[index])) return undefined;
    left[table] = left[table].slice(there.length);
    sent = sendRows(sent, process.own, table, yielded.slice(there.length));
    // A row of this record that the fold did not yield would never be compared with anything.
    if (!model.without.noleftover && left[table].some((row) => row.record <= record)) return undefined;
  }
  const rewrittenFrom = version === 1 ? Math.min(process.rewrittenFrom, record) : process.rewrittenFrom;
  return { process: { ...process, next: record + 1, left, rewrittenFrom }, sets: sent };
}

/** The same up to the end of the log; what is no longer needed is forgotten, so that equal futures are one state. */
export function foldAll(model: Model, log: Log, process: Running, sets: readonly StreamSet[]) {
  let at: { process: Running; sets: readonly StreamSet[] } | undefined = { process, sets };
  while (at && at.process.next < log.end) at = foldNext(model, log, at.process, at.sets);
  return at && { process: { ...at.process, view: [] }, sets: at.sets };
}

/**
 * Step 6, and the same check repeated while running: the log still continues what was folded. The record before the next
 * one is unchanged if it is still there, the log does not start past the next one, and does not end before it.
 */
export function logContradicts(model: Model, log: Log, process: Running): boolean {
  const { next, rewrittenFrom } = process;
  if (next > log.end && !model.without.noendcheck) return true;
  if (next < log.start && !model.without.gapjump) return true;
  const last = model.lastRecordBelow(next, rewrittenFrom);
  // None, or (without the check of the end) nothing there to compare it with.
  if (last.record < 0 || last.record >= log.end) return false;
  if (last.record < log.start) return model.without.needprint;
  return last.version !== (last.record >= log.rewrittenFrom ? 1 : 0);
}

/** Whether the log has to be checked before anything more is appended: at the start, and after the client noticed. */
export function mustCheckLog(model: Model, log: Log, process: Running): boolean {
  if (process.logChecked === NEVER) return true;
  return process.logChecked !== log.changes && !model.without.norecheck;
}
