/** Light and dark: as the system has it until the reader says otherwise; the choice is kept where the browser allows it. */
import { el } from './dom.ts';

const KEY = 'provenonce-theme';
const CHOICES = ['auto', 'light', 'dark'] as const;
type Choice = (typeof CHOICES)[number];

/** Sent on window when the colours have changed. */
export const THEME_CHANGED = 'themechanged';

export function themeSwitch(): HTMLElement {
  const button = el('button.quiet', { type: 'button', id: 'theme' });
  const show = (choice: Choice): void => {
    if (choice === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.textContent = `Theme: ${choice}`;
    window.dispatchEvent(new Event(THEME_CHANGED));
  };
  let current = stored();
  button.addEventListener('click', () => {
    current = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length]!;
    try {
      localStorage.setItem(KEY, current);
    } catch {
      // A page opened from disk may not be allowed to keep anything.
    }
    show(current);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => show(current));
  show(current);
  return button;
}

function stored(): Choice {
  try {
    return CHOICES.find((choice) => choice === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

/** A colour of the style sheet, as a canvas takes it: of the theme that is shown. */
export function color(name: string): string {
  const probe = el('span', { hidden: true, style: `color: var(--${name})` });
  document.body.append(probe);
  const { color: value } = getComputedStyle(probe);
  probe.remove();
  return value;
}

export function fontFamily(): string {
  return getComputedStyle(document.body).fontFamily;
}
