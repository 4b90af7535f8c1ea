/**
 * When other work of the process gets a turn. A sink that takes rows without waiting for acknowledgements would otherwise let a partition fold all
 * that is buffered, while files and sockets wait.
 */
export class Pauses {
  readonly #everyBatches: number;
  #batches = 0;

  constructor(everyBatches: number) {
    this.#everyBatches = everyBatches;
  }

  /** To be asked after each batch. */
  isDueAfterBatch(): boolean {
    this.#batches += 1;
    if (this.#batches < this.#everyBatches) return false;
    this.#batches = 0;
    return true;
  }
}
