/**
 * Configurations of the real protocol on Delta Lake. Ownership has a log of its own, as the sink has it, or is merged with the
 * checkpoint table (`merged`), which takes one commit less. `small` is part of every test run, `large` takes a minute.
 *
 * `reference` is what delta_model.py, the reference in Python, found for the same configuration.
 */
import { type DeltaModelConfig, deltaConfig } from './config.ts';

export interface DeltaSuiteEntry {
  readonly config: DeltaModelConfig;
  /** Result of delta_model.py, and its arguments. */
  readonly reference: { readonly command: string; readonly states: number; readonly finished: number };
}

function entry(
  shapes: string,
  overrides: Partial<DeltaModelConfig>,
  command: string,
  states: number,
  finished: number,
): DeltaSuiteEntry {
  return {
    config: deltaConfig(shapes, overrides),
    reference: { command: `python3 delta_model.py position ${command}`, states, finished },
  };
}

export const SMALL_DELTA_SUITE: readonly DeltaSuiteEntry[] = [
  entry('A,A', {}, 'A,A 0 2', 12820, 805),
  entry('A/A', {}, 'A/A 0 2', 6263, 574),
  entry('A/A', { merged: true, settings: true }, 'A/A 0 2 merged settings', 4192, 258),
  entry('A,A', { crashes: 1, merged: true, settings: true }, 'A,A 1 2 merged settings', 27463, 3025),
];

export const LARGE_DELTA_SUITE: readonly DeltaSuiteEntry[] = [
  entry('A,B', { crashes: 1 }, 'A,B 1 2', 56677, 4150),
  entry('AA,B', { crashes: 1 }, 'AA,B 1 2', 56677, 4150),
  entry('AB', { crashes: 1, foreign: true, cleanup: true }, 'AB 1 2 foreign void', 146179, 4647),
  entry('AB,AA', { crashes: 1, merged: true }, 'AB,AA 1 2 merged', 24139, 1870),
  entry('AB/AA', { crashes: 1, merged: true }, 'AB/AA 1 2 merged', 76715, 3027),
];
