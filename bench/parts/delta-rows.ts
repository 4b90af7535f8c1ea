/** Rows of the fold as pieces of Delta files: what a processor hands to its committers. */
import { readBatches } from '../../src/kafka/fetch/record-batches.ts';
import { AcceptedBatch } from '../../src/payments/accepted-batch.ts';
import { type FoldOutput, PartitionFold } from '../../src/payments/fold.ts';
import { RowObjects } from '../../src/payments/row-batch.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../src/payments/settings.ts';
import type { DataTable } from '../../src/payments/types.ts';
import { DeltaRowEncoder, type EncodedPiece } from '../../src/sinks/delta/files/row-encoder.ts';
import { type FoldSizes, fetchesOf } from '../fold.ts';

const NOW_MS = 1_790_000_000_000;
const STAMP = { partition: 0, writerEpoch: 1, processedAtMs: NOW_MS };

/** By table, in order. */
export type Pieces = Readonly<Record<DataTable, EncodedPiece[]>>;

export function deltaPieces(sizes: FoldSizes): Pieces {
  const settings = compileSettings(DEFAULT_DECISION_SETTINGS);
  const fixed = defaultFixedSettings(NOW_MS);
  const fold = PartitionFold.fresh({ partition: 0, partitionCount: 1, fixed, startOffset: 0 });
  const encoder = new DeltaRowEncoder();
  const pieces: Pieces = {
    payment_transactions: [],
    payment_transactions_fraud: [],
    payment_metrics_partials: [],
    payment_exceptions: [],
  };
  for (const bytes of fetchesOf(sizes)) {
    const out: FoldOutput = { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
    fold.foldAll(readBatches(bytes, fold.nextOffset, []).records, () => settings, out);
    fold.takeDelta();
    const { accepted, partials, exceptions } = out;
    if (accepted.length > 0) {
      pieces.payment_transactions.push(encoder.encode('payment_transactions', whole(accepted), STAMP));
      pieces.payment_transactions_fraud.push(encoder.encode('payment_transactions_fraud', whole(accepted), STAMP));
    }
    if (partials.length > 0)
      pieces.payment_metrics_partials.push(
        encoder.encode('payment_metrics_partials', whole(new RowObjects(partials)), STAMP),
      );
    if (exceptions.length > 0)
      pieces.payment_exceptions.push(encoder.encode('payment_exceptions', whole(new RowObjects(exceptions)), STAMP));
  }
  return pieces;
}

function whole<Rows extends { readonly length: number }>(rows: Rows): { rows: Rows; from: number; to: number } {
  return { rows, from: 0, to: rows.length };
}
