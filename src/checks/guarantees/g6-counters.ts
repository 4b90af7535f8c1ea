/**
 * G6: nothing is dropped silently. Every checkpoint's counters add up, equal the rows in the tables and the records in the
 * log below it, and its watermark is the one that the log gives; checkpoints only move forward. Offsets given up are not
 * consumed: the walk over the log leaves them out, and verify lists them.
 */
import type { FindingLists } from '../findings.ts';
import type { CheckpointCells, OwnershipFacts } from '../inputs/verify-inputs.ts';
import type { PartitionOracle } from '../oracle/recompute.ts';
import type { Step } from '../partition/walk-partition.ts';

interface Counts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly late: number;
  readonly rejected: number;
}

export class CountersCheck {
  readonly #ownership: OwnershipFacts;
  readonly #findings: FindingLists;
  /** Below this offset only the tables can be counted. */
  readonly #trustedBelow: number;
  readonly #rows = { accepted: 0, duplicates: 0, late: 0, rejected: 0 };
  #previous: CheckpointCells | undefined;

  constructor(ownership: OwnershipFacts, trustedBelow: number, findings: FindingLists) {
    this.#ownership = ownership;
    this.#trustedBelow = trustedBelow;
    this.#findings = findings;
  }

  /** Everything below it was counted, and nothing past it. */
  checkpoint(checkpoint: CheckpointCells, oracle: PartitionOracle): void {
    this.#checkAlone(checkpoint, this.#previous);
    this.#previous = checkpoint;
    const { accepted, duplicate: duplicates, late, rejected } = oracle.counts;
    const isTrusted = checkpoint.next_offset < this.#trustedBelow;
    this.#checkAgainstTables(checkpoint, isTrusted ? undefined : { accepted, duplicates, late, rejected });
    if (!isTrusted) this.#checkAgainstLog(checkpoint, oracle);
  }

  step({ rows }: Step): void {
    this.#rows.accepted += rows.payment_transactions.length;
    for (const { disposition } of rows.payment_exceptions) {
      if (disposition === 'duplicate') this.#rows.duplicates++;
      else if (disposition === 'late') this.#rows.late++;
      else if (disposition === 'rejected') this.#rows.rejected++;
    }
  }

  #checkAlone(checkpoint: CheckpointCells, previous: CheckpointCells | undefined): void {
    const { consumed, accepted, duplicates, late, rejected, next_offset } = checkpoint;
    const sum = accepted + duplicates + late + rejected;
    if (consumed !== sum)
      this.#report(
        'counters_do_not_add_up',
        checkpoint,
        String(sum),
        String(consumed),
        'consumed is not the sum of dispositions',
      );
    if (next_offset < this.#ownership.startOffset)
      this.#report(
        'checkpoint_before_start',
        checkpoint,
        `>= ${this.#ownership.startOffset}`,
        String(next_offset),
        'lies before the start',
      );
    if (checkpoint.writer_epoch > this.#ownership.epoch || checkpoint.writer_epoch < 1)
      this.#report(
        'epoch_unknown',
        checkpoint,
        `1 to ${this.#ownership.epoch}`,
        String(checkpoint.writer_epoch),
        'has an epoch that no owner had',
      );
    if (!previous) return;
    if (next_offset === previous.next_offset && checkpoint.writer_epoch === previous.writer_epoch)
      this.#report(
        'checkpoint_twice',
        checkpoint,
        '1 row',
        '2 rows',
        'is there twice; an owner makes one at an offset',
      );
    if (checkpoint.writer_epoch < previous.writer_epoch)
      this.#report(
        'epoch_went_back',
        checkpoint,
        `>= ${previous.writer_epoch}`,
        String(checkpoint.writer_epoch),
        'is of an older epoch than the one before it',
        previous,
      );
    if (checkpoint.watermark < previous.watermark)
      this.#report(
        'watermark_went_back',
        checkpoint,
        `>= ${previous.watermark}`,
        String(checkpoint.watermark),
        'has a lower watermark than the one before it',
        previous,
      );
  }

  /** `log`: what the recomputation counts, where it can. It says which of the two sides is wrong. */
  #checkAgainstTables(checkpoint: CheckpointCells, log: Counts | undefined): void {
    const counted = countsText(checkpoint);
    const there = countsText(this.#rows);
    if (counted === there) return;
    if (log !== undefined && countsText(log) === there)
      this.#report('counters_differ_from_tables', checkpoint, there, counted, 'does not count the rows below it');
    else
      this.#report(
        'counters_differ_from_tables',
        checkpoint,
        counted,
        there,
        log !== undefined && countsText(log) === counted
          ? 'counts the records of the log, and the tables do not have their rows below it'
          : 'counts other rows than the tables have below it',
      );
  }

  #checkAgainstLog(checkpoint: CheckpointCells, oracle: PartitionOracle): void {
    const { consumed, accepted, duplicate, late, rejected } = oracle.counts;
    const expected = countsText({ accepted, duplicates: duplicate, late, rejected });
    const actual = countsText(checkpoint);
    if (expected !== actual || checkpoint.consumed !== consumed)
      this.#report(
        'counters_differ_from_log',
        checkpoint,
        `consumed ${consumed}, ${expected}`,
        `consumed ${checkpoint.consumed}, ${actual}`,
        'does not count the records below it',
      );
    // Before anything was accepted it is the least event time that can be.
    if (checkpoint.watermark !== Math.max(oracle.watermarkMs, this.#ownership.fixed.minEventTimeMs))
      this.#report(
        'watermark_differs',
        checkpoint,
        String(oracle.watermarkMs),
        String(checkpoint.watermark),
        'has a watermark that differs from the one of the log',
      );
  }

  /** `besides`: another checkpoint that may be the wrong one. */
  #report(
    kind: string,
    checkpoint: CheckpointCells,
    expected: string,
    actual: string,
    what: string,
    besides?: CheckpointCells,
  ): void {
    this.#findings.add('G6', {
      kind,
      partition: this.#ownership.partition,
      offsets: [...new Set([checkpoint.next_offset, besides?.next_offset ?? checkpoint.next_offset])],
      transactionIds: [],
      expected,
      actual,
      message: `checkpoint at ${checkpoint.next_offset} of epoch ${checkpoint.writer_epoch} ${what}`,
    });
  }
}

function countsText(counts: Counts): string {
  const { accepted, duplicates, late, rejected } = counts;
  return `accepted ${accepted}, duplicates ${duplicates}, late ${late}, rejected ${rejected}`;
}
