/** The views as they must be, against those that are there. Pure. They hold no rows: what differs is replaced. */
import type { ViewDifferences } from '../../opened-sink.ts';
import type { TableResource } from './look-at-dataset.ts';

/** `wanted`: the statement that makes each, by its name. */
export function compareViews(
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, TableResource | undefined>,
): ViewDifferences {
  const missing: string[] = [];
  const different: string[] = [];
  const unknown: string[] = [];
  for (const [name, statement] of wanted) {
    const view = found.get(name);
    if (view === undefined) missing.push(name);
    else if (view.view?.query === undefined) unknown.push(name);
    else if (plain(view.view.query) !== plain(queryOf(statement))) different.push(name);
  }
  return { missing, different, unknown };
}

/** What follows AS. */
function queryOf(statement: string): string {
  const at = / AS\n/.exec(statement);
  return at === null ? statement : statement.slice(at.index + at[0].length);
}

/** Line ends and indentation are nobody's change. */
function plain(query: string): string {
  return query
    .replace(/[\s;]+$/, '')
    .replace(/\s+/g, ' ')
    .trim();
}
