/** The sink port of the processor, on BigQuery's queries, write streams and encoder: real ones, or those of the simulated world. */
import { ConfigurationError } from '../../base/errors.ts';
import type { AppendLimits, Sink, SinkInspection } from '../../processor/ports.ts';
import { RuledOwnership } from '../ownership/ruled-ownership.ts';
import type { RowEncoder } from './ports.ts';
import { sinkReads } from './sink-reads.ts';
import { StreamClaims } from './takeover/claims.ts';
import type { FenceParts } from './takeover/fence.ts';
import { FenceRounds } from './takeover/fence-rounds.ts';

/** What the processor's side of the sink keeps to. The service's own limits are in sink-limits.ts. */
export interface WriterLimits extends AppendLimits {
  /** Rows of one append request. */
  readonly maxAppendRows: number;
  /** Estimated bytes of one append request; the service refuses 20 MB, older ones 10 MB. */
  readonly maxAppendBytes: number;
  /** Streams expire after three days without traffic: a partition is claimed anew, with new streams, before. */
  readonly streamMaxIdleMs: number;
}

export const DEFAULT_WRITER_LIMITS: WriterLimits = Object.freeze({
  maxAppendRows: 4_000,
  maxAppendBytes: 6 * 1024 * 1024,
  streamMaxIdleMs: 40 * 3_600_000,
});

export interface ProcessorSinkParts extends Omit<FenceParts, 'fences'> {
  readonly encoder: RowEncoder;
  readonly inspection: SinkInspection;
  readonly limits?: Partial<WriterLimits>;
}

/** One for each process: partitions that take over at the same time are fenced together. */
export function processorSink({ inspection, limits: given, ...parts }: ProcessorSinkParts): Sink {
  const limits: WriterLimits = { ...DEFAULT_WRITER_LIMITS, ...given };
  checkWriterLimits(limits);
  const { runtime, queries } = parts;
  const { streamMaxIdleMs, ...appendLimits } = limits;
  const ownership = new RuledOwnership(queries);
  const claims = new StreamClaims({ ...parts, ownership, streamMaxIdleMs, fences: new FenceRounds(runtime) });
  return {
    ...sinkReads(queries, ownership),
    appendLimits,
    topics: () => queries.topics(),
    wrongTables: (freshForMs) => inspection.wrongTables(freshForMs),
    lostInBulk: () => inspection.lostInBulk(),
    foresee: (rows) => claims.foresee(rows),
    claim: (topic, owner, rows) => claims.claim(topic, owner, rows),
  };
}

/** Refuses limits that the service's contradict. */
export function checkWriterLimits(limits: WriterLimits): void {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0)
      problems.push(`${name}: must be a whole number above 0, is ${value}`);
  }
  if (limits.streamMaxIdleMs > 48 * 3_600_000) {
    problems.push(`streamMaxIdleMs: at most two days, is ${limits.streamMaxIdleMs} ms: streams expire after three`);
  }
  if (limits.maxAppendBytes > 9 * 1024 * 1024) {
    problems.push(`maxAppendBytes: at most 9 MiB, is ${limits.maxAppendBytes}`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
}
