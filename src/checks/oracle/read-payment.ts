/**
 * Judges one record by the rules of the contract alone: either a payment, or the reasons for which it must be rejected, and
 * what the row of a rejected one must say. How a value is read depends on the fold version of the settings entry that covers
 * the record: judge-version-1.ts and judge-version-2.ts.
 */
import type { DecisionRules, TopicRecord } from '../inputs/inputs.ts';
import { judgeVersion1 } from './judge-version-1.ts';
import { judgeVersion2 } from './judge-version-2.ts';

export interface OraclePayment {
  readonly transaction_id: string;
  readonly sender_account_id: string;
  readonly receiver_account_id: string;
  /** Billionths. */
  readonly amount: bigint;
  readonly currency: string;
  readonly device_id: string;
  readonly ip_address: string;
  readonly event_time: number;
  readonly region: string;
  readonly payment_method: string;
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
}

/** The log was folded by rules that this release does not have: nothing can be said of it. */
export class UnknownFoldVersion extends Error {
  constructor(foldVersion: number, partition: number, offset: number) {
    super(
      `partition ${partition}, offset ${offset}: the settings entry there is of fold version ${foldVersion}; this release knows 1 and 2: ` +
        `run 'provenonce verify' of the release that processes this topic.`,
    );
    this.name = 'UnknownFoldVersion';
  }
}

export function judge(record: TopicRecord, foldVersion: number, circumstances: Circumstances): Judgement {
  if (foldVersion === 1) return judgeVersion1(record, circumstances);
  if (foldVersion === 2) return judgeVersion2(record, circumstances);
  throw new UnknownFoldVersion(foldVersion, circumstances.partition, record.offset);
}
