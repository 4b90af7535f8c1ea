/**
 * The ending of a demo, as text and as JSON: tables, what was survived, checks, verdict, and the world of the run.
 * Pure.
 */
import pc from 'picocolors';
import type { InfraWay } from '../infra/types.ts';
import type { SinkName } from '../lab/sink-names.ts';
import { demoChecks, passes } from './demo-checks.ts';
import type { DemoFacts } from './demo-facts.ts';
import type { StoryResult } from './demo-story.ts';
import { checksText, factsText, survivedText, verdictText } from './demo-text.ts';
import { exploreText } from './explore-tables.ts';
import { wrapped } from './text-layout.ts';

interface Common {
  readonly story: StoryResult;
  readonly facts: DemoFacts;
  /** Real time of the whole demo. */
  readonly tookMs: number;
}

export interface RealEnding extends Common {
  readonly world: 'real';
  readonly infra: InfraWay;
  readonly sink: SinkName;
  /** Folder of Delta tables. */
  readonly tables?: string;
}

export interface SimulatedEnding extends Common {
  readonly world: 'sim';
  /** How to make real runs possible, in the doctor's words; undefined if simulation was asked for. */
  readonly missing: string | undefined;
}

export type DemoEnding = RealEnding | SimulatedEnding;

export interface Told {
  readonly text: string;
  readonly pass: boolean;
}

const WHAT_IS_SIMULATED =
  'the same processor code, append client and protocol, on a simulated broker and a simulated BigQuery, in virtual time and in this one process. Nothing real was started or contacted.';

/** The top of a simulated demo. `forced`: real parts are not available. */
export function simulatedText(forced: boolean, width: number): string {
  const why = forced
    ? 'This machine has no Kafka broker or BigQuery emulator, so the demo runs in the SIMULATED WORLD:'
    : 'The demo runs in the SIMULATED WORLD, as asked:';
  const later = forced ? ' The end of the output says how to make it real.' : '';
  return wrapped(`${why} ${WHAT_IS_SIMULATED}${later}`, 0, width).join('\n');
}

export function endingText(ending: DemoEnding, width: number): Told {
  const { story, facts, tookMs, world } = ending;
  const checks = demoChecks(facts, story.sent, story.survived);
  const pass = passes(checks);
  const time = world === 'sim' ? 'virtual' : 'real';
  const where =
    world === 'sim'
      ? `in the SIMULATED WORLD (seed ${story.sent.plan.seed})`
      : `on ${ending.infra} infra${ending.sink === 'delta' ? ', in Delta Lake' : ''}`;
  return {
    pass,
    text: [
      '',
      factsText(facts, width),
      survivedText(story.survived, story.sent, story.flowMs, time, width),
      '',
      checksText(checks, width),
      '',
      `${verdictText(pass)}  in ${(tookMs / 1000).toFixed(0)} s, ${where}`,
      ...(world === 'sim' ? ['', ...howToMakeItReal(ending, width)] : []),
      ...(world === 'real' && ending.tables !== undefined ? ['', ...howToLook(ending.tables, width)] : []),
      ...(pass || world === 'real' ? [] : ['', againText(ending)]),
      '',
    ].join('\n'),
  };
}

export function endingJson(ending: DemoEnding): Told {
  const { story, facts, tookMs, world } = ending;
  const { sent, survived, flowMs } = story;
  const checks = demoChecks(facts, sent, survived);
  const pass = passes(checks);
  const document = {
    verdict: pass ? 'PASS' : 'FAIL',
    world,
    infra: world === 'real' ? ending.infra : null,
    sink: world === 'real' ? ending.sink : 'bigquery',
    ...(world === 'real' && ending.tables !== undefined ? { tables: ending.tables } : {}),
    missing: world === 'sim' ? (ending.missing ?? null) : null,
    seed: sent.plan.seed,
    checks,
    sent: sent.acked,
    survived,
    flowMs,
    tookMs,
  };
  return { pass, text: `${JSON.stringify(document, null, 2)}\n` };
}

/** Tables in a folder stay after the demo. */
function howToLook(tables: string, width: number): string[] {
  return [...wrapped(`The Delta tables stay in ${tables}. Look at them:`, 0, width), ...exploreText(tables)];
}

function howToMakeItReal({ missing }: SimulatedEnding, width: number): string[] {
  const said = `This ran in the simulated world: ${WHAT_IS_SIMULATED}`;
  if (missing === undefined) {
    const hint =
      'Without --world sim it uses real parts if they are available; `npm run provenonce -- doctor` lists them.';
    return wrapped(`${said} ${hint}`, 0, width);
  }
  return [...wrapped(said, 0, width), '', ...missing.split('\n').flatMap((line) => indented(line, width))];
}

/** Wraps a line of the doctor's, indented to the start of its text. */
function indented(line: string, width: number): string[] {
  const [lead = ''] = /^\s*(?:- )?/.exec(line) ?? [];
  const lines = wrapped(line.slice(lead.length), lead.length, width);
  return lines.map((text, i) => (i === 0 ? lead + text.trimStart() : text));
}

function againText({ story: { sent } }: DemoEnding): string {
  const { seed, count, ratePerSecond } = sent.plan;
  return `${pc.bold('Run it again:')} npm run demo -- --world sim --seed ${seed} --events ${count} --rate ${ratePerSecond}`;
}
