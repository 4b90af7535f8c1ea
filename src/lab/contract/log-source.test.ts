/** The simulated broker held to the contract of the log. */
import { logSourceContract } from './log-source-suite.ts';
import { simLogs } from './testing/sim-log.ts';

logSourceContract('the simulation', simLogs());
