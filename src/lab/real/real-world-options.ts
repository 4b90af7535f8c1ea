/** What a real world is made of, and who watches it. */
import type { ExternalEndpoints, StartedInfra } from '../../infra/types.ts';
import type { ProcessorEvent } from '../../processor/events.ts';
import type { ProcessorChild } from './processor/processor-child.ts';
import type { WorldSink } from './tables/world-tables.ts';

/** Its parts only where a world has them to itself: without them they cannot be killed. Delta Lake needs a broker alone. */
export interface WorldInfra
  extends Partial<ExternalEndpoints>,
    Partial<Pick<StartedInfra, 'projectId' | 'broker' | 'emulator'>> {
  readonly kafkaBootstrapServers: string;
}

export interface RealWorldOptions {
  /** Starts the topic's and the dataset's or folder's name. */
  readonly name: string;
  readonly infra: WorldInfra;
  /** Default: BigQuery. */
  readonly sink?: WorldSink;
  readonly partitions: number;
  /** For logs, ledgers and checkpoints; kept. */
  readonly folder: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Proxies stand between the pipeline and its services; `by-name`: it knows them by a name, not by an address. */
  readonly proxied?: boolean | 'by-name';
  /** Default: unique. */
  readonly topic?: string;
  readonly dataset?: string;
  /** Of what stories draw. Default: drawn. */
  readonly seed?: number;
  /** Default 90 s. */
  readonly drainTimeoutMs?: number;
  /** The processors run with this bug (src/lab/mutants). */
  readonly mutant?: string;
  readonly onEvent?: (event: ProcessorEvent, child: ProcessorChild) => void;
  readonly onProgress?: (progress: { readonly sent: number; readonly count: number }) => void;
  /** What happens now: faults, starts, deaths. */
  readonly onNews?: (text: string) => void;
}
