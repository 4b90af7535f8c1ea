/**
 * A counterexample for people: the shortest way to a state, one line per step, with what the step changed.
 *
 * The search keeps a parent per state only; the way is walked again from the start, taking at each state the step that
 * leads to the next key. P and Q keep their names along the way, although states are stored with either first.
 */
import type { Search } from './search.ts';
import type { Actor, System } from './system.ts';

export interface TraceStep {
  /** P, Q, network or fault. */
  readonly actor: string;
  readonly action: string;
  /** What is different after it, or the initial state in full. */
  readonly changes: readonly string[];
}

/** The steps from the initial state to a state of the search. */
export function traceTo<State, Label, Kind extends string>(
  system: System<State, Label, Kind>,
  search: Search<Kind>,
  stateNumber: number,
): TraceStep[] {
  const path: number[] = [];
  for (let n = stateNumber; n > 0; n = search.parents.at(n) >> 1) path.unshift(n);

  let number = 0;
  let names = 'PQ';
  let described = system.describe(system.decode(search.keys[0]!), names);
  const steps: TraceStep[] = [{ actor: 'start', action: '', changes: [...described.values()] }];
  for (const next of path) {
    let step: { actor: Actor; label: Label } | undefined;
    system.successors(system.decode(search.keys[number]!), (actor, label, state) => {
      if (!step && system.encode(state).key === search.keys[next]) step = { actor, label };
    });
    const { actor, label } = step!;
    const actorName = actor === 'network' || actor === 'fault' ? actor : names[actor]!;
    const action = system.action(label, names);
    if (search.parents.at(next) & 1) names = names[1]! + names[0]!;
    const before = described;
    described = system.describe(system.decode(search.keys[next]!), names);
    const changes = [...described].filter(([part, text]) => before.get(part) !== text).map(([, text]) => text);
    steps.push({ actor: actorName, action, changes });
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
