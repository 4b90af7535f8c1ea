/**
 * The facts of a finished demo run, as plain data: the same whether they come from the tables and the topic itself
 * (real-facts.ts) or from the simulated world (embedded-facts.ts). demo-checks.ts checks them.
 */
import type { SumsByCurrency } from '../checks/by-sql/assertions.ts';
import type { ReconciledDay } from '../checks/by-sql/reconcile.ts';
import type { VerifyReport } from '../checks/verify.ts';

/** The counters of a partition's last checkpoint. */
export interface PartitionCounts {
  readonly partition: number;
  readonly consumed: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly late: number;
  readonly rejected: number;
}

export interface FraudBand {
  readonly band: string;
  readonly payments: number;
  readonly highRisk: number;
  readonly topScore: number;
}

export interface DuplicatesOfDay {
  /** YYYY-MM-DD, UTC. */
  readonly date: string;
  readonly accepted: number;
  readonly duplicates: number;
  /** Duplicates that differ from the accepted payment. */
  readonly conflicts: number;
}

export interface DemoFacts {
  readonly verified: VerifyReport;
  /** Latest day first. */
  readonly days: readonly ReconciledDay[];
  /** Of payment_transactions. */
  readonly rows: number;
  readonly distinctIds: number;
  readonly storedSums: SumsByCurrency;
  /** Distinct one-minute windows that closed. */
  readonly closedWindows: number;
  readonly partitions: readonly PartitionCounts[];
  readonly fraud: readonly FraudBand[];
  readonly duplicates: readonly DuplicatesOfDay[];
}
