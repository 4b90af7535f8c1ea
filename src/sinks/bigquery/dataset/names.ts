/** The names of what is in a dataset, in the order in which it is made. */
import { APPEND_TABLES } from '../../../payments/types.ts';

/** The texts of rules, which settings histories name by their digest. */
export const RULES_TABLE = 'rules';

/** The schemas that records name by their id. */
export const SCHEMAS_TABLE = 'event_schemas';

export const TABLES = [...APPEND_TABLES, 'partition_ownership', 'backfill_turns', RULES_TABLE, SCHEMAS_TABLE] as const;

/** Of them, those that older releases did not make: without rules nothing that reads needs them. */
export const TABLES_OF_RULES: readonly string[] = [RULES_TABLE, SCHEMAS_TABLE];

/** Made when a loss is first accepted. */
export const LOSSES_TABLE = 'accepted_losses';

export const VIEWS = [
  'payment_metrics',
  'payment_metrics_live',
  'deduplication_audit',
  'late_events',
  'error_log',
  'daily_reconciliation',
  'fraud_summary',
  'deduplication_effectiveness',
  'pipeline_health',
  'skipped_offsets',
] as const;

export const LAST_VIEW: string = VIEWS.at(-1)!;

/** Of the views, the last alone: where it is, they were all made. */
export const LOOKED_AT: readonly string[] = [...TABLES, LOSSES_TABLE, LAST_VIEW];
