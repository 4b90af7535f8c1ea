/** What a record is judged to be: a payment, or what the row of a rejected record must say. Types only. */
import type { DecisionRules, FurtherCells, StoredSchemas } from '../inputs/verify-inputs.ts';

export interface OraclePayment {
  readonly transaction_id: string;
  readonly sender_account_id: string;
  /** Null where a mapping has no such role, or the record nothing for it; never in the built-in event. */
  readonly receiver_account_id: string | null;
  /** Billionths. */
  readonly amount: bigint;
  readonly currency: string;
  readonly device_id: string | null;
  readonly ip_address: string | null;
  readonly event_time: number;
  readonly region: string | null;
  readonly payment_method: string | null;
  /** The further columns that are not NULL, each in its canonical text. */
  readonly columns: FurtherCells;
}

/** What the row of a rejected record must say. */
export interface RejectedMust {
  /** Codes, any of which is right. */
  readonly reasons: ReadonlySet<string>;
  /** The whole reason, where the contract says it to the letter. */
  readonly reason: string | null;
  /** Any of them is right. */
  readonly transactionIds: readonly (string | null)[];
  readonly eventTimes: readonly (number | null)[];
  readonly payload: () => string | null;
}

export type Judgement =
  | { readonly payment: OraclePayment; readonly must: null }
  | { readonly payment: null; readonly must: RejectedMust };

/** Where a record is, and the rules that hold there. */
export interface Circumstances {
  readonly partition: number;
  readonly partitionCount: number;
  readonly rules: DecisionRules;
  readonly minEventTimeMs: number;
  /** What the schema ids of records stand for. */
  readonly schemas?: StoredSchemas;
}
