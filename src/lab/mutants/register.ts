/**
 * `node --import src/lab/mutants/register.ts`: the process runs the mutant that PROVENONCE_MUTANT names. For processors that
 * the lab starts on real parts; nothing in production loads this file.
 */
import { requireMutant } from './catalogue.ts';
import { installMutant } from './patch-hook.ts';

const name = process.env.PROVENONCE_MUTANT;
if (name === undefined || name === '') throw new Error('PROVENONCE_MUTANT must name a mutant (lab mutants --help)');
installMutant(requireMutant(name), 'real');
