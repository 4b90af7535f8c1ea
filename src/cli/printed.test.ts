/** Ids, reasons and names that try to forge a line or move the cursor, through every maker of text. */
import { Writable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConfigurationError, ContradictionError } from '../base/errors.ts';
import { reconciliationTable } from '../checks/by-sql/reconcile.ts';
import type { VerifyReport } from '../checks/verify.ts';
import { verifyText } from '../checks/verify-text.ts';
import { needText } from '../conformance/conformance-text.ts';
import { checksText } from '../demo/demo-text.ts';
import { FACTS, STORY } from '../demo/testing/passing-demo.ts';
import { columns, wrapped } from '../demo/text-layout.ts';
import { verdictText } from '../lab/explore/story.ts';
import { createLogger } from '../observability/logger.ts';
import { backfillText } from '../operations/backfill/backfill-text.ts';
import { ownershipText } from '../operations/ownership-text.ts';
import { rescaleText } from './commands/rescale.ts';
import { summaryText } from './commands/simulate.ts';
import { skipText } from './commands/skip.ts';
import { failWith } from './exit.ts';
import { complain, print, printJson, styledText, tell } from './print.ts';
import { tableText } from './table-text.ts';

const HOSTILE = 'x\u001b[2J\r\nPASS\nholds  G1 \u009b31m\u202eevil';

const STYLES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

const finding = { kind: 'lost', partition: 0, offsets: [1], transactionIds: [HOSTILE], message: HOSTILE };
const broken = {
  holds: false,
  checked: true,
  count: 1,
  findings: [{ ...finding, expected: HOSTILE, actual: HOSTILE }],
};
const report: VerifyReport = {
  ...FACTS.verified,
  topic: HOSTILE,
  verdict: 'FAIL',
  guarantees: { G1: broken, G2: broken, G3: broken, G4: broken, G5: broken, G6: broken },
  trusted: [HOSTILE],
  conditions: [HOSTILE],
  skipped: [HOSTILE],
  unknown: [HOSTILE],
};
const held = { partition: 0, epoch: 1, owner: HOSTILE, claimedAtMs: 0, startOffset: 0, nextOffset: 1 };
const order = { topic: HOSTILE, partition: 0, from: 1, to: 2, reason: HOSTILE, by: HOSTILE, removeRows: false };
const skipPlan = {
  order,
  log: { startOffset: 0, endOffset: 9 },
  checkpointOffset: 1,
  resumeOffset: 1,
  skipped: [],
  isDone: false,
  removesRows: false,
  warnings: [HOSTILE],
};
const rescalePlan = {
  order: { topic: HOSTILE, partitions: 4, by: HOSTILE, producersStopped: true },
  from: 2,
  topicPartitions: 2,
  boundaries: [],
  floorMs: 0,
  isDone: false,
};
const backfill = {
  dryRun: false,
  looked: 1,
  added: 1,
  sums: { [HOSTILE]: { count: 1, amount: '1' } },
  addedRecords: [{ partition: 0, offset: 1, transactionId: HOSTILE }],
  leftOut: { backfilled: 0, present: 0, conflict: 0, copy: 0, unreadable: 1 },
  leftOutRecords: [{ partition: 0, offset: 1, transactionId: HOSTILE, why: 'unreadable', detail: HOSTILE }],
  notCheckpointed: 0,
  unfinished: false,
};
const need = { name: 'n', statement: HOSTILE, basis: 'b', state: 'fails', detail: HOSTILE, tookMs: 1 };
const day = { ...FACTS.days[0]!, date: HOSTILE, status: HOSTILE };
const outcome = {
  verdict: 'FAIL',
  failures: [{ guarantee: 'G1', kind: 'lost', message: HOSTILE }],
  unknown: [HOSTILE],
};

const MAKERS: Readonly<Record<string, () => string>> = {
  verify: () => verifyText(report),
  ownership: () => ownershipText([{ ...held, checkpointAgeS: null, behind: null }]),
  skip: () => skipText(skipPlan as unknown as Parameters<typeof skipText>[0], false),
  rescale: () => rescaleText(rescalePlan as unknown as Parameters<typeof rescaleText>[0], false),
  'rescale, again': () =>
    rescaleText({ ...rescalePlan, isDone: true } as unknown as Parameters<typeof rescaleText>[0], false),
  backfill: () => backfillText(backfill as unknown as Parameters<typeof backfillText>[0]),
  conformance: () => needText(need as unknown as Parameters<typeof needText>[0]),
  reconcile: () => {
    const { head, rows } = reconciliationTable({ verdict: 'FAIL', days: [day] });
    return tableText(head, rows);
  },
  simulate: () => summaryText(HOSTILE, { ...STORY.sent, expectedSums: { [HOSTILE]: { count: 1, amount: '1' } } }),
  'demo, checks': () => checksText([{ what: 'sums', pass: false, detail: HOSTILE }], 40),
  'demo, tables': () => columns(['a'], [[HOSTILE]]).join('\n'),
  'demo, paragraphs': () => wrapped(HOSTILE, 2, 80).join('\n'),
};

test.each(Object.entries(MAKERS))('%s shows what is hostile as text', (_, make) => {
  const text = make();
  // Except for styles of the demo's own.
  const bare = text.replaceAll(STYLES, '');
  expect(bare).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(bare.split('\n').filter((line) => /^(?:PASS|holds)/.test(line))).toEqual([]);
  expect(bare).toContain('\\u001b[2J');
});

test('a story keeps findings of several lines apart from its own', () => {
  const story = verdictText(outcome as unknown as Parameters<typeof verdictText>[0]);
  expect(
    story
      .split('\n')
      .slice(1)
      .every((line) => line.startsWith('  ')),
  ).toBe(true);
  expect(story).not.toMatch(/[^\P{Cc}\n]/u);
});

describe('the streams', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  const catchAll = (): string[] => {
    const written: string[] = [];
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        written.push(String(text));
        return true;
      });
    return written;
  };

  test('let nothing unprintable through, even if a maker of text forgot to escape it', () => {
    const written = catchAll();
    for (const write of [print, tell, complain]) write(HOSTILE);
    printJson({ id: HOSTILE });
    failWith(new ContradictionError('rows_differ', HOSTILE));
    failWith(new ConfigurationError([HOSTILE, HOSTILE]));
    failWith(new Error(HOSTILE));
    vi.restoreAllMocks();
    expect(written.length).toBe(8);
    for (const text of written) expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  test('move in every line of an error but the first', () => {
    const written = catchAll();
    failWith(new ContradictionError('rows_differ', 'partition 0\nPASS'));
    vi.restoreAllMocks();
    expect(written.join('')).toBe('rows_differ: partition 0\n  PASS\n');
  });

  test('take styles, and nothing else that begins so', () => {
    expect(styledText('\u001b[1mbold\u001b[22m \u001b[2J\r\u001b[2K\n')).toBe(
      '\u001b[1mbold\u001b[22m \\u001b[2J\\r\\u001b[2K\n',
    );
  });
});

test('a log on a terminal shows one line for one event', () => {
  let written = '';
  const destination = new Writable({
    write(chunk, _, done) {
      written += String(chunk);
      done();
    },
  });
  const logger = createLogger({ level: 'info', format: 'pretty', base: {}, destination, nowMs: () => 0 });
  logger.info({ event: HOSTILE, id: HOSTILE, [HOSTILE]: 1 });
  const bare = written.replaceAll(STYLES, '');
  expect(bare.trimEnd().split('\n')).toHaveLength(1);
  expect(bare).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
});
