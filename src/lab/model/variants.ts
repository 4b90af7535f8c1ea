/**
 * The weakened protocols: one rule left out, or read the wrong way, each. A model that cannot tell them from the real
 * protocol would prove nothing; so each names the smallest configuration that catches it, and as what.
 *
 * Smallest: found by trying configurations in ascending order of letters, records, claims, faults and options in sum.
 */
import { type ModelConfig, modelConfig, type Variant } from './config.ts';
import type { ViolationKind } from './invariants.ts';

export interface WeakenedVariant {
  readonly variant: Variant;
  /** What the weakened protocol does instead. */
  readonly rule: string;
  /** A smallest configuration that tells it from the real protocol, and how it breaks; undefined: nothing changes. */
  readonly caughtBy: { readonly config: ModelConfig; readonly kind: ViolationKind } | undefined;
  /** Where it was looked for in vain, when nothing changes. */
  readonly harmlessIn?: readonly ModelConfig[];
}

function caught(
  variant: Variant,
  kind: ViolationKind,
  rule: string,
  shapes: string,
  overrides: Partial<ModelConfig>,
): WeakenedVariant {
  return { variant, rule, caughtBy: { config: modelConfig(shapes, { ...overrides, variants: [variant] }), kind } };
}

export const WEAKENED: readonly WeakenedVariant[] = [
  caught('nofin', 'duplicate-row', 'older streams are not finalized', 'A', {}),
  caught('nocas', 'false-stop', 'the claim has no condition on the epoch', 'A', { claims: 1 }),
  caught('forget', 'false-stop', 'a claim drops all older streams from the list', 'A', {}),
  caught('prune', 'false-stop', 'a claim keeps the streams of the last epoch only', 'A', { claims: 3 }),
  caught('count', 'false-stop', 'a lost answer is taken for "one row changed"', 'A', { claims: 1 }),
  caught('oldepoch', 'false-stop', 'lost streams are replaced at the same epoch, without a claim', 'A', {
    streamLosses: 1,
  }),
  caught('nocompare', 'duplicate-row', 'rows that are there already are neither compared nor skipped', 'A', {}),
  caught('nofrule', 'false-stop', 'checkpoints are written below F', 'A', { claims: 3 }),
  caught('allepochs', 'false-stop', "row counts of epochs before the checkpoint's are added", 'A', { claims: 3 }),
  caught('nowait', 'duplicate-row', 'rows are read once, without waiting for the row counts', 'A', { lag: true }),
  caught('earlyckpt', 'missing-row', 'a checkpoint does not wait for acknowledgements', 'A', { claims: 1 }),
  caught('lateoffset', 'false-stop', 'a checkpoint holds the stream offsets of its time, not of its position', 'A', {}),
  caught('noreread', 'false-stop', 'ownership is not read again before a stop', 'A', {}),
  caught('blindwait', 'dead-end', 'waits for row counts to agree without end', 'A', { claims: 3 }),
  caught('stalehistory', 'wrong-settings', 'uses the settings history read before the claim', 'A', { settings: true }),
  caught('nologcheck', 'mixed-log', 'the log is not checked at a takeover (step 6)', 'A,A', { logFaults: 1 }),
  caught('noendcheck', 'mixed-log', 'the log may end below the position, as if records were only late', 'A,A', {
    claims: 1,
    logFaults: 1,
  }),
  caught('norecheck', 'mixed-log', 'the log is not checked again while running', 'A,A', { claims: 1, logFaults: 1 }),
  caught('gapjump', 'missing-row', "a reader below the log's start continues at the start", 'A,A', {
    claims: 1,
    logFaults: 1,
  }),
  caught('needprint', 'false-stop', "the record of the checkpoint's fingerprint must be retained", 'A', {
    claims: 1,
    logFaults: 1,
  }),
  caught('noleftover', 'mixed-log', 'existing rows that the fold never reaches are not noticed', 'A', {
    logFaults: 1,
    rewrittenShapes: ['B'],
  }),
  caught('rewind', 'duplicate-row', 'a partition kept in a rebalance is read again from the group offset', 'A', {
    claims: 1,
    rebalances: 1,
  }),
  caught('keepdead', 'dead-end', 'a partition kept in a rebalance stays, although its streams refuse rows', 'A', {
    claims: 3,
    rebalances: 1,
  }),
  caught(
    'unsettled',
    'duplicate-row',
    'rows of a lost stream become visible after it was found lost (the sink, not a rule)',
    'A',
    {
      streamLosses: 1,
      lag: true,
    },
  ),
  {
    variant: 'nocancel',
    rule: 'a claim that timed out is left to itself, neither cancelled nor awaited',
    caughtBy: undefined,
    harmlessIn: [
      modelConfig('A,A', { crashes: 1, variants: ['nocancel'] }),
      modelConfig('A', { crashes: 1, claims: 3, variants: ['nocancel'] }),
    ],
  },
  {
    variant: 'total',
    rule: 'row counts are compared in sum over the tables, not for each',
    caughtBy: undefined,
    harmlessIn: [
      modelConfig('AB,A', { crashes: 1, streamLosses: 1, variants: ['total'] }),
      modelConfig('AB', { crashes: 1, lag: true, variants: ['total'] }),
    ],
  },
];
