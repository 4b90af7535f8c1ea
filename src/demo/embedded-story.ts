/**
 * The demo's story in the simulated world, for machines without real parts: the same payments, the same processor,
 * append client and protocol, two processes, a crash in mid-batch, a lost disk, in virtual time and from one seed. No
 * broker, no emulator, no other process. Invariant: same seed and size, same story; how often it checks for an abort or
 * reports progress changes nothing.
 */

import type { SimFault } from '../lab/fault.ts';
import { CALM } from '../lab/sim/case/noise.ts';
import { EPOCH_MS } from '../lab/sim/world/context.ts';
import { createWorld } from '../lab/sim/world/create-world.ts';
import { processorMain } from '../lab/sim/world/processor-main.ts';
import type { World } from '../lab/sim/world/world.ts';
import type { ProcessorEvent } from '../processor/events.ts';
import type { ExitReport } from '../processor/processor.ts';
import { generatePayments, type PlannedRecord } from '../simulator/generate.ts';
import { ledgerEntry } from '../simulator/ledger.ts';
import { resolvePlan, type SimulationPlan } from '../simulator/plan.ts';
import { Tally } from '../simulator/summary.ts';
import { type DemoSize, demoDials, type Say, type StoryResult } from './demo-story.ts';
import { survivedBy } from './survived.ts';

export interface EmbeddedOptions extends DemoSize {
  readonly partitions: number;
  readonly say: Say;
  readonly onProgress: (progress: {
    readonly sent: number;
    readonly count: number;
    readonly checkpointed: number;
  }) => void;
  readonly signal: AbortSignal;
}

export interface EmbeddedStory {
  readonly world: World;
  readonly result: StoryResult;
}

/** Of alpha's appends to payment_transactions: late enough to have a checkpoint, early enough to leave work. */
const CRASH_AT_APPEND = 40;
const RESTART_AFTER_MS = 1_500;
const BATCH_MS = 100;
/** Sending takes no time in this world: a faster rate would deliver everything before the first append. */
const RATE_MAX = 5_000;
/** Appends of some hundred rows, so that there are batches to cut short. */
const LIMITS = { maxBatchRecords: 400, maxAppendRows: 400 };
const FETCH_RECORDS_MAX = 400;
/** Real time between checks for an abort. */
const SLICE_MS = 40;
const STEPS_MAX = 50_000_000;
/** Virtual time beyond that of the sending: a run that needs more is stuck. */
const PATIENCE_MS = 600_000;

/** Runs the story to its end. Rejects with signal.reason when aborted, and if the pipeline did not drain or stop. */
export async function embeddedStory(options: EmbeddedOptions): Promise<EmbeddedStory> {
  const rate = Math.min(options.ratePerSecond || RATE_MAX, RATE_MAX);
  const dials = { ...demoDials({ ...options, ratePerSecond: rate }), partitions: options.partitions };
  const plan = resolvePlan(dials, EPOCH_MS);
  const world = createWorld({
    seed: plan.seed,
    partitions: plan.partitions,
    faults: crashOfAlpha(),
    noise: { ...CALM, fetchRecordsMax: FETCH_RECORDS_MAX },
  });
  const cast = startProcessors(world, plan.watermarkDelayMs);
  await runUntil(world, 'share the partitions', cast.areAtWork, options.signal);
  const startedMs = world.nowMs;
  const sending = scheduleSending(world, plan);
  await flow(world, options, sending, plan);
  const flowMs = world.nowMs - startedMs;
  options.say('everything is below a checkpoint; stopping');
  await stopProcessors(world, options.signal);
  const sent = sending.tally.summary(plan, { complete: true, elapsedMs: flowMs, ledgerPath: null });
  return { world, result: { sent, survived: survivedBy(cast.events, cast.restartToFirstRowMs()), flowMs } };
}

/** kill -9, and what it leaves on its disk is lost: both at the same moment, between two appends. */
function crashOfAlpha(): readonly SimFault[] {
  const when = { point: 'append.payment_transactions.after', hit: CRASH_AT_APPEND, process: 'alpha' } as const;
  return [
    { what: 'crash', process: 'alpha', restartAfterMs: RESTART_AFTER_MS, when },
    { what: 'disk', process: 'alpha', effect: 'lost', when },
  ];
}

interface Cast {
  readonly events: ProcessorEvent[];
  /** Each holds its share of the partitions, and no takeover is running. */
  areAtWork(): boolean;
  restartToFirstRowMs(): number | undefined;
}

function startProcessors(world: World, watermarkDelayMs: number): Cast {
  const events: ProcessorEvent[] = [];
  const holding = new Map<string, Set<number>>();
  let restartedAtMs: number | undefined;
  let firstRowAtMs: number | undefined;
  for (const name of ['alpha', 'beta']) {
    holding.set(name, new Set());
    const main = processorMain({
      decision: () => ({ watermarkDelayMs }),
      limits: LIMITS,
      observer: {
        emit(event) {
          events.push(event);
          note(holding.get(name)!, event);
          const isAfterCrash = name === 'alpha' && restartedAtMs !== undefined;
          if (isAfterCrash && event.type === 'append.acknowledged') firstRowAtMs ??= world.nowMs;
        },
      },
    });
    world.spawn(name, (ports) => {
      if (name === 'alpha' && ports.life.number > 1) restartedAtMs ??= world.nowMs;
      return main(ports);
    });
  }
  const share = world.kafka.partitions.length / holding.size;
  return {
    events,
    areAtWork: () => [...holding.values()].every((partitions) => partitions.size === share),
    restartToFirstRowMs: () =>
      restartedAtMs === undefined || firstRowAtMs === undefined ? undefined : firstRowAtMs - restartedAtMs,
  };
}

function note(held: Set<number>, event: ProcessorEvent): void {
  if (event.type === 'takeover.running') held.add(event.partition);
  else if (event.type === 'partition.released' || event.type === 'partition.fenced') held.delete(event.partition);
}

interface Sending {
  readonly tally: Tally;
  sent(): number;
}

/** Payments arrive in batches, evenly; the ledger is written as they land. */
function scheduleSending(world: World, plan: SimulationPlan): Sending {
  const tally = new Tally();
  const records = generatePayments(plan);
  const batchRecords = Math.max(1, Math.round((plan.ratePerSecond * BATCH_MS) / 1000));
  const sendOne = ({ partition, key, value }: PlannedRecord): number =>
    world.kafka.partition(partition).append([
      {
        timestampMs: EPOCH_MS + world.nowMs,
        key: key === null ? null : Buffer.from(key),
        value,
      },
    ]);
  const sendBatch = (): void => {
    for (let i = 0; i < batchRecords; i++) {
      const next = records.next();
      if (next.done) return;
      tally.add(ledgerEntry(next.value, sendOne(next.value), 'acked'));
    }
    world.after(BATCH_MS, sendBatch);
  };
  world.after(BATCH_MS, sendBatch);
  return { tally, sent: () => tally.sent };
}

/** Until everything is sent and below a checkpoint. */
async function flow(
  world: World,
  { say, onProgress, signal }: EmbeddedOptions,
  sending: Sending,
  plan: SimulationPlan,
): Promise<void> {
  let crashed = false;
  const isOver = (): boolean => sending.sent() >= plan.count && !world.hasWork;
  const look = (): void => {
    const checkpointed = [...world.kafka.partitions.keys()].reduce(
      (sum, partition) => sum + world.bigquery.tables.checkpointed(partition),
      0,
    );
    onProgress({ sent: sending.sent(), count: plan.count, checkpointed });
    if (crashed || world.fired.length === 0) return;
    crashed = true;
    say('alpha was killed with -9 and its local state is lost; it starts again');
  };
  const sendingMs = (plan.count / plan.ratePerSecond) * 1000;
  await runUntil(world, 'drain', isOver, signal, { extraMs: sendingMs, look });
  if (world.fired.length === 0) throw new Error('alpha did not reach its crash point: send more payments');
}

async function stopProcessors(world: World, signal: AbortSignal): Promise<void> {
  const processes = [...world.processes.values()];
  for (const process of processes) process.stop();
  await runUntil(world, 'stop', () => processes.every((process) => !process.running), signal);
  for (const { name, exits } of processes) {
    const { value, error } = exits.at(-1) ?? {};
    const exitCode = (value as ExitReport | undefined)?.exitCode;
    if (exitCode !== 0) throw new Error(`asked to stop, ${name} ended with ${exitCode ?? error}`);
  }
}

/** Runs the world in slices, so that the terminal and signals have their turn: the world uses microtasks only. */
async function runUntil(
  world: World,
  what: string,
  isOver: () => boolean,
  signal: AbortSignal,
  { extraMs = 0, look = () => {} }: { readonly extraMs?: number; readonly look?: () => void } = {},
): Promise<void> {
  const maxMs = world.nowMs + extraMs + PATIENCE_MS;
  while (!isOver()) {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const end = await world.run(sliced(isOver), { maxMs, maxSteps: STEPS_MAX });
    look();
    if (end !== 'done') throw new Error(`the simulated processors did not ${what}: ${end} at ${world.nowMs} ms`);
  }
}

/** True also at the end of a slice: the next run continues at the same virtual time. */
function sliced(isOver: () => boolean): () => boolean {
  const untilMs = Date.now() + SLICE_MS;
  return () => isOver() || Date.now() >= untilMs;
}
