/** The table of mutants, for a terminal and for docs/mutants.md. */
import type { MutantsReport } from './kill-matrix.ts';
import { deltaVariantRows, variantRows } from './model-pairs.ts';
import { FAMILIES, type Mutant } from './mutant.ts';
import type { RealMutantsReport } from './real-matrix.ts';

export interface MutantsTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One row per mutant; with the runs in every family where they were run. */
export function mutantsTable(report: MutantsReport): MutantsTable {
  const families = FAMILIES.filter((family) => report.mutants.some((each) => each.families?.[family] !== undefined));
  const perFamily = families.length > 0;
  return {
    head: ['mutant', 'must break', 'as', ...(perFamily ? families : ['cases', 'killed after']), 'broke as well'],
    rows: report.mutants.map((result) => [
      result.name,
      result.guarantee,
      result.anomaly,
      ...(perFamily
        ? families.map((family) => cell(result.families?.[family], family === result.family))
        : [result.family, result.killed ? `${result.runs}` : `NOT in ${result.runs}`]),
      result.alsoBroke.map((text) => text.split(' ', 1)[0]).join(' '),
    ]),
  };
}

function cell(runs: number | null | undefined, isHome: boolean): string {
  const text = runs === undefined ? '' : runs === null ? '-' : String(runs);
  return isHome ? `${text} *` : text;
}

/** One row per pair of a mutant and the scenario on real parts that must catch it. */
export function realMutantsTable({ mutants }: RealMutantsReport): MutantsTable {
  return {
    head: ['mutant', 'scenario', 'must break', 'as', 'verdict', 'caught', 'broke as well'],
    rows: mutants.map(({ name, scenario, guarantee, anomaly, verdict, killed, alsoBroke }) => [
      name,
      scenario,
      guarantee,
      anomaly,
      verdict,
      killed ? 'yes' : 'NO',
      [...new Set(alsoBroke.map((text) => text.split(' ', 1)[0]))].join(' '),
    ]),
  };
}

/** The table of docs/mutants.md for real parts. */
export function realMutantsMarkdown(report: RealMutantsReport): string {
  const { head, rows } = realMutantsTable(report);
  return [row(head), row(head.map(() => '---')), ...rows.map((cells) => row(cells))].join('\n');
}

/** What is wrong, one line each; empty for PASS. */
export function realComplaints({ mutants }: RealMutantsReport): string[] {
  return mutants
    .filter(({ killed }) => !killed)
    .map(
      ({ name, scenario, guarantee, anomaly, verdict, alsoBroke, problems }) =>
        `${name}: ${scenario} must find ${guarantee} (${anomaly}) and said ${verdict}; what broke: ${alsoBroke.join(', ') || 'nothing'}; ${problems[0]?.split('\n')[0] ?? ''}`,
    );
}

/** What is wrong, one line each; empty for PASS. */
export function complaints({ mutants, control }: MutantsReport): string[] {
  const lines = mutants
    .filter(({ killed }) => !killed)
    .map(({ name, guarantee, anomaly, runs, killedBy, alsoBroke }) =>
      killedBy === null
        ? `${name} survived ${runs} runs: nothing broke`
        : `${name} must break ${guarantee} (${anomaly}) and did not in ${runs} runs; what broke: ${alsoBroke.join(', ')}`,
    );
  for (const [family, { broke }] of Object.entries(control.families))
    for (const [what, first] of Object.entries(broke))
      lines.push(`the control, the code as it is, broke ${what} (${first.kind}) in run ${first.run} of ${family}`);
  return lines;
}

/** The table of docs/mutants.md that leads from the protocol model to the code. */
export function variantsMarkdown(): string {
  const head = ['variant of the model', 'instead of the rule', 'mutants of the code'];
  return [row(head), row(head.map(() => '---')), ...variantRows().map((cells) => row(cells))].join('\n');
}

/** The same for the model of Delta Lake. */
export function deltaVariantsMarkdown(): string {
  return deltaVariantRows()
    .map((cells) => row(cells))
    .join('\n');
}

/** docs/mutants.md, generated: the model's variants, the catalogue in words and the kills. */
export function mutantsMarkdown(mutants: readonly Mutant[], report: MutantsReport): string {
  const words = mutants.map(({ name, what, why, guarantee, isGuideDesign }) =>
    row([`\`${name}\`${isGuideDesign === true ? ' (guide)' : ''}`, what, `${guarantee}: ${why}`]),
  );
  const { head, rows } = mutantsTable(report);
  return [
    variantsMarkdown(),
    '',
    deltaVariantsMarkdown(),
    '',
    row(['mutant', 'the bug', 'what must break, and why']),
    row(['---', '---', '---']),
    ...words,
    '',
    `Budget ${report.budget} runs, seed ${report.seed}; the control passed ${report.control.runs} runs.`,
    '',
    row(head),
    row(head.map(() => '---')),
    ...rows.map((cells) => row(cells)),
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
}
