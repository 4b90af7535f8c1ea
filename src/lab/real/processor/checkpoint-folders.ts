/**
 * The directories of local state of a world's processors (CHECKPOINT_LOCATION), and what an operator does to them wrongly
 * while nobody uses them: lost, given to another processor, copied. Each is written down as a fault of the run.
 */
import { cp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { stateFiles } from '../../../../chaos/disk-faults.ts';
import type { ScenarioFolders } from '../../scenario.ts';

/** Writes a fault down: what, for people, of which processor. */
type Note = (fault: string, text: string, processor: string) => void;

export class CheckpointFolders implements ScenarioFolders {
  readonly #folder: string;
  readonly #isRunning: (processor: string) => boolean;
  readonly #note: Note;

  /** `folder`: of the world. */
  constructor(folder: string, isRunning: (processor: string) => boolean, note: Note) {
    this.#folder = folder;
    this.#isRunning = isRunning;
    this.#note = note;
  }

  of(processor: string): string {
    return path.join(this.#folder, `checkpoint-${processor}`);
  }

  async lose(processor: string): Promise<void> {
    this.#requireIdle(processor);
    await rm(this.of(processor), { recursive: true });
    this.#note('disk', `the checkpoint of ${processor} is lost`, processor);
  }

  async swap(one: string, other: string): Promise<number> {
    this.#requireIdle(one, other);
    const aside = `${this.of(one)}.aside`;
    await rename(this.of(one), aside);
    await rename(this.of(other), this.of(one));
    await rename(aside, this.of(other));
    this.#note('folders_swapped', `${one} and ${other} get each other's checkpoints`, one);
    return (await stateFiles(this.of(one))).length + (await stateFiles(this.of(other))).length;
  }

  async copy(from: string, to: string): Promise<number> {
    this.#requireIdle(from, to);
    await rm(this.of(to), { recursive: true, force: true });
    await cp(this.of(from), this.of(to), { recursive: true, preserveTimestamps: true });
    this.#note('folder_copied', `${to} gets a copy of the checkpoint of ${from}`, to);
    return (await stateFiles(this.of(to))).length;
  }

  #requireIdle(...processors: readonly string[]): void {
    for (const name of processors) {
      if (this.#isRunning(name)) throw new Error(`processor ${name} is running`);
    }
  }
}
