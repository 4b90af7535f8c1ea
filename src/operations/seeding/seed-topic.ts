/**
 * Seeds a topic by command, before a processor runs: where its partitions begin, and what another pipeline has written
 * already, so that copies of those payments are duplicates.
 *
 * Why it is exact. Each run writes the known payments into a list of its own, by one job, and reads back what can be
 * known at the start. Only then are the partitions seeded, in one statement, with a settings entry that names the list
 * and its digest: the first entry of every partition, or of none. Lists of runs that died, or that lost to another run
 * or to a processor, are read by nobody. A partition starts only if the list is the one of its entry
 * (processor/takeover/carry-known.ts).
 *
 * What is known to all partitions is cut at a floor, as when a topic gets more partitions (docs/adr/0017): payments
 * with an earlier event time are late everywhere, so that no partition has to remember more than the floor and
 * ID_HORIZON ask for. `backfill` takes late payments that the other pipeline has not written.
 */
import { ConfigurationError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { sameDecisionSettings } from '../../payments/settings.ts';
import { KnownSum } from '../../payments/state/known-elsewhere.ts';
import { idsLiveFromMs } from '../../payments/state/liveness.ts';
import type { Generation } from '../../payments/types.ts';
import type { KnownPayments, KnownSurvey } from '../../processor/ports/known-payments.ts';
import type { LogSource, Ownership, SinkReads, TopicFacts } from '../../processor/ports.ts';
import type { ProcessorSettings } from '../../processor/settings.ts';
import { startOffsets } from '../../processor/start-offsets.ts';
import { entryOf } from '../../processor/takeover/next-entry.ts';
import {
  checkDataset,
  checkPartitionCount,
  checkTopic,
  minEventTimeOf,
  seedMissing,
} from '../../processor/topic-checks.ts';

export interface SeedOrder {
  readonly settings: ProcessorSettings;
  /** Known payments, if there are any. */
  readonly query?: string | undefined;
  /** The floor. Default: the latest event time of the known payments, less the watermark delay. */
  readonly lateBeforeMs?: number | undefined;
}

export interface SeedPorts {
  readonly log: Pick<LogSource, 'facts' | 'bounds' | 'offsetAt' | 'groupOffsets'>;
  readonly sink: SinkReads & { topics(): Promise<string[]> };
  readonly known: KnownPayments;
  readonly runtime: Runtime;
  /**
   * Looks at the first records from these offsets on. Rejects with `nothing_accepted` if all are rejected: what is seeded
   * cannot be taken back.
   */
  readonly look?: ((startOffsets: ReadonlyMap<number, number>) => Promise<void>) | undefined;
}

export interface SeedPlan {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly startOffset: number;
    readonly endOffset: number;
  }[];
  readonly known?: PlannedKnown;
}

export interface PlannedKnown extends KnownSurvey {
  /** Ids that every partition knows when it starts. */
  readonly knownAtStart: number;
  /** Payments with an earlier event time are late. */
  readonly lateBeforeMs: number;
}

/** What the topic and the query say of an order, before anything is asked of the dataset. */
export interface SeedLook {
  readonly plan: SeedPlan;
  readonly facts: TopicFacts;
}

/**
 * Only reads. Throws ConfigurationError, one line per order that is wrong. `looked`: of a dataset without tables, which then need not
 * be made to see the plan.
 */
export async function planSeed(order: SeedOrder, ports: SeedPorts, looked?: SeedLook): Promise<SeedPlan> {
  const { plan } = looked ?? (await planned(order, ports));
  const { query } = order;
  if (plan.known === undefined || query === undefined) return plan;
  const fromMs = knownFromMs(order, plan.known.lateBeforeMs);
  return { ...plan, known: { ...plan.known, knownAtStart: await ports.known.countFrom(query, fromMs) } };
}

/**
 * Throws ConfigurationError for a wrong order, and if a processor or another run was first with something else: then nothing of this
 * order holds. `looked`: what was seen before the dataset's tables were made.
 */
export async function seedTopic(order: SeedOrder, ports: SeedPorts, looked?: SeedLook): Promise<SeedPlan> {
  const { plan, facts } = await planned(order, ports, looked);
  const { settings, query } = order;
  const starts = new Map(plan.partitions.map(({ partition, startOffset }) => [partition, startOffset]));
  const log = ports.log as LogSource;
  if (plan.known === undefined || query === undefined) {
    await seedMissing(settings, facts, [], { ...ports, log }, starts);
    const rows = await ports.sink.readOwnership(settings.topic);
    if (rows.length === 0 || !rows.every((row) => isOfOrder(row, settings, starts))) {
      throw new ConfigurationError([
        `topic ${settings.topic} was seeded by a processor, or by another run of this command, while this one ran, with other start offsets ` +
          'or settings (`provenonce ownership` shows them). They hold; nothing of this run does. To start over, use another BIGQUERY_DATASET',
      ]);
    }
    return plan;
  }
  const list = ports.runtime.uuid();
  const generation = await filled(order, list, query, plan.known, facts, ports);
  await seedMissing(settings, facts, [], { ...ports, log }, starts, generation);
  const rows = await ports.sink.readOwnership(settings.topic);
  if (rows.length === 0 || rows.some(({ history }) => history[0]?.generation?.known?.list !== list)) {
    throw new ConfigurationError([
      `topic ${settings.topic} was seeded by a processor, or by another run of this command, while this one ran: what this one knows is not ` +
        'used. Stop the processors, start over with another BIGQUERY_DATASET, and seed it before a processor starts',
    ]);
  }
  await ports.known.removeOthers(list);
  return { ...plan, known: { ...plan.known, knownAtStart: generation.known!.count } };
}

/** Whether a partition begins as this order says: where, and by which settings and rules. */
function isOfOrder(
  { partition, startOffset, history }: Ownership,
  settings: ProcessorSettings,
  starts: ReadonlyMap<number, number>,
): boolean {
  const [first] = history;
  const ours = entryOf(settings, startOffset);
  return (
    startOffset === starts.get(partition) &&
    first !== undefined &&
    first.generation === undefined &&
    first.rules?.sha256 === ours.rules?.sha256 &&
    sameDecisionSettings(first.decision, ours.decision)
  );
}

async function planned(order: SeedOrder, ports: SeedPorts, looked?: SeedLook): Promise<SeedLook> {
  const { topic } = order.settings;
  const { sink } = ports;
  const [facts, rows] = await Promise.all([
    looked?.facts ?? ports.log.facts(),
    sink.readOwnership(topic),
    checkDataset(topic, sink),
  ]);
  checkTopic(facts);
  checkPartitionCount(topic, facts.partitionCount, rows);
  if (rows.length > 0) {
    throw new ConfigurationError([
      `topic ${topic} was seeded before (\`provenonce ownership\` shows it): where it starts and what it knows is fixed since. To start ` +
        'over, use another BIGQUERY_DATASET',
    ]);
  }
  return looked ?? (await lookBeforeSeeding(order, ports, facts));
}

/**
 * The part of the plan that needs no table: where partitions begin, whether their first records are payments, what the query gives.
 * So a topic that is refused leaves no dataset behind. Throws as planSeed does.
 */
export async function lookBeforeSeeding(
  { settings, query, lateBeforeMs }: SeedOrder,
  { log, known, runtime, look }: Omit<SeedPorts, 'sink'>,
  given?: TopicFacts,
): Promise<SeedLook> {
  const { topic } = settings;
  const facts = given ?? (await log.facts());
  checkTopic(facts);
  const all = Array.from({ length: facts.partitionCount }, (_, partition) => partition);
  const starts = await startOffsets(settings.startAt, facts, all, log);
  await look?.(starts);
  const partitions = await Promise.all(
    all.map(async (partition) => ({
      partition,
      startOffset: starts.get(partition)!,
      endOffset: (await log.bounds(partition)).endOffset,
    })),
  );
  if (query === undefined) return { plan: { topic, partitions }, facts };
  const survey = await known.survey(query);
  const floorMs = checkedFloor(survey, lateBeforeMs, settings, runtime);
  return { plan: { topic, partitions, known: { ...survey, knownAtStart: 0, lateBeforeMs: floorMs } }, facts };
}

/** Throws ConfigurationError where the query's rows cannot be what another pipeline wrote. */
function checkedFloor(
  { rows, ids, timeless, toMs }: KnownSurvey,
  lateBeforeMs: number | undefined,
  settings: ProcessorSettings,
  runtime: Runtime,
): number {
  const problems: string[] = [];
  if (ids === 0) problems.push(`--known-ids: ${rows} rows, and no id that a payment can have`);
  if (timeless > 0) problems.push(`--known-ids: ${timeless} rows have no event_time: each id needs one`);
  const { watermarkDelayMs, allowedSkewMs } = settings.decision;
  const latestMs = runtime.nowMs() + allowedSkewMs;
  if (lateBeforeMs === undefined && toMs !== undefined && toMs > latestMs) {
    problems.push(
      `--known-ids: the latest event_time is ${new Date(toMs).toISOString()}, in the future. Leave such rows out, or say from which event ` +
        'time on payments are not late: --late-before TIME',
    );
  }
  if (lateBeforeMs !== undefined && lateBeforeMs > latestMs)
    problems.push(
      `--late-before: ${new Date(lateBeforeMs).toISOString()} is in the future: every payment would be late`,
    );
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Math.max(lateBeforeMs ?? toMs! - watermarkDelayMs, minEventTimeOf(settings, runtime));
}

/** Writes the list, reads back what can be known at the start, and makes the entry that names it. */
async function filled(
  order: SeedOrder,
  list: string,
  query: string,
  { lateBeforeMs: floorMs }: PlannedKnown,
  { partitionCount }: TopicFacts,
  { known }: SeedPorts,
): Promise<Generation> {
  const fromMs = knownFromMs(order, floorMs);
  const expected = await known.countFrom(query, fromMs);
  await known.fill(list, query);
  const sum = new KnownSum();
  for await (const payments of known.read(list, fromMs)) for (const payment of payments) sum.add(payment);
  const toMs = Math.max(sum.toMs, fromMs);
  if (sum.count !== expected) {
    throw new ConfigurationError([
      `--known-ids: the query gave ${expected} ids that can still be known, and ${sum.count} when they were written down: its tables change. ` +
        'Stop the other pipeline, and run the command again. Nothing was seeded',
    ]);
  }
  const entry = { list, fromMs, toMs, count: sum.count, digest: sum.digest };
  return { partitions: partitionCount, floorMs, sources: [], known: entry };
}

/** Ids with an earlier event time are forgotten when a partition starts. */
function knownFromMs({ settings: { seed } }: SeedOrder, floorMs: number): number {
  return idsLiveFromMs({ ...seed, minEventTimeMs: 0 }, floorMs);
}
