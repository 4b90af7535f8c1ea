/** Requests of simulated processes, and what can go wrong with their answers. Constants, and the types of their words. */

/** Requests that a simulated process sends to BigQuery, Kafka and its disk; each is also a point where a fault can strike, on its n-th hit. */
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

/**
 * Requests to an object store, by what they are for: commits of the ownership table, of data tables, of checkpoint_log and of all
 * others, uploads of files, and the rest.
 */
export const STORE_OPERATIONS = [
  'put_ownership',
  'put_data',
  'put_checkpoint',
  'put_other',
  'upload',
  'replace',
  'get',
  'list',
  'remove',
] as const;
export type StoreOperation = (typeof STORE_OPERATIONS)[number];
export type Operation = (typeof OPERATIONS)[number] | StoreOperation;

/**
 * What may go wrong with one request:
 * `lost_before`/`lost_after`: the connection breaks before or after it took effect; `silent_before`/`silent_after`: the same
 * with no word to the caller; `late`: it takes effect and is answered after `delayMs`; `lost_late`: the answer is lost, and it takes
 * effect after `delayMs`; `unavailable` to `resource_exhausted`:
 * refused by an answer; `internal_after`: refused by an answer although it took effect; `rows_refused`: the content of the
 * first row; `append_refused`: the append, and no row is named; `invalid`/`invalid_after`: INVALID_ARGUMENT without a word of why,
 * before or after it took effect; `not_found`: a stream or table that is there, and not known everywhere yet; `empty`: it took
 * effect, and the answer says nothing; `unreachable`: the port gives up, whether it took effect or not; `refused`: the store refuses
 * for good, as without permission.
 */
export const ANSWER_EFFECTS = [
  'lost_before',
  'lost_after',
  'silent_before',
  'silent_after',
  'late',
  'lost_late',
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
  'refused',
] as const;
export type AnswerEffect = (typeof ANSWER_EFFECTS)[number];

/** Effects that stop a partition or a process for good, or that an emulator must not show: planned by hand only. */
export const PLANNED_ONLY: readonly AnswerEffect[] = [
  'rows_refused',
  'append_refused',
  'not_found',
  'unreachable',
  'refused',
];

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
const PUT_EFFECTS: readonly AnswerEffect[] = [
  'lost_before',
  'lost_after',
  'lost_late',
  'late',
  'unavailable',
  'resource_exhausted',
  'refused',
];
const STORE_READ_EFFECTS: readonly AnswerEffect[] = ['late', 'unavailable', 'resource_exhausted'];

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
  put_ownership: PUT_EFFECTS,
  put_data: PUT_EFFECTS,
  put_checkpoint: PUT_EFFECTS,
  put_other: PUT_EFFECTS,
  upload: PUT_EFFECTS,
  replace: PUT_EFFECTS,
  get: STORE_READ_EFFECTS,
  list: STORE_READ_EFFECTS,
  remove: PUT_EFFECTS,
};
