/** All mutants. Each file under catalogue/ holds those of one part of the processor. */
import { ConfigurationError } from '../../base/errors.ts';
import { ANSWER_MUTANTS } from './catalogue/answers.ts';
import { CHECKPOINT_MUTANTS } from './catalogue/checkpoints.ts';
import { DECISION_MUTANTS } from './catalogue/decisions.ts';
import { DELTA_MUTANTS } from './catalogue/delta.ts';
import { READING_MUTANTS } from './catalogue/event-reading.ts';
import { GUIDE_MUTANTS } from './catalogue/guide-designs.ts';
import { KNOWN_ELSEWHERE_MUTANTS } from './catalogue/known-elsewhere.ts';
import { LOCAL_STATE_MUTANTS } from './catalogue/local-state.ts';
import { LOG_MUTANTS } from './catalogue/log-and-settings.ts';
import { LOG_BYTES_MUTANTS } from './catalogue/log-bytes.ts';
import { LOST_TABLE_MUTANTS } from './catalogue/lost-tables.ts';
import { MAPPING_MUTANTS } from './catalogue/mapping.ts';
import { MODEL_MUTANTS } from './catalogue/model-rules.ts';
import { SCHEMA_MUTANTS } from './catalogue/schemas.ts';
import { SUM_MUTANTS } from './catalogue/sums.ts';
import { TAKEOVER_MUTANTS } from './catalogue/takeovers.ts';
import { WRITING_MUTANTS } from './catalogue/writing.ts';
import type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [
  ...GUIDE_MUTANTS,
  ...TAKEOVER_MUTANTS,
  ...CHECKPOINT_MUTANTS,
  ...WRITING_MUTANTS,
  ...LOG_MUTANTS,
  ...LOG_BYTES_MUTANTS,
  ...DECISION_MUTANTS,
  ...READING_MUTANTS,
  ...SUM_MUTANTS,
  ...ANSWER_MUTANTS,
  ...LOST_TABLE_MUTANTS,
  ...MODEL_MUTANTS,
  ...LOCAL_STATE_MUTANTS,
  ...KNOWN_ELSEWHERE_MUTANTS,
  ...SCHEMA_MUTANTS,
  ...MAPPING_MUTANTS,
  ...DELTA_MUTANTS,
];

/** Throws ConfigurationError where there is none of that name. */
export function requireMutant(name: string): Mutant {
  const found = MUTANTS.find((mutant) => mutant.name === name);
  if (found !== undefined) return found;
  throw new ConfigurationError([
    `no mutant is called ${name}; there are ${MUTANTS.map((each) => each.name).join(', ')}`,
  ]);
}
