/** The port to payments that another pipeline wrote (known_payments), for the command that seeds a topic. */
import type { KnownPayment } from '../../payments/types.ts';

/** What a query of the operator has. */
export interface KnownSurvey {
  readonly rows: number;
  /** Different ids that can be ids of payments. */
  readonly ids: number;
  /** Rows whose transaction_id cannot be that of a payment: they are left out. */
  readonly unusable: number;
  /** Rows without an event_time. */
  readonly timeless: number;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** The table of payments that another pipeline wrote. `query`: of the operator, with transaction_id and event_time. */
export interface KnownPayments {
  survey(query: string): Promise<KnownSurvey>;
  countFrom(query: string, fromMs: number): Promise<number>;
  /** Makes the table, where it is missing, and writes the whole list, or nothing. */
  fill(list: string, query: string): Promise<void>;
  read(list: string, fromMs: number): AsyncIterable<readonly KnownPayment[]>;
  removeOthers(list: string): Promise<void>;
}
