/** What the suite came to: one sentence, and a row per scenario with what became of each guarantee. */
import type { Guarantee } from '../../../checks/findings.ts';
import type { GuaranteeCell, PageIndex, RunSummary } from '../model/page-data.ts';
import { counted, dateText, durationText } from '../model/words.ts';
import { type Child, el, sign, tableOf, verdictTag } from './dom.ts';

export const GUARANTEE_NAMES: Readonly<Record<Guarantee, string>> = {
  G1: 'one disposition',
  G2: 'unique',
  G3: 'sums',
  G4: 'enrichment',
  G5: 'as without faults',
  G6: 'nothing dropped',
};
export const GUARANTEE_LIST = Object.keys(GUARANTEE_NAMES) as Guarantee[];

/** The worst first: what a row of several repeats is judged by. */
const WORST = ['FAIL', 'UNKNOWN', 'NODATA', 'PASS'] as const;

export function overview({ suite, runs }: PageIndex): HTMLElement {
  const scenarios = [...Map.groupBy(runs, ({ scenario }) => scenario)];
  return el(
    'div',
    {},
    headline(suite, runs, scenarios.length),
    runs.length === 0
      ? el('p.empty', {}, 'No run is in this report: the folder names none.')
      : tableOf(
          'Verdict per scenario and guarantee',
          ['Scenario', 'Verdict', ...GUARANTEE_LIST, 'Took', 'Runs'],
          scenarios.map(([scenario, all]) => row(scenario, all)),
          [8],
        ),
    legend(),
  );
}

function headline(suite: PageIndex['suite'], runs: readonly RunSummary[], scenarios: number): HTMLElement {
  const passed = runs.filter(({ verdict }) => verdict === 'PASS').length;
  const others = WORST.slice(0, 3)
    .map((verdict) => ({ verdict, count: runs.filter((run) => run.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`);
  const broken = others.length > 0 ? `, ${others.join(', ')}` : '';
  return el(
    'header.headline',
    {},
    el('h1', {}, runs.length === 0 ? 'Nothing was run' : `${passed} of ${counted(runs.length, 'run')} passed${broken}`),
    el(
      'p.lead',
      {},
      `${counted(scenarios, 'scenario')} on real parts, ${dateText(suite.startedAtMs)}, in ${durationText(suite.endedAtMs - suite.startedAtMs)}, seed ${suite.seed}.`,
    ),
    commandLine(suite.command),
  );
}

export function commandLine(command: string): HTMLElement {
  return el('p.command', {}, el('span.label', {}, 'Again'), el('code', { tabindex: 0 }, command));
}

function row(scenario: string, all: readonly RunSummary[]): Child[] {
  const worst = WORST.find((verdict) => all.some((run) => run.verdict === verdict)) ?? 'NODATA';
  const shown = all.find(({ verdict }) => verdict === worst) ?? all[0]!;
  const took = all.reduce((sum, { tookMs }) => sum + tookMs, 0) / all.length;
  return [
    el(
      'div.scenario',
      {},
      el('a', { href: `#/run/${shown.id}` }, scenario),
      el('span', {}, shown.unreadable ?? shown.title),
    ),
    verdictTag(worst),
    ...GUARANTEE_LIST.map((guarantee) => guaranteeSign(guarantee, worstCell(all, guarantee), worst)),
    durationText(took),
    el(
      'span.repeats',
      {},
      ...all.map(({ id, repeat, verdict }) =>
        el(
          'a',
          { href: `#/run/${id}`, 'data-verdict': verdict, 'aria-label': `${scenario}, run ${repeat}: ${verdict}` },
          String(repeat),
        ),
      ),
    ),
  ];
}

function worstCell(all: readonly RunSummary[], guarantee: Guarantee): GuaranteeCell {
  const cells = all.map((run) => run.guarantees[guarantee]);
  return cells.find(({ state }) => state === 'broken') ?? cells.find(({ state }) => state === 'unchecked') ?? cells[0]!;
}

function guaranteeSign(guarantee: Guarantee, { state, count, atStake }: GuaranteeCell, verdict: string): HTMLElement {
  const held = verdict === 'UNKNOWN' || verdict === 'NODATA' ? 'held as far as it was checked' : 'held';
  const words = { held, broken: `broken: ${counted(count, 'finding')}`, unchecked: 'not checked' }[state];
  const label = `${guarantee} ${GUARANTEE_NAMES[guarantee]}: ${words}${atStake ? ', at stake' : ''}`;
  const shape = { held: 'yes', broken: 'no', unchecked: 'open' } as const;
  return el(
    'span.guarantee',
    { 'data-state': state, 'data-stake': atStake, title: label },
    sign(shape[state], label),
    state === 'broken' ? String(count) : null,
  );
}

function legend(): HTMLElement {
  return el(
    'div.legend',
    {},
    ...GUARANTEE_LIST.map((each) => el('span', {}, el('b', {}, each), ` ${GUARANTEE_NAMES[each]}`)),
    el(
      'span',
      {},
      el('span.guarantee', { 'data-state': 'held', 'data-stake': true }, sign('yes')),
      ' held, and at stake in the scenario',
    ),
    el('span', {}, el('span.guarantee', { 'data-state': 'held' }, sign('yes')), ' held'),
    el(
      'span',
      {},
      el('span.guarantee', { 'data-state': 'broken' }, sign('no')),
      ' broken, with the number of findings',
    ),
    el('span', {}, el('span.guarantee', { 'data-state': 'unchecked' }, sign('open')), ' not checked'),
  );
}
