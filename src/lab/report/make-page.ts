/**
 * Makes the page: one HTML file that holds everything it shows, needs no network, and says so to the browser (its content
 * security policy allows no request). Runs are deflated one by one and unpacked when they are looked at, so that a page of
 * many runs opens as fast as a page of one.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { ownCodePath } from '../../base/own-code.ts';
import { GUARANTEES, type Guarantee } from '../../checks/findings.ts';
import { inlineModules } from './inline-modules.ts';
import type { GuaranteeCell, PageIndex, RunPayload, RunSummary } from './model/page-data.ts';
import type { FoundRun, FoundSuite } from './read-artifacts.ts';
import { runPayload } from './run-payload.ts';

export interface PageOptions {
  readonly found: FoundSuite;
  readonly mutants: PageIndex['mutants'];
  readonly onRun?: (name: string) => void;
}

const PAGE = path.join(import.meta.dirname, 'page');
/** In the order in which they override each other. */
const STYLES = ['theme', 'page', 'timeline', 'lists', 'narrow'];
const deflate = promisify(deflateRaw);

export async function makePage({ found, mutants, onRun }: PageOptions): Promise<string> {
  const summaries: RunSummary[] = [];
  const blobs: string[] = [];
  for (const one of found.runs) {
    onRun?.(one.entry.scenario);
    const payload = one.run === null ? null : await runPayload(one.run);
    const summary = summarize(one, payload);
    summaries.push(summary);
    if (payload !== null) blobs.push(await packed(`run-${summary.id}`, payload));
  }
  const { format: _format, runs: _runs, ...suite } = found.suite;
  const index: PageIndex = { suite, runs: summaries, mutants };
  return html(await packed('index', index), blobs);
}

function summarize({ entry, run, unreadable }: FoundRun, payload: RunPayload | null): RunSummary {
  const { scenario, verdict, repeat, tookMs } = entry;
  const atStake = new Set(run?.run.scenario.guarantees ?? []);
  const verify = payload?.verify ?? null;
  const saidBroken = new Set(verdict === 'FAIL' ? (run?.run.problems ?? []).flatMap(guaranteeOf) : []);
  const cell = (guarantee: Guarantee): GuaranteeCell => {
    const count = Math.max(verify?.guarantees[guarantee].count ?? 0, saidBroken.has(guarantee) ? 1 : 0);
    const isChecked = verify !== null && verify.verdict !== 'NODATA';
    return { count, atStake: atStake.has(guarantee), state: count > 0 ? 'broken' : isChecked ? 'held' : 'unchecked' };
  };
  return {
    id: `${scenario}-${repeat}`,
    scenario,
    title: run?.run.scenario.title ?? '',
    repeat,
    verdict,
    tookMs,
    guarantees: Object.fromEntries(GUARANTEES.map((each) => [each, cell(each)])) as RunSummary['guarantees'],
    unreadable,
  };
}

/** A run has checks of its own beside verify: SQL for G2, and the sums of what was sent for G3. */
function guaranteeOf(problem: string): Guarantee[] {
  if (problem.startsWith('the sums:')) return ['G3'];
  return GUARANTEES.filter((guarantee) => problem.startsWith(`${guarantee}:`));
}

/** Deflated JSON in base64, as an element of the page. */
async function packed(id: string, value: unknown): Promise<string> {
  const bytes = await deflate(Buffer.from(JSON.stringify(value)), { level: 9 });
  return `<script type="text/plain" id="${id}">${bytes.toString('base64')}</script>`;
}

async function html(index: string, blobs: readonly string[]): Promise<string> {
  const uplot = path.dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const [charts, chartsCss, css, code] = await Promise.all([
    readFile(path.join(uplot, 'dist', 'uPlot.iife.min.js'), 'utf8'),
    readFile(path.join(uplot, 'dist', 'uPlot.min.css'), 'utf8'),
    styles(),
    inlineModules(ownCodePath('./page/main.ts', import.meta.url)),
  ]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>ProvenOnce lab report</title>
<style>${chartsCss}
${css}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div id="page"><noscript>This page draws itself: it needs JavaScript, and nothing from a network.</noscript></div>
${index}
${blobs.join('\n')}
<script>${inScript(withoutLinks(charts))}</script>
<script type="module">
${inScript(code)}
</script>
</body>
</html>
`;
}

async function styles(): Promise<string> {
  const texts = await Promise.all(STYLES.map((name) => readFile(path.join(PAGE, 'styles', `${name}.css`), 'utf8')));
  return texts.join('');
}

/** Nothing in it may end the element it stands in. */
function inScript(code: string): string {
  return code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

/** The library's banner names its home; the page names no place outside itself. */
function withoutLinks(code: string): string {
  return code.replace(/https?:\/\/(?=github\.com\/)/g, '');
}
