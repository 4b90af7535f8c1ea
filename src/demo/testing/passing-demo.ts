/** A small demo run that passes; each test changes the part that it tests. */
import { resolvePlan } from '../../simulator/plan.ts';
import type { DemoFacts } from '../demo-facts.ts';
import type { StoryResult } from '../demo-story.ts';

const holds = { holds: true, checked: true, count: 0, findings: [] };
const partition = { partition: 0, consumed: 1_000, accepted: 900, duplicates: 60, late: 30, rejected: 10 };

export const FACTS: DemoFacts = {
  verified: {
    verdict: 'PASS',
    topic: 'payment-events',
    guarantees: { G1: holds, G2: holds, G3: holds, G4: holds, G5: holds, G6: holds },
    partitions: [
      {
        partition: 0,
        startOffset: 0,
        nextOffset: 1_000,
        logEndOffset: 1_000,
        readFrom: 0,
        readTo: 1_000,
        recordsChecked: 1_000,
        recordsPastCheckpoint: 0,
        rowsChecked: 2_000,
        epoch: 2,
      },
    ],
    trusted: [],
    conditions: [],
    backfilled: 0,
    skipped: [],
    rejections: { rejected: 10, notPayments: 0, records: 1_000, reasons: { not_json: 10 } },
    unknown: [],
  },
  days: [
    {
      date: '2026-01-01',
      uniqueTransactions: 900,
      totalRows: 900,
      backfilledRows: 0,
      totalAmount: '1234.500000000',
      status: 'PASS',
      pass: true,
    },
  ],
  rows: 900,
  distinctIds: 900,
  storedSums: { EUR: { count: 900, amount: '1234.500000000' } },
  closedWindows: 120,
  partitions: [partition],
  fraud: [{ band: 'LOW', payments: 900, highRisk: 0, topScore: 30 }],
  duplicates: [{ date: '2026-01-01', accepted: 900, duplicates: 60, conflicts: 7 }],
};

export const STORY: StoryResult = {
  sent: {
    plan: resolvePlan({ seed: 42, count: 1_000, ratePerSecond: 100 }, 1_767_225_600_000),
    sent: 1_000,
    acked: 1_000,
    unknown: 0,
    complete: true,
    byKind: { payment: 910, duplicate: 60, late: 20, future: 4, malformed: 5, missing_key: 1 },
    byExpected: { accepted: 900, duplicate: 60, late: 30, rejected: 10 },
    expectedSums: { EUR: { count: 900, amount: '1234.5' } },
    elapsedMs: 10_000,
    eventsPerSecond: 100,
    ledgerPath: null,
  },
  survived: {
    rowsFoundPastCheckpoint: 40,
    rowsNotWrittenAgain: 40,
    takeovers: 6,
    streamsFinalized: 10,
    stateRebuilds: 1,
    idsRebuilt: 300,
    restartToFirstRowMs: 2_000,
  },
  flowMs: 10_000,
};
