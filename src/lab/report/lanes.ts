/** Lanes of the timeline: for each processor when it lived, for each of its partitions who held it, from the run's events. */
import type { ProcessorEvent } from '../../processor/events.ts';
import type { EventLine } from '../artifacts.ts';
import { packColumn } from './model/columns.ts';
import type { Lane, LaneMark, LaneSpan, LifeFacts } from './model/page-data.ts';

/** Marks of one lane; with more they could not be distinguished. */
const MARKS_MAX = 400;

interface Holding {
  takeoverFromMs: number | null;
  ownedFromMs: number | null;
  epoch: number | null;
}

interface PartitionLane {
  readonly spans: LaneSpan[];
  readonly marks: LaneMark[];
  readonly checkpoints: Set<number>;
  readonly folded: number[];
  /** By life. */
  readonly holding: Map<number, Holding>;
}

export class LaneMaker {
  readonly #startedAtMs: number;
  readonly #binMs: number;
  readonly #bins: number;
  readonly #partitions = new Map<string, Map<number, PartitionLane>>();
  readonly #claims: { readonly partition: number; readonly epoch: number; readonly at: number }[] = [];
  readonly #waits = new Map<string, LaneMark[]>();

  constructor(startedAtMs: number, binMs: number, bins: number) {
    this.#startedAtMs = startedAtMs;
    this.#binMs = binMs;
    this.#bins = bins;
  }

  take({ atMs, processor, life, event }: EventLine): void {
    const at = Math.max(0, Math.round(atMs - this.#startedAtMs));
    if (event.type === 'service.waiting') {
      const marks = this.#waits.get(processor) ?? [];
      if (marks.length < MARKS_MAX)
        marks.push({ kind: 'waiting', atMs: at, text: `waits for ${event.service}: ${event.error}` });
      this.#waits.set(processor, marks);
    }
    if (event.type === 'assignment.changed') {
      for (const partition of event.lost) {
        const lane = this.#partitions.get(processor)?.get(partition);
        const holding = lane?.holding.get(life);
        if (lane !== undefined && holding !== undefined) release(lane, holding, at);
      }
    }
    if (!('partition' in event)) return;
    if (event.type === 'takeover.claimed') this.#claims.push({ partition: event.partition, epoch: event.epoch, at });
    const lane = this.#lane(processor, event.partition);
    let holding = lane.holding.get(life);
    if (holding === undefined) {
      holding = { takeoverFromMs: null, ownedFromMs: null, epoch: null };
      lane.holding.set(life, holding);
    }
    this.#step(lane, holding, at, event);
  }

  /** Every processor in the order of its first life, each followed by its partitions. */
  lanes(lives: readonly LifeFacts[]): Lane[] {
    const names = [...new Set([...lives.map(({ processor }) => processor), ...this.#partitions.keys()])];
    return names.flatMap((processor) => {
      const own = lives.filter((life) => life.processor === processor);
      const partitions = [...(this.#partitions.get(processor) ?? [])].sort(([a], [b]) => a - b);
      return [
        this.#processorLane(processor, own),
        ...partitions.map(([partition, lane]) => this.#partitionLane(processor, partition, lane, own)),
      ];
    });
  }

  /** Owned until a later epoch was claimed; what is left of the span is what its process still believes. */
  #untilDeposed(partition: number, span: LaneSpan): LaneSpan[] {
    if (span.kind !== 'owned') return [span];
    const later = this.#claims.filter((claim) => claim.partition === partition && claim.epoch > (span.epoch ?? 0));
    const endMs = Math.max(span.fromMs, Math.min(...later.map(({ at }) => at)));
    if (endMs >= span.toMs) return [span];
    return [
      { ...span, toMs: endMs },
      { ...span, kind: 'deposed', fromMs: endMs },
    ];
  }

  #lane(processor: string, partition: number): PartitionLane {
    const lanes = this.#partitions.get(processor) ?? new Map<number, PartitionLane>();
    this.#partitions.set(processor, lanes);
    let lane = lanes.get(partition);
    if (lane === undefined) {
      const folded = new Array<number>(this.#bins).fill(0);
      lane = { spans: [], marks: [], checkpoints: new Set(), folded, holding: new Map() };
      lanes.set(partition, lane);
    }
    return lane;
  }

  #step(lane: PartitionLane, holding: Holding, at: number, event: ProcessorEvent): void {
    switch (event.type) {
      case 'takeover.claimed':
        holding.takeoverFromMs ??= at;
        holding.epoch = event.epoch;
        break;
      case 'takeover.running':
        endHolding(lane, { takeoverFromMs: Math.max(0, at - event.tookMs), ownedFromMs: null, epoch: event.epoch }, at);
        Object.assign(holding, { takeoverFromMs: null, ownedFromMs: at, epoch: event.epoch });
        break;
      case 'takeover.lost_claim':
        mark(lane, { kind: 'lost_claim', atMs: at, text: `lost the claim to ${event.winner}` });
        break;
      case 'partition.fenced':
        mark(lane, { kind: 'fenced', atMs: at, text: `fenced out of epoch ${event.epoch}: ${event.why}` });
        release(lane, holding, at);
        break;
      case 'partition.stopped':
        mark(lane, { kind: 'stopped', atMs: at, text: `stopped: ${event.code}: ${event.error}` });
        release(lane, holding, at);
        break;
      case 'partition.released':
        release(lane, holding, at);
        break;
      case 'checkpoint.written':
        lane.checkpoints.add(at);
        break;
      case 'batch.folded': {
        const bin = Math.min(this.#bins - 1, Math.floor(at / this.#binMs));
        lane.folded[bin] = (lane.folded[bin] ?? 0) + event.records;
        break;
      }
    }
  }

  #processorLane(processor: string, lives: readonly LifeFacts[]): Lane {
    const spans = lives.flatMap(({ fromMs, toMs, pauses }): LaneSpan[] => [
      { kind: 'alive', fromMs, toMs, epoch: null },
      ...pauses.map((pause): LaneSpan => ({ kind: 'paused', ...pause, epoch: null })),
    ]);
    const ends = lives
      .filter(({ endedBadly }) => endedBadly)
      .map(({ toMs, ending }): LaneMark => ({ kind: 'ended', atMs: toMs, text: ending }));
    const marks = [...ends, ...(this.#waits.get(processor) ?? [])].sort((a, b) => a.atMs - b.atMs);
    return { processor, partition: null, spans, marks, checkpoints: packColumn([]), folded: packColumn([]) };
  }

  #partitionLane(processor: string, partition: number, lane: PartitionLane, lives: readonly LifeFacts[]): Lane {
    for (const [life, holding] of lane.holding) {
      const end = lives.find((each) => each.life === life)?.toMs;
      if (end !== undefined) release(lane, holding, end);
    }
    const spans = lane.spans.flatMap((span) => this.#untilDeposed(partition, span)).sort((a, b) => a.fromMs - b.fromMs);
    const checkpoints = packColumn([...lane.checkpoints].sort((a, b) => a - b));
    return { processor, partition, spans, marks: lane.marks, checkpoints, folded: packColumn(lane.folded) };
  }
}

function mark(lane: PartitionLane, one: LaneMark): void {
  if (lane.marks.length < MARKS_MAX) lane.marks.push(one);
}

function release(lane: PartitionLane, holding: Holding, at: number): void {
  endHolding(lane, holding, at);
  Object.assign(holding, { takeoverFromMs: null, ownedFromMs: null });
}

function endHolding({ spans }: PartitionLane, { takeoverFromMs, ownedFromMs, epoch }: Holding, at: number): void {
  if (ownedFromMs !== null) spans.push({ kind: 'owned', fromMs: ownedFromMs, toMs: at, epoch });
  if (takeoverFromMs !== null) spans.push({ kind: 'takeover', fromMs: takeoverFromMs, toMs: at, epoch });
}
