/**
 * A counterexample for people: the shortest way to a state, one line per step, with what the step changed.
 *
 * The search keeps a parent per state only; the way is walked again from the start, taking at each state the step that
 * leads to the next key. P and Q keep their names along the way, although states are stored with either first.
 */
import type { Model } from './model.ts';
import { type Search, successors } from './search.ts';
import {
  type Actor,
  FINALIZED,
  GONE,
  NEVER,
  type Owner,
  type Process,
  type State,
  type Stream,
  type Update,
} from './state.ts';

export interface TraceStep {
  /** P, Q, network or fault. */
  readonly actor: string;
  readonly action: string;
  /** What is different after it, or the initial state in full. */
  readonly changes: readonly string[];
}

/** The steps from the initial state to a state of the search. */
export function traceTo(model: Model, search: Search, stateNumber: number): TraceStep[] {
  const path: number[] = [];
  for (let n = stateNumber; n > 0; n = search.parents.at(n) >> 1) path.unshift(n);

  let number = 0;
  let names = 'PQ';
  let described = describe(search.encoder.decode(search.keys[0]!), names);
  const steps: TraceStep[] = [{ actor: 'start', action: '', changes: [...described.values()] }];
  for (const next of path) {
    let step: { actor: Actor; label: string } | undefined;
    successors(model, search.encoder.decode(search.keys[number]!), (actor, label, state) => {
      if (!step && search.encoder.encode(state).key === search.keys[next]) step = { actor, label };
    });
    const { actor, label } = step!;
    const actorName = actor === 'network' || actor === 'fault' ? actor : names[actor]!;
    if (search.parents.at(next) & 1) names = names[1]! + names[0]!;
    const after = describe(search.encoder.decode(search.keys[next]!), names);
    const changes = [...after].filter(([part, text]) => described.get(part) !== text).map(([, text]) => text);
    steps.push({ actor: actorName, action: label, changes });
    described = after;
    number = next;
  }
  return steps;
}

/** The trace as lines of text. */
export function formatTrace(steps: readonly TraceStep[]): string {
  return steps
    .map(({ actor, action, changes }, index) => {
      const what = changes.map((change) => `\n        ${change}`).join('');
      return `${`${String(index).padStart(4)}  ${actor} ${action}`.trimEnd()}${what}`;
    })
    .join('\n');
}

/** A line per part of a state. */
function describe(state: State, names: string): Map<string, string> {
  const { ownership, sets, updates, processes, environment } = state;
  const lines = new Map<string, string>();
  const history = ownership.history.map(({ from, setting }) => `setting ${setting} from ${from}`).join(', ');
  lines.set(
    'ownership',
    `ownership: epoch ${ownership.epoch}, claimed by ${ownerName(ownership.claimant, names)}, streams of sets [${ownership.listed}], ${history}`,
  );
  sets.forEach(({ epoch, data, checkpoints }, index) => {
    const rows = data.map(
      (stream, table) =>
        `${'AB'[table]} ${streamText(stream, ({ record, index: at, version }) => `${record}.${at}${version ? "'" : ''}`)}`,
    );
    const points = streamText(checkpoints, ({ nextOffset }) => String(nextOffset));
    lines.set(`set ${index}`, `set ${index} (epoch ${epoch}): ${rows.join('; ')}; checkpoints ${points}`);
  });
  lines.set(
    'updates',
    `on the way: ${updates.map((update) => updateText(update, names)).join('; ') || 'no statement'}`,
  );
  processes.forEach((process, index) => {
    lines.set(names[index]!, `${names[index]}: ${processText(process)}`);
  });
  const { start, end, rewrittenFrom } = environment.log;
  const rewritten = rewrittenFrom === NEVER ? '' : `, rewritten from ${rewrittenFrom}`;
  lines.set('log', `log: offsets ${start} to ${end}${rewritten}`);
  return lines;
}

function ownerName(owner: Owner, names: string): string {
  return owner === 0 ? 'nobody' : names[owner - 1]!;
}

/** Rows visible, then (landed only), then [on their way]. */
function streamText<Entry>({ status, rows, landed, visible }: Stream<Entry>, name: (entry: Entry) => string): string {
  const part = (from: number, to: number) => rows.slice(from, to).map(name).join(' ');
  const visibleRows = part(0, visible) || '-';
  const landedRows = landed > visible ? ` (${part(visible, landed)})` : '';
  const onTheirWay = rows.length > landed ? ` [${part(landed, rows.length)}]` : '';
  const state = status === FINALIZED ? ' finalized' : status === GONE ? ' lost' : '';
  return visibleRows + landedRows + onTheirWay + state;
}

function updateText(update: Update, names: string): string {
  const sender = ownerName(update.sender, names);
  return update.kind === 'claim'
    ? `claim of ${sender} if epoch is ${update.expected}${update.lost ? ', its streams lost' : ''}`
    : `setting ${update.entry.setting} from ${update.entry.from} by ${sender}`;
}

function processText(process: Process): string {
  switch (process.at) {
    case 'ownership-read':
    case 'claiming':
      return `${process.at}, epoch was ${process.expected}, older sets [${process.older}]`;
    case 'fencing':
      return `fencing, own set ${process.own}, older sets [${process.older}]`;
    case 'reading-rows': {
      const { position, found } = process;
      const rows = found.map((of, table) => `${of.length} of ${'AB'[table]}`).join(', ');
      return `reading-rows from checkpoint ${position.checkpoint.nextOffset}, found ${rows || 'nothing yet'}`;
    }
    case 'adding-settings':
      return `adding-settings ${process.entry.setting} from ${process.entry.from}`;
    case 'running':
      return `running, own set ${process.own}, began at ${process.began}, next ${process.next}, no checkpoint below ${process.noCheckpointBelow}, ${process.hold}`;
    default:
      return process.at;
  }
}
