/**
 * The actions of a Delta log, as the protocol names them (PROTOCOL.md of delta-io/delta, "Actions"). Only the fields that
 * this program uses or must hand on in a log checkpoint.
 */

export interface AddAction {
  /** Percent-encoded, as logged. */
  readonly path: string;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly tags?: Readonly<Record<string, string | null>> | undefined;
  /** JSON. */
  readonly stats?: string | undefined;
}

export interface RemoveAction {
  readonly path: string;
  readonly deletionTimestamp?: number | undefined;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean | undefined;
  readonly partitionValues?: Readonly<Record<string, string | null>> | undefined;
  readonly size?: number | undefined;
}

export interface MetadataAction {
  readonly id: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string | null>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string | null>>;
  readonly createdTime?: number | undefined;
}

export interface ProtocolAction {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[] | undefined;
  readonly writerFeatures?: readonly string[] | undefined;
}

export interface TxnAction {
  readonly appId: string;
  readonly version: number;
}

export interface DomainMetadataAction {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

export interface CommitInfo {
  readonly timestamp?: number | undefined;
  readonly operation?: string | undefined;
  readonly operationParameters?: Readonly<Record<string, unknown>> | undefined;
  readonly engineInfo?: string | undefined;
  readonly txnId?: string | undefined;
  readonly isBlindAppend?: boolean | undefined;
}

/** One line of a commit, or one row of a log checkpoint: exactly one member is there. */
export interface Action {
  readonly add?: AddAction;
  readonly remove?: RemoveAction;
  readonly metaData?: MetadataAction;
  readonly protocol?: ProtocolAction;
  readonly txn?: TxnAction;
  readonly domainMetadata?: DomainMetadataAction;
  readonly commitInfo?: CommitInfo;
}
