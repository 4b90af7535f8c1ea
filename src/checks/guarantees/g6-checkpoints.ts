/**
 * G6, of what a takeover believes of a checkpoint: the digest of the state, the fingerprint of the last record, and how many
 * rows each stream of its epoch held. Each is recomputed; a digest of another layout than the one known here is a finding,
 * since nothing proves the state that a takeover rebuilds at it.
 */
import type { FindingLists } from '../findings.ts';
import type { CheckpointCells, OwnershipFacts, TopicRecord } from '../inputs/verify-inputs.ts';
import { recordFingerprint } from '../oracle/hashes.ts';
import type { PartitionOracle } from '../oracle/recompute.ts';
import { DIGEST_VERSION } from '../oracle/state-digest.ts';
import { CHECKED_TABLES, type Step } from '../partition/walk-partition.ts';
import { type Contradiction, FoundRowsCheck } from './g6-found-rows.ts';
import { PositionsCheck } from './g6-positions.ts';
import { RowsByEpoch } from './rows-by-epoch.ts';

export class CheckpointCheck {
  readonly #ownership: OwnershipFacts;
  readonly #findings: FindingLists;
  /** Below this offset the log cannot be asked. */
  readonly #trustedBelow: number | undefined;
  readonly #rows = new RowsByEpoch();
  readonly #found: FoundRowsCheck;
  readonly #positions: PositionsCheck;

  constructor(ownership: OwnershipFacts, trustedBelow: number | undefined, findings: FindingLists) {
    this.#ownership = ownership;
    this.#trustedBelow = trustedBelow;
    this.#findings = findings;
    this.#found = new FoundRowsCheck(ownership, this.#rows);
    this.#positions = new PositionsCheck(ownership);
  }

  step(step: Step): void {
    this.#rows.step(step);
    this.#positions.step(step);
  }

  /** `last`: the last record below it, where one was read. */
  checkpoint(checkpoint: CheckpointCells, oracle: PartitionOracle, last: TopicRecord | undefined): void {
    if (this.#ownership.streams === undefined) this.#checkPositions(checkpoint);
    else this.#checkStreams(checkpoint);
    if (checkpoint.next_offset < (this.#trustedBelow ?? 0)) return;
    this.#checkDigest(checkpoint, oracle);
    // Of the record below the checkpoint that a cut log is judged from nothing is left.
    if (last !== undefined || this.#trustedBelow === undefined) this.#checkFingerprint(checkpoint, last);
  }

  #checkStreams(checkpoint: CheckpointCells): void {
    const said = streamOffsetsOf(checkpoint.stream_offsets);
    const names: readonly string[] = [...CHECKED_TABLES, 'of', 'found'];
    const unknown = Object.keys(said).filter((name) => !names.includes(name));
    if (unknown.length > 0)
      this.#report('stream_offset_differs', checkpoint, {
        expected: names.join(', '),
        actual: unknown.join(', '),
        message: 'stream_offsets says something that nobody writes there',
      });
    for (const each of this.#found.checkpoint(checkpoint, said)) this.#report(each.kind, checkpoint, each);
    for (const table of CHECKED_TABLES) {
      const there = this.#rows.count(table, checkpoint.writer_epoch);
      if (said[table] === there) continue;
      const isCount = typeof said[table] === 'number';
      this.#report('stream_offset_differs', checkpoint, {
        expected: String(there),
        actual: isCount ? String(said[table]) : checkpoint.stream_offsets,
        message: isCount
          ? `stream_offsets says ${said[table]} rows of ${table} for epoch ${checkpoint.writer_epoch}; the table has ${there}`
          : `stream_offsets does not say how many rows of ${table} epoch ${checkpoint.writer_epoch} wrote; the table has ${there}`,
        offsets: this.#rows.ends(table, checkpoint.writer_epoch),
      });
    }
  }

  #checkPositions(checkpoint: CheckpointCells): void {
    const said = streamOffsetsOf(checkpoint.stream_offsets);
    for (const each of this.#positions.checkpoint(checkpoint, said)) this.#report(each.kind, checkpoint, each);
  }

  #checkDigest(checkpoint: CheckpointCells, oracle: PartitionOracle): void {
    const { state_digest } = checkpoint;
    if (!state_digest.startsWith(`${DIGEST_VERSION}:`)) {
      this.#report('digest_unknown', checkpoint, {
        expected: `${DIGEST_VERSION}:<32 digits>`,
        actual: state_digest,
        message: 'state_digest has a layout that this release does not know: nothing proves a state rebuilt there',
      });
      return;
    }
    const expected = oracle.digest;
    if (state_digest === expected) return;
    const message = 'state_digest is not that of the state which the log gives';
    this.#report('digest_differs', checkpoint, { expected, actual: state_digest, message });
  }

  #checkFingerprint(checkpoint: CheckpointCells, last: TopicRecord | undefined): void {
    const expected = last === undefined ? null : recordFingerprint(last);
    if (last !== undefined && expected === null) return;
    if (checkpoint.record_fingerprint === expected) return;
    this.#report('fingerprint_differs', checkpoint, {
      expected: expected ?? 'none',
      actual: checkpoint.record_fingerprint ?? 'none',
      message: 'record_fingerprint is not that of the last record below it',
      offsets: last === undefined ? [] : [last.offset],
    });
  }

  #report(
    kind: string,
    { next_offset, writer_epoch }: CheckpointCells,
    { message, expected, actual, offsets = [] }: Omit<Contradiction, 'kind' | 'offsets'> & Partial<Contradiction>,
  ): void {
    this.#findings.add('G6', {
      kind,
      partition: this.#ownership.partition,
      offsets: [...new Set([next_offset, ...offsets])],
      transactionIds: [],
      expected,
      actual,
      message: `checkpoint at ${next_offset} of epoch ${writer_epoch}: ${message}`,
    });
  }
}

/** No member where the text is no object. */
function streamOffsetsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
