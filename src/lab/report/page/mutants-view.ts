/** The table of mutants: which known bug was caught, by what, and after how many runs. */
import type { PageIndex } from '../model/page-data.ts';
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
  return el(
    'div',
    {},
    el(
      'header.headline',
      {},
      el('h1', {}, `${killed} of ${counted(rows.length, 'mutant')} caught`),
      el('p.lead', {}, 'Processors with one known bug each. A lab that cannot catch them proves nothing by passing.'),
    ),
    rows.length === 0
      ? el('p.empty', {}, 'The file names no mutant.')
      : tableOf(
          'Mutants and what caught them',
          ['Mutant', 'Must break', 'As', 'Caught', 'By', 'Runs', 'Broke as well'],
          sorted.map((row) => [
            el('code', {}, row.name),
            row.guarantee,
            row.anomaly,
            el(
              'span.guarantee',
              { 'data-state': row.killed ? 'held' : 'broken', 'data-stake': true },
              sign(row.killed ? 'yes' : 'no', row.killed ? 'caught' : 'survived'),
            ),
            row.killedBy ?? 'nothing',
            countText(row.runs),
            row.alsoBroke.join(', '),
          ]),
          [5],
        ),
  );
}
