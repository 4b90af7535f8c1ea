import { expect, test } from 'vitest';
import { RESCALE_POINTS, type RescalePoint } from '../processor/crash-points.ts';
import { withSinkRescalePoints } from '../sinks/bigquery/crash-points.ts';
import type { SinkQueries, StreamRef, WriteStreams } from '../sinks/bigquery/ports.ts';
import type { RescalePorts } from './rescale.ts';
import { withRescalePoints } from './rescale-points.ts';

/** Ports that record their calls. */
class Queries {
  readonly said: string[];
  constructor(said: string[]) {
    this.said = said;
  }
  async claim(): Promise<void> {
    this.said.push('claims');
  }
  async putHistories(): Promise<void> {
    this.said.push('puts');
  }
  async seed(): Promise<void> {
    this.said.push('seeds');
  }
  async readOwnership(): Promise<unknown[]> {
    this.said.push('reads');
    return [];
  }
}

test('every effect is between its points, in the order of the list, and reading has none', async () => {
  const said: string[] = [];
  const streams = { finalize: async () => void said.push('finalizes') };
  const hit = (point: RescalePoint) => void said.push(point);
  const seams = {
    queries: new Queries(said) as unknown as SinkQueries,
    streams: streams as unknown as WriteStreams,
  };
  const { queries, streams: wrapped } = withSinkRescalePoints(seams, hit);
  const ports = { addPartitions: async () => void said.push('adds') } as unknown as RescalePorts;
  const { addPartitions } = withRescalePoints(ports, hit);
  await queries.claim('payments', []);
  await queries.readOwnership('payments');
  await wrapped.finalize({} as StreamRef);
  await addPartitions(3);
  await queries.putHistories('payments', []);
  await queries.seed('payments', []);
  expect(said.filter((each) => each.includes('.'))).toEqual(RESCALE_POINTS);
  const between = ['claims', 'finalizes', 'adds', 'puts', 'seeds'].map((act) => {
    const at = said.indexOf(act);
    return [said[at - 1], said[at + 1]].join();
  });
  expect(between).toEqual(
    RESCALE_POINTS.flatMap((point, i) => (i % 2 === 0 ? [`${point},${RESCALE_POINTS[i + 1]}`] : [])),
  );
});
