/** The page's tabs: arrow keys move between them, and the address follows, so that a view can be linked to and gone back to. */
import { el } from './dom.ts';

export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Where the tab leads, as a hash. */
  readonly href: () => string;
}

export class Tabs {
  readonly element: HTMLElement;
  readonly #buttons: readonly HTMLElement[];
  readonly #tabs: readonly Tab[];

  constructor(tabs: readonly Tab[]) {
    this.#tabs = tabs;
    this.#buttons = tabs.map(({ id, title }) =>
      el('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': 'content' }, title),
    );
    this.element = el('div.tabs', { role: 'tablist', 'aria-label': 'Views' }, ...this.#buttons);
    this.element.addEventListener('keydown', (event) => this.#key(event));
    for (const [index, button] of this.#buttons.entries()) button.addEventListener('click', () => this.#go(index));
  }

  show(id: string): void {
    for (const [index, { id: each }] of this.#tabs.entries()) {
      const isShown = each === id;
      this.#buttons[index]!.setAttribute('aria-selected', String(isShown));
      this.#buttons[index]!.tabIndex = isShown ? 0 : -1;
    }
  }

  #key(event: KeyboardEvent): void {
    const at = this.#buttons.indexOf(event.target as HTMLElement);
    const count = this.#buttons.length;
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: (at + 1) % count,
      ArrowLeft: (at + count - 1) % count,
      Home: 0,
      End: count - 1,
    };
    const target = moves[event.key];
    if (target === undefined || at < 0) return;
    event.preventDefault();
    this.#go(target);
    this.#buttons[target]!.focus();
  }

  #go(index: number): void {
    location.hash = this.#tabs[index]!.href();
  }
}
