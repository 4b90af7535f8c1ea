/** One run: its account, timeline, records, events and checks. */
import { EventTable } from '../model/event-table.ts';
import type { PageIndex, RunPayload, RunSummary } from '../model/page-data.ts';
import type { Place } from '../model/record-table.ts';
import { el } from './dom.ts';
import { eventSection } from './event-view.ts';
import { LifeView } from './life-view.ts';
import { accountSection, checksSection, processesSection, runHeader } from './run-facts.ts';
import { timelineSection } from './timeline-section.ts';
import { unpack } from './unpack.ts';
import { ViewRange } from './view-range.ts';

export async function runView(
  { runs }: PageIndex,
  id: string | undefined,
  place: Place | undefined,
): Promise<HTMLElement> {
  const summary = runs.find((run) => run.id === id) ?? runs[0];
  if (summary === undefined) return el('p.empty', {}, 'No run is in this report.');
  const navigation = runNavigation(runs, summary);
  if (summary.unreadable !== null) {
    return el(
      'div',
      {},
      el('header.headline', {}, navigation, el('h1', {}, summary.scenario)),
      el('p.empty', {}, `Nothing to show: ${summary.unreadable}`),
    );
  }
  const payload = await unpack<RunPayload>(`run-${summary.id}`);
  const events = new EventTable(payload.events);
  const range = new ViewRange(payload.facts.durationMs);
  const life = new LifeView(payload, events, range);
  if (place !== undefined) life.show(place);
  return el(
    'div',
    {},
    runHeader(payload, navigation),
    accountSection(payload),
    timelineSection(payload, range),
    life.element,
    eventSection(payload, events, range),
    checksSection(payload),
    processesSection(payload.facts),
  );
}

function runNavigation(runs: readonly RunSummary[], current: RunSummary): HTMLElement {
  const at = runs.indexOf(current);
  const select = el('select', { id: 'run-select', 'aria-label': 'Run' });
  for (const run of runs) {
    const repeated = runs.filter(({ scenario }) => scenario === run.scenario).length > 1;
    select.append(
      el(
        'option',
        { value: run.id, selected: run === current },
        `${run.scenario}${repeated ? ` #${run.repeat}` : ''}, ${run.verdict}`,
      ),
    );
  }
  select.addEventListener('change', () => {
    location.hash = `#/run/${select.value}`;
  });
  const step = (text: string, run: RunSummary | undefined): HTMLElement =>
    run === undefined
      ? el('span.step', { 'aria-hidden': 'true' }, text)
      : el('a.step', { href: `#/run/${run.id}` }, text);
  return el('nav.bar', { 'aria-label': 'Runs' }, step('Previous', runs[at - 1]), select, step('Next', runs[at + 1]));
}
