import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CLOSED_WINDOWS_MIN, demoChecks, passes } from './demo-checks.ts';
import { endingJson, endingText } from './demo-ending.ts';
import type { DemoFacts } from './demo-facts.ts';
import type { StoryResult } from './demo-story.ts';
import type { Survived } from './survived.ts';
import { FACTS, STORY } from './testing/passing-demo.ts';

const plain = (text: string): string => stripVTControlCharacters(text);
const failing = (facts: Partial<DemoFacts>, survived: Partial<Survived> = {}, acked = STORY.sent.acked): string[] =>
  demoChecks({ ...FACTS, ...facts }, { ...STORY.sent, acked }, { ...STORY.survived, ...survived })
    .filter(({ pass }) => !pass)
    .map(({ what, detail }) => `${what}: ${detail}`);

test('a run in order passes every check', () => {
  expect(failing({})).toEqual([]);
});

test('no checks are no pass', () => {
  expect(passes([])).toBe(false);
});

describe('each check can fail, and says what it saw', () => {
  const [day] = FACTS.days;
  const [partition] = FACTS.partitions;
  test.for<[string, Partial<DemoFacts>, string]>([
    [
      'a day with duplicates',
      { days: [{ ...day!, pass: false, status: 'FAIL - DUPLICATES DETECTED' }] },
      'reconciliation, every day: 2026-01-01: FAIL - DUPLICATES DETECTED',
    ],
    ['no day at all', { days: [] }, 'reconciliation, every day: no day has a row'],
    ['an id twice', { distinctIds: 899 }, 'COUNT(DISTINCT transaction_id) = COUNT(*): 900 rows, 899 distinct ids'],
    ['no rows', { rows: 0, distinctIds: 0 }, 'COUNT(DISTINCT transaction_id) = COUNT(*): 0 rows, 0 distinct ids'],
    [
      'a cent too much',
      { storedSums: { EUR: { count: 900, amount: '1234.51' } } },
      'sums per currency equal what the producer recorded: EUR: sent 900 payments, 1234.5; stored 900 payments, 1234.51',
    ],
    [
      'a currency that nobody sent',
      { storedSums: { ...FACTS.storedSums, USD: { count: 1, amount: '1' } } },
      'sums per currency equal what the producer recorded: USD: sent 0 payments, 0; stored 1 payments, 1',
    ],
    [
      'a partition that does not add up',
      { partitions: [{ ...partition!, late: partition!.late + 1 }] },
      'consumed = accepted + duplicates + late + rejected = sent: 1,000 sent, 1,000 consumed; partition 0 does not add up',
    ],
    [
      'too few windows',
      { closedWindows: CLOSED_WINDOWS_MIN - 1 },
      'at least 100 windows closed: 99 one-minute windows',
    ],
  ])('%s', ([, facts, said]) => {
    expect(failing(facts)).toEqual([said]);
  });

  test('records that were sent and not consumed', () => {
    expect(failing({}, {}, 1_001)).toEqual([
      'consumed = accepted + duplicates + late + rejected = sent: 1,001 sent, 1,000 consumed',
    ]);
  });

  test.for<[string, Partial<Survived>]>([
    ['a crash that cut nothing short', { rowsFoundPastCheckpoint: 0, rowsNotWrittenAgain: 0 }],
    ['rows found and written again', { rowsNotWrittenAgain: 39 }],
    ['a checkpoint that was still there', { stateRebuilds: 0 }],
  ])('%s', ([, survived]) => {
    expect(failing({}, survived)).toEqual([
      expect.stringContaining('the crash cut a batch short, and the local state was really deleted'),
    ]);
  });

  test('a broken guarantee, by name; a verdict that is not PASS holds none of them up', () => {
    const finding = { kind: 'lost', partition: 0, offsets: [7], transactionIds: [], message: 'offset 7 has no row' };
    const { guarantees } = FACTS.verified;
    const broken = {
      ...FACTS.verified,
      verdict: 'FAIL',
      guarantees: { ...guarantees, G1: { holds: false, checked: true, count: 1, findings: [finding] } },
    } as const;
    expect(failing({ verified: broken })[0]).toBe(
      'G1 every record has exactly one disposition: 1 finding: offset 7 has no row',
    );
    const unknown = failing({ verified: { ...FACTS.verified, verdict: 'UNKNOWN' } });
    expect(unknown).toHaveLength(6);
    expect(unknown[5]).toContain('but the verdict of verify is UNKNOWN');
  });
});

describe('the ending', () => {
  const simulated = {
    world: 'sim',
    missing: 'Any one of these:\n  docker needs\n    - a Docker daemon',
    story: STORY,
    facts: FACTS,
    tookMs: 3_000,
  } as const;

  test('one failing check is a FAIL, in text and in JSON, with what runs it again', () => {
    const bad = { ...simulated, facts: { ...FACTS, rows: 901 } };
    const { text, pass } = endingText(bad, 80);
    expect(pass).toBe(false);
    expect(plain(text)).toMatch(/^FAIL {2}in 3 s, in the SIMULATED WORLD \(seed 42\)$/m);
    expect(plain(text)).toContain('--world sim --seed 42 --events 1000');
    const json = endingJson(bad);
    expect(json.pass).toBe(false);
    expect(JSON.parse(json.text)).toMatchObject({ verdict: 'FAIL', world: 'sim', infra: null });
  });

  test('a pass in the simulated world says where it was, and what would make it real', () => {
    const { text, pass } = endingText(simulated, 80);
    expect(pass).toBe(true);
    expect(plain(text)).toMatch(/^PASS {2}in 3 s, in the SIMULATED WORLD/m);
    expect(plain(text)).toContain('This ran in the simulated world');
    expect(plain(text)).toContain('    - a Docker daemon');
    expect(plain(text).replaceAll(/\s+/g, ' ')).toContain('no measure of speed');
  });

  test('a pass on real parts names the way, and a rate', () => {
    const { text } = endingText(
      { world: 'real', infra: 'native', sink: 'bigquery', story: STORY, facts: FACTS, tookMs: 40_000 },
      80,
    );
    expect(plain(text)).toMatch(/^PASS {2}in 40 s, on native infra$/m);
    expect(plain(text)).toContain('100/s');
    expect(text).not.toMatch(/simulated/i);
  });

  test('a pass on Delta tables says where they stay, and how to look at them', () => {
    const tables = '/lake/payment_data';
    const survived = { ...STORY.survived, rowsFoundPastCheckpoint: undefined };
    const ending = { world: 'real', infra: 'native', sink: 'delta', tables, facts: FACTS, tookMs: 40_000 } as const;
    const { text, pass } = endingText({ ...ending, story: { ...STORY, survived } }, 80);
    expect(pass).toBe(true);
    expect(plain(text)).toMatch(/^PASS {2}in 40 s, on native infra, in Delta Lake$/m);
    expect(plain(text)).toContain("delta_scan('/lake/payment_data/payment_transactions')");
    expect(plain(text).replaceAll(/\s+/g, ' ')).toContain('rows past the checkpoint were there, and not written again');
    const nothingKept = { ...STORY, survived: { ...survived, rowsNotWrittenAgain: 0 } };
    expect(endingText({ ...ending, story: nothingKept }, 80).pass).toBe(false);
    expect(JSON.parse(endingJson({ ...ending, story: STORY }).text)).toMatchObject({ sink: 'delta', tables });
  });

  test.for([60, 80, 100, 200])('no line is wider than %d columns, and no word is cut', (width) => {
    const story: StoryResult = {
      ...STORY,
      survived: { ...STORY.survived, rowsFoundPastCheckpoint: 1_234_567, rowsNotWrittenAgain: 1_234_567 },
    };
    const big = {
      ...FACTS,
      days: [
        {
          ...FACTS.days[0]!,
          totalRows: 12_345_678,
          backfilledRows: 0,
          uniqueTransactions: 12_345_678,
          totalAmount: '123456789012.123456789',
        },
      ],
    };
    const { text } = endingText({ ...simulated, story, facts: big }, width);
    const wide = plain(text)
      .split('\n')
      .filter((line) => line.length > width);
    expect(wide).toEqual([]);
    const words = (of: string): string[] => plain(of).split(/\s+/);
    const all = new Set(words(endingText({ ...simulated, story, facts: big }, 1_000).text));
    // A table that does not fit names its columns in each block.
    const cut = words(text).filter((word) => !all.has(word) && !all.has(word.replace(/:$/, '')));
    expect(cut).toEqual([]);
  });
});
