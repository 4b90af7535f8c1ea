/** The page: draws the view that the address names. `#/`, `#/run/ID`, `#/run/ID/PARTITION:OFFSET`, `#/mutants`. */
import type { PageIndex } from '../model/page-data.ts';
import { placeIn } from '../model/record-table.ts';
import { el } from './dom.ts';
import { mutantsView } from './mutants-view.ts';
import { overview } from './overview.ts';
import { runView } from './run-view.ts';
import { Tabs } from './tabs.ts';
import { themeSwitch } from './theme.ts';
import { unpack } from './unpack.ts';

async function start(): Promise<void> {
  const index = await unpack<PageIndex>('index');
  let lastRun = index.runs[0]?.id ?? '';
  const tabs = new Tabs([
    { id: 'scenarios', title: 'Scenarios', href: () => '#/' },
    { id: 'run', title: 'Run', href: () => `#/run/${lastRun}` },
    { id: 'mutants', title: 'Mutants', href: () => '#/mutants' },
  ]);
  const content = el('main', { id: 'content', role: 'tabpanel', tabindex: -1 });
  const top = el('div.top', {}, el('span.brand', {}, 'ProvenOnce lab'), tabs.element, themeSwitch());
  document.getElementById('page')!.replaceChildren(top, content);
  document.querySelector('.skip')!.addEventListener('click', (event) => {
    event.preventDefault();
    content.focus();
  });

  let drawing = 0;
  const draw = async (): Promise<void> => {
    const mine = ++drawing;
    const [, view, id, place] = decodeURIComponent(location.hash.slice(1)).split('/');
    const tab = view === 'run' || view === 'mutants' ? view : 'scenarios';
    if (tab === 'run' && id !== undefined && id !== '') lastRun = id;
    tabs.show(tab);
    content.setAttribute('aria-labelledby', `tab-${tab}`);
    const shown =
      tab === 'run'
        ? await runView(index, id, placeIn(place ?? ''))
        : tab === 'mutants'
          ? mutantsView(index)
          : overview(index);
    if (mine !== drawing) return;
    content.replaceChildren(shown);
    window.scrollTo(0, 0);
    document.title = `${content.querySelector('h1')?.textContent ?? 'Report'} - ProvenOnce lab`;
  };
  window.addEventListener('hashchange', () => void draw());
  await draw();
  document.documentElement.dataset.ready = 'true';
}

start().catch((error: unknown) => {
  document.getElementById('page')!.textContent =
    `This report cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
});
