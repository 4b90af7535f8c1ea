/**
 * The seams of the processor: everything that is not deterministic, and everything outside, comes in through these ports. Nothing
 * here names a client library or a file. Real adapters are in src/kafka, src/sinks and src/local-state; the simulated world
 * implements the same ones.
 */
export type * from './ports/backfill-tables.ts';
export type * from './ports/checkpoint-upkeep.ts';
export type * from './ports/known-payments.ts';
export type * from './ports/log.ts';
export type * from './ports/operator-sink.ts';
export type * from './ports/records.ts';
export type * from './ports/schemas.ts';
export type * from './ports/sink.ts';
export type * from './ports/state.ts';
