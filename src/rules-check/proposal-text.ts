/** A proposal as the text of a rules file, with the reason behind each line. Pure. */
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

/** Values of records stand in comments: nothing of them may end the line. */
function printable(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}
