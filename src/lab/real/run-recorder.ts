/**
 * Records one run while it happens: events of processors, records that Kafka acknowledged, metrics twice a second, phases and
 * lives. It writes the files of src/lab/artifacts.ts, and keeps in memory the totals that fault accounting needs.
 */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessorEvent } from '../../processor/events.ts';
import type { LedgerEntry } from '../../simulator/ledger.ts';
import {
  EVENTS_FILE,
  type EventLine,
  METRICS_FILE,
  type MetricsSample,
  type ProcessorLife,
  type ProcessorRecord,
  type RunPhase,
  SENT_FILE,
  type SentLine,
} from '../artifacts.ts';
import type { Progress, RunHistory } from './fault-account.ts';
import { parseMetrics } from './processor/parse-metrics.ts';
import type { ProcessorChild } from './processor/processor-child.ts';

/** What a person reads when a phase begins. */
export const PHASE_NEWS: Readonly<Record<RunPhase['name'], string>> = {
  story: 'the story begins',
  heal: 'the story is over; healing what is still broken',
  drain: 'draining',
  check: 'checking every record',
};

const PHASE_NAMES: Readonly<Record<RunPhase['name'], string>> = {
  story: 'the story',
  heal: 'the healing',
  drain: 'the draining',
  check: 'the check',
};

const SCRAPE_EVERY_MS = 500;
const SCRAPE_TIMEOUT_MS = 400;

/** A life while it lasts. */
interface Life {
  readonly child: ProcessorChild;
  readonly life: number;
  readonly startedAtMs: number;
  readonly pauses: { fromMs: number; toMs: number | null }[];
  metricsPort: number | undefined;
  endedAtMs: number | null;
  exitCode: number | null;
  signal: string | null;
}

/** When the n-th record of a workload had been acknowledged. */
export interface SendingMark {
  readonly sent: number;
  readonly atMs: number;
}

export class RunRecorder {
  readonly #nowMs: () => number;
  readonly #events: WriteStream;
  readonly #sent: WriteStream;
  readonly #metrics: WriteStream;
  readonly #lives: Life[] = [];
  readonly #phases: { name: RunPhase['name']; fromMs: number }[] = [];
  readonly #acknowledged: Progress[] = [];
  readonly #checkpointed: Progress[] = [];
  readonly #nextOffsets = new Map<number, number>();
  readonly #over = new AbortController();
  readonly #scraping: Promise<void>;

  constructor(folder: string, nowMs: () => number) {
    this.#nowMs = nowMs;
    const open = (file: string): WriteStream => createWriteStream(path.join(folder, file), { flags: 'a' });
    this.#events = open(EVENTS_FILE);
    this.#sent = open(SENT_FILE);
    this.#metrics = open(METRICS_FILE);
    this.#scraping = this.#scrapeAll();
  }

  get history(): RunHistory {
    return { acknowledged: this.#acknowledged, checkpointed: this.#checkpointed };
  }

  get acknowledgedRecords(): number {
    return this.#acknowledged.at(-1)?.total ?? 0;
  }

  get checkpointedRecords(): number {
    return this.#checkpointed.at(-1)?.total ?? 0;
  }

  phase(name: RunPhase['name']): void {
    this.#phases.push({ name, fromMs: this.#nowMs() });
  }

  /** What the run is doing. */
  get phaseNow(): string {
    return PHASE_NAMES[this.#phases.at(-1)?.name ?? 'story'];
  }

  phases(endMs: number): RunPhase[] {
    return this.#phases.map((phase, i) => ({ ...phase, toMs: this.#phases[i + 1]?.fromMs ?? endMs }));
  }

  started(child: ProcessorChild): void {
    const life: Life = {
      child,
      life: 1 + this.#lives.filter((each) => each.child.name === child.name).length,
      startedAtMs: this.#nowMs(),
      pauses: [],
      metricsPort: undefined,
      endedAtMs: null,
      exitCode: null,
      signal: null,
    };
    this.#lives.push(life);
    child.exited.then(({ code, signal }) => {
      Object.assign(life, { endedAtMs: this.#nowMs(), exitCode: code, signal });
    });
  }

  paused(child: ProcessorChild): void {
    this.#lifeOf(child)?.pauses.push({ fromMs: this.#nowMs(), toMs: null });
  }

  resumed(child: ProcessorChild): void {
    const pause = this.#lifeOf(child)?.pauses.findLast(({ toMs }) => toMs === null);
    if (pause !== undefined) pause.toMs = this.#nowMs();
  }

  listens(child: ProcessorChild, metricsPort: number): void {
    const life = this.#lifeOf(child);
    if (life !== undefined) life.metricsPort = metricsPort;
  }

  event(child: ProcessorChild, event: ProcessorEvent): void {
    const atMs = this.#nowMs();
    const line: EventLine = { atMs, processor: child.name, life: this.#lifeOf(child)?.life ?? 1, event };
    this.#events.write(`${JSON.stringify(line)}\n`);
    if (event.type !== 'checkpoint.written') return;
    this.#nextOffsets.set(event.partition, Math.max(event.nextOffset, this.#nextOffsets.get(event.partition) ?? 0));
    const total = [...this.#nextOffsets.values()].reduce((sum, offset) => sum + offset, 0);
    this.#checkpointed.push({ atMs, total });
  }

  /** Kafka acknowledged more records. */
  acknowledged(records: number): void {
    this.#acknowledged.push({ atMs: this.#nowMs(), total: this.acknowledgedRecords + records });
  }

  /** Writes down where the records of a workload landed, each at the time of its acknowledgement. */
  sent(entries: readonly Pick<LedgerEntry, 'partition' | 'offset'>[], marks: readonly SendingMark[]): void {
    let from = 0;
    for (const { sent, atMs } of marks) {
      for (const line of runsOf(entries.slice(from, sent), atMs)) this.#sent.write(`${JSON.stringify(line)}\n`);
      from = sent;
    }
  }

  /** All lives so far, by processor, in the order of their first starts. */
  processors(): ProcessorRecord[] {
    const names = new Set(this.#lives.map(({ child }) => child.name));
    return [...names].map((name) => ({
      name,
      log: `${name}.log`,
      lives: this.#lives.filter(({ child }) => child.name === name).map(lifeRecord),
    }));
  }

  /** Resolves when everything is on the disk. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#scraping;
    for (const stream of [this.#events, this.#sent, this.#metrics]) {
      stream.end();
      await once(stream, 'close');
    }
  }

  #lifeOf(child: ProcessorChild): Life | undefined {
    return this.#lives.find((each) => each.child === child);
  }

  async #scrapeAll(): Promise<void> {
    const { signal } = this.#over;
    while (await sleep(SCRAPE_EVERY_MS, true, { signal }).catch(() => false)) {
      const samples = await Promise.all(this.#lives.map((life) => this.#scrape(life)));
      for (const sample of samples) if (sample !== undefined) this.#metrics.write(`${JSON.stringify(sample)}\n`);
    }
  }

  /** Undefined where there is no answer in time: it hangs, is paused, or is just ending. */
  async #scrape({ child, life, metricsPort }: Life): Promise<MetricsSample | undefined> {
    if (metricsPort === undefined || !child.running) return undefined;
    try {
      const signal = AbortSignal.timeout(SCRAPE_TIMEOUT_MS);
      const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { signal });
      return { atMs: this.#nowMs(), processor: child.name, life, values: parseMetrics(await answer.text()) };
    } catch {
      return undefined;
    }
  }
}

function lifeRecord({ child, life, startedAtMs, pauses, endedAtMs, exitCode, signal }: Life): ProcessorLife {
  return { life, pid: child.pid, startedAtMs, endedAtMs, exitCode, signal, pauses };
}

/** Runs of neighbouring offsets, one list per partition. */
function runsOf(entries: readonly Pick<LedgerEntry, 'partition' | 'offset'>[], atMs: number): SentLine[] {
  const runs = new Map<number, SentLine[]>();
  for (const { partition, offset } of entries) {
    if (offset === null) continue;
    const ofPartition = runs.get(partition) ?? [];
    runs.set(partition, ofPartition);
    const last = ofPartition.at(-1);
    if (last?.toOffset === offset) ofPartition[ofPartition.length - 1] = { ...last, toOffset: offset + 1 };
    else ofPartition.push({ atMs, partition, fromOffset: offset, toOffset: offset + 1 });
  }
  return [...runs.values()].flat();
}
