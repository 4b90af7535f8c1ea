/**
 * The tables of a world of the lab, on either sink: how its processors and commands find them, and how the lab itself
 * looks at them. What only one sink has throws by name on the other.
 */
import type { TableQueries } from '../../../checks/by-sql/reconcile.ts';
import type { TopicSource } from '../../../checks/inputs/topic-inputs.ts';
import type { VerifyInputs } from '../../../checks/inputs/verify-inputs.ts';
import type { ExternalEndpoints } from '../../../infra/types.ts';
import type { BigQuerySink } from '../../../sinks/bigquery/open-sink.ts';
import type { OpenedSink } from '../../../sinks/opened-sink.ts';

export type WorldSink = { readonly kind: 'bigquery' } | DeltaWorldSink;

export interface DeltaWorldSink {
  readonly kind: 'delta';
  /** Of all worlds; each has a folder or a prefix of its own below it. */
  readonly location: string;
  /** How to reach a store, as the AWS SDK reads it. This process has it in its own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** host:port of the services that keep tables, as far as there are any: none for tables on a disk. */
export interface ServiceAddresses
  extends Partial<Pick<ExternalEndpoints, 'bigqueryEmulatorHost' | 'bigqueryStorageEmulatorHost'>> {
  /** Of an S3-compatible store. */
  readonly storeHost?: string;
}

export interface WorldTables {
  readonly sink: OpenedSink;
  /** The checks by SQL, of both sinks. */
  readonly sql: TableQueries;
  /** Without proxies. */
  readonly services: ServiceAddresses;
  /** By their environment variables; `services`: as the pipeline reaches them, if not at their own addresses. */
  settings(services?: ServiceAddresses): Record<string, string>;
  inputs(source: TopicSource): VerifyInputs;
  /** SELECT; `{dataset}` stands for the place of the tables. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Of Delta tables on a disk. */
  readonly folder: string | undefined;
  /** BigQuery only: throws otherwise. */
  readonly bigquery: BigQuerySink;
  close(): Promise<void>;
}
