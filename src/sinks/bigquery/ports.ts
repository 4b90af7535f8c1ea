/**
 * The seams inside the BigQuery sink: queries and updates, write streams, and the encoder. The adapters of query/, write/ and rows/
 * implement them, and so does the simulated world; what is above them (takeover/, the writers) is the same code in both.
 */
export type {
  AppendBatches,
  AppendRows,
  Checkpoint as CheckpointRow,
  Claim,
  EncodedRows,
  FinalizeOutcome,
  FoundRows,
  Ownership as OwnershipRow,
  RowEncoder,
  RowStamp,
  SinkQueries,
  StreamAppender,
  StreamRef,
  WriteStreams,
  WrittenRow,
} from '../../processor/ports.ts';
