/**
 * Tries everything that the protocol needs of BigQuery on one endpoint, in a dataset that is made for it
 * and removed again. It can reach no other dataset: the name is its own, drawn, and refused where it exists already.
 */
import { APPEND_NEEDS } from './append-needs.ts';
import { Bench, type Endpoint } from './bench.ts';
import { FENCE_NEEDS } from './fence-needs.ts';
import type { Need } from './need.ts';
import { QUERY_NEEDS } from './query-needs.ts';
import { type ConformanceReport, conforms, type NeedReport, tryNeedOn } from './try-need.ts';

export type { ConformanceReport, NeedReport } from './try-need.ts';

export const NEEDS: readonly Need[] = [...APPEND_NEEDS, ...FENCE_NEEDS, ...QUERY_NEEDS];

const ATTEMPTS_MAX = 3;
/** That one try may put rows into. */
export const PARTITIONS = ATTEMPTS_MAX * NEEDS.length;

export interface ConformanceOptions {
  /** Only these, by name; default: all. */
  readonly only?: readonly string[] | undefined;
  readonly onNeed?: (report: NeedReport) => void;
  /** Kafka partition of the first need's rows, where the dataset has rows of earlier tries; each try takes PARTITIONS. */
  readonly firstPartition?: number | undefined;
}

/** One need after the other: they are about order and races, and must not disturb each other. */
export async function tryNeeds(endpoint: Endpoint, options: ConformanceOptions = {}): Promise<ConformanceReport> {
  const needs: NeedReport[] = [];
  for (const [number, need] of NEEDS.entries()) {
    if (options.only !== undefined && !options.only.includes(need.name)) continue;
    const report = await tryNeed(need, endpoint, (options.firstPartition ?? 0) + number);
    needs.push(report);
    options.onNeed?.(report);
  }
  return { conforms: conforms(needs), needs };
}

/** Again where a connection was cut meanwhile, on rows and streams of its own: that is no answer to what was asked. */
async function tryNeed(need: Need, endpoint: Endpoint, partition: number): Promise<NeedReport> {
  for (let attempt = 0; ; attempt++) {
    const bench = new Bench(endpoint, partition + attempt * NEEDS.length);
    const report = await tryOnce(need, bench);
    const isAnswer = report.state === 'holds' || report.state === 'differs' || !bench.wasCut;
    if (isAnswer) return report;
    if (attempt + 1 === ATTEMPTS_MAX) {
      return { ...report, detail: `${report.detail} (with a connection cut in each of ${ATTEMPTS_MAX} attempts)` };
    }
  }
}

async function tryOnce(need: Need, bench: Bench): Promise<NeedReport> {
  try {
    return await tryNeedOn(need, bench, bench.endpoint.runtime);
  } finally {
    bench.close();
  }
}
