/** Finds a transaction or an offset and tells its life, step by step, here and on the timeline. */
import { unpackColumn } from '../model/columns.ts';
import type { EventTable } from '../model/event-table.ts';
import type { RunPayload } from '../model/page-data.ts';
import { partitionHistories } from '../model/partition-history.ts';
import { type LifeSources, type LifeStep, lifeOf, type RecordLife } from '../model/record-life.ts';
import { type Place, placeIn, RecordTable, type SentRecord } from '../model/record-table.ts';
import { clockText, counted, dateText, durationText } from '../model/words.ts';
import { el, section } from './dom.ts';
import type { ViewRange } from './view-range.ts';
import { VirtualList } from './virtual-list.ts';

const ROW_HEIGHT = 28;
const ROWS_SHOWN = 11;
const TYPING_MS = 120;
/** Shown around a life when the timeline is asked to come closer. */
const MARGIN_SHARE = 0.15;

export class LifeView {
  readonly element: HTMLElement;
  readonly #payload: RunPayload;
  readonly #range: ViewRange;
  readonly #records: RecordTable;
  readonly #sources: LifeSources;
  readonly #search: HTMLInputElement;
  readonly #count = el('span.shown', { role: 'status' });
  readonly #story = el('div.story', { 'aria-live': 'polite' });
  readonly #list: VirtualList;
  #rows: number[] = [];
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(payload: RunPayload, events: EventTable, range: ViewRange) {
    this.#payload = payload;
    this.#range = range;
    this.#records = new RecordTable(payload.records);
    this.#sources = { histories: partitionHistories(events), sent: unpackSent(payload) };
    this.#search = el('input', {
      type: 'search',
      id: 'life-search',
      placeholder: 'transaction id, or partition:offset',
      'aria-label': 'Transaction id, or partition:offset',
      'aria-controls': 'records-list',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.#list = new VirtualList({
      id: 'records-list',
      label: 'Records that were sent',
      rowHeight: ROW_HEIGHT,
      rowsShown: ROWS_SHOWN,
      empty: 'No record that the ledger knows. A place as 0:42 is looked up in the events all the same: press Enter.',
      render: (index) => recordCells(this.#records.at(this.#rows[index]!)),
      onActive: (index) => this.#showRow(this.#rows[index]!),
    });
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#find(), TYPING_MS);
    });
    this.#search.addEventListener('keydown', (event) => this.#key(event));
    this.element = section(
      'life',
      'Life of a record',
      el('div.bar', {}, this.#search, ...this.#examples(), this.#count),
      payload.records.leftOut > 0 &&
        el(
          'p.note',
          {},
          `${counted(payload.records.leftOut, 'record')} left out: too many for one page. Places still work.`,
        ),
      el('div.life', {}, this.#list.element, this.#story),
    );
    this.#find();
  }

  /** Shows the life of this place, as an address may ask. */
  show(place: Place): void {
    this.#search.value = `${place.partition}:${place.offset}`;
    this.#find();
    if (this.#rows.length > 0) this.#list.activate(0);
    else this.#tell(place, undefined);
  }

  #examples(): HTMLElement[] {
    const resumed = [...this.#sources.histories.values()].flatMap(({ partition, takeovers }) =>
      takeovers
        .filter((one) => one.resumeOffset > one.checkpointOffset)
        .map((one) => ({ partition, offset: one.checkpointOffset })),
    )[0];
    const examples: [string, SentRecord | undefined][] = [
      ['written before a takeover', resumed === undefined ? undefined : this.#records.atPlace(resumed)],
      ['a duplicate', this.#records.first(({ expected }) => expected === 'duplicate')],
      ['a late one', this.#records.first(({ expected }) => expected === 'late')],
      ['a rejected one', this.#records.first(({ expected }) => expected === 'rejected')],
    ];
    return examples.flatMap(([text, record]) => {
      if (record === undefined || record.offset === null) return [];
      const { partition, offset } = record;
      const button = el('button.quiet', { type: 'button' }, text);
      button.addEventListener('click', () => this.show({ partition, offset }));
      return [button];
    });
  }

  #find(): void {
    clearTimeout(this.#typing);
    this.#rows = this.#records.find(this.#search.value);
    this.#count.textContent = counted(this.#rows.length, 'record');
    this.#list.reset(this.#rows.length);
    this.#range.setMoments([]);
    this.#story.replaceChildren(
      el(
        'p.note',
        {},
        this.#records.length === 0
          ? 'This run wrote no ledger: look a place up, as 0:42.'
          : 'Choose a record: when Kafka had it, who folded it, under which epoch it was written, and which checkpoint covers it.',
      ),
    );
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      this.#list.element.focus();
      this.#list.activate(Math.max(0, this.#list.active));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.#find();
      const place = placeIn(this.#search.value);
      if (this.#rows.length > 0) this.#list.activate(0);
      else if (place !== undefined) this.#tell(place, undefined);
    }
  }

  #showRow(row: number): void {
    const record = this.#records.at(row);
    if (record.offset !== null) this.#tell({ partition: record.partition, offset: record.offset }, record);
    else {
      this.#range.setMoments([]);
      this.#story.replaceChildren(
        ...header(record),
        el('p.empty', {}, 'Kafka never said where it put this record, so nothing tells its life.'),
      );
    }
  }

  #tell(place: Place, record: SentRecord | undefined): void {
    const life = lifeOf(place, record, this.#sources);
    const times = life.steps.flatMap(({ atMs, kind }) => (atMs === null ? [] : [{ atMs, kind }]));
    this.#range.setMoments(times);
    const parts: Node[] =
      record === undefined ? [el('h3', {}, `Partition ${place.partition}, offset ${place.offset}`)] : header(record);
    parts.push(
      el('p.note', {}, this.#summary(life)),
      el('ol.steps', {}, ...life.steps.map((step, at) => this.#step(step, life.steps[at - 1]))),
    );
    if (times.length > 0) {
      const button = el('button.quiet', { type: 'button' }, 'Show on the timeline');
      button.addEventListener('click', () => {
        const [first, last] = [times[0]!.atMs, times.at(-1)!.atMs];
        const margin = Math.max(200, (last - first) * MARGIN_SHARE);
        this.#range.set(first - margin, last + margin);
        document.getElementById('timeline')?.scrollIntoView({ block: 'start' });
      });
      parts.push(button);
    }
    if (record !== undefined) parts.push(...this.#copies(record));
    this.#story.replaceChildren(...parts);
  }

  #summary({ writtenByEpoch, steps }: RecordLife): string {
    const times = steps.flatMap(({ atMs, kind }) => (atMs === null || kind === 'compared' ? [] : [atMs]));
    const took = times.length < 2 ? '' : `, ${durationText(times.at(-1)! - times[0]!)} from the first step to the last`;
    return writtenByEpoch === null
      ? 'Not known to be in the tables.'
      : `In the tables, written by epoch ${writtenByEpoch}${took}.`;
  }

  #step({ kind, atMs, source, epoch, title, detail }: LifeStep, before: LifeStep | undefined): HTMLElement {
    const who = source === null ? undefined : this.#payload.sources[source];
    const by =
      who === undefined
        ? ''
        : ` by ${who.processor}${who.life > 1 ? ` #${who.life}` : ''}${epoch === null || epoch === 0 ? '' : `, epoch ${epoch}`}`;
    const since =
      atMs === null || before?.atMs === null || before?.atMs === undefined
        ? ''
        : `+${durationText(atMs - before.atMs)}`;
    const during = this.#payload.facts.faults.filter(
      ({ firedAtMs, healedAtMs }) =>
        atMs !== null && firedAtMs !== null && atMs >= firedAtMs && atMs <= (healedAtMs ?? Number.POSITIVE_INFINITY),
    );
    return el(
      'li',
      { 'data-kind': kind },
      el('span.time', {}, atMs === null ? '' : clockText(atMs), el('small', {}, since)),
      el(
        'div',
        {},
        el('b', {}, title),
        by,
        el('p', {}, detail),
        ...during.map(({ text }) => el('p.during', {}, `during: ${text}`)),
      ),
    );
  }

  #copies(record: SentRecord): Node[] {
    const ids = new Set([record.transaction_id, ...(record.copyOf === null ? [] : [record.copyOf])]);
    const others = [...ids].flatMap((id) => this.#records.copiesOf(id)).filter(({ row }) => row !== record.row);
    if (others.length === 0) return [];
    const links = others.map(({ partition, offset, kind, expected }) => {
      const text = `${partition}:${offset ?? '?'} ${kind === expected ? kind : `${kind}, ${expected}`}`;
      if (offset === null) return el('li', {}, text);
      const button = el('button.link', { type: 'button' }, text);
      button.addEventListener('click', () => this.show({ partition, offset }));
      return el('li', {}, button);
    });
    return [el('h4', {}, 'Other records of this transaction'), el('ul.copies', {}, ...links)];
  }
}

function header(record: SentRecord): Node[] {
  const { transaction_id, kind, expected, malformed, key, amount, currency, region, event_time } = record;
  const facts: [string, string][] = [
    ['Sent as', malformed === null ? kind : `${kind}: ${malformed}`],
    ['Expected', expected],
    ['Amount', `${amount} ${currency}`],
    ['Region', region],
    ['Key', key ?? 'none'],
    ['Event time', dateText(event_time)],
  ];
  return [
    el('h3', {}, transaction_id),
    el('dl.facts', {}, ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))),
  ];
}

function recordCells({ transaction_id, partition, offset, kind, expected }: SentRecord): HTMLElement[] {
  return [
    el('span.id', {}, transaction_id),
    el('span.place', {}, `${partition}:${offset ?? '?'}`),
    el(
      'span.kind',
      { 'data-expected': expected },
      kind === 'payment' || kind === expected ? expected : `${kind}, ${expected}`,
    ),
  ];
}

function unpackSent({ sent }: RunPayload): LifeSources['sent'] {
  const [atMs, partition, from, to] = [sent.atMs, sent.partition, sent.from, sent.to].map(
    (column) => unpackColumn(column) as number[],
  );
  return atMs!.map((at, row) => ({ atMs: at, partition: partition![row]!, from: from![row]!, to: to![row]! }));
}
