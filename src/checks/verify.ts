/**
 * Verifies the guarantee of one topic and its dataset against the topic itself: G1 to G6 of the design, by recomputation.
 * A partition at a time, in memory that does not grow with the log. Safe beside a running processor: checkpoints are read
 * first, then the tables, then the end of the log, so each covers the one before.
 */
import { FindingLists, type Guarantee, type GuaranteeResult } from './findings.ts';
import { partitionsAt, type StartOf, startedGenerations } from './generations.ts';
import { BackfilledCheck } from './guarantees/backfilled.ts';
import { checkOneDisposition } from './guarantees/g1-one-disposition.ts';
import { UniquenessCheck } from './guarantees/g2-unique.ts';
import { SumsCheck } from './guarantees/g3-sums.ts';
import { checkEnrichment } from './guarantees/g4-enrichment.ts';
import { EquivalenceCheck } from './guarantees/g5-equivalence.ts';
import { CountersCheck } from './guarantees/g6-counters.ts';
import type { CheckpointCells, OwnershipFacts, VerifyInputs } from './inputs.ts';
import { pastGivenUp, readableRecords, unreadableLogOf, unreadableText } from './readable-log.ts';
import { type PartitionSources, type StartedGeneration, type Step, walkPartition } from './walk.ts';

export type Verdict = 'PASS' | 'FAIL' | 'UNKNOWN' | 'NODATA';

export interface PartitionReport {
  readonly partition: number;
  readonly startOffset: number;
  /** Everything below is guaranteed; the start offset where there is no checkpoint. */
  readonly nextOffset: number;
  readonly logEndOffset: number;
  /** Records recomputed, those past nextOffset included. */
  readonly recordsChecked: number;
  readonly epoch: number;
}

export interface VerifyReport {
  readonly verdict: Verdict;
  readonly topic: string;
  readonly guarantees: Readonly<Record<Guarantee, GuaranteeResult>>;
  readonly partitions: readonly PartitionReport[];
  /** What was taken as it is, because the log does not hold it any more. */
  readonly trusted: readonly string[];
  /** What the input did against its conditions (design, section 1). Breaks no guarantee. */
  readonly conditions: readonly string[];
  /** Payments that a backfill put in, and that are no disposition. */
  readonly backfilled: number;
  /** Offsets that an operator gave up on purpose. */
  readonly skipped: readonly string[];
  /** What could not be checked, and why. */
  readonly unknown: readonly string[];
}

export interface VerifyOptions {
  /** Findings kept per guarantee (all are counted), and remarks kept per list. Default 20. */
  readonly findingsMax?: number;
  readonly onProgress?: (progress: { readonly partition: number; readonly recordsChecked: number }) => void;
}

/** Exit code per verdict. */
export const VERDICT_EXIT_CODES: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 1, UNKNOWN: 2, NODATA: 3 };

const FINDINGS_MAX = 20;
const REPEATED_IDS_MAX = 100_000;
const PROGRESS_EVERY_RECORDS = 10_000;

/** Checks everything. Throws only what the inputs throw: services that cannot be reached. */
export async function verify(inputs: VerifyInputs, options: VerifyOptions = {}): Promise<VerifyReport> {
  const run = new VerifyRun(inputs, options);
  return run.run();
}

class VerifyRun {
  readonly #inputs: VerifyInputs;
  readonly #options: VerifyOptions;
  readonly #remarksMax: number;
  readonly #findings: FindingLists;
  readonly #partitions: PartitionReport[] = [];
  readonly #trusted: string[] = [];
  readonly #conditions: string[] = [];
  /** Lists that are at their limit, and had more to say. */
  readonly #cut = new Set<readonly string[]>();
  readonly #unknown: string[] = [];
  #backfilled = 0;
  /** By sender and by how many partitions the topic had. */
  readonly #homeOfSender = new Map<string, number>();
  #generations: ReadonlyMap<number, readonly StartedGeneration[]> = new Map();

  constructor(inputs: VerifyInputs, options: VerifyOptions) {
    this.#inputs = inputs;
    this.#options = options;
    this.#remarksMax = options.findingsMax ?? FINDINGS_MAX;
    this.#findings = new FindingLists(this.#remarksMax);
  }

  async run(): Promise<VerifyReport> {
    const ownership = await this.#inputs.ownership();
    const { count: repeatedCount, repeated } = await this.#inputs.repeatedIds(REPEATED_IDS_MAX);
    const uniqueness = new UniquenessCheck(repeated);
    await this.#checkPartitionList(ownership);
    this.#generations = await startedGenerations(this.#inputs, ownership, (facts) => this.#startOfHistory(facts));
    for (const { partition } of ownership) await this.#verifyPartition(partition, uniqueness);
    for (const condition of uniqueness.end(repeatedCount, this.#findings)) this.#remark(this.#conditions, condition);
    const skipped = ownership.flatMap(({ partition, skipped: ranges }) =>
      ranges.map(
        ({ from, to, reason, by, atMs }) =>
          `partition ${partition}: offsets ${from} to ${to - 1}, given up by ${by} at ${new Date(atMs).toISOString()}: ${reason}`,
      ),
    );
    return {
      verdict: this.#verdict(),
      topic: this.#inputs.topic,
      guarantees: this.#findings.results(),
      partitions: this.#partitions,
      trusted: this.#told(this.#trusted),
      conditions: this.#told(this.#conditions),
      backfilled: this.#backfilled,
      skipped,
      unknown: this.#told(this.#unknown),
    };
  }

  #verdict(): Verdict {
    if (this.#findings.anything) return 'FAIL';
    if (this.#unknown.length > 0) return 'UNKNOWN';
    // Rows alone prove nothing: the guarantee speaks of what lies below a checkpoint.
    const checked = this.#partitions.some(({ nextOffset, startOffset }) => nextOffset > startOffset);
    return checked ? 'PASS' : 'NODATA';
  }

  async #checkPartitionList(ownership: readonly OwnershipFacts[]): Promise<void> {
    const owned = new Set(ownership.map(({ partition }) => partition));
    for (const partition of await this.#inputs.partitionsWithRows())
      if (!owned.has(partition))
        this.#findings.add('G1', {
          kind: 'phantom',
          partition,
          offsets: [],
          transactionIds: [],
          message: `rows of partition ${partition}, which has no ownership row`,
        });
    const partitionCount = Math.max(0, ...ownership.map((facts) => partitionsAt(facts, Number.POSITIVE_INFINITY)));
    for (let partition = 0; partition < partitionCount; partition++)
      if (!owned.has(partition)) this.#unknown.push(`partition ${partition} has no ownership row`);
  }

  async #verifyPartition(partition: number, uniqueness: UniquenessCheck): Promise<void> {
    const inputs = this.#inputs;
    const checkpoints = await inputs.checkpoints(partition);
    const rows: PartitionSources['rows'] = {
      payment_transactions: await inputs.rows('payment_transactions', partition),
      payment_transactions_fraud: await inputs.rows('payment_transactions_fraud', partition),
      payment_metrics_partials: await inputs.rows('payment_metrics_partials', partition),
      payment_exceptions: await inputs.rows('payment_exceptions', partition),
    };
    const backfilledRows = await inputs.backfilled(partition);
    const ownership = (await inputs.ownership()).find((facts) => facts.partition === partition);
    if (!ownership) {
      this.#unknown.push(`partition ${partition}: its ownership row went away`);
      return;
    }
    const bounds = await inputs.bounds(partition);
    const nextOffset = checkpoints.at(-1)?.next_offset ?? ownership.startOffset;
    const start = this.#startOf(ownership, checkpoints, bounds.startOffset);
    if (!start) return;

    const fromOffset = pastGivenUp(start.trusted?.next_offset ?? ownership.startOffset, ownership.skipped);
    const sums = new SumsCheck(ownership.fixed.windowMs, start.trusted?.watermark, this.#findings);
    const equivalence = new EquivalenceCheck(ownership.epoch, this.#findings);
    const counters = new CountersCheck(ownership, checkpoints, start.trusted?.next_offset ?? 0, this.#findings);
    const backfilled = new BackfilledCheck(partition, backfilledRows, ownership.fixed.windowMs, this.#findings);
    this.#backfilled += backfilledRows.payments.length;
    let recordsChecked = 0;
    const walk = walkPartition(
      {
        ownership,
        nextOffset,
        trusted: start.trusted,
        generations: this.#generations.get(partition) ?? [],
        rows,
        records: readableRecords(inputs, ownership, fromOffset, bounds.endOffset),
      },
      {
        before: (offset, oracle) => counters.before(offset, oracle),
        step: (step) => {
          checkOneDisposition(step, this.#findings);
          uniqueness.step(step);
          sums.step(step);
          checkEnrichment(step, this.#findings);
          equivalence.step(step);
          counters.step(step);
          backfilled.step(step);
          this.#noteSender(step, partitionsAt(ownership, step.offset));
          if (step.record && ++recordsChecked % PROGRESS_EVERY_RECORDS === 0)
            this.#options.onProgress?.({ partition, recordsChecked });
        },
      },
    );
    // What was found up to a place where the log cannot be read stands; the sums over all of it cannot be made.
    const unreadable = await unreadableLogOf(walk);
    if (unreadable === undefined) {
      sums.end(partition, checkpoints.at(-1)?.watermark ?? Number.NEGATIVE_INFINITY);
      counters.end(bounds.endOffset);
      backfilled.end(start.trusted?.next_offset ?? 0);
    } else this.#unknown.push(unreadableText(unreadable, ownership));
    const { startOffset, epoch } = ownership;
    this.#partitions.push({
      partition,
      startOffset,
      nextOffset,
      logEndOffset: bounds.endOffset,
      recordsChecked,
      epoch,
    });
  }

  /** The same start, for what other partitions learn of this one. What cannot be recomputed is said when it is verified. */
  async #startOfHistory(facts: OwnershipFacts): ReturnType<StartOf> {
    const { startOffset: logStart } = await this.#inputs.bounds(facts.partition);
    const trusted = trustedStart(facts, await this.#inputs.checkpoints(facts.partition), logStart);
    if (trusted === 'none') return undefined;
    return { trusted, fromOffset: pastGivenUp(trusted?.next_offset ?? facts.startOffset, facts.skipped) };
  }

  /** Where to start: the start offset while the log has it, else the first checkpoint that the log reaches back to. */
  #startOf(
    facts: OwnershipFacts,
    checkpoints: readonly CheckpointCells[],
    logStart: number,
  ): { trusted: CheckpointCells | undefined } | undefined {
    const { partition } = facts;
    const trusted = trustedStart(facts, checkpoints, logStart);
    if (trusted === undefined) return { trusted };
    if (trusted === 'none') {
      this.#unknown.push(
        `partition ${partition}: the log starts at ${logStart}, past every checkpoint; nothing can be recomputed`,
      );
      return undefined;
    }
    this.#trusted.push(
      `partition ${partition}: the log starts at ${logStart}; taken as they are: the rows below ${trusted.next_offset}, ` +
        `and the watermark and counters of the checkpoint there`,
    );
    return { trusted };
  }

  #noteSender({ outcome, partition }: Step, partitions: number): void {
    if (!outcome || outcome.disposition === 'rejected') return;
    const sender = outcome.payment.sender_account_id;
    const key = `${partitions} ${sender}`;
    const home = this.#homeOfSender.get(key);
    if (home === undefined) this.#homeOfSender.set(key, partition);
    else if (home !== partition)
      this.#remark(this.#conditions, `sender ${sender} has records in partitions ${home} and ${partition}`);
  }

  #remark(list: string[], remark: string): void {
    if (list.includes(remark)) return;
    if (list.length < this.#remarksMax) list.push(remark);
    else this.#cut.add(list);
  }

  /** A list that was cut says so: what it ends with is not all. */
  #told(list: readonly string[]): readonly string[] {
    return this.#cut.has(list) ? [...list, `more than these ${list.length} (--findings shows more)`] : list;
  }
}

/** The checkpoint to start from, undefined where the log has everything, `none` where it has too little. */
function trustedStart(
  { startOffset, skipped }: OwnershipFacts,
  checkpoints: readonly CheckpointCells[],
  logStart: number,
): CheckpointCells | 'none' | undefined {
  if (logStart <= pastGivenUp(startOffset, skipped)) return undefined;
  return checkpoints.find(({ next_offset }) => pastGivenUp(next_offset, skipped) >= logStart) ?? 'none';
}
