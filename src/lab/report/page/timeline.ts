/** The timeline of a run: phases, faults as bands through all lanes, one lane per processor and partition. */
import type { FaultRecord } from '../../artifacts.ts';
import type { RunPayload } from '../model/page-data.ts';
import { clockText } from '../model/words.ts';
import { el, svg } from './dom.ts';
import { drawLane, type Scale, type UnpackedLane, unpackLane } from './timeline-drawing.ts';
import { axisSteps, axisStepsMost, axisText, gutterOf, type ViewRange } from './view-range.ts';

const PHASE_HEIGHT = 22;
const FAULT_HEIGHT = 20;
const PROCESSOR_HEIGHT = 26;
const PARTITION_HEIGHT = 34;
const AXIS_HEIGHT = 24;
/** A fault that was over in the moment it fired is drawn this wide, px. */
const INSTANT_WIDTH = 2;

export class Timeline {
  readonly element: HTMLElement;
  readonly #payload: RunPayload;
  readonly #range: ViewRange;
  readonly #lanes: readonly UnpackedLane[];
  readonly #faults: readonly FaultRecord[];
  readonly #svg: SVGElement;
  readonly #cursor = svg('line', { class: 'cursor' });
  readonly #drag = svg('rect', { class: 'drag', visibility: 'hidden' });
  #scale: Scale = { fromMs: 0, toMs: 1, left: 0, right: 1, x: () => 0 };
  #height = 0;
  #dragFromMs: number | null = null;
  #frame = 0;

  constructor(payload: RunPayload, range: ViewRange) {
    this.#payload = payload;
    this.#range = range;
    this.#lanes = payload.lanes.map(unpackLane);
    this.#faults = payload.facts.faults.filter(({ firedAtMs }) => firedAtMs !== null);
    this.#svg = svg('svg', { class: 'timeline', role: 'img', 'aria-label': this.#inWords(), tabindex: 0 });
    this.element = el('div.timeline-box', {}, this.#svg);
    new ResizeObserver(() => this.#schedule()).observe(this.element);
    range.onRange(() => this.#schedule());
    range.onCursor(() => this.#moveCursor());
    this.#svg.addEventListener('keydown', (event) => this.#key(event));
    this.#svg.addEventListener('pointermove', (event) => this.#pointer(event));
    this.#svg.addEventListener('pointerleave', () => this.#range.point(null));
    this.#svg.addEventListener('pointerdown', (event) => this.#startDrag(event));
    this.#svg.addEventListener('pointerup', (event) => this.#endDrag(event));
  }

  #inWords(): string {
    const { facts } = this.#payload;
    const faults = this.#faults.map(
      ({ text, firedAtMs, healedAtMs }) =>
        `${text}, at ${clockText(firedAtMs ?? 0)}${healedAtMs === null ? '' : `, healed at ${clockText(healedAtMs)}`}`,
    );
    const owned = this.#payload.lanes.flatMap(({ processor, partition, spans }) =>
      spans
        .filter(({ kind }) => kind === 'owned')
        .map(
          ({ fromMs, toMs, epoch }) =>
            `${processor} held partition ${partition} as epoch ${epoch} from ${clockText(fromMs)} to ${clockText(toMs)}`,
        ),
    );
    const ended = facts.lives.map(({ processor, toMs, ending }) => `${processor} ${ending}, ${clockText(toMs)}`);
    return `Timeline of ${clockText(facts.durationMs)}. ${[...faults, ...owned, ...ended].join('. ')}. Arrow keys move, plus and minus zoom, 0 shows all.`;
  }

  #schedule(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const width = this.element.clientWidth;
    if (width === 0) return;
    const { fromMs, toMs } = this.#range;
    const { left, right: margin } = gutterOf(width);
    const right = width - margin;
    const x = (atMs: number): number => left + ((atMs - fromMs) / (toMs - fromMs)) * (right - left);
    this.#scale = { fromMs, toMs, left, right, x };
    const head = PHASE_HEIGHT + this.#faults.length * FAULT_HEIGHT + (this.#faults.length > 0 ? 8 : 0);
    const heights = this.#lanes.map(({ lane }) => (lane.partition === null ? PROCESSOR_HEIGHT : PARTITION_HEIGHT));
    const bottom = head + heights.reduce((sum, height) => sum + height, 0);
    this.#height = bottom + AXIS_HEIGHT;
    this.#svg.setAttribute('height', String(this.#height));
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${this.#height}`);

    const parts: SVGElement[] = [
      this.#hatching(),
      ...this.#axis(bottom),
      ...this.#phases(bottom),
      ...this.#bands(bottom),
    ];
    let top = head;
    for (const [at, unpacked] of this.#lanes.entries()) {
      const { processor, partition } = unpacked.lane;
      const height = heights[at]!;
      const isProcessor = partition === null;
      if (isProcessor) parts.push(svg('line', { class: 'rule', x1: 0, x2: width, y1: top, y2: top }));
      const name = isProcessor ? shortened(processor, left) : `${left < 100 ? 'part.' : 'partition'} ${partition}`;
      const label = svg(
        'text',
        { class: isProcessor ? 'name' : 'name minor', x: isProcessor ? 0 : 10, y: top + height / 2 + 4 },
        name,
      );
      if (name !== processor)
        label.append(svg('title', {}, isProcessor ? processor : `${processor}, partition ${partition}`));
      parts.push(label, drawLane(unpacked, top, height, this.#scale, this.#payload.curves.binMs));
      top += height;
    }
    parts.push(...this.#moments(bottom), this.#drag, this.#cursor);
    this.#svg.replaceChildren(...parts);
    this.#moveCursor();
  }

  #hatching(): SVGElement {
    const line = svg('path', { d: 'M-1 1l2 -2M0 6l6 -6M5 7l2 -2', class: 'hatch' });
    return svg('defs', {}, svg('pattern', { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse' }, line));
  }

  #axis(bottom: number): SVGElement[] {
    const { fromMs, toMs, left, right, x } = this.#scale;
    return axisSteps(fromMs, toMs, axisStepsMost(right - left)).flatMap((atMs) => [
      svg('line', { class: 'grid', x1: x(atMs), x2: x(atMs), y1: PHASE_HEIGHT, y2: bottom }),
      svg(
        'text',
        { class: 'tick', x: x(atMs), y: bottom + 16, 'text-anchor': 'middle' },
        axisText(atMs, toMs - fromMs),
      ),
    ]);
  }

  #phases(bottom: number): SVGElement[] {
    const { fromMs, toMs, left, right, x } = this.#scale;
    return this.#payload.facts.phases.flatMap((phase) => {
      if (phase.toMs <= fromMs || phase.fromMs >= toMs) return [];
      const start = Math.max(left, x(phase.fromMs));
      const end = Math.min(right, x(phase.toMs));
      const parts = [svg('line', { class: 'phase', x1: start, x2: start, y1: 4, y2: bottom })];
      if (end - start > 34) parts.push(svg('text', { class: 'tick', x: start + 5, y: 14 }, phase.name));
      return parts;
    });
  }

  #bands(bottom: number): SVGElement[] {
    const { fromMs, toMs, left, right, x } = this.#scale;
    return this.#faults.flatMap((fault, row) => {
      const y = PHASE_HEIGHT + row * FAULT_HEIGHT;
      const start = fault.firedAtMs!;
      const end = fault.healedAtMs ?? this.#payload.facts.durationMs;
      const label = svg(
        'text',
        { class: 'name fault', x: 0, y: y + 14 },
        shortened(`${fault.id} ${fault.fault}`, left),
        svg('title', {}, fault.text),
      );
      if (end < fromMs || start > toMs) return [label];
      const at = Math.max(left, x(start));
      const width = Math.max(INSTANT_WIDTH, Math.min(right, x(end)) - at);
      const parts = [
        label,
        svg('rect', { class: 'band', x: at, y, width, height: bottom - y }),
        svg(
          'rect',
          { class: 'band-head', x: at, y: y + 3, width, height: FAULT_HEIGHT - 6, rx: 1.5 },
          svg('title', {}, fault.text),
        ),
      ];
      const room = right - at - width;
      const textWidth = fault.text.length * 6;
      if (room > textWidth + 8) parts.push(svg('text', { class: 'tick', x: at + width + 6, y: y + 14 }, fault.text));
      else if (at - left > textWidth + 8) {
        parts.push(svg('text', { class: 'tick', x: at - 6, y: y + 14, 'text-anchor': 'end' }, fault.text));
      }
      return parts;
    });
  }

  #moments(bottom: number): SVGElement[] {
    const { fromMs, toMs, x } = this.#scale;
    return this.#range.moments
      .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
      .map(({ atMs, kind }) =>
        svg('line', { class: `moment ${kind}`, x1: x(atMs), x2: x(atMs), y1: PHASE_HEIGHT, y2: bottom + 4 }),
      );
  }

  #moveCursor(): void {
    const { cursorMs } = this.#range;
    const { fromMs, toMs, x } = this.#scale;
    const isShown = cursorMs !== null && cursorMs >= fromMs && cursorMs <= toMs;
    this.#cursor.setAttribute('visibility', isShown ? 'visible' : 'hidden');
    if (!isShown) return;
    const at = String(x(cursorMs));
    for (const [name, value] of Object.entries({ x1: at, x2: at, y1: '0', y2: String(this.#height - AXIS_HEIGHT) })) {
      this.#cursor.setAttribute(name, value);
    }
  }

  /** Null left and right of the plot. */
  #timeAt(event: PointerEvent): number | null {
    const { fromMs, toMs, left, right } = this.#scale;
    const at = event.clientX - this.#svg.getBoundingClientRect().left;
    if (at < left || at > right) return null;
    return fromMs + ((at - left) / (right - left)) * (toMs - fromMs);
  }

  #pointer(event: PointerEvent): void {
    const atMs = this.#timeAt(event);
    this.#range.point(atMs);
    if (this.#dragFromMs === null || atMs === null) return;
    const [from, to] = [this.#scale.x(this.#dragFromMs), this.#scale.x(atMs)];
    const box = {
      x: Math.min(from, to),
      y: 0,
      width: Math.abs(to - from),
      height: this.#height - AXIS_HEIGHT,
      visibility: 'visible',
    };
    for (const [name, value] of Object.entries(box)) this.#drag.setAttribute(name, String(value));
  }

  #startDrag(event: PointerEvent): void {
    if (event.pointerType !== 'mouse' || event.button !== 0) return;
    this.#dragFromMs = this.#timeAt(event);
    this.#svg.setPointerCapture(event.pointerId);
  }

  #endDrag(event: PointerEvent): void {
    const from = this.#dragFromMs;
    this.#dragFromMs = null;
    this.#drag.setAttribute('visibility', 'hidden');
    const to = this.#timeAt(event);
    if (from === null || to === null || Math.abs(this.#scale.x(from) - this.#scale.x(to)) < 6) return;
    this.#range.set(Math.min(from, to), Math.max(from, to));
  }

  #key(event: KeyboardEvent): void {
    const range = this.#range;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => range.pan(-0.2),
      ArrowRight: () => range.pan(0.2),
      '+': () => range.zoom(1.6),
      '=': () => range.zoom(1.6),
      '-': () => range.zoom(1 / 1.6),
      '0': () => range.all(),
      Home: () => range.all(),
    };
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }
}

/** A name that fits the room left of the plot; its full form is in the element's title. */
function shortened(name: string, width: number): string {
  const most = Math.floor((width - 8) / 7.2);
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
