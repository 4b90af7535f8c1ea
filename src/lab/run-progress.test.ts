import { expect, test } from 'vitest';
import { RunProgress } from './run-progress.ts';

function watched(isTerminal: boolean) {
  let nowMs = 0;
  const lines: string[] = [];
  const states: string[] = [];
  const progress = new RunProgress({
    say: (line) => lines.push(line),
    ...(isTerminal ? { showStatus: (line: string) => states.push(line) } : {}),
    nowMs: () => nowMs,
  });
  return { progress, tick: (ms: number) => (nowMs += ms), lines, states };
}

const REPORT = {
  name: 'a',
  verdict: 'UNKNOWN',
  problems: ['no fault'],
  bits: [],
  broke: [],
  stops: [],
  seed: 1,
  tookMs: 1,
} as const;

test('without a terminal there are lines: what is done, when, and how it ended', () => {
  const { progress, tick, lines } = watched(false);
  const watch = progress.begin('a', 'something breaks');
  tick(1_500);
  watch.news('fault: network.cut');
  watch.end(REPORT);
  expect(lines).toEqual([
    'a: something breaks',
    'a:   1.5 s  fault: network.cut',
    'a:   1.5 s  UNKNOWN',
    'a:          no fault',
  ]);
});

test('on a terminal the last line says what runs, how far it is and what is broken, after every line that stays', () => {
  const { progress, lines, states } = watched(true);
  progress.begin('a', 't').follow(() => ({ sent: 10, checkpointed: 4, broken: ['network.cut'] }));
  progress.begin('b', 't');
  expect(states.length).toBe(lines.length);
  progress.refresh();
  expect(states.at(-1)).toBe('a: 10 sent, 4 checkpointed, now: network.cut  |  b: starting');
});
