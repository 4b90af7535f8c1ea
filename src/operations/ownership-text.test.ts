import { expect, test } from 'vitest';
import { type HeldPartition, ownershipText, standsStill } from './ownership-text.ts';

const held = (partition: number, change: Partial<HeldPartition> = {}): HeldPartition => ({
  partition,
  epoch: 3,
  owner: 'payment-processor-0-17-3f9ab2c1',
  claimedAtMs: Date.UTC(2026, 10, 22, 21, 57, 3),
  startOffset: 0,
  nextOffset: 3_259,
  checkpointAgeS: 4,
  behind: 0,
  ...change,
});

test('partitions are listed below their owner, in 80 columns for any numbers', () => {
  const text = ownershipText([
    held(0),
    held(1, { nextOffset: 999_999_999_999, behind: 88_888_888, checkpointAgeS: 90_000_000 }),
    held(2, { owner: 'payment-processor-1-9-00aa11bb' }),
    held(3, { epoch: 0, owner: '', checkpointAgeS: null, behind: null, nextOffset: 0 }),
  ]);
  expect(text).toBe(
    [
      'payment-processor-0-17-3f9ab2c1',
      'partition  epoch              since     next offset      behind  checkpoint',
      '        0      3  2026-11-22 21:57Z           3,259           0     4 s ago',
      '      ! 1      3  2026-11-22 21:57Z 999,999,999,999  88,888,888  1042 d ago',
      '',
      'payment-processor-1-9-00aa11bb',
      'partition  epoch              since     next offset      behind  checkpoint',
      '        2      3  2026-11-22 21:57Z           3,259           0     4 s ago',
      '',
      'taken by nobody yet',
      'partition  epoch              since     next offset      behind  checkpoint',
      '        3      0                  -               0           -        none',
      '',
      'Behind, and without a checkpoint for 120 s: 1.',
      '/readyz and partition.stopped in the log of the owner say why (docs/runbook.md).',
    ].join('\n'),
  );
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('where the columns do not fit, each partition is a block', () => {
  const text = ownershipText([held(0), held(1, { owner: 'b', behind: 7, checkpointAgeS: 500 })], 60);
  expect(text.split('\n').slice(0, 8)).toEqual([
    'payment-processor-0-17-3f9ab2c1',
    'partition: 0',
    '  epoch: 3',
    '  since: 2026-11-22 21:57Z',
    '  next offset: 3,259',
    '  behind: 0',
    '  checkpoint: 4 s ago',
    '',
  ]);
  expect(text).toContain('\nb\npartition: ! 1\n');
});

test('a partition stands still when it is behind and its last checkpoint is old, or missing', () => {
  expect(standsStill(held(0, { behind: 1, checkpointAgeS: 121 }))).toBe(true);
  expect(standsStill(held(0, { behind: 1, checkpointAgeS: null }))).toBe(true);
  expect(standsStill(held(0, { behind: 1, checkpointAgeS: 5 }))).toBe(false);
  expect(standsStill(held(0, { behind: 0, checkpointAgeS: 1e9 }))).toBe(false);
  expect(standsStill(held(0, { behind: null, checkpointAgeS: 1e9 }))).toBe(false);
});
