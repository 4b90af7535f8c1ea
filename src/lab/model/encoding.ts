/**
 * States as short strings, exactly: equal keys are equal states, and a key can be turned back into its state. The parts are
 * ownership, statements, environment, two processes, each set of streams.
 *
 * Canonical: the two processes are interchangeable, so states that are the same with P and Q swapped get one key; so do
 * states that differ in the order of statements on their way, or in statements whose condition can never hold again.
 */
import type { Model } from './model.ts';
import { numbersIn, PartTable, pushDigits } from './search/part-table.ts';
import type { Encoded } from './search/system.ts';
import {
  type Checkpoint,
  type Environment,
  NOBODY,
  type Owner,
  type Ownership,
  type Process,
  type Row,
  type SettingsEntry,
  type State,
  type Stream,
  type StreamSet,
  type Update,
} from './state.ts';

export class StateEncoder {
  readonly #model: Model;
  readonly #ownerships = new PartTable<Ownership>(ownershipText);
  readonly #updates = new PartTable<readonly Update[]>((updates) => updates.map(updateText).join(';'));
  readonly #environments = new PartTable<Environment>(environmentText);
  readonly #processes = new PartTable<Process>(processText);
  readonly #sets = new PartTable<StreamSet>(setText);

  constructor(model: Model) {
    this.#model = model;
  }

  encode(state: State): Encoded {
    const first = this.#processes.numberOf(state.processes[0]);
    const second = this.#processes.numberOf(state.processes[1]);
    const swapped = first > second ? 1 : 0;
    const ownership = swapped ? swapOwnership(state.ownership) : state.ownership;
    const updates = this.#canonicalUpdates(state, swapped);
    const units: number[] = [];
    pushDigits(units, swapped ? second : first);
    pushDigits(units, swapped ? first : second);
    pushDigits(units, this.#ownerships.numberOf(ownership));
    pushDigits(units, this.#updates.numberOf(updates));
    pushDigits(units, this.#environments.numberOf(state.environment));
    for (const set of state.sets) pushDigits(units, this.#sets.numberOf(set));
    const key = String.fromCharCode(...units);
    return { key, swapped };
  }

  decode(key: string): State {
    const numbers = numbersIn(key);
    return {
      processes: [this.#processes.at(numbers[0]!), this.#processes.at(numbers[1]!)],
      ownership: this.#ownerships.at(numbers[2]!),
      updates: this.#updates.at(numbers[3]!),
      environment: this.#environments.at(numbers[4]!),
      sets: numbers.slice(5).map((number) => this.#sets.at(number)),
    };
  }

  #canonicalUpdates({ ownership, updates }: State, swapped: 0 | 1): readonly Update[] {
    if (updates.length === 0) return NO_UPDATES;
    if (updates.length === 1 && !swapped && this.#canHold(updates[0]!, ownership)) return updates;
    const byText = new Map<string, Update>();
    for (const update of updates) {
      if (!this.#canHold(update, ownership)) continue;
      const renamed = swapped ? { ...update, sender: otherOwner(update.sender) } : update;
      byText.set(updateText(renamed), renamed);
    }
    return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, update]) => update);
  }

  /** Whether the condition of an UPDATE holds now; an epoch never comes back. */
  #canHold(update: Update, { epoch }: Ownership): boolean {
    if (update.kind === 'claim') return update.expected === epoch || this.#model.without.nocas;
    return update.epoch === epoch;
  }
}

const NO_UPDATES: readonly Update[] = [];

function otherOwner(owner: Owner): Owner {
  return owner === NOBODY ? NOBODY : owner === 1 ? 2 : 1;
}

function swapOwnership(ownership: Ownership): Ownership {
  return ownership.claimant === NOBODY ? ownership : { ...ownership, claimant: otherOwner(ownership.claimant) };
}

// Texts tell parts apart; nothing reads them back. Numbers below 100 stand in fixed places or between commas.

function environmentText({ crashes, streamLosses, rebalances, log }: Environment): string {
  const { start, end, rewrittenFrom, changes, damaged } = log;
  return `${crashes},${streamLosses},${rebalances},${start},${end},${rewrittenFrom},${changes},${damaged}`;
}

function ownershipText({ epoch, claimant, listed, history }: Ownership): string {
  return `${epoch},${claimant},${listed}|${historyText(history)}`;
}

function historyText(history: readonly SettingsEntry[]): string {
  let text = '';
  for (const { from, setting } of history) text += `${from}:${setting},`;
  return text;
}

function updateText(update: Update): string {
  const { sender } = update;
  return update.kind === 'claim'
    ? `c${sender},${update.expected},${update.older}|${update.lost}`
    : `s${sender},${update.epoch},${update.entry.from},${update.entry.setting}`;
}

function rowsText(rows: readonly Row[]): string {
  let text = '';
  for (const { code } of rows) text += `${code},`;
  return text;
}

function checkpointText({ nextOffset, streamOffsets, fingerprint }: Checkpoint): string {
  return `${nextOffset},${streamOffsets[0]},${streamOffsets[1]},${fingerprint.record},${fingerprint.version};`;
}

function setText({ epoch, data, checkpoints }: StreamSet): string {
  let sent = '';
  for (const checkpoint of checkpoints.rows) sent += checkpointText(checkpoint);
  return `${epoch}/${streamText(data[0])}${rowsText(data[0].rows)}/${streamText(data[1])}${rowsText(data[1].rows)}/${streamText(checkpoints)}${sent}`;
}

function streamText({ status, landed, visible }: Stream<unknown>): string {
  return `${status},${landed},${visible}|`;
}

function processText(process: Process): string {
  switch (process.at) {
    case 'idle':
      return 'i';
    case 'stopped':
      return 'x';
    case 'ownership-read':
    case 'claiming': {
      const { at, setting, expected, older, view } = process;
      return `${at}${setting},${expected},${older}|${historyText(view)}`;
    }
    case 'fencing': {
      const { setting, own, older, view } = process;
      return `f${setting},${own},${older}|${historyText(view)}`;
    }
    case 'reading-rows': {
      const { setting, own, older, view, position, found, surplus } = process;
      const rows = found.map(rowsText).join('/');
      return `r${setting},${own},${older}|${historyText(view)}|${position.writerEpoch}:${checkpointText(position.checkpoint)}|${found.length}${rows}|${surplus}`;
    }
    case 'adding-settings': {
      const { entry, own, view, position, found } = process;
      const rows = found.map(rowsText).join('/');
      return `s${entry.from},${entry.setting},${own}|${historyText(view)}|${position.writerEpoch}:${checkpointText(position.checkpoint)}|${rows}`;
    }
    case 'running': {
      const { own, view, noCheckpointBelow, began, skipped, next, left, rewrittenFrom, logChecked, hold } = process;
      return `w${own},${noCheckpointBelow},${began},${skipped},${next},${rewrittenFrom},${logChecked},${hold}|${historyText(view)}|${rowsText(left[0])}/${rowsText(left[1])}`;
    }
  }
}
