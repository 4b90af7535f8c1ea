/**
 * Verifies the guarantee of one topic and its dataset against the topic itself: G1 to G6 of the design, by recomputation.
 * A partition at a time, in memory that does not grow with the log. Safe beside a running processor: checkpoints are read
 * first, then the tables, then the end of the log, so each covers the one before.
 */
import { FindingLists, type Guarantee, type GuaranteeResult } from './findings.ts';
import { UniquenessCheck } from './guarantees/g2-unique.ts';
import { unreadableText } from './inputs/readable-log.ts';
import { RowCensus } from './inputs/row-census.ts';
import type { OwnershipFacts, PartitionBounds, TablesSnapshot, VerifyInputs } from './inputs/verify-inputs.ts';
import { isKeyedBySender, keyRuleOf } from './key-rule.ts';
import { checkOwnership } from './ownership-check.ts';
import { checkPartition, type PartitionReport } from './partition/check-partition.ts';
import { knownLists } from './partition/known-lists.ts';
import { partitionsAt, type StartOf, startedGenerations } from './partition/started-generations.ts';
import { anotherLog, type CheckpointSurvey, surveyCheckpoints } from './partition/starting-point.ts';
import type { Step } from './partition/walk-partition.ts';
import { type RejectedShare, RejectionCount } from './rejected-share.ts';
import { checkRules } from './rules-check.ts';
import { checkSchemas, needsSchemas } from './schemas-check.ts';
import { checkUnreadPartitions } from './unread-partitions.ts';

export type { PartitionReport } from './partition/check-partition.ts';

export type Verdict = 'PASS' | 'FAIL' | 'UNKNOWN' | 'NODATA';

export interface VerifyReport {
  readonly verdict: Verdict;
  readonly topic: string;
  readonly guarantees: Readonly<Record<Guarantee, GuaranteeResult>>;
  readonly partitions: readonly PartitionReport[];
  /** What was taken as it is, because the log no longer holds it. */
  readonly trusted: readonly string[];
  /** What the input did against its conditions. Breaks no guarantee. */
  readonly conditions: readonly string[];
  /** Payments that a backfill put in, and that are no disposition. */
  readonly backfilled: number;
  /** Offsets that an operator gave up on purpose. */
  readonly skipped: readonly string[];
  /** Of the records that were recomputed. Breaks no guarantee. */
  readonly rejections: RejectedShare;
  /** What could not be checked, and why. */
  readonly unknown: readonly string[];
}

export interface VerifyOptions {
  /** Findings kept per guarantee (all are counted), and remarks kept per list. Default 20. */
  readonly findingsMax?: number;
  /** Only these partitions, and nothing that concerns all of them together; default: everything. */
  readonly onlyPartitions?: ReadonlySet<number>;
  /** `recordsChecked`: of all partitions so far. */
  readonly onProgress?: (progress: { readonly partition: number; readonly recordsChecked: number }) => void;
}

/** Exit code per verdict. */
export const VERDICT_EXIT_CODES: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 1, UNKNOWN: 2, NODATA: 3 };

const FINDINGS_MAX = 20;
const PARTITIONS_NAMED = 5;
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
  readonly #census: RowCensus;
  readonly #partitions: PartitionReport[] = [];
  readonly #trusted: string[] = [];
  readonly #conditions: string[] = [];
  /** Lists that are at their limit, and had more to say. */
  readonly #cut = new Set<readonly string[]>();
  readonly #unknown: string[] = [];
  readonly #bounds = new Map<number, PartitionBounds>();
  readonly #surveys = new Map<number, CheckpointSurvey>();
  readonly #rejections = new RejectionCount();
  /** Partitions whose rules cannot be read, and why. */
  #unjudged: ReadonlyMap<number, string> = new Map();
  #backfilled = 0;
  /** Of all partitions. */
  #recordsChecked = 0;

  constructor(inputs: VerifyInputs, options: VerifyOptions) {
    this.#inputs = inputs;
    this.#options = options;
    this.#remarksMax = options.findingsMax ?? FINDINGS_MAX;
    this.#findings = new FindingLists(this.#remarksMax);
    this.#census = new RowCensus(this.#findings);
  }

  async run(): Promise<VerifyReport> {
    const tables = await this.#inputs.tables();
    try {
      return await this.#verify(tables);
    } finally {
      await tables.close();
    }
  }

  async #verify(tables: TablesSnapshot): Promise<VerifyReport> {
    // After the rows, so that no epoch is newer than what is known of the owners.
    const all = await this.#ownership();
    const { onlyPartitions } = this.#options;
    const wanted = all.filter(({ partition }) => onlyPartitions?.has(partition) ?? true);
    const { count: repeatedCount, repeated } = await tables.repeatedIds(this.#remarksMax);
    const uniqueness = new UniquenessCheck(repeated, keyRuleOf({ history: all.flatMap(({ history }) => history) }));
    const foreign = await tables.foreignRows(new Set(all.map(({ partition }) => partition)), this.#remarksMax);
    if (onlyPartitions === undefined) {
      const topicPartitions = await this.#inputs.topicPartitions();
      this.#census.nameForeign(foreign, this.#inputs.topic);
      checkOwnership(all, topicPartitions, this.#findings);
      for (const { guarantee, ...finding } of (await tables.stored?.(all)) ?? [])
        this.#findings.add(guarantee, finding);
      this.#unknown.push(...(await checkUnreadPartitions(this.#inputs, all, topicPartitions, this.#findings)));
    }
    this.#unjudged = checkRules(wanted, this.#findings);
    const judged = await this.#withTheirLog(wanted, tables);
    const known = await knownLists(all, tables, this.#findings);
    const startOf: StartOf = (facts) => this.#startOf(facts, tables);
    const generations = await startedGenerations(this.#inputs, tables, all, startOf, known);
    const walked = new Set<number>();
    for (const ownership of judged) {
      const { partition } = ownership;
      const { start, newest } = await this.#survey(ownership, tables);
      if (start === 'none') continue;
      const bounds = await this.#boundsOf(partition);
      const { report, backfilled, unreadable, unjudged } = await checkPartition(
        { ownership, bounds, start, newest, generations: generations.get(partition) ?? [] },
        {
          inputs: this.#inputs,
          tables,
          findings: this.#findings,
          census: this.#census,
          uniqueness,
          onStep: (step) => this.#noteStep(step, ownership, tables),
        },
      );
      this.#partitions.push(report);
      this.#backfilled += backfilled;
      if (unjudged !== undefined) this.#unknown.push(`partition ${partition}: ${unjudged}`);
      else if (unreadable !== undefined) this.#unknown.push(unreadableText(unreadable, ownership));
      else if (newest !== undefined) walked.add(partition);
    }
    if (onlyPartitions === undefined) this.#census.compareCounts(tables.counts, foreign, walked);
    for (const condition of uniqueness.end(repeatedCount, this.#findings)) this.#remark(this.#conditions, condition);
    return this.#report(wanted);
  }

  /** With the schemas that their records name, if any do. */
  async #ownership(): Promise<OwnershipFacts[]> {
    const ownership = await this.#inputs.ownership();
    if (!needsSchemas(ownership)) return ownership;
    const schemas = checkSchemas(await this.#inputs.schemas(), this.#findings);
    return ownership.map((facts) => ({ ...facts, schemas }));
  }

  #report(ownership: readonly OwnershipFacts[]): VerifyReport {
    const skipped = ownership.flatMap(({ partition, skipped: ranges }) =>
      ranges.map(
        ({ from, to, reason, by, atMs }) =>
          `partition ${partition}: offsets ${from} to ${to - 1}, given up by ${by} at ${new Date(atMs).toISOString()}: ${reason}`,
      ),
    );
    const checked = this.#partitions.some(
      ({ recordsChecked, recordsPastCheckpoint, rowsChecked }) =>
        recordsChecked > recordsPastCheckpoint || rowsChecked > 0,
    );
    return {
      verdict: this.#verdict(),
      topic: this.#inputs.topic,
      guarantees: this.#findings.results(checked),
      partitions: this.#partitions,
      trusted: this.#told(this.#trusted),
      conditions: this.#told(this.#conditions),
      backfilled: this.#backfilled,
      skipped,
      rejections: this.#rejections.share,
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

  /** Without those whose log is another one: of a topic that was made anew one sentence is true, and nothing else is. */
  async #withTheirLog(wanted: readonly OwnershipFacts[], tables: TablesSnapshot): Promise<OwnershipFacts[]> {
    const judged: OwnershipFacts[] = [];
    const others: { partition: number; why: string; offset?: number }[] = [];
    const topicPartitions = await this.#inputs.topicPartitions();
    for (const ownership of wanted) {
      const { partition } = ownership;
      if (!topicPartitions.includes(partition)) {
        others.push({ partition, why: `partition ${partition} is not there: the topic has ${topicPartitions.length}` });
        continue;
      }
      const survey = await this.#survey(ownership, tables);
      const bounds = await this.#boundsOf(partition);
      const another = await anotherLog(this.#inputs, tables, partition, survey, bounds);
      if (another !== undefined) {
        others.push({ partition, ...another });
        continue;
      }
      const why = this.#unjudged.get(partition);
      if (why !== undefined) {
        this.#unknown.push(`partition ${partition}: nothing was checked: ${why}`);
        continue;
      }
      judged.push(ownership);
      this.#noteStart(partition, bounds, survey);
    }
    if (others.length > 0) {
      const named = others.slice(0, PARTITIONS_NAMED).map(({ why }) => why);
      if (others.length > named.length) named.push(`and ${others.length - named.length} more partitions`);
      this.#findings.add('G6', {
        kind: 'another_log',
        partition: others.length === 1 ? others[0]!.partition : null,
        offsets: others.length === 1 ? [others[0]!.offset ?? []].flat() : [],
        transactionIds: [],
        message:
          'another log: the topic was made anew or cut since the tables were written from it, and nothing of it can be ' +
          `compared with them: ${named.join('; ')}`,
      });
    }
    return judged;
  }

  #noteStart(partition: number, { startOffset: logStart }: PartitionBounds, { start }: CheckpointSurvey): void {
    if (start === 'none')
      this.#unknown.push(
        `partition ${partition}: the log starts at ${logStart}, past every checkpoint; nothing can be recomputed`,
      );
    else if (start.trusted !== undefined)
      this.#trusted.push(
        `partition ${partition}: the log starts at ${logStart}; taken as they are: the rows below ${start.trusted.next_offset}, ` +
          `and the watermark and counters of the checkpoint there`,
      );
  }

  /** For what other partitions learn of this one. */
  async #startOf(facts: OwnershipFacts, tables: TablesSnapshot): ReturnType<StartOf> {
    const { start } = await this.#survey(facts, tables);
    return start === 'none' || this.#unjudged.has(facts.partition) ? undefined : start;
  }

  async #survey(facts: OwnershipFacts, tables: TablesSnapshot): Promise<CheckpointSurvey> {
    const { partition } = facts;
    const held = this.#surveys.get(partition);
    if (held !== undefined) return held;
    const survey = await surveyCheckpoints(tables, facts, await this.#boundsOf(partition));
    this.#surveys.set(partition, survey);
    return survey;
  }

  /** As it was when first asked: every check sees the same end of the log. */
  async #boundsOf(partition: number): Promise<PartitionBounds> {
    const held = this.#bounds.get(partition);
    if (held !== undefined) return held;
    const bounds = await this.#inputs.bounds(partition);
    this.#bounds.set(partition, bounds);
    return bounds;
  }

  #noteStep({ partition, offset, record, outcome }: Step, ownership: OwnershipFacts, tables: TablesSnapshot): void {
    if (record && ++this.#recordsChecked % PROGRESS_EVERY_RECORDS === 0)
      this.#options.onProgress?.({ partition, recordsChecked: this.#recordsChecked });
    if (!outcome) return;
    this.#rejections.note(outcome);
    if (outcome.disposition === 'rejected' || !isKeyedBySender(ownership)) return;
    const sender = outcome.payment.sender_account_id;
    const home = tables.senderHomes.homeOf(partitionsAt(ownership, offset), sender, partition);
    if (home !== partition)
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
