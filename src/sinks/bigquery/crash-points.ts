/**
 * The crash points of this sink (processor/crash-points.ts): each of its external effects is reported just before it is asked for and
 * just after its answer arrived. For the lab; without it there is no code path.
 */
import { around, type HitCrashPoint, overriding, type RescalePoint } from '../../processor/crash-points.ts';
import type { SinkEffect } from '../../processor/sink-words.ts';
import type { EncodedRows, SinkQueries, StreamAppender, StreamRef, WriteStreams } from './ports.ts';

interface Seams {
  readonly queries: SinkQueries;
  readonly streams: WriteStreams;
}

export function withSinkCrashPoints<Parts extends Seams>(parts: Parts, hit: HitCrashPoint): Parts {
  const { queries, streams } = parts;
  return {
    ...parts,
    queries: overriding(queries, {
      seed: (...args) => around(hit, 'ownership.seed', () => queries.seed(...args)),
      claim: (...args) => around(hit, 'ownership.claim', () => queries.claim(...args)),
      addSettings: (...args) => around(hit, 'ownership.settings', () => queries.addSettings(...args)),
    }),
    streams: overriding(streams, {
      create: (table) => around(hit, 'stream.create', () => streams.create(table)),
      finalize: (stream) => around(hit, 'stream.finalize', () => streams.finalize(stream)),
      open: (stream) => new CrashingAppender(streams.open(stream), stream, hit),
    }),
  };
}

/** Appends stay in order although a point may wait: each waits for the one before it to be sent. */
class CrashingAppender implements StreamAppender {
  readonly #inner: StreamAppender;
  readonly #effect: SinkEffect;
  readonly #hit: HitCrashPoint;
  #sent: Promise<void> = Promise.resolve();

  constructor(inner: StreamAppender, stream: StreamRef, hit: HitCrashPoint) {
    this.#inner = inner;
    this.#effect = `append.${stream.table}`;
    this.#hit = hit;
  }

  async append(rows: EncodedRows): Promise<void> {
    let acknowledged: Promise<void> | undefined;
    const sending = this.#sent.then(async () => {
      await this.#hit(`${this.#effect}.before`);
      acknowledged = this.#inner.append(rows);
      acknowledged.catch(() => {}); // awaited below
    });
    this.#sent = sending.catch(() => {}); // the failure is this append's own
    await sending;
    await acknowledged;
    await this.#hit(`${this.#effect}.after`);
  }

  close(): void {
    this.#inner.close();
  }
}

/** The points of the command `rescale` that are on the sink. */
export function withSinkRescalePoints<Parts extends Seams>(
  parts: Parts,
  hit: (point: RescalePoint) => void | Promise<void>,
): Parts {
  const { queries, streams } = parts;
  return {
    ...parts,
    queries: overriding(queries, {
      claim: (...args) => around(hit, 'rescale.claim', () => queries.claim(...args)),
      putHistories: (...args) => around(hit, 'rescale.generation', () => queries.putHistories(...args)),
      seed: (...args) => around(hit, 'rescale.seed', () => queries.seed(...args)),
    }),
    streams: overriding(streams, {
      finalize: (stream) => around(hit, 'rescale.finalize', () => streams.finalize(stream)),
    }),
  };
}
