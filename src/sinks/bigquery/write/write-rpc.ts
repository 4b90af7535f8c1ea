/**
 * The calls of BigQueryWrite (google.cloud.bigquery.storage.v1) that the append client uses. The simulated BigQuery
 * replaces the real one here; write-rpc-google.ts is the real implementation. All code above (offsets, deadlines,
 * resends, the reading of answers) is the same in both worlds.
 */

/** gRPC status codes that the protocol tells apart (google.rpc.Code). */
export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** A failed call, by its gRPC status. */
export class RpcError extends Error {
  readonly code: number;
  /** google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode name, where the answer carries one. */
  readonly storageErrorCode: string | undefined;
  constructor(code: number, message: string, storageErrorCode?: string) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.storageErrorCode = storageErrorCode;
  }
}

export interface AppendRequest {
  readonly writeStream: string;
  /** Stream offset of the first row. */
  readonly offset: number;
  /** EncodedRows.payload. */
  readonly payload: unknown;
  /** The writer schema goes with the first request of a connection only. */
  readonly withSchema: boolean;
}

/** One in-band answer: an acknowledgement, an error, or row errors (with or without an error). */
export interface AppendAnswer {
  /** Stream offset of the first row of the acknowledged request; undefined where the service leaves it out. */
  readonly offset?: number | undefined;
  readonly acknowledged: boolean;
  readonly error?: RpcError | undefined;
  readonly rowErrors: readonly { readonly index: number; readonly message: string }[];
}

/** One open AppendRows call. Answers come in the order of the requests. */
export interface AppendCall {
  /** False when the transport's buffer is full; it still took the request. */
  write(request: AppendRequest): boolean;
  /** Ends our side; outstanding answers still come. */
  end(): void;
  /** Ends the call now; onEnd is still called once. */
  cancel(): void;
}

/** Never called from within appendRows, write or end; after cancel the append client ignores them. */
export interface AppendCallHandlers {
  onAnswer(answer: AppendAnswer): void;
  /** Called once, when the call is over for any reason; undefined after an orderly end. */
  onEnd(error: RpcError | undefined): void;
}

export interface WriteRpc {
  /** Creates a COMMITTED stream on `projects/P/datasets/D/tables/T`; returns its name. Rejects with RpcError. */
  createWriteStream(tablePath: string): Promise<string>;
  /** Rejects with RpcError. */
  finalizeWriteStream(name: string): Promise<{ readonly rowCount: number }>;
  appendRows(streamName: string, handlers: AppendCallHandlers): AppendCall;
  close(): Promise<void>;
}
