/** The account of a run: what had to happen, what each fault did, what the checks found, how each process ended. */
import type { FaultRecord } from '../../artifacts.ts';
import type { RunFacts, RunPayload } from '../model/page-data.ts';
import { clockText, counted, countText } from '../model/words.ts';
import { type Child, el, section, sign, tableOf, verdictTag } from './dom.ts';
import { commandLine, GUARANTEE_LIST, GUARANTEE_NAMES } from './overview.ts';

export function runHeader({ facts }: RunPayload, navigation: HTMLElement): HTMLElement {
  const { scenario, verdict, problems, details = [] } = facts;
  return el(
    'header.headline',
    {},
    navigation,
    el('h1', {}, scenario.name, ' ', verdictTag(verdict)),
    el('p.lead', {}, sentence(scenario.title)),
    el('p.note', {}, el('span.label', {}, 'What could go wrong'), scenario.whatCouldGoWrong),
    problems.length > 0 && el('ul.problems', {}, ...problems.map((problem) => problemItem(problem, details))),
    el(
      'dl.facts',
      {},
      ...fact('Took', clockText(facts.durationMs)),
      ...fact('Partitions', String(scenario.partitions)),
      ...fact('Seed', String(facts.seed)),
      ...fact('At stake', scenario.guarantees.join(' ')),
      ...fact('Must end', scenario.ending),
      ...(scenario.tags.length > 0 ? fact('Tags', scenario.tags.join(', ')) : []),
      ...fact(
        'Settings',
        Object.entries(scenario.settings)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ') || 'as they come',
      ),
    ),
    commandLine(facts.command),
  );
}

/** One sentence; the raw lines that go with it are folded away. */
function problemItem(problem: string, details: NonNullable<RunFacts['details']>): HTMLElement {
  const lines = details.find((one) => one.problem === problem)?.text;
  return el(
    'li',
    {},
    problem,
    lines !== undefined &&
      el('details.raw', {}, el('summary', {}, 'Last lines of the processes'), el('pre', { tabindex: 0 }, lines)),
  );
}

function fact(name: string, value: string): Child[] {
  return [el('div', {}, el('dt', {}, name), el('dd', {}, value))];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, '.');
}

export function accountSection({ facts }: RunPayload): HTMLElement {
  return section(
    'account',
    'Did the fault bite?',
    facts.bits.length === 0
      ? el('p.empty', {}, 'The story names nothing that had to happen.')
      : el(
          'ul.bits',
          {},
          ...facts.bits.map(({ what, happened, guarantee }) =>
            el(
              'li',
              {},
              sign(happened ? 'yes' : 'no', bitText(happened, guarantee)),
              el('span', {}, guarantee === undefined ? what : `${guarantee}: ${what}`),
            ),
          ),
        ),
    facts.faults.length === 0
      ? el('p.note', {}, 'No fault was planned by name: the story itself kills, pauses and starts.')
      : tableOf(
          'Faults and their account',
          ['Fault', 'Fired', 'Healed', 'In flight', 'Covered during', 'Covered after', 'Counted'],
          facts.faults.map(faultRow),
          [1, 2, 3, 4, 5],
        ),
  );
}

function bitText(happened: boolean, guarantee: string | undefined): string {
  if (guarantee !== undefined) return happened ? 'holds' : 'does not hold';
  return happened ? 'happened' : 'did not happen';
}

function faultRow(fault: FaultRecord): Child[] {
  const counts = Object.entries(fault.counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${countText(count)} ${inWords(name)}`);
  return [
    el('div.scenario', {}, el('b', {}, `${fault.id} ${fault.fault}`), el('span', {}, fault.text)),
    fault.firedAtMs === null ? el('span.bad', {}, 'never') : clockText(fault.firedAtMs),
    fault.healedAtMs === null ? el('span.bad', {}, 'not healed') : healedText(fault),
    fault.inFlightRecords === null ? '' : countText(fault.inFlightRecords),
    countText(fault.progressDuring),
    countText(fault.progressAfter),
    counts.join(', '),
  ];
}

/** `bytesHeld`: bytes held. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function healedText({ firedAtMs, healedAtMs }: FaultRecord): string {
  return firedAtMs === healedAtMs ? 'over at once' : clockText(healedAtMs ?? 0);
}

export function checksSection({ verify }: RunPayload): HTMLElement {
  if (verify === null) return section('checks', 'What the checks found', el('p.empty', {}, 'verify could not run.'));
  const remarks = [...verify.unknown, ...verify.trusted, ...verify.skipped, ...verify.conditions];
  return section(
    'checks',
    'What the checks found',
    el(
      'div.guarantees',
      {},
      ...GUARANTEE_LIST.map((guarantee) => {
        const { holds, checked, count, findings } = verify.guarantees[guarantee];
        return el(
          'details',
          { open: !holds },
          el(
            'summary',
            {},
            sign(holds ? 'yes' : checked === false ? 'open' : 'no'),
            el('b', {}, guarantee),
            ` ${GUARANTEE_NAMES[guarantee]} `,
            el(
              'span.quiet',
              {},
              checked === false ? 'not checked' : holds ? 'nothing found against it' : counted(count, 'finding'),
            ),
          ),
          holds
            ? el('p.note', {}, 'Recomputed from the topic, record by record.')
            : el('ol', {}, ...findings.map(({ message }) => el('li', {}, message))),
        );
      }),
    ),
    remarks.length > 0 && el('ul.remarks', {}, ...remarks.map((remark) => el('li', {}, remark))),
    tableOf(
      'Partitions as verify saw them',
      ['Partition', 'Start', 'Covered below', 'End of the log', 'Recomputed', 'Epoch'],
      verify.partitions.map((one) => [
        String(one.partition),
        countText(one.startOffset),
        countText(one.nextOffset),
        countText(one.logEndOffset),
        countText(one.recordsChecked),
        String(one.epoch),
      ]),
      [1, 2, 3, 4, 5],
    ),
  );
}

export function processesSection({ lives }: RunFacts): HTMLElement {
  return section(
    'processes',
    'Processes',
    lives.length === 0
      ? el('p.empty', {}, 'No processor ran.')
      : tableOf(
          'Lives of the processors',
          ['Processor', 'Life', 'Pid', 'From', 'To', 'End', 'Hung'],
          lives.map(({ processor, life, pid, fromMs, toMs, ending, endedBadly, pauses }) => [
            processor,
            String(life),
            String(pid),
            clockText(fromMs),
            clockText(toMs),
            endedBadly ? el('span.bad', {}, ending) : ending,
            pauses.map((pause) => `${clockText(pause.fromMs)} to ${clockText(pause.toMs)}`).join(', '),
          ]),
          [1, 2, 3, 4],
        ),
  );
}
