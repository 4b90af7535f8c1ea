/** Variables that a deployment may set: ours, and certain ones of libraries. */
import { knownVariables } from '../src/cli/config/misspelt.ts';
import { ALL_SETTINGS } from '../src/cli/config/process-config.ts';

/** google-auth-library's: no request to a metadata server if there is none. */
const OF_LIBRARIES = ['METADATA_SERVER_DETECTION'];

export const KNOWN_VARIABLES: ReadonlySet<string> = new Set([...knownVariables(ALL_SETTINGS), ...OF_LIBRARIES]);
