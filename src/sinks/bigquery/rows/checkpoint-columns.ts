/** The columns of checkpoint_log, in the order of payments/columns.ts. */
import type { Data } from 'apache-arrow';
import {
  constantInt64Column,
  constantTimestampColumn,
  int64Column,
  textColumn,
  timestampColumn,
} from '../../rows/arrow-columns.ts';
import type { Scratch } from '../../rows/column-memory.ts';
import type { CheckpointRow, RowStamp } from '../ports.ts';
import { streamOffsetsText } from '../takeover/stream-offsets.ts';

export function checkpointColumns(scratch: Scratch, rows: readonly CheckpointRow[], stamp: RowStamp): Data[] {
  return [
    constantInt64Column(scratch, stamp.partition, rows.length),
    constantInt64Column(scratch, stamp.writerEpoch, rows.length),
    constantTimestampColumn(scratch, stamp.processedAtMs, rows.length),
    textColumn(rows.map((row) => row.topic)),
    textColumn(rows.map((row) => row.owner)),
    int64Column(rows.map((row) => row.nextOffset)),
    timestampColumn(rows.map((row) => row.watermarkMs)),
    int64Column(rows.map((row) => row.counters.consumed)),
    int64Column(rows.map((row) => row.counters.accepted)),
    int64Column(rows.map((row) => row.counters.duplicates)),
    int64Column(rows.map((row) => row.counters.late)),
    int64Column(rows.map((row) => row.counters.rejected)),
    textColumn(rows.map(streamOffsetsText)),
    textColumn(rows.map((row) => row.stateDigest)),
    textColumn(rows.map((row) => row.recordFingerprint)),
    constantTimestampColumn(scratch, stamp.processedAtMs, rows.length),
  ];
}
