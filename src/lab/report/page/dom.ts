/** Makes elements. Text is always set as text: nothing that a run left can become markup. */

type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;
export type Child = Node | string | null | undefined | false;

const SVG = 'http://www.w3.org/2000/svg';

/** `tag` may carry classes: `p.note.quiet`. True sets an empty attribute; false and null leave it out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K | `${K}.${string}`,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const [name, ...classes] = tag.split('.') as [K, ...string[]];
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(' ');
  setAll(element, attributes);
  add(element, children);
  return element;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  setAll(element, attributes);
  add(element, children);
  return element;
}

export function add(parent: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== null && child !== undefined && child !== false) parent.append(child);
}

function setAll(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

const STATE_PATHS: Readonly<Record<string, string>> = {
  yes: 'M3.5 8.5l3 3 6-7',
  no: 'M4 4l8 8M12 4l-8 8',
  open: 'M5 8h6',
};

/** A drawn check, cross or dash; what it means stands beside it or in its label. */
export function sign(state: 'yes' | 'no' | 'open', label?: string): SVGElement {
  return svg(
    'svg',
    {
      class: `sign ${state}`,
      viewBox: '0 0 16 16',
      role: label ? 'img' : null,
      'aria-label': label,
      'aria-hidden': label ? null : 'true',
    },
    svg('path', { d: STATE_PATHS[state] }),
  );
}

export function verdictTag(verdict: string): HTMLElement {
  return el('span.verdict', { 'data-verdict': verdict }, verdict);
}

/** A table in a box that scrolls sideways by itself, so that the page does not. */
export function tableOf(
  label: string,
  head: readonly string[],
  rows: readonly (readonly Child[])[],
  numeric: readonly number[] = [],
): HTMLElement {
  const kind = (column: number): string | null => (numeric.includes(column) ? 'number' : null);
  return el(
    'div.table-box',
    { role: 'region', 'aria-label': label, tabindex: 0 },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...head.map((text, at) => el('th', { scope: 'col', class: kind(at) }, text)))),
      el(
        'tbody',
        {},
        ...rows.map((cells) =>
          el(
            'tr',
            {},
            ...cells.map((cell, at) =>
              at === 0 ? el('th', { scope: 'row' }, cell) : el('td', { class: kind(at) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return el('section', { 'aria-labelledby': `${id}-title`, id }, el('h2', { id: `${id}-title` }, title), ...children);
}
