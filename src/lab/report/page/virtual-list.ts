/**
 * A list of any length that draws only what is in view: rows of one height, reused as it scrolls. A listbox to assistive
 * technology: arrow keys, Page Up and Down, Home and End move the active row, Enter chooses it.
 */
import { type Child, el } from './dom.ts';

export interface VirtualListOptions {
  readonly id: string;
  readonly label: string;
  readonly rowHeight: number;
  readonly rowsShown: number;
  /** Cells of the row at this place. */
  readonly render: (index: number) => readonly Child[];
  readonly onActive: (index: number) => void;
  readonly onChoose?: (index: number) => void;
  readonly empty: string;
}

/** Rows drawn past either edge, so that a quick scroll shows no gap. */
const MARGIN_ROWS = 8;

export class VirtualList {
  readonly element: HTMLElement;
  readonly #options: VirtualListOptions;
  readonly #canvas = el('div.rows');
  readonly #empty: HTMLElement;
  #count = 0;
  #active = -1;
  #frame = 0;

  constructor(options: VirtualListOptions) {
    this.#options = options;
    const { id, label, rowHeight, rowsShown, empty } = options;
    this.#empty = el('p.empty', {}, empty);
    this.element = el('div.list', { id, role: 'listbox', 'aria-label': label, tabindex: 0 }, this.#canvas, this.#empty);
    this.element.style.maxHeight = `${rowHeight * rowsShown + 2}px`;
    this.element.addEventListener('scroll', () => this.#schedule(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.#canvas.addEventListener('click', (event) => this.#click(event));
    new ResizeObserver(() => this.#schedule()).observe(this.element);
  }

  get active(): number {
    return this.#active;
  }

  /** Shows `count` rows from the top; nothing is active. */
  reset(count: number): void {
    this.#count = count;
    this.#active = -1;
    this.#canvas.style.height = `${count * this.#options.rowHeight}px`;
    this.#empty.hidden = count > 0;
    this.element.scrollTop = 0;
    this.#draw();
  }

  activate(index: number): void {
    if (this.#count === 0) return;
    this.#active = Math.min(this.#count - 1, Math.max(0, index));
    const { rowHeight } = this.#options;
    const top = this.#active * rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + rowHeight > scrollTop + clientHeight) this.element.scrollTop = top + rowHeight - clientHeight;
    this.#draw();
    this.#options.onActive(this.#active);
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#options.rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: this.#count - 1,
    };
    const target = moves[event.key];
    if (target !== undefined) this.activate(target);
    else if (event.key === 'Enter' && this.#active >= 0) this.#options.onChoose?.(this.#active);
    else return;
    event.preventDefault();
  }

  #click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-index]');
    if (row === null) return;
    this.activate(Number(row.dataset.index));
    this.#options.onChoose?.(this.#active);
  }

  #schedule(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const { id, rowHeight, render } = this.#options;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - MARGIN_ROWS);
    const last = Math.min(this.#count, Math.ceil((scrollTop + clientHeight) / rowHeight) + MARGIN_ROWS);
    const rows: HTMLElement[] = [];
    for (let index = first; index < last; index++) {
      const row = el('div.row', {
        id: `${id}-${index}`,
        role: 'option',
        'data-index': index,
        'aria-selected': String(index === this.#active),
        'aria-setsize': this.#count,
        'aria-posinset': index + 1,
      });
      row.style.transform = `translateY(${index * rowHeight}px)`;
      row.style.height = `${rowHeight}px`;
      for (const cell of render(index)) if (cell) row.append(cell);
      rows.push(row);
    }
    this.#canvas.replaceChildren(...rows);
    if (this.#active >= first && this.#active < last)
      this.element.setAttribute('aria-activedescendant', `${id}-${this.#active}`);
    else this.element.removeAttribute('aria-activedescendant');
  }
}
