/**
 * Records and folds for tests: every default is a valid payment, so that a test names only what it is about. Times are
 * offsets from START_MS. Not used outside tests.
 */
import { AcceptedBatch } from '../accepted-batch.ts';
import { type FoldOutput, PartitionFold } from '../fold.ts';
import { type CompiledSettings, compileSettings, DEFAULT_DECISION_SETTINGS, FOLD_VERSION } from '../settings.ts';
import type { AcceptedRow, DecisionSettings, FixedSettings, LogRecord } from '../types.ts';

/** A whole hour, in 2025. */
export const START_MS = 1_750_000_000_000 - (1_750_000_000_000 % 3_600_000);

export const FIXED: FixedSettings = {
  idHorizonMs: 0,
  windowMs: 60_000,
  activitySpanMs: 300_000,
  minEventTimeMs: START_MS - 86_400_000,
};

export const PLACE = { partition: 3, partitionCount: 4, fixed: FIXED };

export function settings(
  changes: Partial<DecisionSettings> = {},
  foldVersion: number = FOLD_VERSION,
): CompiledSettings {
  return compileSettings({ ...DEFAULT_DECISION_SETTINGS, ...changes }, foldVersion);
}

/** The members of a valid event. `atMs` is the event time, as an offset from START_MS. */
export function event(changes: Record<string, unknown> = {}, atMs = 0): Record<string, unknown> {
  return {
    transaction_id: 'txn-1',
    sender_account_id: 'acct-1',
    receiver_account_id: 'acct-2',
    amount: '12.50',
    currency: 'EUR',
    device_id: 'dev-1',
    ip_address: '10.0.0.1',
    timestamp: START_MS + atMs,
    region: 'eu-west',
    payment_method: 'card',
    ...changes,
  };
}

export function record(offset: number, members: unknown, changes: Partial<LogRecord> = {}): LogRecord {
  const sender = (members as Record<string, unknown> | null)?.sender_account_id;
  const timestamp = (members as Record<string, unknown> | null)?.timestamp;
  return {
    offset,
    timestampMs: typeof timestamp === 'number' ? timestamp : START_MS,
    key: Buffer.from(typeof sender === 'string' ? sender : 'acct-1'),
    value: Buffer.from(JSON.stringify(members)),
    ...changes,
  };
}

export function emptyOutput(): FoldOutput {
  return { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
}

/** What a fold yielded, as objects. */
export type FoldedRows = Omit<FoldOutput, 'accepted'> & { readonly accepted: AcceptedRow[] };

export function rowsOf(out: FoldOutput): FoldedRows {
  return { ...out, accepted: [...out.accepted] };
}

/** Folds the records with one settings entry into a new fold; gives both. */
export function foldAll(
  records: readonly LogRecord[],
  compiled: CompiledSettings = settings(),
  fixed: FixedSettings = FIXED,
): { fold: PartitionFold; out: FoldedRows } {
  const fold = PartitionFold.fresh({ ...PLACE, fixed, startOffset: records[0]?.offset ?? 0 });
  const out = emptyOutput();
  for (const one of records) fold.fold(one, compiled, out);
  return { fold, out: rowsOf(out) };
}
