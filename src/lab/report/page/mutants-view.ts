/** The tables of mutants, of either world: which known bug was caught, and by what. */
import type { MutantRow, PageIndex } from '../model/page-data.ts';
import { counted, countText } from '../model/words.ts';
import { el, sign, tableOf } from './dom.ts';

export function mutantsView({ mutants }: PageIndex): HTMLElement {
  if (mutants === null) {
    return el(
      'div',
      {},
      el('header.headline', {}, el('h1', {}, 'Mutants')),
      el(
        'p.empty',
        {},
        'This report was made without them. Give lab report the output of lab mutants --json with --mutants.',
      ),
    );
  }
  const { rows } = mutants;
  const killed = rows.filter((row) => row.killed).length;
  const sorted = rows.toSorted(
    (a, b) =>
      Number(a.killed) - Number(b.killed) || a.guarantee.localeCompare(b.guarantee) || a.name.localeCompare(b.name),
  );
  const ofCases = sorted.filter(({ scenario }) => scenario === null);
  const ofScenarios = sorted.filter(({ scenario }) => scenario !== null);
  return el(
    'div',
    {},
    el(
      'header.headline',
      {},
      el('h1', {}, `${killed} of ${counted(rows.length, 'mutant')} caught`),
      el('p.lead', {}, 'Processors with one known bug each. A lab that cannot catch them proves nothing by passing.'),
    ),
    ...(rows.length === 0 ? [el('p.empty', {}, 'The file names no mutant.')] : []),
    ...(ofScenarios.length === 0
      ? []
      : [el('h2', {}, `On real parts: ${tally(ofScenarios)}`), scenariosTable(ofScenarios)]),
    ...(ofCases.length === 0 ? [] : [el('h2', {}, `In the simulated world: ${tally(ofCases)}`), casesTable(ofCases)]),
  );
}

function casesTable(rows: readonly MutantRow[]): HTMLElement {
  return tableOf(
    'In the simulated world: drawn cases, and after how many runs',
    ['Mutant', 'Caught', 'Must break', 'As', 'By', 'Runs', 'Broke as well'],
    rows.map((row) => [...start(row), row.killedBy ?? 'nothing', countText(row.runs), also(row)]),
    [5],
  );
}

function scenariosTable(rows: readonly MutantRow[]): HTMLElement {
  return tableOf(
    'On real parts: the scenario that must catch it',
    ['Mutant', 'Caught', 'Must break', 'As', 'Scenario', 'By', 'Broke as well'],
    rows.map((row) => [...start(row), row.scenario ?? '', row.killedBy ?? 'nothing', also(row)]),
    [],
  );
}

function tally(rows: readonly MutantRow[]): string {
  return `${rows.filter(({ killed }) => killed).length} of ${rows.length}`;
}

/** The columns that both tables begin with; the verdict is seen on a narrow screen. */
function start(row: MutantRow): [HTMLElement, HTMLElement, string, string] {
  return [el('code', {}, row.name), caught(row), row.guarantee, row.anomaly];
}

function caught({ killed }: MutantRow): HTMLElement {
  return el(
    'span.guarantee',
    { 'data-state': killed ? 'held' : 'broken', 'data-stake': true },
    sign(killed ? 'yes' : 'no', killed ? 'caught' : 'survived'),
  );
}

function also({ alsoBroke }: MutantRow): string {
  return alsoBroke.join(', ');
}
