/** The page in a real browser, opened from disk: what it asks for, how it is worked by keyboard, how it holds up under size. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeReport } from './report.ts';
import { startBrowser } from './testing/browser.ts';
import { writeMadeSuite } from './testing/made-run.ts';

const WIDE = { width: 1400, height: 900 };
const NARROW = { width: 420, height: 800 };
const VIEWS = ['#/', '#/run/made-up-1', '#/run/broke-off-1', '#/mutants'];
const CONTRAST_MIN = 4.5;

let folder: string;
let browser: Browser;
const files = { small: '', large: '' };

beforeAll(async () => {
  browser = await startBrowser();
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-page-'));
  const mutantsFile = path.join(folder, 'mutants.json');
  const row = { name: 'no-finalize', guarantee: 'G1', anomaly: 'row_twice', killed: true, killedBy: 'G1', runs: 3 };
  await writeFile(
    mutantsFile,
    JSON.stringify({
      mutants: [row, { ...row, name: 'survivor', killed: false, killedBy: null }, { ...row, scenario: 'zombie' }],
    }),
  );
  const sizes = {
    small: { records: 400, batches: 60, verdict: 'FAIL' },
    large: { records: 100_000, batches: 17_000 },
  } as const;
  for (const name of ['small', 'large'] as const) {
    const suite = await writeMadeSuite(path.join(folder, name), sizes[name]);
    files[name] = path.join(suite, 'report.html');
    await makeReport({ folder: suite, out: files[name], mutantsFiles: [mutantsFile] });
  }
});

afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Runs the test on the page; then nothing may have gone wrong in it, and nothing been asked of a network. */
async function withPage(
  file: string,
  hash: string,
  act: (page: Page) => Promise<void>,
  options: BrowserContextOptions = { viewport: WIDE },
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('request', (request) => request.url().startsWith('file:') || wrong.push(`asked for ${request.url()}`));
    await page.goto(`${pathToFileURL(file)}${hash}`);
    await page.waitForSelector('html[data-ready]');
    await act(page);
    expect(wrong).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Of an element in the page. */
const number = (page: Page, code: string): Promise<number> => page.evaluate(code) as Promise<number>;

describe('what it shows', () => {
  test('a verdict per scenario and guarantee, and what became of a run that left nothing', () =>
    withPage(files.small, '#/', async (page) => {
      expect(await page.locator('h1').textContent()).toBe('0 of 2 runs passed, 1 FAIL, 1 UNKNOWN');
      const rows = await page.locator('tbody tr').allInnerTexts();
      expect(rows).toHaveLength(2);
      expect(await page.getByLabel('G1 one disposition: broken: 3 findings, at stake').count()).toBe(1);
      expect(rows[1]).toContain('it left no run.json');
      await page.getByRole('link', { name: 'broke-off', exact: true }).click();
      await page.getByText('Nothing to show').waitFor();
    }));

  test('a reason as one sentence, and the raw lines that go with it folded away', () =>
    withPage(files.small, '#/run/made-up-1', async (page) => {
      const lines = page.locator('.problems pre');
      expect(await lines.isVisible()).toBe(false);
      await page.getByText('Last lines of the processes').click();
      expect(await lines.textContent()).toBe('--- alpha:\n{"event":"last"}');
    }));

  test('mutants, by scenarios on real parts and by cases, those that survived first', () =>
    withPage(files.small, '#/mutants', async (page) => {
      expect(await page.locator('h1').textContent()).toBe('2 of 3 mutants caught');
      expect(await page.locator('tbody th').allInnerTexts()).toEqual(['no-finalize', 'survivor', 'no-finalize']);
      const worlds = ['On real parts: 1 of 1', 'In the simulated world: 1 of 2'];
      expect(await page.locator('h2').allInnerTexts()).toEqual(worlds);
    }));

  test('a timeline with a lane per processor and partition, the fault, and curves below it', () =>
    withPage(files.small, '#/run/made-up-1', async (page) => {
      const names = "[...document.querySelectorAll('.timeline .name')].map((name) => name.firstChild.data)";
      const partitions = ['partition 0', 'partition 1'];
      expect(await page.evaluate(names)).toEqual(['f1 crash', 'alpha', ...partitions, 'beta', ...partitions]);
      expect(await page.locator('.timeline .band').count()).toBe(1);
      expect(await page.locator('.chart canvas').count()).toBe(4);
      expect(await page.locator('.timeline').getAttribute('aria-label')).toContain('alpha held partition 0 as epoch 1');
      expect(await page.locator('#checks li').first().textContent()).toContain('<script>alert(1)</script>');
    }));
});

describe('by keyboard', () => {
  test('the first stop skips to the content; arrow keys move between the tabs', () =>
    withPage(files.small, '#/', async (page) => {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.className')).toBe('skip');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('content');
      await page.getByRole('tab', { name: 'Scenarios' }).focus();
      await page.keyboard.press('ArrowRight');
      await page.locator('#timeline').waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe('tab-run');
      await page.keyboard.press('End');
      await page.getByText('2 of 3 mutants caught').waitFor();
      expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Mutants');
    }));

  test('a transaction is found and its life told, from the search field on', () =>
    withPage(files.small, '#/run/made-up-1', async (page) => {
      await page.locator('#life-search').fill('txn-7-000000009');
      await page.keyboard.press('Enter');
      await page.locator('.steps li').first().waitFor();
      const steps = await page.locator('.steps li b').allInnerTexts();
      expect(steps).toEqual([
        'In Kafka: partition 1, offset 4',
        'Folded',
        'Written and visible: payment_transactions',
        'Below a checkpoint',
      ]);
      expect(await page.locator('.story').textContent()).toContain('written by epoch 1');
      expect(await page.locator('.story').textContent()).toContain('Other records of this transaction');
      expect(await page.locator('.timeline .moment').count()).toBe(4);
      await page.locator('#life-search').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      expect(await page.locator('#records-list [aria-selected=true]').textContent()).toContain('duplicate');
    }));

  test('an address can name a place, and one from before a crash was compared by the next owner', () =>
    withPage(files.small, '#/run/made-up-1', async (page) => {
      await page.getByRole('button', { name: 'written before a takeover' }).click();
      expect(await page.locator('.steps li b').allInnerTexts()).toContain('Folded again and compared');
      const place = await page.locator('#life-search').inputValue();
      await page.evaluate(`location.hash = '#/run/made-up-1/${place}'`);
      await page.locator('.steps li[data-kind=compared]').waitFor();
    }));

  test('the timeline moves and zooms by keys', () =>
    withPage(files.small, '#/run/made-up-1', async (page) => {
      const shown = page.locator('#timeline .shown');
      expect(await shown.textContent()).toBe('0.000 s to 1 m 00.0 s');
      await page.locator('.timeline').focus();
      for (const [key, text] of [
        ['+', '11.250 s to 48.750 s'],
        ['ArrowRight', '18.750 s to 56.250 s'],
        ['0', '0.000 s to 1 m 00.0 s'],
      ] as const) {
        await page.keyboard.press(key);
        expect(await shown.textContent()).toBe(text);
      }
    }));

  test('every element that has the focus shows it', () =>
    withPage(files.small, '#/run/made-up-1', async (page) => {
      for (let stop = 0; stop < 24; stop++) {
        await page.keyboard.press('Tab');
        const style = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
        expect(style, await page.evaluate<string>('document.activeElement.outerHTML.slice(0, 120)')).not.toBe('none');
      }
    }));
});

describe('colours', () => {
  const CONTRASTS = `(() => {
    const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const probe = document.body.appendChild(document.createElement('i'));
    const light = (name) => {
      probe.style.color = 'var(--' + name + ')';
      const [r, g, b] = getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number).map(channel);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ['ink', 'quiet', 'link', 'good', 'bad', 'unsure'].flatMap((text) =>
      ['paper', 'raised', 'hover'].map((ground) => [text + ' on ' + ground, ratio(light(text), light(ground))]));
  })()`;

  test.each(['light', 'dark'] as const)('text stands out in %s', (colorScheme) =>
    withPage(
      files.small,
      '#/',
      async (page) => {
        const contrasts = (await page.evaluate(CONTRASTS)) as [string, number][];
        expect(contrasts.filter(([, ratio]) => ratio < CONTRAST_MIN)).toEqual([]);
      },
      { viewport: WIDE, colorScheme },
    ),
  );

  test('the theme follows the system until it is switched, and the choice is kept', () =>
    withPage(files.small, '#/', async (page) => {
      const paper = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const [light, dark] = ['rgb(252, 252, 250)', 'rgb(20, 22, 24)'];
      expect(await paper()).toBe(light);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await paper()).toBe(dark);
      await page.locator('#theme').click();
      expect(await paper()).toBe(light);
      await page.locator('#theme').click();
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await paper()).toBe(dark);
      await page.reload();
      await page.waitForSelector('html[data-ready]');
      expect(await paper()).toBe(dark);
    }));
});

describe('size', () => {
  test.each(VIEWS)('%s fits a small screen', (hash) =>
    withPage(
      files.small,
      hash,
      async (page) => {
        expect(await number(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(NARROW.width);
      },
      { viewport: NARROW },
    ),
  );

  test('100,000 events are a bounded number of elements, and the last is a key away', () =>
    withPage(files.large, '#/run/made-up-1', async (page) => {
      expect(await number(page, "document.querySelectorAll('*').length")).toBeLessThan(1_500);
      const list = page.locator('#events-list');
      await list.focus();
      await page.keyboard.press('End');
      const last = page.locator('#events-list [aria-selected=true]');
      expect(Number(await last.getAttribute('aria-posinset'))).toBeGreaterThan(99_000);
      expect(await last.getAttribute('aria-posinset')).toBe(await last.getAttribute('aria-setsize'));
      expect(await page.locator('#events-list .row').count()).toBeLessThan(60);
    }));

  test('scrolling through them is smooth', () =>
    withPage(files.large, '#/run/made-up-1', async (page) => {
      // Half of the frames within two of a 60 Hz screen: a list that drew every row would take seconds for each.
      const frames = (await page.evaluate(`new Promise((resolve) => {
        const list = document.getElementById('events-list');
        const times = [];
        const step = (at) => {
          times.push(at);
          list.scrollTop += 1900;
          if (times.length > 60) resolve(times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b));
          else requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      })`)) as number[];
      expect(frames[30]).toBeLessThan(34);
    }));
});
