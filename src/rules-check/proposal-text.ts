/** A proposal as the text of a rules file, with the reason behind each line. Pure. */
import { NOT_FOUND } from './paths.ts';
import type { Proposal, ProposedLine } from './propose-rules.ts';

/** Reasons begin in one column, if the lines before them are not longer. */
const REASON_COLUMN = 62;

export function proposalText(proposal: Proposal, records: number): string {
  const { format, select, key, roles, activityOff } = proposal;
  const line = (one: ProposedLine, indent: string): string => {
    const text = `${indent}${one.yaml}`;
    return `${text.padEnd(REASON_COLUMN)} # ${one.isUnsure ? 'UNSURE: ' : ''}${printable(one.why)}`;
  };
  return [
    `# Proposed by \`provenonce rules init\` from ${records} records. Lines with UNSURE need a decision.`,
    '# Then run: provenonce rules check FILE --from-topic',
    'revision: 1',
    'event:',
    line(format, '  '),
    ...(select.length === 0 ? [] : ['  select:', ...select.map((one) => line(one, '    '))]),
    line(key, '  '),
    ...roles.map((one) => line(one, '  ')),
    ...(activityOff ? ['fraud:', '  activity: off'] : []),
    '',
  ].join('\n');
}

/** What a reader must decide before the rules can be checked, as sentences with a blank behind them; empty if nothing. */
export function decisionsText({ format, select, key, roles }: Proposal): string {
  const lines = [format, ...select, key, ...roles];
  const unsure = lines.filter(({ isUnsure }) => isUnsure).length;
  const missing = roles.filter(({ yaml }) => yaml.includes(NOT_FOUND)).map(({ yaml }) => yaml.split(':')[0]!);
  if (unsure === 0) return '';
  const paths =
    missing.length === 0
      ? ''
      : ` No member was found for ${missing.join(' and ')}: write ${missing.length === 1 ? 'its path' : 'their paths'}.`;
  return `${unsure === 1 ? '1 line is' : `${unsure} lines are`} UNSURE: decide.${paths} `;
}

/** Values of records stand in comments: nothing of them may end the line. */
function printable(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}
