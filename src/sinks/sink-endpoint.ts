/** Where a sink is, as the configuration says it. */

export interface BigQueryEndpoint {
  readonly projectId: string;
  readonly dataset: string;
  /** Where the dataset is not in the US or EU. */
  readonly location?: string | undefined;
  /** REST host:port and gRPC host:port of an emulator; both or neither. */
  readonly emulatorHost?: string | undefined;
  readonly storageEmulatorHost?: string | undefined;
}

export interface DeltaEndpoint {
  /** A folder, or `s3://bucket/prefix`. */
  readonly location: string;
  /** How long a processor gathers rows before it commits them. Undefined: by the kind of the store. */
  readonly commitIntervalMs?: number | undefined;
}

export type SinkEndpoint =
  | ({ readonly kind: 'bigquery' } & BigQueryEndpoint)
  | ({ readonly kind: 'delta' } & DeltaEndpoint);
