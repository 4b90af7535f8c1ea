/** Requests of simulated processes, and what can go wrong with their answers. Constants, and the types of their words. */

/** Requests that a simulated process sends; each is also a point where a fault can strike, on its n-th hit. */
export const OPERATIONS = [
  'append',
  'create_stream',
  'finalize',
  'claim',
  'add_settings',
  'put_skipped',
  'remove_rows',
  'put_histories',
  'seed',
  'read_ownership',
  'topics',
  'latest_checkpoint',
  'rows_from',
  'payments',
  'facts',
  'bounds',
  'offset_at',
  'commit',
  'load',
  'save',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * What may go wrong with one request:
 * `lost_before`/`lost_after`: the connection breaks before or after it took effect; `silent_before`/`silent_after`: the same
 * with no word to the caller; `late`: it takes effect and is answered after `delayMs`; `unavailable` to `resource_exhausted`:
 * refused by an answer; `internal_after`: refused by an answer although it took effect; `rows_refused`: the content of the
 * first row; `append_refused`: the append, and no row is named; `invalid`/`invalid_after`: INVALID_ARGUMENT without a word of why,
 * before or after it took effect; `not_found`: a stream or table that is there, and not known everywhere yet; `empty`: it took
 * effect, and the answer says nothing; `unreachable`: the port gives up, whether it took effect or not.
 */
export const ANSWER_EFFECTS = [
  'lost_before',
  'lost_after',
  'silent_before',
  'silent_after',
  'late',
  'unavailable',
  'aborted',
  'internal',
  'internal_after',
  'resource_exhausted',
  'rows_refused',
  'append_refused',
  'invalid',
  'invalid_after',
  'not_found',
  'empty',
  'unreachable',
] as const;
export type AnswerEffect = (typeof ANSWER_EFFECTS)[number];

/** Effects that stop a partition or a process for good, or that an emulator must not show: planned by hand only. */
export const PLANNED_ONLY: readonly AnswerEffect[] = ['rows_refused', 'append_refused', 'not_found', 'unreachable'];

const RPC_EFFECTS: readonly AnswerEffect[] = [
  'lost_before',
  'lost_after',
  'late',
  'unavailable',
  'aborted',
  'internal',
  'internal_after',
  'resource_exhausted',
];
const UPDATE_EFFECTS: readonly AnswerEffect[] = ['lost_before', 'lost_after', 'late', 'unreachable'];
const READ_EFFECTS: readonly AnswerEffect[] = ['late', 'unreachable', 'empty'];
const LOG_EFFECTS: readonly AnswerEffect[] = ['late', 'unreachable'];

/** The effects that an operation knows. */
export const EFFECTS_OF: Readonly<Record<Operation, readonly AnswerEffect[]>> = {
  append: [...RPC_EFFECTS, 'silent_before', 'silent_after', 'rows_refused', 'append_refused', 'not_found', 'empty'],
  create_stream: [...RPC_EFFECTS, 'not_found'],
  finalize: [...RPC_EFFECTS, 'invalid', 'invalid_after', 'not_found'],
  claim: UPDATE_EFFECTS,
  add_settings: UPDATE_EFFECTS,
  put_skipped: UPDATE_EFFECTS,
  remove_rows: UPDATE_EFFECTS,
  put_histories: UPDATE_EFFECTS,
  seed: UPDATE_EFFECTS,
  read_ownership: READ_EFFECTS,
  topics: READ_EFFECTS,
  latest_checkpoint: READ_EFFECTS,
  rows_from: READ_EFFECTS,
  payments: READ_EFFECTS,
  facts: LOG_EFFECTS,
  bounds: LOG_EFFECTS,
  offset_at: LOG_EFFECTS,
  commit: ['lost_before', 'lost_after', 'late'],
  load: ['late', 'lost_before'],
  save: ['late', 'lost_before'],
};
