/**
 * Something lent out whose memory is used again: answers of the log until they are folded, appends until they are acknowledged.
 * Without a release it is left to the garbage collector.
 */
export interface Lease {
  /** Ends the lease, once: the borrower must not read any of its bytes afterwards. */
  release(): void;
}
