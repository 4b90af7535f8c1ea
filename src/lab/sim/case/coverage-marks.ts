/**
 * Coverage marks: situations that a suite of runs must have been in, or it proves less than it says. The world hits them, since
 * it knows what took effect, and so do the processors' events (coverage-events.ts). A suite adds up the hits of its runs, and
 * fails where a mark was never hit.
 */

export const COVERAGE_MARKS = {
  append_refused_by_finalize: 'an append met a stream that a later owner had finalized',
  zombie_append_refused: 'a process that had been paused came back, and its append was refused',
  append_to_lost_stream: 'an append met a stream that the sink had forgotten',
  append_found_already_there: 'a resent append was there already',
  append_out_of_order_refused: 'an append came past the end of its stream',
  ack_lost_after_append: 'rows landed, and their acknowledgement was lost',
  rows_seen_late: 'rows landed before a query could see them',
  counts_differ_at_takeover: 'a takeover waited for rows that a stream promised',
  stream_gone_at_takeover: 'a takeover finalized a stream that was gone',
  claim_lost: 'a claim lost against another',
  claim_won_answer_lost: 'a claim won although its answer was lost',
  claim_won_by_the_dead: 'a claim took effect after its sender had died',
  takeover_of_a_takeover: 'a takeover was itself taken over before it was done',
  takeover_from_the_living: 'a partition was taken from an owner that was alive',
  replay_skipped_rows: 'rows that were there already were compared and not written again',
  replay_skipped_part_of_record: 'a record of several rows was half there, and was completed by the next owner',
  window_rows_replayed: 'closed windows past the checkpoint were there already',
  graceful_stop_left_nothing: 'after a graceful stop the next owner had nothing to replay',
  settings_entry_added: 'other settings were added to the history',
  settings_older_than_history: 'a process ran by newer settings than its own',
  topic_rescaled: 'an operator gave the topic more partitions, and what came before came again elsewhere',
  skip_put: 'an operator gave up offsets beside processors',
  state_fresh: 'a partition began with an empty state',
  state_local_used: 'a local state was at the checkpoint',
  state_local_folded_forward: 'a local state behind the checkpoint was folded forward',
  state_local_discarded: 'a local state was discarded',
  state_compacted: 'a journal of local state was written anew beside the old one, and took its place',
  state_read_after_compaction: 'a process started from a journal that had been written anew',
  state_rebuilt_from_sink: 'the state was rebuilt from the sink',
  stale_commit_accepted: 'the broker took a group offset from a process that no longer owned the partition',
  commit_refused: 'the broker refused a group offset',
  rebalance_kept_partition: 'a rebalance left a partition where it was',
  marker_gap_crossed: 'transaction markers or aborted records lay between records',
  log_rechecked: 'the log was compared with what was folded before',
  duplicate_with_conflict: 'a copy with other content was kept apart',
  late_payment: 'a payment came too late',
  rejected_record: 'a record was rejected',
  record_without_payment: 'a record was none of those that the rules select',
  further_column_kept: 'a payment was kept with a further column',
  missing_role_kept: 'a payment without a region or a device was kept',
  registry_away: 'a record waited for a schema registry that did not answer',
  schema_not_known_yet: 'a record waited for a schema that the registry did not know yet',
  schema_read_without_registry: 'a process read its schemas from the dataset, with the registry gone for good',
  schema_unknown_stop: 'a record named a schema that nobody knows: stopped, with that name',
  record_undecodable: 'a record was no value of its schema',
  record_of_rejected_schema: 'a record named a schema that the rules reject',
  rules_changed: 'rules of a higher revision took effect behind earlier ones',
  crash_with_rows_in_flight: 'a process died with appends unanswered',
  expired_below_checkpoint: 'retention took what was checkpointed, and nothing else',
  retention_gap_stop: 'retention overtook the consumer: stopped, with that name',
  log_truncated_stop: 'the log was cut at its end: stopped, with that name',
  log_changed_stop: 'the log was made anew: stopped, with that name',
  put_conflict: 'a commit met a version that another commit had taken',
  put_lost: 'the outcome of a commit was unknown, and it never landed',
  put_landed_unknown: 'a commit landed, and its answer was lost',
  put_landed_late: 'a commit whose outcome was unknown landed later',
  put_landed_by_the_dead: 'a commit landed after its sender had died',
  put_under_freed_name: 'a put landed under a name that clean-up had freed, in no table',
  fenced_by_commit: 'an owner found by a commit that another had fenced it',
  log_checkpoint_written: 'a log checkpoint was written',
  log_cleaned_up: 'clean-up removed commits of a log',
  compaction_beside: 'another engine compacted a table beside processors',
  foreign_commit: 'another engine added rows, and every writer stopped',
  store_was_down: 'a request found the store away',
} as const;

export type CoverageMark = keyof typeof COVERAGE_MARKS;
export const COVERAGE_MARK_NAMES = Object.keys(COVERAGE_MARKS) as readonly CoverageMark[];

/** Hits of one run. */
export class CoverageMarks {
  readonly #hits = new Map<CoverageMark, number>();

  hit(mark: CoverageMark): void {
    this.#hits.set(mark, (this.#hits.get(mark) ?? 0) + 1);
  }

  get hits(): ReadonlyMap<CoverageMark, number> {
    return this.#hits;
  }
}

/** What can only happen to streams and queries, or is drawn on BigQuery alone. */
const OF_BIGQUERY: readonly CoverageMark[] = [
  'append_refused_by_finalize',
  'zombie_append_refused',
  'append_to_lost_stream',
  'append_found_already_there',
  'append_out_of_order_refused',
  'ack_lost_after_append',
  'rows_seen_late',
  'counts_differ_at_takeover',
  'stream_gone_at_takeover',
  'claim_won_answer_lost',
  'claim_won_by_the_dead',
  'crash_with_rows_in_flight',
  // Cases on Delta Lake are drawn without operators.
  'topic_rescaled',
  'skip_put',
];
/** What can only happen to commits. */
const OF_DELTA: readonly CoverageMark[] = [
  'put_conflict',
  'put_lost',
  'put_landed_unknown',
  'put_landed_late',
  'put_landed_by_the_dead',
  'put_under_freed_name',
  'fenced_by_commit',
  'log_checkpoint_written',
  'log_cleaned_up',
  'compaction_beside',
  'foreign_commit',
  'store_was_down',
];

/** Marks of cases on that sink that nothing hit. */
export function missingCoverage(
  hits: Pick<ReadonlyMap<CoverageMark, number>, 'has'>,
  sink: 'bigquery' | 'delta' = 'bigquery',
): CoverageMark[] {
  const others = sink === 'bigquery' ? OF_DELTA : OF_BIGQUERY;
  return COVERAGE_MARK_NAMES.filter((mark) => !hits.has(mark) && !others.includes(mark));
}
