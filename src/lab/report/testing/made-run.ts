/**
 * A run that never happened, written as `lab run` would write one: two processors, the second taking over when the first
 * is killed in the middle; sizes are free. The same options give the same files.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { VerifyReport } from '../../../checks/verify.ts';
import type { ProcessorEvent } from '../../../processor/events.ts';
import type { LedgerEntry } from '../../../simulator/ledger.ts';
import { createRandom } from '../../../simulator/random.ts';
import type { EventLine, RunArtifacts, SentLine, SuiteArtifacts } from '../../artifacts.ts';

export interface MadeRunOptions {
  readonly records: number;
  /** Batches that the records are folded in; each makes six events. */
  readonly batches: number;
  readonly verdict?: RunArtifacts['verdict'];
}

export const STARTED_AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const DURATION_MS = 60_000;
const PARTITIONS = 2;
const REGIONS = ['eu-west', 'us-east', 'africa', 'ap-south'];
const SCENARIO = 'made-up';

/** Writes a suite with one good run, and one that left nothing. Resolves with its folder. */
export async function writeMadeSuite(folder: string, options: MadeRunOptions): Promise<string> {
  await writeMadeRun(path.join(folder, SCENARIO), options);
  const verdict = options.verdict ?? 'PASS';
  const suite: SuiteArtifacts = {
    format: 1,
    startedAtMs: STARTED_AT_MS,
    endedAtMs: STARTED_AT_MS + DURATION_MS,
    seed: 7,
    command: 'npm run lab -- run all --seed 7',
    verdict: 'UNKNOWN',
    runs: [
      { scenario: SCENARIO, verdict, repeat: 1, tookMs: DURATION_MS, folder: SCENARIO },
      { scenario: 'broke-off', verdict: 'UNKNOWN', repeat: 1, tookMs: 900, folder: 'broke-off' },
    ],
  };
  await writeFile(path.join(folder, 'suite.json'), JSON.stringify(suite));
  return folder;
}

async function writeMadeRun(folder: string, options: MadeRunOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const ledger = madeLedger(options.records);
  const { events, sent } = madeEvents(ledger, options.batches);
  await Promise.all([
    writeFile(path.join(folder, 'events.jsonl'), lines(events)),
    writeFile(path.join(folder, 'sent.jsonl'), lines(sent)),
    writeFile(path.join(folder, 'sent-1.jsonl'), lines(ledger)),
    writeFile(path.join(folder, 'metrics.jsonl'), lines(madeMetrics())),
    writeFile(path.join(folder, 'verify.json'), JSON.stringify(madeReport(options.verdict ?? 'PASS', ledger))),
    writeFile(path.join(folder, 'run.json'), JSON.stringify(madeFacts(options.verdict ?? 'PASS'))),
  ]);
}

const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

function madeLedger(count: number): LedgerEntry[] {
  const random = createRandom(11);
  const next = new Array<number>(PARTITIONS).fill(0);
  return Array.from({ length: count }, (_, seq): LedgerEntry => {
    const isCopy = seq % 20 === 19;
    const original = seq - 10;
    const named = isCopy ? original : seq;
    const partition = named % PARTITIONS;
    return {
      seq,
      kind: isCopy ? 'duplicate' : 'payment',
      expected: isCopy ? 'duplicate' : 'accepted',
      copy: isCopy ? { ofSeq: original, distance: 'near', variant: 'same' } : null,
      malformed: null,
      transaction_id: `txn-7-${String(named).padStart(9, '0')}`,
      key: `acct-${String(Math.floor(random.next() * 5000)).padStart(7, '0')}`,
      amount: (random.next() * 1000).toFixed(2),
      currency: random.next() < 0.5 ? 'EUR' : 'USD',
      region: REGIONS[Math.floor(random.next() * REGIONS.length)]!,
      event_time: STARTED_AT_MS - 3_600_000 + seq * 30 + Math.floor(random.next() * 20_000),
      partition,
      offset: next[partition]!++,
      ack: 'acked',
      value_hash: '0123456789abcdef',
    };
  });
}

/** Alpha works as epoch 1 until the middle and is killed; beta continues as epoch 2, compares what is there, and ends it. */
function madeEvents(ledger: readonly LedgerEntry[], batches: number): { events: EventLine[]; sent: SentLine[] } {
  const random = createRandom(12);
  const events: EventLine[] = [];
  const sent: SentLine[] = [];
  const stepMs = (DURATION_MS - 10_000) / Math.max(1, batches);
  let processor = 'alpha';
  let epoch = 1;
  const say = (atMs: number, event: ProcessorEvent): void =>
    void events.push({ atMs: STARTED_AT_MS + Math.round(atMs), processor, life: 1, event });
  const lengths = Array.from(
    { length: PARTITIONS },
    (_, partition) => ledger.filter((each) => each.partition === partition).length,
  );
  const folded = new Array<number>(PARTITIONS).fill(0);
  const covered = new Array<number>(PARTITIONS).fill(0);
  const takeOver = (atMs: number): void => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const resumeOffset = folded[partition]!;
      const checkpointOffset = covered[partition]!;
      say(atMs, { type: 'takeover.claimed', partition, epoch, attempts: 1 });
      const rowsAlreadyThere = 2 * (resumeOffset - checkpointOffset);
      say(atMs + 200, {
        type: 'takeover.positioned',
        partition,
        epoch,
        checkpointOffset,
        resumeOffset,
        rowsAlreadyThere,
      });
      const counters = { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 };
      say(atMs + 400, { type: 'takeover.running', partition, epoch, tookMs: 600, counters });
      folded[partition] = checkpointOffset;
    }
  };
  takeOver(1_000);
  for (let batch = 0; batch < batches; batch++) {
    const atMs = 3_000 + batch * stepMs + (epoch === 2 ? 2_000 : 0);
    if (batch === Math.floor(batches / 2)) {
      processor = 'beta';
      epoch = 2;
      takeOver(atMs + 1_000);
      continue;
    }
    const partition = batch % PARTITIONS;
    const to = Math.ceil((lengths[partition]! * Math.min(batches, batch + PARTITIONS)) / batches);
    const from = folded[partition]!;
    if (to <= from) continue;
    folded[partition] = to;
    sent.push({ atMs: STARTED_AT_MS + Math.round(atMs - 80), partition, fromOffset: from, toOffset: to });
    const counters = {
      consumed: to,
      accepted: Math.floor(to * 0.95),
      duplicates: to - Math.floor(to * 0.95),
      late: 0,
      rejected: 0,
    };
    const watermarkMs = STARTED_AT_MS - 3_600_000 + batch * 40;
    const jitter = (): number => Math.floor(random.next() * 40);
    say(atMs, {
      type: 'batch.folded',
      partition,
      records: to - from,
      bytes: 360 * (to - from) + jitter(),
      counters,
      watermarkMs,
      nextOffset: to,
      endOffset: to,
    });
    for (const table of ['payment_transactions', 'payment_transactions_fraud', 'payment_exceptions']) {
      say(atMs + 20 + jitter(), {
        type: 'append.acknowledged',
        partition,
        table,
        rows: to - from,
        bytes: 200 * (to - from) + jitter(),
        tookMs: 20 + jitter(),
      });
    }
    // The last batches before the crash are written and not covered.
    if (epoch === 1 && batch > batches / 2 - 2 * PARTITIONS) continue;
    covered[partition] = to;
    say(atMs + 70, {
      type: 'checkpoint.written',
      partition,
      epoch,
      nextOffset: to,
      watermarkMs,
      counters,
      ids: to,
      stateBytes: 500 * to,
      tookMs: 30 + jitter(),
      endToEndMs: 120 + jitter(),
    });
    say(atMs + 75, { type: 'offset.committed', partition, nextOffset: to });
  }
  const inOrder = (a: { atMs: number }, b: { atMs: number }): number => a.atMs - b.atMs;
  return { events: events.sort(inOrder), sent: sent.sort(inOrder) };
}

function madeMetrics() {
  return Array.from({ length: 100 }, (_, sample) => ({
    atMs: STARTED_AT_MS + 500 * (sample + 2),
    processor: sample < 50 ? 'alpha' : 'beta',
    life: 1,
    values: { process_resident_memory_bytes: 150_000_000 + sample * 1_000_000 },
  }));
}

function madeReport(verdict: RunArtifacts['verdict'], ledger: readonly LedgerEntry[]): VerifyReport {
  const fine = { holds: true, checked: true, count: 0, findings: [] };
  const message = 'partition 0 offset 17: the record has no row <script>alert(1)</script>';
  const broken = {
    holds: false,
    checked: true,
    count: 3,
    findings: [{ kind: 'lost', partition: 0, offsets: [17], transactionIds: [], message }],
  };
  return {
    verdict,
    topic: 'made-up',
    guarantees: { G1: verdict === 'FAIL' ? broken : fine, G2: fine, G3: fine, G4: fine, G5: fine, G6: fine },
    partitions: [
      {
        partition: 0,
        startOffset: 0,
        nextOffset: ledger.length,
        logEndOffset: ledger.length,
        readFrom: 0,
        readTo: ledger.length,
        recordsChecked: ledger.length,
        recordsPastCheckpoint: 0,
        rowsChecked: ledger.length,
        epoch: 2,
      },
    ],
    trusted: [],
    conditions: [],
    backfilled: 0,
    skipped: [],
    rejections: { rejected: 0, notPayments: 0, records: ledger.length, reasons: {} },
    unknown: [],
  };
}

function madeFacts(verdict: RunArtifacts['verdict']): RunArtifacts {
  const at = (ms: number): number => STARTED_AT_MS + ms;
  const life = { life: 1, pauses: [] };
  return {
    format: 1,
    scenario: {
      name: SCENARIO,
      title: 'a processor is killed in the middle, and another continues',
      whatCouldGoWrong: 'What was written and not covered is written again.',
      guarantees: ['G1', 'G2'],
      tags: ['kill'],
      partitions: PARTITIONS,
      ending: 'drained',
      settings: { CHECKPOINT_INTERVAL: '300ms' },
    },
    verdict,
    problems: verdict === 'PASS' ? [] : ['G1: 3 findings', 'G2: 40 rows, but 39 distinct transaction ids'],
    ...(verdict === 'PASS' ? {} : { details: [{ problem: 'G1: 3 findings', text: '--- alpha:\n{"event":"last"}' }] }),
    bits: [{ what: 'alpha died by SIGKILL', happened: true }],
    seed: 7,
    command: `npm run lab -- run ${SCENARIO} --seed 7`,
    topic: SCENARIO,
    dataset: 'made_up',
    startedAtMs: at(0),
    endedAtMs: at(DURATION_MS),
    phases: [
      { name: 'story', fromMs: at(0), toMs: at(50_000) },
      { name: 'check', fromMs: at(50_000), toMs: at(DURATION_MS) },
    ],
    faults: [
      {
        id: 'f1',
        fault: 'crash',
        plan: { what: 'crash' },
        text: 'kill -9 of alpha',
        processor: 'alpha',
        plannedAtMs: at(0),
        firedAtMs: at(27_900),
        healedAtMs: at(29_400),
        counts: { kills: 1 },
        inFlightRecords: 40,
        progressDuring: 0,
        progressAfter: 400,
      },
    ],
    processors: [
      {
        name: 'alpha',
        lives: [{ ...life, pid: 101, startedAtMs: at(200), endedAtMs: at(28_000), exitCode: null, signal: 'SIGKILL' }],
        log: 'alpha.log',
      },
      {
        name: 'beta',
        lives: [{ ...life, pid: 102, startedAtMs: at(300), endedAtMs: at(58_000), exitCode: 0, signal: null }],
        log: 'beta.log',
      },
    ],
    files: {
      events: 'events.jsonl',
      sent: 'sent.jsonl',
      ledgers: ['sent-1.jsonl'],
      metrics: 'metrics.jsonl',
      verify: 'verify.json',
    },
  };
}
