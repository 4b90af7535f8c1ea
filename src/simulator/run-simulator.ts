/**
 * Sends a plan to a topic and writes the ledger. Memory is bounded by the batches in flight. A stop finishes what is in
 * flight, so the ledger is complete up to what was acknowledged.
 */
import type { Runtime } from '../base/runtime.ts';
import { generatePayments, type PlannedRecord } from './generate.ts';
import { LedgerWriter, ledgerEntry } from './ledger.ts';
import { resolvePlan, type SimulationDials } from './plan.ts';
import { openProducer, type ProducerOptions, type RecordProducer } from './producer.ts';
import { type SimulationSummary, Tally } from './summary.ts';

export interface SimulatorOptions {
  readonly dials: SimulationDials;
  readonly kafka: ProducerOptions;
  /** Path of the ledger; undefined: none is written. */
  readonly ledgerPath?: string;
  /** Records per request. */
  readonly batchRecordsMax?: number;
  /**
   * Requests in flight. With 1 (the default) the log holds the records in the plan's order after any failure; with
   * more, a retried request may land after a later one.
   */
  readonly inFlightMax?: number;
  /** Stops cleanly: sends nothing more, waits for what is in flight and writes it to the ledger. */
  readonly signal?: AbortSignal;
  /** Called after each acknowledged batch. */
  readonly onProgress?: (progress: { readonly sent: number; readonly count: number }) => void;
}

/** Measured optimum: kafkajs groups a request's messages in time quadratic in its size. */
const BATCH_RECORDS_MAX = 1_000;
/** With a rate, a batch covers this much time, to keep the load even. */
const BATCH_TIME_MS = 50;

/**
 * Runs the simulation. Throws ConfigurationError for wrong dials, UnreachableError when a batch could not be delivered (the
 * ledger has its records as unknown).
 */
export async function runSimulator(options: SimulatorOptions, runtime: Runtime): Promise<SimulationSummary> {
  return simulate(options, runtime, () => openProducer(options.kafka, runtime));
}

/** runSimulator with a given producer. */
export async function simulate(
  options: Omit<SimulatorOptions, 'kafka'>,
  runtime: Runtime,
  connect: () => Promise<RecordProducer>,
): Promise<SimulationSummary> {
  const plan = resolvePlan(options.dials, runtime.nowMs());
  const ledgerPath = options.ledgerPath ?? null;
  const producer = await connect();
  // Opened only now: if no broker answers, the ledger of an earlier run stays as it is.
  const ledger = await openLedger(ledgerPath).catch(async (error: unknown) => {
    await producer.close();
    throw error;
  });
  const tally = new Tally();
  const startedMs = runtime.nowMs();
  const inFlight = new Set<Promise<void>>();
  let failure: unknown;

  const deliver = async (batch: readonly PlannedRecord[]): Promise<void> => {
    const offsets = await producer.send(batch).catch((error: unknown) => {
      failure ??= error;
      return undefined;
    });
    const entries = entriesOf(batch, offsets);
    for (const entry of entries) tally.add(entry);
    await ledger?.write(entries);
    options.onProgress?.({ sent: tally.sent, count: plan.count });
  };

  try {
    let taken = 0;
    for (const batch of batchesOf(generatePayments(plan), batchSize(options, plan.ratePerSecond))) {
      if (options.signal?.aborted || failure !== undefined) break;
      if (plan.ratePerSecond > 0) {
        const dueMs = startedMs + (taken / plan.ratePerSecond) * 1000;
        await pause(runtime, dueMs - runtime.nowMs(), options.signal);
        if (options.signal?.aborted) break;
      }
      taken += batch.length;
      const delivery = deliver(batch)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => inFlight.delete(delivery));
      inFlight.add(delivery);
      if (inFlight.size >= (options.inFlightMax ?? 1)) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  } finally {
    await producer.close();
    await ledger?.close().catch((error: unknown) => {
      failure ??= error;
    });
  }
  if (failure !== undefined) throw failure;
  const elapsedMs = runtime.nowMs() - startedMs;
  return tally.summary(plan, { complete: tally.sent === plan.count, elapsedMs, ledgerPath });
}

async function openLedger(path: string | null): Promise<LedgerWriter | undefined> {
  return path === null ? undefined : LedgerWriter.create(path);
}

function batchSize(options: Pick<SimulatorOptions, 'batchRecordsMax'>, ratePerSecond: number): number {
  const most = options.batchRecordsMax ?? BATCH_RECORDS_MAX;
  if (ratePerSecond === 0) return most;
  return Math.min(most, Math.max(1, Math.round((ratePerSecond * BATCH_TIME_MS) / 1000)));
}

function* batchesOf(records: Iterable<PlannedRecord>, size: number): Generator<PlannedRecord[]> {
  let batch: PlannedRecord[] = [];
  for (const record of records) {
    batch.push(record);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function entriesOf(batch: readonly PlannedRecord[], firstOffsets: ReadonlyMap<number, number> | undefined) {
  if (!firstOffsets) return batch.map((record) => ledgerEntry(record, null, 'unknown'));
  // Within a batch, the records of one partition have consecutive offsets.
  const next = new Map(firstOffsets);
  return batch.map((record) => {
    const offset = next.get(record.partition);
    if (offset !== undefined) next.set(record.partition, offset + 1);
    return ledgerEntry(record, offset ?? null, 'acked');
  });
}

async function pause(runtime: Runtime, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms <= 0) return;
  try {
    await runtime.sleep(ms, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
