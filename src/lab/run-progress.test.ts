import { expect, test } from 'vitest';
import { RunProgress } from './run-progress.ts';

function watched(columns: number | undefined) {
  let nowMs = 0;
  let written = '';
  const progress = new RunProgress({ write: (text) => (written += text), nowMs: () => nowMs, columns });
  return { progress, tick: (ms: number) => (nowMs += ms), written: () => written };
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
  const { progress, tick, written } = watched(undefined);
  const watch = progress.begin('a', 'something breaks');
  tick(1_500);
  watch.news('fault: network.cut');
  watch.end(REPORT);
  expect(written().split('\n')).toEqual([
    'a: something breaks',
    'a:   1.5 s  fault: network.cut',
    'a:   1.5 s  UNKNOWN',
    'a:          no fault',
    '',
  ]);
});

test('on a terminal the last line says what runs, how far it is and what is broken, and fits', () => {
  const { progress, written } = watched(80);
  progress.begin('a', 't').follow(() => ({ sent: 10, checkpointed: 4, broken: ['network.cut'] }));
  progress.begin('b', 't');
  progress.refresh();
  const last = written().split('\x1b[K').at(-1)!;
  expect(last).toBe('a: 10 sent, 4 checkpointed, now: network.cut  |  b: starting');
  progress.begin('c'.repeat(100), 't');
  progress.refresh();
  expect(written().split('\x1b[K').at(-1)!.length).toBe(79);
});
