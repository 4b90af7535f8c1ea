/** What `conformance` says to people: what it will do, and what holds. */

import { textOfLines } from '../base/text/printable.ts';
import type { ConformanceReport, NeedReport } from './try-need.ts';

const STATES: Readonly<Record<NeedReport['state'], string>> = {
  holds: 'holds',
  differs: 'differs, allowed',
  fails: 'DOES NOT HOLD',
  untried: 'COULD NOT BE TRIED',
};

/** One need: state, name, basis and time in one line of up to 80 columns, what was seen below. */
export function needText({ name, statement, basis, state, detail, tookMs }: NeedReport): string {
  const head = `${STATES[state].padEnd(18)}  ${name.padEnd(27)} ${basis.padEnd(10)} ${(tookMs / 1_000).toFixed(1).padStart(6)} s`;
  return textOfLines([head, `${' '.repeat(20)}${statement}`, `${' '.repeat(20)}seen: ${detail.replace(/\s+/g, ' ')}`]);
}

export function verdictText({ conforms, needs }: ConformanceReport): string {
  const count = (state: NeedReport['state']): number => needs.filter((need) => need.state === state).length;
  const parts = [
    `${count('holds')} hold`,
    `${count('differs')} differ as allowed`,
    `${count('fails')} do not hold`,
    `${count('untried')} could not be tried`,
  ];
  return `${conforms ? 'CONFORMS' : 'DOES NOT CONFORM'}: ${parts.join(', ')}`;
}

/** What a run on a real project makes, and about what it costs there. */
export function announcement(projectId: string, dataset: string, keep: boolean): string {
  return [
    `This creates the dataset ${projectId}.${dataset} with nine tables and ten views, opens about 30 write streams,`,
    'appends under 1,000 rows and runs about 120 query jobs and 20 DML statements in it, none anywhere else.',
    'Most jobs bill BigQuery’s minimum of 10 MiB for each table that they read: about 2 GiB in all, on demand about 0.01 USD.',
    keep ? 'The dataset stays (--keep): remove it when you are done.' : 'The dataset is removed in the end.',
  ].join('\n');
}

/** What a run on a location does there. */
export function storeAnnouncement(location: string, folder: string, keep: boolean): string {
  return [
    `This writes about 1,500 small objects and one of 12 MiB below ${location}/${folder}, and nothing anywhere else.`,
    'On Amazon S3 its requests cost about 0.02 USD.',
    keep ? 'They stay (--keep): remove them when you are done.' : 'They are removed in the end.',
  ].join('\n');
}
