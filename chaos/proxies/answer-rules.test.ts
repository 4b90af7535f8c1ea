import { expect, test } from 'vitest';
import { AnswerRules } from './answer-rules.ts';

/** Rules about words; a fault is the name of its rule. */
function rules() {
  const all = new AnswerRules<string, { word: string; which: { nth?: number; times?: number }; fault: string }>();
  const ask = (word: string) => all.meant((rule) => rule.word === word);
  return { all, ask };
}

test('a rule means the n-th request that it is about, and as many as it says', () => {
  const { all, ask } = rules();
  all.add({ word: 'a', which: { nth: 2, times: 2 }, fault: 'f' });
  expect(['a', 'b', 'a', 'a', 'a'].map((word) => ask(word)?.fault)).toEqual([
    undefined,
    undefined,
    'f',
    'f',
    undefined,
  ]);
});

test('a rule whose request was lost to something else means the next one', () => {
  const { all, ask } = rules();
  all.add({ word: 'a', which: { nth: 2 }, fault: 'f' });
  ask('a');
  ask('a')?.missed();
  expect([ask('b')?.fault, ask('a')?.fault, ask('a')?.fault]).toEqual([undefined, 'f', undefined]);
});

test('of two rules that mean one request the second means the next one', () => {
  const { all, ask } = rules();
  for (const fault of ['f', 'g']) all.add({ word: 'a', which: {}, fault });
  expect([ask('a')?.fault, ask('a')?.fault, ask('a')?.fault]).toEqual(['f', 'g', undefined]);
});

test('a rule that was taken away means no request, also what it missed', () => {
  const { all, ask } = rules();
  const { stop } = all.add({ word: 'a', which: {}, fault: 'f' });
  const meant = ask('a');
  stop();
  meant?.missed();
  expect(ask('a')).toBeUndefined();
});
