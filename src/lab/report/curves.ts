/** Curves of a run, binned while its files are read: what was sent and covered per second, lag, latency and memory. */
import type { EventLine, MetricsSample, SentLine } from '../artifacts.ts';
import { packColumn } from './model/columns.ts';
import type { Curves } from './model/page-data.ts';

const BINS_MAX = 400;
const BIN_WIDTHS_MS = [50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 300_000, 900_000];
/** Processors are sampled every 500 ms. */
const SAMPLE_HOLDS_MS = 1_200;
const MIB = 1024 * 1024;
const MEMORY_METRIC = 'process_resident_memory_bytes';

/** The narrowest bins of a round width that are few enough to draw. */
export function binWidthMs(durationMs: number): number {
  return (
    BIN_WIDTHS_MS.find((width) => width >= 200 && durationMs / width <= BINS_MAX) ?? Math.ceil(durationMs / BINS_MAX)
  );
}

interface PartitionProgress {
  end: number;
  covered: number;
  readonly lag: number[];
}

export class CurveMaker {
  readonly binMs: number;
  readonly bins: number;
  readonly #startedAtMs: number;
  readonly #sent: number[];
  readonly #covered: number[];
  readonly #endToEndMs: (number | null)[];
  readonly #memory = new Map<string, (number | null)[]>();
  readonly #changes: {
    readonly atMs: number;
    readonly partition: number;
    readonly end?: number;
    readonly covered?: number;
  }[] = [];

  constructor(startedAtMs: number, durationMs: number) {
    this.#startedAtMs = startedAtMs;
    this.binMs = binWidthMs(durationMs);
    this.bins = Math.max(1, Math.ceil(durationMs / this.binMs));
    this.#sent = new Array<number>(this.bins).fill(0);
    this.#covered = new Array<number>(this.bins).fill(0);
    this.#endToEndMs = new Array<number | null>(this.bins).fill(null);
  }

  sent({ atMs, partition, fromOffset, toOffset }: SentLine): void {
    const bin = this.#bin(atMs);
    this.#sent[bin] = this.#sent[bin]! + toOffset - fromOffset;
    this.#changes.push({ atMs, partition, end: toOffset });
  }

  event({ atMs, event }: EventLine): void {
    if (event.type === 'checkpoint.written') {
      const { partition, nextOffset, endToEndMs } = event;
      const bin = this.#bin(atMs);
      this.#changes.push({ atMs, partition, covered: nextOffset });
      this.#endToEndMs[bin] = Math.max(this.#endToEndMs[bin] ?? 0, Math.round(endToEndMs));
    } else if (event.type === 'takeover.positioned') {
      this.#changes.push({ atMs, partition: event.partition, covered: event.checkpointOffset });
    } else if (event.type === 'batch.folded') {
      this.#changes.push({ atMs, partition: event.partition, end: event.endOffset });
    }
  }

  sample({ atMs, processor, values }: MetricsSample): void {
    const bytes = values[MEMORY_METRIC] ?? Object.entries(values).find(([name]) => name.endsWith(MEMORY_METRIC))?.[1];
    if (bytes === undefined) return;
    const series = this.#memory.get(processor) ?? new Array<number | null>(this.bins).fill(null);
    series[this.#bin(atMs)] = Math.round(bytes / MIB);
    this.#memory.set(processor, series);
  }

  curves(): Curves {
    const lag = this.#lag();
    return {
      binMs: this.binMs,
      bins: this.bins,
      sentPerSecond: packColumn(this.#perSecond(this.#sent)),
      coveredPerSecond: packColumn(this.#perSecond(this.#covered)),
      lag: lag.map(([partition, records]) => ({ partition, records: packColumn(records) })),
      endToEndMs: packColumn(this.#endToEndMs),
      memory: [...this.#memory].map(([processor, mib]) => ({ processor, mib: packColumn(this.#carried(mib)) })),
    };
  }

  /** Over the last second, or the bin where that is longer: a burst of 50 ms is no rate of a second. */
  #perSecond(counts: readonly number[]): number[] {
    const window = Math.max(1, Math.round(1000 / this.binMs));
    let sum = 0;
    return counts.map((count, bin) => {
      sum += count - (counts[bin - window] ?? 0);
      return Math.round((sum * 1000) / (window * this.binMs));
    });
  }

  /** Between two samples the last one holds; longer silence is a gap. */
  #carried(values: readonly (number | null)[]): (number | null)[] {
    const binsMax = Math.ceil(SAMPLE_HOLDS_MS / this.binMs);
    let last = Number.NEGATIVE_INFINITY;
    return values.map((value, bin) => {
      if (value !== null) last = bin;
      return bin - last <= binsMax ? values[last]! : null;
    });
  }

  /** Replays ends and checkpoints in their order; what only rises counts, so a copy heard late changes nothing. */
  #lag(): [partition: number, records: number[]][] {
    const progress = new Map<number, PartitionProgress>();
    const changes = this.#changes.sort((a, b) => a.atMs - b.atMs);
    let next = 0;
    for (let bin = 0; bin < this.bins; bin++) {
      const untilMs = this.#startedAtMs + (bin + 1) * this.binMs;
      for (; next < changes.length && (changes[next]!.atMs < untilMs || bin === this.bins - 1); next++) {
        const { partition, end = 0, covered = 0 } = changes[next]!;
        let one = progress.get(partition);
        if (one === undefined) {
          one = { end: 0, covered: 0, lag: new Array<number>(this.bins).fill(0) };
          progress.set(partition, one);
        }
        one.end = Math.max(one.end, end, covered);
        if (covered > one.covered) {
          this.#covered[bin] = this.#covered[bin]! + covered - one.covered;
          one.covered = covered;
        }
      }
      for (const one of progress.values()) one.lag[bin] = one.end - one.covered;
    }
    return [...progress].sort(([a], [b]) => a - b).map(([partition, { lag }]) => [partition, lag]);
  }

  #bin(atMs: number): number {
    return Math.min(this.bins - 1, Math.max(0, Math.floor((atMs - this.#startedAtMs) / this.binMs)));
  }
}
