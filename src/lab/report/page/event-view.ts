/** Everything that the processors said, filtered by who, what and words; one row is looked at closely. */
import type { EventTable } from '../model/event-table.ts';
import type { RunPayload } from '../model/page-data.ts';
import { clockText, counted, eventText } from '../model/words.ts';
import { el, section } from './dom.ts';
import type { ViewRange } from './view-range.ts';
import { VirtualList } from './virtual-list.ts';

const ROW_HEIGHT = 26;
const ROWS_SHOWN = 16;
/** Typing pauses this long before the events are searched, ms. */
const TYPING_MS = 120;

export function eventSection(
  { sources, events: { leftOut } }: RunPayload,
  table: EventTable,
  range: ViewRange,
): HTMLElement {
  const sourceName = (at: number): string => {
    const source = sources[at];
    if (source === undefined) return '';
    return source.life === 1 ? source.processor : `${source.processor} #${source.life}`;
  };
  const bySource = el(
    'select',
    { id: 'event-source', 'aria-label': 'Processor' },
    el('option', { value: '' }, 'every processor'),
  );
  for (const at of sources.keys()) bySource.append(el('option', { value: at }, sourceName(at)));
  const byType = el('select', { id: 'event-type', 'aria-label': 'Event' }, el('option', { value: '' }, 'every event'));
  for (const type of table.types) byType.append(el('option', { value: type }, type));
  const byText = el('input', {
    type: 'search',
    id: 'event-text',
    placeholder: 'words in an event',
    'aria-label': 'Words in an event',
  });
  const count = el('span.shown', { role: 'status' });
  const detail = el('div.detail', { 'aria-live': 'polite' });
  let rows: number[] = [];

  const list = new VirtualList({
    id: 'events-list',
    label: 'Events',
    rowHeight: ROW_HEIGHT,
    rowsShown: ROWS_SHOWN,
    empty: 'No event fits.',
    render(index) {
      const event = table.at(rows[index]!);
      const partition = event.fields.partition;
      return [
        el('span.time', {}, clockText(event.atMs)),
        el('span.who', {}, sourceName(event.source)),
        el('span.part', {}, partition === undefined ? '' : `p${partition}`),
        el('span.what', {}, event.type),
        el('span.rest', {}, eventText(event)),
      ];
    },
    onActive(index) {
      const event = table.at(rows[index]!);
      range.point(event.atMs);
      const fields = Object.entries(event.fields).flatMap(([name, value]) => [
        el('dt', {}, name),
        el('dd', {}, JSON.stringify(value)),
      ]);
      detail.replaceChildren(
        el('p', {}, el('b', {}, event.type), ` ${sourceName(event.source)}, ${clockText(event.atMs)}`),
        el('dl', {}, ...fields),
      );
    },
  });

  const filter = (): void => {
    const words = byText.value.trim().toLowerCase();
    rows = [];
    for (let row = 0; row < table.length; row++) {
      if (bySource.value !== '' && table.sourceOf(row) !== Number(bySource.value)) continue;
      if (byType.value !== '' && table.typeOf(row) !== byType.value) continue;
      if (words !== '' && !isIn(words, table, row)) continue;
      rows.push(row);
    }
    count.textContent =
      rows.length === table.length
        ? counted(rows.length, 'event')
        : `${counted(rows.length, 'event')} of ${table.length.toLocaleString('en-US')}`;
    detail.replaceChildren(el('p.note', {}, 'An event that is chosen is shown here with all its fields.'));
    list.reset(rows.length);
  };
  let typing: ReturnType<typeof setTimeout> | undefined;
  byText.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(filter, TYPING_MS);
  });
  for (const select of [bySource, byType]) select.addEventListener('change', filter);
  filter();

  const missing = Object.entries(leftOut).map(([type, left]) => `${left.toLocaleString('en-US')} ${type}`);
  return section(
    'events',
    'Events',
    el('div.bar', {}, bySource, byType, byText, count),
    missing.length > 0 &&
      el('p.note', {}, `Too many for one page; left out: ${missing.join(', ')}. The file of the run has them.`),
    el('div.events', {}, list.element, detail),
  );
}

function isIn(words: string, table: EventTable, row: number): boolean {
  const event = table.at(row);
  return `${event.type} ${eventText(event)}`.toLowerCase().includes(words);
}
