/** Sends what a world's pipeline is to process, and writes down where and when it landed. */
import path from 'node:path';
import { systemRuntime } from '../../../base/system-runtime.ts';
import type { KafkaConnectionOptions } from '../../../kafka/client/connection-options.ts';
import { type LedgerEntry, readLedger } from '../../../simulator/ledger.ts';
import type { SimulationDials } from '../../../simulator/plan.ts';
import { runSimulator } from '../../../simulator/run-simulator.ts';
import type { SimulationSummary } from '../../../simulator/summary.ts';
import type { ScenarioRecord, SendOptions } from '../../scenario.ts';
import type { RunRecorder, SendingMark } from '../run-recorder.ts';
import { sendBlanks } from './send-blanks.ts';
import { sendRecords } from './send-records.ts';

export interface WorkloadsOptions {
  /** As the pipeline reaches Kafka. */
  readonly connection: KafkaConnectionOptions;
  readonly topic: string;
  readonly partitions: number;
  /** For ledgers. */
  readonly folder: string;
  readonly recorder: RunRecorder;
  readonly onProgress?: (progress: { readonly sent: number; readonly count: number }) => void;
}

const PATIENCE_MS = 60_000;

export class Workloads {
  readonly #options: WorkloadsOptions;
  readonly #ledgers: string[] = [];
  readonly #sending = new Set<AbortController>();

  constructor(options: WorkloadsOptions) {
    this.#options = options;
  }

  /** Files in the folder, one per workload so far. */
  get ledgers(): readonly string[] {
    return this.#ledgers;
  }

  /** What is being sent ends here, as if its producers were stopped. */
  stop(): void {
    for (const stopping of this.#sending) stopping.abort();
  }

  async send(dials: SimulationDials, { stopAfter, stopWhen, inFlightMax }: SendOptions): Promise<SimulationSummary> {
    const { connection, topic, partitions, folder, recorder } = this.#options;
    const file = `sent-${this.#ledgers.length + 1}.jsonl`;
    this.#ledgers.push(file);
    const stopping = new AbortController();
    this.#sending.add(stopping);
    const stop = (): void => stopping.abort();
    stopWhen?.then(stop, stop); // its failure is the story's
    const marks: SendingMark[] = [];
    const summary = await runSimulator(
      {
        dials: { partitions, ...dials },
        kafka: { connection, topic, compression: 'none', patienceMs: PATIENCE_MS },
        ledgerPath: path.join(folder, file),
        signal: stopping.signal,
        ...(inFlightMax === undefined ? {} : { inFlightMax }),
        onProgress: (progress) => {
          recorder.acknowledged(progress.sent - (marks.at(-1)?.sent ?? 0));
          marks.push({ sent: progress.sent, atMs: systemRuntime.nowMs() });
          if (progress.sent >= (stopAfter ?? Number.POSITIVE_INFINITY)) stop();
          this.#options.onProgress?.(progress);
        },
      },
      systemRuntime,
    ).finally(() => this.#sending.delete(stopping));
    recorder.sent(await ledgerOf(summary), marks);
    return summary;
  }

  async sendRecords(records: readonly ScenarioRecord[]): Promise<number[]> {
    const { connection, topic, recorder } = this.#options;
    const offsets = await sendRecords(connection, topic, records);
    recorder.acknowledged(records.length);
    const landed = records.map(({ partition }, i) => ({ partition, offset: offsets[i]! }));
    recorder.sent(landed, [{ sent: records.length, atMs: systemRuntime.nowMs() }]);
    return offsets;
  }

  async sendBlanks(partition: number, byteLength: number): Promise<number> {
    const { connection, topic, recorder } = this.#options;
    const offset = await sendBlanks(connection, topic, partition, byteLength);
    recorder.acknowledged(1);
    recorder.sent([{ partition, offset }], [{ sent: 1, atMs: systemRuntime.nowMs() }]);
    return offset;
  }
}

/** What a workload wrote down, record by record. */
export async function ledgerOf({ ledgerPath }: SimulationSummary): Promise<LedgerEntry[]> {
  if (ledgerPath === null) throw new Error('this workload wrote nothing down');
  const entries: LedgerEntry[] = [];
  for await (const entry of readLedger(ledgerPath)) entries.push(entry);
  return entries;
}
