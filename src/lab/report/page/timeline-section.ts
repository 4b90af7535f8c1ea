/** Timeline and curves under one heading, with what moves them and what the pointer is on. */
import type { RunPayload } from '../model/page-data.ts';
import { clockText } from '../model/words.ts';
import { Charts } from './charts.ts';
import { el, section } from './dom.ts';
import { Timeline } from './timeline.ts';
import type { ViewRange } from './view-range.ts';

/** A mark this close to the pointer is what it is on, as a share of what is shown. */
const NEAR_SHARE = 0.008;

export function timelineSection(payload: RunPayload, range: ViewRange): HTMLElement {
  const readout = el('p.readout');
  const shown = el('span.shown');
  const button = (text: string, label: string, act: () => void): HTMLElement => {
    const one = el('button.quiet', { type: 'button', 'aria-label': label }, text);
    one.addEventListener('click', act);
    return one;
  };
  const show = (): void => {
    shown.textContent = `${clockText(range.fromMs)} to ${clockText(range.toMs)}`;
  };
  const point = (): void => {
    readout.textContent =
      readoutText(payload, range) ?? 'Drag over a stretch of time to look closer; keys: arrows, plus, minus, 0.';
  };
  range.onRange(show);
  range.onCursor(point);
  show();
  point();
  return section(
    'timeline',
    'Timeline',
    el(
      'div.bar',
      {},
      button('−', 'Show more time', () => range.zoom(0.5)),
      button('+', 'Show less time', () => range.zoom(2)),
      button('All', 'Show the whole run', () => range.all()),
      shown,
    ),
    new Timeline(payload, range).element,
    readout,
    key(),
    new Charts(payload, range).element,
  );
}

function readoutText({ facts, lanes }: RunPayload, { cursorMs, fromMs, toMs }: ViewRange): string | undefined {
  if (cursorMs === null) return undefined;
  const parts = [clockText(cursorMs)];
  const phase = facts.phases.find((each) => cursorMs >= each.fromMs && cursorMs < each.toMs);
  if (phase !== undefined) parts.push(phase.name);
  for (const { text, firedAtMs, healedAtMs } of facts.faults) {
    if (firedAtMs !== null && cursorMs >= firedAtMs && cursorMs <= (healedAtMs ?? facts.durationMs)) parts.push(text);
  }
  for (const { processor, partition, spans } of lanes) {
    const span = spans.findLast((each) => each.kind !== 'alive' && cursorMs >= each.fromMs && cursorMs <= each.toMs);
    if (span === undefined) continue;
    const where = partition === null ? processor : `${processor}/${partition}`;
    parts.push(
      `${where} ${{ alive: '', paused: 'hangs', takeover: 'takes over', owned: `epoch ${span.epoch}`, deposed: `epoch ${span.epoch}, replaced without knowing it` }[span.kind]}`,
    );
  }
  const near = (toMs - fromMs) * NEAR_SHARE;
  const mark = lanes
    .flatMap(({ processor, partition, marks }) =>
      marks.map((each) => ({ ...each, where: partition === null ? processor : `${processor}/${partition}` })),
    )
    .filter(({ atMs }) => Math.abs(atMs - cursorMs) <= near)
    .sort((a, b) => Math.abs(a.atMs - cursorMs) - Math.abs(b.atMs - cursorMs))[0];
  if (mark !== undefined) parts.push(`${mark.where} ${mark.text}`);
  return parts.join(' · ');
}

function key(): HTMLElement {
  const item = (kind: string, text: string): HTMLElement =>
    el('span', {}, el('i', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), text);
  return el(
    'p.key',
    {},
    item('owned', 'owns the partition'),
    item('takeover', 'takes it over'),
    item('deposed', 'replaced, and does not know it'),
    item('activity', 'records folded'),
    item('checkpoints', 'checkpoints'),
    item('paused', 'hangs'),
    item('band', 'fault'),
    item('cross', 'killed, or fenced out'),
  );
}
